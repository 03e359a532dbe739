"""Where a second look helps: the workloads that a failed reconciliation waited for."""

from collections.abc import Iterator, Mapping

from fluxstatus.evidence import Answer, Object
from fluxstatus.kinds import KINDS
from fluxstatus.knowledge.subject import waited_for
from fluxstatus.resources import map_of, maps_of, text_of

_APPLIERS = ("Kustomization", "HelmRelease", "ResourceSet")
_HELM_FAILED = frozenset({"InstallFailed", "UpgradeFailed", "TestFailed", "RollbackSucceeded"})


def workload_namespaces(answers: Mapping[str, Answer]) -> set[str]:
    """Give the namespaces whose pods tell why something in *answers* does not become healthy.

    *answers* are those to the lists of Flux objects, by plural.group.
    """
    return {
        namespace
        for kind in _APPLIERS
        for item in answers.get(KINDS[kind].resource, Answer()).items
        for namespace in _namespaces_of(item)
        if namespace
    }


def _namespaces_of(item: Object) -> Iterator[str]:
    for condition in maps_of(map_of(item.get("status")).get("conditions")):
        if condition.get("status") != "False":
            continue
        for waited in waited_for(text_of(condition.get("message"))):
            if waited.kind not in KINDS:
                yield waited.namespace
        if condition.get("reason") in _HELM_FAILED:
            spec, metadata = map_of(item.get("spec")), map_of(item.get("metadata"))
            yield text_of(spec.get("targetNamespace")) or text_of(metadata.get("namespace"))
