"""The pods of Flux itself as a list, and each controller that should be there and is not."""

from collections.abc import Iterator, Mapping, Sequence

from fluxstatus.base.durations import ago, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.commands.listing import Entry
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.evidence import Object
from fluxstatus.state.deployments import CONTROLLERS, OPERATORS, Component, image_version
from fluxstatus.state.pods import is_ready, problem_of_pod
from fluxstatus.state.state import State

_USUAL = ("--watch-all-namespaces=true", "--storage-adv-addr=", "--reporting-interval=")
"""How arguments begin that say nothing: all controllers have them, or all need them."""


class Components:
    """The pods of Flux's controllers and of the operator."""

    columns: tuple[str, ...] = (
        *("NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "VERSION"),
        *("ARGS", "MESSAGE"),
    )
    wide: tuple[str, ...] = (*columns[:-1], "NODE", "IMAGE", "MESSAGE")

    def __init__(self, filters: Sequence[str]) -> None:
        """Take what *filters* say. Raises NotFoundError for one that says nothing of pods."""
        for name in filters:
            if name != "not_ready":
                raise NotFoundError(f"--{name.replace('_', '-')} says nothing of components.")
        self._not_ready = bool(filters)
        self._unread = False

    def entries(self, cluster: Cluster) -> Iterator[list[Entry]]:
        """Return the entries, all at once."""
        evidence = cluster.controllers()
        state = State(evidence)
        for name in (CONTROLLERS, OPERATORS, "pods"):
            answer = evidence.answer(name)
            if answer.unread and (name != "pods" or state.components):
                cluster.unread[name.partition("/")[0]] = answer.unread
        self._unread = bool(cluster.unread) and not state.components
        found = [*state.operators, *state.components]
        wanted = [*(entry for one in found for entry in self._of(one, cluster)), *_missed(state)]
        yield [entry for entry in wanted if self._is_chosen(entry, cluster)]

    def is_unread(self, cluster: Cluster) -> bool:
        """Whether nothing could be read."""
        return self._unread and bool(cluster.unread)

    def matters(self, _: str) -> bool:
        """Whether the list is not whole without something: it never is."""
        return True

    def mistake(self) -> NotFoundError | None:
        """Return nothing: no name can be asked for."""
        return None

    def none(self) -> str:
        """Say what there is none of."""
        return f"controller of Flux{' that is not ready' if self._not_ready else ''}"

    def _is_chosen(self, entry: Entry, cluster: Cluster) -> bool:
        here = not cluster.namespaces or entry.cell("NAMESPACE") in cluster.namespaces
        ready, _, of = entry.cell("READY").partition("/")
        return here and not (self._not_ready and ready == of != "0")

    def _of(self, component: Component, cluster: Cluster) -> Iterator[Entry]:
        args = " ".join(arg for arg in component.args if not arg.startswith(_USUAL))
        for pod in component.pods:
            yield _entry(pod, cluster, {"ARGS": args})
        if not component.pods:
            said = component.problem.text if component.problem else "has no pod"
            yield _without_pod(
                component.ref.namespace, component.ref.name,
                {"READY": f"{component.ready}/{component.wanted}", "STATUS": "NoPod",
                 "VERSION": component.version, "ARGS": args, "MESSAGE": said},
                component.deployment,
            )  # fmt: skip


def _entry(pod: Object, cluster: Cluster, more: Mapping[str, str]) -> Entry:
    metadata, status = map_of(pod.get("metadata")), map_of(pod.get("status"))
    containers = maps_of(status.get("containerStatuses"))
    images = [text_of(one.get("image")) for one in containers]
    created = when(metadata.get("creationTimestamp"))
    problem = problem_of_pod(pod)
    cells = {
        "NAMESPACE": text_of(metadata.get("namespace")),
        "NAME": text_of(metadata.get("name")),
        "READY": f"{sum(c.get('ready') is True for c in containers)}/{len(containers) or 1}",
        "STATUS": _status(pod, containers),
        "RESTARTS": str(sum(c.get("restartCount") or 0 for c in containers)),
        "AGE": ago(created, cluster.now) if created else "",
        "VERSION": image_version(images[0]) if images else "",
        "MESSAGE": problem.text if problem else "",
        "NODE": text_of(map_of(pod.get("spec")).get("nodeName")),
        "IMAGE": ",".join(images),
        **more,
    }
    key = (cells["NAMESPACE"], cells["NAME"])
    return Entry(key, pod, lambda column: cells.get(column, ""), {"AGE": created})


def _status(pod: Object, containers: Sequence[Object]) -> str:
    """Return the word that kubectl has for how *pod* stands."""
    if map_of(pod.get("metadata")).get("deletionTimestamp"):
        return "Terminating"
    states = (map_of(c.get("state")) for c in containers)
    reasons = (
        text_of(map_of(state.get("waiting") or state.get("terminated")).get("reason"))
        for state in states
    )
    status = map_of(pod.get("status"))
    said = next(filter(None, reasons), "") or text_of(status.get("reason"))
    return "Running" if is_ready(pod) else said or text_of(status.get("phase"))


def _missed(state: State) -> Iterator[Entry]:
    """Return what should be there, by the FluxInstance or the CRDs, and is not."""
    if not state.controllers_read:
        return
    found = {component.name for component in state.components}
    for name in state.expected:
        if name not in found:
            cells = {"READY": "0/0", "STATUS": "Missing", "MESSAGE": "has no Deployment"}
            yield _without_pod(state.namespace, name, cells, None)


def _without_pod(namespace: str, name: str, cells: Mapping[str, str], item: Object | None) -> Entry:
    known = {"NAMESPACE": namespace, "NAME": name, **cells}
    return Entry((namespace, name), item, lambda column: known.get(column, ""))
