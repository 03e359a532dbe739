"""The judged state of a cluster: all that the steps look at, derived once from the Evidence."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import jmespath

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.evidence import Answer, Evidence, Object, Why
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import (
    CONTROLLERS,
    OPERATORS,
    Component,
    components,
    expected,
    operators,
)
from fluxstatus.state.resource import Resource

EVENTS_FOR = timedelta(hours=1)
"""How far back Warning events are looked at; API servers keep them about as long."""

_EVENT = jmespath.compile(
    """{
    kind: involvedObject.kind, namespace: involvedObject.namespace, name: involvedObject.name,
    type: type, reason: reason, message: message, count: series.count || count || `1`,
    first: firstTimestamp || eventTime,
    last: series.lastObservedTime || lastTimestamp || eventTime || metadata.creationTimestamp
    }"""
)


class Event(NamedTuple):
    """An event: what was said of an object, how often, and when first and last.

    `type` is Normal or Warning.
    """

    reason: str
    message: str
    times: int
    first: datetime
    last: datetime
    type: str = "Warning"


class State:
    """What the Evidence comes to."""

    def __init__(self, evidence: Evidence, namespaces: Collection[str] = ()) -> None:
        """Judge *evidence*; everything that takes time is done when first looked at.

        All of it is judged; *namespaces* are those that were asked about, none for all.
        """
        self.evidence = evidence
        self.namespaces = frozenset(namespaces)
        self.now = evidence.taken_at

    @property
    def namespace_suffix(self) -> str:
        """Where it was asked about, to be put behind a sentence: " in team-a", empty for all."""
        return f" in {', '.join(sorted(self.namespaces))}" if self.namespaces else ""

    def covers(self, namespace: str) -> bool:
        """Whether *namespace* is one that was asked about."""
        return not self.namespaces or namespace in self.namespaces

    @cached_property
    def resources(self) -> dict[Key, Resource]:
        """Every Flux object that was read, judged."""
        found = {}
        for name, kind in RESOURCES.items():
            if kind.name == "FluxReport":
                continue  # a report, not something that is reconciled
            for item in self.evidence.answer(name).items:
                resource = Resource(kind, item, self.now)
                found[resource.ref.key] = resource
        return found

    @cached_property
    def _by_kind(self) -> dict[str, list[Resource]]:
        grouped = groupby(self.resources.values(), attrgetter("ref.kind"))  # they come by kind
        return {kind: list(group) for kind, group in grouped}

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Return the objects of these *kinds*, in the order of their names."""
        found: list[Resource] = []
        for kind in dict.fromkeys(kinds):
            found += self._by_kind.get(kind, ())
        return sorted(found, key=lambda r: r.ref)

    @cached_property
    def components(self) -> list[Component]:
        """The Flux controllers that were found."""
        return components(self.evidence)

    @cached_property
    def operators(self) -> list[Component]:
        """The Flux Operator's Deployments that were found."""
        return operators(self.evidence)

    @cached_property
    def instance(self) -> Resource | None:
        """The FluxInstance that counts: the one in the operator's namespace.

        The operator looks at no other. Where no operator was found it is the first.
        """
        flux_namespaces = {operator.ref.namespace for operator in self.operators}
        instances = self.of_kind("FluxInstance")
        return next(
            (i for i in instances if not flux_namespaces or i.ref.namespace in flux_namespaces),
            None,
        )

    @cached_property
    def expected(self) -> tuple[str, ...]:
        """The names of the controllers that should be there."""
        return expected(self.evidence, self.instance, self.components)

    @cached_property
    def namespace(self) -> str:
        """The namespace that Flux runs in; "flux-system" when nothing tells."""
        anchors: Iterable[Ref] = (
            *(c.ref for c in self.components),
            *(c.ref for c in self.operators),
            *(r.ref for r in self.of_kind("FluxInstance")),
        )
        return next((ref.namespace for ref in anchors), "flux-system")

    @cached_property
    def template_fields(self) -> dict[str, str]:
        """The fields of the cluster that every sentence and command may name."""
        return {
            "now": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "flux_namespace": self.namespace,
            "instance": self.instance.ref.name if self.instance else "",
            "instance_resource": KINDS["FluxInstance"].resource,
        }

    @cached_property
    def warnings(self) -> dict[Key, list[Event]]:
        """The Warning events of the last hour by object, newest first."""
        found: dict[Key, list[Event]] = defaultdict(list)
        for key, event in events_in(self.evidence.answer("events").items):
            if self.now - event.last <= EVENTS_FOR:
                found[key].append(event)
        for warned_of_one in found.values():
            warned_of_one.sort(key=lambda w: w.last, reverse=True)
        return dict(found)

    def answer_of(self, kind: str) -> Answer:
        """Return the answer to the list of a Flux *kind*."""
        return self.evidence.answer(KINDS[kind].resource)

    def known_missing(self, key: Key) -> bool:
        """Return whether the object *key* certainly does not exist."""
        kind, namespace, _ = key
        if kind not in KINDS or key in self.resources:
            return False
        answer = self.answer_of(kind)
        if answer.unread is None:
            return True
        return answer.unread.why is Why.ABSENT or namespace in answer.namespaces

    @cached_property
    def controllers_read(self) -> bool:
        """Whether the Deployments of Flux could be looked at everywhere."""
        return all(self.evidence.answer(q).unread is None for q in (CONTROLLERS, OPERATORS))

    @cached_property
    def flux_version(self) -> str:
        """The version of the Flux distribution as far as the cluster tells, with its "v".

        What all controllers are labelled with says more than a FluxReport, which stays as it is
        when the operator is gone; controllers of several versions say less.
        """
        deployed = sorted({c.distribution for c in self.components} - {""})
        known = deployed if len(deployed) == 1 else [*self._reported(), *deployed]
        version = next(filter(None, known), "")
        return f"v{version}" if version[:1].isdigit() else version  # as a Helm chart labels it

    def _reported(self) -> Iterator[str]:
        for report in self.evidence.answer(KINDS["FluxReport"].resource).items:
            distribution = map_of(map_of(report.get("spec")).get("distribution"))
            yield text_of(distribution.get("version"))
        if self.instance:
            yield text_of(self.instance.status.get("lastAppliedRevision")).partition("@")[0]


def events_in(items: Iterable[Object]) -> Iterator[tuple[Key, Event]]:
    """Return the events that *items*, as they were pruned, are: of which object, and what."""
    for item in items:
        view = _EVENT.search(item)
        last = when(view["last"])
        if last is None:
            continue
        key = (text_of(view["kind"]), text_of(view["namespace"]), text_of(view["name"]))
        count = view["count"] if isinstance(view["count"], int) else 1
        first = when(view["first"]) or last
        message = text_of(view["message"]).strip()
        kind = text_of(view["type"]) or "Warning"
        yield key, Event(text_of(view["reason"]), message, count, first, last, kind)
