"""What the matrix of plans for an upgrade says about a cluster."""

from collections.abc import Iterable, Mapping

from fluxstatus.checks.upgrade.move import BLOCKERS, CHANGES
from fluxstatus.checks.upgrade.needs import OPERATOR, OPERATOR_UNKNOWN
from fluxstatus.checks.upgrade.plan import NOTHING, TARGET_UNKNOWN, Outcome
from fluxstatus.commands.fleet.members import Member
from fluxstatus.commands.fleet.plan_report import outcome_in
from fluxstatus.model.findings import Level

OUTCOMES: tuple[Outcome, ...] = ("blocked", "unknown", "clear")
"""The outcomes, the worst first."""

_OPERATOR_FIRST: Mapping[str, str] = {OPERATOR: "yes", OPERATOR_UNKNOWN: "unknown"}


def outcome_of(member: Member) -> Outcome:
    """Return whether the upgrade of *member* is blocked, or whether that is not known."""
    return outcome_in(member.verdict)


def counts_of(member: Member) -> tuple[int, int, int] | None:
    """Return the number of blockers, of changes, and of what is unknown; None without a plan."""
    if member.known is None:
        return None
    found = member.known.findings
    blockers = sum(one.step == BLOCKERS and one.level is Level.FAIL for one in found)
    changes = sum(one.step == CHANGES for one in found)
    return blockers, changes, sum(one.level is Level.UNKNOWN for one in found)


def operator_first(member: Member) -> str:
    """Return whether the operator of *member* is upgraded first, empty if none is known."""
    report = member.known
    found = [_OPERATOR_FIRST.get(one.code, "") for one in report.findings] if report else []
    return next(filter(None, found), "no" if report and report.operator else "")


def target_unknown(members: Iterable[Member]) -> str:
    """Return that the target is newer than this plugin, empty if it is not."""
    reports = (one.known for one in members)
    found = (one for report in reports if report for one in report.findings)
    return next((one.title for one in found if one.code == TARGET_UNKNOWN), "")


def reason_of(member: Member) -> str:
    """Return the first blocker of *member* or what is unknown first, and how many there are more.

    If Flux already has the target, it says that.
    """
    found = member.known.findings if member.known else ()
    blockers = [one.title for one in found if one.step == BLOCKERS and one.level is Level.FAIL]
    unknown = [one.title for one in found if one.level is Level.UNKNOWN]
    titles = blockers or unknown
    if member.problem or not titles:
        done = [one.title for one in found if one.code == NOTHING]
        return member.problem or next(iter(done), "")
    return titles[0] + (f" (and {len(titles) - 1} more)" if len(titles) > 1 else "")
