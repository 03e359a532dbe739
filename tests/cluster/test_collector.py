"""What the check reads from a cluster, how often, and how it reports missing or odd answers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest

from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import Progress, collect
from fluxstatus.cluster.queries import LARGE_PAGE as AT_ONCE
from fluxstatus.cluster.queries import QUERIES
from fluxstatus.model.evidence import Evidence, Why
from fluxstatus.model.kinds import KINDS, RESOURCES
from tests.fakes.api_server import (
    HEALTHY,
    HELM_RELEASES,
    KUSTOMIZATIONS,
    ApiServer,
    Illness,
    Request,
    hang,
)
from tests.fakes.kubeconfigs import kubeconfig, login_program
from tests.fakes.processes import gone, running
from tests.fakes.programs import program
from tests.kubernetes import load
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.flux_system import flux_system

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAGE = 500  # of what may be large
CONTROLLERS = "deployments.apps/controllers"
OPERATOR = "deployments.apps/operator"
MEGABYTES = 1 << 20


@pytest.fixture(name="here")
def _here(server: ApiServer, tmp_path: Path) -> Access:
    """Return the access to the fake API server."""
    return to(kubeconfig(tmp_path / "kubeconfig", server.url))


def to(file: Path, *namespaces: str) -> Access:
    """Return the access to the cluster of a kubeconfig."""
    return Access((f"--kubeconfig={file}",), namespaces, timeout=20)


def why(evidence: Evidence, query: str) -> Why | None:
    """Return why the answer to a query is incomplete, None if it is complete."""
    unread = evidence.answer(query).unread
    return unread.why if unread else None


def sizes(evidence: Evidence) -> dict[str, int]:
    """Return the number of objects in each answer that has any."""
    return {name: len(answer.known) for name, answer in evidence.answers.items() if answer.known}


# A real API server


def test_all_of_flux_is_read(cluster: Cluster) -> None:
    """Every object is read, with its kind and version and without the fields to drop."""
    objects = [*flux_system(NOW), *load.fleet(400, NOW, blocked=10)]
    cluster.put(objects)
    evidence = collect(to(cluster.kubeconfig("admin")))
    put = Counter(KINDS[one["kind"]].resource for one in objects if one["kind"] in KINDS)
    beside = {CONTROLLERS: 5, OPERATOR: 1, "pods": 6, "services": 4}
    assert sizes(evidence) == {**put, **beside}
    assert not [name for name in evidence.answers if why(evidence, name)]
    assert evidence.served is not None
    assert evidence.served.keys() == RESOURCES.keys()
    assert evidence.unreachable is None
    for name, answer in evidence.answers.items():
        kind = RESOURCES.get(name)
        for item in answer.known:
            assert item["kind"] == (kind.name if kind else item["kind"])
            assert "/v" in f"/{item['apiVersion']}"
            assert "managedFields" not in item["metadata"]
    assert evidence.target.context == "kfs-admin"
    assert evidence.target.kubernetes.startswith("v1.")
    assert evidence.clock_skew is not None
    assert abs(evidence.clock_skew) < 2


def test_the_api_server_is_asked_little_and_only_to_read(cluster: Cluster) -> None:
    """One request for each kind, at most eight others; only get and list, and never a Secret."""
    cluster.put([*flux_system(NOW), *load.fleet(600, NOW, blocked=100)])
    cluster.forget_audit()
    evidence = collect(
        to(cluster.kubeconfig("admin")), workload_namespaces=lambda _: {"team-000", "team-001"}
    )
    requests = cluster.audit("admin")
    assert evidence.served
    assert len(requests) <= len(evidence.served) + 8
    assert len(requests) == evidence.cost.requests
    assert {request.verb for request in requests} == {"get", "list"}
    assert not [request.uri for request in requests if "secret" in request.uri]
    assert {request.code for request in requests} == {200}


PEAK = """
import pathlib, re, resource

def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # on Linux getrusage also counts what the parent was before exec
        return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""


def test_ten_thousand_objects_need_little_memory(cluster: Cluster) -> None:
    """They are read in few requests, and only the fields that are used are kept."""
    cluster.put(load.fleet(10_000, NOW))
    cluster.forget_audit()
    script = PEAK + (
        "import sys\n"
        "from fluxstatus.cluster.client import Access\n"
        "from fluxstatus.cluster.collector import collect\n"
        "evidence = collect(Access(flags=(sys.argv[1],), timeout=300))\n"
        "print(sum(len(answer.items) for answer in evidence.answers.values()))\n"
        "print(peak())\n"
    )
    flag = f"--kubeconfig={cluster.kubeconfig('admin')}"
    said = subprocess.run(
        [sys.executable, "-c", script, flag], capture_output=True, text=True, check=True
    )
    count, peak = map(int, said.stdout.split())
    assert count == 10_000
    assert peak < 250 * MEGABYTES
    assert len(cluster.audit("admin")) <= len(RESOURCES) + 8


def test_what_is_not_installed_is_absent(bare_cluster: Cluster) -> None:
    """Without any CRD of Flux this is known for certain, and there is no Deployment either."""
    evidence = collect(to(bare_cluster.kubeconfig("admin")))
    assert evidence.served == {}
    assert {why(evidence, name) for name in RESOURCES} == {Why.ABSENT}
    assert not [name for name in QUERIES if why(evidence, name) or evidence.answer(name).known]


def test_the_version_that_is_served_is_asked_for(bare_cluster: Cluster) -> None:
    """No version is hard-coded: of an older Flux, the version that it serves is read."""
    bare_cluster.install_crds("v2.7.5", kinds=["GitRepository", "ImagePolicy"])
    evidence = collect(to(bare_cluster.kubeconfig("admin")))
    assert evidence.served == {
        "gitrepositories.source.toolkit.fluxcd.io": "v1",
        "imagepolicies.image.toolkit.fluxcd.io": "v1",
    }
    assert why(evidence, "imagepolicies.image.toolkit.fluxcd.io") is None
    assert why(evidence, "buckets.source.toolkit.fluxcd.io") is Why.ABSENT


def test_what_is_forbidden_names_the_missing_rule(cluster: Cluster) -> None:
    """A user without permissions learns which one each query needs; no answer is empty."""
    cluster.put(flux_system(NOW))
    evidence = collect(to(cluster.kubeconfig("nobody")))
    assert evidence.unreachable is None
    for name in (*RESOURCES, CONTROLLERS, OPERATOR, "events", "pods", "services"):
        answer = evidence.answer(name)
        assert answer.unread
        assert answer.unread.why is Why.FORBIDDEN
        assert answer.unread.text.startswith('user "nobody" is not allowed to list ')
    missing = {evidence.answer(name).unread.permission for name in RESOURCES}  # type: ignore[union-attr]
    assert missing == {f"list {name}" for name in RESOURCES}
    assert evidence.answer("events").unread.permission == "list events"  # type: ignore[union-attr]


def test_a_part_may_be_forbidden(cluster: Cluster) -> None:
    """With the usual role "view" everything is read that this role allows."""
    cluster.put(flux_system(NOW))
    evidence = collect(to(cluster.kubeconfig("viewer")))
    assert {name for name in evidence.answers if why(evidence, name)} == {
        "fluxinstances.fluxcd.controlplane.io",
        "fluxreports.fluxcd.controlplane.io",
    }


@pytest.mark.parametrize("chosen", [("team-a", "team-b"), ()], ids=["by -n", "by the context"])
def test_where_only_a_namespace_is_allowed_that_is_read(
    cluster: Cluster, chosen: tuple[str, ...]
) -> None:
    """The namespaces of -n are read, else that of the context; the answer is marked as a part."""
    fleet = load.fleet(60, NOW)
    cluster.put([{**o, "metadata": {**o["metadata"], "namespace": "team-a"}} for o in fleet[5:]])
    file = cluster.kubeconfig("namespaced", namespace=None if chosen else "team-a")
    evidence = collect(to(file, *chosen))
    answer = evidence.answer(KINDS["Kustomization"].resource)
    assert len(answer.known) > 10
    assert answer.namespaces == ("team-a",)
    assert answer.unread
    assert answer.unread.permission == f"list {KINDS['Kustomization'].resource}"
    assert "in all namespaces" in answer.unread.text
    assert evidence.answer("events").namespaces == ("team-a",)


def test_no_namespace_is_guessed(cluster: Cluster) -> None:
    """Without a namespace in the context, flux-system and default are not guessed."""
    file = cluster.kubeconfig("namespaced")
    collect(to(file))
    assert not [request.uri for request in cluster.audit("namespaced") if request.namespace]


def test_a_server_that_freezes_ends_the_run_in_time(cluster: Cluster) -> None:
    """The evidence reports a server that accepts connections and never responds."""
    access = to(cluster.kubeconfig("viewer"))._replace(timeout=3)
    cluster.pause()
    try:
        began = time.monotonic()
        evidence = collect(access)
        took = time.monotonic() - began
    finally:
        cluster.resume()
    assert took < 2 * 3  # one time-out, not one for each question
    assert evidence.unreachable
    assert evidence.unreachable.why is Why.TIMEOUT
    assert why(evidence, KUSTOMIZATIONS) is Why.TIMEOUT
    assert evidence.target.context == "kfs-viewer"


# What a real API server does not do on demand


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


def refuse(status: int) -> Illness:
    """Refuse."""
    return lambda request: request.refuse(status, "no")


@pytest.mark.parametrize(
    ("illness", "reason"),
    [
        pytest.param(refuse(410), Why.FAILED, id="expired"),
        pytest.param(refuse(500), Why.FAILED, id="500"),
        pytest.param(refuse(403), Why.FORBIDDEN, id="403"),
        pytest.param(refuse(404), Why.ABSENT, id="404"),
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


@pytest.mark.parametrize(
    "change",
    [
        {"items": None},
        {"items": {}},
        {"items": [None]},
        {"items": [{"spec": {}}]},
        {"kind": "Status"},
        {"kind": None},
        {"apiVersion": "v1"},
        {"metadata": None},
    ],
    ids=str,
)
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
    assert time.monotonic() - began < 10  # of 20
    assert len(evidence.answer(KUSTOMIZATIONS).known) == AT_ONCE
    assert why(evidence, KUSTOMIZATIONS) is Why.UNREACHABLE
    assert evidence.unreachable is None


@pytest.mark.parametrize(
    ("illness", "reason", "text"),
    [
        pytest.param(
            lambda r: r.send("<html>log in</html>"),
            Why.GARBLED,
            "is not a Kubernetes API server: it responded with 200 and without JSON",
            id="HTML",
        ),
        pytest.param(
            lambda r: r.send("", 302, {"Location": "/login"}),
            Why.GARBLED,
            "is not a Kubernetes API server: it responded with 302 and without JSON",
            id="redirect",
        ),
        pytest.param(lambda r: r.send({"kind": "Pet"}), Why.GARBLED, "is not a", id="other JSON"),
        pytest.param(lambda r: r.send([]), Why.GARBLED, "is not a", id="JSON list"),
        pytest.param(refuse(500), Why.FAILED, "the API server returned an error: 500 no", id="500"),
        pytest.param(
            lambda r: r.send("", 502), Why.GARBLED, "responded with 502", id="502 of a gateway"
        ),
        pytest.param(refuse(401), Why.LOGIN, "rejected the credentials of me", id="401"),
        pytest.param(
            lambda r: r.refuse(403, 'forbidden: User "system:anonymous" cannot get path "/apis"'),
            Why.LOGIN,
            "treats the request as system:anonymous",
            id="anonymous",
        ),
    ],
)
def test_the_first_answer_decides(
    server: ApiServer, here: Access, illness: Illness, reason: Why, text: str
) -> None:
    """Nothing else is requested if discovery fails."""
    server.ill["apis"] = illness
    evidence = collect(here)
    assert evidence.unreachable
    assert (evidence.unreachable.why, evidence.served) == (reason, None)
    assert text in evidence.unreachable.text
    assert set(server.asked()) == {"/apis"}
    assert why(evidence, KUSTOMIZATIONS) is reason
    assert evidence.target.server == server.url


def test_where_discovery_is_forbidden_the_rest_is_asked(server: ApiServer, here: Access) -> None:
    """Then no kind of Flux is read, for that reason, but the Deployments are."""
    server.ill["apis"] = lambda r: r.refuse(403, 'User "ci" cannot get path "/apis"')
    server.items["deployments"] = [{"metadata": {"name": "x", "namespace": "flux-system"}}]
    evidence = collect(here)
    assert (evidence.unreachable, evidence.served) == (None, None)
    unread = evidence.answer(KUSTOMIZATIONS).unread
    assert unread
    assert (unread.why, unread.permission) == (Why.FORBIDDEN, "get /apis")
    assert len(evidence.answer(CONTROLLERS).known) == 1


def test_old_servers_tell_group_by_group(server: ApiServer, here: Access) -> None:
    """Before Kubernetes 1.26 each version of a group is read; the first with a kind wins."""
    group = "kustomize.toolkit.fluxcd.io"
    versions = ("v1", "v1beta2")
    plain = {
        "kind": "APIGroupList",
        "groups": [
            {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]},
            {
                "name": group,
                "versions": [{"groupVersion": f"{group}/{v}", "version": v} for v in versions],
            },
        ],
    }
    verbs = ["get", "list"]
    resources = [
        {"name": "kustomizations", "verbs": verbs},
        {"name": "kustomizations/status", "verbs": ["get"]},
    ]
    only_old = {"name": "olds", "verbs": verbs}
    server.ill["apis"] = lambda r: r.send(plain)
    server.ill["v1"] = lambda r: r.send({"resources": resources})
    server.ill["v1beta2"] = lambda r: r.send({"resources": [*resources, only_old]})
    evidence = collect(here)
    assert evidence.served == {KUSTOMIZATIONS: "v1", f"olds.{group}": "v1beta2"}
    assert why(evidence, KUSTOMIZATIONS) is None
    assert server.asked("/apis/apps/v1?") == []


def test_a_server_may_not_know_its_version(server: ApiServer, here: Access) -> None:
    """The version of an unstamped build is unknown, as after an error."""
    assert collect(here).target.kubernetes == "v1.30.1"
    for illness in (lambda r: r.send({"gitVersion": "v0.0.0-master+$Format"}), refuse(403)):
        server.ill["version"] = illness
        assert collect(here).target.kubernetes == ""


def test_pods_and_services_are_asked_where_the_controllers_are(
    server: ApiServer, here: Access
) -> None:
    """One request for each namespace with a Deployment of Flux, none without any."""
    evidence = collect(here)
    assert not server.asked("pods") + server.asked("services")
    assert why(evidence, "pods") is None
    server.items["deployments"] = [
        {"metadata": {"name": name, "namespace": name[0]}} for name in ("ax", "ay", "bx")
    ]
    server.fill("pods", 2)
    evidence = collect(here)
    paths = [path.partition("?")[0] for path in server.asked("pods") + server.asked("services")]
    assert sorted(paths) == [
        f"/api/v1/namespaces/{where}/{what}" for where in "ab" for what in ("pods", "services")
    ]
    assert evidence.answer("pods").namespaces == ("a", "b")
    assert len(evidence.answer("pods").known) == 4


def test_without_deployments_pods_are_not_known_to_be_missing(
    server: ApiServer, here: Access
) -> None:
    """If the Deployments cannot be read, the pods are unread, too."""
    server.ill["deployments"] = refuse(403)
    evidence = collect(here)
    assert why(evidence, "pods") is why(evidence, "services") is Why.FORBIDDEN


@pytest.mark.parametrize(
    ("namespaces", "pods", "paths"),
    [
        ({"apps"}, 3, ["/api/v1/namespaces/apps/pods?limit=500"]),
        ({"apps", "web"}, 3, ["/api/v1/pods?limit=500"]),
        (
            {"apps", "web"},
            PAGE + 1,
            [
                "/api/v1/pods?limit=500",
                (
                    "/api/v1/pods?limit=500&fieldSelector=status.phase!=Running,"
                    "status.phase!=Succeeded"
                ),
            ],
        ),
        (set(), 3, []),
    ],
)
def test_workloads_take_few_requests(
    server: ApiServer, here: Access, namespaces: set[str], pods: int, paths: list[str]
) -> None:
    """One namespace: its pods; several: all pods or, if they are too many, those not running."""
    server.fill("helmreleases", 1)
    server.fill("pods", pods)

    def ask(answers: Any) -> set[str]:
        assert len(answers[HELM_RELEASES].items) == 1
        return namespaces

    evidence = collect(here, workload_namespaces=ask)
    assert server.asked("pods")[: len(paths)] == paths
    assert len(evidence.answer("workload-pods").known) == (pods if paths else 0)


def test_a_namespace_is_one_word_of_a_path(server: ApiServer, here: Access) -> None:
    """Whatever the value of -n, it leads to no other path."""
    server.ill["kustomizations"] = refuse(403)
    collect(here._replace(namespaces=("../../secrets?x=",)))
    asked = [path for path in server.asked("kustomizations") if "namespaces" in path]
    [path] = [path.partition("?")[0] for path in asked]
    assert path.endswith("/v1/namespaces/..%2F..%2Fsecrets%3Fx%3D/kustomizations")


# The command line of the Flux Operator


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'client: 0.59.0'", "0.59.0"),
        ("echo 'client: v1.2.3-rc.1'", "1.2.3-rc.1"),
        ("echo hello", Why.GARBLED),
        ("exit 1", Why.GARBLED),
        (None, Why.NO_PROGRAM),
    ],
)
def test_the_command_line_of_the_operator_is_looked_for(
    here: Access,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    said: str | Why,
) -> None:
    """Its version is reported, or why it is unknown; a missing CLI is not an error."""
    if script:
        program(tmp_path / "bin" / "flux-operator", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FLUXCD_PLUGINS", str(tmp_path))
    known = collect(here).programs["flux-operator"]
    assert (known if isinstance(known, str) else known.why) == said


def test_an_operator_command_line_that_hangs_is_ended(
    here: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs at most five seconds, and is ended."""
    hung = program(tmp_path / f"bin-{os.getpid()}" / "flux-operator", "sleep 60; true")
    monkeypatch.setenv("PATH", f"{hung.parent}{os.pathsep}{os.environ['PATH']}")
    began = time.monotonic()
    known = collect(here).programs["flux-operator"]
    assert time.monotonic() - began < 15  # of 20
    assert not isinstance(known, str)
    assert known.why is Why.TIMEOUT
    assert gone(str(hung))


# How a run goes and ends


def test_each_answer_is_told_when_it_is_there(server: ApiServer, here: Access) -> None:
    """Progress has every query, with the size and cost of its answer."""
    server.fill("helmreleases", 7)
    told: list[Progress] = []
    collect(here, told.append)
    of_lists = [KUSTOMIZATIONS, HELM_RELEASES, CONTROLLERS, OPERATOR, "events"]
    assert sorted(t.query for t in told if t.requests) == sorted([*of_lists, "apis", "version"])
    releases = next(t for t in told if t.query == HELM_RELEASES)
    assert (releases.text, releases.requests) == ("7 objects", 1)


def test_a_run_may_be_made_in_any_thread(here: Access) -> None:
    """A run in another thread leaves signals to the main thread."""
    found: list[Evidence] = []
    thread = threading.Thread(target=lambda: found.append(collect(here)))
    thread.start()
    thread.join(timeout=20)
    assert found[0].unreachable is None


_RUN = """
import sys
from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
print(flush=True)
evidence = collect(Access(flags=(sys.argv[1],), timeout=60))
sys.exit(f"was not ended: {evidence.unreachable}")
"""


class Run:
    """A run in its own process, with its own temporary directory."""

    def __init__(self, file: Path) -> None:
        self.flag = f"--kubeconfig={file} "
        # The path of a socket is limited: pytest's own folders are too deep for one.
        self.temporary = Path(tempfile.mkdtemp(prefix="kfs-", dir="/tmp"))
        self._popen = subprocess.Popen(
            [sys.executable, "-c", _RUN, self.flag.strip()],
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._popen.stdout
        self._popen.stdout.readline()  # before, the import system may swallow a signal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._popen.kill()
        self._popen.communicate()
        shutil.rmtree(self.temporary)

    def end(self, number: signal.Signals) -> None:
        """Send it a signal that must end it within ten seconds."""
        self._popen.send_signal(number)
        _, said = self._popen.communicate(timeout=10)
        assert self._popen.returncode in (-number, 128 + number), said

    def sockets(self) -> list[Path]:
        """Return the existing directories of sockets."""
        return list(self.temporary.glob("flux-status-*"))


def _hang_in_login(folder: Path, _: ApiServer) -> Path:
    login = program(folder / "login", "trap '' HUP; sleep 60; true")
    return kubeconfig(folder / "kubeconfig", "https://127.0.0.1:1", user=login_program(login))


def _hang_in_discovery(folder: Path, server: ApiServer) -> Path:
    server.ill["apis"] = hang
    return kubeconfig(folder / "kubeconfig", server.url)


def _hang_in_a_list(folder: Path, server: ApiServer) -> Path:
    server.ill.update(dict.fromkeys(("kustomizations", "helmreleases", "deployments"), hang))
    return kubeconfig(folder / "kubeconfig", server.url)


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL],
    ids=lambda number: number.name,
)
@pytest.mark.parametrize("stuck", [_hang_in_login, _hang_in_discovery, _hang_in_a_list])
def test_nothing_is_left_of_a_run_that_is_ended(
    server: ApiServer,
    tmp_path: Path,
    stuck: Callable[[Path, ApiServer], Path],
    number: signal.Signals,
) -> None:
    """However and whenever a run is ended: soon, without leaving kubectl, a plugin or a socket."""
    if number is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends children with their parent")
    login = str(tmp_path / "login")
    with Run(stuck(tmp_path, server)) as run:
        until = time.monotonic() + 10
        while not server.asked() and not running(login) and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.3)
        assert running(run.flag)
        assert run.sockets()
        run.end(number)
        assert gone(run.flag)
        if number is not signal.SIGKILL:
            assert gone(login)
            assert not run.sockets()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_run_can_be_ended_at_any_moment(
    server: ApiServer, tmp_path: Path, number: signal.Signals
) -> None:
    """No signal is lost while kubectl starts, and nothing is left behind."""
    file = _hang_in_discovery(tmp_path, server)
    for hundredths in range(1, 37, 3):
        with Run(file) as run:
            time.sleep(hundredths / 100)
            run.end(number)
            assert gone(run.flag)
            assert not run.sockets()
