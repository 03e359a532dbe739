"""The requests of the check, and queries that depend on other answers."""

from typing import Any

import pytest

from fluxstatus.cluster.collector import Progress, collect
from fluxstatus.cluster.queries import ADVICE_QUERIES
from fluxstatus.model.evidence import Answer, Evidence, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kinds import RESOURCES as FLUX
from tests.builders import HEALTHY, event, flux, kustomization, pod, source
from tests.cluster.faults import EVERYWHERE, denied
from tests.cluster.readers import way
from tests.fakes.scripted import RESOURCES, SERVER, Api, Resource, forbidden, status

KS, HR, SOURCE = (RESOURCES[kind] for kind in ("Kustomization", "HelmRelease", "GitRepository"))
PODS, SERVICES, EVENTS = (RESOURCES[kind] for kind in ("Pod", "Service", "Event"))
DEPLOYMENTS = RESOURCES["Deployment"].path
CONTROLLERS, OPERATOR = "deployments.apps/controllers", "deployments.apps/operator"
OF_CONTROLLERS = f"{DEPLOYMENTS}?labelSelector=app.kubernetes.io/part-of=flux"
OF_OPERATOR = f"{DEPLOYMENTS}?labelSelector=app.kubernetes.io/name=flux-operator"
WORKLOADS = "workload-pods"
BESIDE = ("pods", "services")


def collected(**more: Any) -> Evidence:
    """Return what the check reads; *more* is for `collect`."""
    return collect(way(), **more)


def why(answer: Answer) -> Why | None:
    """Return why an answer is incomplete, None if it is complete."""
    return answer.unread.why if answer.unread else None


def kinds(api: Api, *kinds: str) -> None:
    """Of the kinds of Flux, serve only *kinds*."""
    api.serve("Pod", "Service", "Event", "Deployment", *kinds)


def test_each_list_is_requested_once(api: Api) -> None:
    """The requests of a check of a healthy cluster: discovery, the version, and lists."""
    kinds(api, "Kustomization", "GitRepository")
    api.put(*HEALTHY, kustomization("apps/app", "git"), source("apps/git"))
    evidence = collected()
    assert sorted(api.asked()) == sorted([
        "/apis",
        "/version",
        f"{DEPLOYMENTS}?limit=500&labelSelector=app.kubernetes.io/part-of=flux",
        f"{DEPLOYMENTS}?limit=500&labelSelector=app.kubernetes.io/name=flux-operator",
        f"{EVENTS.path}?limit=500&fieldSelector=type=Warning",
        f"{PODS.inside('flux-system')}?limit=500",
        f"{SERVICES.inside('flux-system')}?limit=500",
        f"{KS.path}?limit=10000",
        f"{SOURCE.path}?limit=10000",
    ])  # fmt: skip
    assert evidence.cost.requests == len(api.requests)
    counts = {name: len(answer.items) for name, answer in evidence.answers.items()}
    assert {name: count for name, count in counts.items() if count} == {
        CONTROLLERS: 5, OPERATOR: 1, "pods": 6, "services": 4, KS.name: 2, SOURCE.name: 2,
    }  # fmt: skip
    assert [why(evidence.answer(name)) for name in (EVENTS.name, WORKLOADS)] == [None, None]
    assert evidence.served == {KS.name: "v1", SOURCE.name: "v1"}
    target = evidence.target
    assert (target.context, target.cluster, target.server) == ("here", "there", SERVER)
    assert (target.user, target.kubernetes) == ("me", "v1.37.2")
    assert evidence.unreachable is None


def test_an_empty_cluster_is_known_to_be_empty(api: Api) -> None:
    """Every answer is complete and has no objects."""
    kinds(api, "Kustomization")
    evidence = collected()
    questions = (CONTROLLERS, OPERATOR, "events", *BESIDE, WORKLOADS, KS.name)
    assert {name: evidence.answer(name) for name in questions} == dict.fromkeys(questions, Answer())
    assert not api.asked(f"*/{PODS.plural}")


def test_nothing_is_empty_when_everything_is_forbidden(api: Api) -> None:
    """Every answer is unread, and names its permission."""
    kinds(api, "Kustomization")
    api["/api*/v1/*"] = forbidden
    evidence = collected()
    rules = {
        CONTROLLERS: "list deployments.apps",
        OPERATOR: "list deployments.apps",
        "events": "list events",
        "pods": "list deployments.apps",  # the namespaces to look in are unknown
        "services": "list deployments.apps",
        KS.name: f"list {KS.name}",
    }
    known = {name: evidence.answer(name) for name in rules}
    assert {
        name: answer.unread and answer.unread.permission for name, answer in known.items()
    } == rules
    assert {why(answer) for answer in known.values()} == {Why.FORBIDDEN}
    assert not [answer for answer in known.values() if answer.items]
    assert evidence.refused


@pytest.mark.parametrize(
    ("path", "lost"),
    [(OF_CONTROLLERS, CONTROLLERS), (OF_OPERATOR, OPERATOR), (DEPLOYMENTS, CONTROLLERS)],
)
def test_pods_are_unread_when_no_deployment_is_read(api: Api, path: str, lost: str) -> None:
    """Without the Deployments, the namespaces to look in are unknown."""
    api[path] = forbidden
    evidence = collected()
    assert why(evidence.answer(lost)) is Why.FORBIDDEN
    for name in BESIDE:
        assert evidence.answer(name) == Answer(unread=evidence.answer(lost).unread)


@pytest.mark.parametrize("resource", [PODS, SERVICES], ids=BESIDE)
def test_pods_of_flux_that_are_forbidden_are_not_missing(api: Api, resource: Resource) -> None:
    """The reason names the permission, and the namespace of the controllers."""
    api.put(*HEALTHY)
    api[resource.inside("flux-system")] = forbidden
    unread = denied(f"list {resource.name}", ' in namespace "flux-system"')
    assert collected().answer(resource.name) == Answer(unread=unread)


def test_pods_are_read_in_each_namespace_of_flux(api: Api) -> None:
    """The answer names the namespaces that were read, without the forbidden one."""
    one, other = HEALTHY[1], pod("b/controller")
    for namespace in "abc":
        deployment = {**one, "metadata": {**one["metadata"], "namespace": namespace}}
        api.put(deployment, {**other, "metadata": {"name": "x", "namespace": namespace}})
    api[PODS.inside("b")] = forbidden
    answer = collected().answer("pods")
    assert [item["metadata"]["namespace"] for item in answer.items] == ["a", "c"]
    assert answer.namespaces == ("a", "c")
    assert why(answer) is Why.FORBIDDEN


def test_events_are_read_up_to_a_limit(api: Api) -> None:
    """Four pages are read, and the answer is marked as incomplete."""
    kinds(api)
    api.page = 1
    api.put(*(event(f"Pod apps/{n}", "BackOff", "back-off", count=n) for n in range(6)))
    answer = collected().answer("events")
    assert (len(answer.items), why(answer)) == (4, Why.NOT_REQUESTED)
    assert len(api.asked(EVENTS.path)) == 4


def test_an_expired_credential_leaves_nothing_empty(api: Api) -> None:
    """Everything that was not read before the 401 is unread."""
    api.put(*(flux(kind, "apps/one") for kind in KINDS))
    api[KS.path] = status(401, "Unauthorized")
    evidence = collected()
    known = {name: evidence.answer(name) for name in FLUX}
    assert (known[KS.name].items, why(known[KS.name])) == ((), Why.LOGIN)
    assert {(len(answer.items), why(answer)) for answer in known.values()} <= {
        (1, None),
        (0, Why.LOGIN),
    }
    assert len(api.asked(KS.path)) == 1


# Workloads that something waits for


@pytest.mark.parametrize(
    ("namespaces", "asked"),
    [({"web"}, [f"{PODS.inside('web')}?limit=500"]), ({"web", "db"}, [f"{PODS.path}?limit=500"])],
)
def test_workloads_are_read_where_something_waits(
    api: Api, namespaces: set[str], asked: list[str]
) -> None:
    """Pods are listed in one namespace, or in all if several are affected."""
    kinds(api)
    api.put(pod("web/a"), pod("db/b"))
    answer = collected(workload_namespaces=lambda _: namespaces).answer(WORKLOADS)
    assert len(answer.items) == len(namespaces)
    assert answer.unread is None
    assert api.asked(f"*/{PODS.plural}") == asked


def test_too_many_workloads_are_narrowed(api: Api) -> None:
    """If there are more than a page, only the Pods that are not running are read."""
    kinds(api)
    api.page = 2
    api.put(*(pod(f"web/{n}") for n in range(3)), pod("web/bad", phase="Pending"))
    answer = collected(workload_namespaces=lambda _: {"web", "db"}).answer(WORKLOADS)
    assert [item["metadata"]["name"] for item in answer.items] == ["bad"]
    selector = "fieldSelector=status.phase!=Running,status.phase!=Succeeded"
    assert api.asked(PODS.path) == [f"{PODS.path}?limit=500", f"{PODS.path}?limit=500&{selector}"]


def test_workloads_that_are_forbidden_are_not_missing(api: Api) -> None:
    """They are unread, not empty."""
    kinds(api)
    api[PODS.inside("web")] = forbidden
    answer = collected(workload_namespaces=lambda _: {"web"}).answer(WORKLOADS)
    assert (answer.items, why(answer)) == ((), Why.FORBIDDEN)


# Advice


def test_advice_reads_more(api: Api) -> None:
    """The kinds that only --advice needs are read where they are served."""
    policies = Resource("NetworkPolicy", "networkpolicies", "networking.k8s.io")
    api.resources = {**RESOURCES, "NetworkPolicy": policies}
    api.put(*HEALTHY)
    assert ADVICE_QUERIES.keys().isdisjoint(collected().answers)
    evidence = collected(advice=True)
    assert evidence.answer(policies.name) == Answer(namespaces=("flux-system",))
    others = ADVICE_QUERIES.keys() - {policies.name}
    assert {why(evidence.answer(name)) for name in others} == {Why.ABSENT}
    api[policies.inside("flux-system")] = forbidden
    assert why(collected(advice=True).answer(policies.name)) is Why.FORBIDDEN


# Progress


def test_each_answer_is_reported(api: Api) -> None:
    """Progress reports each query once, with the size of its answer and its requests."""
    kinds(api, "Kustomization", "HelmRelease")
    api.page = 2
    api.put(*(kustomization(f"apps/{n}", "git") for n in range(3)))
    api[HR.path] = forbidden
    told: list[Progress] = []
    collected(progress=told.append)
    known = {one.query: one for one in told}
    assert len(known) == len(told)
    assert (known[KS.name].text, known[KS.name].requests) == ("3 objects", 2)
    assert known[HR.name].text == f"0 objects; {denied(f'list {HR.name}', EVERYWHERE).text}"
    assert sum(one.requests for one in told) == len(api.requests)
