"""How often Flux polls sources and reconciles objects, and whether Receivers notify it."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import LONG_ENOUGH, View
from fluxstatus.knowledge import receivers
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.intervals import field_of, interval_of, written_interval
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.receivers import Receivers
from fluxstatus.state.references import source_of, template_owner
from fluxstatus.state.resource import Resource
from fluxstatus.state.revisions import CONSUMERS

_SHORTEST = 60.0  # seconds: the minimum by Flux's documentation
_ENOUGH = 300.0  # seconds between two reconciliations that no change asks for
_MANY = 10  # objects that share a source
_HOUR = 3600.0

_FETCHING = tuple(kind for kind in KINDS.values() if kind.fetches)
_SOURCES = tuple(kind.name for kind in _FETCHING if kind.step == "sources")
_POLLED = tuple(kind.name for kind in _FETCHING if kind.name != "HelmChart")
"""Kinds that poll a host for changes, and that a Receiver can notify instead."""

_RECONCILED = (
    "Kustomization", "HelmRelease", "ImageRepository", "ImageUpdateAutomation", "ResourceSet",
    "ResourceSetInputProvider",
)  # fmt: skip
_RECEIVERS = KINDS["Receiver"].resource


def _occurrence(resource: Resource, saved_requests: float = 0) -> Occurrence:
    """Return the interval of *resource*, with the place to change it, which may be its owner."""
    field, value = field_of(resource), written_interval(resource)
    label = _field_of_owner(resource)
    return Occurrence(resource.ref, field, value, label, saved_requests=saved_requests)


def _field_of_owner(resource: Resource) -> str:
    """Return the field of the owner of *resource* that sets its interval, or an empty text."""
    if release := template_owner(resource):
        return f"{Ref('', *release)} spec.chart.spec.interval"
    instance = creator_of(resource.labels, "FluxInstance")
    return f"{Ref('', *instance)} spec.sync.interval" if instance else ""


def _below(view: View, kinds: tuple[str, ...], limit: float) -> Iterator[tuple[Resource, float]]:
    """Yield the objects of *kinds* whose interval is shorter than *limit*, with the interval."""
    for kind in kinds:
        yield from (found for found in view.more_often(kind) if found[1] < limit)


def _short(limit: float, *kinds: str) -> Callable[[View], Iterator[Occurrence]]:
    def find(view: View) -> Iterator[Occurrence]:
        for resource, _ in _below(view, kinds, limit):
            if not _release_is_short(view, resource):
                yield _occurrence(resource)

    return find


def _release_is_short(view: View, source: Resource) -> bool:
    """Return whether *source* has the interval of its HelmRelease, which is reported already."""
    creator = template_owner(source)
    release = view.state.resources.get(creator) if creator else None
    return release is not None and 0 < interval_of(release) < _SHORTEST


def _without_receiver(view: View) -> Iterator[Occurrence]:
    if not view.is_running("notification-controller"):
        return
    # A Receiver that fails or is suspended has its own finding; it still exists.
    notified = Receivers(view.state.of_kind("Receiver"))
    for resource, interval in _below(view, _POLLED, LONG_ENOUGH):
        if not (notified.of(resource) or _is_pinned(resource)):
            yield _occurrence(resource, _saved(interval))


def _is_pinned(source: Resource) -> bool:
    """Return whether *source* cannot change: it refers to a commit or a digest."""
    return bool(source.get("spec", "ref", "commit") or source.get("spec", "ref", "digest"))


def _saved(interval: float) -> float:
    return _HOUR / interval - _HOUR / LONG_ENOUGH


def _despite_receiver(view: View) -> Iterator[Occurrence]:
    working = [r for r in view.state.of_kind("Receiver") if view.is_healthy(r)]
    notified = Receivers(working)
    for resource, interval in _below(view, _POLLED, LONG_ENOUGH):
        if notified.of(resource):
            yield _occurrence(resource, _saved(interval))


def _crowded(view: View) -> Iterator[Occurrence]:
    """Yield the sources whose artifact many objects reconcile often."""
    sharing: dict[tuple[str, str, str], list[tuple[float, Resource]]] = defaultdict(list)
    for resource, interval in _below(view, CONSUMERS, LONG_ENOUGH):
        source = source_of(resource)
        if source is not None:
            sharing[source].append((interval, resource))
    for (kind, namespace, name), objects in sorted(sharing.items()):
        if len(objects) >= _MANY:
            _, quickest = min(objects, key=lambda one: one[0])
            runs = sum(_HOUR / interval for interval, _ in objects)
            yield Occurrence(
                label=f"{len(objects)} objects that use {kind} {namespace}/{name}",
                value=f"{runs:,.0f} reconciliations per hour; the shortest interval is "
                f"{written_interval(quickest)}",
                count=len(objects),
                objects=tuple(one.ref for _, one in objects),
            )


_WEBHOOKS = "https://fluxcd.io/flux/guides/webhook-receivers/"

_INTERVAL_SHORT = Code(
    "interval-short",
    "Flux polls sources every few seconds, or reconciles objects every few minutes.",
)
_NO_RECEIVER = Code(
    "no-receiver", "Sources are polled often, and no Receiver notifies Flux of changes."
)
_INTERVAL_WITH_RECEIVER = Code(
    "interval-with-receiver",
    "Sources are polled often although a Receiver already notifies Flux of changes.",
)
_INTERVAL_CROWDED = Code(
    "interval-crowded", "Many objects share a source and are reconciled at short intervals."
)

ADVICE = (
    Advice(
        code=_INTERVAL_SHORT,
        step="sources",
        area="intervals",
        title_one="{what} is {value}, which is shorter than one minute",
        title_many="{n} sources are polled more often than once a minute",
        why="each poll is a request to the host, which may have a rate limit; with a Receiver, "
        "the host notifies Flux of a push immediately, without polling",
        steps=(
            Step(
                "set spec.interval to 10m; if changes have to be applied quickly, create a Receiver"
            ),
        ),
        find=_short(_SHORTEST, *_SOURCES),
        upstream="KC docs/spec/v1/kustomizations.md, Interval",
        docs=_WEBHOOKS,
    ),
    Advice(
        code=_INTERVAL_SHORT,
        step="reconcilers",
        area="intervals",
        title_one="{what} is {value}; 10m is enough, because changes are reconciled immediately",
        title_many="{n} objects are reconciled more often than every 5 minutes",
        why="a new revision of a source is reconciled immediately, regardless of the interval; all "
        "other reconciliations only rebuild and compare the same manifests, which puts load "
        "on the controller and the API server",
        steps=(Step("set spec.interval to 10m, or at least to 5m"),),
        find=_short(_ENOUGH, *_RECONCILED),
        upstream="KC docs/spec/v1/kustomizations.md, Interval; HC docs/spec/v2/helmreleases.md",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#interval",
    ),
    Advice(
        code=_NO_RECEIVER,
        step="sources",
        area="intervals",
        title_one="{what} is {value}, and no Receiver notifies Flux of changes; with a Receiver, "
        "polling every 10m would be enough and save {saves} per hour",
        title_many="{n} sources are polled often, and no Receiver notifies Flux of changes; with "
        "Receivers, polling every 10m would be enough and save {saves} per hour",
        why="with a Receiver, the Git host or registry notifies Flux of a push immediately, and "
        "polling every 10m is enough",
        steps=(*receivers.STEPS, Step("set spec.interval to 10m or more")),
        find=_without_receiver,
        needs=(_RECEIVERS,),
        upstream="NC docs/spec/v1/receivers.md",
        docs=_WEBHOOKS,
    ),
    Advice(
        code=_INTERVAL_WITH_RECEIVER,
        step="sources",
        area="intervals",
        title_one="{what} is {value} although a Receiver notifies Flux of changes; an interval of "
        "10m would save {saves} per hour",
        title_many="{n} sources are polled often although a Receiver notifies Flux of changes; an "
        "interval of 10m would save {saves} per hour",
        why="the host notifies the Receiver of every push immediately; polling is only needed for "
        "missed webhooks",
        steps=(Step("set spec.interval to 10m or more"),),
        find=_despite_receiver,
        upstream="NC docs/spec/v1/receivers.md",
        docs=_WEBHOOKS,
    ),
    Advice(
        code=_INTERVAL_CROWDED,
        step="reconcilers",
        area="intervals",
        title_one="{what} are reconciled often: {value}",
        title_many="{n} objects that share their sources with many others are reconciled often",
        why="a new revision of a source is reconciled immediately, regardless of the interval; all "
        "other reconciliations rebuild and compare everything and can only detect manual "
        "changes",
        steps=(Step("set spec.interval to 10m or more where many objects share a source"),),
        find=_crowded,
        upstream="KC docs/spec/v1/kustomizations.md, Interval",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#interval",
    ),
)
