"""The endpoints of a tunnel to the web UI."""

from typing import Any

import pytest

from fluxstatus.commands.ui.endpoints import Endpoint, endpoints_of, is_ambiguous, lease_unread
from fluxstatus.commands.ui.tunnel import free_port, is_loopback, reached_at, url_of
from fluxstatus.model.evidence import Incomplete, Object, Read, Unread, Why
from fluxstatus.state.state import State
from tests.builders import FORBIDDEN, HEALTHY, NOW, alter, container, evidence, pod, without
from tests.kubernetes.objects import make

LEASES = "leases.coordination.k8s.io"
SERVICE = "Service/flux-operator"
LABELS = {"app.kubernetes.io/instance": "flux-operator", "app.kubernetes.io/name": "flux-operator"}


def known(*objects: Object, holder: str = "", **more: Any) -> State:
    """Return the state of a cluster with *objects*, in which *holder* has the lease."""
    seen = evidence(*objects, **more)
    lease = {"spec": {"holderIdentity": holder}}
    answers = {**seen.answers, LEASES: Read((lease,) if holder else ())}
    return State(evidence(*objects, **more, answers=answers))


def second(name: str = "flux-operator-b") -> Object:
    """Return another ready pod of the operator."""
    return pod(f"flux-system/{name}", container(ready=True), labels=LABELS)


def test_one_replica_is_reached_by_its_service() -> None:
    """With one pod the Service is the endpoint, and no lease is queried."""
    assert endpoints_of(known(*HEALTHY)) == [
        Endpoint("flux-system", "service/flux-operator", "9080")
    ]
    assert not is_ambiguous(known(*HEALTHY))


def test_the_leaders_pod_is_first() -> None:
    """Of several replicas the leader's pod comes first, by the port of the pod."""
    objects = [*HEALTHY, second("flux-operator-a"), second("flux-operator-b")]
    objects = without(objects, *[f"Pod/{o['metadata']['name']}" for o in HEALTHY
                                 if o["kind"] == "Pod"])  # fmt: skip
    state = known(*objects, holder="flux-operator-b_7d0c")
    assert is_ambiguous(state)
    assert [end.resource for end in endpoints_of(state)] == [
        "pod/flux-operator-b",
        "pod/flux-operator-a",
    ]
    assert {end.port for end in endpoints_of(state)} == {"9080"}


def test_without_the_lease_each_is_tried() -> None:
    """If the leader is unknown, every replica is an endpoint."""
    state = known(*HEALTHY, second())
    assert len(endpoints_of(state)) == 2
    hidden = known(*HEALTHY, second())
    answers = {**hidden.evidence.answers, LEASES: Incomplete(FORBIDDEN)}
    assert lease_unread(State(evidence(*HEALTHY, second(), answers=answers))) == FORBIDDEN


def test_other_names_and_ports() -> None:
    """The Service is recognized by its port: by name, number or target."""
    port = {"name": "http-web", "port": 80, "targetPort": "http-web"}
    objects = alter(HEALTHY, SERVICE, {"metadata.name": "acme-fo", "spec.ports": [port]})
    assert endpoints_of(known(*objects)) == [Endpoint("flux-system", "service/acme-fo", "80")]
    both = endpoints_of(known(*objects, second()))
    assert {end.port for end in both} == {"http-web"}


def _standalone() -> list[Object]:
    """Return a Deployment elsewhere that serves nothing but the web UI, its pod and Service."""
    labels = {"app.kubernetes.io/name": "flux-operator", "app.kubernetes.io/instance": "flux-web"}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"spec": {"containers": [{"name": "m", "image": "x:v1",
                                               "args": ["--web-server-only=true"]}]}},
    }  # fmt: skip
    ports = [{"name": "http-web", "port": 9080, "targetPort": 9080}]
    service = {"selector": labels, "ports": ports}
    return [
        make("apps/v1", "Deployment", "flux-web", NOW, namespace="flux-system", labels=labels,
             spec=spec, status={"readyReplicas": 1}),
        pod("flux-system/flux-web-x", container(ready=True), labels=labels),
        make("v1", "Service", "flux-web", NOW, namespace="flux-system", spec=service),
    ]  # fmt: skip


def test_standalone_web_ui() -> None:
    """If the operator serves no web UI, a Deployment that serves only that is found."""
    objects = [*without(HEALTHY, SERVICE), *_standalone()]
    assert endpoints_of(known(*objects)) == [Endpoint("flux-system", "service/flux-web", "9080")]
    alone = [o for o in objects if o["metadata"]["name"] != "flux-operator"]
    assert endpoints_of(known(*alone)) == [Endpoint("flux-system", "service/flux-web", "9080")]


def test_no_service_but_a_port() -> None:
    """Without a Service for the web UI, the pod is the endpoint."""
    ports = [{"name": "http-web", "containerPort": 9080}]
    path = "spec.template.spec.containers.0.ports"
    objects = alter(without(HEALTHY, SERVICE), "Deployment/flux-operator", {path: ports})
    (end,) = endpoints_of(known(*objects))
    assert end.resource.startswith("pod/flux-operator-")
    assert end.port == "9080"


def test_nothing_to_reach() -> None:
    """Disabled, not ready, or no operator: there is no endpoint."""
    assert endpoints_of(known(*without(HEALTHY, SERVICE))) == []
    unready = alter(HEALTHY, "Pod/flux-operator", {"status.containerStatuses": []})
    assert endpoints_of(known(*unready)) == []
    assert endpoints_of(known()) == []


def test_pods_that_may_not_be_read() -> None:
    """Without permission to list pods the Service is the endpoint; kubectl reports errors."""
    hidden = Unread(Why.FORBIDDEN, "no")
    found = endpoints_of(known(*HEALTHY, unread={"pods": hidden}))
    assert found == [Endpoint("flux-system", "service/flux-operator", "9080")]


@pytest.mark.parametrize(
    ("address", "here"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.com", False)],
)  # fmt: skip
def test_loopback(address: str, here: bool) -> None:
    """Only what no other machine can reach counts as loopback."""
    assert is_loopback(address) is here


def test_addresses() -> None:
    """A listener on all addresses is reached at localhost; IPv6 URLs have brackets."""
    assert url_of("0.0.0.0", 1) == "http://127.0.0.1:1/"
    assert url_of("::1", 2) == "http://[::1]:2/"
    assert reached_at("10.0.0.1") == "10.0.0.1"
    assert free_port("127.0.0.1", [0])
    assert free_port("203.0.113.7", [0]) is None
