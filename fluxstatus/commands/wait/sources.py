"""The sources that carry a revision: which of them, and what each of them follows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.urls import plain_url
from fluxstatus.commands.wait.proof import Cover, Proofs, revisions_of
from fluxstatus.commands.wait.revision import Revision, is_same_name, plain_name
from fluxstatus.model.errors import ArgumentError, NotFoundError
from fluxstatus.model.ref import Key
from fluxstatus.state.references import feeds_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

FETCHING = ("GitRepository", "OCIRepository", "Bucket", "HelmChart")
"""Kinds that get revisions from outside the cluster, except the charts of other sources."""

_REFERENCES = ("commit", "digest", "name", "semver", "tag", "branch")
"""The fields of spec.ref; the first one that is set counts, as in the controllers
(source-controller api/v1)."""

_HAVING = frozenset({Cover.SAME, Cover.CONTAINS})
_PINNED = ("commit", "digest")
_RANGES = ("semver", "version")
_DEFAULT = {"GitRepository": ("branch", "master"), "OCIRepository": ("tag", "latest")}


class Following(NamedTuple):
    """What a source follows: the field, such as branch, and its value."""

    field: str
    value: str

    def __str__(self) -> str:
        """Return it for a sentence."""
        return f"{self.field} {self.value}"


def following(source: Resource) -> Following | None:
    """Return what *source* follows, None for a kind without such a choice."""
    if source.ref.kind == "HelmChart":
        return Following("version", text_of(source.spec.get("version")) or "*")
    if source.ref.kind not in _DEFAULT:
        return None
    reference = map_of(source.spec.get("ref"))
    found = ((name, text_of(reference.get(name))) for name in _REFERENCES)
    return Following(*next((one for one in found if one[1]), _DEFAULT[source.ref.kind]))


def repository_of(source: Resource) -> str:
    """Return what *source* fetches from, the same for each way to write its address."""
    spec = source.spec
    if source.ref.kind == "HelmChart":
        return "/".join((*next(iter(feeds_of(source)), ()), text_of(spec.get("chart"))))
    if source.ref.kind == "Bucket":
        return f"{text_of(spec.get('endpoint'))}/{text_of(spec.get('bucketName'))}"
    return plain_url(text_of(spec.get("url")))


def stream_of(source: Resource) -> tuple[str, Following | None]:
    """Return what *source* gets its revisions from: a repository, and what it follows in it."""
    return repository_of(source), following(source)


def is_carrier(source: Resource) -> bool:
    """Return whether *source* fetches from outside the cluster."""
    if source.ref.kind != "HelmChart":
        return source.ref.kind in FETCHING
    return any(kind == "HelmRepository" for kind, *_ in feeds_of(source))


def carriers(
    state: State,
    proofs: Proofs,
    namespaces: Collection[str] = (),
    remotes: Collection[str] = (),
) -> list[Resource]:
    """Return the sources that carry a revision, or may: those that a wait for it is about.

    A source that has it, as *proofs* show, shows which repository it is in. Else *remotes* do: the
    addresses of the local checkout that has the commit. Raises ArgumentError if it can be in any of
    several.
    """
    wanted = proofs.wanted
    candidates = [one for one in state.of_kind(*kinds_with(wanted)) if is_carrier(one)]
    if namespaces:
        used = _used_in(state, namespaces)
        candidates = [
            one for one in candidates if one.ref.namespace in namespaces or one.ref.key in used
        ]
    if not candidates:
        text = f"no source that can have the revision {wanted.given!r} was found"
        raise NotFoundError(text, namespaces=namespaces)
    refuse_moving(wanted, candidates)
    possible = [one for one in candidates if not never(one, wanted)] or candidates
    if not wanted.hash and len({repository_of(one) for one in possible}) > 1:
        text = f"{wanted.given!r} can be in any of {len(possible)} sources; choose one:"
        raise ArgumentError(text, map(_arguments, possible))
    having = [one for one in candidates if proofs.of(*revisions_of(one)).cover in _HAVING]
    if having:
        same = set(map(stream_of, having))
        return [one for one in candidates if stream_of(one) in same]
    return [one for one in possible if repository_of(one) in remotes] or possible


def kinds_with(wanted: Revision) -> Sequence[str]:
    """Return the kinds of sources whose revisions can be *wanted*."""
    sha1 = 40
    if wanted.is_version:
        return FETCHING
    others = ("GitRepository", "OCIRepository")
    return others if len(wanted.hash) == sha1 or not wanted.hash else (*others, "Bucket")


def refuse_moving(wanted: Revision, sources: Iterable[Resource]) -> None:
    """Raise ArgumentError for a name that each revision of one of *sources* has.

    That is the name of the branch, or of another reference but a tag, that it follows, a range of
    versions, and latest. So is one that no source can get, if it looks like the start of a hash.
    """
    sources = [*sources]
    if wanted.hash and not wanted.either:
        return
    if any(_moving(one) == wanted.name for one in sources):
        raise ArgumentError(
            f"{wanted.name!r} moves, and stands for every revision of the source; give the digest, "
            'the commit or the version, such as --revision "$(git rev-parse HEAD)"'
        )
    if wanted.is_like_hash and all(never(one, wanted) for one in sources):
        raise ArgumentError(
            f"{wanted.given!r} is too short for a commit, and no source follows a tag with "
            "this name: use at least 7 digits, or sha1: before them in a checkout that has it"
        )


def _moving(source: Resource) -> str:
    """Return the name that each revision of *source* has, empty without one."""
    field, value = _plain(following(source) or Following("", ""))
    moves = (
        field in {"branch", "name"}
        or (field, value) == ("tag", "latest")
        or (field in _RANGES and not Revision(value, value).is_version)
    )
    return value if moves else ""


def never(source: Resource, wanted: Revision) -> str:
    """Return why *source* does not get *wanted* as long as its spec is as it is, or nothing."""
    follows = following(source)
    if follows is None or wanted.either:
        return ""
    field, value = _plain(follows)
    if field in _PINNED and wanted.hash and not _same_hash(value, wanted.hash):
        return f"it is pinned to {field} {value}"
    if field == "branch" and wanted.name and wanted.hash and value != wanted.name:
        return f"it follows {follows}, not {wanted.name}"
    if field == "branch" and wanted.name and not wanted.hash:
        return f"it follows {follows}, and not tags"
    if field == "tag" and wanted.name and not is_same_name(wanted.name, value):
        return f"it follows {follows}"
    return ""


def _plain(follows: Following) -> Following:
    """Return the branch or tag that a full name, such as refs/heads/main, is of."""
    if follows.field != "name":
        return follows
    kinds = {"refs/heads/": "branch", "refs/tags/": "tag"}
    field = next((kind for start, kind in kinds.items() if follows.value.startswith(start)), "name")
    return Following(field, plain_name(follows.value))


def _same_hash(value: str, digits: str) -> bool:
    return value.rpartition(":")[2].startswith(digits)


def _used_in(state: State, namespaces: Collection[str]) -> set[Key]:
    """Return the sources of the objects in *namespaces*, directly or not."""
    found: set[Key] = set()
    for one in state.resources.values():
        if one.ref.namespace in namespaces:
            found.update(feeding(state, one))
    return found


def feeding(state: State, resource: Resource) -> Iterator[Key]:
    """Yield the sources of *resource*, their sources, and so on, each once."""
    todo, seen = [*feeds_of(resource)], set[Key]()
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            yield key
            known = state.resources.get(key)
            todo += feeds_of(known) if known else ()


def _arguments(source: Resource) -> tuple[str, ...]:
    ref = source.ref
    return f"{ref.kind.lower()}/{ref.name}", "-n", ref.namespace
