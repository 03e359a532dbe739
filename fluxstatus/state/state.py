"""The state of a cluster, which the checks inspect: derived once from the Evidence."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from fluxstatus.base.durations import stamp, when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.plurals import noun_for
from fluxstatus.base.versions import release_of
from fluxstatus.model.evidence import (
    CONTROLLERS,
    OPERATORS,
    Answer,
    Evidence,
    Object,
    Unread,
    awaited_object,
    is_awaited,
)
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component, components, expected, operators
from fluxstatus.state.resource import Resource
from fluxstatus.state.scope import INTO_OTHERS, Namespaces, applies_into

_NO_RELEASE = (0, 0, 0, 0)
"""The sort key of a text that is not a version, which sorts before all versions."""

EVENTS_FOR = timedelta(hours=1)
"""The age of the oldest Warning event that counts; API servers keep them about as long."""

_OF_OBJECTS = (
    *(one.resource for one in KINDS.values() if one.reconciled and one.name != "FluxInstance"),
    "events",
)
"""The lists of Flux objects and of their events; a FluxInstance only installs Flux."""


class Event(NamedTuple):
    """An event about an object: how often it was reported, and when first and last.

    `type` is Normal or Warning.
    """

    reason: str
    message: str
    times: int
    first: datetime
    last: datetime
    type: str = "Warning"


class State:
    """The objects and controllers in an Evidence, with their status.

    It is `partial` if most objects were not requested, so that nothing follows for a controller.
    """

    partial = False

    def __init__(self, evidence: Evidence, namespaces: Collection[str] = ()) -> None:
        """Prepare the state of *evidence*; all else is computed on first use.

        The report is about *namespaces* and what applies into them, or about all if there are none.
        The state is always about all.
        """
        self.evidence = evidence
        self.namespaces = frozenset(namespaces)
        self.now = evidence.taken_at
        self._of_kinds: dict[tuple[str, ...], Sequence[Resource]] = {}

    @property
    def namespace_suffix(self) -> str:
        """The namespaces of the report as the end of a sentence, empty for all."""
        return f" in {self.named_namespaces}" if self.namespaces else ""

    @property
    def named_namespaces(self) -> str:
        """The namespaces of the report as a sentence names them, at least one."""
        names = ", ".join(f'"{name}"' for name in sorted(self.namespaces))
        return f"{noun_for(len(self.namespaces), 'namespace')} {names}"

    def covers(self, ref: Ref) -> bool:
        """Return whether the report is about the object *ref*."""
        return not self.namespaces or ref.namespace in self.namespaces or ref.key in self.applying

    def covered(self, resources: Sequence[Resource]) -> Sequence[Resource]:
        """Return those of *resources* that the report is about."""
        return [r for r in resources if self.covers(r.ref)] if self.namespaces else resources

    @property
    def refused(self) -> bool:
        """Whether every query was refused, also in the namespaces of the report."""
        answers = map(self.evidence.answer, RESOURCES)
        return self.evidence.refused and all(
            self.namespaces.isdisjoint(answer.namespaces) for answer in answers
        )

    @cached_property
    def applying(self) -> Mapping[Key, Namespaces]:
        """The objects elsewhere that apply into the namespaces of the report, and into which."""
        found = {
            one.ref.key: applies_into(one.object, self.namespaces)
            for one in (self.of_kind(*INTO_OTHERS) if self.namespaces else ())
            if one.ref.namespace not in self.namespaces
        }
        return {key: namespaces for key, namespaces in found.items() if namespaces}

    def unread(self, query: str) -> Unread | None:
        """Return why the answer to *query* may lack objects in the namespaces of the report."""
        answer = self.evidence.answer(query)
        if not self.namespaces:
            return answer.hidden
        return next(filter(None, map(answer.unread_in, sorted(self.namespaces))), None)

    @cached_property
    def unread_elsewhere(self) -> Mapping[str, Unread]:
        """Why objects elsewhere that concern the namespaces of the report may be unknown, by query.

        A list that could not be read in these namespaces either is left out.
        """
        found = {name: self.evidence.answer(name).unread_in("") for name in _OF_OBJECTS}
        return {
            name: reason
            for name, reason in found.items()
            if self.namespaces and reason and not self.unread(name)
        }

    @property
    def applying_known(self) -> bool:
        """Whether no other object elsewhere can apply into the namespaces of the report."""
        return self.unread_elsewhere.keys().isdisjoint(KINDS[kind].resource for kind in INTO_OTHERS)

    @cached_property
    def resources(self) -> dict[Key, Resource]:
        """Every Flux object that was read, with its verdict, sorted by kind and name."""
        found: dict[Key, Resource] = {}
        for name, kind in RESOURCES.items():
            if kind.reconciled:
                items = self.evidence.answer(name).known
                resources = (Resource(kind, item, self.now) for item in items)
                found |= {one.key: one for one in sorted(resources, key=attrgetter("ref"))}
        return found

    @cached_property
    def _by_kind(self) -> dict[str, list[Resource]]:
        grouped = groupby(
            self.resources.values(), attrgetter("ref.kind")
        )  # they are in the order of kinds
        return {kind: list(group) for kind, group in grouped}

    def of_kind(self, *kinds: str) -> Sequence[Resource]:
        """Return the objects of these *kinds*, sorted by kind and name."""
        if kinds not in self._of_kinds:
            found = (one for kind in dict.fromkeys(kinds) for one in self._by_kind.get(kind, ()))
            self._of_kinds[kinds] = tuple(sorted(found, key=attrgetter("ref")))
        return self._of_kinds[kinds]

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
        """The FluxInstance in the operator's namespace, the only one that the operator reconciles.

        Without an operator it is the first one.
        """
        operator_namespaces = {operator.ref.namespace for operator in self.operators}
        instances = self.of_kind("FluxInstance")
        return next(
            (
                i
                for i in instances
                if not operator_namespaces or i.ref.namespace in operator_namespaces
            ),
            None,
        )

    @cached_property
    def expected(self) -> tuple[str, ...]:
        """The names of the controllers that should exist."""
        return expected(self.evidence, self.instance, self.components)

    @cached_property
    def namespace(self) -> str:
        """The namespace that Flux runs in; "flux-system" if unknown."""
        anchors: Iterable[Ref] = (
            *(c.ref for c in self.components),
            *(c.ref for c in self.operators),
            *(r.ref for r in self.of_kind("FluxInstance")),
        )
        return next((ref.namespace for ref in anchors), "flux-system")

    @cached_property
    def template_fields(self) -> dict[str, str]:
        """The fields of the cluster for the templates of sentences and commands."""
        return {
            "now": stamp(self.now),
            "flux_namespace": self.namespace,
            "instance": self.instance.ref.name if self.instance else "",
            "instance_resource": KINDS["FluxInstance"].resource,
        }

    @cached_property
    def warnings(self) -> dict[Key, list[Event]]:
        """The Warning events of the last hour by object, newest first.

        The order does not depend on that of the items: times are in seconds, so many are the same.
        """
        found: dict[Key, list[Event]] = defaultdict(list)
        for key, event in events_in(self.evidence.answer("events").known):
            if self.now - event.last <= EVENTS_FOR:
                found[key].append(event)
        for events in found.values():
            events.sort(key=lambda event: (event.last, event), reverse=True)
        return dict(sorted(found.items()))

    @cached_property
    def awaited(self) -> Mapping[Key, Object]:
        """The objects of other kinds that reconciliations wait for, as far as they were read."""
        answers = (one for name, one in self.evidence.answers.items() if is_awaited(name))
        return {Ref.of(item).key: item for answer in answers for item in answer.known}

    def awaited_missing(self, key: Key) -> bool:
        """Return whether *key*, of any kind, was requested by its name and does not exist."""
        return key not in self.awaited and awaited_object(key) in self.evidence.answers

    def answer_of(self, kind: str) -> Answer:
        """Return the answer to the list of a Flux *kind*."""
        return self.evidence.answer(KINDS[kind].resource)

    def known_missing(self, key: Key) -> bool:
        """Return whether the object *key* certainly does not exist."""
        kind, namespace, name = key
        if kind not in KINDS or key in self.resources:
            return False
        return self.answer_of(kind).unread_in(namespace, name) is None

    @cached_property
    def controllers_read(self) -> bool:
        """Whether the Deployments of Flux could be read in all namespaces."""
        return all(self.evidence.answer(q).unread is None for q in (CONTROLLERS, OPERATORS))

    @cached_property
    def flux_version(self) -> str:
        """The version of the Flux distribution, with its "v"; empty if unknown.

        The label of all controllers is more reliable than a FluxReport, which is not updated
        without the operator. If the labels of the controllers differ, the FluxReport counts, and
        without one the oldest.
        """
        found = sorted({c.distribution for c in self.components} - {""})
        deployed = sorted(found, key=lambda version: release_of(version) or _NO_RELEASE)
        known = deployed if len(deployed) == 1 else [*self._reported(), *deployed]
        version = next(filter(None, known), "")
        return f"v{version}" if version[:1].isdigit() else version  # as a Helm chart labels it

    def _reported(self) -> Iterator[str]:
        for report in self.evidence.answer(KINDS["FluxReport"].resource).known:
            distribution = map_of(map_of(report.get("spec")).get("distribution"))
            yield text_of(distribution.get("version"))
        if self.instance:
            yield text_of(self.instance.status.get("lastAppliedRevision")).partition("@")[0]


def events_in(items: Iterable[Object]) -> Iterator[tuple[Key, Event]]:
    """Return the events in the pruned *items*, each with the key of its object."""
    for item in items:
        about, series = map_of(item.get("involvedObject")), map_of(item.get("series"))
        seen, created = item.get("eventTime"), map_of(item.get("metadata")).get("creationTimestamp")
        last = when(series.get("lastObservedTime") or item.get("lastTimestamp") or seen or created)
        if last is None:
            continue
        key = (
            text_of(about.get("kind")),
            text_of(about.get("namespace")),
            text_of(about.get("name")),
        )
        counts = (series.get("count"), item.get("count"))
        count = next((number for number in counts if isinstance(number, int)), 1)
        first = when(item.get("firstTimestamp") or seen) or last
        message, kind = text_of(item.get("message")).strip(), text_of(item.get("type")) or "Warning"
        yield key, Event(text_of(item.get("reason")), message, count, first, last, kind)
