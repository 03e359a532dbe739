"""Would a reconciliation help? Rules in the order in which they decide; the first that fits wins.

A request is an annotation (PKG apis/meta/annotations.go): it makes the controller look once more
at what is there. It mends nothing that is broken, and nobody reads it where nobody reconciles.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import text_of
from fluxstatus.causes.trace import Cause
from fluxstatus.checks.wording import explained, headline
from fluxstatus.commands.reconcile.context import Case
from fluxstatus.model.hints import Hint
from fluxstatus.state.resource import IN_PROGRESS, REQUESTED_AT, Verdict
from fluxstatus.state.revisions import lag_of, short


class Helps(StrEnum):
    """Whether a reconciliation would help."""

    YES = "yes"
    IF_MENDED = "if-mended"  # only if what is wrong has been mended since it was last tried
    NEEDLESS = "needless"  # it would change nothing, or happens anyway
    NO = "no"
    UNKNOWN = "unknown"


class Reason(NamedTuple):
    """The answer, why it is that one, and what to do first."""

    helps: Helps
    text: str
    hints: tuple[Hint, ...] = ()


def decide(case: Case) -> Reason:
    """Return whether it would help to reconcile the object of *case*."""
    return next(filter(None, (rule(case) for rule in _RULES)))


def _static(case: Case) -> Reason | None:
    if not case.static:
        return None
    kind = case.resource.ref.kind
    text = (
        f"this {kind} has no status, and nothing reconciles it: what refers to it uses it as it is"
    )
    return Reason(Helps.NO, text)


def _foreign(case: Case) -> Reason | None:
    text = "it was made by a controller that is not part of Flux, whose habits are not known"
    return Reason(Helps.UNKNOWN, text) if case.foreign else None


def _terminating(case: Case) -> Reason | None:
    if case.resource.verdict is not Verdict.TERMINATING:
        return None
    return Reason(Helps.NO, "it is being deleted", _mend(case.own))


def _suspended(case: Case) -> Reason | None:
    if not case.resource.suspended:
        return None
    text = "it is suspended, and a request to a suspended object is not followed"
    return Reason(Helps.NO, text, _mend(case.own))


def _without_controller(case: Case) -> Reason | None:
    """Nobody reads the annotation: the controller is down, or no shard takes the object."""
    if case.stopped:
        cause = next((c for c in case.causes if c.ref == case.stopped), None)
        why = f": {headline(cause.fault.diagnosis.why)}" if cause else ""
        return Reason(Helps.NO, f"{case.stopped} should follow the request{why}", _mend(cause))
    if not case.controllers.is_watched(case.resource):
        return Reason(Helps.NO, "no controller that runs here takes it on", _mend(case.own))
    return None


def _waiting(case: Case) -> Reason | None:
    """Point to what it waits for: that goes first."""
    if not case.others:
        return None
    causes = "; ".join(f"{c.ref}: {headline(c.fault.diagnosis.why)}" for c in case.others)
    return Reason(
        Helps.NO, f"it waits for what is broken elsewhere: {causes}", _mend(case.others[0])
    )


def _stalled(case: Case) -> Reason | None:
    if case.resource.verdict is not Verdict.STALLED:
        return None
    why = headline(case.own.fault.diagnosis.why) if case.own else case.resource.message
    if case.resource.condition("Stalled").get("reason") == "RetriesExceeded":
        text = (
            f"it has used up its attempts: {why}. A plain request does nothing; --reset gives it "
            "new attempts, --force one upgrade, and both fail again unless the cause is mended"
        )
        return Reason(Helps.IF_MENDED, text, _mend(case.own))
    text = f"it has stalled: {why}. The same spec comes to the same end; its spec has to be changed"
    return Reason(Helps.NO, text, _mend(case.own))


def _pending(case: Case) -> Reason | None:
    if not case.pending:
        return None
    at = when(case.resource.annotations.get(REQUESTED_AT))
    since = f" {ago(at, case.state.now)} ago" if at else ""
    text = f"a reconciliation was requested{since} and has not been handled; another adds nothing"
    return Reason(Helps.NEEDLESS, text)


def _moving(case: Case) -> Reason | None:
    moving = (
        case.resource.verdict in IN_PROGRESS
        or case.resource.ref.key in case.analysis.causes.in_progress
    )
    return Reason(Helps.NEEDLESS, "it is being reconciled already") if moving else None


def _failing(case: Case) -> Reason | None:
    if case.own is None:
        return None
    why = headline(case.own.fault.diagnosis.why)
    text = f"the last attempt failed, and another helps only when the reason is gone: {why}"
    return Reason(Helps.IF_MENDED, text, _mend(case.own))


def _cut_off(case: Case) -> Reason | None:
    if not case.cut_off:
        return None
    causes = "; ".join(f"{c.ref}: {headline(c.fault.diagnosis.why)}" for c in case.cut_off)
    text = f"it would apply again what it has, for nothing new arrives: {causes}"
    return Reason(Helps.NO, text, _mend(case.cut_off[0]))


def _unseen(case: Case) -> Reason | None:
    """Say nothing for certain where what could not be read may be just what is in the way."""
    if not case.state.controllers_read:
        return Reason(
            Helps.UNKNOWN, "the controllers could not be looked at; it may be that none runs"
        )
    return None


def _looks_outside(case: Case) -> Reason | None:
    if case.fetching is not case.resource:
        return None
    return Reason(Helps.YES, "it is well, and would look for something new at once")


def _behind(case: Case) -> Reason | None:
    lag = lag_of(case.state, case.resource)
    if lag is None or lag.wanted == lag.applied:
        return None
    text = f"its source has {short(lag.wanted)}, and it runs {short(lag.applied) or 'nothing'}"
    return Reason(Helps.YES, text)


def _well(case: Case) -> Reason:
    source = case.fetching
    if source is None:
        return Reason(Helps.NEEDLESS, "it is well; reconciling it would apply the same again")
    revision = short(text_of(source.get("status", "artifact", "revision")))
    text = (
        f"it is well, and has the revision of {source.ref}{f', {revision}' if revision else ''}: "
        "reconciling it would apply the same again, which only undoes drift. For what is newer "
        "the source has to look first"
    )
    return Reason(Helps.NEEDLESS, text)


def _mend(cause: Cause | None) -> tuple[Hint, ...]:
    return (*cause.fault.diagnosis.hints, *explained(cause.ref)) if cause else ()


_RULES: tuple[Callable[[Case], Reason | None], ...] = (
    _static, _foreign, _terminating, _suspended, _without_controller, _waiting, _stalled,
    _pending, _moving, _failing, _cut_off, _unseen, _looks_outside, _behind, _well,
)  # fmt: skip
