"""The objects that a message about a failed health check or a timeout of Helm lists."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# These patterns are plain strings: re compiles them on first use, which only a fault causes.
_LISTS = (
    # PKG ssa/manager_wait.go: [Kind/namespace/name status: 'InProgress', …]
    (
        r"(?s)(?:timeout waiting for|stalled resources): \[(.*?)(?:\](?:[:;\n]|$)|$)",
        r"\b(?P<kind>\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+) status: '(?P<status>\w*)'",
    ),
    # Flux before 0.3x: [deployments.apps 'namespace/name', …]
    (
        r"Health check timed out for \[([^\[\]]*)\]",
        r"(?P<kind>\w+)(?:\.[\w.]+)? '(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.-]+)'",
    ),
)
"""The lists of a health check, each with the pattern of its entries."""

_NOT_READY = (
    r"\bresource (?P<kind>\w+)/(?P<namespace>[\w.-]*)/(?P<name>[\w.-]+) "
    r"(?:not ready|still exists)\. status: (?P<status>\w+)"
)
"""An object for which Helm 4 waited (helm v4 pkg/kube/statuswait.go)."""

_NAMED = (
    r"\bresource (?:not ready|still exists), name: (?P<name>[\w.:-]+), kind: (?P<kind>\w+), "
    r"status: (?P<status>\w+)"
)
"""The same as the first releases of Helm 4 write it, without the namespace."""

_LOGGED = (
    r": (?P<kind>\w+) (?:is not ready|is not bound|does not have [\w ]+?|is failed): "
    r"(?P<namespace>[\w-]+)/(?P<name>[\w.-]+?)\.?(?=\s|$)"
)
"""A log line of Helm 3 about an object that it waits for (helm v3 pkg/kube/ready.go)."""

LATE = (
    "context deadline exceeded",
    "timed out waiting for the condition",
    "would exceed context deadline",
)
"""Texts of Helm that an object was not ready in time (helm pkg/kube)."""

_LOGS = "Last Helm logs:"
_KIND, _STATUS = ", kind: ", ". status: "
_MARKS = ("[", _KIND, _STATUS, *LATE)
"""Texts of which each message with objects contains one."""

_KINDS = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "daemonsets": "DaemonSet",
    "replicasets": "ReplicaSet",
    "jobs": "Job",
    "pods": "Pod",
    "services": "Service",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "customresourcedefinitions": "CustomResourceDefinition",
    "helmreleases": "HelmRelease",
    "kustomizations": "Kustomization",
}
"""The kinds by plural, which older versions of Flux report."""

_WORST_FIRST = ("Failed", "NotFound", "Terminating", "Unknown", "InProgress")


class HealthCheckTarget(NamedTuple):
    """An object that a failed health check waited for, with its kstatus."""

    kind: str
    namespace: str
    name: str
    status: str


def health_check_targets(message: str, namespace: str = "") -> tuple[HealthCheckTarget, ...]:
    """Return the objects that the *message* of a health check or of Helm waited for.

    *namespace* is that of objects whose namespace the message does not contain.
    """
    return _targets(message, namespace) if may_have_targets(message) else ()


def may_have_targets(message: str) -> bool:
    """Return whether *message* may list objects; most of thousands do not."""
    for mark in _MARKS:  # any() would take twice as long  # noqa: SIM110
        if mark in message:
            return True
    return False


@lru_cache(maxsize=256)  # each rule for a health check asks for the targets of its message
def _targets(message: str, namespace: str) -> tuple[HealthCheckTarget, ...]:
    error = message.partition(_LOGS)[0]
    listed = (
        _target(found)
        for lists, entry in (_LISTS if "[" in error else ())  # most messages have no list
        for bracket in re.findall(lists, error)
        for found in re.finditer(entry, bracket)
    )
    named = (
        _target(found, namespace)
        for found in (re.finditer(_NAMED, error) if _KIND in error else ())
    )
    return tuple(dict.fromkeys((*listed, *named, *_of_helm(message))))


def worst_first(message: str, namespace: str = "") -> list[HealthCheckTarget]:
    """Return the objects in *message*, a failed one before one that is in progress."""
    return sorted(health_check_targets(message, namespace), key=_rank)


def _rank(target: HealthCheckTarget) -> int:
    known = target.status in _WORST_FIRST
    return _WORST_FIRST.index(target.status) if known else len(_WORST_FIRST)


def _target(found: re.Match[str], namespace: str = "") -> HealthCheckTarget:
    kind, groups = found["kind"], found.groupdict()
    status = groups.get("status") or "InProgress"
    return HealthCheckTarget(
        _KINDS.get(kind, kind), groups.get("namespace") or namespace, found["name"], status
    )


def _of_helm(message: str) -> Iterator[HealthCheckTarget]:
    """Yield the objects that Helm waited for: those that it lists, or the last one in its log.

    Helm 3 checks one object after the other, so the last line about one is the one that it waited
    for.
    """
    error, _, logs = message.partition(_LOGS)
    if _STATUS in error:
        yield from map(_target, re.finditer(_NOT_READY, error))
    if not any(text in error for text in LATE):
        return
    for last in [*re.finditer(_LOGGED, logs)][-1:]:
        status = "Failed" if " is failed" in last[0] else "InProgress"
        yield _target(last)._replace(status=status)
