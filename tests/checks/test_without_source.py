"""Objects that are Ready although their source is gone: said, and no other object is accused."""

from dataclasses import replace

import pytest

from fluxstatus.model.evidence import Incomplete, Object, Unread, Why
from fluxstatus.model.findings import Exit, Level, Verdict
from tests.builders import (
    HEALTHY,
    NO_ARTIFACT,
    evidence,
    flux,
    found,
    judge,
    kustomization,
    only,
    reference,
    report,
    source,
)

RELEASE = flux("HelmRelease", "apps/web", spec={"chartRef": reference("OCIRepository", "web")})


def gone(*objects: Object) -> bool:
    """Return whether an object without its source is reported."""
    known = evidence(*HEALTHY, source("git"), *objects)
    return any(one.code == "source-gone" for one in found("drift", known))


@pytest.mark.parametrize(
    "one",
    [
        kustomization("web", "gone"),
        RELEASE,
        flux("HelmChart", "apps/c", spec={"sourceRef": reference("HelmRepository", "gone")}),
    ],
)
def test_ready_is_of_before_its_source_was_deleted(one: Object) -> None:
    """Nothing tells its controller, so Ready stays True until the next reconciliation."""
    assert gone(one)


@pytest.mark.parametrize(
    "one",
    [
        kustomization("web", "git"),
        kustomization("web", "gone", spec={"suspend": True}),  # reported as suspended
        kustomization("web", "gone", NO_ARTIFACT),  # a fault of its own
        flux("HelmRelease", "apps/web", spec={"chart": {"spec": {
            "chart": "web", "sourceRef": reference("HelmRepository", "charts")}}}),
        flux("Kustomization", "apps/web", spec={"sourceRef": reference("Thing", "gone")}),
        flux("ExternalArtifact", "apps/a", spec={"sourceRef": reference("GitRepository", "gone")}),
    ],
)  # fmt: skip
def test_what_is_said_elsewhere_or_has_no_source(one: Object) -> None:
    """helm-controller makes a HelmChart again; an unknown kind may exist."""
    assert not gone(one)


def test_a_source_that_may_exist_is_not_gone() -> None:
    """A list that could not be read proves nothing."""
    known = evidence(*HEALTHY, kustomization("web", "gone"))
    unread = Incomplete(Unread(Why.FORBIDDEN, "forbidden"))
    answers = {**known.answers, "gitrepositories.source.toolkit.fluxcd.io": unread}
    unknown = found("drift", replace(known, answers=answers))
    assert not [f for f in unknown if f.code == "source-gone"]


def test_one_source_is_one_finding_and_no_number_shrinks() -> None:
    """All objects of the source are named, and counted among those with a source."""
    objects = [source("git"), kustomization("a", "git")]
    known = evidence(*HEALTHY, *objects, kustomization("b", "gone"), kustomization("c", "gone"))
    findings = found("drift", known)
    one = only(findings, "source-gone")
    assert one.title == (
        "Kustomization apps/b: Ready, but its source GitRepository apps/gone does not exist "
        "(and 1 more object)"
    )
    assert [str(ref) for ref in one.others] == ["Kustomization apps/c"]
    assert any(f.title.startswith("2 of 4 objects have applied") for f in findings)
    assert judge(known).verdict is Verdict.WARN
    assert judge(known).exit_code() is Exit.HEALTHY


def test_a_healthy_cluster_has_all_sources() -> None:
    """No finding."""
    assert not [f for f in report(*HEALTHY).findings if f.code == "source-gone"]
    assert Level.WARN not in {f.level for f in found("drift", evidence(*HEALTHY))}
