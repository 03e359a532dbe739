"""Whether a reconciliation helps: each answer, by the state of the objects."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.reconcile.advice import Assessment, advise
from fluxstatus.commands.reconcile.rules import Helps
from fluxstatus.lookup.related import PartialState
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
    evidence,
    flux,
    judge,
    kustomization,
    minutes,
    reference,
    running_since,
    source,
    stamp,
    state,
    waiting_for,
    without,
)
from tests.conftest import RECORDED

OLD = running_since(HEALTHY, timedelta(days=9))
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
    result = advice(kind, *objects)
    assert result.reason.helps is helps
    assert words in result.reason.text


@pytest.mark.parametrize(
    ("kind", "drift", "words"),
    [
        ("HelmRelease", None, "change nothing, not even drift"),
        ("HelmRelease", "warn", "change nothing, not even drift"),
        ("HelmRelease", "enabled", "only reverts drift"),
        ("HelmChart", None, "build the same chart again"),
    ],
)
def test_what_a_request_without_news_does(kind: str, drift: str | None, words: str) -> None:
    """A release is left alone unless drift is reverted, and a chart applies nothing."""
    of = {"chart": "web", "sourceRef": {"kind": "GitRepository", "name": "app"}}
    release = flux(
        "HelmRelease", "web",
        spec={"chart": {"spec": of}, **({"driftDetection": {"mode": drift}} if drift else {})},
        status={"helmChart": "apps/web", "history": [{"status": "deployed", "chartVersion": "1"}]},
    )  # fmt: skip
    chart = flux("HelmChart", "web", spec=of, status={"artifact": {"revision": "1"}})
    reason = advice(kind, *HEALTHY, git(), release, chart).reason
    assert reason.helps is Helps.NEEDLESS
    assert words in reason.text


def test_what_could_not_be_read_is_no_answer() -> None:
    """Without permission to read the controllers the answer is unknown."""
    result = advice("Kustomization", *_WELL, unread={"deployments.apps/controllers": FORBIDDEN})
    assert result.reason.helps is Helps.UNKNOWN
    assert result.level is Level.UNKNOWN


def test_a_controller_that_crashes_reads_no_request() -> None:
    """An unavailable controller is reported with its failure."""
    objects = alter(
        HEALTHY,
        "Pod/kustomize-controller",
        {"status.containerStatuses": [crashing("OOMKilled", 137)]},
    )
    objects = alter(objects, "Deployment/kustomize-controller", {"status.readyReplicas": None})
    result = advice("Kustomization", *objects, *_WELL[-2:])
    assert result.reason.helps is Helps.NO
    assert "OOMKilled" in result.reason.text
    assert any(command.argv[:2] == ("kubectl", "--context") for hint in result.reason.hints
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
    result = advise(Analysis(known), known.resources["HelmRelease", "apps", "top"])
    assert "GitRepository apps/app" in result.reason.text


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
        result = advise(analysis, resource)
        assert (result.level is Level.FAIL) == (resource.ref in failing), resource.ref
        if result.level is Level.FAIL and not result.reason.text.startswith("a reconciliation was"):
            assert result.reason.helps in (Helps.NO, Helps.IF_FIXED), resource.ref
        for outlook in result.outlooks:
            assert outlook.at is None or outlook.at - known.now < timedelta(days=1)


def long_ago(**more: Any) -> Object:
    """Return a Kustomization that is due every 10m, and was last reconciled a day ago."""
    one = kustomization("app", "app", age=timedelta(days=1), **more)
    one["status"]["history"] = [{"lastReconciled": stamp(timedelta(days=1))}]
    return one


def test_a_controller_that_does_nothing_handles_no_request() -> None:
    """If all that it should have done is overdue, a request changes nothing."""
    objects = without(OLD, "Kustomization/flux-system")
    answer = advice("Kustomization", *objects, git(), long_ago())
    assert answer.reason.helps is Helps.NO
    assert (
        "would have to handle the request: the controller is running and ready, but has"
        in answer.reason.text
    )
    assert answer.level is Level.FAIL
    assert "until Deployment flux-system/kustomize-controller is working" in answer.outlooks[0].text


def test_an_object_that_is_overdue_alone_may_be_requested() -> None:
    """While its controller does other work, a request shows whether it can do this."""
    answer = advice("Kustomization", *OLD, git(), long_ago())
    assert answer.reason.helps is Helps.YES
    assert "was last reconciled 24h ago (interval: 10m)" in answer.reason.text
    assert "so kustomize-controller might be stuck" in answer.outlooks[0].text


def test_one_object_proves_nothing_about_its_controller() -> None:
    """Where only one object was read, its controller is not accused for it."""
    objects = without(OLD, "Kustomization/flux-system")
    known = PartialState(evidence(*objects, git(), long_ago()), set())
    answer = advise(Analysis(known), known.resources["Kustomization", "apps", "app"])
    assert answer.reason.helps is Helps.YES
