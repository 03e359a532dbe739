"""Every resource that an API server serves, by all its names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.similar import did_you_mean
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.discovery import AGGREGATED
from fluxstatus.cluster.paging import ListQuery
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: its kind, where it is served, and whether it is in namespaces."""

    kind: str
    plural: str
    group: str
    version: str
    namespaced: bool
    names: frozenset[str]
    verbs: frozenset[str]

    @property
    def full_name(self) -> str:
        """The name that is unambiguous on every cluster: plural.group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def base(self) -> str:
        """The path of its group and version."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def query(self) -> ListQuery:
        """The question for all of its objects."""
        return ListQuery(self.base, self.plural)


def served(api: ApiClient) -> list[Resource]:
    """Return what the API server serves, each resource once, in the version that it prefers.

    Takes two requests; on servers before Kubernetes 1.26, one more for each version of a group.
    Raises ProgramError.
    """
    found: dict[tuple[str, str], Resource] = {}
    for path in ("/api", "/apis"):
        reply = api.get(path, f"{AGGREGATED},application/json")
        if reply.status != HTTPStatus.OK:
            raise ProgramError(reply.refusal(f"get {path}"))
        document = reply.json()
        aggregated = document.get("kind") == "APIGroupDiscoveryList"
        for one in _resources(document) if aggregated else _older(api, document):
            found.setdefault((one.group, one.plural), one)  # what it prefers comes first
    return list(found.values())


def called(resources: Iterable[Resource], word: str) -> list[Resource]:
    """Return the resources that *word* may mean: a name, with .group or .version.group or without.

    Raises NotFoundError when there is none.
    """
    name, _, rest = word.lower().partition(".")
    flux = next((k for k in KINDS.values() if name in (*k.short, k.name.lower())), None)
    everything = list(resources)
    found = [
        one
        for one in everything
        if (name in one.names or (flux and (flux.plural, flux.group) == (one.plural, one.group)))
        and rest in ("", one.group, f"{one.version}.{one.group}")
    ]
    if not found:
        known = {name for one in everything for name in one.names}
        if flux:
            raise NotFoundError(f"the API server does not serve {flux.resource}")
        meant = did_you_mean(name, known, "see `kubectl api-resources`.")
        raise NotFoundError(f"{word!r} is no kind that this API server serves; {meant}")
    return found


def of_kind(resources: Iterable[Resource], api_version: str, kind: str) -> Resource | None:
    """Return the resource of what says *api_version* and *kind* of itself; its group is enough."""
    group = api_version.rpartition("/")[0]
    return next((one for one in resources if (one.group, one.kind) == (group, kind)), None)


def _resources(document: Object) -> Iterator[Resource]:
    for group in maps_of(document.get("items")):
        name = text_of(map_of(group.get("metadata")).get("name"))
        for version in maps_of(group.get("versions")):
            for one in maps_of(version.get("resources")):
                yield _resource(
                    one,
                    kind=text_of(map_of(one.get("responseKind")).get("kind")),
                    plural=text_of(one.get("resource")),
                    group=name,
                    version=text_of(version.get("version")),
                    namespaced=one.get("scope") == "Namespaced",
                )


def _older(api: ApiClient, document: Object) -> Iterator[Resource]:
    """Ask for each version of the groups in *document* by itself."""
    core = [f"/api/{version}" for version in document.get("versions") or ()]
    groups = [
        f"/apis/{text_of(version.get('groupVersion'))}"
        for group in maps_of(document.get("groups"))
        for version in maps_of(group.get("versions"))
    ]
    for path in (*core, *groups):
        reply = api.get(path)
        if reply.status != HTTPStatus.OK:
            continue  # an aggregated API that is down serves nothing
        group, _, version = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
        for one in maps_of(reply.json().get("resources")):
            if "/" not in text_of(one.get("name")):
                yield _resource(
                    one,
                    kind=text_of(one.get("kind")),
                    plural=text_of(one.get("name")),
                    group=group,
                    version=version,
                    namespaced=one.get("namespaced") is True,
                )


def _resource(one: Object, **known: Any) -> Resource:
    """Return the resource *known*, with its other names and its verbs as they are in *one*."""
    singular = text_of(one.get("singularResource")) or text_of(one.get("singularName"))
    short, verbs = one.get("shortNames"), one.get("verbs")
    names = {known["plural"], singular, known["kind"].lower(), *(short or ())}
    return Resource(names=frozenset(names - {""}), verbs=frozenset(verbs or ()), **known)
