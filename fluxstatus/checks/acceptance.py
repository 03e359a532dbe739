"""Accepted faults and advice: taken out of the findings, with what waits only for them.

Only what is known to be wrong can be accepted. What could not be read cannot: nobody knows what is
behind it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache

from fluxstatus.advice.view import IsAccepted
from fluxstatus.base.masking import mask
from fluxstatus.base.plurals import counted, listed, noun_for
from fluxstatus.model.accept_list import AcceptList, Entry
from fluxstatus.model.findings import Acceptance, Accepted, Finding, Level
from fluxstatus.model.ref import Ref

_LEVELS = (Level.FAIL, Level.WARN)
_NAMED = 3  # entries that a note names


def acceptance_of(
    findings: Iterable[Finding], accept: AcceptList, context: str, today: date
) -> Acceptance:
    """Return which of *findings*, of the cluster *context*, are accepted on the day *today*.

    A fault is accepted if each of its objects matches an entry: another one that fails for the same
    reason is new. Advice is split before (see advice), so that each part is accepted as
    a whole or not at all.
    """
    faults = [one for one in findings if may_be_accepted(one)]
    entries = [one for one in accept.entries if one.applies_in(context)]
    valid = [one for one in entries if today <= one.until]
    accepted = tuple(filter(None, (_accepted(fault, valid) for fault in faults)))
    unread = f"{accept.source}: {accept.unread}; no fault is accepted"
    notes = (unread,) if accept.unread else tuple(_notes(accept.source, entries, valid, faults))
    return Acceptance(accept.source, accepted, tuple(map(mask, notes)))


def may_be_accepted(finding: Finding) -> bool:
    """Return whether *finding* is a known fault or advice, and not what could not be read."""
    return finding.level in _LEVELS


def is_accepted_by(accept: AcceptList, context: str, today: date) -> IsAccepted:
    """Return the function that tells which objects *accept* accepts for a code, on the day *today*.

    It is for advice, of which an object can be accepted alone.
    """
    usable = (one for one in accept.entries if one.applies_in(context) and today <= one.until)
    valid = [one for one in usable if one.names_code]
    of = cache(lambda code: [one for one in valid if fnmatchcase(code, one.code)])
    return lambda code, ref: any(one.matches(code, ref) for one in of(code))


def without_accepted(findings: Iterable[Finding], acceptance: Acceptance) -> list[Finding]:
    """Return *findings* without the accepted ones; what waits only for these does not count."""
    accepted = [one.finding for one in acceptance.accepted]
    faults = (one for one in accepted if one.category == "fault")
    ids, keys = set(map(id, accepted)), {ref.key for one in faults for ref in one.objects}
    return [
        replace(one, level=Level.SKIP) if one.waits_only_for(keys) else one
        for one in findings
        if id(one) not in ids
    ]


def _accepted(fault: Finding, entries: Sequence[Entry]) -> Accepted | None:
    """Return *fault* with what its entries say, None if an object of it matches none."""
    found: dict[Entry, None] = {}
    for ref in fault.objects or (None,):
        entry = next((one for one in entries if _is_about(one, fault, ref)), None)
        if entry is None:
            return None
        found[entry] = None
    reasons = dict.fromkeys(entry.reason for entry in found)
    return Accepted(fault, "; ".join(reasons), min(entry.until for entry in found))


def _notes(
    source: str, entries: Sequence[Entry], valid: Collection[Entry], faults: Sequence[Finding]
) -> Iterator[str]:
    """Yield sentences on the *entries* that have expired, and on those that match nothing."""
    used = {one for one in entries if any(_matches(one, fault) for fault in faults)}
    for one in entries:
        if one not in valid:
            counts = (
                "faults that it matches are no longer accepted"
                if one in used
                else "it matches no fault here"
            )
            yield f"{source}, {one}: accepted only until {one.until}; {counts}"
    unused = [str(one) for one in valid if one not in used]
    if unused:
        match = noun_for(len(unused), "matches", "match")
        number = counted(len(unused), "entry")
        yield f"{source}: {number} {match} no fault here: {listed(unused, _NAMED)}"


def _matches(entry: Entry, fault: Finding) -> bool:
    return any(_is_about(entry, fault, ref) for ref in fault.objects or (None,))


def _is_about(entry: Entry, finding: Finding, ref: Ref | None) -> bool:
    """Return whether *entry* accepts *finding* for the object *ref*.

    An entry that only names an object accepts its faults: advice has to be named by its code.
    """
    for_it = finding.category == "fault" or entry.names_code
    return for_it and entry.matches(finding.code, ref)
