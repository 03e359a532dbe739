"""Names that a mistyped word may have meant."""

from collections.abc import Callable, Collection

_ALIKE = 0.66  # of 1: "backend" and "bad" have 0.6
_BEGINNING = 3  # characters that may be the beginning of a name


def similar(word: str, names: Collection[str], at_most: int = 1) -> list[str]:
    """Return up to *at_most* of *names* that are spelled like *word*, the most similar first.

    Names that begin with it come last.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    near = get_close_matches(word, names, at_most, _ALIKE)
    if len(word) >= _BEGINNING:
        near += sorted(name for name in names if name.startswith(word) and name not in near)
    return near[:at_most]


def did_you_mean(
    word: str, names: Collection[str], otherwise: str, spell: Callable[[str], str] = str
) -> str:
    """Return "did you mean NAME?" for the one of *names* most similar to *word*.

    *spell* formats the name. Returns *otherwise* when no name is similar.
    """
    near = similar(word, names)
    return f"did you mean {spell(near[0])}?" if near else otherwise
