"""The namespaces whose pods are read."""

from typing import Any

import pytest

from fluxstatus.causes.pod_namespaces import workload_namespaces
from fluxstatus.model.evidence import Object
from tests.builders import RECONCILING, event, evidence, flux

WAITS = "timeout waiting for: [Deployment/web/app status: 'InProgress']"


def asked(*objects: Object) -> set[str]:
    """Return the namespaces whose pods are read in a cluster with *objects*."""
    return workload_namespaces(evidence(*objects).answers)


@pytest.mark.parametrize(
    ("kind", "conditions", "spec", "namespaces"),
    [
        ("Kustomization", {"Ready": f"False HealthCheckFailed: {WAITS}"}, {}, {"web"}),
        (
            "Kustomization",
            RECONCILING | {"Healthy": f"False HealthCheckFailed: {WAITS}"},
            {},
            {"web"},
        ),
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
    """The namespaces are those of the workloads in failed health checks."""
    assert asked(flux(kind, "one", conditions, spec=spec)) == namespaces


def test_while_the_next_attempt_runs_the_event_leads_there() -> None:
    """While the conditions are reset, the Warning event of the object names the workload."""
    failed = event("Kustomization apps/one", "HealthCheckFailed", WAITS)
    other = event("Kustomization apps/two", "HealthCheckFailed", WAITS.replace("web", "other"))
    assert asked(flux("Kustomization", "one", RECONCILING), failed, other) == {"web"}
    assert asked(flux("Kustomization", "one"), failed) == set()


def test_an_object_of_flux_is_no_workload() -> None:
    """A health check of a HelmRelease needs no pods."""
    waits = "timeout waiting for: [HelmRelease/web/app status: 'InProgress']"
    assert asked(flux("Kustomization", "one", {"Ready": f"False HealthCheckFailed: {waits}"})) == (
        set()
    )
