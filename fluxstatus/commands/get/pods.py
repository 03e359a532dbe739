"""The pods of Flux as a list, with the controllers that are missing."""

from collections.abc import Iterator, Mapping, Sequence

from fluxstatus.base.durations import listed_age, when
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.cluster.list_reader import Cluster
from fluxstatus.cluster.queries import DEPLOYMENTS
from fluxstatus.commands.listing import ListEntry
from fluxstatus.model.errors import ArgumentError
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.deployments import Component, image_version
from fluxstatus.state.pods import is_ready, problem_of_pod
from fluxstatus.state.state import State

_LISTS = (*DEPLOYMENTS, KINDS["FluxInstance"].resource)
_USUAL = ("--watch-all-namespaces=true", "--storage-adv-addr=", "--reporting-interval=")
"""The beginnings of arguments that all controllers have; they are not shown."""


class Components:
    """The pods of the Flux controllers and of the operator."""

    columns: tuple[str, ...] = (
        *("NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "VERSION", "MESSAGE"),
    )
    wide: tuple[str, ...] = (*columns[:-1], "ARGS", "NODE", "IMAGE", "MESSAGE")
    has_verdicts = False

    def __init__(self, filters: Sequence[str]) -> None:
        """Store the filters. Raises ArgumentError for one that does not apply to pods."""
        for name in filters:
            if name != "not_ready":
                raise ArgumentError(f"--{name.replace('_', '-')} does not apply to components")
        self._not_ready = bool(filters)
        self._unread = False

    def entries(self, cluster: Cluster) -> Iterator[list[ListEntry]]:
        """Yield the entries in one batch."""
        evidence = cluster.controllers(KINDS["FluxInstance"])
        state = State(evidence)
        found = [*state.operators, *state.components]
        answers = [
            *((name.partition("/")[0], evidence.answer(name)) for name in _LISTS),
            *(("pods", component.pods) for component in found),
        ]
        for name, answer in answers:
            if answer.hidden:
                cluster.unread.setdefault(name, answer.hidden)
        self._unread = not state.controllers_read and not state.components
        wanted = [*(entry for one in found for entry in self._of(one, cluster)), *_missing(state)]
        yield [entry for entry in wanted if self._is_chosen(entry, cluster)]

    def is_unread(self, cluster: Cluster) -> bool:
        """Return whether nothing could be read."""
        return self._unread and bool(cluster.unread)

    def requires(self, _: str) -> bool:
        """Return True: anything unread makes this list incomplete."""
        return True

    def not_found(self) -> ArgumentError | None:
        """Return None: components cannot be requested by name."""
        return None

    def are_optional(self, _: Sequence[str]) -> bool:
        """Return False: all kinds that are read are needed."""
        return False

    def none_found(self, where: str) -> str:
        """Return the sentence that no entry was found; *where* is empty or the namespaces."""
        return (
            f"no Flux controller{' that is not ready' if self._not_ready else ''} was found{where}"
        )

    def _is_chosen(self, entry: ListEntry, cluster: Cluster) -> bool:
        here = not cluster.namespaces or entry.cell("NAMESPACE") in cluster.namespaces
        ready, _, of = entry.cell("READY").partition("/")
        return here and not (self._not_ready and ready == of != "0")

    def _of(self, component: Component, cluster: Cluster) -> Iterator[ListEntry]:
        args = " ".join(arg for arg in component.args if not arg.startswith(_USUAL))
        for pod in component.pods.known:
            yield _entry(pod, cluster, {"ARGS": args})
        if not component.pods.known:
            problem = component.problem.text if component.problem else "has no pod"
            hidden = component.pods.unread
            status, message = (
                ("Unknown", "its pods were not read") if hidden else ("NoPod", problem)
            )
            yield _without_pod(
                component.ref.namespace, component.ref.name,
                {"READY": f"{component.ready}/{component.wanted}", "STATUS": status,
                 "VERSION": component.version, "ARGS": args, "MESSAGE": message},
                component.deployment,
            )  # fmt: skip


def _entry(pod: Object, cluster: Cluster, more: Mapping[str, str]) -> ListEntry:
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
        "RESTARTS": _restarts(containers),
        "AGE": listed_age(created, cluster.now),
        "VERSION": image_version(images[0]) if images else "",
        "MESSAGE": problem.text if problem else "",
        "NODE": text_of(map_of(pod.get("spec")).get("nodeName")),
        "IMAGE": ",".join(images),
        **more,
    }
    key = (cells["NAMESPACE"], cells["NAME"])
    return ListEntry(key, pod, lambda column: cells.get(column, ""), {"AGE": created})


def _restarts(containers: Sequence[Object]) -> str:
    """Return how often *containers* were restarted together, empty if that is not known."""
    counts = [container.get("restartCount") or 0 for container in containers]
    return str(sum(counts)) if all(isinstance(count, int) for count in counts) else ""


def _status(pod: Object, containers: Sequence[Object]) -> str:
    """Return the status of *pod* as kubectl prints it."""
    if map_of(pod.get("metadata")).get("deletionTimestamp"):
        return "Terminating"
    if is_ready(pod):
        return "Running"
    for container in containers:
        state = map_of(container.get("state"))
        reason = map_of(state.get("waiting") or state.get("terminated")).get("reason")
        if reason:
            return text_of(reason)
    status = map_of(pod.get("status"))
    return text_of(status.get("reason")) or text_of(status.get("phase"))


def _missing(state: State) -> Iterator[ListEntry]:
    """Yield the controllers that the FluxInstance or the CRDs require and that do not exist."""
    if not state.controllers_read:
        return
    found = {component.name for component in state.components}
    for name in state.expected:
        if name not in found:
            cells = {"READY": "0/0", "STATUS": "Missing", "MESSAGE": "has no Deployment"}
            yield _without_pod(state.namespace, name, cells, None)


def _without_pod(
    namespace: str, name: str, cells: Mapping[str, str], item: Object | None
) -> ListEntry:
    known = {"NAMESPACE": namespace, "NAME": name, **cells}
    return ListEntry((namespace, name), item, lambda column: known.get(column, ""))
