"""The facts about applying: what confirms or refutes a rule beside its message."""

import pytest

from fluxstatus.knowledge import facts
from fluxstatus.knowledge.fields import object_in, wanted_kind
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.evidence import Evidence
from fluxstatus.state.state import State
from tests.builders import NOW, flux, judged
from tests.knowledge.examples import AROUND, STATES

IMAGES = STATES["noImages"]


def subject(message: str, state: State | None = None, **spec: object) -> Subject:
    """Return a Kustomization with *spec* that reports *message*."""
    resource = judged(flux("Kustomization", "x", spec=spec))
    return Subject(resource, "ReconciliationFailed", message, AROUND, state)


def unserved(kind: str, version: str) -> str:
    """Return the message that *kind* is not served in *version*."""
    return f'{kind}/a/x dry-run failed: no matches for kind "{kind}" in version "{version}"'


@pytest.mark.parametrize(
    ("kind", "version", "facts_that_hold"),
    [
        ("ImagePolicy", "image.toolkit.fluxcd.io/v1", {"is_component_absent"}),
        ("HelmRelease", "helm.toolkit.fluxcd.io/v2beta2", {"is_served_newer"}),
        ("HelmRelease", "helm.toolkit.fluxcd.io/v3alpha1", {"is_served_older"}),
        ("Bucket", "s3.example.com/v1", set()),  # a kind with the same name in another group
        ("Certificate", "cert-manager.io/v1", set()),
    ],
)
def test_whether_a_flux_kind_is_served(kind: str, version: str, facts_that_hold: set[str]) -> None:
    """The served kinds tell whether a component is absent, newer or older than the manifest."""
    about = subject(unserved(kind, version), IMAGES)
    names = ("is_component_absent", "is_served_newer", "is_served_older", "is_component_unlisted")
    assert {name for name in names if getattr(facts, name)(about)} == facts_that_hold


@pytest.mark.parametrize("state", [None, State(Evidence(NOW))])
def test_nothing_is_known_without_discovery(state: State | None) -> None:
    """A kind that may be served is not called absent."""
    about = subject(unserved("ImagePolicy", "image.toolkit.fluxcd.io/v1"), state)
    assert wanted_kind(about) == {}
    assert not facts.is_component_absent(about)


def test_this_cluster_says_nothing_of_a_remote_one() -> None:
    """The kinds of this cluster do not refute a message about another cluster."""
    remote = {"kubeConfig": {"configMapRef": {"name": "remote"}}}
    message = unserved("ImagePolicy", "image.toolkit.fluxcd.io/v1")
    assert facts.is_component_absent(subject(message, IMAGES))
    assert not facts.is_component_absent(subject(message, IMAGES, **remote))


@pytest.mark.parametrize(("stored", "holds"), [("v1", True), ("v1beta2", False)])
def test_the_stored_version_is_the_one_served(stored: str, holds: bool) -> None:
    """A CRD in Git without the version that is served is older than the one in the cluster."""
    name = "buckets.source.toolkit.fluxcd.io"
    message = (
        f'CustomResourceDefinition/{name} dry-run failed (Invalid): "{name}" is invalid: '
        f'status.storedVersions[0]: Invalid value: "{stored}": must appear in spec.versions'
    )
    assert facts.is_stored_version_served(subject(message, IMAGES)) is holds
    assert not facts.is_stored_version_served(subject(message))


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
    assert facts.is_target_namespace(about) is target
    assert facts.is_storage_namespace(about) is storage


def test_what_the_message_is_about() -> None:
    """The kind of the first object decides the price of recreating it."""
    about = subject('cannot patch "x" with kind StatefulSet: StatefulSet.apps "x" is invalid: odd')
    assert facts.about("StatefulSet")(about)
    assert not facts.about("Deployment", "Job")(about)
    assert not facts.is_about_flux_object(about)
    assert facts.is_about_flux_object(subject("HelmRelease/a/x dry-run failed: odd"))
    crd = "CustomResourceDefinition/buckets.source.toolkit.fluxcd.io dry-run failed: odd"
    assert facts.is_about_flux_crd(subject(crd))
    assert not facts.is_about_flux_crd(subject("CustomResourceDefinition/x.y dry-run failed: odd"))


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
