"""The way to the API server: what kubectl is told, which requests are repeated, how it ends."""

import os
import signal
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Unread, Why
from tests.builders import pod
from tests.cluster.faults import denied
from tests.fakes.scripted import (
    RESOURCES,
    SERVER,
    USER,
    Answer,
    Api,
    as_usual,
    cut,
    forbidden,
    in_turn,
    kubectl_says,
    packed,
    stalled,
    status,
)

PODS = RESOURCES["Pod"].path
VERSION = "/version"
QUICKLY = 10.0  # seconds, of the 20 that there are


def way(*flags: str, timeout: float = 20) -> Access:
    """Return the way to the scripted API server."""
    return Access(flags=flags, timeout=timeout)


def error(client: ApiClient, path: str = PODS) -> Unread:
    """Return why there is no answer for *path*."""
    with pytest.raises(ProgramError) as caught:
        client.get(path)
    return caught.value.unread


# kubectl


def test_kubectl_is_told_to_let_only_reading_through(api: Api) -> None:
    """The proxy gets the user's flags, refuses what changes or shows a Secret, and is private."""
    with ApiClient(way("--context=here", "--as=bob")):
        [words] = api.kubectl.asked("proxy")
        [socket] = [word.partition("=")[2] for word in words if word.startswith("--unix-socket=")]
        assert stat.S_IMODE(Path(socket).parent.stat().st_mode) == 0o700
    assert words == [
        "proxy",
        "--context=here",
        "--as=bob",
        f"--unix-socket={socket}",
        "--append-server-path",
        "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
        "--reject-paths=/secrets(/|$),/(exec|attach|portforward|proxy)(/|$)",
    ]
    assert not Path(socket).parent.exists()


def test_kubectl_tells_where_it_leads(api: Api) -> None:
    """The names are those of the kubeconfig, asked for with the same flags."""
    api.in_context("team-a")
    with ApiClient(way("--as=bob")) as client:
        known = client.kubeconfig
    assert (known.target.context, known.target.user, known.target.server) == ("here", "me", SERVER)
    assert known.namespace == "team-a"
    assert api.kubectl.asked("config") == [["config", "view", "-o=json", "--as=bob"]]
    assert api.requests == []


WORDS = [
    ('error: context "prod" does not exist', Why.NO_CONFIG, "context prod does not exist"),
    ("error: unknown flag: --append-server-path", Why.NO_PROGRAM, "kubectl is too old"),
    (
        "error: stat /no/where: no such file or directory",
        Why.NO_CONFIG,
        "kubeconfig /no/where does not exist",
    ),
    ("Please enter Username: error: EOF", Why.LOGIN, "has no credential for me"),
    ("error: something new", Why.FAILED, "kubectl failed: something new"),
    ("", Why.FAILED, "kubectl failed: no message"),
]


@pytest.mark.parametrize(("said", "why", "text"), WORDS, ids=[why for _, why, _ in WORDS])
def test_a_kubectl_that_ends_at_once(api: Api, said: str, why: Why, text: str) -> None:
    """What it says is put into words, for every request; the API server is not asked."""
    api.kubectl.instead("proxy", f"echo '{said}' >&2; exit 1")
    with ApiClient(way()) as client:
        unread = error(client)
        assert error(client, VERSION) == unread
    assert unread.why is why
    assert text in unread.text
    assert api.requests == []


def test_a_kubectl_that_is_missing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without kubectl on PATH nothing can be asked."""
    monkeypatch.setenv("PATH", "/nowhere")
    with ApiClient(way()) as client:
        unread = error(client)
    assert (unread.why, unread.text) == (
        Why.NO_PROGRAM,
        "kubectl is not installed, or not on PATH",
    )
    assert api.requests == []


def test_a_kubectl_that_does_not_start(api: Api) -> None:
    """One that hangs costs the time-out, once."""
    api.kubectl.instead("proxy", "exec sleep 600")
    began = time.monotonic()
    with ApiClient(way(timeout=0.3)) as client:
        assert error(client) == error(client)
        assert error(client).why is Why.TIMEOUT
    assert time.monotonic() - began < QUICKLY


def test_a_kubectl_that_is_killed(api: Api) -> None:
    """When somebody ends kubectl under us, that is reported, and nothing else is tried."""
    with ApiClient(way()) as client:
        assert client.get(VERSION).status == 200
        [number] = api.kubectl.processes("proxy")
        os.kill(number, signal.SIGKILL)
        unread = error(client)
        assert error(client, VERSION) == unread
    assert (unread.why, unread.text) == (Why.FAILED, "kubectl failed: it ended too early")


REASONS = [
    ("dial tcp 10.0.0.1:6443: connect: connection refused", Why.UNREACHABLE),
    ("dial tcp: lookup api.example.com: no such host", Why.UNREACHABLE),
    ("dial tcp 10.0.0.1:6443: connect: no route to host", Why.UNREACHABLE),
    ("tls: failed to verify certificate: x509: certificate signed by unknown authority",
     Why.UNREACHABLE),
    ("remote error: tls: bad certificate", Why.LOGIN),
    ("dial tcp 10.0.0.1:6443: i/o timeout", Why.TIMEOUT),
    ("getting credentials: exec: executable aws failed with exit code 255", Why.LOGIN),
    ("getting credentials: exec: executable aws not found", Why.NO_PROGRAM),
    ("EOF", Why.UNREACHABLE),
]  # fmt: skip


@pytest.mark.parametrize(("said", "why"), REASONS, ids=[said for said, _ in REASONS])
def test_kubectl_has_no_answer(api: Api, said: str, why: Why) -> None:
    """What kubectl says in the place of the API server is about the way: one request is enough."""
    api["*"] = kubectl_says(said)
    with ApiClient(way()) as client:
        unread = error(client)
        assert error(client, VERSION) == unread
    assert unread.why is why
    assert api.asked() == [PODS]


# Again


@pytest.mark.parametrize(
    "at_first",
    [
        status(429, retry_after="1"),
        status(500),
        cut,
        kubectl_says("EOF"),
    ],
    ids=["429", "500", "cut", "EOF"],
)
def test_a_request_that_fails_once_is_repeated(api: Api, at_first: Answer) -> None:
    """A server that has answered before is given a second chance, after a while."""
    api[PODS] = in_turn(at_first, as_usual)
    with ApiClient(way()) as client:
        client.get(VERSION)
        began = time.monotonic()
        assert client.get(PODS).json()["kind"] == "PodList"
        assert time.monotonic() - began >= 0.5
    assert api.asked() == [VERSION, PODS, PODS]


def test_a_busy_server_is_not_waited_for_in_vain(api: Api) -> None:
    """One that asks for more time than there is has refused."""
    api[PODS] = status(429, message="slow down", retry_after="60")
    began = time.monotonic()
    with ApiClient(way()) as client:
        reply = client.get(PODS)
    assert (reply.status, reply.message) == (429, "slow down")
    assert time.monotonic() - began < QUICKLY
    assert api.asked() == [PODS]


@pytest.mark.parametrize("code", [400, 403, 404, 410, 501])
def test_a_refusal_is_not_repeated(api: Api, code: int) -> None:
    """A server that knows what it says says it again."""
    api[PODS] = status(code)
    with ApiClient(way()) as client:
        assert client.get(PODS).status == code
    assert api.asked() == [PODS]


def test_a_first_request_that_is_lost_ends_it(api: Api) -> None:
    """Where nothing was ever answered, no other request is tried."""
    api[PODS] = cut
    with ApiClient(way()) as client:
        unread = error(client)
        assert error(client, VERSION) == unread
    assert unread.why is Why.GARBLED
    assert api.asked() == [PODS]


def test_a_credential_that_expires_ends_it(api: Api) -> None:
    """After 401 every request fails, without asking again."""
    api[PODS] = status(401, "Unauthorized")
    with ApiClient(way()) as client:
        assert client.get(VERSION).status == 200
        assert error(client).why is Why.LOGIN
        assert error(client, VERSION).why is Why.LOGIN
    assert api.asked() == [VERSION, PODS]


# The end


def test_a_server_that_stalls_costs_one_timeout(api: Api) -> None:
    """When the time is up every request ends: those under way, and those that come later."""
    api[PODS] = stalled
    with ApiClient(way(timeout=2)) as client, ThreadPoolExecutor(4) as pool:
        began = time.monotonic()
        client.get(VERSION)
        reasons = list(pool.map(lambda _: error(client), range(12)))
        assert time.monotonic() - began < QUICKLY
    assert {reason.why for reason in reasons} == {Why.TIMEOUT}
    assert {reason.text for reason in reasons} == {f"{SERVER} did not respond within 2 s"}
    assert len(api.asked(PODS)) <= 4


def test_a_server_that_stalls_is_no_login(api: Api) -> None:
    """The log of kubectl that an earlier answer was cut does not explain this one."""
    logged = "2026/11/23 12:00:00 httputil: ReverseProxy read error during body copy: EOF"
    api.kubectl.instead("proxy", f"echo '{logged}' >&2")
    api[PODS] = stalled
    with ApiClient(way()._replace(request_timeout=0.3)) as client:
        assert error(client).why is Why.TIMEOUT


def test_what_is_under_way_can_be_ended(api: Api) -> None:
    """Another thread can end a request that hangs."""
    api[PODS] = stalled
    with ApiClient(way()) as client, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(error, client)
        while PODS not in api.asked():
            time.sleep(0.01)
        client.abort()
        assert asking.result(timeout=QUICKLY).why is Why.NOT_ASKED


def test_each_thread_keeps_its_connection(api: Api) -> None:
    """A request does not open another connection, nor one through kubectl to the API server."""
    with ApiClient(way()) as client, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: client.get(PODS), range(20)))
    assert len(replies) == len(api.requests) == 20
    assert len({one.connection for one in api.requests}) <= 4


def test_the_cost_is_what_was_asked_and_received(api: Api) -> None:
    """Each request that was answered counts, with the bytes of its answer as they came."""
    api.put(*(pod(f"apps/{number}") for number in range(20)))
    api[PODS] = packed
    with ApiClient(way()) as client, ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda _: client.get(PODS, query="pods").document, range(20)))
        assert {len(document["items"]) for document in documents} == {20}
        assert client.cost.requests == client.requests("pods") == len(api.asked()) == 20
        assert 0 < client.cost.bytes < 20 * len(str(documents[0]))
        assert client.cost.bytes % 20 == 0


IMPERSONATING = (
    f'users "bob" is forbidden: User "{USER}" cannot impersonate resource "users" in API group ""'
)


@pytest.mark.parametrize(
    ("answer", "unread"),
    [
        (forbidden, denied("list pods")),
        (status(403, "Forbidden", IMPERSONATING), denied("impersonate users")),
        (status(403, "Forbidden", "no"), denied("list pods", user="this user")),
    ],
    ids=["listing", "impersonating", "no name"],
)
def test_a_refusal_names_who_lacks_which_right(api: Api, answer: Answer, unread: Unread) -> None:
    """The user is the one that the API server has seen."""
    api[PODS] = answer
    with ApiClient(way()) as client:
        assert client.get(PODS).refusal("list pods") == unread
