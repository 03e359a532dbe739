"""`list`: every step of the check with its queries and its codes."""

from collections.abc import Iterator

from fluxstatus.checks import STEPS
from fluxstatus.checks.codes import KnownCode, known_codes
from fluxstatus.checks.step import Step
from fluxstatus.commands import console
from fluxstatus.commands.options import Output
from fluxstatus.report import Format
from fluxstatus.report.as_json import versioned


def show(output: Output = Format.TEXT) -> None:
    """List the steps of the check, what each step reads, and the codes it can report."""
    console.put(_RENDER[output]())


def _codes_of(step: Step) -> Iterator[KnownCode]:
    for code in (*step.codes(), *step.advice_codes):
        yield known_codes()[code]


def _as_text() -> str:
    return "\n".join(map(_step_as_text, STEPS))


def _step_as_text(step: Step) -> str:
    codes = list(_codes_of(step))
    width = max(len(known.code) for known in codes)
    lines = [f"{step.id}: {step.title}", f"  reads {', '.join(step.reads)}"]
    if step.advice_reads:
        lines.append(f"  with --advice, also {', '.join(step.advice_reads)}")
    for known in codes:
        advice = "Advice: " if known.category == "habit" else ""
        lines.append(f"  {known.code:{width}}  {advice}{known.meaning}")
    return "\n".join(lines) + "\n"


def _as_json() -> str:
    steps = [
        {
            "id": step.id,
            "title": step.title,
            "reads": list(step.reads),
            "readsWithAdvice": list(step.advice_reads),
            "codes": [
                {"code": known.code, "class": known.category, "text": known.meaning}
                for known in _codes_of(step)
            ],
        }
        for step in STEPS
    ]
    return versioned({"steps": steps})


_RENDER = {Format.TEXT: _as_text, Format.JSON: _as_json}
