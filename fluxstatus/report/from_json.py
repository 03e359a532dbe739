"""What an earlier report saw, from its JSON."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fluxstatus.base.fields import is_deeper, map_of, maps_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.checks.since import View
from fluxstatus.model.evidence import Target
from fluxstatus.model.findings import Level, Past, Scope, Verdict
from fluxstatus.model.ref import Ref

_DEEPEST = 100
_VERSION = 2
_LIST = ("steps", "findings")
_ID = re.compile("[0-9a-f]{12}")


def view_in(data: bytes) -> View:
    """Return what the report in *data* saw.

    Raises ValueError if it is not a report that this release reads.
    """
    document = report_in(data)
    scope, target = map_of(document.get("scope")), map_of(document.get("target"))
    applying = tuple(map(ref_of, maps_of(scope.get("applying"))))
    acceptance = map_of(document.get("acceptance"))
    accepted = (map_of(one.get("finding")) for one in maps_of(acceptance.get("accepted")))
    findings = tuple(map(_past, maps_of(document["findings"])))
    fails = any(one.level is Level.FAIL and one.category == "fault" for one in findings)
    is_unreachable = fails and document.get("verdict") == Verdict.UNKNOWN  # in no other case
    steps = () if is_unreachable else maps_of(document["steps"])
    return View(
        _time(document.get("takenAt")),
        frozenset(text_of(one.get("id")) for one in steps),
        Scope(texts_of(scope.get("namespaces")), applying, texts_of(scope.get("skipped"))),
        findings,
        tuple(map(_past, accepted)),
        Target(context=text_of(target.get("context")), server=text_of(target.get("server"))),
    )


def report_in(data: bytes) -> dict[str, Any]:
    """Return the JSON of the report in *data*.

    Raises ValueError if it is not a report that this release reads.
    """
    return known(document_in(data))


def known(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document*. Raises ValueError if it is not a report that this release reads."""
    missing = [name for name in _LIST if not isinstance(document.get(name), list)]
    if document.get("schemaVersion") != _VERSION or missing:
        raise ValueError(f"is not a report in JSON (-o json) with schemaVersion {_VERSION}")
    return document


def document_in(data: bytes) -> dict[str, Any]:
    """Return the JSON object in *data*. Raises ValueError."""
    try:
        document = json.loads(data)
    except RecursionError as error:
        raise ValueError("is not a report: it is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"is not a report or is damaged: {error}") from error
    if not isinstance(document, dict) or is_deeper(document, _DEEPEST):
        raise ValueError("is not a report")
    return document


def _time(value: Any) -> datetime:
    try:
        when = datetime.fromisoformat(text_of(value))
    except ValueError as error:
        raise ValueError("is damaged: takenAt is not a time") from error
    return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)


def _past(found: dict[str, Any]) -> Past:
    try:
        level = Level(text_of(found.get("level")))
    except ValueError as error:
        raise ValueError(f"is damaged: {error}") from error
    if not _ID.fullmatch(name := text_of(found.get("id"))):
        raise ValueError("is damaged: a finding has no id")
    return Past(
        name,
        text_of(found.get("step")),
        text_of(found.get("code")),
        level,
        mask(text_of(found.get("title"))),  # the file may be from anyone
        tuple(map(ref_of, maps_of(found.get("objects")))),
        "habit" if found.get("class") == "habit" else "fault",
    )


def ref_of(found: Mapping[str, Any]) -> Ref:
    """Return the object that *found* names, as `object_json` writes it."""
    return Ref(*(text_of(found.get(name)) for name in ("apiVersion", "kind", "namespace", "name")))


def texts_of(value: Any) -> tuple[str, ...]:
    """Return the texts in *value* if it is a list, without empty ones."""
    return tuple(filter(None, map(text_of, value))) if isinstance(value, list) else ()
