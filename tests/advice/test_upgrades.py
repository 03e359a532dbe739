"""Advice on what a later Flux no longer takes."""

from itertools import pairwise
from typing import Any

import pytest

from fluxstatus.advice.upgrades import DEPRECATED
from fluxstatus.knowledge.flux_minors import (
    DEPRECATED_IN,
    FLUX_MINORS,
    NEWEST,
    REMOVED_IN,
    facts_of,
    is_newer,
)
from fluxstatus.model.evidence import Object
from tests.advice.looking import habits, seen
from tests.builders import FORBIDDEN, alter, flux, flux_of, kustomization, source
from tests.kubernetes import crds

CRDS = "customresourcedefinitions.apiextensions.k8s.io"
NOTIFY = "notification.toolkit.fluxcd.io"


def of(version: str, *changes: dict[str, Any]) -> list[Object]:
    """Return a healthy Flux of this *version*, its kustomize-controller with *changes*."""
    system = flux_of(version)
    for change in changes:
        system = alter(system, "Deployment/kustomize-controller", change)
    return system


def written(*versions: str, **more: Any) -> Object:
    """Return a Receiver that managers wrote in these *versions*."""
    managed = [{"apiVersion": v, "manager": "kubectl", "fieldsV1": {}, **more} for v in versions]
    return flux("Receiver", "p", managedFields=managed)


@pytest.mark.parametrize(
    ("flux_version", "reported"),
    [("v2.7.5", True), ("v2.8.8", True), ("v2.9.5", False), ("", False)],
)
def test_versions_that_the_next_flux_removes(flux_version: str, reported: bool) -> None:
    """An object in an API version that a later Flux removes is reported until that upgrade."""
    found = habits(written(f"{NOTIFY}/v1beta2", f"{NOTIFY}/v1"), system=of(flux_version))
    assert ("api-version-removed" in found) is reported
    if reported:
        finding = found["api-version-removed"]
        assert seen(finding) == [f"Receiver apps/p: {NOTIFY}/v1beta2, which Flux 2.9 removes"]
        commands = [command for hint in finding.hints for command in hint.commands]
        assert [(c.argv[0], c.argv[-1], c.changes) for c in commands] == [("flux", "migrate", True)]


@pytest.mark.parametrize(
    ("flux_version", "reported"), [("v2.9.5", False), ("v2.10.0", True), ("v2.11.0", True)]
)
def test_versions_that_flux_deprecates(flux_version: str, reported: bool) -> None:
    """An Alert or a Provider in v1beta3 is reported as soon as Flux serves v1."""
    managed = [{"apiVersion": f"{NOTIFY}/v1beta3", "manager": "kubectl", "fieldsV1": {}}]
    alert = flux("Alert", "a", {}, managedFields=managed, spec={"providerRef": {"name": "p"}})
    alert["apiVersion"] = f"{NOTIFY}/v1"
    found = habits(alert, flux("Provider", "p", {}), system=of(flux_version))
    assert ("api-version-deprecated" in found) is reported
    if reported:
        expected = f"Alert apps/a: {NOTIFY}/v1beta3, which Flux 2.10 deprecates"
        assert seen(found["api-version-deprecated"]) == [expected]
    assert "api-version-removed" not in found


@pytest.mark.cluster
def test_the_table_of_deprecations_is_that_of_the_crds() -> None:
    """The newest Flux calls the API versions of the table deprecated, and no others."""
    deprecated = {
        f"{one['spec']['group']}/{version['name']}"
        for one in crds.newer_definitions()
        for version in one["spec"]["versions"]
        if version.get("deprecated") and version["served"]
    }
    assert deprecated == {*DEPRECATED_IN}


@pytest.mark.parametrize("label", ["helm.toolkit.fluxcd.io/name", "fluxcd.controlplane.io/name"])
def test_what_a_controller_makes_stands_in_no_manifest(label: str) -> None:
    """Old API versions in objects that a controller creates are not reported."""
    one = written(f"{NOTIFY}/v1beta2")
    one["metadata"]["labels"] = {label: "x"}
    assert "api-version-removed" not in habits(one, system=of("v2.8.8"))


def test_what_a_controller_wrote_in_the_status_does_not_count() -> None:
    """An old API version in a status entry is not evidence about the manifest in Git."""
    found = habits(written(f"{NOTIFY}/v1beta2", subresource="status"), system=of("v2.8.8"))
    assert "api-version-removed" not in found


def test_each_minor_version_names_its_source() -> None:
    """The table is sorted, no version supports an older Kubernetes than the one before."""
    assert all(facts.upstream for facts in FLUX_MINORS.values())
    assert [*FLUX_MINORS] == sorted(FLUX_MINORS)
    floors = [facts.kubernetes for facts in FLUX_MINORS.values()]
    assert floors == sorted(floors)


def test_a_version_is_known_from_the_table_on() -> None:
    """A version after the table has the facts of the newest one, one before it has none."""
    assert facts_of((2, 99)) is FLUX_MINORS[NEWEST]
    assert facts_of((2, 5)) is None
    assert not is_newer(NEWEST)
    assert is_newer((3, 0))


@pytest.mark.cluster
def test_the_table_of_versions_is_that_of_the_crds() -> None:
    """The table of removed API versions matches the CRDs of each minor version."""
    served: dict[tuple[int, ...], set[str]] = {}
    for release in crds.flux_versions():
        minor = tuple(map(int, release.removeprefix("v").split(".")[:2]))
        served[minor] = {
            f"{one['spec']['group']}/{version['name']}"
            for one in crds.definitions(release)
            for version in one["spec"]["versions"]
        } - {"fluxcd.controlplane.io/v1"}
    removed = {
        version: after
        for before, after in pairwise(sorted(minor for minor in served if minor >= (2, 6)))
        for version in served[before] - served[after]
    }
    assert removed == REMOVED_IN


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        ("Alert", {"summary": "prod", "providerRef": {"name": "p"}}, "spec.summary"),
        ("Provider", {"proxy": "http://proxy:3128"}, "spec.proxy"),
        ("Provider", {"interval": "5m"}, "spec.interval"),
        ("HelmRelease", {"install": {"skipCRDs": True}}, "spec.install.skipCRDs"),
        ("HelmRelease", {"rollback": {"recreate": True}}, "spec.rollback.recreate"),
    ],
)
def test_deprecated_fields(kind: str, spec: Object, field: str) -> None:
    """A field that its CRD calls deprecated is reported with its replacement."""
    beside = [flux("Provider", "p", {})] if kind == "Alert" else [
        flux("Alert", "u", {}, spec={"providerRef": {"name": "x"}})
    ]  # fmt: skip
    found = habits(flux(kind, "x", {} if kind != "HelmRelease" else None, spec=spec), *beside)
    [place] = seen(found["deprecated-field"])
    assert place.startswith(
        tuple(f"{kind} apps/x {field}: {how}" for how in ("use ", "no replacement", "remove it"))
    )


@pytest.mark.parametrize("interval", ["600s", "10m0s"])
def test_what_a_default_set_was_written_by_nobody(interval: str) -> None:
    """An interval of a Provider that an earlier API version set by default is in no manifest."""
    provider = flux("Provider", "x", {}, spec={"interval": interval})
    alert = flux("Alert", "u", {}, spec={"providerRef": {"name": "x"}})
    assert "deprecated-field" not in habits(provider, alert)


def test_fields_that_are_off_are_no_matter() -> None:
    """A deprecated switch that is false does nothing."""
    release = flux("HelmRelease", "x", spec={"install": {"skipCRDs": False}})
    assert "deprecated-field" not in habits(release)


@pytest.mark.cluster
def test_deprecated_fields_are_called_so_upstream() -> None:
    """Each field of the table is one that the CRD of the newest Flux calls deprecated."""
    by_kind = {crds.kind(one): one for one in crds.definitions()}
    for kind, path, *_ in DEPRECATED:
        [version] = by_kind[kind]["spec"]["versions"]
        schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        for name in path:
            schema = schema["properties"][name]
        assert "eprecated" in schema["description"]


@pytest.mark.parametrize(
    ("build", "reported"),
    [
        ({"substitute": {"a": "b"}}, True),
        ({"substituteFrom": [{"kind": "ConfigMap", "name": "x"}]}, True),
        ({}, False),
    ],
)
def test_substitution_becomes_strict(build: Object, reported: bool) -> None:
    """Before 2.9, a Kustomization that substitutes variables gets advice about 2.9."""
    objects = [source("a"), kustomization("k", "a", spec={"postBuild": build})]
    found = habits(*objects, system=of("v2.8.8"))
    assert ("substitution-becomes-strict" in found) is reported
    assert "substitution-becomes-strict" not in habits(*objects, system=of("v2.9.0"))
    gate = {"spec.template.spec.containers.0.args":
            ["--feature-gates=Other=true,StrictPostBuildSubstitutions=true"]}  # fmt: skip
    strict = habits(*objects, system=of("v2.8.8", gate))
    assert "substitution-becomes-strict" not in strict


def crd(stored: list[str], now: str = "v1") -> Object:
    """Return a CRD whose objects are stored as *now*, and were as *stored*."""
    versions = [{"name": v, "served": True, "storage": v == now} for v in {*stored, now}]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "imagepolicies.image.toolkit.fluxcd.io"},
        "spec": {"group": "image.toolkit.fluxcd.io", "versions": versions},
        "status": {"storedVersions": stored},
    }


@pytest.mark.parametrize(
    ("stored", "reported"), [(["v1beta2", "v1"], True), (["v1beta2"], True), (["v1"], False)]
)
def test_stored_versions_of_the_past(stored: list[str], reported: bool) -> None:
    """A CRD that still counts with objects in another version stops the upgrade that removes it."""
    found = habits(crd(stored), advice=True)
    assert ("stored-versions" in found) is reported
    if reported:
        assert seen(found["stored-versions"]) == [
            "imagepolicies.image.toolkit.fluxcd.io: v1beta2; now v1"
        ]


def test_unread_crds_give_no_advice() -> None:
    """Unread CRDs give no advice and are reported as unread."""
    found = habits(crd(["v1beta2"]), advice=True, unread={CRDS: FORBIDDEN})
    assert "stored-versions" not in found
    assert "customresourcedefinitions" in found["advice-unread"].title
