"""Objects of projects around Flux, part of step 6: what their controllers say about them."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from fluxstatus.base.excerpts import ended
from fluxstatus.base.plurals import counted, listed
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import passed, unread_finding, unread_object
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import LABELLED, RELATED, Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.health_checks import health_check_targets
from fluxstatus.state.related import Outcome, Related, related_of

STEP_ID = "reconcilers"
_FAILED = Code(
    "related-failed",
    "An object of a project around Flux, such as a Terraform or a Canary, has failed.",
)
_IN_PROGRESS = Code("related-in-progress", "An object of a project around Flux has no result yet.")
_APPROVAL = Code("related-approval", "An object of a project around Flux waits for an approval.")
_SUSPENDED = Code("related-suspended", "An object of a project around Flux is suspended.")
_UNKNOWN = Code(
    "related-unknown", "The status of an object of a project around Flux could not be interpreted."
)
_NOT_JUDGED = Code(
    "related-not-judged",
    "Objects of a project around Flux have no conditions that say whether they work.",
)
_LABELS_UNREAD = Code(
    "related-labels-unread",
    "The labels of CRDs could not be read, so some kinds of projects around Flux may be unknown.",
)
CODES = (_FAILED, _IN_PROGRESS, _APPROVAL, _SUSPENDED, _UNKNOWN, _NOT_JUDGED, _LABELS_UNREAD)

_PASSED = ("ready", "plan only")
_LONGEST = 120  # characters of a message in a title


class _Form(NamedTuple):
    """How an outcome is reported; `text` is used if the object has no message."""

    code: Code
    level: Level
    text: str
    todo: str


_FORMS: dict[Outcome, _Form] = {
    "failed": _Form(_FAILED, Level.FAIL, "failed", "read what its controller reports"),
    "in progress": _Form(_IN_PROGRESS, Level.WAIT, "in progress", ""),
    "approval": _Form(_APPROVAL, Level.WARN, "waits for an approval", "approve it, or reject it"),
    "suspended": _Form(
        _SUSPENDED, Level.WARN, "suspended", "set spec.suspend to false when it is to go on"
    ),
    "unknown": _Form(_UNKNOWN, Level.UNKNOWN, "its status is unknown", "read its status"),
}
_BY_CODE = {form.code: form for form in _FORMS.values()}


def related(analysis: Analysis) -> Iterator[Finding]:
    """Yield what is known of the objects that belong to projects around Flux.

    One that fails a health check is left out: the cause of what waits for it names it.
    """
    state = analysis.state
    if answer := state.evidence.answers.get(LABELLED):
        yield from _labels_unread(answer.unread)
    names = sorted(one for one in state.evidence.answers if one.startswith(f"{RELATED}/"))
    if not names:
        return
    reported = {
        target[:3]
        for cause in analysis.causes.all
        for target in health_check_targets(cause.fault.message)
    }
    for name in names:
        resource = name.partition("/")[2]
        answer = state.evidence.answer(name)
        if answer.objects:
            yield from (unread_object(STEP_ID, one) for one in answer.objects)
        elif unread := state.unread(name):
            yield unread_finding(STEP_ID, resource, unread)
        items = [related_of(resource, item, state.now) for item in answer.known]
        waiting = _waiting(items)
        shown = [one for one in items if state.covers(one.ref) and one.ref.key not in reported]
        yield from _judged(analysis, resource, shown, waiting)


def _labels_unread(unread: Unread | None) -> Iterator[Finding]:
    """Yield a note if labels may not be read, which changes neither the level nor the exit code."""
    if unread and unread.why is not Why.ABSENT:
        yield Finding(
            step=STEP_ID,
            code=_LABELS_UNREAD,
            level=Level.SKIP,
            title="CRDs with the label app.kubernetes.io/part-of=flux were not looked for: "
            f"{unread.full_text}",
        )


def _waiting(items: Sequence[Related]) -> set[Key]:
    """Return those of *items* that are not ready and reported, and those that wait for them.

    Objects that wait for each other in a circle are not among them.
    """
    found = {one.ref.key for one in items if one.outcome != "ready" and not one.depends_on}
    rest = [one for one in items if one.depends_on]
    while more := {
        one.ref.key
        for one in rest
        if one.ref.key not in found and not found.isdisjoint(one.depends_on)
    }:
        found |= more
    return found


def _judged(
    analysis: Analysis, resource: str, items: Sequence[Related], waiting: Collection[Key]
) -> Iterator[Finding]:
    """Yield the findings about *items*, of one kind; if none has conditions, they are counted.

    *waiting* are the objects of the kind that others may wait for.
    """
    without = [one for one in items if one.outcome == "not judged"]
    if without and len(without) == len(items):
        yield _not_judged(resource, without)
        return
    alike: dict[tuple[Code, str], list[Related]] = {}
    for one in items:
        if one.outcome in _PASSED:
            yield passed(STEP_ID, f"{one.ref}: {_text(one, 'ready')}", one.ref, one.since)
            continue
        form, text = _form_and_text(analysis, one, waiting)
        alike.setdefault((form.code, text), []).append(one)
    for (code, text), several in alike.items():
        yield _finding(resource, several, _BY_CODE[code], text)


def _form_and_text(analysis: Analysis, one: Related, waiting: Collection[Key]) -> tuple[_Form, str]:
    """Return how *one* is reported: it waits for its source if that has a fault of its own.

    So it does for a dependency that is one of those *waiting*, which are reported themselves.
    """
    if one.outcome == "failed" and one.source and one.source in analysis.causes.by_object:
        return _FORMS["in progress"], f"waits for {Ref('', *one.source)}, which fails"
    if awaited := next((key for key in one.depends_on if key in waiting), None):
        return _FORMS["in progress"], f"waits for {Ref('', *awaited)}"
    form = _FORMS["unknown" if one.outcome == "not judged" else one.outcome]
    return form, _text(one, form.text)


def _text(one: Related, otherwise: str) -> str:
    """Return the first line of the message of *one*, or what to say without one."""
    line = next(iter(one.message.splitlines()), "")
    short = line if len(line) <= _LONGEST else ended(line[:_LONGEST])
    return short or one.reason or otherwise


def _finding(resource: str, several: Sequence[Related], form: _Form, text: str) -> Finding:
    """Return the finding about objects of *resource* that say the same."""
    one = several[0]
    names = listed([str(other.ref) for other in several], 1)
    line = "kubectl get {resource}/{name} -n {ns} -o yaml"
    line = line if one.ref.namespace else line.replace(" -n {ns}", "")
    read = command(line, {"resource": resource, "name": one.ref.name, "ns": one.ref.namespace})
    return Finding(
        step=STEP_ID,
        code=form.code,
        level=form.level,
        title=f"{names}: {text}",
        object=one.ref,
        others=tuple(other.ref for other in several[1:]),
        reason=one.reason,
        message=one.message,
        since=one.since,
        hints=(hint(form.todo, read),) if form.todo else (),
    )


def _not_judged(resource: str, items: Sequence[Related]) -> Finding:
    kind = items[0].ref.kind
    return Finding(
        step=STEP_ID,
        code=_NOT_JUDGED,
        level=Level.SKIP,
        title=f"{counted(len(items), f'object of kind {kind}', f'objects of kind {kind}')} "
        f"({resource}): no condition Ready or Stalled, so not judged",
        object=items[0].ref,
        others=tuple(one.ref for one in items[1:]),
    )
