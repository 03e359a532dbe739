"""Other programs: how they are found, run and ended. Nothing else in this package runs any.

A program runs in a session of its own, without terminal and input, so nothing can ask the user
behind our back. What it prints goes to unnamed files: no line is lost, nobody waits for a full
pipe, and what a program said is there even when it hangs. No message has a command line in it,
for a command line may have a credential.
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

from fluxstatus.model.evidence import Unread, Why

if TYPE_CHECKING:
    from sh import RunningCommand

_LOG = re.compile(r"^(?:[EWI]\d{4} .*\n?|F\d{4} [^\]\n]*\] ?)", re.MULTILINE)
_CREDENTIAL = re.compile(r"--(?:kube-)?(?:token|password)(?:=(.+))?", re.DOTALL)
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the files have no names there, or names nobody knows
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PAUSES = (0.001, 0.02)  # seconds between two looks at a program: at first, and at most


class ProgramError(Exception):
    """A program is missing, failed, hung, was killed or answered nonsense; `unread` tells."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.text)
        self.unread = unread


class Output(NamedTuple):
    """What a program left behind.

    `stderr` is without the lines of Kubernetes' logger, but for a fatal error's own words.
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
            text = f"{self.program} did not answer with JSON"
            raise ProgramError(Unread(Why.GARBLED, text)) from error


class Process:
    """A program at work, to be used in a `with` block, at the end of which it is no more.

    `argv` begins with the path that `kubectl` or `find` gives; `environ` is all its environment,
    None stands for ours. One that is `stdin` gets what `write` is told. On Linux the kernel ends
    it, too, when the thread that started it is no more, however that came to its end. Raises
    ProgramError.
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
        """Return it *data* to read. Raises ProgramError when it reads no more."""
        try:
            if self._write_end:
                self._write_end.write(data)
        except OSError as error:
            text = f"{self.name} does not listen any more"
            raise ProgramError(Unread(Why.FAILED, text)) from error

    def alive(self) -> bool:
        """Return whether it runs."""
        with signals_deferred():
            return self._running is not None and self._running.is_alive()

    def wait(self, timeout: float) -> int:
        """Wait for its end, *timeout* seconds at most, and give its exit code.

        The code is negative when a signal ended it. Raises ProgramError when it does not end.
        """
        until, pause = time.monotonic() + timeout, _PAUSES[0]
        while self.alive():
            if time.monotonic() > until:
                text = f"{self.name} did not end within {round(timeout, 1):g} s"
                raise ProgramError(Unread(Why.TIMEOUT, text))
            time.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])
        return self.output().code

    def end(self) -> None:
        """End it at once, with all it has started; nothing that we start has to tidy up."""
        with signals_deferred():
            if self._running is None:
                return
            if self._running.is_alive():
                with suppress(ProcessLookupError):
                    os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def output(self) -> Output:
        """Return what it has printed so far; the code is 0 as long as it runs."""
        with signals_deferred():
            running = self._running
            code = 0 if running is None or running.is_alive() else running.exit_code
        stderr = _whole(self._stderr).decode(errors="replace")
        for credential in self._credentials:
            stderr = stderr.replace(credential, "***")
        return Output(self.name, _whole(self._stdout), _LOG.sub("", stderr), code)

    def printed(self, offset: int) -> bytes:
        """Return what it has printed so far beyond the first *offset* bytes."""
        descriptor = self._stdout.fileno()
        return os.pread(descriptor, max(os.fstat(descriptor).st_size - offset, 0), offset)

    def _start(self, argv: Sequence[str], environ: Mapping[str, str] | None, stdin: bool) -> None:
        import logging  # noqa: PLC0415 - both take 50 ms, which --help had better not pay

        import sh  # noqa: PLC0415

        logging.getLogger("sh").setLevel(logging.CRITICAL)  # it logs whole command lines
        folder = temp_dir()
        try:
            self._stdout, self._stderr = (
                self._files.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
                for _ in range(2)
            )
            with self._read_end(stdin) as ear:
                self._running = sh.Command(argv[0])(
                    *argv[1:],
                    _in=ear,
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
            text = f"{self.name} cannot be started"
            raise ProgramError(Unread(Why.NO_PROGRAM, text)) from error

    def _read_end(self, stdin: bool) -> BinaryIO:
        """Return what it reads from: nothing, or the other end of what we write to."""
        if not stdin:
            return Path(os.devnull).open("rb")
        ear, mouth = os.pipe()
        self._write_end = self._files.enter_context(os.fdopen(mouth, "wb", buffering=0))
        return os.fdopen(ear, "rb")


def run(argv: Sequence[str], *, timeout: float, ok: Collection[int] = (0,)) -> Output:
    """Run a program to its end and give what it printed.

    *argv* begins with the path that `kubectl` or `find` gives, *timeout* is in seconds. Raises
    ProgramError, also for an exit code that is not *ok*.
    """
    with Process(argv) as process:
        code = process.wait(timeout)
        output = process.output()
    if code in ok:
        return output
    if code < 0:
        text = f"{process.name} was killed by {signal.Signals(-code).name}"
    else:
        said = output.stderr.strip() or f"exit code {code}, without a word"
        text = f"{process.name} failed: {said}"
    raise ProgramError(Unread(Why.FAILED, text))


def kubectl() -> str:
    """Return the path of kubectl: the one that called us as a plugin, else the one on PATH.

    Raises ProgramError.
    """
    caller = os.environ.get("KUBECTL_PATH", "")  # kubectl sets it from 1.37 on
    return caller if os.access(caller, os.X_OK) else find("kubectl")


def find(name: str) -> str:
    """Return the path of the program *name*: on PATH, or among the Flux plugins.

    Raises ProgramError.
    """
    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib's fails for a user without a home
    plugins = os.environ.get("FLUXCD_PLUGINS") or f"{home}/.fluxcd/plugins"
    path = shutil.which(name) or shutil.which(name, path=plugins)
    if path is None:
        raise ProgramError(Unread(Why.NO_PROGRAM, f"{name} is not installed, or not on PATH"))
    return path


def temp_dir() -> str:
    """Return the folder for what is gone with us: that for temporary files, or shared memory.

    A container whose file system is read-only has only the latter. Raises ProgramError.
    """
    with suppress(FileNotFoundError):
        return tempfile.gettempdir()
    if os.access(_SHARED_MEMORY, os.W_OK):
        return _SHARED_MEMORY
    raise ProgramError(Unread(Why.FAILED, "no folder can be written to; $TMPDIR may name one"))


@contextmanager
def signals_raise() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, by an exception: all is tidied up.

    The exception is SystemExit, with the code that a shell has for the signal. All three wait
    while we deal with a program. A signal that somebody handles or ignores (nohup) is left alone.
    In a thread other than the main one this does nothing: signals are not for it.
    """
    default = (signal.SIG_DFL, signal.default_int_handler)
    before = {one: signal.getsignal(one) for one in _ENDING if _in_main_thread()}
    ours = {one: handler for one, handler in before.items() if handler in default}
    try:
        for number in ours:
            signal.signal(number, _come)
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Let signals wait for the end of the block.

    An exception that came out of nowhere would be lost in sh's fork, or would leave a lock in sh
    behind that nobody opens any more.
    """
    if not _in_main_thread():
        yield
        return
    _waiting.depth += 1
    try:
        yield
    finally:
        _waiting.depth -= 1
        if _waiting.number and not _waiting.depth:
            number, _waiting.number = _waiting.number, 0
            _leave(number)


@dataclass(slots=True)
class _Waiting:
    """The signal that waits, if one does, and for how many blocks."""

    number: int = 0
    depth: int = 0


_waiting = _Waiting()  # of the main thread, as all signals


def _come(number: int, _: FrameType | None) -> None:
    if _waiting.depth:
        _waiting.number = number
    else:
        _leave(number)


def _leave(number: int) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_IGN)  # tidying up is not to be interrupted
    raise SystemExit(128 + number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _credentials(argv: Sequence[str]) -> list[str]:
    found = [(_CREDENTIAL.fullmatch(word), after) for word, after in pairwise([*argv, ""])]
    return [value for match, after in found if match and (value := match[1] or after)]


def _whole(file: BinaryIO) -> bytes:
    # Not by read(): the program writes where this descriptor, which it shares, points to.
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what a child on Linux does first: ask the kernel to kill it when *parent* is gone."""
    prctl = _prctl()
    if prctl is None:
        return None

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return ask


@functools.cache
def _prctl() -> Callable[[int, int], int] | None:
    """Look prctl up in the parent: between fork and exec a child had better not import."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - elsewhere not needed

    function: Callable[[int, int], int] = ctypes.CDLL(None).prctl
    return function
