"""Parts of texts that end with a whole word and leave no bracket or quotation mark open.

What a message quotes is cut where a pattern or a limit ends, which may be anywhere.
"""

from fluxstatus.base.late_pattern import late_pattern

MARK = "…"
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_PLAIN = late_pattern(r"`[^`]*`|'[^'\s]'")
"""Brackets in code or quoted alone, which open and close nothing."""

_LONG = 24  # characters of a word, such as a URL, of which a part is worth reading
_STRAY = late_pattern(r"(?<=\S)[\])}\"]$")


def excerpt(text: str, start: int, end: int) -> str:
    """Return the part of *text* from *start* to *end* in one line, without an unpaired mark.

    A last word that *end* splits is replaced with "…" (see `ended`).
    """
    found = " ".join(text[start:end].split())
    if " " not in found:
        return found
    is_cut = text[end - 1].isalnum() and text[end : end + 1].isalnum()
    if is_cut:
        return ended(found)
    found, missing = _without_stray(found), closers(found)
    return found + missing if text.startswith(missing, end) else found


def ended(part: str) -> str:
    """Return *part*, the beginning of a line, with "…" instead of its last word.

    Of a long word, such as a URL, the beginning stays.
    """
    kept, _, last = part.rpartition(" ")
    if not kept or len(last) > _LONG:
        return f"{part}{MARK}{closers(part)}"
    kept = kept.rstrip(" ,;:([{")
    return f"{kept} {MARK}{closers(kept)}"


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
