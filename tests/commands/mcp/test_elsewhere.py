"""`mcp status`, `setup` and `verify` where a client starts another entry than that of the user."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.commands.mcp.test_mcp import KUBECTL
from tests.conftest import Program
from tests.fakes.mcp_servers import mcp_server
from tests.fakes.programs import program

NAME = "flux-operator-mcp"
WRITES = f"in this folder, Cursor starts {NAME} of {{file}} instead, which CAN CHANGE the cluster"


@pytest.fixture(name="mcp")
def _mcp(flux_status: Program, tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """Run `mcp` in a folder of the home, in which Cursor has its file and the program is there."""
    (tmp_path / "here").mkdir()
    (tmp_path / ".cursor").mkdir()
    mcp_server(tmp_path / "bin" / NAME, tools=["get_flux_instance"])
    program(tmp_path / "bin" / "kubectl", KUBECTL)
    env = {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}

    def run(*words: str) -> CompletedProcess[str]:
        return flux_status("mcp", *words, env=env, cwd=tmp_path / "here")

    return run


def put(folder: Path, *args: str, **more: Any) -> Path:
    """Write Cursor's file in *folder*, and return its path."""
    file = folder / ".cursor" / "mcp.json"
    file.parent.mkdir(exist_ok=True)
    entry = {"command": NAME, "args": ["serve", *args], **more}
    file.write_text(json.dumps({"mcpServers": {NAME: entry}}))
    return file


def test_an_entry_of_the_folder_is_a_warning_everywhere(mcp: Any, tmp_path: Path) -> None:
    """Status, setup and verify name the file that replaces the user's read-only entry."""
    put(tmp_path, "--read-only=true")
    file = put(tmp_path / "here")
    before = file.read_bytes()
    warning = WRITES.format(file=file)
    assert f" warn  {warning}\n" in mcp("status").stdout
    [client] = json.loads(mcp("status", "--client=cursor", "-o", "json").stdout)["clients"]
    assert client["warnings"] == [warning]
    assert [one["readOnly"] for one in client["entries"]] == [True]
    assert [(one["file"], one["readOnly"]) for one in client["folderEntries"]] == [
        (str(file), False)
    ]  # fmt: skip
    assert warning in mcp("setup", "--client=cursor", "--yes").stderr
    assert warning not in mcp("setup", "--client=codex", "--yes").stderr
    document = json.loads(mcp("verify", "--client=cursor", "-o", "json").stdout)
    [entry] = document["entries"]
    found = [(f["code"], f["level"]) for f in entry["findings"] if f["title"] == warning]
    assert found == [("other-entry", "warn")]
    assert file.read_bytes() == before


def test_without_an_entry_of_the_user(mcp: Any, tmp_path: Path) -> None:
    """What a folder starts on its own is a warning, too, and verify does not start it."""
    file = put(tmp_path / "here", cwd=str(tmp_path))
    warning = f"in this folder, Cursor also starts {NAME} of {file}, which CAN CHANGE the cluster"
    assert warning in mcp("status").stdout
    result = mcp("verify")
    assert (result.returncode, warning in result.stderr) == (3, True)
    assert "no client has an entry" in result.stderr


def test_a_file_of_the_folder_that_cannot_be_read_is_no_proof(mcp: Any, tmp_path: Path) -> None:
    """The client may read what we do not: verify has no verdict, and does not say `[]`."""
    put(tmp_path, "--read-only=true")
    file = put(tmp_path / "here")
    with file.open("a") as more:
        more.write(" " * (5 << 20))
    result = mcp("verify", "-o", "json")
    assert (result.returncode, json.loads(result.stdout)["writes"]) == (3, None)
    assert f"{file} is larger than 4 MiB" in result.stderr


def test_an_entry_that_is_off_is_said_to_be(mcp: Any, tmp_path: Path) -> None:
    """Setup does not switch on what the user has switched off, and nobody says that it works."""
    config = tmp_path / ".codex" / "config.toml"
    assert mcp("setup", "--client=codex", "--yes").returncode == 0
    text = config.read_text()
    config.write_text(text.replace("\ncommand", "\nenabled = false\ncommand"))
    assert f" warn  Codex: {NAME} will not start: enabled is false\n" in mcp("status").stdout
    again = mcp("setup", "--client=codex", "--yes").stdout
    assert f"already has the entry, in {config}, but does not start it: enabled is false" in again
    [entry] = json.loads(mcp("verify", "-o", "json").stdout)["entries"]
    assert f"Codex does not start {NAME}: enabled is false" in [
        f["title"] for f in entry["findings"] if f["code"] == "other-entry"
    ]


def test_an_administrators_entry_is_a_warning_everywhere(
    flux_status: Program, tmp_path: Path
) -> None:
    """Status, setup and verify name the file; verify does not say that nothing writes."""
    mcp_server(tmp_path / "bin" / NAME, tools=["get_flux_instance"])
    program(tmp_path / "bin" / "kubectl", KUBECTL)
    (tmp_path / ".gemini").mkdir()
    (tmp_path / ".gemini" / "trustedFolders.json").write_text(f'{{"{tmp_path}": "TRUST_FOLDER"}}')
    managed = tmp_path / "managed.json"
    env = {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
           "GEMINI_CLI_SYSTEM_SETTINGS_PATH": str(managed)}  # fmt: skip

    def mcp(*words: str) -> CompletedProcess[str]:
        return flux_status("mcp", *words, "--client=gemini", env=env, cwd=tmp_path)

    managed.write_text(json.dumps({"mcp": {"excluded": [NAME]}}))
    assert (
        f"Gemini CLI does not start {NAME}: it is in mcp.excluded" in mcp("setup", "--yes").stderr
    )
    entry = {"command": NAME, "args": ["serve"]}
    managed.write_text(json.dumps({"mcpServers": {NAME: entry}}))
    where = f"{NAME} of {managed} (managed by an administrator)"
    warning = f"Gemini CLI starts {where} instead, which CAN CHANGE the cluster"
    text = mcp("status").stdout
    assert f" warn  {warning}\n" in text
    assert f" warn  Gemini CLI: {where} CAN CHANGE the cluster, the current context\n" in text
    [client] = json.loads(mcp("status", "-o", "json").stdout)["clients"]
    assert [one["readOnly"] for one in client["managedEntries"]] == [False]
    assert warning in mcp("setup", "--yes").stderr
    document = json.loads(mcp("verify", "-o", "json").stdout)
    assert warning in [f["title"] for one in document["entries"] for f in one["findings"]]
    assert [one["command"] for one in document["entries"]] == [str(tmp_path / "bin" / NAME), NAME]
    assert document["writes"] is None


def test_a_plugins_entry_is_a_warning_everywhere(mcp: Any, tmp_path: Path) -> None:
    """In the Copilot CLI it replaces that of setup; verify does not say that nothing writes."""
    root = tmp_path / ".copilot" / "installed-plugins" / "market" / "flux"
    root.mkdir(parents=True)
    installed = {"installedPlugins": [{"name": "flux", "marketplace": "market"}]}
    (tmp_path / ".copilot" / "config.json").write_text(json.dumps(installed))
    file = root / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": {NAME: {"command": NAME, "args": ["serve"]}}}))
    where = f"{NAME} of {file} (plugin flux)"
    warning = f"GitHub Copilot CLI starts {where} instead, which CAN CHANGE the cluster"
    assert warning in mcp("setup", "--client=copilot", "--yes").stderr
    text = mcp("status").stdout
    assert f" warn  {warning}\n" in text
    assert (
        f" warn  GitHub Copilot CLI: {where} CAN CHANGE the cluster, the current context\n" in text
    )
    assert "mcp setup" not in text  # it would not help
    [client] = json.loads(mcp("status", "--client=copilot", "-o", "json").stdout)["clients"]
    assert [one["readOnly"] for one in client["pluginEntries"]] == [False]
    document = json.loads(mcp("verify", "--client=copilot", "-o", "json").stdout)
    assert warning in [f["title"] for one in document["entries"] for f in one["findings"]]
    assert document["writes"] is None


def test_what_comes_after_setup(mcp: Any, tmp_path: Path) -> None:
    """Setup and config say how the client is told to start the server, and where the entry is."""
    assert "Cursor: turn the server on in Settings, MCP\n" in mcp(
        "setup", "--client=cursor", "--yes"
    ).stdout  # fmt: skip
    printed = mcp("config", "--client=vscode")
    assert json.loads(printed.stdout)["servers"]
    assert f"paste it into {tmp_path / '.config/Code/User/mcp.json'}" in printed.stderr
    assert "choose Agent in the chat" in printed.stderr
    assert "trust the folder" in mcp("config", "--client=gemini").stderr
