"""The Secret in spec.decryption: missing, not referred to, or without a usable key.

Upstream: kustomize-controller internal/decryptor/decryptor.go.
"""

from fluxstatus.knowledge.commands import SECRETS
from fluxstatus.knowledge.decryption.shared import CONTROLLER, DECRYPTOR, KS, MAKE, MAKE_KEY
from fluxstatus.knowledge.facts import has_decryption, has_decryption_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_SOPS_KEY_MISSING = Code(
    "sops-key-missing", "The Secret with the SOPS decryption keys does not exist."
)

_MAKE_MISSING = MAKE.replace("{secret}", "{missing}")

_ALONE = r"^(?:\(combined from similar events\): )?"

_KEY_INVALID = Code("sops-key-invalid", "A SOPS key or credential in the Secret is invalid.")

RULES = (
    Rule(
        _KEY_INVALID,
        why="key {key} in Secret {holder} does not contain an age private key",
        steps=(
            Step(
                "store the private key under {key} instead. It is a line that starts with AGE-SECRET-KEY-1, not the public key (age1...)",
                read=("kubectl describe secret {holder} -n {ns}",),
                change=(MAKE_KEY,),
            ),
        ),
        pattern=Text(
            r"failed to import '(?P<key>[^']+\.agekey)' data from (?:\w+ )*'?(?:[\w.-]+/)?"
            r"(?P<holder>[\w.-]+)'?"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=DECRYPTOR,
    ),
    Rule(
        _KEY_INVALID,
        why="key {key} in Secret {holder} does not contain an armored PGP private key",
        steps=(
            Step(
                "store the private key under {key} instead, as printed by gpg --export-secret-keys --armor",
                read=("kubectl describe secret {holder} -n {ns}",),
            ),
        ),
        pattern=Text(
            r"failed to import '(?P<key>[^']+\.asc)' data from (?:\w+ )*'?(?:[\w.-]+/)?"
            r"(?P<holder>[\w.-]+)'?"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=DECRYPTOR,
    ),
    Rule(
        _SOPS_KEY_MISSING,
        why="Secret {missing}, which spec.decryption.secretRef refers to, does not exist in namespace {ns}",
        steps=(
            Step(
                "create Secret {missing} with the SOPS key (an age key as NAME.agekey, a PGP key as NAME.asc), or correct spec.decryption.secretRef",
                read=(SECRETS,),
                change=(_MAKE_MISSING,),
            ),
        ),
        pattern=Text(
            rf"{_ALONE}(?:decryption secret error: |cannot get sops decryption Secret '[^']+': )?"
            r"secrets? \"(?P<missing>[\w.-]+)\" not found$"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        when=(has_decryption_secret,),
        trivial=True,
        quoted=True,
        upstream=DECRYPTOR,
    ),
    Rule(
        _SOPS_KEY_MISSING,
        why="Secret {missing}, which the kustomize-controller flag --sops-age-secret refers to, does not exist in namespace {flux_namespace}",
        steps=(
            Step(
                "create Secret {missing} in namespace {flux_namespace} with an age key as NAME.agekey, or correct the --sops-age-secret flag",
                read=(CONTROLLER,),
            ),
        ),
        pattern=Text(
            r"^(?:cannot get sops SOPS age decryption Secret '[^']+': )?"
            r"secrets? \"(?P<missing>[\w.-]+)\" not found$"
        ),
        reasons=("BuildFailed",),
        kinds=KS,
        when=(has_decryption,),
        unless=(has_decryption_secret,),
        quoted=True,
        upstream=DECRYPTOR,
        versions=">=2.7",
    ),
    Rule(
        Code("gpg-missing", "The kustomize-controller image does not contain gpg."),
        why="the kustomize-controller image does not contain gpg, so PGP keys cannot be used; the key in Secret {holder} is not the cause",
        steps=(
            Step(
                "use an image that contains gpg, such as the one from ghcr.io/fluxcd, or encrypt the files for an age key",
                read=("kubectl get deployment kustomize-controller -n {flux_namespace} -o wide",),
            ),
        ),
        pattern=Text(
            r"(?:failed to import '(?P<key>[^']+)' data from (?:\w+ )*'?(?:[\w.-]+/)?"
            r"(?P<holder>[\w.-]+)'?.*)?exec: \"gpg\": executable file not found"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="KC internal/sops/pgp",
    ),
    Rule(
        _KEY_INVALID,
        why="the content of key {key} in Secret {holder} does not have the format that the key name requires",
        steps=(
            Step(
                "store a valid value. NAME.agekey must contain a key that starts with AGE-SECRET-KEY-1, NAME.asc an armored PGP private key, and sops.aws-kms, sops.azure-kv and sops.gcp-kms the cloud credentials",
                read=("kubectl describe secret {holder} -n {ns}",),
                change=(MAKE_KEY,),
            ),
        ),
        pattern=Text(
            r"failed to import '(?P<key>[^']+)' data from (?:\w+ )*'?(?:[\w.-]+/)?"
            r"(?P<holder>[\w.-]+)'?"
        ),
        kinds=KS,
        reach=Reach.WHOLE,
        trivial=True,
        upstream=DECRYPTOR,
    ),
)
