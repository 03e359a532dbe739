"""The fault of one object: its state and the controller's message, explained."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.faults import Fault, fault_of
from fluxstatus.causes.missing import Suggestions
from fluxstatus.model.evidence import Object
from fluxstatus.state.last_attempt import reason_and_message_of, since_of
from tests.builders import (
    NOW,
    PROGRESSING,
    event,
    flux,
    judged,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
    state,
)

STUCK = {"Ready": PROGRESSING}
DELETED = {"deletionTimestamp": stamp(minutes(60)), "finalizers": ["finalizers.fluxcd.io"]}


def fault(one: Object, *others: Object, is_watched: bool = True) -> Fault:
    """Return the fault of *one* in a cluster with *others*."""
    known = state(one, *others)
    resource = known.resources[judged(one).ref.key]
    return fault_of(known, Suggestions(known), resource, is_watched=is_watched)


@pytest.mark.parametrize(
    ("code", "more", "is_watched"),
    [
        ("suspended", {"spec": {"suspend": True}}, True),
        ("suspended-by-annotation",
         {"annotations": {"fluxcd.controlplane.io/reconcile": "disabled"}}, True),
        ("terminating", DELETED, True),
        ("terminating-without-controller", DELETED, False),
        ("shard-without-controller", {"labels": {"sharding.fluxcd.io/key": "s"}}, False),
        ("never-reconciled", {}, False),
        ("never-reconciled", {"conditions": {}}, True),
        ("outdated", {"generation": 2}, True),
        ("stuck", {"conditions": STUCK, "age": timedelta(hours=2)}, True),
        ("attempt-failed", {"conditions": STUCK, "age": minutes(1)}, True),
    ],
)  # fmt: skip
def test_a_state_without_words_has_its_code(
    code: str, more: dict[str, Any], is_watched: bool
) -> None:
    """Without a message the state of the object is the fault."""
    found = fault(flux("ResourceSet", "one", **more), is_watched=is_watched)
    assert found.diagnosis.code == code
    assert found.diagnosis.hints


def test_a_generator_is_switched_on_by_its_own_annotation() -> None:
    """The command that resumes an object names the annotation of its kind."""
    off = {"source.extensions.fluxcd.io/reconcile": "disabled"}
    found = fault(flux("ArtifactGenerator", "one", annotations=off))
    argv = found.diagnosis.hints[0].commands[0].argv
    assert argv[-1] == "source.extensions.fluxcd.io/reconcile=enabled"


def test_a_failure_before_the_suspension_is_not_its_fault() -> None:
    """The message of a suspended object is from before, so it is not reported."""
    failing = {"Ready": "False BuildFailed: bad"}
    found = fault(flux("Kustomization", "one", failing, spec={"suspend": True}))
    assert (found.reason, found.message) == ("", "")


MISSING = {"sourceRef": reference("GitRepository", "git")}


@pytest.mark.parametrize(
    ("code", "conditions", "more"),
    [
        ("target-missing", {"Ready": "False ArtifactFailed: not found"}, {}),
        ("target-missing", {"Stalled": "True X: x", "Ready": "False X: x"}, {}),
        ("access-denied", {"Ready": "False AccessDenied: can't access"}, {}),
        ("outdated", {"Ready": "False ArtifactFailed: not found"}, {"generation": 2}),
        ("never-reconciled", {}, {}),
    ],
)
def test_a_missing_target_is_reported_with_its_namespace(
    code: str, conditions: dict[str, str], more: dict[str, Any]
) -> None:
    """A reference to a missing object is the fault once a controller has followed it."""
    one = flux("Kustomization", "one", conditions, spec=MISSING, **more)
    assert fault(one).diagnosis.code == code


def test_an_instance_does_not_miss_what_it_makes() -> None:
    """The sync source that a FluxInstance has yet to create is not missing."""
    failing = {"Ready": "False BuildFailed: build failed: odd"}
    one = flux("FluxInstance", "flux-system/flux", failing,
               spec={"sync": {"kind": "GitRepository", "url": "x"}})  # fmt: skip
    assert fault(one).diagnosis.code == "instance-build-failed"


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"Ready": "False BuildFailed: bad"}, ("BuildFailed", "bad")),
        ({"Ready": PROGRESSING, "FetchFailed": "True GitOperationFailed: no"},
         ("GitOperationFailed", "no")),
        ({"Ready": PROGRESSING, "Healthy": "False HealthCheckFailed: no"},
         ("HealthCheckFailed", "no")),
        ({"Ready": PROGRESSING, "FetchFailed": "False X: x"},
         ("Progressing", "Reconciliation in progress")),
        ({"Ready": "False UpgradeFailed: x", "Released": "False UpgradeFailed: why"},
         ("UpgradeFailed", "why")),
        ({"Ready": "False RollbackSucceeded: x", "Released": "False UpgradeFailed: why"},
         ("RollbackSucceeded", "why")),
        ({"Ready": "False UninstallSucceeded: x", "Released": "False InstallFailed: why"},
         ("InstallFailed", "why")),
        ({"Ready": "False TestFailed: x", "TestSuccess": "False TestFailed: why"},
         ("TestFailed", "why")),
        ({"Ready": "False SourceNotReady: x", "Released": "False UpgradeFailed: why"},
         ("SourceNotReady", "x")),
        ({"Ready": "False ValuesError: x", "Released": "False UpgradeFailed: why"},
         ("ValuesError", "x")),
        ({"Ready": "True X: x", "Released": "False UpgradeFailed: why"}, ("X", "x")),
    ],
)  # fmt: skip
def test_the_error_in_a_message_is_found(
    conditions: dict[str, str], words: tuple[str, str]
) -> None:
    """The condition with the failure counts, also while Ready is reset."""
    one = flux("HelmRelease", "one", conditions)
    known = state(one)
    assert reason_and_message_of(known, known.resources["HelmRelease", "apps", "one"]) == words


def test_the_newest_event_speaks_for_a_wiped_condition() -> None:
    """Of several Warning events the newest has the last failure."""
    known = state(
        source("git"),
        kustomization("web", "git", STUCK),
        event("Kustomization apps/web", "BuildFailed", "older", ago=minutes(9), count=1),
        event("Kustomization apps/web", "PruneFailed", "newer", ago=minutes(3), count=2),
    )
    assert reason_and_message_of(known, known.resources["Kustomization", "apps", "web"]) == (
        "PruneFailed", "newer")  # fmt: skip


def test_an_event_does_not_outweigh_the_condition() -> None:
    """While Ready has the failure, an event does not count."""
    known = state(
        kustomization("web", "git", {"Ready": "False BuildFailed: bad"}),
        event("Kustomization apps/web", "PruneFailed", "old"),
    )
    assert reason_and_message_of(known, known.resources["Kustomization", "apps", "web"])[1] == "bad"


def test_a_fault_began_with_its_part() -> None:
    """The condition with the failure is older than Ready."""
    one = flux("GitRepository", "git", {"Ready": "False X: no", "FetchFailed": "True X: no"},
               age=minutes(1))  # fmt: skip
    one["status"]["conditions"][1]["lastTransitionTime"] = stamp(timedelta(hours=5))
    known = state(one)
    found = since_of(known, known.resources["GitRepository", "apps", "git"], "X")
    assert found == NOW - timedelta(hours=5)


def test_a_fault_began_with_its_first_event() -> None:
    """Events with another reason are about other faults."""
    known = state(
        flux("GitRepository", "git", {"Ready": "False X: no"}, age=minutes(1)),
        event("GitRepository apps/git", "X", "no", ago=minutes(20), count=1),
        event("GitRepository apps/git", "Y", "no", ago=minutes(40), count=2),
    )
    found = since_of(known, known.resources["GitRepository", "apps", "git"], "X")
    assert found == NOW - minutes(20)


def test_a_fault_without_a_time_has_none() -> None:
    """A fault without a known time has none."""
    one = flux("GitRepository", "git", {"Ready": "False X: no"})
    del one["status"]["conditions"][0]["lastTransitionTime"]
    known = state(one)
    assert since_of(known, known.resources["GitRepository", "apps", "git"], "X") is None


def test_a_hostile_name_stays_one_word() -> None:
    """A value from the cluster is one word of a command, whatever it holds."""
    one = flux("GitRepository", "x", {"Ready": "False GitOperationFailed: authentication required"},
               spec={"secretRef": {"name": "a; rm -rf ~"}})  # fmt: skip
    argv = fault(one).diagnosis.hints[0].commands[0].argv
    assert argv == ("kubectl", "describe", "secret", "a; rm -rf ~", "-n", "apps")


def test_braces_in_a_message_are_only_text() -> None:
    """Braces in a message are not a template."""
    message = "False InvalidChartReference: no '{ns}' chart with version matching '{0}' found"
    found = fault(flux("HelmChart", "x", {"Ready": message}))
    assert 'no chart "{ns}" with a version that matches {0}' in found.diagnosis.why
