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

from fluxstatus import snapshot
from tests.cluster.cluster import Cluster
from tests.conftest import RECORDED, Program
from tests.fakes.programs import program
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
echo "$*" >'{asked}'
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
        )
        self.tunnel(_SERVE.format(python=sys.executable))

    def tunnel(self, script: str) -> None:
        """Let *script* be the tunnel."""
        text = _FORWARD.format(kubectl=self._kubectl, asked=self.asked, tunnel=script)
        program(self._folder / "kubectl", text)


@pytest.fixture(name="taken")
def _taken() -> Iterator[int]:
    """Give a port that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.cluster
def test_address_answers_until_ctrl_c(ui: Ui) -> None:
    """The address is printed when it answers; after Ctrl-C nothing answers there any more."""
    with subprocess.Popen(
        ui.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=30)
    assert program.returncode == 130
    assert "Traceback" not in err
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)
    assert " --namespace=flux-system service/flux-operator " in ui.asked.read_text()


@pytest.mark.cluster
def test_tunnel_that_cannot_be_made(ui: Ui) -> None:
    """When kubectl cannot make the tunnel its reason is told: 3, no traceback."""
    ui.tunnel('echo "error: pods/portforward is forbidden" >&2; exit 1')
    done = subprocess.run(ui.command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "pods/portforward is forbidden" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.cluster
def test_web_ui_that_does_not_answer(ui: Ui) -> None:
    """A tunnel to nowhere ends when --timeout is over."""
    ui.tunnel("exec sleep 600")
    command = (*ui.command, "--timeout", "3s")
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "did not answer within 3 s" in done.stderr


@pytest.mark.cluster
def test_no_web_ui(cluster: Cluster, flux_status: Program) -> None:
    """Where there is no operator the check's own words tell so, and the code is 1."""
    kubeconfig = cluster.kubeconfig("admin")
    done = flux_status("ui", f"--kubeconfig={kubeconfig}", env={"PATH": environment()["PATH"]})
    assert done.returncode == 1
    assert "web UI" in done.stdout


def test_port_that_is_taken(flux_status: Program, taken: int) -> None:
    """A port that was asked for and is taken is wrong usage, told before anything is asked."""
    done = flux_status("ui", "--port", str(taken), env={"PATH": "/nowhere"})
    assert done.returncode == 2
    assert str(taken) in done.stderr


def test_unreachable_cluster(flux_status: Program) -> None:
    """Without a cluster there is the check's own sentence about it, and the code is 3."""
    done = flux_status("ui", env={"PATH": "/nowhere"})
    assert done.returncode == 3
    assert "kubectl" in done.stdout
