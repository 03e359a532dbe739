"""How long an attempt may take, against the documentation and API types of each controller."""

from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.state.deadlines import MARGIN, is_deletion_within, is_within, timeout_of
from fluxstatus.state.resource import Resource, Verdict
from tests.builders import NOW, PROGRESSING, flux, judged, minutes, stamp

ACTIONS = {
    "timeout": "3m",
    "install": {"timeout": "10m"},
    "upgrade": {"timeout": "11m"},
    "test": {"timeout": "12m"},
    "rollback": {"timeout": "13m"},
    "uninstall": {"timeout": "20m"},
}
OF_OPERATOR = {"fluxcd.controlplane.io/reconcileTimeout": "9m"}

TIMEOUTS: list[tuple[str, Object, Object, float]] = [
    # KC api/v1 GetTimeout: spec.timeout, or the interval less 30 s; at least 30 s
    ("Kustomization", {"interval": "10m", "timeout": "3m"}, {}, 3),
    ("Kustomization", {"interval": "10m"}, {}, 9.5),
    ("Kustomization", {"interval": "40s"}, {}, 0.5),
    ("Kustomization", {"interval": "10m", "timeout": "5s"}, {}, 0.5),
    # IRC api/v1 GetTimeout: spec.timeout, or the interval
    ("ImageRepository", {"interval": "12h"}, {}, 720),
    ("ImageRepository", {"interval": "12h", "timeout": "2m"}, {}, 2),
    # SC docs/spec/v1, timeout: the default is 60s
    ("GitRepository", {"interval": "10m"}, {}, 1),
    ("OCIRepository", {"interval": "10m"}, {}, 1),
    ("Bucket", {"interval": "10m", "timeout": "90s"}, {}, 1.5),
    # HC docs/spec/v2/helmreleases.md, timeout: the default is 5m0s
    ("HelmRelease", {"interval": "1h"}, {}, 5),
    ("HelmRelease", {"interval": "1h", "timeout": "8m"}, {}, 8),
    # HC docs/spec/v2/helmreleases.md: each action has a timeout, by default the global one
    ("HelmRelease", ACTIONS, {}, 13),
    ("HelmRelease", {"timeout": "3m", "test": {"timeout": "7m"}}, {}, 7),
    ("HelmRelease", {"timeout": "3m", "install": {"timeout": "1m"}}, {}, 3),
    ("HelmRelease", {"timeout": "3m", "uninstall": {"timeout": "20m"}}, {}, 3),
    # FO docs: annotation reconcileTimeout, the default is 5m
    ("ResourceSet", {}, {}, 5),
    ("ResourceSet", {}, OF_OPERATOR, 9),
    ("FluxInstance", {}, OF_OPERATOR, 9),
]


@pytest.mark.parametrize(("kind", "spec", "annotations", "wanted"), TIMEOUTS)
def test_an_attempt_has_the_timeout_of_its_kind(
    kind: str, spec: Object, annotations: Object, wanted: float
) -> None:
    """The timeout in the spec, or the default that the API of this kind documents."""
    one = judged(flux(kind, "x", spec=spec, annotations=annotations))
    assert timeout_of(one) == minutes(wanted)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [(ACTIONS, 20), ({"timeout": "3m"}, 3), ({}, 5), ({"upgrade": {"timeout": "30m"}}, 5)],
)
def test_a_deletion_has_the_timeout_of_the_uninstallation(spec: Object, wanted: float) -> None:
    """A deleted HelmRelease is uninstalled, which has its own timeout (HC docs/spec/v2)."""
    assert timeout_of(judged(flux("HelmRelease", "x", spec=spec)), deleted=True) == minutes(wanted)


@pytest.mark.parametrize(
    ("kind", "conditions", "wanted"),
    [
        # HC internal/reconcile/atomic_release.go
        ("HelmRelease",
         {"Reconciling": "True Progressing: Running 'upgrade' action with timeout of 45m0s"}, 45),
        # KC internal/controller/kustomization_controller.go
        ("Kustomization",
         {"Reconciling": "True Progressing: Running health checks for revision main@sha1:abc with "
                         "a timeout of 7m30s"}, 7.5),
        ("HelmRelease", {"Reconciling": "True Progressing: Fulfilling prerequisites"}, 5),
    ],
)  # fmt: skip
def test_a_running_attempt_says_its_timeout(
    kind: str, conditions: dict[str, str], wanted: float
) -> None:
    """The timeout that the controller has written counts before the spec, which may be newer."""
    spec = {"timeout": "5m"}
    assert timeout_of(judged(flux(kind, "x", {"Ready": PROGRESSING} | conditions, spec=spec))) == (
        minutes(wanted)
    )
    ended = {"Ready": "False Failed: no"} | conditions
    assert timeout_of(judged(flux(kind, "x", ended, spec=spec))) == minutes(5)


def running(age: float, stage: float | None = None, goes: str = "True", **spec: Any) -> Resource:
    """Return a HelmRelease that runs for *age* minutes, and its stage for *stage* minutes.

    *goes* is the status of its condition Reconciling.
    """
    one = flux("HelmRelease", "x", {"Ready": PROGRESSING}, age=minutes(age), spec=spec)
    if stage is not None:
        reconciling = {
            "type": "Reconciling", "status": goes, "reason": "Progressing",
            "lastTransitionTime": stamp(minutes(stage)), "observedGeneration": 1,
        }  # fmt: skip
        one["status"]["conditions"].append(reconciling)
    return judged(one)


@pytest.mark.parametrize(
    ("resource", "verdict"),
    [
        (running(5), Verdict.RECONCILING),
        (running(30, timeout="40m"), Verdict.RECONCILING),
        (running(30, upgrade={"timeout": "40m"}), Verdict.RECONCILING),
        (running(30, uninstall={"timeout": "40m"}), Verdict.STUCK),
        (running(30), Verdict.STUCK),
        (running(30, stage=1), Verdict.RECONCILING),
        (running(30, stage=20), Verdict.STUCK),
        (running(30, stage=1, goes="False"), Verdict.STUCK),
    ],
)
def test_an_attempt_is_stuck_after_its_timeout(resource: Resource, verdict: Verdict) -> None:
    """An attempt is stuck when its running stage takes longer than its timeout and the margin."""
    assert resource.verdict is verdict


def test_the_margin_is_for_the_queue_of_the_controller() -> None:
    """An attempt is within its time until the margin after its timeout, and not a moment longer."""
    last = NOW - minutes(5) - MARGIN
    resource = judged(flux("HelmRelease", "x"))
    assert is_within(resource, last, NOW)
    assert not is_within(resource, last - minutes(0.1), NOW)
    assert is_within(resource, None, NOW)


def test_a_deletion_is_within_its_own_time() -> None:
    """A deletion counts from deletionTimestamp, with the timeout of the uninstallation."""
    spec = {"timeout": "30m", "uninstall": {"timeout": "3m"}}
    for age, within in ((4, True), (5, True), (5.1, False), (6, False)):
        gone = judged(flux("HelmRelease", "x", spec=spec, deletionTimestamp=stamp(minutes(age))))
        assert is_deletion_within(gone, NOW) is within
