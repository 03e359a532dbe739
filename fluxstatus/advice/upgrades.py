"""What the next minor version of Flux, or a later one, no longer supports."""

from collections.abc import Iterator
from typing import NamedTuple

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.versions import dotted
from fluxstatus.knowledge.flux_minors import (
    DEPRECATED_IN,
    ENABLED_IN,
    REMOVED_IN,
    STRICT_SUBSTITUTION,
)
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CRDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.resource import Resource


class Deprecated(NamedTuple):
    """A deprecated field of a spec, and its replacement.

    `defaults` are the values that an earlier version set, so that nobody wrote them.
    """

    kind: str
    path: tuple[str, ...]
    instead: str
    defaults: tuple[str, ...] = ()


DEPRECATED = (
    Deprecated(
        "Alert",
        ("summary",),
        "use spec.eventMetadata.summary; v1 (Flux 2.10) does not have spec.summary",
    ),
    Deprecated(
        "Provider", ("proxy",), "use spec.proxySecretRef; v1 (Flux 2.10) does not have spec.proxy"
    ),
    Deprecated(
        "Provider",
        ("interval",),
        "remove it: Flux ignores it, and v1 (Flux 2.10) does not have it",
        defaults=("600s", "10m", "10m0s"),
    ),
    Deprecated("HelmRelease", ("install", "skipCRDs"), "use spec.install.crds: Skip"),
    Deprecated("HelmRelease", ("rollback", "recreate"), "no replacement: Helm removed it"),
)
"""Fields that are deprecated in the CRDs of Flux 2.9 and 2.10 (notification-controller api/v1beta3,
helm-controller api/v2).

The fields of Alerts and Providers are not in v1, which Flux 2.10 stores (notification-controller
api/v1); if an object is read in v1, the API server leaves them out.
"""

_CREATORS = ("HelmRelease", "FluxInstance")
"""Kinds whose controllers create objects without a manifest: HelmCharts, and the root sync."""

_STRICT = f"{STRICT_SUBSTITUTION}=true"


def _written(view: View) -> Iterator[tuple[Resource, str]]:
    """Yield each object with an API version, other than the current one, that it was written in.

    Objects that a controller creates are left out: an upgraded controller uses the new version.
    """
    for resource in view.written_before:
        if not any(creator_of(resource.labels, kind) for kind in _CREATORS):
            for version in resource.written_as:
                yield resource, text_of(version)


def _old_versions(view: View) -> Iterator[Occurrence]:
    """Yield the objects that were written in an API version that a later Flux removes."""
    for resource, version in _written(view):
        minor = REMOVED_IN.get(version)
        if minor and view.flux and minor > view.flux:
            removed = f"{version}, which Flux {dotted(minor)} removes"
            yield Occurrence(resource.ref, value=removed)


def _deprecated_versions(view: View) -> Iterator[Occurrence]:
    """Yield the objects that were written in an API version that Flux deprecates by now."""
    for resource, version in _written(view):
        minor = DEPRECATED_IN.get(version)
        if minor and view.flux and minor <= view.flux:
            deprecated = f"{version}, which Flux {dotted(minor)} deprecates"
            yield Occurrence(resource.ref, value=deprecated)


def uses(resource: Resource, field: Deprecated) -> bool:
    """Return whether somebody has set a deprecated *field* of *resource*, an object of its kind."""
    return resource.get("spec", *field.path) not in (None, False, "", *field.defaults)


def _deprecated_fields(view: View) -> Iterator[Occurrence]:
    for field in DEPRECATED:
        for resource in view.of_kind(field.kind):
            if uses(resource, field):
                yield Occurrence(resource.ref, ".".join(("spec", *field.path)), field.instead)


def substitutes(kustomization: Resource) -> bool:
    """Return whether a Kustomization substitutes variables."""
    build = map_of(kustomization.spec.get("postBuild"))
    return bool(build.get("substituteFrom")) or "substitute" in build


def _substituting(view: View) -> Iterator[Occurrence]:
    if view.flux is None or view.flux >= ENABLED_IN[STRICT_SUBSTITUTION]:
        return
    controllers = [c for c in view.state.components if c.name == "kustomize-controller"]
    if not controllers or any(_STRICT in arg for c in controllers for arg in c.args):
        return
    for kustomization in view.of_kind("Kustomization"):
        if substitutes(kustomization):
            yield Occurrence(kustomization.ref)


def _stored_before(view: View) -> Iterator[Occurrence]:
    """Yield the Flux CRDs that list other stored versions than the current one."""
    for crd in view.all_of(CRDS):
        versions = maps_of(map_of(crd.get("spec")).get("versions"))
        now = next((text_of(v.get("name")) for v in versions if v.get("storage") is True), "")
        stored = map_of(crd.get("status")).get("storedVersions")
        old = [v for v in stored if v != now] if isinstance(stored, list) and now else []
        if old:
            ref = Ref.of(crd)
            value = f"{', '.join(map(str, old))}; now {now}"
            yield Occurrence(label=ref.name, value=value, objects=(ref,))


_MIGRATE_FILES = (
    "change apiVersion in manifests in Git that still use it; in a Git checkout, run "
    "`flux migrate -f .`"
)
_MIGRATE = Step(
    "before the upgrade, migrate all stored objects; the Flux Operator does this on its own unless "
    "spec.migrateResources of the FluxInstance is false",
    change=("flux migrate",),
)
_MIGRATION = "https://fluxcd.io/flux/cmd/flux_migrate/"

_API_VERSION_REMOVED = Code(
    "api-version-removed",
    "Some objects were written in API versions that a later version of Flux removes.",
)
_API_VERSION_DEPRECATED = Code(
    "api-version-deprecated", "Some objects were written in deprecated API versions."
)
_DEPRECATED_FIELD = Code("deprecated-field", "Some objects use deprecated spec fields.")
_SUBSTITUTION_BECOMES_STRICT = Code(
    "substitution-becomes-strict",
    "Some Kustomizations use variable substitution, which fails on unset variables in Flux 2.9 "
    "and later.",
)
_STORED_VERSIONS = Code(
    "stored-versions", "Some Flux CRDs still list old versions in status.storedVersions."
)

ADVICE = (
    Advice(
        code=_API_VERSION_REMOVED,
        step="reconcilers",
        area="upgrades",
        title_one="{what} was last written as {value}",
        title_many="{n} objects were written in API versions that a later Flux removes",
        why="after the upgrade, the API server rejects manifests in that version, and a "
        "Kustomization or chart that contains one fails completely",
        steps=(Step(_MIGRATE_FILES), _MIGRATE),
        find=_old_versions,
        upstream="F cmd/flux/migrate.go; FO config/data/flux",
        docs=_MIGRATION,
    ),
    Advice(
        code=_API_VERSION_DEPRECATED,
        step="reconcilers",
        area="upgrades",
        title_one="{what} was last written as {value}",
        title_many="{n} objects were written in API versions that Flux deprecates",
        why="a later version of Flux will remove them: the API server then rejects manifests in "
        "that version, and a Kustomization or chart that contains one fails completely",
        steps=(Step(_MIGRATE_FILES), _MIGRATE),
        find=_deprecated_versions,
        upstream="NC api/v1beta3/alert_types.go, provider_types.go",
        docs=_MIGRATION,
    ),
    Advice(
        code=_DEPRECATED_FIELD,
        step="reconcilers",
        area="upgrades",
        title_one="{what} is deprecated: {value}",
        title_many="{n} fields are deprecated",
        why="a later API version will not have them and will reject manifests that use them",
        steps=(Step("replace the fields in the manifests"),),
        find=_deprecated_fields,
        upstream="NC api/v1beta3/provider_types.go, alert_types.go, api/v1; HC api/v2/"
        "helmrelease_types.go",
    ),
    Advice(
        code=_SUBSTITUTION_BECOMES_STRICT,
        step="reconcilers",
        area="upgrades",
        title_one="{what} substitutes variables; in Flux 2.9 and later, it fails if a variable is "
        "not set",
        title_many="{n} Kustomizations substitute variables; in Flux 2.9 and later, they fail if "
        "a variable is not set",
        why="before 2.9, an unset variable silently becomes an empty string; Flux 2.9 enables the "
        "feature gate StrictPostBuildSubstitutions",
        steps=(
            Step(
                "build each Kustomization with `flux build kustomization NAME --path PATH "
                "--strict-substitute`, "
                "and set the variables that it reports, or give them a default: ${{VAR:=value}}"
            ),
        ),
        find=_substituting,
        upstream="KC internal/features/features.go",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution",
    ),
    Advice(
        code=_STORED_VERSIONS,
        step="components",
        area="upgrades",
        title_one="CRD {what} still lists old stored versions: {value}",
        title_many="{n} CRDs still list old stored versions",
        why="a CRD must keep every version in status.storedVersions, so an upgrade that removes "
        "one of them is rejected",
        steps=(_MIGRATE,),
        find=_stored_before,
        needs=(CRDS,),
        reads=(CRDS,),
        cluster_wide=True,
        upstream="F cmd/flux/migrate.go",
        docs=_MIGRATION,
    ),
)
