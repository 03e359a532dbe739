"""Printing a list of objects once or, with --watch, its changes until Ctrl-C."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, TypeVar

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands import console
from fluxstatus.commands.listing import Listing
from fluxstatus.model.errors import ArgumentError, UnreadError
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Exit

PAUSE = 5.0  # seconds between two reads of --watch
_CANNOT_BEGIN = (Why.NO_PROGRAM, Why.NO_CONFIG)
_NUMBER = re.compile(r"\d+")

T = TypeVar("T")


def print_list(
    listed: Listing,
    opened: Callable[[], AbstractContextManager[Cluster]],
    deadline: Deadline,
    *,
    watch: bool,
) -> Exit:
    """Print the list, and return the exit code; with *watch*, print its changes until Ctrl-C.

    *deadline* is for one look. Raises ArgumentError for a requested name that does not exist, and
    UnreadError; with *watch* only if the first look cannot begin.
    """
    if watch:
        return _watch(listed, opened, deadline)
    with opened() as cluster:
        for piece in listed.pieces(cluster):
            if not console.put_report(piece):
                break
        for note in listed.notes(cluster):
            console.note(note)
        return listed.exit_code(cluster)


def patiently(look: Callable[[], T], deadline: Deadline, *, watch: bool) -> T:
    """Return what *look* returns; with *watch*, note why it cannot be read, and try again.

    *deadline* is for one look. Raises what *look* raises, also once the reader is gone.
    """
    printed: Collection[str] = ()
    while True:
        try:
            found = look()
        except UnreadError as error:
            if not (watch and _may_pass(error)):
                raise
            printed = _note_changes([_text(error)], printed)
            if not console.pause(PAUSE):
                raise
            deadline.restart()
        else:
            _note_changes((), printed)
            return found


class _Look(NamedTuple):
    """What came of reading a list once: the exit code, and the notes."""

    code: Exit
    notes: Sequence[str]
    has_reader: bool = True


def _watch(
    listed: Listing, opened: Callable[[], AbstractContextManager[Cluster]], deadline: Deadline
) -> Exit:
    """Print the list and its changes until the reader is gone; return the last exit code.

    What a look could not read is noted when that changes, and the next look comes all the same.
    """
    printed: Collection[str] = ()
    is_first = True
    while True:
        try:
            look = _look(listed, opened)
        except (UnreadError, ArgumentError) as error:
            if is_first and not _may_pass(error):
                raise
            code = Exit.NO_VERDICT if isinstance(error, UnreadError) else Exit.USAGE
            look = _Look(code, [_text(error)])
        printed, is_first = _note_changes(look.notes, printed), False
        if not (look.has_reader and console.pause(PAUSE)):
            return look.code
        deadline.restart()


def _look(listed: Listing, opened: Callable[[], AbstractContextManager[Cluster]]) -> _Look:
    with opened() as cluster:
        has_reader = console.put_report(listed.changes(cluster))
        return _Look(listed.exit_code(cluster), list(listed.notes(cluster)), has_reader)


def _may_pass(error: UnreadError | ArgumentError) -> bool:
    """Return whether a later look may do without *error*: a wrong option stays wrong."""
    return isinstance(error, UnreadError) and error.unread.why not in _CANNOT_BEGIN


def _text(error: UnreadError | ArgumentError) -> str:
    return f"Error: {error.unread.full_text}" if isinstance(error, UnreadError) else f"{error}"


def _note_changes(notes: Iterable[str], printed: Collection[str]) -> set[str]:
    """Print the *notes* that were not *printed* after the last look; return all of them.

    Numbers make no difference: a port or a time is another one each time.
    """
    now = {_NUMBER.sub("0", note): note for note in notes}
    for key, note in now.items():
        if key not in printed:
            console.note(note)
    if any(map(_is_error, printed)) and not any(map(_is_error, now)):
        console.note("everything can be read again")
    return set(now)


def _is_error(note: str) -> bool:
    return note.startswith("Error: ")
