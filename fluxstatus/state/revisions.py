"""The revision that an object should apply, and the one that it has applied."""

from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.model.ref import Key
from fluxstatus.state.deadlines import timeout_of
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

CONSUMERS = ("Kustomization", "HelmRelease")
"""Kinds that apply a revision of a source."""

_LONG = 12  # characters: a longer suffix is a hash
_HASH = late_pattern(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")

GRACE = timedelta(seconds=60)
"""The minimum time that a controller is given to apply a new revision."""


_RESULTS = {
    "Bucket": "artifact",
    "ExternalArtifact": "artifact",
    "FluxInstance": "lastAppliedRevision",
    "GitRepository": "artifact",
    "HelmChart": "artifact",
    "HelmRepository": "artifact",
    "Kustomization": "lastAppliedRevision",
    "OCIRepository": "artifact",
    "ResourceSet": "lastAppliedRevision",
}
"""The field of the status that is set before the object becomes Ready, by kind.

internal/controller of source-controller (reconcileArtifact), kustomize-controller and flux-operator
(finalizeStatus).
"""


class Artifact(NamedTuple):
    """The revision that a source of this `kind` has stored, and since when."""

    kind: str
    revision: str
    since: datetime | None


class Lag(NamedTuple):
    """The revision to apply, the applied one, and since when the one to apply exists."""

    wanted: str
    applied: str
    since: datetime | None


def has_new_artifacts(state: State) -> bool:
    """Return whether a source has stored an artifact since its last consumer reported.

    If not, no controller can have ignored a revision, and the revisions need not be compared.
    """
    worked: dict[str, datetime] = {}
    stored: datetime | None = None
    for one in state.resources.values():
        at, kind = one.since, one.ref.kind
        if kind not in CONSUMERS:
            at = when(map_of(one.status.get("artifact")).get("lastUpdateTime"))
            stored = at if stored is None or (at and at > stored) else stored
        elif (
            at
            and one.verdict is not Verdict.SUSPENDED
            and (kind not in worked or at > worked[kind])
        ):
            worked[kind] = at
    return stored is not None and any(stored > at for at in worked.values())


def lags_of(state: State) -> dict[Key, Lag]:
    """Return the comparison of each Ready object with its source, where it is possible."""
    artifacts: dict[Key, Artifact] = {}  # of each source, which thousands of objects may share
    found: dict[Key, Lag] = {}
    for one in state.of_kind(*CONSUMERS):
        key = source_of(one) if one.verdict is Verdict.READY else None
        source = state.resources.get(key) if key else None
        if key and source:
            artifact = artifacts.get(key) or artifacts.setdefault(key, artifact_of(source))
            if lag := _lag_behind(artifact, one):
                found[one.key] = lag
    return found


def lag_of(state: State, resource: Resource) -> Lag | None:
    """Compare the revision of the source of *resource* with the applied one; None if unknown."""
    key = source_of(resource)
    source = state.resources.get(key) if key else None
    return lag_behind(source, resource) if source else None


def artifact_of(source: Resource) -> Artifact:
    """Return what *source* has stored."""
    artifact = map_of(source.status.get("artifact"))
    revision, stored = text_of(artifact.get("revision")), artifact.get("lastUpdateTime")
    return Artifact(source.ref.kind, revision, when(stored))


def lag_behind(source: Resource, resource: Resource) -> Lag | None:
    """Compare the revision of *source* with the one that *resource* applied; None if unknown."""
    return _lag_behind(artifact_of(source), resource)


def _lag_behind(artifact: Artifact, resource: Resource) -> Lag | None:
    """Compare the revision of *artifact* with the one that *resource* applied; None if unknown.

    Kustomizations are compared as the controller does (fluxcd/pkg apis/meta Artifact.HasRevision),
    HelmReleases by chart version, and by digest where the chart comes from an OCIRepository.
    """
    kind, wanted, since = artifact
    if resource.ref.kind == "Kustomization":
        applied = text_of(resource.status.get("lastAppliedRevision"))
    elif kind == "HelmChart":
        applied = chart_version(resource)
        if applied.partition("+")[0] == wanted:  # helm-controller may add +DIGEST to a version
            applied = wanted
    else:
        _, _, wanted = wanted.rpartition("@")
        applied = text_of(resource.status.get("lastAttemptedRevisionDigest"))
    return Lag(wanted, applied, since) if wanted and applied else None


def missing_result(resource: Resource) -> str:
    """Return the path of the result that a Ready *resource* does not have, empty if it has it."""
    if resource.verdict is not Verdict.READY:
        return ""
    field = _RESULTS.get(resource.kind.name)
    return f"status.{field}" if field and not resource.status.get(field) else ""


def overdue(state: State, resource: Resource, lag: Lag) -> bool:
    """Return whether the Ready *resource* should have applied the revision of its source by now."""
    if lag.wanted == lag.applied or lag.since is None:
        return False
    return state.now - lag.since > max(GRACE, timeout_of(resource))


def chart_version(release: Resource) -> str:
    """Return the deployed chart version, empty without one."""
    deployed = [
        text_of(entry.get("chartVersion"))
        for entry in maps_of(release.status.get("history"))
        if entry.get("status") == "deployed"
    ]
    return next(iter(deployed), "")


def short(revision: str) -> str:
    """Return *revision* with its hash cut to seven characters, as Git and Flux print it."""
    head, mark, digest = revision.rpartition(":")
    return f"{head}{mark}{digest[:7]}" if mark and len(digest) > _LONG else revision


def abbreviated(text: str) -> str:
    """Return *text* with each hash of a commit or an artifact cut as `short` cuts it."""
    return _HASH.sub(lambda found: found[0][:7], text)
