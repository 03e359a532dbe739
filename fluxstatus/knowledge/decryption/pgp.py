"""SOPS with OpenPGP keys.

Upstream: SOPS pgp, kustomize-controller internal/decryptor/decryptor.go.
"""

from fluxstatus.knowledge.commands import SECRETS, SPEC
from fluxstatus.knowledge.decryption.shared import (
    DECRYPTOR,
    KEYS,
    KS,
    NO_DATA_KEY,
    SOPS_KEY_WRONG,
    THEN,
)
from fluxstatus.knowledge.facts import has_decryption_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

RULES = (
    Rule(
        SOPS_KEY_WRONG,
        why="the private PGP key {recipient} is protected with a passphrase, so kustomize-controller cannot use it",
        steps=(
            Step(
                "export the private key without a passphrase, and put it into Secret {decryption_secret} as NAME.asc. Alternatively, re-encrypt the file for an age key (sops updatekeys)",
                read=(KEYS,),
                change=(
                    "flux-operator create secret sops {decryption_secret} -n {ns} --gpg-key-file=./private.asc",
                ),
            ),
        ),
        pattern=Text(
            rf"\b(?P<recipient>[0-9A-F]{{16,40}}): FAILED{THEN}(?:Inappropriate ioctl|"
            r"No pinentry|Bad passphrase)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops pgp",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="Secret {decryption_secret} does not contain the private PGP key {recipient}; the file is encrypted with SOPS for this key, so its data key cannot be decrypted",
        steps=(
            Step(
                "put the armored private key without a passphrase into Secret {decryption_secret} as NAME.asc, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(KEYS,),
                change=(
                    "flux-operator create secret sops {decryption_secret} -n {ns} --gpg-key-file=./private.asc",
                ),
            ),
        ),
        pattern=Text(r"\b(?P<recipient>[0-9A-F]{16,40}): FAILED"),
        context=NO_DATA_KEY,
        kinds=KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops pgp",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="spec.decryption does not refer to a Secret with a key; the file is encrypted with SOPS for the PGP key {recipient}, so its data key cannot be decrypted",
        steps=(
            Step(
                "put the armored private key without a passphrase into a Secret as NAME.asc, and reference the Secret in spec.decryption.secretRef",
                read=(SECRETS, SPEC),
            ),
        ),
        pattern=Text(r"\b(?P<recipient>[0-9A-F]{16,40}): FAILED"),
        context=NO_DATA_KEY,
        kinds=KS,
        unless=(has_decryption_secret,),
        reach=Reach.WHOLE,
        upstream=f"{DECRYPTOR}, sops pgp",
    ),
)
