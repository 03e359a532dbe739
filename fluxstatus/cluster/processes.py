"""Finding, running and ending other programs. No other module runs any.

A program runs in its own session, without a terminal or input, so it cannot prompt the user. Its
output goes to unnamed files of a limited size: no line is lost, no full pipe blocks it, and the
output of a program that hangs can be read. It ends with its block, and so does all that it started
(see orphans.py). No message contains a command line, which may contain a credential.
"""

import json
import os
import re
import resource
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.masking import mask
from fluxstatus.cluster import go_programs, orphans, signals
from fluxstatus.model.errors import LIMITS, UnreadError
from fluxstatus.model.evidence import Why

if TYPE_CHECKING:
    from sh import RunningCommand

_LOG = late_pattern(
    r"^(?:[EWI]\d{4} .*\n?"  # Kubernetes' logger
    r"|F\d{4} [^\]\n]*\] ?"  # its prefix of a fatal error
    r"|\d{4}/\d\d/\d\d \S+ httputil: .*\n?)",  # Go's logger, in `kubectl proxy`
    re.MULTILINE,
)
_CREDENTIAL = late_pattern(r"--(?:kube-)?(?:token|password)(?:=(.+))?", re.DOTALL)
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - its files have no names there, or random ones
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_MOST_OUTPUT = 64 << 20  # bytes of each file that a program writes; at that size it is killed
_LAST = 64 << 10  # bytes of standard error that are read: its end
_READS = 16  # of a pipe, each of so many bytes, before what was read is used
_TO_CLEAN_UP = 3.0  # seconds for programs that are asked to end
_AT_ONCE = 8  # programs that `running` runs at the same time
_PAUSES = (0.001, 0.02)  # seconds between two checks of a program: the first, and the longest


class ProgramError(UnreadError):
    """A program is missing, failed, hung, was killed or printed nonsense."""


class TimeUpError(ProgramError):
    """The time was up before a program could be started."""

    @classmethod
    def of_start(cls, deadline: Deadline, name: str) -> Self:
        """Return the error for the program *name*."""
        return cls.of(Why.TIMEOUT, f"--timeout {deadline} was used up before {name} was started")


class Output(NamedTuple):
    """The output and exit code of a program.

    `stderr` has no log lines of Kubernetes and Go, except the text of a fatal error, and no
    credentials.
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
    for our own. With `stdin` it reads what `write` writes, else nothing. With `streaming` its
    output is kept only until `read` returns it, and it waits while there is too much. On Linux the
    kernel also ends it when the thread that started it ends, for any reason. Raises ProgramError.
    """

    _running: "RunningCommand | None" = None

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        stdin: bool = False,
        streaming: bool = False,
    ) -> None:
        self.name = Path(argv[0]).name
        self._began = time.monotonic()
        self._read, self._is_over = 0, False
        self._credentials = _credentials(argv)
        self._files = ExitStack()
        self._write_end: BinaryIO | None = None
        try:
            with signals.deferred():
                self._start(argv, environ, stdin, streaming)
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
        with signals.deferred():
            return self._running is not None and not self._has_ended(self._running)

    def wait(self, deadline: Deadline) -> int:
        """Return its exit code, negative for a signal. Raises ProgramError if it does not end."""
        pause = _PAUSES[0]
        while self.alive():
            if not deadline.remaining():
                raise self._late(deadline)
            time.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])
        return self.output().code

    def _late(self, deadline: Deadline) -> ProgramError:
        seconds = deadline.time_for(self._began)
        if not seconds:
            return TimeUpError.of_start(deadline, self.name)
        return ProgramError.of(Why.TIMEOUT, f"{self.name} did not finish within {seconds:g} s")

    def end(self) -> None:
        """Kill it and all that it started; no program that we run needs to clean up."""
        with signals.deferred():
            if self._running is None:
                return
            if not self._has_ended(self._running):
                orphans.kill_group(self._running.pid)
            self._running.wait()
            orphans.ended(self._running.pid)

    def ask_to_end(self) -> None:
        """Send SIGTERM to a program that cleans up by itself; `end` does not give it the time."""
        with signals.deferred(), suppress(ProcessLookupError):
            if self._running is not None and not self._has_ended(self._running):
                os.kill(self._running.pid, signal.SIGTERM)

    def _has_ended(self, running: "RunningCommand") -> bool:
        """Return whether the program has ended; the rest of its group is then killed, once.

        If possible before it is reaped, after which its number may be another's some day: a thread
        of sh looks for its end once a second.
        """
        if self._is_over:
            return True
        has_ended = orphans.is_zombie(running.pid)
        if has_ended is None:
            has_ended = not running.is_alive()
        if has_ended:
            orphans.kill_group(running.pid)
            self._is_over = not running.is_alive()
        return self._is_over

    def output(self) -> Output:
        """Return its output so far; the exit code is 0 while it runs."""
        with signals.deferred():
            running = self._running
            code = 0 if running is None or not self._has_ended(running) else running.exit_code
        stderr = _last(self._stderr).decode(errors="replace")
        for credential in self._credentials:
            stderr = stderr.replace(credential, "***")
        return Output(self.name, self._printed(), mask(_LOG.sub("", stderr)), code)

    def read(self) -> bytes:
        """Return what it printed to standard output since the last call."""
        new = _available(self._stdout) if self._streaming else self._printed(self._read)
        self._read += len(new)
        return new

    def _printed(self, offset: int = 0) -> bytes:
        """Return its standard output so far, without the first *offset* bytes."""
        if self._streaming:
            return b""
        # Not with read(): the program shares the position of this descriptor.
        descriptor = self._stdout.fileno()
        return os.pread(descriptor, max(os.fstat(descriptor).st_size - offset, 0), offset)

    def _start(
        self, argv: Sequence[str], environ: Mapping[str, str] | None, stdin: bool, streaming: bool
    ) -> None:
        import logging  # noqa: PLC0415 - these take 20 ms, which --help does not need

        from fluxstatus.cluster import lean_imports  # noqa: PLC0415

        sh = lean_imports.sh()
        logging.getLogger("sh").setLevel(logging.CRITICAL)  # it logs command lines
        self._streaming = streaming
        try:
            self._stderr = self._file()
            with self._input(stdin) as read_end, self._output() as write_end, orphans.starting():
                self._running = sh.Command(argv[0])(
                    *argv[1:],
                    _in=read_end,
                    _env=None if environ is None else dict(environ),
                    _out=write_end,
                    _err=self._stderr,
                    _bg=True,
                    _bg_exc=False,
                    _new_session=True,
                    _preexec_fn=_preparation(os.getpid()),
                    _ok_code=list(range(-signal.NSIG, 256)),
                    _encoding="utf-8",
                )
                orphans.started(self._running.pid)
        except (sh.CommandNotFound, sh.ForkException, OSError) as error:
            raise _not_started(self.name, error) from error

    def _input(self, stdin: bool) -> BinaryIO:
        """Return its standard input: an empty file, or the read end of a pipe."""
        if not stdin:
            return Path(os.devnull).open("rb")
        read_end, write_end = os.pipe()
        self._write_end = self._files.enter_context(os.fdopen(write_end, "wb", buffering=0))
        return os.fdopen(read_end, "rb")

    @contextmanager
    def _output(self) -> Iterator[BinaryIO]:
        """Yield what it prints to: an unnamed file, or a pipe if it is streaming."""
        if not self._streaming:
            self._stdout = self._file()
            yield self._stdout
            return
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self._stdout = self._files.enter_context(os.fdopen(read_end, "rb", buffering=0))
        with os.fdopen(write_end, "wb", buffering=0) as file:
            yield file

    def _file(self) -> BinaryIO:
        return self._files.enter_context(tempfile.TemporaryFile(dir=temp_dir()))


def _not_started(name: str, error: Exception) -> ProgramError:
    """Return the error for a program that could not be started, with what the system says."""
    said = re.findall(r"\[Errno (\d+)\] ([^:\n]+)", f"{error}")  # sh repeats a whole traceback
    number, reason = said[-1] if said else ("0", "")
    why = Why.FAILED if int(number) in LIMITS else Why.NO_PROGRAM
    text = f"{name} could not be started"
    return ProgramError.of(why, f"{text}: {reason}" if reason else text)


def run(argv: Sequence[str], deadline: Deadline) -> Output:
    """Run a program and return its output.

    *argv* begins with the path from `kubectl` or `find`. Raises ProgramError, also for an exit code
    that is not 0.
    """
    if not deadline.remaining():
        raise TimeUpError.of_start(deadline, Path(argv[0]).name)
    with Process(argv) as process:
        return finished(process, deadline)


def ended(running: Sequence[Process]) -> None:
    """End programs that clean up by themselves, all at the same time: kill those that do not."""
    for process in running:
        process.ask_to_end()
    until = time.monotonic() + _TO_CLEAN_UP
    while any(process.alive() for process in running) and time.monotonic() < until:
        time.sleep(_PAUSES[0])
    for process in running:
        process.__exit__()


def finished(process: Process, deadline: Deadline) -> Output:
    """Wait for *process* and return its output. Raises ProgramError as `run` does."""
    code = process.wait(deadline)
    output = process.output()
    if not code:
        return output
    if code == -signal.SIGXFSZ:
        text = f"{process.name} printed too much: more than {_MOST_OUTPUT >> 20} MiB"
    elif code < 0:
        text = f"{process.name} was killed by {signal.Signals(-code).name}"
    else:
        reason = output.stderr.strip() or f"exit code {code}, without a message"
        text = f"{process.name} failed: {reason}"
    raise ProgramError.of(Why.FAILED, text)


@contextmanager
def running(
    commands: Iterable[Sequence[str]], deadline: Deadline
) -> Iterator[Callable[[], Iterator[Output | ProgramError]]]:
    """Run kubectl with *commands*, its arguments, a few at a time, while the block does other work.

    The block gets what waits for them: it yields what `run` returns or raises, for each in turn.
    """
    todo = iter(commands)
    with ExitStack() as stack:
        started = deque(_started(argv, deadline, stack) for argv in islice(todo, _AT_ONCE))

        def results() -> Iterator[Output | ProgramError]:
            while started:
                first = started.popleft()
                yield _result(first, deadline)
                started.extend(_started(argv, deadline, stack) for argv in islice(todo, 1))

        yield results


def _started(
    arguments: Sequence[str], deadline: Deadline, stack: ExitStack
) -> Process | ProgramError:
    if not deadline.remaining():
        return TimeUpError.of_start(deadline, "kubectl")
    try:
        process = Process([kubectl(), *arguments], environ=go_programs.environment())
        return stack.enter_context(process)
    except ProgramError as error:
        return error


def _result(started: Process | ProgramError, deadline: Deadline) -> Output | ProgramError:
    if isinstance(started, ProgramError):
        return started
    try:
        return finished(started, deadline)
    except ProgramError as error:
        return error
    finally:
        started.end()


def kubectl() -> str:
    """Return the path of kubectl: the one that runs us as a plugin, else the first in PATH.

    Raises ProgramError.
    """
    caller = os.environ.get("KUBECTL_PATH", "")  # set by kubectl 1.37 and newer
    usable = Path(caller).is_file() and os.access(caller, os.X_OK)
    return caller if usable else find("kubectl")


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


def _credentials(argv: Sequence[str]) -> list[str]:
    found = [(_CREDENTIAL.fullmatch(word), after) for word, after in pairwise([*argv, ""])]
    return [value for match, after in found if match and (value := match[1] or after)]


def _last(file: BinaryIO) -> bytes:
    """Return the end of *file*, from the beginning of a line if it is long."""
    # Not with read(): the program shares the position of this descriptor.
    size = os.fstat(file.fileno()).st_size
    text = os.pread(file.fileno(), _LAST, max(size - _LAST, 0))
    return text if size <= _LAST else text.partition(b"\n")[2] or text


def _available(pipe: BinaryIO) -> bytes:
    """Return what is in *pipe*, which does not block."""
    parts: list[bytes] = []
    while len(parts) < _READS and (part := pipe.read(_LAST)):  # None if empty, b"" at its end
        parts.append(part)
    return b"".join(parts)


def _preparation(parent: int) -> Callable[[], None]:
    """Return what a child of *parent* does before it runs a program.

    It limits the size of what it writes, and Linux kills it when *parent* ends.
    """
    limit = _limit()
    prctl = orphans.prctl()

    def prepare() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # which Python ignores
        if prctl is not None:
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it ended before the request
                os._exit(1)

    return prepare


def _limit() -> tuple[int, int]:
    """Return the limits of the size of a file, not above those that there are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limits = [one for one in (soft, hard) if one != resource.RLIM_INFINITY]
    return min([_MOST_OUTPUT, *limits]), hard
