"""Alerts, Providers, Receivers and the FluxReport, judged as in the check.

Their status does not show how they stand. Alerts and Providers have none: what is known are their
references, and the events of Alerts. A Receiver is Ready although what it names does not exist. The
status of a FluxReport may be that of an operator that no longer updates it.
"""

# ruff: noqa: PLC0415 - most lists do without the checks

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fluxstatus.base.durations import age
from fluxstatus.base.fields import map_of
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import (
    Answer,
    Evidence,
    Incomplete,
    Object,
    Read,
    Unread,
    Why,
)
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.ref import Ref
from fluxstatus.state.references import provider_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from fluxstatus.model.findings import Finding

NOTIFICATIONS = (KINDS["Alert"], KINDS["Provider"])
HELD = (KINDS["Receiver"], *NOTIFICATIONS)
"""The kinds that refer to other listed kinds; they are judged once those were read."""

_OF_ALERTS = "type=Warning,involvedObject.kind=Alert"


class Standing(NamedTuple):
    """The READY of an object (True, False or Unknown), and its message."""

    ready: str
    message: str


class Statics:
    """The Alerts, Providers and FluxReports of a cluster.

    What the list does not have of them is read once for each namespace of it, or once for all.
    *warnings* returns the Warning events that were read for other objects, None if none were.
    """

    def __init__(self, cluster: Cluster, warnings: Callable[[], Collection[Object] | None]) -> None:
        self._cluster, self._warnings = cluster, warnings
        self._listed: dict[Kind, list[Object]] = {kind: [] for kind in NOTIFICATIONS}
        self._complete: set[Kind] = set()
        self._seen: dict[Kind, set[tuple[str, str]]] = defaultdict(set)
        self._names: dict[tuple[Kind, str], Collection[str] | Unread] = {}
        self._places: dict[str, _Notifications] = {}
        self._controllers: State | None = None

    def add(self, resources: Iterable[Resource]) -> None:
        """Add objects that were read for the list."""
        for one in resources:
            self._seen[one.kind].add((one.ref.namespace, one.ref.name))
            if one.kind in NOTIFICATIONS:
                self._listed[one.kind].append(one.object)

    def are_complete(self, kinds: Iterable[Kind]) -> None:
        """Record that all objects of *kinds* were added, as far as they could be read.

        A list by labels may lack what they refer to.
        """
        if not self._cluster.selector:
            self._complete |= {*kinds}

    def of(self, resource: Resource) -> Standing | None:
        """Return how *resource* stands, None if its verdict shows that."""
        if resource.ref.kind == "FluxReport":
            return self._of_report(resource)
        if resource.ref.kind == "Receiver":
            ready = resource.verdict is Verdict.READY
            return self._of_watched(resource, Standing("True", resource.message)) if ready else None
        if resource.verdict is not Verdict.STATIC or resource.ref.kind not in _OF:
            return None
        where = resource.ref.namespace if self._cluster.namespaces else ""
        if where not in self._places:
            self._places[where] = _Notifications(self._answers(where))
        standing = self._places[where].of(resource)
        if resource.ref.kind == "Alert" and standing.ready == "True":
            return self._of_watched(resource, standing)
        return standing

    def _of_watched(self, watcher: Resource, known: Standing) -> Standing:
        """Return *known*, how *watcher* stands, with what of the objects that it names is missing.

        What could not be read is named; that it exists is not known then.
        """
        from fluxstatus.checks.notifications import do_not_exist, watched_by

        keys = [key for key in watched_by(watcher) if key[0] in KINDS]
        names = {key: self._names_in(KINDS[key[0]], key[1]) for key in keys}
        missing = [
            key
            for key, found in names.items()
            if not isinstance(found, Unread) and key[2] not in found
        ]
        if missing:
            return Standing("False", do_not_exist(missing))
        for (kind, where, name), found in names.items():
            if isinstance(found, Unread) and found.why is not Why.ABSENT:
                text = f"whether {kind} {where}/{name} exists was not read: {found.full_text}"
                return Standing(known.ready, f"{known.message}; {text}")
        return known

    def _names_in(self, kind: Kind, where: str) -> Collection[str] | Unread:
        """Return the names of the objects of *kind* in a namespace, or why one may be unknown."""
        if (kind, where) not in self._names:
            self._names[kind, where] = self._read_names(kind, where)
        return self._names[kind, where]

    def _read_names(self, kind: Kind, where: str) -> Collection[str] | Unread:
        cluster, name = self._cluster, kind.resource
        if kind in self._complete and not cluster.namespaces:
            seen = {one for place, one in self._seen[kind] if place == where}
            return cluster.unread.get(name) or seen
        answer = _answer(cluster, name, partial(cluster.all_of, kind, where))
        return answer.unread or {Ref.of(item).name for item in answer.known}

    def _answers(self, where: str) -> Evidence:
        """Return the Alerts and Providers in *where*, and the events of the Alerts."""
        cluster = self._cluster
        answers: dict[str, Answer] = {}
        for kind in NOTIFICATIONS:
            name = kind.resource
            if kind in self._complete:
                unread, found = cluster.unread.get(name), tuple(self._listed[kind])
                answers[name] = Incomplete(unread, found) if unread else Read(found)
            else:
                answers[name] = _answer(cluster, name, partial(cluster.all_of, kind, where))
        answers["events"] = self._events(where)
        return Evidence(cluster.now, answers=answers)

    def _events(self, where: str) -> Answer:
        """Return the Warning events of Alerts in *where*: of all of them, if they were read."""
        known, cluster = self._warnings(), self._cluster
        if known is None or "events" in cluster.unread:
            return _answer(cluster, "events", partial(cluster.events, _OF_ALERTS, where))
        return Read(tuple(one for one in known if _is_of_alert(one, where)))

    def _of_report(self, report: Resource) -> Standing:
        """Return Ready, unless the operator has not updated *report* in time."""
        from fluxstatus.checks.operator import age_of_report, is_report_late

        if self._controllers is None:
            self._controllers = State(self._cluster.controllers())
        now, operator = self._cluster.now, next(iter(self._controllers.operators), None)
        is_late = is_report_late(report.object, operator, now)
        if is_late is None:
            return Standing("Unknown", "its last update is unknown")
        if is_late and (old := age_of_report(report.object, now)):
            return Standing("False", f"has not been updated for {age(old)}")
        ready = str(report.condition("Ready").get("status") or "Unknown")
        return Standing(ready, report.message)


class _Notifications:
    """Alerts and Providers, and what the check finds about them."""

    def __init__(self, evidence: Evidence) -> None:
        from fluxstatus.causes.analysis import Analysis
        from fluxstatus.checks.notifications import notifications
        from fluxstatus.lookup.related import PartialState

        known = State(evidence)
        wanted = {provider_of(alert) for alert in known.of_kind("Alert")}
        state = PartialState(evidence, [one for one in wanted if known.known_missing(one)])
        self._state, self._found = state, list(notifications(Analysis(state)))

    def of(self, resource: Resource) -> Standing:
        """Return how *resource*, an Alert or a Provider, stands."""
        ref = resource.ref
        for finding in self._found:
            if ref in finding.objects:
                text = finding.title.removeprefix(f"{ref}: ")
                return Standing("False", _with_message(text, finding))
            if ref in finding.blocks:
                text = f"its {finding.object} does not deliver"
                return Standing("False", _with_message(text, finding))
        standing = _OF[ref.kind](self._state, resource)
        unread = self._state.evidence.answer("events").unread
        if standing.ready == "True" and unread:
            return Standing("Unknown", f"its events were not read: {unread.text}")
        return standing


def _of_alert(state: State, alert: Resource) -> Standing:
    provider = state.resources.get(provider_of(alert))
    if provider is None:
        return Standing("Unknown", "the Provider could not be read")
    if provider.verdict is not Verdict.STATIC:
        return Standing("False", f"its {provider.ref} is {provider.verdict.value}")
    return Standing("True", "its Provider exists (Alerts have no status)")


def _of_provider(state: State, provider: Resource) -> Standing:
    if any(provider_of(alert) == provider.ref.key for alert in state.of_kind("Alert")):
        return Standing("True", "used by an Alert (Providers have no status)")
    unread = state.answer_of("Alert").unread
    return Standing("Unknown", "Alerts were not read" if unread else "no Alert uses it")


_OF: Mapping[str, Callable[[State, Resource], Standing]] = {
    "Alert": _of_alert,
    "Provider": _of_provider,
}


def _with_message(text: str, finding: "Finding") -> str:
    """Return *text* with the controller's message."""
    return f"{text}: {finding.message}" if finding.message else text


def _is_of_alert(event: Object, namespace: str) -> bool:
    """Return whether *event* is about an Alert in *namespace*, or in any if that is empty."""
    about = map_of(event.get("involvedObject"))
    return about.get("kind") == "Alert" and namespace in ("", about.get("namespace"))


def _answer(cluster: Cluster, name: str, read: Callable[[], Iterable[Object]]) -> Answer:
    """Return what *read* returns, the objects of *name*, pruned.

    What could not be read is said of each object that depends on it, so the list lacks nothing.
    """
    before = cluster.unread.get(name)
    found = tuple(prune(name, item) if cluster.unpruned else item for item in read())
    unread = cluster.unread.get(name)
    if unread is None:
        return Read(found)
    if before is None:
        del cluster.unread[name]
    return Incomplete(unread, found)
