"""What counts as fetched and as applied, by kind."""

from typing import Any

import pytest

from fluxstatus.commands.wait.proof import Cover, Proof, Proofs
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.standing import Phase, standings
from fluxstatus.lookup.related import PartialState
from fluxstatus.model.evidence import Object
from tests.builders import evidence, flux

from .objects import ON_A, ON_B, WANTED, A, chart, git, hr, ks, made, oci, places, waited

DONE, COMING, FAILED, SUSPENDED, UNKNOWN = Phase
FETCH_FAILED = {"Ready": "False GitOperationFailed: no such host"}
BUILD_FAILED = {"Ready": "False BuildFailed: accumulating resources"}
UNHEALTHY = {"Ready": "False HealthCheckFailed: Deployment/apps/web not ready"}
NOT_READY = {"Ready": "False DependencyNotReady: dependency 'apps/x' is not ready"}
RUNNING = {"Ready": "Unknown Progressing: running", "Reconciling": "True Progressing: building"}
STALLED = {"Ready": "False InvalidURL: bad", "Stalled": "True InvalidURL: bad"}
OFF = {"suspend": True}
TRIED: Any = {"status": {"lastAttemptedRevision": ON_A}}
FLEET = git("fleet", ON_A)
CHART_ON_A = chart("web", "fleet", observedSourceArtifactRevision=ON_A)
CHART_ON_B = chart("web", "fleet", observedSourceArtifactRevision=ON_B)
OCI_ON_A = oci("latest@sha256:abc", ON_A)
OF_ORIGIN = {"lastAppliedRevision": "latest@sha256:abc", "lastAppliedOriginRevision": ON_A}


def of(kind: str, name: str, *objects: Object) -> tuple[Any, ...]:
    """Return a row: the object that it is about, and all objects."""
    return f"{kind}/{name}", objects


GIT, KS, HR, CHART = "GitRepository", "Kustomization", "HelmRelease", "HelmChart"
ROWS = [
    # The object with all objects, how far it is, and a part of what is said.
    (*of(GIT, "fleet", FLEET), DONE, "fetched main@sha1:a1a1a1a"),
    (*of(GIT, "fleet", git("fleet", ON_A, conditions=FETCH_FAILED)), DONE, "fetched"),
    (*of(GIT, "fleet", git("fleet", ON_A, spec=OFF)), DONE, "fetched"),
    (*of(GIT, "fleet", git()), COMING, f"whether it contains {A} is unknown"),
    (*of(GIT, "fleet", git(conditions=FETCH_FAILED)), FAILED, "cannot fetch: no such host"),
    (*of(GIT, "fleet", git(conditions=STALLED)), FAILED, "cannot fetch: bad"),
    (*of(GIT, "fleet", git(spec=OFF)), SUSPENDED, "suspended, at main@sha1:b2b2b2b"),
    (*of(GIT, "fleet", git("fleet", "", conditions={})), COMING, "nothing fetched yet"),
    (*of("OCIRepository", "fleet", OCI_ON_A), DONE, "fetched latest@sha256:abc"),
    (*of(KS, "app", FLEET, ks("app", ON_A)), DONE, "without health checks"),
    (*of(KS, "app", FLEET, ks("app", ON_A, spec={"wait": True})), DONE, "a1a1a1a, healthy"),
    (*of(KS, "app", FLEET, ks("app")), COMING, "at main@sha1:b2b2b2b"),
    (*of(KS, "app", FLEET, ks("app", ON_A, generation=2)), COMING, "outdated"),
    (*of(KS, "app", FLEET, ks("app", conditions=RUNNING)), COMING, "building"),
    (*of(KS, "app", FLEET, ks("app", ON_A, conditions=RUNNING)), COMING, "building"),
    (*of(KS, "app", FLEET, ks("app", conditions=BUILD_FAILED, **TRIED)), FAILED, "accumulating"),
    (*of(KS, "app", FLEET, ks("app", conditions=UNHEALTHY, **TRIED)), FAILED, "not ready"),
    (*of(KS, "app", FLEET, ks("app", conditions=BUILD_FAILED)), COMING, "failed before"),
    (*of(KS, "app", FLEET, ks("app", conditions=NOT_READY, **TRIED)), COMING, "waits: dependency"),
    (*of(KS, "app", FLEET, ks("app", spec=OFF)), SUSPENDED, "suspended, at main@sha1:b2b2b2b"),
    (*of(KS, "app", FLEET, ks("app", ON_A, spec=OFF)), DONE, "suspended"),
    (*of(KS, "app", git(), ks("app", ON_A)), COMING, "at main@sha1:a1a1a1a"),
    (
        *of(KS, "app", OCI_ON_A, ks("app", kind="OCIRepository", status=OF_ORIGIN)),
        DONE, "applied latest@sha256:abc",
    ),
    (
        *of(KS, "app", FLEET, ks("app", ON_A, deletionTimestamp="2026-11-23T11:00:00Z")),
        FAILED, "being deleted",
    ),
    (
        *of(HR, "web", FLEET, CHART_ON_A, hr("web")),
        DONE, "has chart 1.0.0, whose version decides",
    ),
    (
        *of(HR, "web", FLEET, CHART_ON_B, hr("web")),
        COMING, "at 1.0.0",
    ),
    (
        *of(
            HR, "web", FLEET,
            chart("web", "fleet", observedSourceArtifactRevision=ON_A, version="1.0.0+a1a1a1"),
            hr("web"),
        ),
        COMING, "at 1.0.0",
    ),
    (
        *of(
            HR, "web", FLEET,
            chart(
                "web", "fleet", observedSourceArtifactRevision=ON_A, version="1.1.0",
                spec={"reconcileStrategy": "Revision"},
            ),
            hr("web", "1.1.0"),
        ),
        DONE, "applied chart 1.1.0",
    ),
    (
        *of(
            HR, "web", FLEET,
            chart("web", "fleet", observedSourceArtifactRevision=ON_A, version="1.1.0"),
            hr("web", "1.0.0", {"Ready": "False UpgradeFailed: timed out"}),
        ),
        FAILED, "timed out",
    ),
    (
        *of(CHART, "apps-web", FLEET, CHART_ON_A),
        DONE, "built 1.0.0 from it",
    ),
    (
        *of(CHART, "apps-web", FLEET, CHART_ON_B),
        COMING, "built from main@sha1:b2b2b2b",
    ),
    (*of(KS, "child", FLEET, ks("app", ON_A, status=made("child"))), COMING, "does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "objects", "phase", "text"), ROWS)
def test_where_an_object_is(
    name: str, objects: tuple[Object, ...], phase: Phase, text: str
) -> None:
    """Each kind has its own sign of having the revision."""
    found = places(*objects)[name]
    assert found.phase is phase, found
    assert text in found.text


def test_what_was_not_read_is_unknown() -> None:
    """An object in an inventory that could not be read is not known to be ready."""
    known = PartialState(evidence(FLEET, ks("app", ON_A, status=made("child"))), ())
    found = standings(known, waited(known), Proofs(WANTED))
    assert [(one.phase, one.text) for one in found][-1] == (UNKNOWN, "was not read")


CHILDREN = [
    (ks("child", ON_B, source="other"), DONE, "ready"),
    (ks("child", ON_B, source="other", spec=OFF), DONE, "suspended, and not waited for"),
    (ks("child", ON_B, source="other", conditions=UNHEALTHY), FAILED, "not ready"),
    (ks("child", ON_B, source="other", generation=2), COMING, "outdated"),
    (
        ks("child", ON_B, source="other", spec=OFF, generation=2, status={"observedGeneration": 1}),
        SUSPENDED, "its new spec is not applied",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("child", "phase", "text"), CHILDREN)
def test_where_a_child_is(child: Object, phase: Phase, text: str) -> None:
    """What a consumer created must be ready with its current spec."""
    other = git("other", url="https://git.example.com/team/other.git")
    found = places(FLEET, other, ks("app", ON_A, status=made("child")), child)[
        "Kustomization/child"
    ]
    assert (found.phase, text in found.text) == (phase, True), found


def test_a_suspension_that_the_revision_may_end_is_not_final() -> None:
    """Until its owner has applied the revision, a suspended object may be resumed by it."""
    child = ks("child", spec=OFF)
    waiting = places(FLEET, ks("app", status=made("child")), child)["Kustomization/child"]
    applied = places(FLEET, ks("app", ON_A, status=made("child")), child)["Kustomization/child"]
    assert (waiting.phase, waiting.final) == (SUSPENDED, False)
    assert (applied.phase, applied.final) == (SUSPENDED, True)


def test_a_later_revision_counts_if_it_is_proved() -> None:
    """With the proof that B contains A, whatever has B has A."""
    proved = {ON_B: Proof(Cover.CONTAINS, "which contains it (local checkout)")}
    found = places(git(), ks("app"), proved=proved)
    assert [one.phase for one in found.values()] == [DONE, DONE]
    assert "which contains it (local checkout)" in found["GitRepository/fleet"].text


def test_the_wrong_branch_is_hopeless() -> None:
    """A source of another branch does not get a commit that is named with its branch."""
    source = git(spec={"ref": {"branch": "release"}})
    found = places(source, wanted=Revision.parse(f"main@sha1:{A}"))["GitRepository/fleet"]
    assert (found.phase, found.hopeless) == (FAILED, True)
    assert "it follows branch release, not main" in found.text


@pytest.mark.parametrize(
    ("origin", "phase", "text"),
    [
        (ON_A, DONE, "built latest@sha256:abc from it"),
        (ON_B, UNKNOWN, "no newer artifact"),
        ("", UNKNOWN, "it has no originRevision"),
    ],
)
def test_a_generated_artifact(origin: str, phase: Phase, text: str) -> None:
    """Only the origin of a generated artifact says which revision it was made from."""
    generator = flux(
        "ArtifactGenerator",
        "split",
        spec={"sources": [{"kind": "GitRepository", "name": "fleet", "alias": "fleet"}]},
        status={"inventory": [{"name": "fleet", "namespace": "apps"}]},
    )
    part = oci("latest@sha256:abc", origin)
    part |= {"kind": "ExternalArtifact", "spec": {}}
    found = places(FLEET, generator, part)["ExternalArtifact/fleet"]
    assert (found.phase, text in found.text) == (phase, True), found
