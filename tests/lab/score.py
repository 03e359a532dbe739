"""Score the causes found for the faults of the lab: python -m tests.lab.score [NAMESPACE...].

truths.tsv has a line for each fault: namespace, object at fault (several if each is a right place
to tell it, `-` if nothing is wrong), what is true, what an expert would do, what our own words must
say of the cause and as advice (` && ` joins expressions that must all match), and what would be
wrong to say. It was written from the snapshot alone, by somebody who had not seen what the product
says (three deleted or suspended Kustomizations were first passed over: t-fin-delete, t-sa-deleted,
t-suspgen). The verdicts are those of tests.reports.score.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Finding, Level
from tests.builders import judge
from tests.reports.score import VERDICTS, Key, Score, key_of, says, text_of

HERE = Path(__file__).parent
STATES = HERE / "states.json.gz"
NOTHING = "-"
_QUOTE = 3  # words; fewer are names that any sentence may share


class Truth(NamedTuple):
    """The truth about a namespace, and the expected findings."""

    namespace: str
    objects: str
    truth: str
    expert: str
    cause: str
    advice: str
    wrong: str

    @property
    def id(self) -> str:
        """The namespace, with the object where a namespace has several faults."""
        several = sum(truth.namespace == self.namespace for truth in truths()) > 1
        return f"{self.namespace}:{self.objects}" if several else self.namespace

    @property
    def keys(self) -> set[Key]:
        """The keys of the objects at fault, none if nothing is wrong."""
        named = self.objects.split("|") if self.objects != NOTHING else []
        return {(kind, self.namespace, name) for kind, _, name in (o.partition("/") for o in named)}

    def names(self, finding: Finding) -> bool:
        """Return whether *finding* is about the object at fault, or what breaks it elsewhere."""
        if finding.object and finding.object.namespace == self.namespace:
            return finding.object.key in self.keys
        return any(ref.key in self.keys for ref in finding.blocks)

    def score(self, findings: list[Finding]) -> Score:
        """Return the verdict on *findings*, those of the whole cluster."""
        ours = [finding for finding in findings if self.names(finding)]
        if misled := self._misled(findings, "\n".join(own_words(f) for f in ours)):
            return Score("wrong", misled)
        if not self.keys:
            return Score("right")
        if not ours:
            return Score("missed", "the object is not named")
        lacking = self.lacking(ours)
        return Score("generic", lacking) if lacking else Score("right")

    def _misled(self, findings: list[Finding], message: str) -> str:
        """Return what is wrong in *findings* and in the object's *message*, empty if nothing."""
        here = (f for f in findings if f.object and f.object.namespace == self.namespace)
        for finding in here:
            if not any(truth.names(finding) for truth in truths()):
                return f"accuses {key_of(finding)}: {finding.code}"
        return f"says {self.wrong}" if self.wrong and says(self.wrong, message) else ""

    def lacking(self, ours: list[Finding]) -> str:
        """Return what the findings about the object lack, or nothing."""
        if len(ours) > 1:
            return f"{len(ours)} findings for one cause"
        for part, wanted in (("cause", self.cause), ("advice", self.advice)):
            result = own_words(ours[0], part)
            for expression in wanted.split(" && "):
                if not says(expression, result):
                    return f"no {part} like {expression}"
        return ""


@cache
def truths() -> tuple[Truth, ...]:
    """Return the lines of truths.tsv."""
    lines = (HERE / "truths.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(Truth(*[*line.split("\t"), "", "", ""][: len(Truth._fields)]) for line in lines)


def own_words(finding: Finding, part: str = "") -> str:
    """Return our own text in *finding*: the "cause", the "advice" or both.

    What is quoted of the controller's message is left out, as to repeat it is no diagnosis, and so
    is the namespace: the lab's are named after what was done there.
    """
    message = " ".join(finding.message.split())
    first, *clauses = finding.why.split(": ")
    why = ": ".join([first, *(clause[_quoted(clause, message) :] for clause in clauses)])
    cause = f"{finding.title}\n{why}" if part != "advice" else ""
    advice = text_of(finding, hints_only=True) if part != "cause" else ""
    text = f"{cause}\n{advice}"
    return text.replace(finding.object.namespace, "…") if finding.object else text


def _quoted(clause: str, message: str) -> int:
    """Return how much of *clause*, from its start, is quoted from *message*."""
    start = message.find(" ".join(clause.split()[:_QUOTE]))
    pairs = zip(clause, message[start:] if start >= 0 else "", strict=False)
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return length if len(clause[:length].split()) >= _QUOTE else 0


@cache
def all_findings() -> list[Finding]:
    """Return the faults reported for the lab, without unknowns."""
    found = judge(snapshot.load(STATES)).faults
    return [finding for finding in found if finding.level in {Level.FAIL, Level.WARN}]


def main(wanted: list[str]) -> None:
    """Print the lines that are not right and the count of each verdict; all text of *wanted*."""
    sys.stdout.writelines(f"{line}\n" for line in _lines(wanted))


def _lines(wanted: list[str]) -> Iterator[str]:
    scored = [(truth, truth.score(all_findings())) for truth in truths()]
    for truth, score in scored:
        if truth.namespace in wanted:
            yield f"{score.verdict:8} {truth.id}: {score.why}\n  {truth.truth} {truth.expert}"
            yield from (text_of(f) for f in all_findings() if truth.names(f))
        elif score.verdict != "right" and not wanted:
            yield f"{score.verdict:8} {truth.id:24} {score.why[:120]}"
    counted = Counter(score.verdict for _, score in scored)
    yield "".join(f"{counted[verdict]:4} {verdict}" for verdict in VERDICTS)


if __name__ == "__main__":
    main(sys.argv[1:])
