"""What the API server serves: the kinds of Flux, all resources by their names, and its version."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.similar import did_you_mean
from fluxstatus.cluster import failures
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.queries import ListQuery
from fluxstatus.model.errors import NotFoundError, UnreadError, not_served
from fluxstatus.model.evidence import VERSION, Object, Unread, Why
from fluxstatus.model.kinds import FLUX_GROUPS, KINDS

APIS = "apis"
"""The name of the queries for the APIs that the server serves."""

_AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_UNSTAMPED = "v0.0.0-"  # the version of an API server that was built without one
_AGGREGATED_KIND = "APIGroupDiscoveryList"
_KINDS = (_AGGREGATED_KIND, "APIGroupList", "APIVersions", "APIResourceList")
_MALFORMED = "its list of API groups is malformed"


class ApiResource(NamedTuple):
    """A resource that is served.

    `names` are all names that kubectl takes for it, in lower case.
    """

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
        """The query for all of its objects."""
        return ListQuery(self.base, self.plural, namespaced=self.namespaced)


class Discovered(NamedTuple):
    """The resources that are served; `unread` is, by API group, why some of it may be missing.

    `others` are the kinds of all groups, as far as one response has them; `by_name` are those of
    groups with a dot in their name, by plural.group.
    """

    resources: list[ApiResource]
    unread: dict[str, Unread]
    others: Mapping[str, ListQuery] = MappingProxyType({})
    by_name: Mapping[str, ListQuery] = MappingProxyType({})


class Served(NamedTuple):
    """What the API server serves: the `versions` of each Flux resource, the preferred one first.

    `others` are the queries for all objects of other kinds, by kind: without those that several
    groups have, and before Kubernetes 1.26, where they would take more requests, none. `by_name`
    are those of groups with a dot in their name, by plural.group.
    """

    versions: dict[str, tuple[str, ...]]
    others: Mapping[str, ListQuery]
    by_name: Mapping[str, ListQuery] = MappingProxyType({})


def version(api: ApiClient) -> str | Unread:
    """Return the version of the API server, empty if it has none, or why it was not read."""
    try:
        reply = api.get("/version", query=VERSION)
        if reply.status != HTTPStatus.OK:
            return reply.refusal("get /version")
        text = reply.json().get("gitVersion")
    except ProgramError as error:
        return error.unread
    if not isinstance(text, str):
        return Unread(Why.GARBLED, "the response is not a version")
    return "" if text.startswith(_UNSTAMPED) else text


def served(api: ApiClient, more: Collection[str] = ()) -> dict[str, str]:
    """Return the preferred version of each Flux resource that can be listed, by plural.group.

    *more* names further resources to include. Takes as many requests as `served_versions`.
    Raises ProgramError.
    """
    return {name: versions[0] for name, versions in served_versions(api, more).versions.items()}


def served_versions(api: ApiClient, more: Collection[str] = ()) -> Served:
    """Return all versions of each Flux resource that can be listed, the preferred one first.

    *more* names further resources to include. Takes one request; on servers before Kubernetes
    1.26, one more for each version of a group. Raises ProgramError.
    """
    groups = FLUX_GROUPS | {name.partition(".")[2] for name in more}
    discovered = _served_at(api, "/apis", groups)
    for unread in discovered.unread.values():
        raise ProgramError(unread)
    known: dict[str, tuple[str, ...]] = {}
    for one in discovered.resources:
        name = one.full_name
        if "list" in one.verbs and (name in more or one.group in FLUX_GROUPS):
            known[name] = (*known.get(name, ()), one.version)
    return Served(known, discovered.others, discovered.by_name)


def resources(api: ApiClient) -> Discovered:
    """Return all that the API server serves, each resource once, in its preferred version.

    Takes two requests; on servers before Kubernetes 1.26, one more for each version of a group.
    Raises ProgramError.
    """
    found: dict[tuple[str, str], ApiResource] = {}
    core, others = _served_at(api, "/api"), _served_at(api, "/apis")
    for one in (*core.resources, *others.resources):
        found.setdefault((one.group, one.plural), one)  # the preferred version comes first
    return Discovered(list(found.values()), core.unread | others.unread)


def _served_at(api: ApiClient, path: str, groups: Collection[str] = ()) -> Discovered:
    """Return the resources below *path* in these *groups*, or in all. Raises ProgramError."""
    document = _discovered(api, path, f"{_AGGREGATED},application/json")
    aggregated = document["kind"] == _AGGREGATED_KIND
    unread: dict[str, Unread] = {}
    try:
        read = _resources if aggregated else _resources_in_groups
        listable = list(_listable(document)) if aggregated and groups else []
        return Discovered(
            list(read(api, document, groups, unread)),
            unread,
            _by_kind(listable),
            {f"{one.plural}.{group}": one for group, _, one in listable if "." in group},
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ProgramError(failures.odd(_MALFORMED, api.kubeconfig)) from error


def _discovered(api: ApiClient, path: str, accept: str) -> Object:
    """Return the document of discovery at *path*. Raises ProgramError."""
    reply = api.get(path, accept, APIS)
    if reply.status == HTTPStatus.FORBIDDEN and "system:anonymous" in reply.message:
        raise ProgramError(failures.refused(reply.status, api.kubeconfig))
    if reply.status != HTTPStatus.OK and reply.message:
        raise ProgramError(reply.refusal(f"get {path}"))
    text = f"it responded with {reply.status} and without JSON"
    if reply.status == HTTPStatus.OK and isinstance(reply.document, dict):
        if reply.document.get("kind") in _KINDS:
            return reply.document
        text = _MALFORMED
    raise ProgramError(failures.odd(text, api.kubeconfig))


def called(known: Discovered, word: str) -> list[ApiResource]:
    """Return the resources that *word* may mean: a name, alone or with .group or .version.group.

    Raises NotFoundError if there are none, and UnreadError if there may be one.
    """
    name, _, rest = word.lower().partition(".")
    flux = next((k for k in KINDS.values() if name in (*k.short, k.name.lower(), k.plural)), None)
    everything = known.resources
    found = [
        one
        for one in everything
        if (name in one.names or (flux and (flux.plural, flux.group) == (one.plural, one.group)))
        and rest in ("", one.group, f"{one.version}.{one.group}")
    ]
    if not found:
        for group, unread in known.unread.items():
            if (not flux or flux.group == group) and rest in ("", group):
                text = f"it is unknown whether there is a resource type {word!r}: {unread.text}"
                raise UnreadError(unread._replace(text=text))
        names = {name for one in everything for name in one.names}
        if flux:
            raise NotFoundError(not_served([flux.resource]))
        meant = did_you_mean(name, names, "see `kubectl api-resources`.")
        raise NotFoundError(f"the API server has no resource type {word!r}; {meant}")
    return found


def of_kind(known: Discovered, api_version: str, kind: str) -> ApiResource | Unread:
    """Return the resource of the objects with *api_version* and *kind*, in any version.

    Without one, it is not served (ABSENT), or unknown for another reason.
    """
    group = api_version.rpartition("/")[0]
    for one in known.resources:
        if (one.group, one.kind) == (group, kind):
            return one
    absent = Unread(Why.ABSENT, f"the API server does not serve {kind}")
    return known.unread.get(group, absent)


def _resources(
    _: ApiClient, document: Object, groups: Collection[str], unread: dict[str, Unread]
) -> Iterator[ApiResource]:
    for group in _entries(document, "items"):
        name = group["metadata"].get("name", "")  # the core group has none
        for each in _entries(group, "versions") if not groups or name in groups else ():
            if each.get("freshness") == "Stale":  # of an aggregated API that is unavailable
                text = f"the API server cannot reach the aggregated API server of {name}"
                unread[name] = Unread(Why.FAILED, text)
            for one in each.get("resources") or ():
                yield _resource(
                    one,
                    kind=text_of(map_of(one.get("responseKind")).get("kind")),
                    plural=one["resource"],
                    group=name,
                    version=each["version"],
                    namespaced=one.get("scope") == "Namespaced",
                )


def _by_kind(listable: Iterable[tuple[str, str, ListQuery]]) -> dict[str, ListQuery]:
    """Return the query for each kind that just one group has."""
    found: dict[str, ListQuery | None] = {}
    for _, kind, query in listable:
        found[kind] = None if kind in found else query
    return {kind: query for kind, query in found.items() if query and query.plural}


def _listable(document: Object) -> Iterator[tuple[str, str, ListQuery]]:
    """Yield each kind that can be listed in *document*: its group, its name and its query."""
    for group in _entries(document, "items"):
        name = text_of(map_of(group.get("metadata")).get("name"))
        for each in maps_of(group.get("versions"))[:1]:  # the preferred one
            base = f"/apis/{name}/{text_of(each.get('version'))}"
            for one in maps_of(each.get("resources")):
                if "list" in (one.get("verbs") or ()):
                    kind = text_of(map_of(one.get("responseKind")).get("kind"))
                    is_inside = one.get("scope") == "Namespaced"
                    query = ListQuery(base, text_of(one.get("resource")), namespaced=is_inside)
                    yield name, kind, query


def _resources_in_groups(
    api: ApiClient, document: Object, groups: Collection[str], unread: dict[str, Unread]
) -> Iterator[ApiResource]:
    """Request each version of the groups in *document*."""
    paths = [f"/api/{each}" for each in document.get("versions") or ()]
    for group in _entries(document, "groups") if not paths else ():
        paths += [
            f"/apis/{each['groupVersion']}"
            for each in _entries(group, "versions")
            if not groups or each["groupVersion"].partition("/")[0] in groups
        ]
    for path in paths:
        name, _, version = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
        try:
            listed = _discovered(api, path, "application/json")
        except ProgramError as error:
            unread[name] = error.unread
            continue
        for one in _entries(listed, "resources"):
            if "/" not in one["name"]:
                yield _resource(
                    one,
                    kind=text_of(one.get("kind")),
                    plural=one["name"],
                    group=name,
                    version=version,
                    namespaced=one.get("namespaced") is True,
                )


def _entries(document: Object, name: str) -> list[Any]:
    """Return the list *name* in *document*. Raises TypeError: an odd one is not an empty one."""
    if not isinstance(entries := document[name], list):
        raise TypeError(name)
    return entries


def _resource(one: Object, **known: Any) -> ApiResource:
    """Return the resource *known*, with its other names and its verbs from *one*."""
    singular = text_of(one.get("singularResource")) or text_of(one.get("singularName"))
    short, verbs = one.get("shortNames"), one["verbs"]
    names = {known["plural"], singular, known["kind"].lower(), *(short or ())}
    return ApiResource(names=frozenset(names - {""}), verbs=frozenset(verbs or ()), **known)
