"""Reading with permissions in some namespaces only: the answer is marked as partial."""

import pytest

from fluxstatus.model.evidence import Answer, Incomplete, Why
from tests.builders import kustomization
from tests.cluster.faults import EVERYWHERE, denied
from tests.cluster.readers import READERS, Reader, by_check, by_command, by_list
from tests.fakes.scripted import RESOURCES, Api, forbidden, status

KS = RESOURCES["Kustomization"]
RULE = f"list {KS.name}"
FORBIDDEN = denied(RULE, EVERYWHERE)

each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)
one_by_one = pytest.mark.parametrize("read", [by_check, by_command], ids=["check", "command"])


@pytest.fixture(autouse=True)
def _three_namespaces(api: Api) -> None:
    api.serve("Pod", "Service", "Event", "Deployment", "Kustomization")
    api.put(*(kustomization(f"team-{letter}/{letter}", "git") for letter in "abc"))
    api[KS.path] = forbidden


def names(answer: Answer) -> list[str]:
    """Return the names of the objects in *answer*."""
    return [item["metadata"]["name"] for item in answer.known]


def paths(api: Api) -> list[str]:
    """Return the paths of the requests for Kustomizations."""
    return [path.partition("?")[0] for path in api.asked(f"*/{KS.plural}")]


@each_reader
def test_the_namespace_of_the_context_is_read(api: Api, read: Reader) -> None:
    """When listing all namespaces is forbidden, that of the context is read."""
    api.in_context("team-a")
    answer = read()[KS.name]
    assert names(answer) == ["a"]
    assert answer.unread == FORBIDDEN
    assert paths(api) == [KS.path, KS.inside("team-a")]


@one_by_one
def test_the_answer_names_the_namespaces_read(api: Api, read: Reader) -> None:
    """Without them a partial answer would look complete."""
    api.in_context("team-a")
    assert read()[KS.name].namespaces == ("team-a",)


@one_by_one
def test_chosen_namespaces_are_read_one_by_one(api: Api, read: Reader) -> None:
    """Namespaces given with -n win over the context; a forbidden one is skipped."""
    api.in_context("team-c")
    api[KS.inside("team-b")] = forbidden
    answer = read(("team-a", "team-b", "team-c"))[KS.name]
    assert names(answer) == ["a", "c"]
    assert answer.namespaces == ("team-a", "team-c")
    assert answer.unread == FORBIDDEN
    inside = [KS.inside(f"team-{letter}") for letter in "abc"]
    assert paths(api) == [KS.path, *inside]


def test_a_list_asks_for_the_chosen_namespaces_only(api: Api) -> None:
    """A list of chosen namespaces is complete when these could be read."""
    assert by_list(("team-a", "team-c"))[KS.name].unread is None
    assert paths(api) == [KS.inside("team-a"), KS.inside("team-c")]


def test_a_list_names_the_chosen_namespace_that_is_forbidden(api: Api) -> None:
    """Objects in the other namespaces are still listed."""
    api.in_context("team-c")
    api[KS.inside("team-a")] = forbidden
    answer = by_list(("team-a", "team-b"))[KS.name]
    assert names(answer) == ["b"]
    assert answer.unread == denied(RULE, ' in namespace "team-a"')
    assert paths(api) == [KS.inside("team-a"), KS.inside("team-b")]


@each_reader
def test_no_namespace_is_guessed(api: Api, read: Reader) -> None:
    """Without a namespace in the context, no namespace is tried."""
    assert read()[KS.name] == Incomplete(FORBIDDEN)
    assert paths(api) == [KS.path]


@each_reader
def test_a_namespace_that_is_forbidden_is_not_empty(api: Api, read: Reader) -> None:
    """When the namespace of the context is forbidden too, nothing is read."""
    api.in_context("team-a")
    api[KS.inside("team-a")] = forbidden
    assert read()[KS.name] == Incomplete(FORBIDDEN)


@each_reader
def test_an_empty_namespace_is_still_a_part(api: Api, read: Reader) -> None:
    """An empty namespace is not evidence about the others."""
    api.in_context("team-z")
    answer = read()[KS.name]
    assert (answer.known, answer.unread) == ((), FORBIDDEN)


@each_reader
def test_only_a_missing_right_leads_to_a_namespace(api: Api, read: Reader) -> None:
    """Other failures do not depend on the namespace."""
    api.in_context("team-a")
    api[KS.path] = status(429, retry_after="60")
    answer = read()[KS.name]
    assert answer.known == ()
    assert answer.unread is not None
    assert answer.unread.why is Why.FAILED
    assert paths(api) == [KS.path]


@each_reader
def test_a_namespace_is_one_segment_of_a_path(api: Api, read: Reader) -> None:
    """A value of -n cannot lead to another path, nor can the question whether it exists."""
    segment = "..%2F..%2Fsecrets%3Fx%3D"
    api[f"/api/v1/namespaces/{segment}"] = status(404)
    read(("../../secrets?x=",))
    asked = [path for path in paths(api) if "secrets" in path]
    assert KS.inside(segment) in asked
    assert all(segment in path for path in asked)
