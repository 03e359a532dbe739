"""A Kubernetes cluster on loopback: etcd and an API server, on request also what runs Pods."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from . import access, audit, build, crds
from .api import Api
from .etcd import Etcd
from .processes import Process, free_ports
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

_SECONDS = 60  # for anything to get ready, on a busy machine

_NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "worker-1", "labels": {"kubernetes.io/os": "linux"}},
    "status": {
        "allocatable": {"cpu": "64", "memory": "256Gi", "pods": "1000"},
        "capacity": {"cpu": "64", "memory": "256Gi", "pods": "1000"},
    },
}

# What kwok does to nodes and Pods, from its own examples: they become ready at once.
_STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat/node-heartbeat.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)


class ClusterError(Exception):
    """The cluster rejected a request; the text has the reason."""


class Cluster:
    """A cluster that lives as long as its ``with`` block.

    It has the users in ``access.USERS``, the namespace team-a, the roles that Flux installs, and no
    CRD. With *controllers* a Deployment that is applied gets its Pods and becomes ready.
    """

    def __init__(self, *, controllers: bool = False) -> None:
        self._controllers = controllers
        self._processes: dict[str, Process] = {}
        self._crds: list[crds.Definition] = []
        self._away = False  # the API server, paused or killed

    def __enter__(self) -> Self:
        names = ["etcd", "kube-apiserver", "kubectl"]
        if self._controllers:
            names += ["kube-controller-manager", "kube-scheduler", "kwok"]
        self._programs = build.programs(*names)
        self._temporary = tempfile.TemporaryDirectory(prefix="kfs-cluster-")
        self._folder = Path(self._temporary.name)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes.values()):
            process.kill()
        self._temporary.cleanup()

    # What it is asked

    def get(self, path: str, user: str = access.HARNESS) -> Any:
        """Return the API server's answer to a GET of *path* by *user*: JSON decoded, text as text.

        Raises urllib's HTTPError for a refusal, another OSError for no answer.
        """
        return self._api.get(path, user)

    def kubectl(self, *arguments: str, user: str = access.HARNESS, stdin: str | None = None) -> str:
        """Run kubectl as *user* and give what it prints. Raises ClusterError with its complaint."""
        own = [f"--kubeconfig={self.kubeconfig(user)}", f"--cache-dir={self._folder / 'cache'}"]
        done = subprocess.run(
            [self._programs["kubectl"], *own, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ClusterError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def kubeconfig(self, *users: str, namespace: str | None = None) -> Path:
        """Write a kubeconfig with a context ``kfs-USER`` for each of *users*, the first current.

        All tests share the file. Raises ClusterError when one of them has changed it.
        """
        path = self._folder / "-".join(["kubeconfig", *users, *([namespace] if namespace else [])])
        text = json.dumps(access.kubeconfig(self.server, self._authority, users, namespace))
        if not path.exists():  # a program that is just starting may read it: write it only once
            path.touch(0o600)
            path.write_text(text)
        elif path.read_text() != text:
            raise ClusterError(f"a test changed {path}: tests must edit a copy")
        return path

    def audit(self, user: str | None = None) -> list[audit.Request]:
        """Return the requests since ``forget_audit``, in order, of *user* or of everyone.

        What the tests do through this class is not among them, unless as another user.
        """
        return self._audit.requests(user)

    def forget_audit(self) -> None:
        """Let the next ``audit`` begin here."""
        self._audit.forget()

    # What it is filled with

    def put(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Store *objects* as they are: status and managedFields kept, nothing checked or filled in.

        Raises StoreError for a kind, or a version of it, that the API server does not serve.
        """
        self._store.put(objects)

    def remove(self, objects: Iterable[Mapping[str, Any]]) -> None:
        """Take *objects* out at once, finalizers or not. Raises as ``put``."""
        self._store.remove(objects)

    def apply(self, manifests: str | Iterable[Mapping[str, Any]]) -> None:
        """Apply *manifests*, YAML or objects, by kubectl: checked, filled in and admitted."""
        if not isinstance(manifests, str):
            items = [dict(one) for one in manifests]
            manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests)

    def clear(self) -> None:
        """Undo all that was put, applied or removed; CRDs stay as they were last installed."""
        self._store.restore()

    def install_crds(self, flux: str | None = None, kinds: Collection[str] | None = None) -> None:
        """Install the CRDs of *flux* and flux-operator and wait until all is served.

        Without *flux* it is the newest; *kinds* picks some. Clears the cluster first. Raises
        KeyError for a version or kind that there is not.
        """
        self.clear()
        available = {crds.kind(one): one for one in crds.definitions(flux)}
        wanted = [available[kind] for kind in (available if kinds is None else kinds)]
        for definition in wanted:
            self._api.post(crds.PATH, definition)
        self._crds += wanted
        self._wait_for_crds()
        self._store.save()

    def remove_crds(self, kinds: Collection[str] | None = None) -> None:
        """Remove the CRDs of *kinds*, or all, and wait. Clears the cluster first."""
        self.clear()
        for definition in list(self._crds):
            if kinds is None or crds.kind(definition) in kinds:
                self._remove_crd(f"{crds.PATH}/{definition['metadata']['name']}")
                self._crds.remove(definition)
        self._wait_for_crds()
        self._store.save()

    def _remove_crd(self, path: str) -> None:
        self._api.delete(path)
        self._wait_for(f"the end of {path}", lambda: not self._api.answers(path))

    # How it fails

    def pause(self) -> None:
        """Freeze the API server: it takes connections and answers nothing."""
        self._away = True
        self._processes["kube-apiserver"].pause()

    def kill_apiserver(self) -> None:
        """End the API server in the middle of whatever it does."""
        self._away = True
        self._processes["kube-apiserver"].kill()

    def resume(self) -> None:
        """Bring the API server back after ``pause`` or ``kill_apiserver``, ready and as it was."""
        if not self._away:
            return
        if self._processes["kube-apiserver"].ended():
            self._run_apiserver()
        self._processes["kube-apiserver"].resume()
        self._wait_for("the API server", lambda: self._api.answers("/readyz"))
        self._wait_for_crds()
        self._away = False

    # How it starts

    def _start(self) -> None:
        client_port, peer_port, port = free_ports(3)
        self._etcd = Etcd(f"http://127.0.0.1:{client_port}")
        self.server = f"https://127.0.0.1:{port}"
        self._certificates = self._folder / "certificates"
        self._audit = audit.AuditLog(self._folder / "audit")
        self._run_etcd(f"http://127.0.0.1:{peer_port}")
        (self._folder / "tokens").write_text(access.token_file())
        (self._folder / "audit-policy").write_text(json.dumps(audit.POLICY))
        self._run_apiserver()
        self._wait_for("a certificate", (self._certificates / "apiserver.key").exists)
        self._authority = (self._certificates / "apiserver.crt").read_text()
        self._api = Api(self.server, self._authority)
        self._store = Store(self._etcd, self._api)
        self._wait_for("the API server", lambda: self._api.answers("/readyz"))
        self._grant()
        if self._controllers:
            self._run_controllers()
        self._store.save()

    def _run(self, name: str, *flags: str) -> None:
        log = self._folder / f"{name}.log"
        self._processes[name] = Process([self._programs[name], *flags], log)

    def _run_etcd(self, peers: str) -> None:
        self._run(
            "etcd",
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={self._etcd.url}",
            f"--advertise-client-urls={self._etcd.url}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
            # Thousands of objects go in with few transactions.
            "--max-txn-ops=10000",
            f"--max-request-bytes={256 << 20}",
            f"--quota-backend-bytes={8 << 30}",
            "--log-level=warn",
        )

    def _run_apiserver(self) -> None:
        # On the first start it makes itself a certificate and a key; the key may sign tokens too.
        key = self._certificates / "apiserver.key"
        self._run(
            "kube-apiserver",
            f"--etcd-servers={self._etcd.url}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.server.rpartition(':')[2]}",
            f"--cert-dir={self._certificates}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
            f"--token-auth-file={self._folder / 'tokens'}",
            "--authorization-mode=RBAC",
            f"--audit-policy-file={self._folder / 'audit-policy'}",
            f"--audit-log-path={self._folder / 'audit'}",
            "--audit-log-mode=blocking",
            "--audit-log-maxsize=0",
        )

    def _run_controllers(self) -> None:
        kubeconfig = f"--kubeconfig={self.kubeconfig(access.HARNESS)}"
        alone = ["--leader-elect=false", "--secure-port=0"]
        self._run(
            "kube-controller-manager",
            kubeconfig,
            *alone,
            f"--root-ca-file={self._certificates / 'apiserver.crt'}",
            f"--service-account-private-key-file={self._certificates / 'apiserver.key'}",
        )
        self._run("kube-scheduler", kubeconfig, *alone)
        stages = build.sources("kwok") / "kustomize" / "stage"
        configs = [f"--config={stages / file}" for file in _STAGES]
        self._run("kwok", kubeconfig, *configs, "--manage-all-nodes=true")
        self.apply([_NODE])
        self._wait_for("the node", self._node_is_ready)
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        self._wait_for("the controllers", lambda: self._api.answers(account))

    def _node_is_ready(self) -> bool:
        conditions = self.get("/api/v1/nodes/worker-1")["status"].get("conditions", [])
        return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

    def _grant(self) -> None:
        namespace = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": access.NAMESPACE},
        }
        self.apply([namespace, *access.flux_roles(), *access.bindings()])
        roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
        self.put([access.aggregated_view(self.get(roles)["items"])])
        pods = f"/api/v1/namespaces/{access.NAMESPACE}/pods"
        self._wait_for(
            "the roles",
            lambda: (
                self._api.answers("/api/v1/pods", "viewer")
                and self._api.answers(pods, "namespaced")
            ),
        )

    def _wait_for_crds(self) -> None:
        paths = [f"{path}?limit=1" for one in self._crds for path in crds.paths(one)]
        self._wait_for("the CRDs", lambda: all(map(self._api.answers, paths)))
        # It is written later, and one version after another.
        served = {(crds.kind(one), version) for one in self._crds for version in crds.served(one)}
        self._wait_for("discovery", lambda: served == self._custom_kinds())

    def _custom_kinds(self) -> set[tuple[str, str]]:
        found = (one for one in self._api.served() if one.group.endswith(crds.DOMAINS))
        return {(one.kind, one.version) for one in found}

    def _wait_for(self, what: str, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not happened():
            for name, process in self._processes.items():
                if process.ended():
                    raise ClusterError(f"{name} ended:\n{process.last_words()}")
            if time.monotonic() > deadline:
                words = self._processes["kube-apiserver"].last_words()
                raise ClusterError(f"{what}: not in {_SECONDS} s\n{words}")
            time.sleep(0.05)
