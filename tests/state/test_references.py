"""The references of an object."""

from typing import Any

import pytest

from fluxstatus.model.ref import Key
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import (
    chart_name,
    dependencies_of,
    dependency_named,
    feeds_of,
    health_checked,
    must_only_exist,
    ready_expression,
    selected_inputs,
    source_of,
    sync_source_of,
    template_owner,
)
from tests.builders import flux, judged, reference, state

CHECK = "timeout waiting for: [Deployment/a/web status: 'InProgress', Job/b status: 'Failed']"
OCI, GIT = "OCIRepository", "GitRepository"
TEMPLATE = {"chart": {"spec": {"sourceRef": reference("HelmRepository", "charts")}}}


OCI_TEMPLATE = {"chart": {"kind": OCI, "spec": {"url": "oci://ghcr.io/acme/charts/web"}}}
"""The chart template of a HelmRelease from Flux 2.10 on."""


@pytest.mark.parametrize(
    ("kind", "spec", "status", "key"),
    [
        ("Kustomization", {"sourceRef": reference(GIT, "git")}, {}, (GIT, "apps", "git")),
        ("Kustomization", {"sourceRef": reference(OCI, "src/oci")}, {}, (OCI, "src", "oci")),
        ("Kustomization", {}, {}, None),
        ("Kustomization", {"sourceRef": "git"}, {}, None),
        ("HelmRelease", TEMPLATE, {"helmChart": "a/b"}, ("HelmChart", "a", "b")),
        ("HelmRelease", TEMPLATE, {}, ("HelmChart", "apps", "apps-one")),
        ("HelmRelease", {"chart": {"spec": {"sourceRef": reference("Bucket", "src/b")}}}, {},
         ("HelmChart", "src", "apps-one")),
        ("HelmRelease", {"chartRef": reference(OCI, "src/c")}, {}, (OCI, "src", "c")),
        ("HelmRelease", OCI_TEMPLATE, {}, (OCI, "apps", "apps-one")),
        ("HelmRelease", OCI_TEMPLATE, {"helmChart": "OCIRepository/a/b"}, (OCI, "a", "b")),
        # helm-controller has not replaced the HelmChart yet
        ("HelmRelease", OCI_TEMPLATE, {"helmChart": "a/b"}, ("HelmChart", "a", "b")),
        ("HelmRelease", OCI_TEMPLATE, {"helmChart": "a"}, (OCI, "apps", "apps-one")),
        ("HelmRelease", OCI_TEMPLATE, {"helmChart": "a/b/c/d"}, (OCI, "apps", "apps-one")),
        ("HelmRelease", {}, {}, None),
        ("HelmChart", {"sourceRef": reference("HelmRepository", "h")}, {},
         ("HelmRepository", "apps", "h")),
        ("ImageUpdateAutomation", {"sourceRef": reference(GIT, "git")}, {}, (GIT, "apps", "git")),
        ("ImagePolicy", {"imageRepositoryRef": {"name": "tags"}}, {},
         ("ImageRepository", "apps", "tags")),
        ("ExternalArtifact", {"sourceRef": reference("ArtifactGenerator", "g")}, {},
         ("ArtifactGenerator", "apps", "g")),
        ("GitRepository", {}, {}, None),
        ("Alert", {"sourceRef": reference(GIT, "git")}, {}, None),
    ],
)  # fmt: skip
def test_an_object_has_its_source(
    kind: str, spec: dict[str, Any], status: dict[str, Any], key: Key | None
) -> None:
    """The source of an object is in its spec or its status."""
    assert source_of(judged(flux(kind, "one", spec=spec, status=status))) == key


@pytest.mark.parametrize(
    ("kind", "spec", "keys"),
    [
        ("Kustomization", {"dependsOn": [{"name": "a"}, {"name": "b", "namespace": "x"}]},
         [("Kustomization", "apps", "a"), ("Kustomization", "x", "b")]),
        ("HelmRelease", {"dependsOn": [{"name": "a"}]}, [("HelmRelease", "apps", "a")]),
        ("ResourceSet", {"dependsOn": [{"kind": "Kustomization", "name": "a",
                                        "apiVersion": "kustomize.toolkit.fluxcd.io/v1"}]},
         [("Kustomization", "apps", "a")]),
        ("ResourceSet", {"dependsOn": [{"kind": "Bucket", "name": "a",
                                        "apiVersion": "s3.aws.upbound.io/v1"}]}, []),
        ("ResourceSet", {"inputsFrom": [{"name": "prs"}, {"selector": {}}]},
         [("ResourceSetInputProvider", "apps", "prs")]),
        ("GitRepository", {"include": [{"repository": {"name": "lib"}}]}, [(GIT, "apps", "lib")]),
        ("ArtifactGenerator", {"sources": [reference(OCI, "s/o")]}, [(OCI, "s", "o")]),
        ("FluxInstance", {"sync": {"kind": OCI, "name": "root"}},
         [(OCI, "apps", "root"), ("Kustomization", "apps", "root")]),
        ("FluxInstance", {"sync": {"url": "x"}},
         [(GIT, "apps", "apps"), ("Kustomization", "apps", "apps")]),
        ("FluxInstance", {}, []),
        ("Kustomization", {"dependsOn": "a"}, []),
    ],
)  # fmt: skip
def test_an_object_has_its_dependencies(kind: str, spec: dict[str, Any], keys: list[Key]) -> None:
    """The dependencies of an object are in its spec."""
    assert list(dependencies_of(judged(flux(kind, "one", spec=spec)), "")) == keys


def test_a_failed_health_check_names_dependencies() -> None:
    """The objects in the message of a health check are dependencies, except in another cluster."""
    here = judged(flux("Kustomization", "one"))
    assert list(dependencies_of(here, CHECK)) == [("Deployment", "a", "web"), ("Job", "apps", "b")]
    remote = judged(flux("Kustomization", "one", spec={"kubeConfig": {"secretRef": {"name": "x"}}}))
    assert list(dependencies_of(remote, CHECK)) == []
    assert health_checked(remote, CHECK) == ()


def test_inputs_feed_as_sources_do() -> None:
    """A generator uses its sources, a ResourceSet its providers, any other object its source."""
    generator = judged(flux("ArtifactGenerator", "g", spec={"sources": [reference(GIT, "git")]}))
    assert list(feeds_of(generator)) == [(GIT, "apps", "git")]
    depends = judged(flux("Kustomization", "k", spec={"dependsOn": [{"name": "a"}]}))
    assert list(feeds_of(depends)) == []


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ([{"selector": {"matchLabels": {"team": "a"}}}], ["one", "two"]),
        ([{"selector": {"matchLabels": {"team": "b"}}}, {"selector": {"matchLabels": {"n": "1"}}}],
         ["one"]),
        ([{"name": "two", "selector": {"matchLabels": {"team": "a"}}}], []),
        ([{"name": "two"}], []),
        ([{"selector": "all"}], []),
    ],
)  # fmt: skip
def test_a_selector_selects_input_providers(inputs: list[dict[str, Any]], names: list[str]) -> None:
    """Any selector of an entry without a name selects providers, in the namespace of the set."""
    kind = "ResourceSetInputProvider"
    known = state(
        flux(kind, "one", labels={"team": "a", "n": "1"}),
        flux(kind, "two", labels={"team": "a", "n": "2"}),
        flux(kind, "other/three", labels={"team": "a", "n": "1"}),
    )
    chosen = selected_inputs(known, judged(flux("ResourceSet", "set", spec={"inputsFrom": inputs})))
    assert list(chosen) == [(kind, "apps", name) for name in names]


def test_the_root_source_is_named_by_the_instance() -> None:
    """The root source has the kind and name of spec.sync, or the namespace's name."""
    instance = judged(flux("FluxInstance", "flux-system/flux", spec={"sync": {"kind": OCI}}))
    assert sync_source_of(instance) == (OCI, "flux-system", "flux-system")
    assert sync_source_of(judged(flux("FluxInstance", "flux"))) is None


KS = "kustomize.toolkit.fluxcd.io/v1/Kustomization"


@pytest.mark.parametrize(
    ("kind", "message", "key"),
    [
        ("Kustomization", "dependency 'x/a' is not ready", ("Kustomization", "x", "a")),
        ("HelmRelease", "dependency 'x/a' is not ready according to readyExpr eval",
         ("HelmRelease", "x", "a")),
        ("ResourceSet", f"dependency {KS}/x/a not ready: status InProgress",
         ("Kustomization", "x", "a")),
        ("ResourceSet", "dependency v1/Secret/x/a not ready: expression 'true'",
         ("Secret", "x", "a")),
        ("ResourceSet", "dependency apps.k8s.io/v1/CustomResourceDefinition/a.b.c not ready: no",
         ("CustomResourceDefinition", "apps", "a.b.c")),
        ("Kustomization", "dependency 'x/a' revision is not up to date", None),
        ("Kustomization", "dependency 'x/a' not found: kustomizations x", None),
        ("Kustomization", "build failed", None),
    ],
)  # fmt: skip
def test_a_message_names_the_dependency_that_is_not_ready(
    kind: str, message: str, key: Key | None
) -> None:
    """Kind, namespace and name of a dependency are parsed in the format of each controller."""
    assert dependency_named(judged(flux(kind, "one")), message) == key


def test_what_is_asked_of_a_dependency_is_read() -> None:
    """An expression belongs to one dependency; without `ready` it only has to exist."""
    depends = [
        {"kind": "Kustomization", "name": "a", "ready": True, "readyExpr": "status.x"},
        {"kind": "Kustomization", "name": "b", "namespace": "x"},
    ]
    one = judged(flux("ResourceSet", "one", spec={"dependsOn": depends}))
    assert ready_expression(one, ("Kustomization", "apps", "a")) == "status.x"
    assert ready_expression(one, ("Kustomization", "x", "b")) == ""
    assert must_only_exist(one) == {("Kustomization", "x", "b")}
    other = judged(flux("Kustomization", "one", spec={"dependsOn": [{"name": "a"}]}))
    assert must_only_exist(other) == set()


@pytest.mark.parametrize(
    ("kind", "label", "owners"),
    [
        ("Kustomization", "kustomize.toolkit.fluxcd.io", [("Kustomization", "apps", "root")]),
        ("HelmRelease", "resourceset.fluxcd.controlplane.io", [("ResourceSet", "apps", "root")]),
        ("GitRepository", "fluxcd.controlplane.io", [("FluxInstance", "apps", "root")]),
        ("Kustomization", "app.kubernetes.io", []),
    ],
)
def test_labels_show_the_owner_of_an_object(kind: str, label: str, owners: list[Key]) -> None:
    """Each kind that applies objects labels them."""
    labels = {f"{label}/name": "root", f"{label}/namespace": "apps"}
    assert list(creators_of(judged(flux(kind, "one", labels=labels)).labels)) == owners


@pytest.mark.parametrize(
    ("kind", "name", "owner"),
    [
        ("HelmChart", "src/apps-web", ("HelmRelease", "apps", "web")),
        (OCI, "apps/apps-web", ("HelmRelease", "apps", "web")),
        (OCI, "apps/web", None),  # in the chart of the release
        (OCI, "src/apps-web", None),
        ("GitRepository", "apps/apps-web", None),
    ],
)
def test_a_source_of_a_chart_template_has_its_name(kind: str, name: str, owner: Key | None) -> None:
    """Of the objects with a release's labels, the one with the right name is from its template."""
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
    assert template_owner(judged(flux(kind, name, labels=labels))) == owner
    assert template_owner(judged(flux(kind, name))) is None


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ({"chart": "web", "url": ""}, "web"),
        ({"url": "oci://ghcr.io/acme/charts/web"}, "web"),
        ({"url": ["oci://x/web"]}, ""),
        ({}, ""),
    ],
)
def test_the_name_of_a_chart(template: dict[str, Any], name: str) -> None:
    """A chart in an OCI registry has the name that its URL ends with."""
    assert (
        chart_name(judged(flux("HelmRelease", "one", spec={"chart": {"spec": template}}))) == name
    )
