"""The codes, kinds and texts that several modules about manifests use."""

from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

MANIFEST_NAME_INVALID = Code(
    "manifest-name-invalid", "A manifest has an invalid name, label or annotation."
)
FIELD_LEFT_OVER = Code(
    "field-left-over", "A field that was removed from Git remains in the live object."
)
MANIFEST_INVALID = Code(
    "manifest-invalid", "A manifest is incomplete, or the API server rejects it as invalid."
)

APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
VALIDATION = "kubernetes apimachinery validation"
FIELD = r"(?<![\w.])(?P<field>[A-Za-z<](?:[\w.\"=:/()<>-]|\[[^\]\n]{0,80}\]){0,200})"
