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


def deployment(deadline: int = 600, **pod: object) -> Object:
    """Return a Deployment whose Pods have *pod* in their spec, with a *deadline* in seconds."""
    container = {"name": "web", "image": "web:v1"}
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    spec["progressDeadlineSeconds"] = deadline
    return of("apps/v1", "Deployment", "", "web", spec=spec)


def test_a_deployment_that_no_node_fits(flux: Flux, git: GitServer, namespace: str) -> None:
    """The Deployment and why its Pods are not scheduled are named, and a fitting selector heals."""
    unfit = deployment(deadline=1, nodeSelector={"disk": "ssd"})
    repository = git.repository(namespace, {"app/web.yaml": manifest(unfit)})
    source = git_repository(namespace, repository.url)
    app = kustomization(namespace, wait=True)
    found = flux.failure(source, app)
    assert found.code == "health-check-failed"
    assert "web" in found.why
    assert "node" in found.text
    repository.commit({"app/web.yaml": manifest(deployment())})
    flux.heals(source, app)


def test_a_dependency_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The Kustomization that another depends on in vain is named, and creating it heals."""
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    base = kustomization(namespace, "base", path="./base")
    app = kustomization(namespace, dependsOn=[{"name": "base"}])
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("target-missing", "certain")
    assert "base" in found.why
    assert "spec.dependsOn" in found.text
    flux.apply(base)
    flux.heals(base, app)


def test_a_dependency_cycle(flux: Flux, git: GitServer, namespace: str) -> None:
    """One finding names the cycle, and removing one dependency heals all."""
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    base = kustomization(namespace, "base", path="./base", dependsOn=[{"name": "app"}])
    app = kustomization(namespace, dependsOn=[{"name": "base"}])
    flux.apply(source)
    flux.becomes_ready(source)
    flux.apply(base, app)
    flux.fails(base)
    flux.fails(app)
    [found] = flux.findings(namespace)
    assert (found.code, found.certainty) == ("dependency-cycle", "certain")
    assert "spec.dependsOn" in found.advice
    flux.patch(base, dependsOn=None)
    flux.heals(base, app)


def test_a_dependency_that_fails(flux: Flux, git: GitServer, namespace: str) -> None:
    """Only the dependency is a finding, it blocks the other, and mending it heals both."""
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    base = kustomization(namespace, "base", path="./bases")
    app = kustomization(namespace, dependsOn=[{"name": "base"}])
    flux.failure(source, base)
    flux.apply(app)
    flux.fails(app)
    [found] = flux.findings(namespace)
    assert (found.code, found.name) == ("path-missing", f"Kustomization {namespace}/base")
    assert found.blocks == {f"Kustomization {namespace}/app"}
    flux.patch(base, path="./base")
    flux.heals(base, app)


def test_a_dependency_whose_expression_is_false(flux: Flux, git: GitServer, namespace: str) -> None:
    """The expression that is not true of the dependency is the cause, and making it true heals."""
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    base = kustomization(namespace, "base", path="./base")
    expression = "dep.metadata.?labels['stage'].orValue('') == 'done'"
    app = kustomization(namespace, dependsOn=[{"name": "base", "readyExpr": expression}])
    flux.apply(source, base)
    flux.becomes_ready(base)
    found = flux.failure(app)
    assert found.code == "dependency-expression"
    assert "readyExpr" in found.text
    base["metadata"]["labels"] = {"stage": "done"}
    flux.apply(base)
    flux.heals(app)


def test_a_source_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing source is named, and the right name in spec.sourceRef heals."""
    source = git_repository(namespace, git.repository(namespace, FILES).url, name="apps")
    app = kustomization(namespace)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("target-missing", "certain")
    assert "GitRepository" in found.why
    assert f"GitRepository {namespace}/apps" in found.why
    flux.patch(app, sourceRef={"name": "apps"})
    flux.heals(app)


def test_a_source_in_another_namespace(flux: Flux, git: GitServer, namespace: str) -> None:
    """A reference that --no-cross-namespace-refs forbids is named, and a source here heals."""
    other = flux.new_namespace()
    repository = git.repository(namespace, FILES)
    reference = {"kind": "GitRepository", "name": "app", "namespace": other}
    app = kustomization(namespace, sourceRef=reference)
    found = flux.failure(git_repository(other, repository.url), app)
    assert (found.code, found.certainty) == ("access-denied", "certain")
    assert "--no-cross-namespace-refs" in found.text
    source = git_repository(namespace, repository.url)
    flux.apply(source)
    flux.becomes_ready(source)
    flux.patch(app, sourceRef={"namespace": None})
    flux.heals(app)


def test_a_suspended_kustomization(flux: Flux, git: GitServer, namespace: str) -> None:
    """The suspended object is named, and the printed command resumes it and applies what is new."""
    repository = git.repository(namespace, FILES)
    source, app = git_repository(namespace, repository.url), kustomization(namespace)
    flux.apply(source, app)
    flux.becomes_ready(app)
    flux.patch(app, suspend=True)
    repository.commit({"app/settings.yaml": manifest(config_map(color="red"))})
    flux.reconcile(source)
    found = flux.diagnosis(app)
    assert (found.code, found.certainty) == ("suspended", "certain")
    flux.paste(found.change("patch"))
    flux.heals(app)
    assert flux.found(of("v1", "ConfigMap", namespace, "settings"))["data"] == {"color": "red"}
