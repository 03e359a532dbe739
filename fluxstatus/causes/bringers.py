"""The HelmRelease that should install a missing CRD, or the server of a webhook.

Before that, nothing in the cluster shows which release it is, so names are compared: CRDs and
charts are named after the same project, and a webhook's Service is in the namespace of its release.
"""

import re
from collections.abc import Iterator, Mapping

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.hints import Hint, command, hint
from fluxstatus.model.kinds import FLUX_GROUPS
from fluxstatus.state.references import chart_name
from fluxstatus.state.resource import HEALTHY, IN_PROGRESS, Resource, Verdict, target_namespace
from fluxstatus.state.state import State

_CHARTS: Mapping[str, tuple[str, ...]] = {
    "monitoring.coreos.com": ("prometheusstack", "prometheusoperator"),
    "postgresql.cnpg.io": ("cloudnativepg", "cnpg"),
    "gateway.networking.k8s.io": ("gatewayapi", "gatewaycrds", "envoygateway", "gatewayhelm"),
    "snapshot.storage.k8s.io": ("snapshotcontroller", "snapshotvalidation"),
    "k8s.cni.cncf.io": ("multus",),
    "argoproj.io": ("argo",),
}
"""Parts of the names of charts that contain the CRDs of a group with a different name."""

_OF_KUBERNETES = frozenset({"k8s", "x-k8s", "kubernetes"})
_LEAST = 4  # characters: a shorter part of a group is in too many names


_ACTIONS = ("Install", "Upgrade", "Rollback", "Uninstall", "Test")
"""The prefixes of a release's reasons that are about a Helm action (helm-controller api/v2)."""

BROUGHT = frozenset({"crd-missing", "admission-unreachable", "conversion-webhook-failing"})
"""Codes of faults that a HelmRelease may fix by installing a CRD or a webhook."""


def keeps_away(release: Resource, code: str) -> bool:
    """Return whether a CRD or webhook is missing because *release* is not ready.

    A CRD is installed with the release. A webhook that is registered was installed before; only a
    Helm action that failed or is running explains that its pods are missing.
    """
    if release.verdict in HEALTHY:
        return False
    acts = release.reason.startswith(_ACTIONS) or release.verdict in IN_PROGRESS
    return code == "crd-missing" or acts


_CHECKS = {
    "crd-missing": "its values and spec.install.crds, and whether its chart version still "
    "contains this API version"
}
"""The things to check of a Ready release, by the code of the fault; the default is its pods."""


def bringer_hints(release: Resource, code: str) -> tuple[Hint, ...]:
    """Return the next step if *release* should have installed a missing CRD or webhook.

    *code* is the code of the fault.
    """
    check = (
        f"is Ready: check {_CHECKS.get(code, 'its values and its pods')}"
        if release.verdict in HEALTHY
        else "is not ready: fix this HelmRelease first"
    )
    installed = "this CRD" if code == "crd-missing" else "this webhook"
    return (
        hint(
            f"{release.ref}, which probably installs {installed}, {check}",
            command(
                f"kubectl get {release.kind.resource}/{{name}} -n {{ns}} -o yaml",
                {"name": release.ref.name, "ns": release.ref.namespace},
            ),
        ),
    )


def bringer_of(state: State, resource: Resource, code: str, lacks: Mapping[str, str]) -> (
    Resource | None
):  # fmt: skip
    """Return the HelmRelease that should install what *resource* requires, None if no name matches.

    *code* is the code of its fault, and *lacks* are the fields of the fault.
    """
    if resource.spec.get("kubeConfig") is not None:
        return None  # it lacks that in another cluster
    if code == "crd-missing":
        names = tuple(_projects(lacks.get("missing_group_name", "")))
        found = _releases(state, resource, names)
    else:
        service, namespace = lacks.get("hook_service", ""), lacks.get("hook_ns", "")
        found = _releases_of_service(state, resource, service, namespace)
    return min(found, key=lambda one: (one.ready, one.ref), default=None)


def _projects(group: str) -> Iterator[str]:
    """Yield the parts of chart names that show that a chart contains the CRDs of *group*."""
    if group in FLUX_GROUPS or "." not in group:
        return
    if group in _CHARTS:
        yield from _CHARTS[group]
        return
    project = group.split(".")[-2]
    if project not in _OF_KUBERNETES and len(project) >= _LEAST:
        yield _plain(project)


def _releases(state: State, besides: Resource, names: tuple[str, ...]) -> Iterator[Resource]:
    for release in _others(state, besides):
        chart = map_of(release.spec.get("chartRef"))
        known = (chart_name(release), text_of(chart.get("name")), release.ref.name)
        if any(name in _plain(one) for name in names for one in known):
            yield release


def _releases_of_service(
    state: State, besides: Resource, service: str, namespace: str
) -> Iterator[Resource]:
    for release in _others(state, besides):
        name = text_of(release.spec.get("releaseName")) or release.ref.name
        words = (_plain(name), _plain(chart_name(release)))
        own = target_namespace(release.object)
        if own == namespace and any(word and word in _plain(service) for word in words):
            yield release


def _others(state: State, besides: Resource) -> Iterator[Resource]:
    for release in state.of_kind("HelmRelease"):
        remote = release.spec.get("kubeConfig") is not None
        if release is not besides and not remote and release.verdict is not Verdict.TERMINATING:
            yield release


def _plain(name: str) -> str:
    """Return *name* in lowercase, with only its letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
