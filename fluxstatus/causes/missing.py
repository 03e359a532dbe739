"""References that lead nowhere: to what, and what they may have meant."""

from collections.abc import Iterator

from fluxstatus.base.similar import similar
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.references import (
    dependencies_of,
    health_checked,
    source_of,
    template_source_of,
)
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

_LENGTHS_APART = 3  # characters: names that differ by more are not compared
_LOOKED_UP = 50  # missing things for which a meaning is looked for: nobody reads more
_COMPARED = 500  # names that one is compared with: where there are more, all are alike


def missing_target(state: State, resource: Resource, reason: str, message: str) -> Key | None:
    """Return the first thing that *resource* needs and that certainly does not exist."""
    if resource.verdict is Verdict.NEVER:
        return _elsewhere(state, resource)
    if resource.verdict is Verdict.OUTDATED or reason == "AccessDenied":
        return None  # the controller has not come so far as to look for it
    targets = (t for t in _needed(resource, message) if t[0] != "HelmChart")
    return next(filter(state.known_missing, targets), None)


def _elsewhere(state: State, release: Resource) -> Key | None:
    """Return the source in another namespace that a HelmRelease names which has no status at all.

    The HelmChart belongs beside its source; where that namespace does not exist helm-controller
    fails to make it, and only its log says so (HC internal/reconcile/helmchart_template.go).
    """
    source, chart = template_source_of(release), source_of(release)
    if source is None or chart is None or source[1] == release.ref.namespace:
        return None
    nowhere = state.known_missing(source) and state.known_missing(chart)
    return source if nowhere else None


def _needed(resource: Resource, message: str) -> Iterator[Key]:
    """Return what must exist for *resource* to become ready.

    A kind in a message may be one of another group, so only what is said not to exist counts;
    what a FluxInstance makes itself is never missing for it.
    """
    source = source_of(resource)
    if source:
        yield source
    if resource.ref.kind != "FluxInstance":
        yield from dependencies_of(resource, "")
    for waited in health_checked(resource, message):
        if waited.status == "NotFound":
            yield waited.kind, waited.namespace or resource.ref.namespace, waited.name


def nearest(state: State, target: Key, referrer: Key) -> str:
    """Say what *referrer* may have meant by *target*: another kind, namespace or spelling.

    Empty when nothing is near, and when so much is missing that no spelling is to blame.
    """
    known = state.suggested
    if target not in known:
        known[target] = _nearest(state, target, referrer) if len(known) < _LOOKED_UP else ""
    return known[target]


def _nearest(state: State, target: Key, referrer: Key) -> str:
    kind, namespace, name = target
    for other in state.kinds_at.get((namespace, name), ()):
        if KINDS[other].step == KINDS[kind].step:
            return f" (a {other} of that name does)"
    places = [place for place in state.places_of.get(kind, ()) if (kind, *place) != referrer]
    flux_namespaces = [home for home, called in places if called == name]
    own = [home for home in flux_namespaces if home == referrer[1]]
    the_only_one = flux_namespaces if len(flux_namespaces) == 1 else []
    for home in _closest(namespace, flux_namespaces) or own or the_only_one:
        return f" (is {kind} {home}/{name} meant?)"
    for spelled in _closest(name, [called for home, called in places if home == namespace]):
        return f" (is {kind} {namespace}/{spelled} meant?)"
    return ""


def _closest(word: str, candidates: list[str]) -> list[str]:
    near = [c for c in candidates if abs(len(c) - len(word)) <= _LENGTHS_APART]
    return similar(word, near[:_COMPARED])
