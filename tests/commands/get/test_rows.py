"""The row of an object: ready, stale, revisions and message."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.get.rows import FILTERS, WIDE, Row, cell, rows
from fluxstatus.model.findings import Level
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.resource import Verdict
from tests.builders import (
    FORBIDDEN,
    evidence,
    flux,
    found,
    kustomization,
    minutes,
    source,
    stamp,
)

READY = {"Ready": "True ReconciliationSucceeded: Applied revision: main@sha1:abc"}
FAILED = {
    "Reconciling": "True ProgressingWithRetry: retrying",
    "Ready": "False BuildFailed: kustomize build failed",
}


def listed(*objects: Any, kinds: Iterable[str] = KINDS, **more: Any) -> dict[str, Row]:
    """Return the rows of a cluster with *objects*, keyed by the object's name."""
    saved = Saved(evidence(*objects, **more))
    every = [row for batch in rows(saved, (KINDS[kind] for kind in kinds)) for row in batch]
    return {row.resource.ref.name: row for row in every}


def cells(row: Row) -> Mapping[str, str]:
    """Return the columns of *row*."""
    return {column: cell(row, column, with_kind=False) for column in WIDE}


CASES: list[tuple[Verdict, str, str, dict[str, Any]]] = [
    (Verdict.READY, "True", "Applied revision: main@sha1:abc", {"conditions": READY}),
    (Verdict.FAILED, "False", "kustomize build failed", {"conditions": FAILED}),
    (
        Verdict.STALLED, "False", "stalled: bad spec",
        {"conditions": {"Stalled": "True Invalid: bad", "Ready": "False Invalid: bad spec"}},
    ),
    (Verdict.SUSPENDED, "True", READY["Ready"][30:], {"spec": {"suspend": True}}),
    (
        Verdict.OUTDATED, "Unknown", "outdated: Applied revision: main@sha1:abc",
        {"conditions": READY, "generation": 2},
    ),
    (Verdict.NEVER, "Unknown", "never reconciled", {"conditions": {}}),
    (
        Verdict.TERMINATING, "Unknown", "terminating: Applied revision: main@sha1:abc",
        {"conditions": READY, "deletionTimestamp": stamp(minutes(5))},
    ),
    (
        Verdict.RECONCILING, "Unknown", "at work",
        {"conditions": {"Ready": "Unknown Progressing: at work"}, "age": minutes(0)},
    ),
    (
        Verdict.STUCK, "Unknown", "stuck: at work",
        {"conditions": {"Ready": "Unknown Progressing: at work"}, "age": minutes(60)},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "ready", "message", "made"), CASES)
def test_ready_is_the_verdict(
    verdict: Verdict, ready: str, message: str, made: dict[str, Any]
) -> None:
    """READY is the verdict, and MESSAGE has it where the controller's message does not."""
    row = listed(kustomization("one", "git", **made))["one"]
    assert row.resource.verdict is verdict
    assert cells(row)["READY"] == ready
    assert cells(row)["MESSAGE"].endswith(message)
    assert FILTERS["not_ready"](row) is (ready != "True")


def test_what_has_no_status_is_neither() -> None:
    """An address of charts is neither ready nor not ready."""
    row = listed(flux("HelmRepository", "one", {}, spec={"type": "oci"}))["one"]
    assert cells(row)["READY"] == "-"
    assert not FILTERS["not_ready"](row)


def test_a_retry_does_not_change_since_when_it_fails() -> None:
    """SINCE is the first time that is known, as in the check; Ready is new with each attempt."""
    failure = "GitOperationFailed: no"
    git = source("git", {"Ready": f"False {failure}", "FetchFailed": f"True {failure}"})
    ready, fetched = git["status"]["conditions"]
    ready["lastTransitionTime"] = stamp(minutes(3))
    fetched["lastTransitionTime"] = stamp(minutes(66))
    row = listed(git)["git"]
    assert (cells(row)["SINCE"], cells(row)["TIME"]) == ("66m", stamp(minutes(66)))
    (fault,) = [one for one in found("sources", evidence(git)) if one.level is Level.FAIL]
    assert row.since == fault.since
    fetched["status"] = "False"  # it is not what fails
    assert cells(listed(git)["git"])["SINCE"] == "3m"


def test_revisions() -> None:
    """WANTED is the revision of the source; an object with another one is stale."""
    known = listed(
        source("git"),
        kustomization("current", "git"),
        kustomization("behind", "git", applied="main@sha1:old"),
        kustomization("alone", "nowhere"),
    )
    assert [cells(known[name])["WANTED"] for name in ("current", "behind", "alone")] == [
        "main@sha1:abc", "main@sha1:abc", "",
    ]  # fmt: skip
    assert cells(known["behind"])["APPLIED"] == "main@sha1:old"
    stale = {name for name, row in known.items() if FILTERS["stale"](row)}
    assert stale == {"behind"}


def test_an_old_request_and_an_old_spec_are_stale() -> None:
    """An object with an unhandled request or an old observed generation is stale."""
    asked = {"reconcile.fluxcd.io/requestedAt": stamp(minutes(9))}
    known = listed(
        kustomization("asked", "git", annotations=asked),
        kustomization("changed", "git", generation=2),
        kustomization("well", "git"),
        flux("ExternalArtifact", "records-none", {"Ready": "True Ok: x"}, annotations=asked),
    )
    assert {name for name, row in known.items() if FILTERS["stale"](row)} == {"asked", "changed"}


def test_releases_and_instances_have_versions() -> None:
    """A HelmRelease has chart versions, a FluxInstance Flux versions, a source its ref."""
    known = listed(
        flux("HelmChart", "apps-web", {"Ready": "True Ok: x"},
             status={"artifact": {"revision": "2.0.0"}}),
        flux("HelmRelease", "web", status={
            "helmChart": "apps/apps-web",
            "history": [{"status": "deployed", "chartVersion": "1.0.0"}],
        }, spec={"chart": {"spec": {"chart": "web", "sourceRef": {"kind": "HelmRepository",
                                                                  "name": "charts"}}}}),
        flux("FluxInstance", "flux", spec={"distribution": {"version": "2.x"}},
             status={"lastAppliedRevision": "v2.9.5@sha256:abc"}),
        flux("GitRepository", "git", {"Ready": "Unknown Progressing: x"},
             spec={"ref": {"tag": "v1", "semver": ">=1"}}),
    )  # fmt: skip
    places = {name: (cells(row)["WANTED"], cells(row)["APPLIED"]) for name, row in known.items()}
    assert places["web"] == ("2.0.0", "1.0.0")
    assert places["flux"] == ("2.x", "v2.9.5@sha256:abc")
    assert places["git"] == (">=1", "")


def test_ready_without_a_revision_is_unknown() -> None:
    """Ready=True alone is not enough where the controller must have set a revision, too."""
    empty = kustomization("one", "git", READY)
    del empty["status"]["lastAppliedRevision"]
    row = cells(listed(empty, kustomization("two", "git", READY))["one"])
    assert row["READY"] == "Unknown"
    assert row["MESSAGE"].startswith("status.lastAppliedRevision is not set: ")


def test_wide_has_source_and_owner() -> None:
    """-o wide adds the source, the owner by labels, the interval and the reason."""
    labels = {
        "kustomize.toolkit.fluxcd.io/name": "root",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }
    more = cells(listed(kustomization("one", "shared/git", READY, labels=labels))["one"])
    assert more["SOURCE"] == "GitRepository/shared/git"
    assert more["OWNER"] == "Kustomization/flux-system/root"
    assert (more["INTERVAL"], more["REASON"]) == ("10m", "ReconciliationSucceeded")


def test_the_interval_of_an_operators_object_is_an_annotation() -> None:
    """A kind of the operator has no spec.interval."""
    every = {"fluxcd.controlplane.io/reconcileEvery": "30m"}
    known = listed(flux("ResourceSet", "apps", {"Ready": "True Ok: x"}, annotations=every))
    assert cells(known["apps"])["INTERVAL"] == "30m"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"annotations": {"fluxcd.controlplane.io/suspendedBy": "alice@acme.com"}},
         "suspended by alice@acme.com: Applied revision: main@sha1:a"),
        ({}, "Applied revision: main@sha1:a"),
    ],
)  # fmt: skip
def test_who_suspended_an_object_is_shown(more: dict[str, Any], message: str) -> None:
    """The user of the operator's web UI, who suspended an object, stands before its message."""
    ready = {"Ready": "True ReconciliationSucceeded: Applied revision: main@sha1:a"}
    one = kustomization("one", "git", ready, spec={"suspend": True}, **more)
    assert cells(listed(one)["one"])["MESSAGE"] == message


def test_the_interval_of_a_generator_is_an_annotation() -> None:
    """An ArtifactGenerator has no spec.interval, and an annotation of its own (Flux 2.10)."""
    every = {
        "source.extensions.fluxcd.io/reconcileEvery": "20m",
        "fluxcd.controlplane.io/reconcileEvery": "30m",
    }
    known = listed(flux("ArtifactGenerator", "gen", {"Ready": "True Ok: x"}, annotations=every))
    assert cells(known["gen"])["INTERVAL"] == "20m"


def test_a_source_that_is_not_read_is_noted() -> None:
    """Without the sources nothing is stale, and the reason is kept."""
    name = KINDS["GitRepository"].resource
    saved = Saved(evidence(kustomization("one", "git"), unread={name: FORBIDDEN}))
    [[row]] = [batch for batch in rows(saved, [KINDS["Kustomization"]]) if batch]
    assert not FILTERS["stale"](row)
    assert saved.unread == {name: FORBIDDEN}


@pytest.mark.parametrize(("ago", "late"), [(45, False), (46, True)])
def test_an_overdue_object_says_so(ago: int, late: bool) -> None:
    """Ready is what the controller said last: the message says how long ago that was."""
    one = kustomization("web", "git", age=minutes(ago))
    one["status"]["history"] = [{"lastReconciled": stamp(minutes(ago))}]
    row = listed(source("git"), one)["web"]
    said = f"overdue, last reconciled {ago}m ago: {READY['Ready'][30:]}"
    assert (row.ready, row.message()) == ("True", said if late else READY["Ready"][30:])


def test_a_suspended_object_is_not_overdue() -> None:
    """Nothing is due while it is suspended."""
    row = listed(kustomization("web", "git", age=minutes(999), spec={"suspend": True}))["web"]
    assert "overdue" not in row.message()


def suspended(name: str, days: float | None, by: str = "flux") -> Any:
    """Return a Kustomization that was suspended so many days ago; None is unknown."""
    at = timedelta(days=days or 0)
    managed = {"manager": by, "time": stamp(at), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    paused = kustomization(name, "git", spec={"suspend": True})
    paused["metadata"]["managedFields"] = [] if days is None else [managed]
    return paused


@pytest.mark.parametrize(
    ("longer", "names"),
    [
        (timedelta(days=7), ["long", "unknown"]),
        (timedelta(days=30), ["unknown"]),
        (timedelta(hours=1), ["long", "short", "unknown"]),
        (timedelta(), ["gone", "long", "short", "unknown"]),
    ],
)
def test_long_suspensions_are_found(longer: timedelta, names: list[str]) -> None:
    """Only what has been suspended for longer; what nobody knows may have been, so it is shown."""
    gone = suspended("gone", 0.01)
    known = listed(suspended("long", 8), suspended("short", 1), suspended("unknown", None), gone,
                   kustomization("web", "git"))  # fmt: skip
    assert sorted(name for name, row in known.items() if row.is_suspended(longer)) == names


def test_a_message_says_who_suspended_it() -> None:
    """The manager of spec.suspend or the user of the web UI comes before an old message."""
    web = listed(suspended("web", 8, "kubectl-patch"))["web"]
    assert web.message().startswith("suspended by field manager kubectl-patch: Applied revision")
