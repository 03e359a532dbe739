"""Step 8, objects that several Flux objects apply.

A Kustomization, ResourceSet or FluxInstance deletes an object that it no longer contains if the
labels of the object name it: those of the one that applied it last (kustomize-controller
deleteObjects, flux-operator uninstall, fluxcd/pkg ssa Delete). An upgrade of a HelmRelease deletes
it in any case (Helm pkg/kube Update).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from fluxstatus.base.durations import when
from fluxstatus.base.fields import text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.plurals import counted, joined, listed
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CHANGES
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint
from fluxstatus.model.inventory import Entry
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.inventories import shared_in
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict, switch_of
from fluxstatus.state.revisions import lag_of, missing_result
from fluxstatus.state.state import EVENTS_FOR, State, events_in

TWO_OWNERS = Code(
    "two-owners",
    "Several Flux objects apply the same object, and each of them may delete it.",
)

_STEP = "drift"
_TWO = 2  # owners
_NAMED = 3  # objects and owners that a sentence names
_IN_EVIDENCE = 20  # objects
_FIGHT = 3  # changes of an object by its owners in turn; a commit changes it once for each

_LOST: Mapping[str, str] = {
    "Namespace": "deleting a Namespace deletes everything in it",
    "CustomResourceDefinition": "deleting a CustomResourceDefinition deletes all its objects",
    "PersistentVolumeClaim": "deleting a PersistentVolumeClaim may delete its data",
}
"""The consequences of deleting an object, by its kind; these objects are named first."""

_KEEP: Mapping[str, str] = {
    "Kustomization": "kustomize.toolkit.fluxcd.io/prune: disabled",
    "HelmRelease": "helm.sh/resource-policy: keep",
    "ResourceSet": "fluxcd.controlplane.io/prune: disabled",
    "FluxInstance": "fluxcd.controlplane.io/prune: disabled",
}
"""The annotation that keeps an object from being deleted, by the kind of its owner."""

_BY_LABEL = "is deleted if that owner applied it last (unless pruning is disabled on the object)"
_DELETION: Mapping[str, str] = {
    "HelmRelease": "is deleted (unless the object has helm.sh/resource-policy: keep)"
}
"""What happens to an object that its owner no longer includes, by the owner's kind; `_BY_LABEL` for
other kinds."""

_PRUNES = (
    "its controller deletes every object that it was the last to apply, unless pruning is disabled "
    "on the object"
)
_FINALIZER: Mapping[str, str] = {"HelmRelease": "Helm deletes all objects of the release"}
"""What happens to the objects of an owner that is deleted, by its kind; `_PRUNES` for other
kinds."""

_NOT_APPLIED: Mapping[str, Sequence[str]] = {
    "kustomize.toolkit.fluxcd.io/reconcile": ("disabled",),
    "kustomize.toolkit.fluxcd.io/ssa": ("ignore", "ifnotpresent"),
}
"""The annotations of an object with which kustomize-controller leaves the object to other
owners."""

_CHANGED = late_pattern(
    r"^(?P<kind>\w+)/(?:(?P<namespace>[\w.-]+)/)?(?P<name>[\w.:-]+) configured$", re.MULTILINE
)
"""An object that was changed, in the event of its owner (fluxcd/pkg ssa ChangeSetEntry)."""

_SUSPEND = (
    """kubectl patch {resource}/{name} -n {ns} --type=merge -p '{{"spec":{{"suspend":true}}}}'"""
)
_DISABLE = "kubectl annotate --overwrite {resource}/{name} -n {ns} {switch}=disabled"


class _Contested(NamedTuple):
    """Objects and those that apply them: `current` go on, `deleting` are being deleted."""

    objects: Sequence[Ref]
    current: Sequence[Resource]
    deleting: Sequence[Resource]

    @property
    def owners(self) -> Sequence[Resource]:
        return (*self.deleting, *self.current)

    @property
    def what(self) -> str:
        """The objects, as a sentence names them."""
        first, *others = self.objects
        more = f" and {counted(len(others), 'more object')}" if others else ""
        where = " in a remote cluster" if self.is_remote else ""
        return f"{first}{more}{where}"

    @property
    def is_remote(self) -> bool:
        return bool(self.owners[0].spec.get("kubeConfig"))


def two_owners(analysis: Analysis) -> Iterator[Finding]:
    """Yield the objects that several Flux objects apply, one finding for the same owners."""
    contested = list(_contested(analysis.state))
    changes = _changes(analysis.state) if contested else {}
    for one in contested:
        finding = _deleted(one) if one.deleting else _overwritten(one, changes)
        if not one.is_remote:
            finding.evidence += tuple(_labels(analysis.state, one.objects[:_IN_EVIDENCE]))
        yield finding


def _contested(state: State) -> Iterator[_Contested]:
    for owners, entries in shared_in(state.evidence.answers):
        known = [state.resources[key] for key in owners if key in state.resources]
        deleting = [one for one in known if _prunes_now(one)]
        current = [one for one in known if _is_current(state, one)]
        remote = any(one.spec.get("kubeConfig") for one in known)
        objects = [_ref(e) for e in entries if remote or not _is_left_alone(state, e)]
        if objects and current and len(current) + len(deleting) > 1:
            first = sorted(objects, key=lambda ref: (ref.kind not in _LOST, ref))
            yield _Contested(first, current, deleting)


def _ref(entry: Entry) -> Ref:
    return Ref(entry.group, entry.kind, entry.namespace, entry.name)


def _is_current(state: State, owner: Resource) -> bool:
    """Return whether the inventory of *owner* is what it applies now.

    If not, an object may just have been moved to another owner.
    """
    if owner.verdict is Verdict.FAILED and owner.reason == "HealthCheckFailed":
        # It has applied everything.
        source = state.resources.get(source_of(owner) or ("", "", ""))
        attempted = text_of(owner.status.get("lastAttemptedRevision"))
        return bool(source and attempted == source.get("status", "artifact", "revision"))
    if owner.verdict not in (Verdict.READY, Verdict.RECONCILING) or missing_result(owner):
        return False
    observed = owner.status.get("observedGeneration")
    if isinstance(observed, int) and observed != owner.generation:
        return False
    lag = lag_of(state, owner)
    return lag is None or lag.wanted == lag.applied


def _prunes_now(owner: Resource) -> bool:
    """Return whether *owner* is being deleted with what it applied.

    Upstream: kustomize-controller, helm-controller and flux-operator finalizers.
    """
    if owner.verdict is not Verdict.TERMINATING or owner.suspended:
        return False
    if owner.ref.kind != "Kustomization":
        return True
    policy = text_of(owner.spec.get("deletionPolicy")) or "MirrorPrune"
    return _prunes(owner) if policy == "MirrorPrune" else policy != "Orphan"


def _prunes(owner: Resource) -> bool:
    return owner.ref.kind != "Kustomization" or owner.spec.get("prune") is True


def _is_left_alone(state: State, entry: Entry) -> bool:
    """Return whether kustomize-controller is known to leave the object of this cluster alone."""
    known = state.resources.get((entry.kind, entry.namespace, entry.name))
    if known is None or known.kind.group != entry.group:
        return False
    return any(
        text_of(known.annotations.get(name)).lower() in values
        for name, values in _NOT_APPLIED.items()
    )


def _changes(state: State) -> Mapping[Key, Counter[Key]]:
    """Return how often each Flux object has changed each of its objects in the last hour."""
    found: dict[Key, Counter[Key]] = {}
    for owner, event in events_in(state.evidence.answer(CHANGES).known):
        if state.now - event.last <= EVENTS_FOR:
            counts = found.setdefault(owner, Counter())
            for one in _CHANGED.finditer(event.message):
                counts[one["kind"], one["namespace"] or "", one["name"]] += event.times
    return found


def _others(one: _Contested) -> str:
    """Return all owners but the first: an owner may share different objects with different ones."""
    return ", ".join(str(owner.ref) for owner in one.owners[1:])


def _overwritten(one: _Contested, changes: Mapping[Key, Counter[Key]]) -> Finding:
    """Return the finding that all owners go on applying the objects."""
    names = [str(owner.ref) for owner in one.owners]
    often = {owner.ref: changes.get(owner.ref.key, Counter()) for owner in one.owners}
    fought = [
        ref
        for ref in one.objects
        if sum(bool(counts[ref.key]) for counts in often.values()) > 1
        and sum(counts[ref.key] for counts in often.values()) >= _FIGHT
    ]
    both = "both " if len(names) == _TWO else ""
    title = f"{one.what}: applied by {both}{_and(names)}"
    evidence = [("applied by several", str(ref)) for ref in one.objects[:_IN_EVIDENCE]]
    if fought:
        one = one._replace(objects=(*fought, *(r for r in one.objects if r not in fought)))
        title = f"{one.what}: {_and(names)} overwrite each other"
        evidence += [
            (f"changes of {fought[0]} in the last hour", f"{owner}: {counts[fought[0].key]}")
            for owner, counts in often.items()
        ]
    paths = _paths(one.owners)
    return Finding(
        step=_STEP,
        code=TWO_OWNERS,
        level=Level.FAIL if fought else Level.WARN,
        title=title,
        object=one.owners[0].ref,
        others=tuple(owner.ref for owner in one.owners[1:]),
        part=_others(one),
        why="; ".join((*paths, "each overwrites the changes of the other", *_pruning(one))),
        evidence=tuple(evidence),
        hints=(_apply_once(one),),
        docs=docs_of(one.owners[0].ref.kind),
    )


def _deleted(one: _Contested) -> Finding:
    """Return the finding that an owner is being deleted with objects that others apply."""
    owner, *_ = one.deleting
    others = _and([str(other.ref) for other in one.current])
    apply = "applies" if len(one.current) == 1 else "apply"
    again = "re-creates" if len(one.current) == 1 else "re-create"
    return Finding(
        step=_STEP,
        code=TWO_OWNERS,
        level=Level.FAIL,
        title=(
            f"{owner.ref} is being deleted and may delete {one.what}, which {others} still {apply}"
        ),
        object=one.owners[0].ref,
        others=tuple(owner.ref for owner in one.owners[1:]),
        part=_others(one),
        why="; ".join((_FINALIZER.get(owner.ref.kind, _PRUNES), *_lost(one.objects)))
        + f"; {others} {again} them at the next reconciliation",
        since=when(owner.get("metadata", "deletionTimestamp")),
        evidence=tuple(("applied by several", str(ref)) for ref in one.objects[:_IN_EVIDENCE]),
        hints=(
            hint(
                f"suspend {owner.ref} if these objects must stay: deleting a suspended owner does "
                "not delete its objects",
                _suspend(owner),
            ),
        ),
        docs=docs_of(owner.ref.kind),
    )


def _suspend(owner: Resource) -> Command | None:
    fields = {
        "resource": owner.kind.resource,
        "name": owner.ref.name,
        "ns": owner.ref.namespace,
        "switch": switch_of(owner.ref.kind),
    }
    by_spec = owner.ref.kind in ("Kustomization", "HelmRelease")
    return command(_SUSPEND if by_spec else _DISABLE, fields, changes=True)


def _pruning(one: _Contested) -> Iterator[str]:
    """Yield what becomes of an object that one of its owners no longer includes."""
    pruning = [owner for owner in one.owners if _prunes(owner)]
    keeping = [str(owner.ref) for owner in one.owners if not _prunes(owner)]
    if not pruning:
        yield "nothing will be deleted later, because spec.prune is false in all of them"
        return
    kinds = {owner.ref.kind for owner in pruning}
    how = "may be deleted" if len(kinds) > 1 else _DELETION.get(kinds.pop(), _BY_LABEL)
    which = str(pruning[0].ref) if keeping and len(pruning) == 1 else "one of them"
    others = "the other still includes" if len(one.owners) == _TWO else "others still include"
    yield f"an object that {which} no longer includes {how}, although {others} it"
    yield from _lost(one.objects)
    if keeping:
        delete = "deletes" if len(keeping) == 1 else "delete"
        yield f"{_and(keeping)} {delete} nothing (spec.prune is false)"


def _lost(objects: Iterable[Ref]) -> Iterator[str]:
    yield from dict.fromkeys(_LOST[ref.kind] for ref in objects if ref.kind in _LOST)


def _apply_once(one: _Contested) -> Hint:
    """Return how to leave the objects to one owner without losing them."""
    annotations = dict.fromkeys(_KEEP[owner.ref.kind] for owner in one.owners if _prunes(owner))
    keep = (
        f"; first add {_and(list(annotations))} to the object in all of them, so that it is not "
        "deleted"
        if annotations
        else ""
    )
    return hint(
        f"make sure that only one of them applies each object{keep}; the object's labels show "
        "which one applied it last",
        None if one.is_remote else _labels_of(one.objects[0]),
    )


def _labels_of(ref: Ref) -> Command | None:
    """Return the command that shows the labels of an object of any kind."""
    group = f".{ref.api_version}" if ref.api_version else ""
    known = KINDS.get(ref.kind)
    of_flux = known is not None and known.group == ref.api_version
    kind = known.resource if known and of_flux else f"{ref.kind.lower()}{group}"
    where = " -n {ns}" if ref.namespace else ""
    fields = {"kind": kind, "name": ref.name, "ns": ref.namespace}
    return command(f"kubectl get {{kind}}/{{name}}{where} --show-labels", fields)


def _labels(state: State, objects: Iterable[Ref]) -> Iterator[tuple[str, str]]:
    """Yield what the labels of those *objects* say that were read: who applied them last."""
    for ref in objects:
        known = state.resources.get(ref.key)
        if known and known.kind.group == ref.api_version:
            for creator in creators_of(known.labels):
                yield f"labels of {ref}", f"applied by {Ref('', *creator)}"


def _paths(owners: Sequence[Resource]) -> Iterator[str]:
    """Yield that the path of one of two Kustomizations is in that of the other."""
    if len(owners) != _TWO or any(one.ref.kind != "Kustomization" for one in owners):
        return
    source = source_of(owners[0])
    if source is None or source != source_of(owners[1]):
        return
    outer, inner = sorted(owners, key=lambda one: len(_path(one)))
    where = str(Ref("", *source))
    if _path(outer) == _path(inner):
        yield f"both apply {_shown(outer)} of {where}"
    elif _path(inner)[: len(_path(outer))] == _path(outer):
        yield (
            f"the path of {inner.ref} ({_shown(inner)}) is inside that of {outer.ref} "
            f"({_shown(outer)}), which includes all its subdirectories unless it has a "
            "kustomization.yaml"
        )


def _path(owner: Resource) -> tuple[str, ...]:
    """Return the folders of spec.path."""
    return tuple(p for p in text_of(owner.spec.get("path")).split("/") if p not in ("", "."))


def _shown(owner: Resource) -> str:
    return f"./{'/'.join(_path(owner))}"


def _and(names: Sequence[str]) -> str:
    """Return *names* as a sentence has them: "a, b and c"."""
    if len(names) > _NAMED:
        return listed(names, _NAMED)
    return joined(names)
