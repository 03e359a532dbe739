"""The alpha and beta API versions that Flux applies to this cluster, from all inventories."""

from collections.abc import Iterator
from typing import NamedTuple

from fluxstatus.base.fields import text_of
from fluxstatus.model.inventory import entry_of
from fluxstatus.model.ref import Ref
from fluxstatus.state.inventories import APPLIERS, ids_of, target_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_NAMED = 3


class Applied(NamedTuple):
    """A kind that `owner` applies in an unstable `api_version`; `names` are some of the objects."""

    owner: Ref
    api_version: str
    kind: str
    names: str

    def __str__(self) -> str:
        """Return the kind with its version and the names of objects."""
        return f"{self.kind} as {self.api_version}{f' ({self.names})' if self.names else ''}"


def applied(state: State) -> Iterator[Applied]:
    """Yield what is applied in alpha and beta versions; other clusters are left out."""
    for owner in state.of_kind(*APPLIERS):
        found = owner.get("metadata", "appliedAs")
        for one in found if isinstance(found, list) and not target_of(owner.object) else ():
            api_version, _, kind = text_of(one).partition(" ")
            yield Applied(owner.ref, api_version, kind, _names(owner, api_version, kind))


def _names(owner: Resource, api_version: str, kind: str) -> str:
    """Return the objects of *kind* in the inventory, which has no versions any more."""
    group = api_version.partition("/")[0]
    entries = filter(None, map(entry_of, ids_of(owner.object)))
    names = [
        "/".join(filter(None, (one.namespace, one.name)))
        for one in entries
        if (one.group, one.kind) == (group, kind)
    ]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
