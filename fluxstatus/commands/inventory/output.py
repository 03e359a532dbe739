"""An inventory as a table, as documents and as sentences."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fluxstatus.base.plurals import counted, listed
from fluxstatus.commands.inventory.compare import Row, entries_of
from fluxstatus.commands.inventory.status import Status
from fluxstatus.model.ref import Ref
from fluxstatus.report import Format, Look
from fluxstatus.report.as_json import ref_json, versioned
from fluxstatus.report.table import Table
from fluxstatus.report.yaml import as_names, yaml_of
from fluxstatus.state.resource import Resource

_COUNTED = {
    Status.EXISTS: ("exists", "exist"),
    Status.GONE: ("is gone", "are gone"),
    Status.LEFT_BEHIND: ("is left behind", "are left behind"),
    Status.NOT_CHECKED: ("was not checked", "were not checked"),
    Status.UNKNOWN: ("is unknown", "are unknown"),
}
_NAMED = 3  # objects without an inventory


def table(
    rows: Iterable[Row], look: Look, *, header: bool, owner: bool, wide: bool, fitted: bool
) -> str:
    """Return *rows* as a table; *owner* adds the owner of each object, *wide* also its group."""
    columns = ["NAMESPACE", "KIND", *["GROUP"] * wide, "NAME", "STATUS"]
    columns += [*["OWNER"] * (owner or wide), "MESSAGE"]
    shown = Table(columns, look, header=header, fitted=fitted)
    return shown.lines([_cells(row)[column] for column in columns] for row in rows)


def _cells(row: Row) -> Mapping[str, str]:
    group, kind, namespace, name = row.object
    return {
        "NAMESPACE": namespace,
        "KIND": kind,
        "GROUP": group,
        "NAME": name,
        "STATUS": row.status,
        "OWNER": f"{row.owner.kind}/{row.owner.namespace}/{row.owner.name}",
        "MESSAGE": row.message,
    }


def notes(owners: Sequence[Resource], rows: Sequence[Row], where: str = "") -> Iterator[str]:
    """Yield the numbers of objects, and which of *owners* have no inventory.

    *where* are the namespaces if there is no owner in them.
    """
    count = Counter(row.status for row in rows)
    numbers = [
        f"{count[status]} {forms[count[status] > 1]}"
        for status, forms in _COUNTED.items()
        if count[status]
    ]
    made = f"{counted(len(rows), 'object')} of {counted(len(owners), 'owner')}{where}"
    yield f"{made}: {', '.join(numbers)}" if numbers else made
    without = [str(one.ref) for one in owners if entries_of(one) is None]
    if without:
        text = "has no inventory, so its" if len(without) == 1 else "have no inventory, so their"
        yield f"{listed(without, _NAMED)} {text} objects were not checked"


def _document(owners: Sequence[Resource], rows: Sequence[Row], chosen: Sequence[Row]) -> Any:
    count = Counter(row.status for row in rows)
    return {
        "summary": {status: count[status] for status in Status},
        "owners": [
            {**ref_json(one.ref), "hasInventory": entries_of(one) is not None} for one in owners
        ],
        "objects": [
            {
                **row.object._asdict(),
                "status": row.status,
                "message": row.message,
                "owner": ref_json(row.owner),
            }
            for row in chosen
        ],
    }


def _as_json(owners: Sequence[Resource], rows: Sequence[Row], chosen: Sequence[Row]) -> str:
    return versioned(_document(owners, rows, chosen))


def _as_yaml(owners: Sequence[Resource], rows: Sequence[Row], chosen: Sequence[Row]) -> str:
    return yaml_of(json.loads(_as_json(owners, rows, chosen)), is_sorted=False)


def _as_names(_: Sequence[Resource], __: Sequence[Row], chosen: Sequence[Row]) -> str:
    refs = (Ref(f"{o.group}/v1" if o.group else "v1", *o[1:]) for o in (r.object for r in chosen))
    items = (
        {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": {"name": ref.name}}
        for ref in refs
    )
    return "".join(as_names(items))


DOCUMENTS: Mapping[Format, Callable[[Sequence[Resource], Sequence[Row], Sequence[Row]], str]] = {
    Format.JSON: _as_json,
    Format.YAML: _as_yaml,
    Format.NAME: _as_names,
}
"""The renderers of owners, their objects and the selected ones of these, by format."""
