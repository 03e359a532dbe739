"""Score the causes found for reported faults: python -m tests.reports.score [CASE...].

Each case is a snapshot with the texts of a public report (`source`; names are replaced) or of a
controller's source, and the expectation that somebody wrote who had not seen what the product
says: the true cause (`truth`), what an answer must say (`cause`, `advice`: one expression of each
group must match) and must not say (`wrong`), and what must be merged (`folded`, `most`). Only our
own words count, not the controller's message: to repeat it is no diagnosis.

right     the object comes first, its cause and advice are given, and no claim is wrong
generic   the object comes first, but its cause or the advice is not given
wrong     a claim is wrong, or something else comes first
missed    nothing fails, or the object is not named
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Finding, Level
from tests.builders import judge

CASES = Path(__file__).parent / "cases"
VERDICTS = ("right", "generic", "wrong", "missed")
_RANK = {"unknown": 0, "warn": 1, "fail": 2}
_NOT_THE_FAULT = frozenset({"clock-skew"})  # a snapshot is older than the clock
_REQUEST = " reconcile.fluxcd.io/requestedAt="
Key: TypeAlias = tuple[str, str, str]
Groups: TypeAlias = list[list[str]]


class Score(NamedTuple):
    """The verdict on a case, and why it is not right."""

    verdict: str
    why: str = ""


class Case:
    """A reported fault."""

    def __init__(self, folder: Path) -> None:
        """Read the expectation in *folder*."""
        self.name = folder.name
        self._snapshot = folder / "snapshot.json.gz"
        self.expected: dict[str, Any] = json.loads((folder / "expect.json").read_text())
        self.objects: list[Key] = [(k, ns, name) for k, ns, name in self.expected["object"]]

    @cached_property
    def findings(self) -> list[Finding]:
        """The findings of the snapshot, without passes and advice."""
        return [
            finding
            for finding in judge(snapshot.load(self._snapshot)).findings
            if finding.category == "fault"
            and finding.level in _RANK
            and finding.code not in _NOT_THE_FAULT
        ]

    def score(self) -> Score:
        """Return the verdict."""
        if not self.objects:
            return self._score_of_healthy()
        return self._misled() or self._lacking() or Score("right")

    def wrong_certainty(self) -> str:
        """Return what is wrong in a finding that claims to be certain, or nothing.

        Those are the first failure, which must be about the object, and the first finding about
        the object, which must say nothing wrong. A request to reconcile changes nothing, so its
        command is no claim.
        """
        failing, ours = self._failing()[:1], self._ours()[:1]
        for finding in failing:
            if finding.certainty == "certain" and key_of(finding) not in self.objects:
                return f"first is {key_of(finding)}: {finding.code}"
        for finding in ours:
            result = text_of(finding, requests=False) if finding.certainty == "certain" else ""
            if found := [p for p in self.expected.get("wrong", []) if says(p, result)]:
                return f"says {found[0]}"
        return ""

    def _ours(self) -> list[Finding]:
        """Return the findings about the object at its level or worse."""
        least = _RANK[self.expected.get("level", "fail")]
        return [f for f in self.findings if key_of(f) in self.objects and _RANK[f.level] >= least]

    def _failing(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level is Level.FAIL]

    def _misled(self) -> Score | None:
        """Return the verdict on something wrong or missed, None if there is nothing."""
        everything = "\n".join(text_of(f) for f in self.findings if f.level is not Level.UNKNOWN)
        failing = [key_of(finding) for finding in self._failing()]
        folded = {(k, ns, name) for k, ns, name in self.expected.get("folded", [])}
        reasons = (
            *(f"says {p}" for p in self.expected.get("wrong", []) if says(p, everything)),
            *(f"first is {key}" for key in failing[:1] if key not in self.objects),
        )
        if reasons:
            return Score("wrong", reasons[0])
        if not self._ours():
            return Score("missed", "the object is not named")
        loose = [key for key in failing if key in folded and key not in self.objects]
        return Score("wrong", f"not merged: {loose[0]}") if loose else None

    def _lacking(self) -> Score | None:
        """Return the verdict on a cause or advice that is not given, None if nothing lacks."""
        count = len(self._failing())
        if count > self.expected.get("most", count):
            return Score("generic", f"{count} findings for one cause")
        for part in ("cause", "advice"):
            text = "\n".join(text_of(f, hints_only=part == "advice") for f in self._ours())
            if lacking := _lacking(self.expected.get(part, []), text):
                return Score("generic", f"no {part} like {lacking[0]}")
        return None

    def _score_of_healthy(self) -> Score:
        """Return the verdict on a state in which nothing may fail."""
        allowed = self.expected.get("allowed", [])
        for finding in self.findings:
            mild = finding.level is Level.UNKNOWN or (
                finding.level is Level.WARN and any(re.search(a, finding.code) for a in allowed)
            )
            if not mild:
                return Score("wrong", f"accuses {key_of(finding)}: {finding.code}")
        return Score("right")


def cases() -> Iterator[Case]:
    """Yield all cases by name."""
    for folder in sorted(CASES.iterdir()):
        yield Case(folder)


def key_of(finding: Finding) -> Key | None:
    """Return the key of the object of *finding*, None without one."""
    return finding.object.key if finding.object else None


def text_of(finding: Finding, *, hints_only: bool = False, requests: bool = True) -> str:
    """Return our own text in *finding*, without the controller's message.

    Commands that only request a reconciliation are left out without *requests*.
    """
    result = [] if hints_only else [finding.title, finding.why]
    lines = ((h.text, [" ".join(c.argv) for c in h.commands]) for h in finding.hints)
    hints = (
        " ".join([text, *(line for line in commands if requests or _REQUEST not in line)])
        for text, commands in lines
    )
    return "\n".join((*result, *hints))


def says(pattern: str, text: str) -> bool:
    """Return whether *pattern* is somewhere in *text*."""
    return re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _lacking(groups: Groups, text: str) -> Groups:
    """Return the groups of which no expression matches *text*."""
    return [group for group in groups if not any(says(pattern, text) for pattern in group)]


def table(scores: Iterable[tuple[Case, Score]]) -> Iterator[str]:
    """Yield a line for each family, and one for all; disputed cases are not counted."""
    families: dict[str, Counter[str]] = {}
    for case, score in scores:
        if "doubt" not in case.expected:
            families.setdefault(case.expected["kind"], Counter())[score.verdict] += 1
    for family, counted in [*sorted(families.items()), ("all", sum(families.values(), Counter()))]:
        yield f"{family:24}" + "".join(f"{counted[v]:4} {v}" for v in VERDICTS)


def main(wanted: list[str]) -> None:
    """Print the score of the *wanted* cases, of all without any."""
    scored = [(case, case.score()) for case in cases() if not wanted or case.name in wanted]
    lines = (
        f"{score.verdict:8} {case.name:36} {score.why[:120]}"
        for case, score in scored
        if score.verdict != "right"
    )
    sys.stdout.writelines(f"{line}\n" for line in (*lines, *table(scored)))


if __name__ == "__main__":
    main(sys.argv[1:])
