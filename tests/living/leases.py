"""The Leases of the controllers: outside a cluster they cannot take part in an election."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import controllers
from .objects import of

if TYPE_CHECKING:
    from .flux import Flux

SECONDS = 35
"""The duration of a Lease that Flux sets."""

_PATIENT = 300  # a check and what is before it take less, on any machine


def renew(flux: Flux, *names: str, acquired: datetime | None = None) -> None:
    """Renew the Leases of the controllers *names*, or of all, as their processes would."""
    now = datetime.now(UTC)
    for name in names or controllers.NAMES:
        write(flux, name, now, acquired=acquired, seconds=_PATIENT)


def write(
    flux: Flux,
    name: str,
    renewed: datetime,
    *,
    acquired: datetime | None = None,
    seconds: int = SECONDS,
) -> None:
    """Write the Lease of the controller *name*, which its pod has *renewed* and *acquired* then."""
    lease = of("coordination.k8s.io/v1", "Lease", controllers.NAMESPACE, f"{name}-election")
    pod = flux.pod(name)["metadata"]
    lease["metadata"] |= {"uid": pod["uid"], "creationTimestamp": pod["creationTimestamp"]}
    lease["spec"] = {
        "holderIdentity": f"{pod['name']}_0b7c6f9e",
        "leaseDurationSeconds": seconds,
        "acquireTime": _text(acquired or datetime.fromisoformat(pod["creationTimestamp"])),
        "renewTime": _text(renewed),
    }
    flux.cluster.put([lease])


def remove(flux: Flux) -> None:
    """Remove the Leases: those of the next test have no holder."""
    flux.cluster.remove(
        of("coordination.k8s.io/v1", "Lease", controllers.NAMESPACE, f"{name}-election")
        for name in controllers.NAMES
    )


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
