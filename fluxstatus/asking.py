"""Asking a live cluster, and telling on standard error how far that is."""

from dataclasses import replace

from fluxstatus import console
from fluxstatus.curiosity import workload_namespaces
from fluxstatus.evidence import Evidence
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
    # 20 ms, which a snapshot and --help need not pay
    from fluxstatus.cluster import Access  # noqa: PLC0415
    from fluxstatus.collect import collect  # noqa: PLC0415

    access = Access(connection.flags(), namespaces, timeout, connection.longest_request())
    live = console.LiveLine(on=not quiet)
    try:
        evidence = collect(access, console.note if verbose else live.show, workload_namespaces)
    finally:
        live.clear()
    if verbose:
        console.note(_summary(evidence))
    target = replace(evidence.target, flags=connection.repeated())
    return replace(evidence, target=target)


def _summary(evidence: Evidence) -> str:
    cost = evidence.cost
    return f"{cost.requests} requests, {cost.bytes:,} bytes, {cost.seconds:.2f} s"
