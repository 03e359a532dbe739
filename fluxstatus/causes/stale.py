"""What is Ready and yet cut off: on what it got before, or with a spec that nobody changes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from fluxstatus.causes.cause import Cause
from fluxstatus.model.ref import Key
from fluxstatus.state.ownership import makers_of
from fluxstatus.state.references import feeds_of, selected_inputs
from fluxstatus.state.resource import WELL, Resource, Verdict
from fluxstatus.state.state import State

_SOURCES_FIRST = {
    "GitRepository": 0, "OCIRepository": 0, "Bucket": 0, "HelmRepository": 0,
    "ResourceSetInputProvider": 0, "ImageRepository": 0,
    "HelmChart": 1, "ArtifactGenerator": 2, "ExternalArtifact": 3,
}  # fmt: skip
"""An order in which each comes after what it may take its artifact from."""


def cut_off(
    state: State,
    by_object: Mapping[Key, Sequence[Cause]],
    stopped_for: Callable[[Resource], Cause | None],
) -> dict[Key, Sequence[Cause]]:
    """Find what is Ready, and whose source or controller has a cause; note it at the cause.

    Its controller may not even have noticed: it only needs some artifact to be content.
    *by_object* has the causes of what is not well; *stopped_for* gives that of a controller.
    """
    found: dict[Key, Sequence[Cause]] = {}
    for resource in sorted(
        (r for r in state.resources.values() if r.verdict in WELL),
        key=lambda r: _SOURCES_FIRST.get(r.ref.kind, len(_SOURCES_FIRST)),
    ):
        stopped = stopped_for(resource)
        causes = [stopped] if stopped and not resource.kind.static else [
            cause
            for feed in _feeds(state, resource)
            for cause in by_object.get(feed) or found.get(feed) or ()
        ]  # fmt: skip
        if causes:
            found[resource.ref.key] = causes
        for cause in {id(cause): cause for cause in causes}.values():
            if resource.ref != cause.ref:
                cause.stale.append(resource.ref)
    return found


def _feeds(state: State, resource: Resource) -> Iterator[Key]:
    yield from feeds_of(resource)
    if resource.ref.kind == "ResourceSet":
        yield from selected_inputs(state, resource)


def frozen(state: State, causes: Sequence[Cause]) -> dict[Key, Cause]:
    """Find what was made by something suspended, so that its spec stays; note it at the cause."""
    suspended = {
        cause.ref.key: cause
        for cause in causes
        if cause.resource is not None and cause.resource.verdict is Verdict.SUSPENDED
    }
    found: dict[Key, Cause] = {}
    made: dict[Key, list[Resource]] = defaultdict(list)
    for resource in state.resources.values() if suspended else ():
        # A HelmChart is made by helm-controller itself, not by a chart.
        for maker in makers_of(resource.labels) if resource.ref.kind != "HelmChart" else ():
            made[maker].append(resource)
    for owner, cause in suspended.items():
        for resource in made.get(owner, ()):
            found[resource.ref.key] = cause
            cause.frozen.append(resource.ref)
    return found
