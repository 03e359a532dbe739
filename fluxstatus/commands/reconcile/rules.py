"""Whether a reconciliation would help: rules in order of precedence; the first that applies wins.

A request is an annotation (fluxcd/pkg apis/meta/annotations.go): it makes the controller reconcile
the object once more. It fixes nothing, and has no effect without a controller.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from fluxstatus.base.durations import ago, duration, when
from fluxstatus.base.fields import text_of
from fluxstatus.causes.trace import Cause
from fluxstatus.checks.wording import explained
from fluxstatus.commands.reconcile.context import ReconcileContext
from fluxstatus.model.hints import Hint
from fluxstatus.model.ref import Ref
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.references import source_of
from fluxstatus.state.requests import REQUESTED_AT
from fluxstatus.state.resource import IN_PROGRESS, Resource, Verdict
from fluxstatus.state.revisions import lag_of, short


class Helps(StrEnum):
    """Whether a reconciliation would help."""

    YES = "yes"
    IF_FIXED = "if-mended"  # only if the cause was fixed since the last attempt
    NEEDLESS = "needless"  # it would change nothing, or is already happening
    NO = "no"
    UNKNOWN = "unknown"


class Reason(NamedTuple):
    """The answer, the reason for it, and what to do first."""

    helps: Helps
    text: str
    hints: tuple[Hint, ...] = ()


def decide(ctx: ReconcileContext) -> Reason:
    """Return whether it would help to reconcile the object of *ctx*."""
    for rule in _RULES:
        if reason := rule(ctx):
            return reason
    return _healthy(ctx)


def _static(ctx: ReconcileContext) -> Reason | None:
    if not ctx.static:
        return None
    kind = ctx.resource.ref.kind
    text = (
        f"this {kind} has no status and is not reconciled; objects that refer to it read its spec"
    )
    return Reason(Helps.NO, text)


def _foreign(ctx: ReconcileContext) -> Reason | None:
    text = "it was created by a controller that is not part of Flux; its behavior is unknown"
    return Reason(Helps.UNKNOWN, text) if ctx.foreign else None


def _terminating(ctx: ReconcileContext) -> Reason | None:
    if ctx.resource.verdict is not Verdict.TERMINATING:
        return None
    return Reason(Helps.NO, "it is being deleted", _fix(ctx.failure))


def _suspended(ctx: ReconcileContext) -> Reason | None:
    if not ctx.resource.suspended:
        return None
    text = "it is suspended, and requests to a suspended object are ignored"
    return Reason(Helps.NO, text, _fix(ctx.failure))


def _without_controller(ctx: ReconcileContext) -> Reason | None:
    """Check for a controller: it may be unavailable, or no shard watches the object."""
    if ctx.unavailable:
        cause = next((c for c in ctx.causes if c.ref == ctx.unavailable), None)
        if ctx.inactive:
            text = f"{ctx.unavailable} would have to handle the request: {ctx.inactive}"
            return Reason(Helps.NO, text, _fix(cause or next(iter(ctx.causes), None)))
        why = f": {ctx.headline(cause)}" if cause else ""
        return Reason(
            Helps.NO,
            f"{ctx.unavailable}, which would handle the request, is unavailable{why}",
            _fix(cause),
        )
    if not ctx.controllers.is_watched(ctx.resource):
        return Reason(Helps.NO, "no running controller watches it", _fix(ctx.failure))
    return None


def _blocked(ctx: ReconcileContext) -> Reason | None:
    """Check for causes that block it."""
    if not ctx.blocking:
        return None
    causes = "; ".join(f"{c.ref}: {ctx.headline(c)}" for c in ctx.blocking)
    return Reason(
        Helps.NO, f"it is blocked by failures of other objects: {causes}", _fix(ctx.blocking[0])
    )


def _stalled(ctx: ReconcileContext) -> Reason | None:
    if ctx.resource.verdict is not Verdict.STALLED:
        return None
    why = ctx.headline(ctx.failure) if ctx.failure else ctx.resource.message
    if ctx.resource.condition("Stalled").get("reason") == "RetriesExceeded":
        text = (
            f"its retries are exhausted: {why}. A request alone has no effect; --reset allows new "
            "retries, and --force one upgrade, but both fail again until the cause is fixed"
        )
        return Reason(Helps.IF_FIXED, text, _fix(ctx.failure))
    text = f"it is stalled: {why}. It would fail again with the same spec; change its spec"
    return Reason(Helps.NO, text, _fix(ctx.failure))


def _pending(ctx: ReconcileContext) -> Reason | None:
    if not ctx.pending:
        return None
    at = when(ctx.resource.annotations.get(REQUESTED_AT))
    since = f" {ago(at, ctx.state.now)} ago" if at else ""
    text = (
        f"a reconciliation was requested{since} and has not been handled yet; "
        "another request would have no effect"
    )
    return Reason(Helps.NEEDLESS, text)


def _moving(ctx: ReconcileContext) -> Reason | None:
    moving = (
        ctx.resource.verdict in IN_PROGRESS
        or ctx.resource.ref.key in ctx.analysis.causes.in_progress
    )
    return Reason(Helps.NEEDLESS, "it is already being reconciled") if moving else None


def _failing(ctx: ReconcileContext) -> Reason | None:
    if ctx.failure is None:
        return None
    why = ctx.headline(ctx.failure)
    text = f"the last attempt failed; another attempt helps only if the cause is fixed: {why}"
    return Reason(Helps.IF_FIXED, text, _fix(ctx.failure))


def _cut_off(ctx: ReconcileContext) -> Reason | None:
    if not ctx.cut_off:
        return None
    causes = "; ".join(f"{c.ref}: {ctx.headline(c)}" for c in ctx.cut_off)
    text = (
        "it would apply the same content again, because its source provides no new revision: "
        f"{causes}"
    )
    return Reason(Helps.NO, text, _fix(ctx.cut_off[0]))


def _controllers_unread(ctx: ReconcileContext) -> Reason | None:
    """Check whether the controllers could be read: otherwise one of them may be the obstacle."""
    if not ctx.state.controllers_read:
        return Reason(Helps.UNKNOWN, "the controllers could not be read; they might not be running")
    return None


def _source_unread(ctx: ReconcileContext) -> Reason | None:
    """Check whether its source, and the source of that, could be read."""
    key = source_of((ctx.resource, *ctx.sources)[-1])
    if key and key not in ctx.state.resources and not ctx.state.known_missing(key):
        return Reason(Helps.UNKNOWN, f"its source {Ref('', *key)} was not read")
    return None


def _overdue(ctx: ReconcileContext) -> Reason | None:
    """Check whether it is long overdue: a request shows whether its controller works."""
    if ctx.overdue is None:
        return None
    text = (
        f"it is healthy, but was last reconciled {ago(ctx.overdue.last, ctx.state.now)} ago "
        f"(interval: {duration(interval_of(ctx.resource))}): if requesting a reconciliation has no "
        f"effect, {ctx.resource.kind.controller} is not working"
    )
    return Reason(Helps.YES, text)


def _fetches(ctx: ReconcileContext) -> Reason | None:
    if ctx.fetcher is not ctx.resource:
        return None
    return Reason(Helps.YES, "it is healthy and would check for updates immediately")


def _behind(ctx: ReconcileContext) -> Reason | None:
    lag = lag_of(ctx.state, ctx.resource)
    if lag is None or lag.wanted == lag.applied:
        return None
    text = f"its source has {short(lag.wanted)}, but {short(lag.applied) or 'nothing'} is applied"
    return Reason(Helps.YES, text)


def _healthy(ctx: ReconcileContext) -> Reason:
    source = ctx.fetcher
    if source is None:
        return Reason(
            Helps.NEEDLESS, "it is healthy; reconciling it would apply the same content again"
        )
    revision = short(text_of(source.get("status", "artifact", "revision")))
    text = (
        f"it is healthy and has the revision of {source.ref}{f', {revision}' if revision else ''}: "
        f"{_without_news(ctx.resource)}. To get a newer revision, reconcile the source first"
    )
    return Reason(Helps.NEEDLESS, text)


def _without_news(resource: Resource) -> str:
    """Return what a reconciliation of *resource* does if its source has nothing new.

    helm-controller compares the release with the cluster only if it detects drift
    (helm-controller internal/reconcile/state.go), and a chart applies nothing.
    """
    if resource.ref.kind == "HelmChart":
        return "reconciling it would build the same chart again"
    mode = resource.get("spec", "driftDetection", "mode")
    if resource.ref.kind == "HelmRelease" and mode != "enabled":
        return (
            "reconciling it would change nothing, not even drift, which Flux only reverts with "
            "spec.driftDetection.mode: enabled"
        )
    return "reconciling it would apply the same content again, which only reverts drift"


def _fix(cause: Cause | None) -> tuple[Hint, ...]:
    return (*cause.fault.diagnosis.hints, *explained(cause.ref)) if cause else ()


_RULES: tuple[Callable[[ReconcileContext], Reason | None], ...] = (
    _static, _foreign, _terminating, _suspended, _without_controller, _blocked, _stalled,
    _pending, _moving, _failing, _cut_off, _controllers_unread, _source_unread,
    _overdue, _fetches, _behind,
)  # fmt: skip
