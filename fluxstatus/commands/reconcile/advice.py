"""All that is told of reconciling an object, as values."""

from dataclasses import dataclass
from datetime import datetime

from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import cause_finding
from fluxstatus.commands.reconcile.context import Case
from fluxstatus.commands.reconcile.outlook import Outlook, outlooks
from fluxstatus.commands.reconcile.requests import Request, requests
from fluxstatus.commands.reconcile.rules import Helps, Reason, decide
from fluxstatus.lookup.chain import Chains
from fluxstatus.model.findings import Level, worst
from fluxstatus.model.hints import Hint
from fluxstatus.model.kubectl_flags import TargetFlags, for_target
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Resource


@dataclass(frozen=True, slots=True)
class Assessment:
    """Whether a reconciliation would help, what happens without one, and how to ask for one.

    `level` is that of what is wrong with the object, or with what it waits for.
    """

    ref: Ref
    stands: str
    level: Level
    reason: Reason
    by_itself: tuple[Outlook, ...]
    requests: tuple[Request, ...]
    taken_at: datetime
    context: str


def advise(analysis: Analysis, resource: Resource) -> Assessment:
    """Return whether it would help to reconcile *resource*, and all that belongs to it."""
    state, case = analysis.state, Case(analysis, resource)
    reason = decide(case)
    target_flags = for_target(state.evidence.target)
    return Assessment(
        ref=resource.ref,
        stands=Chains(analysis).stands(resource),
        level=_level(case, reason),
        reason=reason._replace(hints=tuple(_aimed(hint, target_flags) for hint in reason.hints)),
        by_itself=tuple(outlooks(case)),
        requests=tuple(requests(case)),
        taken_at=state.now,
        context=state.evidence.target.context,
    )


def _level(case: Case, reason: Reason) -> Level:
    if reason.helps is Helps.UNKNOWN:
        return Level.UNKNOWN
    told = (cause_finding("", case.analysis, cause).level for cause in case.causes)
    return worst([Level.PASS, *told])


def _aimed(hint: Hint, target_flags: TargetFlags) -> Hint:
    return hint._replace(commands=tuple(map(target_flags.command, hint.commands)))
