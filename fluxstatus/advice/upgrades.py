"""What the next minor version of Flux, or a later one, no longer takes."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.kinds import KINDS

Minor = tuple[int, int]

REMOVED: Mapping[str, Minor] = {
    "source.toolkit.fluxcd.io/v1beta1": (2, 7),
    "kustomize.toolkit.fluxcd.io/v1beta1": (2, 7),
    "helm.toolkit.fluxcd.io/v2beta1": (2, 7),
    "notification.toolkit.fluxcd.io/v1beta1": (2, 7),
    "image.toolkit.fluxcd.io/v1beta1": (2, 7),
    "source.toolkit.fluxcd.io/v1beta2": (2, 8),
    "kustomize.toolkit.fluxcd.io/v1beta2": (2, 8),
    "helm.toolkit.fluxcd.io/v2beta2": (2, 8),
    "notification.toolkit.fluxcd.io/v1beta2": (2, 9),
    "image.toolkit.fluxcd.io/v1beta2": (2, 9),
}
"""The minor version of Flux whose CRDs no longer have an API version.

Upstream: the CRDs of each version (FO config/data/flux), and the upgrade procedures in the
announcements of 2.7, 2.8 and 2.9 (fluxcd/website content/en/blog).
"""

_STRICT: Minor = (2, 9)
"""Since when a variable that is not set fails (KC internal/features/features.go)."""


class Deprecated(NamedTuple):
    """A field of a spec that a later version will not have, and what takes its place."""

    kind: str
    path: tuple[str, ...]
    instead: str


DEPRECATED = (
    Deprecated("Alert", ("summary",), "spec.eventMetadata.summary"),
    Deprecated("Provider", ("proxy",), "spec.proxySecretRef"),
    Deprecated("HelmRelease", ("install", "skipCRDs"), "spec.install.crds: Skip"),
    Deprecated("HelmRelease", ("rollback", "recreate"), "nothing: Helm has given it up"),
)
"""Fields that the CRDs of Flux 2.9 call deprecated (NC api/v1beta3, HC api/v2).

But for spec.interval of a Provider: an earlier version set it where nobody had written it.
"""

_MADE = frozenset({"helm.toolkit.fluxcd.io/name", "fluxcd.controlplane.io/name"})
"""Labels of what a controller makes by itself, with no manifest: charts, and the root sync."""

_GATE = "StrictPostBuildSubstitutions=true"
_CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def _old_versions(view: View) -> Iterator[Occurrence]:
    """Return the objects that were written in a version that a later Flux removes.

    What a controller makes it makes in another version as soon as it is another controller.
    """
    for resource in view.of_kind(*KINDS):
        if _MADE & resource.labels.keys():
            continue
        written = resource.get("metadata", "writtenAs")
        for version in written if isinstance(written, list) else ():
            minor = REMOVED.get(text_of(version))
            if minor and view.flux and minor > view.flux:
                until = f"{version}, which Flux {minor[0]}.{minor[1]} removes"
                yield Occurrence(resource.ref, value=until)


def _deprecated_fields(view: View) -> Iterator[Occurrence]:
    for kind, path, instead in DEPRECATED:
        for resource in view.of_kind(kind):
            if resource.get("spec", *path) not in (None, False, ""):
                field = ".".join(("spec", *path))
                yield Occurrence(resource.ref, field, f"use {instead}")


def _substituting(view: View) -> Iterator[Occurrence]:
    if view.flux is None or view.flux >= _STRICT:
        return
    controllers = [c for c in view.state.components if c.name == "kustomize-controller"]
    if not controllers or any(_GATE in arg for c in controllers for arg in c.args):
        return
    for kustomization in view.of_kind("Kustomization"):
        build = map_of(kustomization.spec.get("postBuild"))
        if build.get("substituteFrom") or "substitute" in build:
            yield Occurrence(kustomization.ref)


def _stored_before(view: View) -> Iterator[Occurrence]:
    """Return the CRDs of Flux that say that objects may be stored in another version than now."""
    for crd in view.items(_CRDS):
        versions = maps_of(map_of(crd.get("spec")).get("versions"))
        now = next((text_of(v.get("name")) for v in versions if v.get("storage") is True), "")
        stored = map_of(crd.get("status")).get("storedVersions")
        old = [v for v in stored if v != now] if isinstance(stored, list) and now else []
        if old:
            name = text_of(map_of(crd.get("metadata")).get("name"))
            yield Occurrence(what=name, value=f"{', '.join(map(str, old))}; now {now}")


_MIGRATE_FILES = (
    "where Git still has that version, change apiVersion, as `flux migrate -f .` does in a checkout"
)
_MIGRATE = Step(
    "before the upgrade have all objects stored anew; the Flux Operator does it by itself unless "
    "spec.migrateResources of the FluxInstance is false",
    change=("flux migrate",),
)
_MIGRATION = "https://fluxcd.io/flux/cmd/flux_migrate/"

ADVICE = (
    Advice(
        code="api-version-removed",
        step="reconcilers",
        one="{what} was written as {value}",
        many="{n} objects were written in API versions that a later Flux removes",
        why="after the upgrade manifests in that version are refused, and a Kustomization or chart "
        "that has one of them fails as a whole",
        steps=(Step(_MIGRATE_FILES), _MIGRATE),
        find=_old_versions,
        upstream="F cmd/flux/migrate.go; FO config/data/flux",
        docs=_MIGRATION,
    ),
    Advice(
        code="deprecated-field",
        step="reconcilers",
        one="{what} is deprecated: {value}",
        many="{n} fields are deprecated",
        why="a later API version will not have them, and refuses manifests that do",
        steps=(Step("change the manifests to what takes their place"),),
        find=_deprecated_fields,
        upstream="NC api/v1beta3/provider_types.go, alert_types.go; HC api/v2/helmrelease_types.go",
    ),
    Advice(
        code="substitution-becomes-strict",
        step="reconcilers",
        one="{what} substitutes variables: from Flux 2.9 on it fails where one is not set",
        many="{n} Kustomizations substitute variables: from Flux 2.9 on they fail where one is "
        "not set",
        why="until then such a variable silently becomes an empty text; 2.9 switches the feature "
        "gate StrictPostBuildSubstitutions on",
        steps=(
            Step(
                "build each with `flux build kustomization NAME --path PATH --strict-substitute`, "
                "and give what it complains of a value, or a default: ${{VAR:=value}}"
            ),
        ),
        find=_substituting,
        upstream="KC internal/features/features.go",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution",
    ),
    Advice(
        code="stored-versions",
        step="components",
        one="the CRD {what} counts with objects stored in {value}",
        many="{n} CRDs count with objects stored in versions of the past",
        why="a CRD may not lose a version that status.storedVersions has: the upgrade that removes "
        "it is refused",
        steps=(_MIGRATE,),
        find=_stored_before,
        needs=(_CRDS,),
        reads=(_CRDS,),
        everywhere=True,
        upstream="F cmd/flux/migrate.go",
        docs=_MIGRATION,
    ),
)
