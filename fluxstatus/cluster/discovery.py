"""What the API server serves: the kinds of Flux, all resources by their names, and its version."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.similar import did_you_mean
from fluxstatus.cluster import failures
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.cluster.queries import ListQuery
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import FLUX_GROUPS, KINDS

APIS, VERSION = "apis", "version"
"""The names of these queries."""

_AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
_UNSTAMPED = "v0.0.0-"  # the version of an API server that was built without one


@dataclass(frozen=True, slots=True)
class ApiResource:
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


def version(api: ApiClient) -> str:
    """Return the version of the API server, empty if it is unknown."""
    try:
        text = str(api.get("/version", query=VERSION).json().get("gitVersion", ""))
    except ProgramError:
        return ""
    return "" if text.startswith(_UNSTAMPED) else text


def served(api: ApiClient, more: Collection[str] = ()) -> dict[str, str]:
    """Return the preferred version of each Flux resource that can be listed, by plural.group.

    *more* names further resources to include. Takes as many requests as `served_versions`.
    Raises ProgramError.
    """
    return {name: versions[0] for name, versions in served_versions(api, more).items()}


def served_versions(api: ApiClient, more: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return all versions of each Flux resource that can be listed, the preferred one first.

    *more* names further resources to include. Takes one request; on servers before Kubernetes
    1.26, one more for each version of a group. Raises ProgramError.
    """
    groups = FLUX_GROUPS | {name.partition(".")[2] for name in more}
    known: dict[str, tuple[str, ...]] = {}
    for one in _served_at(api, "/apis", groups):
        name = one.full_name
        if "list" in one.verbs and (name in more or one.group in FLUX_GROUPS):
            known[name] = (*known.get(name, ()), one.version)
    return known


def resources(api: ApiClient) -> list[ApiResource]:
    """Return all that the API server serves, each resource once, in its preferred version.

    Takes two requests; on servers before Kubernetes 1.26, one more for each version of a group.
    Raises ProgramError.
    """
    found: dict[tuple[str, str], ApiResource] = {}
    for one in (*_served_at(api, "/api"), *_served_at(api, "/apis")):
        found.setdefault((one.group, one.plural), one)  # the preferred version comes first
    return list(found.values())


def _served_at(api: ApiClient, path: str, groups: Collection[str] = ()) -> list[ApiResource]:
    """Return the resources below *path* in these *groups*, or in all. Raises ProgramError."""
    document = _discovered(api, path, f"{_AGGREGATED},application/json")
    aggregated = document.get("kind") == "APIGroupDiscoveryList"
    try:
        return list((_resources if aggregated else _resources_in_groups)(api, document, groups))
    except (AttributeError, KeyError, TypeError) as error:
        text = "its list of API groups is malformed"
        raise ProgramError(failures.odd(text, api.kubeconfig)) from error


def _discovered(api: ApiClient, path: str, accept: str, *, may_fail: bool = False) -> Object:
    reply = api.get(path, accept, APIS)
    if may_fail and reply.status != HTTPStatus.OK:
        return {"resources": ()}
    if reply.status == HTTPStatus.FORBIDDEN and "system:anonymous" in reply.message:
        raise ProgramError(failures.refused(reply.status, api.kubeconfig))
    if reply.status == HTTPStatus.OK:
        with suppress(ProgramError):
            return reply.json()
    elif reply.message:
        raise ProgramError(reply.refusal(f"get {path}"))
    text = f"it responded with {reply.status} and without JSON"
    raise ProgramError(failures.odd(text, api.kubeconfig))


def called(known: Iterable[ApiResource], word: str) -> list[ApiResource]:
    """Return the resources that *word* may mean: a name, alone or with .group or .version.group.

    Raises NotFoundError if there are none.
    """
    name, _, rest = word.lower().partition(".")
    flux = next((k for k in KINDS.values() if name in (*k.short, k.name.lower())), None)
    everything = list(known)
    found = [
        one
        for one in everything
        if (name in one.names or (flux and (flux.plural, flux.group) == (one.plural, one.group)))
        and rest in ("", one.group, f"{one.version}.{one.group}")
    ]
    if not found:
        names = {name for one in everything for name in one.names}
        if flux:
            raise NotFoundError(f"the API server does not serve {flux.resource}")
        meant = did_you_mean(name, names, "see `kubectl api-resources`.")
        raise NotFoundError(f"the API server has no resource type {word!r}; {meant}")
    return found


def of_kind(known: Iterable[ApiResource], api_version: str, kind: str) -> ApiResource | None:
    """Return the resource of the objects with *api_version* and *kind*, in any version."""
    group = api_version.rpartition("/")[0]
    return next((one for one in known if (one.group, one.kind) == (group, kind)), None)


def _resources(_: ApiClient, document: Object, groups: Collection[str]) -> Iterator[ApiResource]:
    for group in document["items"]:
        name = group["metadata"].get("name", "")  # the core group has none
        for each in group["versions"] if not groups or name in groups else ():
            for one in each.get("resources") or ():
                yield _resource(
                    one,
                    kind=text_of(map_of(one.get("responseKind")).get("kind")),
                    plural=one["resource"],
                    group=name,
                    version=each["version"],
                    namespaced=one.get("scope") == "Namespaced",
                )


def _resources_in_groups(
    api: ApiClient, document: Object, groups: Collection[str]
) -> Iterator[ApiResource]:
    """Request each version of the groups in *document*."""
    paths = [f"/api/{each}" for each in document.get("versions") or ()]
    for group in document["groups"] if not paths else ():
        paths += [
            f"/apis/{each['groupVersion']}"
            for each in group["versions"]
            if not groups or each["groupVersion"].partition("/")[0] in groups
        ]
    for path in paths:
        # An aggregated API that is unavailable serves nothing, unless it was asked for.
        listed = _discovered(api, path, "application/json", may_fail=not groups)
        name, _, version = path.removeprefix("/apis/").removeprefix("/api/").rpartition("/")
        for one in listed["resources"]:
            if "/" not in one["name"]:
                yield _resource(
                    one,
                    kind=text_of(one.get("kind")),
                    plural=one["name"],
                    group=name,
                    version=version,
                    namespaced=one.get("namespaced") is True,
                )


def _resource(one: Object, **known: Any) -> ApiResource:
    """Return the resource *known*, with its other names and its verbs from *one*."""
    singular = text_of(one.get("singularResource")) or text_of(one.get("singularName"))
    short, verbs = one.get("shortNames"), one["verbs"]
    names = {known["plural"], singular, known["kind"].lower(), *(short or ())}
    return ApiResource(names=frozenset(names - {""}), verbs=frozenset(verbs or ()), **known)
