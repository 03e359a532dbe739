"""The clusters that are replayed, as snapshots: the project's, parts of them, and more on request.

A large state is cut into one for each namespace, with flux-system: replaying such a part takes a
tenth of the time. A small one is also damaged, as if one list could not be read, or only half.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias

from tests.compare.runs import ROOT
from tests.recorded import convert

Document: TypeAlias = dict[str, Any]
FLUX = "flux-system"
_LARGE = 20  # namespaces
_CLUSTERS = ("recorded/", "demo")  # what else the project has is small, and may be a lot


class Role(StrEnum):
    """What a state is, which decides how many command lines replay it."""

    LARGE = "large"  # a cluster that is cut into parts
    PART = "part"  # one namespace of it
    SMALL = "small"  # a cluster that is not cut
    DAMAGED = "damaged"  # that, and not all of it could be read
    FAULT = "fault"  # one of many that show one fault each


class State(NamedTuple):
    """A cluster, and the name of the file in which it will be."""

    name: str
    role: Role
    document: Document


def states(folders: Iterable[Path]) -> Iterator[State]:
    """Yield the states of the project and those in *folders*."""
    for name, document in (*_snapshots(ROOT / "tests"), *_snapshots(ROOT / "fluxstatus")):
        namespaces = {namespace_of(item) for _, item in items_of(document)}
        small = Role.SMALL if name.startswith(_CLUSTERS) else Role.FAULT
        role = Role.LARGE if len(namespaces) > _LARGE else small
        yield State(f"{name}.json", role, document)
        if role is Role.LARGE:
            for namespace in sorted(namespaces - {"", FLUX}):
                part = _only(document, {"", FLUX, namespace})
                yield State(f"{name}/{namespace}.json", Role.PART, part)
        if role is Role.SMALL:
            for how, damaged in _damaged(document):
                yield State(f"{name}/{how}.json", Role.DAMAGED, damaged)
    for folder in folders:
        with TemporaryDirectory() as converted:
            if (folder / "base" / "meta.json").exists():  # the lists of an API server
                convert.separately(folder, Path(converted))
            for name, document in (*_snapshots(folder), *_snapshots(Path(converted))):
                yield State(f"given/{folder.name}/{name}.json", Role.FAULT, document)


def items_of(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object in *document*, after the name of the list that it is in."""
    for question, answer in document["answers"].items():
        for item in answer["items"]:
            yield question, item


def namespace_of(item: dict[str, Any]) -> str:
    """Return the namespace of *item*, empty if it has none."""
    return str(item["metadata"].get("namespace", ""))


def _snapshots(folder: Path) -> Iterator[tuple[str, Document]]:
    for file in sorted(folder.rglob("*.json.gz")):
        document = json.loads(gzip.decompress(file.read_bytes()))
        if isinstance(document, dict) and document.get("format") == "flux-status-snapshot":
            yield str(file.relative_to(folder)).removesuffix(".json.gz"), document


def _only(document: Document, namespaces: set[str]) -> Document:
    answers = {
        question: {**answer, "items": [i for i in answer["items"] if namespace_of(i) in namespaces]}
        for question, answer in document["answers"].items()
    }
    return {**document, "answers": answers}


def _damaged(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield *document* with each list forbidden, or only half of it read, and with nothing."""
    reason = {"text": "this was made up", "rule": "list of something", "hints": []}
    for question, answer in document["answers"].items():
        half = answer["items"][: len(answer["items"]) // 2]
        why, items = ("timeout", half) if len(answer["items"]) % 2 else ("forbidden", [])
        lost = {**answer, "items": items, "unread": {**reason, "why": why}}
        answers = {**document["answers"], question: lost}
        yield f"{why}-{question.replace('/', '-')}", {**document, "answers": answers}
    nothing = {"unreachable": {**reason, "why": "unreachable"}, "served": None, "answers": {}}
    yield "unreachable", {**document, **nothing}
