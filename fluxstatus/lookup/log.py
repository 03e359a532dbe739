"""The logs of the Flux controllers: reading them, and the lines about one object."""

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.cluster import processes, refusals
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Object, Read, Unread, Why
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component

_MAX_LINES, _MAX_BYTES = "--tail=20000", "--limit-bytes=16777216"  # per pod, to bound memory
_LONGEST_LINE = 1 << 20  # bytes; a longer one is cut
_AT_A_TIME = 1000  # lines that are parsed before the clock is looked at
_CONTEXT = 200  # lines before those to return: a credential may begin there
_POLL = 0.2  # seconds between two checks for new lines
_FAILED = "kubectl logs failed"
_PLAIN_ERROR = re.compile(r"(?:[EF]\d{4} |panic:|fatal error:|goroutine \d)")
"""The beginnings of error lines that are not JSON: those of klog and of Go itself."""

_KEY_ENDS = "-----END"
_OPEN_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,60}(?:PRIVATE KEY|NKEY SEED)(?![\s\S]*-----END)")

_SUMMARY_PODS = 3  # per controller: the other replicas wait to become the leader
_SUMMARY_LINES = 50
_SUMMARY_LENGTH = 2000  # characters of a message


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line in the log of a controller; `entry` is empty when it is not a JSON object."""

    controller: str
    raw: str
    entry: dict[str, Any]

    @property
    def at(self) -> datetime | None:
        """The time of the line, None without one."""
        return when(self.entry.get("ts"))

    @property
    def is_error(self) -> bool:
        """Whether the line reports an error."""
        return self.entry.get("level") == "error" or bool(_PLAIN_ERROR.match(self.raw))

    @property
    def kind(self) -> str:
        """The kind that the line is about, as controller-runtime or the loggers of Flux name it."""
        return text_of(self.entry.get("controllerKind") or self.entry.get("reconciler kind"))

    @property
    def text(self) -> str:
        """The message and the error, without credentials."""
        message = text_of(self.entry.get("msg") or self.entry.get("message"))
        parts = (message, text_of(self.entry.get("error")))
        return mask(": ".join(part for part in parts if part))

    def is_about(self, ref: Ref) -> bool:
        """Return whether the line is about *ref*."""
        named = map_of(self.entry.get(ref.kind)) or self.entry
        place = named.get("name"), named.get("namespace")
        is_of_kind = named is not self.entry or self.kind == ref.kind
        return is_of_kind and place == (ref.name, ref.namespace)


def parse(controller: str, raw: str) -> LogLine:
    """Return the line *raw* of *controller*."""
    entry: Any = None
    if raw.startswith("{"):
        try:
            entry = json.loads(raw)
        except (ValueError, RecursionError):
            entry = None
    return LogLine(controller, raw, entry if isinstance(entry, dict) else {})


@dataclass(frozen=True, slots=True)
class LogQuery:
    """The lines to read: those about an object, only errors, or all.

    `tail` is the number of matching lines per pod, None for all. The others are options of
    `kubectl logs`.
    """

    about: Ref | None = None
    errors: bool = False
    tail: int | None = None
    since: str = ""
    previous: bool = False
    follow: bool = False

    def matches(self, line: LogLine) -> bool:
        """Return whether *line* is one of those to read."""
        if self.errors and not line.is_error:
            return False
        return self.about is None or line.is_about(self.about)

    def options(self) -> Iterator[str]:
        """Yield the options of `kubectl logs`."""
        if self.about or self.errors:  # lines are selected here, so kubectl must not cut them
            yield _MAX_LINES
        elif self.tail is not None:
            yield f"--tail={self.tail}"
        if not self.follow:
            yield _MAX_BYTES
        if self.since:
            yield f"--since={self.since}"
        if self.previous:
            yield "--previous"
        if self.follow:
            yield "--follow"


@dataclass(slots=True)
class _Stream:
    """The log of one pod while it is read."""

    controller: str
    process: Process
    rest: bytes = b""
    in_key: bool = False

    def lines(self) -> Iterator[LogLine]:
        """Yield the complete lines printed since the last call."""
        ended = not self.process.alive()  # checked first: after the end nothing is added
        *complete, self.rest = (self.rest + self.process.read()).split(b"\n")
        if self.rest and (ended or len(self.rest) > _LONGEST_LINE):
            complete, self.rest = [*complete, self.rest], b""
        for line in complete:
            yield parse(self.controller, line[:_LONGEST_LINE].decode(errors="replace"))

    def masked(self, lines: Iterable[LogLine]) -> Iterator[LogLine]:
        """Yield *lines* without the credentials that take several of them."""
        for is_json, block in groupby(lines, key=lambda line: bool(line.entry)):
            if is_json:
                yield from block
            else:
                for raw in self._plain([line.raw for line in block]):
                    yield LogLine(self.controller, raw, {})

    def _plain(self, lines: list[str]) -> Iterator[str]:
        """Yield *lines* without credentials; a private key may go on in the next lines."""
        if self.in_key:
            end = next((n for n, line in enumerate(lines, 1) if _KEY_ENDS in line), 0)
            self.in_key = not end
            lines = lines[end:] if end else []
        text = "\n".join(lines)
        self.in_key = self.in_key or bool(_OPEN_KEY.search(text))
        yield from mask(text).split("\n") if lines else ()


def _in_time(lines: Iterable[LogLine], deadline: Deadline) -> Iterator[LogLine]:
    """Yield *lines*. Raises ProgramError when the time is up before the last."""
    todo = iter(lines)
    while deadline.remaining():
        some = list(islice(todo, _AT_A_TIME))
        if not some:
            return
        yield from some
    raise ProgramError.of(Why.TIMEOUT, f"the log could not be read to its end within {deadline}")


class Logs:
    """The logs of the pods of *components*; `unread` has the errors by controller."""

    def __init__(self, components: Sequence[Component], flags: tuple[str, ...]) -> None:
        self._components, self._flags = components, flags
        self.unread: dict[str, Unread] = {
            one.name: one.pods.unread for one in components if one.pods.unread
        }

    def read(self, query: LogQuery, deadline: Deadline) -> Iterator[LogLine]:
        """Yield the matching lines sorted by time, or with `follow` as they are printed.

        With `follow` there is no deadline.
        """
        with self.started(query) as streams:
            if query.follow:
                yield from self._follow(streams, query)
            else:
                yield from self.finished(streams, query, deadline)

    @contextmanager
    def started(self, query: LogQuery) -> Iterator["list[_Stream]"]:
        """Read, while the block does something else, what `finished` returns."""
        with ExitStack() as stack:
            yield [
                _Stream(component.name, stack.enter_context(self._start(component, pod, query)))
                for component in self._components
                for pod in component.pods.known
            ]

    def _start(self, component: Component, pod: Object, query: LogQuery) -> Process:
        name = text_of(map_of(pod.get("metadata")).get("name"))
        where = f"--namespace={component.ref.namespace}"
        argv = [processes.kubectl(), *self._flags, "logs", where, *query.options(), f"pod/{name}"]
        return Process(argv, streaming=query.follow)

    def finished(
        self, streams: "Iterable[_Stream]", query: LogQuery, deadline: Deadline
    ) -> Iterator[LogLine]:
        """Yield the matching lines of logs that are read to their end, sorted by time."""
        found: list[LogLine] = []
        for stream in streams:
            try:
                stream.process.wait(deadline)
                lines = filter(query.matches, _in_time(stream.lines(), deadline))
                if query.tail is None:
                    found += stream.masked(lines)
                else:
                    last = deque(lines, query.tail + _CONTEXT)
                    found += deque(stream.masked(last), query.tail)
            except ProgramError as error:
                self.unread[stream.controller] = error.unread
            self._note_failure(stream)
        yield from sorted(found, key=lambda line: str(line.at or ""))

    def _follow(self, streams: Sequence[_Stream], query: LogQuery) -> Iterator[LogLine]:
        """Yield lines as they are printed, until every kubectl has ended."""
        while True:
            running = [stream for stream in streams if stream.process.alive()]
            is_quiet = True
            for stream in streams:
                lines = list(stream.lines())
                is_quiet = is_quiet and not lines
                yield from stream.masked(filter(query.matches, lines))
            if not running:
                break
            if is_quiet:
                time.sleep(_POLL)
        for stream in streams:
            self._note_failure(stream)

    def _note_failure(self, stream: _Stream) -> None:
        output = stream.process.output()
        if output.code:
            text = "; ".join(dict.fromkeys(output.stderr.split("\n"))).strip("; ")
            failed = Unread(Why.FAILED, text or _FAILED)
            to = "read the controller's logs"
            self.unread[stream.controller] = refusals.of_kubectl(failed, "get pods/log", to)


@dataclass(frozen=True, slots=True)
class LogMessage:
    """A message that a controller logged about an object: how often, and the last time."""

    level: str
    text: str
    times: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The messages about an object in the log of the last hour, or why they were not read."""

    controller: Ref | None = None
    messages: tuple[LogMessage, ...] = ()
    unread: Unread | None = None


@contextmanager
def summarizing(
    component: Component, ref: Ref, flags: tuple[str, ...], deadline: Deadline
) -> Iterator[Callable[[], Summary]]:
    """Read, while the block does something else, what *component* logged in the last hour.

    *flags* select the cluster. The block gets what waits for the messages about *ref*.
    """
    pods = component.pods.known[:_SUMMARY_PODS]
    if not pods:
        no_pod = Unread(Why.ABSENT, f"{component.ref} has no pod")
        summary = Summary(component.ref, unread=component.pods.unread or no_pod)
        yield lambda: summary
        return
    logs, query = Logs([component._replace(pods=Read(pods))], flags), LogQuery(ref, since="1h")
    with logs.started(query) as streams:

        def summarize() -> Summary:
            lines = list(logs.finished(streams, query, deadline))
            unread = component.pods.unread or logs.unread.get(component.name)
            return Summary(component.ref, tuple(merged(lines)), unread)

        yield summarize


def merged(lines: Iterable[LogLine]) -> list[LogMessage]:
    """Return each message of *lines* once, errors first, and the newest first among them."""
    known: dict[tuple[str, str], LogMessage] = {}
    for line in lines:
        level, text = text_of(line.entry.get("level")), line.text[:_SUMMARY_LENGTH]
        before = known.get((level, text), LogMessage(level, text, 0, None))
        times = [at for at in (before.last, line.at) if at]
        known[level, text] = LogMessage(level, text, before.times + 1, max(times, default=None))
    newest = sorted(known.values(), key=lambda message: str(message.last), reverse=True)
    return sorted(newest, key=lambda message: message.level != "error")[:_SUMMARY_LINES]
