"""The matrix of commands, their requests and the faults of these, and what must come of each.

A cell is a run of a command on a healthy cluster of which one request fails, see cells.py. What
must come of it follows from the role of the request and from the fault, not from what the program
prints. docs/reliability.py makes a page of it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from urllib.parse import urlencode

from tests.fakes.scripted import (
    RESOURCES,
    Answer,
    cut,
    document,
    forbidden,
    half,
    not_found,
    page,
    stalled,
    status,
)
from tests.kubernetes.flux_objects import revision

HEALTHY, UNHEALTHY, USAGE, UNKNOWN = 0, 1, 2, 3
"""The exit codes."""


class Fault(NamedTuple):
    """A faulty answer: its name in the table, and what must be printed of it, also by kubectl.

    Of a missing permission, that is the permission.
    """

    name: str
    answer: Answer
    reason: str = ""
    by_kubectl: str = ""


_LATE = "did not finish within"
FAULTS = (
    Fault("401", status(401, "Unauthorized"), "rejected the credentials", "must be logged in"),
    Fault("403", forbidden),
    Fault("404, a page", page(404), "404", "could not find"),
    Fault("404, a Status", not_found, "404", "could not find"),
    Fault("429", status(429, "TooManyRequests", retry_after="60"), "429", _LATE),
    Fault("500", status(500, "InternalError", retry_after="60"), "500", _LATE),
    Fault("reset", cut, "was cut off", "unexpected EOF"),
    Fault("stalled", stalled, "did not respond within", _LATE),
    Fault("garbled", half, "JSON", "JSON"),
    Fault("other JSON", document({"kind": "Pet", "items": []}), "is not", "unexpected output"),
)
_NOT_FOUND = "404, a Status"


class Role(StrEnum):
    """What a request is for a command: its name in the table."""

    DISCOVERY = "what is served (`/api`, `/apis`)"
    VERSION = "the version of Kubernetes"
    LIST = "a list"
    COLUMN = "a list that only fills a column of `get`"
    ADVICE = "a list that only `--advice` reads"
    LEASES = "the Leases of the controllers"
    LABELS = "the labels of CRDs, which show what belongs to Flux"
    ACCEPTED = "the ConfigMap of `--accept-from`"
    IDENTITY = "the namespace `kube-system`, which tells clusters apart"
    SUBJECT = "the object that is named"
    RELATED = "an object that it refers to, or created"
    LOGS = "logs, read by kubectl"
    SECRET = "a Secret, read by kubectl for `credentials`"
    KEYS = "a Secret, read by kubectl for `explain`"


BY_KUBECTL = frozenset({Role.LOGS, Role.SECRET, Role.KEYS})
_ONLY_NAMED = frozenset(
    {Role.COLUMN, Role.ADVICE, Role.LEASES, Role.LABELS, Role.ACCEPTED, Role.IDENTITY}
)
"""What is unknown, but not important for the verdict."""

_BESIDE = _ONLY_NAMED - {Role.COLUMN}
"""What is read beside all that is important."""

_ANSWERS: Mapping[Role, Mapping[str, int]] = {
    Role.SUBJECT: {_NOT_FOUND: USAGE},
    Role.RELATED: {_NOT_FOUND: HEALTHY},
    Role.SECRET: {_NOT_FOUND: UNHEALTHY},
    Role.KEYS: {_NOT_FOUND: HEALTHY},
    Role.ACCEPTED: {_NOT_FOUND: HEALTHY},
    Role.IDENTITY: {_NOT_FOUND: HEALTHY},
    Role.LOGS: {"garbled": HEALTHY, "other JSON": HEALTHY},
}
"""Faults that are none: an object that does not exist, and logs, which can be any text."""


def is_answer(role: Role, fault: Fault) -> bool:
    """Return whether a *fault* is an answer for a request with this *role*: nothing is unknown."""
    return fault.name in _ANSWERS.get(role, {})


def codes_of(role: Role, fault: Fault) -> tuple[int, ...]:
    """Return the exit code of a command for which a request with this *role* has a *fault*.

    Where there are two, it depends on which other requests were sent before this one.
    """
    if is_answer(role, fault):
        return (_ANSWERS[role][fault.name],)
    if role in _BESIDE and fault.name == "401":  # after which nothing is read
        return HEALTHY, UNKNOWN
    if role is Role.KEYS and fault.name == "403":  # few users may read Secrets
        return (HEALTHY,)
    return (HEALTHY if role in _ONLY_NAMED else UNKNOWN,)


class Request(NamedTuple):
    """A request: its path, the permission that it needs, and the labels that it selects.

    Only the requests for Deployments differ by their labels.
    """

    path: str
    permission: str
    labels: str = ""

    @property
    def key(self) -> str:
        """How it is scripted."""
        query = urlencode({"labelSelector": self.labels})
        return f"{self.path}?{query}" if self.labels else self.path


def _list(kind: str, namespace: str = "", labels: str = "") -> Request:
    resource = RESOURCES[kind]
    path = resource.inside(namespace) if namespace else resource.path
    return Request(path, f"list {resource.name}", labels)


def _object(kind: str, name: str, namespace: str = "apps") -> Request:
    resource = RESOURCES[kind]
    path = resource.inside(namespace) if namespace else resource.path
    return Request(f"{path}/{name}", f"get {resource.name}")


FLUX = (
    *("FluxInstance", "FluxReport", "GitRepository", "HelmRepository", "HelmChart"),
    *("ArtifactGenerator", "Kustomization", "HelmRelease", "Alert", "Provider", "Receiver"),
)
FOR_ADVICE = (
    *("NetworkPolicy", "Ingress", "HTTPRoute", "CustomResourceDefinition"),
    *("PodMonitor", "ServiceMonitor", "PrometheusRule"),
    *("VMPodScrape", "VMServiceScrape", "VMRule"),
)
OTHERS = ("Pod", "Service", "Event", "ConfigMap", "Namespace", "Secret", "Deployment")
_APIS, _API = Request("/apis", "get /apis"), Request("/api", "get /api")
_VERSION = Request("/version", "get /version")
_ALL = tuple(map(_list, FLUX))
_DEPLOYMENTS = (
    _list("Deployment", labels="app.kubernetes.io/part-of=flux"),
    _list("Deployment", labels="app.kubernetes.io/name=flux-operator"),
)
_PODS = _list("Pod", "flux-system")
_NEAR = (_PODS, _list("Service", "flux-system"))
_CHECK = (*_ALL, *_DEPLOYMENTS, *_NEAR, _list("Event"))
_INSTANCE = _list("FluxInstance")
_REPORT = _list("FluxReport")
_GENERATORS = _list("ArtifactGenerator")
_OWNERS = (_INSTANCE, _list("Kustomization"), _list("HelmRelease"))
_APP, _GIT = _object("Kustomization", "app"), _object("GitRepository", "git")
_APPS = (_list("Kustomization", "apps"), _list("GitRepository", "apps"))
_WITH_REVISION = (
    "GitRepository", "HelmChart", "ArtifactGenerator", "Kustomization", "HelmRelease",
)  # fmt: skip
_REVISION = revision("https://git.example.com/app.git").rpartition(":")[2][:12]
LOG = Request("/api/v1/namespaces/flux-system/pods/*/log", "get pods/log")
_LEASES = _list("Lease", "flux-system")
_SECRET = _object("Secret", "git")

Requests: TypeAlias = Mapping[Role, tuple[Request, ...]]

_OF_THE_CHECK: Requests = {
    Role.DISCOVERY: (_APIS,),
    Role.VERSION: (_VERSION,),
    Role.LIST: _CHECK,
    Role.LEASES: (_LEASES,),
    Role.LABELS: (_list("CustomResourceDefinition"),),
}
_EXPLAINED: Requests = {
    **_OF_THE_CHECK,
    Role.LIST: (*_CHECK, _list("Event", "apps")),
    Role.LOGS: (LOG,),
    Role.KEYS: (_SECRET,),
}
_OF_AN_UPGRADE: Requests = {
    Role.DISCOVERY: (_APIS,),
    Role.VERSION: (_VERSION,),
    Role.LIST: (
        *_DEPLOYMENTS,
        *(one for one in _ALL if one != _REPORT),
        _list("CustomResourceDefinition"),
    ),
}

COMMANDS: Mapping[str, Requests] = {
    "": _OF_THE_CHECK,
    "--advice": {
        **{role: known for role, known in _OF_THE_CHECK.items() if role is not Role.LABELS},
        Role.ADVICE: (
            *(_list(kind, "flux-system") for kind in FOR_ADVICE[:2]),
            *map(_list, FOR_ADVICE[2:]),
        ),
    },
    "--accept-from apps/known": {**_OF_THE_CHECK, Role.ACCEPTED: (_object("ConfigMap", "known"),)},
    "-n apps": _OF_THE_CHECK,
    "--prompt": _OF_THE_CHECK,
    "conditions ks/app": {Role.DISCOVERY: (_API, _APIS), Role.LIST: (_list("Kustomization"),)},
    "conditions ks/app -n apps": {Role.DISCOVERY: (_API, _APIS), Role.SUBJECT: (_APP,)},
    "credentials ks/app -n apps": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: _APPS,
        Role.SECRET: (_SECRET,),
    },
    "events": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: (*_DEPLOYMENTS, _list("Event", "flux-system"), _list("Event")),
    },
    "events --for ks/app -n apps": {
        Role.DISCOVERY: (_API, _APIS),
        Role.SUBJECT: (_APP,),
        Role.LIST: (_list("Event", "apps"),),
    },
    "explain ks/app -n apps": _EXPLAINED,
    "explain ks/app -n apps -o json": _EXPLAINED,
    "fleet --all-contexts": {
        **_OF_THE_CHECK,
        Role.IDENTITY: (_object("Namespace", "kube-system", ""),),
    },
    "fleet --all-contexts --upgrade-to 2.9": {
        **_OF_AN_UPGRADE,
        Role.IDENTITY: (_object("Namespace", "kube-system", ""),),
    },
    "get all": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: tuple(one for one in _ALL if one != _REPORT),
        Role.COLUMN: (_list("Event"),),
    },
    "get components": {Role.DISCOVERY: (_APIS,), Role.LIST: (*_DEPLOYMENTS, _INSTANCE, _PODS)},
    "get receivers -n apps": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: (_list("Receiver", "apps"),),
        Role.COLUMN: (_list("GitRepository", "apps"),),
    },
    "get ks -n apps": {Role.DISCOVERY: (_APIS,), Role.LIST: _APPS[:1], Role.COLUMN: _APPS[1:]},
    "inventory": {
        Role.DISCOVERY: (_API, _APIS),
        Role.LIST: (*_OWNERS, _GENERATORS, _list("Deployment"), _list("ConfigMap")),
    },
    "inventory ks/app -n apps": {
        Role.DISCOVERY: (_API, _APIS),
        Role.LIST: (*_OWNERS, _GENERATORS, _list("Deployment"), _list("ConfigMap")),
    },
    "logs": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: (*_DEPLOYMENTS, _PODS),
        Role.LOGS: (LOG,),
    },
    "logs --for ks/app -n apps": {
        Role.DISCOVERY: (_API, _APIS),
        Role.SUBJECT: (_APP,),
        Role.LIST: (*_DEPLOYMENTS, _PODS),
        Role.LOGS: (LOG,),
    },
    "mcp prompts": _OF_THE_CHECK,
    "owner deploy/web -n apps": {
        Role.DISCOVERY: (_API, _APIS),
        Role.SUBJECT: (_object("Deployment", "web"),),
        Role.RELATED: (_APP, _GIT),
        Role.LIST: _OWNERS,
    },
    "preflight": {
        Role.DISCOVERY: (_APIS,),
        Role.VERSION: (_VERSION,),
        Role.LIST: (*_DEPLOYMENTS, _INSTANCE, _REPORT, _list("Namespace")),
    },
    "reconcile ks/app -n apps": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: (
            *_APPS,
            *_DEPLOYMENTS,
            _PODS,
            _list("Event"),
            _INSTANCE,
            _list("Receiver"),
        ),
        Role.LEASES: (_LEASES,),
    },
    "tree hr/web -n apps": {
        Role.DISCOVERY: (_API, _APIS),
        Role.LIST: (
            *_ALL,
            _list("Deployment", labels="helm.toolkit.fluxcd.io/name"),
            _list("Service"),
            _list("Ingress"),
        ),
        Role.RELATED: (_object("HelmRelease", "web"),),
    },
    "tree ks/app -n apps": {
        Role.DISCOVERY: (_API, _APIS),
        Role.LIST: (*_ALL, _list("ConfigMap", "apps")),
        Role.RELATED: (_APP, _object("Deployment", "web")),
    },
    "upgrade plan --to 2.9": _OF_AN_UPGRADE,
    "versions": {
        Role.DISCOVERY: (_APIS,),
        Role.VERSION: (_VERSION,),
        Role.LIST: (*_DEPLOYMENTS, _INSTANCE, _REPORT),
    },
    f"wait --revision {_REVISION} --timeout 1s": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: (*map(_list, _WITH_REVISION), *_APPS),
    },
    f"wait ks/app -n apps --revision {_REVISION} --timeout 1s": {
        Role.DISCOVERY: (_APIS,),
        Role.LIST: tuple(_list(kind, "apps") for kind in _WITH_REVISION),
    },
}
"""The requests of each command by their role. `-n apps` reads all: causes can be anywhere."""


_READ_ALIKE = frozenset(
    {
        *("-n apps", "--accept-from apps/known", "--prompt", "mcp prompts"),
        *("explain ks/app -n apps -o json", "fleet --all-contexts"),
        "fleet --all-contexts --upgrade-to 2.9",
    }
)
"""Commands that read as the check does, as `explain` or as `upgrade plan`."""


def faults_of(command: str, position: int) -> tuple[Fault, ...]:
    """Return the faults to try for the request of *command* at a *position*.

    Each request of a command that reads as another does gets every third fault. Together they get
    all, several times.
    """
    return FAULTS[position % 3 :: 3] if command in _READ_ALIKE else FAULTS


def requests_of(command: str, *, by_kubectl: bool = False) -> list[tuple[Role, Request]]:
    """Return the requests of *command* with their roles: its own, or those of kubectl."""
    return [
        (role, request)
        for role, requests in COMMANDS[command].items()
        if (role in BY_KUBECTL) is by_kubectl
        for request in requests
    ]
