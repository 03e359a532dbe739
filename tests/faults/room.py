"""A room for a run of the program: a healthy cluster, a kubectl that leads to it, and the fault."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.commands.cells import fill
from tests.conftest import ROOT
from tests.fakes.processes import MARK, marked
from tests.fakes.programs import program
from tests.fakes.scripted import Api, scripted
from tests.faults.data import FILES
from tests.faults.rows import PROGRAM, Row, When

_SECONDS = 60  # for an event, on a busy machine
_BETWEEN = 0.05  # seconds between two signals
_PLUGIN = """PYTHONPATH='{root}' exec '{python}' -m fluxstatus "$@"
"""
_SERVER = """echo started >>'{mark}'
{script}
"""
_HEALTHY = """
case $command in
    logs) exit 0 ;;
    get) printf 'type\\tOpaque\\t\\nkey\\tusername\\t\\n'; exit 0 ;;
esac
"""


class Done(NamedTuple):
    """What came of a row: the exit code, all that was printed, the seconds, and what was left."""

    code: int
    text: str
    seconds: float
    left: list[str]


def run(row: Row, folder: Path, kubectl: Path | None = None) -> Done:
    """Cause the fault of *row* in *folder*, which is empty; *kubectl* is the real one."""
    # Short, so that there is room for the path of kubectl's socket.
    with TemporaryDirectory(prefix="kfs-", dir="/tmp") as short, scripted(folder) as api:
        fill(api)
        _furnish(row, folder, api, kubectl)
        began = time.monotonic()
        with _started(row, folder, short) as shell:
            if row.signals:
                _send(row, folder, api, shell.pid)
            code = shell.wait(_SECONDS)
        seconds = time.monotonic() - began
        left = _left(folder, () if row.leaves else Path(short).iterdir())
        api.unknown.clear()
    return Done(code, _words(folder / "output"), seconds, left)


def _furnish(row: Row, folder: Path, api: Api, kubectl: Path | None) -> None:
    """Put into *folder* what the run needs, and the fault."""
    for name in ("home/.cursor", "here"):
        (folder / name).mkdir(parents=True)
    for name, content in FILES.items():
        if name in row.line:
            (folder / "here" / name).write_bytes(content())
    for path, answer in row.api.items():
        api[path] = answer
    program(folder / "plugin", _PLUGIN.format(root=ROOT, python=sys.executable))
    server = folder / "bin" / "flux-operator-mcp"
    entry = {"command": str(server), "args": ["serve", "--read-only=true"]}
    client = {"mcpServers": {"flux-operator-mcp": entry}}
    (folder / "home/.cursor/mcp.json").write_text(json.dumps(client))
    if row.of == "mcp":
        program(server, _SERVER.format(mark=folder / "started.mcp", script=row.script))
    elif kubectl:
        shutil.copy(kubectl, api.kubectl.path)
    else:
        faulty = f"case $command in {row.of or 'proxy'})\n{row.script}\n;; esac"
        api.kubectl.instead("*", faulty + _HEALTHY)


@contextmanager
def _started(row: Row, folder: Path, temporary: str) -> Iterator["subprocess.Popen[bytes]"]:
    env = {
        **os.environ,
        MARK: str(folder / "home"),
        "HOME": str(folder / "home"),
        "TMPDIR": temporary,
        "KUBECONFIG": str(folder / "kubeconfig"),
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
    }
    line = row.line.replace(PROGRAM, f"'{folder / 'plugin'}'")
    with (folder / "output").open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", f"{line}"],
            cwd=folder / "here", env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield shell
    finally:
        for process in marked(env[MARK]) if shell.poll() is None else ():
            process.kill()
        shell.kill()
        shell.wait()


def _send(row: Row, folder: Path, api: Api, program: int) -> None:
    """Send the signals of *row* at their moment."""
    until = time.monotonic() + _SECONDS
    while not _has_come(row.when, folder, api):
        assert time.monotonic() < until, (folder / "output").read_text()
        time.sleep(0.01)
    target = api.kubectl.processes("proxy")[0] if row.to == "kubectl" else program
    for name in row.signals:
        with suppress(ProcessLookupError):  # the first one may have ended it
            os.kill(target, signal.Signals[name])
        time.sleep(_BETWEEN)


def _has_come(when: When, folder: Path, api: Api) -> bool:
    match when.event:
        case "asked":
            return bool(api.asked(when.what))
        case "started" if when.what == "mcp":
            return (folder / "started.mcp").exists()
        case "started":
            return bool(api.kubectl.processes(when.what))
        case _:
            return when.what in _words(folder / "output")


def _words(output: Path) -> str:
    """Return the text of *output* with single blanks, without the path of its folder."""
    text = output.read_text(errors="backslashreplace").replace(f"{output.parent}/", "")
    return " ".join(text.split())


def _left(folder: Path, files: Iterable[Path]) -> list[str]:
    """Return what is left soon after the end: command lines, and temporary *files*."""
    until = time.monotonic() + _SECONDS
    while (found := marked(str(folder / "home"))) and time.monotonic() < until:
        time.sleep(0.02)
    processes = [" ".join(process.cmdline()) for process in found]
    for process in found:
        process.kill()
    return [*processes, *(path.name for path in files)]
