"""The cells of the matrix: a healthy cluster of which one request fails, and runs on it."""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from fluxstatus.cli import run
from fluxstatus.model.evidence import Object
from tests.builders import definitions
from tests.cluster.readers import PATIENCE
from tests.commands.matrix import FAULTS, FLUX, FOR_ADVICE, LOG, OTHERS, Request
from tests.fakes.scripted import Api, Asked, Asking, changed, document, not_found, scripted
from tests.kubernetes.flux_objects import (
    git_repository,
    helm_chart,
    helm_release,
    helm_repository,
    kustomization,
)
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.objects import condition, make, stamp

EMPTY = "empty"
"""No fault: there is nothing."""

_TIMEOUT = 20  # seconds for the command: kubectl waits when it is asked to


class Cell(NamedTuple):
    """A command of which a request, by its key, has a fault, by its name.

    `kubectl` is the real one, if one is needed; the fake one answers that all is well.
    """

    command: str
    key: str
    fault: str
    kubectl: Path | None = None


class Done(NamedTuple):
    """What came of a run: its exit code, its lines, and the keys of its requests."""

    code: Any
    lines: frozenset[str]
    requests: frozenset[str]


def run_cell(cell: Cell) -> Done:
    """Run the command of *cell* on a healthy cluster with its fault, if it has one.

    It must be in the main thread of a process of its own.
    """
    line = cell.command
    if cell.kubectl:
        line += f" --timeout {_TIMEOUT if cell.fault else 60}s"
    elif cell.fault == "stalled":
        line += f" --request-timeout {PATIENCE}s"
    with TemporaryDirectory(prefix="kfs-", dir="/tmp") as folder, scripted(Path(folder)) as api:
        fill(api)
        if cell.kubectl:
            api.kubectl.real(cell.kubectl, "proxy|logs|get")
        _spoil(api, cell)
        _isolate(Path(folder), api)
        code, text = _run(line.split())
        requests = frozenset(map(_key, api.requests))
        api.unknown.clear()  # what a 404 leads to is no concern here
    return Done(code, frozenset(" ".join(one.split()) for one in text.splitlines()), requests)


def _spoil(api: Api, cell: Cell) -> None:
    """Apply the fault of *cell* to *api*."""
    for fault in FAULTS:
        if fault.name == cell.fault:
            api[cell.key] = fault.answer
    if cell.fault == EMPTY:  # the list in all namespaces has nothing, either
        api[re.sub("/namespaces/[^/]+/", "*/", cell.key)] = _nothing


def _nothing(request: Asking) -> None:
    """Answer that there is nothing: an empty list, or an object that does not exist."""
    (not_found if request.meant and request.meant.name else changed({"items": []}))(request)


_DENIAL = re.compile(
    r"(^|\W)(no|not|none|neither|nothing|never|without|missing|absent)($|\W)|(^| )0 "
)
_OF_WHAT_WAS_READ = "that could be read"
_NOT_READ = "not read"  # the label of what `explain` could not read


def denials(done: Done) -> frozenset[str]:
    """Return the lines of *done* that deny something."""
    return frozenset(
        line
        for line in done.lines
        if line != _NOT_READ and _DENIAL.search(line.lower()) and _OF_WHAT_WAS_READ not in line
    )


def _key(asked: Asked) -> str:
    labels = asked.query.get("labelSelector", "") if asked.path.endswith("/deployments") else ""
    return Request(asked.path, "", labels).key


def _isolate(folder: Path, api: Api) -> None:
    os.environ["HOME"] = str(folder)
    os.environ["KUBECONFIG"] = str(api.kubeconfig)
    os.environ["PATH"] = os.pathsep.join((str(api.kubectl.path.parent), "/usr/bin", "/bin"))
    os.environ["COLUMNS"] = "1000"


def _run(arguments: list[str]) -> tuple[object, str]:
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
    return code, output.read()


_KUBECTL = r"""
case $command in
    logs) ;;
    get) printf 'type\tOpaque\t\nkey\tusername\t\nkey\tpassword\t\n' ;;
    auth) echo '*.*   []   []   [*]' ;;
esac
exit 0
"""
_DATA = {"username": "Zmx1eA==", "password": "eA=="}


def fill(api: Api) -> None:
    """Put a healthy cluster into *api*, with all that the commands look for."""
    now = datetime.now(UTC)  # the program looks at the clock
    api.serve(*FLUX, *OTHERS, *FOR_ADVICE)
    api.kubectl.instead("logs|get|auth", _KUBECTL)
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    source["spec"]["secretRef"] = {"name": "git"}
    maps = [f"map-{number}" for number in range(4)]  # more than are requested one by one
    inventory = ["apps_web_apps_Deployment", *(f"apps_{name}__ConfigMap" for name in maps)]
    app = kustomization("apps", "app", now, source=source, path="./", inventory=inventory)
    charts = helm_repository("apps", "charts", now, url="https://charts.example.com")
    release = helm_release("apps", "web", now, repository="charts")
    del release["status"]["inventory"]  # its objects are then found by their labels
    chart = helm_chart("apps", "web", now, repository="charts")
    api.put(*flux_system(now), source, app, charts, release, chart, *_notifications(now))
    api.put(_deployment(now), *(make("v1", "ConfigMap", m, now, namespace="apps") for m in maps))
    api.put(*(make("v1", "Namespace", one, now) for one in ("apps", "flux-system")), _event(now))
    api.put(*_around_flux(now), *definitions())
    known = {"accept.toml": '[[accept]]\ncode = "x"\nreason = "x"\nuntil = 2999-12-31\n'}
    api.put(make("v1", "ConfigMap", "known", now, namespace="apps", data=known))
    api.put(make("v1", "Secret", "git", now, namespace="apps", type="Opaque", data=_DATA))
    api[LOG.path] = document(b"")


def _notifications(now: datetime) -> Iterator[Object]:
    group = "notification.toolkit.fluxcd.io"
    ready = {"conditions": [condition("Ready", "True", "Succeeded", "initialized", now)]}
    everything = [{"kind": kind, "name": "*"} for kind in ("Kustomization", "HelmRelease")]
    of_git = {"type": "generic", "resources": [{"kind": "GitRepository", "name": "git"}]}
    alert = {"providerRef": {"name": "chat"}, "eventSources": everything}
    for version, kind, name, spec in (
        ("v1beta3", "Provider", "chat", {"type": "generic", "address": "https://x.example"}),
        ("v1beta3", "Alert", "all", alert),
        ("v1", "Receiver", "push", of_git),
    ):
        yield make(
            *(f"{group}/{version}", kind, name, now),
            namespace="apps",
            spec=spec,
            status=ready | {"observedGeneration": 1, "webhookPath": "/hook/x"},
        )


def _around_flux(now: datetime) -> Iterator[Object]:
    """Yield what advice looks for in the namespace of Flux."""
    pods = {"matchLabels": {"app.kubernetes.io/part-of": "flux"}}
    metrics = {"selector": pods, "podMetricsEndpoints": [{"port": "http-prom"}]}
    for group, kind, spec in (
        ("networking.k8s.io", "NetworkPolicy", {"podSelector": {}}),
        ("monitoring.coreos.com", "PodMonitor", metrics),
    ):
        yield make(f"{group}/v1", kind, "flux", now, namespace="flux-system", spec=spec)


def _deployment(now: datetime) -> Object:
    group = "kustomize.toolkit.fluxcd.io"
    return make(
        *("apps/v1", "Deployment", "web", now),
        namespace="apps",
        labels={f"{group}/name": "app", f"{group}/namespace": "apps"},
        spec={"replicas": 1},
        status={"replicas": 1, "readyReplicas": 1, "observedGeneration": 1},
    )


def _event(now: datetime) -> Object:
    """Return an event about the Kustomization that most commands are about."""
    event = make("v1", "Event", "app.1", now, namespace="apps")
    involved = {"kind": "Kustomization", "namespace": "apps", "name": "app"}
    return event | {
        "involvedObject": involved | {"apiVersion": "kustomize.toolkit.fluxcd.io/v1"},
        "type": "Normal",
        "reason": "Progressing",
        "message": "Deployment/apps/web configured",
        "count": 1,
        "firstTimestamp": stamp(now),
        "lastTimestamp": stamp(now),
        "source": {"component": "kustomize-controller"},
    }
