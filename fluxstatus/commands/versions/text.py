"""The versions as text and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fluxstatus.base.visible import visible
from fluxstatus.commands.versions.inventory import Part, Role
from fluxstatus.commands.versions.skew import SAME, STEP_ID, compare, pairs_of
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
    """Return the versions in the cluster, then the local CLIs, then the findings on skew.

    Parts of which there is nothing more to say share a line.
    """
    page = Page(look, map(word_of, findings), [STEP_ID])
    if context := state.evidence.target.context:
        page.put(f"context {context}")
        page.gap()
    cluster = [part for part in parts if part.role is not Role.CLIENT]
    local = [part for part in parts if part.role is Role.CLIENT]
    groups = [list(_rows(group, look)) for group in (cluster, local) if group]
    rows = [row for group in groups for row in group]
    widths = [max(columns(row[column]) for row in rows) + _GAP for column in (0, 1)]
    for group in groups:
        if group is not groups[0]:
            page.gap()
        for name, version, text in group:
            page.put(text, Cell(name, widths[0]), Cell(version, widths[1]))
    if findings:
        page.gap()
    for finding in findings:
        put_finding(page, finding, state.now)
    return "\n".join(page.lines) + "\n"


def _rows(parts: Sequence[Part], look: Look) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the version and the text of each line about *parts*."""
    release = next((one.version for one in parts if one.role is Role.DISTRIBUTION), "")
    of_release = [one for one in parts if one.note == f"of Flux {release}"]
    matching = [one for one in parts if one.note.startswith(SAME)]
    plain = {
        Role.CONTROLLER: ("controllers", release, of_release),
        Role.CLIENT: ("local CLIs", "same", matching),
    }
    for part in parts:
        name, version, alike = plain.get(part.role, ("", "", []))
        if look.everything or part not in alike or len(alike) == 1:
            words = (visible(one, ascii_only=look.ascii) for one in (part.name, _version(part)))
            yield next(words), next(words), _text(part, look)
        elif part is alike[0]:
            yield name, version, ", ".join(f"{one.name} {one.version}" for one in alike)


def _text(part: Part, look: Look) -> str:
    """Return what is said about *part* alone."""
    text = ", ".join(filter(None, (part.unread.text if part.unread else "", part.note)))
    where = part.where if look.everything or not (text or part.role is Role.CLIENT) else ""
    return " · ".join(filter(None, (text, where)))


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
