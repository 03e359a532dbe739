"""The versions as text and as JSON."""

from collections.abc import Sequence
from dataclasses import replace

from fluxstatus.base.visible import visible
from fluxstatus.commands.versions.inventory import Part, Role
from fluxstatus.commands.versions.skew import STEP_ID, compare, pairs_of
from fluxstatus.model.findings import Finding
from fluxstatus.report.as_json import finding_json, time_json, versioned
from fluxstatus.report.as_text import put_finding
from fluxstatus.report.layout import Cell, Page
from fluxstatus.report.look import Look
from fluxstatus.report.secrets import unread_json
from fluxstatus.report.sentences import word_of
from fluxstatus.report.terminal import columns
from fluxstatus.state.state import State

_GAP = 2


def noted(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return *parts* with a note at each CLI on how it compares with the cluster."""
    words = {client.name: compare(client, other) for client, other in pairs_of(parts)}
    return tuple(
        replace(part, note=words.get(part.name, "")) if part.role is Role.CLIENT else part
        for part in parts
    )


def as_text(state: State, parts: Sequence[Part], findings: Sequence[Finding], look: Look) -> str:
    """Return a line for each part, then the findings on skew."""
    page = Page(look, map(word_of, findings), [STEP_ID])
    if context := state.evidence.target.context:
        page.put(f"context {context}")
        page.gap()
    names = [visible(part.name, ascii_only=look.ascii) for part in parts]
    versions = [visible(_version(part), ascii_only=look.ascii) for part in parts]
    widths = [max(map(columns, words)) + _GAP for words in (names, versions)]
    is_client = True
    for part, name, version in zip(parts, names, versions, strict=True):
        if is_client and part.role is not Role.CLIENT and part is not parts[0]:
            page.gap()
        is_client = part.role is Role.CLIENT
        text = ", ".join(filter(None, (part.unread.text if part.unread else "", part.note)))
        where = part.where if look.everything or not (text or is_client) else ""
        line = " · ".join(filter(None, (text, where)))
        page.put(line, Cell(name, widths[0]), Cell(version, widths[1]))
    if findings:
        page.gap()
    for finding in findings:
        put_finding(page, finding, state.now)
    return "\n".join(page.lines) + "\n"


def _version(part: Part) -> str:
    return part.version or ("unknown" if part.unknown else "none")


def as_json(state: State, parts: Sequence[Part], findings: Sequence[Finding]) -> str:
    """Return the versions and findings as a JSON document; every key is always present."""
    document = {
        "takenAt": time_json(state.now),
        "context": state.evidence.target.context,
        "parts": [
            {
                "name": part.name,
                "role": part.role,
                "version": part.version,
                "where": part.where,
                "note": part.note,
                "unread": unread_json(part.unread),
            }
            for part in parts
        ],
        "findings": [finding_json(finding) for finding in findings],
    }
    return versioned(document)
