"""What an administrator places on a machine: servers, and lists of those that may be started.

tests/clients has the same with the clients themselves.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.elsewhere import may_write, warnings_of
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_put
from fluxstatus.mcp.scan import ClientEntries, scan

READ = Entry(NAME, "/bin/flux-operator-mcp", ("serve", "--read-only=true"))
WRITE = READ._replace(args=("serve",))
ARGV = list(READ.argv)


class Machine:
    """A machine with a home, a folder in it, and the files of an administrator."""

    def __init__(self, folder: Path) -> None:
        self.home, self.system = folder / "home", folder / "system"
        self.here = self.home / "here"
        self.here.mkdir(parents=True)
        self.host = Host("linux", {"HOME": str(self.home)}, self.here, str(self.system))
        trusted = self.home / ".gemini" / "trustedFolders.json"
        trusted.parent.mkdir()
        trusted.write_text(json.dumps({str(self.home): "TRUST_FOLDER"}))

    def set_up(self, client: str) -> None:
        """Write a read-only entry of the user for *client*."""
        [change] = plan_put(CLIENTS[client], self.host, READ)
        change.apply(self.host)

    def manage(self, path: str, content: Any) -> Path:
        """Place a file of an administrator, below /etc."""
        file = self.system / "etc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    def scan(self, client: str, *, folder: bool = True) -> ClientEntries:
        """Return what *client* reads."""
        [found] = scan(self.host, {client: CLIENTS[client]}, folder=folder)
        return found


@pytest.fixture(name="machine")
def _machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


SERVERS = {"mcpServers": {NAME: {"command": WRITE.command, "args": ["serve"]}}}
OPENCODE = {"mcp": {NAME: {"command": list(WRITE.argv)}}}
TABLE = f'[mcp_servers.{NAME}]\ncommand = "{WRITE.command}"\nargs = ["serve"]\n'


@pytest.mark.parametrize(
    ("client", "path", "content"),
    [
        ("claude-code", "claude-code/managed-mcp.json", SERVERS),
        ("codex", "codex/managed_config.toml", TABLE),
        ("gemini", "gemini-cli/settings.json", SERVERS),
        ("qwen", "qwen-code/settings.json", SERVERS),
        ("opencode", "opencode/opencode.json", OPENCODE),
        ("opencode", "opencode/opencode.jsonc", OPENCODE),
        ("kilo", "kilo/kilo.json", OPENCODE),
        ("auggie", "augment/settings.json", SERVERS),
    ],
)
def test_an_administrators_entry_replaces_that_of_the_user(
    machine: Machine, client: str, path: str, content: Any
) -> None:
    """What the client starts may write, in every folder; setup never changes that file."""
    machine.set_up(client)
    assert list(warnings_of(machine.scan(client))) == []
    file = machine.manage(path, content)
    for folder in (True, False):
        found = machine.scan(client, folder=folder)
        assert [one.entry.read_only for one in found.started] == [False]
    [warning] = warnings_of(found)
    assert warning == (
        f"{CLIENTS[client].title} starts {NAME} of {file} (managed by an administrator) instead, "
        "which CAN CHANGE the cluster"
    )
    assert may_write(found)
    assert plan_put(CLIENTS[client], machine.host, READ) == []
    file.unlink()
    assert list(warnings_of(machine.scan(client))) == []


@pytest.mark.parametrize(
    ("client", "path", "content"),
    [
        ("codex", "codex/config.toml", TABLE),
        ("gemini", "gemini-cli/system-defaults.json", SERVERS),
        ("qwen", "qwen-code/system-defaults.json", SERVERS),
    ],
)
def test_an_administrators_default_counts_without_an_entry_of_the_user(
    machine: Machine, client: str, path: str, content: Any
) -> None:
    """The user's entry of that name replaces it."""
    file = machine.manage(path, content)
    found = machine.scan(client)
    assert [one.at.path for one in found.started] == [file]
    assert "also starts" in "".join(warnings_of(found))
    machine.set_up(client)
    found = machine.scan(client)
    assert [one.entry.read_only for one in found.started] == [True]
    assert list(warnings_of(found)) == []


@pytest.mark.parametrize(
    ("client", "path", "content", "why"),
    [
        ("claude-code", "claude-code/managed-mcp.json", {"mcpServers": {}},
         "it starts only the servers of {file}"),
        ("claude-code", "claude-code/managed-settings.json", {"allowedMcpServers": []},
         "it is not in allowedMcpServers"),
        ("claude-code", "claude-code/managed-settings.json",
         {"allowedMcpServers": [{"serverName": "other"}]}, "it is not in allowedMcpServers"),
        ("claude-code", "claude-code/managed-settings.json",
         {"allowedMcpServers": [{"serverName": NAME}, {"serverCommand": ["/bin/other"]}]},
         "it is not in allowedMcpServers"),
        ("claude-code", "claude-code/managed-settings.d/10-mcp.json",
         {"deniedMcpServers": [{"serverCommand": ARGV}]}, "it is in deniedMcpServers"),
        ("claude-code", "claude-code/managed-settings.json",
         {"allowedMcpServers": [{"serverName": NAME}], "deniedMcpServers": [{"serverName": NAME}]},
         "it is in deniedMcpServers"),
        ("claude-code", "claude-code/managed-settings.json",
         {"strictPluginOnlyCustomization": ["mcp"]},
         "strictPluginOnlyCustomization of {file} allows only servers of plugins"),
        ("codex", "codex/requirements.toml", "[mcp_servers]\n", "{file} does not allow it"),
        ("codex", "codex/requirements.toml",
         f'[mcp_servers.{NAME}.identity]\ncommand = "/bin/other"\n', "{file} does not allow it"),
        ("codex", "codex/config.toml", f"[mcp_servers.{NAME}]\nenabled = false\n",
         "enabled is false"),
        ("copilot", "github-copilot/managed-settings.json", {"allowedMcpServers": []},
         "it is not in allowedMcpServers of {file}"),
        ("copilot", "github-copilot/managed-settings.json",
         {"deniedMcpServers": [{"serverName": NAME}]}, "it is in deniedMcpServers of {file}"),
        ("vscode", "github-copilot/managed-settings.json",
         {"deniedMcpServers": [{"serverName": NAME}]}, "it is in deniedMcpServers of {file}"),
        ("vscode", "vscode/policy.json", {"ChatMCP": "none"}, "ChatMCP is none in {file}"),
        ("gemini", "gemini-cli/settings.json", {"mcp": {"excluded": [NAME]}},
         "it is in mcp.excluded"),
        ("gemini", "gemini-cli/settings.json", {"mcp": {"allowed": ["other"]}},
         "it is not in mcp.allowed"),
        ("qwen", "qwen-code/system-defaults.json", {"mcp": {"allowed": []}},
         "it is not in mcp.allowed"),
    ],
)  # fmt: skip
def test_what_an_administrator_forbids(
    machine: Machine, client: str, path: str, content: Any, why: str
) -> None:
    """The user's entry is not started, and the reason is named."""
    machine.set_up(client)
    assert len(machine.scan(client).started) == 1
    file = machine.manage(path, content)
    for folder in (True, False):
        found = machine.scan(client, folder=folder)
        assert [one.off for one in found.entries] == [why.format(file=file)]
        assert found.started == ()


@pytest.mark.parametrize(
    ("client", "path", "content"),
    [
        ("claude-code", "claude-code/managed-settings.json",
         {"allowedMcpServers": [{"serverName": NAME}]}),
        ("claude-code", "claude-code/managed-settings.json",
         {"allowedMcpServers": [{"serverCommand": ARGV}]}),
        ("claude-code", "claude-code/managed-settings.json",
         {"deniedMcpServers": [{"serverCommand": [*ARGV, "more"]}, {"serverUrl": "*"}]}),
        ("claude-code", "claude-code/managed-mcp.json", "{"),  # the client ignores it
        ("codex", "codex/requirements.toml",
         f'[mcp_servers.{NAME}.identity]\ncommand = "{READ.command}"\n'),
        ("codex", "codex/requirements.toml", "allow_managed_hooks_only = true\n"),
        ("copilot", "github-copilot/managed-settings.json",
         {"allowedMcpServers": [{"serverName": NAME}, {"serverCommand": ["/bin/other"]}]}),
        ("vscode", "vscode/policy.json", {"ChatMCP": "all"}),
        ("gemini", "gemini-cli/settings.json", {"mcp": {"allowed": [NAME]}}),
    ],
)  # fmt: skip
def test_what_an_administrator_allows(
    machine: Machine, client: str, path: str, content: Any
) -> None:
    """Rules that the entry keeps do not turn it off."""
    machine.set_up(client)
    machine.manage(path, content)
    assert [one.entry.read_only for one in machine.scan(client).started] == [True]


def test_the_users_list_counts_unless_only_managed_ones_do(machine: Machine) -> None:
    """In Claude Code, lists of all settings are joined."""
    machine.set_up("claude-code")
    own = machine.home / ".claude" / "settings.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"allowedMcpServers": [{"serverName": NAME}]}))
    settings: dict[str, Any] = {"allowedMcpServers": [{"serverName": "other"}]}
    machine.manage("claude-code/managed-settings.json", settings)
    assert len(machine.scan("claude-code").started) == 1
    settings["allowManagedMcpServersOnly"] = True
    machine.manage("claude-code/managed-settings.json", settings)
    assert machine.scan("claude-code").started == ()


def test_an_administrators_list_replaces_that_of_the_user(machine: Machine) -> None:
    """Gemini takes the allowed servers of the settings that win, and the excluded ones of all."""
    machine.set_up("gemini")
    file = machine.home / ".gemini" / "settings.json"
    settings = json.loads(file.read_text())
    for own, managed, is_started in (
        ({"allowed": ["other"]}, {"allowed": [NAME]}, True),
        ({"allowed": [NAME]}, {"allowed": ["other"]}, False),
        ({"excluded": [NAME]}, {"excluded": []}, False),
    ):
        file.write_text(json.dumps({**settings, "mcp": own}))
        machine.manage("gemini-cli/settings.json", {"mcp": managed})
        assert bool(machine.scan("gemini").started) is is_started


@pytest.mark.parametrize(
    ("client", "path"),
    [
        ("claude-code", "claude-code/managed-settings.json"),
        ("claude-code", "claude-code/managed-settings.d/a.json"),
        ("claude-code", "claude-code/managed-mcp.json"),
        ("codex", "codex/requirements.toml"),
        ("copilot", "github-copilot/managed-settings.json"),
        ("vscode", "vscode/policy.json"),
    ],
)
def test_rules_that_cannot_be_read_are_a_problem(machine: Machine, client: str, path: str) -> None:
    """Nothing is known then of what the client starts; without an entry it does not matter."""
    file = machine.manage(path, "{ [")
    assert machine.scan(client).problems == ()
    machine.set_up(client)
    assert f"cannot parse {file}" in "".join(machine.scan(client).problems)
    file.unlink()
    file.mkdir()
    assert f"{file} is not a file" in "".join(machine.scan(client).problems)


def test_variables_that_move_an_administrators_files() -> None:
    """Gemini and Qwen take other paths from the environment; the defaults are beside the file."""
    for client, variable in (("gemini", "GEMINI_CLI"), ("qwen", "QWEN_CODE")):
        environ = {"HOME": "/home/me", f"{variable}_SYSTEM_SETTINGS_PATH": "/m/s.json"}
        host = Host("linux", environ)
        assert [*map(str, host.paths(f"{client}-admin/settings.json"))] == ["/m/s.json"]
        [defaults] = host.paths(f"{client}-admin/system-defaults.json")
        assert str(defaults) == "/m/system-defaults.json"
        environ[f"{variable}_SYSTEM_DEFAULTS_PATH"] = "/d.json"
        assert [*map(str, host.paths(f"{client}-admin/system-defaults.json"))] == ["/d.json"]


@pytest.mark.parametrize(
    ("platform", "base", "path"),
    [
        ("linux", "claude-admin", "/etc/claude-code"),
        ("darwin", "claude-admin", "/Library/Application Support/ClaudeCode"),
        ("darwin", "codex-admin", "/etc/codex"),
        ("darwin", "copilot-admin", "/Library/Application Support/GitHubCopilot"),
        ("win32", "gemini-admin", "C:/ProgramData/gemini-cli"),
    ],
)
def test_where_administrators_place_files(platform: str, base: str, path: str) -> None:
    """Each system has its folder."""
    assert Host(platform, {}).base(base) == path
