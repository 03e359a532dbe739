"""What the API server serves: which kinds of Flux, in which version, and its own version."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from http import HTTPStatus

from fluxstatus.cluster import failures
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import FLUX_GROUPS

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
APIS, VERSION = "apis", "version"
"""The names of these questions."""

_UNSTAMPED = "v0.0.0-"  # what a server built without its version calls itself


def served(api: ApiClient, more: Collection[str] = ()) -> dict[str, str]:
    """Return the version to ask for of each Flux resource that can be listed, by plural.group.

    *more* names further resources to tell of. Takes one request; on servers before Kubernetes
    1.26, one more for each version of a group. Raises ProgramError.
    """
    document = _discovered(api, "/apis", f"{AGGREGATED},application/json")
    wanted = FLUX_GROUPS | {name.partition(".")[2] for name in more}
    try:
        if document["kind"] == "APIGroupDiscoveryList":
            found = list(_resources(document["items"], wanted))
        else:
            found = list(_resources_of_groups(api, document["groups"], wanted))
    except (AttributeError, KeyError, TypeError) as error:
        raise ProgramError(
            failures.odd("its list of groups has another form", api.kubeconfig)
        ) from error
    # The server names the version it prefers first: the last to be set is to win.
    known = dict(reversed(found))
    return {n: v for n, v in known.items() if n in more or n.partition(".")[2] in FLUX_GROUPS}


def version(api: ApiClient) -> str:
    """Return the version of the API server, empty when it does not say."""
    try:
        text = str(api.get("/version", query=VERSION).json().get("gitVersion", ""))
    except ProgramError:
        return ""
    return "" if text.startswith(_UNSTAMPED) else text


def _resources(groups: Iterable[Object], wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    for group in groups:
        name = group["metadata"].get("name")
        for each in group["versions"] if name in wanted else ():
            for resource in each.get("resources") or ():
                if "list" in resource["verbs"]:
                    yield f"{resource['resource']}.{name}", each["version"]


def _resources_of_groups(
    api: ApiClient, groups: Iterable[Object], wanted: Collection[str]
) -> Iterator[tuple[str, str]]:
    for group in groups:
        name = group["name"]
        for each in group["versions"] if name in wanted else ():
            document = _discovered(api, f"/apis/{each['groupVersion']}", "application/json")
            for resource in document["resources"]:
                if "list" in resource["verbs"]:
                    yield f"{resource['name']}.{name}", each["version"]


def _discovered(api: ApiClient, path: str, accept: str) -> Object:
    reply = api.get(path, accept, APIS)
    if reply.status == HTTPStatus.FORBIDDEN and "system:anonymous" in reply.message:
        raise ProgramError(failures.refused(reply.status, api.kubeconfig))
    if reply.status == HTTPStatus.OK:
        with suppress(ProgramError):
            return reply.json()
    elif reply.message:
        raise ProgramError(reply.refusal(f"get {path}"))
    raise ProgramError(failures.odd(f"it answers {reply.status} and no JSON", api.kubeconfig))
