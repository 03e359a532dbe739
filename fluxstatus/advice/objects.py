"""How objects of Flux are written and handled."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.resource import REQUESTED_AT, Resource, Verdict

_WEEK, _ONE_OCCASION = timedelta(days=7), timedelta(minutes=30)
_HABIT = 3  # occasions in a week
_ALERTS = KINDS["Alert"].resource
_GONE_BY = timedelta(minutes=10)
_LOGIN = "***@"  # what prune.py leaves of one in a URL
_INSIDE = (".svc", ".svc.cluster.local", "localhost")
_DEPLOYERS = ("Kustomization", "HelmRelease", "ResourceSet")
_ASKED_BY_ITSELF = frozenset({"FluxInstance", "FluxReport"})
"""Kinds that the operator requests by itself (FO fluxinstance_artifact_controller.go)."""


def _requests(view: View) -> Iterator[Occurrence]:
    """Return what was asked to reconcile by hand, if that was on several occasions.

    A Receiver writes the time in another form (NC internal/server/receiver_handlers.go), which
    `when` does not take for a time.
    """
    asked: list[tuple[datetime, Resource]] = []
    for kind in KINDS.keys() - _ASKED_BY_ITSELF:
        for resource in view.of_kind(kind):
            at = when(resource.annotations.get(REQUESTED_AT))
            if at is not None and timedelta() <= view.state.now - at < _WEEK:
                asked.append((at, resource))
    asked.sort(key=lambda one: (one[0], one[1].ref), reverse=True)
    if _occasions([at for at, _ in asked]) >= _HABIT:
        for at, resource in asked:
            yield Occurrence(resource.ref, value=f"{at:%Y-%m-%d %H:%M} UTC")


def _occasions(times: list[datetime]) -> int:
    """Count those of the *times*, newest first, that are not just after another."""
    return bool(times) + sum(newer - older > _ONE_OCCASION for newer, older in pairwise(times))


def _undetected(view: View) -> Iterator[Occurrence]:
    for release in view.of_kind("HelmRelease"):
        if release.get("spec", "driftDetection", "mode") not in ("enabled", "warn"):
            yield Occurrence(release.ref)


def _unpruned(view: View) -> Iterator[Occurrence]:
    for kustomization in view.of_kind("Kustomization"):
        if kustomization.spec.get("prune") is False:
            yield Occurrence(kustomization.ref, "spec.prune", "false")


def _in_clear(view: View) -> Iterator[Occurrence]:
    """Return the sources that send what is in their Secret or URL without encryption.

    Buckets are none of them: S3 sends a signature, not the key.
    """
    kinds = ("GitRepository", "HelmRepository", "OCIRepository", "ImageRepository")
    for source in view.of_kind(*kinds):
        url, secret = text_of(source.spec.get("url")), source.spec.get("secretRef")
        if url.startswith("http://") and (secret or _LOGIN in url) and not _is_inside(url):
            yield Occurrence(source.ref, "spec.url", url)
        elif secret and source.spec.get("insecure") is True and not _is_inside(_address(source)):
            yield Occurrence(source.ref, "spec.insecure", "true")


def _address(source: Resource) -> str:
    spec = map_of(source.get("spec"))
    given = next(filter(None, (text_of(spec.get(k)) for k in ("url", "image"))), "")
    return given if "://" in given else f"//{given}"


def _is_inside(url: str) -> bool:
    """Whether *url* leads to a Service of the cluster itself."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    return host.endswith(_INSIDE)


def _no_alert(view: View) -> Iterator[Occurrence]:
    deployed = any(view.state.of_kind(kind) for kind in _DEPLOYERS)
    if deployed and view.works("notification-controller") and not view.items(_ALERTS):
        yield Occurrence()


def _muted(view: View) -> Iterator[Occurrence]:
    """Return the Alerts whose Provider is suspended; that is told of the Provider, not of them."""
    for alert in view.of_kind("Alert"):
        namespace, name = alert.ref.namespace, text_of(alert.get("spec", "providerRef", "name"))
        provider = view.state.resources.get(("Provider", namespace, name))
        if provider and provider.verdict is Verdict.SUSPENDED:
            yield Occurrence(alert.ref, value=f"to {provider.ref}")


_READ_ANYWAY = (
    "pods", "services", "workload-pods", "networkpolicies.networking.k8s.io",
    "customresourcedefinitions.apiextensions.k8s.io",
)  # fmt: skip


def _not_gone(view: View) -> Iterator[Occurrence]:
    """Return what was deleted and is still there, beside objects of Flux, whose steps tell it.

    A deletionTimestamp is the moment by which the object had to be gone, its grace included.
    """
    state = view.state
    for query in _READ_ANYWAY:
        for item in state.evidence.answer(query).items:
            metadata = map_of(item.get("metadata"))
            at, namespace = when(metadata.get("deletionTimestamp")), metadata.get("namespace")
            late = at is not None and state.now - at > _GONE_BY
            if late and (state.covers(text_of(namespace)) if namespace else not state.namespaces):
                where = f"{namespace}/" if namespace else ""
                what = f"{item.get('kind')} {where}{metadata.get('name')}"
                yield Occurrence(what=what, value=f"deleted {at:%Y-%m-%d %H:%M} UTC")


ADVICE = (
    Advice(
        code="manual-requests",
        step="reconcilers",
        one="{what} was asked to reconcile by hand this week",
        many="{n} objects were asked to reconcile by hand this week",
        why="a request only does early what the interval or a Receiver does anyway; who needs it "
        "often has intervals that are too long, or no Receiver",
        steps=(
            Step(
                "make a Receiver for the sources, or shorten their spec.interval, and let Flux "
                "do it"
            ),
        ),
        find=_requests,
        upstream="F cmd/flux/reconcile.go; NC internal/server/receiver_handlers.go",
        docs="https://fluxcd.io/flux/guides/webhook-receivers/",
    ),
    Advice(
        code="no-drift-detection",
        step="drift",
        one="{what} does not notice what is changed by hand",
        many="{n} HelmReleases do not notice what is changed by hand",
        why="drift detection of a HelmRelease is off unless it is switched on: what somebody edits "
        "or deletes stays so until the next upgrade",
        steps=(
            Step(
                "set spec.driftDetection.mode to warn, which only tells, or to enabled, which "
                "corrects; spec.driftDetection.ignore is for fields that others own, as replicas"
            ),
        ),
        find=_undetected,
        upstream="HC docs/spec/v2/helmreleases.md, Drift detection",
        docs="https://fluxcd.io/flux/installation/configuration/helm-drift-detection/",
    ),
    Advice(
        code="no-prune",
        step="reconcilers",
        one="{what} is false: what is removed from the source stays in the cluster",
        many="{n} Kustomizations leave in the cluster what is removed from their source",
        why="with spec.prune false nothing is ever deleted: leftovers go on running and nobody "
        "updates them",
        steps=(
            Step(
                "delete by hand what the source no longer has, then set spec.prune: true; single "
                "objects that must stay take the annotation "
                "kustomize.toolkit.fluxcd.io/prune: disabled"
            ),
        ),
        find=_unpruned,
        upstream="KC docs/spec/v1/kustomizations.md, Prune",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#prune",
    ),
    Advice(
        code="credentials-in-clear",
        step="sources",
        one="{what} is {value}: its credentials travel unencrypted",
        many="{n} sources send their credentials unencrypted",
        why="whoever is on the way can read and use them; Flux sends them over plain HTTP when "
        "the URL says so",
        steps=(
            Step(
                "use https and take spec.insecure out, and put a login that stands in the URL into "
                "a Secret; then change the credentials at the host"
            ),
        ),
        find=_in_clear,
        upstream="SC internal/controller/gitrepository_controller.go; F rfcs/0004-insecure-http",
    ),
    Advice(
        code="no-alert",
        step="reconcilers",
        one="there is no Alert: Flux itself tells nobody when something fails",
        many="there is no Alert: Flux itself tells nobody when something fails",
        why="without an Alert a failure is only found by who looks for it",
        steps=(
            Step(
                "make a Provider (Slack, Teams, Alertmanager, a Git host) and an Alert with "
                "spec.eventSeverity: error for all Kustomizations and HelmReleases"
            ),
        ),
        find=_no_alert,
        needs=(_ALERTS,),
        everywhere=True,
        upstream="NC docs/spec/v1beta3/alerts.md",
        docs="https://fluxcd.io/flux/monitoring/alerts/",
    ),
    Advice(
        code="alert-muted",
        step="reconcilers",
        one="{what} notifies nobody: its Provider is suspended",
        many="{n} Alerts notify nobody: their Provider is suspended",
        why="what is suspended sends nothing, and what fails meanwhile is not told afterwards",
        steps=(Step("resume the Provider (spec.suspend), or suspend or delete the Alert, too"),),
        find=_muted,
        upstream="NC docs/spec/v1beta3/providers.md, Suspend",
        docs="https://fluxcd.io/flux/components/notification/providers/#suspend",
    ),
    Advice(
        code="deleted-stuck",
        step="drift",
        one="{what} was deleted and is not gone",
        many="{n} objects were deleted and are not gone",
        why="a finalizer whose controller does not do its work, or a node that does not answer, "
        "keeps them; what is to take their place may have to wait",
        steps=(
            Step(
                "look at metadata.finalizers and who should take them off; of a pod, at its node",
            ),
        ),
        find=_not_gone,
        upstream="kubernetes docs/concepts/overview/working-with-objects/finalizers",
    ),
)
