"""Accepted faults: what of a report they change, and what they never change."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from fluxstatus.checks.acceptance import without_accepted
from fluxstatus.checks.run import Choice
from fluxstatus.model.accept_list import AcceptList, Entry
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.findings import (
    Acceptance,
    Accepted,
    Exit,
    Finding,
    Level,
    Report,
    Verdict,
)
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from tests.builders import (
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
    waiting_for,
)

TODAY = NOW.date()
KEY = ("Kustomization", "apps", "a")
LATER = date(2999, 12, 31)
YESTERDAY = date(2026, 11, 22)
DOWN = (*HEALTHY, source("git", NOT_THERE), kustomization("app", "git", NO_ARTIFACT))
"""A source that is not there, and what waits for it."""


def entries(*patterns: str, until: date = LATER) -> AcceptList:
    """Return a list with an entry for each of *patterns*, which is an object or a code."""
    made = []
    for number, one in enumerate(patterns, 1):
        entry = Entry(number, f"reason {number}", until)
        made.append(entry._replace(object=one) if "/" in one else entry._replace(code=one))
    return AcceptList("a.toml", tuple(made))


def accepted(accept: AcceptList, objects: Iterable[Object] = DOWN, **more: object) -> Report:
    """Return the report on *objects* for which *accept* counts."""
    return judge(evidence(*objects, **more), Choice(accept=accept))  # type: ignore[arg-type]


def notes(report: Report) -> str:
    """Return all that is said of the entries."""
    return "\n".join(report.acceptance.notes) if report.acceptance else ""


def test_what_an_accepted_cause_blocks_is_accepted_with_it() -> None:
    """Neither the source nor what waits for it is left, and the verdict is that of the rest."""
    plain = judge(evidence(*DOWN))
    assert (plain.verdict, plain.exit_code(), plain.blocked) == (Verdict.FAIL, Exit.UNHEALTHY, 1)
    assert plain.waiting
    report = accepted(entries("GitRepository/apps/git"))
    assert (report.verdict, report.exit_code(), report.blocked) == (Verdict.PASS, Exit.HEALTHY, 0)
    assert report.waiting == ()
    assert report.exit_code(["warn", "progressing"]) is Exit.HEALTHY
    (one,) = report.accepted
    assert (f"{one.finding.object}", one.reason) == ("GitRepository apps/git", "reason 1")
    assert one.finding.level is Level.FAIL
    assert len(one.finding.blocks) == 1
    assert notes(report) == ""


def test_the_rest_of_the_report_stays() -> None:
    """But for what is accepted, and for the levels of steps, nothing changes."""
    plain, report = judge(evidence(*DOWN)), accepted(entries("GitRepository/apps/git"))
    left = {one.id for one in plain.findings} - {one.id for one in report.findings}
    assert left == {report.accepted[0].finding.id}
    levels = {step.id: step.level for step in report.steps}
    assert Level.FAIL not in levels.values()
    assert Level.WAIT not in levels.values()
    assert report.next is None


def test_a_second_cause_still_blocks() -> None:
    """What waits for an accepted fault and for another one waits."""
    both = (
        *HEALTHY,
        source("git", NOT_THERE),
        source("other", NOT_THERE),
        kustomization("base", "other", NO_ARTIFACT),
        kustomization("app", "git", waiting_for("base"), after=["base"]),
    )
    report = accepted(entries("GitRepository/apps/git"), both)
    assert (report.verdict, len(report.accepted)) == (Verdict.FAIL, 1)
    assert report.blocked == 2
    assert report.waiting


@pytest.mark.parametrize(
    ("patterns", "is_accepted"),
    [
        (["GitRepository/apps/*"], True),
        (["git-*"], True),
        (["source-auth"], False),
        (["GitRepository/team/*"], False),
        (["Kustomization/apps/app"], False),
    ],
)
def test_only_the_cause_is_matched(patterns: list[str], is_accepted: bool) -> None:
    """What is blocked has no fault of its own that could be accepted."""
    report = accepted(entries(*patterns))
    assert bool(report.accepted) is is_accepted
    assert (report.exit_code() is Exit.HEALTHY) is is_accepted
    assert ("matches no fault here" in notes(report)) is not is_accepted


def shared(*names: str) -> list[Object]:
    """Return sources that fail because of one host, so that they are one finding."""
    refused = {
        "Ready": "False GitOperationFailed: failed to checkout and determine revision: unable to "
        "clone 'https://git.example.com/a.git': Get \"https://git.example.com/a.git/info/refs"
        '?service=git-upload-pack": dial tcp 10.0.0.9:443: connect: connection refused'
    }
    spec = {"url": "https://git.example.com/a.git"}
    return [*HEALTHY, *(source(name, refused, spec=spec) for name in names)]


def test_all_objects_of_a_fault_have_to_be_accepted() -> None:
    """One more object that fails for the same reason is news."""
    three = shared("a", "b", "c")
    (fault,) = (one for one in judge(evidence(*three)).faults if one.level is Level.FAIL)
    assert len(fault.objects) == 3
    two = entries("GitRepository/apps/a", "GitRepository/apps/b")
    report = accepted(two, three)
    assert (report.accepted, report.exit_code()) == ((), Exit.UNHEALTHY)
    assert notes(report) == ""  # both match something
    (one,) = accepted(entries("GitRepository/apps/[ab]", "GitRepository/apps/c"), three).accepted
    assert one.reason == "reason 1; reason 2"
    assert accepted(entries("GitRepository/apps/*"), three).exit_code() is Exit.HEALTHY


@pytest.mark.parametrize(
    ("until", "is_accepted"), [(LATER, True), (TODAY, True), (YESTERDAY, False)]
)
def test_until_is_the_last_day(until: date, is_accepted: bool) -> None:
    """After it, by the time of the report, an entry counts as absent, and that is said."""
    report = accepted(entries("git-*", until=until))
    assert (report.exit_code() is Exit.HEALTHY) is is_accepted
    said = (
        "entry 1 (git-*): accepted only until 2026-11-22; faults that it matches are no longer "
        "accepted"
    )
    assert (said in notes(report)) is not is_accepted


def test_an_expired_entry_that_matches_nothing_is_said_too() -> None:
    """It can be removed."""
    report = accepted(entries("HelmRelease/a/b", until=YESTERDAY), HEALTHY)
    assert "accepted only until 2026-11-22; it matches no fault here" in notes(report)
    assert report.exit_code() is Exit.HEALTHY


def test_an_entry_for_another_cluster_is_no_news() -> None:
    """One file serves many clusters: an entry for others neither accepts nor is it noted."""
    of_stage = Entry(1, "x", LATER, code="*", contexts=("stage",))
    of_prod = of_stage._replace(contexts=("pr*",))
    report = accepted(AcceptList("", (of_stage,)))
    assert (report.accepted, notes(report)) == ((), "")
    assert accepted(AcceptList("", (of_prod,))).exit_code() is Exit.HEALTHY


def test_warnings_can_be_accepted() -> None:
    """With --fail-on warn they would fail the gate."""
    suspended = (*HEALTHY, flux("Kustomization", "app", spec={"suspend": True}))
    assert judge(evidence(*suspended)).exit_code(["warn"]) is Exit.UNHEALTHY
    report = accepted(entries("suspended"), suspended)
    assert report.exit_code(["warn"]) is Exit.HEALTHY
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize("name", [KINDS["GitRepository"].resource, "events"])
def test_what_was_not_read_cannot_be_accepted(name: str) -> None:
    """Nobody knows what is behind it, whatever the entries match."""
    report = accepted(entries("*", "*/*/*"), HEALTHY, unread={name: FORBIDDEN})
    assert (report.verdict, report.exit_code()) == (Verdict.UNKNOWN, Exit.NO_VERDICT)
    assert report.accepted == ()


def test_an_unreachable_cluster_cannot_be_accepted() -> None:
    """There is no verdict on it."""
    gone = Unread(Why.UNREACHABLE, "connection refused")
    report = accepted(entries("*", "*/*"), (), unreachable=gone)
    assert (report.exit_code(), report.acceptance) == (Exit.NO_VERDICT, None)


def test_advice_is_accepted_by_its_code_only() -> None:
    """An entry for all that is wrong with an object, or with all of them, leaves the advice."""
    report = accepted(entries("*"), HEALTHY)
    assert report.advice == judge(evidence(*HEALTHY)).advice
    of_object = accepted(entries("Kustomization/apps/a"), [*HEALTHY, *unpruned("a")])
    assert "no-prune" in {one.code for one in of_object.advice}
    assert "matches no fault here" in notes(of_object)


def test_a_list_that_could_not_be_read_accepts_nothing() -> None:
    """That is said, and what fails counts."""
    report = accepted(AcceptList("ConfigMap a/b", unread="you are not allowed to"))
    assert report.exit_code() is Exit.UNHEALTHY
    assert notes(report) == "ConfigMap a/b: you are not allowed to; no fault is accepted"
    healthy = accepted(AcceptList("ConfigMap a/b", unread="no"), HEALTHY)
    assert healthy.exit_code() is Exit.HEALTHY


def test_nothing_but_accepted_faults_is_a_pass() -> None:
    """A step whose only finding is accepted does not leave the gate without a verdict."""
    choice = Choice(steps=["sources"], accept=entries("GitRepository/apps/git"))
    report = judge(evidence(source("git", NOT_THERE)), choice)
    assert [step.level for step in report.steps] == [Level.SKIP]
    assert (report.verdict, report.exit_code()) == (Verdict.PASS, Exit.HEALTHY)


def unpruned(*names: str) -> list[Object]:
    """Return healthy Kustomizations that get the advice no-prune."""
    return [source("git"), *(kustomization(one, "git", spec={"prune": False}) for one in names)]


def test_advice_is_accepted_by_object() -> None:
    """One object of advice can be accepted alone; the advice is about the others then."""
    entry = Entry(1, "kept on purpose", LATER, "Kustomization/apps/a", "no-prune")
    objects = [*HEALTHY, *unpruned("a", "b", "c")]
    report = accepted(AcceptList("a.toml", (entry,)), objects)
    [left] = [one for one in report.advice if one.code == "no-prune"]
    assert (left.count, [ref.name for ref in left.objects]) == (2, ["b", "c"])
    [one] = [one for one in report.accepted if one.finding.code == "no-prune"]
    assert [ref.name for ref in one.finding.objects] == ["a"]
    assert notes(report) == ""


def test_advice_is_accepted_as_a_whole() -> None:
    """An entry with its code accepts it for all objects, and changes nothing else."""
    objects = [*HEALTHY, *unpruned("a", "b")]
    plain, report = judge(evidence(*objects)), accepted(entries("no-prune"), objects)
    assert {one.code for one in plain.advice} - {one.code for one in report.advice} == {"no-prune"}
    assert [one.finding.count for one in report.accepted] == [2]
    assert report.verdict is plain.verdict
    expired = accepted(entries("no-prune", until=YESTERDAY), objects)
    assert "no-prune" in {one.code for one in expired.advice}
    assert "no longer accepted" in notes(expired)


def test_accepted_advice_is_no_pass() -> None:
    """Where nothing could be judged, accepted advice does not make the report a pass."""
    advice = replace(judge(evidence(*HEALTHY)).advice[0], title="made up")
    one = Acceptance("a.toml", (Accepted(advice, "a reason", LATER),))
    report = judge(evidence())._replace(findings=(), acceptance=one)
    assert report.verdict is Verdict.UNKNOWN


def test_what_waits_for_an_object_with_accepted_advice_still_waits() -> None:
    """Accepted advice about an object says nothing about what waits for that object."""
    waits = Finding("reconcilers", "waits", Level.WAIT, "it waits", waits_for=(Ref("", *KEY),))
    about = Finding("reconcilers", "no-prune", Level.WARN, "", others=(Ref("", *KEY),))
    for category, level in (("habit", Level.WAIT), ("fault", Level.SKIP)):
        one = Accepted(replace(about, category=category), "a reason", LATER)  # type: ignore[arg-type]
        assert without_accepted([waits], Acceptance("a.toml", (one,)))[0].level is level
