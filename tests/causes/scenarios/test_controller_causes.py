"""Scenarios: controllers that are down."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.findings import Level
from tests.builders import (
    FETCHED,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    RECONCILING,
    SERVED,
    alter,
    container,
    flux,
    kind_and_name,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
    waiting_for,
    without,
)
from tests.causes.scenarios.reports import NO_DOWNLOAD, generated, in_flux, only, problem

DOWN = {"spec.replicas": 0, "status.readyReplicas": None}


def test_a_dead_source_controller_is_first_and_alone() -> None:
    """Every object that is stuck, fails to download, waits or is stale is attributed to it."""
    found = only(
        *in_flux(
            source("git"),
            kustomization("hangs", "git", RECONCILING, age=timedelta(hours=1)),
            kustomization("fails", "git", NO_DOWNLOAD),
            kustomization("runs", "git"),
            flux("GitRepository", "new", {}),
            kustomization("waits", "new", NO_ARTIFACT),
            source_controller=DOWN,
        ),
        of="Deployment/source-controller",
        blocks="GitRepository/flux-system GitRepository/git GitRepository/new "
        "Kustomization/flux-system Kustomization/hangs Kustomization/fails Kustomization/runs "
        "Kustomization/waits",
    )
    assert found.code == "controller-scaled-to-zero"


def test_a_dead_controller_does_not_hide_what_is_wrong_beside_it() -> None:
    """A reference to a missing object and a shard without a controller are faults of their own."""
    lost = "False DependencyNotReady: dependency 'apps/gone' not found: \"gone\" not found"
    found = problem(
        *in_flux(
            source("git"),
            kustomization("lost", "git", {"Ready": lost}, after=["gone"]),
            flux("Kustomization", "sharded", {}, labels={"sharding.fluxcd.io/key": "s9"},
                 spec={"sourceRef": reference("GitRepository", "git")}),
            source_controller=DOWN,
        )
    )  # fmt: skip
    assert [f.code for f in found] == [
        "controller-scaled-to-zero", "target-missing", "shard-without-controller"
    ]  # fmt: skip


def test_a_missing_kind_is_the_cause_for_what_takes_its_artifacts_from_it() -> None:
    """Without the CRD of GitRepository no such object exists, and every consumer fails."""
    served = {name: v for name, v in SERVED.items() if "gitrepositories" not in name}
    none = 'no matches for kind "GitRepository" in version "source.toolkit.fluxcd.io/v1"'
    objects = [
        kustomization("a", "git", {"Ready": f"False ArtifactFailed: {none}"}),
        kustomization("b", "git"),
        kustomization("c", "git", waiting_for("a"), after=["a"]),
        flux("OCIRepository", "oci", FETCHED),
        flux("Receiver", "hook", spec={"resources": [reference("GitRepository", "git")]}),
    ]
    left = without(HEALTHY, "GitRepository/flux-system")
    found = only(*left, *objects, served=served,
                 of="CustomResourceDefinition/gitrepositories.source.toolkit.fluxcd.io",
                 blocks="Kustomization/a Kustomization/b Kustomization/c "
                        "Kustomization/flux-system")  # fmt: skip
    assert found.code == "controller-crd-missing"
    assert "source-controller is running" in found.why


def test_a_controller_whose_pods_are_not_made_is_reported_with_the_quota() -> None:
    """The condition of the Deployment tells why pods are rejected, and the step is about that."""
    refused = {
        "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": 'pods "x" is forbidden: exceeded quota: small, requested: pods=1',
    }  # fmt: skip
    objects = in_flux(kustomize_controller={"status.readyReplicas": 0,
                                            "status.conditions": [refused]})  # fmt: skip
    objects = [o for o in objects if not (o["kind"] == "Pod" and "kustomize" in str(o["metadata"]))]
    found = only(*objects, of="Deployment/kustomize-controller", blocks="Kustomization/flux-system")
    assert "exceeded quota: small" in found.why
    assert 'ResourceQuota "small"' in found.hints[0].text


def test_a_dead_source_watcher_is_the_cause_of_what_is_not_made() -> None:
    """Without source-watcher no ExternalArtifact is created."""
    only(*in_flux(source("git"), *generated({}), source_watcher=DOWN),
         of="Deployment/source-watcher",
         blocks="ArtifactGenerator/gen Kustomization/web")  # fmt: skip


def test_a_dead_controller_and_a_broken_source_are_both_reported() -> None:
    """The controller comes first; an object that waits for both is reported with both."""
    objects = in_flux(
        flux("GitRepository", "git", NOT_THERE),
        kustomization("web", "git", NO_ARTIFACT),
        kustomize_controller={"status.readyReplicas": 0},
    )
    first, second = problem(*objects)
    assert first.object
    assert second.object
    assert (first.object.name, second.object.name) == ("kustomize-controller", "git")
    assert [ref.name for ref in second.blocks] == ["web"]
    assert "is also waiting for" in first.why


YOUNG: dict[str, Any] = {"born": minutes(1), "age": minutes(0.6)}


def test_a_cluster_that_starts_has_no_fault() -> None:
    """In the first minute objects wait for each other, and nothing is a fault."""
    new = {"Ready": "Unknown Progressing: building artifact"}
    chart = {"chart": {"spec": {"chart": "x", "sourceRef": reference("HelmRepository", "charts")}}}
    unready = "HelmChart 'apps/apps-app' is not ready: latest generation of object has not been"
    objects = [
        flux("GitRepository", "git", new, **YOUNG),
        flux("HelmRepository", "charts", {}, **YOUNG),
        flux("HelmChart", "apps-app", {}, spec=chart["chart"]["spec"], **YOUNG),
        flux("HelmRelease", "app", {"Ready": f"False SourceNotReady: {unready} reconciled"},
             spec=chart, **YOUNG),
        kustomization("infra", "git", NO_ARTIFACT, **YOUNG),
        kustomization("apps", "git", waiting_for("infra"), after=["infra"], **YOUNG),
        flux("ResourceSet", "tenants", RECONCILING, **YOUNG),
    ]  # fmt: skip
    assert problem(*HEALTHY, *objects) == []


@pytest.mark.parametrize(("minute", "expected"), [(1, []), (30, ["never-reconciled"])])
def test_a_controller_that_has_just_started_is_given_a_moment(
    minute: int, expected: list[str]
) -> None:
    """After an outage its objects have two minutes to be reconciled."""
    running = container(ready=True, running={"startedAt": stamp(minutes(minute))})
    started = alter(HEALTHY, "Pod/kustomize-controller", {"status.containerStatuses": [running]})
    found = problem(*started, source("git"), kustomization("web", "git", {}))
    assert [f.code for f in found] == expected


def test_a_watcher_of_something_that_does_not_exist_is_reported() -> None:
    """A Receiver stays Ready although its resource does not exist; the warning has a suggestion."""
    named = [reference("GitRepository", "gitt"), {"kind": "GitRepository", "name": "*"}]
    found = only(*HEALTHY, source("git"), flux("Receiver", "hook", spec={"resources": named}),
                 of="Receiver/hook", blocks="")  # fmt: skip
    assert (found.code, found.level) == ("watches-missing", Level.WARN)
    assert "did you mean GitRepository apps/git?" in found.title


def test_an_image_that_a_new_pod_cannot_pull_is_reported_while_the_old_one_works() -> None:
    """A stuck rollout is a warning and does not report missing replicas."""
    pull = {"status.phase": "Pending", "status.containerStatuses": [container(waiting={
        "reason": "ImagePullBackOff"})]}  # fmt: skip
    found = problem(*alter(HEALTHY, "Pod/helm-controller", pull))
    assert [f.code for f in found] == ["replicas-missing"]
    assert "a new pod does not start" in found[0].title


def test_a_missing_operator_is_first() -> None:
    """Without the operator Flux still runs; the fault is that its objects have no controller."""
    found = problem(*without(HEALTHY, "Deployment/flux-operator"))
    assert [(kind_and_name(f.object), f.code) for f in found if f.object] == [
        ("Deployment/flux-operator", "operator-missing")
    ]


def test_an_artifact_that_is_not_made_yet_does_not_hide_a_dead_controller() -> None:
    """The consumer of a missing ExternalArtifact waits for source-controller and the generator."""
    first, second = problem(*in_flux(source("git"), *generated({}), source_controller=DOWN))
    assert [f.code for f in (first, second)] == ["controller-scaled-to-zero", "never-reconciled"]
    for finding in (first, second):
        assert "Kustomization/web" in [kind_and_name(ref) for ref in finding.blocks]
