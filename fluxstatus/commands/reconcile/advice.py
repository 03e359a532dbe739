"""The advice on reconciling an object, as values."""

from dataclasses import dataclass
from datetime import datetime

from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.cause_findings import cause_finding
from fluxstatus.commands.reconcile.by_hand import by_hand
from fluxstatus.commands.reconcile.context import ReconcileContext
from fluxstatus.commands.reconcile.outlook import Outlook, outlooks
from fluxstatus.commands.reconcile.requests import Request, requests
from fluxstatus.commands.reconcile.rules import Helps, Reason, decide
from fluxstatus.lookup.chain import Chains
from fluxstatus.model.evidence import Unread, by_reason
from fluxstatus.model.findings import Level, worst
from fluxstatus.model.hints import Hint
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Resource


@dataclass(frozen=True, slots=True)
class Assessment:
    """Whether a reconciliation would help, what happens without one, and how to ask for one.

    `by_hand` says when a request is right, and what makes it needless. `level` is the worst level
    of the causes that affect the object, unknown instead of healthy if something is `unread`: lists
    that are incomplete, and why.
    """

    ref: Ref
    status: str
    level: Level
    reason: Reason
    outlooks: tuple[Outlook, ...]
    by_hand: tuple[Hint, ...]
    requests: tuple[Request, ...]
    taken_at: datetime
    context: str
    unread: tuple[tuple[str, Unread], ...]


def advise(analysis: Analysis, resource: Resource) -> Assessment:
    """Return whether reconciling *resource* would help, its outlook, and the requests."""
    state, ctx = analysis.state, ReconcileContext(analysis, resource)
    reason = decide(ctx)
    target_flags = for_target(state.evidence.target)
    return Assessment(
        ref=resource.ref,
        status=Chains(analysis).status_of(resource),
        level=_level(ctx, reason),
        reason=reason._replace(hints=tuple(map(target_flags.hint, reason.hints))),
        outlooks=tuple(outlooks(ctx)),
        by_hand=tuple(by_hand(ctx, reason)),
        requests=tuple(requests(ctx)),
        taken_at=state.now,
        context=state.evidence.target.context,
        unread=tuple(by_reason(state.evidence.unread)),
    )


def _level(ctx: ReconcileContext, reason: Reason) -> Level:
    if reason.helps is Helps.UNKNOWN:
        return Level.UNKNOWN
    least = Level.UNKNOWN if ctx.state.evidence.unread else Level.PASS
    levels = (cause_finding("", ctx.analysis, cause).level for cause in ctx.causes)
    return worst([least, *levels])
