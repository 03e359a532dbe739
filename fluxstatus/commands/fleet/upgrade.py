"""`fleet --upgrade-to`: one matrix of the plans for all clusters, as text and as JSON."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fluxstatus.base.durations import listed_age
from fluxstatus.base.plurals import counted, listed
from fluxstatus.commands.fleet.document import head_json, shared_json, versions_json
from fluxstatus.commands.fleet.fleet import Fleet
from fluxstatus.commands.fleet.members import Member
from fluxstatus.commands.fleet.plans import (
    OUTCOMES,
    counts_of,
    operator_first,
    outcome_of,
    reason_of,
    target_unknown,
)
from fluxstatus.commands.fleet.text import command_for, put_command, put_shared, put_spread
from fluxstatus.model.findings import Level
from fluxstatus.report.layout import Page
from fluxstatus.report.look import Look
from fluxstatus.report.table import Table

HEADS: Sequence[str] = (
    "OUTCOME", "CONTEXT", "AGE", "FLUX", "KUBERNETES", "OPERATOR", "OPERATOR FIRST", "BLOCKERS",
    "CHANGES", "UNKNOWN", "REASON",
)  # fmt: skip
_NOTHING = "-"


def as_text(fleet: Fleet, look: Look, *, fitted: bool = False) -> str:
    """Return a row for each cluster, what blocks several, and the command for one of them."""
    if not fleet.members:
        return f"{_summary(fleet)}: nothing was read\n"
    kept = [i for i, head in enumerate(HEADS) if head != "AGE" or _has_age(fleet)]
    table = Table([HEADS[i] for i in kept], look, fitted=fitted)
    rows = [row(one, fleet) for one in fleet.members]
    text = table.lines([cells[i] for i in kept] for cells in rows)
    page = Page(look, Level, ())
    put_shared(page, fleet)
    put_spread(page, fleet.spread)
    page.gap()
    if unknown := target_unknown(fleet.members):
        page.put(unknown)
    page.put(f"upgrade to Flux {fleet.upgrade_to}: {_summary(fleet)}")
    first = next((one for one in fleet.members if one.known), None)
    put_command(page, command_for(first, fleet.upgrade_to) if first else None)
    return text + "\n".join(page.lines) + "\n"


def _has_age(fleet: Fleet) -> bool:
    return any(one.taken for one in fleet.members)


def row(member: Member, fleet: Fleet | None = None) -> list[str]:
    """Return the cells below HEADS; those that are unknown have a dash."""
    report, now = member.known, fleet.taken_at if fleet else None
    also = f" (also {listed(member.also, 2)})" if member.also else ""
    versions = (report.flux, report.target.kubernetes, report.operator) if report else ("",) * 3
    counts = counts_of(member)
    return [
        outcome_of(member),
        member.name + also,
        listed_age(member.taken, now) if member.taken and now else "",
        *(version or _NOTHING for version in (*versions, operator_first(member))),
        *(map(str, counts) if counts else (_NOTHING,) * 3),
        reason_of(member),
    ]


def _summary(fleet: Fleet) -> str:
    counts = Counter(map(outcome_of, fleet.members))
    parts = [f"{counts[one]} {one}" for one in OUTCOMES if counts[one]]
    return " · ".join([counted(len(fleet.members), "cluster"), *parts])


def document(fleet: Fleet) -> dict[str, Any]:
    """Return *fleet* without its schemaVersion; `plan` is the JSON of `upgrade plan`, as it is.

    upgrade.schema.json in this directory describes it.
    """
    counts = Counter(map(outcome_of, fleet.members))
    return {
        **head_json(fleet),
        "upgradeTo": fleet.upgrade_to,
        "outcome": outcome_of(fleet.members[0]) if fleet.members else "unknown",
        "summary": {"clusters": len(fleet.members), **{one: counts[one] for one in OUTCOMES}},
        "shared": [shared_json(one) for one in fleet.shared],
        "versions": versions_json(fleet),
        "clusters": [_member(one) for one in fleet.members],
    }


def _member(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "also": list(member.also),
        "outcome": outcome_of(member),
        "operatorFirst": operator_first(member),
        "problem": member.problem,
        "context": member.context,
        "origin": member.origin,
        "uid": member.uid,
        "plan": member.document,
    }
