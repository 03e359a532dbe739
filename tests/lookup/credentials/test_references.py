"""The Secrets of an object and of its sources."""

import pytest

from fluxstatus.lookup.credentials.references import named_by, server_of
from fluxstatus.model.evidence import Object
from tests.builders import flux, reference, state


def names(kind: str, *objects: Object) -> list[tuple[str, str, str]]:
    """Return the Secret, the kind that names it and the use for the first object, of *kind*."""
    known = state(*objects)
    (first,) = [r for r in known.resources.values() if r.ref.name == "first"]
    assert first.ref.kind == kind
    return [(one.name, one.user.kind, one.use) for one in named_by(known, first)]


def secret(name: str) -> Object:
    """Return a reference to the Secret *name*."""
    return {"name": name}


def test_a_source_names_what_it_logs_in_with() -> None:
    """Login, TLS, proxy, signature and STS of a source are all found."""
    spec = {
        "url": "https://git.example.com/a",
        "secretRef": secret("a"),
        "certSecretRef": secret("b"),
        "proxySecretRef": secret("c"),
        "verify": {"provider": "cosign", "secretRef": secret("d")},
        "sts": {"secretRef": secret("e"), "certSecretRef": secret("f")},
    }
    assert names("OCIRepository", flux("OCIRepository", "first", spec=spec)) == [
        ("a", "OCIRepository", "login"),
        ("b", "OCIRepository", "tls"),
        ("c", "OCIRepository", "proxy"),
        ("d", "OCIRepository", "verify"),
        ("e", "OCIRepository", "sts"),
        ("f", "OCIRepository", "tls"),
    ]


def test_an_applier_names_its_own_and_those_of_its_source() -> None:
    """Of a Kustomization decryption, target cluster and variables come first, then the source."""
    spec = {
        "sourceRef": reference("GitRepository", "git"),
        "decryption": {"secretRef": secret("sops")},
        "kubeConfig": {"secretRef": secret("remote")},
        "postBuild": {
            "substituteFrom": [
                {"kind": "ConfigMap", "name": "plain"},
                {"kind": "Secret", "name": "variables"},
            ]
        },
    }
    git = flux("GitRepository", "git", spec={"secretRef": secret("login")})
    assert names("Kustomization", flux("Kustomization", "first", spec=spec), git) == [
        ("sops", "Kustomization", "decryption"),
        ("remote", "Kustomization", "kubeconfig"),
        ("variables", "Kustomization", "variables"),
        ("login", "GitRepository", "login"),
    ]


def test_a_release_leads_to_its_repository() -> None:
    """From a HelmRelease the chain goes by its chart to the repository."""
    values = [{"kind": "Secret", "name": "values"}]
    chart = {"chart": "web", "sourceRef": reference("HelmRepository", "charts")}
    release = flux("HelmRelease", "first", spec={"chart": {"spec": chart}, "valuesFrom": values})
    made = flux("HelmChart", "apps-first", spec={
        **chart, "verify": {"provider": "cosign", "secretRef": secret("cosign")}})  # fmt: skip
    charts = flux("HelmRepository", "charts", spec={"secretRef": secret("login")})
    assert names("HelmRelease", release, made, charts) == [
        ("values", "HelmRelease", "values"),
        ("cosign", "HelmChart", "verify"),
        ("login", "HelmRepository", "login"),
    ]


def test_a_release_with_an_oci_template_names_its_secrets() -> None:
    """The Secrets of an OCIRepository are in the chart template, where they are corrected.

    They are found before helm-controller has created it.
    """
    template = {
        "url": "oci://ghcr.io/acme/charts/web",
        "secretRef": secret("login"),
        "certSecretRef": secret("tls"),
        "verify": {"provider": "cosign", "secretRef": secret("cosign")},
    }
    chart = {"kind": "OCIRepository", "spec": template}
    release = flux("HelmRelease", "first", spec={"chart": chart})
    made = flux("OCIRepository", "apps-first", spec=template)
    for objects in ([release], [release, made]):
        known = state(*objects)
        (first,) = known.of_kind("HelmRelease")
        found = [(one.name, one.path, one.kind, one.host) for one in named_by(known, first)]
        place, host = "spec.chart.spec", "ghcr.io"
        assert found == [
            ("login", f"{place}.secretRef.name", "OCIRepository", host),
            ("tls", f"{place}.certSecretRef.name", "OCIRepository", host),
            ("cosign", f"{place}.verify.secretRef.name", "OCIRepository", host),
        ]


def test_others_name_theirs() -> None:
    """Alerts lead to Providers, automations to repositories, instances to pull secrets."""
    alert = flux("Alert", "first", spec={"providerRef": secret("slack")})
    provider = flux("Provider", "slack", spec={"type": "slack", "secretRef": secret("token")})
    assert names("Alert", alert, provider) == [("token", "Provider", "login")]
    automation = flux("ImageUpdateAutomation", "first", spec={
        "sourceRef": reference("GitRepository", "git"),
        "git": {"commit": {"signingKey": {"secretRef": secret("gpg")}}}})  # fmt: skip
    git = flux("GitRepository", "git", spec={"secretRef": secret("login")})
    assert names("ImageUpdateAutomation", automation, git) == [
        ("gpg", "ImageUpdateAutomation", "signing"),
        ("login", "GitRepository", "login"),
    ]
    instance = flux("FluxInstance", "flux-system/first", spec={
        "distribution": {"imagePullSecret": "images", "registry": "ghcr.io/x"},
        "sync": {"kind": "GitRepository", "url": "https://x", "pullSecret": "sync"}})  # fmt: skip
    root = flux("GitRepository", "flux-system/flux-system", spec={"secretRef": secret("sync")})
    assert names("FluxInstance", instance, root) == [
        ("sync", "FluxInstance", "login"),
        ("images", "FluxInstance", "images"),
    ]
    inputs = flux("ResourceSet", "first", spec={
        "inputsFrom": [{"kind": "ResourceSetInputProvider", "name": "pulls"}]})  # fmt: skip
    pulls = flux("ResourceSetInputProvider", "pulls", spec={"secretRef": secret("github")})
    assert names("ResourceSet", inputs, pulls) == [("github", "ResourceSetInputProvider", "login")]


def test_a_circle_ends() -> None:
    """Objects that depend on each other are visited once."""
    one = flux("ArtifactGenerator", "first", spec={"sources": [reference("ExternalArtifact", "x")]})
    other = flux(
        "ExternalArtifact", "x", spec={"sourceRef": reference("ArtifactGenerator", "first")}
    )
    assert names("ArtifactGenerator", one, other) == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://git.example.com:8443/a.git", "git.example.com"),
        ("ssh://git@git.example.com/a.git", "git.example.com"),
        ("oci://index.docker.io/a", "docker.io"),
        ("ghcr.io/a/b", "ghcr.io"),
        ("localhost:5000/a", "localhost:5000"),
        ("library/nginx", "docker.io"),
        ("nginx", "docker.io"),
        ("", ""),
        ("https://[::1", ""),
    ],
)
def test_hosts(url: str, host: str) -> None:
    """The host is that of a URL, or the registry of an image."""
    assert server_of(url) == host
