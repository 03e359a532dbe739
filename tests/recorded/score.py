"""Score reports against the truth: python -m tests.recorded.score.

named    every root cause is the object of a finding at its severity
first    the first fail about the fault's namespaces is a root cause
folded   nothing that is only dragged down has a fail of its own
clean    nothing healthy has a warning or a fail of its own (advice excepted)
advice   our own words, without the controller's message, have every keyword of an expert's answer
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from fluxstatus.model import snapshot
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from tests.builders import judge

HERE = Path(__file__).parent
MEASURES = ("named", "first", "folded", "clean", "advice")
Key: TypeAlias = tuple[str, str, str]
Truth: TypeAlias = dict[str, Any]


@dataclass
class Score:
    """How often each measure held of how many times it was asked, and what fell short."""

    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    asked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    short: list[str] = field(default_factory=list)

    def note(self, measure: str, held: bool, otherwise: str) -> None:
        """Count one question of *measure*."""
        self.asked[measure] += 1
        self.held[measure] += held
        if not held:
            self.short.append(f"{measure}: {otherwise}")

    def add(self, other: "Score") -> None:
        """Count what *other* has counted."""
        for measure in MEASURES:
            self.held[measure] += other.held[measure]
            self.asked[measure] += other.asked[measure]

    def cells(self) -> Iterator[str]:
        """Yield each measure as "held/asked", empty when it was not asked."""
        for measure in MEASURES:
            asked = self.asked[measure]
            yield f"{self.held[measure]}/{asked}" if asked else ""


def report_of(file: Path) -> dict[str, Any]:
    """Return the JSON report on the snapshot *file*."""
    report: dict[str, Any] = json.loads(as_json.render(judge(snapshot.load(file)), Look()))
    return report


def truths(level: str) -> Iterator[Truth]:
    """Yield the truths of *level*: "namespace" (all of them in the zoo) or "cluster"."""
    for file in sorted((HERE / "truths").glob("*/truth.json")):
        truth = json.loads(file.read_text())
        if truth["level"] == level:
            yield truth


def all_scores() -> Iterator[tuple[str, Score]]:
    """Score every recorded state: its name and how the report on it did."""
    zoo = report_of(HERE / "zoo.json.gz")["findings"]
    for truth in truths("namespace"):
        yield truth["scenario"], score(truth, zoo)
    for truth in truths("cluster"):
        findings = report_of(HERE / f"{truth['scenario']}.json.gz")["findings"]
        yield truth["scenario"], score(truth, findings)


def score(truth: Truth, findings: list[dict[str, Any]]) -> Score:
    """Score the *findings* of one report against one truth."""
    outcome = [f for f in findings if f["level"] in ("fail", "warn", "unknown")]
    near = [f for f in outcome if _is_near(f, truth.get("namespaces"))]
    result, alike = Score(), _alike(truth)
    for root in truth["root_causes"]:
        _score_root(result, root, truth, outcome, alike)
    if any(root["severity"] == "fail" for root in truth["root_causes"]):
        first = next((f for f in near if f["level"] == "fail"), None)
        if first is None:  # the root is in another namespace: naming it is enough
            first = next((f for f in outcome if _key_of(f) in alike), None)
        held = first is not None and (_key_of(first) in alike or first["object"] is None)
        result.note("first", held, first["title"] if first else "no fail")
    _score_others(result, truth, near, alike)
    return result


def _score_root(
    result: Score, root: Truth, truth: Truth, findings: list[dict[str, Any]], alike: dict[Key, Key]
) -> None:
    mine = [f for f in findings if alike.get(_key_of(f)) == _key(root) or _names(f, root)]
    if root["severity"] == "info":
        result.note("named", all(f["level"] != "fail" for f in mine), f"accuses {_key(root)}")
        return
    enough = {"fail": {"fail"}, "warn": {"warn", "fail"}}[root["severity"]]
    result.note("named", any(f["level"] in enough for f in mine), f"misses {_key(root)}")
    about = [f for f in findings if f in mine or _key_of(f) in alike]  # its texts cover all roots
    text = json.dumps([[f["title"], f["why"], f["hints"]] for f in about]).lower()
    missing = [word for word in truth["must_mention"] or () if word.lower() not in text]
    result.note("advice", not missing, f"says nothing of {missing}")


def _score_others(
    result: Score, truth: Truth, near: list[dict[str, Any]], alike: dict[Key, Key]
) -> None:
    failed = {_key_of(f) for f in near if f["level"] == "fail"}
    accused = failed | {_key_of(f) for f in near if f["level"] == "warn" and f["class"] == "fault"}
    for thing in truth["collateral"] or ():
        if _key(thing) not in alike:
            result.note("folded", _key(thing) not in failed, f"not folded {_key(thing)}")
    for thing in truth["healthy"] or ():
        result.note("clean", _key(thing) not in accused, f"accuses {_key(thing)}")


def _alike(truth: Truth) -> dict[Key, Key]:
    """Return every object that counts as a root cause, and the root it counts as."""
    roots = {_key(root): _key(root) for root in truth["root_causes"]}
    for key in list(roots):
        if key[0] == "HelmRelease" and "HelmChart or HelmRelease" in (truth.get("note") or ""):
            roots |= {_key(c): key for c in truth["collateral"] if c["kind"] == "HelmChart"}
    return roots


def _is_near(finding: dict[str, Any], namespaces: Iterable[str] | None) -> bool:
    return namespaces is None or _key_of(finding)[1] in set(namespaces)


def _names(finding: dict[str, Any], root: Truth) -> bool:
    """Whether *finding* and its *root* are both about the cluster as a whole."""
    return finding["object"] is None and root["kind"] == "Cluster"


def _key(thing: Truth) -> Key:
    return thing["kind"], thing.get("namespace") or "", thing["name"]


def _key_of(finding: dict[str, Any]) -> Key:
    return _key(finding["object"]) if finding["object"] else ("", "", "")


def table(scores: Iterable[tuple[str, Score]]) -> Iterator[str]:
    """Yield a table of *scores*, a line each, and the totals."""
    line = "{:<42}{:>9}{:>9}{:>9}{:>9}{:>9}".format
    yield line("state", *MEASURES)
    total = Score()
    for name, result in scores:
        total.add(result)
        yield line(name, *result.cells())
        yield from (f"    {text}" for text in result.short)
    yield line("total", *total.cells())


if __name__ == "__main__":
    print("\n".join(table(all_scores())))  # noqa: T201 - this is a command
