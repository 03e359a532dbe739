"""A cluster with Flux's own controllers: break it, check it, follow the advice, see it heal."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from tests.kubernetes.cluster import ClusterError
from tests.kubernetes.store import items
from tests.live.program import environment, flux_status

from . import controllers
from .finding import Finding
from .objects import Object, of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tests.kubernetes.cluster import Cluster
    from tests.kubernetes.processes import Process

_SECONDS = 60  # for anything to happen, on a busy machine
_REQUEST = "reconcile.fluxcd.io/requestedAt"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_WEBHOOKS = re.compile(r'"starting webhook receiver server","addr":"([^"]+)"')
_PODS = f"/api/v1/namespaces/{controllers.NAMESPACE}/pods"
_PATHS = {
    kind: f"/apis/{group}/v1/namespaces/{{}}/{plural}"
    for kind, group, plural in (
        ("GitRepository", "source.toolkit.fluxcd.io", "gitrepositories"),
        ("OCIRepository", "source.toolkit.fluxcd.io", "ocirepositories"),
        ("HelmRepository", "source.toolkit.fluxcd.io", "helmrepositories"),
        ("HelmChart", "source.toolkit.fluxcd.io", "helmcharts"),
        ("Kustomization", "kustomize.toolkit.fluxcd.io", "kustomizations"),
        ("Receiver", "notification.toolkit.fluxcd.io", "receivers"),
        ("FluxInstance", "fluxcd.controlplane.io", "fluxinstances"),
        ("ResourceSet", "fluxcd.controlplane.io", "resourcesets"),
        ("ResourceSetInputProvider", "fluxcd.controlplane.io", "resourcesetinputproviders"),
    )
}


class Flux:
    """The controllers *names* in *cluster*; they keep artifacts and logs in *folder*."""

    _numbers = itertools.count(1)  # of namespaces, whose names are those of repositories, too

    def __init__(
        self, cluster: Cluster, folder: Path, names: Sequence[str] = controllers.NAMES
    ) -> None:
        self.cluster = cluster
        self.folder = folder
        self.names = names
        self._processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        namespace = of("v1", "Namespace", "", controllers.NAMESPACE)
        self.apply(namespace, *controllers.deployments(*self.names))
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()

    # What happens to a controller

    def stop(self, name: str) -> None:
        """Stop the controller *name*, whose pod stays ready (SIGSTOP)."""
        self._processes[name].pause()

    def go_on(self, name: str) -> None:
        """Let the controller *name* go on after ``stop``."""
        self._processes[name].resume()

    def crash(self, name: str) -> None:
        """End the controller *name*; the kubelet waits before it starts the container again."""
        self._processes.pop(name).kill()
        self._put_container(name, ready=False, state={"waiting": {"reason": "CrashLoopBackOff"}})

    def start_again(self, name: str) -> None:
        """Start the controller *name* after ``crash``, in the same pod."""
        self._processes |= controllers.start(self.cluster, self.folder, name)
        running = {"running": {"startedAt": _text(datetime.now(UTC))}}
        self._put_container(name, ready=True, state=running)

    def restore(self, pods: Iterable[dict[str, Any]]) -> None:
        """Let all controllers run, and their *pods* be as they were, whatever happened."""
        for name in self.names:
            if name in self._processes:
                self.go_on(name)
            else:
                self.start_again(name)
        self.cluster.put(pods)

    def pod(self, name: str) -> dict[str, Any]:
        """Return the pod of the controller *name*."""
        found = items(self.cluster.get(f"{_PODS}?labelSelector=app={name}"))
        assert len(found) == 1, found
        return found[0]

    def _put_container(self, name: str, *, ready: bool, state: dict[str, Any]) -> None:
        """Set the *state* of the only container of a pod, as the kubelet would, after an error."""
        now, pod = _text(datetime.now(UTC)), self.pod(name)
        status = pod["status"]["containerStatuses"][0]
        ended = {"exitCode": 137, "reason": "Error", "finishedAt": now, "startedAt": now}
        last = status.get("lastState") if ready else {"terminated": ended}
        status |= {"ready": ready, "restartCount": 1, "state": state, "lastState": last}
        for condition in pod["status"]["conditions"]:
            if condition["type"] in {"Ready", "ContainersReady"}:
                condition |= {"status": str(ready), "lastTransitionTime": now}
        self.cluster.put([pod])
        path = f"/apis/apps/v1/namespaces/{controllers.NAMESPACE}/deployments/{name}"
        self._wait_for(
            lambda: bool(self._get(path)["status"].get("readyReplicas")) is ready,
            f"{name}, ready: {ready}",
        )

    # Changing the cluster

    def new_namespace(self) -> str:
        """Create a namespace for one test alone, and return its name."""
        name = f"team-{next(self._numbers)}"
        self.apply(of("v1", "Namespace", "", name))
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        self._wait_for(lambda: bool(self._get(account)), f"the ServiceAccount of {name}")
        return name

    def apply(self, *objects: Object) -> None:
        """Apply *objects* with kubectl."""
        self.cluster.apply(objects)

    def patch(self, it: Object, **spec: Any) -> None:
        """Merge *spec* into the spec of *it*; None removes a field."""
        patch = json.dumps({"spec": spec})
        self.cluster.kubectl("patch", *_named(it), "--type=merge", f"--patch={patch}")

    def delete(self, it: Object) -> None:
        """Delete *it*, and do not wait until it is gone."""
        self.cluster.kubectl("delete", *_named(it), "--wait=false")

    def age(self, namespace: str) -> None:
        """Make the Flux objects in *namespace* ten minutes older: a young one may still recover."""
        for path in _PATHS.values():
            self.age_all(path.format(namespace))

    def age_all(self, path: str) -> None:
        """Make all objects at the API *path* ten minutes older."""
        if found := self._get(path):  # empty for a kind that is not served
            self.cluster.put(_older(one) for one in items(found))

    def paste(self, command: Sequence[str], stdin: str = "") -> str:
        """Run a printed *command* as a cluster-admin, and return its output."""
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

    def call(self, receiver: Object) -> None:
        """Call the webhook of the ready *receiver*, as a Git host does after a push."""
        log = (self.folder / f"{controllers.NOTIFIER}.log").read_text()
        [address] = _WEBHOOKS.findall(log)
        url = f"http://{address}{self._get(_path(receiver))['status']['webhookPath']}"
        self._wait_for(lambda: _is_accepted(url), f"the webhook of {_name(receiver)}")

    # What the controllers do

    def becomes_ready(self, it: Object) -> None:
        """Wait until Ready of *it* is True."""
        self._wait_for(lambda: self.is_ready(it), f"success of {_name(it)}")

    def is_ready(self, it: Object) -> bool:
        """Return whether Ready of *it* is True now."""
        return self._ready(it) == "True"

    def last_reconciled(self, it: Object) -> datetime:
        """Return when *it* was last reconciled."""
        latest = self._get(_path(it))["status"]["history"][0]["lastReconciled"]
        return datetime.fromisoformat(latest)

    def applies(self, it: Object, commit: str) -> None:
        """Wait until the Kustomization *it* has applied *commit*."""
        self._wait_for(lambda: commit in self._applied(it), f"{commit} applied by {_name(it)}")

    def fails(self, it: Object) -> None:
        """Wait until Ready of *it* is False."""
        self._wait_for(lambda: self._ready(it) == "False", f"a failure of {_name(it)}")

    def warns(self, it: Object) -> None:
        """Wait for a Warning event about *it*."""
        metadata = it["metadata"]
        about = (
            f"type=Warning,involvedObject.kind={it['kind']},involvedObject.name={metadata['name']}"
        )
        path = f"/api/v1/namespaces/{metadata['namespace']}/events?fieldSelector={about}"
        self._wait_for(lambda: bool(self._get(path).get("items")), f"a warning about {_name(it)}")

    def is_deleted(self, it: Object) -> None:
        """Wait until *it* does not exist."""
        self._wait_for(lambda: self.found(it) is None, f"the end of {_name(it)}")

    def is_refused(self, it: Object) -> None:
        """Wait until the API server refuses *it*: a policy or quota takes effect a bit later."""
        self._wait_for(lambda: not self._accepts(it), f"the refusal of {_name(it)}")

    def reconcile(self, it: Object) -> None:
        """Reconcile *it* as ``flux reconcile`` does, and wait until the controller is done."""
        token = str(time.time_ns())
        self.cluster.kubectl("annotate", "--overwrite", *_named(it), f"{_REQUEST}={token}")
        self._wait_for(lambda: self._handled(it) == token, f"a reconciliation of {_name(it)}")

    def heals(self, *objects: Object) -> None:
        """Reconcile *objects* in this order; each becomes Ready, and the check finds no fault."""
        for it in objects:
            self.reconcile(it)
            self.becomes_ready(it)
        for namespace in {it["metadata"]["namespace"] for it in objects}:
            found = self.findings(namespace)
            assert found == [], [one.content for one in found]

    def found(self, it: Object) -> Any:
        """Return *it* as it is in the cluster, None if it does not exist."""
        try:
            output = self.cluster.kubectl("get", *_named(it), "--ignore-not-found", "--output=json")
        except ClusterError:  # a kind that is not served has no objects
            return None
        return json.loads(output) if output else None

    # What the product finds

    def report(self) -> dict[str, Any]:
        """Return the report on the whole cluster, with what is well."""
        result = flux_status(self.cluster.kubeconfig("admin"), "--all", "-o", "json")
        assert result.out, result.err
        return result.report

    def findings(self, namespace: str) -> list[Finding]:
        """Return the faults that the check of *namespace* finds."""
        result = flux_status(self.cluster.kubeconfig("admin"), "-n", namespace, "-o", "json")
        assert result.out, result.err
        found = map(Finding, result.report["findings"])
        return [finding for finding in found if finding.is_fault]

    def diagnosis(self, it: Object) -> Finding:
        """Return the one finding about *it*, which has failed for some time."""
        self.age(it["metadata"]["namespace"])
        found = self.findings(it["metadata"]["namespace"])
        about = [one for one in found if one.name == _name(it)]
        assert len(about) == 1, ([one.content for one in found], _conditions(self._get(_path(it))))
        return about[0]

    def failure(self, *objects: Object) -> Finding:
        """Apply *objects* and return the finding about the last, which fails; the others do not."""
        for it in objects[:-1]:
            self.apply(it)
            self.becomes_ready(it)
        self.apply(objects[-1])
        self.fails(objects[-1])
        return self.diagnosis(objects[-1])

    # Implementation

    def _start(self) -> None:
        self._processes |= controllers.start(self.cluster, self.folder, *self.names)
        for name in self.names:
            deployment = of("apps/v1", "Deployment", controllers.NAMESPACE, name)
            words = ["--for=condition=Available", f"--timeout={_SECONDS}s"]
            self.cluster.kubectl("wait", *_named(deployment), *words)
        self.age_all(_PODS)

    def _accepts(self, it: Object) -> bool:
        try:
            self.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(it))
        except ClusterError:
            return False
        return True

    def _ready(self, it: Object) -> str:
        """Return the status of Ready, empty while it is about an older generation."""
        found = self._get(_path(it))
        for one in _conditions(found):
            if one["type"] == "Ready" and one["observedGeneration"] == _generation(found):
                return str(one["status"])
        return ""

    def _applied(self, it: Object) -> str:
        return str(self._get(_path(it)).get("status", {}).get("lastAppliedRevision", ""))

    def _handled(self, it: Object) -> str:
        return str(self._get(_path(it)).get("status", {}).get("lastHandledReconcileAt", ""))

    def _get(self, path: str) -> dict[str, Any]:
        """Return the object at *path*, empty if it does not exist."""
        try:
            return dict(self.cluster.get(path))
        except OSError as error:
            getattr(error, "close", lambda: None)()
            return {}

    def _wait_for(self, happened: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _SECONDS
        while not happened():
            late = time.monotonic() > deadline
            assert not late, (f"{what}: not in {_SECONDS} s", *self._last_errors())
            ended = [one.last_words() for one in self._processes.values() if one.ended()]
            assert not ended, ended
            time.sleep(0.1)

    def _last_errors(self) -> list[str]:
        logs = [one.log.read_text() for one in self._processes.values()]
        lines = [line for text in logs for line in text.splitlines()]
        return [line for line in lines if '"level":"error"' in line][-5:]


def _is_accepted(url: str) -> bool:
    """Return whether the webhook at *url* accepts a push: the controller may not know it yet."""
    try:
        with urllib.request.urlopen(url, data=b"{}", timeout=_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False


def _older(value: Any) -> Any:
    """Return *value* with all times in it ten minutes earlier."""
    if isinstance(value, dict):
        return {name: _older(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_older(one) for one in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        return _text(datetime.fromisoformat(value) - timedelta(minutes=10))
    return value


def _text(at: datetime) -> str:
    """Return the time *at*, of UTC, as in an object."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _conditions(found: Object) -> list[dict[str, Any]]:
    return list(found.get("status", {}).get("conditions", ()))


def _generation(found: Object) -> int:
    return int(found["metadata"]["generation"])


def _name(it: Object) -> str:
    metadata = it["metadata"]
    return f"{it['kind']} {metadata.get('namespace', '')}/{metadata['name']}"


def _named(it: Object) -> list[str]:
    """Return the arguments by which kubectl knows *it*."""
    group = it["apiVersion"].rpartition("/")[0]
    kind = ".".join(filter(None, (it["kind"].lower(), group)))
    namespace = it["metadata"].get("namespace")
    return [kind, it["metadata"]["name"], *([f"--namespace={namespace}"] if namespace else [])]


def _path(it: Object) -> str:
    metadata = it["metadata"]
    return f"{_PATHS[it['kind']].format(metadata['namespace'])}/{metadata['name']}"
