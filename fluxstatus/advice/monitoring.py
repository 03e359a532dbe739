"""Whether the controllers are scraped, if an operator of Prometheus or VictoriaMetrics is there.

Its own kinds have the fields that are used here of those of the Prometheus Operator
(VictoriaMetrics/operator api/operator/v1beta1).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import jmespath

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.labels import labels_in, matches
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Object
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from fluxstatus.state.pods import selected

_PROMETHEUS, _VICTORIA = "monitoring.coreos.com", "operator.victoriametrics.com"
_PODS = (f"podmonitors.{_PROMETHEUS}", f"vmpodscrapes.{_VICTORIA}")
_SERVICES = (f"servicemonitors.{_PROMETHEUS}", f"vmservicescrapes.{_VICTORIA}")
_RULES = (f"prometheusrules.{_PROMETHEUS}", f"vmrules.{_VICTORIA}")
_PORT_NAME, _PORT = _USUAL = "http-prom", 8080
_PORTS = jmespath.compile("spec.template.spec.containers[].ports[]")

_RETIRED = ("gotk_reconcile_condition", "gotk_suspend_status")
"""Metrics that are still registered but no longer recorded (fluxcd/pkg runtime/metrics)."""


def _unscraped(view: View) -> Iterator[Occurrence]:
    """Yield the controllers that no monitor selects, if all monitors could be read."""
    queries = (*_PODS, *_SERVICES)
    served = [one for one in queries if not view.is_absent(one)]
    if not served or not all(map(view.was_read, served)):
        return
    for component in view.state.components:
        if component.pods.known and not component.unavailable and not _is_scraped(view, component):
            yield Occurrence(component.ref)


def _is_scraped(view: View, component: Component) -> bool:
    return any(_selects_pods(one, component) for one in _all_of(view, _PODS)) or any(
        _selects_services(view, one, component) for one in _all_of(view, _SERVICES)
    )


def _all_of(view: View, queries: Iterable[str]) -> Iterator[Object]:
    """Yield the objects that were read of the kinds that are served."""
    for query in queries:
        yield from view.known(query)


def _selects_pods(monitor: Object, component: Component) -> bool:
    spec = map_of(monitor.get("spec"))
    return (
        _is_within(monitor, component.ref.namespace)
        and any(matches(spec.get("selector"), labels_in(pod)) for pod in component.pods.known)
        and any(_is_metrics(component, e) for e in maps_of(spec.get("podMetricsEndpoints")))
    )


def _is_metrics(component: Component, endpoint: dict[str, Any]) -> bool:
    """Return whether an *endpoint* of a monitor is the port of a pod that serves metrics.

    A container without ports, as in an old snapshot, is assumed to have the usual port.
    """
    ports = maps_of(_PORTS.search(component.deployment))
    metrics = [p for p in ports if p.get("name") == _PORT_NAME or p.get("containerPort") == _PORT]
    known = [port.get(of) for port in metrics for of in ("name", "containerPort")]
    wanted = (endpoint.get(of) for of in ("port", "portNumber", "targetPort"))
    return any(port is not None and port in (known or _USUAL) for port in wanted)


def _selects_services(view: View, monitor: Object, component: Component) -> bool:
    spec, namespace = map_of(monitor.get("spec")), component.ref.namespace
    endpoints = maps_of(spec.get("endpoints"))
    return _is_within(monitor, namespace) and any(
        matches(spec.get("selector"), labels_in(service))
        and selected(map_of(service.get("spec")).get("selector"), component.pods.known, namespace)
        and any(_is_metrics(component, _at_pod(service, e)) for e in endpoints)
        for service in view.all_of("services")
    )


def _at_pod(service: Object, endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return *endpoint*, which may refer to a port of the *service*, as a port of a pod."""
    if endpoint.get("targetPort") is not None:
        return {"targetPort": endpoint["targetPort"]}
    ports = maps_of(map_of(service.get("spec")).get("ports"))
    mine = next((p for p in ports if p.get("name") == endpoint.get("port")), {})
    return {"targetPort": mine.get("targetPort") or mine.get("port")}


def _is_within(monitor: Object, namespace: str) -> bool:
    """Return whether *monitor* selects *namespace*; by default, only its own."""
    where = map_of(map_of(monitor.get("spec")).get("namespaceSelector"))
    names = where.get("matchNames")
    if where.get("any") is True:
        return True
    own = text_of(map_of(monitor.get("metadata")).get("namespace"))
    return namespace in (names if isinstance(names, list) and names else [own])


def _retired(view: View) -> Iterator[Occurrence]:
    for rule in _all_of(view, _RULES):
        metadata = map_of(rule.get("metadata"))
        name, namespace = text_of(metadata.get("name")), text_of(metadata.get("namespace"))
        version = text_of(rule.get("apiVersion"))
        for alert, metrics in map_of(metadata.get("metrics")).items():
            old = [m for m in _RETIRED if isinstance(metrics, list) and m in metrics]
            if old:
                kind = "VMRule" if _VICTORIA in version else "PrometheusRule"
                ref = Ref(version, kind, namespace, name)
                yield Occurrence(ref, alert, ", ".join(old))


_METRICS = "https://fluxcd.io/flux/monitoring/metrics/"

_NO_SCRAPING = Code(
    "no-scraping",
    "Some Flux controllers are not selected by any monitor of Prometheus or VictoriaMetrics.",
)
_RETIRED_METRIC = Code(
    "retired-metric",
    "PrometheusRules or VMRules use metrics that the Flux controllers no longer record.",
)

ADVICE = (
    Advice(
        code=_NO_SCRAPING,
        step="components",
        area="monitoring",
        title_one="no PodMonitor, ServiceMonitor, VMPodScrape or VMServiceScrape selects {what}",
        title_many="no PodMonitor, ServiceMonitor, VMPodScrape or VMServiceScrape selects "
        "{n} controllers",
        why="an operator for monitoring is installed, but the durations and failures of "
        "reconciliations are not scraped",
        steps=(
            Step(
                "in the controllers' namespace, create a PodMonitor (or VMPodScrape) that selects "
                "their pods by the label app and scrapes the port http-prom; make sure that the "
                "podMonitorSelector of your Prometheus (or podScrapeSelector of your VMAgent) "
                "selects it"
            ),
        ),
        find=_unscraped,
        needs=("pods", "services"),
        reads=(*_PODS, *_SERVICES),
        cluster_wide=True,
        upstream="FO config/monitoring/flux-controllers.yaml",
        docs=_METRICS,
    ),
    Advice(
        code=_RETIRED_METRIC,
        step="components",
        area="monitoring",
        title_one="{what} uses {value}, which the controllers no longer record",
        title_many="{n} rules use metrics that the controllers no longer record",
        why="alerts on these metrics never fire",
        steps=(
            Step(
                "use gotk_resource_info from kube-state-metrics or flux_resource_info from the "
                "Flux Operator"
            ),
        ),
        find=_retired,
        reads=_RULES,
        cluster_wide=True,
        upstream="PKG runtime/metrics/recorder.go; fluxcd/website content/en/flux/monitoring",
        docs="https://fluxcd.io/flux/monitoring/custom-metrics/",
    ),
)
