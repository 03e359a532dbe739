"""`explain` on a real API server: logs, Secrets, rights, and what it prints to be pasted."""

import base64
import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit
from tests import forking
from tests.conftest import ROOT
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster
from tests.live.program import environment, flux_status
from tests.live.test_check import BROKEN, ZOO, put

pytestmark = pytest.mark.cluster

CANARY = "hunter2CANARYhunter2"
LOGIN = ("gitrepo/apps", "-n", "git-ssh-healthy")
"""An object of BROKEN whose Secret matters."""

_OBJECTS = (
    *("GitRepository", "OCIRepository", "HelmRepository", "Bucket", "Kustomization"),
    *("HelmRelease", "FluxInstance", "Receiver", "ResourceSet"),
)


def secrets(file: Path) -> list[dict[str, Any]]:
    """Return a Secret full of canaries for each that an object in *file* names."""
    names = {
        (item["metadata"]["namespace"], reference["name"])
        for answer in snapshot.load(file).answers.values()
        for item in answer.known
        for field in ("secretRef", "certSecretRef", "proxySecretRef")
        if isinstance(reference := item.get("spec", {}).get(field), dict)
    }
    value = base64.b64encode(CANARY.encode()).decode()
    data = dict.fromkeys(("username", "password", "identity", "known_hosts", "tls.crt"), value)
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace, "uid": f"{namespace}-{name}"},
            "type": "Opaque",
            "data": data,
        }
        for namespace, name in sorted(names)
    ]


@pytest.fixture(name="watched")
def _watched(tmp_path: Path, kubectl: Path) -> Path:
    """Return a folder whose kubectl notes its arguments, and has logs, for no node here has any."""
    line = {
        "level": "error",
        "ts": "2026-11-23T11:59:00Z",
        "msg": "Reconciler error",
        "controllerKind": "GitRepository",
        "GitRepository": {"name": "flux-system", "namespace": "flux-system"},
        "error": f"https://git:{CANARY}@git.example.com: authentication required",
    }
    (tmp_path / "log").write_text(json.dumps(line) + "\n")
    script = f"""
    echo "$@" >>{tmp_path}/argv
    case " $* " in
      *" logs "*) cat {tmp_path}/log ;;
      *) exec {shlex.quote(str(kubectl))} "$@" ;;
    esac"""
    return program(tmp_path / "bin" / "kubectl", script).parent.parent


def explain(cluster: Cluster, who: str, folder: Path, *words: str) -> tuple[int, str]:
    """Explain as *who* with the kubectl in *folder*; give the exit code and all that is printed."""
    env = environment()
    env |= {"PATH": f"{folder / 'bin'}{os.pathsep}{env['PATH']}", "TMPDIR": str(folder)}
    argv = ["explain", *words, f"--kubeconfig={cluster.kubeconfig(who)}"]
    done = forking.run(argv, env=env)
    return done.returncode, done.stdout + done.stderr


def test_log_and_credentials_are_shown(cluster: Cluster, watched: Path) -> None:
    """What the controller logged, and what is wrong with the Secret, stands in the story."""
    put(cluster, BROKEN)
    cluster.put(secrets(BROKEN))
    code, text = explain(cluster, "admin", watched, "gitrepo/flux-system")
    assert code == Exit.UNHEALTHY
    assert "Reconciler error: https://***@git.example.com: authentication required" in " ".join(
        text.split()
    )
    code, text = explain(cluster, "admin", watched, *LOGIN)
    text = " ".join(text.split())
    assert "Secret git-ssh-healthy/ssh-key, spec.secretRef.name of GitRepository" in text
    assert 'key "identity" is not a private key' in text
    assert 'key "known_hosts" does not include ssh.acme.internal' in text


def test_no_value_of_a_secret_is_anywhere(cluster: Cluster, watched: Path) -> None:
    """No output, argument or file has a value of a Secret, plain or as base64."""
    put(cluster, ZOO)
    cluster.put(secrets(ZOO))
    result = []
    for kind in _OBJECTS:
        items = snapshot.load(ZOO).answers
        named = [i for a in items.values() for i in a.known
                 if i["kind"] == kind and "secretRef" in i.get("spec", {})]  # fmt: skip
        for item in named[:4]:
            where = ("-n", item["metadata"]["namespace"])
            words = (f"{kind}/{item['metadata']['name']}", *where)
            result += [explain(cluster, "admin", watched, *words, f"--output={form}")[1]
                     for form in ("text", "json")]  # fmt: skip
    assert len(result) > 10
    files = [f.read_text(errors="replace") for f in watched.rglob("*")
             if f.is_file() and f.name != "log"]  # fmt: skip
    encoded = base64.b64encode(CANARY.encode()).decode()
    assert "go-template" in (watched / "argv").read_text()
    for text in (*result, *files):
        assert CANARY not in text
        assert encoded[:16] not in text


def test_events_of_any_kind_are_shown_once(cluster: Cluster, watched: Path) -> None:
    """Normal events stand in the story, too, counted, and without what is secret in them."""
    put(cluster, BROKEN)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.put([
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"event.{number}", "namespace": "flux-system"},
            "involvedObject": {
                "kind": "GitRepository", "namespace": "flux-system", "name": "flux-system",
            },
            "type": "Normal",
            "reason": "GitOperationSucceeded",
            "message": f"no changes since https://git:{CANARY}@git.example.com",
            "count": 20 + number,
            "firstTimestamp": now,
            "lastTimestamp": now,
        }
        for number in range(2)
    ])  # fmt: skip
    _, text = explain(cluster, "admin", watched, "gitrepo/flux-system", "-o", "json")
    events = json.loads(text)["events"]
    normal = [event for event in events["items"] if event["type"] == "Normal"]
    assert [(event["times"], event["message"]) for event in normal] == [
        (41, "no changes since https://***@git.example.com")
    ]
    assert [event for event in events["items"] if event["type"] == "Warning"]
    _, text = explain(cluster, "nobody", watched, "gitrepo/flux-system")
    assert CANARY not in text


def test_the_rest_is_shown_without_permissions(cluster: Cluster, watched: Path) -> None:
    """Who may not read Secrets or logs gets the story all the same, and what is missing."""
    put(cluster, BROKEN)
    cluster.put(secrets(BROKEN))
    program(watched / "bin" / "kubectl", f"""
    case " $* " in
      *" logs "*) echo 'Error from server (Forbidden): pods "x" is forbidden' >&2; exit 1 ;;
      *) exec {shlex.quote(str(cluster_kubectl()))} "$@" ;;
    esac""")  # fmt: skip
    code, text = explain(cluster, "viewer", watched, "gitrepo/flux-system")
    assert code == Exit.UNHEALTHY
    assert "missing permission: get pods/log" in " ".join(text.split())
    code, text = explain(cluster, "viewer", watched, *LOGIN)
    assert "missing permission: get secrets" in " ".join(text.split())


def cluster_kubectl() -> Path:
    """Return the path of the kubectl that was built."""
    from tests.kubernetes import build  # noqa: PLC0415 - only this needs it by name

    return build.programs("kubectl")["kubectl"]


def test_every_command_runs(cluster: Cluster, watched: Path) -> None:
    """Each of the related commands works when pasted."""
    put(cluster, ZOO)
    commands = set()
    for kind in _OBJECTS:
        item = next(i for a in snapshot.load(ZOO).answers.values() for i in a.known
                    if i["kind"] == kind)  # fmt: skip
        words = (f"{kind}/{item['metadata']['name']}", "-n", item["metadata"]["namespace"])
        document = explain(cluster, "admin", watched, *words, "--output=json")[1]
        commands |= {tuple(command["argv"]) for command in json.loads(document)["commands"]}
    assert sum("describe" in argv for argv in commands) == len(_OBJECTS)
    assert any("logs" in argv for argv in commands)
    env = environment()
    env["PATH"] = f"{watched / 'bin'}{os.pathsep}{env['PATH']}"
    failed = {}
    for argv in sorted(commands):
        done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
        if done.returncode:
            failed[argv] = done.stderr
    assert not failed


def test_it_is_a_kubectl_plugin(cluster: Cluster, tmp_path: Path) -> None:
    """What a finding prints to read more works as kubectl runs it."""
    put(cluster, BROKEN)
    result = flux_status(cluster.kubeconfig("admin"), "-o", "json")
    more = [c["argv"] for f in result.report["findings"] for h in f["hints"] for c in h["commands"]
            if c["argv"][1:3] == ["flux-status", "explain"]]  # fmt: skip
    assert more
    program(tmp_path / "kubectl-flux_status", f'exec {sys.executable} -m fluxstatus "$@"')
    env = environment()
    env |= {"PATH": f"{tmp_path}{os.pathsep}{env['PATH']}", "PYTHONPATH": str(ROOT)}
    for argv in more:
        done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
        assert done.returncode == Exit.UNHEALTHY, done.stderr
