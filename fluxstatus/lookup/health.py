"""The health of an object of any kind: by the verdict of Flux, by its kind, or by its conditions.

It follows kstatus (fluxcd/cli-utils pkg/kstatus/status), which the health checks of Flux use.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import mask
from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.own_status import condition_of, is_behind, trouble_of
from fluxstatus.state.pods import is_ready, problem_of_pod
from fluxstatus.state.resource import BROKEN, HEALTHY, Resource


class Health(NamedTuple):
    """The health of an object; `healthy` is None while it is in progress or unknown.

    `unread` is the reason why the object was not read. `brief` is the text in few words, for where
    that has no room; it may be empty.
    """

    healthy: bool | None
    text: str
    unread: Unread | None = None
    brief: str = ""


def health_of(item: Object | Unread | None, now: datetime) -> Health:
    """Return the health of *item*; None is an object that does not exist."""
    if item is None:
        return Health(healthy=False, text="does not exist")
    if isinstance(item, Unread):
        return Health(healthy=None, text=f"was not read: {item.text}", unread=item)
    kind, group = text_of(item.get("kind")), text_of(item.get("apiVersion")).partition("/")[0]
    if kind in KINDS and KINDS[kind].group == group:
        return of_resource(resource_of(item, now))
    if map_of(item.get("metadata")).get("deletionTimestamp"):
        return Health(healthy=None, text="is being deleted")
    status = map_of(item.get("status"))
    own = _OWN.get(kind)
    return (own(item, status) if own else None) or _by_conditions(item)


def resource_of(item: Object, now: datetime) -> Resource:
    """Return *item*, a Flux object, as a resource with a verdict."""
    kind = KINDS[text_of(item.get("kind"))]
    return Resource(kind, prune(kind.resource, item), now)


def of_resource(resource: Resource) -> Health:
    """Return the health of a Flux object."""
    verdict = resource.verdict
    healthy = True if verdict in HEALTHY else False if verdict in BROKEN else None
    message = "" if healthy else resource.message
    word = "has no status" if verdict == "static" else verdict.value
    return Health(healthy, f"{word}: {message}" if message else word)


def _replicas(item: Object, status: Object) -> Health | None:
    spec = map_of(item.get("spec"))
    wanted = spec.get("replicas", status.get("desiredNumberScheduled", 1))
    ready = status.get("readyReplicas", status.get("numberReady", 0))
    if is_behind(item):
        return None
    if not (isinstance(wanted, int) and isinstance(ready, int)):
        return None
    trouble = trouble_of(item)
    text = f"{ready} of {wanted} ready"
    if ready >= wanted:
        return Health(healthy=True, text=text)
    message = f": {mask(trouble.message)}" if trouble else ""
    return Health(healthy=False if trouble or not ready else None, text=f"{text}{message}")


def _pod(item: Object, status: Object) -> Health:
    problem = problem_of_pod(item)
    if problem is None:
        return Health(healthy=True, text="running and ready" if is_ready(item) else "completed")
    young = problem.code == "not-ready" and text_of(status.get("phase")) == "Pending"
    brief = problem.title.removeprefix("pod ")
    return Health(healthy=None if young else False, text=problem.text, brief=brief)


def _job(item: Object, _: Object) -> Health:
    for name, healthy in (("Failed", False), ("Complete", True)):
        condition = condition_of(item, name)
        if condition.get("status") == "True":
            message = "" if healthy else text_of(condition.get("message"))
            return Health(healthy, f"{name.lower()}: {message}" if message else name.lower())
    trouble = trouble_of(item)
    return Health(healthy=None, text=trouble.message if trouble else "in progress")


def _phase(item: Object, status: Object) -> Health | None:
    phase = text_of(status.get("phase"))
    storage = text_of(map_of(item.get("spec")).get("storageClassName"))
    is_fine = phase in ("Bound", "Active")
    more = f" (StorageClass {storage})" if storage and not is_fine else ""
    return Health(healthy=is_fine, text=f"{phase}{more}") if phase else None


def _service(item: Object, status: Object) -> Health | None:
    if map_of(item.get("spec")).get("type") != "LoadBalancer":
        return None
    if maps_of(map_of(status.get("loadBalancer")).get("ingress")):
        return Health(healthy=True, text="exists")
    trouble = trouble_of(item)
    message = f": {mask(trouble.message)}" if trouble else ""
    return Health(healthy=None, text=f"waits for the address of its load balancer{message}")


_OWN: Mapping[str, Callable[[Object, Object], Health | None]] = {
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"), _replicas),
    **dict.fromkeys(("PersistentVolumeClaim", "PersistentVolume", "Namespace"), _phase),
    "Pod": _pod,
    "Job": _job,
    "Service": _service,
}


def _by_conditions(item: Object) -> Health:
    if is_behind(item):
        return Health(healthy=None, text="its status is for an older generation")
    stalled = condition_of(item, "Stalled")
    if stalled.get("status") == "True":
        return Health(healthy=False, text=_with_message("stalled", stalled))
    for name in ("Ready", "Available", "Established"):
        condition = condition_of(item, name)
        if condition:
            state = text_of(condition.get("status"))
            healthy = {"True": True, "False": False}.get(state)
            if healthy:
                return Health(healthy, name.lower())
            return Health(healthy, _with_message(f"{name} is {state}", condition))
    return Health(healthy=True, text="exists")


def _with_message(word: str, condition: Object) -> str:
    message = mask(text_of(condition.get("message")).strip()) or text_of(condition.get("reason"))
    return f"{word}: {message}" if message else word
