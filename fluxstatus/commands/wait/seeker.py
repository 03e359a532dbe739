"""One look after another at what is waited for: reads it, and judges it with the pure modules."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from fluxstatus.base.urls import plain_url
from fluxstatus.cluster import local_git
from fluxstatus.cluster.namespaces import noting_absent
from fluxstatus.cluster.reader import Reader
from fluxstatus.commands.wait.coming import RECEIVER, hint_for
from fluxstatus.commands.wait.images import POLICY, hint_about
from fluxstatus.commands.wait.members import Member, Role, carrying_for, members, sources_of
from fluxstatus.commands.wait.outcome import Outcome, Result, judge
from fluxstatus.commands.wait.proof import Proofs, revisions_of
from fluxstatus.commands.wait.prover import Prover, streams_of
from fluxstatus.commands.wait.reading import LISTED, Known
from fluxstatus.commands.wait.revision import Revision
from fluxstatus.commands.wait.sources import carriers
from fluxstatus.commands.wait.standing import Phase, Standing, standings
from fluxstatus.lookup.names import ObjectName, find
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.hints import Hint, hint
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.model.ref import Key
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import feeds_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

_DEEPEST = 20  # levels of objects that bring others, read one after another
_HINTS = 3
_NAMED = frozenset({*LISTED, "FluxInstance"})


class Seeker:
    """Looks for the `wanted` revision in the objects that are *named*, or in all of *namespaces*.

    It remembers what it read at earlier looks.
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
        self._fail_fast = fail_fast
        commit = local_git.commit(wanted.hash) if wanted.hash else None
        commit = commit if commit and wanted.can_be(commit.hash) else None
        self.wanted = wanted.found_as(commit.hash if commit else "")
        self._prover = Prover(self.wanted, commit, or_newer=or_newer)
        self._remotes = set(map(plain_url, local_git.remotes())) if commit else set()
        self._known = Known(namespaces, kinds - {*LISTED})
        self._again: set[Key] = set()
        self._may_be_image = commit is None and wanted.is_digest
        self._once: dict[str, tuple[Resource, ...] | Unread] = {}

    def look(self, reader: Reader) -> Outcome:
        """Read what is waited for, and return where it is. Raises ArgumentError."""
        known = self._known
        known.absent.clear()  # they may exist by now
        if not known.listed:
            known.read_all(reader)
        else:
            known.read(reader, self._again)
        if reader.unreachable or not known.listed:
            return self._unread(reader)
        try:
            with noting_absent(reader.api, self._namespaces):
                state, found, proofs = self._members(reader, Proofs(self.wanted))
        except ArgumentError as error:
            if not self._again:
                raise
            return self._unread(reader, Unread(Why.ABSENT, f"{error}, since the wait began"))
        if _is_partly_proved(state, found, proofs):  # that shows which repository it is in
            state, found, proofs = self._members(reader, proofs)
        if reader.unreachable:
            return self._unread(reader)
        places = standings(state, found, proofs)
        streams = streams_of(state, found)
        is_certain = bool(self._named) or len(streams) == 1
        if not is_certain:  # what is final may have nothing to do with the revision
            places = [one._replace(final=False) for one in places]
        result, final = judge(places, known.unread.values(), fail_fast=self._fail_fast)
        is_unused = result is Result.REACHED and not self._named and not _has_consumer(places)
        if is_unused:  # it is fetched, but nothing shows that it is applied
            result = Result.UNKNOWN
        self._again = self._to_read(found, places, result) | {*known.failed}
        known.keep({*_around(state, found), *(one.ref.key for one in self._named_in(state))})
        target = state.evidence.target
        ambiguous = [] if is_certain else [_ambiguity(self.wanted, streams)]
        unused = [_unused(self._namespaces)] if is_unused else []
        hints = (*ambiguous, *unused, *self._hints(reader, state, places))
        return Outcome(
            wanted=self.wanted,
            result=result,
            taken_at=state.now,
            target=target,
            standings=tuple(places),
            unread=tuple(known.unread.items()),
            hints=tuple(map(for_target(target).hint, hints)),
            final=final,
        )

    def _unread(self, reader: Reader, gone: Unread | None = None) -> Outcome:
        """Return that what is waited for could not be read, or is *gone*: it may come again."""
        why = reader.unreachable
        unread = {"the cluster": why} if why else self._known.unread
        if gone and not why:
            unread = {**unread, "what is waited for": gone}
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
        found: list[Member] = []
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
        return state, found, self._prover.prove(reader, state, found)

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

    def _hints(self, reader: Reader, state: State, places: Sequence[Standing]) -> Iterator[Hint]:
        waiting = [
            state.resources[one.ref.key]
            for one in places
            if one.role is Role.SOURCE and one.phase is Phase.COMING
            and one.ref.key in state.resources
        ]  # fmt: skip
        waiting.sort(key=interval_of, reverse=True)
        yield from self._image_hints(reader, state, places)
        for source in waiting[:_HINTS]:
            fetcher = self._fetcher(reader, source, state.now)
            found = hint_for(fetcher, state.now, self._read_once(reader, RECEIVER, state.now))
            if found:
                yield found

    def _image_hints(
        self, reader: Reader, state: State, places: Iterable[Standing]
    ) -> Iterator[Hint]:
        """Yield the hint about an image with the digest, if no source has it."""
        sources = [one for one in places if one.role is Role.SOURCE]
        if self._may_be_image and not any(one.phase is Phase.DONE for one in sources):
            policies = self._read_once(reader, POLICY, state.now)
            is_likely = all(one.ref.kind == "GitRepository" for one in sources)
            if found := hint_about(self.wanted, policies, is_likely=is_likely):
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

    def _read_once(
        self, reader: Reader, kind: Kind, now: datetime
    ) -> tuple[Resource, ...] | Unread:
        """Return the objects of *kind*, which are read once, or why they are unknown."""
        if kind.name not in self._once:
            reader.answers.clear()
            [answer] = reader.query([reader.of_kind(kind)])
            items = (Resource(kind, item, now) for item in answer.known)
            self._once[kind.name] = answer.hidden or tuple(items)
        return self._once[kind.name]


def _has_consumer(places: Iterable[Standing]) -> bool:
    return any(one.role is Role.CONSUMER for one in places)


def _unused(namespaces: Collection[str]) -> Hint:
    where = f" in {', '.join(namespaces)}" if namespaces else ""
    return hint(
        f"it has been fetched, but no Kustomization or HelmRelease{where} uses it; to wait only "
        "for the fetch, pass the source as an argument"
    )


def _ambiguity(wanted: Revision, streams: Collection[object]) -> Hint:
    return hint(
        f"no source has {wanted.given} yet, and it could be in any of {len(streams)} repositories "
        "and branches: pass a source as an argument, include the branch (main@sha1:5f2ac1d), or "
        "run this command from a checkout of the repository"
    )


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
