"""Unavailable controllers as causes of what they leave."""

from datetime import timedelta

from fluxstatus.model.evidence import Unread, Why
from tests.builders import (
    BUILD_FAILED,
    FETCHED,
    HEALTHY,
    RECONCILING,
    alter,
    analysis,
    crashing,
    flux,
    kustomization,
    minutes,
    pod,
    source,
    stamp,
    without,
)
from tests.causes.tracing import blocks_of, causes, only_cause, release


def test_a_dead_controller_is_the_cause_of_what_it_leaves() -> None:
    """With kustomize-controller down its objects are blocked, waiting or stale."""
    down = alter(HEALTHY, "Deployment/kustomize-controller", {"status.readyReplicas": 0})
    objects = [
        *down,
        source("git"),
        kustomization("new", "git", {}),
        kustomization("hung", "git", RECONCILING, age=timedelta(hours=2)),
        kustomization("old", "git"),
        kustomization("wrong", "git", BUILD_FAILED),
    ]
    found = analysis(*objects).causes
    controller = next(c for c in found.all if c.ref.kind == "Deployment")
    assert {ref.name for ref in controller.waiting} == {"new", "hung"}
    assert {"old", "flux-system"} <= {ref.name for ref in controller.stale}
    assert {c.ref.name for c in found.all} == {"kustomize-controller", "wrong"}


def test_a_missing_controller_is_the_cause_of_what_it_leaves() -> None:
    """A controller that the FluxInstance asks for and that is gone is a cause."""
    gone = without(HEALTHY, "Deployment/helm-controller")
    cause = only_cause(analysis(*gone, release("web")).causes)
    assert (cause.fault.diagnosis.code, cause.ref.name) == ("controller-missing", "helm-controller")
    assert [ref.name for ref in cause.stale] == ["web"]


def test_a_dead_source_controller_cuts_off_what_takes_artifacts() -> None:
    """Without source-controller nothing new is fetched, so every consumer is stale."""
    down = alter(HEALTHY, "Deployment/source-controller", {"spec.replicas": 0})
    tags = flux("ImageRepository", "tags", FETCHED)
    policy = flux("ImagePolicy", "policy", spec={"imageRepositoryRef": {"name": "tags"}})
    found = analysis(*down, source("git"), kustomization("web", "git"), tags, policy).causes
    cause = next(c for c in found.all if c.ref.name == "source-controller")
    assert {"git", "web"} <= {ref.name for ref in cause.stale}
    assert "policy" not in {ref.name for ref in cause.stale}


def test_an_artifact_of_somebody_else_needs_no_source_watcher() -> None:
    """An ExternalArtifact that another controller makes does not call for source-watcher."""
    instance = next(one for one in HEALTHY if one["kind"] == "FluxInstance")
    spec = instance["spec"]["components"]
    objects = alter(HEALTHY, "FluxInstance/flux",
                    {"spec.components": [c for c in spec if c != "source-watcher"]})  # fmt: skip
    objects = without(objects, "Deployment/source-watcher")
    found = analysis(*objects, flux("ExternalArtifact", "theirs", FETCHED)).causes
    assert blocks_of(found) == {}


def test_nothing_is_missing_before_the_first_installation() -> None:
    """An instance that was never installed is the cause, not the controllers that it lacks."""
    new = without(HEALTHY, *(f"Deployment/{n}-controller" for n in (
        "source", "kustomize", "helm", "notification")), "Deployment/source-watcher",
        "GitRepository/flux-system", "Kustomization/flux-system")  # fmt: skip
    wrong = "build failed: no match found for semver: 3.x"
    instance = {
        "status": {},
        "status.conditions": flux("FluxInstance", "flux", {
            "Stalled": f"True BuildFailed: {wrong}", "Ready": f"False BuildFailed: {wrong}",
        })["status"]["conditions"],
    }  # fmt: skip
    cause = only_cause(analysis(*alter(new, "FluxInstance/flux", instance)).causes)
    assert (cause.ref.kind, cause.fault.diagnosis.code) == (
        "FluxInstance", "distribution-version-missing")  # fmt: skip
    assert len(cause.blocks) == 5


def test_a_first_installation_that_runs_is_no_fault() -> None:
    """While the operator installs Flux, that controllers are not there yet is no news."""
    bare = without(HEALTHY, *(f"Deployment/{n}-controller" for n in (
        "source", "kustomize", "helm", "notification")), "Deployment/source-watcher",
        "GitRepository/flux-system", "Kustomization/flux-system")  # fmt: skip
    fresh = {
        "metadata.creationTimestamp": stamp(minutes(1)),
        "status": {},
        "status.conditions": flux("FluxInstance", "flux", RECONCILING, age=minutes(1))["status"][
            "conditions"
        ],
    }
    found = analysis(*alter(bare, "FluxInstance/flux", fresh)).causes
    assert blocks_of(found) == {}
    assert ("FluxInstance", "flux-system", "flux") in found.in_progress


def test_what_is_left_of_an_earlier_installation_waits_for_the_new_one() -> None:
    """Objects from before, whose controllers are yet to be installed, wait for the instance."""
    names = [f"Deployment/{n}-controller" for n in ("source", "kustomize", "helm", "notification")]
    failing = {"Ready": "False ReconciliationFailed: timeout waiting for: "
                        "[GitRepository/flux-system/flux-system status: 'InProgress']"}  # fmt: skip
    conditions = flux("FluxInstance", "flux", failing)["status"]["conditions"]
    objects = alter(without(HEALTHY, *names, "Deployment/source-watcher"), "FluxInstance/flux", {
        "status": {"conditions": conditions}})  # fmt: skip
    objects = alter(objects, "GitRepository/flux-system", {"status": {}})
    cause = only_cause(analysis(*objects).causes)
    assert cause.ref.kind == "FluxInstance"
    assert "dependency-cycle" not in cause.fault.diagnosis.code


def test_images_of_one_registry_are_one_cause() -> None:
    """If no controller's image can be pulled, the registry in the FluxInstance is the cause."""
    pull = [{"name": "manager", "image": "x/y:v1", "state": {"waiting": {
        "reason": "ImagePullBackOff"}}}]  # fmt: skip
    objects = HEALTHY
    for one in ("source-controller", "helm-controller"):
        objects = alter(objects, f"Deployment/{one}", {"status.readyReplicas": 0})
        objects = alter(objects, f"Pod/{one}",
                        {"status.phase": "Pending", "status.containerStatuses": pull})  # fmt: skip
    cause = only_cause(analysis(*objects).causes)
    assert (cause.ref.kind, cause.fault.diagnosis.code) == ("FluxInstance", "instance-images")
    assert {"source-controller", "helm-controller"} <= {ref.name for ref in cause.blocks}


def test_a_crashing_pod_is_the_reason_of_a_dead_controller() -> None:
    """The pod of a controller tells why it is unavailable."""
    objects = alter(HEALTHY, "Deployment/kustomize-controller", {"status.readyReplicas": 0})
    dead = pod("flux-system/kustomize-controller-x-y", crashing("OOMKilled", 137))
    objects = alter(objects, "Pod/kustomize-controller", {"status": dead["status"]})
    cause = only_cause(analysis(*objects).causes)
    assert cause.fault.diagnosis.code == "controller-out-of-memory"
    assert "exit code 137" in cause.fault.diagnosis.why


def test_without_controllers_to_see_nothing_is_said_to_be_missing() -> None:
    """If Deployments may not be listed, no controller is at fault."""
    unread = dict.fromkeys(
        ("deployments.apps/controllers", "deployments.apps/operator"), Unread(Why.FORBIDDEN, "no")
    )
    assert blocks_of(causes(source("git"), kustomization("web", "git"), unread=unread)) == {}
