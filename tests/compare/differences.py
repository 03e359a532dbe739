"""Differences between two results; a difference that many cases share is reported once."""

import json
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple, TypeAlias

from tests.compare.runs import Result

Hunk: TypeAlias = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Where it was (stdout, stderr, exit code), the lines before and the lines after."""


class Group(NamedTuple):
    """A difference, and the command lines whose results have it."""

    hunk: Hunk
    cases: list[str]


def hunks(before: Result, after: Result) -> Iterator[Hunk]:
    """Yield what differs; of two JSON documents their values, each after its path."""
    if before.code != after.code:
        yield "exit code", (f"{before.code}",), (f"{after.code}",)
    for stream in ("stdout", "stderr"):
        texts = getattr(before, stream), getattr(after, stream)
        if texts[0] != texts[1]:
            old, new = _lines(*texts)
            for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
                if tag != "equal":
                    yield stream, tuple(old[i:j]), tuple(new[k:m])


def _lines(*texts: str) -> list[list[str]]:
    try:
        return [list(_values(json.loads(text), "")) for text in texts]
    except ValueError:
        return [text.split("\n") for text in texts]  # unlike splitlines, nothing is lost


def _values(value: Any, path: str) -> Iterator[str]:
    """Yield each value in *value* after its path; the lines of a text are values of their own.

    A path has no numbers: a diff finds which of several entries it is. Where an entry begins that
    has values of its own is a line, too.
    """
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _values(value[key], f"{path}.{key}")
    elif isinstance(value, list) and value:
        for entry in value:
            if isinstance(entry, dict | list):
                yield f"{path}[]"
            yield from _values(entry, f"{path}[]")
    else:
        for part in value.split("\n") if isinstance(value, str) else [value]:
            yield f"{path}: {json.dumps(part, ensure_ascii=False)}"


def grouped(found: Iterable[tuple[str, Hunk]]) -> list[Group]:
    """Return the differences, the most frequent first; *found* has each after its case."""
    groups: dict[Hunk, list[str]] = {}
    for case, hunk in found:
        groups.setdefault(hunk, []).append(case)
    return sorted((Group(*each) for each in groups.items()), key=lambda group: -len(group.cases))


def as_diff(group: Group) -> Iterator[str]:
    """Yield the lines that show a difference."""
    where, old, new = group.hunk
    yield f"@@ {where} of {len(group.cases)}, first: {group.cases[0]}"
    yield from (f"-{line}" for line in old)
    yield from (f"+{line}" for line in new)


def as_sentences(groups: Iterable[Group]) -> Iterator[str]:
    """Yield each change of words once, whatever the names around it, as old → new.

    Lines that were wrapped are joined first. Two hunks are the same change if the words that went
    and those that came are.
    """
    changes: dict[tuple[tuple[str, str], ...], list[Group]] = {}
    for group in groups:
        old, new = (" ".join(lines).split() for lines in group.hunk[1:])
        found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        change = tuple(
            (" ".join(old[i:j]), " ".join(new[k:m])) for tag, i, j, k, m in found if tag != "equal"
        )
        if change:  # else nothing but the wrapping differs
            changes.setdefault(change, []).append(group)
    counted = [(sum(len(one.cases) for one in found), found[0]) for found in changes.values()]
    for count, group in sorted(counted, key=lambda each: -each[0]):
        where, old_lines, new_lines = group.hunk
        yield f"{where} of {count}, first: {group.cases[0]}"
        yield f"    {' '.join(' '.join(old_lines).split()) or '(nothing)'}"
        yield f"  → {' '.join(' '.join(new_lines).split()) or '(nothing)'}"
