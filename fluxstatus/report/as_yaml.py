"""A report as the YAML of its JSON document."""

from fluxstatus.model.findings import Report
from fluxstatus.report.as_json import VERSION, document
from fluxstatus.report.look import Look
from fluxstatus.report.yaml import yaml_of


def render(report: Report, look: Look) -> str:
    """Return *report* as YAML with the keys of the JSON document in its order."""
    found = {"schemaVersion": VERSION, **document(report, everything=look.everything)}
    return yaml_of(found, is_sorted=False)
