"""How an object of any kind stands: by Flux's verdict, by what its kind says, by its conditions.

After kstatus (fluxcd/cli-utils pkg/kstatus/status), which Flux's own health checks go by.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.pods import is_ready, problem_of_pod
from fluxstatus.state.resource import BROKEN, HEALTHY, Resource


class Health(NamedTuple):
    """How something stands, in words; `well` is None when it is on its way or not known.

    `unread` is why it could not be looked at, if that is so.
    """

    well: bool | None
    text: str
    unread: Unread | None = None


def health_of(item: Object | Unread | None, now: datetime) -> Health:
    """Say how *item* stands; None is an object that there is not."""
    if item is None:
        return Health(well=False, text="does not exist")
    if isinstance(item, Unread):
        return Health(well=None, text=f"is not looked at: {item.text}", unread=item)
    kind, group = text_of(item.get("kind")), text_of(item.get("apiVersion")).partition("/")[0]
    if kind in KINDS and KINDS[kind].group == group:
        return of_resource(judged(item, now))
    if map_of(item.get("metadata")).get("deletionTimestamp"):
        return Health(well=None, text="is being deleted")
    status = map_of(item.get("status"))
    own = _OWN.get(kind)
    return (own(item, status) if own else None) or _by_conditions(item, status)


def judged(item: Object, now: datetime) -> Resource:
    """Judge *item*, an object of Flux."""
    kind = KINDS[text_of(item.get("kind"))]
    return Resource(kind, prune(kind.resource, item), now)


def of_resource(resource: Resource) -> Health:
    """Say how an object of Flux stands."""
    verdict = resource.verdict
    well = True if verdict in HEALTHY else False if verdict in BROKEN else None
    said = "" if well else resource.message
    word = "has no status" if verdict == "static" else verdict.value
    return Health(well, f"{word}: {said}" if said else word)


def _replicas(item: Object, status: Object) -> Health | None:
    spec = map_of(item.get("spec"))
    wanted = spec.get("replicas", status.get("desiredNumberScheduled", 1))
    ready = status.get("readyReplicas", status.get("numberReady", 0))
    if _is_behind(item, status):
        return None
    if not (isinstance(wanted, int) and isinstance(ready, int)):
        return None
    stuck = _condition(status, "Progressing")
    failed = stuck.get("status") == "False" or _condition(status, "ReplicaFailure")
    text = f"{ready} of {wanted} ready"
    if ready >= wanted:
        return Health(well=True, text=text)
    said = mask(text_of(stuck.get("message"))) if failed else ""
    return Health(well=False if failed or not ready else None, text=f"{text}: {said}".rstrip(": "))


def _pod(item: Object, status: Object) -> Health:
    problem = problem_of_pod(item)
    if problem is None:
        return Health(
            well=True, text="runs and is ready" if is_ready(item) else "has done its work"
        )
    young = problem.code == "not-ready" and text_of(status.get("phase")) == "Pending"
    return Health(well=None if young else False, text=problem.text)


def _job(_: Object, status: Object) -> Health:
    for name, well in (("Failed", False), ("Complete", True)):
        condition = _condition(status, name)
        if condition.get("status") == "True":
            said = text_of(condition.get("message"))
            return Health(well, f"{name.lower()}: {said}" if said and not well else name.lower())
    return Health(well=None, text="is at work")


def _phase(_: Object, status: Object) -> Health | None:
    phase = text_of(status.get("phase"))
    return Health(well=phase in ("Bound", "Active"), text=phase) if phase else None


_OWN: Mapping[str, Callable[[Object, Object], Health | None]] = {
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"), _replicas),
    **dict.fromkeys(("PersistentVolumeClaim", "PersistentVolume", "Namespace"), _phase),
    "Pod": _pod,
    "Job": _job,
}


def _by_conditions(item: Object, status: Object) -> Health:
    if _is_behind(item, status):
        return Health(well=None, text="its status is about an older generation")
    stalled = _condition(status, "Stalled")
    if stalled.get("status") == "True":
        return Health(well=False, text=_said("stalled", stalled))
    for name in ("Ready", "Available", "Established"):
        condition = _condition(status, name)
        if condition:
            state = text_of(condition.get("status"))
            well = {"True": True, "False": False}.get(state)
            word = name.lower() if well else f"{name} is {state}"
            return Health(well, word if well else _said(word, condition))
    return Health(well=True, text="is there")


def _said(word: str, condition: Object) -> str:
    message = mask(text_of(condition.get("message")).strip()) or text_of(condition.get("reason"))
    return f"{word}: {message}" if message else word


def _is_behind(item: Object, status: Object) -> bool:
    observed = status.get("observedGeneration")
    return isinstance(observed, int) and observed < (
        map_of(item.get("metadata")).get("generation") or 0
    )


def _condition(status: Object, name: str) -> Object:
    found = (c for c in maps_of(status.get("conditions")) if c.get("type") == name)
    return next(found, {})
