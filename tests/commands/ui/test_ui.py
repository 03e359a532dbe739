"""`ui`: the tunnel to the web UI, its address, its end."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxstatus.model import snapshot
from tests.conftest import RECORDED, Program
from tests.fakes.processes import started
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.processes import free_ports
from tests.live.program import environment
from tests.live.replay import namespaces, objects

_FORWARD = """
for word; do
    case $word in
    port-forward) forward=yes ;;
    [0-9]*:9080) port=${{word%:*}} ;;
    esac
done
[ "$forward" ] || exec '{kubectl}' "$@"
echo "$*" >>'{asked}'
{tunnel}
"""
_SERVE = "exec '{python}' -m http.server --bind 127.0.0.1 $port"


@pytest.fixture(name="ui")
def _ui(cluster: Cluster, kubectl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Ui":
    evidence = snapshot.load(RECORDED / "cluster-healthy.json.gz")
    cluster.put([*namespaces(evidence), *objects(evidence)])
    return Ui(cluster, kubectl, tmp_path, monkeypatch)


class Ui:
    """The command, with the real kubectl but for its tunnel, which needs a kubelet."""

    def __init__(
        self, cluster: Cluster, kubectl: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._kubectl, self._folder = kubectl, folder
        self.asked = folder / "asked"
        monkeypatch.setenv("PATH", f"{folder}:{environment()['PATH']}")
        self.command = (
            *(sys.executable, "-m", "fluxstatus", "ui", "--no-open"),
            f"--kubeconfig={cluster.kubeconfig('admin')}",
            f"--port={free_ports(1)[0]}",
        )
        self.tunnel(_SERVE.format(python=sys.executable))

    def tunnel(self, script: str) -> None:
        """Let *script* be the tunnel."""
        text = _FORWARD.format(kubectl=self._kubectl, asked=self.asked, tunnel=script)
        program(self._folder / "kubectl", text)


@pytest.fixture(name="taken")
def _taken() -> Iterator[int]:
    """Yield a port that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.cluster
def test_address_answers_until_ctrl_c(ui: Ui) -> None:
    """The URL is printed once it answers; after Ctrl-C nothing answers there."""
    command = ui.command[:-1]  # at the port that it chooses
    with started(command, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        program.send_signal(signal.SIGINT)
        _, err = program.communicate()
    assert program.returncode == 130
    assert "Traceback" not in err
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)
    assert " --namespace=flux-system service/flux-operator " in ui.asked.read_text()


@pytest.mark.cluster
def test_tunnel_that_cannot_be_made(ui: Ui) -> None:
    """If kubectl cannot open the tunnel, its reason is printed: code 3, no traceback."""
    ui.tunnel('echo "error: pods/portforward is forbidden" >&2; exit 1')
    done = subprocess.run(ui.command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "pods/portforward is forbidden" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.cluster
def test_web_ui_that_does_not_answer(ui: Ui) -> None:
    """A tunnel without an answer ends after --timeout."""
    ui.tunnel("exec sleep 600")
    command = (*ui.command, "--timeout", "3s")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "did not respond in time (--timeout 3s)" in done.stderr


_ONCE = """
if [ -e '{mark}' ]; then {serve}; fi
touch '{mark}'
'{python}' -m http.server --bind 127.0.0.1 $port >/dev/null 2>&1 & server=$!
sleep 2
kill $server
echo "error: lost connection to pod" >&2
exit 1
"""


@pytest.mark.cluster
def test_tunnel_reconnects(ui: Ui, tmp_path: Path) -> None:
    """If the pod is replaced, the tunnel reconnects at the same address, with a note."""
    serve = _SERVE.format(python=sys.executable)
    ui.tunnel(_ONCE.format(mark=tmp_path / "mark", serve=serve, python=sys.executable))
    with started(ui.command, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        url = program.stdout.readline().strip()
        result = [program.stderr.readline() for _ in range(3)]
        assert "lost connection to pod" in result[1]
        assert "open again" in result[2]
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        program.send_signal(signal.SIGINT)
        out, err = program.communicate()
    assert program.returncode == 130
    assert (out, "Traceback" in err) == ("", False)
    assert ui.asked.read_text().count(" port-forward ") == 2


def _replicas(cluster: Cluster, leader: str) -> None:
    """Put a second pod of the operator into *cluster*, and the lease of the *leader*."""
    pod = cluster.get("/api/v1/namespaces/flux-system/pods")["items"]
    first = next(p for p in pod if p["metadata"]["name"].startswith("flux-operator-"))
    second = {**first, "metadata": {**first["metadata"], "name": "flux-operator-zz", "uid": "zz"}}
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "flux-operator", "namespace": "flux-system", "uid": "lease"},
        "spec": {"holderIdentity": f"{leader}_0d9c"},
    }
    cluster.put([{**second, "apiVersion": "v1", "kind": "Pod"}, lease])


@pytest.mark.cluster
def test_the_leaders_pod(ui: Ui, cluster: Cluster) -> None:
    """Of several replicas the tunnel leads to the leader's pod."""
    _replicas(cluster, "flux-operator-zz")
    with started(ui.command) as program:
        assert program.stdout is not None
        assert program.stdout.readline().startswith("http://127.0.0.1:")
        program.send_signal(signal.SIGINT)
    assert " pod/flux-operator-zz " in ui.asked.read_text()


@pytest.mark.cluster
def test_a_replica_that_does_not_lead_is_passed_over(ui: Ui, cluster: Cluster) -> None:
    """Without a leader, each pod is tried until one answers."""
    _replicas(cluster, "nobody")
    serve = _SERVE.format(python=sys.executable)
    ui.tunnel(f'case "$*" in *-zz*) {serve} ;; *) echo "lost connection" >&2; exit 1 ;; esac')
    with started(ui.command) as program:
        assert program.stdout is not None
        assert program.stdout.readline().startswith("http://127.0.0.1:")
        program.send_signal(signal.SIGINT)
    asked = ui.asked.read_text().splitlines()
    assert " pod/flux-operator-zz " in asked[-1]
    assert len(asked) == 2


@pytest.mark.cluster
@pytest.mark.usefixtures("ui")
def test_missing_permission(cluster: Cluster, flux_status: Program) -> None:
    """A missing permission for the tunnel is named, with the real kubectl and API server."""
    env = {"PATH": environment()["PATH"]}
    done = flux_status("ui", f"--kubeconfig={cluster.kubeconfig('viewer')}", env=env)
    assert (done.returncode, done.stdout) == (3, "")
    assert "(missing permission: create pods/portforward)" in done.stderr
    assert "auth can-i create pods/portforward -n flux-system" in done.stderr
    refused = [r for r in cluster.audit("viewer") if r.code == 403]
    assert {r.uri.rpartition("/")[2].partition("?")[0] for r in refused} == {"portforward"}


@pytest.mark.cluster
def test_little_is_asked(ui: Ui, cluster: Cluster) -> None:
    """Exactly three lists are queried: the operator, and the pods and Services near it."""
    with started(ui.command) as program:
        assert program.stdout is not None
        assert program.stdout.readline()
        program.send_signal(signal.SIGINT)
    asked = [(r.verb, r.resource) for r in cluster.audit("admin")]
    assert sorted(asked) == [("list", "deployments"), ("list", "pods"), ("list", "services")]


def test_a_test_that_fails_ends_its_program() -> None:
    """A program that runs until Ctrl-C does not outlive a test that fails before."""
    endless = (sys.executable, "-c", "import time; time.sleep(60)")
    with pytest.raises(AssertionError), started(endless) as program:
        raise AssertionError
    assert program.returncode == -signal.SIGTERM


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_other_addresses_take_a_yes(flux_status: Program, address: str) -> None:
    """An address that others can reach is refused, with the reason, before any request."""
    done = flux_status("ui", "--address", address, env={"PATH": "/nowhere"})
    assert done.returncode == 2
    assert "--yes" in " ".join(done.stderr.split())


@pytest.mark.cluster
def test_with_yes_it_listens_there(ui: Ui) -> None:
    """With --yes the address is used, with a note that others can reach it."""
    command = (*ui.command, "--address", "0.0.0.0", "--yes")
    with started(command, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline().startswith("http://127.0.0.1:")
        program.send_signal(signal.SIGINT)
        _, err = program.communicate()
    assert "other machines" in err
    assert " --address=0.0.0.0 " in ui.asked.read_text()


@pytest.mark.cluster
def test_no_web_ui(cluster: Cluster, flux_status: Program) -> None:
    """Without an operator the finding of the check is printed, and the code is 1."""
    kubeconfig = cluster.kubeconfig("admin")
    done = flux_status("ui", f"--kubeconfig={kubeconfig}", env={"PATH": environment()["PATH"]})
    assert done.returncode == 1
    assert "web UI" in done.stdout


def test_port_that_is_taken(flux_status: Program, taken: int) -> None:
    """A requested port that is in use is a usage error, before any request."""
    done = flux_status("ui", "--port", str(taken), env={"PATH": "/nowhere"})
    assert done.returncode == 2
    assert str(taken) in done.stderr


def test_unreachable_cluster(flux_status: Program) -> None:
    """Without a cluster the sentence of the check is printed, and the code is 3."""
    done = flux_status("ui", env={"PATH": "/nowhere"})
    assert done.returncode == 3
    assert "kubectl" in done.stdout
