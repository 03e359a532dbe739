"""--timeout is for a whole command, with all that it runs; what it did not read is unknown."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.client import Access, ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.observe import observe
from fluxstatus.mcp.protocol import Session
from tests.conftest import Program
from tests.fakes.kubeconfigs import kubeconfig, login_program
from tests.fakes.processes import running
from tests.fakes.programs import program
from tests.fakes.scripted import Api, stalled
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system

pytestmark = pytest.mark.started

TIMEOUT = 3.0
MOST = 5 * TIMEOUT  # for the whole command: on a busy machine its start takes time, too


@pytest.fixture(name="timed")
def _timed(flux_status: Program) -> Callable[[str], CompletedProcess[str]]:
    """Return a function that runs a command line with a --timeout and checks how long it takes."""

    def timed(line: str) -> CompletedProcess[str]:
        began = time.monotonic()
        done = flux_status(*line.split(), f"--timeout={TIMEOUT:g}s")
        assert time.monotonic() - began < MOST
        return done

    return timed


Timed = Callable[[str], CompletedProcess[str]]


@pytest.fixture(name="flux")
def _flux(api: Api) -> Api:
    """Put a healthy Flux into *api*, and a Kustomization that refers to seven Secrets."""
    now = datetime.now(UTC)
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    app = kustomization("apps", "app", now, source=source, path="./")
    secrets = [{"kind": "Secret", "name": f"secret-{number}"} for number in range(7)]
    app["spec"]["postBuild"] = {"substituteFrom": secrets}
    api.put(*flux_system(now), source, app)
    return api


def test_secrets_that_hang(flux: Api, timed: Timed) -> None:
    """Seven Secrets that kubectl does not get cost the time once; they are unknown."""
    flux.kubectl.instead("get|logs", "[ $command = logs ] && exit; exec sleep 600")
    done = timed("explain ks/app -n apps")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.count("kubectl did not finish within") == 7
    assert len(flux.kubectl.asked("get")) == 7


def test_logs_that_hang(flux: Api, timed: Timed) -> None:
    """Each log that was not read is named, with the time that there was for it."""
    flux.kubectl.instead("logs", "exec sleep 600")
    done = timed("logs")
    assert done.returncode == 3
    assert "kubectl did not finish within" in done.stderr
    assert "within 0 s" not in done.stderr


def test_everything_hangs_but_the_proxy(flux: Api, timed: Timed) -> None:
    """Logs, Secrets, the version of the client and the kubeconfig share the time."""
    flux.kubectl.instead("get|logs|config|version", "exec sleep 600")
    done = timed("explain ks/app -n apps")
    assert done.returncode == 3
    assert not running(str(flux.kubectl.path))


@pytest.mark.parametrize(
    "line",
    ["", "get all", "explain ks/app", "logs", "events", "tree ks/app", "owner ks/app", "versions",
     "upgrade plan",
     "inventory", "inventory ks/app",
     "--accept-from apps/known", "accept x --reason x --until 2999-12-31",
     "preflight", "conditions ks/app", "credentials ks/app", "reconcile ks/app", "mcp prompts"],
)  # fmt: skip
def test_a_server_that_hangs(flux: Api, timed: Timed, line: str) -> None:
    """No command takes longer, whichever request hangs, and none has a result."""
    flux["*"] = stalled
    assert timed(line).returncode == 3


def test_time_that_an_earlier_step_used_up(api: Api) -> None:
    """A connection that is too late for the deadline is not opened, and the reason is true."""
    late = Deadline(TIMEOUT)
    late.end -= TIMEOUT
    with ApiClient(Access(deadline=late)) as client, pytest.raises(ProgramError) as caught:
        client.get("/version")
    assert str(caught.value) == "--timeout 3s was used up before kubectl was started"
    assert not api.kubectl.asked("proxy")


@pytest.mark.cluster  # for kubectl
@pytest.mark.usefixtures("real_kubectl")
@pytest.mark.parametrize("line", ["", "get ks", "explain ks/x", "logs", "credentials ks/x"])
@pytest.mark.parametrize("script", ["yes >&2", "head -c 1G /dev/zero >&2; sleep 600", "sleep 600"])
def test_login_program_without_end(tmp_path: Path, timed: Timed, line: str, script: str) -> None:
    """A log-in program that hangs, or prints without end, costs no more, and is ended."""
    login = program(tmp_path / "login", script)
    config = kubeconfig(tmp_path / "kubeconfig", user=login_program(login))
    assert timed(f"{line} --kubeconfig={config}").returncode == 3
    assert not running(str(login))


def entry(server: Path) -> Entry:
    """Return the entry that starts *server*."""
    return Entry("flux", str(server), ("serve",), {})


@pytest.mark.parametrize("script", ["yes >&2", "yes >&2 & sleep 600", "sleep 600", "yes"])
def test_mcp_server_without_end(tmp_path: Path, script: str) -> None:
    """An MCP server that prints without end, or hangs, has one time limit for all its sessions."""
    server = program(tmp_path / "server", script)
    began = time.monotonic()
    with pytest.raises(ProgramError):
        observe(entry(server), Deadline(1))
    assert time.monotonic() - began < MOST
    assert not running(str(server))


_HELLO = """
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked: continue
    if asked["method"] == "tools/list": time.sleep(600)
    result = {"serverInfo": {"name": "x", "version": "1"}, "protocolVersion": "9"}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


def test_mcp_server_that_hangs_later(tmp_path: Path) -> None:
    """All answers of a server share the time."""
    script = tmp_path / "hello.py"
    script.write_text(_HELLO)
    server = program(tmp_path / "server", f"exec {sys.executable} -I {script}")
    deadline = Deadline(TIMEOUT)
    with Session([str(server)], {}, deadline) as session:
        with pytest.raises(ProgramError, match="did not answer tools/list within"):
            session.tools()
        assert deadline.remaining() == 0
    with pytest.raises(ProgramError, match="--timeout 3s was used up before server was started"):
        Session([str(server)], {}, deadline)
