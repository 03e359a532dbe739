"""Values from the cluster never become options of a printed command."""

import ast
import json
import re
from collections.abc import Iterator

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.reconcile.advice import advise
from fluxstatus.knowledge.rule import ARGUMENTS, fill
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.mcp.state_file import LocalState
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.hints import Command, command
from fluxstatus.model.kubectl_flags import TargetFlags
from fluxstatus.report import as_json
from fluxstatus.report.look import Look
from fluxstatus.state.state import State
from tests.builders import judge
from tests.conftest import ROOT
from tests.knowledge.examples import examples
from tests.planting import STATES as RECORDED_STATES
from tests.planting import STRUCTURE, planted, planted_around, state, turns

PLANTED = "--planted=option"
PARTS = 8  # of the examples, for tests that run side by side


def words(known: Evidence) -> Iterator[str]:
    """Yield each word of the commands in the report on *known*."""
    for memory in (LocalState(), LocalState(declined=True)):
        report = json.loads(as_json.render(judge(known, memory=memory), Look()))
        hints = [hint for finding in report["findings"] for hint in finding["hints"]]
        for hint in (*hints, *([report["next"]] if report["next"] else ())):
            for printed in hint["commands"]:
                yield from printed["argv"]


def requests(known: Evidence) -> Iterator[str]:
    """Yield each word of the commands that `reconcile` prints about the objects of *known*."""
    analysis = Analysis(State(known))
    for number, resource in enumerate(analysis.state.resources.values()):
        if number % 9 == 0:  # they are alike
            for request in advise(analysis, resource).requests:
                for printed in request.commands:
                    yield from printed.argv


@pytest.mark.parametrize("turn", range(turns(STRUCTURE)))
@pytest.mark.parametrize("name", RECORDED_STATES)
def test_a_value_is_no_option(name: str, turn: int) -> None:
    """No word of a command begins with a dash because of a field of an object."""
    known = planted(state(name), turn, PLANTED, STRUCTURE)
    found = {*words(known), *requests(known)}
    assert found
    assert {word for word in found if word.startswith(PLANTED)} == set()


@pytest.mark.parametrize("name", RECORDED_STATES)
def test_what_is_around_the_objects_is_no_option(name: str) -> None:
    """Nor because of the context, a permission, or the version of a program."""
    found = set(words(planted_around(state(name), PLANTED)))
    assert f"--context={PLANTED}" in found
    assert {word for word in found if word.startswith(PLANTED)} == set()


def mentions(message: str) -> list[str]:
    """Return the parts of *message* that can be a name or another value."""
    return sorted({part for part in re.split(r"[\s'\"`,;()\[\]{}]+", message) if len(part) > 2})


@pytest.mark.parametrize("part", range(PARTS))
def test_a_word_of_a_message_is_no_option(part: int) -> None:
    """A word of a message never becomes an option, wherever it is in a known text."""
    for example in list(examples())[part::PARTS]:
        for mention in mentions(example.message)[:12]:
            planted_in = example._replace(message=example.message.replace(mention, PLANTED))
            found = planted_in.diagnosis()
            for hint in found.hints:
                for printed in hint.commands:
                    assert not any(word.startswith(PLANTED) for word in printed.argv), printed


@pytest.mark.parametrize(
    ("template", "printed"),
    [
        ("kubectl describe secret {value} -n apps", False),
        ("kubectl get {value}/app", False),
        ("kubectl get app -n {value}", False),
        ("kubectl get secret/{value}", True),
        ("helm list --filter={value}", True),
    ],
)
def test_a_command_with_an_option_as_a_value_is_not_printed(template: str, printed: bool) -> None:
    """A template is not filled if the value would begin a word with "-"."""
    assert (command(template, {"value": PLANTED}, changes=False) is not None) is printed
    assert command(template, {"value": "app"}, changes=False) is not None


@pytest.mark.parametrize("program", ["kubectl", "flux", "flux-operator", "helm"])
def test_a_context_is_no_option(program: str) -> None:
    """A context that looks like a flag is bound to its own flag."""
    given = Command((program, "get", "ks"))
    found = TargetFlags(PLANTED).command(given).argv
    assert not any(word.startswith(PLANTED) for word in found)
    assert any(word.endswith(f"context={PLANTED}") for word in found)
    assert "prod" in TargetFlags("prod").command(given).argv


IN_A_SENTENCE = re.compile(
    r"\b(?:flux|helm|kubectl|kustomize|flux-operator) [a-z](?:[^,;:.]|\.(?! ))*"
)


def test_a_sentence_with_a_command_has_no_option() -> None:
    """A value in the command of a sentence is left out if it would be an option there."""
    texts = {step.text for rule in (*RULES, *STATES.values()) for step in rule.steps}
    fields = {
        field
        for text in texts
        for found in IN_A_SENTENCE.findall(text)
        for field in re.findall(r" {(\w+)}", found)
    }
    assert {"name", "release_name", "path"} <= fields
    for text in texts:
        for field in ARGUMENTS:
            assert f" {PLANTED}" not in fill(text, dict.fromkeys(ARGUMENTS, PLANTED)), (text, field)
    assert fields <= ARGUMENTS


OTHERWISE = {
    "model/hints.py": "the templates themselves",
    "model/snapshot.py": "takes only known commands",
    "cluster/failures.py": "splits its table, in which a context is bound to its flag",
    "mcp/entry.py": "binds names and contexts to their flags",
    "report/whole.py": "keeps those of a report that this program has just made",
}
"""The files that make commands in another way."""
OURS = {
    "tool.formula", "pair.command",  # of tables
    "one.verb", "what",  # of the permissions that an installation needs
    "delete",  # the kinds of Flux
    "argv", "apply", "create", "name", "login", "files",  # constants, and the user's --git
    "_BEFORE", "_AFTER",  # constants
}  # fmt: skip
"""Expressions for words that do not come from a cluster."""


def is_ours(word: ast.expr) -> bool:
    """Return whether a word of a command is a constant, or begins with one."""
    match word:
        case ast.Starred(value=inner) | ast.FormattedValue(value=inner):
            return is_ours(inner)
        case ast.Tuple(elts=words):
            return all(map(is_ours, words))
        case ast.JoinedStr(values=[start, *_]):
            return is_ours(start)
        case ast.Constant():
            return True
    text = ast.unparse(word)
    return text in OURS or re.split(r"\W", text)[0].isupper()


def test_commands_with_values_are_made_from_templates() -> None:
    """A command that is made in another way than by `command` has only words of ours."""
    folder = ROOT / "fluxstatus"
    found = [
        (str(file.relative_to(folder)), node)
        for file in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("kubectl", "Command")
    ]
    assert {name for name, _ in found} >= OTHERWISE.keys()
    wrong = [
        f"{name}:{call.lineno} {ast.unparse(call)}"
        for name, call in found
        if name not in OTHERWISE and not all(map(is_ours, call.args))
    ]
    assert wrong == []
