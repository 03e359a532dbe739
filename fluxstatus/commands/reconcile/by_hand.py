"""When a request by hand is right, and what to change where it is needed again and again.

Flux is driven by events: a source that is notified of a push, and consumers that follow it.
"""

from collections.abc import Iterator

from fluxstatus.base.durations import duration
from fluxstatus.base.fields import text_of
from fluxstatus.commands.reconcile.context import ReconcileContext
from fluxstatus.commands.reconcile.receiver import can_be_notified
from fluxstatus.commands.reconcile.rules import Helps, Reason
from fluxstatus.knowledge import receivers
from fluxstatus.knowledge.rule import hints
from fluxstatus.model.hints import Hint
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.receivers import Receivers
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.revisions import CONSUMERS

_LEAST = 600.0  # seconds: the documented interval for production is 10m or more
_RIGHT = {
    Helps.YES: "useful for a first test, while you investigate a fault, or once after a change",
    Helps.IF_FIXED: "useful once the cause is fixed, instead of waiting for the next attempt",
    Helps.NEEDLESS: "not needed now",
}
_RIGHT_IF_STALLED = (
    "useful once the cause is fixed, with new retries; if the fix changes the object's spec or "
    "source, the object is reconciled immediately"
)


def by_hand(ctx: ReconcileContext, reason: Reason) -> Iterator[Hint]:
    """Yield when a request is right for the object of *ctx*, and what makes it needless."""
    source = ctx.fetcher
    if reason.helps not in _RIGHT or source is None:
        return
    if ctx.resource.verdict is Verdict.STALLED:
        yield Hint(_RIGHT_IF_STALLED)
        return
    yield Hint(_RIGHT[reason.helps])
    notified = Receivers(ctx.state.of_kind("Receiver")).of(source)
    read = ctx.state.answer_of("Receiver").unread is None
    if not notified and read and can_be_notified(source):
        make = hints(receivers.STEPS, receivers.fields_of(source.ref))[0]
        text = (
            f"if you need it often, create a Receiver: {source.ref} is then fetched on each push; "
            "this prints its manifest and how to register the webhook"
        )
        yield for_target(ctx.state.evidence.target).hint(make._replace(text=text))
    yield from _intervals(ctx.resource, source, notified=bool(notified))
    if ctx.resource.ref.kind in CONSUMERS and source is not ctx.resource:
        yield Hint(
            f"it follows {source.ref} on its own: if changes do not arrive, check that they are "
            f"pushed to {_followed(source)}"
        )


def _intervals(resource: Resource, source: Resource, *, notified: bool) -> Iterator[Hint]:
    every = interval_of(source)
    if not notified and 0 < every < _LEAST:
        yield Hint(
            f"{source.ref} is polled every {duration(every)}; without a Receiver, 10m or more is "
            "advised in production"
        )
    every = interval_of(resource)
    if resource is not source and 0 < every < _LEAST:
        yield Hint(
            f"it is reconciled every {duration(every)}, which does not apply changes any faster: "
            "a new revision is applied immediately; 10m or more is advised"
        )


def _followed(source: Resource) -> str:
    """Return what *source* fetches, for a sentence."""
    reference = source.spec.get("ref")
    names = reference if isinstance(reference, dict) else {}
    key = next((key for key in _REFERENCES if names.get(key)), "")
    found = f"{'' if key == 'name' else key} {text_of(names.get(key))}".strip()  # refs/heads/main
    url = text_of(source.spec.get("url")) or text_of(source.spec.get("endpoint"))
    return " of ".join(part for part in (found, url) if part) or f"{source.ref}"


_REFERENCES = ("commit", "name", "digest", "semver", "tag", "branch")
"""The fields of a reference in a source, in order of precedence (source-controller
internal/controller)."""
