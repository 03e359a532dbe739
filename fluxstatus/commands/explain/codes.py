"""What a code of a finding means, why it happens and how to mend it: the knowledge, read out.

It is the same data that the check judges by, with the fields of an object left open.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fluxstatus.advice import ADVICE
from fluxstatus.advice.advice import Advice
from fluxstatus.checks import STEPS
from fluxstatus.checks.wording import UNREAD_CODES
from fluxstatus.commands.preflight import report as preflight
from fluxstatus.commands.versions import skew
from fluxstatus.knowledge import RULES, pods
from fluxstatus.knowledge.rule import Rule, Step, command
from fluxstatus.knowledge.states import STATES
from fluxstatus.model.hints import Hint

_UPSTREAM = {
    "F": "fluxcd/flux2",
    "FO": "controlplaneio-fluxcd/flux-operator",
    "HC": "fluxcd/helm-controller",
    "IAC": "fluxcd/image-automation-controller",
    "IRC": "fluxcd/image-reflector-controller",
    "KC": "fluxcd/kustomize-controller",
    "NC": "fluxcd/notification-controller",
    "PKG": "fluxcd/pkg",
    "SC": "fluxcd/source-controller",
    "SW": "fluxcd/source-watcher",
}
"""What `Rule.upstream` calls the repositories of Flux."""


_TOLD: Sequence[tuple[str, Mapping[str, str]]] = (
    *((step.id, step.codes) for step in STEPS),
    ("versions", skew.CODES),
    ("preflight", preflight.CODES),
)
"""The codes of each step of the check, and of the commands that judge other things."""


@dataclass(frozen=True, slots=True)
class Case:
    """One way to get to a code.

    `kinds` and `reasons` empty means any; `says` is a regular expression for the controller's
    message, empty when a state tells it. What an object would fill in is in capitals.
    """

    why: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    says: str
    hints: tuple[Hint, ...]
    upstream: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code: what it means, the steps and commands that give it, and the ways to get to it."""

    code: str
    meaning: str
    steps: tuple[str, ...]
    cases: tuple[Case, ...]


def codes() -> Mapping[str, Code]:
    """Return every code of every step and command, by its name, in the order of names."""
    meanings = {code: text for _, told in reversed(_TOLD) for code, text in told.items()}
    return {code: _code(code, meanings[code]) for code in sorted(meanings)}


def _code(code: str, meaning: str) -> Code:
    given_by = tuple(name for name, told in _TOLD if code in told)
    known = tuple(map(_case, _rules(code)))
    cases = (*known, *(_advised(habit) for habit in ADVICE if habit.code == code))
    if len(known) == 1 or (known and "…" in meaning):
        meaning = known[-1].why  # in full, where the step can only say "…"
    elif code in UNREAD_CODES:
        meaning = f"something {meaning}"
    return Code(code, meaning, given_by, cases)


def _rules(code: str) -> Iterator[Rule]:
    yield from (rule for rule in (*RULES, *pods.RULES) if rule.code == code)
    if code in STATES:
        yield STATES[code]


def _case(rule: Rule) -> Case:
    return Case(
        why=rule.why.format_map(_Open()),
        kinds=tuple(sorted(rule.kinds)),
        reasons=rule.reasons,
        says=rule.pattern.pattern,
        hints=tuple(map(_hint, rule.steps)),
        upstream=_spelled_out(rule.upstream) + _versions(rule),
    )


def _advised(habit: Advice) -> Case:
    hints = tuple(map(_hint, habit.steps))
    return Case(habit.why, (), (), "", hints, _spelled_out(habit.upstream))


def _hint(step: Step) -> Hint:
    both = ((step.read, False), (step.change, True))
    commands = (
        command(line, _Open(), changes=changes) for lines, changes in both for line in lines
    )
    return Hint(step.text.format_map(_Open()), tuple(one for one in commands if one))


def _versions(rule: Rule) -> str:
    return f" (Flux {rule.versions})" if rule.versions else ""


def _spelled_out(upstream: str) -> str:
    return re.sub(r"\b[A-Z]+\b(?=[ ,]|$)", lambda m: _UPSTREAM.get(m[0], m[0]), upstream)


class _Open(dict[str, str]):
    """The fields of no object in particular: each reads as its own name, in capitals."""

    def __missing__(self, key: str) -> str:
        return _NAMES.get(key, key.upper())


_NAMES = {
    "ns": "NAMESPACE",
    "sa": "SERVICEACCOUNT",
    "now": "NOW",
    "moves": '[{"op":"move","from":"/data/OLD","path":"/data/NEW"}]',
}
