"""Flux for real: source-controller and kustomize-controller beside a cluster on loopback."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

from tests.kubernetes import access, build
from tests.kubernetes.cluster import ClusterError
from tests.kubernetes.processes import Process, free_ports
from tests.live.program import environment, flux_status

from .diagnosis import Finding
from .objects import Object, of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.kubernetes.cluster import Cluster

NAMESPACE = "flux-system"
KINDS = (
    *("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"),
    *("ExternalArtifact", "Kustomization"),
)
"""What the two controllers reconcile, and what they watch."""

_SECONDS = 60  # for anything to happen, on a busy machine
_REQUEST = "reconcile.fluxcd.io/requestedAt"
_PATHS = {
    "GitRepository": "/apis/source.toolkit.fluxcd.io/v1/namespaces/{}/gitrepositories/{}",
    "Kustomization": "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{}/kustomizations/{}",
}
_ARGUMENTS = {
    "source-controller": ("--requeue-dependency=2s",),
    "kustomize-controller": (
        "--requeue-dependency=2s",
        "--no-cross-namespace-refs=true",
        "--feature-gates=StrictPostBuildSubstitutions=true",
    ),
}
"""What the controllers run with, and what the args of their Deployments say."""


class Flux:
    """Flux in *cluster*; its controllers keep artifacts and logs in *folder*."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self._processes: list[Process] = []
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.apply(of("v1", "Namespace", "", NAMESPACE), *map(_deployment, _ARGUMENTS))
        try:
            self._run()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()

    # What it is filled with

    def namespace(self) -> str:
        """Return a new namespace, for one test alone."""
        name = f"team-{next(self._numbers)}"
        self.apply(of("v1", "Namespace", "", name))
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        self._wait_for(lambda: self._found(account) is not None, f"the account of {name}")
        return name

    def apply(self, *objects: Object) -> None:
        """Apply *objects* as users do."""
        self.cluster.apply(objects)

    def patch(self, it: Object, **spec: Any) -> None:
        """Merge *spec* into the spec of *it*; None removes a field."""
        words = ["patch", *_named(it), "--type=merge", f"--patch={json.dumps({'spec': spec})}"]
        self.cluster.kubectl(*words)

    def delete(self, it: Object) -> None:
        """Ask for the deletion of *it*, and do not wait for it."""
        self.cluster.kubectl("delete", *_named(it), "--wait=false")

    # What the controllers make of it

    def fails(self, it: Object) -> None:
        """Wait until the controller says that *it* failed."""
        self._wait_for(lambda: self._ready(it) == "False", f"a failure of {_name(it)}")

    def becomes_ready(self, it: Object) -> None:
        """Wait until *it* is Ready."""
        self._wait_for(lambda: self._ready(it) == "True", f"success of {_name(it)}")

    def reconcile(self, it: Object) -> None:
        """Have *it* reconciled now, as ``flux reconcile`` does, and wait for that to be done."""
        token = str(time.time_ns())
        self.cluster.kubectl("annotate", "--overwrite", *_named(it), f"{_REQUEST}={token}")
        self._wait_for(lambda: self._handled(it) == token, f"a reconciliation of {_name(it)}")

    def goes(self, it: Object) -> None:
        """Wait until *it* does not exist any more."""
        self._wait_for(lambda: self.found(it) is None, f"the end of {_name(it)}")

    def found(self, it: Object) -> Any:
        """Return what the cluster has of *it*, None if nothing."""
        try:
            words = self.cluster.kubectl("get", *_named(it), "--ignore-not-found", "--output=json")
        except ClusterError:  # a kind that is not served has no objects
            return None
        return json.loads(words) if words else None

    def refuses(self, it: Object) -> None:
        """Wait until the API server refuses *it*, as a policy or quota takes effect a bit later."""
        self._wait_for(lambda: not self._accepts(it), f"the refusal of {_name(it)}")

    def _accepts(self, it: Object) -> bool:
        try:
            self.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(it))
        except ClusterError:
            return False
        return True

    # What the product makes of it

    def findings(self, namespace: str) -> list[Finding]:
        """Return what the check finds wrong in *namespace*."""
        said = flux_status(self.cluster.kubeconfig("admin"), "-n", namespace, "-o", "json")
        assert said.out, said.err
        return [Finding(one) for one in said.report["findings"] if one["level"] in {"fail", "warn"}]

    def diagnosis(self, it: Object) -> Finding:
        """Return the one finding of the check about *it*."""
        found = self.findings(it["metadata"]["namespace"])
        about = [one for one in found if one.name == _name(it)]
        assert len(about) == 1, [one.content for one in found] or self._words(it)
        return about[0]

    def failure(self, *objects: Object) -> Finding:
        """Apply *objects* and return the finding about the last, which fails; others succeed."""
        for it in objects[:-1]:
            self.apply(it)
            self.becomes_ready(it)
        self.apply(objects[-1])
        self.fails(objects[-1])
        return self.diagnosis(objects[-1])

    def terminating(self, it: Object) -> Finding:
        """Return the one finding of the check about *it*, as soon as its deletion hangs."""

        def found() -> list[Finding]:
            everything = self.findings(it["metadata"]["namespace"])
            return [one for one in everything if one.name == _name(it)]

        self._wait_for(lambda: bool(found()), f"a finding about {_name(it)}")
        [finding] = found()
        return finding

    def heals(self, *objects: Object) -> None:
        """Have *objects* reconciled in this order: each is Ready, and the check finds no fault."""
        for it in objects:
            self.reconcile(it)
            self.becomes_ready(it)
        for namespace in {it["metadata"]["namespace"] for it in objects}:
            found = self.findings(namespace)
            assert found == [], [one.content for one in found]

    def paste(self, command: Sequence[str], stdin: str = "") -> str:
        """Run a printed *command* as whoever pastes it does, and return what it prints."""
        kubeconfig = self.cluster.kubeconfig("admin")
        done = subprocess.run(
            command,
            input=stdin,
            env=environment() | {"KUBECONFIG": str(kubeconfig)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    # How it works

    def _run(self) -> None:
        kubeconfig = self.cluster.kubeconfig(access.HARNESS)
        storage, *ports = free_ports(5)
        at = f"127.0.0.1:{storage}"
        serving = (
            f"--storage-path={self.folder}",
            f"--storage-addr={at}",
            f"--storage-adv-addr={at}",
        )
        for name, arguments in _ARGUMENTS.items():
            metrics, health = ports.pop(), ports.pop()
            command = [
                build.programs(name)[name],
                *arguments,
                *(serving if name == "source-controller" else ()),
                f"--metrics-addr=127.0.0.1:{metrics}",
                f"--health-addr=127.0.0.1:{health}",
            ]
            env = {"KUBECONFIG": str(kubeconfig), "RUNTIME_NAMESPACE": NAMESPACE}
            log = self.folder / f"{name}.log"
            self._processes.append(Process(command, log, env=os.environ | env))

    def _ready(self, it: Object) -> str:
        """Return the status of Ready, empty as long as it is about an older generation."""
        found = self._found(_path(it)) or {}
        for one in found.get("status", {}).get("conditions", ()):
            if one["type"] == "Ready":
                current = one["observedGeneration"] == found["metadata"]["generation"]
                return str(one["status"]) if current else ""
        return ""

    def _handled(self, it: Object) -> str:
        found = self._found(_path(it)) or {}
        return str(found.get("status", {}).get("lastHandledReconcileAt", ""))

    def _found(self, path: str) -> Any:
        try:
            return self.cluster.get(path)
        except OSError as error:
            getattr(error, "close", lambda: None)()
            return None

    def _wait_for(self, happened: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _SECONDS
        while not happened():
            for process in self._processes:
                assert not process.ended(), process.last_words()
            last_words = [process.last_words() for process in self._processes]
            assert time.monotonic() < deadline, (f"{what}: not in {_SECONDS} s", *last_words)
            time.sleep(0.1)

    def _words(self, it: Object) -> Iterator[str]:
        found = self.found(it) or {}
        return (json.dumps(one) for one in found.get("status", {}).get("conditions", ()))


def _deployment(name: str) -> Object:
    """Return the Deployment that the controller *name* has in a cluster; its pods run nothing."""
    version = build.version(name)
    labels = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name}
    container = {
        "name": "manager",
        "image": f"ghcr.io/fluxcd/{name}:v{version}",
        "args": list(_ARGUMENTS[name]),
    }
    template = {
        "metadata": {"labels": {"app": name, **labels}},
        "spec": {"containers": [container]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    deployment = of("apps/v1", "Deployment", NAMESPACE, name, spec=spec)
    deployment["metadata"]["labels"] = labels
    return deployment


def _name(it: Object) -> str:
    metadata = it["metadata"]
    return f"{it['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def _named(it: Object) -> list[str]:
    """Return the words by which kubectl knows *it*."""
    group = it["apiVersion"].rpartition("/")[0]
    kind = ".".join(filter(None, (it["kind"].lower(), group)))
    namespace = it["metadata"].get("namespace")
    return [kind, it["metadata"]["name"], *([f"--namespace={namespace}"] if namespace else [])]


def _path(it: Object) -> str:
    return _PATHS[it["kind"]].format(it["metadata"]["namespace"], it["metadata"]["name"])
