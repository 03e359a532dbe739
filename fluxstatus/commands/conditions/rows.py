"""The conditions of an object as rows, with their meanings where Flux defines them."""

from collections.abc import Sequence
from datetime import datetime

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import masked
from fluxstatus.knowledge.conditions import meaning_of
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import FLUX_GROUPS

COLUMNS = ("TYPE", "STATUS", "SINCE", "REASON", "MESSAGE")
WIDE = ("TYPE", "STATUS", "SINCE", "OBSERVED", "REASON", "MEANING", "MESSAGE")


def conditions_of(item: Object) -> list[Object]:
    """Return the conditions of *item* with credentials masked."""
    return maps_of(masked(map_of(item.get("status")).get("conditions")))


def rows(item: Object, columns: Sequence[str], now: datetime) -> list[list[str]]:
    """Return a row of *columns* for each condition of *item*."""
    generation = map_of(item.get("metadata")).get("generation")
    group = text_of(item.get("apiVersion")).rpartition("/")[0]
    found = []
    for condition in conditions_of(item):
        kind, status, reason = (text_of(condition.get(n)) for n in ("type", "status", "reason"))
        since = when(condition.get("lastTransitionTime") or condition.get("lastHeartbeatTime"))
        observed = condition.get("observedGeneration")
        cells = {
            "TYPE": kind,
            "STATUS": status,
            "SINCE": ago(since, now) if since else "",
            "OBSERVED": "" if observed is None else f"{observed}/{generation}",
            "REASON": reason,
            "MEANING": meaning_of(kind, status, reason) if group in FLUX_GROUPS else "",
            "MESSAGE": text_of(condition.get("message")),
        }
        found.append([cells[column] for column in columns])
    return found
