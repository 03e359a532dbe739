"""The programs on this machine that have to do with Flux: where they are, and their versions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from fluxstatus.base.versions import version_in
from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Unread, Why

_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "kubectl": ("version", "--client"),
    "flux-operator": ("version", "--client"),
    "flux-operator-mcp": ("--version",),
    "flux": ("--version",),
}
"""What makes each tell its own version, without asking a cluster. Others are only looked for."""

_SECONDS = 5.0


class Client(NamedTuple):
    """A program: its path, and its version; `unread` tells why one of these is not known."""

    name: str
    path: str = ""
    version: str = ""
    unread: Unread | None = None

    @property
    def missing(self) -> bool:
        """Whether it is not here at all."""
        return not self.path


@contextmanager
def asking(names: Iterable[str]) -> Iterator[Callable[[], dict[str, Client]]]:
    """Ask all programs with these *names* for their versions; what is given waits for the answers.

    They are at work while the block goes on with something else.
    """
    with ExitStack() as stack:
        asked = {name: _start(name, stack) for name in names}
        yield lambda: {
            name: found if isinstance(found, Client) else _answer(name, *found)
            for name, found in asked.items()
        }


def _start(name: str, stack: ExitStack) -> Client | tuple[str, Process]:
    try:
        path = processes.kubectl() if name == "kubectl" else processes.find(name)
        if name not in _QUESTIONS:
            return Client(name, path)
        return path, stack.enter_context(Process([path, *_QUESTIONS[name]]))
    except ProgramError as error:
        return Client(name, unread=error.unread)


def _answer(name: str, path: str, process: Process) -> Client:
    try:
        process.wait(_SECONDS)
    except ProgramError as error:
        return Client(name, path, unread=error.unread)
    version = version_in(process.output().stdout.decode(errors="replace"))
    if not version:
        return Client(name, path, unread=Unread(Why.GARBLED, f"{name} does not tell its version"))
    return Client(name, path, version)
