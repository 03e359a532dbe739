"""Which controllers do no work, and whose objects that leaves alone."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from fluxstatus.causes.faults import Fault, fault_of_component, fault_of_missing, fault_of_unserved
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
"""Who stores the artifacts of a kind, where it is not source-controller (SW main.go)."""

_CRD_VERSION = "apiextensions.k8s.io/v1"
_NEWER = frozenset({"ExternalArtifact", "FluxReport", "ResourceSet", "ResourceSetInputProvider"})
"""Kinds that came later than the controller that reconciles them."""

UNTOUCHED = frozenset({Verdict.NEVER, Verdict.OUTDATED, Verdict.TERMINATING})


class Controllers:
    """The controllers of a State, by the name of the component.

    `down` are those that are there and do no work, `missing` those that should be there and are
    not: a Deployment's name to what is wrong with it. `unserved` tells, by kind, which CRD of a
    controller that is there is not, and what that means; all of one controller are one fault.
    """

    def __init__(self, state: State) -> None:
        """Find out which controllers of *state* work."""
        self._by_name: dict[str, list[Component]] = defaultdict(list)
        for component in (*state.components, *state.operators):
            self._by_name[component.name].append(component)
        self._readable = state.controllers_read
        self._now = state.now
        self.down: dict[Ref, Fault] = {
            c.ref: fault_of_component(state, c, kinds_of(c.name))
            for found in self._by_name.values()
            for c in found
            if c.down and not c.starting
        }
        self.missing: dict[Ref, Fault] = {}
        if self._readable:
            namespace = state.instance.ref.namespace if state.instance else state.namespace
            for name in sorted(self._needed(state) - self._by_name.keys()):
                ref = Ref("apps/v1", "Deployment", namespace, name)
                self.missing[ref] = fault_of_missing(state, name, kinds_of(name))
        self.unserved = dict(self._unserved(state))

    def takes(self, resource: Resource) -> bool:
        """Whether some controller that was found would reconcile *resource*, up or down.

        True as well when the controllers could not be read, or none of that name exists: then
        it is not the object's labels that are at fault.
        """
        found = self._by_name.get(controller_of(resource))
        if not found:
            return True
        if SHARD_KEY in resource.labels and resource.verdict in UNTOUCHED:
            # Nobody has touched it: only a controller of just this shard speaks against the label.
            found = [component for component in found if component.selective]
        return any(component.takes(resource) for component in found)

    def component_of(self, resource: Resource) -> "Component | None":
        """Return the controller that was found and reconciles *resource*, up or down."""
        found = self._by_name.get(controller_of(resource), ())
        return next((component for component in found if component.takes(resource)), None)

    def storage_of(self, resource: Resource) -> "Component | None":
        """Return the controller that stores the artifact which *resource* takes."""
        source = source_of(resource)
        name = STORES_ARTIFACTS.get(source[0], SOURCE_CONTROLLER) if source else SOURCE_CONTROLLER
        return next(iter(self._by_name.get(name, ())), None)

    def has_just_started(self, resource: Resource) -> bool:
        """Whether the controller of *resource* has run for a moment only, so far."""
        component = self.component_of(resource)
        times = [at for pod in component.pods if (at := started_at(pod))] if component else []
        return bool(times) and self._now - max(times) < YOUNG

    def unpullable(self) -> "list[Component]":
        """Return the controllers whose image cannot be pulled, whether an older pod runs or not."""
        return [
            component
            for found in self._by_name.values()
            for component in found
            if component.problem and component.problem.code == "image-pull"
        ]

    def stopped(self, resource: Resource) -> Ref | None:
        """Return the controller that should reconcile *resource* and does not work, or None."""
        name = controller_of(resource)
        found = [c for c in self._by_name.get(name, ()) if c.takes(resource)]
        if found:
            return found[0].ref if all(c.down for c in found) else None
        if name in self._by_name:
            return None
        return next((ref for ref in self.missing if ref.name == name), None)

    @cached_property
    def stopped_source(self) -> Ref | None:
        """The source-controller when it does not work: then no artifact can be fetched."""
        return next(
            (ref for ref in (*self.down, *self.missing) if ref.name == SOURCE_CONTROLLER), None
        )

    def _unserved(self, state: State) -> Iterator[tuple[str, tuple[Ref, Fault]]]:
        """Return the kinds whose CRD is gone: the API server does not know them."""
        served = state.evidence.served
        for name in sorted(self._by_name) if served is not None else ():
            kinds = [k for k in KINDS.values() if k.controller == name and k.name not in _NEWER]
            gone = [kind for kind in kinds if served is not None and kind.resource not in served]
            if gone:
                ref = Ref(_CRD_VERSION, "CustomResourceDefinition", "", gone[0].resource)
                fault = fault_of_unserved(state, name, ", ".join(kind.name for kind in gone))
                yield from ((kind.name, (ref, fault)) for kind in gone)

    def _needed(self, state: State) -> set[str]:
        """Return the names of what must be there: what is expected, and what has objects."""
        with_objects = {controller_of(r) for r in state.resources.values() if not r.kind.static}
        with_objects.discard("")
        if state.instance is None and not state.components:
            return with_objects  # nothing says that Flux was ever installed here
        return with_objects | set(state.expected)


def controller_of(resource: Resource) -> str:
    """Return the component that reconciles *resource*, empty when it is none of Flux.

    Anybody's controller may make an ExternalArtifact (Flux RFC-0012).
    """
    made_by = resource.get("spec", "sourceRef", "kind")
    theirs = resource.ref.kind == "ExternalArtifact" and made_by != "ArtifactGenerator"
    return "" if theirs else resource.kind.controller


def kinds_of(name: str) -> str:
    """Return the kinds that the component *name* reconciles, as a sentence lists them."""
    names = [kind.name for kind in KINDS.values() if kind.controller == name]
    names = [kind for kind in names if kind != "FluxReport"]
    return ", ".join(names) if names else "its objects"


def is_operator(state: State, ref: Ref) -> bool:
    """Whether *ref* is the operator's own Deployment, which the operator step speaks of.

    A Helm release may give it another name; only of one that is missing the name is known.
    """
    return ref in [operator.ref for operator in state.operators] or (
        ref.kind == "Deployment" and ref.name == OPERATOR
    )
