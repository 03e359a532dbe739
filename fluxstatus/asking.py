"""Asking a live cluster, and telling on standard error how far that is."""

# ruff: noqa: PLC0415 - a snapshot and --help need not pay for asking

from collections.abc import Mapping
from dataclasses import replace

from fluxstatus import console
from fluxstatus.evidence import Answer, Evidence
from fluxstatus.options import Connection


def ask(
    connection: Connection,
    *,
    namespaces: tuple[str, ...] = (),
    timeout: float,
    verbose: bool,
    quiet: bool = False,
) -> Evidence:
    """Give what the cluster says within *timeout* seconds.

    On a terminal a line shows what was answered last, unless *quiet*; *verbose* keeps a line for
    each answer.
    """
    from fluxstatus.cluster import Access
    from fluxstatus.collect import collect

    access = Access(connection.flags(), namespaces, timeout, connection.longest_request())
    live = console.LiveLine(on=not quiet)
    try:
        evidence = collect(
            access,
            console.note if verbose else live.show,
            _workload_namespaces,
            meanwhile=_get_ready,
        )
    finally:
        live.clear()
    if verbose:
        console.note(_summary(evidence))
    target = replace(evidence.target, flags=connection.repeated())
    return replace(evidence, target=target)


def _get_ready() -> None:
    """Import what will judge and show the answers: it takes as long as kubectl to start."""
    import fluxstatus.judge
    import fluxstatus.report.as_text  # noqa: F401


def _workload_namespaces(answers: Mapping[str, Answer]) -> set[str]:
    from fluxstatus.curiosity import workload_namespaces

    return workload_namespaces(answers)


def _summary(evidence: Evidence) -> str:
    cost = evidence.cost
    return f"{cost.requests} requests, {cost.bytes:,} bytes, {cost.seconds:.2f} s"
