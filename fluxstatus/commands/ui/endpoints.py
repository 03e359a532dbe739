"""Where a tunnel to the web UI may lead: pods and Services, the best first.

Of several replicas of the operator only the leader serves the web UI (FO cmd/operator/main.go,
mgr.Elected). A Deployment that serves nothing else has no leader.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jmespath

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.cluster.queries import ListQuery
from fluxstatus.model.evidence import Object, Unread
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.state.deployments import OPERATORS
from fluxstatus.state.pods import is_ready, selected
from fluxstatus.state.state import State
from fluxstatus.state.web_ui import PORT, PORT_NAME, web_services

_LEASES = "leases.coordination.k8s.io"
_LEASE = OPERATOR
"""The name of the lease that the operator's leader holds, whatever the release is called."""

_CONTAINER_PORT = jmespath.compile(
    f"spec.template.spec.containers[].ports[?name=='{PORT_NAME}' || containerPort==`{PORT}`][]"
    ".containerPort | [0]"
)
_SELECTOR = jmespath.compile("spec.selector.matchLabels")


class End(NamedTuple):
    """The far end of a tunnel, as `kubectl port-forward` takes it."""

    namespace: str
    resource: str
    port: str

    def __str__(self) -> str:
        """Return it as a sentence names it."""
        return f"{self.resource} in {self.namespace}"


class _Door(NamedTuple):
    """A Service with the web port, or a Deployment with it: its ready pods, and their port.

    It is `blind` where the pods could not be read.
    """

    namespace: str
    service: str
    service_port: str
    pods: tuple[Object, ...]
    pod_port: str
    blind: bool = False


def ends_of(state: State) -> list[End]:
    """Return every end that may serve the web UI, that of the leader first."""
    leaders = {leader_of(lease) for lease in state.evidence.answer(_LEASES).items}
    ends = [end for api in _doors(state) for end in _ends(api, leaders)]
    return list(dict.fromkeys(ends))


def is_ambiguous(state: State) -> bool:
    """Whether it takes the leader's lease to know which pod serves the web UI."""
    return any(len(api.pods) > 1 for api in _doors(state))


def lease_question(state: State) -> list[tuple[str, ListQuery]]:
    """Return the question for the leases, which is only asked where it decides something."""
    flux_namespaces = tuple(sorted({api.namespace for api in _doors(state)}))
    selector = f"fieldSelector=metadata.name={_LEASE}"
    return [
        (_LEASES, ListQuery("/apis/coordination.k8s.io/v1", "leases", selector, flux_namespaces))
    ]


def leader_of(lease: Object) -> str:
    """Return the name of the pod that holds *lease*, empty when nobody does."""
    holder = text_of(map_of(lease.get("spec")).get("holderIdentity"))
    return holder.rpartition("_")[0] or holder


def lease_unread(state: State) -> Unread | None:
    """Return why the lease could not be read, None when it could, or was not needed."""
    return state.evidence.answers[_LEASES].unread if _LEASES in state.evidence.answers else None


def _doors(state: State) -> Iterator[_Door]:
    """Return the Services first; without one the Deployments themselves."""
    pods = state.evidence.answer("pods").items
    blind = state.evidence.answer("pods").unread is not None
    apis = [_of_service(service, port, pods)._replace(blind=blind)
             for service, port in web_services(state)]  # fmt: skip
    apis = apis or [*_of_deployments(state, pods)]
    yield from sorted(apis, key=lambda api: not api.pods)


def _of_service(service: Object, port: int, pods: Sequence[Object]) -> _Door:
    metadata, spec = map_of(service.get("metadata")), map_of(service.get("spec"))
    home = text_of(metadata.get("namespace"))
    target = next((p.get("targetPort") for p in maps_of(spec.get("ports"))
                   if p.get("port") == port), None)  # fmt: skip
    found = tuple(filter(is_ready, selected(spec.get("selector"), pods, home)))
    return _Door(home, text_of(metadata.get("name")), f"{port}", found, f"{target or port}")


def _of_deployments(state: State, pods: Sequence[Object]) -> Iterator[_Door]:
    for deployment in state.evidence.answer(OPERATORS).items:
        port = _CONTAINER_PORT.search(deployment)
        home = text_of(map_of(deployment.get("metadata")).get("namespace"))
        found = tuple(filter(is_ready, selected(_SELECTOR.search(deployment), pods, home)))
        if port and found:
            yield _Door(home, "", "", found, f"{port}")


def _ends(api: _Door, leaders: set[str]) -> Iterator[End]:
    """Return the pods one by one where there are several, else the Service."""
    names = [text_of(map_of(pod.get("metadata")).get("name")) for pod in api.pods]
    if api.service and (api.blind or len(names) == 1):
        yield End(api.namespace, f"service/{api.service}", api.service_port)
        return
    for name in sorted(names, key=lambda name: (name not in leaders, name)):
        yield End(api.namespace, f"pod/{name}", api.pod_port)
