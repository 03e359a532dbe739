"""Objects that are Ready although they get nothing new, or their spec no longer changes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from fluxstatus.causes.cause import Cause
from fluxstatus.model.ref import Key
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import feeds_of, selected_inputs
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.state import State

_SOURCES_FIRST = {
    "GitRepository": 0, "OCIRepository": 0, "Bucket": 0, "HelmRepository": 0,
    "ResourceSetInputProvider": 0, "ImageRepository": 0,
    "HelmChart": 1, "ArtifactGenerator": 2, "ExternalArtifact": 3,
}  # fmt: skip
"""An order in which every kind comes after the kinds that it may take its artifact from."""


def find_stale(
    state: State,
    by_object: Mapping[Key, Sequence[Cause]],
    unavailable_for: Callable[[Resource], Cause | None],
) -> dict[Key, Sequence[Cause]]:
    """Return the causes of each object that is Ready and whose source or controller has failed.

    Its controller may not have noticed, because any stored artifact is enough for it. *by_object*
    has the causes of the objects that are not healthy; *unavailable_for* returns the cause of an
    unavailable controller. The objects are added to the causes.
    """
    found: dict[Key, Sequence[Cause]] = {}
    for resource in sorted(
        (r for r in state.resources.values() if r.verdict in HEALTHY),
        key=lambda r: _SOURCES_FIRST.get(r.ref.kind, len(_SOURCES_FIRST)),
    ):
        unavailable = unavailable_for(resource)
        if unavailable and not resource.kind.static:
            causes = [unavailable]
        else:
            causes = []
            for feed in _feeds(state, resource):
                causes += by_object.get(feed) or found.get(feed) or ()
        if causes:
            found[resource.ref.key] = causes
        for cause in dict.fromkeys(causes):
            if resource.ref != cause.ref:
                cause.stale.append(resource.ref)
    return found


def _feeds(state: State, resource: Resource) -> Iterator[Key]:
    yield from feeds_of(resource)
    yield from selected_inputs(state, resource)


def find_not_updated(state: State, causes: Sequence[Cause]) -> dict[Key, Cause]:
    """Return each object with a suspended owner, with the cause of that owner.

    The spec of such an object no longer changes. The objects are added to the causes.
    """
    suspended = {
        cause.ref.key: cause
        for cause in causes
        if cause.resource is not None and cause.resource.verdict is Verdict.SUSPENDED
    }
    if not suspended:
        return {}
    owned: dict[Key, list[Resource]] = defaultdict(list)
    for resource in state.resources.values():
        if resource.ref.kind != "HelmChart":  # helm-controller creates it, not a chart
            for owner in creators_of(resource.labels):
                owned[owner].append(resource)
    found: dict[Key, Cause] = {}
    for owner, cause in suspended.items():
        for resource in owned.get(owner, ()):
            found[resource.ref.key] = cause
            cause.not_updated.append(resource.ref)
    return found
