"""The objects to read because failed reconciliations wait for them.

The status of an object outlives its events, which expire after an hour. The check reads one list of
such objects, and only if nothing else shows the cause.
"""

from collections import Counter

from fluxstatus.causes.pod_namespaces import (
    Waiting,
    is_remediated,
    waiting,
)
from fluxstatus.causes.workloads import is_shown, unhealthy_release
from fluxstatus.model.evidence import WORKLOAD_PODS, Evidence, Object, is_awaited
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.health_checks import LATE, HealthCheckTarget
from fluxstatus.state.resource import Resource, target_namespace
from fluxstatus.state.state import State

_FIRST = ("Deployment", "Job")
"""The kinds to read first if as many awaited objects are of another kind."""

_SHOWN = frozenset({"NotFound"})
"""Statuses in a health check for which reading the object would add nothing."""

_NEVER = frozenset({"Pod", "Secret"})
"""Kinds that are not read here: pods are read separately, and Secrets are never read."""


def objects_to_read(evidence: Evidence, found: Waiting | None = None) -> frozenset[Key]:
    """Return the objects, all of one kind, whose own status the check should read.

    *found* is the result of `waiting` for the answers. A key without a name stands for all objects
    in its namespace. Before pods are read, objects are only returned if no event of the last hour
    is about any of them, because then their pods may not have been created. After pods are read,
    the objects that neither pods nor events explain are returned.
    """
    if any(map(is_awaited, evidence.answers)):
        return frozenset()
    found, state = found or waiting(evidence.answers), State(evidence)
    if WORKLOAD_PODS in evidence.answers:
        keys = _unexplained(state, found)
    elif _is_silent(state, found):
        keys = [target[:3] for target in found.targets if _is_readable(target, found)]
    else:
        keys = []
    kinds = Counter(kind for kind, _, _ in keys)
    wanted = max(kinds, key=lambda kind: (kinds[kind], kind in _FIRST, kind), default="")
    return frozenset(key for key in keys if key[0] == wanted)


def _is_silent(state: State, found: Waiting) -> bool:
    """Return whether all events are known and none is about an awaited object."""
    if found.releases or state.evidence.answer("events").unread:
        return False
    return not any(is_shown(state, target) for target in found.targets)


def _unexplained(state: State, found: Waiting) -> list[Key]:
    """Return the objects, and Deployments of releases, that neither pods nor events explain."""
    keys = [
        target[:3]
        for target in found.targets
        if _is_readable(target, found) and not is_shown(state, target)
    ]
    silent = [release for release, message in found.releases if _is_late(state, release, message)]
    return [*keys, *(("Deployment", target_namespace(release), "") for release in silent)]


def _is_late(state: State, release: Object, message: str) -> bool:
    """Return whether *release* timed out and no pod or event shows why."""
    if is_remediated(release) or not any(text in message for text in LATE):
        return False
    resource = Resource(KINDS["HelmRelease"], release, state.now)
    return not any(unhealthy_release(state, resource, message))


def _is_readable(target: HealthCheckTarget, found: Waiting) -> bool:
    return (
        target.kind not in _NEVER and target.status not in _SHOWN and target[:3] not in found.gone
    )
