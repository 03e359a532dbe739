"""The steps and codes that --step and --skip select."""

# ruff: noqa: PLC0415 - imported where needed, so that start-up does not wait for it

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import typer

from fluxstatus.base.similar import did_you_mean
from fluxstatus.commands.options import Scope

if TYPE_CHECKING:
    from fluxstatus.checks.run import Choice


def choice_of(scope: Scope) -> "Choice":
    """Return the chosen steps, codes and namespaces; an unknown name is a usage error."""
    from fluxstatus.checks import STEPS
    from fluxstatus.checks.run import Choice

    steps = {step.id for step in STEPS}
    return Choice(
        steps=_known(_words(scope.step), steps, "--step"),
        skip=_known(_words(scope.skip), _may_be_skipped(steps, scope), "--skip"),
        namespaces=scope.namespaces,
    )


def _may_be_skipped(steps: Collection[str], scope: Scope) -> Collection[str]:
    """Return what `--skip` accepts: steps, and codes, unless only steps are skipped."""
    if set(_words(scope.skip)) <= set(steps):
        return steps
    from fluxstatus.checks.codes import known_codes  # this imports all rules

    return {*steps, *known_codes()}


def _words(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for value in values for word in value.split(",") if word)


def _known(words: tuple[str, ...], names: Collection[str], option: str) -> tuple[str, ...]:
    """Return *words*; one that is not among *names* is a usage error."""
    for word in words:
        if word not in names:
            meant = did_you_mean(word, names, "see `kubectl flux-status list`", repr)
            raise typer.BadParameter(f"{word!r} is unknown; {meant}", param_hint=option)
    return words
