"""Reading logs: a `kubectl logs` for each pod, at the same time, to their ends or for good."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.commands.logs.lines import Line, read
from fluxstatus.lookup.log import explain
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.state.deployments import Component

_LOOK_EVERY = 0.2  # seconds, for new lines
_BOUNDS = ("--tail=20000", "--limit-bytes=16777216")  # of a pod: memory is to stay small
_FAILED = "kubectl logs failed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of a log is read: as `kubectl logs` has it; `fits` chooses lines.

    `tail` is how many lines are told of each pod, None for all.
    """

    fits: Callable[[Line], bool]
    every: bool  # whether it chooses all lines
    tail: int | None = None
    since: str = ""
    previous: bool = False
    follow: bool = False

    def options(self) -> Iterator[str]:
        """Return the options for kubectl."""
        if self.tail is not None and self.every:
            yield f"--tail={self.tail}"
        elif not self.every:
            yield from _BOUNDS[: 1 if self.follow else 2]
        elif not self.follow:
            yield _BOUNDS[1]
        if self.since:
            yield f"--since={self.since}"
        if self.previous:
            yield "--previous"
        if self.follow:
            yield "--follow"


@dataclass(slots=True)
class _Stream:
    """The log of one pod on its way."""

    controller: str
    process: Process
    offset: int = 0
    begun: bytes = b""
    last: deque[Line] = field(default_factory=deque)

    def lines(self) -> Iterator[Line]:
        """Return the lines that have come since the last look, whole ones only."""
        ended = not self.process.alive()  # asked first: what is printed by then is all
        came = self.process.printed(self.offset)
        self.offset += len(came)
        *whole, self.begun = (self.begun + came).split(b"\n")
        if ended and self.begun:
            whole, self.begun = [*whole, self.begun], b""
        for line in whole:
            yield read(self.controller, line.decode(errors="replace"))


class Logs:
    """The logs of the pods of *components*; `unread` tells by pod what could not be read."""

    def __init__(self, components: Sequence[Component], flags: tuple[str, ...]) -> None:
        self._components, self._flags = components, flags
        self.unread: dict[str, Unread] = {}

    def read(self, wanted: Wanted, timeout: float) -> Iterator[Line]:
        """Return the lines that are *wanted*: in their order, or with `follow` as they come.

        Without `follow` all must be there within *timeout* seconds.
        """
        with ExitStack() as closing:
            streams = [
                _Stream(component.name, closing.enter_context(self._start(component, pod, wanted)))
                for component in self._components
                for pod in component.pods
            ]
            if wanted.follow:
                yield from self._follow(streams, wanted)
            else:
                yield from self._whole(streams, wanted, time.monotonic() + timeout)

    def _start(self, component: Component, pod: Object, wanted: Wanted) -> Process:
        name = text_of(map_of(pod.get("metadata")).get("name"))
        where = f"--namespace={component.ref.namespace}"
        argv = [processes.kubectl(), *self._flags, "logs", where, *wanted.options(), f"pod/{name}"]
        return Process(argv)

    def _whole(self, streams: Iterable[_Stream], wanted: Wanted, until: float) -> Iterator[Line]:
        found: list[Line] = []
        for stream in streams:
            try:
                stream.process.wait(max(until - time.monotonic(), 0))
                lines = (line for line in stream.lines() if wanted.fits(line))
                found += lines if wanted.tail is None else deque(lines, wanted.tail)
            except ProgramError as error:
                self.unread[stream.controller] = error.unread
            self._note_failure(stream)
        yield from sorted(found, key=lambda line: str(line.at or ""))

    def _follow(self, streams: Sequence[_Stream], wanted: Wanted) -> Iterator[Line]:
        """Return lines as they come, until every kubectl has ended."""
        while True:
            alive = [stream for stream in streams if stream.process.alive()]
            for stream in streams:
                yield from filter(wanted.fits, stream.lines())
            if not alive:
                break
            time.sleep(_LOOK_EVERY)
        for stream in streams:
            self._note_failure(stream)

    def _note_failure(self, stream: _Stream) -> None:
        output = stream.process.output()
        if output.code:
            said = "; ".join(dict.fromkeys(output.stderr.split("\n"))).strip("; ")
            self.unread[stream.controller] = explain(Unread(Why.FAILED, said or _FAILED))
