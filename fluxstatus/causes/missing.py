"""References to objects that do not exist, and suggestions for the objects that were meant."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from fluxstatus.base.similar import similar
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key
from fluxstatus.state.references import (
    health_checked,
    made_source_of,
    needs_of,
    source_of,
    template_source_of,
)
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

_LENGTHS_APART = 3  # characters: names that differ by more are not compared
_MOST_TARGETS = 50  # missing objects with a suggestion: a reader needs no more
_REFERS_LOCALLY = frozenset({"GitRepository", "HelmChart", "HelmRepository"})
"""Kinds that only refer to objects in their own namespace (source-controller api/v1)."""

_COMPARED = 500  # names that a name is compared with: where there are more, all are similar


def missing_target(state: State, resource: Resource, reason: str, message: str) -> Key | None:
    """Return the first object that *resource* needs and that certainly does not exist."""
    if resource.verdict is Verdict.NEVER:
        return _missing_in_other_namespace(state, resource)
    if resource.verdict is Verdict.OUTDATED or reason == "AccessDenied":
        return None  # the controller has not looked for it yet
    made = made_source_of(resource)  # helm-controller reports why it did not make it
    targets = (t for t in _needed(resource, message) if t[0] != "HelmChart" and t != made)
    return next(filter(state.known_missing, targets), None)


def _missing_in_other_namespace(state: State, release: Resource) -> Key | None:
    """Return the missing source in another namespace of a HelmRelease without any status.

    The HelmChart belongs in the namespace of its source. If that namespace does not exist,
    helm-controller cannot create the HelmChart and reports this only in its log (helm-controller
    internal/reconcile/helmchart_template.go).
    """
    source, chart = template_source_of(release), source_of(release)
    if source is None or chart is None or source[1] == release.ref.namespace:
        return None
    missing = state.known_missing(source) and state.known_missing(chart)
    return source if missing else None


def _needed(resource: Resource, message: str) -> Iterator[Key]:
    """Return the objects that must exist before *resource* can become ready.

    A kind in a message may belong to another API group, so an object in a message only counts if
    its status is NotFound. The objects that a FluxInstance creates never count as missing.
    """
    if resource.ref.kind != "FluxInstance":
        yield from needs_of(resource, "")
    for checked in health_checked(resource, message):
        if checked.status == "NotFound":
            yield checked.kind, checked.namespace or resource.ref.namespace, checked.name


class Suggestions:
    """Suggestions for the objects that references to missing objects may have meant."""

    def __init__(self, state: State) -> None:
        self._shared = state.namespace
        self._by_target: dict[Key, str] = {}
        self._known: Iterable[Key] = state.resources.keys()

    @cached_property
    def _by_kind(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The namespaces and names of all objects, by kind."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for kind, namespace, name in self._known:
            found[kind].append((namespace, name))
        return found

    @cached_property
    def _kinds(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """The kinds of all objects, by namespace and name."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for kind, namespace, name in self._known:
            found[namespace, name].append(kind)
        return found

    def suggest(self, target: Key, referrer: Key) -> str:
        """Return a phrase with the object that *referrer* may have meant by the missing *target*.

        That object has another kind, namespace or spelling. The phrase is empty if no object is
        similar, or if so many objects are missing that a misspelling is unlikely.
        """
        if target not in self._by_target:
            many = len(self._by_target) >= _MOST_TARGETS
            self._by_target[target] = "" if many else self._nearest(target, referrer)
        return self._by_target[target]

    def of_another_kind(self, target: Key) -> str:
        """Return another kind with an object named like *target*, or an empty string."""
        kind, *place = target
        kinds = self._kinds.get((place[0], place[1]), ())
        return next((other for other in kinds if KINDS[other].step == KINDS[kind].step), "")

    def _nearest(self, target: Key, referrer: Key) -> str:
        kind, namespace, name = target
        other = self.of_another_kind(target)
        if other and (other, namespace, name) != referrer:
            return f" (but {other} {namespace}/{name} does)"
        places = [place for place in self._by_kind.get(kind, ()) if (kind, *place) != referrer]
        namespaces = [other for other, other_name in places if other_name == name]
        for meant in self._other_namespaces(namespace, namespaces, referrer):
            return f" (did you mean {kind} {meant}/{name}?)"
        here = [other_name for other, other_name in places if other == namespace]
        for meant in _closest(name, here):
            return f" (did you mean {kind} {namespace}/{meant}?)"
        return ""

    def _other_namespaces(self, namespace: str, namespaces: list[str], referrer: Key) -> list[str]:
        """Return those of *namespaces* that a reference to *namespace* may have meant.

        A reference without a namespace refers to the namespace of *referrer*. That is no
        misspelling, but the namespace of Flux, where sources are shared, may have been omitted.
        """
        if referrer[0] in _REFERS_LOCALLY:
            return []
        if namespace == referrer[1]:
            return [other for other in namespaces if other == self._shared]
        own = [other for other in namespaces if other == referrer[1]]
        the_only_one = namespaces if len(namespaces) == 1 else []
        return _closest(namespace, namespaces) or own or the_only_one


def _closest(word: str, candidates: list[str]) -> list[str]:
    near = [c for c in candidates if abs(len(c) - len(word)) <= _LENGTHS_APART]
    return similar(word, near[:_COMPARED])
