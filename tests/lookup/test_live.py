"""One object: found, not found, or unread for a reason."""

from collections.abc import Iterator

import pytest

from fluxstatus.cluster.reader import opened
from fluxstatus.lookup.live import Objects, slim
from fluxstatus.model.errors import ArgumentError, UnreadError
from fluxstatus.model.evidence import Object, Unread, Why
from tests.builders import NOW, kustomization
from tests.cluster.faults import (
    EVERYWHERE,
    NO_LIST,
    OF_THE_WAY,
    QUICK,
    STALLED,
    Fault,
    check,
    denied,
    parameters,
    some,
)
from tests.cluster.readers import PATIENCE, idle, way
from tests.fakes.scripted import (
    RESOURCES,
    Api,
    Resource,
    as_usual,
    changed,
    expired,
    forbidden,
    in_turn,
    on_later_pages,
    stalled,
)
from tests.kubernetes.objects import make

KS, CM = RESOURCES["Kustomization"], RESOURCES["ConfigMap"]
ONE = f"{KS.inside('apps')}/app"
NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture(name="objects")
def _objects(api: Api) -> Iterator[Objects]:
    api.serve("Pod", "Secret", "ConfigMap", "Namespace", "Deployment", "Kustomization")
    with opened(way(), report=idle) as client:
        yield Objects(client)


def name_of(item: Object | Unread | None) -> str:
    """Return the name of an object that must have been found."""
    assert isinstance(item, dict)
    name: str = item["metadata"]["name"]
    return name


def mistake(objects: Objects, word: str, *namespaces: str) -> ArgumentError:
    """Return the error for a *word* that means no object, or several."""
    with pytest.raises(ArgumentError) as caught:
        objects.find([word], namespaces)
    return caught.value


def unread(objects: Objects, word: str, *namespaces: str) -> Unread:
    """Return why it is unknown whether the object exists."""
    with pytest.raises(UnreadError) as caught:
        objects.find([word], namespaces)
    return caught.value.unread


# In a namespace


def test_an_object_is_asked_for_by_its_name(api: Api, objects: Objects) -> None:
    """With a namespace, that is one request."""
    api.put(kustomization("apps/app", "git"), kustomization("apps/other", "git"))
    assert name_of(objects.find(["ks/app"], ["apps"])) == "app"
    assert api.asked("/apis/*toolkit*") == [ONE]


def test_a_forbidden_object_is_not_missing(api: Api, objects: Objects) -> None:
    """Only a NotFound means that there is no such object."""
    api.put(kustomization("apps/other", "git"))
    mistaken = mistake(objects, "ks/app", "apps")
    assert str(mistaken) == "no Kustomization 'app' found in namespace 'apps'"
    assert objects.get(KS.api_version, KS.kind, "apps", "app") is None
    api[ONE] = forbidden
    reason = denied(f"get {KS.name}", ' in namespace "apps"')
    assert unread(objects, "ks/app", "apps") == reason
    assert objects.get(KS.api_version, KS.kind, "apps", "app") == reason


@pytest.mark.parametrize("fault", parameters({**OF_THE_WAY, **QUICK, **some("500", "cut")}))
def test_an_object_that_fails_is_not_missing(api: Api, objects: Objects, fault: Fault) -> None:
    """The reason is reported, and the object may well exist."""
    api.put(kustomization("apps/app", "git"))
    api[ONE] = fault.answer
    reason = objects.get(KS.api_version, KS.kind, "apps", "app")
    check(reason, fault, f"get {KS.name}")
    assert api.asked(ONE) == [ONE] * fault.requests


def test_an_object_that_stalls_is_not_missing(api: Api) -> None:
    """It is unread when it exceeds --request-timeout."""
    api[ONE] = stalled
    with opened(way(patience=PATIENCE), report=idle) as client:
        reason = Objects(client).get(KS.api_version, KS.kind, "apps", "app")
    check(reason, STALLED)


@pytest.mark.parametrize("fault", parameters(some("401", "403", "429", "HTML")))
def test_an_object_that_fails_is_no_wrong_name(api: Api, objects: Objects, fault: Fault) -> None:
    """The name may well be right."""
    api[ONE] = fault.answer
    check(unread(objects, "ks/app", "apps"), fault, f"get {KS.name}")


def test_an_object_of_the_cluster_has_no_namespace(api: Api, objects: Objects) -> None:
    """It is requested once, without the namespaces of -n."""
    namespaces = RESOURCES["Namespace"].path
    api[f"{namespaces}/apps"] = forbidden
    assert unread(objects, "ns/apps", "team-a", "team-b") == denied("get namespaces")
    assert api.asked(f"{namespaces}*") == [f"{namespaces}/apps"]


def test_every_namespace_is_looked_into(api: Api, objects: Objects) -> None:
    """An object that one namespace does not have may be in the forbidden one."""
    api[f"{KS.inside('team-b')}/app"] = forbidden
    reason = unread(objects, "ks/app", "team-a", "team-b")
    assert (reason.why, reason.permission) == (Why.FORBIDDEN, f"get {KS.name}")
    assert len(api.asked("/apis/*toolkit*")) == 2


def test_suggestions_are_left_out_when_forbidden(api: Api, objects: Objects) -> None:
    """NotFound is still reported when the names to suggest are forbidden."""
    api.put(kustomization("apps/apple", "git"))
    assert mistake(objects, "ks/appel", "apps").choices == (("ks/apple", "-n", "apps"),)
    api[KS.path] = forbidden
    assert mistake(objects, "ks/appel", "apps").choices == ()


# Everywhere


def test_an_object_is_found_everywhere(api: Api, objects: Objects) -> None:
    """Without a namespace, one list for the name covers all."""
    api.put(kustomization("team-a/app", "git"), kustomization("team-b/other", "git"))
    assert objects.find(["ks/app"], [])["metadata"]["namespace"] == "team-a"
    assert api.asked(KS.path) == [f"{KS.path}?limit=500&fieldSelector=metadata.name=app"]


def test_two_objects_with_the_same_name(api: Api, objects: Objects) -> None:
    """The choices have their namespaces."""
    api.put(kustomization("team-a/app", "git"), kustomization("team-b/app", "git"))
    assert mistake(objects, "ks/app").choices == (
        ("ks/app", "-n", "team-a"),
        ("ks/app", "-n", "team-b"),
    )


def test_forbidden_everywhere_is_not_missing(api: Api, objects: Objects) -> None:
    """Only a list that was read is evidence that an object does not exist."""
    assert mistake(objects, "ks/app").args == ("no Kustomization 'app' found",)
    api[KS.path] = forbidden
    assert unread(objects, "ks/app") == denied(f"list {KS.name}", EVERYWHERE)


@pytest.mark.parametrize(
    "fault", parameters({**some("401", "429", "HTML", "half a document", "cut"), **NO_LIST})
)
def test_a_search_that_fails_finds_no_absence(api: Api, objects: Objects, fault: Fault) -> None:
    """The reason is reported, and the object may well exist."""
    api[KS.path] = fault.answer
    check(unread(objects, "ks/app"), fault, f"list {KS.name}")


@pytest.mark.parametrize("fault", parameters(some("403", "HTML")))
def test_a_search_that_ends_early_finds_no_absence(
    api: Api, objects: Objects, fault: Fault
) -> None:
    """The object may be on the failed page."""
    api[KS.path] = in_turn(changed({"metadata": {"continue": "1"}}), fault.answer)
    check(unread(objects, "ks/app"), fault, f"list {KS.name}")


# Several at once


def test_few_objects_are_asked_for_one_by_one(api: Api, objects: Objects) -> None:
    """Those that do not exist are left out."""
    api.put(*(kustomization(f"apps/{name}", "git") for name in NAMES))
    found = objects.some(KS.api_version, KS.kind, "apps", ["a", "b", "z"])
    assert isinstance(found, list)
    assert [name_of(item) for item in found] == ["a", "b"]
    assert api.asked("/apis/*toolkit*") == [f"{KS.inside('apps')}/{name}" for name in "abz"]


def test_many_objects_are_listed(api: Api, objects: Objects) -> None:
    """A list takes fewer requests, and is read to its end."""
    api.put(*(kustomization(f"apps/{name}", "git") for name in NAMES))
    api.page = 2
    api[KS.inside("apps")] = on_later_pages(in_turn(expired, as_usual))
    found = objects.some(KS.api_version, KS.kind, "apps", ["a", "b", "c", "e"])
    assert isinstance(found, list)
    assert [name_of(item) for item in found] == ["a", "b", "c", "e"]
    assert {one.path for one in api.requests if KS.plural in one.path} == {KS.inside("apps")}


def test_objects_are_listed_by_their_labels(api: Api, objects: Objects) -> None:
    """The API server selects them."""
    api.put(kustomization("apps/a", "git", labels={"app": "web"}), kustomization("apps/b", "git"))
    found = objects.some(KS.api_version, KS.kind, "apps", [], labels="app=web")
    assert isinstance(found, list)
    assert [name_of(item) for item in found] == ["a"]
    assert api.asked(KS.inside("apps")) == [f"{KS.inside('apps')}?limit=500&labelSelector=app=web"]


@pytest.mark.parametrize(
    ("resource", "names"),
    [(KS, NAMES[:2]), (KS, NAMES), (CM, NAMES[:2]), (CM, NAMES)],
    ids=["one by one", "by a list", "metadata one by one", "metadata by a list"],
)
@pytest.mark.parametrize("fault", parameters(some("401", "403", "429", "HTML")))
def test_several_objects_that_fail_are_not_missing(
    api: Api, objects: Objects, resource: Resource, names: list[str], fault: Fault
) -> None:
    """The answer is a reason, not an empty list."""
    api[f"{resource.inside('apps')}*"] = fault.answer
    reason = objects.some(resource.api_version, resource.kind, "apps", names)
    check(reason, fault, f"{'list' if len(names) > 3 else 'get'} {resource.name}")


# What is never read


@pytest.mark.parametrize("names", [["a"], NAMES], ids=["one", "several"])
def test_of_what_holds_data_only_the_metadata_is_asked_for(
    api: Api, objects: Objects, names: list[str]
) -> None:
    """The data of a ConfigMap stays on the API server."""
    data = {"key": "value"}
    api.put(*(make("v1", "ConfigMap", name, NOW, namespace="apps", data=data) for name in NAMES))
    found = objects.some("v1", "ConfigMap", "apps", names)
    assert isinstance(found, list)
    assert [name_of(item) for item in found] == names
    accepted = {one.accept.partition(",")[0] for one in api.requests if CM.plural in one.path}
    kind = "PartialObjectMetadataList" if len(names) > 1 else "PartialObjectMetadata"
    assert accepted == {f"application/json;as={kind};g=meta.k8s.io;v=v1"}


def test_a_secret_is_not_asked_for(api: Api, objects: Objects) -> None:
    """Not even its metadata is read."""
    before = len(api.requests)
    assert "never read" in str(mistake(objects, "secret/app", "apps"))
    for reason in (
        objects.get("v1", "Secret", "apps", "app"),
        objects.some("v1", "Secret", "apps", ["app"]),
    ):
        assert isinstance(reason, Unread)
        assert reason.why is Why.NOT_REQUESTED
    assert len(api.requests) == before


def test_a_kind_that_is_not_served_is_absent(objects: Objects) -> None:
    """Discovery knows that for certain."""
    for reason in (
        objects.get("example.com/v1", "Pet", "apps", "app"),
        objects.some("example.com/v1", "Pet", "apps", ["app"]),
    ):
        assert isinstance(reason, Unread)
        assert reason.why is Why.ABSENT


def test_only_the_last_words_of_a_container_are_kept() -> None:
    """A pod is pruned as in the check: a line of its termination message, without credentials."""
    ended = {"reason": "Error", "message": "a\nb\nlogin with x1y2z3x1y2z3x1y2z3 failed"}
    pod = make("v1", "Pod", "web-0", NOW, namespace="apps")
    pod["status"] = {"containerStatuses": [{"name": "web", "lastState": {"terminated": ended}}]}
    kept = slim(pod)["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert kept == {"reason": "Error", "message": "login with *** failed"}


def test_only_what_tells_the_health_is_kept_of_an_object() -> None:
    """Of a kind that is not of Flux, neither the data nor unknown fields of the status are kept."""
    job = make("batch/v1", "Job", "a", NOW, spec={"suspend": True, "template": {"a": 1}})
    job["status"] = {"conditions": [{"type": "Failed", "message": "password: x7x9q"}], "log": "x"}
    assert slim(job)["spec"] == {"suspend": True}
    assert slim(job)["status"] == {"conditions": [{"type": "Failed", "message": "password: ***"}]}
