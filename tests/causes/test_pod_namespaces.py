"""In which namespaces pods are looked at."""

from typing import Any

import pytest

from fluxstatus.causes.pod_namespaces import workload_namespaces
from fluxstatus.model.evidence import Object
from tests.builders import event, evidence, flux

WAITS = "timeout waiting for: [Deployment/web/app status: 'InProgress']"
AT_WORK = {"Ready": "Unknown Progressing: Reconciliation in progress"}


def asked(*objects: Object) -> set[str]:
    """Return the namespaces whose pods are asked for in a cluster with *objects*."""
    return workload_namespaces(evidence(*objects).answers)


@pytest.mark.parametrize(
    ("kind", "conditions", "spec", "namespaces"),
    [
        ("Kustomization", {"Ready": f"False HealthCheckFailed: {WAITS}"}, {}, {"web"}),
        ("Kustomization", AT_WORK | {"Healthy": f"False HealthCheckFailed: {WAITS}"}, {}, {"web"}),
        ("Kustomization", {"Ready": f"True ReconciliationSucceeded: {WAITS}"}, {}, set()),
        ("Kustomization", {"Ready": "False BuildFailed: bad"}, {}, set()),
        ("HelmRelease", {"Ready": "False InstallFailed: late"}, {}, {"apps"}),
        ("HelmRelease", {"Ready": "False InstallFailed: late"}, {"targetNamespace": "x"}, {"x"}),
        ("GitRepository", {"Ready": f"False Odd: {WAITS}"}, {}, set()),
    ],
)
def test_a_failed_health_check_leads_to_its_namespace(
    kind: str, conditions: dict[str, str], spec: dict[str, Any], namespaces: set[str]
) -> None:
    """The namespaces are those of the workloads that what failed has waited for."""
    assert asked(flux(kind, "one", conditions, spec=spec)) == namespaces


def test_while_the_next_attempt_runs_the_event_leads_there() -> None:
    """When the conditions are wiped the Warning event of the object still names the workload."""
    failed = event("Kustomization apps/one", "HealthCheckFailed", WAITS)
    other = event("Kustomization apps/two", "HealthCheckFailed", WAITS.replace("web", "other"))
    assert asked(flux("Kustomization", "one", AT_WORK), failed, other) == {"web"}
    assert asked(flux("Kustomization", "one"), failed) == set()


def test_an_object_of_flux_is_no_workload() -> None:
    """A health check that waits for a HelmRelease does not ask for pods."""
    waits = "timeout waiting for: [HelmRelease/web/app status: 'InProgress']"
    assert asked(flux("Kustomization", "one", {"Ready": f"False HealthCheckFailed: {waits}"})) == (
        set()
    )
