"""`--wait`: when it continues, when it ends, and its status line."""

import os
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from fluxstatus.commands.wait import until_healthy as wait
from fluxstatus.model.evidence import Evidence, Unread, Why
from fluxstatus.model.findings import Exit, Finding, Level, Report, Verdict
from tests.report.reports import NOW, failed, kustomizations, passed, report
from tests.terminal import Terminal

WELL = report(passed("sources", "all are well"))
BROKEN = report(failed(1), failed(2))
ON_ITS_WAY = report(
    Finding("sources", "reconciling", Level.WAIT, "GitRepository team/app"), *WELL.findings
)
WAITS = report(
    Finding("reconcilers", "waiting", Level.WAIT, "0 of 1 ready, 1 waiting for GitRepository a/b"),
    *WELL.findings,
)
WARNED = report(failed(1, level=Level.WARN))
UNKNOWN = report(failed(1, level=Level.UNKNOWN))
STALLED = report(replace(failed(1), final=True))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "PAUSE", 0.01)


class Looks:
    """A cluster with a new state at each read; the last one stays."""

    def __init__(self, *reports: Report, unread: Unread | None = None) -> None:
        self._reports = reports
        self._evidence = Evidence(NOW, unreachable=unread)
        self.taken = 0

    def read(self) -> Evidence:
        """Return the next state."""
        self.taken += 1
        return self._evidence

    def assess(self, evidence: Evidence) -> Report:
        """Return the report on the current state."""
        assert evidence is self._evidence
        return self._reports[min(self.taken, len(self._reports)) - 1]

    def wait(
        self, seconds: float = 30, fail_on: Collection[Verdict] = (), *, fail_fast: bool = False
    ) -> Report:
        """Wait for this cluster."""
        return wait.wait(self.read, self.assess, seconds, fail_on, fail_fast=fail_fast)


def test_advice_is_not_waited_for() -> None:
    """Advice is not waited for, not even with --fail-on warn."""
    advised = report(replace(failed(1, level=Level.WARN), category="habit"), *WELL.findings)
    looks = Looks(advised)
    assert looks.wait(fail_on=[Verdict.WARN]) is advised
    assert looks.taken == 1


@pytest.mark.parametrize("before", [BROKEN, UNKNOWN, ON_ITS_WAY, WAITS, report()])
def test_until_all_is_well(before: Report) -> None:
    """Failing, unknown, reconciling, waiting and unread objects are waited for."""
    looks = Looks(before, before, WELL)
    assert looks.wait() is WELL
    assert looks.taken == 3


def test_warnings_are_waited_for_on_request() -> None:
    """A warning is waited for only with --fail-on warn."""
    assert Looks(WARNED, WELL).wait() is WARNED
    assert Looks(WARNED, WELL).wait(fail_on=[Verdict.WARN]) is WELL


def test_until_the_time_is_over() -> None:
    """When the time is up the last report is the result."""
    looks = Looks(BROKEN)
    assert looks.wait(seconds=0.1) is BROKEN
    assert 1 < looks.taken < 20


def test_fail_fast_does_not_wait_for_what_is_stalled() -> None:
    """With --fail-fast only a finding that cannot resolve on its own ends the wait."""
    assert Looks(BROKEN, STALLED, WELL).wait(fail_fast=True) is STALLED
    assert Looks(BROKEN, STALLED, WELL).wait() is WELL


@pytest.mark.parametrize("why", [Why.NO_PROGRAM, Why.NO_CONFIG])
def test_what_cannot_begin_is_not_waited_for(why: Why) -> None:
    """`wait` ends at once without kubectl or a kubeconfig."""
    assert Looks(BROKEN, WELL, unread=Unread(why, "there is none")).wait() is BROKEN


def test_lost_cluster_is_waited_for() -> None:
    """A cluster that cannot be reached may come back."""
    assert Looks(BROKEN, WELL, unread=Unread(Why.UNREACHABLE, "refused")).wait() is WELL


def test_one_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal a reason is printed once, and again when it changes."""
    Looks(BROKEN, BROKEN, UNKNOWN, UNKNOWN, WELL).wait()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "2026-11-23T04:12:00Z fail sources: GitRepository team/broken-1 is broken (and 1 more)",
        "2026-11-23T04:12:00Z unknown sources: GitRepository team/broken-1 is broken",
    ]


def test_the_worst_is_named_first(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure before what --fail-on names, and both before what is unknown."""
    mixed = report(failed(1, level=Level.UNKNOWN), failed(2, level=Level.WARN), failed(3))
    milder = report(failed(1, level=Level.UNKNOWN), failed(2, level=Level.WARN))
    Looks(mixed, milder, WELL).wait(fail_on=[Verdict.WARN])
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("fail sources: GitRepository team/broken-3 is broken (and 2 more)")
    assert second.endswith("warn sources: GitRepository team/broken-2 is broken (and 1 more)")


def test_what_blocks_most_is_named_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Of several failures, the one that most objects wait for is named, as in the report."""
    Looks(report(failed(1), replace(failed(2), blocks=kustomizations(3))), WELL).wait()
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("GitRepository team/broken-2 is broken (and 1 more)")


@pytest.mark.cluster
def test_on_a_terminal(kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows the reason and the remaining time, and at the end only the report."""
    monkeypatch.setenv("PATH", f"{kubectl.parent}:{os.environ['PATH']}")
    with Terminal([sys.executable, "-m", "fluxstatus", "--wait", "4s"]) as terminal:
        terminal.wait_for(" s left: fail cluster: ")
        assert terminal.end() == Exit.NO_VERDICT
        live, report = terminal.text.rsplit("\r\x1b[K", 1)
        assert "\n" not in live
        assert "fail\x1b[0m  cluster" in report


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (WELL, Exit.HEALTHY),
        (BROKEN, Exit.UNHEALTHY),
        (ON_ITS_WAY, Exit.UNHEALTHY),
        (WAITS, Exit.UNHEALTHY),
        (UNKNOWN, Exit.NO_VERDICT),
        (report(*UNKNOWN.findings, *WAITS.findings), Exit.NO_VERDICT),
        (report(*BROKEN.findings, *WAITS.findings), Exit.UNHEALTHY),
    ],
)
def test_exit_code(last: Report, code: Exit) -> None:
    """After waiting, an object that is still reconciling or waits is exit code 1."""
    assert wait.exit_code(last, []) is code
