"""Texts in Markdown in which no word of the cluster is markup, a link or a mention.

Renderers make links of URLs, people, numbers of issues and hashes wherever they find them, and no
escape prevents all of that. So every word that is more than letters and digits is code.
"""

import re
from collections.abc import Callable
from html import escape

from fluxstatus.base.visible import visible, visible_lines

_LINKED = r"(?!.*\bGH-\d|.*\b[0-9a-f]{7})"  # an issue, a hash
_WORD = r"[^\W_]+(?:['-][^\W_]+)*"
_PLAIN = re.compile(rf"{_LINKED}[\"'(]*(?:{_WORD}|[0-2]\d:\d\d|…)[\"'),.;:!?]*|·")
_AROUND = re.compile(r"([\"'(]*)(.*?)([\"'),.;:!?]*)")


def inline(text: str, most: int) -> str:
    """Return the first *most* characters of *text* as Markdown within a line.

    It is to follow something in its line: a number with a point at its start would begin a list.
    """
    return _worded(text, most, _code, str)


def html(text: str, most: int) -> str:
    """Return the first *most* characters of *text* as HTML, as `summary` has it."""
    return _worded(text, most, lambda word: f"<code>{_escaped(word)}</code>", _escaped)


def code(text: str, most: int) -> str:
    """Return the first *most* characters of *text* as a code span."""
    return _code(visible(cut(text, most)))


def _code(text: str) -> str:
    mark = "`" * (_longest_run(text) + 1)
    blank = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{mark}{blank}{text}{blank}{mark}"


def block(text: str, most: int, language: str = "text") -> str:
    """Return the first *most* characters of *text* as a fenced block of code."""
    shown = visible_lines(cut(text, most))
    mark = "`" * max(3, _longest_run(shown) + 1)
    return f"{mark}{language}\n{shown}\n{mark}\n"


def cut(text: str, most: int) -> str:
    """Return *text*, or its first *most* characters with a mark."""
    return text if len(text) <= most else f"{text[:most]}…"


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def _worded(
    text: str, most: int, as_code: Callable[[str], str], as_text: Callable[[str], str]
) -> str:
    return " ".join(_word(word, as_code, as_text) for word in visible(cut(text, most)).split())


def _word(word: str, as_code: Callable[[str], str], as_text: Callable[[str], str]) -> str:
    if _PLAIN.fullmatch(word):
        return as_text(word)
    around = _AROUND.fullmatch(word)
    before, core, after = around.groups() if around else ("", word, "")
    return f"{as_text(before)}{as_code(core)}{as_text(after)}" if core else as_code(word)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
