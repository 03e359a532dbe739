"""Step 2: the Flux Operator is there and at work."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.evidence import Evidence, Object, Unread, Why
from fluxstatus.model.findings import Finding, Level
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    alter,
    bad,
    container,
    crashing,
    evidence,
    flux,
    found,
    minutes,
    only,
    outcomes,
    source,
    stamp,
    without,
)

CONTROLLERS = [
    f"Deployment/{name}"
    for name in ("source-controller", "kustomize-controller", "helm-controller",
                 "notification-controller", "source-watcher")
]  # fmt: skip
NO_OPERATOR = without(HEALTHY, "Deployment/flux-operator", "FluxInstance/flux", "FluxReport/flux")


def with_pod(status: Object, *, ready: int = 0) -> Evidence:
    """Return a cluster whose operator has this pod *status*."""
    objects = alter(HEALTHY, "Deployment/flux-operator", {"status.readyReplicas": ready})
    return evidence(*alter(objects, "Pod/flux-operator", {"status": status}))


def of_container(status: Object) -> Object:
    """Return the status of a pod with this one container."""
    return {"phase": "Running", "containerStatuses": [status]}


def test_a_working_operator_passes() -> None:
    """An operator that is ready passes with its namespace and version."""
    (finding,) = found("operator", evidence(*HEALTHY))
    assert (finding.level, finding.title) == (
        Level.PASS,
        "flux-system/flux-operator v0.59.0, 1/1 ready, last reconciliation 3m ago")  # fmt: skip


NODES = "0/3 nodes are available: 3 Insufficient memory."
PULL = {"reason": "ImagePullBackOff", "message": "Back-off"}


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("controller-crash-loop", of_container(crashing()), ["7 restarts", "exited with code 1"]),
        ("controller-out-of-memory", of_container(crashing("OOMKilled", 137)), ["OOMKilled"]),
        ("controller-image-pull", of_container(container(waiting=PULL)), ["ghcr.io/fluxcd/x:v1"]),
        ("controller-not-ready", of_container(container(waiting={
            "reason": "CreateContainerConfigError", "message": 'secret "x" not found'})),
            ['secret "x" not found']),
        ("controller-not-scheduled", {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "message": NODES}]}, [NODES]),
        ("controller-not-ready", of_container(container(running={"startedAt": "x"})),
            ["readiness probe"]),
        ("controller-not-ready", {"phase": "Failed", "reason": "Evicted", "message": "disk"},
            ["Evicted: disk"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_operator_is_read_from_its_pod(
    code: str, status: Object, words: list[str]
) -> None:
    """An operator that is down fails with the reason from its pod."""
    finding = only(found("operator", with_pod(status)), code)
    assert finding.level is Level.FAIL
    assert all(word in finding.why for word in words), finding.why


def test_an_operator_scaled_to_zero_fails() -> None:
    """An operator with no replicas fails, and the command that scales it up is given."""
    objects = alter(HEALTHY, "Deployment/flux-operator",
                    {"spec.replicas": 0, "status.readyReplicas": None})  # fmt: skip
    finding = only(found("operator", evidence(*objects)), "controller-scaled-to-zero")
    assert finding.hints[0].commands[0].argv[:3] == ("kubectl", "scale", "deployment")
    assert finding.hints[0].commands[0].changes


def test_an_operator_that_starts_is_awaited() -> None:
    """An operator whose pod was made a moment ago is neither failed nor passed."""
    objects = alter(HEALTHY, "Deployment/flux-operator", {"status.readyReplicas": 0})
    new = {"metadata.creationTimestamp": stamp(minutes(0.5)), "status": {"phase": "Pending"}}
    objects = alter(objects, "Pod/flux-operator", new)
    assert outcomes("operator", *objects) == {("wait", "reconciling")}


def test_an_operator_of_another_name_is_the_operator() -> None:
    """The operator's Deployment is found by label, whatever its name."""
    objects = alter(HEALTHY, "Deployment/flux-operator",
                    {"metadata.name": "my-flux-operator", "status.readyReplicas": 0})  # fmt: skip
    known = evidence(*objects)
    assert [f.level for f in found("operator", known)] == [Level.FAIL]
    assert bad(found("components", known)) == []


def test_a_replica_too_few_is_a_warning() -> None:
    """An operator that works with fewer replicas than it should have warns."""
    objects = alter(HEALTHY, "Deployment/flux-operator", {"spec.replicas": 2})
    finding = only(found("operator", evidence(*objects)), "replicas-missing")
    assert (finding.level, "1 of 2" in finding.title) == (Level.WARN, True)


def test_a_recent_restart_is_a_warning() -> None:
    """A container that ended within the hour warns with the count; an older end does not."""
    for ago, expected in ((minutes(20), ["restarted"]), (timedelta(hours=3), [])):
        last = {"reason": "Error", "exitCode": 2, "finishedAt": stamp(ago)}
        status = of_container(container(ready=True, restarts=4, running={}, last=last))
        assert [f.code for f in bad(found("operator", with_pod(status, ready=1)))] == expected


def test_a_server_of_the_web_page_is_no_operator() -> None:
    """A Deployment that only serves the web UI does not count as the operator."""
    args = {"spec.template.spec.containers.0.args": ["--web-server-only=true"]}
    only_web = alter(without(HEALTHY, *CONTROLLERS), "Deployment/flux-operator", args)
    only_web = without(only_web, "FluxInstance/flux", "GitRepository/flux-system",
                       "Kustomization/flux-system")  # fmt: skip
    assert ("fail", "not-installed") in outcomes("operator", *only_web)
    bare = alter(only_web, "Deployment/flux-operator",
                 {"spec.template.spec.containers.0.args": ["--web-server-only"]})  # fmt: skip
    assert ("fail", "not-installed") in outcomes("operator", *bare)


@pytest.mark.parametrize(
    ("labels", "how"),
    [
        ({"kustomize.toolkit.fluxcd.io/name": "flux-system"}, "flux bootstrap"),
        ({"app.kubernetes.io/managed-by": "Helm"}, "a Helm chart"),
        ({}, "flux install or bootstrap"),
    ],
)  # fmt: skip
def test_flux_without_the_operator_is_no_fault(labels: dict[str, str], how: str) -> None:
    """A Flux that was installed without the operator skips the step and reports how."""
    objects = NO_OPERATOR
    for name in CONTROLLERS:
        objects = alter(objects, name, {
            "metadata.labels": {"app.kubernetes.io/part-of": "flux", **labels}})  # fmt: skip
    (finding,) = found("operator", evidence(*objects))
    assert (finding.level, finding.code) == (Level.SKIP, "operator-absent")
    assert how in finding.title


def test_an_empty_cluster_gets_a_hint_to_install() -> None:
    """A cluster without Flux fails with the command that installs the operator."""
    (finding,) = found("operator", evidence())
    assert (finding.level, finding.code) == (Level.FAIL, "not-installed")
    assert finding.hints[0].commands[0].argv[:3] == ("helm", "install", "flux-operator")


def test_an_instance_without_the_operator_misses_it() -> None:
    """A FluxInstance without an operator fails, with a hint on how to reinstall the operator."""
    objects = without(HEALTHY, "Deployment/flux-operator")
    finding = only(found("operator", evidence(*objects)), "operator-missing")
    assert finding.level is Level.FAIL
    assert ("helm", "upgrade") in [c.argv[:2] for h in finding.hints for c in h.commands]
    assert "FluxInstance" in finding.why


@pytest.mark.parametrize("query", ["deployments.apps/operator", "deployments.apps/controllers"])
def test_what_may_not_be_read_is_unknown(query: str) -> None:
    """If Deployments cannot be listed, none is reported as missing."""
    (finding,) = found("operator", evidence(unread={query: FORBIDDEN}))
    assert (finding.level, finding.code) == (Level.UNKNOWN, "forbidden")
    assert "list things.example.com" in finding.hints[0].text


def test_pods_that_may_not_be_read_are_unknown() -> None:
    """Without the pods the operator passes by its Deployment, and restarts are unknown."""
    result = outcomes("operator", *HEALTHY, unread={"pods": FORBIDDEN})
    assert result == {("unknown", "forbidden"), ("pass", "ok")}


def report_of(age: timedelta, message: str = "Reporting finished in 57ms") -> Object:
    """Return a FluxReport of this *age*."""
    return flux("FluxReport", "flux-system/flux", {"Ready": f"True Succeeded: {message}"}, age=age)


def about_report(*reports: Object, **more: Any) -> list[Finding]:
    """Return the problems that the operator step reports for these *reports*."""
    objects = without(more.pop("objects", HEALTHY), "FluxReport/flux")
    return bad(found("operator", evidence(*objects, *reports, **more)))


def test_a_fresh_report_passes() -> None:
    """A report renewed within a quarter of an hour is fresh."""
    assert about_report(report_of(minutes(14))) == []


def test_an_old_report_warns() -> None:
    """A report that has not been renewed for three intervals warns with its age."""
    finding = only(about_report(report_of(minutes(47))), "report-old")
    assert (finding.level, "47m" in finding.title) == (Level.WARN, True)


def test_an_old_report_may_be_harmless() -> None:
    """A message in whole seconds may stay the same, and then its time stands still."""
    assert about_report(report_of(minutes(47), "Reporting finished in 2s")) == []


@pytest.mark.parametrize("where", ["argument", "annotation"])
def test_a_report_has_its_own_interval(where: str) -> None:
    """With a reporting interval of an hour, a report that is an hour old is not stale."""
    report, objects = report_of(minutes(70)), HEALTHY
    if where == "annotation":
        report["metadata"]["annotations"] = {"fluxcd.controlplane.io/reconcileEvery": "1h"}
    else:
        args = {"spec.template.spec.containers.0.args": ["--reporting-interval=1h"]}
        objects = alter(HEALTHY, "Deployment/flux-operator", args)
    assert about_report(report, objects=objects) == []


def test_a_missing_report_warns() -> None:
    """An operator that has run for long and has no report warns; a new one does not."""
    assert only(about_report(), "report-missing").level is Level.WARN
    young = alter(HEALTHY, "Deployment/flux-operator",
                  {"metadata.creationTimestamp": stamp(minutes(3))})  # fmt: skip
    assert about_report(objects=young) == []


def test_a_report_that_may_not_be_read_is_unknown() -> None:
    """A viewer may not read FluxReports: unknown, and not missing."""
    unread = {"fluxreports.fluxcd.controlplane.io": FORBIDDEN}
    assert [f.level for f in about_report(unread=unread)] == [Level.UNKNOWN]


def test_a_report_of_a_dead_operator_is_not_looked_at() -> None:
    """When the operator is down its old report is no news of its own."""
    down = alter(HEALTHY, "Deployment/flux-operator", {"status.readyReplicas": 0})
    codes = [f.code for f in about_report(report_of(timedelta(days=2)), objects=down)]
    assert codes == ["controller-not-ready"]


@pytest.mark.parametrize(
    ("client", "codes"),
    [
        ("v0.59.3", []),
        ("0.59.0", []),
        ("v0.58.1", ["cli-version-skew"]),
        ("v1.59.0", ["cli-version-skew"]),
        ("dev", []),
        (Unread(Why.NO_PROGRAM, "not on PATH"), []),
    ],
)
def test_the_command_line_should_fit(client: str | Unread, codes: list[str]) -> None:
    """A flux-operator CLI of another minor is advice; not having one is nothing."""
    known = replace(evidence(*HEALTHY), programs={"flux-operator": client})
    findings = bad(found("operator", known))
    assert [f.code for f in findings] == codes
    assert all((f.level, f.category) == (Level.WARN, "habit") for f in findings)


def test_objects_without_controllers_are_no_installation() -> None:
    """Flux objects without controllers are reported for the controller, not the operator."""
    assert outcomes("operator", source("git")) == {("skip", "operator-absent")}
    assert ("fail", "controller-missing") in outcomes("components", source("git"))
