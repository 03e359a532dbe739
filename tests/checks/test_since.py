"""What is new since an earlier report, and what is gone."""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

import pytest

from fluxstatus.checks.run import Choice
from fluxstatus.checks.since import View, compared, view_of
from fluxstatus.commands.wait import until_healthy as wait
from fluxstatus.model.accept_list import AcceptList, Entry
from fluxstatus.model.evidence import Object, Target, Unread, Why
from fluxstatus.model.findings import Changes, Exit, Finding, Level, Report
from fluxstatus.model.kinds import KINDS
from fluxstatus.report import as_json
from fluxstatus.report.from_json import view_in
from fluxstatus.report.look import Look
from tests.builders import (
    BUILD_FAILED,
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    NOW,
    evidence,
    flux,
    judge,
    kustomization,
    source,
)

ALL = Choice()
HEALTHY_APP = (*HEALTHY, source("git"), kustomization("app", "git"))
BROKEN_APP = (*HEALTHY, source("git"), kustomization("app", "git", BUILD_FAILED))
BROKEN_BOTH = (*BROKEN_APP, source("other", NOT_THERE))
KS = KINDS["Kustomization"].resource
GIT = KINDS["GitRepository"].resource
RECEIVERS = KINDS["Receiver"].resource
APP = "Kustomization apps/app"
OTHER = "GitRepository apps/other"


def of(objects: Iterable[Object], choice: Choice = ALL, **more: object) -> Report:
    """Return the report on *objects*."""
    return judge(evidence(*objects, **more), choice)  # type: ignore[arg-type]


def by_way_of_json(report: Report) -> View:
    """Return what a reader of the JSON of *report* knows."""
    return view_in(as_json.render(report, Look()).encode())


def changes(before: Report, after: Report) -> Changes:
    """Return the changes, which are the same whether the earlier report is at hand or as JSON."""
    first, second = (
        compared(after, view, "old").changes for view in (view_of(before), by_way_of_json(before))
    )
    assert first
    assert second
    assert first._replace(gone=(), unsure=()) == second._replace(gone=(), unsure=())
    for one, other in ((first.gone, second.gone), (first.unsure, second.unsure)):
        assert [past._replace(objects=()) for past in one] == [
            past._replace(objects=()) for past in other
        ]
    return first


def named(report: Report, ids: Collection[str]) -> set[str]:
    """Return the objects of the findings with these *ids*."""
    return {f"{one.object}" for one in report.findings if one.id in ids}


@pytest.mark.parametrize(
    ("before", "after", "new", "still", "gone"),
    [
        (HEALTHY_APP, HEALTHY_APP, set(), set(), set()),
        (HEALTHY_APP, BROKEN_APP, {APP}, set(), set()),
        (BROKEN_APP, BROKEN_APP, set(), {APP}, set()),
        (BROKEN_APP, BROKEN_BOTH, {OTHER}, {APP}, set()),
        (BROKEN_BOTH, BROKEN_APP, set(), {APP}, {OTHER}),
        (BROKEN_BOTH, HEALTHY_APP, set(), set(), {APP, OTHER}),
    ],
)
def test_new_still_and_gone(
    before: Iterable[Object],
    after: Iterable[Object],
    new: set[str],
    still: set[str],
    gone: set[str],
) -> None:
    """A fault is recognized by its id."""
    report = of(after)
    found = changes(of(before), report)
    assert (named(report, found.new), named(report, found.still)) == (new, still)
    assert {f"{one.object}" for one in found.gone} == gone
    assert (found.unseen, found.unsure) == ((), ())
    assert (found.source, found.taken_at) == ("old", NOW)


@pytest.mark.parametrize(
    ("choice", "more"),
    [
        (Choice(steps=["sources"]), {}),
        (Choice(skip=["reconcilers"]), {}),
        (Choice(skip=["build-failed"]), {}),
        (Choice(namespaces=["flux-system"]), {}),
        (ALL, {"unread": {KS: FORBIDDEN}}),
        (ALL, {"unreachable": Unread(Why.UNREACHABLE, "connection refused")}),
    ],
)
def test_what_was_not_looked_at_is_neither_new_nor_gone(choice: Choice, more: object) -> None:
    """A skipped step or code, another namespace, or a list that could not be read."""
    whole, part = of(BROKEN_APP), of(BROKEN_APP, choice, **more)  # type: ignore[arg-type]
    found = changes(part, whole)
    assert (found.new, named(whole, found.unseen)) == ((), {APP})
    found = changes(whole, part)
    assert (found.gone, [f"{one.object}" for one in found.unsure]) == ((), [APP])


@pytest.mark.parametrize("name", [GIT, "events", "deployments.apps/controllers"])
def test_what_shows_only_in_something_else(name: str) -> None:
    """A missing source shows in no Kustomization, and a fault may show only in events."""
    missing = (*HEALTHY, kustomization("app", "nope", NO_ARTIFACT))
    whole, part = of(missing), of(HEALTHY, unread={name: FORBIDDEN})
    found = changes(part, whole)
    assert (found.new, named(whole, found.unseen)) == ((), {APP})
    gone = changes(whole, part)
    assert (gone.gone, [f"{one.object}" for one in gone.unsure]) == ((), [APP])


VAGUE = (*HEALTHY, source("git"), kustomization("app", "git", NO_ARTIFACT))


def test_a_vaguer_code_of_the_same_object_is_not_new() -> None:
    """Who reads less may call the same fault by another code; a fault elsewhere is new."""
    before = of(BROKEN_APP)
    less = of((*VAGUE, source("other", NOT_THERE)), unread={"events": FORBIDDEN})
    found = changes(before, less)
    assert APP in named(less, found.unseen)
    assert named(less, found.new) == {OTHER}
    assert less.exit_code(("fail",)) is Exit.UNHEALTHY
    more = of((*VAGUE, source("other", NOT_THERE)))
    assert APP in named(more, changes(before, more).new)


def test_what_neither_has_read() -> None:
    """Where both have read the same, they can be compared."""
    before, after = (of(each, unread={"events": FORBIDDEN}) for each in (HEALTHY_APP, BROKEN_APP))
    assert named(after, changes(before, after).new) == {APP}


@pytest.mark.parametrize(
    ("choice", "more"),
    [
        (Choice(namespaces=["apps"]), {}),
        (Choice(skip=["suspended", "ui"]), {}),
        (ALL, {"unread": {RECEIVERS: FORBIDDEN}}),
    ],
)
def test_what_does_not_hide_a_fault(choice: Choice, more: object) -> None:
    """What the earlier report left out elsewhere does not make a fault an old one."""
    whole, part = of(BROKEN_APP), of(HEALTHY_APP, choice, **more)  # type: ignore[arg-type]
    assert named(whole, changes(part, whole).new) == {APP}


def test_a_warning_that_has_become_a_failure_is_new() -> None:
    """A suspended object that blocks nothing is a warning; then it blocks another one."""
    suspended = (*HEALTHY, source("git"), flux("Kustomization", "app", spec={"suspend": True}))
    before = of(suspended)
    (warning,) = (one for one in before.faults if one.code == "suspended")
    failing = [replace(one, level=Level.FAIL) if one is warning else one for one in before.findings]
    worse = before._replace(findings=tuple(failing))
    assert changes(before, worse).new == (warning.id,)
    assert changes(worse, before).still == (warning.id,)


def test_a_fault_that_was_accepted_is_not_new() -> None:
    """When its entry has expired, it is the same fault; and an accepted one is not gone."""
    entry = Entry(1, "x", date(2999, 1, 1), code="build-failed")
    accepted = of(BROKEN_APP, Choice(accept=AcceptList("a", (entry,))))
    plain = of(BROKEN_APP)
    assert accepted.accepted
    assert named(plain, changes(accepted, plain).still) == {APP}
    found = changes(plain, accepted)
    assert (found.new, found.still, found.gone, found.unsure) == ((), (), (), ())


def test_new_findings_are_marked() -> None:
    """The text shows them first, and says that they are new."""
    report = compared(of(BROKEN_BOTH), view_of(of(BROKEN_APP)), "old")
    assert [f"{one.object}" for one in report.findings if one.new] == [OTHER]


KNOWN = of((*HEALTHY, source("git", NOT_THERE), kustomization("app", "git", NO_ARTIFACT)))
WARNED = of((*HEALTHY, flux("Kustomization", "app", spec={"suspend": True})))
NARROW = Choice(namespaces=["flux-system"])


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (KNOWN, KNOWN, {"": 1, "new": 0, "fail,new": 1, "warn,new": 1, "new,progressing": 0}),
        (KNOWN, WARNED, {"": 0, "new": 1, "fail,new": 1, "warn,new": 1, "fail": 0}),
        (WARNED, WARNED, {"": 0, "new": 0, "fail,new": 0, "warn,new": 1, "warn": 1}),
        (of(HEALTHY), KNOWN, {"": 1, "new": 1, "fail,new": 1}),
        (of(HEALTHY_APP, NARROW), of(BROKEN_APP), {"": 1, "new": 3, "fail,new": 1}),
        (of(HEALTHY_APP, NARROW), WARNED, {"": 0, "new": 0, "warn,new": 1}),
        (KNOWN, of(HEALTHY), {"": 0, "new": 0, "fail,new": 0, "warn,new": 0}),
        (KNOWN, of(HEALTHY, unread={KS: FORBIDDEN}), {"": 3, "new": 3, "fail,new": 3}),
    ],
)
def test_exit_codes(before: Report, after: Report, codes: dict[str, int]) -> None:
    """`new` alone ignores what is known; whether an unseen failure is new is unknown."""
    report = compared(after, view_of(before), "old")
    for words, code in codes.items():
        assert report.exit_code(words.split(",") if words else ()) == code, words


def test_waiting_ends_where_only_known_faults_are_left() -> None:
    """What waits for a known fault does not keep --wait from ending, if only new ones count."""
    report = compared(KNOWN, view_of(KNOWN), "old")
    assert report.waiting
    assert wait.exit_code(report, ["new"]) is Exit.HEALTHY
    assert wait.exit_code(report, ["fail", "new"]) is Exit.UNHEALTHY
    moving = Finding("sources", "reconciling", Level.WAIT, "GitRepository apps/new")
    moved = report._replace(findings=(*report.findings, moving))
    assert wait.exit_code(moved, ["new"]) is Exit.UNHEALTHY


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("[]", "is not a report"),
        ("{", "is not a report or is damaged"),
        ("\xff", "is not a report or is damaged"),
        ('{"schemaVersion": 1, "steps": [], "findings": []}', "schemaVersion 2"),
        ('{"schemaVersion": 2, "steps": []}', "schemaVersion 2"),
        ('{"schemaVersion": 2, "steps": [], "findings": []}', "takenAt is not a time"),
        (
            '{"schemaVersion": 2, "takenAt": "2026-11-23T12:00Z", "steps": [], "findings": [{}]}',
            "is damaged",
        ),
        ('{"schemaVersion": 2, "x": ' + "[" * 200 + "]" * 200 + "}", "is not a report"),
        ('{"x": ' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_report(document: str, message: str) -> None:
    """What else a file may be is refused with the reason."""
    with pytest.raises(ValueError, match=message):
        view_in(document.encode("latin-1"))


def test_another_cluster() -> None:
    """It is said if both the context and the server are others: that of one may be renamed."""
    here = of(BROKEN_APP, target=Target(context="prod", server="https://prod:6443"))
    there = of(BROKEN_APP, target=Target(context="stage", server="https://stage:6443"))
    renamed = of(BROKEN_APP, target=Target(context="admin@prod", server="https://prod:6443"))
    assert [changes(one, here).cluster for one in (there, renamed, here)] == ["stage", "", ""]


def test_titles_in_a_file_are_masked() -> None:
    """The file need not be of this program."""
    document = json.loads(as_json.render(of(BROKEN_APP), Look()))
    for one in document["findings"]:
        one["title"] = "https://user:hunter2@git.example.com refuses"
    [fault] = view_in(json.dumps(document).encode()).faults
    assert "hunter2" not in fault.title


def test_a_report_of_an_older_release_is_read() -> None:
    """It has no keys that were added since."""
    document = json.loads(as_json.render(of(BROKEN_APP), Look()))
    for name in ("acceptance", "changes", "target"):
        del document[name]
    del document["scope"]["skipped"]
    report = of(BROKEN_APP)
    found = compared(report, view_in(json.dumps(document).encode()), "old").changes
    assert found
    assert named(report, found.still) == {APP}
