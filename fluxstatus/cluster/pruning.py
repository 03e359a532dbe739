"""Reducing objects to the fields that are used: every object that is kept passes through here.

An allow-list, so that an unexpected field is never kept: no Secret, no value of an environment
variable, no data of a ConfigMap, no Helm values, no manifests, no managedFields (kept_fields.py).
Credentials in the remaining texts are masked (masking.py). A few facts from fields that are dropped
are kept as metadata: names and times, never a value (dropped.py).
"""

from collections.abc import Iterable
from sys import intern
from typing import Any

from fluxstatus.base.fields import NESTED, map_of, maps_of, text_of
from fluxstatus.base.masking import SHORT, mask, may_hold_one
from fluxstatus.cluster.dropped import applied_as, facts_of, manager_of
from fluxstatus.cluster.kept_fields import (
    ANNOTATIONS,
    ARGUMENTS,
    DEPLOYMENT,
    EMPTY_IF_MISSING,
    FLUX,
    ONLY_WHETHER,
    POD,
    SHAPES,
    Shape,
)
from fluxstatus.cluster.last_words import last_words
from fluxstatus.model.evidence import Object
from fluxstatus.model.inventory import ids_in, pack
from fluxstatus.model.kinds import SUSPEND_ANNOTATIONS

_NAMING = frozenset(
    {"name", "namespace", "uid", "kind", "apiVersion", "creationTimestamp", "deletionTimestamp",
     "lastTransitionTime", "firstTimestamp", "lastTimestamp", "eventTime"}
)  # fmt: skip
"""Fields whose format the API server validates, such as names, numbers and times. They cannot hold
a credential."""

_REPEATED = frozenset({"namespace", "kind", "apiVersion"})
"""The fields among these that have the same value in many objects."""

_HISTORY = 5  # entries of a status.history


def prune(query: str, item: Object) -> Object:
    """Return what is kept of *item*, an object in the answer to *query* (see queries.py).

    Facts from dropped fields are added to the metadata. Of every object: `changedAt` and
    `suspendedAt`, when the spec and what suspends it (spec.suspend or an annotation) were last
    written, and `suspendedBy`, the managers of the latter. Of an object with an inventory:
    `appliedAs`, its alpha and beta API versions with their kinds. For the rest see `facts_of`.
    """
    resource = query.partition("/")[0]
    shape = SHAPES.get(resource, FLUX)
    kept = _keep(item, shape)
    if not isinstance(kept, dict):
        return {}
    for name in ("apiVersion", "kind"):
        if isinstance(item.get(name), str):
            kept[name] = item[name]
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        managed = maps_of(item["metadata"].get("managedFields"))
        _keep_from_metadata(metadata, item, managed)
        if facts := facts_of(resource, item, managed):
            metadata |= facts
    if shape is FLUX:
        _keep_of_flux(kept, item)
    if shape is DEPLOYMENT:
        _keep_arguments(kept)
    if shape is POD:
        _keep_from_pod(kept)
    return kept


def _keep(value: Any, shape: Shape) -> Any:
    """Return what *shape* keeps of *value*, as json has parsed it: in no subclass of a type."""
    kind = type(value)
    if kind is str:
        return mask(value) if may_hold_one(value) else value
    if kind is list:
        # No field that is kept is a list of lists, and lists may be nested to any depth.
        return [_keep(entry, shape) for entry in value if type(entry) is not list]
    if kind is not dict:
        return value
    if shape is None:
        return {
            key: mask(entry) if type(entry) is str and may_hold_one(entry) else entry
            for key, entry in value.items()
            if type(entry) not in NESTED
        }
    kept = {}
    for key, entry in value.items():  # the one hot loop: half a million fields in a large cluster
        if key not in shape:
            continue
        name, kind = intern(key), type(entry)  # interned: else each object has its own copy
        if kind is str:
            if key in _NAMING:
                kept[name] = intern(entry) if key in _REPEATED else entry
            else:
                may_hold = len(entry) > SHORT or may_hold_one(entry)
                kept[name] = mask(entry) if may_hold else intern(entry)
        elif kind is dict or kind is list:
            kept[name] = _keep(entry, shape[key])
        else:
            kept[name] = entry
    return kept


def _keep_from_metadata(kept: Object, item: Object, managed: Iterable[Object]) -> None:
    """Keep Flux's annotations, and facts from the *managed* fields of *item*."""
    annotations = item["metadata"].get("annotations")
    if isinstance(annotations, dict):
        known = {k: _keep(v, {}) for k, v in annotations.items() if k.startswith(ANNOTATIONS)}
        if known:
            kept["annotations"] = known
    for entry in managed:
        if entry.get("subresource"):
            continue
        fields, when = entry.get("fieldsV1"), entry.get("time")
        if not isinstance(fields, dict) or not isinstance(when, str):
            continue
        spec = map_of(fields.get("f:spec"))
        if spec:
            kept["changedAt"] = max(when, kept.get("changedAt", ""))
        if "f:suspend" in spec or ("annotations" in kept and _switches(item, fields)):
            kept["suspendedAt"] = max(when, kept.get("suspendedAt", ""))
            kept["suspendedBy"] = sorted({*kept.get("suspendedBy", ()), manager_of(entry)} - {""})


def _switches(item: Object, fields: Object) -> bool:
    """Return whether the annotation that suspends *item* is among these of its managed fields.

    That of another group does something else, such as freezing an object of a ResourceSet.
    """
    metadata, version = fields.get("f:metadata"), item.get("apiVersion")
    annotations = metadata.get("f:annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or not isinstance(version, str):
        return False
    switch = f"{version.partition('/')[0]}/reconcile"
    return switch in SUSPEND_ANNOTATIONS and f"f:{switch}" in annotations


def _keep_of_flux(kept: Object, item: Object) -> None:
    """Keep the newest history, the inventory, and of some fields only that they are there."""
    spec, status = kept.get("spec"), kept.get("status")
    if isinstance(status, dict):
        if isinstance(status.get("history"), list):
            status["history"] = status["history"][:_HISTORY]
        if "inventory" in item["status"]:
            _keep_inventory(kept, item)
    if not isinstance(spec, dict):
        return
    if not ONLY_WHETHER.isdisjoint(spec):
        spec |= dict.fromkeys(ONLY_WHETHER & spec.keys(), True)
    for name, field in EMPTY_IF_MISSING:
        if type(outer := spec.get(name)) is dict:
            outer.setdefault(field, {})
    if kept.get("kind") == "Receiver":
        spec.setdefault("events", [])  # for the same reason


def _keep_inventory(kept: Object, item: Object) -> None:
    """Keep the names of what *item* made, as one text, and its unstable API versions."""
    ids, metadata = ids_in(item["status"]["inventory"]), kept.get("metadata")
    if ids is not None:
        kept["status"]["inventory"] = pack(ids)
    if isinstance(metadata, dict) and (versions := applied_as(item)):
        metadata["appliedAs"] = versions


def _keep_arguments(deployment: Object) -> None:
    try:
        pod = deployment["spec"]["template"]["spec"]
        containers = pod["containers"]
    except (KeyError, TypeError):
        return
    pod["containers"] = [c for c in containers if isinstance(c, dict)] if isinstance(
        containers, list
    ) else []  # fmt: skip
    for container in pod["containers"]:
        args = container.get("args")
        container["args"] = [
            arg for arg in args if isinstance(arg, str) and arg.startswith(ARGUMENTS)
        ] if isinstance(args, list) else []  # fmt: skip


def _keep_from_pod(pod: Object) -> None:
    """Drop volumes without a claim, and all but one line of a container's log text."""
    spec, status = pod.get("spec"), pod.get("status")
    volumes = spec.get("volumes") if isinstance(spec, dict) else None
    if isinstance(spec, dict) and isinstance(volumes, list):
        spec["volumes"] = [volume for volume in volumes if volume]
        if not spec["volumes"]:
            del spec["volumes"]
    for name in ("containerStatuses", "initContainerStatuses"):
        containers = status.get(name) if isinstance(status, dict) else None
        for container in containers if isinstance(containers, list) else ():
            for state in ("state", "lastState") if isinstance(container, dict) else ():
                ended = container[state] if isinstance(container.get(state), dict) else {}
                ended = ended.get("terminated")
                if isinstance(ended, dict) and isinstance(ended.get("message"), str):
                    ended["message"] = last_words(ended["message"], text_of(ended.get("reason")))
