"""Text for a terminal: no control sequences except our colors, and no line that is too wide."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from unicodedata import east_asian_width

from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.visible import unindented, visible, visible_lines
from fluxstatus.model.hints import Command

_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./: ")


_SGR: Mapping[str, str] = {
    "pass": "32",
    "warn": "33",
    "fail": "1;31",
    "unknown": "35",
    "wait": "36",
    "skip": "2",
    "advice": "34",
    "accept": "2",
    "label": "2",
    "command": "36",
}
"""The color of each level and of other parts of a text, as SGR parameters."""


def painted(text: str, style: str) -> str:
    """Return *text* in the color of *style*: a level, "advice", "label" or "command"."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if style and text else text


_OWN = late_pattern(r"(\x1b\[(?:[0-9;]*m|[HJK]))")
"""The control sequences that this program writes: its colors and those of --watch."""


def shown(text: str) -> str:
    """Return *text* as a terminal may get it: newlines and our control sequences stay."""
    pieces = _OWN.split(text)
    return "".join(one if i % 2 else visible_lines(one) for i, one in enumerate(pieces))


def without_colors(text: str) -> str:
    """Return *text* without our control sequences."""
    return _OWN.sub("", text)


def columns(text: str) -> int:
    """Count the columns that *text*, made visible, takes in a terminal."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def _columns_of(char: str) -> int:
    return 2 if east_asian_width(char) in "WF" else 1


def wrap(text: str, width: int, *, ascii_only: bool = False) -> list[str]:
    """Return *text* as visible lines of at most *width* (2 or more) columns.

    A newline starts a new line; blank lines are dropped, and repeated blanks become one. A word
    that is too long is broken.
    """
    return [
        line
        for paragraph in unindented(text.replace("\r\n", "\n")).split("\n")
        for line in _fill(visible(paragraph, ascii_only=ascii_only).split(), width)
    ]


def _fill(words: Sequence[str], width: int) -> Iterator[str]:
    line = ""
    for piece in (piece for word in words for piece in _pieces(word, width)):
        if line and columns(line) + 1 + columns(piece) > width:
            yield line
            line = piece
        else:
            line = f"{line} {piece}" if line else piece
    if line:
        yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    if word.isascii() and len(word) <= width:  # as nearly all are
        yield word
        return
    start = used = 0
    for end, char in enumerate(word):
        if used + _columns_of(char) > width:
            yield word[start:end]
            start, used = end, 0
        used += _columns_of(char)
    yield word[start:]


def command_line(argv: Sequence[str], *, ascii_only: bool = False) -> str:
    """Return *argv* as one visible line that a shell parses as *argv*.

    Characters that a command line cannot contain (NUL, half of a surrogate pair) become a question
    mark, which is not part of any name.
    """
    return " ".join([_quote(word, ascii_only) for word in argv])


_OF_THIS_MACHINE = (
    ("brew",), ("kubectl", "flux-status"), ("kubectl", "krew"), ("flux", "migrate", "-f"),
)  # fmt: skip
"""The beginnings of commands that may change this machine, but never the cluster."""


def marked(command: Command, *, ascii_only: bool = False) -> str:
    """Return *command* as a line to paste, with a note if it changes anything."""
    line = command_line(command.argv, ascii_only=ascii_only)
    if not command.changes:
        return line
    is_local = any(command.argv[: len(start)] == start for start in _OF_THIS_MACHINE)
    return f"{line}   (changes {'this machine' if is_local else 'the cluster'})"


@lru_cache(maxsize=4096)  # most words of most commands are the same
def _quote(word: str, ascii_only: bool) -> str:
    if visible(word, ascii_only=ascii_only) == word:
        return shlex.quote(word)
    # $'…' is understood by bash, zsh and ksh; bytes mean the same in every locale.
    data = word.replace("\0", "?").encode(errors="replace")
    return "$'" + "".join(chr(b) if chr(b) in _UNQUOTED else f"\\x{b:02x}" for b in data) + "'"
