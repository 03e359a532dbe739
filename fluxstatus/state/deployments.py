"""The controllers of Flux: which are expected and found, their status, and what they watch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import jmespath

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.model.evidence import (
    CONTROLLERS,
    OPERATORS,
    Answer,
    Evidence,
    Incomplete,
    Object,
    Read,
)
from fluxstatus.model.kinds import KINDS, OPERATOR, RESOURCES
from fluxstatus.model.ref import Ref
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.pods import PodProblem, is_replaced, problem_of_pod, selected
from fluxstatus.state.resource import Resource, is_recent

HELM_CHART = "a Helm chart"
_DISTRIBUTION = "app.kubernetes.io/version"
DEFAULT_COMPONENTS = (
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
)
_KNOWN = (*DEFAULT_COMPONENTS, "image-reflector-controller", "image-automation-controller",
          "source-watcher")  # fmt: skip

_DEPLOYMENT = jmespath.compile(
    """{
    name: metadata.name, namespace: metadata.namespace, labels: metadata.labels,
    wanted: spec.replicas, selector: spec.selector.matchLabels,
    ready: status.readyReplicas, args: spec.template.spec.containers[].args[],
    images: spec.template.spec.containers[].image, created: metadata.creationTimestamp,
    stopped: status.conditions[?type=='Progressing' && status=='False'] | [0].message,
    failing: status.conditions[?type=='ReplicaFailure' && status=='True'] | [0].message
    }"""
)
_UNAVAILABLE = jmespath.compile(
    "status.conditions[?type=='Available' && status=='False'] | [0].lastTransitionTime"
)
_TERM = late_pattern(
    r"\s*(?P<absent>!)?(?P<key>[\w./-]+)\s*"
    r"(?:(?P<op>==|=|!=|in|notin)\s*(?:\((?P<set>[^)]*)\)|(?P<value>[\w.-]*)))?\s*(?:,|$)"
)


class Component(NamedTuple):
    """A controller of Flux, or the operator: a Deployment and its pods.

    `name` is that of the component, also for a shard ("kustomize-controller" for
    "kustomize-controller-shard1"). `problem` is why replicas are not ready. A
    `starting` component has just become unavailable and has no problem yet.
    """

    name: str
    ref: Ref
    deployment: Object
    pods: Answer
    wanted: int
    ready: int
    version: str
    problem: PodProblem | None
    args: tuple[str, ...] = ()
    starting: bool = False

    @property
    def unavailable(self) -> bool:
        """Whether no replica is ready."""
        return self.ready < 1

    @property
    def unavailable_since(self) -> datetime | None:
        """When it lost its last available replica, by its Deployment; None if unknown.

        Available is False from then on (kubernetes pkg/controller/deployment/util). A container
        that crashes again and again may have been ready in between, so this is the last time.
        """
        changed = _UNAVAILABLE.search(self.deployment) if self.unavailable else None
        return when(changed)

    @property
    def distribution(self) -> str:
        """The version of Flux in its labels, empty without one."""
        labels = labels_in(self.deployment)
        return text_of(labels.get(_DISTRIBUTION))

    @property
    def selective(self) -> bool:
        """Whether it only reconciles objects with certain labels, as a shard does."""
        return any(arg.startswith("--watch-label-selector") for arg in self.args)

    @property
    def watches_all(self) -> bool:
        """Whether no argument limits the objects that it reconciles."""
        return not self.selective and "--watch-all-namespaces=false" not in self.args

    def watches(self, resource: Resource) -> bool:
        """Return whether it reconciles *resource*, according to its --watch-… arguments.

        The operator only reconciles a FluxInstance in its own namespace.
        """
        if resource.ref.kind == "FluxInstance" and resource.ref.namespace != self.ref.namespace:
            return False
        for arg in self.args:
            name, _, value = arg.partition("=")
            if name == "--watch-label-selector" and not selects(value, resource.labels):
                return False
            elsewhere = resource.ref.namespace != self.ref.namespace
            if name == "--watch-all-namespaces" and value == "false" and elsewhere:
                return False
        return True


def selects(selector: str, labels: Mapping[str, object]) -> bool:
    """Return whether a label *selector* (as for kubectl -l) selects *labels*.

    A selector that cannot be parsed selects everything, so that no fault is reported on a guess.
    """
    for term in _TERM.finditer(selector):
        has, value = term["key"] in labels, labels.get(term["key"])
        values = [v.strip() for v in (term["set"] or "").split(",") if v.strip()]
        fits = {
            None: has is not bool(term["absent"]),
            "=": has and value == term["value"],
            "==": has and value == term["value"],
            "!=": value != term["value"],
            "in": has and value in values,
            "notin": value not in values,
        }[term["op"]]
        if not fits:
            return False
    return True


def components(evidence: Evidence) -> list[Component]:
    """Return the Flux controllers that were found, including shards, sorted by name."""
    found = evidence.answer(CONTROLLERS).known
    pods = evidence.answer("pods")
    controllers = (_component(item, pods, evidence.taken_at) for item in found)
    return sorted(controllers, key=lambda c: c.ref)


def operators(evidence: Evidence) -> list[Component]:
    """Return the Deployments of the Flux Operator, without those that only serve the web UI.

    They are sorted by name.
    """
    pods = evidence.answer("pods")
    items = evidence.answer(OPERATORS).known
    found = sorted(
        (_component(item, pods, evidence.taken_at) for item in items), key=lambda c: c.ref
    )
    return [c for c in found if not {"--web-server-only", "--web-server-only=true"} & {*c.args}]


def _component(item: Object, pods: Answer, now: datetime) -> Component:
    view = _DEPLOYMENT.search(item)
    name, namespace = text_of(view["name"]), text_of(view["namespace"])
    labels = map_of(view["labels"])
    own_pods = tuple(selected(view["selector"], pods.known, namespace))
    unread = pods.unread_in(namespace)
    wanted = view["wanted"] if isinstance(view["wanted"], int) else 1
    ready = view["ready"] if isinstance(view["ready"], int) else 0
    args = tuple(arg for arg in view["args"] or () if isinstance(arg, str))
    problem = _problem_of(view, wanted, ready, own_pods)
    operator = labels.get("app.kubernetes.io/name") == OPERATOR
    base = next((known for known in _KNOWN if name.startswith(known)), name)
    return Component(
        name=OPERATOR if operator else base,
        ref=Ref("apps/v1", "Deployment", namespace, name),
        deployment=item,
        pods=Incomplete(unread, own_pods) if unread else Read(own_pods),
        wanted=wanted,
        ready=min(ready, wanted),
        version=image_version(next(iter(view["images"] or ()), "")),
        problem=problem,
        args=args,
        starting=ready < 1 and _is_fresh(problem, (item, *own_pods), now),
    )


def _is_fresh(problem: PodProblem | None, created: Iterable[Object], now: datetime) -> bool:
    """Return whether the only *problem* is that an object just *created* is not ready yet."""
    if problem is None or problem.code != "not-ready" or problem.restarts:
        return False
    times = (when(map_of(one.get("metadata")).get("creationTimestamp")) for one in created)
    return any(is_recent(at, now) for at in times)


def _problem_of(
    view: Mapping[str, object], wanted: int, ready: int, pods: Sequence[Object]
) -> PodProblem | None:
    if wanted == 0:
        return PodProblem("scaled-to-zero", "is scaled to 0 replicas")
    current = [pod for pod in pods if not is_replaced(pod)]
    problems = [problem for pod in current or pods if (problem := problem_of_pod(pod))]
    if ready >= wanted and not any(t.code in {"crash-loop", "oom", "image-pull"} for t in problems):
        return None
    if problems:
        return max(problems, key=lambda t: t.restarts)
    why = text_of(view["failing"]) or text_of(view["stopped"])
    return PodProblem("not-ready", why or f"{ready} of {wanted} replicas are ready",
                   since=when(view["created"]))  # fmt: skip


def image_version(image: object) -> str:
    """Return the tag of an *image* reference, empty if it only has a digest."""
    reference = text_of(image).partition("@")[0]
    _, _, tag = reference.rpartition(":")
    return "" if "/" in tag or tag == reference else tag


def expected(
    evidence: Evidence, instance: Resource | None, found: Iterable[Component]
) -> tuple[str, ...]:
    """Return the components that should exist, as far as is known.

    They are those of the FluxInstance's spec (by default the first four), else those whose CRDs
    are served. The CRD of ExternalArtifact is ignored: source-controller installs it, and
    third parties use it. None are known if a FluxInstance could not be read, or for a Helm chart,
    which installs every CRD and selects the controllers in its values.
    """
    if instance is not None:
        wanted = instance.spec.get("components")
        named = (
            [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []
        )
        return tuple(named) or DEFAULT_COMPONENTS
    if evidence.answer(KINDS["FluxInstance"].resource).hidden or managed_by(found) == HELM_CHART:
        return ()
    kinds = [RESOURCES[name] for name in evidence.served or () if name in RESOURCES]
    needed = {kind.controller for kind in kinds if kind.name != "ExternalArtifact"}
    return tuple(name for name in _KNOWN if name in needed)


def managed_by(found: Iterable[Component]) -> str:
    """Return what installed Flux, by the labels of its Deployments; empty when unknown."""
    for component in found:
        labels = labels_in(component.deployment)
        manager = text_of(labels.get("app.kubernetes.io/managed-by"))
        if manager == OPERATOR:
            return "the Flux Operator"
        if manager == "Helm":
            return HELM_CHART
        if creator_of(labels, "Kustomization"):
            return "flux bootstrap"
        if labels.get("app.kubernetes.io/part-of") == "flux":
            return "flux install or bootstrap"
    return ""
