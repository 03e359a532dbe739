"""Faults while manifests are applied: kinds, namespaces, values, permissions, policies."""

from typing import Any

import pytest

from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest, of

pytestmark = pytest.mark.cluster

RBAC = "rbac.authorization.k8s.io/v1"


def in_git(git: GitServer, home: str, *objects: Object) -> tuple[Any, Object, Object]:
    """Return a repository with *objects*, its source, and the Kustomization of them."""
    repository = git.repository(home, {"app/objects.yaml": manifest(*objects)})
    return repository, git_repository(home, repository.url), kustomization(home)


def definition(group: str, kind: str) -> Object:
    """Return the CRD of *kind* in *group*."""
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
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


def test_a_kind_without_a_crd(flux: Flux, git: GitServer, home: str) -> None:
    """The kind that the cluster does not have is named, and installing its CRD heals."""
    group = f"{home}.example.com"
    gadget = of(f"{group}/v1", "Gadget", "", spec={"size": 3})
    _, source, app = in_git(git, home, gadget)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("crd-missing", "certain")
    assert "Gadget" in found.why
    flux.apply(definition(group, "Gadget"))
    flux.heals(app)


def test_an_immutable_field_of_a_job(flux: Flux, git: GitServer, home: str) -> None:
    """A Job whose template changed is named, and recreating it as advised heals."""

    def job(image: str) -> Object:
        container = {"name": "migrate", "image": image}
        template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        return of("batch/v1", "Job", "", "migrate", spec={"template": template})

    repository, source, app = in_git(git, home, job("migrate:v1"))
    flux.apply(source, app)
    flux.becomes_ready(app)
    repository.commit({"app/objects.yaml": manifest(job("migrate:v2"))})
    flux.reconcile(source)
    flux.fails(app)
    found = flux.diagnosis(app)
    assert (found.code, found.certainty) == ("immutable-field", "certain")
    assert "spec.template" in found.why
    assert "kustomize.toolkit.fluxcd.io/force" in found.advice
    forced = job("migrate:v2")
    forced["metadata"]["annotations"] = {"kustomize.toolkit.fluxcd.io/force": "enabled"}
    repository.commit({"app/objects.yaml": manifest(forced)})
    flux.heals(source, app)


def test_a_value_that_the_api_server_rejects(flux: Flux, git: GitServer, home: str) -> None:
    """The object and the field with the invalid value are named, and a valid one heals."""

    def service(port: int) -> Object:
        return of("v1", "Service", "", "web", spec={"ports": [{"port": port}]})

    repository, source, app = in_git(git, home, service(70_000))
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("manifest-invalid", "certain")
    assert "spec.ports[0].port" in found.why
    repository.commit({"app/objects.yaml": manifest(service(8080))})
    flux.heals(source, app)


def test_a_value_of_the_wrong_type(flux: Flux, git: GitServer, home: str) -> None:
    """A number where the API wants a string is named with its field, and quoting it heals."""
    repository, source, app = in_git(git, home, config_map(replicas=3))
    found = flux.failure(source, app)
    assert found.code == "manifest-wrong-type"
    assert "replicas" in found.why
    repository.commit({"app/objects.yaml": manifest(config_map(replicas="3"))})
    flux.heals(source, app)


def test_a_field_that_the_kind_does_not_have(flux: Flux, git: GitServer, home: str) -> None:
    """The field that the schema does not know is named, and its right name heals."""

    def service(**field: Any) -> Object:
        return of("v1", "Service", "", "web", spec={"ports": [{"port": 80} | field]})

    repository, source, app = in_git(git, home, service(targetport=8080))
    found = flux.failure(source, app)
    assert found.code == "manifest-unknown-field"
    assert "targetport" in found.why
    repository.commit({"app/objects.yaml": manifest(service(targetPort=8080))})
    flux.heals(source, app)


def test_a_namespace_that_does_not_exist(flux: Flux, git: GitServer, home: str) -> None:
    """The missing namespace is named, and the printed command creates it."""
    _, source, app = in_git(git, home, config_map())
    app["spec"]["targetNamespace"] = f"{home}-apps"
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("namespace-missing", "certain")
    assert f'"{home}-apps"' in found.why
    flux.paste(found.change("create", "namespace"))
    flux.heals(app)


def test_a_service_account_that_does_not_exist(flux: Flux, git: GitServer, home: str) -> None:
    """The missing ServiceAccount is named, and the printed command creates it."""
    _, source, app = in_git(git, home, config_map())
    app["spec"]["serviceAccountName"] = "deployer"
    binding = {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": home}],
    }
    flux.apply(of(RBAC, "RoleBinding", home, "deployer", **binding))
    found = flux.failure(source, app)
    assert found.code == "service-account-missing"
    assert '"deployer"' in found.why
    flux.paste(found.change("create", "serviceaccount"))
    flux.heals(app)


def test_a_service_account_without_permission(flux: Flux, git: GitServer, home: str) -> None:
    """The account, the verb and the resource are named, and the printed commands grant them."""
    _, source, app = in_git(git, home, config_map())
    app["spec"]["serviceAccountName"] = "deployer"
    flux.apply(of("v1", "ServiceAccount", home, "deployer"))
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("rbac-forbidden", "certain")
    assert "configmaps" in found.why
    assert '"deployer"' in found.why
    flux.paste(found.change("create", "rolebinding"))
    flux.heals(app)


def test_a_quota_that_is_used_up(flux: Flux, git: GitServer, home: str) -> None:
    """The quota is named, and raising it heals."""

    def quota(secrets: int) -> Object:
        return of("v1", "ResourceQuota", home, "small", spec={"hard": {"secrets": secrets}})

    secret = of("v1", "Secret", "", "token", stringData={"token": "x"})
    flux.apply(quota(0))
    flux.refuses(secret | {"metadata": {"name": "probe", "namespace": home}})
    _, source, app = in_git(git, home, secret)
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("quota-exceeded", "certain")
    assert '"small"' in f"{found.why} {found.advice}"
    flux.apply(quota(5))
    flux.heals(app)


def test_a_policy_that_denies_an_object(flux: Flux, git: GitServer, home: str) -> None:
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
    only_here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": home}}}
    binding = {
        "policyName": f"{home}-owner",
        "validationActions": ["Deny"],
        "matchResources": only_here,
    }
    version = "admissionregistration.k8s.io/v1"
    flux.apply(
        of(version, "ValidatingAdmissionPolicy", "", f"{home}-owner", spec=spec),
        of(version, "ValidatingAdmissionPolicyBinding", "", f"{home}-owner", spec=binding),
    )
    flux.refuses(config_map() | {"metadata": {"name": "probe", "namespace": home}})
    repository, source, app = in_git(git, home, config_map())
    found = flux.failure(source, app)
    assert (found.code, found.certainty) == ("admission-denied", "certain")
    assert f"{home}-owner" in f"{found.why} {found.advice}"
    repository.commit({"app/objects.yaml": manifest(config_map(owner="web"))})
    flux.heals(source, app)
