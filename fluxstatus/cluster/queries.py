"""The lists that are read from a cluster, as data."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Self

from fluxstatus.base.urls import encoded
from fluxstatus.model.evidence import (
    CHANGES,
    CONTROLLERS,
    CRDS,
    LEASES,
    OPERATORS,
    WORKLOAD_PODS,
    Unread,
)
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.model.ref import Key

_META = "meta.k8s.io/v1"
ACCEPT_METADATA, ACCEPT_METADATA_LIST = (
    f"application/json;as=PartialObjectMetadata{suffix};g=meta.k8s.io;v=v1,application/json"
    for suffix in ("", "List")
)
"""The Accept headers that request only the metadata of an object, or of the objects in a list."""

_PAGE = 500  # objects, as in kubectl
LARGE_PAGE = 10_000
"""The number of objects on a page of a Flux kind, whose objects are small.

The API server reads all pages after the first from etcd, which takes three times as long as its
cache: always before Kubernetes 1.34, and later if nothing has changed for some minutes.
"""


def by_fields(text: str) -> str:
    """Return the part of a URL's query for a field selector; empty for an empty one."""
    return f"fieldSelector={encoded(text)}" if text else ""


def by_labels(text: str) -> str:
    """Return the part of a URL's query for a label selector; empty for an empty one."""
    return f"labelSelector={encoded(text)}" if text else ""


class ListQuery(NamedTuple):
    """A list to read: in all namespaces, or in some `namespaces`.

    `base` is the path of the API version, `selector` a part of the URL's query. At most `pages`
    pages (0: all) are read, each with `page` objects. With `metadata_only` the objects have no
    spec or status. `beyond` is the reason why further namespaces are not known.
    """

    base: str
    plural: str
    selector: str = ""
    namespaces: tuple[str, ...] = ()
    pages: int = 0
    page: int = _PAGE
    namespaced: bool = True
    metadata_only: bool = False
    beyond: Unread | None = None

    @classmethod
    def of(cls, resource: str, version: str, selector: str = "") -> Self:
        """Return the query for all objects of a *resource* (plural.group)."""
        plural, _, group = resource.partition(".")
        return cls(f"/apis/{group}/{version}", plural, selector)

    @property
    def api_version(self) -> str:
        """The group and version of the resource."""
        return self.base.removeprefix("/apis/").removeprefix("/api/")

    @property
    def accept(self) -> str:
        """The form in which the API server is to answer: a header of the request."""
        return ACCEPT_METADATA_LIST if self.metadata_only else "application/json"

    @property
    def answered_as(self) -> tuple[str, ...]:
        """The API versions that the answer may have."""
        return (self.api_version, _META) if self.metadata_only else (self.api_version,)

    @property
    def permission(self) -> str:
        """The RBAC permission that the query needs."""
        group, slash, _ = self.api_version.partition("/")
        return f"list {self.plural}.{group}" if slash else f"list {self.plural}"

    def path(self, namespace: str, token: str) -> str:
        """Return the path of one page, of one namespace or, if that is empty, of all."""
        inside = f"/namespaces/{encoded(namespace)}" if namespace else ""
        following = token and f"continue={encoded(token)}"
        wanted = filter(None, (f"limit={self.page}", self.selector, following))
        return f"{self.base}{inside}/{self.plural}?{'&'.join(wanted)}"


class AdviceQuery(NamedTuple):
    """A list that only advice needs.

    With `in_flux_namespaces` it is read only where Flux is installed.
    """

    selector: str = ""
    in_flux_namespaces: bool = False
    pages: int = 4


_OF_FLUX = "labelSelector=app.kubernetes.io/part-of=flux"
_APPS, _CORE = "/apis/apps/v1", "/api/v1"
DEPLOYMENTS = (CONTROLLERS, OPERATORS)
"""The queries for the Deployments of Flux: their namespaces are the namespaces of Flux."""

OF_FLUX = ListQuery.of(CRDS, "v1", _OF_FLUX)._replace(pages=1, namespaced=False, metadata_only=True)
"""The query for the names of the CRDs that say that they are a part of Flux."""

NOT_RUNNING = "fieldSelector=status.phase!=Running,status.phase!=Succeeded"
"""The selector of pods that do not run."""

QUERIES: Mapping[str, ListQuery] = {
    CONTROLLERS: ListQuery(_APPS, "deployments", _OF_FLUX),
    OPERATORS: ListQuery(_APPS, "deployments", f"labelSelector=app.kubernetes.io/name={OPERATOR}"),
    # An unhealthy cluster may have any number of warnings.
    "events": ListQuery(_CORE, "events", "fieldSelector=type=Warning", pages=4),
    # Only in the namespaces of Flux.
    "pods": ListQuery(_CORE, "pods"),
    "services": ListQuery(_CORE, "services"),
    LEASES: ListQuery("/apis/coordination.k8s.io/v1", "leases"),
    # Only where unhealthy workloads block an object of Flux.
    WORKLOAD_PODS: ListQuery(_CORE, "pods", pages=4),
    # What the owners of a kind have changed, only where several apply the same object.
    CHANGES: ListQuery(_CORE, "events", "fieldSelector=type=Normal", pages=4),
}
"""The lists of kinds that are not Flux kinds, keyed by the name of their answer."""


AWAITED_KINDS: Mapping[str, ListQuery] = {
    "Deployment": ListQuery(_APPS, "deployments"),
    "StatefulSet": ListQuery(_APPS, "statefulsets"),
    "DaemonSet": ListQuery(_APPS, "daemonsets"),
    "ReplicaSet": ListQuery(_APPS, "replicasets"),
    "Job": ListQuery("/apis/batch/v1", "jobs"),
    "PersistentVolumeClaim": ListQuery(_CORE, "persistentvolumeclaims"),
    "Service": ListQuery(_CORE, "services"),
}
"""The lists of built-in kinds that reconciliations wait for, by kind."""


def awaited(query: ListQuery, keys: Collection[Key]) -> ListQuery:
    """Return *query* for the objects *keys*, all of its kind: one request, at most one page.

    A key without a name is about all objects in its namespace.
    """
    namespaces = sorted({namespace for _, namespace, _ in keys} - {""})
    inside = tuple(namespaces) if query.namespaced and len(namespaces) == 1 else ()
    names = {name for _, _, name in keys}
    name = names.pop() if len(names) == 1 else ""
    selector = by_fields(f"metadata.name={name}" if name else "")
    return query._replace(namespaces=inside, selector=selector, pages=1)


def named(*names: str) -> list[tuple[str, ListQuery]]:
    """Return the queries with these *names*, each with its name."""
    return [(name, QUERIES[name]) for name in names]


def changes_by(kind: str) -> ListQuery:
    """Return the query for the events about what the objects of a Flux *kind* have changed."""
    query = QUERIES[CHANGES]
    return query._replace(selector=f"{query.selector},involvedObject.kind={kind}")


def events(fields: str, namespaces: tuple[str, ...] = ()) -> ListQuery:
    """Return the query for all events that a field selector chooses."""
    return QUERIES["events"]._replace(selector=by_fields(fields), namespaces=namespaces, pages=0)


ADVICE_QUERIES: Mapping[str, AdviceQuery] = {
    "networkpolicies.networking.k8s.io": AdviceQuery(in_flux_namespaces=True),
    # An Ingress leads only to its own namespace.
    "ingresses.networking.k8s.io": AdviceQuery(in_flux_namespaces=True),
    "httproutes.gateway.networking.k8s.io": AdviceQuery(),
    # Reading only their metadata would be less, but it does not include the stored versions.
    CRDS: AdviceQuery(_OF_FLUX),
    "podmonitors.monitoring.coreos.com": AdviceQuery(),
    "servicemonitors.monitoring.coreos.com": AdviceQuery(),
    "prometheusrules.monitoring.coreos.com": AdviceQuery(),
    "vmpodscrapes.operator.victoriametrics.com": AdviceQuery(),
    "vmservicescrapes.operator.victoriametrics.com": AdviceQuery(),
    "vmrules.operator.victoriametrics.com": AdviceQuery(),
}
"""The lists that only advice needs, by plural.group. Those that are not served are not read."""
