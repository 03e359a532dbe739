"""Facts and fields about the versions in which a cluster serves a Flux kind."""

import pytest

from fluxstatus.knowledge import served_kinds
from fluxstatus.knowledge.objects import object_in
from fluxstatus.knowledge.served_kinds import wanted_kind, writer_fields
from fluxstatus.knowledge.subject import Subject
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.state import State
from tests.builders import NOW, flux, judged
from tests.builders import state as state_of
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
    """The served kinds show whether a component is absent, newer or older than the manifest."""
    about = subject(unserved(kind, version), IMAGES)
    names = ("is_component_absent", "is_served_newer", "is_served_older", "is_component_unlisted")
    assert {name for name in names if getattr(served_kinds, name)(about)} == facts_that_hold


@pytest.mark.parametrize("state", [None, State(Evidence(NOW))])
def test_nothing_is_known_without_discovery(state: State | None) -> None:
    """A kind that may be served is not called absent."""
    about = subject(unserved("ImagePolicy", "image.toolkit.fluxcd.io/v1"), state)
    assert wanted_kind(about) == {}
    assert not served_kinds.is_component_absent(about)


def test_this_cluster_is_no_evidence_about_a_remote_one() -> None:
    """The kinds of this cluster do not refute a message about another cluster."""
    remote = {"kubeConfig": {"configMapRef": {"name": "remote"}}}
    message = unserved("ImagePolicy", "image.toolkit.fluxcd.io/v1")
    assert served_kinds.is_component_absent(subject(message, IMAGES))
    assert not served_kinds.is_component_absent(subject(message, IMAGES, **remote))


HELM_RELEASES = KINDS["HelmRelease"].resource


@pytest.mark.parametrize(
    ("version", "also", "holds"),
    [
        ("v2", {}, "is_served_now"),
        ("v2beta2", {HELM_RELEASES: ("v2beta2",)}, "is_served_now"),
        ("v2beta1", {HELM_RELEASES: ("v2beta2",)}, "is_served_newer"),
        ("v3", {HELM_RELEASES: ("v2beta2",)}, "is_served_older"),
        ("v2beta2", None, "is_served_newer"),
    ],
)
def test_a_kind_may_be_served_by_now(
    version: str, also: dict[str, tuple[str, ...]] | None, holds: str
) -> None:
    """All versions count that discovery lists, not only the preferred one."""
    served = State(Evidence(NOW, served={HELM_RELEASES: "v2"}, also_served=also))
    found = subject(unserved("HelmRelease", f"helm.toolkit.fluxcd.io/{version}"), served)
    names = ("is_served_now", "is_served_newer", "is_served_older", "is_component_absent")
    assert [name for name in names if getattr(served_kinds, name)(found)] == [holds]


GROUP = "helm.toolkit.fluxcd.io"


def written(version: str, manager: str = "flux", **more: str) -> Object:
    """Return an entry of managedFields."""
    return {
        "manager": manager, "apiVersion": f"{GROUP}/{version}", "time": "2024-05-01T08:00:00Z",
        "operation": "Apply", "fieldsV1": {"f:spec": {"f:interval": {}}}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("managed", "also", "named"),
    [
        ([written("v2beta1")], ("v2beta2",),
         " (helm.toolkit.fluxcd.io/v2beta1, last written by flux on 2024-05-01)"),
        ([written("v2beta1", "helm-controller", subresource="status")], (),
         " (helm.toolkit.fluxcd.io/v2beta1, last written by helm-controller on 2024-05-01)"),
        ([written("v2beta2")], ("v2beta2",), ""),  # it is still served
        ([written("v2")], (), ""),
        ([], (), ""),
    ],
)  # fmt: skip
def test_the_manager_of_a_removed_version_is_named(
    managed: list[Object], also: tuple[str, ...], named: str
) -> None:
    """The managers of a live object that wrote it in a version that is not served are named."""
    message = (
        f"HelmRelease/apps/db dry-run failed: request to convert CR from an invalid {GROUP}/v2"
    )
    live = flux("HelmRelease", "db", managedFields=managed)
    known = state_of(live, flux("Kustomization", "x"), also_served={HELM_RELEASES: also})
    for spec, expected in (({}, named), ({"kubeConfig": {"secretRef": {"name": "remote"}}}, "")):
        found = subject(message, known, **spec)
        fields = writer_fields(found, object_in(message))
        assert fields.get("stale_writers", "") == expected
