"""Faults while manifests are applied: kinds, namespaces, values, permissions, policies."""

from typing import Any

import pytest

from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

RBAC = "rbac.authorization.k8s.io/v1"


def in_git(git: GitServer, namespace: str, *objects: Object) -> tuple[Any, Object, Object]:
    """Return a repository with *objects*, its source, and the Kustomization of them."""
    repository = git.repository(namespace, {"app/objects.yaml": manifest(*objects)})
    return repository, git_repository(namespace, repository.url), kustomization(namespace)


def definition(group: str, kind: str) -> Object:
    """Return the CRD of *kind* in *group*, whose spec has a size."""
    plural = f"{kind.lower()}s"
    size = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": size}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
        "versions": [version],
    }
    name = f"{plural}.{group}"
    return of("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name, spec=spec)


def test_a_kind_without_a_crd(flux: Flux, git: GitServer, namespace: str) -> None:
    """The kind that the cluster does not have is named, and installing its CRD heals."""
    group = f"{namespace}.example.com"
    gadget = of(f"{group}/v1", "Gadget", "", spec={"size": 3})
    _, source, app = in_git(git, namespace, gadget)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("crd-missing", "likely")
    assert "Gadget" in found.why
    flux.apply(definition(group, "Gadget"))
    flux.heals(app)


def test_an_immutable_field_of_a_job(flux: Flux, git: GitServer, namespace: str) -> None:
    """A Job whose template changed is named, and recreating it as advised heals."""

    def job(image: str) -> Object:
        container = {"name": "migrate", "image": image}
        template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        return of("batch/v1", "Job", "", "migrate", spec={"template": template})

    repository, source, app = in_git(git, namespace, job("migrate:v1"))
    flux.apply(source, app)
    flux.becomes_ready(app)
    repository.commit({"app/objects.yaml": manifest(job("migrate:v2"))})
    flux.reconcile(source)
    flux.fails(app)
    found = flux.diagnosis(app)
    assert (found.code, found.certainty) == ("immutable-field", "certain")
    assert "pod template" in found.why
    assert "kustomize.toolkit.fluxcd.io/force" in found.advice
    forced = job("migrate:v2")
    forced["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/force": "enabled"}
    repository.commit({"app/objects.yaml": manifest(forced)})
    flux.heals(source, app)


def test_a_value_that_the_api_server_rejects(flux: Flux, git: GitServer, namespace: str) -> None:
    """The object and the field with the invalid value are named, and a valid one heals."""

    def service(port: int) -> Object:
        return of("v1", "Service", "", "web", spec={"ports": [{"port": port}]})

    repository, source, app = in_git(git, namespace, service(70_000))
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("manifest-invalid", "certain")
    assert "spec.ports[0].port" in found.why
    repository.commit({"app/objects.yaml": manifest(service(8080))})
    flux.heals(source, app)


def test_a_value_of_the_wrong_type(flux: Flux, git: GitServer, namespace: str) -> None:
    """A number where the API wants a string is named with its field, and quoting it heals."""
    repository, source, app = in_git(git, namespace, config_map(replicas=3))
    found = flux.failure(source, app)
    assert found.code == "manifest-wrong-type"
    assert "replicas" in found.why
    repository.commit({"app/objects.yaml": manifest(config_map(replicas="3"))})
    flux.heals(source, app)


def test_a_field_that_the_kind_does_not_have(flux: Flux, git: GitServer, namespace: str) -> None:
    """The field that the schema does not know is named, and its right name heals."""
    group = f"{namespace}.example.com"
    flux.apply(definition(group, "Gadget"))
    gadget = of(f"{group}/v1", "Gadget", "", spec={"sise": 3})
    repository, source, app = in_git(git, namespace, gadget)
    found = flux.failure(source, app)
    assert found.code == "manifest-unknown-field"
    assert "spec.sise" in found.why
    repository.commit({"app/objects.yaml": manifest(gadget | {"spec": {"size": 3}})})
    flux.heals(source, app)


def test_a_namespace_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing namespace is named, and the printed command creates it."""
    _, source, app = in_git(git, namespace, config_map())
    app["spec"]["targetNamespace"] = f"{namespace}-apps"
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("namespace-missing", "certain")
    assert f'"{namespace}-apps"' in found.why
    flux.paste(found.change("create", "namespace"))
    flux.heals(app)


def test_a_service_account_without_permission(flux: Flux, git: GitServer, namespace: str) -> None:
    """The account, the verb and the resource are named, and the printed commands grant them."""
    _, source, app = in_git(git, namespace, config_map())
    app["spec"]["serviceAccountName"] = "deployer"
    flux.apply(of("v1", "ServiceAccount", namespace, "deployer"))
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("rbac-forbidden", "certain")
    assert f"{namespace}:deployer cannot patch configmaps" in found.why
    flux.paste(found.change("create", "rolebinding"))
    flux.heals(app)


def test_a_kubeconfig_that_does_not_exist(flux: Flux, git: GitServer, namespace: str) -> None:
    """The missing Secret in spec.kubeConfig is named, and the printed command creates it."""
    _, source, app = in_git(git, namespace, config_map())
    app["spec"]["kubeConfig"] = {"secretRef": {"name": "prod"}}
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("kubeconfig-secret-missing", "certain")
    assert '"prod"' in found.why
    kubeconfig = flux.cluster.kubeconfig("admin").read_text()
    (flux.folder / "kubeconfig").write_text(kubeconfig)
    flux.paste(found.change("create", "secret", "generic", "prod"))
    flux.heals(app)


def test_a_quota_that_is_used_up(flux: Flux, git: GitServer, namespace: str) -> None:
    """The quota is named, and raising it heals."""

    def quota(secrets: int) -> Object:
        return of("v1", "ResourceQuota", namespace, "small", spec={"hard": {"secrets": secrets}})

    secret = of("v1", "Secret", "", "token", stringData={"token": "x"})
    flux.apply(quota(0))
    flux.is_refused(secret | {"metadata": {"name": "probe", "namespace": namespace}})
    _, source, app = in_git(git, namespace, secret)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("quota-exceeded", "certain")
    assert '"small"' in found.text
    flux.apply(quota(5))
    flux.heals(app)


def test_a_policy_that_denies_an_object(flux: Flux, git: GitServer, namespace: str) -> None:
    """The policy that denies the object is named with its reason, and obeying it heals."""
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["configmaps"],
    }
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [
            {"expression": "'owner' in object.data", "message": "an owner is required"}
        ],
    }
    only_here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {
        "policyName": f"{namespace}-owner",
        "validationActions": ["Deny"],
        "matchResources": only_here,
    }
    version = "admissionregistration.k8s.io/v1"
    flux.apply(
        of(version, "ValidatingAdmissionPolicy", "", f"{namespace}-owner", spec=spec),
        of(version, "ValidatingAdmissionPolicyBinding", "", f"{namespace}-owner", spec=binding),
    )
    flux.is_refused(config_map() | {"metadata": {"name": "probe", "namespace": namespace}})
    repository, source, app = in_git(git, namespace, config_map())
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("admission-denied", "certain")
    assert f"{namespace}-owner" in found.text
    repository.commit({"app/objects.yaml": manifest(config_map(owner="web"))})
    flux.heals(source, app)
