"""The formats of a fleet, of its checks or of the plans for an upgrade."""

from collections.abc import Callable, Mapping
from typing import Any

from fluxstatus.commands.fleet.document import document, last_line
from fluxstatus.commands.fleet.fleet import Fleet
from fluxstatus.report import RENDER, CheckFormat, FleetFormat, Format, Look
from fluxstatus.report.as_json import versioned
from fluxstatus.report.whole import FLEET_VERSION


def text_of(fleet: Fleet, look: Look, *, fitted: bool = False) -> str:
    """Return *fleet* as text; *fitted* fits the table to the width of a terminal."""
    if fleet.upgrade_to:
        from fluxstatus.commands.fleet import upgrade  # noqa: PLC0415 - other formats do without

        return upgrade.as_text(fleet, look, fitted=fitted)
    from fluxstatus.commands.fleet.text import as_text  # noqa: PLC0415 - as above

    return as_text(fleet, look, fitted=fitted)


def _document(fleet: Fleet) -> dict[str, Any]:
    if fleet.upgrade_to:
        from fluxstatus.commands.fleet import upgrade  # noqa: PLC0415 - as above

        return upgrade.document(fleet)
    return document(fleet)


def _json(fleet: Fleet, _: Look) -> str:
    return versioned(_document(fleet), FLEET_VERSION)


def _yaml(fleet: Fleet, _: Look) -> str:
    from fluxstatus.report.yaml import yaml_of  # noqa: PLC0415 - as above

    return yaml_of({"schemaVersion": FLEET_VERSION, **_document(fleet)}, is_sorted=False)


def _metrics(fleet: Fleet, look: Look) -> str:
    from fluxstatus.report.as_metrics import render_all  # noqa: PLC0415 - as above

    return render_all([(one.name, one.known) for one in fleet.members], look)


def _as_report(form: CheckFormat) -> Callable[[Fleet, Look], str]:
    def render(fleet: Fleet, look: Look) -> str:
        from fluxstatus.commands.fleet.as_report import report_of_fleet  # noqa: PLC0415 - as above

        return RENDER[form](report_of_fleet(fleet), look)

    return render


FLEET: Mapping[FleetFormat, Callable[[Fleet, Look], str]] = {
    Format.TEXT: text_of,
    Format.JSON: _json,
    Format.JSON_LINES: lambda fleet, _: last_line(fleet),
    Format.YAML: _yaml,
    Format.JUNIT: _as_report(Format.JUNIT),
    Format.MARKDOWN: _as_report(Format.MARKDOWN),
    Format.HTML: _as_report(Format.HTML),
    Format.METRICS: _metrics,
    Format.GITHUB: _as_report(Format.GITHUB),
}
"""The renderers of a fleet; the lines of the clusters come before the one of `jsonl`."""


def rendered(fleet: Fleet, form: CheckFormat, look: Look) -> str:
    """Return *fleet* in a format of reports, for a file: `wide` is what `text` is."""
    return FLEET[Format.TEXT if form is Format.WIDE else form](fleet, look)
