"""Reading a live cluster, with progress on standard error."""

# ruff: noqa: PLC0415 - a snapshot and --help do not need the client

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.plurals import counted
from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.model.evidence import Answer, Evidence
from fluxstatus.model.ref import Key

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from fluxstatus.causes.pod_namespaces import Waiting
    from fluxstatus.cluster.client import ApiClient
    from fluxstatus.cluster.collector import Progress
    from fluxstatus.cluster.reader import Reader

Connect: TypeAlias = "Callable[[], AbstractContextManager[ApiClient]]"
"""Opens the connection to the cluster."""


def connecting(connection: Connection, deadline: Deadline, *, verbose: bool) -> Connect:
    """Return a function that opens the connection to the cluster, until *deadline* at most.

    With *verbose* the cost of the requests is printed at the end.
    """

    def connect() -> "AbstractContextManager[ApiClient]":
        from fluxstatus.cluster.reader import opened

        return opened(connection.access(deadline), console.noting(on=verbose))

    return connect


def reading(
    connection: Connection,
    deadline: Deadline,
    while_starting: Callable[[], None],
    *,
    namespaces: Iterable[str] = (),
    verbose: bool,
    live: console.LiveLine | None = None,
) -> "AbstractContextManager[Reader]":
    """Open the connection to the cluster to read lists, until *deadline* at most.

    With *verbose* a line is printed for each answer, and the cost at the end; else *live* shows it.
    """
    from fluxstatus.cluster import reader

    access = connection.access(deadline, namespaces)
    report = live.show if live and not verbose else console.noting(on=verbose)
    return reader.reading(access, report=report, while_starting=while_starting)


def read_evidence(
    connection: Connection,
    *,
    namespaces: tuple[str, ...] = (),
    deadline: Deadline,
    verbose: bool,
    quiet: bool = False,
    advice: bool = False,
    identified: bool = False,
    also: "Callable[[ApiClient], None] | None" = None,
) -> Evidence:
    """Return the state of the cluster, read before *deadline*.

    *advice* adds the requests for advice, *identified* that for the uid of the cluster, which two
    snapshots of one cluster have in common, and *also* makes its own. On a terminal a line shows
    the last answer, unless *quiet*; *verbose* prints a line for each answer and for each step.
    """
    from fluxstatus.cluster.collector import collect
    from fluxstatus.cluster.identity import Identity

    identity = Identity()
    more = [each for each in (also, identity.read if identified else None) if each]
    access = connection.access(deadline, namespaces)
    live = console.LiveLine(on=not quiet and not verbose)
    answers: list[Progress] = []
    further = _Further()

    def note_answer(answer: "Progress") -> None:
        answers.append(answer)
        text = f"{answer.query}: {answer.text}, after {answer.seconds:.2f} s"
        (console.note if verbose else live.show)(text)

    try:
        evidence = collect(
            access,
            note_answer,
            further.workload_namespaces,
            while_starting=_get_ready,
            awaited=further.awaited,
            contested_kinds=_contested_kinds,
            advice=advice,
            also=partial(_call_all, more) if more else None,
        )
    finally:
        live.clear()
    for line in _account(answers, evidence) if verbose else ():
        console.note(line)
    return replace(evidence, uid=identity.uid) if identified else evidence


def _call_all(functions: "Iterable[Callable[[ApiClient], None]]", api: "ApiClient") -> None:
    for each in functions:
        each(api)


def _get_ready() -> None:
    """Import the modules of the check while kubectl starts, which takes as long."""
    import fluxstatus.mcp.next_step
    import fluxstatus.mcp.scan
    import fluxstatus.report.as_text  # noqa: F401


class _Further:
    """What else the check reads for what fails in the lists of Flux, which is looked for once."""

    def __init__(self) -> None:
        self._waiting: Waiting | None = None

    def workload_namespaces(self, answers: Mapping[str, Answer]) -> set[str]:
        from fluxstatus.causes.pod_namespaces import workload_namespaces

        return workload_namespaces(answers, self._found_in(answers))

    def awaited(self, evidence: Evidence) -> Collection[Key]:
        from fluxstatus.causes.awaited import objects_to_read

        return objects_to_read(evidence, self._found_in(evidence.answers))

    def _found_in(self, answers: Mapping[str, Answer]) -> "Waiting":
        from fluxstatus.causes.pod_namespaces import waiting

        if self._waiting is None:
            self._waiting = waiting(answers)
        return self._waiting


def _contested_kinds(answers: Mapping[str, Answer]) -> set[str]:
    from fluxstatus.state.inventories import contested_kinds

    return contested_kinds(answers)


def _account(answers: list["Progress"], evidence: Evidence) -> Iterator[str]:
    """Yield a line per step with its requests; a shared answer counts for its first step."""
    from fluxstatus.checks import STEPS

    left = {answer.query: answer for answer in answers}
    for step in STEPS:
        queries = (*step.reads, *step.advice_reads)
        read = [left.pop(query) for query in queries if query in left]
        own = [answer for answer in read if answer.requests]
        requests = sum(answer.requests for answer in own)
        after = max((answer.seconds for answer in own), default=0.0)
        text = counted(requests, "request")
        when = f", answered after {after:.2f} s" if own else ""
        yield f"step {step.id}: {text}{when}"
    cost = evidence.cost
    yield f"{counted(cost.requests, 'request')}, {cost.bytes:,} bytes, {cost.seconds:.2f} s"
