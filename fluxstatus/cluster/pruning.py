"""Reducing objects to the fields that are used: every object that is kept passes through here.

An allow-list, so that an unexpected field is never kept: no Secret, no value of an environment
variable, no data of a ConfigMap, no Helm values, no manifests, no managedFields. Credentials in
the remaining texts are masked (masking.py). A few facts from fields that are dropped are kept as
metadata: names and times, never a value.
"""

import re
from collections.abc import Callable, Mapping
from sys import intern
from typing import Any, TypeAlias

from fluxstatus.base.fields import NESTED, map_of, maps_of
from fluxstatus.base.masking import mask, may_hold_one
from fluxstatus.cluster.dropped import applied_as, facts_of_automation
from fluxstatus.model.evidence import AWAITED, LEASES, RELATED, WORKLOAD_PODS, Object
from fluxstatus.model.inventory import ids_in, pack
from fluxstatus.model.kinds import ORIGIN, SUSPEND_ANNOTATIONS

Shape: TypeAlias = "Mapping[str, Shape] | None"
"""The fields to keep, by name. None keeps a scalar, or a map of scalars."""


def _fields(names: str, **nested: Shape) -> dict[str, Shape]:
    return {**dict.fromkeys(names.split()), **nested}


_REF = _fields("apiVersion kind name namespace")
_METADATA = _fields(
    "name namespace uid creationTimestamp deletionTimestamp generation labels finalizers",
    ownerReferences=_fields("apiVersion kind name controller"),
)
_CONDITIONS = _fields("type status reason message lastTransitionTime observedGeneration")
_DEPENDENCIES = _fields("apiVersion kind name namespace ready readyExpr")
_GIT_REF = _fields("branch tag semver semverFilter commit name digest")
_IMAGE_REF = _fields("name tag digest")
_VERIFY = _fields("provider mode", secretRef=_REF)
_SELECTOR = _fields("", matchLabels=None, matchExpressions=_fields("key operator values"))
_REMEDIATION = _fields(
    "",
    remediation=_fields("retries remediateLastFailure strategy"),
    strategy=_fields("name"),
)
_FLUX: Shape = {
    "metadata": _METADATA,
    "spec": _fields(
        "suspend interval timeout retryInterval type provider url bucketName endpoint image "
        "serviceAccountName targetNamespace releaseName storageNamespace path prune wait force "
        "components eventSeverity insecure migrateResources proxy summary recurseSubmodules "
        "postRenderers postRenderStrategy passCredentials deletionPolicy reconcileStrategy "
        "resourceFilter version events",
        sourceRef=_REF,
        chartRef=_REF,
        chart={
            **_fields("version kind"),
            "spec": _fields(
                "chart version url provider insecure serviceAccountName reconcileStrategy",
                sourceRef=_REF,
                ref=_GIT_REF,
                secretRef=_REF,
                certSecretRef=_REF,
                proxySecretRef=_REF,
                verify=_VERIFY,
            ),
        },
        ref=_GIT_REF,
        dependsOn=_DEPENDENCIES,
        secretRef=_REF,
        certSecretRef=_REF,
        proxySecretRef=_REF,
        verify=_VERIFY,
        decryption=_fields("provider serviceAccountName", secretRef=_REF),
        kubeConfig=_fields("", secretRef={**_REF, "key": None}, configMapRef=_REF),
        sts=_fields("provider endpoint", secretRef=_REF, certSecretRef=_REF),
        git=_fields(
            "",
            checkout=_fields("", ref=_GIT_REF),
            commit=_fields("", signingKey=_fields("", secretRef=_REF)),
            push=_fields("branch refspec"),
        ),
        policySelector=_SELECTOR,
        filterTags=_fields("pattern"),
        policy=_fields("", semver=_fields("range")),
        healthChecks=_REF,
        # Only whether there are variables.
        postBuild=_fields("", substitute={}, substituteFrom=_fields("kind name optional")),
        valuesFrom=_fields("kind name valuesKey optional"),
        include=_fields("", repository=_REF),
        providerRef=_REF,
        eventSources=_REF,
        resources={**_REF, "matchLabels": None},
        imageRepositoryRef=_REF,
        inputsFrom=_fields("kind name", selector=_SELECTOR),
        sources=_REF,
        artifacts=_fields("name namespace"),
        driftDetection=_fields("mode"),
        install={
            **_REMEDIATION,
            **_fields("skipCRDs timeout createNamespace disableWait serverSideApply"),
        },
        upgrade={**_REMEDIATION, **_fields("timeout disableWait force serverSideApply")},
        waitStrategy=_fields("name"),
        rollback=_fields("recreate timeout"),
        test=_fields("timeout"),
        uninstall=_fields("timeout"),
        kustomize=_fields("", patches={}),  # only how many
        distribution=_fields("version registry artifact imagePullSecret artifactPullSecret"),
        cluster=_fields("type size multitenant networkPolicy objectLevelWorkloadIdentity"),
        sharding=_fields("key shards"),
        sync=_fields("name kind url ref path pullSecret interval provider"),
        operator=_fields("version"),
    ),
    "status": _fields(
        "observedGeneration lastHandledReconcileAt lastAppliedRevision lastAttemptedRevision "
        "lastAttemptedRevisionDigest lastAppliedOriginRevision helmChart storageNamespace "
        "failures installFailures upgradeFailures observedSourceArtifactRevision "
        "lastAutomationRunTime lastPushTime lastPushCommit",
        latestRef=_IMAGE_REF,
        observedPreviousRef=_IMAGE_REF,
        conditions=_CONDITIONS,
        artifact=_fields("revision digest lastUpdateTime", metadata=_fields(ORIGIN)),
        history=_fields(
            "firstReconciled lastReconciled lastReconciledDuration lastReconciledStatus "
            "totalReconciliations name namespace version chartVersion status firstDeployed "
            "lastDeployed",
            metadata=_fields("revision originRevision"),
        ),
        components=_fields("name tag digest"),
        lastScanResult=_fields("scanTime tagCount"),
    ),
}
_ONLY_WHETHER = frozenset({"proxy", "summary", "postRenderers", "resourceFilter"})
"""Fields of a spec that are kept as True."""

_EMPTY_IF_MISSING = (("install", "strategy"), ("upgrade", "strategy"), ("git", "push"))
"""Fields of a spec that older releases dropped.

Where one is missing it is kept as {}, so that an old snapshot, which lacks it, does not say so.
"""

_CONTAINER_STATE = _fields(
    "",
    waiting=_fields("reason message"),
    running=_fields("startedAt"),
    terminated=_fields("reason exitCode startedAt finishedAt message"),  # see _keep_from_pod
)
_CONTAINER_STATUS = _fields(
    "name image ready started restartCount", state=_CONTAINER_STATE, lastState=_CONTAINER_STATE
)
_MONITOR_SPEC = {
    "selector": _SELECTOR,
    "namespaceSelector": _fields("any matchNames"),
    "podMetricsEndpoints": _fields("port portNumber targetPort"),
    "endpoints": _fields("port targetPort"),
}
_MONITOR: Shape = {"metadata": _METADATA, "spec": _MONITOR_SPEC}
_BACKEND = _fields("", service=_fields("name", port=_fields("name number")))
_FILTERS = _fields("type")
_SHAPES: Mapping[str, Shape] = {
    "metadata": {
        "metadata": _fields(
            "name namespace creationTimestamp deletionTimestamp labels",
            ownerReferences=_fields("kind name controller"),
        )
    },
    "deployments.apps": {
        "metadata": _METADATA,
        "spec": _fields(
            "replicas",
            selector=_fields("matchLabels"),
            template=_fields(
                "",
                spec=_fields(
                    "",
                    containers=_fields(
                        "name image args",
                        ports=_fields("name containerPort"),
                        resources=_fields("", limits=None),
                    ),
                ),
            ),
        ),
        "status": _fields(
            "replicas readyReplicas availableReplicas updatedReplicas observedGeneration",
            conditions=_CONDITIONS,
        ),
    },
    "pods": {
        "metadata": _METADATA,
        "spec": _fields(
            "nodeName hostNetwork", volumes=_fields("", persistentVolumeClaim=_fields("claimName"))
        ),
        "status": _fields(
            "phase reason message",
            conditions=_CONDITIONS,
            containerStatuses=_CONTAINER_STATUS,
            initContainerStatuses=_CONTAINER_STATUS,
        ),
    },
    "services": {
        "metadata": _METADATA,
        "spec": _fields("type selector", ports=_fields("name port targetPort")),
    },
    LEASES: {
        "metadata": _fields("name namespace"),
        "spec": _fields("holderIdentity renewTime acquireTime leaseDurationSeconds"),
    },
    "events": {
        "metadata": _fields("name namespace creationTimestamp"),
        **_fields(
            "reason message type count firstTimestamp lastTimestamp eventTime",
            involvedObject=_REF,
            series=_fields("count lastObservedTime"),
        ),
    },
    "fluxreports.fluxcd.controlplane.io": {
        "metadata": _METADATA,
        "spec": {
            "distribution": _fields("version status managedBy"),
            "operator": _fields("version"),
        },
        "status": _fields("", conditions=_CONDITIONS),
    },
    # These are only read for advice.
    "networkpolicies.networking.k8s.io": {"metadata": _METADATA, "spec": _fields("policyTypes")},
    "ingresses.networking.k8s.io": {
        "metadata": _METADATA,
        "spec": _fields(
            "",
            defaultBackend=_BACKEND,
            rules=_fields("host", http=_fields("", paths=_fields("", backend=_BACKEND))),
        ),
    },
    "httproutes.gateway.networking.k8s.io": {
        "metadata": _METADATA,
        "spec": _fields(
            "hostnames",
            rules=_fields(
                "",
                filters=_FILTERS,
                backendRefs=_fields("kind name namespace port", filters=_FILTERS),
            ),
        ),
    },
    "customresourcedefinitions.apiextensions.k8s.io": {
        "metadata": _METADATA,
        "spec": _fields("", versions=_fields("name storage")),
        "status": _fields("storedVersions"),
    },
    "podmonitors.monitoring.coreos.com": _MONITOR,
    "servicemonitors.monitoring.coreos.com": _MONITOR,
    "prometheusrules.monitoring.coreos.com": {"metadata": _METADATA},
    "vmpodscrapes.operator.victoriametrics.com": _MONITOR,
    "vmservicescrapes.operator.victoriametrics.com": _MONITOR,
    "vmrules.operator.victoriametrics.com": {"metadata": _METADATA},
    RELATED: {
        "metadata": _METADATA,
        "spec": _fields(
            "suspend planOnly approvePlan", sourceRef=_REF, dependsOn=_fields("namespace name")
        ),
        "status": _fields("phase observedGeneration", conditions=_CONDITIONS),
    },
    "*": {
        "metadata": _METADATA,
        "spec": _fields("replicas completions parallelism suspend paused type storageClassName"),
        "status": _fields(
            "phase reason message observedGeneration replicas readyReplicas availableReplicas "
            "updatedReplicas numberReady desiredNumberScheduled conditions",
            loadBalancer=_fields("", ingress=_fields("ip hostname")),
        ),
    },
}
_ALIASES = {WORKLOAD_PODS: "pods", AWAITED: "*"}
METADATA = "metadata"
"""The query that lists only the metadata of objects; a slash and plural.group may follow."""

ANY_KIND = "*"
"""The query that reads an object of any kind to determine its health."""

_ANNOTATIONS = (
    "reconcile.fluxcd.io/",
    "fluxcd.controlplane.io/",
    "source.extensions.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "source.toolkit.fluxcd.io/revision",  # of the events of a source
)
_ARGUMENTS = (
    "--watch-all-namespaces",
    "--watch-label-selector",
    "--no-cross-namespace-refs",
    "--default-service-account",
    "--feature-gates",
    "--storage-adv-addr",
    *(f"--{cloud}-autologin-for-" for cloud in ("aws", "azure", "gcp")),
    "--reporting-interval",
    "--web-",
)
_NAMING = frozenset(
    {"name", "namespace", "uid", "kind", "apiVersion", "creationTimestamp", "deletionTimestamp",
     "lastTransitionTime", "firstTimestamp", "lastTimestamp", "eventTime"}
)  # fmt: skip
"""Fields whose format the API server validates, such as names, numbers and times. They cannot hold
a credential."""

_REPEATED = frozenset({"namespace", "kind", "apiVersion"})
"""The fields among these that have the same value in many objects."""

_HISTORY = 5  # entries of a status.history
_LAST_LINE = 160  # characters of the last log line of a container
_MIXED = re.compile(r"(?=[\w./+=-]*\d)(?=[\w./+=-]*[A-Za-z])[\w./+=-]{12,}")
"""A long word of letters and digits: in free text it may be a credential."""

_GUARDS = re.compile(r"auth|oidc|saml|middleware|plugin|snippet|whitelist|allowlist")
"""A part of the name of each annotation that may restrict access to an Ingress."""

_METRIC = re.compile(r"\bgotk_\w+")


def prune(query: str, item: Object) -> Object:
    """Return what is kept of *item*, an object in the answer to *query* (see queries.py).

    Facts from dropped fields are added to the metadata. Of every object: `changedAt` and
    `suspendedAt`, when the spec and what suspends it (spec.suspend or an annotation) were last
    written, `suspendedBy`, the managers of the latter, `writtenAs`, the API versions beside its own
    that its spec was written in, and `writers`, the managers that wrote it in another version
    (manager, apiVersion, time). Of an object with an inventory: `appliedAs`, its alpha and beta API
    versions with their kinds. Of an ImageUpdateAutomation: `templateFields`, the names of fields in
    the template of its commit message, and `observedPolicies`, the image that its last run used of
    each ImagePolicy, by name. Of an Ingress: `guardedBy`, the names of annotations that may require
    a login. Of a PrometheusRule or VMRule: `metrics`, the metrics of Flux, keyed by the
    rule that uses them. Of a Deployment: `webVariables`, the names of environment variables that
    configure a web UI. Of METADATA: `helm`, the names of Helm's annotations.
    """
    resource = query.partition("/")[0]
    shape = _SHAPES.get(_ALIASES.get(resource, resource), _FLUX)
    kept = _keep(item, shape)
    if not isinstance(kept, dict):
        return {}
    for name in ("apiVersion", "kind"):
        if isinstance(item.get(name), str):
            kept[name] = item[name]
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        _keep_from_metadata(metadata, item)
        metadata |= _facts(resource, item)
    if shape is _FLUX:
        _keep_of_flux(kept, item)
        if isinstance(metadata, dict) and (versions := applied_as(item)):
            metadata["appliedAs"] = versions
    if shape is _SHAPES["deployments.apps"]:
        _keep_arguments(kept)
    if shape is _SHAPES["pods"]:
        _keep_from_pod(kept)
    return kept


def _keep(value: Any, shape: Shape) -> Any:
    """Return what *shape* keeps of *value*, as json has parsed it: in no subclass of a type."""
    kind = type(value)
    if kind is str:
        return mask(value) if may_hold_one(value) else value
    if kind is list:
        # No field that is kept is a list of lists, and lists may be nested to any depth.
        return [_keep(entry, shape) for entry in value if type(entry) is not list]
    if kind is not dict:
        return value
    if shape is None:
        return {
            key: mask(entry) if type(entry) is str and may_hold_one(entry) else entry
            for key, entry in value.items()
            if type(entry) not in NESTED
        }
    kept = {}
    for key, entry in value.items():  # the one hot loop: half a million fields in a large cluster
        if key not in shape:
            continue
        name, kind = intern(key), type(entry)  # interned: else each object has its own copy
        if kind is str:
            if key in _NAMING:
                kept[name] = intern(entry) if key in _REPEATED else entry
            else:
                kept[name] = mask(entry) if may_hold_one(entry) else intern(entry)
        elif kind is dict or kind is list:
            kept[name] = _keep(entry, shape[key])
        else:
            kept[name] = entry
    return kept


def _keep_from_metadata(kept: Object, item: Object) -> None:
    metadata = item["metadata"]
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        known = {k: _keep(v, {}) for k, v in annotations.items() if k.startswith(_ANNOTATIONS)}
        if known:
            kept["annotations"] = known
    for entry in maps_of(metadata.get("managedFields")):
        fields, when = entry.get("fieldsV1"), entry.get("time")
        if entry.get("subresource") or not isinstance(fields, dict) or not isinstance(when, str):
            continue
        spec = map_of(fields.get("f:spec"))
        if spec:
            kept["changedAt"] = max(when, kept.get("changedAt", ""))
        if "f:suspend" in spec or ("annotations" in kept and _switches(item, fields)):
            kept["suspendedAt"] = max(when, kept.get("suspendedAt", ""))
            kept["suspendedBy"] = sorted({*kept.get("suspendedBy", ()), _manager(entry)} - {""})


def _switches(item: Object, fields: Object) -> bool:
    """Return whether the annotation that suspends *item* is among these of its managed fields.

    That of another group does something else, such as freezing an object of a ResourceSet.
    """
    metadata, version = fields.get("f:metadata"), item.get("apiVersion")
    annotations = metadata.get("f:annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or not isinstance(version, str):
        return False
    switch = f"{version.partition('/')[0]}/reconcile"
    return switch in SUSPEND_ANNOTATIONS and f"f:{switch}" in annotations


def _keep_of_flux(kept: Object, item: Object) -> None:
    """Keep the newest history, the inventory, and of some fields only that they are there."""
    spec, status = kept.get("spec"), kept.get("status")
    if isinstance(status, dict):
        if isinstance(status.get("history"), list):
            status["history"] = status["history"][:_HISTORY]
        # The names of what it made, as one text.
        ids = ids_in(item["status"].get("inventory"))
        status |= {"inventory": pack(ids)} if ids is not None else {}
    if not isinstance(spec, dict):
        return
    if not _ONLY_WHETHER.isdisjoint(spec):
        spec |= dict.fromkeys(_ONLY_WHETHER & spec.keys(), True)
    for name, field in _EMPTY_IF_MISSING:
        if type(outer := spec.get(name)) is dict:
            outer.setdefault(field, {})
    if kept.get("kind") == "Receiver":
        spec.setdefault("events", [])  # for the same reason


def _keep_arguments(deployment: Object) -> None:
    try:
        pod = deployment["spec"]["template"]["spec"]
        containers = pod["containers"]
    except (KeyError, TypeError):
        return
    pod["containers"] = [c for c in containers if isinstance(c, dict)] if isinstance(
        containers, list
    ) else []  # fmt: skip
    for container in pod["containers"]:
        args = container.get("args")
        container["args"] = [
            arg for arg in args if isinstance(arg, str) and arg.startswith(_ARGUMENTS)
        ] if isinstance(args, list) else []  # fmt: skip


def _keep_from_pod(pod: Object) -> None:
    """Drop volumes without a claim, and all but the last line of a container's log text."""
    spec, status = pod.get("spec"), pod.get("status")
    volumes = spec.get("volumes") if isinstance(spec, dict) else None
    if isinstance(spec, dict) and isinstance(volumes, list):
        spec["volumes"] = [volume for volume in volumes if volume]
        if not spec["volumes"]:
            del spec["volumes"]
    for name in ("containerStatuses", "initContainerStatuses"):
        containers = status.get(name) if isinstance(status, dict) else None
        for container in containers if isinstance(containers, list) else ():
            for state in ("state", "lastState") if isinstance(container, dict) else ():
                ended = container[state] if isinstance(container.get(state), dict) else {}
                ended = ended.get("terminated")
                if isinstance(ended, dict) and isinstance(ended.get("message"), str):
                    ended["message"] = _last_line(ended["message"])


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return _MIXED.sub("***", lines[-1].strip())[:_LAST_LINE] if lines else ""


def _facts(resource: str, item: Object) -> Object:
    read = _FACTS.get(resource)
    found = read(item) if read else {}
    if entries := _of_other_versions(item):
        found["writers"] = [_writer(entry) for entry in entries]
        # A controller writes the status, in the version that it was built for.
        versions = {entry["apiVersion"] for entry in entries if "subresource" not in entry}
        if versions:
            found["writtenAs"] = sorted(versions)
    return found


def _of_other_versions(item: Object) -> list[Object]:
    """Return the managedFields of *item* in other versions than its own."""
    own, managed = item.get("apiVersion"), maps_of(item["metadata"].get("managedFields"))
    others = [entry for entry in managed if entry.get("apiVersion") != own]
    if not others or not isinstance(own, str):
        return []  # as for most of thousands of objects
    group = own.rpartition("/")[0]
    versions = ((entry, entry.get("apiVersion")) for entry in others)
    return [e for e, v in versions if isinstance(v, str) and v.rpartition("/")[0] == group]


def _writer(entry: Object) -> Object:
    """Return who wrote the fields in *entry*, in which API version and when; no fields."""
    known = {"manager": _manager(entry), "apiVersion": intern(entry["apiVersion"])}
    return known | ({"time": entry["time"]} if isinstance(entry.get("time"), str) else {})


def _manager(entry: Object) -> str:
    """Return the name of the manager, which a client chooses; empty if it is not a name."""
    name = entry.get("manager")
    known = isinstance(name, str) and re.fullmatch(r"[\w.:/@ -]{1,128}", name)
    return intern(mask(name)) if known else ""


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
    "imageupdateautomations.image.toolkit.fluxcd.io": facts_of_automation,
    "ingresses.networking.k8s.io": _guards,
    "prometheusrules.monitoring.coreos.com": _metrics,
    "vmrules.operator.victoriametrics.com": _metrics,
}
