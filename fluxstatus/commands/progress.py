"""Asking a live cluster, and telling on standard error how far that is."""

# ruff: noqa: PLC0415 - a snapshot and --help need not pay for asking

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.model.evidence import Answer, Evidence

if TYPE_CHECKING:
    from fluxstatus.cluster.collector import Told


def ask(
    connection: Connection,
    *,
    namespaces: tuple[str, ...] = (),
    timeout: float,
    verbose: bool,
    quiet: bool = False,
    advice: bool = False,
) -> Evidence:
    """Return what the cluster says within *timeout* seconds; *advice* asks for a little more.

    On a terminal a line shows what was answered last, unless *quiet*; *verbose* keeps a line for
    each answer, and one for each step of the check.
    """
    from fluxstatus.cluster.collector import collect

    access = connection.access(timeout, namespaces)
    live = console.LiveLine(on=not quiet and not verbose)
    answers: list[Told] = []

    def tell(told: "Told") -> None:
        answers.append(told)
        text = f"{told.query}: {told.text}, after {told.seconds:.2f} s"
        (console.note if verbose else live.show)(text)

    try:
        evidence = collect(
            access,
            tell,
            _workload_namespaces,
            while_starting=_get_ready,
            further=advice,
        )
    finally:
        live.clear()
    for line in _account(answers, evidence) if verbose else ():
        console.note(line)
    target = evidence.target._replace(flags=access.repeated)
    return replace(evidence, target=target)


def _get_ready() -> None:
    """Import what will judge and show the answers: it takes as long as kubectl to start."""
    import fluxstatus.mcp.next_step
    import fluxstatus.mcp.scan
    import fluxstatus.report.as_text  # noqa: F401


def _workload_namespaces(answers: Mapping[str, Answer]) -> set[str]:
    from fluxstatus.causes.pod_namespaces import workload_namespaces

    return workload_namespaces(answers)


def _account(answers: list["Told"], evidence: Evidence) -> Iterator[str]:
    """Say what each step took: an answer that several steps read is the first one's."""
    from fluxstatus.checks import STEPS

    left = {told.query: told for told in answers}
    for step in STEPS:
        queries = (*step.reads, *step.further)
        read = [left.pop(query) for query in queries if query in left]
        own = [told for told in read if told.requests]
        requests = sum(told.requests for told in own)
        after = max((told.seconds for told in own), default=0.0)
        text = f"{requests} requests of its own"
        yield (
            f"step {step.id}: {text}, answered after {after:.2f} s"
            if own
            else (f"step {step.id}: {text}")
        )
    cost = evidence.cost
    yield f"{cost.requests} requests, {cost.bytes:,} bytes, {cost.seconds:.2f} s"
