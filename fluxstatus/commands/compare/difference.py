"""What differs between two states of a cluster, with the times at which it changed.

Pure: nothing follows from what only one of the two could look at.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.plurals import counted
from fluxstatus.model.evidence import Evidence, Object, by_reason
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.pods import last_restart
from fluxstatus.state.resource import Resource, suspender_of
from fluxstatus.state.revisions import chart_version, short
from fluxstatus.state.state import State


class What(StrEnum):
    """What has changed."""

    VERSION = "version"
    REVISION = "revision"
    SPEC = "spec"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    CREATED = "created"
    DELETED = "deleted"
    STARTED = "started"  # a new pod of Flux
    RESTARTED = "restarted"  # a container of such a pod


class Change(NamedTuple):
    """A change: `before` and `after` are values, empty if unknown; `at` is None if unknown.

    `text` says more in a clause.
    """

    what: What
    ref: Ref
    before: str = ""
    after: str = ""
    at: datetime | None = None
    text: str = ""


class Difference(NamedTuple):
    """All changes, and why some of the objects could not be compared.

    `same_cluster` is whether both states are of one cluster, None if nothing tells.
    """

    changes: tuple[Change, ...]
    unread: tuple[str, ...] = ()
    same_cluster: bool | None = True

    def of(self, *kinds: What) -> tuple[Change, ...]:
        """Return the changes of these kinds."""
        return tuple(one for one in self.changes if one.what in kinds)

    @property
    def timed(self) -> tuple[Change, ...]:
        """The changes whose time is known, in order of time."""
        known = [(one.at, one) for one in self.changes if one.at]
        return tuple(one for _, one in sorted(known, key=lambda pair: pair[0]))


def difference_of(before: State, after: State) -> Difference:
    """Return what differs between *before* and *after*, two states of one cluster."""
    changes = (
        *_versions(before, after),
        *_objects(before, after),
        *_came(before, after),
        *_went(before, after),
        *_pods(before, after),
    )
    same = _same_cluster(before.evidence, after.evidence)
    return Difference(changes, tuple(_unread(before, after)), same)


def _same_cluster(before: Evidence, after: Evidence) -> bool | None:
    """Return whether two snapshots are of one cluster, None if nothing tells.

    The uids of kube-system do. Without them, one cluster may have several addresses and contexts;
    but with the same ones, it is taken for the same.
    """
    if before.uid and after.uid:
        return before.uid == after.uid
    old, new = before.target, after.target
    is_alike = (old.server, old.context) == (new.server, new.context)
    return True if is_alike or not (old.server and new.server) else None


def _versions(before: State, after: State) -> Iterator[Change]:
    """Yield the parts that have another version; a version that is unknown is no change."""
    pairs = {
        "Kubernetes": (before.evidence.target.kubernetes, after.evidence.target.kubernetes),
        "Flux": (before.flux_version, after.flux_version),
    }
    for name, (old, new) in pairs.items():
        if old and new and old != new:
            yield Change(What.VERSION, Ref("", name, "", ""), old, new)
    old_parts, new_parts = _parts(before), _parts(after)
    for ref, part in new_parts.items():
        old = old_parts[ref].version if ref in old_parts else ""
        if old and part.version and old != part.version:
            yield Change(What.VERSION, ref, old, part.version, _rolled_out(part, before))
    if before.controllers_read and after.controllers_read:
        for ref in old_parts.keys() - new_parts.keys():
            yield Change(What.DELETED, ref, old_parts[ref].version)
        for ref in new_parts.keys() - old_parts.keys():
            part = new_parts[ref]
            yield Change(What.CREATED, ref, after=part.version, at=_created(part.deployment))


def _parts(state: State) -> Mapping[Ref, Component]:
    return {one.ref: one for one in (*state.operators, *state.components)}


def _rolled_out(part: Component, before: State) -> datetime | None:
    """Return when the first pod of *part* was created that did not exist *before*."""
    made = map(_created, part.pods.known)
    return min((at for at in made if at and at > before.now), default=None)


def _created(item: Object) -> datetime | None:
    return when(map_of(item.get("metadata")).get("creationTimestamp"))


def _objects(before: State, after: State) -> Iterator[Change]:
    """Yield what has changed in the objects that both have."""
    for key, new in after.resources.items():
        if (old := before.resources.get(key)) is None:
            continue
        if _is_another(old, new):
            yield Change(What.CREATED, new.ref, at=new.created, text="recreated")
            continue
        yield from _revision(old, new)
        yield from _suspension(old, new)
        changed = new.changed if new.changed and new.changed > before.now else None
        if old.generation != new.generation and old.suspended == new.suspended:
            yield Change(What.SPEC, new.ref, f"{old.generation}", f"{new.generation}", changed)


def _is_another(old: Resource, new: Resource) -> bool:
    uids = old.get("metadata", "uid"), new.get("metadata", "uid")
    return all(uids) and uids[0] != uids[1]


def _revision(old: Resource, new: Resource) -> Iterator[Change]:
    """Yield the revision that a source has stored, or an object has applied."""
    values = _revision_of(old), _revision_of(new)
    if all(values) and values[0] != values[1]:
        yield Change(What.REVISION, new.ref, *values, _stored(new))


def _revision_of(resource: Resource) -> str:
    if resource.ref.kind == "HelmRelease":
        return chart_version(resource)
    stored = map_of(resource.status.get("artifact")).get("revision")
    return text_of(stored) or text_of(resource.status.get("lastAppliedRevision"))


def _stored(resource: Resource) -> datetime | None:
    """Return when a source has stored its artifact, or a Helm release was deployed.

    A Kustomization does not say when it applied its revision first.
    """
    if resource.ref.kind != "HelmRelease":
        return when(map_of(resource.status.get("artifact")).get("lastUpdateTime"))
    history = maps_of(resource.status.get("history"))
    deployed = (one for one in history if one.get("status") == "deployed")
    return when(next(deployed, {}).get("lastDeployed"))


def _suspension(old: Resource, new: Resource) -> Iterator[Change]:
    if new.suspended and not old.suspended:
        who = suspender_of(new)
        yield Change(What.SUSPENDED, new.ref, at=new.since, text=f"by {who}" if who else "")
    elif old.suspended and not new.suspended:
        yield Change(What.RESUMED, new.ref, at=new.changed)


def _came(before: State, after: State) -> Iterator[Change]:
    for key in _only_in(after, before):
        yield Change(What.CREATED, after.resources[key].ref, at=after.resources[key].created)


def _went(before: State, after: State) -> Iterator[Change]:
    for key in _only_in(before, after):
        yield Change(What.DELETED, before.resources[key].ref)


def _only_in(one: State, other: State) -> Iterator[Key]:
    """Yield the objects in *one* that certainly did not exist in the *other*."""
    return (key for key in one.resources if other.known_missing(key))


def _pods(before: State, after: State) -> Iterator[Change]:
    """Yield the pods of Flux that have started, and their containers that have restarted."""
    for component in (*after.operators, *after.components):
        namespace = component.ref.namespace
        old = {Ref.of(pod).name for pod in before.evidence.answer("pods").known}
        for pod in component.pods.known:
            made = _created(pod)
            if Ref.of(pod).name not in old and made and made > before.now:
                yield Change(What.STARTED, Ref.of(pod), at=made)
        for name, at, how, times in last_restart(component.pods.known):
            if at > before.now:
                text = f"{how}, {counted(times, 'restart')} in total"
                yield Change(What.RESTARTED, Ref("v1", "Pod", namespace, name), at=at, text=text)


def _unread(before: State, after: State) -> Iterator[str]:
    """Yield what could not be read in one of the two."""
    for state, name in ((before, "earlier"), (after, "later")):
        for names, reason in by_reason(state.evidence.unread):
            yield f"in the {name} snapshot, {names}: {reason.full_text}"


def grouped(changes: Iterable[Change]) -> list[tuple[Change, int]]:
    """Return *changes* with those that are alike as one, the first, and how many they are.

    Objects of one kind that went from the same revision to the same revision are alike.
    """
    found: dict[tuple[object, ...], list[Change]] = {}
    for number, one in enumerate(changes):
        own = () if one.what is What.REVISION else number
        found.setdefault((one.what, one.ref.kind, one.before, one.after, own), []).append(one)
    return [(alike[0], len(alike)) for alike in found.values()]


def sentence(change: Change, number: int = 1) -> str:
    """Return what *change*, one of *number* that are alike, is about, and what it is."""
    who = f"{change.ref}".strip() if number == 1 else counted(number, change.ref.kind)
    clause = _SENTENCES[change.what].format(before=short(change.before), after=short(change.after))
    return f"{who}: {clause}" + (f", {change.text}" if change.text else "")


_SENTENCES: Mapping[What, str] = {
    What.VERSION: "version {before}, now {after}",
    What.REVISION: "revision {before}, now {after}",
    What.SPEC: "its spec was changed",
    What.SUSPENDED: "suspended",
    What.RESUMED: "resumed",
    What.CREATED: "created",
    What.DELETED: "deleted",
    What.STARTED: "created",
    What.RESTARTED: "a container restarted",
}
