"""Faults of the FluxInstance and of the FluxReport, with the real Flux Operator."""

import io
import tarfile

import pytest

from tests.kubernetes import build, crds

from . import controllers
from .file_server import FileServer
from .finding import Finding
from .flux import Flux
from .http_server import PASSWORD
from .objects import Object, config_map, flux_instance, kustomization, of, resource_set

pytestmark = pytest.mark.cluster

NAMESPACE = "flux-system"
NEWEST = crds.flux_versions()[-1]
REPORT = of("fluxcd.controlplane.io/v1", "FluxReport", NAMESPACE, "flux")
REPORTS = f"/apis/{REPORT['apiVersion']}/namespaces/{NAMESPACE}/fluxreports"


@pytest.fixture(name="instance")
def _instance(operator: Flux) -> Object:
    """Return the FluxInstance with which Flux is installed; a test may leave it as it likes."""
    instance = flux_instance()
    operator.apply(instance)
    operator.becomes_ready(instance)
    ready = ("--for=condition=Available", "--timeout=60s", f"--namespace={NAMESPACE}")
    operator.cluster.kubectl("wait", "deployment", "--all", *ready)
    return instance


def manifests() -> bytes:
    """Return the manifests of the newest Flux as the operator has them, as a .tar.gz."""
    data = build.sources("flux-operator") / "config" / "data"
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for folder in (f"flux/{NEWEST}", f"flux-images/{NEWEST}"):
            archive.add(data / folder, folder)
    return written.getvalue()


def faults(operator: Flux) -> list[Finding]:
    """Return what is wrong in the whole cluster."""
    return [one for one in map(Finding, operator.report()["findings"]) if one.is_fault]


def fault(operator: Flux, instance: Object) -> Finding:
    """Apply *instance*, which fails, and return the only finding."""
    operator.apply(instance)
    operator.fails(instance)
    operator.age(NAMESPACE)
    found = faults(operator)
    assert [one.name for one in found] == ["FluxInstance flux-system/flux"]
    return found[0]


def heals(operator: Flux, instance: Object) -> None:
    """Apply *instance*, and see that it becomes Ready and nothing is wrong."""
    operator.apply(instance)
    operator.becomes_ready(instance)
    assert [one.content for one in faults(operator)] == []


@pytest.mark.usefixtures("instance")
def test_a_healthy_instance(operator: Flux) -> None:
    """The operator, its instance and the controllers pass."""
    findings = operator.report()["findings"]
    passed = {one["step"]: one["title"] for one in findings if one["level"] == "pass"}
    assert [one["title"] for one in findings if Finding(one).is_fault] == []
    assert "flux-system/flux-operator v" in passed["operator"]
    assert f"FluxInstance flux-system/flux {NEWEST}" in passed["instance"]
    assert "components" in passed


def test_a_version_that_does_not_exist(operator: Flux, instance: Object) -> None:
    """The version that the operator does not know is named, and the one in the advice heals.

    A controller that the FluxInstance is to add waits for it.
    """
    more = [*instance["spec"]["components"], "source-watcher"]
    found = fault(operator, flux_instance(version="1.x", components=more))
    assert (found.code, found.certainty) == ("distribution-version-missing", "certain")
    assert "1.x in spec.distribution.version" in found.why
    assert found.blocks == {f"Deployment {NAMESPACE}/source-watcher"}
    assert "(2.x)" in found.advice
    heals(operator, flux_instance(version="2.x", components=more))


@pytest.mark.usefixtures("instance")
def test_an_artifact_that_cannot_be_used(operator: Flux, web: FileServer) -> None:
    """An unknown host, a tag that does not exist, and an artifact without Flux each are named.

    The artifact that the advice tells to use heals.
    """
    found = fault(operator, flux_instance(artifact="oci://registry.invalid/distribution:v1"))
    assert (found.code, found.certainty) == ("host-not-found", "one-of")
    assert "registry.invalid" in found.why
    assert "correct the host in spec.distribution.artifact" in found.advice
    url = web.artifact("distribution", "v1")
    found = fault(operator, flux_instance(artifact=f"{url}:v2"))
    assert (found.code, found.certainty) == ("instance-artifact-failed", "certain")
    assert f"{url}:v2" in found.why
    assert "correct spec.distribution.artifact" in found.advice
    found = fault(operator, flux_instance(artifact=f"{url}:v1"))
    assert (found.code, found.certainty) == ("instance-artifact-invalid", "certain")
    assert f"{url}:v1" in found.why
    assert "an artifact of the Flux Operator" in found.advice
    web.artifact("distribution", "v3", content=manifests())
    heals(operator, flux_instance(artifact=f"{url}:v3"))


@pytest.mark.usefixtures("instance")
def test_an_artifact_that_requires_a_login(operator: Flux, web: FileServer) -> None:
    """The printed command, with the user filled in, creates the Secret that is missing."""
    url = web.artifact("distribution", "v3", private=True, content=manifests())
    private = flux_instance(artifact=f"{url}:v3", artifactPullSecret="login")
    found = fault(operator, private)
    assert (found.code, found.certainty) == ("instance-artifact-failed", "certain")
    assert "spec.distribution.artifactPullSecret" in found.why
    command = found.change("create", "secret", "registry", "login")
    words = [one.replace("=USER", "=git") for one in command]
    operator.paste(words, stdin=PASSWORD)
    heals(operator, private)


def test_kinds_of_a_flux_that_is_not_installed(operator: Flux, instance: Object) -> None:
    """What needs a kind of Flux waits for the FluxInstance that fails to install its CRD."""
    operator.delete(instance)
    operator.is_deleted(instance)
    namespace = operator.new_namespace()
    app = kustomization(namespace, suspend=True)
    depends = {"apiVersion": app["apiVersion"], "kind": app["kind"], "name": "app"}
    makes = resource_set(namespace, app, name="makes")
    waits = resource_set(
        namespace, config_map(), name="waits", dependsOn=[{**depends, "namespace": namespace}]
    )
    for one in (makes, waits):
        operator.apply(one)
        operator.fails(one)
    found = fault(operator, flux_instance(version="1.x"))
    needs = {f"ResourceSet {namespace}/{name}" for name in ("makes", "waits")}
    names = instance["spec"]["components"]
    assert found.blocks == needs | {f"Deployment {NAMESPACE}/{name}" for name in names}
    operator.apply(instance)
    operator.becomes_ready(instance)
    for one in (makes, waits):
        operator.reconcile(one)
        operator.becomes_ready(one)
    for one in (waits, makes):
        operator.delete(one)
        operator.is_deleted(one)


def test_a_report_that_is_no_longer_updated(operator: Flux, instance: Object) -> None:
    """An operator that is stopped does not update its report, and does when it goes on.

    A report whose message is in whole seconds does not show when it was updated.
    """
    operator.stop(controllers.OPERATOR)
    while not written(operator)["message"].endswith("ms"):
        operator.go_on(controllers.OPERATOR)
        operator.reconcile(instance)
        operator.stop(controllers.OPERATOR)
    operator.age_all(REPORTS)
    aged, found = written(operator), faults(operator)
    operator.go_on(controllers.OPERATOR)
    assert [(one.code, one.content["level"]) for one in found] == [("report-old", "warn")]
    while written(operator) == aged:
        operator.reconcile(instance)
    assert faults(operator) == []


def written(operator: Flux) -> Object:
    """Return the condition of the report, which has the time of its last update."""
    [condition] = operator.found(REPORT)["status"]["conditions"]
    return dict(condition)
