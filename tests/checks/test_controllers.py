"""Step 4: the controllers are there, and work."""

from datetime import timedelta

import pytest

from fluxstatus.checks.run import Choice
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit, Level
from tests.builders import (
    FETCHED,
    FORBIDDEN,
    HEALTHY,
    SERVED,
    alter,
    bad,
    container,
    crashing,
    evidence,
    flux,
    found,
    kustomization,
    minutes,
    only,
    outcomes,
    pod,
    report,
    source,
    stamp,
    without,
)

HELM = "Deployment/helm-controller"
NO_INSTANCE = without(HEALTHY, "FluxInstance/flux", "FluxReport/flux", "Deployment/flux-operator")


def down(status: Object, name: str = "helm-controller") -> list[Object]:
    """Return a Flux in which a controller is down and its pod has this *status*."""
    objects = alter(HEALTHY, f"Deployment/{name}", {"status.readyReplicas": 0})
    return alter(objects, f"Pod/{name}", {"status": status})


def test_working_controllers_pass() -> None:
    """All controllers ready pass in one line and each by itself."""
    titles = [f.title for f in found("components", evidence(*HEALTHY))]
    names = "helm, kustomize, notification, source, source-watcher"
    assert titles[0] == f"{names}: 5/5 ready, last reconciliation 3m ago"
    assert len(titles) == 6


def test_a_missing_controller_fails() -> None:
    """A missing Deployment of a FluxInstance component fails; the others are still reported."""
    said_now = found("components", evidence(*without(HEALTHY, HELM)))
    finding = only(said_now, "controller-missing")
    missing = "Deployment flux-system/helm-controller: the Deployment does not exist"
    assert (finding.level, finding.title) == (Level.FAIL, missing)
    assert "HelmRelease" in finding.why


@pytest.mark.parametrize(
    ("code", "objects"),
    [
        ("controller-scaled-to-zero", alter(HEALTHY, HELM, {
            "spec.replicas": 0, "status.readyReplicas": None})),
        ("controller-crash-loop", down({"phase": "Running", "containerStatuses": [crashing()]})),
        ("controller-out-of-memory", down({
            "phase": "Running", "containerStatuses": [crashing("OOMKilled", 137)]})),
        ("controller-image-pull", down({"phase": "Pending", "containerStatuses": [
            container(waiting={"reason": "ErrImagePull"})]})),
        ("controller-not-scheduled", down({"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}]})),
        ("controller-not-ready", alter(HEALTHY, HELM, {"status.readyReplicas": 0})),
    ],
)  # fmt: skip
def test_a_controller_that_does_no_work_fails(code: str, objects: list[Object]) -> None:
    """Each way to be down fails with its own code, a reason and a next step."""
    finding = only(bad(found("components", evidence(*objects))), code)
    assert finding.level is Level.FAIL
    assert finding.why
    assert finding.hints[0].commands


def test_a_broken_controller_is_no_pass() -> None:
    """If a controller is down, the line "all are ready" is absent."""
    titles = [f.title for f in found("components", evidence(*HEALTHY))]
    assert any("/5 ready" in title for title in titles)
    titles = [f.title for f in found("components", evidence(*down({"phase": "Pending"})))]
    assert titles
    assert not any("/4 ready" in title or "/5 ready" in title for title in titles)


def test_a_replica_too_few_warns_and_is_no_pass() -> None:
    """A controller that works with fewer replicas than wanted warns and is not called ready."""
    findings = found("components", evidence(*alter(HEALTHY, HELM, {"spec.replicas": 2})))
    assert only(bad(findings), "replicas-missing").level is Level.WARN
    assert "helm-controller v1.6.4: ready" not in [f.title for f in findings]


def test_a_crashing_new_pod_with_a_ready_old_one_warns() -> None:
    """A rollout that does not get anywhere is a warning while the old pod still works."""
    old = next(one for one in HEALTHY if one["metadata"]["name"].startswith("helm-controller-"))
    labels = old["metadata"]["labels"]
    new = pod("flux-system/helm-controller-new-1", crashing(), labels=labels)
    finding = only(bad(found("components", evidence(*HEALTHY, new))), "replicas-missing")
    assert "CrashLoopBackOff" in finding.why


def test_restarts_of_the_last_hour_warn() -> None:
    """A restart within the hour is a warning with its count; an older one is nothing."""
    for ago, expected in ((minutes(20), ["restarted"]), (timedelta(hours=3), [])):
        last = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": stamp(ago)}
        status = container(ready=True, restarts=4, running={}, last=last)
        objects = alter(HEALTHY, "Pod/helm-controller", {"status.containerStatuses": [status]})
        findings = bad(found("components", evidence(*objects)))
        assert [f.code for f in findings] == expected
        assert all("4 times" in f.title and "OOMKilled" in f.why for f in findings)


def test_mixed_versions_warn() -> None:
    """Controllers of two Flux versions warn with both."""
    objects = alter(HEALTHY, HELM, {"metadata.labels": {
        "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.0"}})  # fmt: skip
    finding = only(found("components", evidence(*objects)), "mixed-versions")
    assert finding.level is Level.WARN
    assert {"v2.8.0", "v2.9.5"} <= set(finding.title.replace(",", " ").split())


def test_a_kind_with_objects_needs_its_controller() -> None:
    """Objects whose controller is not among the instance's components are reported."""
    repository = flux("ImageRepository", "tags", {}, spec={"image": "x"})
    finding = only(found("components", evidence(*HEALTHY, repository)), "controller-missing")
    assert "image-reflector-controller" in finding.title
    assert [ref.name for ref in finding.blocks] == ["tags"]


def test_without_instance_each_served_kind_needs_its_controller() -> None:
    """On a bootstrapped cluster, the served CRDs determine the expected controllers."""
    served = {name: version for name, version in SERVED.items() if "image" not in name}
    objects = [*without(NO_INSTANCE, HELM), source("git")]
    findings = bad(found("components", evidence(*objects, served=served)))
    assert [(f.code, "helm-controller" in f.title) for f in findings] == [
        ("controller-missing", True)
    ]


def test_only_the_served_image_kinds_need_a_controller() -> None:
    """A cluster that only scans images needs no controller that updates them."""
    served = {name: version for name, version in SERVED.items() if "imageupdate" not in name}
    codes = [f.title for f in bad(found("components", evidence(*NO_INSTANCE, served=served)))]
    assert len(codes) == 1
    assert "image-reflector-controller" in codes[0]


def test_a_shard_that_is_down_is_reported_with_its_objects() -> None:
    """The objects of a shard are blocked by the shard's controller, the others are not."""
    args = ["--watch-label-selector=sharding.fluxcd.io/key=shard1"]
    main = ["--watch-label-selector=!sharding.fluxcd.io/key"]
    path = "spec.template.spec.containers.0.args"
    shard = alter(HEALTHY, "Deployment/kustomize-controller", {
        "metadata.name": "kustomize-controller-shard1", path: args, "status.readyReplicas": 0,
        "spec.selector.matchLabels": {"app": "kustomize-controller-shard1"}})  # fmt: skip
    objects = [
        *alter(HEALTHY, "Deployment/kustomize-controller", {path: main}),
        *(one for one in shard if one["metadata"]["name"] == "kustomize-controller-shard1"),
        source("git"),
        kustomization("main", "git"),
        kustomization("sharded", "git", labels={"sharding.fluxcd.io/key": "shard1"}),
    ]
    finding = only(bad(found("components", evidence(*objects))), "controller-not-ready")
    assert "kustomize-controller-shard1" in finding.title
    assert [ref.name for ref in finding.blocks] == ["sharded"]


def without_crds(*plurals: str) -> dict[str, str]:
    """Return what is served without these."""
    return {name: v for name, v in SERVED.items() if name.partition(".")[0] not in plurals}


def test_kinds_that_are_not_served_are_skipped() -> None:
    """A controller whose CRDs are missing in part is a skip that names the kinds."""
    known = evidence(*HEALTHY, served=without_crds("buckets", "receivers"))
    finding = only(found("components", known), "absent")
    assert (finding.level, finding.title.startswith("Bucket, Receiver: ")) == (Level.SKIP, True)
    assert bad(found("components", known)) == []


@pytest.mark.parametrize(
    ("plural", "group", "code"),
    [
        ("gitrepositories", "source.toolkit.fluxcd.io", "controller-crd-missing"),
        ("fluxinstances", "fluxcd.controlplane.io", "operator-crd-missing"),
    ],
)
def test_a_crd_that_something_needs_is_a_fault(plural: str, group: str, code: str) -> None:
    """A missing CRD that existing objects or the operator need is a fault."""
    images = ("imagerepositories", "imagepolicies", "imageupdateautomations")
    items = [*without(HEALTHY, "FluxInstance/flux"), kustomization("apps", "git")]
    known = evidence(*items, served=without_crds(plural, *images))
    findings = bad(found("components", known))
    assert [(f.code, f.object and f.object.name) for f in findings] == [(code, f"{plural}.{group}")]
    assert not [f for f in found("components", known) if f.code == "absent"]


@pytest.mark.parametrize("namespaces", [frozenset(), frozenset({"apps"})])
def test_a_controller_without_any_of_its_kinds_is_a_fault(namespaces: frozenset[str]) -> None:
    """All objects of a kind are gone with its CRD, so that none is left that needs it."""
    served = without_crds("kustomizations")
    judged = report(*HEALTHY, source("git"), served=served, choice=Choice(namespaces=namespaces))
    finding = only(bad(judged.findings), "controller-crd-missing")
    assert finding.object
    assert finding.object.name == "kustomizations.kustomize.toolkit.fluxcd.io"
    assert judged.exit_code() == Exit.UNHEALTHY


@pytest.mark.parametrize("kind", ["externalartifacts", "resourcesets", "imagepolicies"])
def test_a_kind_that_an_older_flux_does_not_have_is_no_fault(kind: str) -> None:
    """Neither one that came later, nor one whose controller is not installed."""
    served = {n: v for n, v in SERVED.items() if n.partition(".")[0] != kind}
    assert bad(found("components", evidence(*HEALTHY, served=served))) == []


def test_controllers_that_may_not_be_read_are_unknown() -> None:
    """Where Deployments cannot be listed no controller is accused or praised."""
    unread = {"deployments.apps/controllers": FORBIDDEN}
    objects = [*HEALTHY, source("git"), kustomization("web", "git")]
    assert outcomes("components", *objects, unread=unread) == {("unknown", "forbidden")}


def test_forbidden_pods_are_reported_once() -> None:
    """If pods cannot be read, the Deployments are used; unknown restarts are reported once."""
    findings = found("components", evidence(*HEALTHY, unread={"pods": FORBIDDEN}))
    assert [f.level for f in findings].count(Level.UNKNOWN) == 1
    assert [f.level for f in findings].count(Level.PASS) == 6


def test_no_controllers_are_skipped() -> None:
    """A cluster without Flux is reported by the operator step only."""
    assert outcomes("components") == {("skip", "no-controllers")}


def test_images_that_cannot_be_pulled_are_reported_at_the_instance() -> None:
    """Controllers whose images cannot be pulled are not reported as absent."""
    pull = {"phase": "Pending", "containerStatuses": [
        container(waiting={"reason": "ImagePullBackOff"})]}  # fmt: skip
    objects = HEALTHY
    for name in ("source-controller", "kustomize-controller", "helm-controller",
                 "notification-controller", "source-watcher"):  # fmt: skip
        objects = alter(objects, f"Deployment/{name}", {"status.readyReplicas": 0})
        objects = alter(objects, f"Pod/{name}", {"status": pull})
    known = evidence(*objects)
    assert {(f.level.value, f.code) for f in found("components", known)} == {("wait", "waiting")}
    assert ("fail", "instance-images") in {
        (f.level.value, f.code) for f in found("instance", known)
    }


def test_images_of_a_rollout_are_reported_once() -> None:
    """While the old pods still run, images that new ones cannot pull are one finding."""
    pull = {"phase": "Pending", "containerStatuses": [
        container(waiting={"reason": "ImagePullBackOff"})]}  # fmt: skip
    objects = alter(HEALTHY, "Pod/source-controller", {"status": pull})
    known = evidence(*alter(objects, "Pod/helm-controller", {"status": pull}))
    assert bad(found("components", known)) == []
    assert [f.code for f in bad(found("instance", known))] == ["instance-images"]


def test_a_first_installation_is_awaited() -> None:
    """While the instance installs Flux for the first time its controllers are on their way."""
    names = [f"Deployment/{n}-controller" for n in ("source", "kustomize", "helm", "notification")]
    bare = without(HEALTHY, *names, "Deployment/source-watcher")
    working = {"Ready": "Unknown Progressing: Reconciliation in progress"}
    conditions = flux("FluxInstance", "flux", working, age=minutes(1))["status"]["conditions"]
    objects = alter(bare, "FluxInstance/flux", {
        "status": {"conditions": conditions},
        "metadata.creationTimestamp": stamp(minutes(1))})  # fmt: skip
    (finding,) = found("components", evidence(*objects))
    assert (finding.level, finding.code) == (Level.WAIT, "reconciling")
    assert "source-controller" in finding.title


def test_a_controller_that_starts_is_awaited() -> None:
    """A controller whose pod was made a moment ago is on its way, and so are its objects."""
    objects = alter(HEALTHY, "Deployment/kustomize-controller", {"status.readyReplicas": 0})
    new = {"metadata.creationTimestamp": stamp(minutes(0.5)), "status": {"phase": "Pending"}}
    known = evidence(*alter(objects, "Pod/kustomize-controller", new))
    finding = only(found("components", known), "reconciling")
    assert (finding.level, finding.title) == (Level.WAIT, "starting: kustomize-controller")
    assert bad(found("components", known)) == bad(found("reconcilers", known)) == []
    pull = {
        "phase": "Pending",
        "containerStatuses": [container(waiting={"reason": "ErrImagePull"})],
    }
    objects = alter(objects, "Pod/kustomize-controller", new | {"status": pull})
    assert ("fail", "controller-image-pull") in outcomes("components", *objects)


def test_a_third_partys_artifact_needs_no_controller() -> None:
    """An ExternalArtifact of another maker does not call for source-watcher."""
    served = {name: version for name, version in SERVED.items()
              if "image" not in name and "generator" not in name}  # fmt: skip
    objects = without(NO_INSTANCE, "Deployment/source-watcher")
    theirs = flux("ExternalArtifact", "theirs", FETCHED)
    assert bad(found("components", evidence(*objects, theirs, served=served))) == []
