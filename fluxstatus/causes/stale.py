"""Objects that are Ready but outdated: their source has failed, or their owner is suspended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from fluxstatus.causes.cause import ByObject, Cause
from fluxstatus.causes.context import Context
from fluxstatus.model.inventory import entry_of
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.inventories import ids_of, target_of
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import feeds_of, selected_inputs, template_owner
from fluxstatus.state.resource import HEALTHY, Verdict
from fluxstatus.state.state import State

_SOURCES_FIRST = {
    "GitRepository": 0, "OCIRepository": 0, "Bucket": 0, "HelmRepository": 0,
    "ResourceSetInputProvider": 0, "ImageRepository": 0,
    "HelmChart": 1, "ArtifactGenerator": 2, "ExternalArtifact": 3,
}  # fmt: skip
"""The order of kinds in which each kind follows the possible sources of its artifact."""


def find_stale(context: Context, by_object: ByObject, ignored: Mapping[Key, Cause]) -> ByObject:
    """Return the causes of each Ready object whose source or controller has failed.

    Such an object stays Ready, because its controller accepts any stored artifact. *by_object* has
    the causes of the unhealthy objects, and *ignored* the cause of each Ready object that its
    controller ignores.
    """
    state, found = context.state, dict[Key, tuple[Cause, ...]]()
    if not by_object and not context.of_controllers.causes:
        return {key: (cause,) for key, cause in ignored.items()}  # most clusters are healthy
    for resource in sorted(
        (r for r in state.resources.values() if r.verdict in HEALTHY),
        key=lambda r: _SOURCES_FIRST.get(r.ref.kind, len(_SOURCES_FIRST)),
    ):
        unavailable = context.of_controllers.blocking(resource)
        if unavailable and not resource.kind.static:
            causes = [unavailable]
        else:
            causes = []
            for feed in (*feeds_of(resource), *selected_inputs(state, resource)):
                causes += by_object.get(feed) or found.get(feed) or ()
        if causes:
            found[resource.ref.key] = tuple(dict.fromkeys(causes))
    return {key: (cause,) for key, cause in ignored.items() if key not in found} | found


def find_not_updated(state: State, causes: Iterable[Cause]) -> Mapping[Cause, tuple[Ref, ...]]:
    """Return the Flux objects that the suspended objects among the *causes* have created.

    The spec of such an object no longer changes. It has the labels of its owner, or is in the
    inventory of its owner.
    """
    suspended = {
        cause.ref.key: cause
        for cause in causes
        if cause.resource is not None and cause.resource.verdict is Verdict.SUSPENDED
    }
    if not suspended:
        return {}
    owned: dict[Key, dict[Ref, None]] = defaultdict(dict)
    for resource in state.resources.values():
        if template_owner(resource) is None:  # helm-controller creates that one, not a chart
            for owner in creators_of(resource.labels):
                owned[owner][resource.ref] = None
    for owner in suspended:
        owned[owner] |= dict.fromkeys(_listed(state, owner))
    return {cause: tuple(owned[owner]) for owner, cause in suspended.items() if owned[owner]}


def _listed(state: State, owner: Key) -> Iterator[Ref]:
    """Yield the Flux objects of this cluster in the inventory of *owner*."""
    item = state.resources[owner].object
    for entry in filter(None, map(entry_of, [] if target_of(item) else ids_of(item))):
        known = state.resources.get((entry.kind, entry.namespace, entry.name))
        if known and known.kind.group == entry.group and known.ref.key != owner:
            yield known.ref
