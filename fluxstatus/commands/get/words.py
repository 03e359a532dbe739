"""The arguments of `get`: groups of kinds, and kinds by their names in kubectl and flux."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fluxstatus.lookup.names import FLUX_WORDS, flux_group, kind_called, split, with_one_kind
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.kinds import KINDS, Kind

COMPONENTS = "components"
"""The word for the pods of Flux, which are not a Flux kind."""

_REPORT = KINDS["FluxReport"]  # not reconciled, so it is listed only by name

GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "all": tuple(kind for kind in KINDS.values() if kind.reconciled),
    "sources": tuple(kind for kind in KINDS.values() if kind.step == "sources"),
    "images": tuple(k for k in KINDS.values() if k.name in FLUX_WORDS["images"].values()),
}
"""Words for several kinds."""

Requested = Mapping[Kind, frozenset[str]]
"""The kinds to list, each with the names of objects; empty for all."""


def requested(words: Sequence[str], only: Sequence[str] = ()) -> Requested:
    """Return what KINDS, KINDS NAME … or KIND/NAME … request, limited to the kinds in *only*.

    Raises ArgumentError.
    """
    if any("/" in word for word in words):
        return _by_name(words)
    kinds, *names = _as_kubectl(words)
    return {kind: frozenset(names) for kind in _chosen(kinds, only)}


def _as_kubectl(words: Sequence[str]) -> Sequence[str]:
    """Return *words* with the two words that flux has for a kind, or for "all", as one."""
    group = flux_group(words)
    if group in GROUPS and words[1].lower() == "all":
        return (group, *words[2:])
    return with_one_kind(words)


def _by_name(words: Iterable[str]) -> Requested:
    found: dict[Kind, frozenset[str]] = {}
    for word in words:
        kind, name = split([word])
        for one in kinds_of(kind):
            found[one] = found.get(one, frozenset()) | {name}
    return found


def _chosen(words: str, only: Sequence[str]) -> list[Kind]:
    kinds = kinds_of(words)
    if not only:
        return kinds
    chosen = [kind for word in only for kind in kinds_of(word)]
    if not {*chosen} & {*kinds}:
        raise ArgumentError(
            f"{words!r} does not include {' or '.join(kind.name for kind in chosen)}"
        )
    return [kind for kind in kinds if kind in chosen]


def kinds_of(words: str) -> list[Kind]:
    """Return the kinds in *words*, a list with commas. Raises ArgumentError."""
    return list(dict.fromkeys(kind for word in words.split(",") for kind in _each(word.lower())))


def _each(word: str) -> Iterator[Kind]:
    if word in GROUPS:
        yield from GROUPS[word]
    elif word.partition(".")[0] in (_REPORT.name.lower(), _REPORT.plural, *_REPORT.short):
        yield _REPORT
    else:
        yield kind_called(word, others=(*GROUPS, COMPONENTS))
