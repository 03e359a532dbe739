"""Objects whose kind only has the name of a kind of Flux."""

import pytest

from fluxstatus.knowledge import diagnose
from fluxstatus.state.health_checks import HealthCheckTarget
from fluxstatus.state.namesakes import group_of, identified
from tests.builders import HEALTHY, evidence, flux, found, judged, only
from tests.knowledge.examples import AROUND, sentences

LATE = "timeout waiting for: [HelmChart/kube-system/traefik status: 'InProgress']"
OF_FLUX = "helmcharts.source.toolkit.fluxcd.io traefik"
OF_K3S = "helmchart.helm.cattle.io traefik"


def with_inventory(*ids: str) -> dict[str, object]:
    """Return a status with an inventory of *ids*."""
    return {"inventory": {"entries": [{"id": one, "v": "v1"} for one in ids]}}


@pytest.mark.parametrize(
    ("ids", "shown", "not_shown"),
    [
        (["kube-system_traefik_helm.cattle.io_HelmChart"], OF_K3S, OF_FLUX),
        (["kube-system_traefik_source.toolkit.fluxcd.io_HelmChart"], OF_FLUX, OF_K3S),
        (["kube-system_other_helm.cattle.io_HelmChart"], OF_FLUX, OF_K3S),
        ([], OF_FLUX, OF_K3S),
    ],
    ids=["of k3s", "of Flux", "another object", "unknown"],
)
def test_the_inventory_has_the_group(ids: list[str], shown: str, not_shown: str) -> None:
    """The command is about the object that was applied, not about a namesake of Flux."""
    ready = {"Ready": f"False HealthCheckFailed: {LATE}"}
    waiting = flux("Kustomization", "apps/x", ready, status=with_inventory(*ids))
    failed = only(found("reconcilers", evidence(*HEALTHY, waiting)), "health-check-failed")
    commands = "\n".join(" ".join(one.argv) for hint in failed.hints for one in hint.commands)
    assert shown in commands
    assert not_shown not in commands


def test_a_health_check_has_the_group() -> None:
    """An entry of spec.healthChecks is as good as the inventory."""
    check = {"apiVersion": "s3.aws.upbound.io/v1beta1", "kind": "Bucket", "name": "b"}
    item = flux("Kustomization", "apps/x", spec={"healthChecks": [check]})
    assert group_of(item, "Bucket", "", "b") == "s3.aws.upbound.io"
    target = HealthCheckTarget("Bucket", "", "b", "InProgress")
    assert identified(target, item).kind == "Bucket.s3.aws.upbound.io"
    assert identified(target, flux("Kustomization", "apps/x")) == target


@pytest.mark.parametrize(
    ("message", "resource"),
    [
        (
            (
                'Bucket/apps/b dry-run failed (Invalid): Bucket.s3.aws.upbound.io "b" is invalid: '
                "spec.forProvider.region: Required value"
            ),
            "bucket.s3.aws.upbound.io",
        ),
        (
            (
                'Bucket/apps/b dry-run failed (Invalid): Bucket.source.toolkit.fluxcd.io "b" is '
                "invalid: spec.endpoint: Required value"
            ),
            "buckets.source.toolkit.fluxcd.io",
        ),
        (
            (
                "Provider/helm dry-run failed: failed to create typed patch object (/helm; "
                "pkg.crossplane.io/v1, Kind=Provider): .spec.pkg: field not declared in schema"
            ),
            "provider.pkg.crossplane.io",
        ),
        (
            (
                "Provider/apps/p dry-run failed: failed to create typed patch object (apps/p; "
                "notification.toolkit.fluxcd.io/v1beta3, Kind=Provider): .spec.url: field not "
                "declared in schema"
            ),
            "providers.notification.toolkit.fluxcd.io",
        ),
    ],
)
def test_the_message_has_the_group(message: str, resource: str) -> None:
    """A message that names the group is about the kind of this group."""
    subject = judged(flux("Kustomization", "apps/x", {"Ready": f"False BuildFailed: {message}"}))
    said = sentences(diagnose(subject, "ReconciliationFailed", message, AROUND))
    assert f"kubectl explain {resource} --recursive" in said
    assert ("the version of Flux" in said) is resource.endswith(
        "fluxcd.io"
    ) or "Required" in message
