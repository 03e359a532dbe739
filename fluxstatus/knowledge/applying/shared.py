"""The code and kinds that several modules about applying use."""

from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

API_MISSING = Code(
    "api-missing",
    "The API server does not serve a kind, version or subresource that an object needs.",
)

APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
