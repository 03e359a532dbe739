"""Faults of what a Kustomization waits for: dependencies, health, sources, and suspension."""

import pytest

from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

FILES = {
    "app/settings.yaml": manifest(config_map()),
    "base/colors.yaml": manifest(config_map("colors")),
}


def deployment(**spec: object) -> Object:
    """Return a Deployment whose Pods have this *spec*."""
    container = {"name": "web", "image": "web:v1"}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **spec}}
    content = {
        "selector": {"matchLabels": labels},
        "template": template,
        "progressDeadlineSeconds": 600,
    }
    return of("apps/v1", "Deployment", "", "web", spec=content)


def test_a_deployment_that_no_node_fits(flux: Flux, git: GitServer, home: str) -> None:
    """The Deployment and why its Pods are not scheduled are named, and a fitting selector heals."""
    unfit = deployment(nodeSelector={"disk": "ssd"})
    repository = git.repository(home, {"app/web.yaml": manifest(unfit)})
    source = git_repository(home, repository.url)
    app = kustomization(home, wait=True, timeout="3s")
    found = flux.failure(source, app)
    assert found.code == "health-check-failed"
    assert "web" in found.why
    assert "node" in f"{found.why} {found.advice}"
    repository.commit({"app/web.yaml": manifest(deployment())})
    flux.patch(app, timeout="1m")
    flux.heals(source, app)


def test_a_dependency_that_does_not_exist(flux: Flux, git: GitServer, home: str) -> None:
    """The Kustomization that another depends on in vain is named, and creating it heals."""
    source = git_repository(home, git.repository(home, FILES).url)
    base = kustomization(home, "base", path="./base")
    app = kustomization(home, dependsOn=[{"name": "base"}])
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("target-missing", "certain")
    assert "base" in found.why
    assert "spec.dependsOn" in f"{found.why} {found.advice}"
    flux.apply(base)
    flux.heals(base, app)


def test_dependencies_in_a_circle(flux: Flux, git: GitServer, home: str) -> None:
    """One finding names the circle, and removing one dependency heals all."""
    source = git_repository(home, git.repository(home, FILES).url)
    base = kustomization(home, "base", path="./base", dependsOn=[{"name": "app"}])
    app = kustomization(home, dependsOn=[{"name": "base"}])
    flux.apply(source)
    flux.becomes_ready(source)
    flux.apply(base, app)
    flux.fails(base)
    flux.fails(app)
    [found] = flux.findings(home)
    assert (found.code, found.certainty) == ("dependency-cycle", "certain")
    assert "spec.dependsOn" in found.advice
    flux.patch(base, dependsOn=None)
    flux.heals(base, app)


def test_a_dependency_that_fails(flux: Flux, git: GitServer, home: str) -> None:
    """Only the dependency is a finding, it blocks the other, and mending it heals both."""
    source = git_repository(home, git.repository(home, FILES).url)
    base = kustomization(home, "base", path="./bases")
    app = kustomization(home, dependsOn=[{"name": "base"}])
    flux.failure(source, base)
    flux.apply(app)
    flux.fails(app)
    [found] = flux.findings(home)
    assert (found.code, found.name) == ("path-missing", f"Kustomization {home}/base")
    assert found.blocks == {f"Kustomization {home}/app"}
    flux.patch(base, path="./base")
    flux.heals(base, app)


def test_a_dependency_whose_expression_is_false(flux: Flux, git: GitServer, home: str) -> None:
    """The expression that is not true of the dependency is the cause, and making it true heals."""
    source = git_repository(home, git.repository(home, FILES).url)
    base = kustomization(home, "base", path="./base")
    expression = "dep.metadata.?labels['stage'].orValue('') == 'done'"
    app = kustomization(home, dependsOn=[{"name": "base", "readyExpr": expression}])
    flux.apply(source, base)
    flux.becomes_ready(base)
    found = flux.failure(app)
    assert found.code == "dependency-expression"
    assert "readyExpr" in f"{found.why} {found.advice}"
    base["metadata"]["labels"] = {"stage": "done"}
    flux.apply(base)
    flux.heals(app)


def test_a_source_that_does_not_exist(flux: Flux, git: GitServer, home: str) -> None:
    """The missing source is named, and the right name in spec.sourceRef heals."""
    source = git_repository(home, git.repository(home, FILES).url, name="fleet")
    app = kustomization(home)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("target-missing", "certain")
    assert "GitRepository" in found.why
    assert "fleet" in found.advice
    flux.patch(app, sourceRef={"name": "fleet"})
    flux.heals(app)


def test_a_source_in_another_namespace(flux: Flux, git: GitServer, home: str) -> None:
    """A reference that --no-cross-namespace-refs forbids is named, and a source here heals."""
    other = flux.namespace()
    repository = git.repository(home, FILES)
    reference = {"kind": "GitRepository", "name": "app", "namespace": other}
    app = kustomization(home, sourceRef=reference)
    found = flux.failure(git_repository(other, repository.url), app)
    assert (found.code, found.certainty) == ("access-denied", "certain")
    assert "--no-cross-namespace-refs" in f"{found.why} {found.advice}"
    source = git_repository(home, repository.url)
    flux.apply(source)
    flux.becomes_ready(source)
    flux.patch(app, sourceRef={"namespace": None})
    flux.heals(app)


def test_a_suspended_kustomization(flux: Flux, git: GitServer, home: str) -> None:
    """The suspended object is named, and the printed command resumes it and applies what is new."""
    repository = git.repository(home, FILES)
    source, app = git_repository(home, repository.url), kustomization(home)
    flux.apply(source, app)
    flux.becomes_ready(app)
    flux.patch(app, suspend=True)
    repository.commit({"app/settings.yaml": manifest(config_map(color="red"))})
    flux.reconcile(source)
    found = flux.diagnosis(app)
    assert (found.code, found.certainty) == ("suspended", "certain")
    flux.paste(found.change("patch"))
    flux.heals(app)
    assert flux.found(of("v1", "ConfigMap", home, "settings"))["data"] == {"color": "red"}
