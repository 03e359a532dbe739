"""Step 8: do objects run the revision of their source, and what do only events show?"""

from collections.abc import Iterator
from dataclasses import replace

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import text_of
from fluxstatus.base.plurals import counted, noun_for
from fluxstatus.base.versions import minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.left_behind import LEFT_BEHIND, left_behind
from fluxstatus.checks.owners import TWO_OWNERS, two_owners
from fluxstatus.checks.progress import awaited_by
from fluxstatus.checks.step import Step
from fluxstatus.checks.without_source import SOURCE_GONE, ready_without_source, source_gone
from fluxstatus.checks.wording import (
    UNREAD,
    WAITING,
    docs_of,
    passed,
    read_whole,
    unread_finding,
)
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CHANGES
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, command, hint
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.state.inventories import APPLIERS
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.references import source_of
from fluxstatus.state.requests import REQUESTED_AT, request_command, unhandled_since
from fluxstatus.state.resource import Resource, Verdict, switch_of
from fluxstatus.state.revisions import CONSUMERS, Lag, missing_result, overdue, short
from fluxstatus.state.state import State

STEP_ID = "drift"
_REVISION_BEHIND = Code(
    "revision-behind", "The object is ready, but on an older revision than its source."
)
_DRIFT_DETECTED = Code(
    "drift-detected",
    "Objects of a Helm release were changed outside Flux and have drifted from the release.",
)
_REQUEST_UNHANDLED = Code(
    "request-unhandled", "The controller has not handled a reconcile request."
)
_FROZEN = Code(
    "frozen",
    "An annotation keeps a ResourceSet from applying changes to an object that it created.",
)
_NOTHING_RUNS = Code("nothing-runs", "Flux does not deploy anything in the checked namespaces.")
_NOTHING_COMPARED = Code(
    "nothing-compared",
    "No deployed revision could be compared with the revision of its source.",
)

_FREEZER = switch_of("ResourceSet")
_FREEZES = (0, 59)
"""The first operator version that freezes a live object (flux-operator
docs/api/v1/resourceset.md)."""


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Check revisions, drift, reconcile requests and Warning events."""
    state = analysis.state
    current = total = 0
    for key, lag in analysis.causes.lags.items():
        resource = state.resources[key]
        if key in analysis.causes.stale_causes or not state.covers(resource.ref):
            continue
        total += 1
        if lag.wanted == lag.applied:
            current += 1
        elif overdue(state, resource, lag):
            yield _behind(state, resource, lag)
    consumers = state.covered(state.of_kind(*CONSUMERS))
    without = sum(bool(missing_result(one)) for one in consumers)
    for resource in state.of_kind("HelmRelease"):
        yield from _drifted(state, resource)
    gone = ready_without_source(analysis)
    without += sum(one.ref.kind in CONSUMERS for each in gone.values() for one in each)
    yield from (source_gone(STEP_ID, key, each) for key, each in gone.items())
    yield from _requests(analysis)
    yield from left_behind(state)
    yield from two_owners(analysis)
    yield from _frozen(analysis)
    yield from _events(state)
    if total:
        yield _compared(analysis, current, total + without)
    elif _has(state, *CONSUMERS) or _may_deploy(state):
        title = "no revisions to compare: no object has a healthy source that could be read"
        yield Finding(step=STEP_ID, code=_NOTHING_COMPARED, level=Level.SKIP, title=title)
    elif _has(state, "ResourceSet"):
        title = "no revisions to compare: ResourceSets have no source"
        yield Finding(step=STEP_ID, code=_NOTHING_COMPARED, level=Level.SKIP, title=title)
    else:
        title = f"Flux does not deploy anything{state.namespace_suffix}"
        yield Finding(step=STEP_ID, code=_NOTHING_RUNS, level=Level.SKIP, title=title)


def _compared(analysis: Analysis, current: int, total: int) -> Finding:
    """Return that *current* of *total* objects are up to date, and how many others wait."""
    state = analysis.state
    consumers = state.covered(state.of_kind(*CONSUMERS))
    others = [refs for one in consumers if (refs := awaited_by(analysis, one))]
    which = " with a result" if others else ""
    objects = counted(total, f"object{which} has", f"objects{which} have")
    their = noun_for(total, "its", "their")
    title = f"{current} of {objects} applied the latest revision of {their} source"
    title = f"among the objects that could be read, {title}" if _is_partial(analysis) else title
    if not others:
        return passed(STEP_ID, title)
    rest = counted(len(others), "other object has", "other objects have")
    title = f"{title}; {rest} no result yet"
    awaited = tuple({ref for refs in others for ref in refs})
    return Finding(STEP_ID, WAITING, Level.WAIT, title, waits_for=awaited)


def _has(state: State, *kinds: str) -> bool:
    return any(state.covers(resource.ref) for resource in state.of_kind(*kinds))


def _is_partial(analysis: Analysis) -> bool:
    """Return whether an object, or the source of one, may exist that could not be read."""
    state, lags = analysis.state, analysis.causes.lags
    places = state.namespaces or {""}
    if not state.applying_known:
        return True
    if any(state.answer_of(kind).unread_in(place) for kind in CONSUMERS for place in places):
        return True
    others = (one for one in state.of_kind(*CONSUMERS) if one.key not in lags)
    sources = {key for one in others if (key := source_of(one))}  # a lag is that of a known source
    unknown = (key for key in sources - state.resources.keys() if not state.known_missing(key))
    return any(key[0] in KINDS for key in unknown)


def _may_deploy(state: State) -> bool:
    unread = (state.unread(KINDS[kind].resource) for kind in (*CONSUMERS, "ResourceSet"))
    return not state.applying_known or any(unread)


def _behind(state: State, resource: Resource, lag: Lag) -> Finding:
    ref = resource.ref
    available = f"; its source has had it since {lag.since:%H:%M} UTC" if lag.since else ""
    return Finding(
        step=STEP_ID,
        code=_REVISION_BEHIND,
        level=Level.WARN,
        title=f"{ref}: has applied {short(lag.applied)}, but its source has {short(lag.wanted)}",
        object=ref,
        why="it is Ready, but on an older revision; the new one has not been reconciled",
        since=lag.since,
        evidence=(
            ("source artifact revision", lag.wanted),
            ("applied revision", lag.applied),
        ),
        hints=(
            hint(
                f"check why the controller has not reconciled the new revision{available}",
                _controller_log(state, resource),
                request_command(resource, state.now),
            ),
        ),
        docs=docs_of(ref.kind),
    )


def _controller_log(state: State, resource: Resource) -> Command | None:
    fields = {"ns": state.namespace, "controller": resource.kind.controller}
    return command("kubectl logs -n {ns} deployment/{controller} --tail=50", fields)


def _drifted(state: State, release: Resource) -> Iterator[Finding]:
    """Yield a release that was changed by hand; in mode warn it stays Ready.

    Upstream: helm-controller api/v2.
    """
    condition = release.condition("Drifted")
    message = text_of(condition.get("message")).strip()
    if condition.get("status") != "True":
        events = state.warnings.get(release.ref.key, ())
        drift = [event for event in events if event.reason == "DriftDetected"]
        if not drift or condition or release.verdict is not Verdict.READY:
            return
        if release.get("spec", "driftDetection", "mode") == "enabled":
            return  # it was corrected
        message = drift[0].message
    ref = release.ref
    yield Finding(
        step=STEP_ID,
        code=_DRIFT_DETECTED,
        level=Level.WARN,
        title=f"{ref}: the cluster has drifted from the release",
        object=ref,
        why="an object in the release was changed outside Flux; with spec.driftDetection.mode: "
        "warn, Flux only reports the change",
        reason="DriftDetected",
        message=message,
        since=when(condition.get("lastTransitionTime")),
        hints=(
            hint(
                "revert the change or commit it to Git; to let Flux revert such changes, set "
                "spec.driftDetection.mode: enabled",
                read_whole(*ref.key),
            ),
        ),
        docs=docs_of(ref.kind),
    )


def _requests(analysis: Analysis) -> Iterator[Finding]:
    """Yield reconcile requests that were not handled, unless a cause explains it."""
    state = analysis.state
    for key, resource in state.resources.items():
        if REQUESTED_AT not in resource.annotations:
            continue  # as most
        at = unhandled_since(resource, state.now)
        explained = key in analysis.causes.by_object or key in analysis.causes.stale_causes
        if at and not explained and resource.verdict is Verdict.READY:
            yield Finding(
                step=STEP_ID,
                code=_REQUEST_UNHANDLED,
                level=Level.WARN,
                title=(
                    f"{resource.ref}: a reconcile request has been pending for {ago(at, state.now)}"
                ),
                object=resource.ref,
                why="the controller may be busy or stuck, or may not be watching the object",
                since=at,
                hints=(hint("check the controller's logs", _controller_log(state, resource)),),
                docs=docs_of(resource.ref.kind),
            )


def _frozen(analysis: Analysis) -> Iterator[Finding]:
    """Yield the Flux objects to which their ResourceSet no longer applies changes."""
    state = analysis.state
    versions = [minor_of(operator.version) for operator in state.operators]
    if not any(version and version >= _FREEZES for version in versions):
        return
    for resource in state.resources.values():
        frozen = _FREEZER in resource.annotations and resource.frozen
        owner = creator_of(resource.labels, "ResourceSet") if frozen else None
        if owner is None or not state.covers(resource.ref):
            continue
        _, namespace, name = owner
        ref = resource.ref
        yield Finding(
            step=STEP_ID,
            code=_FROZEN,
            level=Level.WARN,
            title=f"{ref}: ResourceSet {namespace}/{name} no longer applies changes to it",
            object=ref,
            why=f"because of the annotation {_FREEZER}: disabled, the object may differ from its "
            f"definition in the ResourceSet",
            hints=(
                hint(
                    "compare the object with the ResourceSet; to resume, remove the annotation, "
                    "which also reverts manual changes",
                    read_whole(*ref.key),
                    command(
                        f"kubectl annotate {{resource}}/{{name}} -n {{ns}} {_FREEZER}-",
                        {"resource": full_name(ref.kind), "name": ref.name, "ns": ref.namespace},
                        changes=True,
                    ),
                ),
            ),
            docs="https://fluxoperator.dev/docs/crd/resourceset/#freezing-a-resource-in-cluster",
        )


def _events(state: State) -> Iterator[Finding]:
    """Summarize the Warning events of ready objects; a fault has its own events."""
    if unread := state.unread("events"):
        yield unread_finding(STEP_ID, "Warning events", unread)
    past = [
        (resource.ref, event)
        for key, events in state.warnings.items()
        if (resource := state.resources.get(key))
        and resource.verdict is Verdict.READY
        and state.covers(resource.ref)
        for event in events
    ]
    if past:
        count = sum(event.times for _, event in past)
        objects = len({ref for ref, _ in past})
        warnings = counted(count, "Warning event")
        things = counted(objects, "object that is", "objects that are")
        title = f"{warnings} in the last hour for {things} ready now"
        yield replace(passed(STEP_ID, title), part="events")


def _codes() -> tuple[Code, ...]:
    return (
        _REVISION_BEHIND,
        _DRIFT_DETECTED,
        _REQUEST_UNHANDLED,
        LEFT_BEHIND,
        TWO_OWNERS,
        SOURCE_GONE,
        _FROZEN,
        _NOTHING_RUNS,
        _NOTHING_COMPARED,
        WAITING,
        *UNREAD,
    )


STEP = Step(
    STEP_ID,
    "revisions, drift and errors",
    (*(KINDS[kind].resource for kind in (*APPLIERS, "HelmChart")), "events", CHANGES),
    _codes,
    examine,
)
