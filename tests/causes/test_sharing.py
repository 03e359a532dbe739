"""Which faults are one outage: the same host, Secret, webhook, API, policy or cluster.

The messages are those of the controllers, of the API server and of clients (SC, KC, HC
internal/controller; go-git; kubernetes apiserver admission, quota and apiextensions). Whether two
of them are one outage follows from what they name, and from what has to be mended.
"""

from typing import NamedTuple

import pytest

from fluxstatus.causes.cause import Cause
from fluxstatus.causes.faults import fault_of
from fluxstatus.causes.missing import Suggestions
from fluxstatus.causes.sharing import Shared, shared_by
from fluxstatus.model.evidence import Object
from tests.builders import flux, judged, state


class Failing(NamedTuple):
    """An object that fails with a message."""

    kind: str
    name: str
    message: str
    spec: Object
    reason: str

    def shared(self) -> Shared | None:
        """Return what its fault has in common with those of others."""
        ready = {"Ready": f"False {self.reason}: {self.message}"}
        known = state(flux(self.kind, self.name, ready, spec=self.spec))
        resource = known.resources[judged(flux(self.kind, self.name)).ref.key]
        fault = fault_of(known, Suggestions(known), resource, is_watched=True)
        return shared_by(Cause(resource.ref, fault, resource))


def git(name: str, host: str, error: str, **spec: object) -> Failing:
    """Return a GitRepository at *host* that cannot be cloned because of *error*."""
    url = f"https://{host}/{name}.git"
    text = f"failed to checkout and determine revision: unable to clone '{url}': {error}"
    return Failing("GitRepository", name, text, {"url": url, **spec}, "GitOperationFailed")


def get(host: str, error: str) -> str:
    """Return the error of an HTTP request of a Git client to *host*."""
    return f'Get "https://{host}/info/refs?service=git-upload-pack": {error}'


def applying(name: str, message: str, **spec: object) -> Failing:
    """Return a Kustomization that fails to apply its manifests."""
    return Failing("Kustomization", name, message, {"path": "./x", **spec}, "ReconciliationFailed")


def dry_run(name: str, error: str, **spec: object) -> Failing:
    """Return a Kustomization for which the API server rejects a Deployment of the same name."""
    where = name if "/" in name else f"apps/{name}"
    return applying(name, f"Deployment/{where} dry-run failed ({error}", **spec)


A, B = "git.example.com", "code.example.com"
SECRET, OTHER = {"secretRef": {"name": "auth"}}, {"secretRef": {"name": "other"}}
NOT_FOUND = "dial tcp: lookup git.example.com on 10.96.0.10:53: no such host"
REFUSED = "dial tcp 192.0.2.1:443: connect: connection refused"
EXPIRED = "tls: failed to verify certificate: x509: certificate has expired or is not yet valid"
REJECTED = "authentication required: Unauthorized"
POLICY = (
    "was blocked due to the following policies\n\nrequire-labels:\n  check: label team is required"
)
FULL = "etcdserver: mvcc: database space exceeded"
NO_SECRET = "failed to get secret 'apps/auth': secrets \"auth\" not found"
REMOTE = {"kubeConfig": {"secretRef": {"name": "remote"}}}
REMOTE_MAP = {"kubeConfig": {"configMapRef": {"name": "remote"}}}


def pulling(name: str, account: str) -> Failing:
    """Return an OCIRepository whose ServiceAccount may not log in to a registry of AWS."""
    error = (
        "failed to get credential from aws: User: arn:aws:sts::1:assumed-role/x is not authorized "
        "to perform: ecr:GetAuthorizationToken on resource: *"
    )
    url = "oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/a"
    spec = {"url": url, "provider": "aws", "serviceAccountName": account}
    return Failing("OCIRepository", name, error, spec, "AuthenticationFailed")


def unreachable(name: str, server: str) -> Failing:
    """Return a Kustomization whose remote cluster does not respond."""
    error = f'Get "https://{server}/api?timeout=30s": dial tcp 10.20.1.5:443: i/o timeout'
    return applying(
        name, f"failed to build kube client: failed to create mapper: {error}", **REMOTE
    )


def without_secret(kind: str, name: str) -> Failing:
    """Return a source whose Secret does not exist."""
    return Failing(
        kind, name, NO_SECRET, {"url": f"https://{A}/x", **SECRET}, "AuthenticationFailed"
    )


def looking_up(host: str, server: str) -> str:
    """Return the error of a request when the DNS server does not respond (Go net)."""
    return get(
        host, f"dial tcp: lookup {host} on {server}: read udp 10.0.0.1:4->{server}: i/o timeout"
    )


def webhook(service: str, namespace: str = "kyverno") -> str:
    """Return the error of a webhook without endpoints (kubernetes apiserver admission webhook)."""
    return (
        f'InternalError): Internal error occurred: failed calling webhook "v.{service}": failed to '
        f'call webhook: Post "https://{service}.{namespace}.svc:443/v?timeout=10s": no endpoints '
        f'available for service "{service}"'
    )


def denied(hook: str, words: str) -> str:
    """Return the error of a webhook that denies a request."""
    return f'Forbidden): admission webhook "{hook}" denied the request: {words}'


def policy(name: str, words: str) -> str:
    """Return the error of a ValidatingAdmissionPolicy (kubernetes plugin policy/validating)."""
    return (
        f'Forbidden): deployments.apps "{name}" is forbidden: ValidatingAdmissionPolicy '
        f"'no-latest' with binding 'all' denied request: {words}"
    )


def quota(name: str, of: str) -> str:
    """Return the error of a ResourceQuota (kubernetes plugin/pkg/admission/resourcequota)."""
    return (
        f'Forbidden): pods "{name}" is forbidden: exceeded quota: {of}, requested: limits.cpu=2, '
        "used: limits.cpu=8, limited: limits.cpu=8"
    )


def unserved(kind: str, api: str) -> str:
    """Return the error for a kind that is not served (kubernetes apimachinery meta)."""
    return f'{kind}/apps/x dry-run failed: no matches for kind "{kind}" in version "{api}"'


def broken(group: str) -> str:
    """Return the error of an aggregated API that does not respond (kubernetes client-go)."""
    found = "unable to retrieve the complete list of server APIs"
    return f"failed to build kube client: {found}: {group}: the server is unable to handle it"


def converting(group: str) -> str:
    """Return the error of a conversion webhook (kubernetes apiextensions-apiserver conversion)."""
    return (
        f"Certificate/apps/x dry-run failed: conversion webhook for {group}, Kind=Certificate "
        'failed: Post "https://w.cert-manager.svc:443/convert": service "w" not found'
    )


def terminating(namespace: str) -> str:
    """Return the error in a namespace that is deleted (kubernetes namespace/lifecycle)."""
    return (
        f'ConfigMap/{namespace}/x dry-run failed (Forbidden): configmaps "x" is forbidden: unable '
        f"to create new content in namespace {namespace} because it is being terminated"
    )


ONE_OUTAGE = {
    "a host that is not found": (
        git("a", A, get(A, NOT_FOUND)), git("team/b", A, get(A, NOT_FOUND))),
    "a host that refuses": (git("a", A, get(A, REFUSED)), git("b", A, get(A, REFUSED))),
    "an expired certificate": (git("a", A, get(A, EXPIRED)), git("b", A, get(A, EXPIRED))),
    "a Secret": (git("a", A, REJECTED, **SECRET), git("b", A, REJECTED, **SECRET)),
    "a missing Secret": (
        without_secret("GitRepository", "a"), without_secret("HelmRepository", "b")),
    "a ServiceAccount": (pulling("a", "ecr"), pulling("b", "ecr")),
    "a DNS server": (
        git("a", A, looking_up(A, "10.96.0.10:53")),
        git("team/b", B, looking_up(B, "10.96.0.10:53"))),
    "a remote cluster": (unreachable("a", "a.eks.test"), unreachable("team/b", "a.eks.test")),
    "a webhook": (
        dry_run("a", webhook("kyverno-svc")), dry_run("team/b", webhook("kyverno-svc"))),
    "a policy": (
        dry_run("a", denied("validate.kyverno.svc-fail", f"resource Deployment/apps/a {POLICY}")),
        dry_run("b", denied("validate.kyverno.svc-fail", f"resource Deployment/apps/b {POLICY}"))),
    "a policy that says something else of each": (
        dry_run("a", policy("a", "use a tag")), dry_run("b", policy("b", "latest is no tag"))),
    "the words of a webhook, but for the object": (
        dry_run("alpha", denied("v.example.com", "alpha in apps must not run")),
        dry_run("bravo", denied("v.example.com", "bravo in apps must not run"))),
    "a quota": (dry_run("a", quota("a", "compute")), dry_run("b", quota("b", "compute"))),
    "a missing CRD": (
        applying("a", unserved("Certificate", "cert-manager.io/v1")),
        applying("b", unserved("Issuer", "cert-manager.io/v1"))),
    "an aggregated API": (
        applying("a", broken("metrics.k8s.io/v1beta1")),
        applying("b", broken("metrics.k8s.io/v1beta1"))),
    "a conversion webhook": (
        applying("a", converting("cert-manager.io/v1")),
        applying("b", converting("cert-manager.io/v1"))),
    "a namespace that is deleted": (
        applying("a", terminating("old")), applying("b", terminating("old"))),
    "the API server": (
        applying("a", "ConfigMap/apps/x apply failed: etcdserver: request timed out"),
        applying("b", "ConfigMap/apps/y apply failed: etcdserver: leader changed")),
    "an etcd that is full": (
        applying("a", f"ConfigMap/apps/x apply failed: {FULL}"),
        applying("b", f"ConfigMap/apps/y dry-run failed: {FULL}")),
    "a webhook in one remote cluster": (
        dry_run("a", webhook("kyverno-svc"), **REMOTE),
        dry_run("b", webhook("kyverno-svc"), **REMOTE)),
}  # fmt: skip

APART = {
    "two hosts": (git("a", A, get(A, REFUSED)), git("b", B, get(B, REFUSED))),
    "two errors of a host": (git("a", A, get(A, REFUSED)), git("b", A, get(A, EXPIRED))),
    "two Secrets": (git("a", A, REJECTED, **SECRET), git("b", A, REJECTED, **OTHER)),
    "Secrets of two namespaces": (
        git("a", A, REJECTED, **SECRET), git("team/b", A, REJECTED, **SECRET)),
    "a Secret at two hosts": (git("a", A, REJECTED, **SECRET), git("b", B, REJECTED, **SECRET)),
    "missing Secrets of two namespaces": (
        without_secret("GitRepository", "a"), without_secret("GitRepository", "team/b")),
    "two ServiceAccounts": (pulling("a", "ecr"), pulling("b", "readers")),
    "two DNS servers": (
        git("a", A, looking_up(A, "10.96.0.10:53")), git("b", A, looking_up(A, "10.0.0.2:53"))),
    "two remote clusters": (unreachable("a", "a.eks.test"), unreachable("b", "b.eks.test")),
    "SSH and HTTPS of a host": (
        git("a", A, get(A, REFUSED)),
        git("b", A, f"dial tcp {A}:22: connect: connection refused", url=f"ssh://git@{A}/b")),
    "two webhooks": (
        dry_run("a", webhook("kyverno-svc")),
        dry_run("b", webhook("cert-manager-webhook", "cert-manager"))),
    "Services of two namespaces": (
        dry_run("a", webhook("hooks", "one")), dry_run("b", webhook("hooks", "two"))),
    "two policies": (
        dry_run("a", denied("v.example.com", "a must not run")),
        dry_run("b", denied("v.example.com", "b has no owner"))),
    "the words of two webhooks": (
        dry_run("a", denied("v.example.com", "no")), dry_run("b", denied("w.example.com", "no"))),
    "two quotas": (dry_run("a", quota("a", "compute")), dry_run("b", quota("b", "pods"))),
    "quotas of two namespaces": (
        dry_run("a", quota("a", "compute")), dry_run("team/b", quota("b", "compute"))),
    "CRDs of two projects": (
        applying("a", unserved("Certificate", "cert-manager.io/v1")),
        applying("b", unserved("ServiceMonitor", "monitoring.coreos.com/v1"))),
    "two aggregated APIs": (
        applying("a", broken("metrics.k8s.io/v1beta1")),
        applying("b", broken("custom.metrics.k8s.io/v1beta1"))),
    "two namespaces that are deleted": (
        applying("a", terminating("old")), applying("b", terminating("older"))),
    "an etcd here and one in a remote cluster": (
        applying("a", f"ConfigMap/apps/x apply failed: {FULL}"),
        applying("b", f"ConfigMap/apps/y apply failed: {FULL}", **REMOTE)),
    "a webhook here and one in a remote cluster": (
        dry_run("a", webhook("kyverno-svc")), dry_run("b", webhook("kyverno-svc"), **REMOTE)),
    "webhooks of two remote clusters": (
        dry_run("a", webhook("kyverno-svc"), **REMOTE),
        dry_run("b", webhook("kyverno-svc"), **REMOTE_MAP)),
    "remote clusters of two namespaces": (
        dry_run("a", webhook("kyverno-svc"), **REMOTE),
        dry_run("team/b", webhook("kyverno-svc"), **REMOTE)),
}  # fmt: skip

OF_EACH = {
    "a repository": git("a", A, "repository not found"),
    "a branch": git("a", A, "couldn't find remote ref \"refs/heads/next\""),
    "a path": Failing("Kustomization", "a", "kustomization path not found: stat /tmp/x: no such "
                      "file or directory", {"path": "./x"}, "ArtifactFailed"),
    "an immutable field": applying(
        "a", 'Deployment/apps/a dry-run failed (Invalid): Deployment.apps "a" is invalid: '
        "spec.selector: Invalid value: {}: field is immutable"),
    "a login without a Secret": Failing(
        "Bucket", "a", "bucket lookup: Access Denied.", {"endpoint": A, "bucketName": "a"},
        "BucketOperationFailed"),
}  # fmt: skip


@pytest.mark.parametrize("pair", ONE_OUTAGE.values(), ids=ONE_OUTAGE)
def test_one_outage_is_shared(pair: tuple[Failing, Failing]) -> None:
    """What has to be mended once has one key, whatever refers to it."""
    one, other = pair
    assert one.shared() is not None
    assert one.shared() == other.shared()


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_two_outages_are_not_shared(pair: tuple[Failing, Failing]) -> None:
    """What has to be mended twice has two keys."""
    one, other = pair
    assert one.shared() is not None
    assert other.shared() is not None
    assert one.shared() != other.shared()


@pytest.mark.parametrize("one", OF_EACH.values(), ids=OF_EACH)
def test_a_fault_of_each_object_is_not_shared(one: Failing) -> None:
    """A path, a ref or a field is wrong in each object."""
    assert one.shared() is None
