"""A line of a controller's log: what it says, of what, and how it is told."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.lookup.log import is_about, kind_in
from fluxstatus.model.ref import Ref
from fluxstatus.report.terminal import painted, visible

_WORST = re.compile(r"(?:[EF]\d{4} |panic:|fatal error:|goroutine \d)")
"""How lines begin that are no JSON and bad news: klog's, and Go's own."""

_STYLES = {"error": "fail"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that a controller logged; `entry` is empty when it is no JSON object."""

    controller: str
    raw: str
    entry: dict[str, Any]

    @property
    def at(self) -> datetime | None:
        """When it was logged, None when it does not say."""
        return when(self.entry.get("ts"))

    @property
    def is_error(self) -> bool:
        """Whether it is bad news."""
        return self.entry.get("level") == "error" or bool(_WORST.match(self.raw))


def read(controller: str, raw: str) -> Line:
    """Read the line *raw* of *controller*."""
    entry: Any = None
    if raw.startswith("{"):
        try:
            entry = json.loads(raw)
        except (ValueError, RecursionError):
            entry = None
    return Line(controller, raw, entry if isinstance(entry, dict) else {})


def chosen(about: Ref | None, *, errors: bool) -> Callable[[Line], bool]:
    """Return what says whether a line is *about* an object, if one is asked for, and an error."""
    return lambda line: (
        (not errors or line.is_error)
        and (about is None or bool(line.entry and is_about(about, line.entry)))
    )


def as_json(line: Line) -> str:
    """Return *line* as the controller wrote it, without credentials."""
    return visible(mask(line.raw))


def as_text(line: Line, *, colour: bool) -> str:
    """Return *line* for people: when, how bad, who, of what, and the words."""
    if not line.entry:
        return f"{line.controller}: {visible(mask(line.raw))}"
    entry, level = line.entry, text_of(line.entry.get("level")) or "-"
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if line.at else "-"
    words = (text_of(entry.get("msg") or entry.get("message")), text_of(entry.get("error")))
    said = visible(mask(": ".join(word for word in words if word)))
    level = visible(level)
    shown = painted(level, _STYLES.get(level, "")) if colour else level
    return " ".join(filter(None, (at, shown, line.controller, visible(_of(entry)), "-", said)))


def _of(entry: dict[str, Any]) -> str:
    """Return the object that *entry* is about, as KIND/NAMESPACE/NAME."""
    kind = kind_in(entry)
    named = map_of(entry.get(kind)) or entry
    place = (text_of(named.get("namespace")), text_of(named.get("name")))
    return "/".join((kind, *filter(None, place))) if kind and place[1] else ""
