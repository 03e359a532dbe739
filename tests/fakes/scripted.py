"""A scripted API server: a table of answers by path, and a record of all requests.

It serves the objects that a test puts into it as an API server does: discovery, single objects,
lists with selectors and pages. The table replaces the answer for a path:

    api[PODS] = forbidden
    api[PODS] = in_turn(status(500), as_usual)

An answer is a function of the request, so it can do anything with the connection. `kubectl_says`
is what kubectl answers when it cannot reach the API server.
"""

import contextlib
import gzip
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS
from tests.builders import SERVED
from tests.fakes.api_server import Answering
from tests.fakes.kubeconfigs import kubeconfig
from tests.fakes.kubectl import Kubectl

SERVER = "https://10.0.0.1:6443"
USER = "alice"
"""The user that the API server sees."""
_LONG = 60  # seconds, longer than any test waits
_AGGREGATED = {
    "Content-Type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
}
"""By this kubectl tells the aggregated discovery from the older one."""


class Resource(NamedTuple):
    """A resource that an API server serves."""

    kind: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The plural with its group, as an RBAC rule is written."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """The group and version, as an object has it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def base(self) -> str:
        """The path of the group and version."""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}"

    @property
    def path(self) -> str:
        """The path of the list of all objects."""
        return f"{self.base}/{self.plural}"

    def inside(self, namespace: str) -> str:
        """Return the path of the list of the objects in *namespace*."""
        return f"{self.base}/namespaces/{namespace}/{self.plural}"


_KUBERNETES = (
    Resource("Pod", "pods", short=("po",)),
    Resource("Service", "services", short=("svc",)),
    Resource("Event", "events", short=("ev",)),
    Resource("ConfigMap", "configmaps", short=("cm",)),
    Resource("Namespace", "namespaces", namespaced=False, short=("ns",)),
    Resource("Secret", "secrets"),
    Resource("Deployment", "deployments", "apps", short=("deploy",)),
    Resource("Lease", "leases", "coordination.k8s.io"),
)
_FOR_ADVICE = (
    Resource("NetworkPolicy", "networkpolicies", "networking.k8s.io"),
    Resource("Ingress", "ingresses", "networking.k8s.io"),
    Resource("HTTPRoute", "httproutes", "gateway.networking.k8s.io"),
    Resource(
        *("CustomResourceDefinition", "customresourcedefinitions", "apiextensions.k8s.io"),
        namespaced=False,
    ),
    *(
        Resource(kind, f"{kind.lower()}s", "monitoring.coreos.com")
        for kind in ("PodMonitor", "ServiceMonitor", "PrometheusRule")
    ),
    *(
        Resource(kind, f"{kind.lower()}s", "operator.victoriametrics.com", "v1beta1")
        for kind in ("VMPodScrape", "VMServiceScrape", "VMRule")
    ),
)
_FLUX = tuple(
    Resource(kind.name, kind.plural, kind.group, SERVED[kind.resource], short=kind.short)
    for kind in KINDS.values()
)
RESOURCES: Mapping[str, Resource] = {one.kind: one for one in (*_KUBERNETES, *_FOR_ADVICE, *_FLUX)}
"""The default lists of the server, by kind."""


class Meant(NamedTuple):
    """What a path leads to: a list, or the object *name*."""

    resource: Resource
    namespace: str
    name: str


class Asked(NamedTuple):
    """A request; `connection` identifies the connection it came through."""

    method: str
    path: str
    query: Mapping[str, str]
    accept: str
    connection: int


class Asking(Answering, BaseHTTPRequestHandler):
    """A request to answer."""

    server: "_Server"
    of_kubectl = False  # whether the answer is kubectl's own

    def do_GET(self) -> None:
        """Answer the request."""
        parts = urlsplit(self.path)
        query, accept = dict(parse_qsl(parts.query)), self.headers.get("Accept", "")
        self.asked = Asked(self.command, parts.path, query, accept, self.client_address[1])
        self.server.api.answer(self)

    @property
    def is_ours(self) -> bool:
        """Whether the program sent it through the proxy, not kubectl for itself."""
        return self.headers.get("User-Agent", "").startswith("kubectl-flux-status/")

    @property
    def meant(self) -> Meant | None:
        """What the path leads to, if the server serves it."""
        return self.server.api.meant(self.asked.path)

    def usual(self) -> tuple[int, Object]:
        """Return the status and the document of the usual answer."""
        return self.server.api.usual(self)

    def end_headers(self) -> None:
        """Add the header that distinguishes an API server's answers from kubectl's."""
        if not self.of_kubectl:
            self.send_header("Audit-Id", "00000000-0000-4000-8000-000000000000")
        super().end_headers()

    def stream(self, parts: Iterable[bytes]) -> None:
        """Answer in chunks; ConnectionAbortedError from *parts* closes the connection."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for part in parts:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionAbortedError:
            self.cut()

    def cut(self) -> None:
        """Close the connection."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


for _method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):  # so that they are recorded
    setattr(Asking, f"do_{_method}", Asking.do_GET)

Answer: TypeAlias = Callable[[Asking], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Asking)
        self.errors: list[BaseException] = []
        self.api = Api(folder, self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """Keep errors of the script; clients may hang up."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.errors.append(error)


class Api:
    """A scripted API server with its objects, and the kubectl that leads to it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.kubectl = Kubectl(folder / "bin", port)
        self.kubeconfig = folder / "kubeconfig"
        self.in_context("")
        self.resources: Mapping[str, Resource] = RESOURCES
        self.aggregated = True  # False: as before Kubernetes 1.26, group by group
        self.page = 1000  # the maximum number of objects on a page
        self.unknown: list[str] = []
        self.objects: list[Object] = []
        self._script: dict[str, Answer] = {}
        self._requests: list[Asked] = []
        self._lock = threading.Lock()

    def __setitem__(self, path: str, answer: Answer) -> None:
        """Answer *path* with *answer* from now on; the latest one wins.

        A path may contain `*`, and query parameters that the request must have.
        """
        self._script.pop(path, None)
        self._script[path] = answer

    def in_context(self, namespace: str) -> None:
        """Write a kubeconfig whose context has this *namespace*."""
        kubeconfig(self.kubeconfig, SERVER, user={}, namespace=namespace)

    def serve(self, *kinds: str) -> None:
        """Serve only *kinds*."""
        self.resources = {kind: RESOURCES[kind] for kind in kinds}

    def put(self, *objects: Object) -> None:
        """Add *objects*."""
        self.objects += objects

    def change(self, how: Callable[[Object], Object]) -> None:
        """Replace each object with what *how* returns for it."""
        self.objects = [how(one) for one in self.objects]

    @property
    def requests(self) -> list[Asked]:
        """The requests so far."""
        with self._lock:
            return [*self._requests]

    def asked(self, path: str = "*") -> list[str]:
        """Return the requests for *path*, which may contain `*`, each as path and query."""
        return [
            f"{one.path}?{'&'.join(f'{k}={v}' for k, v in one.query.items())}".removesuffix("?")
            for one in self.requests
            if fnmatchcase(one.path, path)
        ]

    def answer(self, request: Asking) -> None:
        """Record *request* if it is one of the program, and answer it."""
        path, query = request.asked.path, request.asked.query
        if request.is_ours:
            with self._lock:
                self._requests.append(request.asked)
        for key, answer in reversed(self._script.items()):
            scripted, _, part = key.partition("?")
            if fnmatchcase(path, scripted) and dict(parse_qsl(part)).items() <= query.items():
                answer(request)
                return
        as_usual(request)

    def meant(self, path: str) -> Meant | None:
        """Return what *path* leads to, None if the server does not serve it."""
        for one in self.resources.values():
            inside = f"(?:/namespaces/(?P<namespace>[^/]+))?/{one.plural}(?:/(?P<name>[^/]+))?"
            if found := re.fullmatch(re.escape(one.base) + inside, path):
                namespace, name = (unquote(found[key] or "") for key in ("namespace", "name"))
                return Meant(one, namespace, name)
        return None

    def usual(self, request: Asking) -> tuple[int, Object]:
        """Return the status and the document of the usual answer to *request*."""
        asked = request.asked
        if asked.path == "/version":
            return 200, {"major": "1", "minor": "37", "gitVersion": "v1.37.2"}
        if document := self._discovery(asked.path):
            return 200, document
        meant = self.meant(asked.path)
        if meant is None:
            with self._lock:
                self.unknown.append(asked.path)
            return 404, _status(404, "NotFound", "the server could not find the requested resource")
        objects = self._meant_by(meant)
        if not meant.name:
            return 200, _list(objects, meant.resource, asked, self.page)
        if not objects:
            message = f'{meant.resource.name} "{meant.name}" not found'
            return 404, _status(404, "NotFound", message)
        return 200, objects[0]

    def _meant_by(self, meant: Meant) -> list[Object]:
        """Return the objects that are meant; a namespace that has objects exists."""
        found = [one for one in self.objects if _is_one_of(one, meant)]
        if found or not meant.name or meant.resource.name != "namespaces":
            return found
        used = {one["metadata"].get("namespace") for one in self.objects} & {meant.name}
        return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": x}} for x in used]

    def _discovery(self, path: str) -> Object:
        """Return the discovery document at *path*, empty if it does not exist."""
        everything = self.resources.values()
        if path in ("/api", "/apis") and self.aggregated:
            return _aggregated([one for one in everything if bool(one.group) is (path == "/apis")])
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            return _groups([one for one in everything if one.group])
        return _plain([one for one in everything if one.base == path])


@contextlib.contextmanager
def scripted(folder: Path) -> Iterator[Api]:
    """Run a scripted API server, with its kubectl and kubeconfig in *folder*.

    At the end, all requests must have been GETs of known paths, and none of a Secret.
    """
    with _Server(folder) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.api
        finally:
            server.shutdown()
    assert not server.errors
    assert not server.api.unknown
    assert {one.method for one in server.api.requests} <= {"GET"}
    assert not [one.path for one in server.api.requests if "/secrets" in one.path]


# Answers


def as_usual(request: Asking) -> None:
    """Answer as a healthy API server."""
    code, document = request.usual()
    headers = _AGGREGATED if document.get("kind") == "APIGroupDiscoveryList" else {}
    request.send(document, code, headers)


def status(
    code: int, reason: str = "", message: str = "out of order", *, retry_after: str = ""
) -> Answer:
    """Refuse with a Status, as an API server does."""
    document = _status(code, reason, message)
    return lambda request: request.send(document, code, _retry(retry_after))


def forbidden(request: Asking) -> None:
    """Refuse for a missing permission, in the words of an API server."""
    message = f'forbidden: User "{USER}" cannot get path "{request.asked.path}"'
    if meant := request.meant:
        resource, namespace, name = meant
        of = f'resource "{resource.plural}" in API group "{resource.group}"'
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        verb, what = ("get", f'{resource.name} "{name}"') if name else ("list", resource.name)
        message = f'{what} is forbidden: User "{USER}" cannot {verb} {of} {where}'
    request.send(_status(403, "Forbidden", message), 403)


def not_found(request: Asking) -> None:
    """Refuse what does not exist, an object or a resource, in the words of an API server."""
    text = "the server could not find the requested resource"
    if request.meant and request.meant.name:
        text = f'{request.meant.resource.name} "{request.meant.name}" not found'
    status(404, "NotFound", text)(request)


def expired(request: Asking) -> None:
    """Refuse a continue token as too old, with another one to continue."""
    token = f"fresh-{request.asked.query['continue']}"
    document = _status(410, "Expired", "The provided continue parameter is too old")
    request.send(document | {"metadata": {"continue": token}}, 410)


def page(code: int, *, retry_after: str = "") -> Answer:
    """Answer with an HTML page, as a proxy or gateway does."""
    text = "<html><body>This is not what you want</body></html>"
    return lambda request: request.send(text, code, _retry(retry_after))


def plain(code: int, *, retry_after: str = "") -> Answer:
    """Answer with plain text, as an API server that panics does."""
    headers = {"Content-Type": "text/plain; charset=utf-8", **_retry(retry_after)}
    return lambda request: request.send(b"This request caused apiserver to panic", code, headers)


def document(content: object) -> Answer:
    """Answer with *content*: bytes as they are, all else as JSON."""
    return lambda request: request.send(content)


def changed(changes: Object) -> Answer:
    """Answer as usual, with *changes* to the document."""
    return lambda request: request.send(request.usual()[1] | changes)


def spoiled(value: bytes) -> Answer:
    """Return the usual answer with *value* in place of the text SPOILED, as it is."""
    return lambda request: request.send(_usual_bytes(request).replace(b'"SPOILED"', value))


def packed(request: Asking) -> None:
    """Answer as usual, compressed."""
    request.send(gzip.compress(_usual_bytes(request)), headers={"Content-Encoding": "gzip"})


def packed_in_part(request: Asking) -> None:
    """Answer as usual, compressed, and without its last bytes."""
    body = gzip.compress(_usual_bytes(request))[:-12]
    request.send(body, headers={"Content-Encoding": "gzip"})


def packed_and_more(request: Asking) -> None:
    """Answer with an empty list, compressed, and other compressed data after it."""
    empty = gzip.compress(json.dumps(request.usual()[1] | {"items": []}).encode())
    request.send(empty + gzip.compress(b" "), headers={"Content-Encoding": "gzip"})


def half(request: Asking) -> None:
    """Answer with half of the usual document, as a complete response."""
    body = _usual_bytes(request)
    request.send(body[: len(body) // 2])


def cut(request: Asking) -> None:
    """Close the connection in the middle of the usual answer."""
    body = _usual_bytes(request)
    request.send(body[: len(body) // 2], headers={"Content-Length": str(len(body))})
    request.cut()


def in_chunks(parts: Callable[[bytes], Iterator[bytes]]) -> Answer:
    """Answer in chunks, the *parts* of the usual document."""
    return lambda request: request.stream(parts(_usual_bytes(request)))


def cut_between_chunks(body: bytes) -> Iterator[bytes]:
    """Yield the first half of *body*, then close the connection."""
    yield body[: len(body) // 2]
    raise ConnectionAbortedError


def stalled_between_chunks(body: bytes) -> Iterator[bytes]:
    """Yield the first half of *body*, then hang."""
    yield body[: len(body) // 2]
    time.sleep(_LONG)


def stalled(_: Asking) -> None:
    """Never answer."""
    time.sleep(_LONG)


def kubectl_says(text: str) -> Answer:
    """Answer as kubectl does when it cannot reach the API server."""

    def answer(request: Asking) -> None:
        request.of_kubectl = True
        plain = {"Content-Type": "text/plain; charset=utf-8"}
        request.send(f"{text}\n".encode(), 500, plain)
        request.of_kubectl = False

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Answer the first request with the first of *answers*, and so on; the last one stays."""
    lock, left = threading.Lock(), list(answers)

    def answer(request: Asking) -> None:
        with lock:
            following = left.pop(0) if len(left) > 1 else left[0]
        following(request)

    return answer


def on_later_pages(answer: Answer) -> Answer:
    """Answer the first page of a list as usual, and later pages with *answer*."""

    def whichever(request: Asking) -> None:
        (answer if "continue" in request.asked.query else as_usual)(request)

    return whichever


# Documents


def _usual_bytes(request: Asking) -> bytes:
    return json.dumps(request.usual()[1]).encode()


def _retry(after: str) -> Mapping[str, str]:
    return {"Retry-After": after} if after else {}


def _status(code: int, reason: str, message: str) -> Object:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def _is_one_of(one: Object, meant: Meant) -> bool:
    resource, namespace, name = meant
    metadata = one["metadata"]
    return (
        (one["apiVersion"], one["kind"]) == (resource.api_version, resource.kind)
        and namespace in ("", metadata.get("namespace"))
        and name in ("", metadata["name"])
    )


def _list(objects: Iterable[Object], resource: Resource, asked: Asked, most: int) -> Object:
    """Return the requested page of a list, with at most *most* objects."""
    query = asked.query
    labels = _terms(query.get("labelSelector", ""))
    fields = _terms(query.get("fieldSelector", ""))
    chosen = [
        one
        for one in objects
        if all((_labels(one).get(key) == value) is wanted for key, value, wanted in labels)
        and all((_field(one, key) == value) is wanted for key, value, wanted in fields)
    ]
    chosen.sort(key=lambda one: (one["metadata"].get("namespace", ""), one["metadata"]["name"]))
    begin = int(query.get("continue", "0").removeprefix("fresh-"))
    end = begin + min(int(query["limit"]), most) if "limit" in query else len(chosen)
    metadata = {"resourceVersion": "1"} | ({"continue": str(end)} if end < len(chosen) else {})
    items, dropped = chosen[begin:end], ("apiVersion", "kind")
    if "as=PartialObjectMetadataList" in asked.accept:
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "items": [{"metadata": one["metadata"]} for one in items],
        }
    if resource in _KUBERNETES:  # only custom resources have these in a list
        items = [{k: v for k, v in one.items() if k not in dropped} for one in items]
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "items": items,
    }


def _terms(selector: str) -> list[tuple[str, str | None, bool]]:
    """Return the terms of a selector: key, value, and whether they must be equal.

    A key alone must exist: its value must not be None.
    """
    pairs = (re.split("(!?=)", term, maxsplit=1) for term in selector.split(",") if term)
    return [(key, rest[1] if rest else None, rest[:1] == ["="]) for key, *rest in pairs]


def _labels(one: Object) -> Mapping[str, str]:
    labels: Mapping[str, str] = one["metadata"].get("labels") or {}
    return labels


def _field(one: Object, path: str) -> Any:
    value: Any = one
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _aggregated(resources: Iterable[Resource]) -> Object:
    groups: dict[str, dict[str, list[Object]]] = {}
    for one in resources:
        entry = {
            "resource": one.plural,
            "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
            "scope": "Namespaced" if one.namespaced else "Cluster",
            "singularResource": one.kind.lower(),
            "verbs": ["get", "list", "watch"],
            "shortNames": list(one.short),
        }
        groups.setdefault(one.group, {}).setdefault(one.version, []).append(entry)
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group},
                "versions": [
                    {"version": version, "resources": entries, "freshness": "Current"}
                    for version, entries in versions.items()
                ],
            }
            for group, versions in groups.items()
        ],
    }


def _groups(resources: Iterable[Resource]) -> Object:
    known = dict.fromkeys((one.group, one.version) for one in resources)
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {
                "name": group,
                "versions": [{"groupVersion": f"{group}/{version}", "version": version}],
            }
            for group, version in known
        ],
    }


def _plain(resources: Collection[Resource]) -> Object:
    if not resources:
        return {}
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": next(iter(resources)).api_version,
        "resources": [
            {
                "name": one.plural,
                "singularName": one.kind.lower(),
                "kind": one.kind,
                "namespaced": one.namespaced,
                "verbs": ["get", "list", "watch"],
                "shortNames": list(one.short),
            }
            for one in resources
        ],
    }
