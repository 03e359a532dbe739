"""Contexts by pattern: which of them are meant."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from fluxstatus.base.plurals import listed

_NAMED = 10  # contexts that a message names


class SelectionError(Exception):
    """No such cluster; the text says what there is, and is a usage error."""


def matching(names: Sequence[str], patterns: Sequence[str], *, known: bool = True) -> list[str]:
    """Return those of *names* that *patterns* match, and none that begins with "!" excludes.

    Raises SelectionError for a pattern that matches nothing, if all names are *known*.
    """
    included = [one for one in patterns if not one.startswith("!")]
    excluded = [one.removeprefix("!") for one in patterns if one.startswith("!")]
    for pattern in (*included, *excluded):
        if known and not any(fnmatchcase(name, pattern) for name in names):
            raise SelectionError(f"no context matches {pattern!r}; {there_are(names)}")
    return [
        name
        for name in names
        if (not included or any(fnmatchcase(name, one) for one in included))
        and not any(fnmatchcase(name, one) for one in excluded)
    ]


def there_are(names: Sequence[str]) -> str:
    """Return the sentence that lists *names*, the contexts."""
    return (
        f"the contexts are {listed(names, _NAMED)}" if names else ("the kubeconfig has no contexts")
    )
