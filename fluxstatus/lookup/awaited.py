"""The objects that a failed reconciliation waits for, of any kind, read one by one.

Their status outlives their events, and shows what the message of a health check leaves out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.pod_namespaces import waiting
from fluxstatus.cluster.client import ApiClient
from fluxstatus.cluster.discovery import ApiResource
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.lookup.live import Objects
from fluxstatus.model.evidence import (
    AWAITED,
    Answer,
    Incomplete,
    Object,
    Read,
    Unread,
    Why,
    awaited_object,
)
from fluxstatus.model.inventory import entry_of
from fluxstatus.model.ref import Key
from fluxstatus.state.inventories import ids_of
from fluxstatus.state.resource import Resource

_AT_MOST = 10  # objects; a message may list hundreds
_POD = "Pod"  # is read with the others of its namespace


def awaited_by(analysis: Analysis, resource: Resource) -> dict[Key, Resource]:
    """Return the objects that *resource* or what blocks it waits for, each with who waits."""
    causes = analysis.causes.by_object.get(resource.ref.key, ())
    found: dict[Key, Resource] = {}
    for one in (resource, *(cause.resource for cause in causes if cause.resource is not None)):
        answers = {one.kind.resource: Read((one.object,))}
        events = analysis.state.evidence.answer("events")
        waits = waiting({**answers, "events": events})
        for target in waits.targets:
            key = (target.kind, target.namespace, target.name)
            if key not in waits.gone and target.kind != _POD:
                found.setdefault(key, one)
    return dict(list(found.items())[:_AT_MOST])


def read_awaited(api: ApiClient, wanted: Mapping[Key, Resource]) -> dict[str, Answer]:
    """Return the objects *wanted*, as answers by kind; a part of one is unread, and why.

    Of each that does not exist, there is an answer of its own.
    """
    try:
        objects = Objects(api)
    except ProgramError as error:
        return {f"{AWAITED}/{kind}": Incomplete(error.unread) for kind, _, _ in wanted}
    found: dict[str, list[Object]] = defaultdict(list)
    unread: dict[str, Unread] = {}
    missing: list[Key] = []
    for key, owner in wanted.items():
        kind, namespace, name = key
        resource = _resource(objects, key, owner)
        if isinstance(resource, Unread):
            unread.setdefault(kind, resource)
            continue
        item = objects.get(resource.query.api_version, kind, namespace, name)
        if isinstance(item, Unread):
            unread.setdefault(kind, item)
        elif item is not None:
            found[kind].append(item)
        else:
            missing.append(key)
    by_kind = {
        f"{AWAITED}/{kind}": _answer(found.get(kind, ()), unread.get(kind))
        for kind in dict.fromkeys(kind for kind, _, _ in wanted)
    }
    return {**by_kind, **{awaited_object(key): Read() for key in missing}}


def _answer(items: Iterable[Object], unread: Unread | None) -> Answer:
    return Incomplete(unread, tuple(items)) if unread else Read(tuple(items))


def _resource(objects: Objects, key: Key, owner: Resource) -> ApiResource | Unread:
    """Return the resource of *key*: a message has no group, but the inventory of its *owner* has.

    Without an entry there, it is the only one of its kind.
    """
    kind = key[0]
    served = [one for one in objects.served.resources if one.kind == kind and "get" in one.verbs]
    groups = {
        entry.group
        for entry in filter(None, map(entry_of, ids_of(owner.object)))
        if (entry.kind, entry.namespace, entry.name) == key
    }
    matching = [one for one in served if one.group in groups] or served
    if len({one.group for one in matching}) == 1:
        return matching[0]
    if not matching:
        return Unread(Why.ABSENT, f"the API server does not serve {kind}")
    return Unread(Why.NOT_REQUESTED, f"several API groups have the kind {kind}")
