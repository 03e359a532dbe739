"""Facts about an object that confirm or refute a rule.

Fields and their meaning are those of the API reference of each controller (SC, KC, HC docs/spec;
IRC, IAC docs/spec; FO api/v1).
"""

import pytest

from fluxstatus.knowledge import facts, message_facts
from fluxstatus.knowledge.objects import object_in
from fluxstatus.knowledge.rule import Fact
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.evidence import Object
from fluxstatus.state.state import State
from tests.builders import HEALTHY, alter, flux, judged
from tests.builders import state as state_of
from tests.knowledge.examples import AROUND, STATES

IMAGES = STATES["noImages"]


def subject(message: str, state: State | None = None, **spec: object) -> Subject:
    """Return a Kustomization with *spec* that reports *message*."""
    resource = judged(flux("Kustomization", "x", spec=spec))
    return Subject(resource, "ReconciliationFailed", message, AROUND, state)


@pytest.mark.parametrize(("stored", "holds"), [("v1", True), ("v1beta2", False)])
def test_the_stored_version_is_the_one_served(stored: str, holds: bool) -> None:
    """A CRD in Git without the version that is served is older than the one in the cluster."""
    name = "buckets.source.toolkit.fluxcd.io"
    message = (
        f'CustomResourceDefinition/{name} dry-run failed (Invalid): "{name}" is invalid: '
        f'status.storedVersions[0]: Invalid value: "{stored}": must appear in spec.versions'
    )
    assert message_facts.is_stored_version_served(subject(message, IMAGES)) is holds
    assert not message_facts.is_stored_version_served(subject(message))


@pytest.mark.parametrize(
    ("spec", "target", "storage"),
    [
        ({"targetNamespace": "prod"}, True, False),
        ({"storageNamespace": "prod"}, False, True),
        ({"targetNamespace": "other"}, False, False),
    ],
)
def test_which_namespace_is_missing(spec: dict[str, str], target: bool, storage: bool) -> None:
    """The missing namespace is compared with those in the spec."""
    about = subject('ConfigMap/prod/x not found: namespaces "prod" not found', None, **spec)
    assert message_facts.is_target_namespace(about) is target
    assert message_facts.is_storage_namespace(about) is storage


def test_what_the_message_is_about() -> None:
    """The kind of the first object decides the price of recreating it."""
    about = subject('cannot patch "x" with kind StatefulSet: StatefulSet.apps "x" is invalid: odd')
    assert message_facts.about("StatefulSet")(about)
    assert not message_facts.about("Deployment", "Job")(about)
    assert not message_facts.is_about_flux_object(about)
    assert message_facts.is_about_flux_object(subject("HelmRelease/a/x dry-run failed: odd"))
    crd = "CustomResourceDefinition/buckets.source.toolkit.fluxcd.io dry-run failed: odd"
    assert message_facts.is_about_flux_crd(subject(crd))
    assert not message_facts.is_about_flux_crd(
        subject("CustomResourceDefinition/x.y dry-run failed: odd")
    )


@pytest.mark.parametrize(
    ("message", "namespace", "in_cluster"),
    [
        ('cannot patch "x" with kind Deployment: odd', "target", ""),
        ('cannot patch "x" with kind ClusterRole: odd', "", "x"),
        ("ClusterRole/x dry-run failed: odd", "", "x"),
        ("for object a/x apps/v1, Kind=Deployment: odd", "a", ""),
    ],
)
def test_the_namespace_of_a_helm_object(message: str, namespace: str, in_cluster: str) -> None:
    """An object of a chart is in the release's namespace unless its kind has none."""
    fields = object_in(message, "target")
    assert (fields["object_ns"], fields["cluster_object"]) == (namespace, in_cluster)


def about(one: Object, *others: Object, message: str = "odd") -> Subject:
    """Return the subject of *one*, which reports *message*, in a cluster with *others*."""
    known = state_of(one, *others)
    return Subject(known.resources[judged(one).ref.key], "Failed", message, AROUND, known)


def of_spec(kind: str, **spec: object) -> Subject:
    """Return the subject of an object of *kind* with *spec*."""
    return about(flux(kind, "x", spec=spec))


def of_status(kind: str, **status: object) -> Subject:
    """Return the subject of an object of *kind* with *status*."""
    return about(flux(kind, "x", status=status))


HTTPS, SSH = "https://git.example.com/a.git", "ssh://git@git.example.com/a.git"
DEVOPS = "ssh://git@ssh.dev.azure.com"
RELEASE = {"name": "x", "version": 1}
SOPS = {"provider": "sops"}
PATCHES = {"patches": [{"patch": "x"}]}

OF_SPEC: list[tuple[Fact, Subject, Subject]] = [
    (facts.is_remote, of_spec("Kustomization", kubeConfig={"configMapRef": {"name": "a"}}),
     of_spec("Kustomization")),
    (facts.is_remote, of_spec("HelmRelease", kubeConfig={"secretRef": {"name": "a"}}),
     of_spec("HelmRelease", kubeConfig={})),
    (facts.has_artifact, of_status("GitRepository", artifact={"revision": "main@sha1:abc"}),
     of_status("GitRepository", artifact=None)),
    # HC api/v2 Snapshot.status: the statuses of Helm; only these two were ever deployed
    (facts.was_deployed, of_status("HelmRelease", history=[{**RELEASE, "status": "deployed"}]),
     of_status("HelmRelease", history=[{**RELEASE, "status": "failed"}])),
    (facts.was_deployed, of_status("HelmRelease", history=[
        {**RELEASE, "version": 2, "status": "failed"}, {**RELEASE, "status": "superseded"}]),
     of_status("HelmRelease", history=[{**RELEASE, "status": "pending-install"}])),
    (facts.at_host("example.com"), of_spec("GitRepository", url=HTTPS),
     of_spec("GitRepository", url="https://git.notexample.com/a")),
    (facts.at_host("git.example.com"), of_spec("GitRepository", url=SSH),
     of_spec("GitRepository", url="https://example.com/a")),
    (facts.uses_ssh, of_spec("GitRepository", url=SSH), of_spec("GitRepository", url=HTTPS)),
    # SC docs/spec/v1/gitrepositories.md, provider: generic, aws, azure, gcp, github
    (facts.has_cloud_provider, of_spec("GitRepository", url=HTTPS, provider="azure"),
     of_spec("GitRepository", url=HTTPS, provider="github")),
    (facts.has_cloud_provider, of_spec("OCIRepository", url="oci://a/b", provider="aws"),
     of_spec("OCIRepository", url="oci://a/b", provider="generic")),
    (facts.is_github_app, of_spec("GitRepository", url=HTTPS, provider="github"),
     of_spec("GitRepository", url=HTTPS, provider="azure")),
    # Azure DevOps: git@ssh.dev.azure.com:v3/ORGANIZATION/PROJECT/REPOSITORY
    (facts.lacks_azure_version, of_spec("GitRepository", url=f"{DEVOPS}/acme/p/_git/r"),
     of_spec("GitRepository", url=f"{DEVOPS}/v3/acme/p/r")),
    (facts.has_secret, of_spec("HelmRepository", url=HTTPS, secretRef={"name": "a"}),
     of_spec("HelmRepository", url=HTTPS, certSecretRef={"name": "a"})),
    (facts.passes_credentials, of_spec("HelmRepository", url=HTTPS, passCredentials=True),
     of_spec("HelmRepository", url=HTTPS, passCredentials=False)),
    (facts.has_submodules, of_spec("GitRepository", recurseSubmodules=True),
     of_spec("GitRepository", recurseSubmodules=False)),
    (facts.has_verify_secret, of_spec("OCIRepository", verify={
        "provider": "cosign", "secretRef": {"name": "keys"}}),
     of_spec("OCIRepository", verify={"provider": "cosign"})),
    (facts.has_post_renderers, of_spec("HelmRelease", postRenderers=[{"kustomize": PATCHES}]),
     of_spec("HelmRelease")),
    (facts.has_decryption, of_spec("Kustomization", decryption=SOPS), of_spec("Kustomization")),
    (facts.has_decryption_secret,
     of_spec("Kustomization", decryption={**SOPS, "secretRef": {"name": "age"}}),
     of_spec("Kustomization", decryption=SOPS)),
    (facts.has_backslash_path, of_spec("Kustomization", path=".\\clusters"),
     of_spec("Kustomization", path="./clusters")),
    (facts.patches_flux, of_spec("FluxInstance", kustomize=PATCHES),
     of_spec("FluxInstance", kustomize={"patches": []})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "confirms", "refutes"),
    OF_SPEC,
    ids=[f"{getattr(row[0], '__name__', '')}-{n}" for n, row in enumerate(OF_SPEC)],
)
def test_the_spec_and_status_tell(fact: Fact, confirms: Subject, refutes: Subject) -> None:
    """A fact holds only if the fields of the object say so."""
    assert fact(confirms)
    assert not fact(refutes)


@pytest.mark.parametrize(
    ("fields", "value"), [(facts.has_secret, {"secretRef": {"name": "auth"}}),
                          (facts.passes_credentials, {"passCredentials": True})],
)  # fmt: skip
def test_a_chart_has_the_login_of_its_repository(fields: Fact, value: dict[str, object]) -> None:
    """A HelmChart is fetched with the URL and the login of its HelmRepository (SC docs/spec/v1)."""
    source = {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    chart = flux("HelmChart", "x", spec=source)
    repository = flux("HelmRepository", "charts", spec={"url": HTTPS, **value})
    assert fields(about(chart, repository))
    assert not fields(about(chart, flux("HelmRepository", "charts", spec={"url": HTTPS})))
    assert not fields(about(chart))


@pytest.mark.parametrize(
    ("count", "holds"), [({"tagCount": 3}, True), ({"tagCount": 0}, False), ({}, False)]
)
def test_an_image_repository_has_tags(count: dict[str, int], holds: bool) -> None:
    """The last scan of the ImageRepository says how many tags it found (IRC docs/spec)."""
    policy = flux("ImagePolicy", "x", spec={"imageRepositoryRef": {"name": "web"}})
    repository = flux("ImageRepository", "web", status={"lastScanResult": count})
    assert facts.source_has_tags(about(policy, repository)) is holds
    assert not facts.source_has_tags(about(policy))


@pytest.mark.parametrize(
    ("scanned", "holds"),
    [("2026-11-23T10:05:00Z", True), ("2026-11-23T09:55:00Z", False), ("soon", False), ("", False)],
)
def test_an_image_repository_was_scanned_later(scanned: str, holds: bool) -> None:
    """Only a scan after the error of the ImagePolicy may have found what it lacked."""
    condition = {
        "type": "Ready", "status": "False", "reason": "DependencyNotReady",
        "message": "no tags in database", "lastTransitionTime": "2026-11-23T10:00:00Z",
    }  # fmt: skip
    reference = {"imageRepositoryRef": {"name": "web"}}
    policy = flux("ImagePolicy", "x", spec=reference, status={"conditions": [condition]})
    repository = flux("ImageRepository", "web", status={"lastScanResult": {"scanTime": scanned}})
    assert facts.was_scanned_since(about(policy, repository)) is holds
    assert not facts.was_scanned_since(about(policy))


@pytest.mark.parametrize(
    ("artifact", "newer"),
    [
        ("oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests", True),
        ("oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:latest", True),
        ("oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:v0.60.0", True),
        ("oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:v0.59.0", False),
        ("oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests:v0.9.0", False),
        ("oci://localhost:5000/manifests:v0.58.1", False),
        ("oci://ghcr.io/x/manifests:latest@sha256:abc", False),
        ("", False),
    ],
)
def test_an_artifact_may_be_newer_than_the_operator(artifact: str, newer: bool) -> None:
    """A tag that moves, or a higher version than the operator's, may have what it cannot read."""
    spec = {"distribution": {"version": "2.x", "registry": "ghcr.io/fluxcd", "artifact": artifact}}
    operator = {"metadata.labels.app": "x", "spec.template.spec.containers.0.image":
                "ghcr.io/controlplaneio-fluxcd/flux-operator:v0.59.0"}  # fmt: skip
    objects = alter(HEALTHY, "FluxInstance/flux", {"spec": spec})
    objects = alter(objects, "Deployment/flux-operator", operator)
    known = state_of(*objects)
    assert known.instance is not None
    found = Subject(known.instance, "BuildFailed", "odd", AROUND, known)
    assert facts.operator_version(found) == "v0.59.0"
    assert facts.uses_newer_artifact(found) is newer


WAITS = (
    "timeout waiting for: [Deployment/apps/slow status: 'InProgress', "
    "Job/apps/broken status: 'Failed', HelmRelease/apps/db status: 'InProgress']"
)
"""The message of a health check (PKG ssa/manager_wait.go)."""


@pytest.mark.parametrize(
    ("fact", "message", "holds"),
    [
        (message_facts.waits_for("Job"), WAITS, True),
        (message_facts.waits_for("Deployment"), WAITS, False),  # a failed one is checked first
        (message_facts.waits_with("Failed"), WAITS, True),
        (message_facts.waits_with("InProgress"), WAITS, False),
        (message_facts.waits_for_flux, WAITS, False),
        (
            message_facts.waits_for_flux,
            WAITS.replace("Job/apps/broken", "Kustomization/apps/b"),
            True,
        ),
        (message_facts.waits_for("Job"), "odd", False),
    ],
)
def test_the_worst_object_waited_for(fact: Fact, message: str, holds: bool) -> None:
    """Of the objects that a health check lists, a failed one tells most."""
    assert fact(about(flux("Kustomization", "x"), message=message)) is holds


def test_what_was_waited_for_may_be_ready_by_now() -> None:
    """Only if every object in the list is a Flux object that is ready, the wait is over."""
    message = "timeout waiting for: [HelmRelease/apps/db status: 'InProgress']"
    both = message.replace("]", ", Deployment/apps/web status: 'InProgress']")
    one, ready = flux("Kustomization", "x"), flux("HelmRelease", "db")
    failed = flux("HelmRelease", "db", {"Ready": "False InstallFailed: no"})
    assert message_facts.waits_for_ready(about(one, ready, message=message))
    assert not message_facts.waits_for_ready(about(one, failed, message=message))
    assert not message_facts.waits_for_ready(about(one, message=message))
    assert not message_facts.waits_for_ready(about(one, ready, message=both))
    assert not message_facts.waits_for_ready(about(one, ready))


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        # HC docs/spec/v2, release name: [targetNamespace-]name; storage namespace: its own
        (flux("HelmRelease", "y", spec={"releaseName": "x"}), True),
        (flux("HelmRelease", "y"), False),
        (flux("HelmRelease", "team/y", spec={"releaseName": "x"}), False),
        (flux("HelmRelease", "team/x", spec={"storageNamespace": "apps"}), True),
        (flux("HelmRelease", "team/x", spec={
            "storageNamespace": "apps", "targetNamespace": "prod"}), False),
        (flux("HelmRelease", "y", spec={"releaseName": "x", "kubeConfig": {
            "secretRef": {"name": "remote"}}}), False),
    ],
)  # fmt: skip
def test_two_objects_may_be_one_release(other: Object, shared: bool) -> None:
    """Helm tells releases apart by their name and the namespace of their storage."""
    assert facts.shares_release(about(flux("HelmRelease", "x"), other)) is shared


def test_the_owner_of_an_object_may_be_a_release_here() -> None:
    """Helm's ownership error names the release that the object belongs to (helm pkg/action)."""
    message = (
        'invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-name" '
        'must equal "x": current value is "other"'
    )
    one = flux("HelmRelease", "x")
    assert facts.belongs_to_release(about(one, flux("HelmRelease", "other"), message=message))
    named = flux("HelmRelease", "y", spec={"releaseName": "other"})
    assert facts.belongs_to_release(about(one, named, message=message))
    assert not facts.belongs_to_release(about(one, message=message))
    assert not facts.belongs_to_release(about(one, flux("HelmRelease", "other")))


def test_a_label_may_be_the_name_of_the_object() -> None:
    """kustomize-controller labels what it applies with its own name (KC docs/spec/v1)."""
    message = (
        'Deployment.apps "a" is invalid: metadata.labels: Invalid value: "{}": must be no more'
    )
    one = flux("Kustomization", "x" * 64)
    assert message_facts.is_label_own_name(about(one, message=message.format("x" * 64)))
    assert not message_facts.is_label_own_name(about(one, message=message.format("y" * 64)))
