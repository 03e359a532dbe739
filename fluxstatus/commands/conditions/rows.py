"""The conditions of an object as rows, with their meanings where Flux defines them."""

from collections.abc import Sequence
from datetime import datetime

from fluxstatus.base.durations import listed_age, stamp, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.masking import masked
from fluxstatus.causes.waits import Waits
from fluxstatus.knowledge.conditions import meaning_of
from fluxstatus.lookup.health import resource_of
from fluxstatus.lookup.related import PartialState
from fluxstatus.model.evidence import Evidence, Object, Read
from fluxstatus.model.kinds import FLUX_GROUPS, KINDS

COLUMNS = ("TYPE", "STATUS", "SINCE", "REASON", "MESSAGE")
WIDE = ("TYPE", "STATUS", "SINCE", "TIME", "OBSERVED", "REASON", "MEANING", "MESSAGE")


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
        waits = (kind, status) == ("Ready", "False") and waits_for_others(item, now)
        meaning = meaning_of(kind, status, reason, waits=waits)
        cells = {
            "TYPE": kind,
            "STATUS": status,
            "SINCE": listed_age(since, now),
            "TIME": stamp(since) if since else "",
            "OBSERVED": "" if observed is None else f"{observed}/{generation}",
            "REASON": reason,
            "MEANING": meaning if group in FLUX_GROUPS else "",
            "MESSAGE": text_of(condition.get("message")),
        }
        found.append([cells[column] for column in columns])
    return found


def waits_for_others(item: Object, now: datetime) -> bool:
    """Return whether the message of *item*, a Flux object, is about others, as the check judges."""
    kind = KINDS.get(text_of(item.get("kind")))
    if kind is None or kind.group != text_of(item.get("apiVersion")).partition("/")[0]:
        return False
    resource = resource_of(item, now)
    evidence = Evidence(now, answers={kind.resource: Read((resource.object,))})
    return Waits(PartialState(evidence, ()), ()).is_about_others(resource)
