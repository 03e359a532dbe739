"""Which objects that failed reconciliations wait for are to be read themselves.

Their status outlives their events, which are gone after an hour. The check reads one list of them,
and only if nothing else shows the cause.
"""

from collections import Counter

from fluxstatus.causes.pod_namespaces import (
    Waiting,
    is_remediated,
    namespace_of_release,
    waiting,
)
from fluxstatus.causes.workloads import by_pods_or_events, unhealthy_release
from fluxstatus.model.evidence import WORKLOAD_PODS, Evidence, Object, is_awaited
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.health_checks import LATE, HealthCheckTarget
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_FIRST = ("Deployment", "Job")
"""The kinds that are read before others that as many wait for."""

_SHOWN = frozenset({"NotFound"})
"""The states that say all that the object would."""

_NEVER = frozenset({"Pod", "Secret"})
"""Pods are read anyway, Secrets never."""


def objects_to_read(evidence: Evidence, found: Waiting | None = None) -> frozenset[Key]:
    """Return the objects, all of one kind, whose own status the check is to read.

    *found* is what `waiting` returns for the answers. Without a name, an object stands for all in
    its namespace. Where no event of the last hour is about what is waited for, this is asked before
    pods are read: there are none if they cannot be created. Otherwise it is about what neither pods
    nor events explain.
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
    """Return whether no event is about what is waited for, as far as all events are known."""
    if found.releases or state.evidence.answer("events").unread:
        return False
    return not any(by_pods_or_events(state, target) for target in found.targets)


def _unexplained(state: State, found: Waiting) -> list[Key]:
    """Return what neither pods nor events explain: objects, and the Deployments of a release."""
    keys = [
        target[:3]
        for target in found.targets
        if _is_readable(target, found) and not by_pods_or_events(state, target)
    ]
    silent = [release for release, message in found.releases if _is_late(state, release, message)]
    return [*keys, *(("Deployment", namespace_of_release(release), "") for release in silent)]


def _is_late(state: State, release: Object, message: str) -> bool:
    """Return whether *release* was late, and no pod or event shows why."""
    if is_remediated(release) or not any(text in message for text in LATE):
        return False
    resource = Resource(KINDS["HelmRelease"], release, state.now)
    return not any(unhealthy_release(state, resource, message))


def _is_readable(target: HealthCheckTarget, found: Waiting) -> bool:
    return (
        target.kind not in _NEVER and target.status not in _SHOWN and target[:3] not in found.gone
    )
