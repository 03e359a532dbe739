"""How Flux objects are configured and operated."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CRDS, WORKLOAD_PODS
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.references import provider_of
from fluxstatus.state.requests import REQUESTED_AT
from fluxstatus.state.resource import Resource, Verdict

_WEEK, _ONE_OCCASION = timedelta(days=7), timedelta(minutes=30)
_OFTEN = 3  # occasions in a week
_ALERTS = KINDS["Alert"].resource
_GRACE = timedelta(minutes=10)
_DEFAULT = "default"  # the namespace of what names none


def _requests(view: View) -> Iterator[Occurrence]:
    """Yield the objects with a manual reconcile request, if there were several occasions.

    A Receiver writes the time in a format that `when` does not parse
    (notification-controller internal/server/receiver_handlers.go).
    """
    requested: list[tuple[datetime, Resource]] = []
    # The operator requests its FluxInstance on its own (FO fluxinstance_artifact_controller.go).
    for kind in KINDS.keys() - {"FluxInstance"}:
        for resource in view.of_kind(kind):
            at = when(resource.annotations.get(REQUESTED_AT))
            if at is not None and timedelta() <= view.state.now - at < _WEEK:
                requested.append((at, resource))
    requested.sort(key=lambda one: (one[0], one[1].ref), reverse=True)
    if _occasions([at for at, _ in requested]) >= _OFTEN:
        for at, resource in requested:
            yield Occurrence(resource.ref, value=f"{at:%Y-%m-%d %H:%M} UTC")


def _occasions(times: list[datetime]) -> int:
    """Count the *times*, newest first; times that are close together count once."""
    return bool(times) + sum(newer - older > _ONE_OCCASION for newer, older in pairwise(times))


def _undetected(view: View) -> Iterator[Occurrence]:
    for release in view.of_kind("HelmRelease"):
        if release.get("spec", "driftDetection", "mode") not in ("enabled", "warn"):
            yield Occurrence(release.ref)


def _unpruned(view: View) -> Iterator[Occurrence]:
    for kustomization in view.of_kind("Kustomization"):
        if kustomization.spec.get("prune") is False:
            yield Occurrence(kustomization.ref, "spec.prune", "false")


def _in_default(view: View) -> Iterator[Occurrence]:
    """Yield what is in the namespace default, or deploys to it."""
    for resource in view.of_kind("Kustomization", "HelmRelease"):
        if resource.spec.get("targetNamespace") == _DEFAULT:
            yield Occurrence(resource.ref, "spec.targetNamespace", _DEFAULT)
        elif resource.ref.namespace == _DEFAULT:
            yield Occurrence(resource.ref)


def _no_alert(view: View) -> Iterator[Occurrence]:
    deployed = any(resource.kind.applies for resource in view.state.resources.values())
    if deployed and view.is_running("notification-controller") and not view.all_of(_ALERTS):
        yield Occurrence()


def _muted(view: View) -> Iterator[Occurrence]:
    """Yield the Alerts whose Provider is suspended; only the Provider shows that."""
    for alert in view.of_kind("Alert"):
        provider = view.state.resources.get(provider_of(alert))
        if provider and provider.verdict is Verdict.SUSPENDED:
            yield Occurrence(alert.ref, value=f"to {provider.ref}")


_READ_ANYWAY = (
    "pods", "services", WORKLOAD_PODS, "networkpolicies.networking.k8s.io",
    CRDS,
)  # fmt: skip


def _not_gone(view: View) -> Iterator[Occurrence]:
    """Yield deleted objects that still exist, except Flux objects, which the steps report.

    A deletionTimestamp includes the grace period.
    """
    state = view.state
    for query in _READ_ANYWAY:
        for item in state.evidence.answer(query).known:
            metadata = map_of(item.get("metadata"))
            at, namespace = when(metadata.get("deletionTimestamp")), metadata.get("namespace")
            late = at is not None and state.now - at > _GRACE
            if late and (not state.namespaces or namespace in state.namespaces):
                yield Occurrence(Ref.of(item), value=f"deleted {at:%Y-%m-%d %H:%M} UTC")


_MANUAL_REQUESTS = Code(
    "manual-requests",
    "Reconciliations were requested manually several times within the last week.",
)
_NO_DRIFT_DETECTION = Code(
    "no-drift-detection",
    "Drift detection is not enabled on some HelmReleases, so manual changes go unnoticed.",
)
_NO_PRUNE = Code(
    "no-prune",
    "Some Kustomizations have spec.prune: false, so objects removed from the source are never "
    "deleted.",
)
_DEFAULT_NAMESPACE = Code(
    "default-namespace",
    "Some Kustomizations or HelmReleases are in the namespace default, or deploy to it.",
)
_NO_ALERT = Code("no-alert", "There is no Alert, so Flux sends no notifications about failures.")
_ALERT_MUTED = Code(
    "alert-muted", "Some Alerts send no notifications because their Provider is suspended."
)
_DELETED_STUCK = Code(
    "deleted-stuck", "Some objects, such as pods, Services or CRDs, are stuck in deletion."
)

ADVICE = (
    Advice(
        code=_MANUAL_REQUESTS,
        step="reconcilers",
        area="intervals",
        title_one="a reconciliation of {what} was requested manually this week",
        title_many="reconciliations of {n} objects were requested manually this week",
        why=(
            "a manual request only starts a reconciliation sooner than the interval or a "
            "Receiver would; frequent requests suggest that the interval is too long or that "
            "a Receiver is missing"
        ),
        steps=(Step("create a Receiver for the sources, or shorten their spec.interval"),),
        find=_requests,
        upstream="F cmd/flux/reconcile.go; NC internal/server/receiver_handlers.go",
        docs="https://fluxcd.io/flux/guides/webhook-receivers/",
    ),
    Advice(
        code=_NO_DRIFT_DETECTION,
        step="drift",
        area="reliability",
        title_one="drift detection is not enabled on {what}",
        title_many="drift detection is not enabled on {n} HelmReleases",
        why="drift detection is off by default: a manual change or deletion persists until the "
        "next upgrade",
        steps=(
            Step(
                "set spec.driftDetection.mode to warn, which only reports changes, or to enabled, "
                "which reverts them; list fields that other controllers own, such as replicas, in "
                "spec.driftDetection.ignore"
            ),
        ),
        find=_undetected,
        upstream="HC docs/spec/v2/helmreleases.md, Drift detection",
        docs="https://fluxcd.io/flux/installation/configuration/helm-drift-detection/",
    ),
    Advice(
        code=_NO_PRUNE,
        step="reconcilers",
        area="reliability",
        title_one="{what} is false: objects removed from the source stay in the cluster",
        title_many="{n} Kustomizations keep objects in the cluster that were removed from their "
        "source",
        why="with spec.prune: false, Flux does not delete objects; leftover workloads keep "
        "running and are no longer updated",
        steps=(
            Step(
                "delete the objects that are no longer in the source, then set spec.prune: true; "
                "to keep an object, annotate it with kustomize.toolkit.fluxcd.io/prune: disabled"
            ),
        ),
        find=_unpruned,
        upstream="KC docs/spec/v1/kustomizations.md, Prune",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#prune",
    ),
    Advice(
        code=_DEFAULT_NAMESPACE,
        step="reconcilers",
        area="tenancy",
        title_one='{what} uses the namespace "default"',
        title_many='{n} Kustomizations and HelmReleases use the namespace "default"',
        why="everything that names no namespace ends up there, so permissions, quotas and network "
        "policies of that namespace apply to objects that have nothing to do with each other",
        steps=(
            Step(
                "give each application a namespace of its own; Flux does not move objects: after a "
                "change of the namespace it creates them there and deletes them here, with their "
                "data, so deploy a second instance, move data and traffic, and then remove this one"
            ),
        ),
        find=_in_default,
        upstream="fluxcd/agent-skills gitops-repo-audit references/best-practices.md, Namespace "
        "Isolation; kubernetes docs/concepts/overview/working-with-objects/namespaces",
        docs="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
    ),
    Advice(
        code=_NO_ALERT,
        step="reconcilers",
        area="monitoring",
        title_one="there is no Alert: Flux sends no notifications about failures",
        title_many="there is no Alert: Flux sends no notifications about failures",
        why="without an Alert, failures go unnoticed until someone checks",
        steps=(
            Step(
                "create a Provider (Slack, Teams, Alertmanager, a Git host) and an Alert with "
                "spec.eventSeverity: error for all Kustomizations and HelmReleases"
            ),
        ),
        find=_no_alert,
        needs=(_ALERTS,),
        cluster_wide=True,
        upstream="NC docs/spec/v1beta3/alerts.md",
        docs="https://fluxcd.io/flux/monitoring/alerts/",
    ),
    Advice(
        code=_ALERT_MUTED,
        step="reconcilers",
        area="monitoring",
        title_one="{what} sends no notifications: its Provider is suspended",
        title_many="{n} Alerts send no notifications: their Provider is suspended",
        why="a suspended Provider sends nothing, and missed notifications are not sent "
        "when it is resumed",
        steps=(
            Step(
                "resume the Provider by setting spec.suspend to false, or suspend or delete "
                "the Alert as well"
            ),
        ),
        find=_muted,
        upstream="NC docs/spec/v1beta3/providers.md, Suspend",
        docs="https://fluxcd.io/flux/components/notification/providers/#suspend",
    ),
    Advice(
        code=_DELETED_STUCK,
        step="drift",
        area="reliability",
        title_one="{what} was deleted but still exists",
        title_many="{n} objects were deleted but still exist",
        why="the deletion is blocked by a finalizer that its controller has not removed, or by a "
        "node that does not respond",
        steps=(
            Step(
                "check metadata.finalizers and the controllers that should remove them; for a pod, "
                "check its node",
            ),
        ),
        find=_not_gone,
        upstream="kubernetes docs/concepts/overview/working-with-objects/finalizers",
        docs="https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",
    ),
)
