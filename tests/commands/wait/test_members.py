"""Who must have a revision."""

import pytest

from fluxstatus.commands.wait.revision import Revision
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.evidence import Object
from tests.builders import flux, state

from .objects import ON_A, WANTED, chart, git, hr, ks, made, waited

OTHER = git("other", url="https://git.example.com/team/other.git")
LABELS = {
    "kustomize.toolkit.fluxcd.io/name": "root",
    "kustomize.toolkit.fluxcd.io/namespace": "apps",
}
CLUSTER = (
    git("fleet", ON_A),
    OTHER,
    ks("root", status=made("apps", "addons")),
    ks("apps", labels=LABELS),
    ks("addons", source="other", labels=LABELS),
    ks("later", source="other", spec={"dependsOn": [{"name": "apps"}]}),
    ks("unrelated", source="other"),
    chart("web", "fleet"),
    hr("web"),
)


def roles(
    *named: str, objects: tuple[Object, ...] = CLUSTER, wanted: Revision = WANTED
) -> list[str]:
    """Return the names of who is waited for, each with its role."""
    found = waited(state(*objects), wanted, *named)
    return [f"{one.role} {one.key[0]}/{one.key[2]}" for one in found]


ALL = [
    "source GitRepository/fleet",
    "between HelmChart/apps-web",
    "consumer HelmRelease/web",
    "consumer Kustomization/apps",
    "consumer Kustomization/root",
    "child Kustomization/addons",
    "dependent Kustomization/later",
]


def test_everything_downstream() -> None:
    """Consumers, their charts, what they created, and what depends on them; nothing else."""
    assert roles() == ALL
    assert roles("GitRepository/fleet") == ALL


def test_one_consumer() -> None:
    """Its source, the consumer that created it, itself, and what depends on it."""
    assert roles("Kustomization/apps") == [
        "source GitRepository/fleet",
        "consumer Kustomization/apps",
        "consumer Kustomization/root",
        "dependent Kustomization/later",
    ]


def test_one_release() -> None:
    """The chart that a release is made from is between it and the source."""
    assert roles("HelmRelease/web") == [
        "source GitRepository/fleet",
        "between HelmChart/apps-web",
        "consumer HelmRelease/web",
    ]


def test_the_version_of_a_chart() -> None:
    """Of a version, the chart is the source, whatever it is made from."""
    assert roles("HelmRelease/web", wanted=Revision.parse("1.4.0")) == [
        "source HelmChart/apps-web",
        "consumer HelmRelease/web",
    ]


REMOTE = chart("cache", "charts", "HelmRepository")


def test_a_release_of_another_chart_in_a_commit() -> None:
    """A commit does not change a remote chart: it is applied by what created the release."""
    template = {"chart": "x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}
    release = hr("cache", labels=LABELS, spec={"chart": {"spec": template}})
    objects = (git("fleet", ON_A), ks("root"), REMOTE, release)
    assert roles("HelmRelease/cache", objects=objects) == [
        "source GitRepository/fleet",
        "consumer Kustomization/root",
        "child HelmRelease/cache",
    ]
    assert roles("HelmRelease/cache", objects=objects, wanted=Revision.parse("1.4.0")) == [
        "source HelmChart/apps-cache",
        "consumer HelmRelease/cache",
    ]


def test_a_generated_artifact() -> None:
    """What an ArtifactGenerator makes of a source is between it and the consumers."""
    generator = flux(
        "ArtifactGenerator",
        "split",
        spec={"sources": [{"kind": "GitRepository", "name": "fleet", "alias": "fleet"}]},
        status={"inventory": [{"name": "part", "namespace": "apps"}]},
    )
    part = flux("ExternalArtifact", "part", status={"artifact": {"revision": "latest@sha256:a"}})
    consumer = ks("parts", source="part", kind="ExternalArtifact")
    assert roles(objects=(git("fleet", ON_A), generator, part, consumer)) == [
        "source GitRepository/fleet",
        "between ArtifactGenerator/split",
        "between ExternalArtifact/part",
        "consumer Kustomization/parts",
    ]


def test_what_is_in_another_cluster_is_not_waited_for() -> None:
    """The inventory of a Kustomization with a kubeconfig is about other objects."""
    remote = ks("root", status=made("addons"), spec={"kubeConfig": {"secretRef": {"name": "x"}}})
    objects = (git("fleet", ON_A), OTHER, remote, ks("addons", source="other"))
    assert roles(objects=objects) == ["source GitRepository/fleet", "consumer Kustomization/root"]


def test_an_object_without_a_source() -> None:
    """A named object must have a source that can carry the revision."""
    release = flux("HelmRelease", "odd", spec={"chartRef": {"kind": "OCIRepository", "name": "no"}})
    with pytest.raises(ArgumentError, match="has no source"):
        roles("HelmRelease/odd", objects=(release,))
