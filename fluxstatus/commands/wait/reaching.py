"""Looking at a live cluster until a revision is applied, and why it is not when the time is up."""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands.options import Connection
from fluxstatus.commands.progress import read_evidence, reading
from fluxstatus.commands.wait.loop import Look, poll
from fluxstatus.commands.wait.members import Role
from fluxstatus.commands.wait.outcome import Outcome, Result, at_the_end
from fluxstatus.commands.wait.seeker import Seeker
from fluxstatus.commands.wait.standing import Phase, Standing
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.ref import Ref
from fluxstatus.report.terminal import marked

if TYPE_CHECKING:
    from fluxstatus.cluster.reader import Reader

PAUSE = 1.0  # seconds between two looks
_REQUEST = "30s"  # the time limit of one request, if the user sets none
_MORE = 30.0  # seconds for the looks that the time limit does not cut off
_FINDINGS = 5
_MANY = 50  # objects, of which each has its own lines in a pipe
_BAD = (Level.FAIL, Level.WARN, Level.UNKNOWN)


def reach(
    seeker: Seeker,
    connection: Connection,
    seconds: float,
    namespaces: Collection[str],
    *,
    verbose: bool,
) -> Outcome:
    """Look with *seeker* until its revision is applied, or until *seconds* have passed.

    Raises ArgumentError.
    """
    connection = replace(connection, request_timeout=connection.request_timeout or _REQUEST)
    began, confirmed, before = time.monotonic(), False, frozenset[Ref]()
    deadline = Deadline(seconds + _MORE)
    with _sessions(connection, deadline, namespaces, verbose=verbose) as sessions:

        def look() -> Look[Outcome]:
            nonlocal confirmed, before
            found = seeker.look(sessions.reader())
            done = frozenset(one.ref for one in found.standings if one.phase is Phase.DONE)
            is_reached = found.result is Result.REACHED
            over = confirmed if is_reached else found.final
            # To confirm it, or to read what had to wait for those that are done now.
            at_once = (is_reached and not confirmed) or bool(before and done - before)
            confirmed, before = is_reached, done
            lines = dict(_lines(found))
            return Look(found, found.taken_at, over, _summary(found, lines), lines, at_once)

        found = poll(look, seconds, PAUSE).result
    found = replace(found, elapsed=time.monotonic() - began)
    if not found.final:
        found = replace(found, result=at_the_end(found.result, found.standings))
    return found


def with_findings(found: Outcome, connection: Connection, *, verbose: bool) -> Outcome:
    """Return *found* with what the check finds about the objects that are not done, if any."""
    if found.result is Result.REACHED or not found.held:
        return found
    return replace(found, findings=tuple(_findings(found, connection, verbose=verbose)))


class _Sessions:
    """The connection to the cluster, opened again after it was lost."""

    def __init__(
        self,
        connection: Connection,
        deadline: Deadline,
        namespaces: Collection[str],
        *,
        verbose: bool,
    ) -> None:
        self._options = connection, deadline, tuple(namespaces), verbose
        self._open = ExitStack()
        self._reader: Reader | None = None

    def reader(self) -> "Reader":
        """Return the reader of an open connection; what is wrong with it is its `unreachable`."""
        if self._reader is None or self._reader.unreachable or self._reader.served is None:
            self.close()
            connection, deadline, namespaces, verbose = self._options
            session = reading(
                connection, deadline, _preload, namespaces=namespaces, verbose=verbose
            )
            self._reader = self._open.enter_context(session)
            self._reader.discover()
        return self._reader

    def close(self) -> None:
        """Close the connection."""
        self._reader = None
        self._open.close()


@contextmanager
def _sessions(
    connection: Connection, deadline: Deadline, namespaces: Collection[str], *, verbose: bool
) -> "Iterator[_Sessions]":
    sessions = _Sessions(connection, deadline, namespaces, verbose=verbose)
    try:
        yield sessions
    finally:
        sessions.close()


def _preload() -> None:
    """Import what the result needs, while kubectl starts."""
    import fluxstatus.commands.wait.text  # noqa: F401, PLC0415


def _lines(found: Outcome) -> Iterator[tuple[str, str]]:
    """Yield a line for each object, for each hint, and for all that could not be read.

    Each comes with what tells it from others: a command has the current time in it.
    """
    for text in (f"{name}: {why.full_text}" for name, why in found.unread):
        yield text, text
    shown = found.standings if len(found.standings) <= _MANY else _worst(found)
    for text in (f"{one.ref}: {one.text}" for one in shown):
        yield text, text
    if len(shown) < len(found.standings):
        text = f"{len(found.standings) - len(found.held)} of {len(found.standings)} objects done"
        yield text, text
    for hint in found.hints:
        commands = " && ".join(map(marked, hint.commands))
        yield hint.text, f"{hint.text} {commands}".rstrip()


def _worst(found: Outcome) -> list[Standing]:
    """Return the sources and the failures in *found*: of many objects, the others are counted."""
    bad = (Phase.FAILED, Phase.SUSPENDED, Phase.UNKNOWN)
    return [one for one in found.standings if one.role is Role.SOURCE or one.phase in bad][:_MANY]


def _summary(found: Outcome, lines: Mapping[str, str]) -> str:
    """Return what is waited for in a line: the one that is furthest up first."""
    held = found.held
    if not held:
        return next(iter(lines.values()), "no result yet")
    first: Standing = next((one for one in held if one.phase is Phase.FAILED), held[0])
    total = len(found.standings)
    return f"{total - len(held)} of {total} done; {first.ref}: {first.text}"


def _findings(found: Outcome, connection: Connection, *, verbose: bool) -> Iterable[Finding]:
    """Return what the check finds about the objects that are not done, the worst first."""
    from fluxstatus.causes.analysis import Analysis  # noqa: PLC0415 - only if it is not applied
    from fluxstatus.mcp.next_step import report_with_next  # noqa: PLC0415
    from fluxstatus.state.state import State  # noqa: PLC0415

    deadline = Deadline(_MORE)
    evidence = read_evidence(connection, deadline=deadline, verbose=verbose, quiet=True)
    held = {one.ref.key for one in found.held}
    about = [
        one
        for one in report_with_next(Analysis(State(evidence))).faults
        if one.level in _BAD and not held.isdisjoint(ref.key for ref in (*one.objects, *one.blocks))
    ]
    return about[:_FINDINGS]
