"""What to know about an upgrade: it changes nothing of what the objects do."""

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from fluxstatus.base.fields import text_of
from fluxstatus.base.plurals import counted
from fluxstatus.base.versions import dotted, minor_of
from fluxstatus.checks.cluster import parse
from fluxstatus.checks.upgrade.move import NOTES, Move
from fluxstatus.knowledge.flux_minors import (
    DEPRECATED_IN,
    FLUX_MINORS,
    NEWEST,
    SUPPORTED_MINORS,
    Minor,
    facts_of,
)
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.resource import Resource

_INSTANCE = "https://fluxoperator.dev/docs/crd/fluxinstance/"
_RELEASES = "https://fluxcd.io/flux/releases/#supported-releases"

_SUPPORT = Code(
    "upgrade-support", "The installed version of Flux, or the target version, is out of support."
)
_VERSION_RANGE = Code(
    "upgrade-version-range",
    "Whether the Flux Operator upgrades to the target version automatically.",
)
_MIGRATION = Code(
    "upgrade-migration", "Whether the Flux Operator migrates stored objects after an upgrade."
)
_KUBERNETES_UNTESTED = Code(
    "upgrade-kubernetes-untested",
    "The target version of Flux is not tested with this version of Kubernetes.",
)
_DEPRECATED = Code(
    "upgrade-deprecated-versions", "API versions that the target version of Flux deprecates."
)
CODES = (_SUPPORT, _VERSION_RANGE, _MIGRATION, _KUBERNETES_UNTESTED, _DEPRECATED)


def notes(move: Move) -> Iterator[Finding]:
    """Yield what to know about *move*."""
    yield from _support(move)
    instance = move.state.instance
    if instance and move.state.operators:
        yield from _range(move, instance)
        yield _migration(instance)
    yield from _untested(move)
    yield from _deprecated(move)


def _note(code: Code, title: str, why: str = "", source: str = "", part: str = "") -> Finding:
    return Finding(
        step=NOTES,
        code=code,
        level=Level.SKIP,
        title=title,
        why=why,
        docs=source,
        part=part,
        trivial=True,
    )


def _support(move: Move) -> Iterator[Finding]:
    oldest: Minor = (NEWEST[0], NEWEST[1] - SUPPORTED_MINORS + 1)
    if move.current < oldest:
        yield _note(
            _SUPPORT,
            f"Flux {dotted(move.current)} is out of support: Flux {dotted(oldest)} to "
            f"{dotted(NEWEST)} are supported",
            source=_RELEASES,
        )
    if move.current < move.target < oldest:
        yield _note(
            _SUPPORT,
            f"Flux {dotted(move.target)} is out of support as well",
            source=_RELEASES,
            part="target",
        )


Reach: TypeAlias = Literal["exact", "minor", "every"]
"""The updates that a version range includes: none, the patches of a minor version, or every minor
version."""

_EVERY = re.compile(r"[*xX]|\^?v?\d+(?:\.[xX*])*|\^v?\d+\.\d+(?:\.(?:\d+|[xX*]))?|>=?\s*v?[\d.]+")
_MINOR = re.compile(r"=?v?\d+\.\d+(?:\.[xX*])?|~v?\d+\.\d+(?:\.(?:\d+|[xX*]))?")
_EXACT = re.compile(r"=?\s*v?\d+\.\d+\.\d+(?:[-+@].*)?")


def reach_of(version: str) -> Reach | None:
    """Return what a *version* of a FluxInstance follows, None for a range that is not known.

    It is a semver range (flux-operator internal/builder/semver.go, Masterminds/semver).
    """
    kinds: tuple[tuple[re.Pattern[str], Reach], ...] = (
        (_EXACT, "exact"), (_MINOR, "minor"), (_EVERY, "every"),
    )  # fmt: skip
    return next((kind for pattern, kind in kinds if pattern.fullmatch(version.strip())), None)


def _range(move: Move, instance: Resource) -> Iterator[Finding]:
    version = text_of(instance.get("spec", "distribution", "version"))
    reach, target = reach_of(version), dotted(move.target)
    named = f'{instance.ref} requests version "{version}"'
    if reach == "every":
        title = f"{named}: the operator upgrades Flux automatically once it includes {target}"
        why = (
            "upgrading the operator then also upgrades Flux, so resolve the blockers first; to "
            f"choose the time, set version {dotted(move.current)}.x"
        )
        yield _note(_VERSION_RANGE, title, why, _INSTANCE)
    elif reach and minor_of(version.lstrip("=~ ")) != move.target:
        patches = "no upgrades and no patches" if reach == "exact" else "patches, but no upgrade"
        title = f"{named}: there are {patches} until you change the version"
        yield _note(_VERSION_RANGE, title, source=_INSTANCE)
    elif reach is None:
        yield _note(_VERSION_RANGE, f"{named}: check whether that includes {target}", "", _INSTANCE)


def _migration(instance: Resource) -> Finding:
    if instance.spec.get("migrateResources") is False:
        return _note(
            _MIGRATION,
            f"{instance.ref} sets spec.migrateResources: false, so run `flux migrate` after the "
            "upgrade",
            "otherwise, the stored versions block a later upgrade",
            _INSTANCE,
        )
    return _note(
        _MIGRATION,
        "the operator migrates stored objects after it upgrades Flux",
        "it does not change manifests in Git",
        _INSTANCE,
    )


def _untested(move: Move) -> Iterator[Finding]:
    """Yield that this Kubernetes is supported, but none that the target is tested with."""
    version, facts = parse(move.state.evidence.target.kubernetes), facts_of(move.target)
    if version is None or facts is None or version < facts.kubernetes:
        return
    oldest, newest = facts.tested
    if not oldest <= version <= newest:
        yield _note(
            _KUBERNETES_UNTESTED,
            f"Kubernetes {move.state.evidence.target.kubernetes} is not among those that Flux "
            f"{dotted(min(move.target, NEWEST))} is tested with: {dotted(oldest)} to "
            f"{dotted(newest)}",
            source=facts.announcement,
        )


def _deprecated(move: Move) -> Iterator[Finding]:
    """Yield the objects in versions that are deprecated on the way."""
    for version, minor in DEPRECATED_IN.items():
        used = [
            one.ref
            for one in move.state.of_kind(*KINDS)
            if one.ref.api_version == version and move.reaches(minor)
        ]
        if used:
            note = _note(
                _DEPRECATED,
                f"Flux {dotted(minor)} deprecates {version}, the version of "
                f"{counted(len(used), 'object')} here: change the manifests after the upgrade",
                "a later version removes it",
                FLUX_MINORS[minor].announcement,
            )
            note.object, note.others, note.count = used[0], tuple(used[1:]), len(used)
            yield note
