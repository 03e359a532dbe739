"""Finding an object in a saved cluster: a Flux object, Deployment, Pod or Service."""

from collections.abc import Sequence

from fluxstatus.lookup import names
from fluxstatus.lookup.names import split
from fluxstatus.model.errors import AmbiguousError, UnreadError
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
    others = {
        str(ref): item
        for answer in evidence.answers.values()
        for item in answer.known
        for ref in [Ref.of(item)]
        if _is_called(ref.kind, word)
        and ref.name == name
        and (not namespaces or ref.namespace in namespaces)
    }
    if len(others) == 1:
        return next(iter(others.values()))
    if others:
        choices = [(f"{word}/{name}", "-n", Ref.of(item).namespace) for item in others.values()]
        raise AmbiguousError(f"{word}/{name} matches {len(others)} objects; choose one:", choices)
    return names.find(State(evidence), names.parse([f"{word}/{name}"]), namespaces, ()).object


def _is_called(kind: str, word: str) -> bool:
    short = {"Deployment": "deploy", "Pod": "po", "Service": "svc"}
    name = word.lower().partition(".")[0]
    return kind in short and name in (kind.lower(), f"{kind.lower()}s", short[kind])


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
