"""Finding an object of any kind by KIND/NAME in a live cluster."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from itertools import islice

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.similar import similar
from fluxstatus.base.urls import encoded
from fluxstatus.cluster import paging
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.discovery import ApiResource, called, of_kind, resources
from fluxstatus.cluster.kept_fields import ANY_KIND
from fluxstatus.cluster.namespaces import noting_absent
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.pruning import prune
from fluxstatus.cluster.queries import ACCEPT_METADATA, ListQuery, by_fields, by_labels
from fluxstatus.lookup.names import nearest_first, split
from fluxstatus.model.errors import (
    AmbiguousError,
    ArgumentError,
    NotFoundError,
    UnreadError,
)
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.kinds import FLUX_GROUPS, RESOURCES
from fluxstatus.model.ref import Ref

_NEVER = "Secrets are never read"
PLAIN = frozenset(
    {"ConfigMap", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
     "StorageClass", "PriorityClass", "LimitRange", "NetworkPolicy"}
)  # fmt: skip
"""Kinds without a status: only their metadata is requested."""

_NEAR_AMONG = 10_000  # objects searched for a similar name
_FEW = 3  # objects are read one by one; more are listed


def slim(item: Object) -> Object:
    """Return what is kept of *item*, of any kind; a Flux object is returned unchanged."""
    if text_of(item.get("apiVersion")).partition("/")[0] in FLUX_GROUPS:
        return item
    kept = prune(ANY_KIND, item)
    if item.get("kind") != "Pod":
        return kept
    pod = prune("pods", item)
    return {**pod, "status": {**map_of(pod.get("status")), **map_of(kept.get("status"))}}


class Objects:
    """The objects of a cluster, read one by one and reduced by `slim`."""

    def __init__(self, api: ApiClient) -> None:
        """Discover the served kinds. Raises ProgramError."""
        self.api = api
        self.served = resources(api)

    def find(self, words: Sequence[str], namespaces: Sequence[str]) -> Object:
        """Return the object that *words* name in *namespaces*, or in all namespaces.

        Raises ArgumentError when none or several have the name, and UnreadError when the object
        may exist but was not read.
        """
        word, name = split(words)
        found: dict[str, Object] = {}
        unread: list[Unread] = []
        matching = called(self.served, word)
        if any(map(_is_secrets, matching)):
            raise ArgumentError(_NEVER)
        for resource in matching:
            for where in (namespaces or ("",)) if resource.namespaced else ("",):
                try:
                    for item in self._named(resource, where, name):
                        key = text_of(item["metadata"].get("uid")) or str(Ref.of(item))
                        found[key] = item
                except ProgramError as error:
                    unread.append(error.unread)
        if unread and len(found) <= 1:  # there may be another one with the name
            raise UnreadError(unread[0])
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            text = f"{word}/{name} matches {len(found)} objects; choose one:"
            same = word if len({item["kind"] for item in found.values()}) == 1 else ""
            first = sorted(found.values(), key=_is_ready)  # not all are shown
            raise AmbiguousError(text, (self._arguments(item, same) for item in first))
        with noting_absent(self.api, namespaces):
            raise self._not_found(matching, word, name, namespaces)

    def possible(self, words: Sequence[str], namespaces: Sequence[str]) -> list[Ref]:
        """Return the objects that *words* may name, existing or not. Raises ArgumentError."""
        word, name = split(words)
        return [
            Ref(one.query.api_version, one.kind, where, name)
            for one in called(self.served, word)
            for where in (namespaces if one.namespaced else ("",))
        ]

    def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | Unread | None:
        """Return an object, None if it does not exist, or why it was not read."""
        resource = self.resource(api_version, kind)
        if isinstance(resource, Unread):
            return resource
        try:
            return self._one(resource, namespace if resource.namespaced else "", name)
        except ProgramError as error:
            return error.unread

    def some(
        self, api_version: str, kind: str, namespace: str, names: Collection[str], labels: str = ""
    ) -> list[Object] | Unread:
        """Return the objects with these *names* or *labels*, or why they were not read.

        A few are read one by one, more from the list of all in *namespace*.
        """
        resource = self.resource(api_version, kind)
        if isinstance(resource, Unread):
            return resource
        where = namespace if resource.namespaced else ""
        try:
            if kind in PLAIN and len(names) > _FEW:
                return [item for item in self._bare(resource, where) if Ref.of(item).name in names]
            if not labels and len(names) <= _FEW:
                found = (self._one(resource, where, name) for name in names)
                return [item for item in found if item is not None]
            query = resource.query._replace(selector=by_labels(labels))
            return [
                item
                for item in self._all(resource, query, where, () if labels else names)
                if labels or Ref.of(item).name in names
            ]
        except ProgramError as error:
            return error.unread

    def resource(self, api_version: str, kind: str) -> ApiResource | Unread:
        """Return the resource of the objects with *api_version* and *kind*, or why none is read."""
        resource = of_kind(self.served, api_version, kind)
        if isinstance(resource, ApiResource) and _is_secrets(resource):
            return Unread(Why.NOT_REQUESTED, _NEVER)
        return resource

    def _named(self, resource: ApiResource, namespace: str, name: str) -> Iterator[Object]:
        if namespace or not resource.namespaced:
            item = self._one(resource, namespace, name)
            if item is not None:
                yield item
            return
        query = resource.query._replace(selector=by_fields(f"metadata.name={name}"))
        yield from self._all(resource, query, "")

    def _one(self, resource: ApiResource, namespace: str, name: str) -> Object | None:
        """Return one object, None if it does not exist. Raises ProgramError."""
        inside = f"/namespaces/{encoded(namespace)}" if namespace else ""
        path = f"{resource.base}{inside}/{resource.plural}/{encoded(name)}"
        accept = ACCEPT_METADATA if resource.kind in PLAIN else "application/json"
        reply = self.api.get(path, accept)
        if reply.status == HTTPStatus.OK:
            item = reply.json()
            if map_of(item.get("metadata")).get("name") != name:
                raise ProgramError.of(Why.GARBLED, "the response is not the requested object")
            api_version = resource.query.api_version
            return slim({**item, "apiVersion": api_version, "kind": resource.kind})
        if reply.is_missing:
            return None
        where = f' in namespace "{namespace}"' if namespace else ""
        raise ProgramError(reply.refusal(f"get {resource.full_name}", where))

    def _arguments(self, item: Object, word: str) -> tuple[str, ...]:
        """Return the arguments that name *item* alone, with *word* as its kind if there is one."""
        ref = Ref.of(item)
        resource = of_kind(self.served, ref.api_version, ref.kind)
        full_name = resource.full_name if isinstance(resource, ApiResource) else ref.kind.lower()
        word = word or full_name
        where = ("-n", ref.namespace) if ref.namespace else ()
        return (f"{word}/{ref.name}", *where)

    def _not_found(
        self, resources: Sequence[ApiResource], word: str, name: str, namespaces: Sequence[str]
    ) -> NotFoundError:
        there = dict.fromkeys(place for one in resources for place in self._places(one))
        same = [place for place in there if place[1] == name]
        near = similar(name.lower(), {other for _, other in there}, 3)
        places = same or [place for place in there if place[1] in near]
        choices = [
            (f"{word}/{other}", *(("-n", namespace) if namespace else ()))
            for namespace, other in nearest_first(places, namespaces, lambda place: place[0])
        ]
        places = namespaces if resources[0].namespaced else ()
        text = f"no {resources[0].kind} {name!r} found"
        if choices:
            return NotFoundError(text, choices[:5], namespaces=places, ending="; did you mean:")
        flux = RESOURCES.get(resources[0].full_name)
        return NotFoundError(text, lists=flux.plural if flux else "", namespaces=places)

    def _bare(self, resource: ApiResource, namespace: str) -> Iterator[Object]:
        """Yield the metadata of all objects of *resource*, page by page. Raises ProgramError."""
        query = resource.query._replace(metadata_only=True)
        for item in self._all(resource, query, namespace):
            yield {**item, "kind": resource.kind}  # not that of an object with metadata only

    def _all(
        self, resource: ApiResource, query: ListQuery, namespace: str, names: Collection[str] = ()
    ) -> Iterator[Object]:
        """Yield the objects of *query*, page by page.

        Raises ProgramError, at last also for an object that could not be read; with *names*, only
        if it may have one of them.
        """
        unread: list[Unread] = []
        for page in paging.pages(self.api, resource.full_name, query, namespace):
            items, objects, nameless = paging.items_of(page)
            yield from map(slim, items)
            wanted = (one for one in objects if not names or one.name in names)
            unread += (Unread(Why.GARBLED, f"{one}") for one in wanted)
            unread += filter(None, [nameless])
        for reason in unread:
            raise ProgramError(reason)

    def _places(self, resource: ApiResource) -> Iterator[tuple[str, str]]:
        """Yield the namespaces and names of the readable objects of *resource*, up to a limit."""
        with suppress(ProgramError):
            for item in islice(self._bare(resource, ""), _NEAR_AMONG):
                yield Ref.of(item).namespace, Ref.of(item).name


def _is_ready(item: Object) -> bool:
    conditions = maps_of(map_of(item.get("status")).get("conditions"))
    ready = [one.get("status") for one in conditions if one.get("type") in ("Ready", "Available")]
    return "True" in ready


def _is_secrets(resource: ApiResource) -> bool:
    return resource.full_name == "secrets"
