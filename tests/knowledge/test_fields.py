"""The fields of an object that sentences and commands may use."""

from typing import Any

import pytest

from fluxstatus.knowledge.fields import fields_of, host_in, missing_fields, ref_of
from tests.builders import flux, judged
from tests.knowledge.examples import Example

URL = "https://git.example.com/a.git"
LOGIN = {"secretRef": {"name": "login"}}

FIELDS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    # The address
    ("GitRepository", {"url": URL}, {
        "url": URL, "address": URL, "host": "git.example.com", "ssh": "", "plain_http": "",
        "address_field": "spec.url", "of_endpoint": "", "endpoint_name": "app",
    }),
    ("GitRepository", {"url": "ssh://h.io/a"}, {"ssh": "ssh://h.io/a", "plain_http": ""}),
    ("GitRepository", {"url": "http://h.io/a"}, {"plain_http": "http://h.io/a", "ssh": ""}),
    ("Bucket", {"endpoint": "s3.example.com", "bucketName": "b"}, {
        "address": "s3.example.com", "host": "s3.example.com", "bucket": "b",
        "address_field": "spec.endpoint",
    }),
    ("ImageRepository", {"image": "acme/app"}, {
        "image": "acme/app", "address": "docker.io/acme/app", "address_field": "spec.image",
    }),
    ("ImageRepository", {"image": "nginx"}, {"address": "docker.io/nginx"}),
    ("ImageRepository", {"image": "localhost/app"}, {"address": "localhost/app"}),
    ("ImageRepository", {"image": "registry:5000/app"}, {"address": "registry:5000/app"}),
    ("ImageRepository", {"image": "ghcr.io/acme/app"}, {"address": "ghcr.io/acme/app"}),
    ("ImageRepository", {}, {"address": "", "host": ""}),
    ("HelmChart", {}, {"address_field": "spec.url of the HelmRepository"}),
    # The cloud
    ("OCIRepository", {"provider": "aws"}, {"cloud": "aws", "no_provider": "", "github_app": ""}),
    ("OCIRepository", {"provider": "generic"}, {"cloud": "", "no_provider": "generic"}),
    ("OCIRepository", {}, {"cloud": "", "no_provider": "generic", "provider": ""}),
    ("GitRepository", {"provider": "github"}, {"github_app": "github", "cloud": ""}),
    ("FluxInstance", {"sync": {"provider": "gcp"}}, {"cloud": "gcp", "provider": ""}),
    ("OCIRepository", {"url": "oci://1.dkr.ecr.eu-west-1.amazonaws.com/a"}, {
        "cloud_registry": "aws", "ecr": "1.dkr.ecr.eu-west-1.amazonaws.com",
    }),
    ("OCIRepository", {"url": "oci://acme.azurecr.io/a"}, {"cloud_registry": "azure", "ecr": ""}),
    ("OCIRepository", {"url": "oci://eu-docker.pkg.dev/a"}, {"cloud_registry": "gcp"}),
    ("OCIRepository", {"url": "oci://ghcr.io/a"}, {"cloud_registry": "", "ecr": ""}),
    # Secrets
    ("GitRepository", LOGIN, {"secret": "login", "own_secret": "login", "holder": "login"}),
    ("FluxInstance", {"sync": {"pullSecret": "pull"}}, {
        "secret": "pull", "own_secret": "", "holder": "pull", "sync_secret": "pull",
    }),
    ("GitRepository", {}, {"secret": "", "holder": ""}),
    # What is applied
    ("Kustomization", {}, {"path": "./", "target_ns": "apps", "in_git": "in Git"}),
    ("Kustomization", {"path": "deploy", "targetNamespace": "web"}, {
        "path": "deploy", "target_ns": "web", "ns": "apps",
    }),
    ("GitRepository", {}, {"path": ""}),
    ("HelmRelease", {}, {"storage_ns": "apps", "in_git": "in spec.values or the chart"}),
    ("FluxInstance", {}, {"in_git": "in spec.kustomize.patches", "unset_default": ""}),
    ("ResourceSet", {}, {"in_git": "in Git", "quoted_variable": "", "unquoted_variable": ""}),
    ("HelmRelease", {"storageNamespace": "helm"}, {"storage_ns": "helm", "target_ns": "apps"}),
    ("HelmRelease", {"chart": {"spec": {"chart": "web", "version": "1.x"}}}, {
        "chart": "web", "chart_version": "1.x",
    }),
    ("HelmChart", {"chart": "web"}, {"chart": "web"}),
    ("GitRepository", {"recurseSubmodules": True}, {"submodules": "recurseSubmodules"}),
    ("GitRepository", {"recurseSubmodules": "true"}, {"submodules": ""}),
    # The source
    ("Kustomization", {"sourceRef": {"kind": "GitRepository", "name": "git"}}, {
        "source_name": "git", "source_ns": "apps",
        "source_resource": "gitrepositories.source.toolkit.fluxcd.io",
    }),
    ("HelmRelease", {"chartRef": {"kind": "OCIRepository", "name": "oci", "namespace": "b"}}, {
        "source_name": "oci", "source_ns": "b",
        "source_resource": "ocirepositories.source.toolkit.fluxcd.io",
    }),
    ("GitRepository", {}, {"source_name": "", "source_resource": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "spec", "expected"), FIELDS)
def test_fields_of_an_object(kind: str, spec: dict[str, Any], expected: dict[str, str]) -> None:
    """They are in its spec, or defaults of its kind, or empty."""
    fields = fields_of(judged(flux(kind, "apps/app", spec=spec)))
    assert {name: fields[name] for name in expected} == expected
    assert (fields["name"], fields["ns"], fields["kind"]) == ("app", "apps", kind)


@pytest.mark.parametrize(
    ("chart", "namespace", "name"),
    [
        ("charts/apps-app", "charts", "apps-app"),
        ("OCIRepository/charts/app", "", ""),  # of another kind
        ("", "", ""),
    ],
)
def test_the_chart_of_a_release(chart: str, namespace: str, name: str) -> None:
    """The HelmChart that helm-controller made, which status.helmChart names."""
    fields = fields_of(judged(flux("HelmRelease", "apps/app", status={"helmChart": chart})))
    assert (fields["helm_chart_ns"], fields["helm_chart"]) == (namespace, name)


def test_the_address_and_the_login_are_those_of_the_source() -> None:
    """Of an object that is fetched from another one, which is named."""
    chart = judged(flux("HelmChart", "apps/app", spec={"url": "https://own.io", "chart": "web"}))
    spec = {"url": "https://charts.example.com", "provider": "azure", **LOGIN}
    charts = judged(flux("HelmRepository", "infra/charts", spec=spec))
    fields = fields_of(chart, charts)
    assert fields["address"] == "https://charts.example.com"
    assert fields["host"] == "charts.example.com"
    assert fields["address_field"] == 'spec.url of HelmRepository "charts"'
    assert fields["of_endpoint"] == ' of HelmRepository "charts"'
    assert (fields["endpoint_ns"], fields["endpoint_name"]) == ("infra", "charts")
    assert (fields["secret"], fields["cloud"]) == ("login", "azure")
    assert (fields["ns"], fields["name"], fields["chart"]) == ("apps", "app", "web")
    assert fields_of(charts, charts) == fields_of(charts)


@pytest.mark.parametrize(
    ("kind", "ref", "expected"),
    [
        ("GitRepository", {}, "the default branch"),
        ("OCIRepository", {}, 'tag "latest"'),
        ("GitRepository", {"branch": "main"}, 'branch "main"'),
        ("GitRepository", {"branch": "main", "tag": "v1"}, 'tag "v1"'),
        ("GitRepository", {"tag": "v1", "semver": "1.x"}, 'a tag that matches "1.x"'),
        ("GitRepository", {"semver": "1.x", "name": "refs/pull/1/head"}, "refs/pull/1/head"),
        ("GitRepository", {"branch": "main", "commit": "c0ffee"}, 'commit "c0ffee"'),
        ("OCIRepository", {"tag": "v1", "digest": "sha256:1"}, 'digest "sha256:1"'),
        ("GitRepository", {"tag": ""}, "the default branch"),
    ],
)
def test_what_a_source_asks_for(kind: str, ref: dict[str, str], expected: str) -> None:
    """Of several references, the one that counts (SC api/v1)."""
    assert ref_of({"ref": ref}, kind) == expected


@pytest.mark.parametrize(
    ("message", "host", "redirects"),
    [
        ("Get https://a.io/x: refused", "a.io", ""),
        ("Get https://a.io/x: Get https://u:p@b.io:8443/y: refused", "b.io:8443", "a.io"),
        ("Get http://a.io:80/x: Get https://a.io/y: refused", "a.io", ""),
        ("Get https://a.io/x: 403, see https://docs.io/y", "a.io", ""),
        ("dial ssh://git@a.io:22: refused", "a.io:22", ""),
    ],
)
def test_the_host_in_a_message(message: str, host: str, redirects: str) -> None:
    """The last one failed; the first one redirected to it; a page to read is neither."""
    assert host_in(message) == {"host": host, "host_said": host, "redirects": redirects}
    assert host_in("no such file") == {}


def test_which_secret_is_missing() -> None:
    """The field that has the name of what does not exist, as far as it is known."""
    proxy = {"own_secret": "login", "proxy_secret": "proxy", "verify_secret": ""}
    assert missing_fields(proxy, "proxy") == {
        "missing_field": "spec.proxySecretRef", "missing_proxy": "proxy"
    }  # fmt: skip
    assert missing_fields(proxy, "other") == {"missing_field": "the spec"}


@pytest.mark.parametrize(
    ("kind", "place", "has_variables"),
    [
        ("Kustomization", "in Git", True),
        ("FluxInstance", "in spec.kustomize.patches", False),
        ("HelmRelease", "in spec.values or the chart", False),
        ("ResourceSet", "in Git", False),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        ".spec.template.metadata.labels.tier: expected string, got int",
        ".data.port: expected string, got &value.valueUnstructured{Value:8080}",
        ".spec.replicas: expected numeric (int or float), got string",
    ],
)
def test_advice_on_a_wrong_type_names_the_field(
    kind: str, place: str, error: str, *, has_variables: bool
) -> None:
    """Where the manifest is changed; variables are only of a kind that substitutes them."""
    message = (
        "Deployment/flux-system/source-controller dry-run failed: failed to create typed patch "
        f"object (flux-system/source-controller; apps/v1, Kind=Deployment): {error}"
    )
    found = Example(kind, "ReconciliationFailed", message, "", ()).diagnosis()
    advice = " ".join(step.text for step in found.hints)
    assert found.code == "manifest-wrong-type"
    assert place in advice
    assert ("spec.postBuild" in advice) is has_variables
