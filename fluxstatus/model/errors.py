"""Errors that a command reports without a traceback."""

import errno
from collections.abc import Collection, Iterable, Sequence
from typing import Self

from fluxstatus.base.plurals import noun_for
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.kinds import OPERATOR, OPERATOR_GUIDE, RESOURCES

LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
"""The errors of a machine that has run out of file descriptors, memory or processes."""

_EXPLAIN_MISSING = "kubectl flux-status explain flux-kind-missing"


class ArgumentError(Exception):
    """An argument that cannot be used; `choices` are arguments to use in its place."""

    def __init__(self, text: str, choices: Iterable[tuple[str, ...]] = ()) -> None:
        super().__init__(text)
        self.choices = tuple(choices)


class NotFoundError(ArgumentError):
    """Nothing has the name that was given; `choices` have similar names.

    Without any, `lists` is what `get` can list instead, if it can. It was looked for in
    `namespaces`, of which those in `absent` do not exist; `ending` ends the sentence.
    """

    def __init__(
        self,
        text: str,
        choices: Iterable[tuple[str, ...]] = (),
        *,
        lists: str = "",
        namespaces: Iterable[str] = (),
        ending: str = "",
    ) -> None:
        super().__init__(text, choices)
        self.lists, self.namespaces, self.ending = lists, tuple(namespaces), ending
        self.absent: Collection[str] = ()

    def __str__(self) -> str:
        """Return the sentence."""
        return f"{super().__str__()}{in_namespaces(self.namespaces, self.absent)}{self.ending}"


class UnknownKindError(NotFoundError):
    """A word that is no kind of Flux."""

    def __init__(self, word: str, suggestion: str) -> None:
        super().__init__(f"{word!r} is not a Flux kind; {suggestion}")
        self.word = word


class AmbiguousError(ArgumentError):
    """Several objects have the name that was given; `choices` name each of them."""


class UnreadError(Exception):
    """What a command needs could not be read: see `unread`."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.text)
        self.unread = unread

    @classmethod
    def of(cls, why: Why, text: str) -> Self:
        """Return the error with this reason."""
        return cls(Unread(why, text))


def in_namespaces(namespaces: Iterable[str], absent: Collection[str] = ()) -> str:
    """Return the phrase that ends "no object found" for *namespaces*; empty for all namespaces.

    Those in *absent* do not exist.
    """
    names = [repr(name) for name in namespaces]  # like the name of the object
    where = f" in namespace {' or '.join(names)}" if names else ""
    if not absent:
        return where
    if len(names) == 1:
        return f"{where}, which does not exist"
    do = noun_for(len(absent), "does", "do")
    return f"{where}, of which {' and '.join(map(repr, absent))} {do} not exist"


def not_served(absent: Sequence[str]) -> str:
    """Return the sentence that the API server does not serve the kinds *absent* (plural.group).

    It has the component that each Flux kind is part of, and where to read how that is installed.
    """
    parts = [*dict.fromkeys(RESOURCES[name].controller for name in absent if name in RESOURCES)]
    text = f"not served by this API server: {', '.join(absent)}"
    if not parts:
        return text
    how = OPERATOR_GUIDE if parts == [OPERATOR] else _EXPLAIN_MISSING
    return f"{text}; part of {' and '.join(parts)}, see: {how}"
