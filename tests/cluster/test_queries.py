"""The requests of the check, and queries that depend on other answers."""

import gc
from typing import Any

import pytest

from fluxstatus.cluster.collector import Progress, collect
from fluxstatus.cluster.list_reader import Live
from fluxstatus.cluster.queries import ADVICE_QUERIES, QUERIES, ListQuery, by_fields, by_labels
from fluxstatus.cluster.reader import opened, reading
from fluxstatus.model.evidence import CHANGES, VERSION, Answer, Evidence, Incomplete, Read, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kinds import RESOURCES as FLUX
from fluxstatus.state.inventories import contested_kinds
from tests.builders import HEALTHY, event, flux, kustomization, pod, source
from tests.cluster.faults import EVERYWHERE, denied
from tests.cluster.readers import way
from tests.fakes.scripted import RESOURCES, SERVER, Api, Resource, forbidden, status

KS, HR, SOURCE = (RESOURCES[kind] for kind in ("Kustomization", "HelmRelease", "GitRepository"))
PODS, SERVICES, EVENTS = (RESOURCES[kind] for kind in ("Pod", "Service", "Event"))
LEASES = RESOURCES["Lease"]
DEPLOYMENTS = RESOURCES["Deployment"].path
CONTROLLERS, OPERATOR = "deployments.apps/controllers", "deployments.apps/operator"
OF_CONTROLLERS = f"{DEPLOYMENTS}?labelSelector=app.kubernetes.io/part-of=flux"
OF_OPERATOR = f"{DEPLOYMENTS}?labelSelector=app.kubernetes.io/name=flux-operator"
WORKLOADS = "workload-pods"
BESIDE = ("pods", "services", LEASES.name)


def collected(**more: Any) -> Evidence:
    """Return what the check reads; *more* is for `collect`."""
    return collect(way(), **more)


def why(answer: Answer) -> Why | None:
    """Return why an answer is incomplete, None if it is complete."""
    return answer.unread.why if answer.unread else None


def kinds(api: Api, *kinds: str) -> None:
    """Of the kinds of Flux, serve only *kinds*."""
    api.serve("Pod", "Service", "Event", "Deployment", "Lease", *kinds)


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
        f"{LEASES.inside('flux-system')}?limit=500",
        f"{KS.path}?limit=10000",
        f"{SOURCE.path}?limit=10000",
    ])  # fmt: skip
    assert evidence.cost.requests == len(api.requests)
    counts = {name: len(answer.known) for name, answer in evidence.answers.items()}
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
    assert {name: evidence.answer(name) for name in questions} == dict.fromkeys(questions, Read())
    assert not api.asked(f"*/{PODS.plural}")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_as_before(api: Api, *, enabled: bool) -> None:
    """It rests only while lists arrive."""
    kinds(api, "Kustomization")
    before, during = gc.isenabled(), []
    try:
        (gc.enable if enabled else gc.disable)()
        collected(while_starting=lambda: during.append(gc.isenabled()))
        assert (gc.isenabled(), during) == (enabled, [False])
    finally:
        (gc.enable if before else gc.disable)()
        gc.unfreeze()


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
        LEASES.name: "list deployments.apps",
        KS.name: f"list {KS.name}",
    }
    known = {name: evidence.answer(name) for name in rules}
    assert {
        name: answer.unread and answer.unread.permission for name, answer in known.items()
    } == rules
    assert {why(answer) for answer in known.values()} == {Why.FORBIDDEN}
    assert not [answer for answer in known.values() if answer.known]
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
        assert evidence.answer(name).unread == evidence.answer(lost).unread
        assert evidence.answer(name).known == ()


def test_pods_of_what_may_be_elsewhere_are_not_all(api: Api) -> None:
    """Where only one list of Deployments is read, there may be Flux in other namespaces, too."""
    api.put(*HEALTHY)
    api[OF_OPERATOR] = forbidden
    evidence = collected()
    lost = evidence.answer(OPERATOR).unread
    for name in BESIDE:
        answer = evidence.answer(name)
        assert (answer.unread, answer.namespaces) == (lost, ("flux-system",))
    assert evidence.answer("pods").known


def test_a_list_knows_what_it_does_not_know_of_flux(api: Api) -> None:
    """The namespaces of Flux are those of its Deployments; a list that was not read is noted."""
    api.put(*HEALTHY)
    with opened(way()) as client:
        live = Live(client, ())
        assert (live.flux_namespaces(), live.unread) == (["flux-system"], {})
        api[OF_OPERATOR] = forbidden
        assert live.flux_namespaces() == ["flux-system"]
        assert [(name, one.why) for name, one in live.unread.items()] == [
            ("deployments.apps", Why.FORBIDDEN)
        ]


@pytest.mark.parametrize("document", [{}, {"gitVersion": None}, {"gitVersion": 1}])
def test_what_has_no_version_is_no_version(api: Api, document: object) -> None:
    """An answer without a version is unread, not an unstamped build."""
    api["/version"] = lambda asking: asking.send(document)
    evidence = collected()
    assert evidence.target.kubernetes == ""
    assert why(evidence.answer(VERSION)) is Why.GARBLED


@pytest.mark.parametrize(
    ("text", "version"), [("v1.37.2", "v1.37.2"), ("v0.0.0-master+$Format:%H$", "")]
)
def test_the_version_of_the_server(api: Api, text: str, version: str) -> None:
    """It is as the server says; a build without a version has none, which is no fault."""
    api["/version"] = lambda asking: asking.send({"gitVersion": text})
    evidence = collected()
    assert evidence.target.kubernetes == version
    assert VERSION not in evidence.answers


def test_a_namespace_is_read_if_all_that_was_asked_about_it_is(api: Api) -> None:
    """Of two queries with one name, both count; what the other one has read is kept."""
    api.put(event("Pod a/x", "Pulled", "1"), event("Pod b/x", "Pulled", "2"))
    query = QUERIES["events"]._replace(namespaces=("a", "b"))
    with reading(way()) as reader:
        reader.query([("events", query)])
        assert reader.answers["events"].namespaces == ("a", "b")
        api[EVENTS.inside("b")] = forbidden
        reader.query([("events", query)])
    answer = reader.answers["events"]
    assert (answer.namespaces, why(answer)) == (("a",), Why.FORBIDDEN)
    assert len(answer.known) == 2


@pytest.mark.parametrize("resource", [PODS, SERVICES, LEASES], ids=BESIDE)
def test_pods_of_flux_that_are_forbidden_are_not_missing(api: Api, resource: Resource) -> None:
    """The reason names the permission, and the namespace of the controllers."""
    api.put(*HEALTHY)
    api[resource.inside("flux-system")] = forbidden
    unread = denied(f"list {resource.name}", ' in namespace "flux-system"')
    assert collected().answer(resource.name) == Incomplete(unread)


def test_pods_are_read_in_each_namespace_of_flux(api: Api) -> None:
    """The answer names the namespaces that were read, without the forbidden one."""
    one, other = HEALTHY[1], pod("b/controller")
    for namespace in "abc":
        deployment = {**one, "metadata": {**one["metadata"], "namespace": namespace}}
        api.put(deployment, {**other, "metadata": {"name": "x", "namespace": namespace}})
    api[PODS.inside("b")] = forbidden
    answer = collected().answer("pods")
    assert [item["metadata"]["namespace"] for item in answer.known] == ["a", "c"]
    assert answer.namespaces == ("a", "c")
    assert why(answer) is Why.FORBIDDEN


def test_events_are_read_up_to_a_limit(api: Api) -> None:
    """Four pages are read, and the answer is marked as incomplete."""
    kinds(api)
    api.page = 1
    api.put(*(event(f"Pod apps/{n}", "BackOff", "back-off", count=n) for n in range(6)))
    answer = collected().answer("events")
    assert (len(answer.known), why(answer)) == (4, Why.NOT_REQUESTED)
    assert len(api.asked(EVENTS.path)) == 4


def test_an_expired_credential_leaves_nothing_empty(api: Api) -> None:
    """Everything that was not read before the 401 is unread."""
    api.put(*(flux(kind, "apps/one") for kind in KINDS))
    api[KS.path] = status(401, "Unauthorized")
    evidence = collected()
    known = {name: evidence.answer(name) for name in FLUX}
    assert (known[KS.name].known, why(known[KS.name])) == ((), Why.LOGIN)
    assert {(len(answer.known), why(answer)) for answer in known.values()} <= {
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
    assert len(answer.known) == len(namespaces)
    assert answer.unread is None
    assert api.asked(f"*/{PODS.plural}") == asked


def test_too_many_workloads_are_narrowed(api: Api) -> None:
    """If there are more than a page, only the Pods that are not running are read."""
    kinds(api)
    api.page = 2
    api.put(*(pod(f"web/{n}") for n in range(3)), pod("web/bad", phase="Pending"))
    answer = collected(workload_namespaces=lambda _: {"web", "db"}).answer(WORKLOADS)
    assert [item["metadata"]["name"] for item in answer.known] == ["bad"]
    selector = "fieldSelector=status.phase!=Running,status.phase!=Succeeded"
    assert api.asked(PODS.path) == [f"{PODS.path}?limit=500", f"{PODS.path}?limit=500&{selector}"]


def test_workloads_that_are_forbidden_are_not_missing(api: Api) -> None:
    """They are unread, not empty."""
    kinds(api)
    api[PODS.inside("web")] = forbidden
    answer = collected(workload_namespaces=lambda _: {"web"}).answer(WORKLOADS)
    assert (answer.known, why(answer)) == ((), Why.FORBIDDEN)


# Objects that something waits for


def test_an_object_of_a_discovered_kind_is_read(api: Api) -> None:
    """Its path is known from discovery; all that is asked for is one list of one page."""
    widget = Resource("Widget", "widgets", "example.com", "v1beta1")
    api.resources = {**RESOURCES, "Widget": widget}
    wanted = {("Widget", "web", "a"), ("Widget", "db", "b")}
    collected(
        workload_namespaces=lambda _: {"web"},
        awaited=lambda known: () if "awaited/Widget" in known.answers else wanted,
    )
    assert api.asked("*/widgets") == [f"{widget.path}?limit=500"]


@pytest.mark.parametrize("old", [False, True])
def test_an_object_of_an_unknown_kind_is_not_asked_for(api: Api, old: bool) -> None:
    """Of two groups with this kind, or on a server that would need more requests, none is read."""
    api.aggregated = not old
    one, other = (Resource("Widget", "widgets", group) for group in ("a.com", "b.com"))
    api.resources = {**RESOURCES, "Widget": one, **({} if old else {"Other": other})}
    known = collected(
        workload_namespaces=lambda _: {"web"}, awaited=lambda _: {("Widget", "web", "a")}
    )
    assert api.asked("*/widgets") == []
    assert "awaited/Widget" not in known.answers


# Changes of what several apply


def applied(*names: str) -> Any:
    """Return the Kustomizations with these names, each of which applies the same Deployment."""
    inventory = {"entries": [{"id": "web_web_apps_Deployment", "v": "v1"}]}
    made = [kustomization(name, "apps/git") for name in names]
    for one in made:
        one["status"]["inventory"] = inventory
    return made


def test_changes_are_read_only_of_what_several_apply(api: Api) -> None:
    """The events of the owners are one more request for each of their kinds, and only then."""
    kinds(api, "Kustomization")
    said = event("Kustomization apps/a", "Progressing", "Deployment/web/web configured",
                 type_="Normal")  # fmt: skip
    api.put(*applied("apps/a"), said, event("Kustomization apps/a", "BuildFailed", "no"))
    before = collected(contested_kinds=contested_kinds)
    assert before.answer(CHANGES) == Read()
    assert len(api.asked(EVENTS.path)) == 1
    api.put(*applied("apps/b"))
    evidence = collected(contested_kinds=contested_kinds)
    selector = "fieldSelector=type=Normal,involvedObject.kind=Kustomization"
    assert api.asked(EVENTS.path)[-1] == f"{EVENTS.path}?limit=500&{selector}"
    assert [one["message"] for one in evidence.answer(CHANGES).known] == [said["message"]]
    assert len(evidence.answer("events").known) == 1


def test_changes_of_several_kinds_are_together(api: Api) -> None:
    """One answer has the events of all kinds that apply the same objects."""
    kinds(api)
    names = ("Kustomization", "HelmRelease")
    said = [event(f"{kind} apps/{kind[0]}", "Progressing", kind, type_="Normal") for kind in names]
    api.put(*said, event("Pod apps/a", "Pulled", "no", type_="Normal"))
    evidence = collected(contested_kinds=lambda _: set(names))
    assert {one["message"] for one in evidence.answer(CHANGES).known} == set(names)


def test_changes_that_are_forbidden_are_not_missing(api: Api) -> None:
    """They are unread, not empty."""
    kinds(api)
    api[EVENTS.path] = forbidden
    answer = collected(contested_kinds=lambda _: {"Kustomization"}).answer(CHANGES)
    assert (answer.known, why(answer)) == ((), Why.FORBIDDEN)


# Advice


def test_advice_reads_more(api: Api) -> None:
    """The kinds that only --advice needs are read where they are served."""
    policies = RESOURCES["NetworkPolicy"]
    others = ADVICE_QUERIES.keys() - {policies.name}
    api.resources = {kind: one for kind, one in RESOURCES.items() if one.name not in others}
    api.put(*HEALTHY)
    assert ADVICE_QUERIES.keys().isdisjoint(collected().answers)
    evidence = collected(advice=True)
    assert evidence.answer(policies.name) == Read(namespaces=("flux-system",))
    assert {why(evidence.answer(name)) for name in others} == {Why.ABSENT}
    api[policies.inside("flux-system")] = forbidden
    assert why(collected(advice=True).answer(policies.name)) is Why.FORBIDDEN


# Progress


def test_each_answer_is_reported(api: Api) -> None:
    """Progress reports each query once, with the size of its answer and its requests."""
    kinds(api, "Kustomization", "HelmRelease", "GitRepository")
    api.page = 2
    api.put(*(kustomization(f"apps/{n}", "git") for n in range(3)), source("apps/git"))
    api[HR.path] = forbidden
    result: list[Progress] = []
    collected(progress=result.append)
    known = {one.query: one for one in result}
    assert len(known) == len(result)
    assert (known[KS.name].text, known[KS.name].requests) == ("3 objects", 2)
    assert known[KINDS["GitRepository"].resource].text == "1 object"
    assert known[HR.name].text == f"0 objects; {denied(f'list {HR.name}', EVERYWHERE).text}"
    assert sum(one.requests for one in result) == len(api.requests)


def test_a_query_is_a_path() -> None:
    """Names and selectors are encoded; what is empty is left out."""
    selector = by_labels("app=a,tier in (b, c)")
    query = ListQuery.of("helmreleases.helm.toolkit.fluxcd.io", "v2", selector)
    base = "/apis/helm.toolkit.fluxcd.io/v2"
    chosen = "limit=500&labelSelector=app%3Da%2Ctier%20in%20%28b%2C%20c%29"
    assert query.path("", "") == f"{base}/helmreleases?{chosen}"
    assert query.path("a/b", "x&y=z") == (
        f"{base}/namespaces/a%2Fb/helmreleases?{chosen}&continue=x%26y%3Dz"
    )
    assert (query.api_version, query.permission) == (
        "helm.toolkit.fluxcd.io/v2", "list helmreleases.helm.toolkit.fluxcd.io",
    )  # fmt: skip
    assert (query.accept, query.answered_as) == ("application/json", (query.api_version,))
    pods = ListQuery("/api/v1", "pods", by_fields("metadata.name=a"), metadata_only=True)
    assert pods.path("", "") == "/api/v1/pods?limit=500&fieldSelector=metadata.name%3Da"
    assert (pods.api_version, pods.permission) == ("v1", "list pods")
    assert "as=PartialObjectMetadataList;" in pods.accept
    assert pods.answered_as == ("v1", "meta.k8s.io/v1")
    assert (by_labels(""), by_fields("")) == ("", "")
