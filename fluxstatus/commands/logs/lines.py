"""A line of a log as text or JSON."""

from datetime import UTC

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.base.visible import visible
from fluxstatus.lookup.log import LogLine
from fluxstatus.report.terminal import painted

_STYLES = {"error": "fail"}


def as_json(line: LogLine) -> str:
    """Return *line* as the controller wrote it, without credentials."""
    return visible(mask(line.raw))


def as_text(line: LogLine, *, color: bool) -> str:
    """Return *line* as text: time, level, controller, object and message."""
    if not line.entry:
        return f"{line.controller}: {visible(mask(line.raw))}"
    level = visible(text_of(line.entry.get("level")) or "-")
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if line.at else "-"
    shown = painted(level, _STYLES.get(level, "")) if color else level
    parts = (at, shown, line.controller, visible(_object(line)), "-", visible(line.text))
    return " ".join(part for part in parts if part)


def _object(line: LogLine) -> str:
    """Return the object that *line* is about, as KIND/NAMESPACE/NAME."""
    named = map_of(line.entry.get(line.kind)) or line.entry
    namespace, name = text_of(named.get("namespace")), text_of(named.get("name"))
    if not (line.kind and name):
        return ""
    return "/".join(part for part in (line.kind, namespace, name) if part)
