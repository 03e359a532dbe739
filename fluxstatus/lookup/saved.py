"""Finding an object in a saved cluster: a Flux object, Deployment, Pod or Service."""

from collections.abc import Iterable, Iterator, Sequence

from fluxstatus.base.similar import similar
from fluxstatus.lookup import names
from fluxstatus.lookup.names import nearest_first, split
from fluxstatus.model.errors import AmbiguousError, NotFoundError, UnreadError
from fluxstatus.model.evidence import Evidence, Object, Unread, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State


def find(evidence: Evidence, words: Sequence[str], namespaces: Sequence[str]) -> Object:
    """Return the object that *words* (KIND/NAME) name in *evidence*.

    Raises ArgumentError when none or several have the name, and UnreadError when the object may
    exist but was not read.
    """
    if evidence.unreachable is not None:
        raise UnreadError(evidence.unreachable)
    word, name = split(words)
    kind = _kind_called(word)
    if not kind:
        return names.find(State(evidence), names.parse([f"{word}/{name}"]), namespaces, ()).object
    known = {
        ref: item
        for answer in evidence.answers.values()
        for item in answer.known
        for ref in [Ref.of(item)]
        if ref.kind == kind
    }
    same = [ref for ref in known if ref.name == name]
    found = [ref for ref in same if not namespaces or ref.namespace in namespaces]
    if len(found) == 1:
        return known[found[0]]
    if found:
        text = f"{word}/{name} matches {len(found)} objects; choose one:"
        raise AmbiguousError(text, _arguments(word, found))
    if hidden := _unread(evidence, kind):
        raise UnreadError(hidden)
    near = similar(name.lower(), {ref.name for ref in known}, 3)
    alike = same or [ref for ref in known if ref.name in near]
    choices = nearest_first(alike, namespaces, lambda ref: ref.namespace)
    raise NotFoundError(
        f"no {kind} {name!r} found",
        _arguments(word, choices),
        namespaces=namespaces,
        ending=f" in the snapshot, {_PARTLY}{'; did you mean:' if alike else ''}",
    )


_PARTLY = "which contains only the Deployments, pods and Services that the check reads"
_NAMES = {
    "Deployment": ("deployment", "deployments", "deploy"),
    "Pod": ("pod", "pods", "po"),
    "Service": ("service", "services", "svc"),
}


def _kind_called(word: str) -> str:
    """Return the key in _NAMES that *word* names, also with a group; empty if there is none."""
    name = word.lower().partition(".")[0]
    return next((kind for kind, called in _NAMES.items() if name in called), "")


def _unread(evidence: Evidence, kind: str) -> Unread | None:
    """Return why objects of *kind*, a key in _NAMES, may be missing in *evidence*, if they may."""
    plural = _NAMES[kind][1]
    answers = evidence.answers.items()
    return next((one.unread for name, one in answers if plural in name and one.unread), None)


def _arguments(word: str, refs: Iterable[Ref]) -> Iterator[tuple[str, ...]]:
    return ((f"{word}/{ref.name}", "-n", ref.namespace) for ref in refs)


class Objects:
    """The objects of a saved cluster by name."""

    def __init__(self, evidence: Evidence) -> None:
        items = (item for answer in evidence.answers.values() for item in answer.known)
        self._known = {Ref.of(item)[1:]: item for item in items}
        self._evidence = evidence

    def get(self, _: str, kind: str, namespace: str, name: str) -> Object | Unread | None:
        """Return an object, None if it does not exist, or why it was not read."""
        item = self._known.get((kind, namespace, name))
        if item is not None:
            return item
        if kind in KINDS:
            return self._evidence.answer(KINDS[kind].resource).unread_in(namespace, name)
        return Unread(Why.NOT_REQUESTED, "not in a snapshot")
