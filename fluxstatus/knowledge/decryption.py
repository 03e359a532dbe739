"""SOPS: the decryption keys of a Kustomization.

Upstream: KC internal/decryptor/decryptor.go, internal/sops; getsops/sops.
"""

from fluxstatus.knowledge.commands import SECRETS, SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_SOPS_KEY_WRONG = Code(
    "sops-key-wrong",
    "The file is encrypted with SOPS for a key that the Kustomization does not have.",
)

_KS: KindNames = frozenset({"Kustomization"})
_DECRYPTOR = "KC internal/decryptor/decryptor.go"
_KEYS = "kubectl describe secret {decryption_secret} -n {ns}"
_MAKE = "flux-operator create secret sops {secret} -n {ns} --age-key-file=./age.agekey"
_MAKE_MISSING = _MAKE.replace("{secret}", "{missing}")
_MAKE_KEY = _MAKE.replace("{secret}", "{decryption_secret}")
_NO_DATA_KEY = Text(r"sops data key|data key required to decrypt")

RULES = (
    Rule(
        Code("sops-key-missing", "The Secret in spec.decryption.secretRef does not exist."),
        why="Secret {missing} in spec.decryption.secretRef does not exist",
        steps=(
            Step(
                "create Secret {missing} with the SOPS key (an age key as NAME.agekey, a PGP key as NAME.asc)",
                read=(SECRETS,),
                change=(_MAKE_MISSING,),
            ),
        ),
        pattern=Text(
            r"^(?:.*(?:sops|decrypt).*)?"
            r"secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        trivial=True,
        upstream=_DECRYPTOR,
    ),
    Rule(
        Code("sops-key-invalid", "A SOPS key or credential in the Secret cannot be read."),
        why="key {key} in Secret {holder} does not contain the type of key that its name requires",
        steps=(
            Step(
                "store a valid key: NAME.agekey contains a key that starts with AGE-SECRET-KEY-1, NAME.asc an armored PGP private key, and sops.aws-kms, sops.azure-kv and sops.gcp-kms the cloud credentials",
                read=("kubectl describe secret {holder} -n {ns}",),
                change=(_MAKE_KEY,),
            ),
        ),
        pattern=Text(
            r"failed to import '(?P<key>[^']+)' data from (?:\w+ )*'?(?:[\w.-]+/)?"
            r"(?P<holder>[\w.-]+)'?"
        ),
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, whose key is not in Secret {decryption_secret}: the data key cannot be decrypted",
        steps=(
            Step(
                "put the private age key for {recipient} into Secret {decryption_secret} as NAME.agekey, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(_KEYS,),
                change=(_MAKE_KEY,),
            ),
        ),
        pattern=Text(r"(?P<recipient>age1\w{5,80}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        needs=("decryption_secret",),
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops age",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the age recipient {recipient}, but spec.decryption does not refer to a Secret with a key: the data key cannot be decrypted",
        steps=(
            Step(
                "put the age key into a Secret as NAME.agekey and reference it in spec.decryption.secretRef",
                read=(SECRETS, SPEC),
                change=(_MAKE.replace("{secret}", "sops-age"),),
            ),
        ),
        pattern=Text(r"(?P<recipient>age1\w{5,80}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=f"{_DECRYPTOR}, sops age",
    ),
    Rule(
        Code(
            "sops-kms-denied",
            "The KMS does not allow kustomize-controller to decrypt the SOPS data key.",
        ),
        why="kustomize-controller cannot decrypt the SOPS data key with {kms}: its identity does not have permission to decrypt with this key",
        steps=(
            Step(
                "allow the identity of kustomize-controller (or of spec.decryption.serviceAccountName) to decrypt with the key: aws kms:Decrypt, azure Key Vault Crypto User, gcp roles/cloudkms.cryptoKeyDecrypter",
                read=(
                    "kubectl get serviceaccount kustomize-controller -n {flux_namespace} -o yaml",
                    SERVICE_ACCOUNTS,
                    SPEC,
                ),
            ),
        ),
        pattern=Text(
            r"(?P<kms>arn:aws:kms:[\w:/-]+|https://[\w.-]+\.vault\.azure\.net"
            r"[\w/.-]*|projects/[\w/.-]+/cryptoKeys/[\w.-]+|AWS KMS|GCP KMS|Azure Key ?Vault)"
        ),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, KC internal/sops",
    ),
    Rule(
        Code("sops-vault-failed", "The SOPS data key cannot be decrypted with Vault or OpenBao."),
        why="the SOPS data key cannot be decrypted with Vault (or OpenBao)",
        steps=(
            Step(
                "put a valid token as sops.vault-token into Secret {decryption_secret}, and check whether the token has permission to use the transit key",
                read=(_KEYS,),
            ),
        ),
        pattern=Text(r"^(?=.*(?:sops|data key|decrypt)).*\bvault\b|transit/(?:decrypt|keys)"),
        kinds=_KS,
        upstream=f"{_DECRYPTOR}, sops hcvault",
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for the PGP key {recipient}, whose private key is not in Secret {decryption_secret}: the data key cannot be decrypted",
        steps=(
            Step(
                "put the armored private key without a passphrase into Secret {decryption_secret} as NAME.asc, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(_KEYS,),
                change=(
                    "flux-operator create secret sops {decryption_secret} -n {ns} --gpg-key-file=./private.asc",
                ),
            ),
        ),
        pattern=Text(r"(?P<recipient>[0-9A-F]{16,40}): FAILED"),
        context=_NO_DATA_KEY,
        kinds=_KS,
        reach=Reach.WHOLE,
        upstream=f"{_DECRYPTOR}, sops pgp",
    ),
    Rule(
        Code("sops-corrupt", "The SOPS file was changed after it was encrypted (MAC mismatch)."),
        why="the SOPS file that contains {object} was changed after it was encrypted (MAC mismatch)",
        steps=(
            Step(
                "restore the file from Git history, or decrypt it with sops --ignore-mac, review it and re-encrypt it"
            ),
        ),
        pattern=Text(r"verify sops data integrity|MAC mismatch|message authentication failed"),
        kinds=_KS,
        upstream=_DECRYPTOR,
    ),
    Rule(
        Code(
            "sops-not-configured",
            "A manifest is encrypted with SOPS, but spec.decryption is not set.",
        ),
        why="{object} is encrypted with SOPS in Git, but spec.decryption is not set",
        steps=(
            Step(
                "set spec.decryption.provider to sops, and spec.decryption.secretRef to the Secret with the key",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"is SOPS encrypted, configuring decryption is required"),
        kinds=_KS,
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go",
    ),
    Rule(
        Code("sops-format-wrong", "The SOPS file cannot be read in the expected format."),
        why="the SOPS file is not in the format that its file extension implies: {detail}",
        steps=(
            Step(
                "give the file the extension of its format (.yaml, .json, .env, .ini) before you encrypt it, and encrypt only data and stringData (--encrypted-regex '^(data|stringData)$')"
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to (?:load encrypted|emit encrypted|decode)[^\n]{0,160}|"
            r"cannot decrypt (?:irregular file|file with size)[^\n]{0,80}|"
            r"sops metadata not found)"
        ),
        reasons=("BuildFailed",),
        kinds=_KS,
        needs=("decryption_provider",),
        reach=Reach.WHOLE,
        upstream=_DECRYPTOR,
    ),
    Rule(
        _SOPS_KEY_WRONG,
        why="the file is encrypted with SOPS for keys that are not in Secret {decryption_secret}: the data key cannot be decrypted",
        steps=(
            Step(
                "put the matching private key into Secret {decryption_secret}, or re-encrypt the file for the existing key (sops updatekeys)",
                read=(_KEYS, SPEC),
            ),
        ),
        pattern=Text(
            r"decryption failed|cannot get sops data key|error decrypting sops|"
            r"error decrypting sources"
        ),
        kinds=_KS,
        upstream=_DECRYPTOR,
    ),
)
