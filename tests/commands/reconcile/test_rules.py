"""Whether a reconciliation helps: each answer, by the state of the objects."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.reconcile.advice import Assessment, advise
from fluxstatus.commands.reconcile.rules import Helps
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Level
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    alter,
    crashing,
    flux,
    judge,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
    state,
    waiting_for,
    without,
)
from tests.conftest import RECORDED

FILES = sorted(RECORDED.glob("*.json.gz"))
WITHOUT_OBJECTS = {"cluster-empty-no-flux.json.gz", "cluster-operator-no-instance.json.gz"}
STALLED = {
    "Ready": "False InstallFailed: Helm install failed",
    "Stalled": "True RetriesExceeded: Failed to install after 1 attempt(s)",
    "Released": "False InstallFailed: Helm install failed for release apps/app",
}
NEW = {"artifact": {"revision": "main@sha1:def", "lastUpdateTime": stamp(minutes(1))}}


def advice(kind: str, *objects: Object, **more: Any) -> Assessment:
    """Return the advice on the one object of *kind* outside of flux-system."""
    known = state(*objects, **more)
    found = [r for r in known.of_kind(kind) if r.ref.namespace != "flux-system"]
    assert len(found) == 1
    return advise(Analysis(known), found[0])


def git(name: str = "app", **more: Any) -> Object:
    """Return a healthy GitRepository."""
    return source(name, spec={"interval": "5m", "url": "https://git.example.com/app"}, **more)


_WELL = (*HEALTHY, git(), kustomization("app", "app"))
_REQUESTED = {"reconcile.fluxcd.io/requestedAt": stamp(minutes(9))}


@pytest.mark.parametrize(
    ("kind", "objects", "helps", "words"),
    [
        ("Kustomization", _WELL, Helps.NEEDLESS, "has the revision of GitRepository apps/app"),
        ("GitRepository", _WELL, Helps.YES, "check for updates immediately"),
        (
            "Kustomization",
            (*HEALTHY, git(), kustomization("app", "app", applied="main@sha1:old")),
            Helps.YES,
            "but main@sha1:old is applied",
        ),
        (
            "Kustomization",
            (*HEALTHY, git(), kustomization("app", "app", spec={"suspend": True})),
            Helps.NO,
            "it is suspended",
        ),
        (
            "Kustomization",
            (*HEALTHY, source("app", spec={"suspend": True}), kustomization("app", "app")),
            Helps.NO,
            "its source provides no new revision: GitRepository apps/app",
        ),
        (
            "Kustomization",
            (*HEALTHY, source("app", NOT_THERE), kustomization("app", "app", NO_ARTIFACT)),
            Helps.NO,
            "blocked by failures of other objects: GitRepository apps/app",
        ),
        (
            "GitRepository",
            (*HEALTHY, source("app", NOT_THERE)),
            Helps.IF_FIXED,
            "the last attempt failed",
        ),
        (
            "Kustomization",
            (*without(HEALTHY, "Deployment/kustomize-controller"), *_WELL[-2:]),
            Helps.NO,
            "kustomize-controller, which would handle the request, is unavailable",
        ),
        (
            "Kustomization",
            (
                *HEALTHY,
                git(),
                kustomization("app", "app", {}, labels={"sharding.fluxcd.io/key": "blue"}),
            ),
            Helps.NO,
            "no running controller watches it",
        ),
        (
            "HelmRelease",
            (*HEALTHY, flux("HelmRelease", "app", STALLED)),
            Helps.IF_FIXED,
            "--reset allows new retries",
        ),
        (
            "GitRepository",
            (
                *HEALTHY,
                source("app", {"Ready": "False URLInvalid: x", "Stalled": "True URLInvalid: x"}),
            ),
            Helps.NO,
            "change its spec",
        ),
        (
            "Kustomization",
            (*HEALTHY, git(), kustomization("app", "app", annotations=_REQUESTED)),
            Helps.NEEDLESS,
            "requested 9m ago",
        ),
        (
            "Kustomization",
            (
                *HEALTHY,
                git(),
                kustomization("app", "app", {"Ready": "Unknown Progressing: x"}, age=minutes(1)),
            ),
            Helps.NEEDLESS,
            "already being reconciled",
        ),
        (
            "Kustomization",
            (
                *HEALTHY,
                git(),
                kustomization("app", "app", deletionTimestamp=stamp(minutes(9))),
            ),
            Helps.NO,
            "being deleted",
        ),
        ("Alert", (*HEALTHY, flux("Alert", "app", {})), Helps.NO, "is not reconciled"),
        (
            "ExternalArtifact",
            (*HEALTHY, flux("ExternalArtifact", "app", {}, status=NEW)),
            Helps.UNKNOWN,
            "not part of Flux",
        ),
        (
            "ResourceSet",
            (*HEALTHY, flux("ResourceSet", "app")),
            Helps.NEEDLESS,
            "apply the same content again",
        ),
    ],
)
def test_answer(kind: str, objects: tuple[Object, ...], helps: Helps, words: str) -> None:
    """The answer follows from the state of the object, and has a reason."""
    told = advice(kind, *objects)
    assert told.reason.helps is helps
    assert words in told.reason.text


def test_what_could_not_be_read_is_no_answer() -> None:
    """Without permission to read the controllers the answer is unknown."""
    told = advice("Kustomization", *_WELL, unread={"deployments.apps/controllers": FORBIDDEN})
    assert told.reason.helps is Helps.UNKNOWN
    assert told.level is Level.UNKNOWN


def test_a_controller_that_crashes_reads_no_request() -> None:
    """An unavailable controller is reported with its failure."""
    objects = alter(
        HEALTHY,
        "Pod/kustomize-controller",
        {"status.containerStatuses": [crashing("OOMKilled", 137)]},
    )
    objects = alter(objects, "Deployment/kustomize-controller", {"status.readyReplicas": None})
    told = advice("Kustomization", *objects, *_WELL[-2:])
    assert told.reason.helps is Helps.NO
    assert "OOMKilled" in told.reason.text
    assert any(command.argv[:2] == ("kubectl", "--context") for hint in told.reason.hints
               for command in hint.commands)  # fmt: skip


def test_the_deepest_cause_is_named() -> None:
    """In a chain of dependencies the failing end is named, not the blocked objects."""
    objects = (
        *HEALTHY,
        source("app", NOT_THERE),
        kustomization("base", "app", NO_ARTIFACT, spec={}),
        flux("HelmRelease", "top", waiting_for("base"),
             spec={"dependsOn": [reference("HelmRelease", "mid")]}),
        flux("HelmRelease", "mid", waiting_for("base"),
             spec={"dependsOn": [{**reference("Kustomization", "base"), "kind": "Kustomization"}]}),
    )  # fmt: skip
    known = state(*objects)
    told = advise(Analysis(known), known.resources["HelmRelease", "apps", "top"])
    assert "GitRepository apps/app" in told.reason.text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_recorded_objects(file: object) -> None:
    """Exactly the objects that the check reports as failing or blocked have level fail."""
    evidence = snapshot.load(RECORDED / getattr(file, "name", ""))
    known = State(evidence)
    assert bool(known.resources) is (getattr(file, "name", "") not in WITHOUT_OBJECTS)
    analysis = Analysis(known)
    failing = {
        ref
        for finding in judge(evidence).findings
        if finding.level is Level.FAIL
        for ref in (finding.object, *finding.blocks)
    }
    for resource in known.resources.values():
        told = advise(analysis, resource)
        assert (told.level is Level.FAIL) == (resource.ref in failing), resource.ref
        if told.level is Level.FAIL and not told.reason.text.startswith("a reconciliation was"):
            assert told.reason.helps in (Helps.NO, Helps.IF_FIXED), resource.ref
        for outlook in told.outlooks:
            assert outlook.at is None or outlook.at - known.now < timedelta(days=1)
