"""A rule: what a controller's reason and message mean, and what to do about it."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from fluxstatus.model.codes import Code
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KindNames


class Step(NamedTuple):
    """A next step, as a template: a sentence, and command lines.

    `read` are commands that change nothing, `change` commands that do. `{name}` is replaced by
    a field of the object or a named group of the pattern; a command that names a field which is
    empty for this object is left out.
    """

    text: str
    read: tuple[str, ...] = ()
    change: tuple[str, ...] = ()


class Text:
    """A regular expression for a message: in any letter case, `.` also for a newline.

    It is compiled when it is first looked for; in a healthy cluster none is.
    """

    def __init__(self, pattern: str = "") -> None:
        """Take a *pattern*; the empty one is in every message."""
        self.pattern = pattern

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self.pattern, re.IGNORECASE | re.DOTALL)


class Rule(NamedTuple):
    """One row of knowledge: a code and, as keywords, what it applies to and what to do about it.

    It applies to objects of `kinds` (none: all) whose reason is one of `reasons` (none: any) and
    whose message has `pattern`; each field in `needs` must be known. `why` is the cause in one
    sentence. A transient fault may heal in an object's first minutes; a trivial one needs no
    second look. `upstream` is the place in Flux's own code that the text comes from, `versions`
    the versions of Flux that have it ("" means all supported ones).

    Keywords are written in the order of the fields, and each sentence is one literal on one line,
    so that grep finds a sentence that a user pastes.
    """

    code: Code
    why: str
    steps: tuple[Step, ...]
    pattern: Text = Text()
    reasons: tuple[str, ...] = ()
    kinds: KindNames = frozenset()
    needs: tuple[str, ...] = ()
    transient: bool = False
    trivial: bool = False
    upstream: str = ""
    versions: str = ""

    def match(self, kind: str, reason: str, message: str) -> re.Match[str] | None:
        """Return the match of this rule with a condition of an object of *kind*, or None."""
        if (self.kinds and kind not in self.kinds) or (self.reasons and reason not in self.reasons):
            return None
        return self.pattern.compiled.search(message)


_SECRET = "that the spec names"  # noqa: S105 - a phrase
_UNKNOWN = {
    **dict.fromkeys(
        ("secret", "holder", "cert_secret", "proxy_secret", "verify_secret", "decryption_secret",
         "kubeconfig_secret"), _SECRET,
    ),
    "host": "the host",
    "url": "its URL",
    "address": "what the spec names",
    "detail": "see the message",
    "controller": "the controller",
    "endpoint": "its endpoint",
}  # fmt: skip
"""What a sentence says for a field that is not known; "…" for any other."""


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Put *fields* into a sentence; what is unknown reads as a phrase, or as "…"."""
    return template.format_map(_Known(fields))


def command(template: str, fields: Mapping[str, str], *, changes: bool) -> Command | None:
    """Put *fields* into a command line, word by word; None when a field is unknown.

    A word is one word whatever its value holds: quoting is the renderer's work.
    """
    pieces, named = _pieces_of(template)
    try:
        words = tuple(piece.format_map(fields) for piece in pieces)
    except KeyError:
        return None
    return Command(words, changes) if all(fields[name] for name in named) else None


@cache
def _pieces_of(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a command line *template*, and the fields that these name."""
    return tuple(shlex.split(template)), tuple(re.findall(r"{(\w+)}", template))


def hints(steps: Sequence[Step], fields: Mapping[str, str]) -> tuple[Hint, ...]:
    """Fill *steps* in for one object."""
    return tuple(Hint(fill(step.text, fields), tuple(_commands(step, fields))) for step in steps)


def _commands(step: Step, fields: Mapping[str, str]) -> Iterable[Command]:
    for templates, changes in ((step.read, False), (step.change, True)):
        for template in templates:
            filled = command(template, fields, changes=changes)
            if filled:
                yield filled


class _Known(dict[str, str]):
    """Fields of which the unknown ones read as a phrase."""

    def __missing__(self, key: str) -> str:
        return _UNKNOWN.get(key, "…")

    def __getitem__(self, key: str) -> str:
        return super().get(key) or _UNKNOWN.get(key, "…")
