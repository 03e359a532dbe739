"""Made-up objects of Flux's main kinds, as its controllers leave them: healthy, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .objects import CREATED, RECONCILED, Object, condition, digest, make, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_SOURCES = "source.toolkit.fluxcd.io/v1"
_FAILING = RECONCILED * 10  # how long the unhealthy ones have been so


def revision(repository: str, branch: str = "main") -> str:
    """Return the revision that the Git *repository* is on."""
    return f"{branch}@sha1:{digest(repository)[:40]}"


def git_repository(
    namespace: str, name: str, now: datetime, *, url: str, failure: str | None = None, **more: Any
) -> Object:
    """Return a GitRepository of *url*; with *failure*, one that never had an artifact for it.

    *more* goes into its metadata and spec as it is: ``labels``, ``ref``.
    """
    ref = more.pop("ref", {"branch": "main"})
    on = revision(url, ref.get("branch") or ref["name"])
    ready = f"stored artifact for revision '{on}'"
    status: Object = {
        "observedGeneration": 1,
        "artifact": _artifact(
            f"gitrepository/{namespace}/{name}/{digest(url)[:40]}.tar.gz", on, now
        ),
        "conditions": [
            condition("Ready", "True", "Succeeded", ready, now),
            condition("ArtifactInStorage", "True", "Succeeded", ready, now),
        ],
    }
    if failure is not None:
        status = {
            "observedGeneration": -1,
            "conditions": [
                condition("Reconciling", "True", "ProgressingWithRetry", "building artifact", now),
                condition("Ready", "False", "GitOperationFailed", failure, now),
                condition("FetchFailed", "True", "GitOperationFailed", failure, now, age=_FAILING),
            ],
        }
    return make(
        _SOURCES,
        "GitRepository",
        name,
        now,
        namespace=namespace,
        manager="source-controller",
        spec={"interval": "10m0s", "ref": ref, "timeout": "60s", "url": url},
        status=status,
        **more,
    )


def helm_repository(
    namespace: str, name: str, now: datetime, *, url: str, labels: dict[str, str] | None = None
) -> Object:
    """Return a HelmRepository of *url*."""
    on = f"sha256:{digest(url)}"
    message = f"stored artifact: revision '{on}'"
    path = f"helmrepository/{namespace}/{name}/index-{digest(url)}.yaml"
    return make(
        _SOURCES,
        "HelmRepository",
        name,
        now,
        namespace=namespace,
        manager="source-controller",
        labels=labels,
        spec={"interval": "10m0s", "provider": "generic", "timeout": "60s", "url": url},
        status={
            "observedGeneration": 1,
            "artifact": _artifact(path, on, now),
            "conditions": [
                condition("Ready", "True", "Succeeded", message, now),
                condition("ArtifactInStorage", "True", "Succeeded", message, now),
            ],
        },
    )


def kustomization(
    namespace: str,
    name: str,
    now: datetime,
    *,
    source: Object,
    path: str,
    inventory: Sequence[str] = (),
    failure: tuple[str, str] | None = None,
    depends_on: str | None = None,
    labels: dict[str, str] | None = None,
) -> Object:
    """Return a Kustomization of *path* in the GitRepository *source*.

    It has applied *inventory*; with *failure* (reason and message), nothing ever.
    """
    metadata = source["metadata"]
    spec: Object = {
        "force": False,
        "interval": "10m0s",
        "path": path,
        "prune": True,
        "sourceRef": {
            "kind": "GitRepository",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
        },
        "timeout": "5m0s",
        "wait": True,
    }
    if depends_on:
        spec["dependsOn"] = [{"name": depends_on}]
    if failure is not None:
        ready = condition("Ready", "False", *failure, now, age=_FAILING)
        status: Object = {"observedGeneration": -1, "conditions": [ready]}
    else:
        status = _applied(source["status"]["artifact"]["revision"], path, inventory, now)
    return make(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        name,
        now,
        namespace=namespace,
        manager="kustomize-controller",
        labels=labels,
        spec=spec,
        status=status,
    )


def helm_chart(namespace: str, release: str, now: datetime, *, repository: str) -> Object:
    """Return the HelmChart that helm-controller makes for the HelmRelease *release*."""
    name = f"{namespace}-{release}"
    message = "pulled 'webapp' chart with version '1.4.2'"
    return make(
        _SOURCES,
        "HelmChart",
        name,
        now,
        namespace=namespace,
        manager="source-controller",
        labels={
            "helm.toolkit.fluxcd.io/name": release,
            "helm.toolkit.fluxcd.io/namespace": namespace,
        },
        spec={
            "chart": "webapp",
            "interval": "10m0s",
            "reconcileStrategy": "ChartVersion",
            "sourceRef": {"kind": "HelmRepository", "name": repository},
            "version": "1.4.2",
        },
        status={
            "observedGeneration": 1,
            "observedChartName": "webapp",
            "artifact": _artifact(f"helmchart/{namespace}/{name}/webapp-1.4.2.tgz", "1.4.2", now),
            "conditions": [
                condition("Ready", "True", "ChartPullSucceeded", message, now),
                condition("ArtifactInStorage", "True", "ChartPullSucceeded", message, now),
            ],
        },
    )


def helm_release(
    namespace: str,
    name: str,
    now: datetime,
    *,
    repository: str,
    labels: dict[str, str] | None = None,
) -> Object:
    """Return a HelmRelease that is installed from the chart of ``helm_chart``."""
    message = f"Helm install succeeded for release {namespace}/{name}.v1 with chart webapp@1.4.2"
    deployed = {
        "action": "install",
        "apiVersion": "v2",
        "appVersion": "1.4.2",
        "chartName": "webapp",
        "chartVersion": "1.4.2",
        "configDigest": f"sha256:{digest(namespace, name, 'values')}",
        "digest": f"sha256:{digest(namespace, name, 'release')}",
        "firstDeployed": stamp(now - CREATED),
        "lastDeployed": stamp(now - CREATED),
        "name": name,
        "namespace": namespace,
        "status": "deployed",
        "version": 1,
    }
    chart = {
        "chart": "webapp",
        "interval": "10m0s",
        "reconcileStrategy": "ChartVersion",
        "sourceRef": {"kind": "HelmRepository", "name": repository},
        "version": "1.4.2",
    }
    return make(
        "helm.toolkit.fluxcd.io/v2",
        "HelmRelease",
        name,
        now,
        namespace=namespace,
        manager="helm-controller",
        labels=labels,
        spec={
            "chart": {"spec": chart},
            "interval": "10m0s",
            "timeout": "5m0s",
            "values": {"replicas": 2, "ingress": {"enabled": True, "host": f"{name}.example.com"}},
        },
        status={
            "observedGeneration": 1,
            "conditions": [
                condition("Ready", "True", "InstallSucceeded", message, now, age=CREATED),
                condition("Released", "True", "InstallSucceeded", message, now, age=CREATED),
            ],
            "helmChart": f"{namespace}/{namespace}-{name}",
            "history": [deployed],
            "inventory": _inventory(
                f"{namespace}_{name}_{kind}"
                for kind in ("_ConfigMap", "_Service", "apps_Deployment")
            ),
            "lastAttemptedConfigDigest": deployed["configDigest"],
            "lastAttemptedGeneration": 1,
            "lastAttemptedReleaseAction": "install",
            "lastAttemptedRevision": "1.4.2",
            "storageNamespace": namespace,
        },
    )


def _artifact(path: str, on: str, now: datetime) -> Object:
    return {
        "digest": f"sha256:{digest(path)}",
        "lastUpdateTime": stamp(now - RECONCILED),
        "path": path,
        "revision": on,
        "size": 4680,
        "url": f"http://source-controller.flux-system.svc.cluster.local./{path}",
    }


def _applied(on: str, path: str, inventory: Sequence[str], now: datetime) -> Object:
    message = f"Applied revision: {on}"
    return {
        "observedGeneration": 1,
        "conditions": [
            condition("Ready", "True", "ReconciliationSucceeded", message, now),
            condition("Healthy", "True", "Succeeded", "Health check passed in 52ms", now),
        ],
        "history": [
            {
                "digest": f"sha256:{digest(on, path, str(age))}",
                "firstReconciled": stamp(now - CREATED / age),
                "lastReconciled": stamp(now - RECONCILED * age),
                "lastReconciledDuration": "1.165131795s",
                "lastReconciledStatus": "ReconciliationSucceeded",
                "metadata": {"revision": on},
                "totalReconciliations": 100 * age,
            }
            for age in (1, 2)
        ],
        "inventory": _inventory(inventory),
        "lastAppliedRevision": on,
        "lastAttemptedRevision": on,
    }


def _inventory(ids: Any) -> Object:
    return {"entries": [{"id": one, "v": "v1"} for one in ids]}
