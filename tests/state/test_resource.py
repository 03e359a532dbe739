"""The verdict on an object."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fluxstatus.base.durations import seconds, when
from fluxstatus.state.resource import Verdict, suspender_of
from tests.builders import NOW, PROGRESSING, flux, judged, kustomization, minutes, stamp

AT_WORK = {"Reconciling": "True Progressing: Building manifests", "Ready": PROGRESSING}
RETRYING = {"Reconciling": "True ProgressingWithRetry: building artifact", "Ready": "False X: no"}
STALLED = {"Stalled": "True BuildFailed: no", "Ready": "False BuildFailed: no"}
READY = {"Ready": "True ReconciliationSucceeded: done"}
DELETED = {"deletionTimestamp": stamp(minutes(30)), "finalizers": ["finalizers.fluxcd.io"]}
OFF = {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}
OCI = {"spec": {"type": "oci", "url": "oci://ghcr.io/acme"}}

TABLE: list[tuple[str, Verdict, str, dict[str, str], dict[str, Any]]] = [
    ("ready", Verdict.READY, "Kustomization", READY, {}),
    ("retrying is failed, not in progress", Verdict.FAILED, "GitRepository", RETRYING, {}),
    ("Ready is found behind the others", Verdict.FAILED, "HelmRelease", RETRYING, {}),
    ("stalled", Verdict.STALLED, "FluxInstance", STALLED, {}),
    ("at work", Verdict.RECONCILING, "Kustomization", AT_WORK, {"age": minutes(3)}),
    ("at work for too long", Verdict.STUCK, "Kustomization", AT_WORK, {"age": minutes(15)}),
    ("its own timeout counts", Verdict.RECONCILING, "HelmRelease", AT_WORK,
     {"age": minutes(15), "spec": {"timeout": "20m"}}),
    ("a source has a minute", Verdict.STUCK, "GitRepository", AT_WORK, {"age": minutes(5)}),
    ("a timeout by annotation", Verdict.RECONCILING, "FluxInstance", AT_WORK,
     {"age": minutes(15),
      "annotations": {"fluxcd.controlplane.io/reconcileTimeout": "30m"}}),
    ("a Kustomization's timeout is its interval", Verdict.RECONCILING, "Kustomization", AT_WORK,
     {"age": minutes(40), "spec": {"interval": "1h"}}),
    ("no conditions, old", Verdict.NEVER, "Kustomization", {}, {}),
    ("no conditions, young", Verdict.STARTING, "Kustomization", {}, {"born": minutes(1)}),
    ("no conditions, a clock ahead", Verdict.STARTING, "Kustomization", {}, {"born": -minutes(1)}),
    ("no conditions, born tomorrow", Verdict.NEVER, "Kustomization", {}, {"born": -minutes(999)}),
    ("at work since tomorrow", Verdict.STUCK, "Kustomization", AT_WORK, {"age": -minutes(999)}),
    ("an older spec", Verdict.OUTDATED, "Kustomization", READY, {"generation": 2}),
    ("an older spec that failed", Verdict.OUTDATED, "Kustomization", RETRYING, {"generation": 2}),
    ("this spec failed, never observed", Verdict.FAILED, "Kustomization", RETRYING,
     {"generation": 2, "observed": 2, "status": {"observedGeneration": 1}}),
    ("suspended", Verdict.SUSPENDED, "Kustomization", READY, {"spec": {"suspend": True}}),
    ("suspended at birth", Verdict.SUSPENDED, "GitRepository", {}, {"spec": {"suspend": True}}),
    ("suspended while failing", Verdict.SUSPENDED, "HelmRelease", STALLED,
     {"spec": {"suspend": True}}),
    ("suspended by annotation", Verdict.SUSPENDED, "ResourceSet", READY, OFF),
    ("generator off by annotation", Verdict.SUSPENDED, "ArtifactGenerator", READY,
     {"annotations": {"source.extensions.fluxcd.io/reconcile": "disabled"}}),
    ("suspended by annotation in any case", Verdict.SUSPENDED, "ResourceSet", READY,
     {"annotations": {"fluxcd.controlplane.io/reconcile": "Disabled"}}),
    ("generator off in any case", Verdict.SUSPENDED, "ArtifactGenerator", READY,
     {"annotations": {"source.extensions.fluxcd.io/reconcile": "DISABLED"}}),
    ("the operator's annotation is not Flux's", Verdict.READY, "OCIRepository", READY, OFF),
    ("nor a generator's", Verdict.READY, "ArtifactGenerator", READY, OFF),
    ("and that of a generator is its own", Verdict.READY, "ResourceSet", READY,
     {"annotations": {"source.extensions.fluxcd.io/reconcile": "disabled"}}),
    ("made while switched off", Verdict.SUSPENDED, "FluxInstance",
     {"Ready": "True ReconciliationDisabled: Initialized with reconciliation suspended"}, {}),
    ("deleted and Ready", Verdict.TERMINATING, "Kustomization", READY, DELETED),
    ("deleted and suspended", Verdict.TERMINATING, "Kustomization", READY,
     DELETED | {"spec": {"suspend": True}}),
    ("an alert has no status", Verdict.STATIC, "Alert", {}, {}),
    ("nor has a provider", Verdict.STATIC, "Provider", {}, {}),
    ("nor an OCI HelmRepository", Verdict.STATIC, "HelmRepository", {}, OCI),
    ("whose old conditions do not count", Verdict.STATIC, "HelmRepository", READY, OCI),
    ("but a failure of Flux 2.2 does", Verdict.FAILED, "HelmRepository", RETRYING, OCI),
    ("another HelmRepository has one", Verdict.NEVER, "HelmRepository", {}, {}),
    ("someone else's artifact", Verdict.READY, "ExternalArtifact", {},
     {"status": {"artifact": {"revision": "latest@sha256:1"}}}),
    ("no artifact", Verdict.NEVER, "ExternalArtifact", {}, {}),
    ("Ready=False, nothing else", Verdict.FAILED, "ImagePolicy", {"Ready": "False X: no"}, {}),
    ("Ready without a status", Verdict.STUCK, "Receiver", {"Ready": "Perhaps X: no"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "kind", "conditions", "more"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_conditions_give_a_verdict(
    verdict: Verdict, kind: str, conditions: dict[str, str], more: dict[str, Any]
) -> None:
    """The verdict follows from conditions, generation, age and suspension."""
    assert judged(flux(kind, "x", conditions, **more)).verdict is verdict


def test_a_fresh_change_of_the_spec_is_being_worked_on() -> None:
    """A spec that changed a minute ago and was not observed yet is not outdated."""
    written = {"manager": "kubectl", "time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"x": {}}}}
    changed = flux("Kustomization", "x", READY, generation=2, managedFields=[written])
    assert judged(changed).verdict is Verdict.RECONCILING
    assert judged(changed, NOW + minutes(5)).verdict is Verdict.OUTDATED


def test_an_object_that_was_changed_without_a_status_is_starting() -> None:
    """A change of the spec gives an object without a status the time of a new one."""
    written = {"manager": "kubectl", "time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"x": {}}}}
    changed = flux("Kustomization", "x", {}, managedFields=[written])
    assert judged(changed).verdict is Verdict.STARTING
    assert judged(changed, NOW + minutes(5)).verdict is Verdict.NEVER


def test_a_suspended_object_has_its_time() -> None:
    """The time of a suspension is when spec.suspend was written."""
    written = {"time": stamp(timedelta(days=41)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    paused = flux("Kustomization", "x", READY, spec={"suspend": True}, managedFields=[written])
    assert judged(paused).since == NOW - timedelta(days=41)


@pytest.mark.parametrize(
    ("managers", "annotations", "by"),
    [
        (["kubectl-patch"], {}, "field manager kubectl-patch"),
        (["flux", "kubectl-edit"], {}, "field managers flux and kubectl-edit"),
        (["kustomize-controller"], {}, "a manifest that kustomize-controller applies"),
        (["helm-controller", "flux"], {}, "a manifest that helm-controller applies"),
        (["flux"], {"fluxcd.controlplane.io/suspendedBy": "alice"}, "alice"),
        ([], {}, ""),
    ],
)
def test_a_suspended_object_says_by_whom(
    managers: list[str], annotations: dict[str, str], by: str
) -> None:
    """A user of the web UI, or the managers of spec.suspend: a program or what applies manifests.

    A field's manager is who last set it (kubernetes server-side-apply, field management).
    """
    suspends = {"time": stamp(minutes(9)), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    managed = [{"manager": name, **suspends} for name in managers]
    for value, expected in ((True, by), (False, by if annotations else "")):
        paused = kustomization(
            "x", "git", spec={"suspend": value}, managedFields=managed, annotations=annotations
        )
        assert suspender_of(judged(paused)) == expected


@pytest.mark.parametrize("value", ["disabled", "Disabled", "enabled"])
def test_an_annotation_says_by_whom_and_since_when(value: str) -> None:
    """An object of the operator is suspended by an annotation, in any case of letters."""
    switch = "fluxcd.controlplane.io/reconcile"
    fields: dict[str, Any] = {"f:metadata": {"f:annotations": {f"f:{switch}": {}}}}
    written = {"manager": "kubectl-annotate", "time": stamp(minutes(9)), "fieldsV1": fields}
    paused = flux("ResourceSet", "x", annotations={switch: value}, managedFields=[written])
    off = value != "enabled"
    assert suspender_of(judged(paused)) == ("field manager kubectl-annotate" if off else "")
    assert (judged(paused).since == NOW - minutes(9)) is off


@pytest.mark.parametrize(
    "more",
    [
        {"conditions": {"Reconciling": "True ProgressingWithRetry: x", "Ready": PROGRESSING}},
        {"conditions": AT_WORK, "status": {"history": [{"lastReconciledStatus": "BuildFailed"}]}},
        {"conditions": AT_WORK, "status": {"history": [{"status": "failed"}]}},
    ],
    ids=["by its condition", "by its history", "by its release"],
)
def test_an_attempt_after_a_failure_is_a_retry(more: dict[str, Any]) -> None:
    """An attempt after a failure is a retry, even if Ready is only "in progress"."""
    assert judged(flux("Kustomization", "x", **more)).retrying
    assert not judged(flux("Kustomization", "x", AT_WORK)).retrying


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T12:00:00Z", NOW),
        ("2026-11-23T13:00:00+01:00", NOW),
        ("2026-11-23T12:00:00.123456789Z", NOW + timedelta(microseconds=123456)),
        ("2026-11-23T12:00:00", NOW),
        ("1795435200", NOW),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999999999999999999", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_times_are_read(text: Any, moment: datetime | None) -> None:
    """A time has the format of Kubernetes or of kubectl users; anything else is not a time."""
    read = when(text)
    assert read == moment
    assert read is None or read.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "length"),
    [("1m30s", 90), ("1.5h", 5400), ("500ms", 0.5), ("10m0s", 600), ("soon", 7), (None, 7)],
)
def test_durations_are_read(text: Any, length: float) -> None:
    """A Go duration is returned in seconds, and any other text is the default."""
    assert seconds(text, 7) == length


def test_an_endless_timeout_is_a_long_one() -> None:
    """A very long timeout does not overflow."""
    endless = flux("HelmRelease", "x", AT_WORK, spec={"timeout": "9" * 400 + "h"})
    assert judged(endless).verdict is Verdict.RECONCILING


@pytest.mark.parametrize("ready", ["True Succeeded: stored", "Unknown Progressing: wait"])
def test_what_has_stalled_says_why(ready: str) -> None:
    """A Ready condition that contradicts Stalled does not give the reason of the failure."""
    one = judged(flux("Kustomization", "a", {"Ready": ready, "Stalled": "True InvalidPath: no"}))
    assert (one.verdict, one.reason, one.message) == (Verdict.STALLED, "InvalidPath", "no")
