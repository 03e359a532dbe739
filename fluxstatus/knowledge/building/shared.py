"""The codes, kinds and texts that several modules about building use."""

from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

KUSTOMIZATION_FILE_INVALID = Code(
    "kustomization-file-invalid", "The kustomization.yaml file is invalid."
)
BUILD_FAILED = Code("build-failed", "Kustomize cannot build the manifests in spec.path.")

KS: KindNames = frozenset({"Kustomization"})
KUSTOMIZE = "kustomize api"
GENERATOR = "PKG kustomize/kustomize_generator.go"
IN_BUILD = r"(?:/tmp/)?(?:[\w.-]*kustomi[sz][\w]*-\d+/|(?<=/tmp/)[\w.-]*\d{6,}/)?"
