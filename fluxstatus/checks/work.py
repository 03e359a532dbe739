"""What the controllers show of their work: a part of a sentence, and objects that are overdue."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from fluxstatus.base.durations import ago, duration
from fluxstatus.base.plurals import counted, joined, noun_for
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of, explained
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import LEASES, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.liveness import Liveness
from fluxstatus.state.overdue import Overdue
from fluxstatus.state.requests import request_command
from fluxstatus.state.revisions import short
from fluxstatus.state.twins import Older, is_overdue, older_twins, revision_of

OVERDUE = Code(
    "reconciliation-overdue",
    "A reconciliation is overdue, although the controller is working.",
)
SOURCE_BEHIND = Code(
    "source-behind",
    "A source is behind most other sources with the same URL and ref.",
)
ASLEEP = Code(
    "all-overdue",
    "All controllers are alive, but have not reconciled anything: the cluster was probably "
    "suspended.",
)
LEASES_UNREAD = Code(
    "leases-unread",
    "The controllers' Leases could not be read, so only reconciliations show that they are alive.",
)


def shown_by(
    liveness: Mapping[Ref, Liveness], running: Collection[Component], now: datetime
) -> str:
    """Return what the *running* controllers show of themselves, as the end of a sentence.

    The oldest renewal counts, and is left out unless all of them have a Lease; the newest
    reconciliation.
    """
    found = [one for c in running if (one := liveness.get(c.ref))]
    leases = [one.lease for one in found if one.lease]
    parts = []
    if leases and len(leases) == len(running):
        noun = "lease" if len(leases) == 1 else "leases"
        parts.append(f"{noun} renewed {ago(min(one.renewed for one in leases), now)} ago")
    if last := max((one.last for one in found if one.last), default=None):
        parts.append(f"last reconciliation {ago(last, now)} ago")
    return "".join(f", {part}" for part in parts)


def overdue_findings(step: str, analysis: Analysis, kinds: Collection[str]) -> Iterator[Finding]:
    """Yield the objects of *kinds* that are overdue although their controller works."""
    state = analysis.state
    for late in overdue_alone(analysis).values():
        ref = late.resource.ref
        if ref.kind in kinds and state.covers(ref):
            yield _overdue(step, analysis, late)


def overdue_alone(analysis: Analysis) -> Mapping[Key, Overdue]:
    """Return the objects that are overdue although their controller works, and nothing else fails.

    An object with a cause of its own is reported with that.
    """
    causes = analysis.causes
    return {
        late.resource.ref.key: late
        for one in analysis.controllers.liveness.values()
        if one.works and not one.asleep
        for late in one.overdue
        if not {late.resource.ref.key} & (causes.by_object.keys() | causes.stale_causes.keys())
    }


def _overdue(step: str, analysis: Analysis, late: Overdue) -> Finding:
    resource, now = late.resource, analysis.state.now
    ref, every = resource.ref, duration(interval_of(resource))
    request = request_command(resource, now)
    controller = analysis.controllers.component_of(resource)
    where = {"ns": controller.ref.namespace, "name": controller.ref.name} if controller else {}
    log = command("kubectl logs -n {ns} deployment/{name} --tail=50", where) if where else None
    return Finding(
        step=step,
        code=OVERDUE,
        level=Level.WARN,
        title=f"{ref}: has not been reconciled for {ago(late.last, now)}",
        object=ref,
        why=f"the interval is {every}; the controller is still reconciling other objects, so the "
        f"reconciliation of this object may be stuck",
        since=late.since,
        hints=(
            hint("request a reconciliation", request),
            hint("if that has no effect, check the controller's logs, and restart it", log),
            *explained(ref),
        ),
        docs=docs_of(ref.kind),
    )


def sources_behind(step: str, analysis: Analysis) -> Iterator[Finding]:
    """Yield the sources that have an older revision than most others with the same URL and ref.

    Those of one URL and ref that have the same revision are one finding.
    """
    state = analysis.state
    alike: dict[tuple[Ref, str], list[Older]] = defaultdict(list)
    for older in behind_twins(analysis).values():
        alike[older.twins[0].ref, revision_of(older.resource)].append(older)
    for several in alike.values():
        refs = [one.resource.ref for one in several]
        if any(map(state.covers, refs)):
            yield _source_behind(step, analysis, several)


def behind_twins(analysis: Analysis) -> Mapping[Key, Older]:
    """Return the sources with an older revision than most others, and no cause of their own."""
    controllers, causes = analysis.controllers, analysis.causes
    found = {}
    for older in older_twins(analysis.state):
        key, component = older.resource.ref.key, controllers.component_of(older.resource)
        alive = controllers.liveness.get(component.ref) if component else None
        late = is_overdue(analysis.state, older, alive.settled if alive else None)
        if late and not {key} & (causes.by_object.keys() | causes.stale_causes.keys()):
            found[key] = older
    return found


def _source_behind(step: str, analysis: Analysis, several: Sequence[Older]) -> Finding:
    first, now = several[0], analysis.state.now
    ref, twin = first.resource.ref, first.twins[0].ref
    more = f" and {counted(len(several) - 1, 'more source')}" if len(several) > 1 else ""
    have = noun_for(len(several), "has", "have")
    others = f"{twin} and {counted(len(first.twins) - 1, 'other')}"
    every = duration(interval_of(first.resource))
    controller = analysis.controllers.component_of(first.resource)
    where = {"ns": controller.ref.namespace, "name": controller.ref.name} if controller else {}
    log = command("kubectl logs -n {ns} deployment/{name} --tail=50", where) if where else None
    return Finding(
        step=step,
        code=SOURCE_BEHIND,
        level=Level.WARN,
        title=f"{ref}{more}: {have} {short(revision_of(first.resource))}, but {others} with the "
        f"same URL and ref have {short(first.newest)}",
        object=ref,
        others=tuple(one.resource.ref for one in several[1:]),
        why=f"they fetched this revision at least {ago(first.since, now)} ago; {ref} has an "
        f"interval of {every}, so the controller has probably not reconciled it since",
        since=first.since,
        evidence=tuple(
            (f"status.artifact.revision of {one.ref}", revision_of(one))
            for one in (first.twins[0], *(older.resource for older in several))
        ),
        hints=(
            hint("request a reconciliation", request_command(first.resource, now)),
            hint("if that has no effect, check the controller's logs, and restart it", log)
            if controller
            else hint(
                "no controller in the cluster watches the source; check which controller should"
            ),
            *explained(ref),
        ),
        docs=docs_of(ref.kind),
    )


def asleep(step: str, analysis: Analysis, *, operator: bool = False) -> Iterator[Finding]:
    """Yield one finding for the controllers that are alive and have done nothing.

    It belongs to the step of the *operator* only if no controller of Flux is among them.
    """
    now, operators = analysis.state.now, {one.ref for one in analysis.state.operators}
    silent = [one for one in analysis.controllers.liveness.values() if one.asleep]
    if not silent or operator is not all(one.component.ref in operators for one in silent):
        return
    last = max((one.last for one in silent if one.last), default=None)
    names = joined([one.component.ref.name for one in silent])
    known = all(one.lease for one in silent)  # not in a snapshot of before Leases were read
    renews = noun_for(len(silent), "renews its Lease", "renew their Leases")
    alive = renews if known else noun_for(len(silent), "is ready", "are ready")
    soon = duration(min(late.due for one in silent for late in one.overdue).total_seconds())
    yield Finding(
        step=step,
        code=ASLEEP,
        level=Level.WARN if known else Level.SKIP,
        title=f"nothing has been reconciled for {ago(last, now)}: "
        "the cluster was probably suspended and has just resumed",
        why=f"{names} {alive}, and no other Flux object has changed in that time",
        since=last,
        hints=(hint(f"run the check again in {soon}; if the result is the same, restart {names}"),),
    )


def leases_unread(step: str, analysis: Analysis) -> Iterator[Finding]:
    """Yield a note if Leases may not be read, which changes neither the level nor the exit code."""
    unread = analysis.state.evidence.answer(LEASES).unread
    if unread and unread.why not in (Why.NOT_REQUESTED, Why.ABSENT):
        yield Finding(
            step=step,
            code=LEASES_UNREAD,
            level=Level.SKIP,
            title=f"the Leases of the controllers were not compared: {unread.full_text}",
        )
