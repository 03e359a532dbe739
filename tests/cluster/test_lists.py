"""Lists, for each reader: complete, partial, or unread for a reason; never empty by mistake."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fluxstatus.cluster.list_reader import Live, Saved
from fluxstatus.cluster.reader import opened, reading
from fluxstatus.model.evidence import Answer, Incomplete, Read, Why
from fluxstatus.model.kinds import KINDS
from tests.builders import flux as made
from tests.builders import kustomization
from tests.cluster.faults import (
    EVERYWHERE,
    NO_LIST,
    OF_THE_WAY,
    QUICK,
    SLOW,
    STALLED_BETWEEN_CHUNKS,
    Fault,
    check,
    denied,
    parameters,
)
from tests.cluster.readers import PATIENCE, READERS, Answers, Reader, by_check, idle, way
from tests.fakes import scripted
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
    packed,
    page,
    status,
)

KS = RESOURCES["Kustomization"]
NAMES = ["a", "b", "c", "d", "e"]
FIRST_PAGE = NAMES[:2]

each_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS)


@pytest.fixture(autouse=True)
def _five_on_three_pages(api: Api) -> None:
    api.serve("Pod", "Service", "Event", "Deployment", "Kustomization")
    api.put(*(kustomization(f"apps/{name}", "git") for name in NAMES))
    api.page = 2


def names(answer: Answer) -> list[str]:
    """Return the names of the objects in *answer*."""
    return [item["metadata"]["name"] for item in answer.known]


def tokens(api: Api) -> list[str]:
    """Return the continue tokens of the requests for Kustomizations."""
    return [one.query.get("continue", "") for one in api.requests if one.path == KS.path]


@each_reader
def test_all_pages_are_read(api: Api, read: Reader) -> None:
    """Each page is requested once, with the token from the page before."""
    answer = read()[KS.name]
    assert (names(answer), answer.unread, answer.namespaces) == (NAMES, None, ())
    first = f"{KS.path}?limit={10_000 if read is by_check else 500}"
    assert api.asked(KS.path) == [first, f"{first}&continue=2", f"{first}&continue=4"]


def test_a_live_list_has_its_time() -> None:
    """Ages are counted from the moment of the reading, by the API server's clock."""
    began = datetime.now(UTC)
    with opened(way(), report=idle) as client:
        found = Live(client).now
    second = timedelta(seconds=1)  # the header with the time has whole ones
    assert began - second <= found <= datetime.now(UTC) + second


def test_only_a_live_list_is_whole() -> None:
    """A snapshot has pruned objects, which are not to be printed as if they were whole."""
    assert (Live.unpruned, Saved.unpruned) == (True, False)


@each_reader
def test_a_compressed_list_is_read(api: Api, read: Reader) -> None:
    """API servers compress long responses."""
    api[KS.path] = packed
    answer = read()[KS.name]
    assert (names(answer), answer.unread) == (NAMES, None)


@each_reader
def test_each_object_has_its_kind_and_version(api: Api, read: Reader) -> None:
    """They are filled in from the list where its items do not have them."""
    bare = {"items": [{"metadata": {"name": "a", "namespace": "apps"}}], "metadata": {}}
    api[KS.path] = changed(bare)
    [item] = read()[KS.name].known
    assert (item["apiVersion"], item["kind"]) == (KS.api_version, "Kustomization")


@each_reader
def test_forbidden_is_not_empty(api: Api, read: Reader) -> None:
    """An empty list is a complete answer; a forbidden list is unread."""
    api[KS.path] = changed({"items": [], "metadata": {}})
    assert read()[KS.name] == Read()
    api[KS.path] = forbidden
    assert read()[KS.name] == Incomplete(denied(f"list {KS.name}", EVERYWHERE))


@each_reader
@pytest.mark.parametrize("later", [False, True], ids=["first page", "later page"])
def test_lists_that_fail(api: Api, read: Reader, later: bool) -> None:
    """Each list fails for its own reason, and keeps the pages before the failure.

    The one list that does not fail is complete.
    """
    faults = fail(api, {**QUICK, **NO_LIST}, later=later)
    expect(api, read(), faults, later=later)


@each_reader
@pytest.mark.parametrize("later", [False, True], ids=["first page", "later page"])
def test_lists_that_are_lost_on_the_way(api: Api, read: Reader, later: bool) -> None:
    """The request is retried once; half a list is never taken for a whole one."""
    stalled = {"stalled": STALLED_BETWEEN_CHUNKS} if later else {}
    faults = fail(api, {**SLOW, **stalled}, later=later)
    expect(api, read(patience=PATIENCE if later else None), faults, later=later)


def fail(api: Api, faults: Mapping[str, Fault], *, later: bool) -> Mapping[Resource, Fault]:
    """Make one list fail for each of *faults*, at once or on a *later* page; return which."""
    flux = [resource for kind, resource in RESOURCES.items() if kind in KINDS and resource != KS]
    failing = dict(zip(flux, faults.values(), strict=False))
    assert len(failing) == len(faults)
    api.serve("Pod", "Service", "Event", "Deployment", "Kustomization", *(r.kind for r in failing))
    for resource, fault in failing.items():
        api.put(*(made(resource.kind, f"apps/{name}") for name in NAMES))
        api[resource.path] = on_later_pages(fault.answer) if later else fault.answer
    return failing


def expect(api: Api, read: Answers, failing: Mapping[Resource, Fault], *, later: bool) -> None:
    """Check what was *read* of the failing lists, and of the one that does not fail."""
    for resource, fault in failing.items():
        answer = read[resource.name]
        assert names(answer) == (FIRST_PAGE if later else [])
        check(answer.unread, fault, f"list {resource.name}")
        asked = [one.path for one in api.requests if one.path == resource.path]
        assert len(asked) == fault.requests + later
    assert (names(read[KS.name]), read[KS.name].unread) == (NAMES, None)


@pytest.mark.cluster  # for kubectl
@pytest.mark.parametrize("later", [False, True], ids=["first page", "later page"])
@pytest.mark.parametrize("faults", [{**QUICK, **NO_LIST}, SLOW], ids=["quick", "slow"])
def test_the_real_kubectl_gives_the_same_answers(
    api: Api, kubectl: Path, faults: Mapping[str, Fault], later: bool
) -> None:
    """The fake kubectl and the real one lead to the same answers."""
    failing = fail(api, faults, later=later)
    read = by_check()
    expect(api, read, failing, later=later)
    api.kubectl.real(kubectl)
    assert by_check() == read


@each_reader
@pytest.mark.parametrize("fault", parameters(OF_THE_WAY))
def test_a_lost_connection(api: Api, read: Reader, fault: Fault) -> None:
    """A list is unread when the connection is lost or the credential rejected."""
    api[KS.path] = fault.answer
    answer = read()[KS.name]
    assert answer.known == ()
    check(answer.unread, fault)
    assert tokens(api) == [""] * fault.requests


@pytest.mark.parametrize("fault", parameters(OF_THE_WAY))
def test_a_command_that_loses_the_connection(api: Api, fault: Fault) -> None:
    """The reader of a command reports that nothing more can be read."""
    api[KS.path] = fault.answer
    with reading(way()) as ours:
        assert ours.discover()
        assert ours.unreachable is None
        ours.query([ours.of_kind(KINDS["Kustomization"])])
        check(ours.unreachable, fault)
        assert ours.evidence().unreachable == ours.unreachable


@each_reader
@pytest.mark.parametrize("later", [False, True], ids=["first page", "later page"])
@pytest.mark.parametrize("not_found", [status(404, "NotFound"), page(404)], ids=["Status", "HTML"])
def test_not_found_is_not_empty(
    api: Api, read: Reader, not_found: scripted.Answer, later: bool
) -> None:
    """Discovery lists the resource, so a 404 for its list does not mean that there is nothing."""
    api[KS.path] = on_later_pages(not_found) if later else not_found
    answer = read()[KS.name]
    assert names(answer) == (FIRST_PAGE if later else [])
    assert answer.unread is not None  # the reason is not fixed here


@each_reader
def test_an_expired_token_is_replaced(api: Api, read: Reader) -> None:
    """The list continues with the token from the 410 response: no object is lost or duplicated."""
    api[KS.path] = on_later_pages(in_turn(expired, as_usual))
    answer = read()[KS.name]
    assert (names(answer), answer.unread) == (NAMES, None)
    assert tokens(api) == ["", "2", "fresh-2", "4"]


@each_reader
def test_a_token_that_expires_again_ends_the_list(api: Api, read: Reader) -> None:
    """Reading stops when the server expires its own replacement token."""
    api[KS.path] = on_later_pages(expired)
    answer = read()[KS.name]
    assert names(answer) == FIRST_PAGE
    assert answer.unread is not None
    assert answer.unread.why is Why.FAILED
    assert "410" in answer.unread.text
    assert len(tokens(api)) <= 5
