"""`mcp` on the command line without a cluster or server; see also tests/live."""

import json
import subprocess
from pathlib import Path

import pytest

from fluxstatus.commands.completion.complete import complete
from fluxstatus.mcp import skill
from fluxstatus.mcp.clients import CLIENTS
from tests.conftest import RECORDED, ROOT, Program
from tests.fakes.programs import program


def candidates(*typed: str) -> list[str]:
    """Return the candidates for the last word of *typed*, without their help."""
    return [line.partition("\t")[0] for line in complete(typed).splitlines()[:-1]]


def test_completion_goes_two_levels_down() -> None:
    """The subcommands of mcp, their flags, and the names of clients are completed."""
    assert candidates("mcp", "ve") == ["verify"]
    assert "mcp" in candidates("")
    assert "setup" not in candidates("")
    assert {"--client", "--read-write", "--context"} <= set(candidates("mcp", "setup", "--"))
    assert "--step" not in candidates("mcp", "setup", "--")
    assert candidates("mcp", "verify", "--client", "cur") == ["cursor"]
    assert candidates("mcp", "remove", "--cl") == ["--client"]


def test_flags_before_the_subcommand(flux_status: Program, tmp_path: Path) -> None:
    """Options before `mcp` or its subcommand count; unsupported ones are errors."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    for words in (["--context=a", "mcp", "decline"], ["mcp", "decline", "--context=b"]):
        assert flux_status(*words, env=env).returncode == 0
    state = json.loads((tmp_path / "kubectl-flux-status" / "state.json").read_text())
    assert state["declined"] == ["a", "b"]
    wrong = flux_status("--wait=1s", "mcp", "decline", env=env)
    assert wrong.returncode == 2
    assert "--wait is not an option of `decline`" in wrong.stderr


def test_without_a_subcommand_there_is_help(flux_status: Program) -> None:
    """`mcp` alone lists the subcommands; an unknown name is a usage error."""
    result = flux_status("mcp")
    assert "Commands:" in result.stdout
    assert result.returncode == 0
    assert flux_status("mcp", "sett").returncode == 2
    unknown = flux_status("mcp", "status", "--client=cursr")
    assert unknown.returncode == 2
    assert "did you mean 'cursor'?" in unknown.stderr


@pytest.mark.cluster  # for kubectl
def test_decline_for_all(flux_status: Program, tmp_path: Path) -> None:
    """--all needs no context; accept reports if every context is still declined."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    assert flux_status("mcp", "decline", "--all", env=env).returncode == 0
    result = flux_status("mcp", "accept", env=env)
    assert "accept --all" in result.stderr
    assert flux_status("mcp", "accept", "--all", env=env).returncode == 0
    assert flux_status("mcp", "accept", env=env).stderr == ""
    (tmp_path / "file").write_text("")
    assert flux_status("mcp", "decline", env={"XDG_STATE_HOME": f"{tmp_path}/file"}).returncode == 3


@pytest.mark.parametrize("chosen", [["--demo"], ["--from", str(RECORDED / "zoo.json.gz")]])
def test_a_saved_cluster_leaves_no_trace(
    flux_status: Program, tmp_path: Path, chosen: list[str]
) -> None:
    """A saved cluster ignores the local state and does not change it."""
    env = {"XDG_STATE_HOME": str(tmp_path)}
    before = flux_status(*chosen, "-o", "json", env=env).stdout
    assert list(tmp_path.iterdir()) == []
    assert flux_status("mcp", "decline", "--all", env=env).returncode == 0
    assert flux_status(*chosen, "-o", "json", env=env).stdout == before


def test_prompt_alone(flux_status: Program) -> None:
    """--prompt prints the prompt of the JSON report, or a note without one."""
    report = flux_status("--demo", "-o", "json")
    result = flux_status("--demo", "--prompt")
    assert result.stdout == json.loads(report.stdout)["next"]["prompt"] + "\n"
    assert result.returncode == report.returncode == 1
    well = flux_status("--from", RECORDED / "cluster-healthy.json.gz", "--prompt")
    assert (well.returncode, well.stdout) == (0, "")
    assert "there is no finding that needs an assistant" in well.stderr
    assert flux_status("--prompt", "--watch").returncode == 2


def test_trouble_with_the_state_changes_nothing(flux_status: Program, tmp_path: Path) -> None:
    """A check with an unwritable state has the same output and exit code."""
    (tmp_path / "file").write_text("")
    good = flux_status("-o", "json", "--timeout=5s", env={"XDG_STATE_HOME": str(tmp_path)})
    bad = flux_status("-o", "json", "--timeout=5s", env={"XDG_STATE_HOME": f"{tmp_path}/file"})
    assert (good.returncode, good.stderr) == (bad.returncode, bad.stderr)
    codes = [[f["code"] for f in json.loads(one.stdout)["findings"]] for one in (good, bad)]
    assert codes[0] == codes[1]


def test_the_skill_proves_the_program(flux_status: Program, tmp_path: Path) -> None:
    """The command in the skill prints its checksum, and another after a change."""
    text = flux_status("mcp", "skill").stdout
    assert text.startswith("---\nname: flux-status\ndescription: ")
    assert "@" not in text
    [command] = [line.strip() for line in text.splitlines() if line.startswith("    cd ")]
    computed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert f"    {computed.stdout.split()[0]}\n" in text
    folder = tmp_path / "it's here"
    folder.mkdir()
    (folder / "a.py").write_text("1")
    before = skill.digest(folder)
    (folder / "a.py").write_text("2")
    assert skill.digest(folder) != before
    done = subprocess.run(
        ["sh", "-c", skill.check(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == skill.digest(folder)


def test_the_skill_is_installed(flux_status: Program, tmp_path: Path) -> None:
    """--install writes the skill to its folder, with a backup of an older one."""
    result = flux_status("mcp", "skill", "--install", tmp_path)
    file = tmp_path / "flux-status" / "SKILL.md"
    assert result.stdout == f"{file}\n"
    assert file.read_text() == flux_status("mcp", "skill", "--print").stdout
    file.write_text("mine")
    assert flux_status("mcp", "skill", "--install", tmp_path).returncode == 0
    assert (file.parent / "SKILL.md.flux-status.bak").read_text() == "mine"


@pytest.mark.parametrize("name", ["agents", "claude"])
def test_the_skill_is_installed_where_assistants_look(
    flux_status: Program, tmp_path: Path, name: str
) -> None:
    """Its front matter has the keys of the format, and no other."""
    result = flux_status("mcp", "skill", "--install", name, env={"HOME": str(tmp_path)})
    file = tmp_path / f".{name}" / "skills" / "flux-status" / "SKILL.md"
    assert result.stdout == f"{file}\n"
    head = file.read_text().split("---\n")[1]
    keys = [line.partition(":")[0] for line in head.splitlines()]
    assert keys == ["name", "description", "license", "compatibility", "allowed-tools"]
    assert all(len(line) <= 500 for line in head.splitlines())


def test_a_clients_own_command(flux_status: Program, tmp_path: Path) -> None:
    """The client's command adds and removes; if it fails, the file is edited, with a note."""
    folder = tmp_path / "bin"
    log = tmp_path / "log"
    program(folder / "kubectl", KUBECTL)
    program(folder / "flux-operator-mcp", "exit 1")
    program(folder / "codex", f'echo "$@" >>{log}; exit 7')
    env = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(tmp_path)}
    result = flux_status("mcp", "setup", "--yes", "--client=codex", env=env)
    assert result.returncode == 0, result.stderr
    assert "codex did not change the file (codex failed: exit code 7" in result.stdout
    assert "--read-only=true" in (tmp_path / ".codex" / "config.toml").read_text()
    result = flux_status("mcp", "remove", "--yes", env=env)
    assert "codex did not change the file" in result.stdout
    assert not (tmp_path / ".codex" / "config.toml").exists()  # setup had made it
    assert [line.split()[:3] for line in log.read_text().splitlines()] == [
        ["mcp", "add", "flux-operator-mcp"], ["mcp", "remove", "flux-operator-mcp"]
    ]  # fmt: skip


KUBECTL = """\
case "$*" in
*current-context*) echo here ;;
*view*) echo '{"contexts": [{"name": "here"}],
  "clusters": [{"name": "there", "cluster": {"server": "https://here"}}],
  "users": [{"name": "me", "user": {"exec": {"command": "login"}}}]}' ;;
esac"""


def test_a_login_program_gets_its_path(flux_status: Program, tmp_path: Path) -> None:
    """For a login program the entry sets PATH, because that of a client may be minimal."""
    folder = tmp_path / "bin"
    program(folder / "kubectl", KUBECTL)
    program(folder / "flux-operator-mcp", "exit 1")
    env = {"PATH": f"{folder}:.:/usr/bin:/bin:/bin", "HOME": str(tmp_path)}
    result = flux_status("mcp", "config", "--client=cursor", env=env)
    entry = json.loads(result.stdout)["mcpServers"]["flux-operator-mcp"]
    assert entry["env"]["PATH"] == f"{folder}:/usr/bin:/bin"


def test_every_client_is_documented() -> None:
    """docs/mcp.md has each name that --client takes."""
    text = (ROOT / "docs" / "mcp.md").read_text()
    assert [name for name in CLIENTS if f"`{name}`" not in text] == []
