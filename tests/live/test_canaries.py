"""No command, in no format, prints a secret, or leaves it in a file or on a command line."""

import json
import os
import shlex
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from fluxstatus.cli import app
from fluxstatus.model import snapshot
from tests import forking
from tests.fakes.programs import program
from tests.kubernetes.build import programs
from tests.kubernetes.cluster import Cluster
from tests.live.canaries import CANARY, MESSAGES, config_map, found_in, poisoned, secrets
from tests.live.program import environment
from tests.live.replay import namespaces, objects
from tests.live.test_check import BROKEN, HEALTHY, ZOO

pytestmark = pytest.mark.cluster

Words = tuple[str, ...]

_OBJECTS = (
    *("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket", "Kustomization"),
    *("HelmRelease", "FluxInstance", "Receiver", "ResourceSet", "ResourceSetInputProvider"),
    *("Alert", "Provider", "ImageRepository", "ImagePolicy"),
)
WAYS: dict[str, tuple[Words, ...]] = {
    "": ((), ("--all",), ("-n", "git-fanout-30"), ("--wait=1s",), ("--save=now.json",)),
    "explain": (("suspended",), ("no-such-code",), ("ks/no-such-thing",), ("KIND/NAME",)),
    "fleet": (
        ("--all-contexts",),
        ("--all-contexts", "--advice", "--save={context}.json.gz"),
        ("--all-contexts", "--upgrade-to=2.99", "--report=html=plans", "--report=junit=plans.xml"),
    ),
    "list": ((),),
    "accept": (("0123456789ab", "--reason=x", "--until=2999-12-31"),),
    "wait": (("--revision=5f2ac1d", "--timeout=2s"),),
    "credentials": (("KIND/NAME",),),
    "reconcile": (("KIND/NAME",),),
    "versions": ((),),
    "upgrade plan": ((), ("--to=2.99", "--all")),
    "preflight": ((), ("--manifest",)),
    "get": (
        ("all", "-A"),
        ("ks", "--contexts=*"),
        ("sources",),
        ("components",),
        ("ks,hr", "--not-ready"),
        ("ONE/NAME",),
    ),
    "conditions": (("KIND/NAME",),),
    "events": ((), ("--for", "ONE/NAME"), ("ONE/NAME",)),
    "logs": (
        (),
        ("source-controller", "--errors"),
        ("--for", "ks/flux-system"),
        ("ks/flux-system",),
    ),
    "inventory": ((), ("KIND/NAME",)),
    "owner": (("KIND/NAME",),),
    "tree": (("KIND/NAME",),),
    "mcp prompts": ((),),
    "mcp status": ((),),
    "mcp tools": ((),),
}
"""Each command, and words to give it; KIND/NAME stands for an object of each kind.

ONE/NAME stands for one object, where another way shows the same of the objects of all kinds.
"""

_FILES = "it reads or writes files of MCP clients, and nothing of the cluster"
EXCEPTED = {
    "ui": "it opens a way to a server and prints its address; it reads no more than the check",
    "compare": "it reads two files, and nothing of a cluster",
    **dict.fromkeys(("version", "completion", "rbac"), "it tells of the program alone"),
    "mcp verify": "it talks to the MCP server; what comes back is counted, not shown",
    **dict.fromkeys(
        ("mcp setup", "mcp config", "mcp remove", "mcp decline", "mcp accept", "mcp skill"), _FILES
    ),
}
"""Commands that are not tried, and why."""


_WHOLE = ("text", "wide", "tree", "json")
"""The formats that show all that there is to show; the others show the same in other signs."""

_ALONE = ("list", "mcp status", "mcp tools")
"""Those of WAYS that start no kubectl."""


def commands() -> dict[str, Any]:
    """Return every command of the program by its name, the check itself by none."""
    group: Any = get_command(app)
    return {"": group, **_in_group(group)}


def _in_group(group: Any, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        inner = hasattr(command, "list_commands")
        found |= _in_group(command, f"{name} ") if inner else {f"{before}{name}": command}
    return found


def formats(command: Any) -> list[str]:
    """Return the formats that *command* has."""
    of_output = (one for one in command.params if "--output" in one.opts)
    return [str(choice) for one in of_output for choice in getattr(one.type, "choices", ())]


def test_every_command_is_tried() -> None:
    """Every command is either tried here or listed with the reason why not."""
    known = commands()
    assert set(known) == {*WAYS, *EXCEPTED}, "tell WAYS how to try it"
    assert sum(len(formats(known[name])) for name in WAYS) > len(WAYS)


class Watched:
    """The program in a home of its own; what it starts is noted, and each log has canaries."""

    def __init__(self, home: Path) -> None:
        """Make the *home*."""
        self.home = home
        log = home.parent / "log"
        names = ("GitRepository", "flux-system"), ("Kustomization", "flux-system")
        log.write_text("".join(
            json.dumps({
                "level": "error", "ts": "2026-11-23T11:59:00Z", "msg": message,
                "controllerKind": kind, kind: {"name": name, "namespace": "flux-system"},
                "error": message,
            }) + "\n" + message + "\n"
            for kind, name in names for message in MESSAGES
        ))  # fmt: skip
        for name, path in programs("kubectl", "flux-operator").items():
            real = shlex.quote(str(path))
            program(home / "bin" / name, f"""
            echo "$@" >>{home}/argv
            case " $* " in
              *" logs "*) cat {log} ;;
              *) exec {real} "$@" ;;
            esac""")  # fmt: skip

    def run(self, *words: str, kubeconfig: Path) -> str:
        """Run the program with *words*; give all that it prints."""
        own = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
        env = environment() | dict.fromkeys(own, str(self.home))
        env["PATH"] = f"{self.home / 'bin'}{os.pathsep}{env['PATH']}"
        argv = [*words, f"--kubeconfig={kubeconfig}"]
        if words[:1] in (("list",), ("mcp",)):
            argv.pop()  # they ask no cluster, or the one of the environment
            env["KUBECONFIG"] = str(kubeconfig)
        done = forking.run(argv, env=env, cwd=self.home)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def left(self) -> Iterator[tuple[Path, str]]:
        """Yield each file in the home, as text."""
        for path in self.home.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                if path.suffix == ".gz":
                    data = zlib.decompress(data, wbits=zlib.MAX_WBITS | 16)
                yield path, data.decode(errors="replace")


@pytest.fixture(name="watched")
def _watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "home")


def plant(cluster: Cluster, file: Path) -> list[dict[str, Any]]:
    """Put the recorded cluster in *file* into *cluster*, canaries everywhere; give its objects."""
    evidence = snapshot.load(file)
    there = list(objects(evidence))
    cluster.put([*namespaces(evidence), *poisoned(there), *secrets(there), config_map()])
    return there


def ways(name: str, there: list[dict[str, Any]], *, is_zoo: bool) -> Iterator[Words]:
    """Yield the words for each way to run the command *name* on a cluster that holds *there*.

    Every format is tried on the zoo, the first way; all other ways, kinds and clusters are tried in
    the formats that are whole.
    """
    command = commands()[name]
    options = [option for option in ("-v",) if any(option in one.opts for one in command.params)]
    for way in WAYS[name]:
        for number, words in enumerate(_named(way, there)):
            is_first = is_zoo and number == 0 and way == WAYS[name][0]
            for form in formats(command):
                if is_first or form in _WHOLE:
                    yield (*name.split(), *words, _shown(form), *options)


def _shown(form: str) -> str:
    return f"--output={form}"


def _named(way: Words, there: list[dict[str, Any]]) -> Iterator[Words]:
    if not {"KIND/NAME", "ONE/NAME"} & set(way):
        yield way
        return
    for kind in _OBJECTS if "KIND/NAME" in way else _OBJECTS[:1]:
        for one in [item for item in there if item["kind"] == kind][:1]:
            name = f"{kind.lower()}/{one['metadata']['name']}"
            place = ("-n", one["metadata"]["namespace"])
            yield (*(name if word.endswith("/NAME") else word for word in way), *place)


@pytest.mark.parametrize(
    ("name", "file"), [*((name, ZOO) for name in WAYS), ("", BROKEN), ("", HEALTHY)]
)
def test_nobody_sees_a_canary(cluster: Cluster, watched: Watched, name: str, file: Path) -> None:
    """What is printed, and what is left in files and on command lines, has no secret in it."""
    kubeconfig = cluster.kubeconfig("admin")
    there = plant(cluster, file)
    result = {
        words: watched.run(*words, kubeconfig=kubeconfig)
        for words in ways(name, there, is_zoo=file == ZOO)
    }
    assert result
    assert {words: found_in(text) for words, text in result.items() if found_in(text)} == {}
    left = {path.name: found_in(text) for path, text in watched.left()}
    assert {path: found for path, found in left.items() if found} == {}
    assert "argv" in left or name in _ALONE


def test_a_snapshot_has_none(cluster: Cluster, watched: Watched) -> None:
    """A snapshot contains no secret value, compressed or not, and neither does its output."""
    plant(cluster, ZOO)
    kubeconfig = cluster.kubeconfig("admin")
    for file in ("now.json", "now.json.gz"):
        watched.run(f"--save={file}", kubeconfig=kubeconfig)
    names = {path.name for path, _ in watched.left()}
    assert {"now.json", "now.json.gz"} <= names
    assert not [path for path, text in watched.left() if found_in(text)]


def test_the_canaries_are_there(cluster: Cluster) -> None:
    """A plain read of the cluster returns the values, so the tests above can fail."""
    plant(cluster, ZOO)
    for what in (
        "secrets,configmaps",
        "gitrepositories,helmreleases",
        "pods,deployments",
        "events",
    ):
        assert found_in(cluster.kubectl("get", what, "-A", "-o", "json")), what


_BROKEN_KUBECONFIGS = {
    "no yaml": f"users: [{{name: x, user: {{token: {CANARY}\n",
    "no kubeconfig": f"token: {CANARY}\n",
    "a login in the URL": json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "x", "cluster": {"server": f"https://me:{CANARY}@127.0.0.1:1"}}],
        "users": [{"name": "x", "user": {"token": CANARY, "password": CANARY}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }),
    "a plugin that fails": json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "x", "user": {"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
            "command": "sh", "args": ["-c", f"echo token={CANARY} >&2; exit 1"],
            "env": [{"name": "TOKEN", "value": CANARY}]}}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }),
}  # fmt: skip


@pytest.mark.parametrize("kind", _BROKEN_KUBECONFIGS)
@pytest.mark.parametrize("name", [name for name in WAYS if name != "list"])
def test_errors_have_none(watched: Watched, name: str, kind: str, tmp_path: Path) -> None:
    """Errors about a broken kubeconfig contain no secret of it."""
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(_BROKEN_KUBECONFIGS[kind])
    there = [{"kind": "Kustomization", "metadata": {"name": "a", "namespace": "b"}}]
    # All of them fail at the same point, so one is enough, as text and as JSON.
    one = {
        form: words
        for words in ways(name, there, is_zoo=True)
        for form in _WHOLE
        if _shown(form) in words
    }
    assert len(one) > 1
    for words in one.values():
        result = watched.run(*words, kubeconfig=kubeconfig)
        assert not found_in(result), (words, result)
    assert not [path for path, text in watched.left() if found_in(text)]


def test_a_file_that_is_no_snapshot(watched: Watched, tmp_path: Path) -> None:
    """Errors about a file do not contain its content."""
    file = tmp_path / "x.json"
    now = datetime.now(UTC).isoformat()
    for content in (CANARY, f'{{"password": "{CANARY}"}}', f'{{"takenAt": "{now}{CANARY}"}}'):
        file.write_text(content)
        env = environment() | {"HOME": str(watched.home)}
        done = forking.run([f"--from={file}"], env=env)
        assert done.returncode == 2
        assert not found_in(done.stdout + done.stderr)
