"""The codes, commands and texts that several modules about SOPS use."""

from fluxstatus.knowledge.rule import Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

SOPS_KEY_WRONG = Code(
    "sops-key-wrong",
    "The file is encrypted with SOPS for a key that is not available to the Kustomization.",
)
SOPS_KMS_DENIED = Code(
    "sops-kms-denied", "The KMS does not allow kustomize-controller to decrypt the SOPS data key."
)
SOPS_KMS_LOGIN_FAILED = Code(
    "sops-kms-login-failed",
    "The controller has no valid credentials for the KMS that decrypts SOPS files.",
)
SOPS_KMS_UNREACHABLE = Code(
    "sops-kms-unreachable", "The controller cannot connect to the KMS that decrypts SOPS files."
)
SOPS_KMS_KEY_UNUSABLE = Code(
    "sops-kms-key-unusable",
    "The KMS key that a file is encrypted for does not exist or cannot be used.",
)

KS: KindNames = frozenset({"Kustomization"})
DECRYPTOR = "KC internal/decryptor/decryptor.go"
KEYS = "kubectl describe secret {decryption_secret} -n {ns}"
MAKE = "flux-operator create secret sops {secret} -n {ns} --age-key-file=./age.agekey"
MAKE_KEY = MAKE.replace("{secret}", "{decryption_secret}")
CONTROLLER = "kubectl describe deployment kustomize-controller -n {flux_namespace}"
CONTROLLER_SA = "kubectl get serviceaccount kustomize-controller -n {flux_namespace} -o yaml"

NO_DATA_KEY = Text(r"sops data key|data key required to decrypt")

ANY_KMS = r"(?P<kms>arn:aws[\w-]*:kms:[\w:/-]+|https?://[\w.:-]+/\S*|projects/[\w./:-]+/cryptoKeys/[\w.-]+): FAILED"
THEN = r".{0,2500}?"
