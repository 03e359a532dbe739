"""One look after another at what is waited for: reads it, and judges it with the pure modules."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.cluster import local_git
from fluxstatus.cluster.reader import Reader
from fluxstatus.commands.wait.coming import RECEIVER, hint_for
from fluxstatus.commands.wait.members import Member, Role, carrying_for, members, sources_of
from fluxstatus.commands.wait.outcome import Outcome, Result, judge
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
from fluxstatus.commands.wait.reading import LISTED, Known, events_about
from fluxstatus.commands.wait.revision import Revision, parts
from fluxstatus.commands.wait.sources import carriers, plain_url, repository_of
from fluxstatus.commands.wait.standing import Phase, Standing, standings
from fluxstatus.lookup.names import ObjectName, find
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.evidence import Unread
from fluxstatus.model.hints import Hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.model.ref import Key
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import feeds_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

_DEEPEST = 20  # levels of objects that bring others, read one after another
_HINTS = 3
_JITTER = 1.1  # intervals are up to so much longer, and a busy controller is late
_INSTANCE = "FluxInstance"
_NAMED = frozenset({*LISTED, "HelmRepository", _INSTANCE})


class Seeker:
    """Looks for the `wanted` revision in the objects that are *named*, or in all of *namespaces*.

    It remembers what it saw at earlier looks.
    """

    def __init__(
        self,
        wanted: Revision,
        named: Sequence[ObjectName],
        namespaces: Collection[str],
        *,
        or_newer: bool = False,
        fail_fast: bool = False,
    ) -> None:
        """Ask the local checkout for the commit. Raises ArgumentError for a useless kind."""
        for kind in (one.kind for one in named if one.kind):
            if kind.name not in _NAMED:
                raise ArgumentError(
                    f"a {kind.name} has no revision to wait for; name a source, a Kustomization or "
                    "a HelmRelease"
                )
        kinds = {one.kind.name for one in named if one.kind}
        self._named, self._namespaces = named, namespaces
        self._or_newer, self._fail_fast = or_newer, fail_fast
        commit = local_git.commit(wanted.hash) if wanted.hash else None
        self._commit = commit
        self.wanted = wanted._replace(hash=commit.hash) if commit else wanted
        self._remotes = set(map(plain_url, local_git.remotes())) if commit else set()
        self._known = Known(namespaces, kinds - {*LISTED})
        self._again: set[Key] = set()
        self._began: datetime | None = None
        self._seen: dict[Key, list[Record]] = {}
        self._handled: dict[Key, str] = {}
        self._relations: dict[str, Cover] = {}
        self._events: dict[tuple[Key, str], tuple[Record, ...]] = {}
        self._receivers: tuple[Resource, ...] | Unread | None = None

    def look(self, reader: Reader) -> Outcome:
        """Read what is waited for, and return where it is. Raises ArgumentError."""
        known = self._known
        if not known.listed:
            known.read_all(reader)
        else:
            known.read(reader, self._again)
        if reader.unreachable or not known.listed:
            return self._unread(reader)
        state, found, proofs = self._members(reader, Proofs(self.wanted))
        if _is_partly_proved(state, found, proofs):  # that shows which repository it is in
            state, found, proofs = self._members(reader, proofs)
        if reader.unreachable:
            return self._unread(reader)
        places = standings(state, found, proofs)
        result, final = judge(places, known.unread.values(), fail_fast=self._fail_fast)
        self._again = self._to_read(found, places, result) | {*known.failed}
        known.keep({*_around(state, found), *(one.ref.key for one in self._named_in(state))})
        target = state.evidence.target
        return Outcome(
            wanted=self.wanted,
            result=result,
            taken_at=state.now,
            target=target,
            standings=tuple(places),
            unread=tuple(known.unread.items()),
            hints=tuple(map(for_target(target).hint, self._hints(reader, state, places))),
            final=final,
        )

    def _unread(self, reader: Reader) -> Outcome:
        """Return that what is waited for could not be read."""
        why = reader.unreachable
        unread = {"the cluster": why} if why else self._known.unread
        _, final = judge((), unread.values(), fail_fast=False)
        evidence = reader.evidence()
        return Outcome(
            wanted=self.wanted,
            result=Result.UNKNOWN,
            taken_at=evidence.taken_at,
            target=evidence.target,
            unread=tuple(unread.items()),
            final=final,
        )

    def _members(self, reader: Reader, known: Proofs) -> tuple[State, list[Member], Proofs]:
        """Return who is waited for, after reading those that became known by others.

        With them comes what is proved of their revisions.
        """
        for _ in range(_DEEPEST):
            state = self._known.state(reader)
            named = self._named_in(state)
            lacking = [one for one in named if not carrying_for(state, self.wanted, one)]
            missing = self._missing(state, (*_feeds(named), *_creators(state, lacking)))
            if not missing and self._namespaces:
                missing = self._missing(state, _feeds(state.resources.values()))
            if not missing:
                found = self._found(state, named, known)
                missing = self._missing(state, _around(state, found))
            if not missing or reader.unreachable:
                break
            self._known.read(reader, missing)
        self._remember(state, found)
        return state, found, Proofs(self.wanted, self._prove(reader, state, found))

    def _named_in(self, state: State) -> list[Resource]:
        """Return the objects that are named. Raises ArgumentError and UnreadError."""
        return [find(state, one, self._namespaces, ()) for one in self._named]

    def _found(self, state: State, named: Sequence[Resource], proofs: Proofs) -> list[Member]:
        if named:
            sources = sources_of(state, self.wanted, named)
            return members(state, sources, [one.ref.key for one in named])
        carrying = carriers(state, proofs, self._namespaces, self._remotes)
        keys = [one.ref.key for one in carrying]
        return members(state, keys, namespaces=self._namespaces)

    def _missing(self, state: State, keys: Iterable[Key]) -> set[Key]:
        known = self._known
        return {
            key
            for key in keys
            if key[0] in KINDS and key not in state.resources and key not in known.absent
            and key not in known.failed
        }  # fmt: skip

    def _to_read(
        self, found: Sequence[Member], places: Sequence[Standing], result: Result
    ) -> set[Key]:
        """Return what the next look reads: all to confirm, else what may have changed.

        An object may get a new spec or source at the moment before its owner reports success. What
        waits for a source or an owner that is not done cannot be done before.
        """
        if result is Result.REACHED:
            return {one.key for one in found}
        done = {
            one.key for one, place in zip(found, places, strict=True) if place.phase is Phase.DONE
        }
        return {
            one.key
            for one in found
            if one.key not in done and all(key in done for key in (one.source, one.owner) if key)
        } | {one.key for one in found if one.role is Role.SOURCE}

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

    # What proves that a revision contains the wanted one

    def _prove(self, reader: Reader, state: State, found: Sequence[Member]) -> dict[str, Proof]:
        """Return what is proved of each revision of a source, and of what was applied of it.

        *found* begins with the sources, about which more is known.
        """
        known = {one.key: state.resources[one.key] for one in found if one.key in state.resources}
        sources = [known[one.key] for one in found if one.role is Role.SOURCE and one.key in known]
        # Of several repositories, the one that moves on need not be the right one.
        or_newer = self._or_newer and len(set(map(repository_of, sources))) == 1
        proved: dict[str, Proof] = {}
        for key, role in ((one.key, one.role) for one in found):
            if key not in known or role in (Role.CHILD, Role.DEPENDENT):
                continue
            for revision in _revisions(known[key]):
                if revision in proved or self.wanted.is_of(revision):
                    continue
                facts = Facts(self._relation(revision))
                if role is Role.SOURCE and facts.relation is Cover.UNKNOWN:
                    users = (known[o.key] for o in found if o.source == key and o.key in known)
                    facts = self._facts(reader, state, known[key], users)
                proved[revision] = prove(self.wanted, revision, facts, or_newer=or_newer)
        return proved

    def _relation(self, revision: str) -> Cover:
        digest = parts(revision)[1]
        if self._commit is None or not digest:
            return Cover.UNKNOWN
        if digest not in self._relations:
            older, newer = self._commit.hash, digest
            contains = local_git.is_ancestor(older, newer)
            is_older = not contains and local_git.is_ancestor(newer, older)
            self._relations[digest] = (
                Cover.CONTAINS if contains else Cover.OLDER if is_older else Cover.UNKNOWN
            )
        return self._relations[digest]

    def _facts(
        self, reader: Reader, state: State, source: Resource, users: Iterable[Resource]
    ) -> Facts:
        key, artifact = source.ref.key, map_of(source.status.get("artifact"))
        about = key, text_of(artifact.get("revision"))
        if about not in self._events:
            self._events[about] = tuple(in_events(events_about(reader, source.ref)))
        return Facts(
            committed=self._commit.at if self._commit else None,
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

    # What would bring the revision

    def _hints(self, reader: Reader, state: State, places: Iterable[Standing]) -> Iterator[Hint]:
        waiting = [
            state.resources[one.ref.key]
            for one in places
            if one.role is Role.SOURCE and one.phase is Phase.COMING
            and one.ref.key in state.resources
        ]  # fmt: skip
        for source in waiting[:_HINTS]:
            fetcher = self._fetcher(reader, source, state.now)
            found = hint_for(fetcher, state.now, self._triggers(reader, state.now))
            if found:
                yield found

    def _fetcher(self, reader: Reader, source: Resource, now: datetime) -> Resource:
        """Return what fetches for *source*: of a chart its HelmRepository, if that has an index."""
        if source.ref.kind != "HelmChart":
            return source
        keys = [key for key in feeds_of(source) if key[0] == "HelmRepository"]
        if any(key not in self._known.objects for key in keys):
            self._known.read(reader, keys)
        items = (self._known.objects.get(key) for key in keys)
        found = (Resource(KINDS["HelmRepository"], item, now) for item in items if item)
        return next((one for one in found if one.verdict is not Verdict.STATIC), source)

    def _triggers(self, reader: Reader, now: datetime) -> tuple[Resource, ...] | Unread:
        """Return the Receivers, which are read once, or why they are unknown."""
        if self._receivers is None:
            reader.answers.clear()
            [answer] = reader.query([reader.of_kind(RECEIVER)])
            items = (Resource(RECEIVER, item, now) for item in answer.known)
            self._receivers = answer.hidden or tuple(items)
        return self._receivers


def _is_partly_proved(state: State, found: Iterable[Member], proofs: Proofs) -> bool:
    """Return whether it is proved of some sources, but not of all, that they have the revision."""
    sources = (state.resources.get(one.key) for one in found if one.role is Role.SOURCE)
    covers = {proofs.of(*revisions_of(one)).accepted for one in sources if one}
    return covers == {True, False}


def _creators(state: State, resources: Iterable[Resource]) -> Iterator[Key]:
    """Yield what created *resources*, what created that, and so on, and the sources of these."""
    todo, seen = [*resources], set[Key]()
    while todo:
        for key in creators_of(todo.pop().labels):
            if key not in seen and key[0] in LISTED:
                seen.add(key)
                yield key
                if known := state.resources.get(key):
                    todo.append(known)
                    yield from _feeds([known])


def _feeds(resources: Iterable[Resource]) -> Iterator[Key]:
    """Yield the sources of *resources* that may carry a revision."""
    for one in resources:
        yield from (key for key in feeds_of(one) if key[0] in LISTED)


def _around(state: State, found: Iterable[Member]) -> Iterator[Key]:
    """Yield the objects in *found*, and what they take what they apply from."""
    for one in found:
        yield one.key
        if known := state.resources.get(one.key):
            yield from _feeds([known])


def _revisions(resource: Resource) -> Iterator[str]:
    """Yield the revisions of *resource*: of its artifact, what it observed, and what it applied."""
    status = resource.status
    names = (
        "lastAppliedRevision", "lastAppliedOriginRevision", "lastAttemptedRevision",
        "observedSourceArtifactRevision",
    )  # fmt: skip
    found = (*revisions_of(resource), *(text_of(status.get(name)) for name in names))
    yield from dict.fromkeys(filter(None, found))
