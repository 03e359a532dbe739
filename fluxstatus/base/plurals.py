"""Numbers with their nouns, and lists of names, in sentences."""

from collections.abc import Sequence


def counted(number: int, noun: str, many: str = "") -> str:
    """Return *number* with *noun*, as in "1 object" and "2 objects"; *many* is its plural."""
    return f"{number} {noun_for(number, noun, many)}"


def noun_for(number: float, noun: str, many: str = "") -> str:
    """Return *noun* as it follows *number*: in the singular, or as *many* or its usual plural."""
    return noun if number == 1 else many or _plural(noun)


def listed(names: Sequence[str], at_most: int) -> str:
    """Return the first *names*, and how many there are in addition: "a, b and 3 more"."""
    more = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {more} more" if more > 0 else "")


def joined(names: Sequence[str]) -> str:
    """Return *names* as in a sentence: "a, b and c"."""
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
