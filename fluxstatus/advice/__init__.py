"""Habits, not only faults: what works today and is worth changing. Advice, never a verdict."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from fluxstatus.advice import exposure, intervals, monitoring, objects, secrets, upgrades
from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.cluster.queries import FURTHER
from fluxstatus.knowledge.rule import fill, hints
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.ref import Ref

ADVICE: tuple[Advice, ...] = (
    *intervals.ADVICE,
    *objects.ADVICE,
    *upgrades.ADVICE,
    *exposure.ADVICE,
    *monitoring.ADVICE,
    *secrets.ADVICE,
)
"""Everything there is advice on."""

_UNREAD = "advice-unread"
_UNREAD_STEP = "cluster"
_CRASHED = "check-crashed"
_NAMED = 10  # places that a finding names
_ELSEWHERE = ", which only `credentials` and `explain` look for"


def codes_of(step: str) -> Mapping[str, str]:
    """Return the codes of the habits that belong to *step*, with what they mean."""
    found = {habit.code: meaning(habit) for habit in ADVICE if habit.step == step}
    if step == _UNREAD_STEP:
        found[_UNREAD] = "advice: something that --advice asks for could not be read"
    return found


def further_of(step: str) -> tuple[str, ...]:
    """Return what --advice asks for that the habits of *step* look at."""
    return tuple(query for habit in ADVICE if habit.step == step for query in habit.reads)


def meaning(habit: Advice) -> str:
    """Return a line on what *habit* is, wherever it shows."""
    elsewhere = "" if habit.find else _ELSEWHERE
    return f"advice: {fill(habit.many, {'n': 'some', 'saves': 'many'})}{elsewhere}"


def advice(step: str, view: View, table: Iterable[Advice] = ADVICE) -> Iterator[Finding]:
    """Return the advice that belongs to *step*: a finding for each habit, however often it shows.

    A habit that crashes is left out, which is said; it never stands in the way of a verdict.
    """
    for habit in table:
        if habit.step == step:
            try:
                yield from _look_for(habit, view)
            except Exception as error:  # noqa: BLE001 - a bug in advice must not hide a fault
                yield _skipped(
                    step, _CRASHED, f"advice {habit.code} crashed: {type(error).__name__}: {error}"
                )
    if step == _UNREAD_STEP and not (view.state.namespaces or view.state.evidence.refused):
        yield from _unread(view)


def _look_for(habit: Advice, view: View) -> Iterator[Finding]:
    if (habit.everywhere and view.state.namespaces) or not all(map(view.is_whole, habit.needs)):
        return
    seen = list(habit.find(view)) if habit.find else []
    if seen:
        yield tell(habit, seen, maker_of=view.maker_of)


def _no_maker(_: Ref | None) -> str:
    return ""


def tell(
    habit: Advice,
    seen: list[Occurrence],
    *,
    maker_of: Callable[[Ref | None], str] = _no_maker,
    fields: Mapping[str, str] | None = None,
) -> Finding:
    """Return the advice on *habit*, which was *seen* at least once.

    *maker_of* names what made an object; *fields* are what the steps name besides.
    """
    known = {**(fields or {}), **_fields(seen)}
    named = [one for one in seen if one.is_named]
    places = [(f"{one.name}{maker_of(one.ref)}", one.value) for one in named[:_NAMED]]
    more = [(f"and {len(named) - _NAMED:,} more", "")] if len(named) > _NAMED else []
    return Finding(
        step=habit.step,
        code=habit.code,
        level=Level.WARN,
        title=fill(habit.one if len(seen) == 1 else habit.many, known),
        object=seen[0].ref if habit.everywhere and len(seen) == 1 else None,
        why=fill(habit.why, known),
        evidence=(*places, *more),
        hints=hints(habit.steps, known),
        docs=habit.docs,
        kind="habit",
        count=sum(one.objects for one in named),
        trivial=True,
    )


def _fields(seen: list[Occurrence]) -> dict[str, str]:
    first = seen[0]
    return {
        "n": f"{sum(one.objects for one in seen):,}",
        "saves": f"{sum(one.saves for one in seen):,.0f}",
        "what": first.name,
        "value": first.value,
    }


def _unread(view: View) -> Iterator[Finding]:
    """Tell what was asked for only to give advice, and could not be read."""
    known = view.state.evidence.answers
    reasons = {
        name: known[name].unread for name in FURTHER if name in known and not view.is_absent(name)
    }
    missing = {name: unread for name, unread in reasons.items() if unread}
    if missing:
        names = ", ".join(name.partition(".")[0] for name in missing)
        rules = sorted({u.rule for u in missing.values() if u.why is Why.FORBIDDEN} - {""})
        yield _skipped(
            _UNREAD_STEP, _UNREAD, f"no advice on what could not be read: {names}", rules
        )


def _skipped(step: str, code: str, title: str, rules: Iterable[str] = ()) -> Finding:
    evidence = tuple(("missing RBAC rule", rule) for rule in rules)
    return Finding(
        step=step, code=code, level=Level.SKIP, title=title, evidence=evidence, kind="habit",
        trivial=True,
    )  # fmt: skip
