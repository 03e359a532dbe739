"""The verdict on an object, as `get -o json` adds it to the list of the objects."""

from typing import TYPE_CHECKING, Any

from fluxstatus.commands.get.rows import Row, cell
from fluxstatus.report.as_json import object_json, time_json
from fluxstatus.state.resource import Verdict

if TYPE_CHECKING:
    from fluxstatus.causes.cause import Cause


def verdict_json(row: Row) -> dict[str, Any]:
    """Return what the columns of a list say of *row*, with whole revisions.

    Unknown values are an empty string or null. `waitsFor` are the faults of other objects that it
    waits for, as far as they were read for the list.
    """
    resource = row.resource
    return {
        "object": object_json(resource.ref),
        "ready": row.ready,
        "verdict": Verdict.FAILED.value if row.failing else resource.verdict.value,
        "suspended": resource.suspended,
        "stale": row.is_stale,
        "since": time_json(row.since),
        "wanted": cell(row, "WANTED", with_kind=False, whole=True),
        "applied": cell(row, "APPLIED", with_kind=False, whole=True),
        "message": row.message(),
        "waitsFor": [_cause(cause) for cause in row.waits_for],
    }


def _cause(cause: "Cause") -> dict[str, Any]:
    diagnosis = cause.fault.diagnosis
    return {"object": object_json(cause.ref), "code": diagnosis.code, "why": diagnosis.why}
