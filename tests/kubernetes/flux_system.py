"""Flux itself, made up and healthy: flux-operator, its FluxInstance, and the controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .flux_objects import git_repository, kustomization, revision
from .objects import RECONCILED, Object, condition, digest, make, stamp

if TYPE_CHECKING:
    from datetime import datetime

NAMESPACE = "flux-system"
FLUX = "v2.9.5"
OPERATOR = "v0.59.0"
SYNC_URL = "https://git.example.com/platform/fleet.git"
SYNC_PATH = "clusters/prod"
BRANCH = "refs/heads/main"

# The controllers of this version of Flux that a FluxInstance asks for by default, and their own.
CONTROLLERS = {
    "source-controller": "v1.9.5",
    "source-watcher": "v2.2.4",
    "kustomize-controller": "v1.9.5",
    "helm-controller": "v1.6.4",
    "notification-controller": "v1.9.4",
}

# Each Service's Pods and port, by the label "app" of the Pods.
_SERVICES = {
    "flux-operator": ("flux-operator", "http-web", 9080),
    "source-controller": ("source-controller", "http", 80),
    "notification-controller": ("notification-controller", "http", 80),
    "webhook-receiver": ("notification-controller", "http-webhook", 80),
}

_PART_OF_FLUX = {
    "app.kubernetes.io/instance": NAMESPACE,
    "app.kubernetes.io/managed-by": "flux-operator",
    "app.kubernetes.io/part-of": "flux",
    "app.kubernetes.io/version": FLUX,
    "fluxcd.controlplane.io/name": "flux",
    "fluxcd.controlplane.io/namespace": NAMESPACE,
}


def flux_system(now: datetime) -> list[Object]:
    """Return the namespace flux-system with all in it, healthy at *now*, with the sync's source."""
    images = {name: _image(name) for name in CONTROLLERS}
    source = sync_source(now)
    images["flux-operator"] = f"ghcr.io/controlplaneio-fluxcd/flux-operator:{OPERATOR}"
    return [
        make("v1", "Namespace", NAMESPACE, now, labels=_PART_OF_FLUX, status={"phase": "Active"}),
        *(one for name, image in images.items() for one in _workload(name, image, now)),
        *(one for name in _SERVICES for one in _service(name, now)),
        _instance(now),
        _report(images, now),
        source,
        kustomization(
            NAMESPACE, NAMESPACE, now, source=source, path=SYNC_PATH, labels=_PART_OF_FLUX
        ),
    ]


def sync_source(now: datetime) -> Object:
    """Return the GitRepository that the whole cluster is synced from."""
    return git_repository(
        NAMESPACE, NAMESPACE, now, url=SYNC_URL, ref={"name": BRANCH}, labels=_PART_OF_FLUX
    )


def _image(controller: str) -> str:
    image = f"ghcr.io/fluxcd/{controller}:{CONTROLLERS[controller]}"
    return f"{image}@sha256:{digest(controller)}"


def _pod_labels(app: str) -> dict[str, str]:
    if app == "flux-operator":
        return {"app.kubernetes.io/instance": app, "app.kubernetes.io/name": app}
    return {"app": app, "app.kubernetes.io/component": app, "app.kubernetes.io/part-of": "flux"}


def _workload(name: str, image: str, now: datetime) -> list[Object]:
    labels = _PART_OF_FLUX | {"app.kubernetes.io/component": name, "control-plane": "controller"}
    if name == "flux-operator":
        labels = {
            "app.kubernetes.io/instance": name,
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/version": OPERATOR,
        }
    since = stamp(now - RECONCILED)
    container = {
        "name": "manager",
        "image": image,
        "args": ["--log-level=info", "--log-encoding=json", "--watch-all-namespaces=true"],
        "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    template = {"containers": [container], "serviceAccountName": name}
    deployment = make(
        "apps/v1",
        "Deployment",
        name,
        now,
        namespace=NAMESPACE,
        labels=labels,
        spec={
            "replicas": 1,
            "selector": {"matchLabels": _pod_labels(name)},
            "template": {"metadata": {"labels": _pod_labels(name)}, "spec": template},
        },
        status={
            "observedGeneration": 1,
            "replicas": 1,
            "updatedReplicas": 1,
            "readyReplicas": 1,
            "availableReplicas": 1,
            "conditions": [
                _workload_condition("Available", "MinimumReplicasAvailable", since),
                _workload_condition("Progressing", "NewReplicaSetAvailable", since),
            ],
        },
    )
    pod = make(
        "v1",
        "Pod",
        _pod_name(name),
        now,
        namespace=NAMESPACE,
        labels=_pod_labels(name) | {"pod-template-hash": digest(name)[:10]},
        spec={"nodeName": "worker-1", **template},
        status={
            "phase": "Running",
            "startTime": since,
            "podIP": _pod_ip(name),
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": since}
                for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
            ],
            "containerStatuses": [
                {
                    "name": "manager",
                    "image": image,
                    "imageID": "",
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": since}},
                }
            ],
        },
    )
    return [deployment, pod]


def _workload_condition(kind: str, reason: str, since: str) -> Object:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "lastTransitionTime": since,
        "lastUpdateTime": since,
    }


def _pod_name(app: str) -> str:
    return f"{app}-{digest(app)[:10]}-{digest(app)[10:15]}"


def _pod_ip(app: str) -> str:
    return f"10.0.0.{10 + ['flux-operator', *CONTROLLERS].index(app)}"


def _service(name: str, now: datetime) -> list[Object]:
    app, port_name, port = _SERVICES[name]
    numbers: Any = {"name": port_name, "port": port, "protocol": "TCP"}
    service = make(
        "v1",
        "Service",
        name,
        now,
        namespace=NAMESPACE,
        spec={
            "type": "ClusterIP",
            "clusterIP": f"10.96.0.{100 + list(_SERVICES).index(name)}",
            "selector": _pod_labels(app),
            "ports": [numbers],
        },
    )
    target = {"kind": "Pod", "namespace": NAMESPACE, "name": _pod_name(app)}
    endpoints = make(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        f"{name}-{digest(name)[:5]}",
        now,
        namespace=NAMESPACE,
        labels={
            "kubernetes.io/service-name": name,
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        },
        addressType="IPv4",
        endpoints=[
            {
                "addresses": [_pod_ip(app)],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "targetRef": target,
            }
        ],
        ports=[numbers],
    )
    return [service, endpoints]


def _instance(now: datetime) -> Object:
    applied = f"{FLUX}@sha256:{digest(FLUX)}"
    return make(
        "fluxcd.controlplane.io/v1",
        "FluxInstance",
        "flux",
        now,
        namespace=NAMESPACE,
        manager="flux-operator",
        spec={
            "components": list(CONTROLLERS),
            "distribution": {"registry": "ghcr.io/fluxcd", "version": "2.9.x"},
            "cluster": {"domain": "cluster.local", "size": "medium", "type": "kubernetes"},
            "sync": {
                "kind": "GitRepository",
                "url": SYNC_URL,
                "ref": BRANCH,
                "path": SYNC_PATH,
                "interval": "10m",
            },
            "wait": True,
        },
        status={
            "components": [
                {
                    "name": name,
                    "repository": f"ghcr.io/fluxcd/{name}",
                    "tag": tag,
                    "digest": f"sha256:{digest(name)}",
                }
                for name, tag in CONTROLLERS.items()
            ],
            "conditions": [
                condition(
                    "Ready",
                    "True",
                    "ReconciliationSucceeded",
                    "Reconciliation finished in 4s",
                    now,
                )
            ],
            "inventory": {
                "entries": [
                    {"id": f"{NAMESPACE}_{name}_apps_Deployment", "v": "v1"} for name in CONTROLLERS
                ]
            },
            "lastAppliedRevision": applied,
            "lastAttemptedRevision": applied,
        },
    )


def _report(images: dict[str, str], now: datetime) -> Object:
    return make(
        "fluxcd.controlplane.io/v1",
        "FluxReport",
        "flux",
        now,
        namespace=NAMESPACE,
        spec={
            "distribution": {
                "entitlement": "Issued by controlplane",
                "managedBy": "flux-operator",
                "status": "Installed",
                "version": FLUX,
            },
            "operator": {
                "apiVersion": "fluxcd.controlplane.io/v1",
                "platform": "linux/amd64",
                "version": OPERATOR.removeprefix("v"),
            },
            "components": [
                {
                    "name": name,
                    "image": images[name],
                    "ready": True,
                    "status": "Current Deployment is available. Replicas: 1",
                }
                for name in CONTROLLERS
            ],
            "sync": {
                "id": f"kustomization/{NAMESPACE}",
                "path": SYNC_PATH,
                "ready": True,
                "source": SYNC_URL,
                "status": f"Applied revision: {revision(SYNC_URL, BRANCH)}",
            },
        },
        status={
            "conditions": [
                condition("Ready", "True", "Succeeded", "Reporting finished in 57ms", now)
            ]
        },
    )
