"""Deletions that are blocked, objects that are left behind, and failures that Flux remediated."""

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding
from tests.builders import (
    HEALTHY,
    bad,
    event,
    flux,
    kustomization,
    minutes,
    only,
    report,
    source,
    stamp,
)

STUCK = "timeout waiting for: [ConfigMap/apps/held status: 'Terminating']"
RELEASED = {"Ready": "True InstallSucceeded: Helm install succeeded for release apps/web.v1"}


def deleted(kind: str, conditions: dict[str, str] | None = None) -> Object:
    """Return an object web of *kind* that was deleted half an hour ago and still exists."""
    return flux(kind, "web", conditions, deletionTimestamp=stamp(minutes(30)),
                finalizers=["finalizers.fluxcd.io"],
                spec={"serviceAccountName": "tenant"})  # fmt: skip


def findings_of(*objects: Object) -> list[Finding]:
    """Return the findings about a healthy Flux with *objects*."""
    return bad(report(*HEALTHY, source("git"), *objects).faults)


@pytest.mark.parametrize(
    ("objects", "because", "step"),
    [
        (
            [
                deleted("Kustomization"),
                event("Kustomization apps/web", "ReconciliationFailed",
                      'ConfigMap/apps/x delete failed: configmaps "x" is forbidden: User '
                      '"system:serviceaccount:apps:tenant" cannot delete resource "configmaps"'),
            ],
            "system:serviceaccount:apps:tenant cannot delete configmaps",
            "create a Role and a RoleBinding",
        ),
        (
            [
                deleted("Kustomization"),
                event("Kustomization apps/web", "ReconciliationFailed",
                      f"failed to wait for resources termination: {STUCK}"),
            ],
            "ConfigMap apps/held is still being deleted",
            "finalizers",
        ),
        (
            [deleted("HelmRelease", {"Ready": "False UninstallFailed: failed to build REST client "
                     'getter to uninstall release: serviceaccounts "tenant" not found'})],
            'ServiceAccount "tenant" does not exist',
            'create ServiceAccount "tenant"',
        ),
    ],
)  # fmt: skip
def test_a_blocked_deletion_has_its_reason(objects: list[Object], because: str, step: str) -> None:
    """The last attempt explains a blocked deletion, and the first step addresses it."""
    found = only(findings_of(*objects), "terminating")
    assert f"the last attempt failed: {because}" in found.why
    assert step in found.hints[0].text
    assert "Do not remove the finalizer" in found.hints[1].text
    assert "resetAt" not in str(found.hints)  # a release that is to go has no retries to reset


def test_messages_before_the_deletion_are_ignored() -> None:
    """A Kustomization that is being deleted keeps Ready=True and its old message."""
    found = only(findings_of(deleted("Kustomization")), "terminating")
    assert "its last attempt" not in found.why


def test_what_holds_a_deletion_that_was_given_up_is_named() -> None:
    """The object is deleted, an applied object is not: the hint shows it with its finalizers."""
    given_up = event("Kustomization apps/gone", "ReconciliationSucceeded",
                     f"failed to wait for resources termination: {STUCK}")  # fmt: skip
    found = only(findings_of(given_up), "left-behind")
    assert "ConfigMap apps/held" in found.hints[0].text
    assert "get configmap/held -n apps" in " ".join(found.hints[0].commands[0].argv)
    assert "kustomize.toolkit.fluxcd.io/namespace=apps" in str(found.hints[1].commands)


def test_objects_left_behind_by_a_missing_account_are_reported() -> None:
    """Without its ServiceAccount a Kustomization is deleted at once, and its objects stay."""
    left = event("Kustomization apps/gone", "ReconciliationSucceeded",
                 "unable to prune objects: \nConfigMap/apps/settings\nSecret/apps/login\n"
                 "ClusterRole/reader")  # fmt: skip
    found = only(findings_of(left), "left-behind")
    assert "ServiceAccount" in found.why
    assert "ConfigMap/apps/settings" in found.message
    commands = [" ".join(command.argv) for command in found.hints[0].commands]
    assert commands == [
        "kubectl --context prod get configmap/settings secret/login -n apps --ignore-not-found",
        "kubectl --context prod get clusterrole/reader --ignore-not-found",
    ]


@pytest.mark.parametrize(("mode", "expected"), [("enabled", []), ("warn", ["drift-detected"])])
def test_drift_that_was_corrected_is_no_news(mode: str, expected: list[str]) -> None:
    """The event is sent in both modes (HC internal/reconcile/atomic_release.go)."""
    release = flux("HelmRelease", "web", RELEASED, spec={"driftDetection": {"mode": mode}})
    drifted = event("HelmRelease apps/web", "DriftDetected", "Cluster state of release apps/web.v1 "
                    "has drifted from the desired state: x")  # fmt: skip
    assert [f.code for f in findings_of(release, drifted)] == expected


@pytest.mark.parametrize(
    ("ready", "stalled", "adds"),
    [
        ("UninstallSucceeded", "RetriesExceeded", "remediation uninstalled the release"),
        ("UninstallFailed", "RetriesExceeded", "remediation could not uninstall the release"),
        ("RollbackSucceeded", "RetriesExceeded", "the upgrade was rolled back, so the previous"),
        ("RollbackFailed", "RetriesExceeded", "the rollback to the previous version also failed"),
        ("UpgradeFailed", "MissingRollbackTarget", "no previous version to roll back to"),
    ],
)
def test_the_remediation_of_a_failed_release_is_reported(
    ready: str, stalled: str, adds: str
) -> None:
    """The cause is the failure; the finding also has the result of the remediation."""
    immutable = (
        'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable'
    )
    failed = f"UpgradeFailed: Helm upgrade failed for release apps/web with chart x@2: {immutable}"
    ended = {"Ready": f"False {ready}: {immutable if ready == 'UpgradeFailed' else 'x'}",
             "Released": f"False {failed}", "Stalled": f"True {stalled}: x"}  # fmt: skip
    found = only(findings_of(flux("HelmRelease", "web", ended)), "immutable-field")
    assert adds in found.why


def test_a_kind_without_pods_is_looked_at_itself() -> None:
    """A failing Certificate has no log, so the hint shows its conditions."""
    waits = {"Ready": "False HealthCheckFailed: failed early due to stalled resources: "
             "[Certificate/apps/tls status: 'Failed']"}  # fmt: skip
    found = only(
        findings_of(
            kustomization("web", "git", waits),
            event("Certificate apps/tls", "Failed", "the issuer has failed to sign it"),
        ),
        "health-check-failed",
    )
    assert "describe certificate tls" in " ".join(found.hints[0].commands[0].argv)
