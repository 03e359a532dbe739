"""Step 8: does what runs match its source, and what went wrong lately and shows nowhere else?"""

import re
from collections.abc import Iterator

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import UNREAD_CODES, docs_of, passed, unread_finding
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.model.ref import Ref
from fluxstatus.state.ownership import labels_of
from fluxstatus.state.resource import REQUESTED_AT, Resource, Verdict, unhandled_since
from fluxstatus.state.revisions import CONSUMERS, Lag, overdue, short
from fluxstatus.state.state import State

STEP_ID = "drift"
_GIVEN_UP = (
    (
        re.compile(r"unable to prune objects", re.IGNORECASE),
        "the ServiceAccount that it acted as was gone already, so that nothing it made was deleted",
    ),
    (
        re.compile(r"resources? termination|pruning .*failed", re.IGNORECASE),
        "an object that it made could not be deleted in time, by a finalizer or for want of rights",
    ),
)
"""How a Kustomization says that it leaves something behind, and what that means (KC finalize)."""


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Judge revisions, drift, reconcile requests and Warning events."""
    state = analysis.state
    current = total = 0
    for key, lag in analysis.causes.lags.items():
        if key in analysis.causes.stale_causes or not state.covers(key[1]):
            continue
        resource = state.resources[key]
        total += 1
        current += lag.wanted == lag.applied
        if overdue(state, resource, lag):
            yield _behind(state, resource, lag)
    for resource in state.of_kind("HelmRelease"):
        yield from _drifted(state, resource)
    yield from _requests(analysis)
    yield from _left_behind(state)
    yield from _events(state)
    if total:
        noun = "object is on its" if total == 1 else "objects are on their"
        yield passed(STEP_ID, f"{current} of {total} running {noun} source's revision")
    elif _has_consumers(state) or any(_unread(state, kind) for kind in CONSUMERS):
        title = "nothing to compare: no object whose source is well and could be read"
        yield Finding(step=STEP_ID, code="nothing-compared", level=Level.SKIP, title=title)
    else:
        title = f"nothing is deployed by Flux{state.namespace_suffix}"
        yield Finding(step=STEP_ID, code="nothing-runs", level=Level.SKIP, title=title)


def _has_consumers(state: State) -> bool:
    return any(state.covers(resource.ref.namespace) for resource in state.of_kind(*CONSUMERS))


def _unread(state: State, kind: str) -> bool:
    unread = state.answer_of(kind).unread
    return unread is not None and unread.why is not Why.ABSENT


def _behind(state: State, resource: Resource, lag: Lag) -> Finding:
    ref = resource.ref
    return Finding(
        step=STEP_ID,
        code="revision-behind",
        level=Level.WARN,
        title=f"{ref}: runs {short(lag.applied)}, its source has {short(lag.wanted)}",
        object=ref,
        why="it is Ready on an older revision: the new one has not been taken up",
        since=lag.since,
        evidence=(
            ("source artifact revision", lag.wanted),
            ("applied revision", lag.applied),
        ),
        hints=(
            Hint(
                f"look why the controller has not taken it up; it should have {_minutes(lag)}",
                (
                    Command(("kubectl", "logs", "-n", state.namespace,
                             f"deployment/{resource.kind.controller}", "--tail=50")),
                    _request(state, resource),
                ),
            ),
        ),
        docs=docs_of(ref.kind),
    )  # fmt: skip


def _minutes(lag: Lag) -> str:
    return f"since {lag.since:%H:%M} UTC" if lag.since else "by now"


def _request(state: State, resource: Resource) -> Command:
    now = state.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Command(
        ("kubectl", "annotate", "--overwrite", resource.kind.resource, resource.ref.name,
         "-n", resource.ref.namespace, f"{REQUESTED_AT}={now}"),
        changes=True,
    )  # fmt: skip


def _drifted(state: State, release: Resource) -> Iterator[Finding]:
    """Tell of a release that was changed by hand; in mode warn it stays Ready (HC api/v2)."""
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
    argv = ("kubectl", "get", release.kind.resource, ref.name, "-n", ref.namespace, "-o", "yaml")
    yield Finding(
        step=STEP_ID,
        code="drift-detected",
        level=Level.WARN,
        title=f"{ref}: the cluster has drifted from the release",
        object=ref,
        why="an object of the release was changed by something else than Flux; "
        "driftDetection.mode warn only reports it",
        reason="DriftDetected",
        message=message,
        since=when(condition.get("lastTransitionTime")),
        hints=(
            Hint(
                "take the change back or into Git; spec.driftDetection.mode: enabled corrects it",
                (Command(argv),),
            ),
        ),
        docs=docs_of(ref.kind),
    )


def _requests(analysis: Analysis) -> Iterator[Finding]:
    """Reconcile requests that nobody has handled, where nothing else explains it."""
    state = analysis.state
    for key, resource in state.resources.items():
        at = unhandled_since(resource, state.now)
        told = key in analysis.causes.by_object or key in analysis.causes.stale_causes
        if at and not told and resource.verdict is Verdict.READY:
            yield Finding(
                step=STEP_ID,
                code="request-unhandled",
                level=Level.WARN,
                title=f"{resource.ref}: a reconcile request has not been handled for "
                f"{ago(at, state.now)}",
                object=resource.ref,
                why="its controller is busy, hangs, or does not watch it",
                since=at,
                hints=(
                    Hint(
                        "look at the controller's log",
                        (Command(("kubectl", "logs", "-n", state.namespace,
                                  f"deployment/{resource.kind.controller}", "--tail=50")),),
                    ),
                ),
                docs=docs_of(resource.ref.kind),
            )  # fmt: skip


def _left_behind(state: State) -> Iterator[Finding]:
    """Tell of objects that are gone while what they made may not be.

    With deletionPolicy WaitForTermination a Kustomization goes after its timeout whether or not
    all is deleted (KC internal/controller/kustomization_controller.go, finalize).
    """
    for key, found in state.warnings.items():
        kind, namespace, name = key
        given_up = ((w, why) for w in found for said, why in _GIVEN_UP if said.search(w.message))
        event, why = next(given_up, (None, ""))
        if event and kind in CONSUMERS and state.known_missing(key):
            ref = Ref("", kind, namespace, name)
            yield Finding(
                step=STEP_ID,
                code="left-behind",
                level=Level.FAIL,
                title=f"{ref} was deleted, and what it made is still there",
                object=ref,
                why=f"{why}, and nothing owns it now",
                reason=event.reason,
                message=event.message,
                since=event.last,
                hints=(
                    *_stuck_in(event.message),
                    Hint(
                        "find what carries its labels, and delete it",
                        (
                            Command(("kubectl", "get", "all,configmaps", "--all-namespaces", "-l",
                                     ",".join("=".join(one) for one in labels_of(key).items()))),
                        ),
                    ),
                ),
                docs=docs_of(kind),
            )  # fmt: skip


def _stuck_in(message: str) -> Iterator[Hint]:
    """Say how to look at what *message* says is still there: its finalizers tell who holds it."""
    from fluxstatus.state.health_checks import health_check_targets  # noqa: PLC0415 - all rules come along

    stuck = [one for one in health_check_targets(message) if one.kind != "Secret"]
    if stuck:
        names = ", ".join(f"{one.kind} {one.namespace}/{one.name}" for one in stuck)
        yield Hint(
            f"bring back what handles the finalizers of {names}; take a finalizer off only when "
            "nothing is left that does",
            tuple(
                Command(("kubectl", "get", full_name(one.kind), one.name,
                         *(("-n", one.namespace) if one.namespace else ()), "-o", "yaml"))
                for one in stuck
            ),
        )  # fmt: skip


def _events(state: State) -> Iterator[Finding]:
    """Sum up the Warning events; those of a fault stand at the fault."""
    unread = state.evidence.answer("events").unread
    if unread and unread.why is not Why.ABSENT:
        yield unread_finding(STEP_ID, "Warning events", unread)
    past = [
        (resource.ref, event)
        for key, found in state.warnings.items()
        if (resource := state.resources.get(key))
        and resource.verdict is Verdict.READY
        and state.covers(resource.ref.namespace)
        for event in found
    ]
    if past:
        count = sum(event.times for _, event in past)
        objects = len({ref for ref, _ in past})
        events = "1 Warning event" if count == 1 else f"{count} Warning events"
        things = "1 object that is" if objects == 1 else f"{objects} objects that are"
        yield passed(STEP_ID, f"{events} in the last hour on {things} well now")


CODES = {
    "revision-behind": "Ready on an older revision than its source has",
    "drift-detected": "the cluster has drifted from a Helm release",
    "request-unhandled": "a reconcile request has not been handled",
    "left-behind": "an object is gone, and what it made is not",
    "nothing-runs": "nothing is deployed by Flux",
    "nothing-compared": "what is deployed could not be compared with its source",
    **UNREAD_CODES,
}
STEP = Step(
    STEP_ID,
    "revisions, drift and errors",
    (*(KINDS[kind].resource for kind in (*CONSUMERS, "HelmChart")), "events"),
    CODES,
    examine,
)
