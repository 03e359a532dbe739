"""What is known about the revisions of sources: from git, events, histories and earlier looks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster import local_git
from fluxstatus.cluster.reader import Reader
from fluxstatus.commands.wait.members import Member, Role
from fluxstatus.commands.wait.proof import (
    Cover,
    Facts,
    Proof,
    Proofs,
    Record,
    in_events,
    in_history,
    prove,
    revisions_of,
)
from fluxstatus.commands.wait.reading import events_about
from fluxstatus.commands.wait.revision import Revision, parts
from fluxstatus.commands.wait.sources import stream_of
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

if TYPE_CHECKING:
    from fluxstatus.model.ref import Key

_JITTER = 1.1  # intervals are up to so much longer, and a busy controller is late


class Prover:
    """Finds out whether revisions contain the `wanted` one, which is *commit* in the checkout.

    It remembers what the sources had at earlier looks.
    """

    def __init__(
        self, wanted: Revision, commit: local_git.Commit | None, *, or_newer: bool
    ) -> None:
        self.wanted, self._commit, self._or_newer = wanted, commit, or_newer
        self._is_whole = commit is not None and local_git.is_whole()
        self._began: datetime | None = None
        self._seen: dict[Key, list[Record]] = {}
        self._handled: dict[Key, str] = {}
        self._relations: dict[str, Cover] = {}
        self._events: dict[tuple[Key, str], tuple[Record, ...]] = {}

    def _remember(self, state: State, found: Iterable[Member]) -> None:
        """Remember what the sources had at this look."""
        self._began = self._began or state.now
        for key in (one.key for one in found if one.role is Role.SOURCE):
            if source := state.resources.get(key):
                handled = text_of(source.status.get("lastHandledReconcileAt"))
                self._handled.setdefault(key, handled)
                revision, origin = revisions_of(source)
                for one in filter(None, (revision, origin)):
                    records = self._seen.setdefault(key, [])
                    if not records or records[-1].revision != one:
                        records.append(Record(one, state.now, state.now))

    def prove(self, reader: Reader, state: State, found: Sequence[Member]) -> Proofs:
        """Return what is proved of each revision of a source, and of what was applied of it.

        *found* begins with the sources, about which more is known.
        """
        self._remember(state, found)
        known = {one.key: state.resources[one.key] for one in found if one.key in state.resources}
        # Of several repositories or branches, the one that moves on need not be the right one.
        or_newer = self._or_newer and len(streams_of(state, found)) == 1
        proved: dict[str, Proof] = {}
        for key, role in ((one.key, one.role) for one in found):
            if key not in known or role in (Role.CHILD, Role.DEPENDENT):
                continue
            for revision in _revisions(known[key]):
                if revision in proved or self.wanted.is_of(revision):
                    continue
                facts = Facts(self._relation(revision))
                if role is Role.SOURCE and facts.relation in (Cover.UNKNOWN, Cover.APART):
                    users = (known[o.key] for o in found if o.source == key and o.key in known)
                    more = self._facts(reader, state, known[key], users)
                    facts = more._replace(relation=facts.relation)
                proved[revision] = prove(self.wanted, revision, facts, or_newer=or_newer)
        return Proofs(self.wanted, proved)

    def _relation(self, revision: str) -> Cover:
        digest = parts(revision)[1]
        if self._commit is None or not digest:
            return Cover.UNKNOWN
        if digest not in self._relations:
            self._relations[digest] = self._in_checkout(self._commit.hash, digest)
        return self._relations[digest]

    def _in_checkout(self, wanted: str, other: str) -> Cover:
        """Return how the commit *other* relates to the *wanted* one, as the checkout proves it."""
        if local_git.is_ancestor(wanted, other):
            return Cover.CONTAINS
        if local_git.is_ancestor(other, wanted):
            return Cover.OLDER
        is_apart = self._is_whole and local_git.commit(other) is not None
        return Cover.APART if is_apart else Cover.UNKNOWN

    def _facts(
        self, reader: Reader, state: State, source: Resource, users: Iterable[Resource]
    ) -> Facts:
        key, artifact = source.ref.key, map_of(source.status.get("artifact"))
        about = key, text_of(artifact.get("revision"))
        if about not in self._events:
            self._events[about] = tuple(in_events(events_about(reader, source.ref)))
        return Facts(
            committed=self._commit.at if self._commit else None,
            whole=self._is_whole,
            histories=[
                (*self._seen.get(key, ()), *self._events[about]),
                *(tuple(in_history(one)) for one in users),
            ],
            fetched=when(artifact.get("lastUpdateTime")),
            since=self._fetched_since(source, state.now),
        )

    def _fetched_since(self, source: Resource, now: datetime) -> str:
        """Return a clause if *source* has certainly fetched since the wait began, or nothing."""
        key = source.ref.key
        if len({one.revision for one in self._seen.get(key, ())}) > 1:
            return "fetched since the wait began"
        handled = text_of(source.status.get("lastHandledReconcileAt"))
        every = timedelta(seconds=_JITTER * interval_of(source)) + timeout_of(source)
        waited = self._began is not None and now - self._began > every
        if source.ready and (handled != self._handled.get(key, handled) or waited):
            return "fetched again since the wait began"
        return ""


def streams_of(state: State, found: Iterable[Member]) -> set[object]:
    """Return from what the sources in *found* get their revisions, each once."""
    sources = (state.resources.get(one.key) for one in found if one.role is Role.SOURCE)
    return {stream_of(one) for one in sources if one}


def _revisions(resource: Resource) -> Iterator[str]:
    """Yield the revisions of *resource*: of its artifact, what it observed, and what it applied."""
    status = resource.status
    names = (
        "lastAppliedRevision", "lastAppliedOriginRevision", "lastAttemptedRevision",
        "observedSourceArtifactRevision",
    )  # fmt: skip
    found = (*revisions_of(resource), *(text_of(status.get(name)) for name in names))
    yield from dict.fromkeys(filter(None, found))
