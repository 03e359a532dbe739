"""Discovery, the first request: what is served, and what happens when that is unknown."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest

from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.collector import collect
from fluxstatus.cluster.list_reader import Live
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.reader import opened, reading
from fluxstatus.lookup.live import Objects
from fluxstatus.model.evidence import Evidence, Unread, Why
from fluxstatus.model.kinds import RESOURCES as FLUX
from tests.builders import HEALTHY, SERVED, kustomization
from tests.cluster.faults import OF_THE_WAY, QUICK, SLOW, Fault, denied, parameters, some
from tests.cluster.readers import (
    PATIENCE,
    READERS,
    Reader,
    by_check,
    by_list,
    idle,
    way,
)
from tests.fakes.scripted import (
    RESOURCES,
    Api,
    changed,
    document,
    forbidden,
    page,
    stalled,
    status,
)

KS, HR = RESOURCES["Kustomization"], RESOURCES["HelmRelease"]
BESIDE = ("Pod", "Service", "Event", "Deployment")
NOT_KUBERNETES = "the service at https://10.0.0.1:6443 is not a Kubernetes API server: "
ANONYMOUS = 'forbidden: User "system:anonymous" cannot get path "/apis"'

FAULTS: Mapping[str, Fault] = {
    **OF_THE_WAY,
    "refused": OF_THE_WAY["refused"]._replace(requests=1),
    "anonymous": Fault(
        status(403, "Forbidden", ANONYMOUS), Why.LOGIN, "treats the request as system:anonymous"
    ),
    "429": QUICK["429"],
    "cut": SLOW["cut"]._replace(requests=1),
    **{
        name: QUICK[name]._replace(why=Why.GARBLED, text=f"{NOT_KUBERNETES}it responded with ")
        for name in ("502 of a gateway", "half a document", "HTML", "a JSON list", "too deep")
    },
    "404 HTML": Fault(page(404), Why.GARBLED, f"{NOT_KUBERNETES}it responded with 404"),
    "other JSON": Fault(
        document({"kind": "Pet"}), Why.GARBLED, f"{NOT_KUBERNETES}its list of API groups"
    ),
}
"""A lost first request is not retried."""


def check(patience: float | None = None) -> Unread | None:
    """Return why the check cannot read anything."""
    evidence = evidence_of_check(patience)
    assert evidence.served is None
    for name in (*FLUX, "pods", "events"):
        assert evidence.answer(name).unread == evidence.unreachable
    return evidence.unreachable


def evidence_of_check(patience: float | None = None) -> Evidence:
    """Return what the check reads."""
    return collect(way(patience=patience))


def command() -> Unread | None:
    """Return why a command cannot read anything."""
    with reading(way()) as ours:
        assert ours.discover() is (ours.unreachable is None)
        evidence = ours.evidence()
    assert (evidence.served, evidence.unreachable) == (None, ours.unreachable)
    return evidence.unreachable


def lists() -> Unread | None:
    """Return why nothing can be listed."""
    return refusal(Live)


def find() -> Unread | None:
    """Return why no object can be looked up."""
    return refusal(Objects)


def refusal(make: Callable[[ApiClient], object]) -> Unread:
    """Return why *make* fails to make a reader."""
    with (
        pytest.raises(ProgramError) as caught,
        opened(way(), report=idle) as client,
    ):
        make(client)
    return caught.value.unread


UnreadOf: TypeAlias = Callable[[], Unread | None]
"""A function that returns why nothing can be read."""


each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


FEW = {name: FAULTS[name] for name in ("401", "refused", "429", "HTML", "other JSON")}


@pytest.mark.parametrize(
    ("unread_of", "fault"),
    [
        pytest.param(unread_of, fault, id=f"{unread_of.__name__}-{name}")
        for unread_of in (check, command, lists)
        for name, fault in (FAULTS if unread_of is check else FEW).items()
    ],
)
def test_discovery_that_fails(api: Api, unread_of: UnreadOf, fault: Fault) -> None:
    """No other request is made, and everything is unread for the same reason."""
    api["/apis"] = fault.answer
    unread = unread_of()
    assert unread is not None
    assert unread.why is fault.why
    assert fault.text in unread.text
    assert api.asked() == ["/apis"] * fault.requests


def test_discovery_is_asked_for_at_once(api: Api) -> None:
    """In the formats that kubectl asks for (client-go discovery), in one request."""
    by_list()
    as_one = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
    accepted = [as_one.format("v2"), as_one.format("v2beta1"), "application/json"]
    assert (api.requests[0].path, api.requests[0].accept) == ("/apis", ",".join(accepted))


def test_discovery_that_stalls(api: Api) -> None:
    """When the first request exceeds --request-timeout, no other is made."""
    api["/apis"] = stalled
    unread = check(PATIENCE)
    assert unread is not None
    assert unread.why is Why.TIMEOUT
    assert api.asked() == ["/apis"]


@pytest.mark.parametrize("path", ["/api", "/apis"])
@pytest.mark.parametrize("fault", parameters(some("401", "403", "429", "HTML", "half a document")))
def test_no_object_is_looked_up_where_discovery_fails(api: Api, path: str, fault: Fault) -> None:
    """A lookup needs the discovery of both /api and /apis; a failure does not mean NotFound."""
    api[path] = fault.answer
    unread = find()
    assert unread is not None
    assert unread.why is fault.why
    assert {one.path for one in api.requests} <= {"/api", "/apis"}


@pytest.mark.parametrize("entries", [{}, {"a": 1}, None, "", 0])
@pytest.mark.parametrize("unread_of", [check, command], ids=lambda one: one.__name__)
def test_odd_discovery_is_not_an_empty_cluster(
    api: Api, unread_of: UnreadOf, entries: object
) -> None:
    """Where the list of groups is no list, it is unknown what is served."""
    api["/apis"] = changed({"items": entries})
    unread = unread_of()
    assert unread is not None
    assert unread.why is Why.GARBLED


@pytest.mark.parametrize("unread_of", [check, command], ids=lambda one: one.__name__)
def test_discovery_not_found_is_not_an_empty_cluster(api: Api, unread_of: UnreadOf) -> None:
    """Every Kubernetes serves /apis: without it nothing is known, and no other request is made."""
    api["/apis"] = status(404, "NotFound")
    assert unread_of() is not None
    assert api.asked() == ["/apis"]


def test_the_check_goes_on_where_discovery_is_forbidden(api: Api) -> None:
    """The kinds of Flux are unread for that permission; Deployments, pods and events are read."""
    api.put(*HEALTHY)
    api["/apis"] = forbidden
    evidence = evidence_of_check()
    assert (evidence.unreachable, evidence.served) == (None, None)
    unread = {name: evidence.answer(name).unread for name in FLUX}
    assert unread == dict.fromkeys(FLUX, denied("get /apis"))
    assert len(evidence.answer("deployments.apps/controllers").known) == 5
    assert len(evidence.answer("pods").known) == 6
    assert not api.asked("/apis/*toolkit*")


def test_a_command_goes_on_where_discovery_is_forbidden(api: Api) -> None:
    """Kinds of Flux are not requested, and unread for that permission."""
    api["/apis"] = forbidden
    with reading(way()) as ours:
        assert ours.discover()
        ours.query([ours.of_kind(FLUX[KS.name])])
        unread = ours.evidence().answer(KS.name).unread
    assert unread == denied("get /apis")
    assert api.asked() == ["/apis"]


@pytest.mark.parametrize("unread_of", [lists, find], ids=lambda one: one.__name__)
def test_where_discovery_is_forbidden_nothing_is_listed_or_looked_up(
    api: Api, unread_of: UnreadOf
) -> None:
    """The missing permission is reported."""
    api["/apis"] = forbidden
    unread = unread_of()
    assert unread == denied("get /apis")


@pytest.mark.parametrize("read", [by_check, by_list], ids=["check", "list"])
def test_what_is_not_served_is_absent(api: Api, read: Reader) -> None:
    """A kind that discovery does not list is absent, and is not requested."""
    api.serve(*BESIDE, "Kustomization")
    api.put(kustomization("apps/a", "git"))
    answers = read()
    assert [item["metadata"]["name"] for item in answers[KS.name].known] == ["a"]
    reasons = {name: answer.unread and answer.unread.why for name, answer in answers.items()}
    assert {name: reasons[name] for name in FLUX} == {
        **dict.fromkeys(FLUX, Why.ABSENT),
        KS.name: None,
    }
    assert {one.path for one in api.requests if "flux" in one.path} == {KS.path}


def test_a_kind_that_a_command_needs_may_be_absent(api: Api) -> None:
    """A command does not request a kind that is not served."""
    api.serve(*BESIDE)
    with reading(way()) as ours:
        assert ours.discover()
        ours.query([ours.of_kind(FLUX[KS.name])])
        unread = ours.evidence().answer(KS.name).unread
    assert unread is not None
    assert unread.why is Why.ABSENT
    assert api.asked() == ["/apis"]


@pytest.mark.parametrize("verbs", [["get", "watch"], [], None])
def test_a_kind_that_cannot_be_listed_is_absent(api: Api, verbs: list[str] | None) -> None:
    """A resource without the verb list is not requested."""
    named = {"resource": KS.plural, "verbs": verbs, "responseKind": {"kind": "Kustomization"}}
    versions = [{"version": "v1", "resources": [named]}]
    items = [{"metadata": {"name": KS.group}, "versions": versions}]
    api["/apis"] = document({"kind": "APIGroupDiscoveryList", "items": items})
    with reading(way()) as ours:
        assert ours.discover()
        assert ours.evidence().served == {}


@each_reader
def test_the_version_that_is_served_is_asked_for(api: Api, read: Reader) -> None:
    """API versions come from discovery."""
    api.serve(*BESIDE, "HelmRelease")
    old = HR._replace(version="v2beta2")
    api.resources = {**api.resources, "HelmRelease": old}
    assert read()[HR.name].unread is None
    assert api.asked(f"/apis/{HR.group}/*")[0].startswith(f"{old.path}?")


@pytest.mark.parametrize("aggregated", [True, False], ids=["aggregated", "group by group"])
def test_all_versions_of_a_kind_are_known(api: Api, aggregated: bool) -> None:
    """The preferred version is the first (kubernetes apidiscovery/v2); the others are kept, too."""
    group, verbs = HR.group, ["get", "list"]
    versions = ("v2", "v2beta2", "v2beta1")
    named = {"resource": HR.plural, "verbs": verbs, "responseKind": {"kind": "HelmRelease"}}
    entries = [{"version": version, "resources": [named]} for version in versions]
    paths = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    if aggregated:
        items = [{"metadata": {"name": group}, "versions": entries}]
        api["/apis"] = document({"kind": "APIGroupDiscoveryList", "items": items})
    else:
        groups = [{"name": group, "versions": paths}]
        api["/apis"] = document({"kind": "APIGroupList", "groups": groups})
        for version in versions:
            plain = [{"name": HR.plural, "kind": "HelmRelease", "verbs": verbs}]
            listed = document({"kind": "APIResourceList", "resources": plain})
            api[f"/apis/{group}/{version}"] = listed
    with reading(way()) as ours:
        assert ours.discover()
        evidence = ours.evidence()
    assert evidence.served == {HR.name: "v2"}
    assert evidence.also_served == {HR.name: ("v2beta2", "v2beta1")}


@each_reader
def test_an_old_server_is_asked_group_by_group(api: Api, read: Reader) -> None:
    """Before Kubernetes 1.26, each version of a Flux group takes one more request."""
    api.serve(*BESIDE, "Kustomization", "HelmRelease")
    api.aggregated = False
    api.put(kustomization("apps/a", "git"))
    answers = read()
    assert len(answers[KS.name].known) == 1
    assert answers[HR.name].unread is None
    assert sorted(api.asked()[:3]) == ["/apis", HR.base, KS.base]


@pytest.mark.parametrize("unread_of", [check, command, lists], ids=lambda one: one.__name__)
def test_a_group_of_an_old_server_that_fails_is_not_absent(api: Api, unread_of: UnreadOf) -> None:
    """On an old server, discovery fails when one group of Flux fails."""
    api.aggregated = False
    api[KS.base] = QUICK["429"].answer
    unread = unread_of()
    assert unread is not None
    assert unread.why is Why.FAILED


def test_a_group_of_an_old_server_may_be_forbidden(api: Api) -> None:
    """Every kind of Flux is unread for that permission."""
    api.aggregated = False
    api[KS.base] = forbidden
    evidence = evidence_of_check()
    assert (evidence.unreachable, evidence.served) == (None, None)
    unread = {name: evidence.answer(name).unread for name in FLUX}
    assert unread == dict.fromkeys(FLUX, denied(f"get {KS.base}"))


@pytest.mark.parametrize("fault", parameters(some("403", "429", "HTML", "a JSON list")))
def test_an_unknown_version_is_empty(api: Api, fault: Fault) -> None:
    """The check goes on without the version of Kubernetes."""
    api["/version"] = fault.answer
    evidence = evidence_of_check()
    assert (evidence.target.kubernetes, evidence.unreachable) == ("", None)
    assert evidence.served == SERVED
