"""Scenarios: one cause of several objects."""

from datetime import timedelta

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.report.as_json import finding_json
from tests.builders import (
    BUILD_FAILED,
    FETCHED,
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    RECONCILING,
    alter,
    flux,
    kind_and_name,
    kustomization,
    minutes,
    reference,
    source,
    stamp,
    waiting_for,
)
from tests.causes.scenarios.reports import LONG, NO_DOWNLOAD, in_flux, only, problem

FETCHING = RECONCILING | {
    "Reconciling": "True Progressing: Fetching manifests for revision main@sha1:abc with a timeout "
    "of 5m"
}


FULL = {
    "Ready": "False ArchiveOperationFailed: unable to archive artifact to storage: write "
    "/data/gitrepository/apps/git/a.tar.gz: no space left on device"
}


ASKED = {"reconcile.fluxcd.io/requestedAt": stamp(minutes(20))}


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
    assert found.title.endswith("cannot download their artifacts from it: i/o timeout")
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


def test_one_that_cannot_download_is_reported_by_itself() -> None:
    """A failure of one object is not a fault of a controller that serves the others."""
    found = problem(*in_flux(source("git"), kustomization("a", "git", NO_DOWNLOAD)))
    assert [(kind_and_name(f.object), f.code) for f in found if f.object] == [
        ("Kustomization/a", "artifact-host-unreachable")
    ]


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


def test_a_busy_controller_is_not_reported_to_hang() -> None:
    """Unhandled requests are reported as such while other objects are reconciled."""
    found = problem(
        *HEALTHY,
        flux("HelmRelease", "a", annotations=ASKED, **LONG),
        flux("HelmRelease", "b", annotations=ASKED, **LONG),
        flux("HelmRelease", "c", age=minutes(3)),
    )
    assert {f.code for f in found} == {"request-unhandled"}


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


REPOSITORIES = [f"GitRepository/r{n}" for n in range(8)]


def repositories(error: str, secret: str = "") -> list[Object]:
    """Return eight GitRepositories of one host that fail with *error*.

    Each has a Secret *secret*, in which {n} is its number.
    """
    return [
        flux("GitRepository", f"r{n}", {"Ready": f"False GitOperationFailed: {error}"}, spec={
            "url": f"https://git.example.com/r{n}.git",
            **({"secretRef": {"name": secret.format(n=n)}} if secret else {}),
        })
        for n in range(8)
    ]  # fmt: skip


REFUSED = "unable to clone: dial tcp 192.0.2.1:443: connect: connection refused"
DENIED = "unable to clone: authentication required: Unauthorized"
NO_ENDPOINTS = (
    'dry-run failed (InternalError): Internal error occurred: failed calling webhook "v.hooks": '
    'failed to call webhook: Post "https://hooks.kyverno.svc:443/v?timeout=10s": no endpoints '
    'available for service "hooks"'
)


@pytest.mark.parametrize(
    ("objects", "about"),
    [
        pytest.param(repositories(REFUSED), REPOSITORIES, id="host"),
        pytest.param(repositories(DENIED, "auth"), REPOSITORIES, id="Secret"),
        pytest.param(
            [source("git"),
             *(kustomization(name, "git", {
                 "Ready": f"False ReconciliationFailed: Deployment/apps/{name} {NO_ENDPOINTS}"})
               for name in "ba")],
            ["Kustomization/a", "Kustomization/b"], id="webhook"),
    ],
)  # fmt: skip
def test_one_outage_has_all_its_objects(objects: list[Object], about: list[str]) -> None:
    """The finding is about each object that fails for what they share; what waits is not."""
    waits = kustomization("waits", "r0", NO_ARTIFACT)
    (finding,) = problem(*HEALTHY, *objects, *([waits] if len(about) > 2 else []))
    assert [kind_and_name(ref) for ref in finding.objects] == about
    assert finding.object == finding.objects[0]
    assert set(finding.others) <= set(finding.blocks)
    found = finding_json(finding)["objects"]
    assert [f"{one['kind']}/{one['name']}" for one in found] == about


def test_a_fault_of_each_has_one_object() -> None:
    """Eight Secrets that one host refuses are eight findings, as each has to be replaced."""
    found = problem(*HEALTHY, *repositories(DENIED, "auth-{n}"))
    assert sorted(kind_and_name(ref) for one in found for ref in one.objects) == REPOSITORIES


def test_controllers_that_are_down_for_one_reason_are_all_named() -> None:
    """The finding is about each of those whose pods no node takes."""
    names = ("helm-controller", "kustomize-controller")
    unscheduled = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "message": "0/3 nodes are available: 3 Insufficient memory."}]  # fmt: skip
    objects = HEALTHY
    for name in names:
        objects = alter(objects, f"Deployment/{name}", {"status.readyReplicas": 0})
        objects = alter(objects, f"Pod/{name}", {
            "status": {"phase": "Pending", "conditions": unscheduled}})  # fmt: skip
    (finding,) = (f for f in problem(*objects) if f.step == "components")
    assert [ref.name for ref in finding.objects] == list(names)


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


def test_artifacts_of_a_generator_come_from_source_watcher() -> None:
    """If its artifacts cannot be downloaded, source-watcher is the cause."""
    where = NO_DOWNLOAD["Ready"].replace("source-controller", "source-watcher")
    spec = {"sourceRef": reference("ExternalArtifact", "made")}
    made = flux("ExternalArtifact", "made", spec={"sourceRef": reference("ArtifactGenerator", "g")})
    failing = [flux("Kustomization", name, {"Ready": where}, spec=spec) for name in ("a", "b")]
    only(*in_flux(made, *failing), of="Deployment/source-watcher",
         blocks="Kustomization/a Kustomization/b")  # fmt: skip
