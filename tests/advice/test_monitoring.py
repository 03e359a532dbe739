"""Advice on whether Prometheus sees the controllers."""

from typing import Any

import pytest
import yaml

from fluxstatus.model.evidence import Object, Unread, Why
from tests.advice.looking import habits, seen
from tests.builders import FORBIDDEN, HEALTHY, alter, evidence
from tests.kubernetes import build

PODS, SERVICES = "podmonitors.monitoring.coreos.com", "servicemonitors.monitoring.coreos.com"
ABSENT = Unread(Why.ABSENT, "the API server does not serve it")
VICTORIA = "operator.victoriametrics.com"
NO_VICTORIA = {
    f"{one}.{VICTORIA}": ABSENT for one in ("vmpodscrapes", "vmservicescrapes", "vmrules")
}
NO_PROMETHEUS = {PODS: ABSENT, SERVICES: ABSENT, "prometheusrules.monitoring.coreos.com": ABSENT}
ALL = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}


def monitor(kind: str, spec: Object, namespace: str = "monitoring") -> Object:
    """Return a monitor of the Prometheus Operator."""
    metadata = {"name": "flux", "namespace": namespace}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": metadata,
            "spec": spec}  # fmt: skip


def of_pods(selector: Object = ALL, port: Any = None, **more: Any) -> Object:
    """Return a PodMonitor of the namespace of Flux."""
    where = more.pop("namespaceSelector", {"matchNames": ["flux-system"]})
    endpoint = port or {"port": "http-prom"}
    spec = {"namespaceSelector": where, "selector": selector, "podMetricsEndpoints": [endpoint]}
    return monitor("PodMonitor", spec, **more)


def unscraped(*objects: Object, **more: Any) -> list[str]:
    """Return the controllers that the advice names; "all" when all five."""
    found = habits(*objects, advice=True, **more).get("no-scraping")
    names = [place.rpartition("/")[2] for place in seen(found)] if found else []
    return ["all"] if len(names) == 5 else names


@pytest.mark.parametrize(
    "one",
    [
        of_pods(),
        of_pods({}),
        of_pods(port={"portNumber": 8080}),
        of_pods(port={"targetPort": 8080}),
        of_pods(namespaceSelector={"any": True}),
        of_pods(namespaceSelector={}, namespace="flux-system"),
        of_pods({"matchLabels": {"app.kubernetes.io/part-of": "flux"}}),
        of_pods({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]}),
        of_pods({"matchExpressions": [{"key": "app", "operator": "Odd"}]}),  # who knows
    ],
)
def test_a_monitor_that_selects_all(one: Object) -> None:
    """A PodMonitor that matches namespace, labels and port gives no advice."""
    assert unscraped(one) == []


@pytest.mark.parametrize(
    "objects",
    [
        [],
        [of_pods({"matchLabels": {"app": "other"}})],
        [of_pods(port={"port": "metrics"})],
        [of_pods(namespaceSelector={"matchNames": ["default"]})],
        [of_pods(namespaceSelector={})],
        [of_pods({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]})],
    ],
)
def test_a_monitor_that_selects_none(objects: list[Object]) -> None:
    """That a PodMonitor exists is not enough: it must select the pods, and their port."""
    assert unscraped(*objects) == ["all"]


def test_a_monitor_that_forgets_one() -> None:
    """The PodMonitor of Flux's own example misses source-watcher, which is reported."""
    apps = ["helm-controller", "source-controller", "kustomize-controller",
            "notification-controller"]  # fmt: skip
    selector = {"matchExpressions": [{"key": "app", "operator": "In", "values": apps}]}
    assert unscraped(of_pods(selector)) == ["source-watcher"]


def test_a_service_monitor_may_do_it() -> None:
    """A ServiceMonitor counts where its Service leads to the port of the metrics."""
    endpoint = {"port": "metrics"}
    spec = {"selector": {}, "namespaceSelector": {"any": True}, "endpoints": [endpoint]}
    port = {"name": "metrics", "port": 80, "targetPort": "http-prom"}
    system = alter(HEALTHY, "Service/source-controller", {"spec.ports": [port]})
    names = unscraped(monitor("ServiceMonitor", spec), system=system)
    assert "source-controller" not in names
    assert len(names) == 4
    assert unscraped(monitor("ServiceMonitor", spec)) == ["all"]  # its Services have no such port


@pytest.mark.parametrize(
    "unread",
    [
        {**NO_PROMETHEUS, **NO_VICTORIA},
        {**NO_PROMETHEUS, f"vmpodscrapes.{VICTORIA}": FORBIDDEN},
        {f"vmservicescrapes.{VICTORIA}": FORBIDDEN},
        {PODS: FORBIDDEN},
        {SERVICES: FORBIDDEN},
        {"pods": FORBIDDEN},
        {"services": FORBIDDEN},
    ],
    ids=str,
)
def test_no_scraping_takes_evidence(unread: dict[str, Unread]) -> None:
    """Without the Prometheus Operator, or with an unread list, there is no advice on scraping."""
    assert unscraped(unread=unread) == []


def test_no_monitoring_advice_unless_requested() -> None:
    """Without --advice, monitors are not listed and give no advice."""
    assert not {"no-scraping", "retired-metric", "advice-unread"} & habits().keys()


def of_victoria(one: Object, kind: str) -> Object:
    """Return *one*, a monitor, as the *kind* of VictoriaMetrics with the same fields."""
    return one | {"apiVersion": f"{VICTORIA}/v1beta1", "kind": kind}


def test_the_scrapes_of_victoria_metrics() -> None:
    """A VMPodScrape counts as a PodMonitor does, a VMServiceScrape as a ServiceMonitor."""
    unread = NO_PROMETHEUS
    assert unscraped(unread=unread) == ["all"]
    assert unscraped(of_victoria(of_pods(), "VMPodScrape"), unread=unread) == []
    other = of_pods({"matchLabels": {"app": "other"}})
    assert unscraped(of_victoria(other, "VMPodScrape"), unread=unread) == ["all"]
    port = {"name": "metrics", "port": 80, "targetPort": "http-prom"}
    system = alter(HEALTHY, "Service/source-controller", {"spec.ports": [port]})
    spec = {"selector": {}, "namespaceSelector": {"any": True}, "endpoints": [{"port": "metrics"}]}
    scrape = of_victoria(monitor("ServiceMonitor", spec), "VMServiceScrape")
    assert "source-controller" not in unscraped(scrape, system=system, unread=unread)


def test_one_operator_is_enough() -> None:
    """Where only the Prometheus Operator is installed, its monitors count, and are missed."""
    assert unscraped(unread=NO_VICTORIA) == ["all"]
    assert unscraped(of_pods(), unread=NO_VICTORIA) == []


@pytest.mark.cluster
def test_the_operators_own_monitor_is_right() -> None:
    """The PodMonitor that the Flux Operator ships selects every controller."""
    file = build.sources("flux-operator") / "config" / "monitoring" / "flux-controllers.yaml"
    own = yaml.safe_load(file.read_text())
    own["metadata"]["namespace"] = "monitoring"
    assert unscraped(own) == []


def rules(expr: str) -> Object:
    """Return a PrometheusRule with one alert."""
    group = {"name": "g", "rules": [{"alert": "FluxFails", "expr": expr}]}
    return monitor("PrometheusRule", {"groups": [group]})


@pytest.mark.parametrize(
    ("expr", "reported"),
    [
        ('max(gotk_reconcile_condition{status="False"}) > 0', True),
        ("gotk_suspend_status == 1", True),
        ("rate(gotk_reconcile_duration_seconds_sum[5m]) > 60", False),
        ("my_gotk_reconcile_condition > 0", False),
    ],
)
def test_rules_with_metrics_that_are_gone(expr: str, reported: bool) -> None:
    """An alert on a metric that no controller records never fires."""
    found = habits(rules(expr), advice=True)
    assert ("retired-metric" in found) is reported
    if reported:
        assert seen(found["retired-metric"])[0].startswith(
            "PrometheusRule monitoring/flux FluxFails"
        )


def test_a_rule_of_victoria_metrics() -> None:
    """A VMRule with a metric that is gone is reported by its own kind, and keeps no expression."""
    rule = of_victoria(rules("gotk_suspend_status{token='hunter2'} == 1"), "VMRule")
    found = habits(rule, advice=True, unread=NO_PROMETHEUS)
    assert seen(found["retired-metric"])[0].startswith("VMRule monitoring/flux FluxFails")
    assert "hunter2" not in str(evidence(rule, advice=True))
    assert "retired-metric" not in habits(
        of_victoria(rules("up == 0"), "VMRule"), advice=True, unread=NO_PROMETHEUS
    )


def test_no_expression_is_kept() -> None:
    """Of a PrometheusRule only names of alerts and of metrics are kept."""
    known = evidence(rules("gotk_reconcile_condition{token='hunter2'}"), advice=True)
    assert "hunter2" not in str(known)
