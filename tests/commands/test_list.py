"""`list`: every check there is."""

import json

from fluxstatus.checks import STEPS
from tests.conftest import Program


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
