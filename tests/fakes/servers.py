"""Many scripted API servers behind one kubectl, each by a context of one kubeconfig."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from tests.fakes import forward
from tests.fakes.programs import program
from tests.fakes.scripted import Api, scripted

_KUBECTL = """
echo "$@" >>'{folder}/asked'
kubeconfig=$KUBECONFIG context=
for word; do case $word in
    --context=*) context=${{word#*=}} ;;
    --kubeconfig=*) kubeconfig=${{word#*=}} ;;
esac; done
case "$1 $2 $3" in
    "config view --raw") cat "$kubeconfig.authorities" 2>/dev/null; exit 0 ;;
    "config view "*) cat "$kubeconfig"; exit 0 ;;
    version*) echo 'Client Version: v1.37.2'; exit 0 ;;
esac
port=$(cat '{folder}/ports/'"$context")
exec '{python}' -I -S '{forward}' "$port" "$@"
"""


class Servers:
    """Scripted servers, keyed by the name of their context; all are in the file `kubeconfig`."""

    def __init__(self, folder: Path, apis: Mapping[str, Api]) -> None:
        self.folder, self.apis = folder, apis
        self.kubeconfig = folder / "kubeconfig"
        self._contexts = {name: (name, name) for name in apis}
        self._users: dict[str, Any] = {}
        self._write()

    def __getitem__(self, name: str) -> Api:
        """Return the server of the context *name*."""
        return self.apis[name]

    def login(self, name: str, user: Mapping[str, Any]) -> None:
        """Let the context *name* log in as *user*."""
        self._users[name] = user
        self._write()

    def also(self, name: str, of: str, *, server: str = "") -> None:
        """Add a context *name* for the server of another one, *server* if it has that name too."""
        self._contexts[name] = (server or of, name)
        port = (self.folder / "ports" / of).read_text()
        (self.folder / "ports" / name).write_text(port)
        self._write()

    def asked(self) -> list[str]:
        """Return the arguments of each call of kubectl."""
        return (self.folder / "asked").read_text().splitlines()

    def _write(self) -> None:
        self.kubeconfig.write_text(json.dumps(self.document()))

    def document(self) -> dict[str, Any]:
        """Return the kubeconfig."""
        servers = dict.fromkeys(server for server, _ in self._contexts.values())
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": one, "cluster": {"server": f"https://{one}.example.com"}}
                for one in servers
            ],
            "users": [
                {"name": user, "user": self._users.get(user, {})}
                for _, user in self._contexts.values()
            ],
            "contexts": [
                {"name": name, "context": {"cluster": server, "user": user}}
                for name, (server, user) in self._contexts.items()
            ],
            "current-context": next(iter(self._contexts)),
        }


@contextmanager
def serving(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Iterator[Servers]:
    """Run a server for each of *names*; the kubectl on PATH leads to them."""
    with ExitStack() as stack:
        apis = {}
        (folder / "ports").mkdir()
        for name in names:
            own = folder / f"server-{name}"
            own.mkdir()
            apis[name] = stack.enter_context(scripted(own))
            (folder / "ports" / name).write_text(f"{apis[name].port}")
        fields = {"folder": folder, "python": sys.executable, "forward": forward.__file__}
        program(folder / "bin" / "kubectl", _KUBECTL.format_map(fields))
        monkeypatch.setenv("PATH", os.pathsep.join((str(folder / "bin"), "/usr/bin", "/bin")))
        servers = Servers(folder, apis)
        monkeypatch.setenv("KUBECONFIG", str(servers.kubeconfig))
        yield servers


def kube_system(uid: str) -> Object:
    """Return the namespace kube-system of the cluster *uid*."""
    metadata = {"name": "kube-system", "uid": uid}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
