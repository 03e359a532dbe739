"""The details of a code: its meaning, the steps that report it, and its causes and fixes.

They come from the rules and the advice that the check uses, with the fields of an object left open.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fluxstatus.advice import ADVICE
from fluxstatus.advice.advice import Advice
from fluxstatus.checks.codes import known_codes
from fluxstatus.knowledge.rule import FALLBACKS, Rule, Step
from fluxstatus.knowledge.states import STATES
from fluxstatus.knowledge.tables import RULES
from fluxstatus.knowledge.topics import table
from fluxstatus.knowledge.upgrade_changes import CHANGES, Change
from fluxstatus.model.codes import Code
from fluxstatus.model.hints import Hint, command

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
"""The repositories of Flux, by their abbreviation in `Rule.upstream`."""


@dataclass(frozen=True, slots=True)
class Case:
    """One cause of a code.

    Empty `kinds` and `reasons` mean any. `says` is a regular expression for the controller's
    message, empty if the cause has no message. Fields of an object are in capitals. `docs` is the
    documentation of a practice, empty for a fault.
    """

    why: str
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    says: str
    hints: tuple[Hint, ...]
    upstream: str
    docs: str = ""


@dataclass(frozen=True, slots=True)
class CodeDetails:
    """A code, its meaning, the steps and commands that report it, and its causes."""

    code: Code
    meaning: str
    steps: tuple[str, ...]
    cases: tuple[Case, ...]


def codes(of_commands: Mapping[str, Iterable[Code]]) -> Mapping[str, CodeDetails]:
    """Return the details of every code, sorted by name.

    *of_commands* are the codes that only commands report, by command.
    """
    known = known_codes().values()
    steps: dict[Code, tuple[str, ...]] = {one.code: one.steps for one in known}
    for name, codes_of_command in of_commands.items():
        for code in codes_of_command:
            steps[code] = (*steps.get(code, ()), name)
    return {code: _details(code, steps[code]) for code in sorted(steps)}


def _details(code: Code, steps: tuple[str, ...]) -> CodeDetails:
    cases = (
        *map(_case, _rules(code)),
        *(_advised(one) for one in ADVICE if one.code == code),
        *(_changed(one) for one in CHANGES if one.code == code),
    )
    return CodeDetails(code, code.meaning, steps, cases)


def _rules(code: Code) -> Iterator[Rule]:
    yield from (rule for rule in (*RULES, *table("pods")) if rule.code == code)
    if code in STATES:
        yield STATES[code]


def _case(rule: Rule) -> Case:
    return Case(
        why=_sentence(rule.why),
        kinds=tuple(sorted(rule.kinds)),
        reasons=rule.reasons,
        says=rule.pattern.pattern,
        hints=tuple(map(_hint, rule.steps)),
        upstream=_spelled_out(rule.upstream) + _versions(rule),
    )


def _advised(advice: Advice) -> Case:
    hints = tuple(map(_hint, advice.steps))
    upstream = _spelled_out(advice.upstream)
    return Case(_sentence(advice.why), (), (), "", hints, upstream, advice.docs)


def _changed(change: Change) -> Case:
    hints = tuple(map(_hint, change.steps))
    return Case(_sentence(change.why), (), (), "", hints, change.source)


def _hint(step: Step) -> Hint:
    both = ((step.read, False), (step.change, True))
    commands = (
        command(line, _Open(), changes=changes) for lines, changes in both for line in lines
    )
    return Hint(_sentence(step.text), tuple(one for one in commands if one))


_QUOTES = {name for name, phrase in FALLBACKS.items() if phrase == "see the message"}
_QUOTED = re.compile(rf"(?:: | \(){{(?:{'|'.join(sorted(_QUOTES))})}}(?:\)|$)")
"""The end of a sentence, or a part in parentheses, that only quotes the controller's message."""


def _sentence(template: str) -> str:
    """Return a sentence about any object, without what it quotes of a message."""
    return _QUOTED.sub("", template).format_map(_Open())


def _versions(rule: Rule) -> str:
    return f" (Flux {rule.versions})" if rule.versions else ""


def _spelled_out(upstream: str) -> str:
    return re.sub(r"\b[A-Z]+\b(?=[ ,]|$)", lambda m: _UPSTREAM.get(m[0], m[0]), upstream)


class _Open(dict[str, str]):
    """The fields of an unknown object: each is a word in capitals, as in the help of kubectl.

    The optional parts of a sentence are empty.
    """

    def __missing__(self, key: str) -> str:
        if FALLBACKS.get(key) == "":
            return ""
        last = key.rpartition("_")[2]
        return _WORDS.get(key) or _WORDS.get(last) or last.upper()


_WORDS = {
    "ns": "NAMESPACE",
    "sa": "SERVICEACCOUNT",
    "resource": "KIND",
    "holder": "SECRET",
    "missing": "NAME",
    "detail": "REASON",
    "innermost": "REASON",
    "wanted": "EXPECTED",
    "found": "ACTUAL",
    "given": "ACTUAL",
    "by": "USER",
    "moves": '[{"op":"move","from":"/data/OLD","path":"/data/NEW"}]',
    # what is a phrase of its own in a sentence
    "missing_target": "KIND/NAME does not exist",
    "wrong_target": "KIND/NAME",
    "referrers": "other objects refer",
    "held_back": "no changes reach the cluster",
    "overdue": "OBJECTS are overdue",
    "trouble": "is restarting",
    "failures": FALLBACKS["failures"],
    "objects": FALLBACKS["objects"],
    "components": FALLBACKS["components"],
    "in_git": FALLBACKS["in_git"],
}
"""The word for a field, or for the last part of its name."""
