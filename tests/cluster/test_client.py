"""The client of the API server: what it lets through, and what it does on errors."""

import gzip
import os
import re
import signal
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Why
from tests.fakes.api_server import HEALTHY, ApiServer, Request, hang
from tests.fakes.kubeconfigs import kubeconfig
from tests.fakes.processes import gone, running
from tests.kubernetes.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]

PODS = "/api/v1/pods"


def access(file: Path, *flags: str) -> Access:
    """Return the access to the cluster of a kubeconfig."""
    return Access(flags=(f"--kubeconfig={file}", *flags), deadline=Deadline(20))


def to(server: ApiServer, folder: Path) -> Access:
    """Return the access to a fake API server."""
    return access(kubeconfig(folder / "kubeconfig", server.url))


def socket_of(file: Path) -> Path:
    """Return the socket of the kubectl that runs with a kubeconfig."""
    [command] = running(f"--kubeconfig={file} ").values()
    found = re.search(r"--unix-socket=(\S+)", command)
    assert found
    return Path(found[1])


def status(at: Path, method: str, path: str) -> int:
    """Send a request to a Unix socket, and return the status of the answer."""
    line = HTTPConnection("localhost")
    line.sock = socket.socket(socket.AF_UNIX)
    line.sock.connect(str(at))
    line.request(method, path, body=b"{}" if method != "GET" else None)
    try:
        return line.getresponse().status
    finally:
        line.close()


SECRETS = (
    "/api/v1/secrets",
    "/api/v1/secrets?limit=1",
    "/api/v1/secrets/",
    "/api/v1/%73ecrets",
    "/api/v1/namespaces/team-a/secrets",
    "/api/v1/namespaces/team-a/secrets/token",
    "/api/v1/namespaces/team-a/secrets?watch=true",
    "/api/v1/watch/secrets",
    "/api/v1/watch/namespaces/team-a/secrets/token",
)
DOORS = (
    "/api/v1/namespaces/team-a/pods/x/exec?command=sh",
    "/api/v1/namespaces/team-a/pods/x/attach",
    "/api/v1/namespaces/team-a/pods/x/portforward",
    "/api/v1/namespaces/team-a/pods/x/proxy/",
    "/api/v1/namespaces/team-a/services/http:x:80/proxy/admin",
    "/api/v1/nodes/worker-1/proxy/exec",
    "/api/v1/proxy/namespaces/team-a/services/x",
    "/apis/subresources.kubevirt.io/v1/namespaces/team-a/virtualmachineinstances/x/portforward/22",
    "/k8s/clusters/c-1/api/v1/namespaces/team-a/secrets/token",
)
NAMES = ("secrets", "exec", "attach", "portforward", "proxy")
PLACES = (
    "/api/v1/namespaces/{}",
    "/api/v1/namespaces/{}/events?limit=1",
    "/api/v1/namespaces/team-a/pods/{}",
    "/api/v1/namespaces/{0}/services/{0}",
    "/api/v1/nodes/{}",
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/apps/v1/namespaces/{0}/deployments/{0}",
    "/apis/velero.io/v1/namespaces/{}/backups",
    "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{0}/kustomizations/{0}",
    "/apis/storage.k8s.io/v1/storageclasses/{}",
)


@pytest.mark.parametrize("name", NAMES)
def test_an_object_or_a_namespace_may_have_any_name(
    server: ApiServer, tmp_path: Path, name: str
) -> None:
    """That of a resource that is not read, too: kubectl passes the request on."""
    paths = [place.format(name) for place in PLACES]
    with ApiClient(to(server, tmp_path)) as api:
        assert api.get(PODS).status == 200
        at = socket_of(tmp_path / "kubeconfig")
        answers = {path: status(at, "GET", path) for path in paths}
        hidden = {path: status(at, "GET", path) for path in (*SECRETS, *DOORS)}
    assert 403 not in answers.values(), answers
    assert server.asked()[-len(paths) :] == paths
    assert set(hidden.values()) == {403}, hidden


def test_kubectl_refuses_all_that_is_not_reading(cluster: Cluster) -> None:
    """A request that changes, shows a Secret or leads elsewhere gets 403, not the server."""
    file = cluster.kubeconfig("admin")
    with ApiClient(access(file)) as api:
        at = socket_of(file)
        changes = [status(at, method, PODS) for method in ("POST", "PUT", "PATCH", "DELETE")]
        hidden = [status(at, "GET", path) for path in (*SECRETS, *DOORS)]
        assert cluster.audit("admin") == []
        assert api.get(PODS).status == 200
        assert status(at, "GET", "/apis/secrets.example.com/v1") == 404
    assert set(changes) == {403}
    assert set(hidden) == {403}
    assert [request.uri for request in cluster.audit("admin")][:1] == [PODS]


def test_the_socket_is_private_and_goes_away(cluster: Cluster) -> None:
    """No other user can reach it, and nothing is left after the block, however it ends."""
    file = cluster.kubeconfig("viewer")
    with suppress(ZeroDivisionError), ApiClient(access(file)) as api:
        at = socket_of(file)
        assert stat.S_IMODE(at.parent.stat().st_mode) == 0o700
        assert api.get(PODS).status == 200
        raise ZeroDivisionError
    assert not at.parent.exists()
    assert gone(str(file))


def test_a_long_temporary_folder_does_not_matter(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path of a socket is limited to about 100 bytes; a longer TMPDIR is not used."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with ApiClient(to(server, tmp_path)) as api:
        assert api.get(PODS).status == 200
        assert len(str(socket_of(tmp_path / "kubeconfig"))) < 104


def test_answers_are_counted(server: ApiServer, tmp_path: Path) -> None:
    """The cost counts compressed bytes, and each thread keeps its connection."""
    text = b'{"kind": "PodList"}' + b" " * 100_000
    packed = gzip.compress(text)
    server.ill["pods"] = lambda request: request.send(packed, headers={"Content-Encoding": "gzip"})
    with ApiClient(to(server, tmp_path)) as api, ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda _: api.get(PODS).document, range(20)))
        assert documents == [{"kind": "PodList"}] * 20
        assert (api.cost.requests, api.cost.bytes) == (20, 20 * len(packed))
        assert 0 < api.cost.seconds < 20


def test_kubectl_speaks_for_whom_the_flags_name(cluster: Cluster) -> None:
    """The flags of impersonation work, and the API server learns who we are."""
    file = cluster.kubeconfig("admin")
    with ApiClient(access(file, "--as=nobody")) as api:
        assert (
            api.get(PODS).refusal("list pods").text == 'user "nobody" is not allowed to list pods'
        )
    [request] = cluster.audit("admin")
    assert request.agent.startswith("kubectl-flux-status/")


def test_impersonation_that_is_not_allowed(cluster: Cluster) -> None:
    """Then that permission is missing, not the one to list."""
    with ApiClient(access(cluster.kubeconfig("viewer"), "--as=nobody")) as api:
        unread = api.get(PODS).refusal("list pods", " in all namespaces")
    assert (unread.why, unread.permission) == (Why.FORBIDDEN, "impersonate users")
    assert unread.text == 'user "viewer" is not allowed to impersonate users'


def test_a_server_below_a_path_is_reached(server: ApiServer, tmp_path: Path) -> None:
    """Rancher and others have their API servers at https://host/k8s/clusters/ID."""
    file = kubeconfig(tmp_path / "kubeconfig", f"{server.url}/k8s/clusters/c-1")
    with ApiClient(access(file)) as api:
        assert api.get(PODS).status == 200
        assert api.kubeconfig.target.server == f"{server.url}/k8s/clusters/c-1"
    assert server.asked() == [f"/k8s/clusters/c-1{PODS}"]


def test_clocks_are_compared(server: ApiServer, tmp_path: Path) -> None:
    """Slow answers, such as those that include a login, are ignored if there is a fast one."""

    def slow(_: Request) -> object:
        time.sleep(3)
        return HEALTHY

    server.ill["pods"] = slow
    server.set_clock(ahead=100)
    with ApiClient(to(server, tmp_path)) as api:
        for path in (PODS, "/version", PODS):
            api.get(path)
        assert api.clock_skew == pytest.approx(-100, abs=1.4)  # that of the slow answer is 1.5 off
        ahead = api.now - datetime.now(UTC)
        assert ahead.total_seconds() == pytest.approx(100, abs=1.4)


def test_a_hung_server_costs_one_timeout(server: ApiServer, tmp_path: Path) -> None:
    """When the time is up, every request ends: those under way and later ones."""
    server.ill["pods"] = hang
    with ApiClient(replace(to(server, tmp_path), deadline=Deadline(1.5))) as api:
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            errors = list(pool.map(lambda _: _error(api), range(12)))
        assert time.monotonic() - began < 10 * 1.5  # not one after the other: 12 times
    assert {error.unread.why for error in errors} == {Why.TIMEOUT}
    assert len(server.asked()) <= 4


def test_one_request_may_have_its_own_limit(server: ApiServer, tmp_path: Path) -> None:
    """With --request-timeout a slow list is given up, and the others are still read."""
    server.ill["pods"] = hang
    with ApiClient(replace(to(server, tmp_path), request_timeout=0.5)) as api:
        assert api.get("/version").status == 200
        assert _error(api).unread.why is Why.TIMEOUT
        assert api.get("/api/v1/services").status == 200


def test_a_server_that_is_lost_is_tried_once_more(server: ApiServer, tmp_path: Path) -> None:
    """A connection that is lost once does no harm."""

    def cut(request: Request) -> object:
        # kubectl itself asks again when a connection that it had is closed.
        if request.nth <= 2:
            request.connection.shutdown(socket.SHUT_RDWR)
            request.close_connection = True
            return None
        return HEALTHY

    with ApiClient(to(server, tmp_path)) as api:
        assert api.get("/version").status == 200
        server.ill["pods"] = cut
        assert api.get(PODS).status == 200


def test_a_server_that_went_away_is_not_asked_again_and_again(cluster: Cluster) -> None:
    """The first requests that notice report it, and all others fail at once."""
    with ApiClient(access(cluster.kubeconfig("viewer"))) as api:
        assert api.get(PODS).status == 200
        cluster.kill_apiserver()
        try:
            began = time.monotonic()
            errors = [_error(api) for _ in range(20)]
            assert time.monotonic() - began < 15  # of 20
        finally:
            cluster.resume()
    assert {error.unread.why for error in errors} == {Why.UNREACHABLE}


def test_a_kubectl_that_is_killed_is_no_riddle(cluster: Cluster) -> None:
    """If kubectl is killed, that is reported at once."""
    file = cluster.kubeconfig("viewer")
    with ApiClient(access(file)) as api:
        assert api.get(PODS).status == 200
        [number] = running(f"--kubeconfig={file} ")
        os.kill(number, signal.SIGKILL)
        error = _error(api)
    assert (error.unread.why, error.unread.text) == (
        Why.FAILED,
        "kubectl failed: it exited unexpectedly",
    )


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_given_the_time_it_asks_for(
    server: ApiServer, tmp_path: Path, code: int
) -> None:
    """Retry-After is respected, and the second answer counts."""
    times: list[float] = []

    def busy(request: Request) -> object:
        times.append(request.came)
        if request.nth > 1:
            return HEALTHY
        request.refuse(code, "try again later", {"Retry-After": "2"})
        return None

    server.ill["pods"] = busy
    with ApiClient(to(server, tmp_path)) as api:
        assert api.get(PODS).status == 200
    assert times[1] - times[0] >= 2


def test_a_busy_server_is_not_waited_for_in_vain(server: ApiServer, tmp_path: Path) -> None:
    """If it asks for more time than is left, its refusal is the answer, at once."""
    server.ill["pods"] = lambda request: request.refuse(429, "slow down", {"Retry-After": "60"})
    with ApiClient(to(server, tmp_path)) as api:
        began = time.monotonic()
        reply = api.get(PODS)
        assert time.monotonic() - began < 15  # of 20
    assert (reply.status, reply.message) == (429, "slow down")
    assert reply.refusal("list pods").why is Why.FAILED


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"{}" * 1000)[:-20], b"no gzip"],
    ids=["truncated", "not gzip"],
)
def test_a_damaged_answer_is_garbled(server: ApiServer, tmp_path: Path, body: bytes) -> None:
    """A body that cannot be decompressed is an error of that request only."""
    server.ill["pods"] = lambda request: request.send(body, headers={"Content-Encoding": "gzip"})
    with ApiClient(to(server, tmp_path)) as api:
        assert api.get("/version").status == 200
        assert _error(api).unread.why is Why.GARBLED
        assert api.get("/version").status == 200


def test_an_answer_that_breaks_off_is_garbled(server: ApiServer, tmp_path: Path) -> None:
    """Half a list is never taken for a list; the next request succeeds."""

    def half(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b'{"items": [')
        request.close_connection = True

    server.ill["pods"] = half
    with ApiClient(to(server, tmp_path)) as api:
        assert api.get("/version").status == 200
        assert _error(api).unread.why is Why.GARBLED
        assert api.get("/version").status == 200


def test_closing_the_client_ends_open_requests(server: ApiServer, tmp_path: Path) -> None:
    """Another thread can end a request that hangs."""
    server.ill["pods"] = hang
    with ApiClient(to(server, tmp_path)) as api, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(_error, api)
        while PODS not in server.asked():
            time.sleep(0.01)
        api.abort()
        assert asking.result(timeout=15).unread.why is Why.NOT_REQUESTED


def _error(api: ApiClient) -> ProgramError:
    with pytest.raises(ProgramError) as caught:
        api.get(PODS)
    return caught.value


def test_an_impossible_date_tells_no_time(server: ApiServer, tmp_path: Path) -> None:
    """The time zone of the header is beyond what a time can have."""

    def odd(request: Request) -> object:
        request.date_time_string = (  # type: ignore[method-assign]
            lambda timestamp=None: f"Mon, 01 Jan 2026 00:00:00 +{timestamp or '9' * 14}"
        )
        return HEALTHY

    server.ill["pods"] = odd
    with ApiClient(to(server, tmp_path)) as api:
        assert api.get(PODS).status == 200
        assert api.clock_skew is None


def test_a_compressed_answer_is_unpacked_in_pieces(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few KB may unpack to any size, and are never held unpacked as a whole."""
    sizes: list[int] = []
    monkeypatch.setattr(
        "fluxstatus.cluster.client.json_stream.read",
        lambda chunks, _: sizes.extend(map(len, chunks)),
    )
    packed = gzip.compress(b" " * 50_000_000)
    server.ill["pods"] = lambda request: request.send(packed, headers={"Content-Encoding": "gzip"})
    with ApiClient(to(server, tmp_path)) as api:
        api.get(PODS)
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 1 << 20
