"""The events of one object, Normal ones, too: the check itself asks for warnings alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from fluxstatus.base.fields import map_of, maps_of
from fluxstatus.base.masking import mask
from fluxstatus.cluster import processes
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import Event, events_in

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Events:
    """What happened to an object, the same only once, the newest first; or why it is unknown."""

    items: tuple[Event, ...] = ()
    unread: Unread | None = None


def selector(ref: Ref) -> str:
    """Return the field selector of the events about *ref*."""
    return f"involvedObject.kind={ref.kind},involvedObject.name={ref.name}"


def read(ref: Ref, flags: tuple[str, ...], timeout: float) -> Events:
    """Return the events about *ref*; *flags* tell kubectl the cluster."""
    try:
        argv = (
            processes.kubectl(), *flags, "get", "events", f"--namespace={ref.namespace}",
            f"--field-selector={selector(ref)}", "--output=json",
        )  # fmt: skip
        answer = processes.run(argv, timeout=min(timeout, _SECONDS)).json()
    except processes.ProgramError as error:
        return Events(unread=_explain(error.unread))
    items = [prune("events", item) for item in maps_of(map_of(answer).get("items"))]
    return Events(fold(said for key, said in events_in(items) if key == ref.key))


def fold(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return each of *events* once, with how often it came in all, the newest first."""
    folded: dict[tuple[str, ...], Event] = {}
    for event in events:
        same = (event.type, event.reason, event.message)
        known = folded.get(same, event._replace(times=0))
        folded[same] = known._replace(
            times=known.times + event.times,
            first=min(known.first, event.first),
            last=max(known.last, event.last),
        )
    return tuple(sorted(folded.values(), key=lambda event: event.last, reverse=True))


def _explain(unread: Unread) -> Unread:
    if "(Forbidden)" in unread.text:
        text = "this user is not allowed to read events"
        return Unread(Why.FORBIDDEN, text, rule="list events")
    return Unread(unread.why, mask(unread.text))
