"""Scenarios: objects that do not exist."""

from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from tests.builders import (
    FETCHED,
    HEALTHY,
    flux,
    kustomization,
    reference,
    source,
)
from tests.causes.scenarios.reports import generated, images, only, problem


def test_an_artifact_that_nobody_makes_is_missing() -> None:
    """Without a generator for the artifact, the reference is the fault."""
    found = problem(*HEALTHY, source("git"), generated()[1])
    assert [f.code for f in found] == ["target-missing"]


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
def test_the_field_that_names_what_is_missing_is_reported(
    kind: str, spec: dict[str, Any], field: str
) -> None:
    """The hint names the field with the wrong reference."""
    lost = flux(kind, "x", {"Ready": "False ArtifactFailed: not found"}, spec=spec)
    first = problem(*images(lost))[0]
    assert (first.code, first.hints[0].text) == (
        "target-missing",
        f"create the missing object, or correct the name or namespace in {field}",
    )


def release_of(namespace: str) -> Object:
    """Return a HelmRelease without any status, of a chart repository in *namespace*."""
    repository = reference("HelmRepository", f"{namespace}/charts")
    spec = {"chart": {"spec": {"chart": "web", "sourceRef": repository}}}
    return flux("HelmRelease", "web", {}, spec=spec)


def test_a_release_of_a_chart_in_no_namespace_is_reported() -> None:
    """Its controller cannot create the HelmChart there, and only its log says so."""
    found = only(*HEALTHY, release_of("nowhere"), of="HelmRelease/web", blocks="")
    assert found.code == "target-missing"
    assert "HelmRepository nowhere/charts does not exist" in found.why
    assert found.hints[0].text.endswith("the name or namespace in spec.chart.spec.sourceRef")


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
        "create the missing object, or correct the name or namespace in "
        "spec.chart.spec.sourceRef of the HelmRelease or spec.sourceRef"
    )


def test_of_many_missing_things_only_some_are_guessed_at() -> None:
    """Where this many objects are missing, a misspelling is unlikely, and suggestions cost time."""
    real = [kustomization(f"team-{n}", "git") for n in range(60)]
    message = "False DependencyNotReady: dependency 'apps/tam-{}' not found"
    lost = [
        kustomization(f"k{n}", "git", {"Ready": message.format(n)}, after=[f"tam-{n}"])
        for n in range(60)
    ]
    titles = [f.title for f in problem(*HEALTHY, source("git"), *real, *lost)]
    assert len(titles) == 60
    assert sum("did you mean" in title for title in titles) == 50
