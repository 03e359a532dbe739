"""What is asked of a cluster, how often, and what becomes of answers that are missing or odd."""

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

from fluxstatus.cluster import paging
from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import QUERIES, Told, collect
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
AT_ONCE = paging.AT_ONCE
CONTROLLERS = "deployments.apps/controllers"
OPERATOR = "deployments.apps/operator"
MEGABYTES = 1 << 20


@pytest.fixture(name="here")
def _here(server: ApiServer, tmp_path: Path) -> Access:
    """Return the way to the stand-in for an API server."""
    return to(kubeconfig(tmp_path / "kubeconfig", server.url))


def to(file: Path, *namespaces: str) -> Access:
    """Return the way to the cluster of a kubeconfig."""
    return Access((f"--kubeconfig={file}",), namespaces, timeout=20)


def why(evidence: Evidence, query: str) -> Why | None:
    """Return why a question has no whole answer, None if it has."""
    unread = evidence.answer(query).unread
    return unread.why if unread else None


def sizes(evidence: Evidence) -> dict[str, int]:
    """Return how many objects each answer has, where it has any."""
    return {name: len(answer.items) for name, answer in evidence.answers.items() if answer.items}


# A real API server


def test_all_of_flux_is_read(cluster: Cluster) -> None:
    """Every object is there, complete with kind and version and without what is to be dropped."""
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
        for item in answer.items:
            assert item["kind"] == (kind.name if kind else item["kind"])
            assert "/v" in f"/{item['apiVersion']}"
            assert "managedFields" not in item["metadata"]
    assert evidence.target.context == "kfs-admin"
    assert evidence.target.kubernetes.startswith("v1.")
    assert evidence.clock_skew is not None
    assert abs(evidence.clock_skew) < 2


def test_the_api_server_is_asked_little_and_only_to_read(cluster: Cluster) -> None:
    """One request for each kind, eight at most for all else; get and list, and never a Secret."""
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
    """They are read in few requests, and only what is looked at is kept."""
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
    """Without any CRD of Flux that is known for certain, and no Deployment is there either."""
    evidence = collect(to(bare_cluster.kubeconfig("admin")))
    assert evidence.served == {}
    assert {why(evidence, name) for name in RESOURCES} == {Why.ABSENT}
    assert not [name for name in QUERIES if why(evidence, name) or evidence.answer(name).items]


def test_the_version_that_is_served_is_asked_for(bare_cluster: Cluster) -> None:
    """No version is built in: of an older Flux the one that it has is read."""
    bare_cluster.install_crds("v2.7.5", kinds=["GitRepository", "ImagePolicy"])
    evidence = collect(to(bare_cluster.kubeconfig("admin")))
    assert evidence.served == {
        "gitrepositories.source.toolkit.fluxcd.io": "v1",
        "imagepolicies.image.toolkit.fluxcd.io": "v1",
    }
    assert why(evidence, "imagepolicies.image.toolkit.fluxcd.io") is None
    assert why(evidence, "buckets.source.toolkit.fluxcd.io") is Why.ABSENT


def test_what_is_forbidden_names_the_missing_rule(cluster: Cluster) -> None:
    """Somebody without any right learns for each question what is missing; nothing is empty."""
    cluster.put(flux_system(NOW))
    evidence = collect(to(cluster.kubeconfig("nobody")))
    assert evidence.unreachable is None
    for name in (*RESOURCES, CONTROLLERS, OPERATOR, "events", "pods", "services"):
        answer = evidence.answer(name)
        assert answer.unread
        assert answer.unread.why is Why.FORBIDDEN
        assert answer.unread.text.startswith("nobody is not allowed to list ")
    missing = {evidence.answer(name).unread.rule for name in RESOURCES}  # type: ignore[union-attr]
    assert missing == {f"list {name}" for name in RESOURCES}
    assert evidence.answer("events").unread.rule == "list events"  # type: ignore[union-attr]


def test_a_part_may_be_forbidden(cluster: Cluster) -> None:
    """With the usual role "view" all is read but what that role lacks."""
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
    """The namespaces of -n are asked, else that of the context; that it is a part is told."""
    fleet = load.fleet(60, NOW)
    cluster.put([{**o, "metadata": {**o["metadata"], "namespace": "team-a"}} for o in fleet[5:]])
    file = cluster.kubeconfig("namespaced", namespace=None if chosen else "team-a")
    evidence = collect(to(file, *chosen))
    answer = evidence.answer(KINDS["Kustomization"].resource)
    assert len(answer.items) > 10
    assert answer.namespaces == ("team-a",)
    assert answer.unread
    assert answer.unread.rule == f"list {KINDS['Kustomization'].resource}"
    assert "in all namespaces" in answer.unread.text
    assert evidence.answer("events").namespaces == ("team-a",)


def test_no_namespace_is_guessed(cluster: Cluster) -> None:
    """Who has no namespace in the context is not asked about flux-system or default."""
    file = cluster.kubeconfig("namespaced")
    collect(to(file))
    assert not [request.uri for request in cluster.audit("namespaced") if request.namespace]


def test_a_server_that_freezes_ends_the_run_in_time(cluster: Cluster) -> None:
    """One that takes connections and never answers makes an evidence that says so."""
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
    """A list of any length is read to its end, each object once."""
    server.fill("kustomizations", 2 * AT_ONCE + 100)
    items = collect(here).answer(KUSTOMIZATIONS).items
    names = {item["metadata"]["name"] for item in items}
    assert len(items) == len(names) == 2 * AT_ONCE + 100
    assert len(server.asked("kustomizations")) == 3


def test_a_list_that_expires_is_read_on(server: ApiServer, here: Access) -> None:
    """The token that comes with status 410 is used: nothing is lost, nothing is there twice."""

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
    assert (len(answer.items), answer.unread) == (2 * AT_ONCE, None)


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
    """What was read before stays, that it is a part is told, and other lists are whole."""
    server.fill("kustomizations", 2 * AT_ONCE)
    server.fill("helmreleases", 3)
    server.ill["kustomizations"] = lambda r: HEALTHY if "continue" not in r.query else illness(r)
    evidence = collect(here)
    answer = evidence.answer(KUSTOMIZATIONS)
    assert (len(answer.items), why(evidence, KUSTOMIZATIONS)) == (AT_ONCE, reason)
    assert len(evidence.answer(HELM_RELEASES).items) == 3
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
    """Only a list of what was asked for may say that there is nothing."""
    server.ill["kustomizations"] = lambda request: request.send(LIST)
    assert why(collect(here), KUSTOMIZATIONS) is None
    server.ill["kustomizations"] = lambda request: request.send(LIST | change)
    assert why(collect(here), KUSTOMIZATIONS) is Why.GARBLED


def test_events_are_read_up_to_a_limit(server: ApiServer, here: Access) -> None:
    """A flood of them costs four pages, and it is told that there are more."""
    server.fill("events", 10 * PAGE)
    evidence = collect(here)
    assert len(evidence.answer("events").items) == 4 * PAGE
    assert why(evidence, "events") is Why.NOT_ASKED
    assert len(server.asked("events")) == 4
    assert all("fieldSelector=type=Warning" in path for path in server.asked("events"))


def test_a_server_that_dies_on_the_way_leaves_what_was_read(
    server: ApiServer, here: Access
) -> None:
    """What came before is kept, the rest is unread for that reason, and it is over soon."""

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
    assert len(evidence.answer(KUSTOMIZATIONS).items) == AT_ONCE
    assert why(evidence, KUSTOMIZATIONS) is Why.UNREACHABLE
    assert evidence.unreachable is None


@pytest.mark.parametrize(
    ("illness", "reason", "text"),
    [
        pytest.param(
            lambda r: r.send("<html>log in</html>"),
            Why.GARBLED,
            "is not a Kubernetes API server: it answers 200 and no JSON",
            id="HTML",
        ),
        pytest.param(
            lambda r: r.send("", 302, {"Location": "/login"}),
            Why.GARBLED,
            "is not a Kubernetes API server: it answers 302 and no JSON",
            id="redirect",
        ),
        pytest.param(lambda r: r.send({"kind": "Pet"}), Why.GARBLED, "is not a", id="other JSON"),
        pytest.param(lambda r: r.send([]), Why.GARBLED, "is not a", id="JSON list"),
        pytest.param(
            refuse(500), Why.FAILED, "the API server answers with an error: 500 no", id="500"
        ),
        pytest.param(lambda r: r.send("", 502), Why.GARBLED, "answers 502", id="502 of a gateway"),
        pytest.param(refuse(401), Why.LOGIN, "rejects the credential of me", id="401"),
        pytest.param(
            lambda r: r.refuse(403, 'forbidden: User "system:anonymous" cannot get path "/apis"'),
            Why.LOGIN,
            "does not know who asks",
            id="anonymous",
        ),
    ],
)
def test_the_first_answer_decides(
    server: ApiServer, here: Access, illness: Illness, reason: Why, text: str
) -> None:
    """Where discovery shows that this is no cluster for us, nothing else is asked."""
    server.ill["apis"] = illness
    evidence = collect(here)
    assert evidence.unreachable
    assert (evidence.unreachable.why, evidence.served) == (reason, None)
    assert text in evidence.unreachable.text
    assert set(server.asked()) == {"/apis"}
    assert why(evidence, KUSTOMIZATIONS) is reason
    assert evidence.target.server == server.url


def test_where_discovery_is_forbidden_the_rest_is_asked(server: ApiServer, here: Access) -> None:
    """Then no kind of Flux can be read, for that reason; the Deployments can."""
    server.ill["apis"] = lambda r: r.refuse(403, 'User "ci" cannot get path "/apis"')
    server.items["deployments"] = [{"metadata": {"name": "x", "namespace": "flux-system"}}]
    evidence = collect(here)
    assert (evidence.unreachable, evidence.served) == (None, None)
    unread = evidence.answer(KUSTOMIZATIONS).unread
    assert unread
    assert (unread.why, unread.rule) == (Why.FORBIDDEN, "get /apis")
    assert len(evidence.answer(CONTROLLERS).items) == 1


def test_old_servers_tell_group_by_group(server: ApiServer, here: Access) -> None:
    """Before Kubernetes 1.26 each version of a group is asked; the first that has a kind counts."""
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
    """A version that was never stamped is none, and neither is an error."""
    assert collect(here).target.kubernetes == "v1.30.1"
    for illness in (lambda r: r.send({"gitVersion": "v0.0.0-master+$Format"}), refuse(403)):
        server.ill["version"] = illness
        assert collect(here).target.kubernetes == ""


def test_pods_and_services_are_asked_where_the_controllers_are(
    server: ApiServer, here: Access
) -> None:
    """Once for each namespace that has a Deployment of Flux; with none, nothing is asked."""
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
    assert len(evidence.answer("pods").items) == 4


def test_without_deployments_pods_are_not_known_to_be_missing(
    server: ApiServer, here: Access
) -> None:
    """When the Deployments cannot be read, nobody knows whether there are Pods."""
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
    """The Pods of one namespace are listed, of several all; if that is too much, what is ill."""
    server.fill("helmreleases", 1)
    server.fill("pods", pods)

    def ask(answers: Any) -> set[str]:
        assert len(answers[HELM_RELEASES].items) == 1
        return namespaces

    evidence = collect(here, workload_namespaces=ask)
    assert server.asked("pods")[: len(paths)] == paths
    assert len(evidence.answer("workload-pods").items) == (pods if paths else 0)


def test_a_namespace_is_one_word_of_a_path(server: ApiServer, here: Access) -> None:
    """Whatever -n names, no other path is asked."""
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
    """Its version is told or why it is not known; that it is missing is nothing bad."""
    if script:
        program(tmp_path / "bin" / "flux-operator", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FLUXCD_PLUGINS", str(tmp_path))
    known = collect(here).programs["flux-operator"]
    assert (known if isinstance(known, str) else known.why) == said


def test_an_operator_command_line_that_hangs_is_ended(
    here: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs five seconds at most, and does not stay behind."""
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
    """Progress is told of every question that was asked, with the size and cost of its answer."""
    server.fill("helmreleases", 7)
    told: list[Told] = []
    collect(here, told.append)
    of_lists = [KUSTOMIZATIONS, HELM_RELEASES, CONTROLLERS, OPERATOR, "events"]
    assert sorted(t.query for t in told if t.requests) == sorted([*of_lists, "apis", "version"])
    releases = next(t for t in told if t.query == HELM_RELEASES)
    assert (releases.text, releases.requests) == ("7 objects", 1)


def test_a_run_may_be_made_in_any_thread(here: Access) -> None:
    """Signals are the main thread's business; a run in another one leaves them alone."""
    found: list[Evidence] = []
    thread = threading.Thread(target=lambda: found.append(collect(here)))
    thread.start()
    thread.join(timeout=20)
    assert found[0].unreachable is None


_RUN = """
print(flush=True)
import sys
from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
evidence = collect(Access(flags=(sys.argv[1],), timeout=60))
sys.exit(f"was not ended: {evidence.unreachable}")
"""


class Run:
    """A run of its own process, with a temporary folder of its own."""

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
        self._popen.stdout.readline()  # before that a signal is the interpreter's business

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._popen.kill()
        self._popen.communicate()
        shutil.rmtree(self.temporary)

    def end(self, number: signal.Signals) -> None:
        """Send it a signal, which must end it within ten seconds, and by nothing else."""
        self._popen.send_signal(number)
        _, said = self._popen.communicate(timeout=10)
        assert self._popen.returncode in (-number, 128 + number), said

    def sockets(self) -> list[Path]:
        """Return the folders of sockets that are there."""
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
    """However and wherever a run is ended: soon, and no kubectl, no log-in, no socket is left."""
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
    """Also while kubectl is being started no signal is lost, and nothing is left behind."""
    file = _hang_in_discovery(tmp_path, server)
    for hundredths in range(1, 37, 3):
        with Run(file) as run:
            time.sleep(hundredths / 100)
            run.end(number)
            assert gone(run.flag)
            assert not run.sockets()
