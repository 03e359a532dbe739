"""What is noted of an object as metadata, where its contents are not kept: names, never a value."""

import re
from collections.abc import Callable, Mapping

from fluxstatus.model.evidence import Object

_GUARDS = re.compile(r"auth|oidc|saml|middleware|plugin|snippet|whitelist|allowlist")
"""What the name of an annotation has that may keep strangers from what an Ingress leads to."""

_METRIC = re.compile(r"\bgotk_\w+")


def of(resource: str, item: Object) -> Object:
    """Return what is noted of *item*, which came from a list of *resource*.

    Of every object: `writtenAs`, the API versions beside its own that a manager wrote it in. Of
    an Ingress: `guardedBy`, the names of annotations that may ask for a login. Of a
    PrometheusRule: `metrics`, the metrics of Flux by the name of each rule that has some. Of a
    Deployment: `webVariables`, the names of environment variables that configure a web UI.
    """
    read = _OF_RESOURCE.get(resource)
    found = read(item) if read else {}
    if written := _written_as(item):
        found["writtenAs"] = written
    return found


def _written_as(item: Object) -> list[str]:
    own, managed = item.get("apiVersion"), item["metadata"].get("managedFields")
    if not isinstance(own, str) or not isinstance(managed, list):
        return []
    # A status is written by a controller, in whatever version it is made for.
    versions = [
        entry.get("apiVersion")
        for entry in managed
        if isinstance(entry, dict) and entry.get("apiVersion") != own and "subresource" not in entry
    ]
    group = own.rpartition("/")[0]  # of thousands of objects hardly one gets this far
    return sorted({v for v in versions if isinstance(v, str) and v.rpartition("/")[0] == group})


def _guards(ingress: Object) -> Object:
    annotations = ingress["metadata"].get("annotations")
    names = annotations if isinstance(annotations, dict) else ()
    return {"guardedBy": sorted(name for name in names if _GUARDS.search(name))}


def _metrics(rule: Object) -> Object:
    try:
        rules = [one for group in rule["spec"]["groups"] for one in group["rules"]]
        used = [(one.get("alert") or one.get("record"), one.get("expr")) for one in rules]
    except (AttributeError, KeyError, TypeError):
        return {}
    found = {f"{name}": sorted(set(_METRIC.findall(f"{expr}"))) for name, expr in used}
    return {"metrics": {name: metrics for name, metrics in found.items() if metrics}}


def _variables(deployment: Object) -> Object:
    """Return nothing where the containers cannot be told: that is not the same as no variable."""
    try:
        containers = deployment["spec"]["template"]["spec"]["containers"]
        names = [f"{one['name']}" for each in containers for one in each.get("env") or ()]
    except (AttributeError, KeyError, TypeError):
        return {}
    return {"webVariables": sorted(name for name in names if name.startswith("WEB_"))}


_OF_RESOURCE: Mapping[str, Callable[[Object], Object]] = {
    "deployments.apps": _variables,
    "ingresses.networking.k8s.io": _guards,
    "prometheusrules.monitoring.coreos.com": _metrics,
}
