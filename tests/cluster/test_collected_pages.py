"""Lists page by page: long ones, those that expire or fail, and answers that are no list."""

import time
from typing import Any

import pytest

from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
from fluxstatus.cluster.queries import LARGE_PAGE as AT_ONCE
from fluxstatus.model.evidence import Why
from tests.cluster.collecting import PAGE, refuse, why
from tests.cluster.faults import NOT_A_LIST
from tests.fakes.api_server import (
    HEALTHY,
    HELM_RELEASES,
    KUSTOMIZATIONS,
    ApiServer,
    Illness,
    Request,
)

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]


def test_every_page_is_read(server: ApiServer, here: Access) -> None:
    """A list of any length is read completely, each object once."""
    server.fill("kustomizations", 2 * AT_ONCE + 100)
    items = collect(here).answer(KUSTOMIZATIONS).known
    names = {item["metadata"]["name"] for item in items}
    assert len(items) == len(names) == 2 * AT_ONCE + 100
    assert len(server.asked("kustomizations")) == 3


def test_a_list_that_expires_is_read_on(server: ApiServer, here: Access) -> None:
    """The token in a status 410 is used: no object is lost or read twice."""

    def expire(request: Request) -> object:
        token = request.query.get("continue")
        if request.nth != 2:
            return HEALTHY
        status = {"kind": "Status", "code": 410, "message": "expired"}
        request.send({**status, "metadata": {"continue": token}}, 410)
        return None

    server.fill("kustomizations", 2 * AT_ONCE)
    server.ill["kustomizations"] = expire
    answer = collect(here).answer(KUSTOMIZATIONS)
    assert (len(answer.known), answer.unread) == (2 * AT_ONCE, None)


@pytest.mark.parametrize(
    ("illness", "reason"),
    [
        pytest.param(refuse(410), Why.FAILED, id="expired"),
        pytest.param(refuse(500), Why.FAILED, id="500"),
        pytest.param(refuse(403), Why.FORBIDDEN, id="403"),
        pytest.param(refuse(404), Why.FAILED, id="404"),
        pytest.param(lambda r: r.send("<html>log in</html>"), Why.GARBLED, id="HTML"),
        pytest.param(lambda r: r.send(b'{"items": [{"meta'), Why.GARBLED, id="broken JSON"),
        pytest.param(lambda r: r.send([]), Why.GARBLED, id="a JSON list"),
        pytest.param(lambda r: r.send(b"[" * 100_000), Why.GARBLED, id="too deep"),
    ],
)
def test_a_page_that_fails_leaves_the_others(
    server: ApiServer, here: Access, illness: Illness, reason: Why
) -> None:
    """Earlier pages are kept, the answer is marked as a part, and other lists are complete."""
    server.fill("kustomizations", 2 * AT_ONCE)
    server.fill("helmreleases", 3)
    server.ill["kustomizations"] = lambda r: HEALTHY if "continue" not in r.query else illness(r)
    evidence = collect(here)
    answer = evidence.answer(KUSTOMIZATIONS)
    assert (len(answer.known), why(evidence, KUSTOMIZATIONS)) == (AT_ONCE, reason)
    assert len(evidence.answer(HELM_RELEASES).known) == 3
    assert why(evidence, HELM_RELEASES) is None


LIST: dict[str, Any] = {
    "kind": "KustomizationList",
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
    "metadata": {},
    "items": [],
}


@pytest.mark.parametrize("change", NOT_A_LIST, ids=str)
def test_what_is_not_a_list_is_never_an_empty_list(
    server: ApiServer, here: Access, change: dict[str, Any]
) -> None:
    """Only the requested list proves that there are no objects."""
    server.ill["kustomizations"] = lambda request: request.send(LIST)
    assert why(collect(here), KUSTOMIZATIONS) is None
    server.ill["kustomizations"] = lambda request: request.send(LIST | change)
    assert why(collect(here), KUSTOMIZATIONS) is Why.GARBLED


def test_events_are_read_up_to_a_limit(server: ApiServer, here: Access) -> None:
    """At most four pages of them are read, and the answer reports that there are more."""
    server.fill("events", 10 * PAGE)
    evidence = collect(here)
    assert len(evidence.answer("events").known) == 4 * PAGE
    assert why(evidence, "events") is Why.NOT_REQUESTED
    assert len(server.asked("events")) == 4
    assert all("fieldSelector=type=Warning" in path for path in server.asked("events"))


def test_a_server_that_dies_on_the_way_leaves_what_was_read(
    server: ApiServer, here: Access
) -> None:
    """Earlier answers are kept, the others are unread for that reason, and the run ends soon."""

    def die(request: Request) -> object:
        if "continue" not in request.query:
            return HEALTHY
        server.ill.update(dict.fromkeys(("kustomizations", "pods", "services"), cut))
        cut(request)
        return None

    def cut(request: Request) -> None:
        request.close_connection = True

    server.fill("kustomizations", 2 * AT_ONCE)
    server.items["deployments"] = [{"metadata": {"name": "x", "namespace": "flux-system"}}]
    server.ill["kustomizations"] = die
    began = time.monotonic()
    evidence = collect(here)
    assert time.monotonic() - began < 15  # of 20
    assert len(evidence.answer(KUSTOMIZATIONS).known) == AT_ONCE
    assert why(evidence, KUSTOMIZATIONS) is Why.UNREACHABLE
    assert evidence.unreachable is None
