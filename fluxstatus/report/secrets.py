"""The Secrets that an object refers to, as text or as JSON."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fluxstatus.model.evidence import Unread
from fluxstatus.report.as_json import finding_json, ref_json
from fluxstatus.report.as_text import put_finding
from fluxstatus.report.layout import Page, put_pairs
from fluxstatus.report.sentences import word_of

if TYPE_CHECKING:
    from fluxstatus.lookup.credentials.inspect import Credential


def words_in(found: "Iterable[Credential]") -> Iterator[tuple[str, str]]:
    """Yield the level and the step of each piece of advice on the Secrets in *found*."""
    for one in found:
        for finding in one.advice:
            yield word_of(finding), finding.step


def put_secret(page: Page, one: "Credential", now: datetime) -> None:
    """Add the details of a Secret, and then the advice on it."""
    put_pairs(page, title_of(one), list(rows_of(one)))
    for finding in one.advice:
        put_finding(page, finding, now)


def title_of(one: "Credential") -> str:
    """Return the heading of a Secret: its name, and the field and the object that refer to it."""
    return f"Secret {one.namespace}/{one.name}, {one.path} of {one.user}"


def rows_of(one: "Credential") -> Iterator[tuple[str, str]]:
    """Yield the details of a Secret as (name, text), the problems first."""
    for problem in one.problems:
        yield "problem", problem
    for note in one.notes:
        yield "note", note
    yield from unread_rows(one.unread)
    if one.type:
        yield "type", one.type
        yield "keys", ", ".join(map(str, one.keys)) or "none"


def unread_rows(unread: Unread | None) -> Iterator[tuple[str, str]]:
    """Yield why data could not be read, and the missing permission."""
    if unread:
        yield f"{unread.why}", unread.full_text


def json_of(one: "Credential") -> dict[str, Any]:
    """Return the details of a Secret as JSON."""
    return {
        "secret": {"namespace": one.namespace, "name": one.name},
        "user": ref_json(one.user),
        "path": one.path,
        "type": one.type,
        "keys": [{"name": key.name, "facts": key.shown()} for key in one.keys],
        "troubles": list(one.problems),
        "notes": list(one.notes),
        "habits": [finding_json(finding) for finding in one.advice],
        "unread": unread_json(one.unread),
    }


def unread_json(unread: Unread | None) -> dict[str, str] | None:
    """Return as JSON why data could not be read, or None if it was read."""
    return {"why": unread.why, "text": unread.text, "rule": unread.permission} if unread else None
