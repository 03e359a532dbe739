"""Errors that a command reports without a traceback."""

from collections.abc import Iterable

from fluxstatus.model.evidence import Unread


class NotFoundError(Exception):
    """Nothing, or more than one thing, goes by a name; `choices` are words to take instead."""

    def __init__(self, text: str, choices: Iterable[tuple[str, ...]] = ()) -> None:
        super().__init__(text)
        self.choices = tuple(choices)


class UnreadError(Exception):
    """What could not be read may be what is meant."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.text)
        self.unread = unread
