"""What somebody means by KIND/NAME: kubectl's and Flux's names for kinds, and near misses."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from fluxstatus.base.similar import did_you_mean, similar
from fluxstatus.model.errors import NotFoundError, UnreadError
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_EXPLAINED = tuple(kind for kind in KINDS.values() if kind.name != "FluxReport")
_BY_NAME = {
    name: kind for kind in _EXPLAINED for name in (kind.name.lower(), kind.plural, *kind.short)
}


class Named(NamedTuple):
    """What was asked for: a name, and its kind unless any will do."""

    kind: Kind | None
    name: str


def parse(words: Sequence[str]) -> Named:
    """Read KIND/NAME, KIND NAME or NAME. Raises NotFoundError."""
    kind, slash, name = "/".join(words).partition("/")
    if not slash:
        if kind.lower() in _BY_NAME:
            raise NotFoundError(f"which {_BY_NAME[kind.lower()].name}? Write {kind}/NAME.")
        return Named(None, kind)
    if not name or "/" in name:
        raise NotFoundError(f"{'/'.join(words)!r} is not KIND/NAME.")
    return Named(kind_called(kind), name)


def kind_called(word: str, others: Iterable[str] = ()) -> Kind:
    """Return the kind called *word*: its name, a plural, a short name, any with group or version.

    *others* are words that may have been meant, too. Raises NotFoundError.
    """
    short, _, group = word.lower().partition(".")
    kind = _BY_NAME.get(short)
    if kind and (not group or kind.group == group or group.endswith(f".{kind.group}")):
        return kind
    meant = did_you_mean(short, (*_BY_NAME, *others), f"there are: {', '.join(_names())}.")
    raise NotFoundError(f"{word!r} is no kind of Flux; {meant}")


def _names() -> list[str]:
    return [kind.short[0] if kind.short else kind.name.lower() for kind in _EXPLAINED]


def _spell(ref: Ref) -> tuple[str, ...]:
    """Return the words that mean the Flux object *ref* on our command line."""
    return f"{ref.kind.lower()}/{ref.name}", "-n", ref.namespace


def find(state: State, asked: Named, namespaces: Collection[str], codes: Iterable[str]) -> Resource:
    """Return the one object of *state* that is meant, in *namespaces* if there are any.

    *codes* are what a lone word might have meant, too. Raises NotFoundError, or UnreadError when
    the object may well be there, and could not be read.
    """
    kinds = (asked.kind,) if asked.kind else _EXPLAINED
    known = state.of_kind(*(kind.name for kind in kinds))
    same_name = [resource for resource in known if resource.ref.name == asked.name]
    found = [r for r in same_name if not namespaces or r.ref.namespace in namespaces]
    if len(found) == 1:
        return found[0]
    if found:
        text = f"{asked.name!r} is the name of {len(found)} objects; choose one:"
        raise NotFoundError(text, (_spell(resource.ref) for resource in found))
    unread = [unread for kind in kinds if (unread := _unread(state, kind))]
    if asked.kind and unread and unread[0].why is Why.ABSENT:
        raise NotFoundError(f"the API server does not serve {asked.kind.resource}")
    for why in unread:
        if why.why is not Why.ABSENT:
            raise UnreadError(why)
    raise _not_found(asked, namespaces, same_name or _near(asked.name, known), codes)


def _unread(state: State, kind: Kind) -> Unread | None:
    return state.answer_of(kind.name).unread


def _near(name: str, known: Sequence[Resource]) -> list[Resource]:
    close = similar(name, {resource.ref.name for resource in known}, 3)
    return [resource for resource in known if resource.ref.name in close]


def near_codes(asked: Named, codes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the words for those of *codes* that a lone word may have meant."""
    near = () if asked.kind else similar(asked.name, list(codes), 3)
    return [(code,) for code in near]


def _not_found(
    asked: Named, namespaces: Collection[str], near: Sequence[Resource], codes: Iterable[str]
) -> NotFoundError:
    codes = list(codes)
    what = asked.kind.name if asked.kind else "code and no object" if codes else "object"
    where = f" in {', '.join(namespaces)}" if namespaces else ""
    text = f"there is no {what} {asked.name!r}{where}"
    choices = [_spell(resource.ref) for resource in near]
    choices += near_codes(asked, codes)
    return NotFoundError(f"{text}; did you mean:" if choices else f"{text}.", choices)
