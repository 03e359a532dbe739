"""The Leases of controllers: who holds one, and whether it is still renewed.

Upstream: client-go tools/leaderelection (a holder is HOSTNAME_UUID), fluxcd/pkg
runtime/leaderelection (the name of a Lease may end in a hash).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.evidence import LEASES, Object, Why
from fluxstatus.state.deployments import Component
from fluxstatus.state.state import State

RENEWED_WITHIN = timedelta(seconds=70)
"""The minimum age of a Lease that counts as abandoned: twice the duration that Flux sets."""

_MOST_SECONDS = 86_400  # of a Lease's duration: a longer one is no sign of life

_HOSTNAME = 63  # characters: the kubelet cuts the name of a pod


class Lease(NamedTuple):
    """The Lease of a controller: when it was renewed and acquired, and until when that holds."""

    name: str
    renewed: datetime
    acquired: datetime | None
    limit: timedelta

    def is_stale(self, now: datetime) -> bool:
        """Return whether nobody has renewed it for too long at *now*."""
        return now - self.renewed > self.limit


Leases: TypeAlias = Mapping[str, Sequence[tuple[str, Lease]]]
"""The Leases by namespace, each with the host name of its holder."""


def leases_of(state: State) -> Leases:
    """Return the Leases that have a holder."""
    found: dict[str, list[tuple[str, Lease]]] = defaultdict(list)
    for item in state.evidence.answer(LEASES).known:
        metadata, spec = map_of(item.get("metadata")), map_of(item.get("spec"))
        # The API server wrote the second time, by its own clock.
        times = map(when, (spec.get("renewTime"), metadata.get("changedAt")))
        renewed = max(filter(None, times), default=None)
        if renewed and (holder := holder_of(item)):
            name, acquired = text_of(metadata.get("name")), when(spec.get("acquireTime"))
            lease = Lease(name, renewed, acquired, _limit(spec.get("leaseDurationSeconds")))
            found[text_of(metadata.get("namespace"))].append((holder, lease))
    return found


def _limit(length: object) -> timedelta:
    """Return how old a renewal may be, for a duration of the Lease of *length* seconds."""
    known = length if isinstance(length, int) and 0 < length < _MOST_SECONDS else 0
    return max(RENEWED_WITHIN, 2 * timedelta(seconds=known))


def holder_of(lease: Object) -> str:
    """Return the host name of the holder of *lease*, usually a pod's name; empty without one."""
    holder = text_of(map_of(lease.get("spec")).get("holderIdentity"))
    return holder.rpartition("_")[0] or holder


def lease_of(component: Component, leases: Leases, now: datetime) -> Lease | None:
    """Return the Lease that a pod of *component* holds, None without a claim.

    Of pods in the network of one node, the holders are the same: then all must be renewed.
    """
    hosts = set(map(_host_of, component.pods.known)) - {""}
    found = [lease for host, lease in leases.get(component.ref.namespace, ()) if host in hosts]
    if len(found) < 2:  # noqa: PLR2004 - one Lease is this controller's
        return found[0] if found else None
    oldest = min(found, key=lambda lease: lease.renewed)
    return None if oldest.is_stale(now) else oldest._replace(acquired=None)


def _host_of(pod: Object) -> str:
    """Return the host name of *pod*: in the network of its node, that of the node."""
    spec = map_of(pod.get("spec"))
    if spec.get("hostNetwork") is True:
        return text_of(spec.get("nodeName"))
    return text_of(map_of(pod.get("metadata")).get("name"))[:_HOSTNAME].rstrip("-.")


def is_without_leases(state: State) -> bool:
    """Return whether it is a snapshot of before Leases were read."""
    unread = state.evidence.answer(LEASES).unread
    return unread is not None and unread.why is Why.NOT_REQUESTED
