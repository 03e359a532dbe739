"""Tracing symptoms to causes: one cause per fault, and the objects that it blocks.

An object is healthy or in progress; or it has a fault of its own, which is a cause; or it only
waits for other objects, and then their causes are its causes.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from fluxstatus.causes.bringers import BROUGHT, bringer_hints, bringer_of, keeps_away
from fluxstatus.causes.cause import Attribution, Cause
from fluxstatus.causes.faults import Fault, fault_of, fault_of_waiting
from fluxstatus.causes.merging import Merging
from fluxstatus.causes.missing import Suggestions, missing_target
from fluxstatus.causes.ordering import in_order
from fluxstatus.causes.stale import find_not_updated, find_stale
from fluxstatus.causes.unavailable import UNTOUCHED, ControllerCauses, Controllers
from fluxstatus.causes.waits import Waits
from fluxstatus.knowledge import UNKNOWN_FAULT, diagnose_state
from fluxstatus.model.ref import Key
from fluxstatus.state.deadlines import is_deletion_within
from fluxstatus.state.last_attempt import deletion_failed, is_failed_retry, since_of
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.references import dependency_named, source_of
from fluxstatus.state.resource import HEALTHY, IN_PROGRESS, YOUNG, Resource, Verdict
from fluxstatus.state.revisions import Lag, lags_of
from fluxstatus.state.state import State

__all__ = ["Cause", "Causes"]

_CANCELED = "HealthCheckCanceled"  # a newer attempt has replaced it, and starts immediately


class Causes:
    """The causes in a State.

    `by_object` has the causes of each object that is not healthy; `stale_causes` the causes of
    each object that is Ready with what it got before they began; `suspended_owners` the cause of
    the suspended owner of an object. `in_progress` are the objects that need no help;
    `not_installed` the controllers that the FluxInstance has yet to install for the first time;
    `missing_kinds` the kinds whose missing CRD blocks an object; `all` are the causes, each once.
    `suggestions` are for references to missing objects.
    """

    def __init__(self, state: State, controllers: Controllers) -> None:
        """Trace every object of *state* that is not healthy to its causes."""
        self._state = state
        self._controllers = controllers
        self._of_controllers = ControllerCauses(state, controllers)
        self.not_installed = self._of_controllers.not_installed
        self.suggestions = Suggestions(state)
        self._attribution = Attribution(state, self._of_controllers.causes.items())
        self.by_object = self._attribution.by_object
        self._waits = Waits(state, self.by_object)
        self._waits_for: dict[Key, set[Key]] = {}
        self._lacks: dict[Key, str] = {}
        self.in_progress: set[Key] = set()
        for key, resource in state.resources.items():
            if resource.verdict not in HEALTHY:
                self._classify(key, resource)
        self._follow_waits()
        self._attribute_not_installed()
        merging = Merging(
            state,
            controllers,
            self._attribution,
            waits=self._waits,
            suggestions=self.suggestions,
            lags=lambda: self.lags,
        )
        merging.merge_targets()
        merging.merge_running_controllers()
        merging.merge_shared()
        ignored = list(merging.merge_unresponsive_controllers())
        self.stale_causes = find_stale(state, self.by_object, self._of_controllers.blocking)
        for cause, resource in ignored:
            if resource.ref.key not in self.stale_causes:
                self.stale_causes[resource.ref.key] = [cause]
                cause.stale.append(resource.ref)
        self.all: list[Cause] = self._distinct()
        self.suspended_owners = find_not_updated(state, self.all)
        by_kind = self._of_controllers.by_missing_kind
        self.missing_kinds = {kind for kind, cause in by_kind.items() if cause.blocks}

    @cached_property
    def lags(self) -> dict[Key, Lag]:
        """The revision of each Ready object, compared with that of its source."""
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
        for causes in self.stale_causes.values():
            distinct.update(dict.fromkeys(causes))
        distinct.update(dict.fromkeys(self._of_controllers.causes.values()))
        return list(distinct)

    def _attribute_not_installed(self) -> None:
        """Attribute the missing controllers to what blocks the first installation of Flux."""
        instance = self._state.instance
        for cause in self.by_object.get(instance.ref.key, ()) if instance else ():
            cause.waiting += self.not_installed

    def _classify(self, key: Key, resource: Resource) -> None:
        is_watched = self._controllers.is_watched(resource)
        blocking = self._of_controllers.blocking(resource)
        instance = self._state.instance
        if instance and self._controllers.unavailable_for(resource) in self.not_installed:
            self._waits_for[key] = {instance.ref.key}
        elif blocking and not self._fails_anyway(resource):
            self._attribution.add(key, [blocking])
            if self._waits.is_about_others(resource):
                self._waits_for[key] = self._unhealthy_dependencies(resource)
        elif resource.verdict is Verdict.SUSPENDED or not is_watched:
            self._attribution.add(key, [self._direct_cause(resource, is_watched=is_watched)])
        elif self._is_in_progress(resource):
            self.in_progress.add(key)
        else:
            self._classify_failing(key, resource)

    def _is_in_progress(self, resource: Resource) -> bool:
        """Whether *resource* is being reconciled, or its controller has only just started."""
        if resource.verdict in UNTOUCHED:
            return self._controllers.has_just_started(resource)
        return resource.verdict in IN_PROGRESS and not is_failed_retry(self._state, resource)

    def _classify_failing(self, key: Key, resource: Resource) -> None:
        """Classify *resource*, which fails, or failed in its last attempt."""
        about_others = self._waits.is_about_others(resource)
        if about_others and (dependencies := self._unhealthy_dependencies(resource)):
            self._waits_for[key] = dependencies
            return
        if about_others and self._waits.just_became_healthy(resource):
            self.in_progress.add(key)
            return
        cause = self._direct_cause(resource, is_watched=True)
        if self._may_recover(resource, cause):
            self.in_progress.add(key)
            return
        bringer = self._bringer_of(resource, cause)
        if bringer is not None and keeps_away(bringer, cause.fault.diagnosis.code):
            self._waits_for[key] = {bringer.ref.key}
            lack = cause.fault.diagnosis.why.partition(": ")[0]
            self._lacks[key] = f"{resource.ref} fails until {bringer.ref} is ready, because {lack}"
            return
        if bringer is not None:
            cause.fault = cause.fault._replace(
                diagnosis=cause.fault.diagnosis.adding(last=bringer_hints(bringer))
            )
        self._attribution.add(key, [cause])
        checked = self._waits.unhealthy_in_health_check(resource)
        if checked := self._without_pending(resource, checked):
            self._waits_for[key] = checked

    def _bringer_of(self, resource: Resource, cause: Cause) -> Resource | None:
        """Return the HelmRelease that should bring what *resource* lacks, or None."""
        diagnosis = cause.fault.diagnosis
        if diagnosis.code not in BROUGHT:
            return None
        return bringer_of(self._state, resource, diagnosis.code, diagnosis.fields())

    def _fails_anyway(self, resource: Resource) -> bool:
        """Whether *resource* fails for a reason that a working controller would report again."""
        final = (Verdict.FAILED, Verdict.STALLED, Verdict.SUSPENDED)
        missing_crd = self._of_controllers.missing_crd_for(resource)
        if missing_crd and resource.verdict is not Verdict.SUSPENDED:
            return False
        return resource.verdict in final and (
            self._refers_to_missing(resource)
            or not (self._waits.is_about_others(resource) or self._waits.cannot_download(resource))
        )

    def _refers_to_missing(self, resource: Resource) -> bool:
        """Whether *resource* names a missing object that no controller creates."""
        missing = missing_target(self._state, resource, *self._waits.reason_and_message(resource))
        return missing is not None and missing[0] != "ExternalArtifact"

    def _may_recover(self, resource: Resource, cause: Cause) -> bool:
        """Whether *resource* is young or being deleted, so that a fault may go away."""
        young = resource.age(self._state.now) < YOUNG
        began = cause.since is not None and self._state.now - cause.since < YOUNG
        if resource.verdict is Verdict.TERMINATING:
            failed = deletion_failed(self._state, resource)
            return began or (is_deletion_within(resource, self._state.now) and not failed)
        canceled = began and resource.reason == _CANCELED
        return canceled or (young and cause.fault.diagnosis.rule.transient)

    def _unhealthy_dependencies(self, resource: Resource) -> set[Key]:
        """Return the unhealthy objects and controllers that *resource* waits for."""
        found = self._waits.unhealthy(resource)
        if resource.ref.kind == "FluxInstance":
            found |= {ref.key for ref in self._of_controllers.causes}
        return self._without_pending(resource, found)

    def _without_pending(self, resource: Resource, keys: set[Key]) -> set[Key]:
        """Return the *keys* without the objects that wait for the FluxInstance themselves."""
        if resource.ref.kind != "FluxInstance":
            return keys
        return {key for key in keys if not self._waits_for_installation(key)}

    def _waits_for_installation(self, key: Key) -> bool:
        resource = self._state.resources.get(key)
        if resource is None:
            return False
        return self._controllers.unavailable_for(resource) in self.not_installed

    def _direct_cause(self, resource: Resource, *, is_watched: bool) -> Cause:
        fault = fault_of(self._state, self.suggestions, resource, is_watched=is_watched)
        if self._waits_without_reason(resource, fault):
            fault = fault_of_waiting(self._state, resource)
        owner = self._release_of(resource)
        since = since_of(self._state, resource, fault.reason)
        return Cause(owner.ref if owner else resource.ref, fault, owner or resource, since)

    def _waits_without_reason(self, resource: Resource, fault: Fault) -> bool:
        """Whether *resource* reports that it waits, and nothing tells why."""
        if fault.missing or fault.reason not in ("DependencyNotReady", resource.reason):
            return False
        _, message = self._waits.reason_and_message(resource)
        named = dependency_named(resource, message) and fault.reason == "DependencyNotReady"
        unknown = fault.diagnosis.code == UNKNOWN_FAULT.code
        return bool(named) or (unknown and self._waits.is_about_others(resource))

    def _release_of(self, chart: Resource) -> Resource | None:
        """Return the HelmRelease whose chart template the HelmChart *chart* was created from.

        The user corrects the release, and helm-controller updates the chart.
        """
        if chart.ref.kind != "HelmChart":
            return None
        creator = creator_of(chart.labels, "HelmRelease")
        found = self._state.resources.get(creator) if creator else None
        return found or self._releases_by_chart.get(chart.ref.key)

    @cached_property
    def _releases_by_chart(self) -> dict[Key, Resource]:
        return {
            chart: release
            for release in self._state.of_kind("HelmRelease")
            if (chart := source_of(release)) and chart[0] == "HelmChart"
        }

    def _follow_waits(self) -> None:
        """Attribute each waiting object to the causes of its dependencies, in their order.

        A cycle has no first member in that order: its smallest member becomes a cause, and the
        others wait for it.
        """
        order, cycles = in_order(self._waits_for)
        for cycle in cycles:
            self._attribute_cycle(cycle)
        first = {cycle[0] for cycle in cycles}
        for key in order:
            if key not in first:
                self._follow(key)
        for key, effect in self._lacks.items():
            for cause in self.by_object.get(key, ()):
                cause.effects.append(effect)
        for key in first:  # the causes of another member of the cycle also block it
            self._attribution.add(key, self._causes_of(self._waits_for[key]))

    def _follow(self, key: Key) -> None:
        if causes := self._causes_of(self._waits_for[key]):
            self._attribution.add(key, causes)
        elif key in self.by_object:
            return
        elif self._waits_for[key] & self.in_progress:
            self.in_progress.add(key)
        else:
            resource = self._state.resources[key]
            self._attribution.add(key, [self._direct_cause(resource, is_watched=True)])

    def _causes_of(self, keys: Iterable[Key]) -> list[Cause]:
        return [cause for key in sorted(keys) for cause in self.by_object.get(key, ())]

    def _attribute_cycle(self, cycle: list[Key]) -> None:
        resource = self._state.resources[cycle[0]]
        names = [f"{kind} {namespace}/{name}" for kind, namespace, name in (*cycle, cycle[0])]
        path = f"{names[0]} depends on itself" if len(cycle) == 1 else " → ".join(names)
        diagnosis = diagnose_state("dependency-cycle", resource, {"cycle": path})
        fault = Fault(diagnosis, resource.reason, resource.message)
        self._attribution.add(cycle[0], [Cause(resource.ref, fault, resource, resource.since)])
