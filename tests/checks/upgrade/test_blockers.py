"""What blocks an upgrade: with it and without it."""

from typing import Any

import pytest

from fluxstatus.knowledge.flux_minors import FLUX_MINORS, OPERATOR_KNOWN
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit, Level
from tests.builders import FORBIDDEN, flux, without
from tests.checks.upgrade.planning import codes, places, plan, system

CRDS = "customresourcedefinitions.apiextensions.k8s.io"
IMAGE, NOTIFY = "image.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"


def crd(stored: list[str], now: str = "v1", name: str = f"imagepolicies.{IMAGE}") -> Object:
    """Return a CRD whose objects are stored as *now*, and were as *stored*."""
    versions = [{"name": v, "served": True, "storage": v == now} for v in sorted({*stored, now})]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": name.partition(".")[2], "versions": versions},
        "status": {"storedVersions": stored},
    }


def written(kind: str, version: str, **more: Any) -> Object:
    """Return an object that kustomize-controller last wrote in *version*."""
    entry = {
        "apiVersion": version, "manager": "kustomize-controller", "operation": "Apply",
        "fieldsV1": {"f:spec": {}}, "time": "2026-03-01T10:00:00Z",
    }  # fmt: skip
    return flux(kind, "x", managedFields=[entry], **more)


@pytest.mark.parametrize(
    ("stored", "to", "blocks"),
    [
        (["v1beta2", "v1"], (2, 9), True),
        (["v1beta2", "v1"], (2, 10), True),
        (["v1"], (2, 9), False),
    ],
)
def test_stored_versions(stored: list[str], to: tuple[int, int], blocks: bool) -> None:
    """A stored version that the upgrade removes blocks it; migrating is what helps."""
    found = plan(crd(stored), to=to)
    assert ("upgrade-stored-versions" in codes(found)) is blocks
    if blocks:
        finding = codes(found)["upgrade-stored-versions"]
        assert places(finding) == [f"CRD imagepolicies.{IMAGE}: v1beta2, which Flux 2.9 removes"]
        argv = [c.argv for hint in finding.hints for c in hint.commands if c.changes]
        assert ("flux", "--context", "prod", "migrate") in argv
        assert any("fluxinstances.fluxcd.controlplane.io" in words for words in argv)


def test_a_stored_version_that_stays_for_now() -> None:
    """A stored version that only a later upgrade removes does not block this one."""
    assert "upgrade-stored-versions" not in codes(plan(crd(["v1beta2", "v1"]), flux="v2.7.5"))


def test_a_version_in_between() -> None:
    """Image automation of Flux 2.6 has one version, which 2.9 removes: 2.8 has both."""
    found = plan(crd(["v1beta2"], "v1beta2"), flux="v2.6.4", to=(2, 9))
    finding = codes(found)["upgrade-in-between"]
    assert "upgrade to Flux 2.8 first" in finding.hints[0].text
    assert finding.hints[0].commands[0].argv[1:5] == ("flux-status", "upgrade", "plan", "--to")
    assert "upgrade-stored-versions" not in codes(found)
    near = plan(crd(["v1beta2"], "v1beta2"), flux="v2.6.4", to=(2, 8))
    assert "upgrade-in-between" not in codes(near)


def test_a_version_in_between_without_crds() -> None:
    """If the CRDs could not be read, the objects tell that they have no newer version."""
    policy = flux("ImagePolicy", "p")
    policy["apiVersion"] = f"{IMAGE}/v1beta2"
    found = codes(plan(policy, flux="v2.6.4", to=(2, 9), unread={CRDS: FORBIDDEN}))
    assert places(found["upgrade-in-between"]) == [
        f"ImagePolicy apps/p: {IMAGE}/v1beta2, which Flux 2.9 removes"
    ]


@pytest.mark.parametrize(
    ("version", "flux_version", "blocks"),
    [
        (f"{KUSTOMIZE}/v1beta2", "v2.7.5", True),
        (f"{KUSTOMIZE}/v1beta1", "v2.6.4", True),
        (f"{KUSTOMIZE}/v1beta2", "v2.6.4", False),
        (f"{KUSTOMIZE}/v1", "v2.7.5", False),
    ],
)
def test_what_was_last_written(version: str, flux_version: str, blocks: bool) -> None:
    """An object that was last written in a version that is removed names who wrote it, and when."""
    found = codes(plan(written("Kustomization", version), flux=flux_version))
    assert ("upgrade-api-version" in found) is blocks
    if blocks:
        [place] = places(found["upgrade-api-version"])
        assert place.startswith(
            f"Kustomization apps/x: {version} by kustomize-controller on 2026-03-01, which Flux 2."
        )


@pytest.mark.parametrize(
    ("version", "flux_version", "remote", "blocks"),
    [
        ("v1beta2", "v2.8.8", False, True),
        ("v1beta2", "v2.7.5", False, False),
        ("v1beta2", "v2.8.8", True, False),
        ("v1", "v2.8.8", False, False),
    ],
)
def test_what_an_inventory_has(
    version: str, flux_version: str, *, remote: bool, blocks: bool
) -> None:
    """An inventory tells in which version Flux applies a manifest to this cluster."""
    spec = {"kubeConfig": {"secretRef": {"name": "spoke"}}} if remote else {}
    one = flux("Kustomization", "k", spec=spec)
    one["status"]["inventory"] = {
        "entries": [{"id": f"apps_app_{IMAGE}_ImagePolicy", "v": version}]
    }
    found = codes(plan(one, flux=flux_version))
    assert ("upgrade-manifest-version" in found) is blocks
    if blocks:
        [place] = places(found["upgrade-manifest-version"])
        what = f"ImagePolicy as {IMAGE}/v1beta2 (apps/app)"
        assert place == f"Kustomization apps/k: {what}, which Flux 2.9 removes"


def test_what_a_controller_makes_is_made_anew() -> None:
    """The root sync of a FluxInstance stands in no manifest; what a chart creates stands in one."""
    sync = written("Kustomization", f"{KUSTOMIZE}/v1beta2")
    sync["metadata"]["labels"] = {"fluxcd.controlplane.io/name": "flux"}
    assert "upgrade-api-version" not in codes(plan(sync, flux="v2.7.5"))
    sync["metadata"]["labels"] = {"helm.toolkit.fluxcd.io/name": "tenants"}
    assert "upgrade-api-version" in codes(plan(sync, flux="v2.7.5"))


@pytest.mark.parametrize(
    ("kubernetes", "to", "blocks"),
    [("v1.32.9", (2, 9), True), ("v1.33.0", (2, 9), False), ("v1.34.1", (2, 10), True),
     ("v1.35.0", (2, 10), False), ("v1.38.0", (2, 10), False)],
)  # fmt: skip
def test_kubernetes(kubernetes: str, to: tuple[int, int], blocks: bool) -> None:
    """A Kubernetes below the range of the target blocks; one beyond it does not."""
    found = codes(plan(to=to, kubernetes=kubernetes))
    assert ("upgrade-kubernetes" in found) is blocks


@pytest.mark.parametrize(
    ("kubernetes", "noted"), [("v1.33.4", True), ("v1.34.0", False), ("v1.37.0", True)]
)
def test_kubernetes_that_is_not_tested(kubernetes: str, noted: bool) -> None:
    """A Kubernetes with which the target works, but is not tested, is a note."""
    found = codes(plan(to=(2, 9), kubernetes=kubernetes))
    assert ("upgrade-kubernetes-untested" in found) is noted
    assert "upgrade-kubernetes" not in found


@pytest.mark.parametrize(
    ("operator", "to", "level"),
    [
        ("v0.52.0", (2, 9), Level.FAIL),
        ("v0.53.0", (2, 9), None),
        ("v0.41.1", (2, 8), Level.FAIL),
        ("v0.42.0", (2, 8), None),
        (f"v0.{OPERATOR_KNOWN[1]}.0", (2, 10), Level.FAIL),
        (f"v0.{OPERATOR_KNOWN[1] + 2}.0", (2, 10), Level.UNKNOWN),
    ],
)
def test_the_operator(operator: str, to: tuple[int, int], level: Level | None) -> None:
    """An operator without the target blocks; of a newer one than is known, that is not known."""
    known = FLUX_MINORS[to].operator
    assert (known is None) is (to == (2, 10)), "test a version whose operator is not known"
    found = plan(to=to, installed=system(f"v2.{to[1] - 1}.0", operator))
    levels = {one.level for one in found.findings if one.code.startswith("upgrade-operator")}
    assert levels == ({level} if level else set())
    expected = {Level.FAIL: Exit.UNHEALTHY, Level.UNKNOWN: Exit.NO_VERDICT, None: Exit.HEALTHY}
    assert found.exit_code is expected[level]


def test_without_an_operator_there_is_none_to_upgrade() -> None:
    """After flux bootstrap nothing is said about the operator."""
    installed = without(
        system("v2.9.5"), "Deployment/flux-operator", "FluxInstance/flux", "FluxReport/flux"
    )
    found = plan(installed=installed, to=(2, 10))
    assert not [one for one in found.findings if "operator" in one.code]
    assert found.exit_code is Exit.HEALTHY
    texts = " ".join(step.text for step in found.steps)
    assert "flux bootstrap" in texts
    assert "FluxInstance" not in texts


def test_a_downgrade() -> None:
    """An older version than the one that is installed is refused."""
    found = plan(flux="v2.9.5", to=(2, 8))
    assert found.exit_code is Exit.UNHEALTHY
    assert "upgrade-downgrade" in codes(found)
    assert not found.steps
