"""What the objects of a list wait for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.cause import Cause
from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.get.rows import Row, rows
from fluxstatus.commands.get.verdicts import verdict_json
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import Verdict
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    evidence,
    flux,
    kustomization,
    reference,
    source,
)
from tests.conftest import RECORDED
from tests.lab.score import STATES

CLUSTERS = sorted(RECORDED.glob("*.json.gz"))
REFUSED = (
    "failed to checkout and determine revision: unable to list remote for "
    "'https://git.example.com/x.git': Get \"https://git.example.com/x.git/info/refs\": "
    "dial tcp 10.0.0.1:443: connect: connection refused"
)
DOWN = {"Ready": f"False GitOperationFailed: {REFUSED}"}


def listed(words: tuple[str, ...], *objects: Object, **more: Any) -> dict[str, Row]:
    """Return the rows of these kinds by name."""
    cluster = Saved(evidence(*objects), **more)
    kinds = [KINDS[word] for word in words]
    return {row.resource.ref.name: row for batch in rows(cluster, kinds) for row in batch}


def test_a_dependent_says_what_it_waits_for() -> None:
    """In place of the same message of each, with the fault of the source and not its message."""
    row = listed(("Kustomization",), source("git", DOWN), kustomization("web", "git", NO_ARTIFACT))[
        "web"
    ]
    assert row.message().startswith("waits for GitRepository/git: ")
    assert "refuse" in row.message()
    assert "artifact not found" not in row.message()


def test_the_cause_of_the_cause_is_named() -> None:
    """A HelmRelease waits for the source of its chart, which is read for it; each kind once."""
    of_git = {"chart": "web", "sourceRef": reference("GitRepository", "git")}
    no_artifact = "no artifact available for GitRepository source 'git'"
    chart = flux("HelmChart", "apps-web", {"Ready": f"False NoSourceArtifact: {no_artifact}"},
                 spec=of_git)  # fmt: skip
    release = flux("HelmRelease", "web",
                   {"Ready": "False SourceNotReady: HelmChart 'apps/apps-web' is not ready"},
                   spec={"chart": {"spec": of_git}},
                   status={"helmChart": "apps/apps-web"})  # fmt: skip
    row = listed(("HelmRelease",), source("git", DOWN), chart, release)["web"]
    assert row.message().startswith("waits for GitRepository/git: ")


def test_each_waits_for_its_own_source() -> None:
    """Also if several sources fail in the same way, which the check reports as one cause."""
    names = ("git", "other", "third", "fourth")
    objects = [source(name, DOWN) for name in names]
    dependents = [kustomization(f"of-{name}", name, NO_ARTIFACT) for name in names]
    causes = Analysis(State(evidence(*HEALTHY, *objects, *dependents))).causes
    assert (
        len({cause.ref for one in dependents for cause in causes.by_object[Ref.of(one).key]}) == 1
    )
    for name, row in listed(("Kustomization",), *objects, *dependents).items():
        source_of = name.removeprefix("of-")
        assert row.message().startswith(f"waits for GitRepository/{source_of}: ")


def test_a_message_of_its_own_stays() -> None:
    """An object that fails by itself keeps its message, also beside a source that fails."""
    own = {"Ready": "False BuildFailed: kustomize build failed: no such file"}
    row = listed(("Kustomization",), source("git", DOWN), kustomization("web", "git", own))
    assert row["web"].message() == "kustomize build failed: no such file"
    row = listed(("Kustomization",), source("git"), kustomization("web", "git", NO_ARTIFACT))
    assert "waits for" not in row["web"].message()


def judged() -> Iterator[tuple[Row, Mapping[Key, Sequence[Cause]]]]:
    """Yield each row of each recorded cluster, with the causes that the check finds there."""
    for file in (*CLUSTERS, STATES):
        recorded = snapshot.load(file)
        causes = Analysis(State(recorded)).causes.by_object
        for batch in rows(Saved(recorded), [kind for kind in KINDS.values() if kind.reconciled]):
            for row in batch:
                yield row, causes


def test_the_judgement_is_that_of_the_check() -> None:
    """What an object waits for is among its causes in the check, or blocked by one of them.

    The check may know more: then the cause is a controller, which is not read for a list.
    """
    waiting = [(row, cause, causes) for row, causes in judged() for cause in row.waits_for]
    for row, cause, causes in waiting:
        of_check = {one.ref for one in causes.get(row.resource.ref.key, ())}
        further = {one.ref for one in causes.get(cause.ref.key, ())}
        assert cause.ref in of_check or further & of_check, row.resource.ref
    assert len(waiting) >= 100


FAILING = (Verdict.FAILED, Verdict.STALLED, Verdict.RECONCILING)


def test_what_fails_fails_since_then_in_the_check_too() -> None:
    """An object with a fault of its own is not ready, since the same time, also during a retry."""
    failing = [
        (row, own[0])
        for row, causes in judged()
        if row.resource.verdict in FAILING and (own := _own(row, causes))
    ]
    for row, cause in failing:
        assert (row.ready, row.since) == ("False", cause.since), row.resource.ref
    assert {row.resource.verdict for row, _ in failing} == {*FAILING}
    assert len(failing) >= 100


def _own(row: Row, causes: Mapping[Key, Sequence[Cause]]) -> list[Cause]:
    """Return the causes of *row* that are faults of the object itself."""
    ref = row.resource.ref
    return [one for one in causes.get(ref.key, ()) if one.resource and one.ref == ref]


def test_a_failure_that_only_events_or_history_know() -> None:
    """The message says it, in place of "Reconciliation in progress"; -o json has the verdict."""
    saved = Saved(snapshot.load(STATES))
    found = {
        row.resource.ref.namespace: row
        for batch in rows(saved, [KINDS["Kustomization"], KINDS["HelmRelease"]])
        for row in batch
        if row.resource.ref.name == "app"
    }
    for namespace, words in {
        "k-hc-missing": "Deployment k-hc-missing/nope did not become healthy: the object does",
        "h-crossns": "HelmRepository nowhere-ns/charts does not exist",
    }.items():
        row = found[namespace]
        assert row.ready == "False"
        assert words in row.message()
        assert verdict_json(row)["verdict"] == "failed"


def test_without_events_the_history_is_left() -> None:
    """Events expire, and may not be read: then the message has what the history knows."""
    recorded = snapshot.load(STATES)
    known = {name: one for name, one in recorded.answers.items() if name != "events"}
    found = [
        row
        for batch in rows(Saved(replace(recorded, answers=known)), [KINDS["Kustomization"]])
        for row in batch
        if row.resource.ref.namespace == "k-hc-missing"
    ]
    assert [row.ready for row in found if row.resource.ref.name == "app"] == ["False"]
    assert any(
        row.message() == "an applied object did not become healthy (HealthCheckFailed in "
        "status.history, 66 times since 2026-11-24 15:36 UTC); the next attempt is running"
        for row in found
    )


def test_what_starts_has_not_failed() -> None:
    """A release without any status is unknown as long as its source may exist."""
    spec = {"chart": {"spec": {"chart": "x", "sourceRef": reference("HelmRepository", "far/x")}}}
    new = flux("HelmRelease", "new", {}, spec=spec)
    assert listed(("HelmRelease",), new)["new"].ready == "False"
    unread = {KINDS["HelmRepository"].resource: FORBIDDEN}
    cluster = Saved(evidence(new, unread=unread))
    [[row]] = rows(cluster, [KINDS["HelmRelease"]])
    assert (row.ready, row.message()) == ("Unknown", "never reconciled")


def test_nobody_is_told_only_that_an_artifact_is_missing() -> None:
    """In the recorded zoo, each Kustomization without an artifact says what it waits for."""
    zoo = Saved(snapshot.load(RECORDED / "zoo.json.gz"))
    found = [row for batch in rows(zoo, [KINDS["Kustomization"]]) for row in batch]
    waiting = [row for row in found if "artifact not found" in row.resource.message]
    assert len(waiting) >= 30
    assert all(row.message().startswith("waits for ") for row in waiting)
