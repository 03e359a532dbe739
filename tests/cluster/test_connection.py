"""The connection to the API server: kubectl's arguments and errors, retries, timeouts."""

import os
import signal
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.proxy import Proxy, offered, opened
from fluxstatus.model.evidence import Unread, Why
from tests.builders import pod
from tests.cluster.faults import denied
from tests.fakes.scripted import (
    RESOURCES,
    SERVER,
    USER,
    Answer,
    Api,
    Asking,
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
QUICKLY = 15.0  # seconds, of the 20 that there are

REJECTED = (
    "/api/v1/(watch/)?(namespaces/[^/]+/)?secrets(/|$),"
    "/(api/v1|apis/[^/]+/[^/]+)/(namespaces/[^/]+/)?[^/]+/[^/]+/(exec|attach|portforward|proxy)(/|$),"
    "/api/v1/proxy(/|$)"
)


def way(*flags: str, timeout: float = 20) -> Access:
    """Return the access to the scripted API server."""
    return Access(flags=flags, deadline=Deadline(timeout))


def error(client: ApiClient, path: str = PODS) -> Unread:
    """Return why there is no answer for *path*."""
    with pytest.raises(ProgramError) as caught:
        client.get(path)
    return caught.value.unread


# kubectl


def test_kubectl_lets_only_reads_through(api: Api) -> None:
    """The proxy gets the user's flags, rejects writes and Secrets, and has a private socket."""
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
        f"--reject-paths={REJECTED}",
    ]
    assert not Path(socket).parent.exists()


@pytest.mark.usefixtures("api")
def test_a_proxy_on_offer_is_for_its_flags_and_its_block() -> None:
    """A kubectl that was started early serves who has its flags, and nobody after its end."""
    with Proxy(("--as=bob", "--context=here")) as early, offered(early):
        with opened(()) as other:
            assert other is not early
        assert opened(("--context=here", "--as=bob")) is early
    with Proxy(("--as=bob",)) as early, offered(early):
        pass
    with ApiClient(way("--as=bob")) as client:
        assert client.get(VERSION).status == 200


def test_the_cost_is_counted(api: Api) -> None:
    """Each request and each byte that is received counts, packed bytes as they come."""
    api[VERSION] = lambda asking: asking.send(b'{"gitVersion": "v1.37.2"}')
    with ApiClient(way()) as client:
        for _ in range(2):
            client.get(VERSION)
        assert (client.cost.requests, client.cost.bytes) == (2, 2 * 25)


def test_the_names_of_the_kubeconfig(api: Api) -> None:
    """The names come from `kubectl config view` with the same flags."""
    api.in_context("team-a")
    with ApiClient(way("--as=bob")) as client:
        known = client.kubeconfig
    assert (known.target.context, known.target.user, known.target.server) == ("here", "me", SERVER)
    assert known.namespace == "team-a"
    assert api.kubectl.asked("config") == [["config", "view", "-o=json", "--as=bob"]]
    assert api.requests == []


WORDS = [
    ('error: context "prod" does not exist', Why.NO_CONFIG, 'context "prod" does not exist'),
    ("error: unknown flag: --append-server-path", Why.NO_PROGRAM, "kubectl is too old"),
    (
        "error: stat /no/where: no such file or directory",
        Why.NO_CONFIG,
        "kubeconfig /no/where does not exist",
    ),
    ("Please enter Username: error: EOF", Why.LOGIN, "has no credentials for me"),
    ("error: something new", Why.FAILED, "kubectl failed: something new"),
    ("", Why.FAILED, "kubectl failed: no message"),
]


@pytest.mark.parametrize(("expected", "why", "text"), WORDS, ids=[why for _, why, _ in WORDS])
def test_a_kubectl_that_exits_at_once(api: Api, expected: str, why: Why, text: str) -> None:
    """Its error is explained, for every request, and no request is sent."""
    api.kubectl.instead("proxy", f"echo '{expected}' >&2; exit 1")
    with ApiClient(way()) as client:
        unread = error(client)
        assert error(client, VERSION) == unread
    assert unread.why is why
    assert text in unread.text
    assert api.requests == []


def test_a_kubectl_that_is_missing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without kubectl on PATH nothing can be read."""
    monkeypatch.setenv("PATH", "/nowhere")
    with ApiClient(way()) as client:
        unread = error(client)
    assert (unread.why, unread.text) == (
        Why.NO_PROGRAM,
        "kubectl is not installed or not in your PATH",
    )
    assert api.requests == []


def test_a_kubectl_that_does_not_start(api: Api) -> None:
    """A kubectl that hangs costs one timeout."""
    api.kubectl.instead("proxy", "exec sleep 60")
    began = time.monotonic()
    with ApiClient(way(timeout=0.3)) as client:
        assert error(client) == error(client)
        assert error(client).why is Why.TIMEOUT
    assert time.monotonic() - began < QUICKLY


def test_a_kubectl_that_is_killed(api: Api) -> None:
    """A killed kubectl is reported as such, and no other request is made."""
    with ApiClient(way()) as client:
        assert client.get(VERSION).status == 200
        [number] = api.kubectl.processes("proxy")
        os.kill(number, signal.SIGKILL)
        unread = error(client)
        assert error(client, VERSION) == unread
    assert (unread.why, unread.text) == (Why.FAILED, "kubectl failed: it exited unexpectedly")


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


@pytest.mark.parametrize(("expected", "why"), REASONS, ids=[expected for expected, _ in REASONS])
def test_kubectl_has_no_answer(api: Api, expected: str, why: Why) -> None:
    """An error of kubectl itself concerns the whole cluster: no other request is made."""
    api["*"] = kubectl_says(expected)
    with ApiClient(way()) as client:
        unread = error(client)
        assert error(client, VERSION) == unread
    assert unread.why is why
    assert api.asked() == [PODS]


# Retries


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
def test_a_request_that_fails_once_is_retried(api: Api, at_first: Answer) -> None:
    """A request to a server that has answered before is retried, after a pause."""
    api[PODS] = in_turn(at_first, as_usual)
    with ApiClient(way()) as client:
        client.get(VERSION)
        began = time.monotonic()
        assert client.get(PODS).json()["kind"] == "PodList"
        assert time.monotonic() - began >= 0.5
    assert api.asked() == [VERSION, PODS, PODS]


@pytest.mark.parametrize(("code", "tries"), [(429, 5), (500, 2), (502, 2), (503, 2), (504, 2)])
def test_a_server_that_stays_busy(
    api: Api, monkeypatch: pytest.MonkeyPatch, code: int, tries: int
) -> None:
    """A server that limits requests is asked more often than one that fails."""
    monkeypatch.setattr("fluxstatus.cluster.client._BUSY", 0.01)
    api[PODS] = status(code)
    with ApiClient(way()) as client:
        assert client.get(PODS).status == code
    assert api.asked() == [PODS] * tries


def test_a_busy_server_with_a_long_retry_after(api: Api) -> None:
    """When Retry-After exceeds the time left, the request is not retried."""
    api[PODS] = status(429, message="slow down", retry_after="60")
    began = time.monotonic()
    with ApiClient(way()) as client:
        reply = client.get(PODS)
    assert (reply.status, reply.message) == (429, "slow down")
    assert time.monotonic() - began < QUICKLY
    assert api.asked() == [PODS]


@pytest.mark.parametrize("code", [400, 403, 404, 410, 501])
def test_a_refusal_is_not_retried(api: Api, code: int) -> None:
    """Other errors are final."""
    api[PODS] = status(code)
    with ApiClient(way()) as client:
        assert client.get(PODS).status == code
    assert api.asked() == [PODS]


def test_a_lost_first_request_is_not_retried(api: Api) -> None:
    """When the first request is lost, no other is made."""
    api[PODS] = cut
    with ApiClient(way()) as client:
        unread = error(client)
        assert error(client, VERSION) == unread
    assert unread.why is Why.GARBLED
    assert api.asked() == [PODS]


def test_a_rejected_credential_ends_all_requests(api: Api) -> None:
    """After a 401, every request fails without being sent."""
    api[PODS] = status(401, "Unauthorized")
    with ApiClient(way()) as client:
        assert client.get(VERSION).status == 200
        assert error(client).why is Why.LOGIN
        assert error(client, VERSION).why is Why.LOGIN
    assert api.asked() == [VERSION, PODS]


def test_the_words_of_kubectl_may_be_no_text(api: Api) -> None:
    """A message in another encoding is shown as far as it can be read."""
    api[PODS] = in_bytes(b"proxyconnect tcp: \xff\xfe")
    with ApiClient(way()) as client:
        assert "through the proxy: proxyconnect tcp: " in error(client).text


def in_bytes(text: bytes) -> Answer:
    """Answer as kubectl does, with any *text*."""

    def answer(request: Asking) -> None:
        request.of_kubectl = True  # no Audit-Id
        request.send(text, 500, {"Content-Type": "text/plain"})
        request.of_kubectl = False

    return answer


# Timeouts and costs


def test_the_clock_of_the_server(api: Api) -> None:
    """Of the fastest answer, halfway; the header has whole seconds."""
    date, there = "Mon, 23 Nov 2026 04:12:00 GMT", 1_795_407_120.0
    with ApiClient(way()) as client:
        assert client.clock_skew is None
        for sent, seconds, skew in [(100, 4, 101.5), (50, 2, 50.5), (90, 2, 50.5), (90, 3, 50.5)]:
            client._compare_clocks(date, there + sent, seconds)  # noqa: SLF001 - without waiting
            assert client.clock_skew == pytest.approx(skew)
        client._compare_clocks("no date", there, 1)  # noqa: SLF001 - see above
        assert client.clock_skew == pytest.approx(50.5)
    assert api.requests == []


def test_a_server_that_stalls_costs_one_timeout(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """When --timeout is over, requests in progress and later ones fail."""
    monkeypatch.setattr("fluxstatus.cluster.client._GRACE", 120)  # for a busy machine
    api[PODS] = stalled
    with ApiClient(way(timeout=6)) as client, ThreadPoolExecutor(4) as pool:
        began = time.monotonic()
        client.get(VERSION)
        reasons = list(pool.map(lambda _: error(client), range(12)))
        assert time.monotonic() - began < 5 * 6  # not one after the other: 12 times
    assert {reason.why for reason in reasons} == {Why.TIMEOUT}
    assert {reason.text for reason in reasons} == {f"{SERVER} did not respond within 6 s"}
    assert len(api.asked(PODS)) <= 4


def test_a_stalled_request_is_no_login(api: Api) -> None:
    """A log line of kubectl about an earlier failure is no login prompt."""
    logged = "2026/11/23 12:00:00 httputil: ReverseProxy read error during body copy: EOF"
    api.kubectl.instead("proxy", f"echo '{logged}' >&2")
    api[PODS] = stalled
    with ApiClient(replace(way(), request_timeout=0.3)) as client:
        assert error(client).why is Why.TIMEOUT


def test_a_request_in_progress_can_be_aborted(api: Api) -> None:
    """Another thread can abort a request that hangs."""
    api[PODS] = stalled
    with ApiClient(way()) as client, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(error, client)
        while PODS not in api.asked():
            time.sleep(0.01)
        client.abort()
        assert asking.result(timeout=QUICKLY).why is Why.NOT_REQUESTED


def test_each_thread_keeps_its_connection(api: Api) -> None:
    """Requests of a thread share one connection."""
    with ApiClient(way()) as client, ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: client.get(PODS), range(20)))
    assert len(replies) == len(api.requests) == 20
    assert len({one.connection for one in api.requests}) <= 4


def test_the_cost_counts_requests_and_bytes(api: Api) -> None:
    """Each answered request counts, with its bytes on the wire."""
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
def test_a_refusal_names_the_user_and_the_permission(
    api: Api, answer: Answer, unread: Unread
) -> None:
    """The user is the one in the API server's message."""
    api[PODS] = answer
    with ApiClient(way()) as client:
        assert client.get(PODS).refusal("list pods") == unread
