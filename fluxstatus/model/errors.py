"""Errors that a command reports without a traceback."""

import errno
from collections.abc import Iterable
from typing import Self

from fluxstatus.model.evidence import Unread, Why

LIMITS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
"""The errors of a machine that has run out of file descriptors, memory or processes."""


class ArgumentError(Exception):
    """An argument that cannot be used; `choices` are arguments to use in its place."""

    def __init__(self, text: str, choices: Iterable[tuple[str, ...]] = ()) -> None:
        super().__init__(text)
        self.choices = tuple(choices)


class NotFoundError(ArgumentError):
    """Nothing has the name that was given; `choices` have similar names.

    Without any, `lists` is what `get` can list instead, if it can.
    """

    def __init__(
        self, text: str, choices: Iterable[tuple[str, ...]] = (), *, lists: str = ""
    ) -> None:
        super().__init__(text, choices)
        self.lists = lists


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


def in_namespaces(namespaces: Iterable[str]) -> str:
    """Return the phrase that ends "no object found" for *namespaces*; empty for all namespaces."""
    names = [repr(name) for name in namespaces]  # like the name of the object
    return f" in namespace {' or '.join(names)}" if names else ""
