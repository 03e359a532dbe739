"""Step 7: the web UI can be opened."""

import pytest

from fluxstatus.model.evidence import Object, Unread, Why
from fluxstatus.model.findings import Level
from tests.builders import (
    FORBIDDEN,
    alter,
    container,
    evidence,
    found,
    only,
    outcomes,
    without,
)
from tests.builders import (
    HEALTHY as FLUX,
)

# The made-up operator names no ports: a real one has 9080 unless its web UI is switched off.
PORTS = "spec.template.spec.containers.0.ports"
HEALTHY = alter(FLUX, "Deployment/flux-operator", {
    PORTS: [{"name": "http-web", "containerPort": 9080}]})  # fmt: skip


def with_ports(*ports: Object) -> list[Object]:
    """Return a Flux whose operator's Service has these *ports*."""
    return alter(HEALTHY, "Service/flux-operator", {"spec.ports": list(ports)})


def test_a_web_ui_passes() -> None:
    """A Service with the web port and a ready pod is reported with how to open it."""
    (finding,) = found("ui", evidence(*HEALTHY))
    assert finding.level is Level.PASS
    assert finding.title == (
        "svc/flux-operator:9080 has 1 endpoint; kubectl flux-status ui opens the web UI, with "
        "permission to create pods/portforward"
    )


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({"name": "http-web", "port": 80}, "svc/flux-operator:80 "),
        ({"name": "web", "port": 9080}, "svc/flux-operator:9080 "),
        ({"port": 9080}, "svc/flux-operator:9080 "),
    ],
)
def test_the_port_is_known_by_name_or_number(port: Object, expected: str) -> None:
    """The web port is named http-web, or is 9080 under any name."""
    finding = only(
        found("ui", evidence(*with_ports({"name": "metrics", "port": 8080}, port))), "ok"
    )
    assert finding.title.startswith(expected)


def test_no_service_warns() -> None:
    """An operator that serves the UI, and no Service with its port, warns."""
    assert outcomes("ui", *with_ports({"name": "http", "port": 8080})) == {
        ("warn", "ui-no-service")
    }


def test_a_service_elsewhere_does_not_count() -> None:
    """Only Services in the operator's namespace lead to it."""
    objects = alter(HEALTHY, "Service/flux-operator", {"metadata.namespace": "apps"})
    assert outcomes("ui", *objects) == {("warn", "ui-no-service")}


def test_a_web_ui_that_is_off_is_skipped() -> None:
    """An operator without the port has its web UI switched off."""
    off = alter(with_ports(), "Deployment/flux-operator", {PORTS: [{"containerPort": 8080}]})
    assert outcomes("ui", *off) == {("skip", "ui-absent")}


def test_without_operator_there_is_no_ui() -> None:
    """Without the operator the step is skipped."""
    assert outcomes("ui") == {("skip", "ui-absent")}


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Running", "containerStatuses": [container(waiting={"reason": "X"})]},
        {"phase": "Pending"},
        {"phase": "Succeeded", "containerStatuses": []},
        {"phase": "Failed"},
    ],
)
def test_no_ready_pod_warns(status: Object) -> None:
    """A Service whose pods are not ready, or have ended, leads nowhere."""
    objects = alter(HEALTHY, "Pod/flux-operator", {"status": status})
    assert outcomes("ui", *objects) == {("warn", "ui-no-endpoint")}


def test_the_fault_of_the_operator_is_not_reported_again() -> None:
    """If the operator is down, its own step reports why, and this one waits."""
    objects = alter(HEALTHY, "Deployment/flux-operator", {"status.readyReplicas": 0})
    objects = alter(objects, "Pod/flux-operator", {"status": {"phase": "Pending"}})
    assert outcomes("ui", *objects) == {("wait", "waiting")}


def test_a_selector_that_selects_nothing_warns() -> None:
    """A Service that selects no pod has no endpoint; an empty selector selects none."""
    for selector in ({"app": "other"}, {}):
        objects = alter(HEALTHY, "Service/flux-operator", {"spec.selector": selector})
        assert outcomes("ui", *objects) == {("warn", "ui-no-endpoint")}


@pytest.mark.parametrize("query", ["services", "pods", "deployments.apps/operator"])
def test_what_may_not_be_read_is_unknown(query: str) -> None:
    """Without the Services, the pods or the operator, there is no finding about the UI."""
    objects = without(HEALTHY, "Deployment/flux-operator") if "operator" in query else HEALTHY
    assert outcomes("ui", *objects, unread={query: FORBIDDEN}) == {("unknown", "forbidden")}


def test_what_was_left_out_is_skipped() -> None:
    """What was not asked for on purpose is a skip."""
    unread = {"services": Unread(Why.NOT_REQUESTED, "left out")}
    assert outcomes("ui", *HEALTHY, unread=unread) == {("skip", "not-asked")}
