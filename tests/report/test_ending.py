"""The end of a text report: accepted faults, and what is new and gone."""

from dataclasses import replace
from datetime import date, timedelta

from fluxstatus.model.findings import Acceptance, Accepted, Changes, Level, Past, Report, StepResult
from fluxstatus.report import Look
from fluxstatus.report.as_text import render
from tests.report.reports import NOW, REJECTED, SAMPLE, failed, passed, report

UNTIL = date(2026, 12, 4)
BRIEF, ALL = Look(brief=True), Look(everything=True)


def accepting(*accepted: Accepted, notes: tuple[str, ...] = ()) -> Report:
    """Return a report in which all but one pass is accepted."""
    acceptance = Acceptance("known.toml", accepted, notes)
    return report(passed("sources", "1 of 2 is healthy"))._replace(acceptance=acceptance)


ACCEPTED = """
context prod-eu · Kubernetes v1.35.2 · Flux v2.9.4 · operator v0.59.0

 pass    sources      1 of 2 is healthy
 accept  sources      GitRepository team-a/app: the password in Secret
                      team-a/app-auth is rejected [source-auth], blocks 49
                      objects
           until      2026-12-04: the Git server moves
 note  known.toml, entry 2 (suspended): accepted only until 2026-11-01

1 pass · 1 accepted
""".lstrip("\n")


def test_what_is_accepted_is_shown_as_such() -> None:
    """It is at the end, with its reason and its last day, and it is counted."""
    one = Accepted(REJECTED, "the Git server moves", UNTIL)
    note = "known.toml, entry 2 (suspended): accepted only until 2026-11-01"
    assert render(accepting(one, notes=(note,)), Look()) == ACCEPTED


def test_a_step_counts_what_is_accepted_in_it() -> None:
    """If it has nothing else to say, its line is not only its title."""
    shown = accepting(Accepted(REJECTED, "x", UNTIL))
    step = StepResult("sources", "Sources", Level.SKIP)
    alone = render(shown._replace(findings=(), steps=(step,)), Look())
    assert " skip    sources      1 accepted\n" in alone


def test_only_the_first_accepted_faults_are_shown() -> None:
    """The others are counted; --all shows all."""
    shown = accepting(*(Accepted(failed(number), "x", UNTIL) for number in range(8)))
    for look in (Look(), BRIEF):
        text = render(shown, look)
        assert text.count("until      2026-12-04: x") == 5
        assert "3 more: --all shows them" in text
        assert "8 accepted" in text
    assert render(shown, ALL).count("until      2026-12-04: x") == 8


def test_a_reason_cannot_pose_as_a_line_of_the_report() -> None:
    """It is escaped and wrapped like every other text."""
    reason = "x\x1b[2J\n fail  cluster  all is lost"
    text = render(accepting(Accepted(failed(1), reason, UNTIL), notes=(reason,)), Look())
    assert "\x1b" not in text
    assert not any(line.startswith(" fail") for line in text.splitlines())


OLD, NEW, WARNED = failed(1), replace(failed(2), new=True), failed(3, level=Level.WARN)
GONE, UNSURE = Past.of(failed(4)), Past.of(failed(5))


def changed(**more: tuple[object, ...]) -> Report:
    """Return a report with changes since an earlier one."""
    changes = Changes("old.json", NOW - timedelta(hours=3), **more)  # type: ignore[arg-type]
    return report(OLD, NEW, replace(WARNED, new=True))._replace(changes=changes)


def test_what_is_new_comes_first() -> None:
    """Whatever its level is, and it is marked."""
    shown = changed(new=(NEW.id, WARNED.id), still=(OLD.id,), gone=(GONE,), unsure=(UNSURE,))
    text = render(shown, Look())
    titles = [line.split("GitRepository ")[1] for line in text.splitlines() if "[broken]" in line]
    assert titles[0] == "team/broken-2 is broken [broken]"
    assert titles[1:3] == ["team/broken-3 is broken [broken]", "team/broken-1 is broken [broken]"]
    assert text.count("new: GitRepository") == 2
    assert render(shown, BRIEF).count("new: GitRepository") == 2


def test_what_is_gone_is_listed() -> None:
    """So is what may be gone; all are counted."""
    lines = render(changed(new=(NEW.id,), gone=(GONE,), unsure=(UNSURE,)), Look()).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("since "))
    assert lines[at:] == [
        "since 2026-11-23 01:12 UTC (old.json): 1 new, 1 gone, 1 may be gone: this check",
        "did not look for it",
        " gone  GitRepository team/broken-4 is broken [broken]",
        " maybe gone  GitRepository team/broken-5 is broken [broken]",
    ]


def test_another_cluster_is_said() -> None:
    """The same faults in two clusters have the same ids."""
    shown = SAMPLE._replace(changes=Changes("old.json", NOW, cluster="stage"))
    assert "(old.json, from another context and server: stage): no" in " ".join(
        render(shown, Look()).split()
    )


def test_no_change_is_said() -> None:
    """A report without faults, like the one before."""
    shown = SAMPLE._replace(changes=Changes("old.json", NOW))
    assert "(old.json): no faults before or now" in render(shown, Look())
