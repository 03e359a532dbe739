"""Put a recorded cluster into a real one, as if it had just been recorded."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fluxstatus.model.evidence import Evidence

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_KEPT_BY_US = ("changedAt", "suspendedAt", "suspendedBy", "writtenAs", "writers", "webVariables",
                "appliedAs", "templateFields")  # fmt: skip
"""What the product adds to an object's metadata; the API has no such fields."""


def objects(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Yield each object of *evidence* once, its times moved so that it was recorded now."""
    by = datetime.now(UTC) - evidence.taken_at
    seen = set()
    for answer in evidence.answers.values():
        for item in answer.known:
            metadata = {k: v for k, v in item["metadata"].items() if k not in _KEPT_BY_US}
            key = (item["kind"], metadata.get("namespace"), metadata["name"])
            if key not in seen:
                seen.add(key)
                yield _moved({**_with_containers(item), "metadata": metadata}, by)


def _with_containers(item: dict[str, Any]) -> dict[str, Any]:
    """Return a Pod its containers back, by their statuses: kubectl cannot do without."""
    if item["kind"] != "Pod":
        return item
    statuses = item.get("status", {}).get("containerStatuses") or [{"name": "none", "image": ""}]
    containers = [{"name": status["name"], "image": status["image"]} for status in statuses]
    return {**item, "spec": {**item.get("spec", {}), "containers": containers}}


def namespaces(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the Namespaces that the objects of *evidence* are in."""
    found = {
        item["metadata"]["namespace"]
        for answer in evidence.answers.values()
        for item in answer.known
        if item["metadata"].get("namespace")
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in sorted(found)
    ]


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, str) and _TIME.fullmatch(value):
        fraction = ".%f" if "." in value else ""  # a MicroTime is read with, a Time without
        return (datetime.fromisoformat(value) + by).strftime(f"%Y-%m-%dT%H:%M:%S{fraction}Z")
    if isinstance(value, list):
        return [_moved(entry, by) for entry in value]
    if isinstance(value, dict):
        return {key: _moved(entry, by) for key, entry in value.items()}
    return value
