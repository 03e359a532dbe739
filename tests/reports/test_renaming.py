"""A state has the same causes whatever its objects and hosts are called.

Names are replaced everywhere: in metadata, references, labels, messages, pods and events.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.model.kinds import KINDS
from tests.builders import judge, with_known
from tests.conftest import RECORDED, ROOT
from tests.reports.score import CASES

FILES = (
    *sorted(RECORDED.glob("*.json.gz")),
    ROOT / "tests" / "lab" / "states.json.gz",
    *sorted(CASES.glob("*/snapshot.json.gz")),
)
WORDS = ("vault-sops-kubeconfig", "submodules-timeout-quota", "secret-token-denied")
"""Words that patterns look for. In turn, each is the word for all names of a state."""

_PRIVATE = re.compile(
    r"(?<=[/@ ])(?:[a-z0-9-]+\.)+(?:acme\.\w+|example(?:\.\w+)?|internal|invalid)\b(?!/v\d)"
)
"""A host of a domain that no rule knows, and not an API group."""

_LONGEST = 63  # characters of most names; a longer one is invalid, which is a fault of its own


@cache
def vocabulary() -> frozenset[str]:
    """Return all words of the product: a name that is one of them cannot be distinguished."""
    sources = (file.read_text(encoding="utf-8") for file in (ROOT / "fluxstatus").rglob("*.py"))
    return frozenset(re.findall(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", "\n".join(sources).lower()))


def named(value: Any) -> Iterator[str]:
    """Yield each name and namespace in *value*, of objects and references."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list | tuple):
            yield from named(inner)
        elif key in ("name", "namespace") and isinstance(inner, str):
            yield inner


def objects_in(evidence: Evidence) -> list[Object]:
    """Return the Flux objects in *evidence*."""
    return [item for kind in KINDS.values() for item in evidence.answer(kind.resource).known]


def names_in(objects: Iterable[Object]) -> list[str]:
    """Return the names in *objects* that can be replaced, the longest first.

    helm-controller calls a HelmChart NAMESPACE-NAME, so those names follow from others.
    """
    found = {name for item in objects for name in named(item)}
    places = [(one["metadata"].get("namespace"), one["metadata"]["name"]) for one in objects]
    found -= {f"{namespace}-{name}" for namespace, name in places} | vocabulary()
    fitting = [name for name in found if re.fullmatch(r"[a-z0-9-]{3,}", name)]
    return sorted(fitting, key=lambda name: (-len(name), name))


def letters(number: int) -> str:
    """Return a *number* as letters: no digits, which a generated name might have."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def renaming(evidence: Evidence, word: str) -> Callable[[str], str]:
    """Return a function that replaces the names and hosts of *evidence* in a text."""
    new = {
        name: f"{word}-{letters(number)}".ljust(len(name) * (len(name) > _LONGEST), "x")
        for number, name in enumerate(names_in(objects_in(evidence)))
    }
    pattern = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(new)})(?![A-Za-z0-9_])")
    hosts: dict[str, str] = {}

    def renamed(text: str) -> str:
        text = _PRIVATE.sub(
            lambda host: hosts.setdefault(host[0], f"{letters(len(hosts))}.{word}.example"), text
        )
        return pattern.sub(lambda name: new[name[0]], text) if new else text

    return renamed


def applied(change: Callable[[str], str], value: Any) -> Any:
    """Return *value* with each of its texts changed."""
    if isinstance(value, dict):
        return {key: applied(change, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(applied(change, inner) for inner in value)
    return change(value) if isinstance(value, str) else value


def renamed(evidence: Evidence, word: str) -> Evidence:
    """Return *evidence* with its names and hosts replaced."""
    change = renaming(evidence, word)
    answers = {
        query: replace(
            with_known(answer, applied(change, answer.known)),
            namespaces=applied(change, answer.namespaces),
        )
        for query, answer in evidence.answers.items()
    }
    return replace(evidence, answers=answers)


def codes(evidence: Evidence) -> Counter[tuple[str, str]]:
    """Return how often each code is reported, and at which level."""
    return Counter((f.level.value, str(f.code)) for f in judge(evidence).findings)


@pytest.mark.parametrize(
    ("file", "word"),
    list(zip(FILES, cycle(WORDS), strict=False)),
    ids=[f"{file.parent.name}/{file.name}" for file in FILES],
)
def test_other_names_have_the_same_codes(file: Path, word: str) -> None:
    """With words of messages in all names and hosts, the codes are those of the original state."""
    known = snapshot.load(file)
    assert codes(renamed(known, word)) == codes(known)


def test_names_are_replaced() -> None:
    """Most names in the zoo are other ones afterwards, so that the test above tests something."""
    names = [{*named(item)} for item in objects_in(renamed(snapshot.load(FILES[-1]), "vault"))]
    replaced = [name for one in names for name in one if "vault" in name]
    assert len(replaced) > len(names)
