"""Who waits for whom, and what it all comes down to: one cause per fault, and what it blocks.

An object is judged in one of three ways: it is well or on its way; it has a fault of its own
(a cause); or it only waits for others, and then their causes are its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from fluxstatus.controllers import Controllers
from fluxstatus.faults import (
    Fault,
    fault_of,
    fault_of_absence,
    fault_of_hanging,
    fault_of_images,
    fault_of_waiting,
    since_of,
    words_of,
)
from fluxstatus.findings import Ref
from fluxstatus.kinds import KINDS, OPERATOR
from fluxstatus.knowledge import UNKNOWN_FAULT, diagnose_state
from fluxstatus.references import dependencies_of, feeds_of, health_checked, source_of
from fluxstatus.resources import MOVING, WELL, YOUNG, Resource, Verdict
from fluxstatus.state import Key, State, key_of

if TYPE_CHECKING:
    from fluxstatus.components import Component

_WAITS = frozenset(
    {"DependencyNotReady", "SourceNotReady", "NoSourceArtifact", "SourceUnavailable",
     "SourceFetchFailed", "NoArtifact", "NotFound"}
)  # fmt: skip
"""Reasons that speak of another object (PKG apis/meta/conditions.go, SC api/v1)."""

_WAITS_FOR_ARTIFACT = ("artifact not found", "no artifact available", "source not ready")
_UNTOUCHED = frozenset({"never-reconciled", "outdated", "stuck"})
_CANCELED = "HealthCheckCanceled"  # in favour of a newer attempt, which starts at once
_SEVERAL = 2  # one alone may be an accident of its own

_SOURCES_FIRST = {
    "GitRepository": 0, "OCIRepository": 0, "Bucket": 0, "HelmRepository": 0,
    "ImageRepository": 0, "HelmChart": 1, "ArtifactGenerator": 2, "ExternalArtifact": 3,
}  # fmt: skip
"""An order in which each comes after what it may take its artifact from."""

_CHECKS_WHAT_IT_MADE = frozenset({"FluxInstance", "ResourceSet"})
"""Kinds that are only ready when what they made is; while they wait, the text is wiped."""


@dataclass(slots=True, eq=False)
class Cause:
    """Something broken on its own account, and the objects it drags down.

    `waiting` cannot go on because of it; `stale` are Ready, on what they got before it began.
    """

    ref: Ref
    fault: Fault
    resource: Resource | None = None
    since: datetime | None = None
    waiting: list[Ref] = field(default_factory=list)
    stale: list[Ref] = field(default_factory=list)

    @property
    def blocks(self) -> tuple[Ref, ...]:
        """Everything it drags down, in the order of names."""
        return tuple(sorted({*self.waiting, *self.stale}))


class Causes:
    """The causes in a State.

    `by_object` tells the causes of an object that is not well; `cut_off` those of one that is
    Ready, on what it got before they began; `moving` are the objects on their way that need no
    help; `not_installed` are the controllers that the FluxInstance has yet to install for the
    first time; `all` are the causes, each once.
    """

    def __init__(self, state: State) -> None:
        """Trace every object of *state* that is not well to its causes."""
        self._state = state
        self._controllers = Controllers(state)
        missing = self._controllers.missing
        self.not_installed = [] if self._is_installed() else [
            ref for ref in missing if ref.name != OPERATOR
        ]  # fmt: skip
        self._stopped = {
            ref: Cause(ref, fault)
            for ref, fault in (*self._controllers.down.items(), *missing.items())
            if ref not in self.not_installed
        }
        self._blame_instance_for_images()
        self._waits: dict[Key, set[Key]] = {}
        self.by_object: dict[Key, list[Cause]] = {
            key_of(ref): [cause] for ref, cause in self._stopped.items()
        }
        self.cut_off: dict[Key, list[Cause]] = {}
        self.moving: set[Key] = set()
        for key, resource in state.resources.items():
            if resource.verdict not in WELL:
                self._classify(key, resource)
        self._fold_absences()
        self._follow_waits()
        self._explain_not_installed()
        self._find_hanging()
        self._find_cut_off()
        distinct = {id(c): c for found in self.by_object.values() for c in found}
        distinct |= {id(c): c for c in self._stopped.values()}
        self.all: list[Cause] = list(distinct.values())

    def _blame_instance_for_images(self) -> None:
        """Make one cause of several images that cannot be pulled: the registry they come from."""
        instance, found = self._state.instance, self._controllers.unpullable()
        if instance is None or len(found) < _SEVERAL:
            return
        fault = fault_of_images(self._state, instance, found)
        cause = Cause(instance.ref, fault, instance, waiting=[c.ref for c in found])
        self._stopped |= {component.ref: cause for component in found}

    def _is_installed(self) -> bool:
        """Whether the FluxInstance, if there is one, was ever applied: before, nothing is lost."""
        instance = self._state.instance
        return instance is None or bool(instance.get("status", "lastAppliedRevision"))

    def _explain_not_installed(self) -> None:
        """Blame what keeps the FluxInstance from its first installation for what is not there."""
        instance = self._state.instance
        for cause in self.by_object.get(key_of(instance.ref), ()) if instance else ():
            cause.waiting += self.not_installed

    def _classify(self, key: Key, resource: Resource) -> None:
        taken = self._controllers.takes(resource)
        stopped = self._stopped_for(resource)
        instance = self._state.instance
        if instance and self._controllers.stopped(resource) in self.not_installed:
            self._waits[key] = {key_of(instance.ref)}
        elif stopped and not self._fails_by_itself(resource):
            self._blame(key, [stopped])
        elif resource.verdict is Verdict.SUSPENDED or not taken:
            self._blame(key, [self._own_cause(resource, taken=taken)])
        elif resource.verdict in MOVING and not resource.retrying:
            self.moving.add(key)
        elif self._speaks_of_others(resource) and (upstream := self._not_well_upstream(resource)):
            self._waits[key] = upstream
        elif self._speaks_of_others(resource) and self._was_just_answered(resource):
            self.moving.add(key)
        elif not self._may_heal(resource, cause := self._own_cause(resource, taken=taken)):
            self._blame(key, [cause])
        else:
            self.moving.add(key)

    def _stopped_for(self, resource: Resource) -> Cause | None:
        """Give the stopped controller that *resource* needs: its own, or the one of artifacts."""
        ref = self._controllers.stopped(resource)
        source = source_of(resource)
        fetches = source and source[0] in KINDS and KINDS[source[0]].step == "sources"
        if ref is None and fetches and resource.verdict is not Verdict.TERMINATING:
            ref = self._controllers.stopped_source()
        return self._stopped.get(ref) if ref else None

    def _fails_by_itself(self, resource: Resource) -> bool:
        """Whether it fails for a reason that a working controller would only find again."""
        final = (Verdict.FAILED, Verdict.STALLED, Verdict.SUSPENDED)
        return resource.verdict in final and not self._speaks_of_others(resource)

    def _may_heal(self, resource: Resource, cause: Cause) -> bool:
        """Whether *resource* is so young that a passing fault is no news yet."""
        young = resource.age(self._state.now) < YOUNG
        began = cause.since is not None and self._state.now - cause.since < YOUNG
        passing = resource.verdict is Verdict.TERMINATING or resource.reason == _CANCELED
        return (began and passing) or (young and cause.fault.diagnosis.transient)

    def _speaks_of_others(self, resource: Resource) -> bool:
        """Whether what it says is about other objects of Flux: then the fault is not its own."""
        reason, message = words_of(self._state, resource)
        if reason in _WAITS:
            return True
        if reason == "ArtifactFailed":
            return any(text in message.lower() for text in _WAITS_FOR_ARTIFACT)
        waited = health_checked(resource, message)
        if waited:
            return all(w.kind in KINDS or w[:3] in self.by_object for w in waited)
        return resource.verdict in MOVING and resource.ref.kind in _CHECKS_WHAT_IT_MADE

    def _not_well_upstream(self, resource: Resource) -> set[Key]:
        """Give what *resource* waits for that is not well, stopped controllers among it."""
        _, message = words_of(self._state, resource)
        targets = {source_of(resource), *dependencies_of(resource, message)}
        if resource.ref.kind == "FluxInstance":
            targets |= {key_of(ref) for ref in self._stopped}
            targets -= {key for key in targets if self._waits_for_installation(key)}
        resources = self._state.resources
        return {
            target
            for target in targets
            if target in self.by_object
            or (target in resources and resources[target].verdict not in WELL)
        } - {None}

    def _waits_for_installation(self, key: Key | None) -> bool:
        resource = self._state.resources.get(key) if key else None
        return resource is not None and (
            self._controllers.stopped(resource) in self.not_installed
        )  # fmt: skip

    def _was_just_answered(self, resource: Resource) -> bool:
        """Whether what *resource* waits for became well so lately that it may not know yet."""
        _, message = words_of(self._state, resource)
        targets = {source_of(resource), *dependencies_of(resource, message)} - {None}
        found = [self._state.resources[t] for t in targets if t in self._state.resources]
        return any(r.since is not None and self._state.now - r.since < YOUNG for r in found)

    def _own_cause(self, resource: Resource, *, taken: bool) -> Cause:
        fault = fault_of(self._state, resource, taken=taken)
        if fault.diagnosis.code == UNKNOWN_FAULT.code and self._speaks_of_others(resource):
            fault = fault_of_waiting(self._state, resource)
        owner = self._release_of(resource)
        since = since_of(self._state, resource, fault.reason)
        return Cause(owner.ref if owner else resource.ref, fault, owner or resource, since)

    def _release_of(self, chart: Resource) -> Resource | None:
        """Give the HelmRelease whose chart template made the HelmChart *chart*.

        The release is what its owner can correct; the chart follows.
        """
        if chart.ref.kind != "HelmChart":
            return None
        name = chart.labels.get("helm.toolkit.fluxcd.io/name")
        namespace = chart.labels.get("helm.toolkit.fluxcd.io/namespace")
        found = self._state.resources.get(("HelmRelease", str(namespace), str(name)))
        return found or self._releases_by_chart.get(key_of(chart.ref))

    @cached_property
    def _releases_by_chart(self) -> dict[Key, Resource]:
        return {
            chart: release
            for release in self._state.of_kind("HelmRelease")
            if (chart := source_of(release)) and chart[0] == "HelmChart"
        }

    def _follow_waits(self) -> None:
        """Give each object that waits the causes of what it waits for, the deepest first."""
        for key in self._in_order():
            upstream = self._waits[key]
            causes = [cause for up in sorted(upstream) for cause in self.by_object.get(up, ())]
            resource = self._state.resources[key]
            if causes:
                self._blame(key, causes)
            elif upstream & self.moving:
                self.moving.add(key)
            else:
                self._blame(key, [self._own_cause(resource, taken=True)])

    def _in_order(self) -> list[Key]:
        """Order the waiting objects so that each comes after those it waits for.

        A circle has no such order: its first member becomes a cause, and the others wait for it.
        """
        while True:
            try:
                order = TopologicalSorter(self._waits).static_order()
                return [key for key in order if key in self._waits]
            except CycleError as error:
                self._break_circle(error.args[1][:-1])

    def _break_circle(self, circle: list[Key]) -> None:
        first = min(circle)
        resource = self._state.resources[first]
        start = circle.index(first)
        members = [first, *reversed([*circle[start:], *circle[:start]])]  # each waits for the next
        fields = {"cycle": " → ".join(f"{kind} {ns}/{name}" for kind, ns, name in members)}
        fault = Fault(diagnose_state("dependency-cycle", resource, fields),
                      resource.reason, resource.message)  # fmt: skip
        del self._waits[first]
        self._blame(first, [Cause(resource.ref, fault, resource, resource.since)])

    def _fold_absences(self) -> None:
        """Make one cause of what does not exist and several objects refer to."""
        referring: dict[Key, dict[int, Cause]] = defaultdict(dict)
        for causes in self.by_object.values():
            for cause in causes:
                if cause.fault.missing:
                    referring[cause.fault.missing][id(cause)] = cause
        for target, old in referring.items():
            if len(old) >= _SEVERAL:
                fault = fault_of_absence(self._state, target, [key_of(c.ref) for c in old.values()])
                since = min((c.since for c in old.values() if c.since), default=None)
                self._put_in_place_of(old, Cause(Ref("", *target), fault, since=since))

    def _find_hanging(self) -> None:
        """Make one cause of several objects that a running controller does not look at."""
        untouched: dict[Ref, dict[int, Cause]] = defaultdict(dict)
        found: dict[Ref, Component] = {}
        for key, causes in self.by_object.items():
            resource = self._state.resources.get(key)
            own = [c for c in causes if c.resource is resource]
            if resource and own and own[0].fault.diagnosis.code in _UNTOUCHED:
                component = self._controllers.component_of(resource)
                if component and not component.down:
                    found[component.ref] = component
                    untouched[component.ref][id(own[0])] = own[0]
        for ref, alone in untouched.items():
            resources = [cause.resource for cause in alone.values() if cause.resource]
            if len(resources) >= _SEVERAL and not self._active_since(resources):
                fault = fault_of_hanging(self._state, found[ref], len(resources))
                since = min((r.since for r in resources if r.since), default=None)
                self._put_in_place_of(alone, Cause(ref, fault, since=since))

    def _put_in_place_of(self, old: Mapping[int, Cause], cause: Cause) -> None:
        """Blame *cause* for all that the *old* ones, by their ids, were blamed for."""
        for key, causes in self.by_object.items():
            if any(id(known) in old for known in causes):
                self.by_object[key] = [known for known in causes if id(known) not in old]
                self._blame(key, [cause])

    def _active_since(self, resources: list[Resource]) -> bool:
        """Whether the controller of *resources* has said anything since they were left alone."""
        began = min((r.since for r in resources if r.since), default=None)
        name, alone = resources[0].kind.controller, {id(resource) for resource in resources}
        return began is None or any(
            other.kind.controller == name and other.since and other.since > began
            for other in self._state.resources.values()
            if id(other) not in alone and other.verdict is not Verdict.SUSPENDED
        )

    def _find_cut_off(self) -> None:
        """Find what is Ready, and whose source or controller has a cause.

        Its controller may not even have noticed: it only needs some artifact to be content.
        """
        for resource in sorted(
            (r for r in self._state.resources.values() if r.verdict in WELL),
            key=lambda r: _SOURCES_FIRST.get(r.ref.kind, len(_SOURCES_FIRST)),
        ):
            stopped = self._stopped_for(resource)
            causes = [stopped] if stopped and not resource.kind.static else [
                cause
                for feed in feeds_of(resource)
                for cause in self.by_object.get(feed) or self.cut_off.get(feed) or ()
            ]  # fmt: skip
            if causes:
                self.cut_off[key_of(resource.ref)] = causes
            for cause in {id(cause): cause for cause in causes}.values():
                if resource.ref != cause.ref:
                    cause.stale.append(resource.ref)

    def _blame(self, key: Key, causes: Iterable[Cause]) -> None:
        known = self.by_object.setdefault(key, [])
        ref = self._state.resources[key].ref
        for cause in causes:
            if cause not in known:
                known.append(cause)
                if ref != cause.ref:
                    cause.waiting.append(ref)
