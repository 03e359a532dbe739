"""The controllers of Flux that are unavailable, and the objects that need them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fluxstatus.causes.cause import Cause
from fluxstatus.causes.faults import (
    Fault,
    fault_of_component,
    fault_of_deleted_instance,
    fault_of_images,
    fault_of_missing,
    fault_of_namespace,
    fault_of_scc,
    fault_of_unserved,
)
from fluxstatus.model.kinds import KINDS, OPERATOR, SHARD_KEY
from fluxstatus.model.ref import Ref
from fluxstatus.state.pods import started_at
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import YOUNG, Resource, Verdict
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from fluxstatus.state.deployments import Component

SOURCE_CONTROLLER = "source-controller"
STORES_ARTIFACTS = {"ExternalArtifact": "source-watcher"}
"""The component that stores the artifacts of a kind, if not source-controller (SW main.go)."""

_SEVERAL = 2  # a single object may have a fault of its own
_CRD_VERSION = "apiextensions.k8s.io/v1"
UNTOUCHED = frozenset({Verdict.NEVER, Verdict.OUTDATED, Verdict.TERMINATING})
"""The verdicts of an object that its controller has not picked up."""


class Controllers:
    """The controllers of a State.

    `unavailable` are the Deployments without a ready pod, `missing` those that should exist and
    do not: each maps a Deployment to its fault. `unserved` maps a kind to its missing CRD and the
    fault; the missing CRDs of one controller are one fault.
    """

    def __init__(self, state: State) -> None:
        """Find the controllers of *state* that do not work."""
        self._by_name: dict[str, list[Component]] = defaultdict(list)
        for component in (*state.components, *state.operators):
            self._by_name[component.name].append(component)
        self._readable = state.controllers_read
        self._now = state.now
        self.unavailable: dict[Ref, Fault] = {
            c.ref: fault_of_component(state, c, kinds_of(c.name))
            for found in self._by_name.values()
            for c in found
            if c.unavailable and not c.starting
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

        Also true when the controllers could not be read, or none has the name: then the labels of
        the object are not at fault.
        """
        found = self._by_name.get(controller_of(resource))
        if not found:
            return True
        if SHARD_KEY in resource.labels and resource.verdict in UNTOUCHED:
            # Nothing has reconciled it, so only a controller of this shard could.
            found = [component for component in found if component.selective]
        return not self._readable or any(component.watches(resource) for component in found)

    def component_of(self, resource: Resource) -> "Component | None":
        """Return the controller that was found and reconciles *resource*, available or not."""
        found = self._by_name.get(controller_of(resource), ())
        return next((component for component in found if component.watches(resource)), None)

    def storage_of(self, resource: Resource) -> "Component | None":
        """Return the controller that stores the artifact of the source of *resource*."""
        source = source_of(resource)
        name = STORES_ARTIFACTS.get(source[0], SOURCE_CONTROLLER) if source else SOURCE_CONTROLLER
        return next(iter(self._by_name.get(name, ())), None)

    def has_just_started(self, resource: Resource) -> bool:
        """Whether the controller of *resource* has been running for a few moments only."""
        component = self.component_of(resource)
        times = [at for pod in component.pods.known if (at := started_at(pod))] if component else []
        return bool(times) and self._now - max(times) < YOUNG

    def with_image_errors(self) -> "list[Component]":
        """Return the controllers whose image cannot be pulled, even if an older pod still runs."""
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
            return found[0].ref if all(c.unavailable for c in found) else None
        if name in self._by_name:
            return None
        return next((ref for ref in self.missing if ref.name == name), None)

    @cached_property
    def unavailable_source_controller(self) -> Ref | None:
        """The source-controller if it is unavailable: then no artifact can be fetched."""
        refs = (*self.unavailable, *self.missing)
        return next((ref for ref in refs if ref.name == SOURCE_CONTROLLER), None)

    def _unserved(self, state: State) -> Iterator[tuple[str, tuple[Ref, Fault]]]:
        """Return the kinds of found controllers that the API server does not serve."""
        served = state.evidence.served
        if served is None:
            return
        for name in sorted(self._by_name):
            kinds = [k for k in KINDS.values() if k.controller == name and not k.added_later]
            missing = [kind for kind in kinds if kind.resource not in served]
            if missing:
                ref = Ref(_CRD_VERSION, "CustomResourceDefinition", "", missing[0].resource)
                fault = fault_of_unserved(state, name, ", ".join(kind.name for kind in missing))
                yield from ((kind.name, (ref, fault)) for kind in missing)

    def _needed(self, state: State) -> set[str]:
        """Return the names of the controllers that are expected, or whose objects exist."""
        with_objects = {controller_of(r) for r in state.resources.values() if not r.kind.static}
        with_objects.discard("")
        if state.instance is None and not state.components:
            return with_objects  # nothing shows that Flux was ever installed here
        return with_objects | set(state.expected)


class ControllerCauses:
    """The faults of controllers and CRDs, as causes of the objects that need them.

    `causes` has the causes by Deployment or CRD. `not_installed` are the controllers that the
    FluxInstance has yet to install for the first time: no object misses them. `by_missing_kind`
    has the cause of each kind without a CRD, even if no object needs it.
    """

    def __init__(self, state: State, controllers: Controllers) -> None:
        """Read the faults from the *controllers* of *state*."""
        self._state, self._controllers = state, controllers
        missing = controllers.missing
        self.not_installed: list[Ref] = []
        if not self._is_installed():
            self.not_installed = [ref for ref in missing if ref.name != OPERATOR]
        self.causes = {
            ref: Cause(ref, fault)
            for ref, fault in (*controllers.unavailable.items(), *missing.items())
            if ref not in self.not_installed
        }
        self.by_missing_kind: dict[str, Cause] = {}
        for kind, (ref, fault) in controllers.unserved.items():
            self.by_missing_kind[kind] = self.causes.setdefault(ref, Cause(ref, fault))
        self._attribute_images_to_instance()
        self._attribute_rejections()
        self._attribute_missing()
        self._attribute_same_problems()

    def blocking(self, resource: Resource) -> Cause | None:
        """Return the cause that blocks *resource*: its controller, its source's, or a CRD."""
        if not self.causes:
            return None
        if missing_crd := self.missing_crd_for(resource):
            return missing_crd
        ref = self._controllers.unavailable_for(resource)
        source = self._controllers.unavailable_source_controller
        if ref is None and source and _fetches(resource) and self._controllers.is_watched(resource):
            ref = source
        return self.causes.get(ref) if ref else None

    def missing_crd_for(self, resource: Resource) -> Cause | None:
        """Return the cause of the missing CRD of the source of *resource*."""
        source = source_of(resource) if self.by_missing_kind else None
        return self.by_missing_kind.get(source[0]) if source else None

    def _is_installed(self) -> bool:
        """Whether the FluxInstance was ever applied; also true without one."""
        instance = self._state.instance
        return instance is None or bool(instance.status.get("lastAppliedRevision"))

    def _attribute_images_to_instance(self) -> None:
        """Replace the causes of several images that cannot be pulled by one of the FluxInstance.

        It names the registry.
        """
        instance, found = self._state.instance, self._controllers.with_image_errors()
        if instance is None or len(found) < _SEVERAL:
            return
        fault = fault_of_images(self._state, instance, found)
        cause = Cause(instance.ref, fault, instance, waiting=[c.ref for c in found])
        self.causes |= {component.ref: cause for component in found}

    def _attribute_rejections(self) -> None:
        """Replace the causes of controllers whose pods OpenShift rejects by one."""
        found = [c for c in self._unavailable() if c.problem and _SCC in c.problem.text]
        if not found:
            return
        instance = self._state.instance
        ref = instance.ref if instance else found[0].ref
        fault = fault_of_scc(self._state, ref, found)
        waiting = [c.ref for c in found if c.ref != ref]
        cause = Cause(ref, fault, instance, since=_first_time(found), waiting=waiting)
        self.causes |= {component.ref: cause for component in found}

    def _attribute_missing(self) -> None:
        """Replace the causes of several missing controllers by the one that took them away."""
        missing = [ref for ref in self._controllers.missing if ref in self.causes]
        if len(missing) < _SEVERAL:
            return
        state = self._state
        operator = next((ref for ref in missing if ref.name == OPERATOR), None)
        if operator:
            ref, own = operator, self.causes[operator].fault
            gone = _is_namespace_deleted(state, operator.namespace, missing)
            fault = fault_of_namespace(state, operator) if gone else _with_others(own, missing, ref)
        elif state.instance is None and not state.components and self._has_no_instance():
            ref = Ref("fluxcd.controlplane.io/v1", "FluxInstance", missing[0].namespace, "flux")
            fault = fault_of_deleted_instance(state, ref, missing)
        else:
            ref = missing[0]
            fault = _with_others(self.causes[ref].fault, missing, ref)
        cause = Cause(ref, fault, waiting=[one for one in missing if one != ref])
        self.causes |= dict.fromkeys(missing, cause)

    def _has_no_instance(self) -> bool:
        """Whether the operator is there and certainly has no FluxInstance."""
        unread = self._state.answer_of("FluxInstance").unread
        return bool(self._state.operators) and unread is None

    def _attribute_same_problems(self) -> None:
        """Replace the causes of controllers that cannot start for the same reason by one."""
        alike: dict[str, list[Component]] = defaultdict(list)
        for component in self._unavailable():
            problem = component.problem
            cause = self.causes.get(component.ref)
            if problem and problem.code in _STARTS_NOT and cause and cause.ref == component.ref:
                alike[_without_names(problem.text, component)].append(component)
        for found in alike.values():
            if len(found) < _SEVERAL:
                continue
            first, refs = found[0].ref, [component.ref for component in found]
            fault = _with_others(self.causes[first].fault, refs, first)
            cause = Cause(first, fault, since=_first_time(found), waiting=refs[1:])
            self.causes |= dict.fromkeys(refs, cause)

    def _unavailable(self) -> "list[Component]":
        """Return the controllers of Flux that are a cause, sorted by name."""
        found = [c for c in self._state.components if c.ref in self._controllers.unavailable]
        return [c for c in found if c.ref in self.causes]


_SCC = "unable to validate against any security context constraint"
_STARTS_NOT = frozenset({"pending", "not-ready", "image-pull"})
"""Codes of problems that a node, a quota or a registry causes, not the controller itself."""


def _without_names(text: str, component: "Component") -> str:
    """Return *text* without what differs between two controllers with the same problem."""
    plain = text.replace(component.ref.name, "…").replace(component.name, "…")
    return re.sub(r"…[\w-]*|:v?\d+\.\d+\.\d+\S*|sha256:\w+", "…", plain)


def _first_time(components: "Iterable[Component]") -> datetime | None:
    times = (c.problem.since for c in components if c.problem)
    return min(filter(None, times), default=None)


def _with_others(fault: Fault, refs: Sequence[Ref], first: Ref) -> Fault:
    """Return *fault*, of *first*, with the other *refs* that have the same one."""
    names = ", ".join(sorted(ref.name for ref in refs if ref != first))
    more = f"the same is true of {names}"
    return fault._replace(diagnosis=fault.diagnosis.adding(more))


def _is_namespace_deleted(state: State, namespace: str, missing: Sequence[Ref]) -> bool:
    """Whether *namespace* is probably being deleted: its objects are, and no Deployment is left."""
    going = [r for r in state.resources.values() if r.verdict is Verdict.TERMINATING]
    gone = len(missing) >= _SEVERAL and not any(
        c.ref.namespace == namespace for c in (*state.components, *state.operators)
    )
    return gone and {r.ref.namespace for r in going} == {namespace}


def _fetches(resource: Resource) -> bool:
    """Whether *resource* needs the artifact of a source to be reconciled."""
    source = source_of(resource)
    is_source = source is not None and source[0] in KINDS and KINDS[source[0]].step == "sources"
    return is_source and resource.verdict is not Verdict.TERMINATING


def controller_of(resource: Resource) -> str:
    """Return the component that reconciles *resource*, empty if it is not a component of Flux.

    Third-party controllers may create an ExternalArtifact (Flux RFC-0012).
    """
    creator = resource.get("spec", "sourceRef", "kind")
    theirs = resource.ref.kind == "ExternalArtifact" and creator != "ArtifactGenerator"
    return "" if theirs else resource.kind.controller


def kinds_of(name: str) -> str:
    """Return the kinds that the component *name* reconciles, separated by commas."""
    names = [k.name for k in KINDS.values() if k.controller == name and k.reconciled]
    return ", ".join(names) if names else "its objects"


def is_operator(state: State, ref: Ref) -> bool:
    """Whether *ref* is the Deployment of the operator, which the operator step reports on.

    A Helm release may give it another name, which is unknown when the Deployment is missing.
    """
    return ref in [operator.ref for operator in state.operators] or (
        ref.kind == "Deployment" and ref.name == OPERATOR
    )
