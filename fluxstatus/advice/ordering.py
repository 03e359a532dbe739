"""Whether dependencies wait for what they apply, and whether Kustomizations apply it twice.

The practices are those of the official audit (see sources.py).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import normpath

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.plurals import listed, noun_for
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.inventory import Entry, id_of
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.inventories import ids_of, target_of
from fluxstatus.state.references import (
    dependencies_of,
    must_only_exist,
    ready_expression,
    source_of,
)
from fluxstatus.state.resource import Resource

_TAKES_TIME = (
    "_apps_Deployment", "_apps_StatefulSet", "_apps_DaemonSet", "_batch_Job",
    "_helm.toolkit.fluxcd.io_HelmRelease", "_kustomize.toolkit.fluxcd.io_Kustomization",
    "_fluxcd.controlplane.io_ResourceSet",
)  # fmt: skip
"""The ends of the ids of what is not ready when it has been applied.

Controllers wait for CRDs and Namespaces in any case (fluxcd/pkg ssa ApplyAllStaged).
"""


def _waits(kustomization: Resource) -> bool:
    spec = kustomization.spec
    return spec.get("wait") is True or bool(spec.get("healthChecks"))


def _release_waits(release: Resource) -> bool:
    actions = (map_of(release.spec.get(name)) for name in ("install", "upgrade"))
    return not any(action.get("disableWait") is True for action in actions)


_WAITS: Mapping[str, Callable[[Resource], bool]] = {
    "Kustomization": _waits,
    "ResourceSet": lambda resource: resource.spec.get("wait") is True,
    "HelmRelease": _release_waits,
}
"""Whether an object of a kind is Ready only when what it applies is."""


def _not_awaited(view: View) -> Iterator[Occurrence]:
    """Yield the objects that others depend on, and that do not wait for what they apply.

    One that applies what depends on it cannot wait: each would wait for the other.
    """
    early = (one for one in view.of_kind(*_WAITS) if not _WAITS[one.ref.kind](one))
    ready_early: set[Key] = {one.key for one in early}
    dependents: dict[Key, list[Resource]] = defaultdict(list)
    for resource in view.of_kind(*_WAITS) if ready_early else ():
        if maps_of(resource.spec.get("dependsOn")):
            found = ready_early.intersection(dependencies_of(resource, ""))
            for key in found - must_only_exist(resource):
                if not ready_expression(resource, key):
                    dependents[key].append(resource)
    for key, users in sorted(dependents.items()):
        awaited = view.state.resources[key]
        applied = {*ids_of(awaited.object)}
        if _takes_time(applied) and applied.isdisjoint(_id_of(one.ref) for one in users):
            names = listed([str(one.ref) for one in users], 1)
            value = f"{names} {noun_for(len(users), 'depends', 'depend')} on it"
            yield Occurrence(awaited.ref, value=value)


def _takes_time(applied: Iterable[str]) -> bool:
    """Return whether something in *applied*, an inventory, is not ready at once."""
    return any(id_.endswith(_TAKES_TIME) for id_ in applied)


def _id_of(ref: Ref) -> str:
    """Return the id of *ref* in an inventory."""
    return id_of(Entry(KINDS[ref.kind].group, ref.kind, ref.namespace, ref.name))


def _overlapping(view: View) -> Iterator[Occurrence]:
    """Yield the Kustomizations whose path contains that of another one with the same source.

    If both inventories are known, there is no advice: what both apply is a warning (two-owners,
    which names the paths), and if that is nothing, a kustomization.yaml keeps the folders apart.
    """
    groups: dict[tuple[Key, str], dict[str, list[Resource]]] = defaultdict(dict)
    for one in view.of_kind("Kustomization"):
        source, path = source_of(one), _path_of(one)
        if source and path is not None:
            groups[source, target_of(one.object)].setdefault(path, []).append(one)
    for _, by_path in sorted(groups.items()):
        for path, inner in sorted(by_path.items()):
            for outer in (one for parent in _parents(path) for one in by_path.get(parent, ())):
                yield from (_pair(outer, one) for one in inner if not _are_known(outer, one))


_ODD = frozenset({"", ".", ".."})
"""Parts of a path without a name of their own."""


def _path_of(kustomization: Resource) -> str | None:
    """Return the folder that *kustomization* builds, "." for all; None outside of the source."""
    written = text_of(kustomization.spec.get("path")).strip("/")
    parts = written.removeprefix("./").split("/")
    if _ODD.isdisjoint(parts):  # as most paths are, of thousands
        return "/".join(parts)
    path = normpath(written or ".")
    return None if path.startswith("..") else path


def _parents(path: str) -> Iterator[str]:
    end = path.find("/")
    while end != -1:
        yield path[:end]
        end = path.find("/", end + 1)
    if path != ".":
        yield "."


def _are_known(*kustomizations: Resource) -> bool:
    """Return whether it is known what all of them apply."""
    return all("inventory" in one.status for one in kustomizations)


def _pair(outer: Resource, inner: Resource) -> Occurrence:
    paths = [text_of(one.spec.get("path")) or "./" for one in (outer, inner)]
    value = f"{paths[0]} contains {paths[1]} of {inner.ref}"
    return Occurrence(outer.ref, "spec.path", value, objects=(outer.ref, inner.ref))


_DEPENDENCY_NOT_AWAITED = Code(
    "dependency-not-awaited",
    "Some objects that others depend on do not wait for their resources to be ready.",
)
_PATHS_OVERLAP = Code(
    "paths-overlap",
    "The path of some Kustomizations contains that of another one with the same source.",
)

ADVICE = (
    Advice(
        code=_DEPENDENCY_NOT_AWAITED,
        step="reconcilers",
        area="reliability",
        title_one="{what} does not wait for its resources to be ready, although {value}",
        title_many="{n} objects that others depend on do not wait for their resources to be ready",
        why="it is Ready as soon as its own objects are applied, so its dependents are "
        "applied before its Deployments, Jobs and HelmReleases are ready",
        steps=(
            Step(
                "set spec.wait: true on the Kustomization or ResourceSet, or list the critical "
                "objects in spec.healthChecks of the Kustomization; a HelmRelease waits unless "
                "spec.install.disableWait or spec.upgrade.disableWait is true"
            ),
            Step(
                "raise spec.timeout if the objects need more time than the current timeout: an "
                "object that is not ready in time fails and holds up everything that depends on it"
            ),
        ),
        find=_not_awaited,
        upstream="KC docs/spec/v1/kustomizations.md, Dependencies; FO docs/api/v1/resourceset.md; "
        "HC docs/spec/v2/helmreleases.md",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#dependencies",
    ),
    Advice(
        code=_PATHS_OVERLAP,
        step="reconcilers",
        area="reliability",
        title_one="{what}: {value}",
        title_many="{n} pairs of Kustomizations have overlapping paths",
        why="unless a kustomization.yaml leaves out the inner folder, both Kustomizations apply "
        "its objects and overwrite each other, and one may delete objects that the other still "
        "contains",
        steps=(
            Step(
                "move the folders next to each other and set spec.path of each Kustomization, or "
                "add a kustomization.yaml to the outer folder that does not list the inner one"
            ),
            Step(
                "before you remove an object from a Kustomization, annotate it with "
                "kustomize.toolkit.fluxcd.io/prune: disabled, so that it is not deleted"
            ),
        ),
        find=_overlapping,
        upstream="KC docs/spec/v1/kustomizations.md, Path, Generating a kustomization.yaml file",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#path",
    ),
)
"""Advice on the order in which Flux applies, and on what it applies twice."""
