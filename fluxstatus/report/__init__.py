"""The ways to show a Report. A renderer takes values and gives text; only the caller prints."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from fluxstatus.findings import Report
from fluxstatus.report import as_json, as_text
from fluxstatus.report.look import Look

__all__ = ["RENDER", "Format", "Look"]


class Format(StrEnum):
    """The formats of a report (`-o`)."""

    TEXT = "text"
    JSON = "json"


RENDER: Mapping[Format, Callable[[Report, Look], str]] = {
    Format.TEXT: as_text.render,
    Format.JSON: as_json.render,
}
