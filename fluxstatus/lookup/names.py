"""Finding a Flux object by KIND/NAME: the names of kinds, and similar names."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from fluxstatus.base.similar import did_you_mean, similar
from fluxstatus.model.errors import (
    AmbiguousError,
    ArgumentError,
    NotFoundError,
    UnknownKindError,
    UnreadError,
    not_served,
)
from fluxstatus.model.evidence import Unread
from fluxstatus.model.kinds import KINDS, Kind
from fluxstatus.model.ref import Ref

if TYPE_CHECKING:  # `split` alone does without them
    from fluxstatus.state.resource import Resource
    from fluxstatus.state.state import State

_EXPLAINED = tuple(kind for kind in KINDS.values() if kind.name != "FluxReport")
_BY_NAME = {
    name: kind for kind in _EXPLAINED for name in (kind.name.lower(), kind.plural, *kind.short)
}

FLUX_WORDS: Mapping[str, Mapping[str, str]] = {
    "sources": {
        "bucket": "Bucket",
        "chart": "HelmChart",
        "external": "ExternalArtifact",
        "git": "GitRepository",
        "helm": "HelmRepository",
        "oci": "OCIRepository",
    },
    "images": {
        "policy": "ImagePolicy",
        "repository": "ImageRepository",
        "update": "ImageUpdateAutomation",
    },
    "artifacts": {"generator": "ArtifactGenerator"},
}
"""The kinds that flux names with two words (`flux get sources git`), by these words."""

_FLUX_GROUPS = {name: group for group in FLUX_WORDS for name in (group, group.removesuffix("s"))}
"""The first words of a kind in flux, in the plural and in the singular."""


def flux_group(words: Sequence[str]) -> str:
    """Return the key in FLUX_WORDS that *words* begin with; empty if they begin with none."""
    return _FLUX_GROUPS.get(words[0].lower(), "") if len(words) > 1 else ""


def with_one_kind(words: Sequence[str]) -> Sequence[str]:
    """Return *words* with a kind of two words, as in `source git NAME`, as one word."""
    group = flux_group(words)
    kind = FLUX_WORDS[group].get(words[1].lower().removesuffix("s"), "") if group else ""
    return (kind, *words[2:]) if kind else words


class ObjectName(NamedTuple):
    """The name of an object, with its kind or without."""

    kind: Kind | None
    name: str


def split(words: Sequence[str]) -> tuple[str, str]:
    """Return the parts of KIND/NAME or KIND NAME. Raises ArgumentError."""
    kind, slash, name = "/".join(with_one_kind(words)).partition("/")
    if slash and kind and name and "/" not in name:
        return kind, name
    text = f"{' '.join(words)!r} is not in the form KIND/NAME"
    if slash or not kind:
        raise ArgumentError(text)
    raise _without_name(kind) or ArgumentError(f"{text}; for example: ks/{kind}")


def _without_name(word: str) -> ArgumentError | None:
    """Return the error that *word* is only a kind; None if it is none of Flux."""
    kind = _BY_NAME.get(word.lower())
    return ArgumentError(f"{kind.name} needs a name; write {word}/NAME") if kind else None


def parse(words: Sequence[str]) -> ObjectName:
    """Return the parts of KIND/NAME, KIND NAME or NAME. Raises ArgumentError."""
    if len(words) > 1 or "/" in words[0]:
        kind, name = split(words)
        return ObjectName(kind_called(kind), name)
    (word,) = words
    if error := _without_name(word):
        raise error
    return ObjectName(None, word)


def kind_called(word: str, others: Iterable[str] = ()) -> Kind:
    """Return the kind that *word* names: name, plural or short name, also with a group.

    *others* are further words to suggest. Raises UnknownKindError.
    """
    short, _, group = word.lower().partition(".")
    kind = _BY_NAME.get(short)
    if kind and (not group or kind.group == group or group.endswith(f".{kind.group}")):
        return kind
    suggestion = did_you_mean(short, (*_BY_NAME, *others), f"use one of {', '.join(_names())}")
    raise UnknownKindError(word, suggestion)


def _names() -> list[str]:
    return [kind.short[0] if kind.short else kind.name.lower() for kind in _EXPLAINED]


def _arguments(ref: Ref) -> tuple[str, ...]:
    """Return the arguments that name the Flux object *ref*."""
    return f"{ref.kind.lower()}/{ref.name}", "-n", ref.namespace


def find(
    state: "State", named: ObjectName, namespaces: Collection[str], codes: Iterable[str]
) -> "Resource":
    """Return the only object of *state* that is *named*, in *namespaces* or anywhere.

    *codes* are suggested as well for a name without a kind. Raises ArgumentError, or UnreadError
    when the object may exist but was not read.
    """
    kinds = (named.kind,) if named.kind else _EXPLAINED
    known = state.of_kind(*(kind.name for kind in kinds))
    same_name = [resource for resource in known if resource.ref.name == named.name]
    found = [r for r in same_name if not namespaces or r.ref.namespace in namespaces]
    if len(found) == 1:
        if hidden := _rival(state, found[0], namespaces):
            raise UnreadError(hidden)
        return found[0]
    if found:
        text = f"{named.name!r} matches {len(found)} objects; choose one:"
        raise AmbiguousError(
            text, (_arguments(resource.ref) for resource in _troubled_first(found))
        )
    answers = [state.answer_of(kind.name) for kind in kinds]
    for where in namespaces or ("",):
        for hidden in filter(None, (answer.unread_in(where, named.name) for answer in answers)):
            raise UnreadError(hidden)
    if named.kind and answers[0].unread and not answers[0].hidden:
        raise NotFoundError(not_served([named.kind.resource]))
    near = _troubled_first(same_name) or _near(named.name, known)
    nearest = nearest_first(near, namespaces, lambda resource: resource.ref.namespace)
    error = _not_found(named, namespaces, nearest, codes)
    absent = state.evidence.absent_namespaces
    error.absent = [namespace for namespace in namespaces if namespace in absent]
    raise error


def _rival(state: "State", found: "Resource", namespaces: Collection[str]) -> Unread | None:
    """Return why another object with the name and kind of *found* may exist, None if none can.

    Without *namespaces*, a namespace that could be read alone is the one that is meant.
    """
    answer = state.answer_of(found.ref.kind)
    own = [found.ref.namespace] if answer.namespaces else [""]
    rivals = (answer.unread_in(where, found.ref.name) for where in namespaces or own)
    return next(filter(None, rivals), None)


def _troubled_first(same_name: "Sequence[Resource]") -> "list[Resource]":
    """Return objects with the same name, those first that are probably meant: not all are shown."""
    from fluxstatus.state.resource import HEALTHY  # noqa: PLC0415 - only a mistake needs it

    return sorted(same_name, key=lambda resource: resource.verdict in HEALTHY)


_T = TypeVar("_T")


def nearest_first(
    found: Iterable[_T], namespaces: Collection[str], place: Callable[[_T], str]
) -> list[_T]:
    """Return *found* with those first whose namespace, *place*, is similar to one of *namespaces*.

    Otherwise the order stays the same.
    """
    found = list(found)
    places = {place(one) for one in found}
    near = {name for wanted in namespaces for name in similar(wanted, places, 3)}
    return sorted(found, key=lambda one: place(one) not in near)


def _near(name: str, known: "Sequence[Resource]") -> "list[Resource]":
    close = similar(name.lower(), {resource.ref.name for resource in known}, 3)
    return [resource for resource in known if resource.ref.name in close]


def near_codes(named: ObjectName, codes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the arguments for *codes* that are similar to a name without a kind."""
    near = () if named.kind else similar(named.name, list(codes), 3)
    return [(code,) for code in near]


def _not_found(
    named: ObjectName, namespaces: Collection[str], near: "Sequence[Resource]", codes: Iterable[str]
) -> NotFoundError:
    codes = list(codes)
    what = named.kind.name if named.kind else "object or code" if codes else "object"
    text = f"no {what} {named.name!r} found"
    choices = near_codes(named, codes)  # first: who names no kind has probably read a code
    choices += [_arguments(resource.ref) for resource in near]
    if choices:
        return NotFoundError(text, choices, namespaces=namespaces, ending="; did you mean:")
    lists = named.kind.plural if named.kind else "all"
    return NotFoundError(text, lists=lists, namespaces=namespaces)
