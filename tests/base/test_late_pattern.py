"""Patterns that are compiled late: as compiled ones, and compiled once."""

import re
from typing import Any

import pytest

from fluxstatus.base.late_pattern import late_pattern


def test_it_has_what_a_compiled_one_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its methods and attributes are those of re.compile, which is called once, on first use."""
    sources, real = list[object](), re.compile

    def compiled(*source: Any) -> Any:
        sources.append(source)
        return real(*source)

    monkeypatch.setattr(re, "compile", compiled)
    late = late_pattern(r"(?P<word>b)+", re.IGNORECASE)
    assert sources == []
    found = [late.search("aB"), late.search("ab")]
    assert [one and one["word"] for one in found] == ["B", "b"]
    assert late.sub("c", "aBb") == "ac"
    assert late.fullmatch("ab") is None
    assert dict(late.groupindex) == {"word": 1}
    assert late.flags & re.IGNORECASE
    assert sources == [(r"(?P<word>b)+", re.IGNORECASE)]
    with pytest.raises(AttributeError):
        late.no_such_method  # type: ignore[attr-defined]  # noqa: B018


def test_a_wrong_pattern_is_found_on_use() -> None:
    """It raises what re.compile raises."""
    late = late_pattern("(")
    with pytest.raises(re.error):
        late.search("")
