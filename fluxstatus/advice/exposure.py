"""Who can reach Flux over the network: network policies, and the web UI."""

from collections.abc import Iterable, Iterator
from typing import Any

import jmespath

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import OPERATORS, Object
from fluxstatus.model.ref import Ref
from fluxstatus.state.pods import selected
from fluxstatus.state.web_ui import web_services

_POLICIES = "networkpolicies.networking.k8s.io"
_INGRESSES = "ingresses.networking.k8s.io"
_ROUTES = "httproutes.gateway.networking.k8s.io"
_OUTSIDE = frozenset({"LoadBalancer", "NodePort"})
_ARGS = jmespath.compile("spec.template.spec.containers[].args[]")
_BACKENDS = jmespath.compile("[spec.defaultBackend, spec.rules[].http.paths[].backend][].service")


def _unprotected(view: View) -> Iterator[Occurrence]:
    """Yield the namespaces of the controllers that have no NetworkPolicy."""
    instance = view.state.instance
    if instance and instance.get("spec", "cluster", "networkPolicy") is False:
        if not _with_policy(view) >= {instance.ref.namespace}:
            yield Occurrence(instance.ref, "spec.cluster.networkPolicy", "is false")
    elif view.was_read(_POLICIES):
        flux_namespaces = {component.ref.namespace for component in view.state.components}
        for namespace in sorted(flux_namespaces - _with_policy(view)):
            yield Occurrence(
                label=f'namespace "{namespace}"', value="has no NetworkPolicy",
                objects=(Ref("v1", "Namespace", "", namespace),),
            )  # fmt: skip


def _with_policy(view: View) -> set[str]:
    """Return the namespaces that have a NetworkPolicy."""
    return {text_of(map_of(one.get("metadata")).get("namespace")) for one in view.known(_POLICIES)}


def _exposed(view: View) -> Iterator[Occurrence]:
    """Yield the Services, Ingresses and routes that expose a web UI without a login."""
    for service, port in web_services(view.state):
        metadata, spec = map_of(service.get("metadata")), map_of(service.get("spec"))
        name, namespace = text_of(metadata.get("name")), text_of(metadata.get("namespace"))
        if not _is_open(view, map_of(spec.get("selector")), namespace):
            continue
        ref = Ref("v1", "Service", namespace, name)
        if text_of(spec.get("type")) in _OUTSIDE:
            yield Occurrence(ref, value=f"of type {spec['type']}")
        ports = {port, *(text_of(p.get("name")) for p in maps_of(spec.get("ports"))
                         if p.get("port") == port)}  # fmt: skip
        for route in (*_ingresses(view, ref, ports), *_routes(view, ref, port)):
            yield Occurrence(route, value=f"routes to {ref}")


def _is_open(view: View, selector: dict[str, Any], namespace: str) -> bool:
    """Return whether the pods behind a Service are known, and none can have a login configured.

    Without a configuration the web UI has no login (flux-operator docs/web/web-user-management.md).
    The configuration is in a Secret, which is not read. Old snapshots lack the environment
    variables.
    """
    pods = selected(selector, view.known("pods"), namespace)
    serving = [one for one in view.known(OPERATORS) if _runs(one, pods)]
    return bool(serving) and not any(map(_may_be_configured, serving))


def _may_be_configured(deployment: Object) -> bool:
    arguments = _ARGS.search(deployment) or ()
    variables = map_of(deployment.get("metadata")).get("webVariables")
    return (
        not isinstance(variables, list)
        or any(str(name).startswith("WEB_CONFIG") for name in variables)
        or any(str(argument).startswith("--web-config") for argument in arguments)
    )


def _runs(deployment: Object, pods: Iterable[Object]) -> bool:
    metadata, spec = map_of(deployment.get("metadata")), map_of(deployment.get("spec"))
    labels = map_of(spec.get("selector")).get("matchLabels")
    return bool(selected(labels, pods, text_of(metadata.get("namespace"))))


def _ingresses(view: View, service: Ref, ports: set[Any]) -> Iterator[Ref]:
    for ingress in view.known(_INGRESSES):
        guarded = map_of(ingress.get("metadata")).get("guardedBy")
        backends = maps_of(_BACKENDS.search(ingress))
        leads = [b for b in backends if b.get("name") == service.name and _port_of(b) in ports]
        if Ref.of(ingress).namespace == service.namespace and not guarded and leads:
            yield Ref.of(ingress)


def _port_of(backend: dict[str, Any]) -> Any:
    port = map_of(backend.get("port"))
    number, name = port.get("number"), port.get("name")
    return number if isinstance(number, int) else text_of(name)


def _routes(view: View, service: Ref, port: int) -> Iterator[Ref]:
    for route in view.known(_ROUTES):
        ref = Ref.of(route)
        for rule in maps_of(map_of(route.get("spec")).get("rules")):
            backends = maps_of(rule.get("backendRefs"))
            leads = [b for b in backends if _is_to(b, service, port, ref.namespace)]
            if leads and not _may_have_login([rule, *leads]):
                yield ref
                break


def _is_to(backend: dict[str, Any], service: Ref, port: int, route_namespace: str) -> bool:
    kind = backend.get("kind") or "Service"
    namespace = backend.get("namespace") or route_namespace
    where = (kind, namespace, backend.get("name"), backend.get("port"))
    return where == ("Service", service.namespace, service.name, port)


def _may_have_login(filtered: Iterable[dict[str, Any]]) -> bool:
    """Return whether a filter is specific to the gateway: it may require a login."""
    filters = (f for one in filtered for f in maps_of(one.get("filters")))
    return any(f.get("type") == "ExtensionRef" for f in filters)


_NO_NETWORK_POLICY = Code(
    "no-network-policy",
    "Flux namespaces have no NetworkPolicy, so every pod can reach the controllers.",
)
_UI_EXPOSED = Code("ui-exposed", "The Flux web UI is exposed outside the cluster without a login.")

ADVICE = (
    Advice(
        code=_NO_NETWORK_POLICY,
        step="components",
        area="security",
        title_one="every pod in the cluster can reach Flux: {what} {value}",
        title_many="every pod in the cluster can reach Flux: {n} Flux namespaces have no "
        "NetworkPolicy",
        why="source-controller serves all artifacts, including your manifests and charts, to any "
        "client, and notification-controller accepts events from any client",
        steps=(
            Step(
                "with the Flux Operator, set spec.cluster.networkPolicy: true in the FluxInstance; "
                "otherwise, keep --network-policy of `flux install` or `flux bootstrap` enabled"
            ),
        ),
        find=_unprotected,
        reads=(_POLICIES,),
        cluster_wide=True,
        upstream="F manifests/policies; FO docs/api/v1/fluxinstance.md, Cluster network policy",
        docs="https://fluxoperator.dev/docs/crd/fluxinstance/#cluster-network-policy",
    ),
    Advice(
        code=_UI_EXPOSED,
        step="ui",
        area="security",
        title_one="the web UI has no login, and {what} exposes it outside the cluster",
        title_many="the web UI has no login, and {n} routes expose it outside the cluster",
        why="anyone who can reach it sees every Flux object and the resources it deploys; without "
        "a configuration, the UI shows everything that the operator can read",
        steps=(
            Step(
                "configure a login (the Helm value web.config.authentication), or remove the "
                "route and use `kubectl flux-status ui`; if a proxy in front of the UI requires "
                "a login, ignore this with --skip ui-exposed"
            ),
        ),
        find=_exposed,
        reads=(_INGRESSES, _ROUTES),
        cluster_wide=True,
        upstream="FO docs/web/web-user-management.md, web-ingress.md",
        docs="https://fluxoperator.dev/docs/web-ui/user-management/",
    ),
)
