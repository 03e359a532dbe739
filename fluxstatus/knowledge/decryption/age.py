"""SOPS with age keys.

Upstream: SOPS age, kustomize-controller internal/decryptor/decryptor.go.
"""

from fluxstatus.knowledge.commands import SECRETS, SPEC
from fluxstatus.knowledge.decryption.shared import (
    CONTROLLER,
    DECRYPTOR,
    KEYS,
    KS,
    MAKE,
    MAKE_KEY,
    NO_DATA_KEY,
    SOPS_KEY_WRONG,
    THEN,
)
from fluxstatus.knowledge.facts import has_decryption_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        SOPS_KEY_WRONG,
        why="Secret {decryption_secret} contains no age key (no key with the extension .agekey); the file is encrypted with SOPS for the age recipient {recipient}",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey",
                read=(KEYS,),
                change=(MAKE_KEY,),
            ),
        ),
        pattern=Text(
            rf"(?P<recipient>age1\w{{5,80}}): FAILED{THEN}(?:no identities specified|"
            r"failed to load age identities)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops age",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="Secret {decryption_secret} does not contain the private key that matches age recipient {recipient}; the file is encrypted with SOPS for this recipient",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(KEYS,),
                change=(MAKE_KEY,),
            ),
        ),
        pattern=Text(
            rf"(?P<recipient>age1\w{{5,80}}): FAILED{THEN}no identity matched any of the "
            r"recipients"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops age",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="Secret {decryption_secret} probably does not contain the private key that matches age recipient {recipient}; the file's data key is encrypted with SOPS for this recipient and cannot be decrypted",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(KEYS,),
                change=(MAKE_KEY,),
            ),
        ),
        pattern=Text(r"(?P<recipient>age1\w{5,80}): FAILED"),
        context=NO_DATA_KEY,
        kinds=KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=f"{DECRYPTOR}, sops age",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="the Secret in the kustomize-controller flag --sops-age-secret does not contain the private key that matches age recipient {recipient}; the file is encrypted with SOPS for this recipient",
        steps=(
            Step(
                "set spec.decryption.secretRef to a Secret with the private age key for {recipient}, or put that key into the controller's Secret as NAME.agekey",
                read=(SECRETS, SPEC, CONTROLLER),
            ),
        ),
        pattern=Text(
            rf"(?P<recipient>age1\w{{5,80}}): FAILED{THEN}no identity matched any of the recipients"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        unless=(has_decryption_secret,),
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops age",
        versions=">=2.7",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="spec.decryption does not refer to a Secret with a key; the file is encrypted with SOPS for the age recipient {recipient}, so its data key cannot be decrypted",
        steps=(
            Step(
                "put the age key into a Secret as NAME.agekey, and reference the Secret in spec.decryption.secretRef",
                read=(SECRETS, SPEC),
                change=(MAKE.replace("{secret}", "sops-age"),),
            ),
        ),
        pattern=Text(r"(?P<recipient>age1\w{5,80}): FAILED"),
        context=NO_DATA_KEY,
        kinds=KS,
        unless=(has_decryption_secret,),
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{DECRYPTOR}, sops age",
    ),
)
