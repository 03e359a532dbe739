"""The causes of unavailable controllers and missing CRDs; a shared problem is a single cause.

    single problems → image registry → OpenShift → removal of Flux → same problem → no activity

Each step takes the causes so far, by Deployment or CRD, and returns those that it replaces. An
earlier step explains more, so a later step does not replace its causes.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.cause import Cause, earliest
from fluxstatus.causes.controller_faults import (
    fault_of_deleted_instance,
    fault_of_images,
    fault_of_namespace,
    fault_of_scc,
)
from fluxstatus.causes.faults import Fault
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.model.kinds import KINDS, OPERATOR, Kind
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.state import State

ByRef: TypeAlias = Mapping[Ref, Cause]
"""The cause of each unavailable controller and each missing CRD."""

_SEVERAL = 2  # a single controller may have a fault of its own
_SCC = "unable to validate against any security context constraint"
_STARTS_NOT = frozenset({"pending", "not-ready", "image-pull"})
"""Codes of problems that are caused by a node, a quota or a registry, not by the controller."""


class ControllerCauses(NamedTuple):
    """The faults of controllers and CRDs, as causes for the objects that need them.

    `causes` has the causes by Deployment or CRD. `not_installed` are the controllers that the
    FluxInstance has not installed yet: these are not causes. `by_missing_kind` has the cause of
    each kind without a CRD, even if no object needs the kind.
    """

    controllers: Controllers
    causes: ByRef
    not_installed: tuple[Ref, ...]
    by_missing_kind: Mapping[str, Cause]

    def blocking(self, resource: Resource) -> Cause | None:
        """Return the cause that blocks *resource*: its controller, source-controller or a CRD."""
        if not self.causes:
            return None
        if missing_crd := self.missing_crd_for(resource):
            return missing_crd
        controllers = self.controllers
        ref = controllers.unavailable_for(resource)
        source = controllers.unavailable_source_controller
        if ref is None and source and _fetches(resource) and controllers.is_watched(resource):
            ref = source
        return self.causes.get(ref) if ref else None

    def missing_crd_for(self, resource: Resource) -> Cause | None:
        """Return the cause of the missing CRD of the source of *resource*."""
        source = source_of(resource) if self.by_missing_kind else None
        return self.by_missing_kind.get(source[0]) if source else None

    def is_to_be_installed(self, resource: Resource) -> bool:
        """Whether the FluxInstance has not installed the controller of *resource* yet."""
        waiting = self.not_installed
        return bool(waiting) and self.controllers.unavailable_for(resource) in waiting

    def installs(self, kind: Kind) -> bool:
        """Whether the FluxInstance has yet to install the controller of *kind*, with its CRD."""
        return kind.controller in {ref.name for ref in self.not_installed}


def controller_causes(state: State, controllers: Controllers) -> ControllerCauses:
    """Return the causes of the *controllers* that are unavailable, and of missing CRDs."""
    not_installed = _not_installed(state, controllers.missing)
    faults = dict((*controllers.unavailable.items(), *controllers.missing.items()))
    faults |= dict(controllers.unserved.values())
    began = {one.ref: one.unavailable_since for one in (*state.components, *state.operators)}
    began |= {ref: one.last for ref, one in controllers.liveness.items() if not one.works}
    causes: ByRef = {
        ref: Cause(ref, fault, since=began.get(ref))
        for ref, fault in faults.items()
        if ref not in not_installed
    }
    for shared in _SHARED:
        causes = {**causes, **shared(state, controllers, causes)}
    by_kind = {kind: causes[ref] for kind, (ref, _) in controllers.unserved.items()}
    return ControllerCauses(controllers, causes, not_installed, by_kind)


def _not_installed(state: State, missing: Mapping[Ref, Fault]) -> tuple[Ref, ...]:
    """Return the *missing* controllers that the FluxInstance has not installed yet.

    These are all until it was applied once, later those that were added to it, while it is not
    Ready. Of what it has installed, each has its image in status.components (FO api/v1).
    """
    instance = state.instance
    if instance is None:
        return ()
    found = tuple(ref for ref in missing if ref.name != OPERATOR)
    if not instance.status.get("lastAppliedRevision"):
        return found
    installed = {text_of(one.get("name")) for one in maps_of(instance.status.get("components"))}
    if not installed or instance.verdict in HEALTHY:
        return ()
    added = set(state.expected) - installed
    return tuple(ref for ref in found if ref.name in added)


def _of_images(state: State, controllers: Controllers, _: ByRef) -> ByRef:
    """Return one cause, the registry of the FluxInstance, if several images cannot be pulled."""
    instance, found = state.instance, controllers.with_image_errors()
    if instance is None or len(found) < _SEVERAL:
        return {}
    fault = fault_of_images(state, instance, found)
    cause = Cause(instance.ref, fault, instance, waiting=tuple(c.ref for c in found))
    return {component.ref: cause for component in found}


def _of_openshift(state: State, controllers: Controllers, causes: ByRef) -> ByRef:
    """Return one cause for the controllers whose pods OpenShift rejects."""
    unavailable = _unavailable(state, controllers, causes)
    found = [c for c in unavailable if c.problem and _SCC in c.problem.text]
    if not found:
        return {}
    ref = state.instance.ref if state.instance else found[0].ref
    fault = fault_of_scc(state, ref, found)
    waiting = tuple(c.ref for c in found if c.ref != ref)
    cause = Cause(ref, fault, state.instance, _first_time(found), waiting)
    return {component.ref: cause for component in found}


def _of_removal(state: State, controllers: Controllers, causes: ByRef) -> ByRef:
    """Return one cause for several missing controllers: their removal."""
    missing = [ref for ref in controllers.missing if ref in causes]
    if len(missing) < _SEVERAL:
        return {}
    operator = next((ref for ref in missing if ref.name == OPERATOR), None)
    if operator and _is_namespace_deleted(state, operator.namespace, missing):
        ref, fault = operator, fault_of_namespace(state, operator)
    elif not operator and state.instance is None and not state.components and _no_instance(state):
        ref = Ref("fluxcd.controlplane.io/v1", "FluxInstance", missing[0].namespace, "flux")
        fault = fault_of_deleted_instance(state, ref, missing)
    else:
        ref = operator or missing[0]
        fault = _with_others(causes[ref].fault, missing, ref)
        return dict.fromkeys(missing, _alike(ref, fault, None, missing))
    waiting = tuple(one for one in missing if one != ref)
    return dict.fromkeys(missing, Cause(ref, fault, waiting=waiting))


def _of_same_problem(state: State, controllers: Controllers, causes: ByRef) -> ByRef:
    """Return one cause for the controllers that cannot start for the same reason."""
    alike: dict[str, list[Component]] = defaultdict(list)
    for component in _unavailable(state, controllers, causes):
        problem = component.problem
        if problem and problem.code in _STARTS_NOT and causes[component.ref].ref == component.ref:
            alike[_without_names(problem.text, component)].append(component)
    merged: dict[Ref, Cause] = {}
    for found in alike.values():
        if len(found) >= _SEVERAL:
            refs = [component.ref for component in found]
            fault = _with_others(causes[refs[0]].fault, refs, refs[0])
            merged |= dict.fromkeys(refs, _alike(refs[0], fault, _first_time(found), refs))
    return merged


def _of_silence(_: State, controllers: Controllers, causes: ByRef) -> ByRef:
    """Return one cause for several controllers that have stopped working.

    The Flux Operator comes last, because it only installs Flux.
    """
    silent = [
        ref
        for ref, one in controllers.liveness.items()
        if not one.works and ref in causes and causes[ref].ref == ref
    ]
    refs = sorted(silent, key=lambda ref: (ref.name == OPERATOR, ref))
    if len(refs) < _SEVERAL:
        return {}
    fault = _with_others(causes[refs[0]].fault, refs, refs[0])
    since = earliest(causes[ref].since for ref in refs)
    return dict.fromkeys(refs, _alike(refs[0], fault, since, refs))


_SHARED: Sequence[Callable[[State, Controllers, ByRef], ByRef]] = (
    _of_images, _of_openshift, _of_removal, _of_same_problem, _of_silence,
)  # fmt: skip
"""The steps that merge the causes of several controllers, in order."""


def _unavailable(state: State, controllers: Controllers, causes: ByRef) -> list[Component]:
    """Return the controllers of Flux that are a cause, sorted by name."""
    return [c for c in state.components if c.ref in controllers.unavailable and c.ref in causes]


def _no_instance(state: State) -> bool:
    """Whether the Flux Operator is installed and there is certainly no FluxInstance."""
    return bool(state.operators) and state.answer_of("FluxInstance").unread is None


def _without_names(text: str, component: Component) -> str:
    """Return *text* without names and versions, which differ between controllers."""
    plain = text.replace(component.ref.name, "…").replace(component.name, "…")
    return re.sub(r"…[\w-]*|:v?\d+\.\d+\.\d+\S*|sha256:\w+", "…", plain)


def _with_others(fault: Fault, refs: Sequence[Ref], first: Ref) -> Fault:
    """Return *fault* of *first*, with the other *refs* that have the same fault."""
    names = ", ".join(sorted(ref.name for ref in refs if ref != first))
    more = f"also affected: {names}"
    return fault._replace(diagnosis=fault.diagnosis.adding(more))


def _alike(first: Ref, fault: Fault, since: datetime | None, refs: Sequence[Ref]) -> Cause:
    """Return the one cause of the controllers *refs*, which have the same fault."""
    others = tuple(ref for ref in refs if ref != first)
    return Cause(first, fault, since=since, others=others, waiting=others)


def _first_time(components: Sequence[Component]) -> datetime | None:
    """Return since when one of *components* is unavailable, or else when a container ended."""
    known = earliest(component.unavailable_since for component in components)
    return known or earliest(one.problem.since for one in components if one.problem)


def _is_namespace_deleted(state: State, namespace: str, missing: Sequence[Ref]) -> bool:
    """Whether *namespace* is probably being deleted, like its objects, and has no Deployments."""
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
