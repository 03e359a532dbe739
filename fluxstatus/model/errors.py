"""Errors that a command reports without a traceback."""

from collections.abc import Iterable

from fluxstatus.model.evidence import Unread


class NotFoundError(Exception):
    """No object, or more than one, has a name. `choices` are the arguments to use instead."""

    def __init__(self, text: str, choices: Iterable[tuple[str, ...]] = ()) -> None:
        super().__init__(text)
        self.choices = tuple(choices)


class UnreadError(Exception):
    """The object that was asked for may exist, but it could not be read."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.text)
        self.unread = unread
