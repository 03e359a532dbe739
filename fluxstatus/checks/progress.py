"""What waits: objects in progress, and objects that wait for another one."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from fluxstatus.base.durations import ago
from fluxstatus.base.plurals import joined, listed, noun_for
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.waits import is_wait
from fluxstatus.checks.wording import RECONCILING, WAITING, passed
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.ref import Ref
from fluxstatus.state.last_attempt import Failure, failed_before
from fluxstatus.state.resource import HEALTHY, Resource, Verdict
from fluxstatus.state.revisions import missing_result
from fluxstatus.state.state import State

_NAMED = 5  # objects in progress that a sentence names
_AWAITED = 3  # objects that others wait for

_WAITS = "waiting for"
_ALIKE = "failing with the same error as"
_PART = "failing because of"
_STALE = "blocked from updating by"
_SENTENCES = (_WAITS, _ALIKE, _PART, _STALE)
"""What numbers of objects do, before what they wait for; those of the last one are Ready."""

_LEFT_OUT = "left out by --skip"

_SINCE = {
    **dict.fromkeys((Verdict.STARTING, Verdict.NEVER), "created {} ago"),
    **dict.fromkeys((Verdict.RECONCILING, Verdict.STUCK), "reconciling for {}"),
    Verdict.OUTDATED: "changed {} ago",
    Verdict.TERMINATING: "deleted {} ago",
}
"""How long an object has had its verdict; objects with other verdicts are failing."""


def in_progress(step: str, state: State, resource: Resource) -> Finding:
    """Return the finding that *resource* is still reconciling."""
    title = f"still in progress, no result yet: {_moving([resource], state.now)}"
    return _in_progress(step, state, [title], [resource])


def waiting(analysis: Analysis, step: str, ref: Ref, causes: Iterable[Cause]) -> Finding:
    """Return the finding that *ref* is not ready because of *causes*, each with its own finding."""
    if analysis.is_left_out(ref.key):
        title = f"{ref}: not ready because of a fault {_LEFT_OUT}"
        return Finding(step=step, code=WAITING, level=Level.SKIP, title=title, object=ref)
    awaited = tuple(dict.fromkeys(cause.ref for cause in causes))  # one may have two faults
    title = f"{ref}: not ready because of {', '.join(map(str, awaited))}"
    return Finding(step, WAITING, Level.WAIT, title, object=ref, waits_for=awaited)


def summary(
    step: str, analysis: Analysis, objects: Sequence[Resource], healthy: int
) -> Iterator[Finding]:
    """Yield how many of the *objects* of *step* are *healthy*, and what the others wait for.

    It is a pass only if none of them waits, except for a fault that is left out. An object with a
    fault of its own does not wait: that is a finding, as is each fault that others wait for.
    """
    causes = analysis.causes
    unfinished = [one for one in objects if one.key in causes.in_progress]
    moving = [one for one in unfinished if one.ref.key not in causes.awaited]
    waits: dict[str, list[Collection[Ref]]] = {sentence: [] for sentence in _SENTENCES}
    for one in (one for one in objects if one.key in causes.concerned):
        sentence, refs = _wait_of(analysis, one)
        if refs:
            waits[sentence].append(refs)
    parts = [*_together(waits)]
    if moving:
        parts.append(f"{len(moving)} in progress: {_moving(moving, analysis.state.now)}")
    left_out = sum(analysis.is_left_out(one.key) for one in objects) if analysis.left_out else 0
    if left_out:
        parts.append(f"{left_out} {_LEFT_OUT}")
    if not parts:
        if healthy:
            yield passed(step, f"{healthy} of {len(objects)} healthy")
        return
    ready = sum(one.verdict in HEALTHY and not missing_result(one) for one in objects)
    parts = [f"{ready} of {len(objects)} ready", *parts]
    if unfinished:
        yield _in_progress(step, analysis.state, parts, unfinished)
    elif not any(waits.values()):
        yield passed(step, ", ".join(parts))
    else:
        awaited = tuple({ref for each in waits.values() for refs in each for ref in refs})
        yield Finding(step, WAITING, Level.WAIT, ", ".join(parts), waits_for=awaited)


def awaited_by(analysis: Analysis, resource: Resource) -> Collection[Ref]:
    """Return what *resource* waits for: itself while it is in progress; empty if it does not."""
    if resource.key in analysis.causes.in_progress:
        return [resource.ref]
    concerned = resource.key in analysis.causes.concerned
    return _wait_of(analysis, resource)[1] if concerned else ()


def _in_progress(
    step: str, state: State, parts: Sequence[str], resources: Iterable[Resource]
) -> Finding:
    """Return the finding about *resources* in progress: its title has *parts* and what failed.

    What failed before may fail again: it is reported until there is a result.
    """
    failures = {one: _failed_before(state, one) for one in resources}
    failed = [
        f"{one.ref} ({failure.reason} for {ago(failure.since, state.now)})"
        for one, failure in failures.items()
        if failure
    ]
    if failed:
        is_ = noun_for(len(failed), "is", "are")
        parts = [
            *parts,
            f"{len(failed)} failed before and {is_} being retried: {listed(failed, _NAMED)}",
        ]
    return Finding(
        step=step,
        code=RECONCILING,
        level=Level.WAIT,
        title=", ".join(parts),
        evidence=tuple((str(one.ref), _progress(one, failures[one])) for one in failures),
    )


def _failed_before(state: State, resource: Resource) -> Failure | None:
    """Return how *resource* failed before; None also if it only waited for another object."""
    failure = failed_before(state, resource)
    return None if failure and is_wait(failure.reason, failure.message) else failure


def _progress(resource: Resource, failure: Failure | None) -> str:
    """Return what is known about *resource*, which is in progress."""
    before = ": ".join(filter(None, (failure.reason, failure.message))) if failure else ""
    return f"{resource.verdict.value}; before: {before}" if before else resource.verdict.value


def _moving(resources: Iterable[Resource], now: datetime) -> str:
    """Return the names of *resources*, and since when each of them is in progress."""
    names = [
        f"{one.ref} ({_SINCE.get(one.verdict, 'failing for {}').format(ago(one.since, now))})"
        for one in resources
    ]
    return listed(names, _NAMED)


def _wait_of(analysis: Analysis, resource: Resource) -> tuple[str, Collection[Ref]]:
    """Return the sentence about what *resource* waits for, and its objects; none if it does not.

    A chart fails with the HelmRelease that it is created from, where its fault is reported.
    """
    key, causes = resource.key, analysis.causes
    if analysis.is_left_out(key):
        return _WAITS, ()
    if key in causes.awaited:
        known = analysis.state.resources
        return _WAITS, [known[one].ref for one in causes.awaited[key]]
    stale = causes.stale_causes.get(key, ())
    if stale and (refs := [cause.ref for cause in stale if not _is_suspended(cause)]):
        return _STALE, refs
    found = causes.by_object.get(key, ())
    refs = [cause.ref for cause in found]
    if resource.ref in refs:
        return _WAITS, ()
    if refs and all(resource.ref in cause.others for cause in found):
        return _ALIKE, refs
    is_part = resource.ref.kind == "HelmChart" and all(ref.kind == "HelmRelease" for ref in refs)
    return _PART if is_part else _WAITS, refs


def _is_suspended(cause: Cause) -> bool:
    """Return whether *cause* is a suspended object: it keeps back what is Ready on purpose."""
    return cause.resource is not None and cause.resource.verdict is Verdict.SUSPENDED


def _together(waits: Mapping[str, Sequence[Collection[Ref]]]) -> Iterator[str]:
    """Yield what is waited for with the number of objects in each sentence of *waits* about it."""
    numbers: dict[str, list[str]] = {}
    for sentence, each in waits.items():
        if each:
            numbers.setdefault(_names(each), []).append(f"{len(each)} {sentence}")
    for names, (first, *more) in numbers.items():
        again = "them" if ", " in names else "it"
        yield joined([f"{first} {names}", *(f"{one} {again}" for one in more)])


def _names(waits: Iterable[Collection[Ref]]) -> str:
    """Return the names of what is waited for, the most often first."""
    counts = Counter(ref for refs in waits for ref in refs)
    names = [str(ref) for ref, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    return listed(names, _AWAITED)
