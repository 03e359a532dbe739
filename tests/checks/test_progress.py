"""What waits: how many, for what, and which level the step has."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.progress import waiting
from fluxstatus.checks.run import Choice
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.model.findings import Exit, Finding, Level, Verdict
from fluxstatus.state.state import State
from tests.builders import (
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    PROGRESSING,
    RECONCILING,
    alter,
    event,
    evidence,
    flux,
    found,
    judge,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
)

DEPENDS = {"Ready": "False DependencyNotReady: dependency 'apps/infra' is not ready"}
NEW: dict[str, Any] = {"born": minutes(1), "age": minutes(0.5)}


def levels(known: Evidence, *steps: str) -> dict[str, Level]:
    """Return the levels of *steps* in the report on *known*."""
    return {step.id: step.level for step in judge(known).steps if step.id in steps}


def summary(known: Evidence, step: str = "reconcilers") -> Finding:
    """Return the finding about all objects of *step*."""
    (one,) = [f for f in found(step, known) if not f.object and " of " in f.title]
    return one


def test_objects_that_wait_for_another_step_are_no_pass() -> None:
    """A dead source is a fail of its own step; what it blocks waits, with its name."""
    waiting = [kustomization(f"team-{n}", "git", NO_ARTIFACT) for n in range(30)]
    known = evidence(*HEALTHY, flux("GitRepository", "git", NOT_THERE), *waiting)
    one = summary(known)
    assert (one.level, one.code) == (Level.WAIT, "waiting")
    assert one.title == "1 of 31 ready, 30 waiting for GitRepository apps/git"
    assert levels(known, "sources", "reconcilers") == {
        "sources": Level.FAIL,
        "reconcilers": Level.WAIT,
    }
    assert judge(known).exit_code() is Exit.UNHEALTHY


def test_a_step_in_which_all_wait_has_its_numbers() -> None:
    """None of them is ready: that is said, not skipped."""
    objects = [flux("GitRepository", "git", NOT_THERE), kustomization("web", "git", NO_ARTIFACT)]
    report = judge(evidence(*HEALTHY, *objects), Choice(namespaces=("apps",)))
    (one,) = [f for f in report.findings if f.step == "reconcilers"]
    assert (one.level, one.title) == (
        Level.WAIT, "0 of 1 ready, 1 waiting for GitRepository apps/git"
    )  # fmt: skip


def test_what_is_awaited_is_named_the_most_often_first() -> None:
    """Three of what others wait for have names; the rest is counted."""
    objects = [flux("GitRepository", f"git-{n}", NOT_THERE | {"x": "True A: b"}) for n in range(5)]
    for n in range(5):
        objects[n]["status"]["conditions"][0]["message"] = f"unable to clone: odd {n}"
        objects += [kustomization(f"web-{n}-{i}", f"git-{n}", NO_ARTIFACT) for i in range(n + 1)]
    assert summary(evidence(*HEALTHY, *objects)).title == (
        "1 of 16 ready, 15 waiting for GitRepository apps/git-4, GitRepository apps/git-3, "
        "GitRepository apps/git-2 and 2 more"
    )


def test_what_waits_for_a_source_under_way_names_the_source() -> None:
    """An object whose source is still being fetched waits for it, through all that is between."""
    objects = [
        source("git", RECONCILING, **NEW),
        kustomization("infra", "git", NO_ARTIFACT, **NEW),
        kustomization("web", "git", DEPENDS, after=["infra"], **NEW),
    ]
    known = evidence(*HEALTHY, *objects)
    one = summary(known)
    assert (one.level, one.code) == (Level.WAIT, "reconciling")
    assert one.title == "1 of 3 ready, 2 waiting for GitRepository apps/git"
    assert {path for path, _ in one.evidence} == {
        "Kustomization apps/infra", "Kustomization apps/web"
    }  # fmt: skip
    assert summary(known, "sources").title == (
        "1 of 2 ready, 1 in progress: GitRepository apps/git (reconciling for 30s)"
    )
    report = judge(known)
    assert levels(known, "sources", "reconcilers") == dict.fromkeys(
        ("sources", "reconcilers"), Level.WAIT
    )
    assert (report.verdict, report.exit_code()) == (Verdict.PROGRESSING, Exit.HEALTHY)
    assert report.exit_code([Verdict.PROGRESSING]) is Exit.UNHEALTHY


def test_a_ready_object_that_gets_nothing_new_waits_for_updates() -> None:
    """An object that is Ready from before its source failed is ready, and its step is no pass."""
    old = [source("git", NOT_THERE), kustomization("web", "git"), kustomization("api", "git")]
    one = summary(evidence(*HEALTHY, *old))
    assert (one.level, one.title) == (
        Level.WAIT, "3 of 3 ready, 2 blocked from updating by GitRepository apps/git"
    )  # fmt: skip


def test_what_is_waited_for_twice_is_named_once() -> None:
    """Some wait for it, and others only get nothing new: both numbers have its name."""
    objects = [source("git", NOT_THERE), kustomization("new", "git", NO_ARTIFACT)]
    one = summary(evidence(*HEALTHY, *objects, kustomization("old", "git")))
    assert one.title == (
        "2 of 3 ready, 1 waiting for GitRepository apps/git and 1 blocked from updating by it"
    )


def test_what_is_suspended_on_purpose_lets_the_step_pass() -> None:
    """A suspended source has a warning; what runs with its last artifact waits for nothing."""
    known = evidence(*HEALTHY, source("git", spec={"suspend": True}), kustomization("web", "git"))
    assert levels(known, "sources", "reconcilers") == {
        "sources": Level.WARN,
        "reconcilers": Level.PASS,
    }


def test_a_fault_of_its_own_is_not_waited_for() -> None:
    """An object that fails is a finding in its step: nothing else is said of it there."""
    known = evidence(*HEALTHY, source("git"), kustomization("web", "git", {"Ready": "False X: y"}))
    one = summary(known)
    assert (one.level, one.title) == (Level.PASS, "1 of 2 healthy")
    assert levels(known, "reconcilers") == {"reconcilers": Level.FAIL}


def test_a_warning_does_not_hide_what_waits() -> None:
    """A step with a warning and with objects that wait has the level wait."""
    objects = [
        flux("GitRepository", "git", NOT_THERE),
        kustomization("web", "git", NO_ARTIFACT),
        kustomization("paused", "flux-system/flux-system", spec={"suspend": True}),
    ]
    assert levels(evidence(*HEALTHY, *objects), "reconcilers") == {"reconcilers": Level.WAIT}


def test_objects_of_one_outage_are_not_said_to_wait() -> None:
    """Objects that fail with the same error do not wait for the one that stands for all."""
    refused = "dial tcp 10.0.0.1:443: connect: connection refused"
    spec = {"url": "https://git.example.com/x"}
    fails = {"Ready": f"False GitOperationFailed: unable to clone: {refused}"}
    objects = [flux("GitRepository", f"git-{n}", fails, spec=spec) for n in range(3)]
    one = summary(evidence(*HEALTHY, *objects), "sources")
    assert one.title == ("1 of 4 ready, 2 failing with the same error as GitRepository apps/git-0")


def test_a_chart_fails_with_its_release() -> None:
    """The fault of a chart is that of the HelmRelease it is created from, in the other step."""
    chart = {"chart": {"spec": {"chart": "web", "sourceRef": reference("HelmRepository", "c")}}}
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    objects = [
        flux("HelmRepository", "c"),
        flux("HelmChart", "apps-web", {"Ready": "False InvalidChartReference: bad"}, labels=labels,
             spec={"sourceRef": reference("HelmRepository", "c")}),
        flux("HelmRelease", "web", {"Ready": "False SourceNotReady: HelmChart 'apps/apps-web' is "
                                             "not ready: bad"}, spec=chart),
    ]  # fmt: skip
    assert summary(evidence(*HEALTHY, *objects), "sources").title == (
        "2 of 3 ready, 1 failing because of HelmRelease apps/web"
    )


def test_the_comparison_of_revisions_says_who_waits() -> None:
    """What has no result is not compared, and does not vanish from the step."""
    objects = [
        source("git"),
        kustomization("web", "git"),
        kustomization("new", "git", {"Ready": PROGRESSING}, **NEW),
    ]
    known = evidence(*HEALTHY, *objects)
    (one,) = [f for f in found("drift", known) if "latest revision" in f.title]
    assert one.level is Level.WAIT
    assert one.title.endswith("of 2 objects with a result have applied the latest revision "
                              "of their source; 1 other object has no result yet")  # fmt: skip


def test_the_exit_code_of_a_single_step_follows_its_findings() -> None:
    """What waits for a fault of another step fails nothing here, and passes nothing."""
    objects = [flux("GitRepository", "git", NOT_THERE), kustomization("web", "git", NO_ARTIFACT)]
    report = judge(evidence(*HEALTHY, *objects), Choice(steps=("reconcilers",)))
    assert (report.verdict, report.exit_code()) == (Verdict.PROGRESSING, Exit.HEALTHY)


def test_what_waits_elsewhere_is_not_waited_for_with_n() -> None:
    """The FluxInstance waits for a source that concerns nothing in the chosen namespace."""
    waits = "timeout waiting for: [GitRepository/flux-system/root status: 'InProgress']"
    made = flux("FluxInstance", "x", {"Ready": f"False ReconciliationFailed: {waits}"})
    objects = alter(HEALTHY, "FluxInstance/flux", {
        "spec.sync": {"kind": "GitRepository", "name": "root", "url": "x"},
        "status.conditions": made["status"]["conditions"],
    })  # fmt: skip
    root = flux("GitRepository", "flux-system/root", {"Ready": "False Odd: something new"})
    known = evidence(*objects, root, source("git"), kustomization("web", "git"))
    assert levels(known, "instance") == {"instance": Level.WAIT}
    report = judge(known, Choice(namespaces=("apps",)))
    assert [f.level for f in report.findings if f.code == "waiting"] == [Level.SKIP]
    assert (report.verdict, report.exit_code()) == (Verdict.PASS, Exit.HEALTHY)


def deleted(*objects: Object) -> list[Object]:
    """Return *objects*, which were deleted a minute ago."""
    return [
        one | {"metadata": one["metadata"] | {"deletionTimestamp": stamp(timedelta(minutes=1))}}
        for one in objects
    ]


@pytest.mark.parametrize("kind", ["GitRepository", "Kustomization"])
def test_a_deletion_that_has_just_begun_is_under_way(kind: str) -> None:
    """It needs no help yet, and the step does not pass over it."""
    (gone,) = deleted(flux(kind, "web", age=minutes(30)))
    step = "sources" if kind == "GitRepository" else "reconcilers"
    one = summary(evidence(*HEALTHY, gone), step)
    assert one.level is Level.WAIT
    assert one.title.endswith(f"1 in progress: {kind} apps/web (deleted 60s ago)")


WAITS_FOR_WEB = "timeout waiting for: [Deployment/apps/web status: 'InProgress']"


def test_what_failed_before_a_commit_is_told_until_there_is_a_result() -> None:
    """A health check that fails for 45 minutes is no silent pass while a new attempt runs."""
    failed = {"Ready": "False HealthCheckCanceled: New reconciliation triggered by X/apps/y"}
    warned = event("Kustomization apps/web", "HealthCheckFailed", WAITS_FOR_WEB, ago=minutes(5))
    warned["firstTimestamp"] = stamp(minutes(45))
    web = kustomization("web", "git", failed, age=minutes(0.5))
    known = evidence(*HEALTHY, source("git", age=minutes(1)), web, warned)
    one = summary(known)
    assert (one.level, one.code) == (Level.WAIT, "reconciling")
    assert one.title == (
        "1 of 2 ready, 1 in progress: Kustomization apps/web (failing for 30s), 1 failed before "
        "and is being retried: Kustomization apps/web (HealthCheckFailed for 45m)"
    )
    ((_, value),) = one.evidence
    assert value == f"failed; before: HealthCheckFailed: {WAITS_FOR_WEB}"
    assert judge(known).verdict is Verdict.PROGRESSING


def test_a_changed_spec_ends_no_failure() -> None:
    """A commit that changes the object may be the fix; that it failed before is told."""
    changed = {"time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"x": 1}}}
    web = kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {WAITS_FOR_WEB}"},
                        age=minutes(45), generation=2, managedFields=[changed])  # fmt: skip
    known = evidence(*HEALTHY, source("git"), web)
    title = summary(known).title
    assert "1 in progress: Kustomization apps/web (reconciling for 60s)" in title
    assert title.endswith("is being retried: Kustomization apps/web (HealthCheckFailed for 45m)")
    assert judge(known).verdict is Verdict.PROGRESSING


def test_a_dependent_under_way_failed_before_too() -> None:
    """A health check that waits for an object that is reconciled now has failed until now."""
    waits = "timeout waiting for: [Kustomization/apps/infra status: 'InProgress']"
    objects = [
        source("git", age=minutes(1)),
        kustomization("infra", "git", RECONCILING, age=minutes(1)),
        kustomization("web", "git", {"Ready": f"False HealthCheckFailed: {waits}"},
                      age=minutes(45)),
    ]  # fmt: skip
    title = summary(evidence(*HEALTHY, *objects)).title
    assert (
        "1 waiting for Kustomization apps/infra, 1 in progress: Kustomization apps/infra" in title
    )
    assert title.endswith("is being retried: Kustomization apps/web (HealthCheckFailed for 45m)")


def test_an_instance_under_way_failed_before_too() -> None:
    """The FluxInstance tells what failed before its spec was changed a moment ago."""
    failed = {"Ready": "False BuildFailed: no such version"}
    made = flux("FluxInstance", "flux", failed, age=minutes(30))["status"]["conditions"]
    changed = {"time": stamp(minutes(1)), "fieldsV1": {"f:spec": {"x": 1}}}
    objects = alter(HEALTHY, "FluxInstance/flux", {
        "status.conditions": made,
        "metadata.generation": 2,
        "metadata.managedFields": [changed],
    })  # fmt: skip
    (one,) = [f for f in found("instance", evidence(*objects)) if f.code == "reconciling"]
    assert one.title.endswith(
        "is being retried: FluxInstance flux-system/flux (BuildFailed for 30m)"
    )


def test_an_object_with_two_faults_is_named_once() -> None:
    """What is waited for is an object, however many faults it has."""
    known = evidence(*HEALTHY, source("git", NOT_THERE), kustomization("web", "git", NO_ARTIFACT))
    analysis = Analysis(State(known))
    (cause,) = analysis.causes.all
    web = next(one.ref for one in analysis.state.resources.values() if one.ref.name == "web")
    one = waiting(analysis, "reconcilers", web, [cause, replace(cause)])
    assert one.title == "Kustomization apps/web: not ready because of GitRepository apps/git"
    assert one.waits_for == (cause.ref,)
