"""`list`: every check there is."""

import json

from fluxstatus.checks import STEPS
from tests.conftest import Program


def test_text_has_every_check(flux_status: Program) -> None:
    """Each step is there with what it reads, and each code with its meaning."""
    done = flux_status("list")
    assert done.returncode == 0
    for step in STEPS:
        assert f"{step.id}: {step.title}\n  reads {', '.join(step.reads)}\n" in done.stdout
        further = f"  with --advice also {', '.join(step.further)}\n"
        assert (further in done.stdout) is bool(step.further)
        for code, meaning in step.codes.items():
            assert any(
                line.split() == [code, *meaning.split()] for line in done.stdout.splitlines()
            )


def test_json_has_every_check(flux_status: Program) -> None:
    """The document has the same, for programs."""
    steps = json.loads(flux_status("list", "-o", "json").stdout)["steps"]
    assert [
        (s["id"], s["title"], tuple(s["reads"]), {c["code"]: c["text"] for c in s["codes"]})
        for s in steps
    ] == [(s.id, s.title, s.reads, dict(s.codes)) for s in STEPS]
    assert [tuple(s["readsWithAdvice"]) for s in steps] == [s.further for s in STEPS]
