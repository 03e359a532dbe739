"""A diagnosis says where the object in a message is: its namespace, and its cluster."""

from typing import Any

import pytest

from fluxstatus.knowledge import diagnose
from fluxstatus.knowledge.diagnosis import Diagnosis
from tests.builders import flux, judged

_FIELDS = {"now": "NOW", "flux_namespace": "flux-system"}
REMOTE = {"kubeConfig": {"secretRef": {"name": "remote"}}}
ELSEWHERE = "the object is in the remote cluster that spec.kubeConfig refers to"
INVALID = 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: "x": no number'


def diagnosed(kind: str, reason: str, message: str, spec: dict[str, Any]) -> Diagnosis:
    """Return the diagnosis of an object in apps with this *spec*."""
    one = flux(kind, "apps/app", {"Ready": f"False {reason}: {message}"}, spec=spec)
    return diagnose(judged(one), reason, message, _FIELDS)


@pytest.mark.parametrize(
    ("kind", "spec", "namespace"),
    [
        ("HelmRelease", {"targetNamespace": "web"}, "web"),
        ("HelmRelease", {}, "apps"),
        ("Kustomization", {"targetNamespace": "web"}, ""),  # the object may have its own
    ],
)
def test_the_namespace_of_an_object_without_one(
    kind: str, spec: dict[str, Any], namespace: str
) -> None:
    """Helm puts it into that of the release; of a Kustomization that is not known."""
    fields = diagnosed(kind, "InstallFailed", INVALID, spec).fields()
    assert (fields["object_name"], fields["object_ns"]) == ("web", namespace)


@pytest.mark.parametrize(
    ("reason", "message", "spec", "is_remote"),
    [
        ("ReconciliationFailed", INVALID, REMOTE, True),
        ("ReconciliationFailed", INVALID, {}, False),
        ("DependencyNotReady", "dependency 'apps/db' is not ready", REMOTE, False),
        ("BuildFailed", "kustomize build failed: boom", REMOTE, False),
    ],
)
def test_the_cluster_of_an_applied_object(
    reason: str, message: str, spec: dict[str, Any], is_remote: bool
) -> None:
    """What was applied to another cluster is not looked for in this one."""
    assert (ELSEWHERE in diagnosed("Kustomization", reason, message, spec).why) is is_remote
