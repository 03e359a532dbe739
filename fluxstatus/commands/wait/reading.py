"""Reading what is waited for: all consumers and sources once, then only those that are not done."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from fluxstatus.cluster.queries import ListQuery, events
from fluxstatus.cluster.reader import Reader
from fluxstatus.lookup.events import selector
from fluxstatus.lookup.related import PartialState
from fluxstatus.model.evidence import Answer, Evidence, Incomplete, Object, Read, Unread, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.state import State

LISTED = (
    "GitRepository", "OCIRepository", "Bucket", "HelmChart", "ExternalArtifact",
    "ArtifactGenerator", "Kustomization", "HelmRelease",
)  # fmt: skip
"""The kinds whose objects carry a revision, or apply it: each is listed at the first look."""

_ONE_BY_ONE = 20  # objects of a kind; more are listed


class Known:
    """The objects that were read, by key: those that are waited for are read again at each look.

    `absent` are those that were requested and do not exist, `unread` is why a list, by its kind, or
    an object, by its name, could not be read.
    """

    def __init__(self, namespaces: Collection[str], more: Collection[str] = ()) -> None:
        """Know nothing yet; the kinds *more* are listed, too, all of them in *namespaces*."""
        self._namespaces = tuple(namespaces)
        self._kinds = (*LISTED, *more)
        self.listed = False
        self.objects: dict[Key, Object] = {}
        self.absent: set[Key] = set()
        self.unread: dict[str, Unread] = {}
        self._failed: set[Key] = set()

    @property
    def failed(self) -> Collection[Key]:
        """The objects that could not be read at their last request."""
        return self._failed

    def read_all(self, reader: Reader) -> None:
        """Read the lists of all consumers and sources."""
        self.unread = {}
        kinds = [KINDS[name] for name in self._kinds]
        queries = map(reader.of_kind, kinds)
        asked = [(name, one._replace(namespaces=self._namespaces)) for name, one in queries]
        for kind, answer in zip(kinds, _answers(reader, asked), strict=True):
            self._keep(kind.name, answer)
            if answer.hidden:
                self.unread[kind.resource] = answer.hidden
        self.listed = not self.unread

    def keep(self, keys: Collection[Key]) -> None:
        """Forget all objects but those with these *keys*, and the sources."""
        self.objects = {
            key: item
            for key, item in self.objects.items()
            if key in keys or KINDS[key[0]].step == "sources"
        }

    def read(self, reader: Reader, keys: Iterable[Key]) -> None:
        """Read the objects with these *keys*, or why they cannot be read."""
        by_kind: dict[str, list[Key]] = defaultdict(list)
        for key in sorted(set(keys)):
            if key[0] in KINDS and key[2]:
                by_kind[key[0]].append(key)
        asked: list[tuple[str, ListQuery]] = []
        about: list[list[Key]] = []
        for kind, wanted in by_kind.items():
            for group in _groups(wanted):
                name, where = (group[0][2] if len(group) == 1 else ""), _shared_namespace(group)
                asked.append(reader.of_kind(KINDS[kind], name, where))
                about.append(group)
        for group, answer in zip(about, _answers(reader, asked), strict=True):
            self._keep_named(group, answer)

    def state(self, reader: Reader) -> State:
        """Return all that is known as a State, in which the `absent` do not exist."""
        by_kind: dict[str, list[Object]] = defaultdict(list)
        for (kind, _, _), item in self.objects.items():
            by_kind[KINDS[kind].resource].append(item)
        evidence = reader.evidence()
        partly = Unread(Why.NOT_REQUESTED, "only the objects that are waited for were read")
        answers: dict[str, Answer] = {n: Incomplete(partly, tuple(o)) for n, o in by_kind.items()}
        if self.listed:
            for resource in (KINDS[name].resource for name in self._kinds):
                answers[resource] = Read(tuple(by_kind.get(resource, ())), self._namespaces)
        return PartialState(
            Evidence(evidence.taken_at, evidence.target, answers, evidence.served), self.absent
        )

    def _keep(self, kind: str, answer: Answer) -> None:
        found = {Ref.of(item).key: item for item in answer.known}
        if not answer.hidden:
            for key in [one for one in self.objects if one[0] == kind]:
                if key not in found and (not self._namespaces or key[1] in self._namespaces):
                    del self.objects[key]
        self.objects |= found
        self.absent -= found.keys()

    def _keep_named(self, group: Collection[Key], answer: Answer) -> None:
        found = {Ref.of(item).key: item for item in answer.known}
        for key in group:
            about = f"{Ref('', *key)}"
            self.unread.pop(about, None)
            self._failed.discard(key)
            if key in found:
                self.objects[key] = found[key]
                self.absent.discard(key)
            elif answer.hidden:
                self.unread[about] = answer.hidden
                self._failed.add(key)
            else:
                self.objects.pop(key, None)
                self.absent.add(key)


def events_about(reader: Reader, ref: Ref) -> tuple[Object, ...]:
    """Return the events about *ref*, none if they cannot be read: then they prove nothing."""
    query = events(selector(ref), (ref.namespace,))
    [answer] = _answers(reader, [("events", query)])
    return answer.known


def _answers(reader: Reader, asked: list[tuple[str, ListQuery]]) -> list[Answer]:
    reader.answers.clear()  # each look is a new one
    return reader.query(asked)


def _groups(keys: list[Key]) -> Iterator[list[Key]]:
    """Yield *keys*, which are of one kind, in groups that a request each reads."""
    if len(keys) <= _ONE_BY_ONE:
        yield from ([one] for one in keys)
    else:
        yield keys


def _shared_namespace(group: Collection[Key]) -> str:
    namespaces = {namespace for _, namespace, _ in group}
    return namespaces.pop() if len(namespaces) == 1 else ""
