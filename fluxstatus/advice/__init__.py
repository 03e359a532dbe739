"""Advice on what works today and is worth changing. It never affects the verdict."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from fluxstatus.advice import (
    automation,
    exposure,
    instance,
    intervals,
    monitoring,
    objects,
    ordering,
    releases,
    secrets,
    sources,
    tenancy,
    upgrades,
)
from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.plurals import noun_for
from fluxstatus.cluster.queries import ADVICE_QUERIES
from fluxstatus.knowledge import receivers
from fluxstatus.knowledge.rule import fill, hints
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Unread
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.ref import Ref

ADVICE: tuple[Advice, ...] = (
    *intervals.ADVICE,
    *sources.ADVICE,
    *objects.ADVICE,
    *releases.ADVICE,
    *ordering.ADVICE,
    *tenancy.ADVICE,
    *instance.ADVICE,
    *automation.ADVICE,
    *upgrades.ADVICE,
    *exposure.ADVICE,
    *monitoring.ADVICE,
    *secrets.ADVICE,
)
"""All advice."""

CHECK_CRASHED = Code(
    "check-crashed", "Part of the check crashed because of a bug in kubectl flux-status."
)
_UNREAD = Code("advice-unread", "Some of the data needed to give advice could not be read.")
_UNREAD_STEP = "cluster"
_NAMED = 10  # places that a finding names


def codes_of(step: str) -> tuple[Code, ...]:
    """Return the codes of the advice that belongs to *step*."""
    codes = tuple(dict.fromkeys(one.code for one in ADVICE if one.step == step))
    return (*codes, _UNREAD) if step == _UNREAD_STEP else codes


def reads_of(step: str) -> tuple[str, ...]:
    """Return the queries that only the advice of *step* uses."""
    return tuple(query for one in ADVICE if one.step == step for query in one.reads)


def advice(step: str, view: View, table: Iterable[Advice] = ADVICE) -> Iterator[Finding]:
    """Yield the advice that belongs to *step*: one finding each for all its occurrences.

    Advice that crashes is reported as skipped; it never hides a verdict.
    """
    for one in table:
        if one.step == step:
            try:
                yield from _apply(one, view)
            except Exception as error:  # noqa: BLE001 - a bug in advice must not hide a fault
                title = f"advice {one.code} crashed: {type(error).__name__}: {error}"
                yield _skipped(step, CHECK_CRASHED, title)
    if step == _UNREAD_STEP and not (view.state.namespaces or view.state.evidence.refused):
        yield from _unread(view)


def _apply(one: Advice, view: View) -> Iterator[Finding]:
    """Yield a finding for all occurrences, and another one for those that are accepted."""
    if one.find is None or not all(map(view.was_read, one.needs)):
        return
    if one.cluster_wide and view.state.namespaces:
        return
    parts: tuple[list[Occurrence], list[Occurrence]] = ([], [])
    for place in one.find(view):
        accepted = all(view.is_accepted(one.code, ref) for ref in place.refs or (None,))
        parts[accepted].append(place)
    for occurrences in filter(None, parts):
        yield finding_of(one, occurrences, owner_of=view.owner_of)


def _no_owner(_: Ref | None) -> str:
    return ""


def finding_of(
    one: Advice,
    occurrences: list[Occurrence],
    *,
    owner_of: Callable[[Ref | None], str] = _no_owner,
    fields: Mapping[str, str] | None = None,
) -> Finding:
    """Return the finding for a piece of advice with at least one occurrence.

    *owner_of* returns the owner of an object; *fields* are additional fields of the templates.
    """
    known = {**(fields or {}), **_fields(occurrences)}
    named = [occurrence for occurrence in occurrences if occurrence.is_named]
    places = [(f"{place.name}{owner_of(place.ref)}", place.value) for place in named[:_NAMED]]
    more = [(f"and {len(named) - _NAMED:,} more", "")] if len(named) > _NAMED else []
    single = len(occurrences) == 1
    own = occurrences[0].ref if one.cluster_wide and single else None
    refs = dict.fromkeys(ref for place in occurrences for ref in place.refs if ref != own)
    return Finding(
        step=one.step,
        code=one.code,
        level=Level.WARN,
        title=fill(one.title_one if single else one.title_many, known),
        object=own,
        others=tuple(refs),
        why=fill(one.why, known),
        evidence=(*places, *more),
        hints=hints(one.steps, known),
        docs=one.docs,
        category="habit",
        area=one.area,
        count=sum(place.count for place in named),
        trivial=True,
    )


def _fields(occurrences: list[Occurrence]) -> dict[str, str]:
    first = occurrences[0]
    saved = round(sum(one.saved_requests for one in occurrences))
    return {
        **(receivers.fields_of(first.ref) if first.ref else {}),
        "n": f"{sum(one.count for one in occurrences):,}",
        "saves": f"{saved:,} {noun_for(saved, 'request')}",
        "what": first.name_in_sentence,
        "value": first.value,
    }


def _unread(view: View) -> Iterator[Finding]:
    """Yield the queries that only advice uses, and that could not be read."""
    known = view.state.evidence.answers
    answers = ((name, known[name]) for name in ADVICE_QUERIES if name in known)
    missing = {name.partition(".")[0]: one.hidden for name, one in answers if one.hidden}
    if missing:
        names = (f"{name} ({_reason(unread)})" for name, unread in missing.items())
        permissions = sorted({unread.permission for unread in missing.values()} - {""})
        title = f"no advice on resources that could not be read: {', '.join(names)}"
        yield _skipped(_UNREAD_STEP, _UNREAD, title, permissions)


def _reason(unread: Unread) -> str:
    return f"missing permission: {unread.permission}" if unread.permission else unread.text


def _skipped(step: str, code: Code, title: str, permissions: Iterable[str] = ()) -> Finding:
    evidence = tuple(("missing RBAC rule", permission) for permission in permissions)
    return Finding(
        step=step, code=code, level=Level.SKIP, title=title, evidence=evidence, category="habit",
        trivial=True,
    )  # fmt: skip
