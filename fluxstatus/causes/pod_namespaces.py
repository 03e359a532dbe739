"""The namespaces of workloads that failed reconciliations wait for, whose pods show why."""

from collections.abc import Iterator, Mapping

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.evidence import Answer, Object, Read
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.health_checks import health_check_targets

_APPLIERS = tuple(kind for kind in KINDS.values() if kind.applies)
_HELM_FAILED = frozenset({"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackSucceeded"})


def workload_namespaces(answers: Mapping[str, Answer]) -> set[str]:
    """Return the namespaces whose pods may explain why objects in *answers* are unhealthy.

    *answers* are the lists of Flux objects, by plural.group, and of events: while an attempt
    runs, only an event still has the message of the last failed health check.
    """
    in_progress: set[tuple[str, str, str]] = set()
    found: set[str] = set()
    for kind in _APPLIERS:
        for item in answers.get(kind.resource, Read()).known:
            for condition in _conditions(item):
                if condition.get("status") == "False":
                    found.update(_namespaces_of(item, condition))
                elif condition.get("status") == "Unknown" and condition.get("type") == "Ready":
                    # An attempt runs, which has reset the earlier conditions.
                    in_progress.add(_name_of({"kind": kind.name, **map_of(item.get("metadata"))}))
    for event in answers.get("events", Read()).known if in_progress else ():
        if _name_of(map_of(event.get("involvedObject"))) in in_progress:
            found.update(_namespaces_in(text_of(event.get("message"))))
    return found - {""}


def _conditions(item: Object) -> list[Object]:
    return maps_of(map_of(item.get("status")).get("conditions"))


def _name_of(thing: Object) -> tuple[str, str, str]:
    return text_of(thing.get("kind")), text_of(thing.get("namespace")), text_of(thing.get("name"))


def _namespaces_in(message: str) -> Iterator[str]:
    return (
        target.namespace for target in health_check_targets(message) if target.kind not in KINDS
    )


def _namespaces_of(item: Object, condition: Object) -> Iterator[str]:
    """Return where the pods are that explain why *condition* of *item* is False."""
    yield from _namespaces_in(text_of(condition.get("message")))
    if condition.get("reason") in _HELM_FAILED:
        spec, metadata = map_of(item.get("spec")), map_of(item.get("metadata"))
        yield text_of(spec.get("targetNamespace")) or text_of(metadata.get("namespace"))
