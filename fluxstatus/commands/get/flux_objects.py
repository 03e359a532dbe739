"""Flux objects as a list: by kind, name and filter."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from fluxstatus.base.plurals import counted
from fluxstatus.base.similar import similar
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands.get.causes import causes_in
from fluxstatus.commands.get.rows import COLUMNS, FILTERS, WIDE, Row, cell, rows
from fluxstatus.commands.get.verdicts import verdict_json
from fluxstatus.commands.get.words import GROUPS, Requested
from fluxstatus.commands.listing import ListEntry
from fluxstatus.model.errors import NotFoundError

if TYPE_CHECKING:
    from fluxstatus.model.ref import Ref
    from fluxstatus.state.resource import Resource


class FluxObjects:
    """The *requested* objects that pass all *filters*, which are names in FILTERS.

    With *suspended_longer* they must have been suspended for longer than that. *selector* is that
    of the labels with which the cluster is read. *whole* doesn't abbreviate revisions. *cause* has
    the causes in the check instead of messages; the cluster that is listed is then one that was
    read for the check.
    """

    has_verdicts = True

    def __init__(
        self,
        requested: Requested,
        filters: Sequence[str],
        suspended_longer: timedelta = timedelta(),
        *,
        selector: str = "",
        whole: bool = False,
        cause: bool = False,
    ) -> None:
        self.columns: tuple[str, ...] = (*COLUMNS[:-1], "CAUSE") if cause else COLUMNS
        self.wide: tuple[str, ...] = (*WIDE[:-1], "CAUSE") if cause else WIDE
        self._requested, self._filters, self._longer = requested, filters, suspended_longer
        self._selector, self._whole, self._cause = selector, whole, cause
        self._cause_of: Callable[[Resource], str] | None = None
        self._with_kind = len(requested) > 1
        self._names: set[str] = set()
        self._namespaces: Sequence[str] = ()
        self._read = 0
        self.asked: dict[Ref, None] = {}
        """The objects that were named, once they are read."""

    def entries(self, cluster: Cluster) -> Iterator[list[ListEntry]]:
        """Yield the entries, each batch of one kind."""
        wanted = [FILTERS[name] for name in self._filters]
        if self._longer:
            wanted.append(lambda row: row.is_suspended(self._longer))
        if self._cause:
            self._cause_of = causes_in(cluster.controllers())
        named = any(self._requested.values())
        self._namespaces = cluster.namespaces
        self._read = 0
        for batch in rows(cluster, self._requested):
            self._read += sum(map(self._is_named, batch))
            if named:
                self._names |= {row.resource.ref.name for row in batch}
                self.asked |= dict.fromkeys(
                    row.resource.ref for row in batch if self._is_named(row)
                )
            yield [
                self._entry(row)
                for row in batch
                if self._is_named(row) and all(fits(row) for fits in wanted)
            ]

    def is_unread(self, cluster: Cluster) -> bool:
        """Return whether none of the kinds could be read."""
        return all(kind.resource in cluster.unread for kind in self._requested)

    def requires(self, name: str) -> bool:
        """Return whether *name* is a requested kind, or a filter needs it."""
        return "stale" in self._filters or name in {kind.resource for kind in self._requested}

    def not_found(self) -> NotFoundError | None:
        """Return the error for the first name that no object has."""
        wanted: set[str] = set().union(*self._requested.values())
        for name in sorted(wanted - self._names):
            near = similar(name, self._names, 3)
            suggestion = f"; did you mean {' or '.join(near)}?" if near else ""
            what = _one_of([kind.name for kind, of in self._requested.items() if name in of])
            text = f"no {what} {name!r} was found"
            plurals = [kind.plural for kind in self._requested]
            lists = plurals[0] if len(plurals) == 1 else "all"
            return NotFoundError(
                text,
                lists="" if near else lists,
                namespaces=self._namespaces,
                ending=suggestion,
            )
        return None

    def are_optional(self, absent: Sequence[str]) -> bool:
        """Return whether these kinds were only requested as a part of all."""
        return {*GROUPS["all"]} <= {*self._requested} and len(absent) < len(self._requested)

    def none_found(self, where: str) -> str:
        """Return the sentence that no entry was found; *where* is empty or the namespaces.

        Where a filter left none, it has the number of those that the filter was applied to.
        """
        kinds = [kind.name for kind in self._requested]
        if not self._read:
            labels = f" with the labels {self._selector!r}" if self._selector else ""
            return f"no {_one_of(kinds)}{labels} was found{where}"
        filters = (*self._filters, *(["suspended for so long"] if self._longer else ()))
        what = kinds[0] if len(kinds) == 1 else "object"
        are = f"{'is' if self._read == 1 else 'are'} {' and '.join(filters).replace('_', ' ')}"
        return f"0 of {counted(self._read, what)}{where} {are}"

    def _entry(self, row: Row) -> ListEntry:
        times = {"SINCE": row.since, "AGE": row.resource.created}
        text = partial(self._cell, row)
        return ListEntry(row.resource.ref.key, row.item, text, times, partial(verdict_json, row))

    def _cell(self, row: Row, column: str) -> str:
        if column == "CAUSE" and row.standing:  # of a kind without a status
            return row.standing.message
        if column == "CAUSE":
            return self._cause_of(row.resource) if self._cause_of else ""
        return cell(row, column, with_kind=self._with_kind, whole=self._whole)

    def _is_named(self, row: Row) -> bool:
        names = self._requested[row.resource.kind]
        return not names or row.resource.ref.name in names


def _one_of(kinds: Sequence[str]) -> str:
    return " or ".join(kinds) if len(kinds) <= 2 else "object"  # noqa: PLR2004 - more is no sentence
