"""A fleet: its clusters, the worst first, with what they share and where they differ."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from fluxstatus.commands.fleet.joining import (
    Different,
    Shared,
    Version,
    differences_in,
    shared_blockers,
    shared_in,
    spread_in,
)
from fluxstatus.commands.fleet.members import Member, dated, merged, named, worst_first
from fluxstatus.model.findings import Exit, Verdict

_MISSING = "expected, but no context, snapshot or report has this name"


class Fleet(NamedTuple):
    """The clusters and what follows from them all.

    With `upgrade_to`, a version of Flux, their reports are plans for the upgrade to it.
    """

    taken_at: datetime
    members: Sequence[Member]
    shared: Sequence[Shared]
    spread: Sequence[Version]
    differences: Sequence[Different]
    without_sources: Sequence[str]
    upgrade_to: str = ""

    @property
    def counts(self) -> Counter[Verdict]:
        """The number of clusters by verdict."""
        return Counter(one.verdict for one in self.members)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict: a failure is worse than what is unknown."""
        return self.members[0].verdict if self.members else Verdict.UNKNOWN

    def exit_code(self, fail_on: Collection[str]) -> Exit:
        """Return the exit code: that of one cluster, of which there may be a worse one.

        A failure counts more than what is unknown.
        """
        codes = {
            Exit.NO_VERDICT if one.known is None else one.known.exit_code(fail_on)
            for one in self.members
        } or {Exit.NO_VERDICT}
        order = (Exit.UNHEALTHY, Exit.NO_VERDICT, Exit.HEALTHY)
        return next(code for code in order if code in codes)


def fleet_of(
    members: Iterable[Member],
    expected: Collection[str],
    now: datetime,
    most: float,
    upgrade_to: str = "",
) -> Fleet:
    """Return the fleet of *members* at *now*, or the plans for their upgrade to a version.

    Each is at most *most* seconds old, or unknown; so is each of the *expected* that is missing.
    """
    clusters = _all_different(named(merged(dated(one, now, most) for one in members)))
    known = {name for one in clusters for name in (one.name, one.context, *one.also)}
    missing = [Member(name, problem=_MISSING) for name in expected if name not in known]
    ordered = worst_first([*clusters, *missing])
    without = [one.name for one in ordered if one.sources is None and _is_read(one)]
    return Fleet(
        now,
        ordered,
        shared_blockers(ordered) if upgrade_to else shared_in(ordered),
        spread_in(ordered),
        differences_in(ordered),
        without,
        upgrade_to,
    )


def _is_read(member: Member) -> bool:
    return member.known is not None and not member.known.unreachable


def _all_different(members: Sequence[Member]) -> list[Member]:
    """Return *members*; of those with one name, each has that of its file, too, or a number."""
    found = list(members)
    for own in (lambda one, _: f" ({one.origin})", lambda _, number: f" #{number}"):
        names = Counter(one.name for one in found)
        found = [
            one._replace(name=one.name + own(one, number)) if names[one.name] > 1 else one
            for number, one in enumerate(found, 1)
        ]
    return found
