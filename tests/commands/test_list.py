"""`list`: every check there is."""

import json
import re
import sys
from collections import Counter
from importlib import resources

import jsonschema
import pytest

from fluxstatus.checks import STEPS
from fluxstatus.checks.codes import by_steps, known_codes
from tests.conftest import Program
from tests.terminal import Terminal


def test_text_has_every_check(flux_status: Program) -> None:
    """Each step is there with what it reads, and each code with its meaning."""
    done = flux_status("list")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    for step in STEPS:
        assert f"{step.id}: {step.title}\n  reads {', '.join(step.reads)}\n" in done.stdout
        line = f"  with --advice, also {', '.join(step.advice_reads)}\n"
        assert (line in done.stdout) is bool(step.advice_reads)
        for code in step.codes():
            assert [code, *code.meaning.split()] in lines
        for code in step.advice_codes:
            assert [code, "Advice:", *code.meaning.split()] in lines


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_no_line_is_too_wide(columns: int) -> None:
    """A sentence continues below where it began, and is whole."""
    with Terminal([sys.executable, "-m", "fluxstatus", "list"], columns=columns) as terminal:
        assert terminal.end() == 0
    lines = terminal.text.splitlines()
    assert max(map(len, lines)) <= columns
    text = " ".join(terminal.text.split())
    assert all(f"{known.code.meaning}" in text for known in known_codes().values())


def test_text_has_each_code_once(flux_status: Program) -> None:
    """A code of several steps has one line, under the names of all its steps."""
    text = flux_status("list").stdout
    words = Counter(line.split()[0] for line in text.splitlines() if line.startswith("  "))
    assert {code: words[code] for code in known_codes()} == dict.fromkeys(known_codes(), 1)
    section = text.partition("\nreported by operator and components\n")[2].partition("\n\n")[0]
    listed = {line.split()[0] for line in section.splitlines()}
    assert listed == {
        c for c, known in known_codes().items() if known.steps == ("operator", "components")
    }
    assert re.search(r"^reported by every step\n(?:  .*\n)*  ok ", text, re.MULTILINE)


def test_codes_of_one_step_come_first() -> None:
    """Then those of several steps; each code is in the group of its steps."""
    groups = by_steps({known.code: known.steps for known in known_codes().values()})
    assert {code: steps for steps, codes in groups.items() for code in codes} == {
        code: known.steps for code, known in known_codes().items()
    }
    sizes = [len(steps) for steps in groups]
    assert sizes == sorted(sizes)
    assert [steps for steps in groups if len(steps) == 1] == [(step.id,) for step in STEPS]


def test_json_follows_its_schema(flux_status: Program) -> None:
    """The document for programs is as documented."""
    schema = resources.files("fluxstatus.commands.list").joinpath("schema.json").read_text()
    document = json.loads(flux_status("list", "-o", "json").stdout)
    jsonschema.Draft202012Validator(json.loads(schema)).validate(document)


def test_json_has_every_check(flux_status: Program) -> None:
    """The document has the same, for programs."""
    steps = json.loads(flux_status("list", "-o", "json").stdout)["steps"]
    assert [(s["id"], s["title"], tuple(s["reads"])) for s in steps] == [
        (s.id, s.title, s.reads) for s in STEPS
    ]
    assert [[(c["code"], c["class"], c["text"]) for c in s["codes"]] for s in steps] == [
        [
            *((code, "fault", code.meaning) for code in step.codes()),
            *((code, "habit", code.meaning) for code in step.advice_codes),
        ]
        for step in STEPS
    ]
    assert [tuple(s["readsWithAdvice"]) for s in steps] == [s.advice_reads for s in STEPS]
