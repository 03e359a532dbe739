"""The HelmRelease that brings a CRD or the server of a webhook.

Charts and CRD groups are those of the projects: the chart in each project's installation page, the
group in its CRDs. Reasons are those of HC api/v2/condition_types.go.
"""

from typing import Any

import pytest

from fluxstatus.causes.bringers import bringer_hints, bringer_of, keeps_away
from fluxstatus.model.evidence import Object
from tests.builders import (
    PROGRESSING,
    flux,
    judged,
    kustomization,
    minutes,
    reference,
    stamp,
    state,
)

FAILED = {"Ready": "False InstallFailed: Helm install failed"}


def release(name: str, chart: str, conditions: Any = None, **more: Any) -> Object:
    """Return a HelmRelease of *chart*."""
    template = {"spec": {"chart": chart, "sourceRef": reference("HelmRepository", "charts")}}
    return flux("HelmRelease", name, conditions, spec={"chart": template, **more.pop("spec", {})},
                **more)  # fmt: skip


def found(code: str, lacks: dict[str, str], *objects: Object, **spec: Any) -> str | None:
    """Return the name of the release that brings what a Kustomization *lacks*, or None."""
    needy = kustomization("needy", "git", spec=spec)
    known = state(needy, *objects)
    bringer = bringer_of(known, known.resources[judged(needy).ref.key], code, lacks)
    return bringer.ref.name if bringer else None


CHARTS = [
    ("cert-manager.io", "cert-manager"),
    ("acme.cert-manager.io", "cert-manager"),
    ("monitoring.coreos.com", "kube-prometheus-stack"),
    ("monitoring.coreos.com", "prometheus-operator-crds"),
    ("external-secrets.io", "external-secrets"),
    ("kyverno.io", "kyverno"),
    ("postgresql.cnpg.io", "cloudnative-pg"),
    ("pkg.crossplane.io", "crossplane"),
    ("traefik.io", "traefik"),
    ("keda.sh", "keda"),
    ("argoproj.io", "argo-rollouts"),
    ("gateway.networking.k8s.io", "gateway-helm"),
    ("snapshot.storage.k8s.io", "snapshot-controller"),
]


@pytest.mark.parametrize(("group", "chart"), CHARTS)
def test_a_chart_brings_the_crds_of_its_project(group: str, chart: str) -> None:
    """The chart of a project is found by the group of its CRDs, whatever the release is called."""
    wrong = release("other", "podinfo")
    assert found("crd-missing", {"missing_group_name": group}, release("it", chart), wrong) == "it"
    by_reference = flux("HelmRelease", "it", spec={"chartRef": reference("OCIRepository", chart)})
    assert found("crd-missing", {"missing_group_name": group}, by_reference, wrong) == "it"
    by_its_name = flux("HelmRelease", chart)
    assert found("crd-missing", {"missing_group_name": group}, by_its_name, wrong) == chart


@pytest.mark.parametrize(
    ("group", "chart"),
    [
        ("cert-manager.io", "podinfo"),
        ("networking.k8s.io", "k8s-tools"),  # built in
        ("helm.toolkit.fluxcd.io", "fluxcd-toolkit"),  # Flux brings it, not a chart
        ("cluster.x-k8s.io", "xk8s-tools"),  # any project of Kubernetes
        ("a2b.io", "a2b"),  # too short a name to tell anything
        ("apps", "apps"),  # built in
        ("", "cert-manager"),
    ],
)
def test_no_chart_is_guessed(group: str, chart: str) -> None:
    """A chart of another project, or a group without a project, brings nothing."""
    assert found("crd-missing", {"missing_group_name": group}, release("it", chart)) is None


REMOTE = {"kubeConfig": {"secretRef": {"name": "remote"}}}
GONE = {"deletionTimestamp": stamp(minutes(1))}


@pytest.mark.parametrize(
    ("release_of_it", "spec"),
    [
        (release("cert-manager", "cert-manager", spec=REMOTE), {}),
        (release("cert-manager", "cert-manager", **GONE), {}),
        (release("cert-manager", "cert-manager"), REMOTE),
    ],
    ids=["it installs elsewhere", "it is deleted", "the other is applied elsewhere"],
)
def test_a_release_of_another_cluster_brings_nothing(
    release_of_it: Object, spec: dict[str, Any]
) -> None:
    """Both must be in this cluster, and the release must stay."""
    lacks = {"missing_group_name": "cert-manager.io"}
    assert found("crd-missing", lacks, release_of_it, **spec) is None


@pytest.mark.parametrize(
    ("service", "of", "named"),
    [
        # HC docs/spec/v2: the release is in targetNamespace, or else in that of the object
        (("kyverno-svc", "kyverno"), release("kyverno/kyverno", "kyverno"), "kyverno"),
        (("kyverno-svc", "kyverno"),
         release("policies", "kyverno", spec={"targetNamespace": "kyverno"}), "policies"),
        (("cm-webhook", "apps"),
         release("certs", "cert-manager", spec={"releaseName": "cm"}), "certs"),
        (("kyverno-svc", "kyverno"), release("kyverno", "kyverno"), None),
        (("kyverno-svc", "kyverno"), release("kyverno/web", "podinfo"), None),
        (("kyverno-svc", "kyverno"),
         flux("HelmRelease", "kyverno/web",
              spec={"chartRef": reference("OCIRepository", "web")}), None),
        (("", "kyverno"), release("kyverno/kyverno", "kyverno"), None),
        (("kyverno-svc", ""), release("kyverno/kyverno", "kyverno"), None),
    ],
)  # fmt: skip
def test_a_release_brings_the_service_of_a_webhook(
    service: tuple[str, str], of: Object, named: str | None
) -> None:
    """The Service of a webhook is in the namespace of its release, and named after it."""
    lacks = {"hook_service": service[0], "hook_ns": service[1]}
    assert found("admission-unreachable", lacks, of) == named


def test_of_several_releases_the_one_that_fails_is_named() -> None:
    """A chart of CRDs alone and one of the operator may both be there: one that fails is why."""
    both = [release("a-crds", "kyverno"), release("b-operator", "kyverno", FAILED)]
    assert found("crd-missing", {"missing_group_name": "kyverno.io"}, *both) == "b-operator"


@pytest.mark.parametrize(
    ("conditions", "crd", "webhook"),
    [
        ({"Ready": "True InstallSucceeded: ok"}, False, False),
        ({"Ready": "False InstallFailed: no"}, True, True),
        ({"Ready": "False UpgradeFailed: no"}, True, True),
        ({"Ready": "False RollbackSucceeded: no"}, True, True),
        ({"Ready": "False UninstallFailed: no"}, True, True),
        ({"Ready": "False TestFailed: no"}, True, True),
        # before any action of Helm: what was installed still runs
        ({"Ready": "False SourceNotReady: no"}, True, False),
        ({"Ready": "False DependencyNotReady: no"}, True, False),
        ({"Ready": "False ArtifactFailed: no"}, True, False),
        ({"Ready": "False ValuesError: no"}, True, False),
    ],
)
def test_a_release_that_fails_keeps_away_what_it_brings(
    conditions: dict[str, str], crd: bool, webhook: bool
) -> None:
    """A CRD comes with the release; the pods of a webhook only go with an action of Helm."""
    one = judged(release("it", "kyverno", conditions))
    assert keeps_away(one, "crd-missing") is crd
    assert keeps_away(one, "admission-unreachable") is webhook


def test_a_release_in_progress_keeps_away_both() -> None:
    """While Helm runs, the pods of a webhook may be replaced."""
    one = judged(release("it", "kyverno", {"Ready": PROGRESSING}, age=minutes(1)))
    assert keeps_away(one, "crd-missing")
    assert keeps_away(one, "admission-unreachable")


def test_what_to_do_depends_on_the_release() -> None:
    """A release that is not ready is fixed first; for one that is, its values are checked."""
    (ready,) = bringer_hints(judged(release("it", "kyverno")), "admission-unreachable")
    (of_crd,) = bringer_hints(judged(release("it", "kyverno")), "crd-missing")
    (failed,) = bringer_hints(judged(release("it", "kyverno", FAILED)), "crd-missing")
    assert "spec.install.crds" in of_crd.text
    assert "its values and its pods" in ready.text
    assert "fix this HelmRelease first" in failed.text
    assert ready.commands[0].argv[:3] == (
        "kubectl",
        "get",
        "helmreleases.helm.toolkit.fluxcd.io/it",
    )
