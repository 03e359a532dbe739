"""The program as a process, for tests of what it does.

A start costs an interpreter and a hundred modules, more than most of what follows. Therefore one
process has imported them and forks for each run (tests/fork_server.py). A run has a process,
streams, an environment and an exit code of its own. What is imported before it reads neither the
arguments nor the environment (tests/test_forking.py); tests of the start itself use `started`.
"""

import atexit
import functools
import marshal
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from subprocess import CompletedProcess
from typing import IO, Any

_RUNS = 50
"""Runs of one server: the next one has another hash seed, and with it another order of sets."""

AT_START = re.compile(r"PYTHON|LC_|LANG|TZ$|LD_|MALLOC_|TYPER_|SH_TESTS_")
"""What Python, C and packages read from the environment when they start."""

_CODE = "from tests import fork_server; fork_server.run({})"
_ROOT = Path(__file__).parents[1]


def run(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    stdin: int | str = 0,
    module: str = "fluxstatus",
) -> CompletedProcess[str]:
    """Run the program with *arguments*, and return what it printed and its exit code.

    It is as `subprocess.run` with `python -m fluxstatus`, or another *module*. The environment is
    *env*, or that of the test. *stdin* is a descriptor, or what is to be read from it.
    """
    environ = dict(os.environ if env is None else env)
    if sys.platform != "linux" or _at_start(environ) != usual():
        how = {"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}
        return started(arguments, module=module, env=environ, cwd=cwd, **how)
    words = [*map(str, arguments)]
    as_bytes = {os.fsencode(name): os.fsencode(value) for name, value in environ.items()}
    out, err, code = _servers.run((module, words, as_bytes, str(cwd or Path.cwd())), stdin)
    return CompletedProcess(_command(module, words), code, _text(out), _text(err))


def started(
    arguments: Sequence[str | Path], *, module: str = "fluxstatus", **more: Any
) -> CompletedProcess[str]:
    """Run the program in a new interpreter; *more* is for `subprocess.run`."""
    # Not libc's environment: readline puts a COLUMNS into that.
    more = {"capture_output": True, "encoding": "utf-8", "env": {**os.environ}, **more}
    return subprocess.run(_command(module, arguments), check=False, **more)


@functools.cache
def usual() -> Mapping[str, str]:
    """Return what is read at the start, as it is in every test that does not change it.

    It is called first when a test has its surroundings, and has done nothing yet.
    """
    return _at_start(os.environ)


def _at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if AT_START.match(name)}


def _command(module: str, arguments: Sequence[str | Path]) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]


def _text(output: bytes) -> str:
    return output.decode().replace("\r\n", "\n").replace("\r", "\n")


class _Server:
    """A process that has imported the program, and runs it a number of times."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._left = _RUNS
        with theirs:
            # Pipes, as each run has: by them Python chooses its buffers.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _CODE.format(theirs.fileno())],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=usual(), cwd=_ROOT, pass_fds=[theirs.fileno()],
            )  # fmt: skip

    @property
    def is_usable(self) -> bool:
        """Whether it may run once more."""
        return self._left > 0 and self._process.poll() is None

    def ask(self, message: bytes, descriptors: Sequence[int]) -> None:
        """Have it run *message*; the *descriptors* are its streams, and one for the result."""
        self._left -= 1
        socket.send_fds(self._requests, [message], descriptors)

    def retire(self) -> None:
        """Let it end after the runs that it has."""
        self._requests.close()

    def end(self) -> str:
        """Wait for its end, and return what it had to say."""
        self.retire()
        return self._process.communicate()[1].decode()


class _Servers:
    """The server of this process; others are started after it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: list[_Server] = []
        atexit.register(self._end, 0)

    def run(self, asked: tuple[Any, ...], stdin: int | str) -> tuple[bytes, bytes, int]:
        """Run *asked*, and return its output, its errors and its exit code."""
        with ExitStack() as ours:
            with ExitStack() as theirs:
                pipes = [_pipe(ours, theirs) for _ in range(3)]
                given = stdin if isinstance(stdin, int) else _filled(stdin, theirs)
                with self._lock:
                    server = self._usable()
                    server.ask(marshal.dumps(asked), [given, *(end.fileno() for _, end in pipes)])
            out, err, code = _read_all([end for end, _ in pipes])
        assert code, server.end()
        return out, err, int(code)

    def _usable(self) -> _Server:
        if not self._known or not self._known[-1].is_usable:
            for server in self._known:
                server.retire()
            self._known.append(_Server())
            self._end(2)
        return self._known[-1]

    def _end(self, kept: int) -> None:
        """Wait for the end of all servers but the last *kept*; of two, one may still run."""
        while len(self._known) > kept:
            self._known.pop(0).end()


_servers = _Servers()


def _pipe(ours: ExitStack, theirs: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    read_end, write_end = os.pipe()
    return (
        ours.enter_context(os.fdopen(read_end, "rb", buffering=0)),
        theirs.enter_context(os.fdopen(write_end, "wb", buffering=0)),
    )


def _filled(text: str, theirs: ExitStack) -> int:
    """Return a pipe that has a short *text* in it."""
    read_end, write_end = _pipe(theirs, theirs)
    write_end.write(text.encode())
    write_end.close()
    return read_end.fileno()


def _read_all(pipes: Sequence[IO[bytes]]) -> list[bytes]:
    """Return what each of *pipes* has until its end."""
    parts: dict[IO[bytes], list[bytes]] = {pipe: [] for pipe in pipes}
    with DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, EVENT_READ, pipe)
        while selector.get_map():
            for key, _ in selector.select():
                part = os.read(key.fd, 1 << 16)
                parts[key.data].append(part)
                if not part:
                    selector.unregister(key.fileobj)
    return [b"".join(each) for each in parts.values()]
