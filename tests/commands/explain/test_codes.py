"""`explain CODE` covers every code of the check."""

import json
import re
import runpy
import shlex

import pytest

from fluxstatus.advice import ADVICE
from fluxstatus.checks import STEPS
from fluxstatus.checks.upgrade import plan
from fluxstatus.commands.explain import as_json, as_text
from fluxstatus.commands.explain.codes import CodeDetails, codes
from fluxstatus.commands.fleet import as_report
from fluxstatus.commands.preflight import report as preflight
from fluxstatus.commands.versions import skew
from fluxstatus.commands.wait import outcome
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.knowledge.topics import table
from fluxstatus.knowledge.upgrade_changes import CHANGES
from fluxstatus.mcp import verify
from fluxstatus.report import Look
from tests.commands.codes import OF_COMMANDS
from tests.conftest import ROOT

CODES = codes(OF_COMMANDS)


def test_page_is_current() -> None:
    """docs/codes.md is what docs/codes.py makes; run that to renew it."""
    page = runpy.run_path(str(ROOT / "docs" / "codes.py"))["page"]()
    assert (ROOT / "docs" / "codes.md").read_text(encoding="utf-8") == page


def test_every_code_is_there() -> None:
    """Each code that a step or a command can give is explained, with all that give it."""
    given = {(code, step.id) for step in STEPS for code in (*step.codes(), *step.advice_codes)}
    given |= {(code, "mcp verify") for code in verify.CODES}
    given |= {(code, "versions") for code in skew.CODES}
    given |= {(code, "preflight") for code in preflight.CODES}
    given |= {(code, "wait") for code in outcome.CODES}
    given |= {(code, "upgrade plan") for code in plan.CODES}
    given |= {(code, "fleet") for code in as_report.CODES}
    assert given == {(code.code, step) for code in CODES.values() for step in code.steps}


def test_a_meaning_is_one_plain_sentence() -> None:
    """Each code has one sentence that needs no object: no field, no gap, and it ends like one."""
    assert CODES
    for code in CODES.values():
        assert re.fullmatch(r"[A-Zk][^{}…\n]{10,99}\.", code.meaning), code


def test_a_code_is_declared_once() -> None:
    """No two declarations of a code differ in their meaning."""
    declared = [rule.code for rule in (*RULES, *table("pods"), *STATES.values())]
    declared += [advice.code for advice in ADVICE]
    declared += [code for step in STEPS for code in (*step.codes(), *step.advice_codes)]
    declared += [code for of_command in OF_COMMANDS.values() for code in of_command]
    assert [c for c in declared if c in CODES and c.meaning != CODES[c].meaning] == []


def test_optional_parts_of_a_sentence_are_left_out() -> None:
    """The explanation of a suspension has no placeholder for who suspended the object."""
    (suspended,) = (details for code, details in CODES.items() if code == "suspended")
    assert [case.why.partition(": ")[0] for case in suspended.cases] == [
        "reconciliation is suspended"
    ]


def test_a_sentence_has_no_holes() -> None:
    """What only quotes a message is left out, and no word is the name of a field."""
    fields = {"DETAIL", "INNERMOST", "MISSING", "HOLDER", "ENDPOINT_NS", "MISSING_FIELD"}
    for details in CODES.values():
        for case in details.cases:
            for sentence in (case.why, *(hint.text for hint in case.hints)):
                assert not re.search(r"(?<! patch)[:(,] *$| \(\)| {2}", sentence), (
                    details.code,
                    sentence,
                )
                assert not set(re.findall(r"\b[A-Z_]+\b", sentence)) & fields, sentence


def test_text_has_no_regular_expression_and_no_cause_twice() -> None:
    """Text is for people: patterns and their origin are in JSON, and each cause is said once."""
    look = Look(color=False, width=200, everything=True)
    for details in CODES.values():
        text = as_text.render(details, look)
        whys = re.findall(r"^why +(.*)", text, re.MULTILINE)
        assert len(whys) == len(set(whys)), details.code
        assert not re.search("^(?:message|upstream) ", text, re.MULTILINE), details.code
        for case in details.cases:
            assert not re.search(r"[\\[(]", case.says) or case.says not in text, details.code
            assert all(shlex.join(c.argv) in text for hint in case.hints for c in hint.commands)


def test_every_rule_is_listed() -> None:
    """Each rule, advice and change of a code is one of its cases, with its steps and origin."""
    rules = (*RULES, *table("pods"), *STATES.values())
    steps: list[tuple[str, int]] = [(rule.code, len(rule.steps)) for rule in rules]
    steps += [(habit.code, len(habit.steps)) for habit in ADVICE]
    steps += [(change.code, len(change.steps)) for change in CHANGES]
    known = [count for code, count in steps if code in CODES]
    result = [case for code in CODES.values() for case in code.cases]
    assert len(result) == len(known)
    assert sum(len(case.hints) for case in result) == sum(known)


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_texts_are_for_people(code: CodeDetails) -> None:
    """No field is left in braces, what is open is a word in capitals, and commands parse."""
    hints = [hint for case in code.cases for hint in case.hints]
    for text in (*(case.why for case in code.cases), *(hint.text for hint in hints)):
        # "${NAME}" is a variable of Flux, "$__env{NAME}" one of Grafana.
        assert not re.search(r"(?<!\$)(?<!\$__env)(?<!\$__file)\{\w+\}|…", text)
    for command in (command for hint in hints for command in hint.commands):
        assert shlex.split(shlex.join(command.argv)) == list(command.argv)
        assert not re.search(r"\{[a-z_]+\}", " ".join(command.argv))


def test_a_practice_has_its_documentation() -> None:
    """The page of a practice ends with the link to its documentation; that of a fault has none."""
    link = "https://fluxcd.io/flux/components/helm/helmreleases/#install-strategy"
    lines = as_text.render(CODES["no-retries"], Look()).splitlines()
    assert lines[-1].split() == ["more", link]
    [case] = json.loads(as_json.render(CODES["no-retries"]))["cases"]
    assert case["docs"] == link
    assert not any(case.docs for case in CODES["secret-missing"].cases)
