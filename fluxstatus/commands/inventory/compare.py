"""What an inventory lists against what exists: each object with its status."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.commands.inventory.objects import OWNERS, Existing, GroupKind
from fluxstatus.commands.inventory.status import AMISS, Status
from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.inventory import Entry, entry_of, id_of, ids_in
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.inventories import APPLIERS, ids_of, target_of
from fluxstatus.state.ownership import creators_of, labels_of
from fluxstatus.state.references import template_owner
from fluxstatus.state.resource import Resource, switch_of
from fluxstatus.state.state import State

_CORE = ("Pod", "Endpoints", "Event")
NOISE: frozenset[GroupKind] = frozenset(
    {
        *(("", kind) for kind in _CORE),
        ("apps", "ReplicaSet"),
        ("apps", "ControllerRevision"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("events.k8s.io", "Event"),
        # helm-controller creates it from a chart template, like an OCIRepository.
        ("source.toolkit.fluxcd.io", "HelmChart"),
    }
)
"""Kinds that controllers create, with the labels that name the object for which they create
them."""

_RESTORED_BY = {
    "HelmRelease": "only an upgrade or drift detection restores it",
    "ArtifactGenerator": "the next reconciliation restores it",
}
_PRUNE = "kustomize.toolkit.fluxcd.io/prune"
_FREEZER = switch_of("ResourceSet")
_CRDS = "helm-controller also lists CRDs of the chart that it does not apply"


class Row(NamedTuple):
    """An object that `owner` made, according to its inventory or to the labels of the object."""

    owner: Ref
    object: Entry
    status: Status
    message: str = ""


def kinds_of(resources: Iterable[Resource], *, certain: bool = False) -> set[GroupKind]:
    """Return the kinds of what *resources* made in their own cluster.

    With *certain*, what is only listed, and may never have been applied, does not count.
    """
    local = [one for one in resources if not target_of(one.object)]
    listed = (ids_of(one.object) if certain else _ids(one) or () for one in local)
    entries = filter(None, map(entry_of, chain.from_iterable(listed)))
    return {(entry.group, entry.kind) for entry in entries}


def entries_of(resource: Resource) -> list[Entry] | None:
    """Return the objects in the inventory of *resource*, None if it has none."""
    ids = _ids(resource)
    return None if ids is None else list(filter(None, map(entry_of, ids)))


def _ids(resource: Resource) -> list[str] | None:
    return ids_in(resource.get("status", "inventory"))


def compare(state: State, owners: Sequence[Resource], existing: Existing) -> list[Row]:
    """Return what *owners* made: first what their inventories list, then what was left behind.

    *state* has all objects with an inventory: what is in another one was not left behind.
    """
    listed = (row for owner in owners for row in _listed(owner, existing, state.now))
    return [*listed, *_left(state, owners, existing)]


def lasting(rows: Iterable[Row], later: Iterable[Row]) -> list[Row]:
    """Return *rows* without what is amiss now and no longer so in *later*."""
    still = {(row.object, row.status) for row in later}
    return [row for row in rows if row.status not in AMISS or (row.object, row.status) in still]


def _listed(owner: Resource, existing: Existing, now: datetime) -> Iterator[Row]:
    remote, applied = target_of(owner.object), set(ids_of(owner.object))
    for entry in entries_of(owner) or ():
        if remote:
            found: Object | Unread | None = Unread(Why.NOT_REQUESTED, "it is in another cluster")
        elif id_of(entry) not in applied:
            found = Unread(Why.NOT_REQUESTED, _CRDS)
        else:
            found = existing.get(entry)
        yield Row(owner.ref, entry, *_status(owner, entry, found, now))


def _status(
    owner: Resource, entry: Entry, found: Object | Unread | None, now: datetime
) -> tuple[Status, str]:
    if found is None:
        return Status.GONE, _restored_by(owner, entry)
    if not isinstance(found, Unread):
        if _pruning_failed(owner, entry):
            return Status.LEFT_BEHIND, f"the {owner.ref.kind} cannot delete it"
        return Status.EXISTS, _deletion(found, now) or _frozen(owner, entry, found)
    if found.why is Why.ABSENT:
        return Status.GONE, found.text
    skipped = found.why is Why.NOT_REQUESTED
    return (Status.NOT_CHECKED, found.text) if skipped else (Status.UNKNOWN, found.full_text)


def _pruning_failed(owner: Resource, entry: Entry) -> bool:
    """Return whether *owner* says that it failed to delete *entry*, which then stays listed.

    Source: kustomize-controller kustomization_controller.go prune, fluxcd/pkg/ssa
    utils.FmtUnstructured.
    """
    ready = owner.condition("Ready")
    name = "/".join(filter(None, (entry.kind, entry.namespace, entry.name)))
    failed = ready.get("reason") == "PruneFailed" and ready.get("status") == "False"
    return failed and f"{name} delete failed:" in text_of(ready.get("message"))


def _restored_by(owner: Resource, entry: Entry) -> str:
    if (entry.group, entry.kind) == ("batch", "Job"):
        return "a Job with ttlSecondsAfterFinished is deleted after it has finished"
    if owner.suspended:
        return f"not restored while the {owner.ref.kind} is suspended"
    if owner.get("spec", "driftDetection", "mode") == "enabled":
        return "drift detection restores it"
    return _RESTORED_BY.get(owner.ref.kind, "the next reconciliation restores it")


def _deletion(item: Object, now: datetime) -> str:
    since = when(map_of(item.get("metadata")).get("deletionTimestamp"))
    return f"being deleted since {ago(since, now)}" if since else ""


def _frozen(owner: Resource, entry: Entry, item: Object) -> str:
    """Return that *owner*, a ResourceSet, no longer applies changes to *item*, if that is so.

    The annotation suspends an object of the operator's own kinds instead.
    """
    value = map_of(map_of(item.get("metadata")).get("annotations")).get(_FREEZER)
    own = entry.group == KINDS["ResourceSet"].group
    if owner.ref.kind != "ResourceSet" or own or text_of(value).lower() != "disabled":
        return ""
    return f"frozen by its annotation {_FREEZER}: disabled, if the Flux Operator is 0.59 or newer"


def _left(state: State, owners: Sequence[Resource], existing: Existing) -> Iterator[Row]:
    """Yield the objects with the labels of one of *owners* that are in no inventory."""
    everything = state.of_kind(*OWNERS)
    listed = {existing.placed(entry) for one in everything for entry in entries_of(one) or ()}
    # What these made is not known.
    silent = {one.ref.key for one in everything if entries_of(one) is None}
    near = {one.ref.key: one for one in owners if not target_of(one.object)}
    hidden = next(filter(None, (state.answer_of(kind).hidden for kind in APPLIERS)), None)
    for entry, item in existing.all():
        metadata = map_of(item.get("metadata"))
        creators = [*creators_of(map_of(metadata.get("labels")))]
        found = next((near[key] for key in creators if key in near), None)
        places = {entry, entry._replace(namespace="")}
        if found is None or not listed.isdisjoint(places):
            continue
        if _is_noise(entry, metadata) or _is_from_template(entry, item, state.now):
            continue
        if silent.isdisjoint(creators):
            yield Row(found.ref, entry, *_of_left(found, item, hidden, state.now))


def _is_noise(entry: Entry, metadata: Object) -> bool:
    """Return whether a controller or a hook of Helm created an object, not Flux itself."""
    owners = maps_of(metadata.get("ownerReferences"))
    return (
        (entry.group, entry.kind) in NOISE
        or any(one.get("controller") is True for one in owners)
        or "helm.sh/hook" in _helm(metadata)
    )


def _is_from_template(entry: Entry, item: Object, now: datetime) -> bool:
    """Return whether helm-controller created an object from the chart template of its owner."""
    kind = KINDS.get(entry.kind)
    own = kind is not None and kind.group == entry.group
    return own and template_owner(Resource(KINDS[entry.kind], item, now)) is not None


def _helm(metadata: Object) -> Sequence[str]:
    found = metadata.get("helm")
    return found if isinstance(found, list) else ()


def _of_left(
    owner: Resource, item: Object, hidden: Unread | None, now: datetime
) -> tuple[Status, str]:
    if hidden:
        return Status.UNKNOWN, f"it may be in an inventory that was not read: {hidden.full_text}"
    if not owner.ready:
        kind = owner.ref.kind
        return Status.UNKNOWN, f"the {kind} is not ready, so its inventory may be out of date"
    return Status.LEFT_BEHIND, _deletion(item, now) or _kept_by(owner, map_of(item.get("metadata")))


def _kept_by(owner: Resource, metadata: Object) -> str:
    if text_of(map_of(metadata.get("annotations")).get(_PRUNE)).lower() == "disabled":
        return f"it has the annotation {_PRUNE}: disabled"
    if "helm.sh/resource-policy" in _helm(metadata):
        return "it has the annotation helm.sh/resource-policy"
    if owner.get("spec", "prune") is False:
        return f"the {owner.ref.kind} has spec.prune: false"
    return f"it has the labels of the {owner.ref.kind}, but is in no inventory"


def selector_of(owner: Resource) -> str:
    """Return the label selector of what *owner* applied to its own cluster; empty without one."""
    if entries_of(owner) is None or target_of(owner.object):
        return ""
    return ",".join(f"{label}={value}" for label, value in labels_of(owner.ref.key).items())
