"""Finding, running and ending other programs. No other module runs any.

A program runs in its own session, without a terminal or input, so it cannot prompt the user. Its
output goes to unnamed files: no line is lost, no full pipe blocks it, and the output of a program
that hangs can be read. No message contains a command line, which may contain a credential.
"""

import functools
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NoReturn, Self

from fluxstatus.model.errors import UnreadError
from fluxstatus.model.evidence import Why

if TYPE_CHECKING:
    from sh import RunningCommand

_LOG = re.compile(
    r"^(?:[EWI]\d{4} .*\n?"  # Kubernetes' logger
    r"|F\d{4} [^\]\n]*\] ?"  # its prefix of a fatal error
    r"|\d{4}/\d\d/\d\d \S+ httputil: .*\n?)",  # Go's logger, in `kubectl proxy`
    re.MULTILINE,
)
_CREDENTIAL = re.compile(r"--(?:kube-)?(?:token|password)(?:=(.+))?", re.DOTALL)
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - its files have no names there, or random ones
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PAUSES = (0.001, 0.02)  # seconds between two checks of a program: the first, and the longest


class ProgramError(UnreadError):
    """A program is missing, failed, hung, was killed or printed nonsense."""


class Output(NamedTuple):
    """The output and exit code of a program.

    `stderr` has no log lines of Kubernetes and Go, except the text of a fatal error.
    """

    program: str
    stdout: bytes
    stderr: str
    code: int

    def json(self) -> Any:
        """Return the JSON that it printed. Raises ProgramError."""
        try:
            return json.loads(self.stdout)
        except (ValueError, RecursionError) as error:
            text = f"{self.program} did not print JSON"
            raise ProgramError.of(Why.GARBLED, text) from error


class Process:
    """A running program, for a `with` block that ends it.

    `argv` begins with the path from `kubectl` or `find`. `environ` is its whole environment, None
    for our own. With `stdin` it reads what `write` writes, else nothing. On Linux the kernel also
    ends it when the thread that started it ends, for any reason. Raises ProgramError.
    """

    _running: "RunningCommand | None" = None

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        stdin: bool = False,
    ) -> None:
        self.name = Path(argv[0]).name
        self._credentials = _credentials(argv)
        self._files = ExitStack()
        self._write_end: BinaryIO | None = None
        try:
            with signals_deferred():
                self._start(argv, environ, stdin)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._files.close()

    def write(self, data: bytes) -> None:
        """Write *data* to its standard input. Raises ProgramError if that is closed."""
        try:
            if self._write_end:
                self._write_end.write(data)
        except OSError as error:
            text = f"{self.name} closed its standard input"
            raise ProgramError.of(Why.FAILED, text) from error

    def alive(self) -> bool:
        """Return whether the program is running."""
        with signals_deferred():
            return self._running is not None and self._running.is_alive()

    def wait(self, timeout: float) -> int:
        """Return its exit code, negative for a signal, after at most *timeout* seconds.

        Raises ProgramError if it does not end.
        """
        until, pause = time.monotonic() + timeout, _PAUSES[0]
        while self.alive():
            if time.monotonic() > until:
                text = f"{self.name} did not finish within {round(timeout, 1):g} s"
                raise ProgramError.of(Why.TIMEOUT, text)
            time.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])
        return self.output().code

    def end(self) -> None:
        """Kill it and all that it started; no program that we run needs to clean up."""
        with signals_deferred():
            if self._running is None:
                return
            if self._running.is_alive():
                with suppress(ProcessLookupError):
                    os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def output(self) -> Output:
        """Return its output so far; the exit code is 0 while it runs."""
        with signals_deferred():
            running = self._running
            code = 0 if running is None or running.is_alive() else running.exit_code
        stderr = _contents(self._stderr).decode(errors="replace")
        for credential in self._credentials:
            stderr = stderr.replace(credential, "***")
        return Output(self.name, _contents(self._stdout), _LOG.sub("", stderr), code)

    def printed(self, offset: int) -> bytes:
        """Return its standard output so far, without the first *offset* bytes."""
        descriptor = self._stdout.fileno()
        return os.pread(descriptor, max(os.fstat(descriptor).st_size - offset, 0), offset)

    def _start(self, argv: Sequence[str], environ: Mapping[str, str] | None, stdin: bool) -> None:
        import logging  # noqa: PLC0415 - these two take 50 ms, which --help does not need

        import sh  # noqa: PLC0415

        logging.getLogger("sh").setLevel(logging.CRITICAL)  # it logs command lines
        directory = temp_dir()
        try:
            self._stdout, self._stderr = (
                self._files.enter_context(tempfile.TemporaryFile(dir=directory))  # noqa: SIM115
                for _ in range(2)
            )
            with self._input(stdin) as read_end:
                self._running = sh.Command(argv[0])(
                    *argv[1:],
                    _in=read_end,
                    _env=None if environ is None else dict(environ),
                    _out=self._stdout,
                    _err=self._stderr,
                    _bg=True,
                    _bg_exc=False,
                    _new_session=True,
                    _preexec_fn=_end_with_parent(os.getpid()),
                    _ok_code=list(range(-signal.NSIG, 256)),
                    _encoding="utf-8",
                )
        except (sh.CommandNotFound, sh.ForkException, OSError) as error:
            raise ProgramError.of(Why.NO_PROGRAM, f"{self.name} could not be started") from error

    def _input(self, stdin: bool) -> BinaryIO:
        """Return its standard input: an empty file, or the read end of a pipe."""
        if not stdin:
            return Path(os.devnull).open("rb")
        read_end, write_end = os.pipe()
        self._write_end = self._files.enter_context(os.fdopen(write_end, "wb", buffering=0))
        return os.fdopen(read_end, "rb")


def run(argv: Sequence[str], *, timeout: float, ok: Collection[int] = (0,)) -> Output:
    """Run a program and return its output.

    *argv* begins with the path from `kubectl` or `find`, *timeout* is in seconds. Raises
    ProgramError, also for an exit code that is not in *ok*.
    """
    with Process(argv) as process:
        code = process.wait(timeout)
        output = process.output()
    if code in ok:
        return output
    if code < 0:
        text = f"{process.name} was killed by {signal.Signals(-code).name}"
    else:
        reason = output.stderr.strip() or f"exit code {code}, without a message"
        text = f"{process.name} failed: {reason}"
    raise ProgramError.of(Why.FAILED, text)


def kubectl() -> str:
    """Return the path of kubectl: the one that runs us as a plugin, else the first in PATH.

    Raises ProgramError.
    """
    caller = os.environ.get("KUBECTL_PATH", "")  # set by kubectl 1.37 and newer
    return caller if os.access(caller, os.X_OK) else find("kubectl")


def find(name: str) -> str:
    """Return the path of the program *name*: in PATH, or among the Flux plugins.

    Raises ProgramError.
    """
    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib raises for a user without a home
    plugins = os.environ.get("FLUXCD_PLUGINS") or f"{home}/.fluxcd/plugins"
    path = shutil.which(name) or shutil.which(name, path=plugins)
    if path is None:
        raise ProgramError.of(Why.NO_PROGRAM, f"{name} is not installed or not in your PATH")
    return path


def temp_dir() -> str:
    """Return the directory for temporary files or, if none is writable, shared memory.

    A container with a read-only file system has only the latter. Raises ProgramError.
    """
    with suppress(FileNotFoundError):
        return tempfile.gettempdir()
    if os.access(_SHARED_MEMORY, os.W_OK):
        return _SHARED_MEMORY
    raise ProgramError.of(Why.FAILED, "no temporary directory is writable; set $TMPDIR")


@contextmanager
def signals_raise() -> Iterator[None]:
    """Raise SystemExit in the block on SIGTERM and SIGHUP, so that it cleans up as on Ctrl-C.

    The exit code is the one that shells use for the signal. All three signals are deferred while
    we start or end a program. A signal that is handled or ignored already (nohup) is left alone.
    Outside the main thread, which gets all signals, this does nothing.
    """
    default = (signal.SIG_DFL, signal.default_int_handler)
    before = {one: signal.getsignal(one) for one in _ENDING if _in_main_thread()}
    ours = {one: handler for one, handler in before.items() if handler in default}
    try:
        for number in ours:
            signal.signal(number, _handle)
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Defer signals to the end of the block.

    An exception raised by a signal would be lost in sh's fork, or leave a lock of sh locked.
    """
    if not _in_main_thread():
        yield
        return
    _deferred.depth += 1
    try:
        yield
    finally:
        _deferred.depth -= 1
        if _deferred.number and not _deferred.depth:
            number, _deferred.number = _deferred.number, 0
            _exit(number)


@dataclass(slots=True)
class _Deferred:
    """The deferred signal, 0 if none arrived, and the number of blocks that defer signals."""

    number: int = 0
    depth: int = 0


_deferred = _Deferred()  # of the main thread, which gets all signals


def _handle(number: int, _: FrameType | None) -> None:
    if _deferred.depth:
        _deferred.number = number
    else:
        _exit(number)


def _exit(number: int) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_IGN)  # do not interrupt the cleanup
    raise SystemExit(128 + number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _credentials(argv: Sequence[str]) -> list[str]:
    found = [(_CREDENTIAL.fullmatch(word), after) for word, after in pairwise([*argv, ""])]
    return [value for match, after in found if match and (value := match[1] or after)]


def _contents(file: BinaryIO) -> bytes:
    # Not with read(): the program shares the position of this descriptor.
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """Return a preexec function that has Linux kill the child when *parent* ends."""
    prctl = _prctl()
    if prctl is None:
        return None

    def request() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the request
            os._exit(1)

    return request


@functools.cache
def _prctl() -> Callable[[int, int], int] | None:
    """Return prctl, looked up in the parent: a child must not import between fork and exec."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - only Linux needs it

    function: Callable[[int, int], int] = ctypes.CDLL(None).prctl
    return function
