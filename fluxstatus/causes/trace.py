"""Who waits for whom, and what it all comes down to: one cause per fault, and what it blocks.

An object is judged in one of three ways: it is well or on its way; it has a fault of its own
(a cause); or it only waits for others, and then their causes are its own.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from fluxstatus.causes.cause import Attribution, Cause
from fluxstatus.causes.faults import Fault, fault_of, fault_of_waiting
from fluxstatus.causes.merging import Merging
from fluxstatus.causes.missing import missing_target
from fluxstatus.causes.ordering import in_order
from fluxstatus.causes.stale import cut_off, frozen
from fluxstatus.causes.stopped import Stopped
from fluxstatus.causes.unavailable import UNTOUCHED, Controllers
from fluxstatus.causes.waits import Upstream
from fluxstatus.knowledge import UNKNOWN_FAULT, diagnose_state
from fluxstatus.model.ref import Key
from fluxstatus.state.last_attempt import since_of, tries_again
from fluxstatus.state.references import dependency_named, source_of
from fluxstatus.state.resource import MOVING, WELL, YOUNG, Resource, Verdict
from fluxstatus.state.revisions import Lag, lags_of
from fluxstatus.state.state import State

__all__ = ["Cause", "Causes"]

_CANCELED = "HealthCheckCanceled"  # in favour of a newer attempt, which starts at once


class Causes:
    """The causes in a State.

    `by_object` tells the causes of an object that is not well; `cut_off` those of one that is
    Ready, on what it got before they began; `frozen_by` what is suspended and made an object;
    `moving` are the objects on their way that need no help; `not_installed` are the controllers
    that the FluxInstance has yet to install for the first time; `gone_kinds` are those whose CRD
    is missed by something; `all` are the causes, each once.
    """

    def __init__(self, state: State, controllers: Controllers) -> None:
        """Trace every object of *state* that is not well to its causes."""
        self._state = state
        self._controllers = controllers
        self._stopped = Stopped(state, self._controllers)
        self.not_installed = self._stopped.not_installed
        self._attribution = Attribution(state, self._stopped.causes.items())
        self.by_object = self._attribution.by_object
        self._upstream = Upstream(state, self.by_object)
        self._waits: dict[Key, set[Key]] = {}
        self.moving: set[Key] = set()
        for key, resource in state.resources.items():
            if resource.verdict not in WELL:
                self._classify(key, resource)
        self._follow_waits()
        self._explain_not_installed()
        merging = Merging(
            state, self._controllers, self._attribution, self._upstream, lambda: self.lags
        )
        merging.targets()
        merging.controllers()
        asked_in_vain = list(merging.hanging())
        self.cut_off = cut_off(state, self.by_object, self._stopped.needed_by)
        for cause, resource in asked_in_vain:
            if resource.ref.key not in self.cut_off:
                self.cut_off[resource.ref.key] = [cause]
                cause.stale.append(resource.ref)
        self.all: list[Cause] = self._distinct()
        self.frozen_by = frozen(state, self.all)
        self.gone_kinds = {kind for kind, cause in self._stopped.of_kinds.items() if cause.blocks}

    @cached_property
    def lags(self) -> dict[Key, Lag]:
        """What each object that is Ready runs, compared with what its source has."""
        return lags_of(self._state)

    @cached_property
    def by_namespace(self) -> dict[str, list[Cause]]:
        """The causes that are faults of objects, by the namespace of the object."""
        found: dict[str, list[Cause]] = defaultdict(list)
        for cause in sorted(self.all, key=lambda one: one.ref):
            if cause.resource is not None:
                found[cause.ref.namespace].append(cause)
        return dict(found)

    def _distinct(self) -> list[Cause]:
        distinct = dict(self._attribution.causes)
        distinct |= {id(c): c for found in self.cut_off.values() for c in found}
        distinct |= {id(c): c for c in self._stopped.causes.values()}
        return list(distinct.values())

    def _explain_not_installed(self) -> None:
        """Blame what keeps the FluxInstance from its first installation for what is not there."""
        instance = self._state.instance
        for cause in self.by_object.get(instance.ref.key, ()) if instance else ():
            cause.waiting += self.not_installed

    def _classify(self, key: Key, resource: Resource) -> None:
        taken = self._controllers.takes(resource)
        stopped = self._stopped.needed_by(resource)
        instance = self._state.instance
        if instance and self._controllers.stopped(resource) in self.not_installed:
            self._waits[key] = {instance.ref.key}
        elif stopped and not self._fails_by_itself(resource):
            self._attribution.add(key, [stopped])
            if self._upstream.speaks_of_others(resource):
                self._waits[key] = self._not_well_upstream(resource)
        elif resource.verdict is Verdict.SUSPENDED or not taken:
            self._attribution.add(key, [self._own_cause(resource, taken=taken)])
        elif self._is_on_its_way(resource):
            self.moving.add(key)
        else:
            self._classify_failing(key, resource)

    def _is_on_its_way(self, resource: Resource) -> bool:
        """Whether *resource* is at work, or its controller has had no time to look at it."""
        if resource.verdict in UNTOUCHED:
            return self._controllers.has_just_started(resource)
        return resource.verdict in MOVING and not tries_again(self._state, resource)

    def _classify_failing(self, key: Key, resource: Resource) -> None:
        """Classify *resource*, which fails, or did with its last attempt."""
        speaks = self._upstream.speaks_of_others(resource)
        if speaks and (upstream := self._not_well_upstream(resource)):
            self._waits[key] = upstream
        elif speaks and self._upstream.was_just_answered(resource):
            self.moving.add(key)
        elif not self._may_heal(resource, cause := self._own_cause(resource, taken=True)):
            self._attribution.add(key, [cause])
            checked = self._upstream.checked_and_not_well(resource)
            if checked := self._without_pending(resource, checked):
                self._waits[key] = checked
        else:
            self.moving.add(key)

    def _fails_by_itself(self, resource: Resource) -> bool:
        """Whether it fails for a reason that a working controller would only find again."""
        final = (Verdict.FAILED, Verdict.STALLED, Verdict.SUSPENDED)
        others = self._upstream
        if self._stopped.unserved_for(resource) and resource.verdict is not Verdict.SUSPENDED:
            return False
        return resource.verdict in final and (
            self._refers_to_nothing(resource)
            or not (others.speaks_of_others(resource) or others.cannot_download(resource))
        )

    def _refers_to_nothing(self, resource: Resource) -> bool:
        """Whether *resource* names what does not exist, and what no controller is to make."""
        missing = missing_target(self._state, resource, *self._upstream.words(resource))
        return missing is not None and missing[0] != "ExternalArtifact"

    def _may_heal(self, resource: Resource, cause: Cause) -> bool:
        """Whether *resource* is so young that a passing fault is no news yet."""
        young = resource.age(self._state.now) < YOUNG
        began = cause.since is not None and self._state.now - cause.since < YOUNG
        passing = resource.verdict is Verdict.TERMINATING or resource.reason == _CANCELED
        return (began and passing) or (young and cause.fault.diagnosis.rule.transient)

    def _not_well_upstream(self, resource: Resource) -> set[Key]:
        """Return what *resource* waits for that is not well, stopped controllers among it."""
        found = self._upstream.not_well(resource)
        if resource.ref.kind == "FluxInstance":
            found |= {ref.key for ref in self._stopped.causes}
        return self._without_pending(resource, found)

    def _without_pending(self, resource: Resource, keys: set[Key]) -> set[Key]:
        """Return the *keys* that a FluxInstance can wait for: not what only waits for it."""
        if resource.ref.kind != "FluxInstance":
            return keys
        return {key for key in keys if not self._waits_for_installation(key)}

    def _waits_for_installation(self, key: Key) -> bool:
        resource = self._state.resources.get(key)
        return resource is not None and (
            self._controllers.stopped(resource) in self.not_installed
        )  # fmt: skip

    def _own_cause(self, resource: Resource, *, taken: bool) -> Cause:
        fault = fault_of(self._state, resource, taken=taken)
        if self._waits_for_nothing_bad(resource, fault):
            fault = fault_of_waiting(self._state, resource)
        owner = self._release_of(resource)
        since = since_of(self._state, resource, fault.reason)
        return Cause(owner.ref if owner else resource.ref, fault, owner or resource, since)

    def _waits_for_nothing_bad(self, resource: Resource, fault: Fault) -> bool:
        """Whether *resource* says that it waits, and nothing says what is wrong with that."""
        if fault.missing or fault.reason not in ("DependencyNotReady", resource.reason):
            return False
        _, message = self._upstream.words(resource)
        named = dependency_named(resource, message) and fault.reason == "DependencyNotReady"
        unknown = fault.diagnosis.code == UNKNOWN_FAULT.code
        return bool(named) or (unknown and self._upstream.speaks_of_others(resource))

    def _release_of(self, chart: Resource) -> Resource | None:
        """Return the HelmRelease whose chart template made the HelmChart *chart*.

        The release is what its owner can correct; the chart follows.
        """
        if chart.ref.kind != "HelmChart":
            return None
        name = chart.labels.get("helm.toolkit.fluxcd.io/name")
        namespace = chart.labels.get("helm.toolkit.fluxcd.io/namespace")
        found = self._state.resources.get(("HelmRelease", str(namespace), str(name)))
        return found or self._releases_by_chart.get(chart.ref.key)

    @cached_property
    def _releases_by_chart(self) -> dict[Key, Resource]:
        return {
            chart: release
            for release in self._state.of_kind("HelmRelease")
            if (chart := source_of(release)) and chart[0] == "HelmChart"
        }

    def _follow_waits(self) -> None:
        """Return each object that waits the causes of what it waits for, the deepest first.

        A circle has no deepest: its first member becomes a cause, and the others wait for it.
        """
        order, circles = in_order(self._waits)
        for circle in circles:
            self._blame_circle(circle)
        first = {circle[0] for circle in circles}
        for key in order:
            if key not in first:
                self._follow(key)
        for key in first:  # what keeps another member of the circle keeps it, too
            self._attribution.add(key, self._causes_of(self._waits[key]))

    def _follow(self, key: Key) -> None:
        if causes := self._causes_of(self._waits[key]):
            self._attribution.add(key, causes)
        elif key in self.by_object:
            return
        elif self._waits[key] & self.moving:
            self.moving.add(key)
        else:
            resource = self._state.resources[key]
            self._attribution.add(key, [self._own_cause(resource, taken=True)])

    def _causes_of(self, keys: Iterable[Key]) -> list[Cause]:
        return [cause for key in sorted(keys) for cause in self.by_object.get(key, ())]

    def _blame_circle(self, circle: list[Key]) -> None:
        resource = self._state.resources[circle[0]]
        names = [f"{kind} {namespace}/{name}" for kind, namespace, name in (*circle, circle[0])]
        way = f"{names[0]} depends on itself" if len(circle) == 1 else " → ".join(names)
        diagnosis = diagnose_state("dependency-cycle", resource, {"cycle": way})
        fault = Fault(diagnosis, resource.reason, resource.message)
        self._attribution.add(circle[0], [Cause(resource.ref, fault, resource, resource.since)])
