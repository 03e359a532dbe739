"""Regular expressions that are compiled when they are first used: most runs use only a few."""

import re
from functools import cached_property
from typing import Any


def late_pattern(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what re.compile returns, or what has the same methods and compiles on their first use.

    An invalid pattern raises re.error only then.
    """
    return _Late(pattern, flags)  # type: ignore[return-value]  # see __getattr__


class _Late:
    def __init__(self, pattern: str, flags: int) -> None:
        self._source = pattern, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        pattern, flags = self._source
        return re.compile(pattern, flags)

    def __getattr__(self, name: str) -> Any:
        """Return a method or an attribute of the compiled pattern, and keep it here."""
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found
