"""The objects that failed reconciliations wait for, and the namespaces whose pods show why."""

from collections.abc import Mapping
from typing import NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Answer, Object, Read, is_awaited
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.health_checks import (
    HealthCheckTarget,
    health_check_targets,
    may_have_targets,
)
from fluxstatus.state.namesakes import identified
from fluxstatus.state.own_status import condition_of, trouble_of
from fluxstatus.state.resource import target_namespace

_APPLIERS = tuple(kind for kind in KINDS.values() if kind.applies)
_HELM_FAILED = frozenset({"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackSucceeded"})


class Waiting(NamedTuple):
    """The objects and Helm releases in this cluster that failed reconciliations wait for.

    `releases` are the HelmReleases whose error does not mention an object, each with its message.
    `gone` are objects of a revision that Helm has rolled back or uninstalled; their current status
    is that of another revision.
    """

    targets: tuple[HealthCheckTarget, ...]
    releases: tuple[tuple[Object, str], ...]
    gone: frozenset[Key]


def waiting(answers: Mapping[str, Answer]) -> Waiting:
    """Return the objects and releases that the reconciliations in *answers* wait for.

    *answers* are the lists of Flux objects, by plural.group, and of events: while an attempt is
    running, only an event contains the message of the last failed health check.
    """
    in_progress: set[Key] = set()
    found: dict[HealthCheckTarget, None] = {}
    releases: list[tuple[Object, str]] = []
    gone: set[Key] = set()
    for kind in _APPLIERS:
        for item in answers.get(kind.resource, Read()).known:
            conditions = maps_of(map_of(item.get("status")).get("conditions"))
            unmet = [one for one in conditions if one.get("status") != "True"]
            if not unmet or map_of(item.get("spec")).get("kubeConfig") is not None:
                continue  # as most; or what it applies is in another cluster
            for one in unmet:
                if one.get("status") == "False":
                    targets = _targets_in(text_of(one.get("message")), item)
                    found |= dict.fromkeys(targets)
                    gone |= {target[:3] for target in targets if is_remediated(item)}
                    if not targets and text_of(one.get("reason")) in _HELM_FAILED:
                        releases.append((item, text_of(one.get("message"))))
                elif one.get("status") == "Unknown" and one.get("type") == "Ready":
                    # An attempt runs, which has reset the earlier conditions.
                    metadata = map_of(item.get("metadata"))
                    in_progress.add(_key_of({"kind": kind.name, **metadata}))
    for event in answers.get("events", Read()).known if in_progress else ():
        involved = map_of(event.get("involvedObject"))
        if _key_of(involved) in in_progress:
            found |= dict.fromkeys(
                _targets_in(text_of(event.get("message")), {"metadata": involved})
            )
    return Waiting(tuple(found), tuple(releases), frozenset(gone))


def workload_namespaces(answers: Mapping[str, Answer], found: Waiting | None = None) -> set[str]:
    """Return the namespaces whose pods may explain why objects in *answers* are unhealthy.

    *found* is the result of `waiting` for the answers. The pods of an object are not needed if its
    own status was read and explains why it is unhealthy.
    """
    found = found or waiting(answers)
    explained = {
        Ref.of(item).key
        for name, answer in answers.items()
        if is_awaited(name)
        for item in answer.known
        if trouble_of(item)
    }
    needed = {one.namespace for one in found.targets if one[:3] not in explained}
    return (needed | {target_namespace(release) for release, _ in found.releases}) - {""}


def is_remediated(release: Object) -> bool:
    """Return whether Helm has rolled back or uninstalled the failed revision of *release*."""
    return bool(condition_of(release, "Remediated"))


def _key_of(thing: Object) -> Key:
    return text_of(thing.get("kind")), text_of(thing.get("namespace")), text_of(thing.get("name"))


def _targets_in(message: str, item: Object) -> list[HealthCheckTarget]:
    """Return the objects in *message*, that of *item*, that are not Flux objects."""
    if not may_have_targets(message):
        return []
    named = health_check_targets(message, target_namespace(item))
    found = (identified(target, item) for target in named)
    return [target for target in found if target.kind not in KINDS]
