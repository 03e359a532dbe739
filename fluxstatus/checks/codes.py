"""All codes of the check, each with the steps that report it.

A code is declared beside the rule, step or advice that reports it; this module only collects them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from fluxstatus.checks import STEPS
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Category


class KnownCode(NamedTuple):
    """A code, the ids of the steps that report it, and whether it is a fault or advice."""

    code: Code
    steps: tuple[str, ...]
    category: Category

    @property
    def meaning(self) -> str:
        """The meaning of the code, in one sentence."""
        return self.code.meaning


def _collect() -> Mapping[str, KnownCode]:
    known: dict[str, KnownCode] = {}
    for step in STEPS:
        by_category: tuple[tuple[Category, tuple[Code, ...]], ...] = (
            ("fault", step.codes),
            ("habit", step.advice_codes),
        )
        for category, codes in by_category:
            for code in codes:
                steps = known[code].steps if code in known else ()
                known[code] = KnownCode(code, (*steps, step.id), category)
    return known


CODES: Mapping[str, KnownCode] = _collect()
"""Every code of every step, by its name."""


def by_steps(steps_of: Mapping[Code, tuple[str, ...]]) -> dict[tuple[str, ...], list[Code]]:
    """Return the codes of *steps_of* by the steps that report them, each code once.

    Those of one step come first, in the order of the check, then those of several steps.
    """
    order = [step.id for step in STEPS]
    groups: dict[tuple[str, ...], list[Code]] = {(step,): [] for step in order}
    for code, steps in steps_of.items():
        groups.setdefault(steps, []).append(code)

    def place(steps: tuple[str, ...]) -> tuple[int, list[int]]:
        places = [order.index(step) if step in order else len(order) for step in steps]
        return (0 if len(steps) == 1 else len(steps)), places

    return {steps: groups[steps] for steps in sorted(groups, key=place) if groups[steps]}
