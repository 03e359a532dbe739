"""The programs on this machine that work with Flux: their paths and versions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.versions import version_in
from fluxstatus.cluster import go_programs, processes, version_memory
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.cluster.version_memory import Seen
from fluxstatus.model.evidence import Unread, Why

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "kubectl": ("version", "--client"),
    "helm": ("version", "--short"),
    "flux-operator": ("version", "--client"),
    "flux-operator-mcp": ("--version",),
    "flux": ("--version",),
}
"""The arguments that print the version of each program, without a cluster. Of other programs, only
the path is known."""

_SECONDS = 5.0


class _Started(NamedTuple):
    """A program that was started, and what is remembered by it, if anything."""

    path: str
    process: Process
    seen: Seen | None


class Program(NamedTuple):
    """A program: its path and version; `unread` is why one of them is unknown."""

    name: str
    path: str = ""
    version: str = ""
    unread: Unread | None = None

    @property
    def missing(self) -> bool:
        """Whether it is not installed."""
        return not self.path


@contextmanager
def running(names: Iterable[str], deadline: Deadline) -> Iterator[Callable[[], dict[str, Program]]]:
    """Start all programs with these *names*; the block gets what waits for their versions.

    They run while the block does something else, until *deadline* at most. One that is as it was
    when it printed its version is not started again.
    """
    limit = deadline.within(_SECONDS)
    with ExitStack() as stack:
        started = {name: _start(name, stack) for name in names}
        yield lambda: {
            name: found if isinstance(found, Program) else _answer(name, found, limit)
            for name, found in started.items()
        }


def _start(name: str, stack: ExitStack) -> Program | _Started:
    try:
        path = processes.kubectl() if name == "kubectl" else processes.find(name)
        if name not in _ARGUMENTS:
            return Program(name, path)
        seen = version_memory.seen(name, path)
        if seen and (version := version_memory.recall(seen)):
            return Program(name, path, version)
        process = Process([path, *_ARGUMENTS[name]], environ=go_programs.environment())
        return _Started(path, stack.enter_context(process), seen)
    except ProgramError as error:
        return Program(name, unread=error.unread)


def _answer(name: str, started: _Started, deadline: Deadline) -> Program:
    try:
        code = started.process.wait(deadline)
    except ProgramError as error:
        return Program(name, started.path, unread=error.unread)
    version = version_in(started.process.output().stdout.decode(errors="replace"))
    if not version:
        unread = Unread(Why.GARBLED, f"{name} did not print its version")
        return Program(name, started.path, unread=unread)
    if started.seen and not code:
        version_memory.remember(name, started.seen, version)
    return Program(name, started.path, version)
