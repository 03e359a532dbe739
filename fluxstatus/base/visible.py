r"""Text that goes out: what would not be seen is shown as an escape.

Names and messages come from a cluster, a kubeconfig or an argument, so from anyone who may write
to one. A character that moves the cursor, changes the reading direction, shows nothing or takes no
column of its own is shown as an escape (`\x1b`).
"""

from unicodedata import category

_ASCII = str.maketrans({"·": "-", "…": "...", "\u2013": "-"})  # those in our own sentences
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing: the Hangul fillers, and Braille without a dot."""

_USUAL = b"\n" + bytes(range(0x20, 0x7F))


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
        char
        if is_visible(char) and (char.isascii() or not ascii_only)
        else char.encode("unicode_escape").decode()
        for char in text
    )


def unindented(text: str) -> str:
    """Return *text* without the tabs that begin its lines: Helm indents lists of errors by them."""
    if "\n\t" not in text:
        return text
    first, *others = text.split("\n")  # without re, which completion does not import
    return "\n".join((first, *(line.lstrip("\t") for line in others)))


def one_line(text: str) -> str:
    """Return the lines of *text* as one, without the tabs that begin them."""
    return unindented(text).replace("\n", " ")


def visible_lines(text: str) -> str:
    """Return *text* with its newlines, and with the rest of it visible."""
    if text.isascii() and text.isprintable():
        return text
    if all(map(is_visible, _unusual(text))):  # at once: a page has many lines
        return text
    return "\n".join(map(visible, text.split("\n")))


def _unusual(text: str) -> set[str]:
    """Return the characters of *text* that are neither printable ASCII nor newlines, each once."""
    encoded = text.encode(errors="surrogatepass").translate(None, delete=_USUAL)
    return set(encoded.decode(errors="surrogatepass"))


def is_visible(char: str) -> bool:
    """Return whether a terminal shows *char* in a place of its own."""
    # isprintable() knows controls, bidi marks, zero-width and unassigned characters and lone
    # surrogates; marks (category M) are printable, but stack on the character before them.
    if char.isascii():
        return char.isprintable()
    return char.isprintable() and category(char)[0] != "M" and char not in _EMPTY
