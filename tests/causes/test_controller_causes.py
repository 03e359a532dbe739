"""Unavailable controllers as causes of what they leave."""

from datetime import timedelta

import pytest

from fluxstatus.causes.trace import Causes
from fluxstatus.model.evidence import Object, Unread, Why
from tests.builders import (
    BUILD_FAILED,
    FETCHED,
    HEALTHY,
    NOW,
    RECONCILING,
    SERVED,
    alter,
    analysis,
    container,
    crashing,
    flux,
    kustomization,
    minutes,
    pod,
    reference,
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


@pytest.mark.parametrize(
    ("status", "known"), [("False", True), ("True", False), ("Unknown", False), (None, False)]
)
def test_since_when_no_replica_is_available(status: str | None, known: bool) -> None:
    """Its Deployment has the time, which the end of the last of many containers is not."""
    at = stamp(timedelta(hours=3))
    available = {"type": "Available", "status": status, "lastTransitionTime": at}
    changes = {"status.readyReplicas": 0, "status.conditions": [available] if status else []}
    down = alter(HEALTHY, "Deployment/kustomize-controller", changes)
    crashes = {"status.containerStatuses": [crashing()]}
    for objects in (down, alter(down, "Pod/kustomize-controller", crashes)):
        found = analysis(*objects).causes
        [cause] = [one for one in found.all if one.ref.name == "kustomize-controller"]
        assert (cause.since and stamp(NOW - cause.since)) == (at if known else None)


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


WRONG_VERSION = {
    "Stalled": "True BuildFailed: build failed: no match found for semver: 3.x",
    "Ready": "False BuildFailed: build failed: no match found for semver: 3.x",
}
OF_FLUX = (
    *("Deployment/source-controller", "Deployment/kustomize-controller"),
    *("Deployment/helm-controller", "Deployment/notification-controller"),
    *("Deployment/source-watcher", "GitRepository/flux-system", "Kustomization/flux-system"),
)


def not_installed(status: Object, *names: str) -> list[Object]:
    """Return a cluster without the objects *names*, whose FluxInstance fails with this *status*."""
    conditions = flux("FluxInstance", "flux", WRONG_VERSION)["status"]["conditions"]
    return alter(
        without(HEALTHY, *names),
        "FluxInstance/flux",
        {"status": {"conditions": conditions} | status},
    )


def installed(*names: str) -> Object:
    """Return the status of a FluxInstance that was applied with the controllers *names*."""
    components = [{"name": name, "repository": "r", "tag": "v1"} for name in names]
    return {"lastAppliedRevision": "v2.9.5@sha256:1", "components": components}


def test_a_controller_that_was_added_waits_for_the_instance() -> None:
    """While the FluxInstance fails, a controller that it has never installed is not missing."""
    status = installed("source-controller", "kustomize-controller", "notification-controller")
    objects = not_installed(status, "Deployment/helm-controller", "Deployment/source-watcher")
    cause = only_cause(analysis(*objects).causes)
    assert cause.ref.kind == "FluxInstance"
    assert {ref.name for ref in cause.blocks} == {"helm-controller", "source-watcher"}


def test_a_controller_that_was_removed_does_not_wait_for_the_instance() -> None:
    """A controller that the FluxInstance has installed and that is gone is a cause of its own."""
    names = ("source-controller", "kustomize-controller", "notification-controller")
    gone = not_installed(
        installed(*names, "source-watcher", "helm-controller"), "Deployment/helm-controller"
    )
    found = {(c.ref.name, c.fault.diagnosis.code) for c in analysis(*gone).causes.all}
    assert found == {
        ("flux", "distribution-version-missing"), ("helm-controller", "controller-missing"),
    }  # fmt: skip
    unknown = not_installed(
        {"lastAppliedRevision": "v2.9.5@sha256:1"}, "Deployment/helm-controller"
    )
    assert ("helm-controller", "controller-missing") in {
        (c.ref.name, c.fault.diagnosis.code) for c in analysis(*unknown).causes.all
    }


LACKS_KIND = (
    "reconciliation failed: Kustomization/apps/web dry-run failed: no matches for kind "
    '"Kustomization" in version "kustomize.toolkit.fluxcd.io/v1"'
)
DEPENDENCY = {
    "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "base",
    "namespace": "apps", "ready": True,
}  # fmt: skip


def of_kind(*served: str, instance: Object | None = None) -> Causes:
    """Return the causes where one ResourceSet makes an object of a Flux kind and one needs it.

    *instance* is the status of the FluxInstance, which fails without it. The operator's kinds are
    served, and those that are *served*.
    """
    operator = [name for name in SERVED if name.endswith("fluxcd.controlplane.io")]
    kinds = dict.fromkeys([*operator, *served], "v1")
    lacks = flux("ResourceSet", "lacks", {"Ready": f"False ReconciliationFailed: {LACKS_KIND}"})
    waits = flux(
        "ResourceSet", "waits",
        {"Ready": "False DependencyNotReady: Retrying dependency check: dependency "
                  "kustomize.toolkit.fluxcd.io/v1/Kustomization/apps/base not found: "
                  'kustomizations.kustomize.toolkit.fluxcd.io "base" not found'},
        spec={"dependsOn": [DEPENDENCY]},
    )  # fmt: skip
    objects = not_installed(instance or {}, *OF_FLUX)
    return analysis(*objects, lacks, waits, served=kinds).causes


def test_objects_whose_kind_comes_with_flux_wait_for_the_instance() -> None:
    """While the FluxInstance has yet to install a kind, what needs it is blocked by that."""
    found = blocks_of(of_kind())
    assert found.keys() == {"flux-system/flux"}
    assert {"lacks", "waits"} <= found["flux-system/flux"]


def test_objects_whose_kind_is_being_installed_need_no_help() -> None:
    """While the operator installs Flux, what needs a kind of it waits for the FluxInstance."""
    status = flux("FluxInstance", "flux", RECONCILING, age=minutes(1))["status"]
    found = of_kind(instance=status)
    assert blocks_of(found) == {}
    assert {key[2] for key in found.awaited} >= {"lacks", "waits"}


def test_objects_whose_kind_is_served_do_not_wait_for_the_instance() -> None:
    """A kind that is served is not missing, so what fails has a cause of its own."""
    found = blocks_of(of_kind("kustomizations.kustomize.toolkit.fluxcd.io"))
    assert found.keys() == {"flux-system/flux", "lacks", "waits"}


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
    title = "container manager OOMKilled (exit 137), 7 restarts"
    assert cause.fault.diagnosis.headline == title
    assert "its pod is in CrashLoopBackOff" in cause.fault.diagnosis.explanation


def test_a_panic_is_in_the_title() -> None:
    """The last words of a controller are in the title, whatever marks they contain."""
    said = "panic: runtime error: index out of range [3] with length 2; main.main: stopped"
    ended = {"reason": "Error", "exitCode": 2, "message": said, "finishedAt": stamp(minutes(2))}
    crashed = container(waiting={"reason": "CrashLoopBackOff"}, last=ended, restarts=4)
    objects = alter(HEALTHY, "Deployment/source-controller", {"status.readyReplicas": 0})
    status = {"phase": "Running", "containerStatuses": [crashed]}
    objects = alter(objects, "Pod/source-controller", {"status": status})
    diagnosis = only_cause(analysis(*objects, source("git")).causes).fault.diagnosis
    assert diagnosis.headline == f"container manager exited with code 2, 4 restarts: {said}"
    assert "panic" not in diagnosis.explanation


def test_without_controllers_to_see_nothing_is_reported_to_be_missing() -> None:
    """If Deployments may not be listed, no controller is at fault."""
    unread = dict.fromkeys(
        ("deployments.apps/controllers", "deployments.apps/operator"), Unread(Why.FORBIDDEN, "no")
    )
    assert blocks_of(causes(source("git"), kustomization("web", "git"), unread=unread)) == {}


def test_one_of_two_controllers_of_a_kind_is_enough() -> None:
    """An object is blocked only if every controller that watches it is unavailable."""
    (other,) = alter(
        [one for one in HEALTHY if one["metadata"]["name"] == "kustomize-controller"],
        "Deployment/kustomize-controller",
        {"metadata.name": "kustomize-controller-2", "status.readyReplicas": 0},
    )
    found = analysis(*HEALTHY, other, source("git"), kustomization("web", "git")).causes
    assert blocks_of(found) == {"flux-system/kustomize-controller-2": set()}


def test_a_deletion_needs_no_source_controller() -> None:
    """An object that is being deleted fetches nothing, so its fault is its own."""
    down = alter(HEALTHY, "Deployment/source-controller", {"spec.replicas": 0})
    stuck = kustomization("web", "git", deletionTimestamp=stamp(minutes(60)))
    found = blocks_of(analysis(*down, source("git"), stuck).causes)
    assert found["web"] == set()
    assert "web" not in found["flux-system/source-controller"]


def test_what_has_no_status_is_not_stale() -> None:
    """Without its controller a Receiver is stale; an Alert and a Provider have no status."""
    down = alter(HEALTHY, "Deployment/notification-controller", {"status.readyReplicas": 0})
    alert = flux("Alert", "alert", {}, spec={"providerRef": {"name": "chat"}})
    found = analysis(*down, flux("Receiver", "hook"), alert, flux("Provider", "chat", {})).causes
    assert blocks_of(found) == {"flux-system/notification-controller": {"hook"}}


@pytest.mark.parametrize(
    ("restarts", "ago", "code"),
    [
        (2, minutes(59), "controller-keeps-restarting"),
        (1, minutes(59), "controller-hangs"),
        (2, minutes(60), "controller-hangs"),
    ],
)
def test_a_controller_that_ignores_objects_may_keep_restarting(
    restarts: int, ago: timedelta, code: str
) -> None:
    """It restarts again and again if it did so several times, lately within the last hour."""
    last = {"reason": "Error", "exitCode": 1, "finishedAt": stamp(ago)}
    status = container(ready=True, restarts=restarts, running={}, last=last)
    old = {"status.conditions.0.lastTransitionTime": stamp(timedelta(hours=9))}
    objects = alter(HEALTHY, "Kustomization/flux-system", old)
    objects = alter(objects, "Pod/kustomize-controller", {"status.containerStatuses": [status]})
    untouched = [kustomization(name, "git", {}, born=timedelta(hours=2)) for name in ("a", "b")]
    cause = only_cause(analysis(*objects, source("git"), *untouched).causes)
    assert (cause.ref.name, cause.fault.diagnosis.code) == ("kustomize-controller", code)


def test_two_controllers_that_crash_are_two_causes() -> None:
    """A crash is a fault of the controller itself, unlike a node or a registry that others need."""
    objects = HEALTHY
    for name in ("helm-controller", "notification-controller"):
        objects = alter(objects, f"Deployment/{name}", {"status.readyReplicas": 0})
        crash = {"status.containerStatuses": [crashing()]}
        objects = alter(objects, f"Pod/{name}", crash)
    assert set(blocks_of(analysis(*objects).causes)) == {
        "flux-system/helm-controller", "flux-system/notification-controller"}  # fmt: skip


@pytest.mark.parametrize(
    ("elsewhere", "code"),
    [(False, "operator-namespace-terminating"), (True, "operator-missing")],
)
def test_a_namespace_is_deleted_if_only_its_objects_are(elsewhere: bool, code: str) -> None:
    """Without any Deployment, and with objects that are being deleted there and nowhere else."""
    gone = {"metadata.deletionTimestamp": stamp(minutes(9))}
    objects = [one for one in HEALTHY if one["kind"] not in ("Deployment", "Pod")]
    for name in ("FluxInstance/flux", "Kustomization/flux-system"):
        objects = alter(objects, name, gone)
    web = flux("Kustomization", "web", deletionTimestamp=stamp(minutes(9)))
    found = analysis(*objects, *([web] if elsewhere else [])).causes
    cause = next(one for one in found.all if one.ref.name == "flux-operator")
    assert cause.fault.diagnosis.code == code


def restarted(ago: float, started: float) -> Object:
    """Return the status of a container that ended and *started* again so many minutes *ago*."""
    last = {"reason": "Error", "exitCode": 1, "finishedAt": stamp(minutes(ago))}
    running = {"startedAt": stamp(minutes(started))}
    return container(ready=True, restarts=3, running=running, last=last)


def test_the_newest_of_several_pods_counts() -> None:
    """Of two pods of a controller, the one that restarted last is named, and has just started."""
    untouched = [kustomization(name, "git", {}, born=timedelta(hours=2)) for name in ("a", "b")]
    old = {"status.conditions.0.lastTransitionTime": stamp(timedelta(hours=9))}
    for newest, result in ((7, "last 7m ago"), (1, "")):
        objects = alter(HEALTHY, "Kustomization/flux-system", old)
        statuses = {"status.containerStatuses": [restarted(30, 30), restarted(newest, newest)]}
        objects = alter(objects, "Pod/kustomize-controller", statuses)
        whys = [
            c.fault.diagnosis.why for c in analysis(*objects, source("git"), *untouched).causes.all
        ]
        assert [result in why for why in whys] == ([True] if result else [])


def test_an_artifact_needs_the_controller_that_makes_it() -> None:
    """An ExternalArtifact of an ArtifactGenerator is stale without source-watcher."""
    down = alter(HEALTHY, "Deployment/source-watcher", {"status.readyReplicas": 0})
    ours = {"sourceRef": reference("ArtifactGenerator", "gen")}
    found = analysis(*down, flux("ExternalArtifact", "made", FETCHED, spec=ours)).causes
    assert blocks_of(found) == {"flux-system/source-watcher": {"made"}}
