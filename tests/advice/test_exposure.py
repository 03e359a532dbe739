"""Advice on who gets to Flux over the network."""

from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Level
from tests.advice.looking import advice, habits, seen
from tests.builders import FORBIDDEN, HEALTHY, alter, evidence, without

UI = {"service": {"name": "flux-operator", "port": {"name": "http-web"}}}
NUMBER = {"service": {"name": "flux-operator", "port": {"number": 9080}}}
POLICIES = "networkpolicies.networking.k8s.io"
INGRESSES = "ingresses.networking.k8s.io"


def thing(api: str, kind: str, spec: Object, **metadata: Any) -> Object:
    """Return an object of *kind* in the namespace of Flux."""
    named = {"name": "web", "namespace": "flux-system"} | metadata
    return {"apiVersion": api, "kind": kind, "metadata": named, "spec": spec}


def policy(namespace: str = "flux-system") -> Object:
    """Return a NetworkPolicy."""
    return thing("networking.k8s.io/v1", "NetworkPolicy", {}, namespace=namespace)


def ingress(backend: Object = UI, **metadata: Any) -> Object:
    """Return an Ingress that leads to *backend*."""
    rules = [{"host": "flux.example.com", "http": {"paths": [{"path": "/", "backend": backend}]}}]
    return thing("networking.k8s.io/v1", "Ingress", {"rules": rules}, **metadata)


def route(backend: Object, *filters: str, **metadata: Any) -> Object:
    """Return an HTTPRoute that leads to *backend*."""
    rule = {"backendRefs": [backend], "filters": [{"type": name} for name in filters]}
    return thing("gateway.networking.k8s.io/v1", "HTTPRoute", {"rules": [rule]}, **metadata)


SERVICE = {"name": "flux-operator", "port": 9080}


def test_an_instance_without_network_policy() -> None:
    """A FluxInstance without network policies is reported, without any extra request."""
    off = alter(HEALTHY, "FluxInstance/flux", {"spec.cluster.networkPolicy": False})
    found = habits(system=off)["no-network-policy"]
    assert (found.level, str(found.object)) == (Level.WARN, "FluxInstance flux-system/flux")
    assert "spec.cluster.networkPolicy: true" in found.hints[0].text
    assert "no-network-policy" not in habits()
    own = habits(policy(), system=off, advice=True)
    assert "no-network-policy" not in own  # somebody wrote one of their own


@pytest.mark.parametrize(
    ("objects", "more", "reported"),
    [
        ([], {"advice": True}, True),
        ([policy()], {"advice": True}, False),
        ([policy("other")], {"advice": True}, True),
        ([], {}, False),
        ([], {"advice": True, "unread": {POLICIES: FORBIDDEN}}, False),
    ],
    ids=["none", "one", "elsewhere", "not asked", "forbidden"],
)
def test_a_namespace_without_network_policy(
    objects: list[Object], more: dict[str, Any], reported: bool
) -> None:
    """Without an instance the policies themselves are looked at, if they could be read."""
    system = without(HEALTHY, "FluxInstance/flux")
    found = habits(*objects, system=system, **more)
    assert ("no-network-policy" in found) is reported
    if reported:
        assert seen(found["no-network-policy"]) == ['namespace "flux-system": has no NetworkPolicy']


@pytest.mark.parametrize(
    ("ways", "seen_as"),
    [
        ([ingress()], "Ingress flux-system/web"),
        ([ingress(NUMBER)], "Ingress flux-system/web"),
        ([thing("networking.k8s.io/v1", "Ingress", {"defaultBackend": UI})],
         "Ingress flux-system/web"),
        ([route(SERVICE)], "HTTPRoute flux-system/web"),
        ([route({**SERVICE, "namespace": "flux-system"}, namespace="gateway")],
         "HTTPRoute gateway/web"),
        ([route(SERVICE, "RequestHeaderModifier")], "HTTPRoute flux-system/web"),
    ],
)  # fmt: skip
def test_ways_to_the_web_ui(ways: list[Object], seen_as: str) -> None:
    """An Ingress or HTTPRoute to a web UI without a login is reported by name."""
    found = habits(*ways, advice=True)["ui-exposed"]
    assert seen(found) == [f"{seen_as}: routes to Service flux-system/flux-operator"]
    assert str(found.object) == seen_as
    assert found.step == "ui"


@pytest.mark.parametrize(
    "way",
    [
        ingress({"service": {"name": "oauth2-proxy", "port": {"number": 80}}}),
        ingress({"service": {"name": "flux-operator", "port": {"number": 8080}}}),
        ingress({"service": {"name": "flux-operator", "port": {"name": "http"}}}),
        ingress(namespace="other"),
        ingress(annotations={"nginx.ingress.kubernetes.io/auth-url": "https://sso"}),
        ingress(annotations={"traefik.ingress.kubernetes.io/router.middlewares": "a-b@c"}),
        route({"name": "oauth2-proxy", "port": 9080}),
        route({**SERVICE, "namespace": "other"}),
        route(SERVICE, namespace="other"),
        route(SERVICE, "ExtensionRef"),
        route({**SERVICE, "filters": [{"type": "ExtensionRef"}]}),
    ],
)
def test_ways_to_something_else_or_guarded(way: Object) -> None:
    """Routes to other services, or to a UI that may require a login, are not reported."""
    assert "ui-exposed" not in habits(way, advice=True)


@pytest.mark.parametrize(
    ("kind", "reported"), [("LoadBalancer", True), ("NodePort", True), ("ClusterIP", False)]
)
def test_a_service_that_is_open_itself(kind: str, reported: bool) -> None:
    """A Service that the world can reach needs no further question."""
    system = alter(HEALTHY, "Service/flux-operator", {"spec.type": kind})
    assert ("ui-exposed" in habits(system=system)) is reported


@pytest.mark.parametrize("arg", ["--web-config=/etc/x.yaml", "--web-config-secret-name=sso"])
def test_a_ui_that_may_ask_for_a_login(arg: str) -> None:
    """A UI with a configuration file may require a login, so it is not reported."""
    system = alter(HEALTHY, "Deployment/flux-operator",
                   {"spec.template.spec.containers.0.args": [arg]})  # fmt: skip
    assert "ui-exposed" not in habits(ingress(), system=system, advice=True)


@pytest.mark.parametrize(
    ("name", "reported"), [("WEB_CONFIG_SECRET_NAME", False), ("WEB_PORT", True)]
)
def test_a_ui_that_the_environment_configures(name: str, reported: bool) -> None:
    """The variable that names the configuration counts as the flag does; its value is not kept."""
    variables = [{"name": name, "value": "hunter2"}]
    system = alter(HEALTHY, "Deployment/flux-operator",
                   {"spec.template.spec.containers.0.env": variables})  # fmt: skip
    assert ("ui-exposed" in habits(ingress(), system=system, advice=True)) is reported
    assert "hunter2" not in str(evidence(*system))


def test_an_old_snapshot_has_no_environment() -> None:
    """If the environment of the UI is unknown, the UI is not reported."""
    known = evidence(*alter(HEALTHY, "Service/flux-operator", {"spec.type": "LoadBalancer"}))
    assert "ui-exposed" in advice(known)
    for item in known.answer("deployments.apps/operator").known:
        del item["metadata"]["webVariables"]
    assert "ui-exposed" not in advice(known)


def test_unread_routes_give_no_advice() -> None:
    """Where Ingresses are forbidden there is no advice, a word on it, and the verdict stays."""
    found = habits(ingress(), advice=True, unread={INGRESSES: FORBIDDEN})
    assert "ui-exposed" not in found
    assert (found["advice-unread"].level, found["advice-unread"].category) == (Level.SKIP, "habit")
