"""Parts of texts that end with a whole word and leave no bracket or quotation mark open.

What a message quotes is cut where a pattern or a limit ends, which may be anywhere.
"""

from fluxstatus.base.late_pattern import late_pattern

MARK = "…"
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_PLAIN = late_pattern(r"`[^`]*`|'[^'\s]'")
"""Brackets in code or quoted alone, which open and close nothing."""

_STRAY = late_pattern(r"(?<=\S)[\])}\"]$")


def excerpt(text: str, start: int, end: int) -> str:
    """Return the part of *text* from *start* to *end* in one line, without an unpaired mark.

    A last word that *end* splits is replaced with "…".
    """
    found = " ".join(text[start:end].split())
    if " " not in found:
        return found
    is_cut = text[end - 1].isalnum() and text[end : end + 1].isalnum()
    if is_cut:
        found = f"{found.rpartition(' ')[0]} {MARK}"
    found, missing = _without_stray(found), closers(found)
    return found + missing if is_cut or text.startswith(missing, end) else found


def closers(text: str) -> str:
    """Return the brackets and quotation marks that close those that *text* leaves open."""
    left: list[str] = []
    for char in _PLAIN.sub("", text):
        if char == '"' and char in left:
            del left[left.index(char) :]
        elif char == '"' or char in _CLOSERS:
            left.append(_CLOSERS.get(char, char))
        elif left and char == left[-1]:
            left.pop()
    return "".join(reversed(left))


def _without_stray(text: str) -> str:
    """Return *text* without marks at its end that close nothing."""
    openers = {closer: opener for opener, closer in _CLOSERS.items()}
    while _STRAY.search(text):
        opener, last = openers.get(text[-1]), text[-1]
        if text.count(opener) >= text.count(last) if opener else text.count(last) % 2 == 0:
            break
        text = text[:-1]
    return text
