"""The endpoints of a tunnel to the web UI: pods and Services, the best first.

Of several replicas of the operator, only the leader serves the web UI (flux-operator
cmd/operator/main.go, mgr.Elected). A Deployment that serves nothing else has no leader.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jmespath

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.cluster.queries import QUERIES, ListQuery, by_fields
from fluxstatus.model.evidence import LEASES, OPERATORS, Object, Unread
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.state.leases import holder_of
from fluxstatus.state.pods import is_ready, selected
from fluxstatus.state.state import State
from fluxstatus.state.web_ui import PORT, PORT_NAME, web_services

_LEASE = OPERATOR
"""The name of the lease that the operator's leader holds, whatever the release is called."""

_CONTAINER_PORT = jmespath.compile(
    f"spec.template.spec.containers[].ports[?name=='{PORT_NAME}' || containerPort==`{PORT}`][]"
    ".containerPort | [0]"
)
_SELECTOR = jmespath.compile("spec.selector.matchLabels")


class Endpoint(NamedTuple):
    """The remote end of a tunnel, as `kubectl port-forward` takes it."""

    namespace: str
    resource: str
    port: str

    def __str__(self) -> str:
        """Format it for a sentence: pod/NAME in namespace "NAMESPACE"."""
        return f'{self.resource} in namespace "{self.namespace}"'


class _Backend(NamedTuple):
    """A Service or a Deployment with the web port: its ready pods, and their port.

    `pods_unread` is whether the pods could not be read.
    """

    namespace: str
    service: str
    service_port: str
    pods: tuple[Object, ...]
    pod_port: str
    pods_unread: bool = False


def endpoints_of(state: State) -> list[Endpoint]:
    """Return every endpoint that may serve the web UI, that of the leader first."""
    leaders = {holder_of(lease) for lease in state.evidence.answer(LEASES).known}
    found = [one for backend in _backends(state) for one in _endpoints(backend, leaders)]
    return list(dict.fromkeys(found))


def is_ambiguous(state: State) -> bool:
    """Return whether only the leader's lease shows which pod serves the web UI."""
    return any(len(backend.pods) > 1 for backend in _backends(state))


def lease_query(state: State) -> list[tuple[str, ListQuery]]:
    """Return the query for the leases, which is needed only if `is_ambiguous`."""
    backend_namespaces = tuple(sorted({backend.namespace for backend in _backends(state)}))
    selector = by_fields(f"metadata.name={_LEASE}")
    query = QUERIES[LEASES]._replace(selector=selector, namespaces=backend_namespaces)
    return [(LEASES, query)]


def lease_unread(state: State) -> Unread | None:
    """Return why the lease could not be read, None if it was read or not needed."""
    return state.evidence.answers[LEASES].unread if LEASES in state.evidence.answers else None


def _backends(state: State) -> Iterator[_Backend]:
    """Yield the Services, without one the Deployments; those with ready pods come first."""
    pods = state.evidence.answer("pods").known
    pods_unread = state.evidence.answer("pods").unread is not None
    backends = [_of_service(service, port, pods)._replace(pods_unread=pods_unread)
                for service, port in web_services(state)]  # fmt: skip
    backends = backends or [*_of_deployments(state, pods)]
    yield from sorted(backends, key=lambda backend: not backend.pods)


def _of_service(service: Object, port: int, pods: Sequence[Object]) -> _Backend:
    metadata, spec = map_of(service.get("metadata")), map_of(service.get("spec"))
    namespace = text_of(metadata.get("namespace"))
    target = next((p.get("targetPort") for p in maps_of(spec.get("ports"))
                   if p.get("port") == port), None)  # fmt: skip
    found = tuple(filter(is_ready, selected(spec.get("selector"), pods, namespace)))
    return _Backend(namespace, text_of(metadata.get("name")), f"{port}", found, f"{target or port}")


def _of_deployments(state: State, pods: Sequence[Object]) -> Iterator[_Backend]:
    for deployment in state.evidence.answer(OPERATORS).known:
        port = _CONTAINER_PORT.search(deployment)
        namespace = text_of(map_of(deployment.get("metadata")).get("namespace"))
        found = tuple(filter(is_ready, selected(_SELECTOR.search(deployment), pods, namespace)))
        if port and found:
            yield _Backend(namespace, "", "", found, f"{port}")


def _endpoints(backend: _Backend, leaders: set[str]) -> Iterator[Endpoint]:
    """Yield the pods one by one if there are several, else the Service."""
    names = [text_of(map_of(pod.get("metadata")).get("name")) for pod in backend.pods]
    if backend.service and (backend.pods_unread or len(names) == 1):
        yield Endpoint(backend.namespace, f"service/{backend.service}", backend.service_port)
        return
    for name in sorted(names, key=lambda name: (name not in leaders, name)):
        yield Endpoint(backend.namespace, f"pod/{name}", backend.pod_port)
