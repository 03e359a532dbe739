"""A prompt has only fixed sentences outside of quotes, whatever the cluster says."""

import ast
import json
import re
from collections.abc import Iterator
from inspect import getsource
from types import ModuleType

import pytest

from fluxstatus.base.visible import visible_lines
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import STEPS
from fluxstatus.checks.codes import known_codes
from fluxstatus.mcp import prompt as one_prompt
from fluxstatus.mcp import prompts
from fluxstatus.mcp.next_step import report_with_next
from fluxstatus.mcp.prompt import prompt_for
from fluxstatus.mcp.state_file import Configured, LocalState
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Level
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.state.state import State
from tests.builders import HEALTHY, evidence
from tests.conftest import RECORDED
from tests.planting import HOSTILE, MARK, STATES, planted, planted_around, state, turns

QUOTATION = re.compile(r'"(?:[^"\\]|\\.)*"')
WORD = re.compile(r"[\w-]+")


def words_in(module: ModuleType) -> Iterator[str]:
    """Yield each word of the texts in *module*."""
    for node in ast.walk(ast.parse(getsource(module))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from WORD.findall(node.value)


FIXED = {
    *words_in(one_prompt),
    *words_in(prompts),
    *(
        word
        for code in known_codes().values()
        for word in WORD.findall(f"{code.code} {code.meaning}")
    ),
    *(step.id for step in STEPS),
    *(word for name in RESOURCES for word in WORD.findall(name)),
    *("object", "objects"),
}
"""The words that may stand outside of quotes."""


def prompts_of(known: Evidence) -> Iterator[str]:
    """Yield the prompts on *known*: of the report, for each failure, and of `mcp prompts`."""
    analysis = Analysis(State(known))
    reader = Configured("cursor", "Cursor", HOSTILE, HOSTILE, read_only=True)
    report = report_with_next(analysis, local=LocalState((reader,)))
    if report.next and report.next.prompt:
        yield report.next.prompt
    for finding in report.findings:
        if finding.level in (Level.FAIL, Level.WARN):
            yield prompt_for(finding, analysis, report.steps, HOSTILE)
    yield from (prompt.text for prompt in prompts.prompts(analysis, report))


def assert_is_fixed(prompt: str) -> None:
    """Fail if *prompt* has a word outside of quotes that is not ours, or an invisible character."""
    assert visible_lines(prompt) == prompt
    for quotation in QUOTATION.findall(prompt):
        json.loads(quotation)
    outside = QUOTATION.sub("", prompt)
    assert '"' not in outside
    words = [word for word in WORD.findall(outside) if not word.isdecimal()]
    assert [word for word in words if word not in FIXED] == []


@pytest.mark.parametrize("turn", range(turns()))
@pytest.mark.parametrize("name", STATES)
def test_a_field_of_an_object_stays_in_quotes(name: str, turn: int) -> None:
    """A hostile text in any field of the objects is in a prompt only within quotes."""
    for prompt in prompts_of(planted(state(name), turn, HOSTILE)):
        assert_is_fixed(prompt)


@pytest.mark.parametrize("name", STATES)
def test_what_is_around_the_objects_stays_in_quotes(name: str) -> None:
    """So is one in the kubeconfig, in versions and in reasons for what could not be read."""
    found = list(prompts_of(planted_around(state(name), HOSTILE)))
    assert any(MARK in prompt for prompt in found)
    for prompt in found:
        assert_is_fixed(prompt)


def test_much_of_it_was_planted() -> None:
    """The hostile text does get into prompts, so the other tests see it."""
    found = [p for turn in range(turns()) for p in prompts_of(planted(state("zoo"), turn, HOSTILE))]
    assert sum(MARK in prompt for prompt in found) > len(found) / 10


def test_a_long_value_is_cut() -> None:
    """Of a long message, both ends are quoted."""
    known = planted_around(state("zoo"), f"begin{'x' * 9000}end")
    assert all(len(line) < 6000 for prompt in prompts_of(known) for line in prompt.splitlines())


@pytest.mark.parametrize(
    ("certainty", "words"),
    [("certain", "is certain of this cause"), ("likely", "confirm it or rule it out"),
     ("one-of", "find out which of them it is")],
)  # fmt: skip
def test_it_says_what_is_open(certainty: str, words: str) -> None:
    """The assistant is told how sure the check is, and what would fix it."""
    analysis = Analysis(State(state("zoo")))
    report = report_with_next(analysis)
    found = [one for one in report.findings if one.certainty == certainty and one.hints]
    assert found
    for finding in found:
        prompt = prompt_for(finding, analysis, report.steps)
        assert prompt.count(words) == 1
        fixes = [one.text for one in finding.hints if one.label == "fix"]
        assert prompt.count("The check suggests: ") == min(len(fixes), 3)


def test_a_controller_that_is_not_there_has_no_log() -> None:
    """The operator, which installs it, has one."""
    known = snapshot.load(RECORDED / "cluster-helm-controller-missing.json.gz")
    analysis = Analysis(State(known))
    report = report_with_next(analysis, prompt=True)
    assert report.next
    prompt = report.next.prompt
    assert 'get_kubernetes_logs for "Deployment flux-system/flux-operator"' in prompt
    assert 'logs for "Deployment flux-system/helm-controller"' not in prompt


def test_what_the_title_has_is_not_said_again() -> None:
    """What kustomize-controller's pod reports is the title, not a message of a controller."""
    known = snapshot.load(RECORDED / "cluster-kustomize-controller-crashloop.json.gz")
    analysis = Analysis(State(known))
    report = report_with_next(analysis, prompt=True)
    assert report.next
    assert "OOMKilled" in report.next.prompt
    assert "The controller's message" not in report.next.prompt


def test_what_is_documented_has_a_prompt() -> None:
    """Each topic of the operator's page on prompts is there; what writes stands apart."""
    analysis = Analysis(State(evidence(*HEALTHY)))
    found = list(prompts.prompts(analysis, report_with_next(analysis)))
    reading = " ".join(prompt.text for prompt in prompts.listed(found, writes=False))
    for words in ('logs of "Deployment flux-system/', "SOPS", "changed today", "diagram"):
        assert words in reading
    writing = " ".join(prompt.text for prompt in prompts.listed(found, writes=True))
    for words in ("Suspend Kustomization", "Reconcile Kustomization", "resume"):
        assert words in writing
    assert "Suspend" not in reading
