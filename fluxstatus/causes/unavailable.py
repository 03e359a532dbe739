"""The controllers of Flux, those that are unavailable, and the objects that need them."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from fluxstatus.base.plurals import joined
from fluxstatus.causes.controller_faults import (
    fault_of_component,
    fault_of_inactive,
    fault_of_missing,
    fault_of_unserved,
)
from fluxstatus.causes.faults import Fault
from fluxstatus.model.kinds import KINDS, OPERATOR, SHARD_KEY
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.liveness import (
    Activity,
    activity_of,
    has_worked_since_start,
    is_ignored,
    is_untouched,
    liveness_of,
)
from fluxstatus.state.pods import started_at
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict, is_recent
from fluxstatus.state.state import State

SOURCE_CONTROLLER = "source-controller"
STORES_ARTIFACTS = {"ExternalArtifact": "source-watcher"}
"""The component that stores the artifacts of a kind, if it is not source-controller."""

_CRD_VERSION = "apiextensions.k8s.io/v1"
UNTOUCHED = frozenset({Verdict.NEVER, Verdict.OUTDATED, Verdict.TERMINATING})
"""The verdicts of objects that their controller has not reconciled yet."""


class Controllers:
    """The controllers of a State.

    `unavailable` maps each Deployment that has no ready pod, or whose ready pod does not work (see
    `liveness`), to its fault. `missing` does the same for Deployments that should exist but do not.
    `unserved` maps a kind to its missing CRD and the fault; all missing CRDs of a controller have
    the same fault.
    """

    def __init__(self, state: State) -> None:
        """Find the controllers of *state* that do not work."""
        self._by_name: dict[str, list[Component]] = defaultdict(list)
        for component in (*state.components, *state.operators):
            self._by_name[component.name].append(component)
        self._readable = state.controllers_read
        self._state, self._now = state, state.now
        self._activities: dict[Ref, Activity] = {}
        self.unavailable: dict[Ref, Fault] = {
            c.ref: fault_of_component(state, c, kinds_of(c.name))
            for found in self._by_name.values()
            for c in found
            if c.unavailable and not c.starting
        }
        self.liveness = liveness_of(state)
        self.unavailable |= {
            ref: fault_of_inactive(state, one)
            for ref, one in self.liveness.items()
            if not one.works
        }
        self.missing: dict[Ref, Fault] = {}
        if self._readable:
            namespace = state.instance.ref.namespace if state.instance else state.namespace
            for name in sorted(self._needed(state) - self._by_name.keys()):
                ref = Ref("apps/v1", "Deployment", namespace, name)
                self.missing[ref] = fault_of_missing(state, name, kinds_of(name))
        self.unserved = dict(self._unserved(state))

    def is_watched(self, resource: Resource) -> bool:
        """Whether a controller was found that reconciles *resource*, available or not.

        Also true if the controllers could not be read, or if none has the expected name: then the
        object's labels are not the cause.
        """
        found = self._by_name.get(controller_of(resource))
        if not found:
            return True
        if SHARD_KEY in resource.labels and resource.verdict in UNTOUCHED:
            # Nothing has reconciled it, so only a controller of this shard could.
            found = [component for component in found if component.selective]
        return not self._readable or any(component.watches(resource) for component in found)

    def component_of(self, resource: Resource) -> Component | None:
        """Return the controller that reconciles *resource*, available or not, or None."""
        found = self._by_name.get(controller_of(resource), ())
        return next((component for component in found if component.watches(resource)), None)

    def storage_of(self, resource: Resource) -> Component | None:
        """Return the controller that stores the artifact of the source of *resource*."""
        source = source_of(resource)
        name = STORES_ARTIFACTS.get(source[0], SOURCE_CONTROLLER) if source else SOURCE_CONTROLLER
        return next(iter(self._by_name.get(name, ())), None)

    def has_just_started(self, resource: Resource) -> bool:
        """Whether the controller of *resource* started only moments ago.

        A controller that has begun to reconcile gets more time.
        """
        component = self.component_of(resource)
        found = self.liveness.get(component.ref) if component else None
        if found and found.settled and self._now < found.settled:
            return True
        if found and not has_worked_since_start(found, self._activity(found.component)):
            return False
        times = [at for pod in component.pods.known if (at := started_at(pod))] if component else []
        return bool(times) and is_recent(max(times), self._now)

    def is_at_work(self, component: Component) -> bool:
        """Whether *component* has a ready pod and no sign that it does not work."""
        return not component.unavailable and component.ref not in self.unavailable

    def is_ignored(self, resource: Resource) -> bool:
        """Whether the controller of the new *resource* should have reconciled it by now.

        In a partial state, objects that were not read may show that the controller is at work.
        """
        if self._state.partial or not is_untouched(resource):
            return False
        component = self.component_of(resource)
        found = self.liveness.get(component.ref) if component else None
        return found is not None and is_ignored(
            found, self._activity(found.component), resource, self._now
        )

    def _activity(self, component: Component) -> Activity:
        """Return the activity of *component*, computed once for all of its objects."""
        if component.ref not in self._activities:
            self._activities[component.ref] = activity_of(self._state, component)
        return self._activities[component.ref]

    def with_image_errors(self) -> list[Component]:
        """Return the controllers whose image cannot be pulled, even if an old pod is running."""
        return [
            component
            for found in self._by_name.values()
            for component in found
            if component.problem and component.problem.code == "image-pull"
        ]

    def unavailable_for(self, resource: Resource) -> Ref | None:
        """Return the unavailable controller that should reconcile *resource*, or None."""
        name = controller_of(resource)
        found = [c for c in self._by_name.get(name, ()) if c.watches(resource)]
        if found:
            return None if any(map(self.is_at_work, found)) else found[0].ref
        if name in self._by_name:
            return None
        return next((ref for ref in self.missing if ref.name == name), None)

    @cached_property
    def unavailable_source_controller(self) -> Ref | None:
        """The source-controller, if it is unavailable, so that no artifact can be fetched."""
        refs = (*self.unavailable, *self.missing)
        return next((ref for ref in refs if ref.name == SOURCE_CONTROLLER), None)

    def _unserved(self, state: State) -> Iterator[tuple[str, tuple[Ref, Fault]]]:
        """Yield the kinds of installed controllers that the API server does not serve.

        An object that was read is evidence that its kind is served.
        """
        served = state.evidence.served
        if served is None:
            return
        for name in sorted(self._by_name):
            kinds = [k for k in KINDS.values() if k.controller == name and not k.added_later]
            missing = [
                kind
                for kind in kinds
                if kind.resource not in served and not state.of_kind(kind.name)
            ]
            if missing:
                ref = Ref(_CRD_VERSION, "CustomResourceDefinition", "", missing[0].resource)
                fault = fault_of_unserved(state, name, joined([kind.name for kind in missing]))
                yield from ((kind.name, (ref, fault)) for kind in missing)

    def _needed(self, state: State) -> set[str]:
        """Return the names of the controllers that are expected, or whose objects exist."""
        with_objects = {controller_of(r) for r in state.resources.values() if not r.kind.static}
        with_objects.discard("")
        if state.instance is None and not state.components:
            return with_objects  # nothing shows that Flux was ever installed here
        return with_objects | set(state.expected)


def controller_of(resource: Resource) -> str:
    """Return the component that reconciles *resource*, empty if it is not a component of Flux.

    Third-party controllers may create an ExternalArtifact (Flux RFC-0012).
    """
    theirs = resource.kind.name == "ExternalArtifact" and (
        resource.get("spec", "sourceRef", "kind") != "ArtifactGenerator"
    )
    return "" if theirs else resource.kind.controller


def kinds_of(name: str) -> str:
    """Return the kinds that the component *name* reconciles, as in "KINDS objects"."""
    names = [k.name for k in KINDS.values() if k.controller == name and k.reconciled]
    return joined(names) if names else "its"


def is_operator(state: State, ref: Ref) -> bool:
    """Whether *ref* is the Deployment of the operator, which the operator step reports on.

    A Helm release can give the Deployment another name, which is unknown if it does not exist.
    """
    return ref in [operator.ref for operator in state.operators] or (
        ref.kind == "Deployment" and ref.name == OPERATOR
    )
