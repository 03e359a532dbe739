"""Whether the revision of an object has the one that is waited for in it, and what proves that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.versions import release_of
from fluxstatus.commands.wait.revision import Revision, parts
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import ORIGIN
from fluxstatus.state.resource import Resource


class Cover(StrEnum):
    """How a revision relates to the one that is waited for."""

    SAME = "same"
    CONTAINS = "contains"  # it is a later one, which is proved
    NEWER = "newer"  # it is accepted because of --or-newer
    OLDER = "older"  # it is an earlier one, which is proved
    APART = "apart"  # it is neither earlier nor later, which is proved: the branch was reset
    UNKNOWN = "unknown"
    NONE = "none"  # there is no revision


ACCEPTED = frozenset({Cover.SAME, Cover.CONTAINS, Cover.NEWER})


class Proof(NamedTuple):
    """How a revision relates to the one that is waited for; `why` is a clause that proves it.

    `stays` is whether another fetch would not bring the one that is waited for, as far as is known.
    """

    cover: Cover
    why: str = ""
    stays: bool = False

    @property
    def accepted(self) -> bool:
        """Whether an object with this revision has what is waited for."""
        return self.cover in ACCEPTED


NOTHING, UNPROVED, SAME = Proof(Cover.NONE), Proof(Cover.UNKNOWN), Proof(Cover.SAME)


class Record(NamedTuple):
    """A revision that an object had, and when first and last."""

    revision: str
    first: datetime
    last: datetime


History: TypeAlias = Sequence[Record]
"""The revisions of one object."""


class Facts(NamedTuple):
    """What is known about a revision of a source besides its name.

    `relation` is what the local checkout proves, `committed` when the revision that is waited for
    was committed. `whole` is whether the checkout has all that this contains, so that a revision
    that it does not have is not an earlier one. `histories` are of the source and of what uses it.
    `fetched` is when the source stored this revision, `since` a clause if it certainly fetched
    since the wait began.
    """

    relation: Cover = Cover.UNKNOWN
    committed: datetime | None = None
    whole: bool = False
    histories: Sequence[History] = ()
    fetched: datetime | None = None
    since: str = ""


class Proofs:
    """The `wanted` revision, and what was proved of others."""

    def __init__(self, wanted: Revision, found: Mapping[str, Proof] | None = None) -> None:
        self.wanted, self._found = wanted, found or {}

    def of(self, *revisions: str) -> Proof:
        """Return the best proof for the *revisions* of one object: its own, and its origin's."""
        proofs = [self._one(one) for one in revisions if one]
        return min(proofs, key=lambda one: list(Cover).index(one.cover), default=NOTHING)

    def _one(self, revision: str) -> Proof:
        if self.wanted.is_of(revision):
            return SAME
        return self._found.get(revision, UNPROVED)


def prove(wanted: Revision, revision: str, facts: Facts, *, or_newer: bool) -> Proof:
    """Return how *revision*, another one than *wanted*, relates to it."""
    order = _order(wanted, revision)
    apart = facts.relation is Cover.APART
    came_after = not apart and was_before(facts.histories, wanted, revision)
    stored_before = bool(facts.committed and facts.fetched and facts.committed > facts.fetched)
    rules = (
        (facts.relation is Cover.CONTAINS, Cover.CONTAINS, "which contains it (local checkout)"),
        (facts.relation is Cover.OLDER, Cover.OLDER, "which is older (local checkout)"),
        (came_after, Cover.CONTAINS, "which came after it"),
        (stored_before, Cover.OLDER, "which was fetched before the commit was made"),
        (order is Cover.OLDER, Cover.OLDER, "which is a lower version"),
    )  # fmt: skip
    for applies, cover, why in rules:
        if applies:
            return Proof(cover, why)
    why = _newer(facts, order)
    if why and or_newer:
        return Proof(Cover.NEWER, f"{why}, accepted because of --or-newer")
    if apart:
        return Proof(Cover.APART, "which does not contain it (local checkout)")
    if not why:
        return UNPROVED
    return Proof(Cover.UNKNOWN, f"{why} (--or-newer accepts it)", stays=bool(facts.since))


def _newer(facts: Facts, order: Cover) -> str:
    """Return a clause if a revision is a newer one, though nothing proves that it contains it."""
    if order is Cover.NEWER:
        return "a higher version"
    if facts.committed and facts.fetched and facts.whole and facts.relation is Cover.UNKNOWN:
        return "fetched after the commit was made"
    return facts.since


def _order(wanted: Revision, revision: str) -> Cover:
    asked, has = release_of(wanted.name), release_of(parts(revision)[0])
    if asked is None or has is None or asked == has:
        return Cover.UNKNOWN
    return Cover.NEWER if has > asked else Cover.OLDER


def was_before(histories: Iterable[History], wanted: Revision, revision: str) -> bool:
    """Return whether *wanted* is in one of *histories*, and *revision* came after it.

    If *revision* was there before as well, a branch may have been reset to it: that proves nothing.
    """
    found = False
    for history in histories:
        times = [one.last for one in history if wanted.is_of(one.revision)]
        later = [one.first for one in history if one.revision == revision]
        if times and later and min(later) < max(times):
            return False
        found = found or bool(times)
    return found


def revisions_of(resource: Resource) -> tuple[str, str]:
    """Return the revision of the artifact of a source, and that of the commit it was made from."""
    artifact = map_of(resource.status.get("artifact"))
    origin = text_of(map_of(artifact.get("metadata")).get(ORIGIN))
    return text_of(artifact.get("revision")), origin


def in_history(resource: Resource) -> Iterable[Record]:
    """Yield the revisions that *resource* has applied with success."""
    for entry in maps_of(resource.status.get("history")):
        metadata = map_of(entry.get("metadata"))
        first, last = when(entry.get("firstReconciled")), when(entry.get("lastReconciled"))
        succeeded = text_of(entry.get("lastReconciledStatus")).endswith("Succeeded")
        if first and last and succeeded:
            for name in ("revision", "originRevision"):
                yield Record(text_of(metadata.get(name)), first, last)


def in_events(items: Iterable[Object]) -> Iterable[Record]:
    """Yield the revisions that *items*, pruned events about one source, are about."""
    for item in items:
        first = when(item.get("firstTimestamp")) or when(item.get("eventTime"))
        last = when(item.get("lastTimestamp")) or first
        annotations = map_of(map_of(item.get("metadata")).get("annotations"))
        for name, value in annotations.items():
            if first and last and item.get("type") == "Normal" and name.endswith("/revision"):
                yield Record(text_of(value), first, last)
