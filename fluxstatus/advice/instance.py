"""How a FluxInstance sets up Flux.

The practices are those of the official audit (see sources.py).
"""

from collections.abc import Iterator

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.urls import host_of
from fluxstatus.base.versions import minor_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.state.resource import Resource

_GITHUB = (".github.com", ".ghe.com")
_SIZE_SINCE, _PROVIDER_SINCE = (0, 27), (0, 16)
"""The versions of the Flux Operator that added spec.cluster.size and spec.sync.provider."""


def _instances(view: View, since: tuple[int, int]) -> list[Resource]:
    """Return the FluxInstances, none if the operator is known to be older than *since*."""
    versions = (minor_of(operator.version) for operator in view.state.operators)
    too_old = any(version is not None and version < since for version in versions)
    return [] if too_old else view.of_kind("FluxInstance")


def _without_size(view: View) -> Iterator[Occurrence]:
    """Yield the FluxInstances without a size; patches may set resources and concurrency instead."""
    for instance in _instances(view, _SIZE_SINCE):
        patches = instance.get("spec", "kustomize", "patches")
        if not instance.get("spec", "cluster", "size") and not patches:
            yield Occurrence(instance.ref, "spec.cluster.size", "is not set")


def _with_token(view: View) -> Iterator[Occurrence]:
    """Yield the FluxInstances that sync from GitHub over HTTPS with a Secret, not as an app.

    Without the provider github, the Secret has a user name and a password (source-controller
    docs/spec/v1/gitrepositories.md). A deploy key for SSH is limited to one repository.
    """
    for instance in _instances(view, _PROVIDER_SINCE):
        sync = map_of(instance.spec.get("sync"))
        url, kind = text_of(sync.get("url")), text_of(sync.get("kind"))
        at_github = f".{host_of(url)}".endswith(_GITHUB)
        generic = text_of(sync.get("provider")) in ("", "generic")
        by_token = at_github and generic and url.startswith("https://") and sync.get("pullSecret")
        if kind == "GitRepository" and by_token:
            yield Occurrence(instance.ref, "spec.sync.provider", "is not github")


_NO_CLUSTER_SIZE = Code(
    "no-cluster-size",
    "The FluxInstance has no spec.cluster.size, so its controllers have the default limits.",
)
_SYNC_WITH_TOKEN = Code(
    "sync-with-token", "The FluxInstance syncs from GitHub with a token instead of a GitHub App."
)

ADVICE = (
    Advice(
        code=_NO_CLUSTER_SIZE,
        step="instance",
        area="reliability",
        title_one="{what} {value}: the controllers run with the default limits and concurrency",
        title_many="{n} FluxInstances have no spec.cluster.size",
        why="the size sets the concurrency and the CPU and memory limits of kustomize-controller "
        "and helm-controller, and makes source-controller cache; the defaults may be too small",
        steps=(
            Step(
                "set spec.cluster.size of the FluxInstance to small (tens of apps), medium "
                "(hundreds) or large (up to a thousand); the controllers then restart once, and "
                "small lowers the memory limit of kustomize-controller and helm-controller "
                "from 1Gi to 512Mi"
            ),
        ),
        find=_without_size,
        upstream="FO docs/api/v1/fluxinstance.md, Cluster size",
        docs="https://fluxoperator.dev/docs/crd/fluxinstance/#cluster-size",
    ),
    Advice(
        code=_SYNC_WITH_TOKEN,
        step="instance",
        area="security",
        title_one="{what} {value}: Flux syncs from GitHub with a token, not as a GitHub App",
        title_many="{n} FluxInstances sync from GitHub with a token, not as a GitHub App",
        why="a personal access token belongs to a user, can often reach more than one repository, "
        "and stops working when it expires or the user leaves; the tokens of a GitHub App are "
        "valid for an hour",
        steps=(
            Step(
                "create a GitHub App that can only read the contents of the repository, and a "
                "Secret with githubAppID, githubAppInstallationID and githubAppPrivateKey, for "
                "example with `flux create secret githubapp`"
            ),
            Step("then set spec.sync.provider: github and spec.sync.pullSecret to that Secret"),
        ),
        find=_with_token,
        upstream="FO docs/guides/instance/instance-sync.md, Sync from a Git Repository using "
        "GitHub App auth",
        docs="https://fluxoperator.dev/docs/crd/fluxinstance/#sync-configuration",
    ),
)
"""Advice on a FluxInstance."""
