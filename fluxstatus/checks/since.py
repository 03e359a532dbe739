"""What has changed since an earlier report: which faults are new, and which are gone.

A fault is only new if the earlier report looked at what it is about, and only gone if the later one
did: what could not be read, was skipped or was in another namespace is neither.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from fluxstatus.checks.wording import UNREAD_CODES
from fluxstatus.model.evidence import Target, Why
from fluxstatus.model.findings import Changes, Level, Past, Report, Scope
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key

_FAULTS = (Level.FAIL, Level.WARN)
_ALONE = frozenset({"GitRepository", "OCIRepository", "Bucket", "HelmRepository"})
"""Kinds that use no other Flux kind, so that none of their faults shows in another kind."""
_UNUSED = frozenset({"Receiver", "FluxReport"})
"""Kinds in which no fault of another kind shows."""


class View(NamedTuple):
    """What a report saw: the steps that it ran, what it was about, and its findings.

    `accepted` are faults that were accepted. Of a cluster that was unreachable there are no steps.
    """

    taken_at: datetime
    steps: frozenset[str]
    scope: Scope
    findings: tuple[Past, ...]
    accepted: tuple[Past, ...] = ()
    target: Target = Target()

    @property
    def faults(self) -> tuple[Past, ...]:
        """The faults, without the accepted ones."""
        return tuple(
            one for one in self.findings if one.level in _FAULTS and one.category == "fault"
        )

    @property
    def advice(self) -> tuple[Past, ...]:
        """The advice, without what is accepted of it."""
        return tuple(
            one for one in self.findings if one.level in _FAULTS and one.category == "habit"
        )


def view_of(report: Report) -> View:
    """Return what *report* saw."""
    steps = () if report.unreachable else (step.id for step in report.steps)
    findings = (one for one in report.findings if one.level is not Level.PASS)
    accepted = (Past.of(one.finding) for one in report.accepted)
    found = tuple(map(Past.of, findings))
    return View(
        report.taken_at, frozenset(steps), report.scope, found, tuple(accepted), report.target
    )


def compared(report: Report, earlier: View, source: str) -> Report:
    """Return *report* with its changes since the *earlier* one from *source*.

    A fault that was a warning and fails now is new. One of an object that had another fault, of
    which the report has read less than the earlier one, may be that fault under a vaguer code.
    """
    now = view_of(report)
    before = {one.id: one.level for one in (*earlier.faults, *earlier.accepted)}
    known = {one.id for one in (*now.faults, *now.accepted)}
    blind, blind_now = _only_unread(earlier, now), _only_unread(now, earlier)
    left = [one for one in earlier.faults if one.id not in known]
    may_be_renamed = _objects_of(left) if blind_now else frozenset()
    still, new, unseen = [], [], []
    for one in now.faults:
        is_worse = before.get(one.id) is Level.WARN and one.level is Level.FAIL
        if one.id in before and not is_worse:
            still.append(one.id)
        elif is_worse or not (
            _may_show(blind, one)
            or not looked_at(earlier, one)
            or (_objects_of([one]) & may_be_renamed and _may_show(blind_now, one))
        ):
            new.append(one.id)
        else:
            unseen.append(one.id)
    gone = tuple(one for one in left if looked_at(now, one) and not _may_show(blind_now, one))
    unsure = tuple(one for one in left if one not in gone)
    changes = Changes(
        source, earlier.taken_at, tuple(new), tuple(still), tuple(unseen), gone, unsure,
        _other_cluster(earlier.target, report.target),
    )  # fmt: skip
    marked = (replace(one, new=True) if one.id in new else one for one in report.findings)
    return report._replace(changes=changes, findings=tuple(marked))


def _other_cluster(earlier: Target, now: Target) -> str:
    """Return what to call the cluster *earlier* if its context and server are not those of *now*.

    One cluster may have several servers and contexts, so this is nothing but a fact to show.
    """
    is_other = earlier.context != now.context and earlier.server != now.server
    return earlier.context or earlier.server if is_other and earlier.server and now.server else ""


def looked_at(view: View, fault: Past) -> bool:
    """Return whether *view* would have *fault* if it was there."""
    if fault.step not in view.steps or fault.code in view.scope.skipped:
        return False
    return _covers(view.scope, fault) and not any(
        _hides(one, fault) for one in _unread(view.findings) if one.step == fault.step
    )


def _only_unread(view: View, other: View) -> set[str]:
    """Return the kinds that *view* could not read, and the *other* could."""
    return _unread_kinds(view) - _unread_kinds(other)


def _unread_kinds(view: View) -> set[str]:
    unread = (one for one in view.findings if one.level is Level.UNKNOWN and not one.object)
    return {one.title.partition(":")[0] for one in unread}


def _may_show(kinds: Iterable[str], fault: Past) -> bool:
    """Return whether *fault* may show, or be called what it is, only because *kinds* were read.

    A fault may show in what its object uses, in events, and in the controllers.
    """
    own = {ref.kind for ref in fault.objects}
    return any(kind not in KINDS or not (kind in _UNUSED or own <= _ALONE) for kind in kinds)


def _objects_of(faults: Iterable[Past]) -> frozenset[Key]:
    return frozenset(ref.key for one in faults for ref in one.objects)


def _covers(scope: Scope, fault: Past) -> bool:
    """Return whether a report about *scope* has *fault*, for certain."""
    applying = {ref.key for ref in scope.applying}
    return not scope.namespaces or any(
        ref.namespace in scope.namespaces or ref.key in applying for ref in fault.objects
    )


def _unread(findings: Iterable[Past]) -> Iterable[Past]:
    """Return what could not be read, or was not requested."""
    not_requested = UNREAD_CODES[Why.NOT_REQUESTED]
    return (one for one in findings if one.level is Level.UNKNOWN or one.code == not_requested)


def _hides(unread: Past, fault: Past) -> bool:
    """Return whether *fault* may be in what was *unread*: an object, a kind, or the whole step."""
    kind = unread.title.partition(":")[0]
    if unread.object:
        return unread.object.key in {ref.key for ref in fault.objects}
    return kind not in KINDS or not fault.objects or kind in {ref.kind for ref in fault.objects}
