"""What a plan says when the cluster is between two states, or is newer than the tables."""

import pytest

from fluxstatus.checks.upgrade.plan import plan_of
from fluxstatus.commands.upgrade.output import as_text
from fluxstatus.knowledge.flux_minors import NEWEST
from fluxstatus.model.evidence import Evidence, Object, Target, Unread, Why
from fluxstatus.model.findings import Exit, Level
from fluxstatus.report.look import Look
from fluxstatus.state.state import State
from tests.builders import FORBIDDEN, NOW, alter, source, without
from tests.checks.upgrade.planning import codes, plan, system
from tests.checks.upgrade.test_blockers import crd, written
from tests.checks.upgrade.test_plan import FLOW, applied

INSTANCES = "fluxinstances.fluxcd.controlplane.io"
BEYOND = f"2.{NEWEST[1] + 2}"


def _texts(found: object) -> str:
    return " ".join(step.text for step in found.steps)  # type: ignore[attr-defined]


def test_a_flux_that_is_newer_than_the_plugin() -> None:
    """Nobody knows what follows a Flux that is not known, so there is no verdict."""
    found = plan(flux=f"v{BEYOND}.0")
    assert found.exit_code is Exit.NO_VERDICT
    assert (
        f"Flux {BEYOND} is newer than this plugin" in codes(found)["upgrade-target-unknown"].title
    )
    assert "upgrade-nothing" not in codes(found)
    asked = plan(flux=f"v{BEYOND}.0", to=(2, NEWEST[1] + 2))
    assert asked.exit_code is Exit.HEALTHY


@pytest.mark.parametrize("absent", [(), ("FluxReport/flux",)])
def test_controllers_of_two_versions(absent: tuple[str, ...]) -> None:
    """In an upgrade that is half done, the plan starts at the oldest version, without a verdict."""
    labels = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.10.0"}
    half = alter(system("v2.9.5"), "Deployment/source-controller", {"metadata.labels": labels})
    found = plan(installed=without(half, *absent), to=(2, 10))
    assert (found.current, found.exit_code) == ((2, 9), Exit.UNHEALTHY)  # also an old operator
    mixed = codes(found)["upgrade-from-mixed"]
    assert mixed.level is Level.UNKNOWN
    assert "2.9 and 2.10" in mixed.title
    assert as_text(found, Look(width=200)).startswith("Flux 2.9 and 2.10 to 2.10 ·")
    assert ("Deployment flux-system/source-controller", "v2.10.0") in mixed.evidence
    assert found.state.flux_version == "v2.9.5"  # 2.10 comes after 2.9
    oldest = plan(installed=without(half, *absent), to=(2, 9))
    assert oldest.exit_code is Exit.NO_VERDICT
    assert "upgrade-nothing" not in codes(oldest)


def test_a_patch_apart() -> None:
    """Controllers of two patch versions are not two minor versions."""
    labels = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.8.9"}
    found = plan(
        installed=alter(
            system("v2.8.8"), "Deployment/source-controller", {"metadata.labels": labels}
        )
    )
    assert "upgrade-from-mixed" not in codes(found)
    assert found.exit_code is Exit.HEALTHY


@pytest.mark.parametrize("status", [{}, {"storedVersions": []}, {"storedVersions": "v1"}])
def test_a_crd_without_stored_versions(status: Object) -> None:
    """The API server always lists a stored version: without one, nothing is known of a CRD."""
    broken = crd(["v1"]) | {"status": status}
    found = plan(broken)
    assert found.exit_code is Exit.NO_VERDICT
    [unread] = found.part("unread")
    assert broken["metadata"]["name"] in unread.title


def test_an_unreachable_cluster_is_said_once() -> None:
    """That the version of Flux is unknown goes without saying if nothing could be read."""
    reason = Unread(Why.UNREACHABLE, "connection refused")
    found = plan_of(State(Evidence(NOW, Target("prod"), unreachable=reason)))
    assert [one.code for one in found.findings] == ["unreachable"]
    assert found.exit_code is Exit.NO_VERDICT


def test_an_instance_whose_operator_is_gone() -> None:
    """A FluxInstance without an operator has no verdict, and Flux is not bootstrapped beside it."""
    found = plan(installed=without(system("v2.8.8"), "Deployment/flux-operator"))
    assert found.exit_code is Exit.NO_VERDICT
    assert "no Flux Operator was found" in codes(found)["upgrade-operator-unknown"].title
    assert "flux bootstrap" not in _texts(found)
    assert "spec.distribution.version" in _texts(found)


def test_an_operator_that_may_not_be_read() -> None:
    """Who may not list Deployments is not told to bootstrap what a FluxInstance manages."""
    found = plan(
        installed=without(system("v2.8.8"), "Deployment/flux-operator"),
        unread={"deployments.apps/operator": FORBIDDEN},
    )
    assert "upgrade-operator-unknown" not in codes(found)  # it is in the part "unread"
    assert "flux bootstrap" not in _texts(found)
    assert "upgrade the Flux Operator" in _texts(found)


def test_instances_that_may_not_be_read() -> None:
    """Without knowing whether there is a FluxInstance, the step fits both."""
    installed = without(system("v2.8.8"), "FluxInstance/flux")
    found = plan(installed=installed, unread={INSTANCES: FORBIDDEN})
    assert "flux bootstrap" not in _texts(found)
    assert "if there is a FluxInstance" in _texts(found)


def test_a_suspended_instance() -> None:
    """The operator ignores a suspended FluxInstance, so it is resumed first."""
    note = {"fluxcd.controlplane.io/reconcile": "disabled"}
    found = plan(
        installed=alter(system("v2.8.8"), "FluxInstance/flux", {"metadata.annotations": note})
    )
    assert "resume FluxInstance flux-system/flux" in _texts(found)
    assert "resume" not in _texts(plan())


@pytest.mark.parametrize(
    ("operator", "artifact", "level"),
    [
        ("v0.41.1", "oci://registry.example/manifests", Level.UNKNOWN),
        ("v0.41.1", None, Level.FAIL),
        ("v0.59.0", "oci://registry.example/manifests", Level.FAIL),
    ],
)
def test_an_artifact(operator: str, artifact: str | None, level: Level) -> None:
    """Before 0.54, an operator with an artifact tried what its image does not include (FO#937)."""
    to = (2, 10) if operator == "v0.59.0" else (2, 8)
    installed = system("v2.7.5", operator, spec__distribution__artifact=artifact)
    found = plan(installed=installed, to=to)
    levels = [one.level for one in found.findings if one.code.startswith("upgrade-operator")]
    assert levels == [level]


def _migrations(found: object) -> set[str]:
    steps = found.steps  # type: ignore[attr-defined]
    commands = [command.argv for step in steps for command in step.commands]
    return {words[4] for words in commands if words[:3] == ("flux", "migrate", "-f")}


@pytest.mark.parametrize(
    ("flux", "to", "versions", "clis"),
    [
        ("v2.4.0", (2, 5), set(), set()),
        ("v2.5.0", (2, 6), {"--version=2.6"}, {"2.7"}),
        ("v2.6.4", (2, 10), {"--version=2.6", "--version=2.10"}, {"2.8", "2.10"}),
        ("v2.9.5", (2, 99), {"--version=2.9", "--version=2.99"}, {"2.10", "2.99"}),
    ],
)
def test_the_flux_cli_for_manifests(
    flux: str, to: tuple[int, int], versions: set[str], clis: set[str]
) -> None:
    """`flux migrate -f` is of flux CLI 2.7, and knows no version of Flux before 2.6."""
    found = plan(flux=flux, to=to)
    assert _migrations(found) == versions
    assert {words.split()[0] for words in _texts(found).split("use flux CLI ")[1:]} == clis


def test_the_fix_of_a_manifest_before_flux_2_6() -> None:
    """Where no flux CLI knows the current version, the manifest is changed by hand."""
    old = written("Kustomization", "kustomize.toolkit.fluxcd.io/v1beta1")
    found = codes(plan(old, flux="v2.5.0", to=(2, 7)))["upgrade-api-version"]
    assert not [one for hint in found.hints for one in hint.commands if "-f" in one.argv]


def test_what_an_earlier_kubernetes_removed() -> None:
    """What was removed long ago is still found, and not said to be removed by the next version."""
    found = plan(applied(FLOW), source("a"), kubernetes="v1.37.2")  # type: ignore[arg-type]
    title = codes(found)["kubernetes-api-removed"].title
    assert "applies a version that Kubernetes 1.38 lacks" in title


def test_an_operator_without_a_version() -> None:
    """An image with a digest alone tells no version, and the first line says so."""
    image = {"spec.template.spec.containers.0.image": "registry.example/operator@sha256:00"}
    found = plan(installed=alter(system("v2.8.8"), "Deployment/flux-operator", image))
    assert found.exit_code is Exit.NO_VERDICT
    assert "· operator of an unknown version ·" in as_text(found, Look(width=200))


@pytest.mark.parametrize(
    ("flux", "to", "kubernetes", "first"),
    [
        ("v2.6.4", (2, 10), "v1.32.1", "2.7"),  # tested up to 1.33, and 2.10 needs 1.35
        ("v2.7.5", (2, 10), "v1.33.1", "2.9"),  # tested up to 1.34
        ("v2.8.8", (2, 10), "v1.34.1", ""),  # tested with 1.35
        ("v2.9.5", (2, 10), "v1.34.1", ""),
    ],
)
def test_a_kubernetes_too_new_for_this_flux(
    flux: str, to: tuple[int, int], kubernetes: str, first: str
) -> None:
    """Kubernetes is not upgraded beyond what the installed Flux is tested with."""
    hints = codes(plan(flux=flux, to=to, kubernetes=kubernetes))["upgrade-kubernetes"].hints
    named = [one.commands[0].argv[:6] for one in hints if one.commands]
    expected = [("kubectl", "flux-status", "upgrade", "plan", "--to", first)] if first else []
    assert named == expected
