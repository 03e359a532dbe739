"""The fields that are kept of each kind of object: the allow-list that pruning.py applies.

A field that is not listed here is dropped as soon as it is read.
"""

from collections.abc import Mapping
from typing import TypeAlias

from fluxstatus.model.evidence import AWAITED, LEASES, RELATED, WORKLOAD_PODS
from fluxstatus.model.kinds import ORIGIN

METADATA = "metadata"
"""The query that lists only the metadata of objects; a slash and plural.group may follow."""

ANY_KIND = "*"
"""The query that reads an object of any kind to determine its health."""

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
FLUX: Shape = {
    "metadata": _METADATA,
    "spec": _fields(
        "suspend interval timeout retryInterval type provider url bucketName endpoint image "
        "serviceAccountName targetNamespace releaseName storageNamespace path prune wait force "
        "components eventSeverity insecure migrateResources proxy summary recurseSubmodules "
        "postRenderers postRenderStrategy passCredentials deletionPolicy reconcileStrategy "
        "resourceFilter version events sparseCheckout",
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
ONLY_WHETHER = frozenset({"proxy", "summary", "postRenderers", "resourceFilter"})
"""Fields of a spec that are kept as True."""

EMPTY_IF_MISSING = (("install", "strategy"), ("upgrade", "strategy"), ("git", "push"))
"""Fields of a spec that older releases dropped.

Where one is missing it is kept as {}, so that an old snapshot, which lacks it, does not say so.
"""

_CONTAINER_STATE = _fields(
    "",
    waiting=_fields("reason message"),
    running=_fields("startedAt"),
    terminated=_fields("reason exitCode startedAt finishedAt message"),  # see pruning.py
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

DEPLOYMENT: Shape = {
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
}
POD: Shape = {
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
}
_ANY: Shape = {
    "metadata": _METADATA,
    "spec": _fields("replicas completions parallelism suspend paused type storageClassName"),
    "status": _fields(
        "phase reason message observedGeneration replicas readyReplicas availableReplicas "
        "updatedReplicas numberReady desiredNumberScheduled conditions",
        loadBalancer=_fields("", ingress=_fields("ip hostname")),
    ),
}
SHAPES: Mapping[str, Shape] = {
    METADATA: {
        "metadata": _fields(
            "name namespace creationTimestamp deletionTimestamp labels",
            ownerReferences=_fields("kind name controller"),
        )
    },
    "deployments.apps": DEPLOYMENT,
    "pods": POD,
    WORKLOAD_PODS: POD,
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
    ANY_KIND: _ANY,
    AWAITED: _ANY,
}
"""The fields to keep of what answers a query (see queries.py); of all other queries, FLUX."""

ANNOTATIONS = (
    "reconcile.fluxcd.io/",
    "fluxcd.controlplane.io/",
    "source.extensions.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
    "source.toolkit.fluxcd.io/revision",  # of the events of a source
)
"""The annotations to keep: those whose name begins with one of these."""

ARGUMENTS = (
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
"""The arguments of controllers to keep: those that begin with one of these."""
