"""Which revision an object should be on, and which it is on."""

from datetime import datetime, timedelta
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.model.ref import Key
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

CONSUMERS = ("Kustomization", "HelmRelease")
"""Kinds that run a revision of a source."""

_LONG = 12  # characters: a hash, not a version

GRACE = timedelta(seconds=60)
"""How long whoever takes a new revision up may take at least."""


class Lag(NamedTuple):
    """What a consumer should run, what it runs, and since when there is something newer."""

    wanted: str
    applied: str
    since: datetime | None


def has_new_artifacts(state: State) -> bool:
    """Whether a source has stored something since a controller that takes it up last worked.

    If not, no controller can be said to leave a revision alone, and none has to be compared.
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
    """Compare what is Ready with its source, object by object, where that can be told."""
    ready = (one for one in state.of_kind(*CONSUMERS) if one.verdict is Verdict.READY)
    found = ((one, lag_of(state, one)) for one in ready)
    return {one.ref.key: lag for one, lag in found if lag}


def lag_of(state: State, resource: Resource) -> Lag | None:
    """Compare what *resource* should run with what it runs; None where that cannot be told."""
    key = source_of(resource)
    source = state.resources.get(key) if key else None
    return lag_behind(source, resource) if source else None


def lag_behind(source: Resource, resource: Resource) -> Lag | None:
    """Compare what its *source* has with what *resource* runs; None where that cannot be told.

    Kustomizations are compared as the controller does (PKG apis/meta Artifact.HasRevision),
    HelmReleases by chart version, and by digest where the chart comes from an OCIRepository.
    """
    artifact = map_of(source.status.get("artifact"))
    wanted = text_of(artifact.get("revision"))
    since = when(artifact.get("lastUpdateTime"))
    if resource.ref.kind == "Kustomization":
        applied = text_of(resource.status.get("lastAppliedRevision"))
    elif source.ref.kind == "HelmChart":
        applied = chart_version(resource)
        if applied.partition("+")[0] == wanted:  # helm-controller may add +DIGEST to a version
            applied = wanted
    else:
        _, _, wanted = wanted.rpartition("@")
        applied = text_of(resource.status.get("lastAttemptedRevisionDigest"))
    return Lag(wanted, applied, since) if wanted and applied else None


def overdue(state: State, resource: Resource, lag: Lag) -> bool:
    """Whether *resource*, which is Ready, should have taken up by now what its source has."""
    if lag.wanted == lag.applied or lag.since is None:
        return False
    return state.now - lag.since > max(GRACE, timedelta(seconds=resource.timeout()))


def chart_version(release: Resource) -> str:
    """Return the chart version that runs, empty when none does."""
    deployed = [
        text_of(entry.get("chartVersion"))
        for entry in maps_of(release.status.get("history"))
        if entry.get("status") == "deployed"
    ]
    return next(iter(deployed), "")


def short(revision: str) -> str:
    """Shorten the hash in a *revision* to seven characters, as Git and Flux print them."""
    head, mark, digest = revision.rpartition(":")
    return f"{head}{mark}{digest[:7]}" if mark and len(digest) > _LONG else revision
