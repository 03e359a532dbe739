"""The formats of a Report. A renderer returns text; only the caller prints."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Literal, TypeAlias

from fluxstatus.model.findings import Report
from fluxstatus.report.look import Look

__all__ = [
    "RENDER",
    "CheckFormat",
    "FleetFormat",
    "Format",
    "ListFormat",
    "Look",
    "ReportFormat",
    "TableFormat",
    "TreeFormat",
]


class Format(StrEnum):
    """All output formats (`-o`). A command offers some of them."""

    TEXT = "text"
    TABLE = "table"
    WIDE = "wide"
    TREE = "tree"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"
    MERMAID = "mermaid"
    DOT = "dot"
    JUNIT = "junit"
    MARKDOWN = "markdown"
    HTML = "html"
    METRICS = "metrics"
    GITHUB = "github"
    JSON_LINES = "jsonl"


ReportFormat: TypeAlias = Literal[Format.TEXT, Format.JSON]
CheckFormat: TypeAlias = Literal[
    Format.TEXT,
    Format.WIDE,
    Format.JSON,
    Format.YAML,
    Format.JUNIT,
    Format.MARKDOWN,
    Format.HTML,
    Format.METRICS,
    Format.GITHUB,
]
FleetFormat: TypeAlias = Literal[
    Format.TEXT,
    Format.JSON,
    Format.JSON_LINES,
    Format.YAML,
    Format.JUNIT,
    Format.MARKDOWN,
    Format.HTML,
    Format.METRICS,
    Format.GITHUB,
]
TableFormat: TypeAlias = Literal[Format.TABLE, Format.WIDE, Format.JSON, Format.YAML]
ListFormat: TypeAlias = Literal[Format.TABLE, Format.WIDE, Format.JSON, Format.YAML, Format.NAME]
TreeFormat: TypeAlias = Literal[Format.TREE, Format.JSON, Format.MERMAID, Format.DOT]


def _by(module: str, brief: str = "") -> Callable[[Report, Look], str]:
    def render(report: Report, look: Look) -> str:
        name = brief if brief and look.brief else module
        text: str = import_module(f"fluxstatus.report.{name}").render(report, look)
        return text

    return render


RENDER: Mapping[CheckFormat, Callable[[Report, Look], str]] = {
    Format.TEXT: _by("as_text"),
    Format.WIDE: _by("as_text"),
    Format.JSON: _by("as_json", brief="as_brief_json"),
    Format.YAML: _by("as_yaml"),
    Format.JUNIT: _by("as_junit"),
    Format.MARKDOWN: _by("as_markdown"),
    Format.HTML: _by("as_html"),
    Format.METRICS: _by("as_metrics"),
    Format.GITHUB: _by("as_github"),
}
"""The renderers of a report by format. Each is imported when it is used."""
