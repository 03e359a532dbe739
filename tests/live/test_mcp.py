"""The MCP server itself, set up for every client, verified against kubectl, and removed again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands.options import DEMO
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.observe import observe
from fluxstatus.mcp.plan import plan_drop, plan_put
from fluxstatus.mcp.protocol import Session
from fluxstatus.mcp.scan import scan
from tests import forking
from tests.fakes.kubeconfigs import kubeconfig
from tests.fakes.processes import gone
from tests.fakes.programs import program
from tests.kubernetes import access
from tests.kubernetes.cluster import Cluster
from tests.live.program import TOP, Result, environment
from tests.live.test_check import BROKEN, HEALTHY, put
from tests.terminal import Terminal

pytestmark = pytest.mark.cluster

WITH_FILES = {name: client for name, client in CLIENTS.items() if client.file}


@dataclass(frozen=True)
class Desk:
    """A machine of its own for a test: a home without any client, and a kubeconfig."""

    home: Path
    env: dict[str, str]
    cluster: Cluster

    def run(self, *args: str | Path, stdin: str = "") -> Result:
        """Run `kubectl flux-status` with *args* there."""
        done = forking.run(args, env=self.env, cwd=self.home, stdin=stdin)
        return Result(done.returncode, done.stdout, done.stderr)

    def file(self, client: str) -> Path:
        """Return the file of *client*."""
        path = CLIENTS[client].path(Host(environ=self.env, folder=self.home))
        assert path
        return path

    def write(self, client: str, *args: str, **env: str) -> None:
        """Return *client* an entry that starts the real server with *args*."""
        entry = Entry(NAME, self.env["SERVER"], args, {"KUBECONFIG": self.env["KUBECONFIG"], **env})
        self.file(client).parent.mkdir(parents=True, exist_ok=True)
        self.file(client).write_text(CLIENTS[client].put("", entry))


@pytest.fixture(name="desk")
def _desk(cluster: Cluster, flux_operator_mcp: Path, tmp_path: Path) -> Desk:
    home = tmp_path / "home of me"
    (home / ".gemini").mkdir(parents=True)  # without trust, Gemini starts nothing there
    (home / ".gemini" / "trustedFolders.json").write_text(json.dumps({str(home): "TRUST_FOLDER"}))
    env = environment()
    own = {
        "HOME": str(home),
        "KUBECONFIG": str(cluster.kubeconfig("admin", "viewer")),
        "PATH": os.pathsep.join((str(flux_operator_mcp.parent), *_bare(env["PATH"]))),
        "SERVER": str(flux_operator_mcp),
    }
    return Desk(home, {**env, **own}, cluster)


def _bare(path: str) -> Iterator[str]:
    """Yield the folders of PATH that have no client's own command."""
    for folder in path.split(os.pathsep):
        if not any(c.program and Path(folder, c.program).exists() for c in CLIENTS.values()):
            yield folder


def setup(desk: Desk, *args: str) -> Result:
    """Set up, without questions, and expect that it works."""
    result = desk.run("mcp", "setup", "--yes", *args)
    assert result.code == 0, result.err
    return result


def tools_of(argv: Sequence[str | Path], env: dict[str, str]) -> set[str]:
    """Ask a server for its tools."""
    with Session([str(word) for word in argv], env, Deadline(30)) as session:
        return {tool.name for tool in session.tools()}


def test_every_client_from_setup_to_remove(desk: Desk) -> None:
    """Set up for all clients at once, one proof stands for all; twice is once; remove undoes."""
    put(desk.cluster, HEALTHY)
    names = [f"--client={name}" for name in WITH_FILES]
    result = setup(desk, *names)
    before = {name: desk.file(name).read_bytes() for name in WITH_FILES}
    assert result.out.count(" changed") == len(WITH_FILES) - 2  # VS Code shares Copilot's file
    assert setup(desk, *names).out.count("already has the entry") == len(WITH_FILES)
    assert {name: desk.file(name).read_bytes() for name in WITH_FILES} == before

    proof = desk.run("mcp", "verify", "-o", "json")
    assert proof.code == 0, proof.out
    document = json.loads(proof.out)
    [entry] = document["entries"]
    assert entry["clients"] == [name for name in WITH_FILES if name != "vscode-workspace"]
    assert (document["writes"], len(document["advertised"])) == ([], 11)
    assert {f["level"] for f in entry["findings"]} == {"pass"}

    status = json.loads(desk.run("mcp", "status", "-o", "json").out)
    listed = {c["client"]: c["entries"] for c in status["clients"]}
    assert listed.keys() == WITH_FILES.keys()
    for [one] in listed.values():
        assert (one["readOnly"], one["context"], one["present"]) == (True, "kfs-admin", True)
        assert one["kubeconfig"] == desk.env["KUBECONFIG"]

    assert desk.run("mcp", "remove", "--yes").code == 0
    assert json.loads(desk.run("mcp", "status", "-o", "json").out)["clients"][0]["entries"] == []
    assert desk.run("mcp", "verify").code == 3


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("client", WITH_FILES.values(), ids=WITH_FILES)
def test_each_layout(desk: Desk, client: Any, platform: str) -> None:
    """In the files of Linux and macOS an entry is put, found, started as it stands, and dropped."""
    host = Host(platform, {**desk.env, "PATH": ""}, desk.home)
    args = ("serve", "--read-only=true", "--kube-context", "kfs-admin")
    entry = Entry(NAME, desk.env["SERVER"], args, {"KUBECONFIG": desk.env["KUBECONFIG"]})
    [change] = plan_put(client, host, entry)
    change.apply(host)
    [found] = scan(host, {client.name: client})
    [stored] = [listed.entry for listed in found.entries]
    assert stored == entry
    assert (platform == "darwin") == ("Library" in str(found.path)) or client.file[:7] != "support"
    seen = observe(stored, Deadline(60))
    assert (len(seen.advertised), seen.writes, seen.doubt) == (11, (), ("", ""))
    [change] = plan_drop(client, host, entry)
    change.apply(host)
    assert not [one for one in scan(host) if one.entries]
    assert not change.path.exists()  # setup had made it


def test_tools_are_those_of_the_program(desk: Desk) -> None:
    """The list of tools matches the program: 11 that read, 18 in all."""
    env = {"KUBECONFIG": desk.env["KUBECONFIG"]}
    result = json.loads(desk.run("mcp", "tools", "-o", "json").out)
    reading = tools_of([desk.env["SERVER"], "serve", "--read-only=true"], env)
    assert set(result["readOnly"]) == reading
    assert set(result["readWrite"]) == tools_of([desk.env["SERVER"], "serve"], env)
    assert (len(result["readOnly"]), len(result["readWrite"])) == (11, 18)
    assert set(result["writes"]) == set(result["readWrite"]) - reading
    documented = (TOP / "docs" / "mcp.md").read_text()
    assert [tool for tool in result["readWrite"] if f"`{tool}`" not in documented] == []
    text = desk.run("mcp", "tools").out
    assert "11 with --read-only=true, 18 without" in text


def test_write_tools_are_refused(desk: Desk) -> None:
    """Through the entry that setup makes no tool that writes can be called, and nothing changes."""
    put(desk.cluster, HEALTHY)
    setup(desk, "--client=cursor")
    document = json.loads(desk.file("cursor").read_text())["mcpServers"][NAME]
    writing = json.loads(desk.run("mcp", "tools", "-o", "json").out)["writes"]
    desk.cluster.forget_audit()
    argv = [document["command"], *document["args"]]
    with Session(argv, document["env"], Deadline(30)) as session:
        for tool in writing:
            with pytest.raises(ProgramError, match="unknown tool"):
                session.call(
                    tool, kind="Kustomization", name="flux-system", namespace="flux-system"
                )
        assert "flux-system" in session.call("get_flux_instance").text
    assert {request.verb for request in desk.cluster.audit("admin")} <= {"get", "list"}


def test_an_entry_that_may_write_is_found_and_mended(desk: Desk) -> None:
    """Without --read-only=true verify fails, the check and status warn, and setup mends it."""
    put(desk.cluster, HEALTHY)
    desk.write("codex", "serve", "--kube-context", "kfs-admin")
    proof = desk.run("mcp", "verify", "-o", "json")
    assert proof.code == 1
    assert {"apply_kubernetes_manifest", "reconcile_flux_resource"} <= set(
        json.loads(proof.out)["writes"]
    )
    assert "CAN CHANGE the cluster" in desk.run("mcp", "status").out
    check = desk.run("-o", "json", "--fail-on=warn")
    [warning] = [f for f in check.report["findings"] if f["code"] == "mcp-read-write"]
    assert (check.code, warning["level"], warning["class"]) == (0, "warn", "habit")
    [command] = warning["hints"][0]["commands"]
    assert desk.run(*command["argv"][2:], "--yes").code == 0
    assert desk.run("mcp", "verify").code == 0
    assert "mcp-read-write" not in desk.run("-o", "json").out


LAUNCHERS = {
    "a shell": ("sh", "-c", "exec '{server}' serve --read-only=false"),
    "a shell without flags": ("sh", "-c", "'{server}' serve --kube-context kfs-admin"),
    "a shell, read-only": ("sh", "-c", "exec '{server}' serve --read-only=true"),
    "flags that do not count": ("{server}", "serve", "--kube-context", "kfs-admin", "--",
                                "--read-only=true"),
    "a wrapper that adds a flag": ("exec '{server}' \"$@\" --read-only=false",),
    "a wrapper that ignores flags": ("exec '{server}' serve --kube-context kfs-admin",),
    "a wrapper that masks nothing": ("exec '{server}' \"$@\" --mask-secrets=false",),
    "a wrapper that changes nothing": ("exec '{server}' \"$@\"",),
    "a container": ("for last; do :; done; exec '{server}' \"$last\"",),
    "a container, read-only": ("for last; do :; done; exec '{server}' serve \"$last\"",),
}  # fmt: skip
WRITING = {"a shell", "a shell without flags", "flags that do not count",
           "a wrapper that adds a flag", "a wrapper that ignores flags", "a container"}  # fmt: skip
IMAGE = "ghcr.io/controlplaneio-fluxcd/flux-operator-mcp:v0.59.0"


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_only_the_program_itself_passes(desk: Desk, launcher: str) -> None:
    """What starts it in another way fails where it can write, and proves nothing where not."""
    put(desk.cluster, HEALTHY)
    words = [word.format(server=desk.env["SERVER"]) for word in LAUNCHERS[launcher]]
    if len(words) == 1:
        name = "docker" if "container" in launcher else NAME
        flag = "--read-only=true" if launcher != "a container" else "serve"
        image = ["run", "-i", IMAGE] if name == "docker" else []
        words = [str(program(desk.home / "bin" / name, *words)), *image, "serve", flag]
    entry = Entry(NAME, words[0], tuple(words[1:]), {"KUBECONFIG": desk.env["KUBECONFIG"]})
    desk.file("cursor").parent.mkdir()
    desk.file("cursor").write_text(CLIENTS["cursor"].put("", entry))
    proof = desk.run("mcp", "verify", "-o", "json", "--timeout=2m")
    document = json.loads(proof.out)
    levels = {f["step"]: f["level"] for f in document["entries"][0]["findings"]}
    assert proof.code == (1 if launcher in WRITING or "masks nothing" in launcher else 3)
    if launcher in WRITING:
        assert len(document["writes"]) == 7
        assert levels["tools"] == "fail"
    else:
        assert document["writes"] is None
        assert levels["tools"] == "unknown"
    masked = "masks nothing" not in launcher
    assert document["entries"][0]["masksSecrets"] is masked
    assert levels["secrets"] == ("pass" if masked else "fail")
    assert document["entries"][0]["comparedWith"] == desk.env["SERVER"]
    assert " pass  " not in desk.run("mcp", "status").out


def test_no_real_secret_is_asked_for(desk: Desk) -> None:
    """Whatever verify finds out about masking, the cluster is not asked for Secrets."""
    put(desk.cluster, HEALTHY)
    setup(desk, "--client=cursor")
    desk.cluster.forget_audit()
    assert desk.run("mcp", "verify").code == 0
    requests = desk.cluster.audit("admin")
    assert requests
    assert not [one for one in requests if "secrets" in one.uri]


def test_what_the_server_hides_is_reported(desk: Desk) -> None:
    """Without permission to list FluxInstances, the result is `unknown`, not "none"."""
    put(desk.cluster, HEALTHY)
    setup(desk, "--client=cursor", "--context=kfs-viewer")
    proof = desk.run("mcp", "verify")
    assert proof.code == 3
    assert "unknown  instance     the MCP server did not report it" in proof.out
    assert "No Flux instance found" in " ".join(proof.out.split())
    check = desk.run("--context=kfs-viewer")
    assert "you are not allowed to list fluxinstances.fluxcd.controlplane.io" in " ".join(
        check.out.split()
    )


def test_a_folders_own_file_is_not_started_unasked(desk: Desk) -> None:
    """What a repository brings along is started only for who names it."""
    trap = program(desk.home / "trap", f"touch '{desk.home}/sprung'; exit 1")
    file = desk.file("vscode-workspace")
    file.parent.mkdir()
    file.write_text(CLIENTS["vscode-workspace"].put("", Entry(NAME, str(trap), ("serve",))))
    result = desk.run("mcp", "verify")
    assert "is skipped" in result.err
    assert desk.run("mcp", "status").code == desk.run("mcp", "tools").code == 0
    assert not (desk.home / "sprung").exists()
    assert desk.run("mcp", "verify", "--client=vscode-workspace").code == 3
    assert (desk.home / "sprung").exists()


def test_another_cluster_is_a_fail(desk: Desk, tmp_path: Path) -> None:
    """An entry for another cluster than the one that is asked about does not pass."""
    put(desk.cluster, HEALTHY)
    other = kubeconfig(tmp_path / "other")
    desk.write("cursor", "serve", "--read-only", "--kube-context=here", KUBECONFIG=str(other))
    result = desk.run("mcp", "verify", "--context=kfs-admin", "-o", "json")
    codes = {f["code"] for f in json.loads(result.out)["entries"][0]["findings"]}
    assert result.code == 1
    assert {"other-cluster", "not-seen"} <= codes


def test_another_cluster_of_the_same_name(desk: Desk, tmp_path: Path) -> None:
    """Without flags, the context of the entry is looked up in the caller's kubeconfig."""
    put(desk.cluster, DEMO)
    other = json.loads(Path(desk.env["KUBECONFIG"]).read_text())
    for one in other["clusters"]:
        one["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "other").write_text(json.dumps(other))
    args = ("serve", "--read-only=true", "--kube-context=kfs-admin")
    desk.write("cursor", *args, KUBECONFIG=str(tmp_path / "other"))
    result = desk.run("mcp", "verify", "-o", "json")
    [finding] = [
        f for f in json.loads(result.out)["entries"][0]["findings"] if f["code"] == "other-cluster"
    ]
    assert result.code == 1
    assert "127.0.0.1:1," in finding["title"]
    assert str(tmp_path / "other") in finding["why"]
    suggested = desk.run("-o", "json").report["next"]  # Cursor cannot read this cluster
    assert suggested["commands"][0]["argv"][:4] == ["kubectl", "flux-status", "mcp", "setup"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [("exit 1", "exited with code 1"), ("echo hello; sleep 90", "does not speak MCP"),
     ("sleep 90", "did not answer initialize within --timeout 6s")],
)  # fmt: skip
def test_a_server_that_does_not_work(desk: Desk, script: str, expected: str) -> None:
    """What cannot be talked to is no verdict, in a sentence, and leaves no process."""
    server = program(desk.home / "flux-operator-mcp", script)
    entry = Entry(NAME, str(server), ("serve",), {"KUBECONFIG": desk.env["KUBECONFIG"]})
    desk.file("cursor").parent.mkdir()
    desk.file("cursor").write_text(CLIENTS["cursor"].put("", entry))
    proof = desk.run("mcp", "verify", "--timeout=6s")
    assert proof.code == 3
    assert expected in " ".join(proof.out.split())
    assert gone(str(server))


def test_a_prompt_where_it_is_set_up(desk: Desk) -> None:
    """The report suggests setup, then has a prompt, as --prompt; declined, it has neither."""
    put(desk.cluster, DEMO)
    alone = desk.run("-o", "json")  # there is no client yet
    assert alone.code == 1
    assert "mcp" not in json.dumps(alone.report["next"]["commands"])
    desk.file("cursor").parent.mkdir()
    offered = desk.run("-o", "json")
    [command] = offered.report["next"]["commands"]
    assert command["argv"][:4] == ["kubectl", "flux-status", "mcp", "setup"]
    assert desk.run(*command["argv"][2:], "--client=cursor", "--yes").code == 0
    ready = desk.run("-o", "json").report["next"]
    assert ready["commands"] == []
    assert desk.run("--prompt").out == ready["prompt"] + "\n"
    assert desk.run("mcp", "remove", "--yes").code == 0
    assert desk.run("mcp", "decline").code == 0
    declined = desk.run("-o", "json").report["next"]
    assert "mcp" not in json.dumps(declined["commands"])
    assert desk.run("mcp", "accept").code == 0
    assert desk.run("-o", "json").report["next"]["text"] == offered.report["next"]["text"]
    state = json.loads((desk.home / ".local/state/kubectl-flux-status/state.json").read_text())
    assert [len(times) for times in state["failures"].values()] == [1]  # within a minute


def test_no_credential_gets_into_a_file(desk: Desk) -> None:
    """Flags that are credentials are refused; the entry has the path of the kubeconfig only."""
    token = access.token("admin")
    for flag in (f"--token={token}", "--client-key=/k", "--client-certificate=/c",
                 "--certificate-authority=/a", "--user=u", "--cluster=c"):  # fmt: skip
        result = desk.run("mcp", "setup", "--client=cursor", "--yes", flag)
        assert result.code == 2
        assert flag.partition("=")[0] + " must not be stored in the MCP client's file" in result.err
    assert not desk.file("cursor").exists()
    setup(desk, *(f"--client={name}" for name in WITH_FILES))
    for name in WITH_FILES:
        text = desk.file(name).read_text()
        assert token not in text
        assert "certificate" not in text


def test_impersonation(desk: Desk) -> None:
    """--as goes into the entry by the server's own flag, and verify asks kubectl likewise."""
    put(desk.cluster, HEALTHY)
    setup(desk, "--client=cursor", "--as=viewer")
    args = json.loads(desk.file("cursor").read_text())["mcpServers"][NAME]["args"]
    assert args[-1] == "--kube-as=viewer"
    assert desk.run("mcp", "verify").code == 3  # the viewer may not list FluxInstances


def test_several_kubeconfigs(desk: Desk, tmp_path: Path) -> None:
    """Of several files the one with the context is taken; one that is spread over two, refused."""
    other = kubeconfig(tmp_path / "other")
    desk.env["KUBECONFIG"] = f"{other}{os.pathsep}{desk.env['KUBECONFIG']}"
    result = setup(desk, "--client=cursor", "--context=kfs-admin")
    entry = json.loads(desk.file("cursor").read_text())["mcpServers"][NAME]
    assert entry["env"] == {"KUBECONFIG": desk.env["KUBECONFIG"].split(os.pathsep)[1]}
    assert "the server reads only one of the 2 files in $KUBECONFIG" in result.err
    mixed = {"name": "mixed", "context": {"cluster": "there", "user": "me"}}
    bare = {"kind": "Config", "current-context": "mixed", "contexts": [mixed]}
    (tmp_path / "contexts").write_text(json.dumps(bare))
    desk.env["KUBECONFIG"] = f"{tmp_path / 'contexts'}{os.pathsep}{other}"
    refused = desk.run("mcp", "setup", "--client=cursor", "--yes")
    assert refused.code == 2
    assert "kubectl config view --raw --minify --flatten --context=mixed" in refused.err


def test_writing_has_to_be_meant(desk: Desk, tmp_path: Path) -> None:
    """--read-write lists the tools, wants the context typed, and refuses what looks like prod."""
    args = ("mcp", "setup", "--client=cursor", "--yes", "--read-write")
    wrong = desk.run(*args, stdin="yes\n")
    assert (wrong.code, desk.file("cursor").exists()) == (2, False)
    assert "apply_kubernetes_manifest" in wrong.err
    assert desk.run(*args, stdin="kfs-admin\n").code == 0
    assert "--read-only=false" in desk.file("cursor").read_text()
    config = json.loads(Path(desk.env["KUBECONFIG"]).read_text())
    config["contexts"][0]["name"] = config["current-context"] = "eu-prod"
    (tmp_path / "prod").write_text(json.dumps(config))
    desk.env["KUBECONFIG"] = str(tmp_path / "prod")
    refused = desk.run(*args, stdin="eu-prod\n")
    assert refused.code == 2
    assert "looks like production" in refused.err
    assert desk.run(*args, "--force", stdin="eu-prod\n").code == 0


def test_nothing_happens_unasked(desk: Desk) -> None:
    """--print shows and writes nothing; without --yes and a terminal nothing is written either."""
    shown = desk.run("mcp", "setup", "--client=cursor", "--print")
    assert shown.code == 0
    assert '"--read-only=true"' in shown.out
    asked = desk.run("mcp", "setup", "--client=cursor")
    assert asked.code == 2
    assert "--yes" in asked.err
    assert not desk.file("cursor").exists()
    assert desk.run("mcp", "setup", "--yes").code == 2  # no client is installed
    alone = desk.run("mcp", "config", "--client=codex")
    assert alone.out.startswith("[mcp_servers.flux-operator-mcp]\n")


def test_what_cannot_be_started_proves_nothing(desk: Desk) -> None:
    """An entry that passes does not speak for a remote server, or for a file that is not read."""
    put(desk.cluster, HEALTHY)
    assert desk.run("mcp", "setup", "--client=codex", "--yes").code == 0
    assert desk.run("mcp", "verify").code == 0
    desk.file("cursor").parent.mkdir()
    desk.file("cursor").write_text('{"flux-operator-mcp": ')
    result = desk.run("mcp", "verify")
    assert (result.code, "cannot parse" in result.err) == (3, True)
    assert desk.run("mcp", "verify", "--client=codex").code == 0
    remote = {"mcpServers": {NAME: {"url": "https://mcp.example.com/mcp"}}}
    desk.file("cursor").write_text(json.dumps(remote))
    result = desk.run("mcp", "verify")
    assert (result.code, "calls a remote server" in result.err) == (3, True)


def test_a_broken_file_is_left_alone(desk: Desk) -> None:
    """Setup does the others and ends with 2; the file is as it was."""
    desk.file("cursor").parent.mkdir()
    desk.file("cursor").write_text('{"flux-operator-mcp": ')
    result = desk.run("mcp", "setup", "--client=cursor,codex", "--yes")
    assert result.code == 2
    assert "was not changed" in result.err
    assert desk.file("cursor").read_text() == '{"flux-operator-mcp": '
    assert NAME in desk.file("codex").read_text()
    assert "cannot parse" in desk.run("mcp", "status").out


def test_without_the_server(desk: Desk) -> None:
    """Setup explains the installation and can wait for it; status reports that it is missing."""
    server = Path(desk.env["SERVER"])
    desk.env["PATH"] = os.pathsep.join(
        folder for folder in desk.env["PATH"].split(os.pathsep)
        if not Path(folder, server.name).exists()
    )  # fmt: skip
    bin_folder = desk.home / "bin"
    bin_folder.mkdir()
    (bin_folder / "kubectl").symlink_to(server.parent / "kubectl")
    desk.env["PATH"] = f"{bin_folder}{os.pathsep}{desk.env['PATH']}"
    missing = desk.run("mcp", "setup", "--client=cursor", "--yes")
    assert missing.code == 3
    assert "brew install controlplaneio-fluxcd/tap/flux-operator-mcp" in missing.err
    assert "is not installed" in desk.run("mcp", "status").out
    with subprocess.Popen(
        [sys.executable, "-m", "fluxstatus", "mcp", "setup", "--client=cursor", "--yes",
         "--wait=60s"], env=desk.env, cwd=desk.home, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as waiting:  # fmt: skip
        assert waiting.stderr
        assert "waiting" in waiting.stderr.readline()
        (bin_folder / "flux-operator-mcp").symlink_to(server)
        waiting.communicate()
    assert waiting.returncode == 0
    command = json.loads(desk.file("cursor").read_text())["mcpServers"][NAME]["command"]
    assert command == str(bin_folder / "flux-operator-mcp")  # not where the link leads to


def test_prompts_for_this_cluster(desk: Desk) -> None:
    """The prompts name what is in the cluster, and those that need to write stand apart."""
    put(desk.cluster, BROKEN)
    result = json.loads(desk.run("mcp", "prompts", "-o", "json").out)["prompts"]
    assert result[0]["about"] == "this failure"
    assert any('"flux-system/flux-system" in context "kfs-admin"' in one["text"] for one in result)
    assert not any("{" in one["text"] for one in result[1:])
    reading, _, writing = desk.run("mcp", "prompts").out.partition("Only with a read-write server")
    assert "Check the Flux installation" in reading
    assert "Reconcile" not in reading
    assert "Reconcile" in writing


def test_it_asks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal each client is asked for; no is the answer of who just presses Enter."""
    for name, value in desk.env.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "fluxstatus", "mcp", "setup", "--client=cursor,codex"]
    with Terminal(command) as terminal:
        terminal.wait_for("apply this change to Cursor? [y/N]")
        terminal.type("\n")
        terminal.wait_for("apply this change to Codex? [y/N]")
        assert not desk.file("codex").exists()
        terminal.type("y\n")
        assert terminal.end() == 0
    assert not desk.file("cursor").exists()
    assert NAME in desk.file("codex").read_text()
