"""Which objects each change of Flux hits: one that has it, and one that has not."""

from typing import Any

import pytest

from fluxstatus.checks.upgrade.hits import FIND
from fluxstatus.knowledge import upgrade_changes as known
from fluxstatus.knowledge.flux_minors import FLUX_MINORS, Minor
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Exit, Level
from tests.builders import alter, flux, kustomization, source
from tests.checks.upgrade.planning import codes, places, plan, system

HELM_3 = ["--feature-gates=Other=true,UseHelm3Defaults=true"]


def release(**spec: Any) -> Object:
    """Return a HelmRelease with this *spec*."""
    return flux(
        "HelmRelease", "r", spec={"chartRef": {"kind": "OCIRepository", "name": "c"}} | spec
    )


def with_args(version: str, controller: str, args: list[str]) -> list[Object]:
    """Return a Flux of *version* with these *args* of a *controller*."""
    path = "spec.template.spec.containers.0.args"
    return alter(system(version), f"Deployment/{controller}", {path: args})


def templated(text: str) -> Object:
    """Return an ImageUpdateAutomation with *text* as the template of its commit message."""
    return flux("ImageUpdateAutomation", "u", spec={"git": {"commit": {"messageTemplate": text}}})


def applying(*ids: str, **spec: Any) -> Object:
    """Return a Kustomization with these *ids* in its inventory."""
    one = kustomization("k", "a", spec=spec)
    one["status"]["inventory"] = {"entries": [{"id": id_, "v": "v1"} for id_ in ids]}
    return one


SUBSTITUTE = {"postBuild": {"substitute": {"a": "b"}}}
CRD = "_kustomizations.kustomize.toolkit.fluxcd.io_apiextensions.k8s.io_CustomResourceDefinition"
OTHER_CRD = "_widgets.example.com_apiextensions.k8s.io_CustomResourceDefinition"
REMOTE = {"kubeConfig": {"secretRef": {"name": "spoke"}}}
BY_MAP = {"kubeConfig": {"configMapRef": {"name": "spoke"}}}

CASES: list[tuple[known.Change, Object, Object]] = [
    (known.COMMIT_TEMPLATE, templated("{{ range .Updated.Images }}x{{ end }}"),
     templated("{{ range .Changed.Changes }}x{{ end }} .Updated")),
    (known.COMMIT_TEMPLATE, templated("{{range $i := .Changed.ImageResult.Images}}x{{end}}"),
     templated("{{ .AutomationObject }}")),
    (known.KSTATUS, release(), release(waitStrategy={"name": "legacy"})),
    (known.KSTATUS, release(install={"disableWait": True}),
     release(install={"disableWait": True}, upgrade={"disableWait": True})),
    (known.FORCE, release(upgrade={"force": True}),
     release(upgrade={"force": True, "serverSideApply": "disabled"})),
    (known.FORCE, release(upgrade={"force": True}), release(upgrade={"force": False})),
    (known.HOOKS, release(postRenderers=[{"kustomize": {}}]),
     release(postRenderers=[{"kustomize": {}}], postRenderStrategy="nohooks")),
    (known.HOOKS, release(postRenderers=[{"kustomize": {}}]), release()),
    (known.STRICT_VARIABLES, applying(**SUBSTITUTE), applying()),
    (known.FLUX_CRDS, applying(CRD, **SUBSTITUTE), applying(OTHER_CRD, **SUBSTITUTE)),
    (known.FLUX_CRDS, applying(CRD, **SUBSTITUTE), applying(CRD)),
    (known.GCR, flux("Receiver", "r", spec={"type": "gcr", "secretRef": {"name": "t"}}),
     flux("Receiver", "r", spec={"type": "github", "secretRef": {"name": "t"}})),
    (known.LOST_FIELDS, flux("Alert", "a", {}, spec={"summary": "prod"}),
     flux("Alert", "a", {}, spec={"eventMetadata": {"summary": "prod"}})),
    (known.LOST_FIELDS, flux("Provider", "p", {}, spec={"proxy": "http://x:3128"}),
     flux("Provider", "p", {}, spec={"proxySecretRef": {"name": "x"}})),
    (known.LOST_FIELDS, flux("Provider", "p", {}, spec={"interval": "5m"}),
     flux("Provider", "p", {}, spec={"interval": "10m"})),
    (known.KUBECONFIG_FILES, applying(**REMOTE), applying(**BY_MAP)),
    (known.KUBECONFIG_FILES, release(**REMOTE), release()),
    (known.IDENTITY,
     flux("OCIRepository", "o", spec={"provider": "aws", "serviceAccountName": "reader"}),
     flux("OCIRepository", "o", spec={"provider": "generic", "serviceAccountName": "reader"})),
    (known.IDENTITY,
     flux("Provider", "p", {}, spec={"type": "googlepubsub", "serviceAccountName": "x"}),
     flux("Provider", "p", {}, spec={"type": "slack", "serviceAccountName": "x"})),
    (known.IDENTITY, applying(decryption={"provider": "sops", "serviceAccountName": "x"}),
     applying(serviceAccountName="x")),
]  # fmt: skip


def _before(minor: Minor) -> str:
    return f"v2.{minor[1] - 1}.0"


@pytest.mark.parametrize(
    ("change", "hit", "missed"), CASES, ids=[f"{one[0].code}-{n}" for n, one in enumerate(CASES)]
)
def test_each_change(change: known.Change, hit: Object, missed: Object) -> None:
    """A change is reported with the object that it hits, only on the way to its version."""
    beside = [source("a")]
    found = plan(hit, *beside, flux=_before(change.minor), to=change.minor)
    finding = codes(found)[change.code]
    assert finding.level is (Level.FAIL if change.breaks else Level.WARN)
    assert finding.step == ("blockers" if change.breaks else "changes")
    [ref] = finding.objects
    assert ref.key == (hit["kind"], "apps", hit["metadata"]["name"])
    assert "{" not in finding.title.replace("{{", "")
    assert finding.docs == change.source
    assert found.exit_code is (Exit.UNHEALTHY if change.breaks else found.exit_code)
    other = plan(missed, *beside, flux=_before(change.minor), to=change.minor)
    assert change.code not in codes(other)
    reached = plan(hit, *beside, flux=f"v2.{change.minor[1]}.0", to=max(FLUX_MINORS))
    assert change.code not in codes(reached)


def test_the_cases_are_complete() -> None:
    """Every change has something that finds it, a source, and a case here or in a test below."""
    assert {*FIND} == {change.code for change in known.CHANGES}
    tested = {change.code for change, *_ in CASES} | {known.REGISTRY_FLAGS.code}
    assert tested == {*FIND}
    assert all(change.source.startswith("https://") for change in known.CHANGES)
    assert all(change.minor in FLUX_MINORS for change in known.CHANGES)


def test_changes_of_all_minors_on_the_way() -> None:
    """An upgrade over several minor versions meets the changes of each of them."""
    found = codes(plan(
        release(postRenderers=[{"kustomize": {}}]), applying(**REMOTE, **SUBSTITUTE), source("a"),
        flux="v2.7.5", to=(2, 10)))  # fmt: skip
    assert {known.KSTATUS.code, known.HOOKS.code, known.STRICT_VARIABLES.code,
            known.KUBECONFIG_FILES.code} <= {*found}  # fmt: skip


def test_flags_of_a_controller() -> None:
    """A flag that a later controller does not know keeps it from starting."""
    args = ["--log-level=info", "--aws-autologin-for-ecr=true"]
    installed = with_args("v2.6.4", "source-controller", args)
    one = codes(plan(installed=installed, to=(2, 7)))[known.REGISTRY_FLAGS.code]
    assert one.level is Level.FAIL
    assert places(one) == ["Deployment flux-system/source-controller: --aws-autologin-for-ecr"]
    others = with_args("v2.6.4", "source-controller", ["--log-level=info"])
    assert known.REGISTRY_FLAGS.code not in codes(plan(installed=others, to=(2, 7)))


@pytest.mark.parametrize(
    ("change", "version"), [(known.KSTATUS, "v2.7.5"), (known.HOOKS, "v2.8.8")]
)
def test_the_defaults_of_helm_3(change: known.Change, version: str) -> None:
    """With the feature gate for the defaults of Helm 3, HelmReleases go on as before."""
    one = release(postRenderers=[{"kustomize": {}}])
    assert change.code in codes(plan(one, flux=version))
    kept = with_args(version, "helm-controller", HELM_3)
    assert change.code not in codes(plan(one, installed=kept))


@pytest.mark.parametrize("value", ["true", "false"])
def test_who_has_set_the_gate_for_variables(value: str) -> None:
    """A feature gate that is set stays as it is."""
    args = [f"--feature-gates=StrictPostBuildSubstitutions={value}"]
    kept = with_args("v2.8.8", "kustomize-controller", args)
    found = codes(plan(applying(**SUBSTITUTE), source("a"), installed=kept))
    assert known.STRICT_VARIABLES.code not in found


def test_the_operator_grants_what_identities_need() -> None:
    """With the option of the FluxInstance, the operator grants the permission."""
    one = flux("OCIRepository", "o", spec={"provider": "aws", "serviceAccountName": "reader"})
    on = system("v2.9.5", spec__cluster={"objectLevelWorkloadIdentity": True})
    assert known.IDENTITY.code in codes(plan(one, flux="v2.9.5"))
    assert known.IDENTITY.code not in codes(plan(one, installed=on))


def test_suspended_objects_count() -> None:
    """An object that is suspended now will be resumed one day."""
    one = release()
    one["spec"]["suspend"] = True
    assert known.KSTATUS.code in codes(plan(one, flux="v2.7.5"))
