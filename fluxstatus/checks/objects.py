"""Steps 5 and 6: the Flux objects, each cause told once and what waits for it folded under it."""

from collections.abc import Iterator

from fluxstatus.checks.step import Step
from fluxstatus.checks.telling import cause_found, on_the_way, passed, short, unread_found
from fluxstatus.evidence import Why
from fluxstatus.findings import Finding, Level
from fluxstatus.kinds import KINDS, Kind
from fluxstatus.knowledge import RULES
from fluxstatus.knowledge.states import STATES
from fluxstatus.resources import WELL, Resource, Verdict, text_of
from fluxstatus.state import State, key_of


def examine(step: str, state: State) -> Iterator[Finding]:
    """Judge the objects of the kinds that belong to *step*."""
    kinds = _kinds_of(step)
    causes = state.causes
    for kind in kinds:
        unread = state.evidence.answer(kind.resource).unread
        if unread and unread.why is not Why.ABSENT:
            yield unread_found(step, kind.name, unread)
    for cause in causes.all:
        if cause.ref.kind in {kind.name for kind in kinds}:
            yield cause_found(step, state, cause)
    objects = state.of_kind(*(kind.name for kind in kinds))
    yield from on_the_way(step, [r for r in objects if key_of(r.ref) in causes.moving], state.now)
    well = [r for r in objects if r.verdict in WELL and key_of(r.ref) not in causes.cut_off]
    yield from (passed(step, f"{r.ref}: {_says(r)}", r.ref, r.since) for r in well)
    if well:
        yield passed(step, f"{len(well)} of {len(objects)} are well")
    if not objects:
        yield Finding(step=step, code="none", level=Level.SKIP, title=f"there are no {step}")


def _kinds_of(step: str) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS.values() if kind.step == step)


def _says(resource: Resource) -> str:
    if resource.verdict is Verdict.STATIC:
        return "has no status of its own, and what it refers to exists"
    revision = resource.get("status", "lastAppliedRevision") or resource.get(
        "status", "artifact", "revision"
    )
    return short(text_of(revision)) or resource.message or "ready"


CODES = {
    **{rule.code: rule.why for rule in (*RULES, *STATES.values())},
    "reconciling": "on its way, no verdict yet",
    "none": "there are no such objects",
    "forbidden": "could not be read",
}


def _step(name: str, title: str) -> Step:
    reads = (*(kind.resource for kind in _kinds_of(name)), "events", "workload-pods")
    return Step(name, title, reads, CODES, lambda state: examine(name, state))


SOURCES = _step("sources", "sources (Git, OCI, Helm, buckets)")
RECONCILERS = _step("reconcilers", "reconciliation (Kustomizations, HelmReleases, …)")
