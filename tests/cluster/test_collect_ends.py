"""A run that is ended or hangs leaves no process, file or thread."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
from fluxstatus.model.evidence import Evidence
from tests.fakes.api_server import (
    ApiServer,
    hang,
)
from tests.fakes.kubeconfigs import kubeconfig, login_program
from tests.fakes.processes import gone, running
from tests.fakes.programs import program

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("real_kubectl")]


def test_a_run_may_be_made_in_any_thread(here: Access) -> None:
    """A run in another thread leaves signals to the main thread."""
    found = list[Evidence]()
    thread = threading.Thread(target=lambda: found.append(collect(here)))
    thread.start()
    thread.join(timeout=20)
    assert found[0].unreachable is None


_RUN = """
import sys
from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.client import Access
from fluxstatus.cluster.collector import collect
print(flush=True)
evidence = collect(Access(flags=(sys.argv[1],), deadline=Deadline(60)))
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
        """Send it a signal that must end it, and not only its --timeout of 60 seconds."""
        began = time.monotonic()
        self._popen.send_signal(number)
        _, result = self._popen.communicate()
        assert time.monotonic() - began < 40
        assert self._popen.returncode in (-number, 128 + number), result

    def sockets(self) -> list[Path]:
        """Return the existing directories of sockets."""
        return list(self.temporary.glob("flux-status.*"))


def _hang_in_login(folder: Path, _: ApiServer) -> Path:
    login = program(folder / "login", "trap '' HUP; sleep 600; true")
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
        while not server.asked() and not running(login):
            time.sleep(0.02)
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
