"""States that were never recorded, each with its expected cause.

Texts and reasons are those of the controllers: KC, HC, SC, IRC, IAC, SW internal/controller and
the Flux Operator's; pods, events and conditions are as the kubelet and the scheduler write them.
"""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from tests.builders import (
    BUILD_FAILED,
    FETCHED,
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    RECONCILING,
    SERVED,
    alter,
    container,
    crashing,
    event,
    flux,
    kind_and_name,
    kustomization,
    minutes,
    pod,
    reference,
    report,
    source,
    stamp,
    waiting_for,
    without,
)

LONG: dict[str, Any] = {"age": timedelta(hours=9)}
STORAGE = "http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/git/a.tar.gz"
NO_DOWNLOAD = {
    "Ready": f"False ArtifactFailed: failed to download archive: GET {STORAGE} giving up after 10 "
    "attempt(s): dial tcp 10.96.1.2:80: i/o timeout"
}
FETCHING = RECONCILING | {
    "Reconciling": "True Progressing: Fetching manifests for revision main@sha1:abc with a timeout "
    "of 5m"
}
FULL = {
    "Ready": "False ArchiveOperationFailed: unable to archive artifact to storage: write "
    "/data/gitrepository/apps/git/a.tar.gz: no space left on device"
}
UNHEALTHY = {
    "Ready": "False HealthCheckFailed: health check failed after 30.01s: timeout waiting for: "
    "[Deployment/apps/web status: 'InProgress']"
}
ASKED = {"reconcile.fluxcd.io/requestedAt": stamp(minutes(20))}


def problem(*objects: Object, **more: Any) -> list[Finding]:
    """Return the fails and warnings of the whole report on a cluster with *objects*."""
    found = report(*objects, **more).faults
    return [f for f in found if f.level in (Level.FAIL, Level.WARN)]


def only(*objects: Object, of: str, blocks: str, **more: Any) -> Finding:
    """Return the only finding, which must be *of* "Kind/name" and block exactly *blocks*."""
    found = problem(*objects, **more)
    assert [kind_and_name(f.object) for f in found if f.object] == [of]
    assert sorted(kind_and_name(ref) for ref in found[0].blocks) == sorted(blocks.split())
    return found[0]


def in_flux(*objects: Object, **altered: dict[str, Any]) -> list[Object]:
    """Return a healthy Flux with the Deployments in *altered* changed, and *objects*."""
    made = HEALTHY
    for one, changes in altered.items():
        made = alter(made, f"Deployment/{one.replace('_', '-')}", changes)
    return [*made, *objects]


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


def test_artifacts_that_cannot_be_had_are_one_cause() -> None:
    """If a NetworkPolicy blocks downloads, source-controller is the only cause."""
    found = only(
        *in_flux(
            source("git"),
            kustomization("a", "git", NO_DOWNLOAD),
            kustomization("b", "git", FETCHING, age=timedelta(hours=1)),
            kustomization("c", "git"),
        ),
        of="Deployment/source-controller",
        blocks="Kustomization/a Kustomization/b",
    )
    assert found.code == "controller-unreachable"
    assert "NetworkPolicies" in found.hints[0].text
    assert "failed to download" in found.message


def test_artifacts_that_are_lost_are_one_cause() -> None:
    """The sources are Ready; only their consumers report that the artifacts are gone."""
    gone = {
        "Ready": "False ArtifactFailed: Source is not ready, artifact not found, retrying in 5s"
    }
    found = only(
        *in_flux(
            source("git"),
            source("other"),
            kustomization("a", "git", gone),
            kustomization("b", "other", gone),
            kustomization("c", "other"),
        ),
        of="Deployment/source-controller",
        blocks="Kustomization/a Kustomization/b",
    )
    assert found.code == "controller-artifacts-gone"
    assert "rollout restart deployment/source-controller" in " ".join(
        found.hints[0].commands[-1].argv
    )


def test_one_that_cannot_download_is_told_by_itself() -> None:
    """A failure of one object is not a fault of a controller that serves the others."""
    found = problem(*in_flux(source("git"), kustomization("a", "git", NO_DOWNLOAD)))
    assert [(kind_and_name(f.object), f.code) for f in found if f.object] == [
        ("Kustomization/a", "artifact-host-unreachable")
    ]


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


def forbidden(user: str) -> dict[str, str]:
    """Return the conditions of an object with a manifest that *user* may not apply."""
    return {
        "Ready": "False ReconciliationFailed: ConfigMap/apps/x dry-run failed (Forbidden): "
        f'configmaps "x" is forbidden: User "system:serviceaccount:{user}" cannot patch resource '
        '"configmaps" in API group "" in the namespace "apps"'
    }


def test_a_controller_that_lost_its_rights_is_one_cause() -> None:
    """Without Flux's ClusterRoleBinding everything fails; the hint lets the operator restore it."""
    gone = forbidden("flux-system:kustomize-controller")
    objects = [kustomization("a", "git", gone), kustomization("b", "git", gone)]
    found = only(*in_flux(source("git"), *objects), of="Deployment/kustomize-controller",
                 blocks="Kustomization/a Kustomization/b")  # fmt: skip
    assert found.code == "controller-forbidden"
    assert "ClusterRoleBinding" in found.why
    assert "reconcile.fluxcd.io/forceAt" in str(found.hints[0].commands)


def test_a_tenant_without_rights_is_not_the_controllers_fault() -> None:
    """Each object whose own ServiceAccount lacks permissions is a cause of its own."""
    tenant = forbidden("apps:tenant")
    objects = [kustomization("a", "git", tenant), kustomization("b", "git", tenant)]
    found = problem(*in_flux(source("git"), *objects))
    assert [f.code for f in found] == ["rbac-forbidden"] * 2


def test_a_controller_whose_pods_are_not_made_is_told_with_the_quota() -> None:
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


def test_a_full_disk_is_one_cause() -> None:
    """Sources that cannot be stored on a full disk are one fault of source-controller."""
    found = only(
        *in_flux(
            flux("GitRepository", "a", FULL),
            flux("GitRepository", "b", FULL),
            kustomization("c", "a"),
            kustomization("d", "b", NO_ARTIFACT),
        ),
        of="Deployment/source-controller",
        blocks="GitRepository/a GitRepository/b Kustomization/c Kustomization/d",
    )
    assert found.code == "controller-storage-full"
    assert "no space left on device" in found.message


@pytest.mark.parametrize(
    ("objects", "of", "blocks"),
    [
        ([source("git", annotations=ASKED, **LONG),
          flux("GitRepository", "new", {}, born=minutes(9)),
          kustomization("web", "new", NO_ARTIFACT)],
         "source-controller", "GitRepository/git GitRepository/new Kustomization/web"),
        ([flux("HelmRelease", "new", {}, born=minutes(9)),
          flux("HelmRelease", "asked", annotations=ASKED, **LONG),
          flux("HelmRelease", "old", **LONG)],
         "helm-controller", "HelmRelease/new HelmRelease/asked"),
        ([flux("HelmRelease", "a", annotations=ASKED, **LONG),
          flux("HelmRelease", "b", annotations=ASKED, **LONG)],
         "helm-controller", "HelmRelease/a HelmRelease/b"),
        ([source("git", **LONG),
          kustomization("a", "git", applied="main@sha1:old", **LONG),
          kustomization("b", "git", applied="main@sha1:old", **LONG)],
         "kustomize-controller", "Kustomization/a Kustomization/b"),
    ],
)  # fmt: skip
def test_a_controller_that_hangs_is_the_cause(objects: list[Object], of: str, blocks: str) -> None:
    """Objects, requests and revisions that a running controller ignores are one cause."""
    quiet = {"status.conditions.0.lastTransitionTime": stamp(timedelta(hours=9))}
    old = alter(HEALTHY, "GitRepository/flux-system", quiet)
    old = alter(old, "Kustomization/flux-system", quiet)
    found = only(*old, *objects, of=f"Deployment/{of}", blocks=blocks)
    assert found.code == "controller-hangs"


def test_a_busy_controller_is_not_said_to_hang() -> None:
    """Unhandled requests are reported as such while other objects are reconciled."""
    found = problem(
        *HEALTHY,
        flux("HelmRelease", "a", annotations=ASKED, **LONG),
        flux("HelmRelease", "b", annotations=ASKED, **LONG),
        flux("HelmRelease", "c", age=minutes(3)),
    )
    assert {f.code for f in found} == {"request-unhandled"}


GENERATOR = {
    "sources": [{**reference("GitRepository", "git"), "alias": "git"}],
    "artifacts": [{"name": "made"}],
}
NOT_MADE = {
    "Ready": 'False ArtifactFailed: ExternalArtifact.source.toolkit.fluxcd.io "made" not found'
}


def generated(conditions: dict[str, str] | None = None, **more: Any) -> list[Object]:
    """Return an ArtifactGenerator, and a consumer of its ExternalArtifact, which does not exist."""
    return [
        flux("ArtifactGenerator", "gen", conditions, spec=GENERATOR, **more),
        flux("Kustomization", "web", NOT_MADE,
             spec={"sourceRef": reference("ExternalArtifact", "made")}),
    ]  # fmt: skip


def test_an_artifact_that_was_never_made_is_the_fault_of_its_generator() -> None:
    """The consumer of a missing ExternalArtifact waits for its generator."""
    failed = {"Ready": "False BuildFailed: failed to build artifact made: no such file"}
    only(*HEALTHY, source("git"), *generated(failed), of="ArtifactGenerator/gen",
         blocks="Kustomization/web")  # fmt: skip
    off = {"source.extensions.fluxcd.io/reconcile": "disabled"}
    found = only(*HEALTHY, source("git"), *generated(annotations=off), of="ArtifactGenerator/gen",
                 blocks="Kustomization/web")  # fmt: skip
    assert "dependents stay blocked until it is resumed" in found.why


def test_a_broken_source_is_the_cause_through_a_generator() -> None:
    """Source, generator, artifact and consumer are one chain."""
    nothing = {"Ready": "False SourceFetchFailed: get sources failed: source git has no artifact"}
    only(*HEALTHY, flux("GitRepository", "git", NOT_THERE), *generated(nothing),
         of="GitRepository/git", blocks="ArtifactGenerator/gen Kustomization/web")  # fmt: skip


def test_a_dead_source_watcher_is_the_cause_of_what_is_not_made() -> None:
    """Without source-watcher no ExternalArtifact is created."""
    only(*in_flux(source("git"), *generated({}), source_watcher=DOWN),
         of="Deployment/source-watcher",
         blocks="ArtifactGenerator/gen Kustomization/web")  # fmt: skip


def test_an_artifact_that_nobody_makes_is_missing() -> None:
    """Without a generator for the artifact, the reference is the fault."""
    found = problem(*HEALTHY, source("git"), generated()[1])
    assert [f.code for f in found] == ["target-missing"]


def images(*objects: Object) -> list[Object]:
    """Return a Flux with the image controllers, and *objects*."""
    made = [one for one in HEALTHY if one["metadata"]["name"] == "helm-controller"]
    names = ("image-reflector-controller", "image-automation-controller")
    more = [alter(made, "Deployment/helm-controller", {"metadata.name": one})[0] for one in names]
    return [*HEALTHY, *more, *objects]


AUTOMATION = {"sourceRef": reference("GitRepository", "git")}


def test_a_policy_waits_for_its_repository() -> None:
    """A registry that rejects the scan is the cause; the policy is attributed to it."""
    denied = {"Ready": "False ReadOperationFailed: scan failed: GET https://r.example.com/v2/a: "
                       "UNAUTHORIZED: authentication required"}  # fmt: skip
    waits = {"Ready": "False DependencyNotReady: referenced ImageRepository has not been scanned"}
    policy = flux("ImagePolicy", "policy", waits, spec={"imageRepositoryRef": {"name": "tags"}})
    only(*images(flux("ImageRepository", "tags", denied), policy), of="ImageRepository/tags",
         blocks="ImagePolicy/policy")  # fmt: skip


def test_an_automation_fails_with_its_repository() -> None:
    """It uses the Secret of its GitRepository, so with a wrong Secret both fail for one cause."""
    denied = {"Ready": "False GitOperationFailed: failed to checkout source: unable to clone: "
                       "authentication required"}  # fmt: skip
    automation = flux("ImageUpdateAutomation", "bot", denied, spec=AUTOMATION)
    rejected = {"Ready": "False GitOperationFailed: unable to clone: authentication required"}
    only(*images(source("git", rejected), automation), of="GitRepository/git",
         blocks="ImageUpdateAutomation/bot")  # fmt: skip
    found = problem(*images(source("git"), automation))
    assert [kind_and_name(f.object) for f in found if f.object] == ["ImageUpdateAutomation/bot"]


def child(own: str, conditions: dict[str, str] | None = None) -> Object:
    """Return a Kustomization that the Kustomization root applied."""
    labels = {f"kustomize.toolkit.fluxcd.io/{key}": value
              for key, value in {"name": "root", "namespace": "apps"}.items()}  # fmt: skip
    return kustomization(own, "git", conditions, labels=labels)


def test_a_suspended_parent_freezes_its_children() -> None:
    """The finding is about the parent, with its outdated revision; the children have none."""
    root = kustomization("root", "git", applied="main@sha1:000", spec={"suspend": True})
    found = only(*HEALTHY, source("git"), root, child("a"), child("b"), kustomization("c", "git"),
                 of="Kustomization/root", blocks="Kustomization/a Kustomization/b")  # fmt: skip
    assert found.level is Level.WARN
    assert "the specs of 2 objects that it applied are no longer updated" in found.why
    assert "it has applied main@sha1:000, but its source has main@sha1:abc (since" in found.why


def test_a_fault_below_a_suspended_parent_says_so() -> None:
    """A fix in Git does not reach an object with a suspended parent."""
    root = kustomization("root", "git", spec={"suspend": True})
    first = problem(*HEALTHY, source("git"), root, child("a", BUILD_FAILED))[0]
    assert (first.object and first.object.name, first.code) == ("a", "build-failed")
    assert "its owner Kustomization apps/root is suspended" in first.why


def test_a_suspended_object_with_an_old_revision_blocks_for_ever() -> None:
    """It is Ready, but its dependent waits for the new revision."""
    stale = {
        "Ready": "False DependencyNotReady: dependency 'apps/infra' revision is not up to date"
    }
    infra = kustomization("infra", "git", spec={"suspend": True})
    web = kustomization("web", "git", stale, after=["infra"])
    found = only(*HEALTHY, source("git"), infra, web,
                 of="Kustomization/infra", blocks="Kustomization/web")  # fmt: skip
    assert found.level is Level.FAIL
    assert "dependents stay blocked until it is resumed" in found.why


def test_a_suspended_object_that_is_ready_does_not_block() -> None:
    """If the message names another dependency, the suspended one is not the cause."""
    objects = [
        source("git"),
        kustomization("infra", "git", spec={"suspend": True}),
        kustomization("db", "git", BUILD_FAILED),
        kustomization("web", "git", waiting_for("db"), after=["infra", "db"]),
    ]
    found = {f.object.name: f for f in problem(*HEALTHY, *objects) if f.object}
    assert [ref.name for ref in found["db"].blocks] == ["web"]
    assert (found["infra"].level, found["infra"].blocks) == (Level.WARN, ())


KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"


@pytest.mark.parametrize(
    ("kind", "depends", "message", "code", "word"),
    [
        ("Kustomization", {"readyExpr": "dep.spec.path == 'x'"},
         "dependency 'apps/infra' is not ready according to readyExpr eval",
         "dependency-expression", "dep.spec.path == 'x'"),
        ("ResourceSet", {"readyExpr": "status.x == 1", "ready": True, "kind": "Kustomization",
                         "apiVersion": KUSTOMIZE, "namespace": "apps"},
         f"dependency {KUSTOMIZE}/Kustomization/apps/infra not ready: expression 'status.x == 1'",
         "dependency-expression", "status.x == 1"),
        ("ResourceSet", {"ready": True, "kind": "Deployment", "apiVersion": "apps/v1",
                         "namespace": "apps"},
         "dependency apps/v1/Deployment/apps/infra not ready: status InProgress",
         "dependency-unready", "Deployment infra"),
        ("Kustomization", {}, "dependency 'apps/infra' is not ready", "waits", "apps/infra"),
    ],
)  # fmt: skip
def test_a_dependency_that_is_ready_and_not_enough_is_told(
    kind: str, depends: dict[str, Any], message: str, code: str, word: str
) -> None:
    """A ready dependency that does not satisfy the readyExpr is reported with the expression."""
    spec = {"dependsOn": [{"name": "infra", **depends}]}
    waits = flux(kind, "web", {"Ready": f"False DependencyNotReady: {message}"}, spec=spec)
    infra = kustomization("infra", "git", age=timedelta(hours=1))
    found = only(*HEALTHY, source("git"), infra, waits, of=f"{kind}/web", blocks="")
    assert found.code == code
    assert word in found.why


def test_a_dependency_that_only_has_to_exist_is_not_to_blame() -> None:
    """A ResourceSet with ready: true for one dependency does not wait for the health of another."""
    of_ks = {"kind": "Kustomization", "apiVersion": KUSTOMIZE, "namespace": "apps"}
    spec = {"dependsOn": [of_ks | {"name": "there"}, of_ks | {"name": "ready", "ready": True}]}
    said = f"dependency {KUSTOMIZE}/Kustomization/apps/ready not ready: status InProgress"
    objects = [
        source("git"),
        kustomization("there", "git", BUILD_FAILED),
        kustomization("ready", "git", BUILD_FAILED),
        flux("ResourceSet", "set", {"Ready": f"False DependencyNotReady: {said}"}, spec=spec),
    ]
    found = {f.object.name: f.blocks for f in problem(*HEALTHY, *objects) if f.object}
    assert (len(found["there"]), len(found["ready"])) == (0, 1)


def test_inputs_by_a_selector_are_followed() -> None:
    """A provider that a ResourceSet selects by labels is an input like one that it names."""
    chosen = {"inputsFrom": [{"selector": {"matchLabels": {"team": "a"}}}]}
    failing = {"Ready": "False ReconciliationFailed: failed to call provider: 401 Bad credentials"}
    only(
        *HEALTHY,
        flux("ResourceSetInputProvider", "prs", failing, labels={"team": "a"}),
        flux("ResourceSetInputProvider", "tags", labels={"team": "b"}),
        flux("ResourceSet", "set", spec=chosen),
        flux("ResourceSet", "other", spec={"inputsFrom": [{"name": "tags"}]}),
        of="ResourceSetInputProvider/prs",
        blocks="ResourceSet/set",
    )


def test_a_parent_that_checks_a_child_that_depends_on_it_is_a_cycle() -> None:
    """A cycle may have a health check and several kinds."""
    waits = "timeout waiting for: [ResourceSet/apps/set status: 'InProgress']"
    said = f"dependency {KUSTOMIZE}/Kustomization/apps/root not ready: status InProgress"
    depends = {"kind": "Kustomization", "apiVersion": KUSTOMIZE, "namespace": "apps",
               "name": "root", "ready": True}  # fmt: skip
    objects = [
        source("git"),
        kustomization("root", "git", {"Ready": f"False HealthCheckFailed: {waits}"}),
        flux("ResourceSet", "set", {"Ready": f"False DependencyNotReady: {said}"},
             spec={"dependsOn": [depends]}),
    ]  # fmt: skip
    found = only(*HEALTHY, *objects, of="Kustomization/root", blocks="ResourceSet/set")
    assert found.code == "dependency-cycle"
    assert "apps/root → ResourceSet apps/set → Kustomization apps/root" in found.why


def test_what_depends_on_itself_is_told_so() -> None:
    """The smallest cycle has one member."""
    found = only(*HEALTHY, source("git"), kustomization("a", "git", waiting_for("a"), after=["a"]),
                 of="Kustomization/a", blocks="")  # fmt: skip
    assert found.why.endswith("Kustomization apps/a depends on itself")


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        ("Kustomization", {"sourceRef": reference("GitRepository", "gone")}, "spec.sourceRef"),
        ("Kustomization", {"dependsOn": [{"name": "gone"}]}, "spec.dependsOn"),
        ("HelmRelease", {"chartRef": reference("OCIRepository", "gone")}, "spec.chartRef"),
        ("HelmChart", {"sourceRef": reference("GitRepository", "gone")}, "spec.sourceRef"),
        ("ResourceSet", {"inputsFrom": [{"name": "gone"}]}, "spec.inputsFrom"),
        ("GitRepository", {"include": [{"repository": {"name": "gone"}}]}, "spec.include"),
        ("ArtifactGenerator", {"sources": [reference("GitRepository", "gone")]}, "spec.sources"),
        ("ImagePolicy", {"imageRepositoryRef": {"name": "gone"}}, "spec.imageRepositoryRef"),
    ],
)
def test_the_field_that_names_what_is_missing_is_told(
    kind: str, spec: dict[str, Any], field: str
) -> None:
    """The hint names the field with the wrong reference."""
    lost = flux(kind, "x", {"Ready": "False ArtifactFailed: not found"}, spec=spec)
    first = problem(*images(lost))[0]
    assert (first.code, first.hints[0].text) == (
        "target-missing",
        f"create the missing object, or correct {field}",
    )


def release_of(namespace: str) -> Object:
    """Return a HelmRelease without any status, of a chart repository in *namespace*."""
    repository = reference("HelmRepository", f"{namespace}/charts")
    spec = {"chart": {"spec": {"chart": "web", "sourceRef": repository}}}
    return flux("HelmRelease", "web", {}, spec=spec)


def test_a_release_of_a_chart_in_no_namespace_is_told_so() -> None:
    """Its controller cannot create the HelmChart there, and only its log says so."""
    found = only(*HEALTHY, release_of("nowhere"), of="HelmRelease/web", blocks="")
    assert found.code == "target-missing"
    assert "HelmRepository nowhere/charts does not exist" in found.why
    assert found.hints[0].text == "create the missing object, or correct spec.chart.spec.sourceRef"


@pytest.mark.parametrize("namespace", ["apps", "shared"])
def test_a_release_without_status_may_lack_its_controller(namespace: str) -> None:
    """The source of the chart exists, or its absence would be the fault."""
    there = flux("HelmRepository", "shared/charts", FETCHED)
    found = only(*HEALTHY, there, release_of(namespace), of="HelmRelease/web", blocks="")
    assert found.code == "never-reconciled"


def test_several_fields_may_name_what_is_missing() -> None:
    """All referrers have one cause, which names each of their fields."""
    gone = {"Ready": 'False ArtifactFailed: GitRepository "gone" not found'}
    of_release = {"helm.toolkit.fluxcd.io/name": "web"}
    from_git = {"chart": "./web", "sourceRef": reference("GitRepository", "gone")}
    chart = flux("HelmChart", "apps-web", gone, labels=of_release, spec=from_git)
    found = only(*HEALTHY, kustomization("a", "gone", gone), chart,
                 of="GitRepository/gone", blocks="HelmChart/apps-web Kustomization/a")  # fmt: skip
    assert found.hints[0].text == (
        "create the missing object, or correct spec.chart.spec.sourceRef of the HelmRelease "
        "or spec.sourceRef"
    )


@pytest.mark.parametrize(
    ("target", "reason", "message", "field"),
    [
        ("Kustomization/flux-system", "ArtifactFailed",
         "kustomization path not found: stat /tmp/k-1/pord: no such file", "spec.sync.path"),
        ("GitRepository/flux-system", "GitOperationFailed",
         "couldn't find remote ref \"refs/heads/prod\"", "spec.sync.ref"),
    ],
)  # fmt: skip
def test_what_the_operator_made_is_corrected_at_its_maker(
    target: str, reason: str, message: str, field: str
) -> None:
    """The operator reverts changes to the root sync; the FluxInstance has the field."""
    broken = alter(HEALTHY, target, {"status.conditions.0.status": "False",
        "status.conditions.0.reason": reason, "status.conditions.0.message": message})  # fmt: skip
    first = problem(*broken)[0]
    assert first.object
    assert kind_and_name(first.object) == target
    assert any(field in h.text and "FluxInstance flux-system/flux" in h.text for h in first.hints)


def test_what_a_resource_set_made_is_corrected_at_it() -> None:
    """The template is to be corrected, not the object; a host that is down needs no correction."""
    made = {"resourceset.fluxcd.controlplane.io/name": "tenants",
            "resourceset.fluxcd.controlplane.io/namespace": "apps"}  # fmt: skip
    down = {"Ready": "False GitOperationFailed: HTTP 503 from upstream"}
    objects = [
        flux("ResourceSet", "tenants"),
        flux("GitRepository", "wrong", NOT_THERE, labels=made),
        flux("GitRepository", "down", down, labels=made),
    ]
    found = {f.object.name: str(f.hints) for f in problem(*HEALTHY, *objects) if f.object}
    assert (
        "ResourceSet apps/tenants, which creates this object from spec.resources" in found["wrong"]
    )
    assert "ResourceSet" not in found["down"]


def test_two_causes_are_told_at_each_other() -> None:
    """Fixing one of two causes is not enough for an object that waits for both."""
    objects = [
        source("git"),
        kustomization("crds", "git", BUILD_FAILED),
        kustomization("infra", "git", {"Ready": "False PruneFailed: x delete failed"}),
        kustomization("web", "git", waiting_for("crds"), after=["crds", "infra"]),
    ]
    found = {f.object.name: f.why for f in problem(*HEALTHY, *objects) if f.object}
    assert "Kustomization apps/web is also waiting for Kustomization apps/infra" in found["crds"]
    assert "Kustomization apps/web is also waiting for Kustomization apps/crds" in found["infra"]


def test_a_workload_and_a_release_that_fail_one_check_are_two_causes() -> None:
    """A health check that names a Deployment and a HelmRelease waits for both."""
    both = ("False HealthCheckFailed: timeout waiting for: [Deployment/apps/web status: "
            "'InProgress', HelmRelease/apps/db status: 'InProgress']")  # fmt: skip
    objects = [
        source("git"),
        flux("HelmRelease", "db", {"Ready": "False InstallFailed: boom"}),
        kustomization("apps", "git", {"Ready": both}),
    ]
    found = {f.object.name: f for f in problem(*HEALTHY, *objects) if f.object}
    assert set(found) == {"db", "apps"}
    assert [ref.name for ref in found["db"].blocks] == ["apps"]
    assert "apps/apps is also waiting for HelmRelease apps/db" in found["apps"].why


def test_a_dead_controller_and_a_broken_source_are_both_told() -> None:
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


HEALTH = [
    ([pod("apps/web-1-a", crashing("OOMKilled", 137))], ["OOMKilled", "memory limit"]),
    ([pod("apps/web-1-a", crashing("Error", 2))], ["CrashLoopBackOff", "exit code 2"]),
    ([pod("apps/web-1-a", container(running={}))], ["readiness probe"]),
    ([event("ReplicaSet apps/web-56b65466c4", "FailedCreate", "exceeded quota: small")],
     ["exceeded quota: small", "ResourceQuota"]),
    ([pod("apps/web-1-a", phase="Pending", conditions=[
        {"type": "PodScheduled", "status": "False", "message": 'persistentvolumeclaim "data" not '
         "found"}])], ["FailedScheduling", 'persistentvolumeclaim "data"']),
]  # fmt: skip


@pytest.mark.parametrize(("others", "words"), HEALTH)
def test_what_keeps_a_workload_unhealthy_is_told(others: list[Object], words: list[str]) -> None:
    """The finding of the Kustomization has the reason, also while the next attempt runs."""
    retrying = RECONCILING | {
        "Reconciling": "True ProgressingWithRetry: Running health checks",
        "Healthy": UNHEALTHY["Ready"],
    }
    for conditions in (UNHEALTHY, retrying):
        found = only(
            *HEALTHY,
            source("git"),
            kustomization("apps", "git", conditions, age=minutes(3)),
            kustomization("next", "git", waiting_for("apps"), after=["apps"]),
            *others,
            of="Kustomization/apps",
            blocks="Kustomization/next",
        )
        text = f"{found.why} {[hint.text for hint in found.hints]}"
        assert [word for word in words if word not in text] == []


def test_pods_here_say_nothing_of_another_cluster() -> None:
    """A health check in a remote cluster is not explained by pods of this one."""
    remote = {"kubeConfig": {"secretRef": {"name": "prod"}}}
    found = only(
        *HEALTHY,
        source("git"),
        kustomization("apps", "git", UNHEALTHY, spec=remote),
        pod("apps/web-1-a", crashing()),
        of="Kustomization/apps",
        blocks="",
    )
    assert "CrashLoopBackOff" not in found.why


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


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("dependency 'apps/base' is not ready", []),
        ("failed to evaluate the CEL expression 'dep.status.nope': no such key: nope",
         ["cel-invalid"]),
    ],
)  # fmt: skip
def test_who_was_just_answered_names_what_it_waits_for(message: str, said: list[str]) -> None:
    """A new revision changes the time of Ready, which does not explain another message."""
    fresh: dict[str, Any] = {"age": minutes(0.5)}
    waits = kustomization("web", "git", {"Ready": f"False DependencyNotReady: {message}"},
                          after=["base"], **LONG)  # fmt: skip
    found = problem(*HEALTHY, source("git", **fresh), kustomization("base", "git", **fresh), waits)
    assert [f.code for f in found] == said


@pytest.mark.parametrize(("minute", "said"), [(1, []), (30, ["never-reconciled"])])
def test_a_controller_that_has_just_started_is_given_a_moment(minute: int, said: list[str]) -> None:
    """After an outage its objects have two minutes to be reconciled."""
    running = container(ready=True, running={"startedAt": stamp(minutes(minute))})
    started = alter(HEALTHY, "Pod/kustomize-controller", {"status.containerStatuses": [running]})
    found = problem(*started, source("git"), kustomization("web", "git", {}))
    assert [f.code for f in found] == said


GIT = "gitrepositories.source.toolkit.fluxcd.io"


def test_what_many_wait_for_and_nobody_could_read_is_one_finding() -> None:
    """It is reported as unread, not as missing and not as failing."""
    many = [kustomization(f"app-{n}", "git", NO_ARTIFACT) for n in range(3)]
    found = only(*HEALTHY, *many, unread={GIT: FORBIDDEN}, of="GitRepository/git",
                 blocks="Kustomization/app-0 Kustomization/app-1 Kustomization/app-2")  # fmt: skip
    assert found.code == "waits-unread"
    assert "could not be read" in found.why


@pytest.mark.parametrize(
    "resource",
    [
        GIT,
        "kustomizations.kustomize.toolkit.fluxcd.io",
        "providers.notification.toolkit.fluxcd.io",
        "externalartifacts.source.toolkit.fluxcd.io",
        "resourcesetinputproviders.fluxcd.controlplane.io",
        "deployments.apps/controllers",
        "pods",
    ],
)
def test_an_unread_kind_accuses_nobody(resource: str) -> None:
    """In a healthy cluster with one kind that may not be listed nothing fails."""
    objects = [
        source("git"),
        kustomization("web", "git"),
        flux("Alert", "alert", {}, spec={"providerRef": {"name": "chat"},
             "eventSources": [reference("Kustomization", "web")]}),
        flux("Provider", "chat", {}),
        flux("Receiver", "hook", spec={"resources": [reference("GitRepository", "git")]}),
        flux("ResourceSetInputProvider", "prs"),
        flux("ResourceSet", "set", spec={"inputsFrom": [{"name": "prs"}]}),
        flux("Kustomization", "of-made", spec={"sourceRef": reference("ExternalArtifact", "made")}),
    ]  # fmt: skip
    if resource != "externalartifacts.source.toolkit.fluxcd.io":
        objects.append(flux("ExternalArtifact", "made", FETCHED))
    assert problem(*HEALTHY, *objects, unread={resource: FORBIDDEN}) == []


def test_a_watcher_of_something_that_does_not_exist_is_told() -> None:
    """A Receiver stays Ready although its resource does not exist; the warning has a suggestion."""
    named = [reference("GitRepository", "gitt"), {"kind": "GitRepository", "name": "*"}]
    found = only(*HEALTHY, source("git"), flux("Receiver", "hook", spec={"resources": named}),
                 of="Receiver/hook", blocks="")  # fmt: skip
    assert (found.code, found.level) == ("watches-missing", Level.WARN)
    assert "did you mean GitRepository apps/git?" in found.title


def test_an_image_that_a_new_pod_cannot_pull_is_told_while_the_old_one_works() -> None:
    """A stuck rollout is a warning and does not report missing replicas."""
    pull = {"status.phase": "Pending", "status.containerStatuses": [container(waiting={
        "reason": "ImagePullBackOff"})]}  # fmt: skip
    found = problem(*alter(HEALTHY, "Pod/helm-controller", pull))
    assert [f.code for f in found] == ["replicas-missing"]
    assert "a new pod does not start" in found[0].title


def test_what_blocks_most_comes_first_whatever_its_kind() -> None:
    """A Kustomization that blocks three objects comes before a source that blocks one."""
    objects = [
        flux("GitRepository", "bad", NOT_THERE),
        kustomization("one", "bad", NO_ARTIFACT),
        source("git"),
        kustomization("infra", "git", BUILD_FAILED),
        *(kustomization(f"k{n}", "git", waiting_for("infra"), after=["infra"]) for n in range(3)),
        kustomization("odd", "git", {"Ready": "False Odd: no rule knows this"}),
        kustomization("known", "git", BUILD_FAILED),
    ]
    found = [f.object.name for f in problem(*HEALTHY, *objects) if f.object]
    assert found == ["infra", "bad", "known", "odd"]


def test_of_many_missing_things_only_some_are_guessed_at() -> None:
    """Where this many objects are missing, a misspelling is unlikely, and suggestions cost time."""
    real = [kustomization(f"team-{n}", "git") for n in range(60)]
    said = "False DependencyNotReady: dependency 'apps/tam-{}' not found"
    lost = [
        kustomization(f"k{n}", "git", {"Ready": said.format(n)}, after=[f"tam-{n}"])
        for n in range(60)
    ]
    titles = [f.title for f in problem(*HEALTHY, source("git"), *real, *lost)]
    assert len(titles) == 60
    assert sum("did you mean" in title for title in titles) == 50


def test_a_missing_operator_is_first() -> None:
    """Without the operator Flux still runs; the fault is that its objects have no controller."""
    found = problem(*without(HEALTHY, "Deployment/flux-operator"))
    assert [(kind_and_name(f.object), f.code) for f in found if f.object] == [
        ("Deployment/flux-operator", "operator-missing")
    ]
