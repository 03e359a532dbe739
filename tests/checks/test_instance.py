"""Step 3: the FluxInstance stands as it should."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.evidence import Evidence, Incomplete, Object
from fluxstatus.model.findings import Level
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    PROGRESSING,
    TEN_MINUTES,
    alter,
    bad,
    event,
    evidence,
    flux,
    found,
    minutes,
    only,
    outcomes,
    stamp,
    without,
)

HEALTH = "reconciliation failed: timeout waiting for: [Deployment/flux-system/x status: 'Failed']"
BUILD = "build failed: no match found for semver: 3.x in /data/flux"


def instance(conditions: dict[str, str], age: timedelta = TEN_MINUTES, **changes: Any) -> Evidence:
    """Return a cluster whose FluxInstance has these *conditions*."""
    made = flux("FluxInstance", "flux", conditions, age=age)["status"]["conditions"]
    changes = {name.replace("__", "."): value for name, value in changes.items()}
    return evidence(*alter(HEALTHY, "FluxInstance/flux", {"status.conditions": made, **changes}))


def amiss(known: Evidence) -> set[tuple[str, str]]:
    """Return the levels and codes of the step's findings for *known*."""
    return {(f.level.value, f.code) for f in found("instance", known)}


def test_a_reconciled_instance_passes() -> None:
    """A Ready FluxInstance passes with its version and when it was reconciled."""
    (finding,) = found("instance", evidence(*HEALTHY))
    assert (finding.level, finding.title) == (
        Level.PASS, "FluxInstance flux-system/flux v2.9.5, reconciled 3m ago")  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"Ready": "True ReconciliationSucceeded: Reconciliation finished in 2s"}, ("pass", "ok")),
        ({"Ready": "True ReconciliationDisabled: Initialized with reconciliation suspended"},
         ("warn", "suspended-by-annotation")),
        ({"Ready": "False ArtifactFailed: fetch failed: odd"},
         ("fail", "instance-artifact-failed")),
        ({"Ready": "False ArtifactFailed: fetch failed: Get https://ghcr.io/v2/: i/o timeout"},
         ("fail", "host-slow")),
        ({"Stalled": f"True BuildFailed: {BUILD}", "Ready": f"False BuildFailed: {BUILD}"},
         ("fail", "distribution-version-missing")),
        ({"Ready": "False BuildFailed: missing images for components: [x]"},
         ("fail", "instance-component-invalid")),
        ({"Ready": f"False ReconciliationFailed: {HEALTH}"}, ("fail", "health-check-failed")),
        ({"Ready": "False ReconciliationFailed: reconciliation failed: odd"},
         ("fail", "instance-apply-failed")),
        ({"Ready": "False HealthCheckCanceled: New reconciliation triggered by X/a/b"},
         ("fail", "reconciliation-canceled")),
        ({"Reconciling": "True Progressing: x", "Ready": PROGRESSING}, ("fail", "stuck")),
        ({}, ("fail", "never-reconciled")),
    ],
)  # fmt: skip
def test_every_reason_is_judged(conditions: dict[str, str], expected: tuple[str, str]) -> None:
    """Each reason of a FluxInstance's Ready has its level and code."""
    assert amiss(instance(conditions)) == {expected}


def test_a_stalled_instance_is_final() -> None:
    """What the operator does not try again is marked so, for those who wait for it."""
    stalled = {"Stalled": f"True BuildFailed: {BUILD}", "Ready": f"False BuildFailed: {BUILD}"}
    assert only(found("instance", instance(stalled)), "distribution-version-missing").final


def test_an_instance_at_work_is_no_fault() -> None:
    """Within its timeout a reconciling FluxInstance is on its way; beyond, it is stuck."""
    conditions = {"Reconciling": "True Progressing: x", "Ready": PROGRESSING}
    assert amiss(instance(conditions, minutes(3))) == {("wait", "reconciling")}
    longer = {"fluxcd.controlplane.io/reconcileTimeout": "30m"}
    known = instance(conditions, minutes(20), metadata__annotations=longer)
    assert amiss(known) == {("wait", "reconciling")}


def test_a_retrying_instance_is_explained_by_its_event() -> None:
    """During a retry, the Warning event of the last attempt is the cause."""
    conditions = {"Reconciling": "True ProgressingWithRetry: x", "Ready": PROGRESSING}
    made = flux("FluxInstance", "flux", conditions, age=minutes(1))["status"]["conditions"]
    objects = alter(HEALTHY, "FluxInstance/flux", {"status.conditions": made})
    warned = event("FluxInstance flux-system/flux", "ArtifactFailed", "fetch failed: i/o timeout")
    assert ("fail", "host-slow") in outcomes("instance", *objects, warned)


def test_an_unobserved_change_is_reported() -> None:
    """A FluxInstance whose spec is newer than what its conditions speak of is outdated."""
    assert amiss(instance({"Ready": "True X: x"}, metadata__generation=2)) == {("fail", "outdated")}


def test_a_fresh_change_is_no_pass() -> None:
    """A spec written a moment ago is on its way, and the old Ready passes nothing."""
    written = {"time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"x": 1}}}
    fresh = instance({"Ready": "True X: x"}, metadata__generation=2,
                     metadata__managedFields=[written])  # fmt: skip
    assert amiss(fresh) == {("wait", "reconciling")}


def test_a_suspended_instance_warns() -> None:
    """An instance disabled by annotation warns, with a hint on how to enable it."""
    off = {"fluxcd.controlplane.io/reconcile": "disabled"}
    known = instance({"Ready": "True X: x"}, metadata__annotations=off)
    finding = only(found("instance", known), "suspended-by-annotation")
    assert finding.level is Level.WARN
    assert "fluxcd.controlplane.io/reconcile=enabled" in finding.hints[0].commands[0].argv


def another(namespace: str) -> Object:
    """Return a second FluxInstance."""
    return flux("FluxInstance", f"{namespace}/flux", {})


def test_an_instance_elsewhere_is_ignored() -> None:
    """A FluxInstance outside the operator's namespace is ignored; a second one is reported once."""
    findings = bad(found("instance", evidence(*HEALTHY, another("apps"))))
    assert [(f.level, f.code) for f in findings] == [(Level.WARN, "instance-ignored")]
    assert findings[0].object is not None
    assert findings[0].object.namespace == "apps"


def test_the_only_instance_in_another_namespace_is_reported() -> None:
    """An operator whose only FluxInstance is in another namespace installs nothing."""
    objects = without(HEALTHY, "FluxInstance/flux")
    finding = only(bad(found("instance", evidence(*objects, another("apps")))), "instance-ignored")
    assert finding.level is Level.FAIL
    assert "flux-system" in finding.why


def test_a_missing_instance_fails() -> None:
    """An operator without a FluxInstance fails, and the controllers are not reported as missing."""
    objects = without(HEALTHY, "FluxInstance/flux")
    finding = only(found("instance", evidence(*objects)), "instance-missing")
    assert finding.level is Level.FAIL


def test_without_operator_no_instance_is_expected() -> None:
    """Where there is no operator the step is skipped."""
    assert outcomes("instance") == {("skip", "no-instance")}


def test_an_instance_that_may_not_be_read_is_unknown() -> None:
    """A viewer may not read FluxInstances: unknown, and not missing."""
    unread = {"fluxinstances.fluxcd.controlplane.io": FORBIDDEN}
    objects = without(HEALTHY, "FluxInstance/flux")
    assert outcomes("instance", *objects, unread=unread) == {("unknown", "forbidden")}


def test_a_symptom_is_not_reported_again() -> None:
    """An instance that waits for a broken controller waits, with the name of the cause."""
    down = alter(HEALTHY, "Deployment/helm-controller", {"status.readyReplicas": 0})
    waits = f"False ReconciliationFailed: {HEALTH.replace('/x ', '/helm-controller ')}"
    made = flux("FluxInstance", "flux", {"Ready": waits})["status"]["conditions"]
    objects = alter(down, "FluxInstance/flux", {"status.conditions": made})
    (finding,) = found("instance", evidence(*objects))
    assert (finding.level, finding.code) == (Level.WAIT, "waiting")
    assert "Deployment flux-system/helm-controller" in finding.title


def test_an_image_that_differs_warns() -> None:
    """A controller of another version than the instance has rolled out warns."""
    image = "ghcr.io/fluxcd/helm-controller:v1.5.0"
    objects = alter(HEALTHY, "Deployment/helm-controller",
                    {"spec.template.spec.containers.0.image": image})  # fmt: skip
    finding = only(found("instance", evidence(*objects)), "image-differs")
    assert (finding.level, "v1.5.0" in finding.title) == (Level.WARN, True)


def test_a_half_done_upgrade_is_one_finding() -> None:
    """All controllers of other versions are told once, each with both versions."""
    objects: list[Object] = list(HEALTHY)
    for name in ("helm-controller", "source-controller"):
        image = {"spec.template.spec.containers.0.image": f"ghcr.io/fluxcd/{name}:v1.5.0"}
        objects = alter(objects, f"Deployment/{name}", image)
    finding = only(found("instance", evidence(*objects)), "image-differs")
    assert finding.title == (
        "2 controllers are not running the version specified in FluxInstance flux-system/flux"
    )
    assert finding.evidence == (
        ("Deployment flux-system/helm-controller", "v1.5.0 instead of v1.6.4"),
        ("Deployment flux-system/source-controller", "v1.5.0 instead of v1.9.5"),
    )
    (look,) = finding.hints[0].commands
    assert look.argv[:5] == ("kubectl", "get", "deployments", "-n", "flux-system")


@pytest.mark.parametrize("image", ["helm-controller@sha256:abc", "mirror:5000/helm-controller"])
def test_an_image_without_tag_is_not_compared(image: str) -> None:
    """A bare digest or a port is no version."""
    objects = alter(HEALTHY, "Deployment/helm-controller",
                    {"spec.template.spec.containers.0.image": image})  # fmt: skip
    assert bad(found("instance", evidence(*objects))) == []


def test_an_unread_operator_and_instance_are_unknown() -> None:
    """Where neither the operator nor the FluxInstance may be read, that is unknown, no skip."""
    known = evidence(*HEALTHY)
    hidden = {
        name: Incomplete(FORBIDDEN)
        for name in ("deployments.apps/operator", "fluxinstances.fluxcd.controlplane.io")
    }
    assert amiss(replace(known, answers={**known.answers, **hidden})) == {("unknown", "forbidden")}
