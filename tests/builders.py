"""Builders of objects, evidence and reports for tests.

`HEALTHY` is a Flux without a fault. `flux` returns any object of Flux, `event` and `pod` objects
of Kubernetes; `alter` changes one. `evidence` prunes and sorts objects as the collector does.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import STEPS
from fluxstatus.checks.run import Choice
from fluxstatus.cluster.pruning import prune
from fluxstatus.cluster.queries import ADVICE_QUERIES
from fluxstatus.mcp.next_step import report_with_next
from fluxstatus.mcp.state_file import EMPTY, LocalState
from fluxstatus.model.evidence import (
    AWAITED,
    CHANGES,
    CONTROLLERS,
    LEASES,
    OPERATORS,
    Answer,
    Evidence,
    Incomplete,
    Object,
    Read,
    Target,
    Unread,
    Why,
    is_awaited,
)
from fluxstatus.model.findings import Finding, Level, Report
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import DEFAULT_COMPONENTS
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State
from tests.kubernetes.flux_system import CONTROLLERS as CONTROLLER_VERSIONS
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition, make

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FIVE_MINUTES, TEN_MINUTES = timedelta(minutes=5), timedelta(minutes=10)
EVERYTHING = Choice()
VERSION = "v1.37.2"
HEALTHY = flux_system(NOW)
"""A healthy Flux: the operator, its FluxInstance, five controllers, the root sync."""

FORBIDDEN = Unread(Why.FORBIDDEN, "not allowed to list it", "list things.example.com")
_QUERIES = (
    CONTROLLERS, OPERATORS, LEASES, "pods", "services", "events", "workload-pods", CHANGES,
)  # fmt: skip
_FURTHER = {
    "NetworkPolicy": "networkpolicies.networking.k8s.io",
    "Ingress": "ingresses.networking.k8s.io",
    "HTTPRoute": "httproutes.gateway.networking.k8s.io",
    "CustomResourceDefinition": "customresourcedefinitions.apiextensions.k8s.io",
    "PodMonitor": "podmonitors.monitoring.coreos.com",
    "ServiceMonitor": "servicemonitors.monitoring.coreos.com",
    "PrometheusRule": "prometheusrules.monitoring.coreos.com",
    "VMPodScrape": "vmpodscrapes.operator.victoriametrics.com",
    "VMServiceScrape": "vmservicescrapes.operator.victoriametrics.com",
    "VMRule": "vmrules.operator.victoriametrics.com",
}
_VERSIONS = {
    "ArtifactGenerator": "v1beta1", "HelmRelease": "v2", "Alert": "v1beta3", "Provider": "v1beta3",
}  # fmt: skip
SERVED = {kind.resource: _VERSIONS.get(kind.name, "v1") for kind in KINDS.values()}
"""Every resource of Flux, in the version that Flux 2.9 serves."""

Conditions = Mapping[str, str]

_ARTIFACT: Object = {"artifact": {"revision": "main@sha1:abc"}}
_APPLIED: Object = {"lastAppliedRevision": "main@sha1:abc"}
RESULTS: Mapping[str, Object] = {
    **dict.fromkeys(("GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"), _ARTIFACT),
    **dict.fromkeys(("HelmRepository", "HelmChart"), _ARTIFACT),
    **dict.fromkeys(("Kustomization", "FluxInstance", "ResourceSet"), _APPLIED),
}
"""What a controller writes into the status before an object becomes Ready."""


def stamp(ago: timedelta) -> str:
    """Return the time *ago* before NOW in the format of Kubernetes."""
    return (NOW - ago).strftime("%Y-%m-%dT%H:%M:%SZ")


def minutes(count: float) -> timedelta:
    """Return *count* minutes."""
    return timedelta(minutes=count)


def flux(
    kind: str,
    name: str,
    conditions: Conditions | None = None,
    *,
    age: timedelta = TEN_MINUTES,
    born: timedelta | None = None,
    observed: int = 1,
    spec: Object | None = None,
    status: Object | None = None,
    **metadata: Any,
) -> Object:
    """Return an object of *kind* called *name*, "namespace/name" or a name in "apps".

    *conditions* map a type to "status reason: message"; all have this *age* and the generation
    *observed*. None is Ready=True. The object is as old as *born*, 30 days by default. *metadata*
    overrides generation, labels, annotations, deletionTimestamp, …. The status of a Ready object
    has a result; a *status* that sets it to None has none.
    """
    namespace, _, own = name.rpartition("/")
    if conditions is None:
        conditions = {"Ready": "True ReconciliationSucceeded: Applied revision: main@sha1:abc"}
    known = KINDS[kind]
    result = RESULTS.get(kind, {}) if conditions.get("Ready", "").startswith("True") else {}
    made = make(
        f"{known.group}/{SERVED[known.resource]}",
        kind,
        own,
        NOW,
        namespace=namespace or "apps",
        spec=spec or {},
        status={"conditions": [_condition(*c, age, observed) for c in conditions.items()]}
        | result
        | (status or {}),
    )
    made["metadata"] |= {"creationTimestamp": stamp(born or timedelta(days=30))} | metadata
    return made


def _condition(kind: str, words: str, age: timedelta, observed: int) -> Object:
    result, _, message = words.partition(": ")
    status, _, reason = result.partition(" ")
    return condition(kind, status, reason, message, NOW, age=age) | {"observedGeneration": observed}


PROGRESSING = "Unknown Progressing: Reconciliation in progress"
RECONCILING = {"Ready": PROGRESSING}
FETCHED = {"Ready": "True Succeeded: stored artifact for revision 'main@sha1:abc'"}
NOT_THERE = {"Ready": "False GitOperationFailed: unable to clone: repository not found"}
BUILD_FAILED = {"Ready": "False BuildFailed: kustomize build failed: bad"}
NO_ARTIFACT = {"Ready": "False ArtifactFailed: Source artifact not found, retrying in 30s"}


def source(name: str, conditions: Conditions = FETCHED, **more: Any) -> Object:
    """Return a GitRepository with an artifact, even if *conditions* report a failure."""
    artifact = {"revision": "main@sha1:abc", "lastUpdateTime": stamp(timedelta(hours=1))}
    return flux("GitRepository", name, conditions, status={"artifact": artifact}, **more)


def kustomization(
    name: str,
    of: str,
    conditions: Conditions | None = None,
    *,
    after: Iterable[str] = (),
    applied: str = "main@sha1:abc",
    **more: Any,
) -> Object:
    """Return a Kustomization of the GitRepository *of* that depends on those in *after*."""
    spec = {
        "sourceRef": reference("GitRepository", of),
        "interval": "10m",
        "timeout": "5m",
        "dependsOn": [reference("", one) for one in after],
    }
    status = {"lastAppliedRevision": applied}
    spec |= more.pop("spec", {})
    return flux("Kustomization", name, conditions, spec=spec, status=status, **more)


def reference(kind: str, name: str) -> Object:
    """Return a reference to *name*, "namespace/name" or a name in the referring namespace."""
    namespace, _, own = name.rpartition("/")
    return {
        "name": own,
        **({"namespace": namespace} if namespace else {}),
        **({"kind": kind} if kind else {}),
    }


def waiting_for(name: str, namespace: str = "apps") -> Conditions:
    """Return the conditions of an object whose dependency *name* is not ready."""
    return {"Ready": f"False DependencyNotReady: dependency '{namespace}/{name}' is not ready"}


def event(
    about: str,
    reason: str,
    message: str,
    *,
    ago: timedelta = FIVE_MINUTES,
    count: int = 1,
    type_: str = "Warning",
) -> Object:
    """Return an event *about* "Kind namespace/name"."""
    kind, _, name = about.partition(" ")
    namespace, _, own = name.partition("/")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{own}.{count}", "namespace": namespace},
        "involvedObject": {"kind": kind, "namespace": namespace, "name": own},
        "type": type_,
        "reason": reason,
        "message": message,
        "count": count,
        "lastTimestamp": stamp(ago),
    }


def pod(name: str, *containers: Object, labels: Object | None = None, **status: Any) -> Object:
    """Return a pod called "namespace/name" with these container statuses."""
    namespace, _, own = name.partition("/")
    return make(
        "v1", "Pod", own, NOW, namespace=namespace, labels=labels,
        status={"phase": "Running", "containerStatuses": list(containers)} | status,
    )  # fmt: skip


def lease(
    holder: str,
    renewed: timedelta = timedelta(seconds=3),
    *,
    acquired: timedelta | None = timedelta(days=3),
    length: int = 35,
    name: str = "",
) -> Object:
    """Return the Lease of the pod *holder*, in the namespace of Flux."""
    spec = {
        "holderIdentity": f"{holder}_0b7c6f9e" if holder else "",
        "leaseDurationSeconds": length,
        "renewTime": stamp(renewed).replace("Z", ".000000Z"),
        "acquireTime": acquired and stamp(acquired).replace("Z", ".000000Z"),
    }
    return make(
        "coordination.k8s.io/v1", "Lease", name or f"lease-of-{holder}", NOW,
        namespace="flux-system", spec=spec,
    )  # fmt: skip


def running_since(objects: list[Object], ago: timedelta, *controllers: str) -> list[Object]:
    """Return *objects* with the pods of *controllers*, or all in Flux, started *ago*."""
    for controller in controllers or ("flux-operator", *CONTROLLER_VERSIONS):
        objects = alter(objects, f"Pod/{controller}", {
            "status.containerStatuses.0.state": {"running": {"startedAt": stamp(ago)}},
            "status.conditions": [
                {"type": "Ready", "status": "True", "lastTransitionTime": stamp(ago)}],
        })  # fmt: skip
    return objects


def pod_of(objects: Iterable[Object], controller: str) -> str:
    """Return the name of the pod of *controller* in *objects*."""
    return str(next(o["metadata"]["name"] for o in objects if _is(o, f"Pod/{controller}")))


def container(*, ready: bool = False, restarts: int = 0, **states: Object) -> Object:
    """Return the status of a container; *states* are waiting, running, terminated, last."""
    last = states.pop("last", None)
    return {
        "name": "manager",
        "image": "ghcr.io/fluxcd/x:v1",
        "ready": ready,
        "restartCount": restarts,
        "state": states,
        "lastState": {"terminated": last} if last else {},
    }


def crashing(reason: str = "Error", code: int = 1, restarts: int = 7) -> Object:
    """Return the status of a container that keeps crashing."""
    last = {"reason": reason, "exitCode": code, "finishedAt": stamp(minutes(2))}
    return container(waiting={"reason": "CrashLoopBackOff"}, last=last, restarts=restarts)


def without(objects: Iterable[Object], *names: str) -> list[Object]:
    """Return *objects* without those with a "Kind/name" in *names*."""
    return [o for o in objects if f"{o['kind']}/{o['metadata']['name']}" not in names]


def alter(objects: Iterable[Object], target: str, changes: Mapping[str, Any]) -> list[Object]:
    """Return *objects* with *changes* (dotted path to value, None deletes) in the object *target*.

    *target* is "Kind/name"; a pod may have the name of its Deployment.
    """
    altered, hit = [], False
    for one in objects:
        if _is(one, target):
            hit, one = True, copy.deepcopy(one)  # noqa: PLW2901 - the others stay as they are
            for path, value in changes.items():
                _set(one, path.split("."), value)
        altered.append(one)
    assert hit, f"there is no {target}"
    return altered


def _is(one: Object, target: str) -> bool:
    kind, _, name = target.partition("/")
    own = one["metadata"]["name"]
    of_deployment = kind == "Pod" and own.rsplit("-", 2)[0] == name
    return one["kind"] == kind and (own == name or of_deployment)


def _set(value: Any, path: list[str], new: Any) -> None:
    for name in path[:-1]:
        value = value[int(name)] if isinstance(value, list) else value.setdefault(name, {})
    if new is None:
        value.pop(path[-1], None)
    else:
        value[path[-1]] = new


def flux_of(version: str) -> list[Object]:
    """Return a healthy Flux of this *version*; empty if the version is unknown."""
    labels = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": version}
    system = alter(HEALTHY, "FluxReport/flux", {"spec.distribution.version": version})
    system = alter(system, "FluxInstance/flux", {"status.lastAppliedRevision": version})
    for name in (*DEFAULT_COMPONENTS, "source-watcher"):
        system = alter(system, f"Deployment/{name}", {"metadata.labels": labels})
    return system


def definitions() -> list[Object]:
    """Return the CRDs of all kinds of Flux, whose objects were only ever stored as they are now."""
    return [
        make(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            resource,
            NOW,
            labels={"app.kubernetes.io/part-of": "flux"},
            spec={"versions": [{"name": version, "served": True, "storage": True}]},
            status={"storedVersions": [version]},
        )
        for resource, version in SERVED.items()
    ]


def evidence(
    *objects: Object,
    unread: Mapping[str, Unread] | None = None,
    served: Mapping[str, str] | None = None,
    advice: bool = False,
    **more: Any,
) -> Evidence:
    """Return the evidence of a cluster with *objects*; the queries in *unread* could not be read.

    *advice* adds the queries that only --advice sends. *more* are fields of the Evidence.
    """
    found: dict[str, list[Object]] = defaultdict(list)
    for one in objects:
        for query in _queries_for(one):
            found[query].append(prune(query, one))
    kept = SERVED if served is None else served
    absent = Unread(Why.ABSENT, "the API server does not serve it")
    answers: dict[str, Answer] = {q: Read(tuple(found[q])) for q in _QUERIES}
    answers |= {
        name: Read(tuple(found[name])) if name in kept else Incomplete(absent) for name in RESOURCES
    }
    answers |= {q: Read(tuple(found[q])) for q in ADVICE_QUERIES if advice}
    answers |= {q: Read(tuple(items)) for q, items in found.items() if is_awaited(q)}
    answers |= {query: Incomplete(why) for query, why in (unread or {}).items()}
    target = Target("prod", "prod", "https://10.0.0.1:6443", "alice", VERSION)
    return replace(
        Evidence(taken_at=NOW, target=target, answers=answers, served=dict(kept)), **more
    )


def _queries_for(one: Object) -> Iterable[str]:
    kind, metadata = one["kind"], one["metadata"]
    labels = metadata.get("labels", {})
    if kind in KINDS:
        yield KINDS[kind].resource
    elif kind == "Deployment":
        if labels.get("app.kubernetes.io/part-of") == "flux":
            yield CONTROLLERS
        elif labels.get("app.kubernetes.io/name") == "flux-operator":
            yield OPERATORS
        else:
            yield f"{AWAITED}/{kind}"
    elif kind == "Pod":
        yield "pods" if metadata["namespace"] == "flux-system" else "workload-pods"
    elif kind == "Event":
        yield CHANGES if one.get("type") == "Normal" else "events"
    elif kind == "Service":
        yield "services"
    elif kind == "Lease":
        yield LEASES
    elif kind in _FURTHER:
        yield _FURTHER[kind]
    else:
        yield f"{AWAITED}/{kind}"


def judged(one: Object, now: datetime = NOW) -> Resource:
    """Return *one* as a pruned Resource."""
    kind = KINDS[one["kind"]]
    return Resource(kind, prune(kind.resource, one), now)


def state(*objects: Object, **more: Any) -> State:
    """Return the state of a cluster with *objects*."""
    return State(evidence(*objects, **more))


def analysis(*objects: Object, **more: Any) -> Analysis:
    """Return the analysis of a cluster with *objects*."""
    return Analysis(state(*objects, **more))


def judge(known: Evidence, choice: Choice = EVERYTHING, memory: LocalState = EMPTY) -> Report:
    """Return the report on *known*, as the command line makes it."""
    return report_with_next(Analysis(State(known, choice.namespaces), choice.skip), choice, memory)


def report(*objects: Object, choice: Choice = EVERYTHING, **more: Any) -> Report:
    """Return the whole report on a cluster with *objects*."""
    return judge(evidence(*objects, **more), choice)


def found(step: str, known: Evidence) -> list[Finding]:
    """Return the findings of *step* about *known*."""
    examine = next(one.examine for one in STEPS if one.id == step)
    return list(examine(Analysis(State(known))))


def outcomes(step: str, *objects: Object, **more: Any) -> set[tuple[str, str]]:
    """Return the levels and codes of the findings of *step* about a cluster with *objects*."""
    return {(f.level.value, f.code) for f in found(step, evidence(*objects, **more))}


def only(findings: Iterable[Finding], code: str) -> Finding:
    """Return the only finding with *code* among *findings*."""
    matching = [f for f in findings if f.code == code]
    assert len(matching) == 1, [f"{f.level} {f.code}: {f.title}" for f in findings]
    return matching[0]


def bad(findings: Iterable[Finding]) -> list[Finding]:
    """Return the fails, warnings and unknowns among *findings*."""
    return [f for f in findings if f.level in (Level.FAIL, Level.WARN, Level.UNKNOWN)]


def kind_and_name(ref: Ref) -> str:
    """Return "Kind/name" of *ref*."""
    return f"{ref.kind}/{ref.name}"


def with_known(answer: Answer, items: tuple[Object, ...]) -> Answer:
    """Return *answer* with these *items*."""
    if isinstance(answer, Read):
        return replace(answer, items=items)
    return replace(answer, known=items)
