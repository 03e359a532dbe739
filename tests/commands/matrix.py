"""The matrix of commands, their requests and the faults of these, and what must come of each.

    python -m tests.commands.matrix >docs/reliability.md

Each cell is a run of a command on a healthy cluster of which one request fails. What must come of
it follows from the role of the request and from the fault, not from what the program prints.
"""

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode

from fluxstatus.cli import run
from fluxstatus.model.evidence import Object
from tests.cluster.readers import PATIENCE
from tests.fakes.scripted import (
    RESOURCES,
    Answer,
    Api,
    Asked,
    cut,
    document,
    forbidden,
    half,
    page,
    scripted,
    stalled,
    status,
)
from tests.kubernetes.flux_objects import (
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
)
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import make

HEALTHY, USAGE, UNKNOWN = 0, 2, 3
"""The exit codes. That of a failure is none of them: nothing fails in this cluster."""


class Fault(NamedTuple):
    """A faulty answer, its name in the table, and what must be said of it."""

    name: str
    answer: Answer
    said: str


FAULTS = (
    Fault("401", status(401, "Unauthorized"), "rejected the credentials"),
    Fault("403", forbidden, ""),  # the missing permission, see `named`
    Fault("404, a page", page(404), "404"),
    Fault("404, a Status", status(404, "NotFound", "the server could not find it"), "404"),
    Fault("429", status(429, "TooManyRequests", retry_after="60"), "429"),
    Fault("500", status(500, "InternalError", retry_after="60"), "500"),
    Fault("reset", cut, "was cut off"),
    Fault("stalled", stalled, "did not respond within"),
    Fault("garbled", half, "JSON"),
    Fault("other JSON", document({"kind": "Pet", "items": []}), "is not"),
)
_NOT_FOUND = "404, a Status"

Expectation = Mapping[str, int]
"""The exit code by fault; without one, it is UNKNOWN."""


class Role(NamedTuple):
    """The role of a request for a command: its name in the table, and the exit codes."""

    name: str
    codes: Expectation = MappingProxyType({})

    def code(self, fault: Fault) -> int:
        """Return the exit code of a command for which a request with this role has a *fault*."""
        return self.codes.get(fault.name, UNKNOWN)


DISCOVERY = Role("what is served (`/api`, `/apis`)")
VERSION = Role("the version of Kubernetes")
LIST = Role("a list that the result is about")
BESIDE = Role("a list that only fills a column of `get`", {f.name: HEALTHY for f in FAULTS})
SUBJECT = Role("the object that is named", {_NOT_FOUND: USAGE})
RELATED = Role("an object that it refers to, or created", {_NOT_FOUND: HEALTHY})
ROLES = (DISCOVERY, VERSION, LIST, BESIDE, SUBJECT, RELATED)

_FLUX = (
    *("FluxInstance", "FluxReport", "GitRepository", "HelmRepository", "HelmChart"),
    *("Kustomization", "HelmRelease", "Alert", "Provider", "Receiver"),
)
_OTHERS = ("Pod", "Service", "Event", "ConfigMap", "Namespace", "Deployment")
COMMANDS = (
    "",
    "-n apps",
    "--prompt",
    "conditions ks/app",
    "conditions ks/app -n apps",
    "credentials ks/app -n apps",
    "events",
    "events --for ks/app -n apps",
    "explain ks/app -n apps",
    "get all",
    "get components",
    "get ks -n apps",
    "logs",
    "logs --for ks/app -n apps",
    "mcp prompts",
    "owner deploy/web -n apps",
    "preflight",
    "reconcile ks/app -n apps",
    "tree hr/web -n apps",
    "tree ks/app -n apps",
    "versions",
)
_SUBJECTS = {
    "conditions ks/app -n apps": "kustomizations/app",
    "events --for ks/app -n apps": "kustomizations/app",
    "logs --for ks/app -n apps": "kustomizations/app",
    "owner deploy/web -n apps": "deployments/web",
}
"""The end of the path of the object that a command names, if it is requested alone."""


class Request(NamedTuple):
    """A request of a command: its path, and the selector if it has several for this path."""

    path: str
    selector: str = ""

    @property
    def key(self) -> str:
        """How it is scripted."""
        return f"{self.path}?{self.selector}" if self.selector else self.path

    @property
    def resource(self) -> str:
        """The resource, as in an RBAC rule; empty for discovery and the version."""
        for one in RESOURCES.values():
            if re.fullmatch(rf"{one.base}(/namespaces/[^/]+)?/{one.plural}(/[^/]+)?", self.path):
                return one.name
        return ""

    @property
    def is_list(self) -> bool:
        """Whether it is for a list."""
        return self.path.endswith(f"/{self.resource.partition('.')[0]}")

    @property
    def permission(self) -> str:
        """The permission that it needs."""
        if not self.resource:
            return f"get {self.path}"
        return f"{'list' if self.is_list else 'get'} {self.resource}"

    def role(self, command: str) -> Role:
        """Return its role for *command*."""
        if not self.resource:
            return VERSION if self.path == "/version" else DISCOVERY
        if self.is_list:
            beside = command == "get ks -n apps" and "kustomizations" not in self.path
            return BESIDE if beside else LIST
        subject = _SUBJECTS.get(command)
        return SUBJECT if subject and self.path.endswith(subject) else RELATED


class Done(NamedTuple):
    """What came of a run: its exit code, its output without line breaks, and its requests."""

    code: object
    text: str
    requests: tuple[Request, ...]


def named(request: Request, fault: Fault) -> str:
    """Return what must be said when *request* has a *fault*."""
    return fault.said or request.permission


def cell(command: str, request: Request | None = None, fault: str = "") -> Done:
    """Run *command*, while *request* has the *fault* with this name; in the main thread."""
    faults = {one.name: one for one in FAULTS}
    line = command
    with TemporaryDirectory(prefix="kfs-", dir="/tmp") as folder, scripted(Path(folder)) as api:
        _fill(api)
        if request:
            api[request.key] = faults[fault].answer
        if fault == "stalled":
            line += f" --request-timeout {PATIENCE}s"
        _isolate(Path(folder), api)
        code, text = _run(line.split())
        requests = dict.fromkeys(map(_request, api.requests))
        api.unknown.clear()  # what a 404 leads to is no concern here
    return Done(code, text, tuple(requests))


def _request(asked: Asked) -> Request:
    """Return the request; only those for Deployments differ by their selector."""
    labels = asked.query.get("labelSelector", "") if asked.path.endswith("/deployments") else ""
    return Request(asked.path, urlencode({"labelSelector": labels}) if labels else "")


def _isolate(folder: Path, api: Api) -> None:
    os.environ["HOME"] = str(folder)
    os.environ["KUBECONFIG"] = str(api.kubeconfig)
    os.environ["PATH"] = os.pathsep.join((str(api.kubectl.path.parent), "/usr/bin", "/bin"))
    os.environ["COLUMNS"] = "1000"


def _run(arguments: Sequence[str]) -> tuple[object, str]:
    """Run the program in this process, and return its exit code and its output."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    sys.argv = ["flux-status", *arguments]
    code: object = None
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdin = nothing
        with redirect_stdout(output), redirect_stderr(output):
            try:
                run()
            except SystemExit as end:
                code = end.code
    output.seek(0)
    return code, " ".join(output.read().split())


_KUBECTL = """
case $1 in
    logs) exit 0 ;;
    auth) echo '*.*   []   []   [*]'; exit 0 ;;
esac
"""


def _fill(api: Api) -> None:
    """Put a healthy cluster into *api*, with all that the commands look for."""
    now = datetime.now(UTC)  # the program looks at the clock
    api.serve(*_FLUX, *_OTHERS)
    api.kubectl.instead("logs|auth", _KUBECTL)
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    maps = [f"map-{number}" for number in range(4)]  # more than are requested one by one
    inventory = ["apps_web_apps_Deployment", *(f"apps_{name}__ConfigMap" for name in maps)]
    app = kustomization("apps", "app", now, source=source, path="./", inventory=inventory)
    charts = helm_repository("apps", "charts", now, url="https://charts.example.com")
    release = helm_release("apps", "web", now, repository="charts")
    del release["status"]["inventory"]  # its objects are then found by their labels
    chart = helm_chart("apps", "web", now, repository="charts")
    api.put(*flux_system(now), source, app, charts, release, chart)
    api.put(_deployment(now), *(make("v1", "ConfigMap", m, now, namespace="apps") for m in maps))


def _deployment(now: datetime) -> Object:
    group = "kustomize.toolkit.fluxcd.io"
    return make(
        *("apps/v1", "Deployment", "web", now),
        namespace="apps",
        labels={f"{group}/name": "app", f"{group}/namespace": "apps"},
        spec={"replicas": 1},
        status={"replicas": 1, "readyReplicas": 1, "observedGeneration": 1},
    )


def table() -> str:
    """Return docs/reliability.md."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield from _INTRODUCTION
    yield _row(["request", *(fault.name for fault in FAULTS)])
    yield _row(["---"] * (len(FAULTS) + 1))
    for role in ROLES:
        yield _row([role.name, *(str(role.code(fault)) for fault in FAULTS)])
    yield from _EXPLANATION
    yield from (f"- `{f'kubectl flux-status {line}'.strip()}`" for line in COMMANDS)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


_INTRODUCTION = (
    "# Reliability",
    "",
    "What could not be read is unknown, never empty. This page is generated by",
    "`python -m tests.commands.matrix`: each command below runs on a healthy cluster, once for each",
    "of its requests and each fault of that request.",
    "",
    "The exit code by the request that fails:",
    "",
)
_EXPLANATION = (
    "",
    "0: nothing is unknown, or only a column of a list, which a note says. 2: the object does not",
    "exist. 3: something is unknown. If something else failed, the exit code is 1 instead of 3.",
    "",
    "- Of a missing permission (403), the RBAC rule is named; of every other fault, the reason.",
    "- Nothing is said to be missing, failing or not installed because of what was not read.",
    "- Something does not exist only if discovery does not list its kind, if it is not in a list",
    "  that was read completely, or if the API server returns a Status with reason NotFound.",
    '- "stalled" is with `--request-timeout`; "garbled" is half a document, and "other JSON" a',
    "  document of another kind.",
    "- Secrets and logs are read by kubectl. `explain` names those that it could not read; a",
    "  missing permission for Secrets does not change its exit code.",
    "",
    "The commands:",
    "",
)

if __name__ == "__main__":
    sys.stdout.write(table())
