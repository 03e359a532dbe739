"""The HelmRelease that should bring what an object lacks: a CRD, or the server of a webhook.

Nothing in the cluster says so while it is not installed, so this goes by names: CRDs and charts
are named after the same project, and a webhook's Service is in the namespace of its release.
"""

import re
from collections.abc import Iterator, Mapping

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.hints import Hint, command, hint
from fluxstatus.model.kinds import FLUX_GROUPS
from fluxstatus.state.references import chart_name
from fluxstatus.state.resource import HEALTHY, IN_PROGRESS, Resource, Verdict
from fluxstatus.state.state import State

_CHARTS: Mapping[str, tuple[str, ...]] = {
    "monitoring.coreos.com": ("prometheusstack", "prometheusoperator"),
    "postgresql.cnpg.io": ("cloudnativepg", "cnpg"),
    "gateway.networking.k8s.io": ("gatewayapi", "gatewaycrds", "envoygateway", "gatewayhelm"),
    "snapshot.storage.k8s.io": ("snapshotcontroller", "snapshotvalidation"),
    "k8s.cni.cncf.io": ("multus",),
    "argoproj.io": ("argo",),
}
"""Parts of the names of charts with the CRDs of a group that is not named after them."""

_OF_KUBERNETES = frozenset({"k8s", "x-k8s", "kubernetes"})
_LEAST = 4  # characters: a shorter part of a group is in too many names


_ACTIONS = ("Install", "Upgrade", "Rollback", "Uninstall", "Test")
"""How the reasons of a release begin that are about an action of Helm (HC api/v2)."""

BROUGHT = frozenset({"crd-missing", "admission-unreachable", "conversion-webhook-failing"})
"""Codes of faults that a HelmRelease may mend, for it brings what is missing."""


def keeps_away(release: Resource, code: str) -> bool:
    """Return whether *release*, not being ready, is why what it should bring is missing.

    A CRD comes with the release. A webhook is registered, so the release was installed before;
    only an action of Helm that failed or is running takes its pods away.
    """
    if release.verdict in HEALTHY:
        return False
    acts = release.reason.startswith(_ACTIONS) or release.verdict in IN_PROGRESS
    return code == "crd-missing" or acts


_CHECKS = {
    "crd-missing": "whether its version still has this API version, its values and "
    "spec.install.crds"
}
"""What to check of a release that is Ready, by the code of the fault; otherwise, its pods."""


def bringer_hints(release: Resource, code: str) -> tuple[Hint, ...]:
    """Return the next step where *release* should install what is missing, but does not.

    *code* is that of the fault.
    """
    check = (
        f"is Ready: check {_CHECKS.get(code, 'its values and its pods')}"
        if release.verdict in HEALTHY
        else "is not ready itself: fix it first"
    )
    return (
        hint(
            f"{release.ref} probably installs it and {check}",
            command(
                f"kubectl get {release.kind.resource}/{{name}} -n {{ns}} -o yaml",
                {"name": release.ref.name, "ns": release.ref.namespace},
            ),
        ),
    )


def bringer_of(state: State, resource: Resource, code: str, lacks: Mapping[str, str]) -> (
    Resource | None
):  # fmt: skip
    """Return the HelmRelease that should install what *resource* lacks, None if no name matches.

    *code* is that of its fault and *lacks* are the fields of it.
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
    """Yield the parts of chart names that show that a chart brings the CRDs of *group*."""
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
        own = text_of(release.spec.get("targetNamespace")) or release.ref.namespace
        name = text_of(release.spec.get("releaseName")) or release.ref.name
        words = (_plain(name), _plain(chart_name(release)))
        if own == namespace and any(word and word in _plain(service) for word in words):
            yield release


def _others(state: State, besides: Resource) -> Iterator[Resource]:
    for release in state.of_kind("HelmRelease"):
        remote = release.spec.get("kubeConfig") is not None
        if release is not besides and not remote and release.verdict is not Verdict.TERMINATING:
            yield release


def _plain(name: str) -> str:
    """Return *name* in lower-case letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
