"""What the objects of a list wait for."""

from pathlib import Path
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.get.rows import Row, rows
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State
from tests.builders import HEALTHY, NO_ARTIFACT, evidence, flux, kustomization, reference, source
from tests.conftest import RECORDED

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


@pytest.mark.parametrize("file", CLUSTERS, ids=lambda file: file.name)
def test_the_judgement_is_that_of_the_check(file: Path) -> None:
    """What an object waits for is among its causes in the check, or blocked by one of them.

    The check may know more: then the cause is a controller, which is not read for a list.
    """
    recorded = snapshot.load(file)
    causes = Analysis(State(recorded)).causes.by_object
    for batch in rows(Saved(recorded), [kind for kind in KINDS.values() if kind.reconciled]):
        for row in batch:
            of_check = {cause.ref for cause in causes.get(row.resource.ref.key, ())}
            for cause in row.waits_for:
                further = {one.ref for one in causes.get(cause.ref.key, ())}
                assert cause.ref in of_check or further & of_check


def test_nobody_is_told_only_that_an_artifact_is_missing() -> None:
    """In the recorded zoo, each Kustomization without an artifact says what it waits for."""
    zoo = Saved(snapshot.load(RECORDED / "zoo.json.gz"))
    found = [row for batch in rows(zoo, [KINDS["Kustomization"]]) for row in batch]
    waiting = [row for row in found if "artifact not found" in row.resource.message]
    assert len(waiting) >= 30
    assert all(row.message().startswith("waits for ") for row in waiting)
