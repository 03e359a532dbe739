"""How HelmReleases recover from a failure, and where Helm stores them.

The practices are those of the official audit (see sources.py).
"""

from collections.abc import Iterator

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.state.resource import Resource

_RETRY = "RetryOnFailure"
_RETRY_BY_DEFAULT = "DefaultToRetryOnFailure=true"


def _not_retried(view: View) -> Iterator[Occurrence]:
    """Yield the releases whose installation or upgrade is attempted only once.

    A feature gate makes helm-controller retry all that have no strategy (internal/features).
    """
    by_default = any(
        _RETRY_BY_DEFAULT in arg
        for component in view.state.components
        if component.name == "helm-controller"
        for arg in component.args
    )
    for release in view.of_kind("HelmRelease"):
        once = [name for name in ("install", "upgrade") if _is_tried_once(release, name)]
        if once and not by_default:
            yield Occurrence(release.ref, value=f"no retries of {' and '.join(once)}")


def _is_tried_once(release: Resource, action: str) -> bool:
    """Return whether an *action* of *release* is known to have no retries.

    A snapshot of an older release has no strategy of an action with a spec.
    """
    written = release.spec.get(action)
    spec = map_of(written)
    if written is not None and "strategy" not in spec:
        return False
    if map_of(spec.get("strategy")).get("name") == _RETRY:
        return False
    return map_of(spec.get("remediation")).get("retries") in (None, 0)


def _stored_elsewhere(view: View) -> Iterator[Occurrence]:
    """Yield the releases that Helm stores in another namespace than that of their objects."""
    for release in view.of_kind("HelmRelease"):
        target = text_of(release.spec.get("targetNamespace"))
        if target not in ("", release.ref.namespace) and not release.spec.get("storageNamespace"):
            value = f'"{target}", but the release is stored in "{release.ref.namespace}"'
            yield Occurrence(release.ref, "spec.targetNamespace", value)


_NO_RETRIES = Code(
    "no-retries",
    "Some HelmReleases are not retried after a failed install or upgrade until something changes.",
)
_STORAGE_ELSEWHERE = Code(
    "storage-elsewhere",
    "Some HelmReleases are stored by Helm in another namespace than that of their objects.",
)

ADVICE = (
    Advice(
        code=_NO_RETRIES,
        step="reconcilers",
        area="reliability",
        title_one="{what} has {value}: after a failure, Flux does nothing until something changes",
        title_many="{n} HelmReleases are not retried after a failed install or upgrade",
        why="without retries, a short outage (of a registry or a webhook, for example) leaves a "
        "release failed until its chart, values or spec changes",
        steps=(
            Step(
                "set spec.install.strategy.name and spec.upgrade.strategy.name to RetryOnFailure "
                "(Flux 2.7 or newer), which neither uninstalls nor rolls back"
            ),
            Step(
                "for Flux 2.6, set spec.install.remediation.retries, which uninstalls before each "
                "retry, and spec.upgrade.remediation.retries, which rolls back"
            ),
        ),
        find=_not_retried,
        upstream="HC docs/spec/v2/helmreleases.md, Install strategy; HC api/v2 GetActiveRetry",
        docs="https://fluxcd.io/flux/components/helm/helmreleases/#install-strategy",
    ),
    Advice(
        code=_STORAGE_ELSEWHERE,
        step="reconcilers",
        area="reliability",
        title_one="{what} is {value}",
        title_many="{n} HelmReleases are stored in another namespace than their objects",
        why="`helm list -n` and `helm rollback -n` with the namespace of the objects do not find "
        "the release, and deleting that namespace leaves a release without objects",
        steps=(
            Step(
                "for new HelmReleases, set spec.storageNamespace to the same namespace as "
                "spec.targetNamespace, or create them in that namespace"
            ),
            Step(
                "for existing ones, plan the change: Flux uninstalls the release before it "
                "installs it in the new storage namespace; otherwise ignore this with --skip "
                "storage-elsewhere"
            ),
        ),
        find=_stored_elsewhere,
        upstream="HC docs/spec/v2/helmreleases.md, Storage namespace",
        docs="https://fluxcd.io/flux/components/helm/helmreleases/#storage-namespace",
    ),
)
"""Advice on HelmReleases."""
