"""Facts about fields that are dropped: names of kinds and of fields, never a value."""

import re
from collections.abc import Callable, Iterable, Mapping
from sys import intern

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.base.masking import mask
from fluxstatus.cluster.kept_fields import METADATA
from fluxstatus.model.evidence import Object
from fluxstatus.model.image_ref import image_of

_UNSTABLE = late_pattern(r"v\d{1,3}(?:alpha|beta)\d{1,3}")
_ACTION = late_pattern(r"{{(.*?)}}", re.DOTALL)
_FIELD = late_pattern(r"(?<![\w.)])\.[A-Z]\w*(?:\.[A-Z]\w*)*")
_METRIC = late_pattern(r"\bgotk_\w+")
_GUARDS = late_pattern(r"auth|oidc|saml|middleware|plugin|snippet|whitelist|allowlist")
"""A part of the name of each annotation that may restrict access to an Ingress."""


def applied_as(item: Object) -> list[str]:
    """Return the alpha and beta versions in the inventory of *item*, each as "group/v1beta1 Kind".

    An entry has the version that the object was last applied in (kustomize-controller api/v1
    ResourceRef).
    """
    entries = maps_of(map_of(map_of(item.get("status")).get("inventory")).get("entries"))
    # Most of 100,000 entries are in a version such as v1, which has none of these letters.
    some = [(one, v) for one in entries if isinstance(v := one.get("v"), str) and "a" in v]
    found = set()
    for entry, version in some:
        if _UNSTABLE.fullmatch(version):
            before, _, kind = text_of(entry.get("id")).rpartition("_")
            group = before.rpartition("_")[2]
            if group and kind:
                found.add(f"{group}/{version} {kind}")
    return sorted(found)


def facts_of(resource: str, item: Object, managed: Iterable[Object]) -> Object:
    """Return the facts about *item*, an object of *resource* (see queries.py), by name.

    *managed* are its managedFields.

    Of every object: `writtenAs`, the API versions beside its own that its spec was written in, and
    `writers`, the managers that wrote it in another version (manager, apiVersion, time). Of an
    ImageUpdateAutomation: `templateFields`, the names of fields in the template of its commit
    message, and `observedPolicies`, the image that its last run used of each ImagePolicy, by name.
    Of an Ingress: `guardedBy`, the names of annotations that may require a login. Of a
    PrometheusRule or VMRule: `metrics`, the metrics of Flux, keyed by the rule that uses them. Of a
    Deployment: `webVariables`, the names of environment variables that configure a web UI. Of
    METADATA: `helm`, the names of Helm's annotations.
    """
    read = _FACTS.get(resource)
    found = read(item) if read else {}
    if entries := _of_other_versions(item, managed):
        found["writers"] = [_writer(entry) for entry in entries]
        # A controller writes the status, in the version that it was built for.
        versions = {entry["apiVersion"] for entry in entries if "subresource" not in entry}
        if versions:
            found["writtenAs"] = sorted(versions)
    return found


def _of_other_versions(item: Object, managed: Iterable[Object]) -> list[Object]:
    """Return the *managed* fields of *item* in other versions than its own."""
    own = item.get("apiVersion")
    others = [entry for entry in managed if entry.get("apiVersion") != own]
    if not others or not isinstance(own, str):
        return []  # as for most of thousands of objects
    group = own.rpartition("/")[0]
    versions = ((entry, entry.get("apiVersion")) for entry in others)
    return [e for e, v in versions if isinstance(v, str) and v.rpartition("/")[0] == group]


def _writer(entry: Object) -> Object:
    """Return who wrote the fields in *entry*, in which API version and when; no fields."""
    known = {"manager": manager_of(entry), "apiVersion": intern(entry["apiVersion"])}
    return known | ({"time": entry["time"]} if isinstance(entry.get("time"), str) else {})


def manager_of(entry: Object) -> str:
    """Return the name of the manager, which a client chooses; empty if it is not a name."""
    name = entry.get("manager")
    known = isinstance(name, str) and re.fullmatch(r"[\w.:/@ -]{1,128}", name)
    return intern(mask(name)) if known else ""


def _facts_of_automation(automation: Object) -> Object:
    """Return what the template of a commit message uses, and the images of the last run.

    `observedPolicies` has the image of each ImagePolicy by its name (image-automation-controller
    api/v1).
    """
    return {**_template_fields(automation), **_observed_policies(automation)}


def _observed_policies(automation: Object) -> Object:
    policies = map_of(automation.get("status")).get("observedPolicies")
    if not isinstance(policies, dict):
        return {}
    found = {mask(name): mask(image_of(map_of(ref))) for name, ref in policies.items()}
    return {"observedPolicies": found}


def _template_fields(automation: Object) -> Object:
    """Return which fields the template of a commit message uses, such as .Changed.Objects."""
    value = automation.get("spec")
    for name in ("git", "commit", "messageTemplate"):
        value = map_of(value).get(name)
    actions = " ".join(_ACTION.findall(text_of(value)))
    found = sorted({*_FIELD.findall(actions)})
    return {"templateFields": found} if found else {}


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
    """Return nothing for malformed containers: that is not the same as no variables."""
    try:
        containers = deployment["spec"]["template"]["spec"]["containers"]
        names = [f"{one['name']}" for each in containers for one in each.get("env") or ()]
    except (AttributeError, KeyError, TypeError):
        return {}
    return {"webVariables": sorted(name for name in names if name.startswith("WEB_"))}


def _helm(item: Object) -> Object:
    annotations = item["metadata"].get("annotations")
    names = annotations if isinstance(annotations, dict) else ()
    found = sorted(name for name in names if name.startswith("helm.sh/"))
    return {"helm": found} if found else {}


_FACTS: Mapping[str, Callable[[Object], Object]] = {
    METADATA: _helm,
    "deployments.apps": _variables,
    "imageupdateautomations.image.toolkit.fluxcd.io": _facts_of_automation,
    "ingresses.networking.k8s.io": _guards,
    "prometheusrules.monitoring.coreos.com": _metrics,
    "vmrules.operator.victoriametrics.com": _metrics,
}
