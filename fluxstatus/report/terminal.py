r"""Text for a terminal: no control sequences except our colors, and no line that is too wide.

Names and messages come from a cluster, so from anyone who may write to it. A character that
moves the cursor, changes the reading direction or takes no column of its own is shown as an
escape (`\x1b`).
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from unicodedata import category, east_asian_width

from fluxstatus.model.hints import Command

_ASCII = str.maketrans({"·": "-", "…": "...", "\u2013": "-"})  # those in our own sentences
_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./: ")


_SGR: Mapping[str, str] = {
    "pass": "32",
    "warn": "33",
    "fail": "1;31",
    "unknown": "35",
    "skip": "2",
    "advice": "34",
    "label": "2",
    "command": "36",
}
"""The color of each level and of other parts of a text, as SGR parameters."""


def painted(text: str, style: str) -> str:
    """Return *text* in the color of *style*: a level, "advice", "label" or "command"."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if style and text else text


def visible(text: str, *, ascii_only: bool = False) -> str:
    """Return *text* on one line, with each character that a terminal would not show escaped.

    With *ascii_only* the result is ASCII: known punctuation is replaced, the rest is escaped. A
    backslash is not escaped, so the result cannot be decoded.
    """
    if ascii_only:
        text = text.translate(_ASCII)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if _is_visible(char, ascii_only) else char.encode("unicode_escape").decode()
        for char in text
    )


def _is_visible(char: str, ascii_only: bool) -> bool:
    # isprintable() knows controls, bidi marks, zero-width and unassigned characters and lone
    # surrogates; marks (category M) are printable, but stack on the character before them.
    if char.isascii() or ascii_only:
        return char.isascii() and char.isprintable()
    return char.isprintable() and category(char)[0] != "M"


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
        for paragraph in text.replace("\r\n", "\n").split("\n")
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
    return " ".join(_quote(word, ascii_only) for word in argv)


def marked(command: Command, *, ascii_only: bool = False) -> str:
    """Return *command* as a line to paste, with a note if it changes anything."""
    note = "   (changes the cluster)" if command.changes else ""
    return command_line(command.argv, ascii_only=ascii_only) + note


def _quote(word: str, ascii_only: bool) -> str:
    if visible(word, ascii_only=ascii_only) == word:
        return shlex.quote(word)
    # $'…' is understood by bash, zsh and ksh; bytes mean the same in every locale.
    data = word.replace("\0", "?").encode(errors="replace")
    return "$'" + "".join(chr(b) if chr(b) in _UNQUOTED else f"\\x{b:02x}" for b in data) + "'"
