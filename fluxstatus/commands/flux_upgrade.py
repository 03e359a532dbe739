"""What `upgrade plan` and `fleet --upgrade-to` share: the target version, and what a plan reads."""

# ruff: noqa: PLC0415 - imported here, so that no other command waits for it

import re
from typing import TYPE_CHECKING

import typer

from fluxstatus.base.deadline import Deadline
from fluxstatus.commands import console
from fluxstatus.commands.options import Connection
from fluxstatus.commands.progress import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from fluxstatus.cluster.client import ApiClient
    from fluxstatus.model.evidence import Evidence

_VERSION = re.compile(r"v?2\.\d{1,3}(\.[\w.+-]+)?", re.ASCII)


def flux_version(text: str) -> str:
    """Return a version of Flux such as 2.10. Raises BadParameter."""
    if not _VERSION.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a version of Flux; use a format such as 2.10")
    return text


def read_for_plan(
    connection: Connection,
    deadline: Deadline,
    *,
    verbose: bool,
    quiet: bool = False,
    also: "Callable[[ApiClient], None] | None" = None,
) -> "Evidence":
    """Return what a plan for an upgrade needs of the cluster, read before *deadline*.

    *also* makes its own requests. On a terminal a line shows the last answer, unless *quiet*;
    *verbose* prints a line for each answer.
    """
    from fluxstatus.checks.upgrade.blockers import missing_crds
    from fluxstatus.cluster import discovery
    from fluxstatus.cluster.queries import ADVICE_QUERIES, DEPLOYMENTS, ListQuery, by_fields, named
    from fluxstatus.model.evidence import CRDS
    from fluxstatus.model.kinds import KINDS
    from fluxstatus.state.state import State

    *kinds, report = sorted(KINDS.values(), key=lambda kind: kind.name == "FluxReport")
    live = console.LiveLine(on=not quiet and not verbose)
    try:
        with reading(connection, deadline, _preload, verbose=verbose, live=live) as ours:
            if not ours.discover():
                return ours.evidence()
            others = [ours.submit(also)] if also else []
            kubernetes = ours.submit(discovery.version)
            ours.query((
                *named(*DEPLOYMENTS),
                *map(ours.of_kind, kinds),
                (CRDS, ListQuery.of(CRDS, "v1", ADVICE_QUERIES[CRDS].selector)),
            ))  # fmt: skip
            # A label selects the CRDs of Flux, but not everyone who installs Flux keeps it.
            ours.query(
                (CRDS, ListQuery.of(CRDS, "v1", by_fields(f"metadata.name={name}")))
                for name in missing_crds(ours.evidence())
            )
            if len({one.distribution for one in State(ours.evidence()).components} - {""}) != 1:
                ours.query([ours.of_kind(report)])  # the version, which the controllers do not tell
            for one in others:
                one.result()
            return ours.evidence(kubernetes=kubernetes.result())
    finally:
        live.clear()


def _preload() -> None:
    """Import what a plan needs, while kubectl starts."""
    import fluxstatus.checks.upgrade.plan
    import fluxstatus.report.as_plan  # noqa: F401
