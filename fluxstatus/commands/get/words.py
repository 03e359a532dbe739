"""What may be listed: groups of kinds, and each kind by the names of kubectl and Flux."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fluxstatus.lookup.names import kind_called
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.kinds import KINDS, Kind

COMPONENTS = "components"
"""What is no kind: the pods of Flux's controllers."""

_REPORT = KINDS["FluxReport"]  # it reports, nothing reconciles it: only listed by its own name

GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "all": tuple(kind for kind in KINDS.values() if kind is not _REPORT),
    "sources": tuple(kind for kind in KINDS.values() if kind.step == "sources"),
}
"""Words that stand for several kinds."""

Asked = Mapping[Kind, frozenset[str]]
"""The kinds to list, each with the names that are wanted; none means all."""


def asked_for(words: Sequence[str], only: Sequence[str] = ()) -> Asked:
    """Read KINDS, KINDS NAME … or KIND/NAME …; of KINDS *only* these if there are any.

    Raises NotFoundError.
    """
    if any("/" in word for word in words):
        return _per_namespace(words)
    kinds, *names = words
    return {kind: frozenset(names) for kind in _chosen(kinds, only)}


def _per_namespace(words: Iterable[str]) -> Asked:
    asked: dict[Kind, frozenset[str]] = {}
    for word in words:
        kind, slash, name = word.partition("/")
        if not (slash and name) or "/" in name:
            raise NotFoundError(f"{word!r} is not KIND/NAME.")
        for one in kinds_of(kind):
            asked[one] = asked.get(one, frozenset()) | {name}
    return asked


def _chosen(words: str, only: Sequence[str]) -> list[Kind]:
    kinds = kinds_of(words)
    if not only:
        return kinds
    chosen = [kind for word in only for kind in kinds_of(word)]
    if not {*chosen} & {*kinds}:
        raise NotFoundError(f"{words!r} has no {' and no '.join(kind.name for kind in chosen)}.")
    return [kind for kind in kinds if kind in chosen]


def kinds_of(words: str) -> list[Kind]:
    """Return the kinds that *words*, a list with commas, stand for. Raises NotFoundError."""
    return list(dict.fromkeys(kind for word in words.split(",") for kind in _each(word.lower())))


def _each(word: str) -> Iterator[Kind]:
    if word in GROUPS:
        yield from GROUPS[word]
    elif word.partition(".")[0] in (_REPORT.name.lower(), _REPORT.plural, *_REPORT.short):
        yield _REPORT
    else:
        yield kind_called(word, others=(*GROUPS, COMPONENTS))
