"""The references of a Flux object: its source, its dependencies and its inputs.

Upstream: the API types of each controller (api/v*/…_types.go). A reference without a namespace
is to the namespace of the object.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.labels import matches
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.health_checks import HealthCheckTarget, health_check_targets
from fluxstatus.state.namesakes import identified
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_DEPENDENCY = late_pattern(
    r"dependency (?:'(?P<own>[\w.-]+/[\w.-]+)'|"
    r"(?:[\w.-]+/)?v\w+/(?P<kind>\w+)/(?P<theirs>(?:[\w.-]+/)?[\w.-]+)) (?:is )?not ready"
)
"""The dependency in the message of an object that waits for it (internal/controller of
kustomize-controller, helm-controller and flux-operator)."""


def source_of(resource: Resource) -> Key | None:
    """Return the source of *resource*, or None without one.

    For a HelmRelease with a chart template it is the source that helm-controller creates.
    """
    if resource.source is None:  # many ask for it
        read = _SOURCE.get(resource.ref.kind)
        resource.source = (read(resource) if read else None,)
    return resource.source[0]


def needs_of(resource: Resource, message: str | None = None) -> Iterator[Key]:
    """Return the source of *resource*, and the objects that it waits for; see dependencies_of.

    *message* is that of its controller, by default the message of Ready.
    """
    if source := source_of(resource):
        yield source
    yield from dependencies_of(resource, resource.message if message is None else message)


def dependencies_of(resource: Resource, message: str) -> Iterator[Key]:
    """Return the objects that *resource* waits for, without its source.

    *message* is that of its controller; a failed health check names objects there.
    """
    kind, namespace = resource.ref.kind, resource.ref.namespace
    for entry in maps_of(resource.spec.get("dependsOn")):
        key = _key(entry, namespace, text_of(entry.get("kind")) or kind)
        if not _of_another_group(entry, key[0]):
            yield key
    read = _DEPENDENCIES.get(kind)
    if read:
        yield from read(resource)
    for checked in health_checked(resource, message):
        yield checked.kind, checked.namespace or namespace, checked.name


def must_only_exist(resource: Resource) -> set[Key]:
    """Return the dependencies of a ResourceSet that need not be ready (flux-operator api/v1)."""
    if resource.ref.kind != "ResourceSet":
        return set()
    return {
        _key(entry, resource.ref.namespace, text_of(entry.get("kind")))
        for entry in maps_of(resource.spec.get("dependsOn"))
        if entry.get("ready") is not True
    }


def dependency_named(resource: Resource, message: str) -> Key | None:
    """Return the dependency of *resource* that *message* names, or None."""
    found = _DEPENDENCY.search(message)
    if found is None:
        return None
    name = found["own"] or found["theirs"]
    namespace, _, own = name.rpartition("/")
    return found["kind"] or resource.ref.kind, namespace or resource.ref.namespace, own


def naming(resource: Resource, target: Key) -> str:
    """Return the field of *resource* that refers to *target*, for a sentence."""
    spec = map_of(resource.get("spec"))
    for field in _NAMING:
        value = spec.get(field)
        for entry in maps_of(value if isinstance(value, list) else [value]):
            named = map_of(entry.get("repository")) or entry
            if text_of(named.get("name")) == target[2]:
                return _OF_TEMPLATE if template_owner(resource) else f"spec.{field}"
    return (
        "spec.chart.spec.sourceRef" if template_source_of(resource) == target else "the reference"
    )


def template_owner(resource: Resource) -> Key | None:
    """Return the HelmRelease whose chart template helm-controller made *resource* from, or None.

    An OCIRepository that is in a chart has the same labels, but not the name that helm-controller
    chooses (helm-controller api/v2 GetHelmChartTemplateReference).
    """
    kind, namespace, name = resource.ref.key
    release = creator_of(resource.labels, "HelmRelease")
    if release is None or kind not in ("HelmChart", "OCIRepository"):
        return None
    chosen = release[1], f"{release[1]}-{release[2]}"
    return release if kind == "HelmChart" or chosen == (namespace, name) else None


def ready_expression(resource: Resource, dependency: Key) -> str:
    """Return the readyExpr of *resource* for *dependency*, empty without one."""
    for entry in maps_of(resource.spec.get("dependsOn")):
        entry_kind = text_of(entry.get("kind")) or resource.ref.kind
        if _key(entry, resource.ref.namespace, entry_kind) == dependency:
            return text_of(entry.get("readyExpr"))
    return ""


def selected_inputs(state: State, resource_set: Resource) -> Iterable[Key]:
    """Return the input providers in the namespace of *resource_set* that its selectors select.

    An object of another kind has no such selectors.
    """
    return _selected(state, resource_set) if resource_set.kind.name == "ResourceSet" else ()


def _selected(state: State, resource_set: Resource) -> Iterator[Key]:
    selectors = [
        entry.get("selector")
        for entry in maps_of(resource_set.spec.get("inputsFrom"))
        if not entry.get("name") and isinstance(entry.get("selector"), dict)
    ]
    for provider in state.of_kind("ResourceSetInputProvider") if selectors else ():
        here = provider.ref.namespace == resource_set.ref.namespace
        if here and any(matches(selector, provider.labels) for selector in selectors):
            yield "ResourceSetInputProvider", provider.ref.namespace, provider.ref.name


def feeds_of(resource: Resource) -> tuple[Key, ...]:
    """Return the sources and inputs of *resource*: if one fails, it keeps using the last result."""
    source, read = source_of(resource), _FEEDS.get(resource.ref.kind)
    own = (source,) if source else ()
    return (*own, *read(resource)) if read else own


def health_checked(resource: Resource, message: str) -> Sequence[HealthCheckTarget]:
    """Return the objects of this cluster that the health check in *message* waited for."""
    if resource.spec.get("kubeConfig") is not None:
        return ()
    return [identified(one, resource.object) for one in health_check_targets(message)]


def provider_of(alert: Resource) -> Key:
    """Return the Provider of *alert*, which is always in the namespace of the Alert."""
    return "Provider", alert.ref.namespace, text_of(alert.get("spec", "providerRef", "name"))


def sync_source_of(instance: Resource) -> Key | None:
    """Return the source that the FluxInstance *instance* creates, or None without spec.sync."""
    return next(_sync_of(instance), None)


def _sync_of(instance: Resource) -> Iterator[Key]:
    sync = map_of(instance.spec.get("sync"))
    if sync:
        namespace = instance.ref.namespace
        name = text_of(sync.get("name")) or namespace
        yield text_of(sync.get("kind")) or "GitRepository", namespace, name
        yield "Kustomization", namespace, name


def _of_another_group(entry: dict[str, Any], kind: str) -> bool:
    """Return whether *entry* is of a kind that only shares its name with a kind of Flux."""
    version, known = text_of(entry.get("apiVersion")), KINDS.get(kind)
    return known is not None and bool(version) and version.partition("/")[0] != known.group


def _key(reference: dict[str, Any], namespace: str, kind: str) -> Key:
    return kind, text_of(reference.get("namespace")) or namespace, text_of(reference.get("name"))


def _source_ref(resource: Resource) -> Key | None:
    reference = map_of(resource.spec.get("sourceRef"))
    return (
        _key(reference, resource.ref.namespace, text_of(reference.get("kind")))
        if (reference)
        else None
    )


def _chart_of(release: Resource) -> Key | None:
    reference = map_of(release.spec.get("chartRef"))
    if reference:
        return _key(reference, release.ref.namespace, text_of(reference.get("kind")))
    return made_source_of(release)


def made_source_of(release: Resource) -> Key | None:
    """Return the source that helm-controller makes from the chart template of *release*.

    It is None without a template, and where spec.chartRef is used instead. status.helmChart is
    namespace/name of a HelmChart, and from Flux 2.10 kind/namespace/name of another source
    (helm-controller api/v2 GetHelmChartReference).
    """
    if release.ref.kind != "HelmRelease" or release.spec.get("chartRef"):
        return None
    kind = text_of(release.get("spec", "chart", "kind")) or "HelmChart"
    template = template_source_of(release)
    if kind == "HelmChart" and not template:
        return None
    match text_of(release.status.get("helmChart")).split("/"):
        case [namespace, name]:
            return "HelmChart", namespace, name
        case [of, namespace, name]:
            return of, namespace, name
    namespace = template[1] if template else release.ref.namespace
    return kind, namespace, f"{release.ref.namespace}-{release.ref.name}"


def chart_name(release: Resource) -> str:
    """Return the name of the chart in the template of *release*, empty without a template.

    For an OCIRepository it is the last part of the URL.
    """
    template = map_of(release.get("spec", "chart", "spec"))
    return text_of(template.get("chart")) or text_of(template.get("url")).rpartition("/")[2]


def template_source_of(release: Resource) -> Key | None:
    """Return the source in the chart template of *release*, or None without a template."""
    template = map_of(release.get("spec", "chart", "spec", "sourceRef"))
    kind = text_of(template.get("kind"))
    return _key(template, release.ref.namespace, kind) if template else None


def _image_repository_of(policy: Resource) -> Key | None:
    reference = map_of(policy.spec.get("imageRepositoryRef"))
    return _key(reference, policy.ref.namespace, "ImageRepository") if reference else None


_SOURCE: Mapping[str, Callable[[Resource], Key | None]] = {
    "Kustomization": _source_ref,
    "HelmChart": _source_ref,
    "ImageUpdateAutomation": _source_ref,
    "ExternalArtifact": _source_ref,
    "HelmRelease": _chart_of,
    "ImagePolicy": _image_repository_of,
}


def _inputs_of(resource_set: Resource) -> Iterator[Key]:
    for entry in maps_of(resource_set.spec.get("inputsFrom")):
        if entry.get("name"):  # otherwise it has a selector, which may select nothing
            yield _key(entry, resource_set.ref.namespace, "ResourceSetInputProvider")


def _included_in(repository: Resource) -> Iterator[Key]:
    for entry in maps_of(repository.spec.get("include")):
        yield _key(map_of(entry.get("repository")), repository.ref.namespace, "GitRepository")


def _sources_of(generator: Resource) -> Iterator[Key]:
    for entry in maps_of(generator.spec.get("sources")):
        yield _key(entry, generator.ref.namespace, text_of(entry.get("kind")))


_DEPENDENCIES: Mapping[str, Callable[[Resource], Iterator[Key]]] = {
    "ResourceSet": _inputs_of,
    "GitRepository": _included_in,
    "ArtifactGenerator": _sources_of,
    "FluxInstance": _sync_of,
}

_NAMING = (
    "sourceRef", "chartRef", "imageRepositoryRef", "dependsOn", "inputsFrom", "include", "sources",
    "healthChecks",
)  # fmt: skip
"""The fields of a spec with references to objects that must exist."""

_OF_TEMPLATE = "spec.chart.spec.sourceRef of the HelmRelease"

_FEEDS: Mapping[str, Callable[[Resource], Iterator[Key]]] = {
    "ResourceSet": _inputs_of,
    "ArtifactGenerator": _sources_of,
}
