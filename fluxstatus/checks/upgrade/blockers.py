"""What rejects an upgrade, or breaks Flux with it, whatever the objects are."""

from collections.abc import Iterator
from typing import NamedTuple

from fluxstatus.advice.advice import Occurrence
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.versions import dotted
from fluxstatus.checks.upgrade import needs
from fluxstatus.checks.upgrade.applied import applied
from fluxstatus.checks.upgrade.move import BLOCKERS, Move, finding_of
from fluxstatus.knowledge.commands import APPLY_INSTANCE
from fluxstatus.knowledge.flux_minors import REMOVED_IN, Minor
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CRDS, Evidence, Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.references import template_owner
from fluxstatus.state.resource import Resource

PROCEDURE = "https://github.com/fluxcd/flux2/discussions/5572"
MIGRATES_TO: Minor = (2, 6)
"""The oldest minor version to which `flux migrate -f` can change manifests (flux2
cmd/flux/migrate.go)."""

_STORED_VERSIONS = Code(
    "upgrade-stored-versions",
    "Some CRDs list stored versions that the target version of Flux removes.",
)
_IN_BETWEEN = Code(
    "upgrade-in-between",
    "Objects are stored only in versions that the target removes; upgrade to a version in between "
    "first.",
)
_API_VERSION = Code(
    "upgrade-api-version",
    "Some objects were last written in API versions that the target version removes.",
)
_MANIFEST_VERSION = Code(
    "upgrade-manifest-version",
    "Flux applies some of its own objects in API versions that the target version removes.",
)
DOWNGRADE = Code("upgrade-downgrade", "The target is older than the Flux that is installed.")
CODES = (
    _STORED_VERSIONS,
    _IN_BETWEEN,
    _API_VERSION,
    _MANIFEST_VERSION,
    *needs.CODES,
    DOWNGRADE,
)

_REJECTED = (
    "after the upgrade, the API server rejects manifests in that version, and a Kustomization or "
    "chart that contains one fails completely"
)
_MIGRATE = Step(
    "migrate all stored objects with the flux CLI, or let the Flux Operator migrate them; it does "
    "so unless spec.migrateResources of the FluxInstance is false",
    change=("flux migrate", APPLY_INSTANCE),
)


def blockers(move: Move) -> Iterator[Finding]:
    """Yield what is in the way of *move*."""
    yield from _stored(move)
    yield from _written(move)
    yield from _applied(move)
    yield from needs.needs(move)


def _stored(move: Move) -> Iterator[Finding]:
    """Yield the CRDs that list stored versions which the upgrade removes."""
    found = list(_removed_from_crds(move))
    to_migrate = [_as_place(one) for one in found if one.version != one.storage]
    if to_migrate:
        yield finding_of(
            BLOCKERS,
            _STORED_VERSIONS,
            Level.FAIL,
            (
                "{what} still lists the stored version {value}",
                "{n} CRDs still list stored versions that the upgrade removes",
            ),
            to_migrate,
            "a CRD must keep every version in status.storedVersions, so the API server rejects the "
            "CRD of the target",
            (_MIGRATE,),
            PROCEDURE,
            move.state.template_fields,
        )
    yield from _stuck(move, [one for one in found if one.version == one.storage])


class _Removed(NamedTuple):
    """A version in the storedVersions of a CRD; `by` is the minor version that removes it."""

    crd: str
    version: str
    storage: str
    by: Minor


def _removed_from_crds(move: Move) -> Iterator[_Removed]:
    for crd in move.state.evidence.answer(CRDS).known:
        name = text_of(map_of(crd.get("metadata")).get("name"))
        for version in _stored_versions(crd):
            minor = _removal(move, f"{name.partition('.')[2]}/{version}")
            if minor:
                yield _Removed(name, version, _storage_version(crd), minor)


def _removal(move: Move, api_version: str) -> Minor | None:
    """Return the minor version that removes *api_version*, None if *move* does not reach it."""
    minor = REMOVED_IN.get(api_version)
    return minor if minor and minor <= move.target else None


def _as_place(one: _Removed) -> Occurrence:
    return Occurrence(label=f"CRD {one.crd}", value=_which(one.version, one.by))


def _which(version: str, minor: Minor) -> str:
    return f"{version}, which Flux {dotted(minor)} removes"


def _stuck(move: Move, crds: list[_Removed]) -> Iterator[Finding]:
    """Yield what cannot be migrated now: that takes a Flux which serves two versions.

    These are CRDs or, if they were not read, objects that are served in no other version.
    """
    minors = {_as_place(one): one.by for one in crds} or {
        Occurrence(one.ref, value=_which(one.ref.api_version, minor)): minor
        for one in move.state.of_kind(*KINDS)
        if (minor := _removal(move, one.ref.api_version))
    }
    if not minors:
        return
    removed = min(minors.values())
    last = dotted((removed[0], removed[1] - 1))
    yield finding_of(
        BLOCKERS,
        _IN_BETWEEN,
        Level.FAIL,
        (
            "{what} is stored as {value}",
            "{n} CRDs or objects are stored in versions that the upgrade removes",
        ),
        list(minors),
        "this Flux has no newer version to migrate them to, and the API server rejects the CRDs of "
        "the target",
        (
            Step(
                f"upgrade to Flux {last} first, migrate the objects there, and then continue",
                read=(f"kubectl flux-status upgrade plan --to {last}",),
            ),
        ),
        PROCEDURE,
    )


def missing_crds(evidence: Evidence) -> tuple[str, ...]:
    """Return the kinds of Flux, by plural.group, that are served and whose CRD is not known.

    A CRD without stored versions is not known: an API server always lists one. Only groups from
    which Flux has ever removed a version count. If the CRDs could not be read, it is empty: then
    all are unknown.
    """
    answer = evidence.answer(CRDS)
    known = {
        text_of(map_of(crd.get("metadata")).get("name"))
        for crd in answer.known
        if any(_stored_versions(crd))
    }
    groups = {version.partition("/")[0] for version in REMOVED_IN}
    served = () if answer.hidden else evidence.served or ()
    return tuple(name for name in served if name.partition(".")[2] in groups and name not in known)


def _stored_versions(crd: Object) -> list[str]:
    stored = map_of(crd.get("status")).get("storedVersions")
    return [text_of(version) for version in stored] if isinstance(stored, list) else []


def _storage_version(crd: Object) -> str:
    versions = maps_of(map_of(crd.get("spec")).get("versions"))
    return next((text_of(one.get("name")) for one in versions if one.get("storage") is True), "")


def _written(move: Move) -> Iterator[Finding]:
    places = [
        Occurrence(resource.ref, value=_by(resource, version, removed))
        for resource in move.state.of_kind(*KINDS)
        if isinstance(resource.written_as, list) and not _is_generated(resource)
        for version in map(text_of, resource.written_as)
        if (removed := _removal(move, version))
    ]
    if places:
        yield finding_of(
            BLOCKERS,
            _API_VERSION,
            Level.FAIL,
            (
                "{what} was last written as {value}",
                "{n} objects were last written in API versions that the upgrade removes",
            ),
            places,
            _REJECTED,
            (
                _change_files(move),
                Step(
                    "then migrate the stored objects; this also clears versions that no manifest "
                    "uses",
                    change=("flux migrate",),
                ),
            ),
            PROCEDURE,
        )


def _applied(move: Move) -> Iterator[Finding]:
    """Yield what inventories have in removed versions: so it stands in a manifest or a chart."""
    places = [
        Occurrence(one.owner, value=f"{one}, which Flux {dotted(minor)} removes")
        for one in applied(move.state)
        if (minor := _removal(move, one.api_version))
    ]
    if places:
        yield finding_of(
            BLOCKERS,
            _MANIFEST_VERSION,
            Level.FAIL,
            (
                "{what} applies {value}",
                "{n} kinds are applied in API versions that the upgrade removes",
            ),
            places,
            _REJECTED,
            (_change_files(move),),
            PROCEDURE,
        )


def _change_files(move: Move) -> Step:
    if move.current < MIGRATES_TO:
        return Step("change apiVersion in the manifests in Git")
    return Step(
        "change apiVersion in the manifests in Git: run this in a checkout; the first command only "
        "shows what would change",
        read=(migrate_files(move.current, dry=True),),
        change=(migrate_files(move.current),),
    )


def migrate_files(minor: Minor, *, dry: bool = False) -> str:
    """Return the command that changes manifests to the versions of the *minor* version of Flux.

    No flux CLI knows one before MIGRATES_TO.
    """
    return f"flux migrate -f . --version={dotted(minor)}{' --dry-run' if dry else ''}"


def _is_generated(resource: Resource) -> bool:
    """Return whether a controller makes *resource* without a manifest: upgraded, it makes it anew.

    These are the sources of HelmReleases, and the root sync of a FluxInstance.
    """
    return bool(template_owner(resource) or creator_of(resource.labels, "FluxInstance"))


def _by(resource: Resource, version: str, removed: Minor) -> str:
    """Return *version* with who wrote it last, and when."""
    writers = [
        one
        for one in maps_of(resource.get("metadata", "writers"))
        if one.get("apiVersion") == version
    ]
    last = max(writers, key=lambda one: text_of(one.get("time")), default={})
    manager, day = text_of(last.get("manager")), text_of(last.get("time"))[: len("2026-12-31")]
    who = " ".join(filter(None, (f"by {manager}" if manager else "", f"on {day}" if day else "")))
    return _which(f"{version} {who}".rstrip(), removed)
