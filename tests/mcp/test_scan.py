"""What a client starts: its files in their order, what is off, and what replaces an entry.

tests/clients asks the clients themselves.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.elsewhere import warnings_of
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_put
from fluxstatus.mcp.scan import ClientEntries, scan

READ = Entry(NAME, "/bin/flux-operator-mcp", ("serve", "--read-only=true"))
WRITE = READ._replace(args=("serve",))
WRITES = "which CAN CHANGE the cluster"


class Desk:
    """A home with a repository in it; the user is in a folder of that."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.repository = home / "repository"
        self.here = self.repository / "here"
        self.here.mkdir(parents=True)
        (self.repository / ".git").mkdir()
        self.environ = {"HOME": str(home), "PATH": ""}

    def put(self, client: str, path: Path, entry: Entry = WRITE, **more: Any) -> None:
        """Write a file with *entry* as *client* has it, with the keys *more*."""
        host = Host("linux", self.environ, self.here)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        at = next(one for one in CLIENTS[client].locations(host) if one.path == path)
        value = {**at.schema.write(entry), **more}
        path.write_text(CLIENTS[client].set("", entry.name, value, at))

    def scan(self, client: str, *, folder: bool = True) -> ClientEntries:
        """Return what *client* reads here."""
        host = Host("linux", self.environ, self.here)
        [found] = scan(host, {client: CLIENTS[client]}, folder=folder)
        return found


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


FOLDER_FILES = {
    "cursor": "here/.cursor/mcp.json",
    "zed": ".zed/settings.json",
    "antigravity": "here/.agents/mcp_config.json",
    "kiro": "here/.kiro/settings/mcp.json",
    "amazon-q": "here/.amazonq/mcp.json",
    "junie": "here/.junie/mcp/mcp.json",
    "qwen": "here/.qwen/settings.json",
    "opencode": "here/opencode.json",
    "kilo": ".kilo/kilo.jsonc",
    "droid": ".factory/mcp.json",
    "amp": "here/.amp/settings.json",
    "auggie": ".augment/settings.json",
    "vibe": "here/.vibe/config.toml",
    "continue": ".continue/mcpServers/flux.yaml",
}


@pytest.mark.parametrize(("client", "file"), FOLDER_FILES.items())
def test_an_entry_of_the_folder_replaces_that_of_the_user(
    desk: Desk, client: str, file: str
) -> None:
    """What the client starts here may write, though the user's entry only reads."""
    path = CLIENTS[client].path(Host("linux", desk.environ))
    assert path
    desk.put(client, path, READ)
    assert list(warnings_of(desk.scan(client))) == []
    desk.put(client, desk.repository / file)
    found = desk.scan(client)
    assert [one.entry.read_only for one in found.started] == [False]
    [warning] = warnings_of(found)
    assert f"{NAME} of {desk.repository / file} instead, which CAN CHANGE the cluster" in warning
    assert [one.entry.read_only for one in desk.scan(client, folder=False).started] == [True]
    desk.put(client, desk.repository / file, READ)
    assert list(warnings_of(desk.scan(client))) == []


@pytest.mark.parametrize(
    "entry",
    [
        Entry("k8s", "docker", ("run", "-i", "ghcr.io/c/flux-operator-mcp:v1", "serve")),
        Entry("k8s", r"C:\tools\flux-operator-mcp.exe", ("serve",)),
        Entry("k8s", "sh", ("-c", "flux-operator-mcp serve")),
    ],
)
def test_an_entry_that_writes_is_found_under_any_name(desk: Desk, entry: Entry) -> None:
    """Images, programs of Windows and shells count, whatever the entry is called."""
    file = desk.here / ".cursor" / "mcp.json"
    desk.put("cursor", file, entry)
    [warning] = warnings_of(desk.scan("cursor"))
    assert f"also starts k8s of {file}, which CAN CHANGE the cluster" in warning
    desk.put("cursor", file, entry._replace(command="/bin/other", args=()))
    assert list(warnings_of(desk.scan("cursor"))) == []


def test_another_program_with_the_name_of_an_entry(desk: Desk) -> None:
    """A program that is not the server, in place of an entry for it, is named."""
    desk.put("cursor", desk.home / ".cursor" / "mcp.json", READ._replace(name="mine"))
    desk.put("cursor", desk.here / ".cursor" / "mcp.json", Entry("mine", "/bin/else"))
    [warning] = warnings_of(desk.scan("cursor"))
    assert "starts mine of" in warning
    assert warning.endswith("instead, which starts /bin/else")
    remote = {"mcpServers": {"mine": {"url": "https://example.com/mcp"}}}
    (desk.here / ".cursor" / "mcp.json").write_text(json.dumps(remote))
    assert "which calls a remote server" in "".join(warnings_of(desk.scan("cursor")))


@pytest.mark.parametrize(
    ("client", "value"),
    [("codex", {"enabled": False}), ("opencode", {"enabled": False}), ("goose", {"enabled": False}),
     ("zed", {"enabled": False}), ("kiro", {"disabled": True}), ("cline", {"disabled": True}),
     ("droid", {"disabled": True}), ("windsurf", {"disabled": True}), ("vibe", {"disabled": True})],
)  # fmt: skip
def test_an_entry_that_is_off(desk: Desk, client: str, value: dict[str, bool]) -> None:
    """A disabled entry is not started; the key that is the cause is named."""
    path = CLIENTS[client].path(Host("linux", desk.environ))
    assert path
    desk.put(client, path, READ, **value)
    found = desk.scan(client)
    [listed] = found.entries
    [(key, off)] = value.items()
    assert listed.off == f"{key} is {str(off).lower()}"
    assert found.started == ()
    desk.put(client, path, READ, **{key: not off})
    assert len(desk.scan(client).started) == 1


def test_a_file_of_continue_in_another_format(desk: Desk) -> None:
    """It reads JSON in that folder, too; what we do not read is not passed over."""
    file = desk.repository / ".continue" / "mcpServers" / "flux.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"mcpServers": {NAME: {"command": "flux-operator-mcp"}}}))
    assert f"cannot parse {file}" in "".join(desk.scan("continue").unread)


def test_what_is_merged_key_by_key(desk: Desk) -> None:
    """Codex and opencode merge entries: a file of the folder may change the arguments alone."""
    desk.put("opencode", desk.home / ".config" / "opencode" / "opencode.json", READ)
    file = desk.here / "opencode.json"
    file.write_text(json.dumps({"mcp": {NAME: {"command": ["/bin/flux-operator-mcp", "serve"]}}}))
    [listed] = desk.scan("opencode").started
    assert (listed.entry.read_only, listed.at.path) == (False, file)
    file.write_text(json.dumps({"mcp": {NAME: {"enabled": False}}}))
    found = desk.scan("opencode")
    assert found.started == ()
    assert list(warnings_of(found)) == [
        f"in this folder, opencode does not start {NAME}: {file} turns it off"
    ]


@pytest.mark.parametrize(
    ("client", "variable"),
    [("opencode", "OPENCODE_CONFIG_CONTENT"), ("kilo", "KILO_CONFIG_CONTENT")],
)
def test_a_variable_with_the_content_of_a_file(desk: Desk, client: str, variable: str) -> None:
    """It wins over all files of the user and of the folder, and setup cannot change it."""
    path = CLIENTS[client].path(Host("linux", desk.environ))
    assert path
    desk.put(client, path, READ)
    desk.environ[variable] = json.dumps({"mcp": {NAME: {"command": list(WRITE.argv)}}})
    for folder in (True, False):
        [listed] = desk.scan(client, folder=folder).started
        assert listed.entry.read_only is False
    title = CLIENTS[client].title
    assert list(warnings_of(desk.scan(client))) == [
        f"{title} starts {NAME} of ${variable} instead, {WRITES}"
    ]
    assert CLIENTS[client].path(Host("linux", desk.environ)) == path
    desk.environ[variable] = "{" + NAME
    assert f"cannot parse ${variable}" in "".join(desk.scan(client).problems)


def test_codex_reads_a_folder_that_is_trusted(desk: Desk) -> None:
    """Its file in a folder counts once the user trusts that; only the arguments may be there."""
    config = desk.home / ".codex" / "config.toml"
    desk.put("codex", config, READ)
    file = desk.repository / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(f'[mcp_servers.{NAME}]\nargs = ["serve"]\n')
    own = config.read_text()
    for level, read_only in (("untrusted", True), ("trusted", False)):
        config.write_text(f'{own}[projects."{desk.repository}"]\ntrust_level = "{level}"\n')
        [listed] = desk.scan("codex").started
        assert (listed.entry.read_only, listed.entry.command) == (read_only, READ.command)


def test_copilot_reads_a_folder_that_is_trusted(desk: Desk) -> None:
    """Its files in a folder count once the user trusts that; a list of names is off."""
    desk.put("copilot", desk.home / ".copilot" / "mcp-config.json", READ)
    desk.put("copilot", desk.repository / ".mcp.json")
    assert [one.entry.read_only for one in desk.scan("copilot").started] == [True]
    trusted = f'// kept by copilot\n{{"trustedFolders": ["{desk.repository}"]}}'
    (desk.home / ".copilot" / "config.json").write_text(trusted)
    assert [one.entry.read_only for one in desk.scan("copilot").started] == [False]
    off = json.dumps({"disabledMcpServers": [NAME]})
    (desk.home / ".copilot" / "settings.json").write_text(off)
    assert desk.scan("copilot").started == ()


def test_claude_code_has_three_scopes(desk: Desk) -> None:
    """Local wins over the project, once that is approved, and that over the user."""
    user = desk.home / ".claude.json"
    value = {"command": "flux-operator-mcp", "args": ["serve"]}
    own = {"mcpServers": {NAME: {**value, "args": ["serve", "--read-only"]}}}
    user.write_text(json.dumps(own))
    (desk.here / ".mcp.json").write_text(json.dumps({"mcpServers": {NAME: value}}))
    (desk.repository / ".mcp.json").write_text(json.dumps({"mcpServers": {NAME: {}}}))
    assert [one.entry.read_only for one in desk.scan("claude-code").started] == [True]
    approved = {str(desk.repository): {"enabledMcpjsonServers": [NAME]}}
    user.write_text(json.dumps({**own, "projects": approved}))
    [listed] = desk.scan("claude-code").started
    assert listed.at.path == desk.here / ".mcp.json"
    approved[str(desk.repository)] = {"mcpServers": {NAME: {**value, "args": ["x"]}}}  # type: ignore[dict-item]
    user.write_text(json.dumps({**own, "projects": approved}))
    for folder in (True, False):  # it is in the user's own file
        [listed] = desk.scan("claude-code", folder=folder).started
        assert listed.entry.args == ("x",)


def test_gemini_starts_nothing_in_a_folder_that_is_not_trusted(desk: Desk) -> None:
    """Not even the user's own entry is started until the folder is trusted."""
    folder = desk.home / ".gemini"
    desk.put("gemini", folder / "settings.json", READ)
    rules = folder / "trustedFolders.json"
    for rule, is_trusted in (
        ({}, False),
        ({str(desk.repository): "TRUST_FOLDER"}, True),
        ({str(desk.repository / "README"): "TRUST_PARENT"}, True),
        ({str(desk.repository): "TRUST_FOLDER", str(desk.here): "DO_NOT_TRUST"}, False),
        ({str(desk.home / "other"): "TRUST_FOLDER"}, False),
    ):
        rules.write_text(json.dumps(rule))
        [listed] = desk.scan("gemini").entries
        assert (listed.off == "") is is_trusted
        assert is_trusted or listed.off == "its folder is not trusted"
    rules.write_text(json.dumps({str(desk.home): "TRUST_FOLDER"}))
    (folder / "mcp-server-enablement.json").write_text(json.dumps({NAME: {"enabled": False}}))
    assert desk.scan("gemini").started == ()


def test_vs_code_lists_a_server_for_each_file(desk: Desk) -> None:
    """The portable file and the older one both count."""
    older = desk.home / ".config" / "Code" / "User" / "mcp.json"
    portable = desk.home / ".copilot" / "mcp-config.json"
    desk.put("vscode", older, READ)
    assert list(warnings_of(desk.scan("vscode"))) == []
    desk.put("vscode", portable, READ)
    assert list(warnings_of(desk.scan("vscode"))) == [
        f"VS Code lists {NAME} twice: it is in {portable} and in {older}"
    ]
    older.unlink()
    workspace = desk.here / ".vscode" / "mcp.json"
    desk.put("vscode", workspace)
    found = desk.scan("vscode")
    assert [one.entry.read_only for one in found.started] == [False, True]
    assert list(warnings_of(found)) == [
        f"in this folder, VS Code starts {NAME} of {workspace} as well, {WRITES}"
    ]


def test_setup_leaves_one_of_what_vs_code_lists_twice(desk: Desk) -> None:
    """Of two files with the entry, setup keeps the one that wins; else it makes the older."""
    host = Host("linux", desk.environ, desk.here)
    older = desk.home / ".config" / "Code" / "User" / "mcp.json"
    portable = desk.home / ".copilot" / "mcp-config.json"
    client = CLIENTS["vscode"]
    assert client.path(host) == older
    desk.put("vscode", older, WRITE)
    [change] = plan_put(client, host, READ)
    assert change.path == older  # it is corrected where it is
    desk.put("vscode", portable, WRITE)
    for change in plan_put(client, host, READ):
        change.apply(host)
    [listed] = desk.scan("vscode").entries
    assert (listed.at.path, listed.entry.read_only) == (portable, True)
    assert plan_put(client, host, READ) == []


def test_the_home_is_no_project(desk: Desk) -> None:
    """In the home, the file of the folder is that of the user: not another one."""
    desk.here = desk.home
    desk.put("cursor", desk.home / ".cursor" / "mcp.json")
    found = desk.scan("cursor")
    assert (len(found.entries), found.of_folder) == (1, ())
    assert len(desk.scan("cursor", folder=False).entries) == 1


def test_a_file_of_the_folder_that_cannot_be_read(desk: Desk) -> None:
    """It is a problem of its own if it is about the server, and not if it is about others."""
    file = desk.here / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text("{")
    assert desk.scan("cursor").unread == ()
    file.write_text('{"flux-operator-mcp": ')
    assert "cannot parse" in "".join(desk.scan("cursor").unread)
    assert desk.scan("cursor").problems == ()
    file.write_text(" " * (4 << 20) + "{}")
    assert "is larger than 4 MiB" in "".join(desk.scan("cursor").unread)
    file.unlink()
    file.mkdir()
    assert "is not a file" in "".join(desk.scan("cursor").unread)
