"""`list`: every step of the check with its queries, and every code once."""

import shutil
import sys
from collections.abc import Iterator, Sequence

from fluxstatus.checks import STEPS
from fluxstatus.checks.codes import KnownCode, by_steps, known_codes
from fluxstatus.checks.step import Step
from fluxstatus.commands import console
from fluxstatus.commands.options import Output
from fluxstatus.report import Format
from fluxstatus.report.as_json import versioned
from fluxstatus.report.terminal import wrap

_NARROWEST = 30  # columns for a text beside its label


def show(output: Output = Format.TEXT) -> None:
    """List the steps of the check and the codes they can report.

    Also lists what each step reads. If several steps report the same code, it is listed once, below
    the steps.
    """
    console.put(_RENDER[output]())


def _codes_of(step: Step) -> Iterator[KnownCode]:
    for code in (*step.codes(), *step.advice_codes):
        yield known_codes()[code]


def _as_text() -> str:
    groups = by_steps({known.code: known.steps for known in known_codes().values()})
    alone = {
        step.id: [known_codes()[code] for code in groups.pop((step.id,), [])] for step in STEPS
    }
    parts = [_step_as_text(step, alone[step.id]) for step in STEPS]
    parts += [
        _lines(_reported_by(steps), [known_codes()[code] for code in codes])
        for steps, codes in groups.items()
    ]
    return "\n".join(parts)


def _step_as_text(step: Step, codes: Sequence[KnownCode]) -> str:
    head = [f"{step.id}: {step.title}", *_fitted("  reads ", ", ".join(step.reads))]
    if step.advice_reads:
        head += _fitted("  with --advice, also ", ", ".join(step.advice_reads))
    return _lines("\n".join(head), codes)


def _reported_by(steps: Sequence[str]) -> str:
    if len(steps) == len(STEPS):
        return "reported by every step"
    *first, last = steps
    return f"reported by {', '.join(first)} and {last}"


def _lines(head: str, codes: Sequence[KnownCode]) -> str:
    width = max((len(known.code) for known in codes), default=0)
    lines = [head]
    for known in codes:
        advice = "Advice: " if known.category == "habit" else ""
        lines += _fitted(f"  {known.code:{width}}  ", f"{advice}{known.meaning}")
    return "\n".join(lines) + "\n"


def _fitted(label: str, text: str) -> list[str]:
    """Return *text* behind *label*: in one line, or on a terminal in as many as it takes."""
    if not console.is_terminal(sys.stdout):
        return [label + text]
    width = shutil.get_terminal_size().columns
    first, *more = wrap(text, max(width - len(label), _NARROWEST))
    return [label + first, *(" " * len(label) + line for line in more)]


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
