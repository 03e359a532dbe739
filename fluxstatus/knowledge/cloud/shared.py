"""The code, commands and texts that several modules about cloud authentication use."""

from fluxstatus.knowledge.rule import Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

CLOUD_LOGIN_FAILED = Code(
    "cloud-login-failed",
    "The cloud provider or its registry rejects the credentials, or a permission is missing.",
)

PULLS: KindNames = frozenset({"OCIRepository", "HelmChart", "ImageRepository", "ImagePolicy"})
CONTROLLER_SA = "kubectl get serviceaccounts -n {flux_namespace} -o yaml"
RESTART = "kubectl rollout restart deployment/{controller} -n {flux_namespace}"
SECRET_TYPE = "kubectl get secret {secret} -n {endpoint_ns}"  # noqa: S105 - prints the type and the age
ANSWERS = "go-containerregistry pkg/v1/remote/transport/error.go"

REJECTED = Text(
    r"(?<![\w./-])UNAUTHORIZED\b|(?<![a-z] )(?<![\w./-])DENIED(?::|$)|(?:status(?: code)?:? |: )40[13]\b|"
    r"authorization token has expired|no basic auth credentials|credential required for basic auth"
)
