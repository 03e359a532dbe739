"""The formats of a Report. A renderer returns text; only the caller prints."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module

from fluxstatus.model.findings import Report
from fluxstatus.report.look import Look

__all__ = ["RENDER", "Format", "Look"]


class Format(StrEnum):
    """The formats of a report (`-o`)."""

    TEXT = "text"
    JSON = "json"


def _by(module: str) -> Callable[[Report, Look], str]:
    def render(report: Report, look: Look) -> str:
        text: str = import_module(f"fluxstatus.report.{module}").render(report, look)
        return text

    return render


RENDER: Mapping[Format, Callable[[Report, Look], str]] = {
    Format.TEXT: _by("as_text"),
    Format.JSON: _by("as_json"),
}
"""The renderer of each format, which is imported when it is used."""
