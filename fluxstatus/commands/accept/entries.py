"""Entries of a list of accepted faults, as TOML and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from fluxstatus.base.quoting import yaml_string
from fluxstatus.base.visible import visible
from fluxstatus.model.findings import Past
from fluxstatus.model.ref import Ref
from fluxstatus.report.as_json import versioned

_SPECIAL = str.maketrans({char: f"[{char}]" for char in "*?["})
"""The special characters of a pattern, each with a pattern that matches only that character."""


def as_toml(faults: Iterable[Past], reason: str, until: date, contexts: Sequence[str]) -> str:
    """Return entries for *faults*, below a comment for each, to append to a file."""
    lines = [line for fault in faults for line in _toml_of(fault, reason, until, contexts)]
    return "\n".join(lines) + "\n"


def _toml_of(fault: Past, reason: str, until: date, contexts: Sequence[str]) -> Iterator[str]:
    yield f"# {visible(fault.title)}"
    for match in _matches(fault):
        yield "[[accept]]"
        yield from (f"{key} = {yaml_string(value)}" for key, value in match.items())
        if contexts:
            yield f"contexts = [{', '.join(map(yaml_string, contexts))}]"
        yield f"reason = {yaml_string(reason)}"
        yield f"until = {until}"
        yield ""


def as_json(faults: Iterable[Past], reason: str, until: date, contexts: Sequence[str]) -> str:
    """Return a list with entries for *faults*."""
    rest: dict[str, Any] = {"contexts": list(contexts)} if contexts else {}
    rest |= {"reason": reason, "until": f"{until}"}
    return versioned({"accept": [match | rest for fault in faults for match in _matches(fault)]})


def _matches(fault: Past) -> Iterator[dict[str, str]]:
    """Yield what matches *fault*: its code, with each of its objects.

    Advice may be about thousands of objects, and is accepted for all of them.
    """
    code = {"code": fault.code.translate(_SPECIAL)}
    objects = fault.objects if fault.category == "fault" else ()
    for ref in objects:
        yield {"object": _pattern(ref), **code}
    if not objects:
        yield code


def _pattern(ref: Ref) -> str:
    return "/".join(part.translate(_SPECIAL) for part in ref.key if part)
