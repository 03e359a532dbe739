"""`list`: every step of the check with what it reads and the codes it can give."""

import json

from fluxstatus.checks import STEPS
from fluxstatus.checks.step import Step
from fluxstatus.commands import console
from fluxstatus.commands.options import Output
from fluxstatus.report import Format


def show(output: Output = Format.TEXT) -> None:
    """Show every step of the check, what it reads, and every code it can give."""
    console.put(_RENDER[output]())


def _as_text() -> str:
    return "\n".join(map(_step_as_text, STEPS))


def _step_as_text(step: Step) -> str:
    width = max(map(len, step.codes))
    codes = "".join(f"  {code:{width}}  {meaning}\n" for code, meaning in step.codes.items())
    further = f"  with --advice also {', '.join(step.further)}\n" if step.further else ""
    return f"{step.id}: {step.title}\n  reads {', '.join(step.reads)}\n{further}{codes}"


def _as_json() -> str:
    steps = [
        {
            "id": step.id,
            "title": step.title,
            "reads": list(step.reads),
            "readsWithAdvice": list(step.further),
            "codes": [{"code": code, "text": text} for code, text in step.codes.items()],
        }
        for step in STEPS
    ]
    return json.dumps({"schemaVersion": 1, "steps": steps}, indent=2) + "\n"


_RENDER = {Format.TEXT: _as_text, Format.JSON: _as_json}
