"""How often Flux looks, and who tells it to."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.durations import seconds
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict

_SHORTEST = 60.0  # seconds: what Flux's own documents call the minimum
_LONG_ENOUGH = 600.0  # seconds between two looks where something else tells of news
_OFTEN = 300.0  # seconds: below this a source is polled often
_MANY = 10  # objects that share a source
_HOUR = 3600.0
_EVERY = "fluxcd.controlplane.io/reconcileEvery"
_RELEASE = "helm.toolkit.fluxcd.io"
_INSTANCE = "fluxcd.controlplane.io"

_SOURCES = ("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "HelmChart")
_POLLED = ("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "ImageRepository")
"""Kinds that ask a host whether there is something new, and that a Receiver can do that for."""

_RECONCILED = (
    "Kustomization", "HelmRelease", "ImageRepository", "ImageUpdateAutomation", "ResourceSet",
    "ResourceSetInputProvider",
)  # fmt: skip
_CONSUMERS = ("Kustomization", "HelmRelease")
_ANNOTATED = frozenset({"ResourceSet", "ResourceSetInputProvider"})
_RECEIVERS = KINDS["Receiver"].resource


def interval_of(resource: Resource) -> float | None:
    """Return the interval of *resource* in seconds, None when it has none of its own."""
    return _read(_written(resource)) or None


@cache
def _read(text: str) -> float:
    """Read a duration; thousands of objects have the same few."""
    return seconds(text, 0)


def _written(resource: Resource) -> str:
    if resource.ref.kind in _ANNOTATED:
        return text_of(resource.annotations.get(_EVERY))
    return text_of(resource.spec.get("interval"))


def _seen(resource: Resource, saves: float = 0) -> Occurrence:
    """Return the interval of *resource* by where to change it: what was made is made anew."""
    field = f"annotation {_EVERY}" if resource.ref.kind in _ANNOTATED else "spec.interval"
    value, made = _written(resource), _made_by(resource)
    return Occurrence(resource.ref, field, value, made, saves=saves)


def _made_by(resource: Resource) -> str:
    """Name the place in what made *resource*; empty when nothing did."""

    def maker(group: str) -> str:
        namespace, name = (
            resource.labels.get(f"{group}/namespace"),
            resource.labels[f"{group}/name"],
        )
        return f"{namespace}/{name}"

    if f"{_RELEASE}/name" in resource.labels and resource.ref.kind == "HelmChart":
        return f"HelmRelease {maker(_RELEASE)} spec.chart.spec.interval"
    if f"{_INSTANCE}/name" in resource.labels:
        return f"FluxInstance {maker(_INSTANCE)} spec.sync.interval"
    return ""


def _below(view: View, kinds: tuple[str, ...], limit: float) -> Iterator[tuple[Resource, float]]:
    """Return the objects of *kinds* whose interval is shorter than *limit*, and the interval."""
    for resource in view.of_kind(*kinds):
        interval = interval_of(resource)
        if interval is not None and interval < limit and resource.verdict is not Verdict.STATIC:
            yield resource, interval


def _short(*kinds: str) -> Callable[[View], Iterator[Occurrence]]:
    def find(view: View) -> Iterator[Occurrence]:
        for resource, _ in _below(view, kinds, _SHORTEST):
            if not _release_is_short(view, resource):
                yield _seen(resource)

    return find


def _release_is_short(view: View, chart: Resource) -> bool:
    """Whether *chart* only has the interval of its HelmRelease, which is told already."""
    if chart.ref.kind != "HelmChart":
        return False
    namespace, name = (chart.labels.get(f"{_RELEASE}/{part}") for part in ("namespace", "name"))
    release = view.state.resources.get(("HelmRelease", f"{namespace}", f"{name}"))
    interval = interval_of(release) if release else None
    return interval is not None and interval < _SHORTEST


class _Receivers:
    """Which objects the Receivers of a cluster tell to look for news."""

    def __init__(self, receivers: list[Resource]) -> None:
        self._named: set[tuple[str, str, str]] = set()
        self._labelled: list[tuple[str, str, dict[str, object]]] = []
        for receiver in receivers:
            for entry in maps_of(receiver.spec.get("resources")):
                kind, name = text_of(entry.get("kind")), text_of(entry.get("name"))
                namespace = text_of(entry.get("namespace")) or receiver.ref.namespace
                if name == "*":
                    self._labelled.append((kind, namespace, map_of(entry.get("matchLabels"))))
                else:
                    self._named.add((kind, namespace, name))

    def tell(self, resource: Resource) -> bool:
        """Whether one of them tells *resource*."""
        kind, namespace = resource.ref.kind, resource.ref.namespace
        return (kind, namespace, resource.ref.name) in self._named or any(
            (kind, namespace) == (k, n) and labels.items() <= resource.labels.items()
            for k, n, labels in self._labelled
        )


def _without_receiver(view: View) -> Iterator[Occurrence]:
    if not view.works("notification-controller"):
        return
    # One that fails or is suspended is told of itself: that there is none would be wrong.
    receivers = _Receivers(view.state.of_kind("Receiver"))
    for resource, interval in _below(view, _POLLED, _OFTEN):
        if not (receivers.tell(resource) or _is_pinned(resource)):
            yield _seen(resource, _saved(interval))


def _is_pinned(source: Resource) -> bool:
    """Whether *source* can have no news: it asks for one commit or one digest."""
    return bool(source.get("spec", "ref", "commit") or source.get("spec", "ref", "digest"))


def _saved(interval: float) -> float:
    return _HOUR / interval - _HOUR / _LONG_ENOUGH


def _despite_receiver(view: View) -> Iterator[Occurrence]:
    working = [r for r in view.state.of_kind("Receiver") if view.is_well(r)]
    receivers = _Receivers(working)
    for resource, interval in _below(view, _POLLED, _LONG_ENOUGH):
        if receivers.tell(resource):
            yield _seen(resource, _saved(interval))


def _crowded(view: View) -> Iterator[Occurrence]:
    """Return the sources that many objects take their artifact from and look at often."""
    sharing: dict[tuple[str, str, str], list[tuple[float, Resource]]] = defaultdict(list)
    for resource, interval in _below(view, _CONSUMERS, _LONG_ENOUGH):
        source = source_of(resource)
        if source is not None:
            sharing[source].append((interval, resource))
    for (kind, namespace, name), objects in sorted(sharing.items()):
        if len(objects) >= _MANY:
            _, quickest = min(objects, key=lambda one: one[0])
            runs = sum(_HOUR / interval for interval, _ in objects)
            yield Occurrence(
                what=f"{len(objects)} objects of {kind} {namespace}/{name}",
                value=f"{runs:,.0f} runs an hour, the quickest every {_written(quickest)}",
                objects=len(objects),
            )


_WEBHOOKS = "https://fluxcd.io/flux/guides/webhook-receivers/"
_TO_A_MINUTE = Step(
    "set spec.interval to 1m or more; to 10m or more where a Receiver tells of news"
)

ADVICE = (
    Advice(
        code="interval-short",
        step="sources",
        one="{what} is {value}: more often than once a minute",
        many="{n} sources are polled more often than once a minute",
        why="each look is a request to the host, which may limit them; a Receiver brings what is "
        "pushed at once, and without any polling",
        steps=(_TO_A_MINUTE,),
        find=_short(*_SOURCES),
        upstream="KC docs/spec/v1/kustomizations.md, Interval",
        docs=_WEBHOOKS,
    ),
    Advice(
        code="interval-short",
        step="reconcilers",
        one="{what} is {value}: more often than once a minute",
        many="{n} objects are reconciled more often than once a minute",
        why="a new revision of a source is taken up at once, whatever the interval; each run more "
        "only builds and compares again, which costs the controller and the API server",
        steps=(
            Step("set spec.interval to 1m or more, which Flux calls the minimum; 10m is common"),
        ),
        find=_short(*_RECONCILED),
        upstream="KC docs/spec/v1/kustomizations.md, Interval; HC docs/spec/v2/helmreleases.md",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#interval",
    ),
    Advice(
        code="no-receiver",
        step="sources",
        one="{what} is {value}, and no Receiver tells it of news: one would save {saves} requests "
        "an hour",
        many="{n} sources are polled often, and no Receiver tells them of news: it would save "
        "{saves} requests an hour",
        why="with a Receiver the Git host or registry tells Flux of a push at once, and polling "
        "every 10m is enough",
        steps=(
            Step(
                "make a Receiver whose spec.resources names them, let the host call its webhook, "
                "and set spec.interval to 10m or more"
            ),
        ),
        find=_without_receiver,
        needs=(_RECEIVERS,),
        upstream="NC docs/spec/v1/receivers.md",
        docs=_WEBHOOKS,
    ),
    Advice(
        code="interval-with-receiver",
        step="sources",
        one="{what} is {value} although a Receiver tells it of news: 10m would save {saves} "
        "requests an hour",
        many="{n} sources are polled often although a Receiver tells them of news: 10m would save "
        "{saves} requests an hour",
        why="a push is told at once; polling is only for what a webhook missed",
        steps=(Step("set spec.interval to 10m or more"),),
        find=_despite_receiver,
        upstream="NC docs/spec/v1/receivers.md",
        docs=_WEBHOOKS,
    ),
    Advice(
        code="interval-crowded",
        step="reconcilers",
        one="{what} are reconciled often: {value}",
        many="{n} objects that share their sources with many others are reconciled often",
        why="a new revision of a source is taken up at once, whatever the interval; between two "
        "revisions each run builds and compares all of it again, only to find changes by hand",
        steps=(Step("set spec.interval to 10m or more where many objects share a source"),),
        find=_crowded,
        upstream="KC docs/spec/v1/kustomizations.md, Interval",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#interval",
    ),
)
