"""The servers that plugins and extensions bring; tests/clients asks the clients themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.elsewhere import may_write, warnings_of
from fluxstatus.mcp.entry import NAME
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.scan import ClientEntries, scan
from tests.fakes.programs import go_build, program

WRITES = "which CAN CHANGE the cluster"
COMMAND = "/bin/flux-operator-mcp"


class Desk:
    """A home with a folder in it, in which plugins are installed."""

    def __init__(self, home: Path) -> None:
        self.home, self.here = home, home / "here"
        self.here.mkdir(parents=True)
        self.environ = {"HOME": str(home), "PATH": ""}

    @property
    def host(self) -> Host:
        """The machine."""
        return Host("linux", self.environ, self.here, str(self.home / "system"))

    def put(self, path: str, content: Any) -> Path:
        """Write a file below the home with *content*, text or JSON."""
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return file

    def scan(self, client: str, *, folder: bool = True) -> ClientEntries:
        """Return what *client* reads here."""
        [found] = scan(self.host, {client: CLIENTS[client]}, folder=folder)
        return found


def server(*flags: str, command: str = COMMAND) -> dict[str, Any]:
    """Return an entry with *flags*."""
    return {"command": command, "args": ["serve", *flags]}


def servers(*flags: str, command: str = COMMAND) -> dict[str, Any]:
    """Return a file with one server of the usual name."""
    return {"mcpServers": {NAME: server(*flags, command=command)}}


def claude(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install a plugin of Claude Code."""
    root = ".claude/plugins/cache/market/flux/1.0.0"
    place = {"scope": "user", "installPath": str(desk.home / root)}
    installed = {"version": 2, "plugins": {"flux@market": [place]}}
    desk.put(".claude/plugins/installed_plugins.json", installed)
    desk.put(".claude/settings.json", {"enabledPlugins": {"flux@market": enabled}})
    return desk.put(f"{root}/.mcp.json", content)


def codex(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install a plugin of Codex, in two versions."""
    table = f'[plugins."flux@market"]\nenabled = {str(enabled).lower()}\n'
    config = desk.home / ".codex" / "config.toml"
    text = config.read_text() if config.exists() else ""
    desk.put(".codex/config.toml", text.partition("[plugins")[0] + table)
    root = ".codex/plugins/cache/market/flux"
    desk.put(f"{root}/1.9.0/.codex-plugin/plugin.json", servers("--read-only=true"))
    desk.put(f"{root}/1.10.0/.codex-plugin/plugin.json", {"mcpServers": "./servers.json"})
    return desk.put(f"{root}/1.10.0/servers.json", content)


def gemini(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install an extension of Gemini, and trust the folder."""
    rules = {"flux": {"overrides": ["/*", *([] if enabled else ["!/*"])]}}
    desk.put(".gemini/extensions/extension-enablement.json", rules)
    desk.put(".gemini/trustedFolders.json", {str(desk.home): "TRUST_FOLDER"})
    manifest = {"name": "flux", "version": "1.0.0"}
    whole = {**manifest, **content} if isinstance(content, dict) else content
    return desk.put(".gemini/extensions/flux/gemini-extension.json", whole)


def qwen(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install an extension of Qwen."""
    rules = {"flux": {"overrides": [] if enabled else [f"!{desk.home}/*"]}}
    desk.put(".qwen/extensions/extension-enablement.json", rules)
    whole = {"name": "flux", **content} if isinstance(content, dict) else content
    return desk.put(".qwen/extensions/flux/qwen-extension.json", whole)


def copilot(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install a plugin of the Copilot CLI."""
    plugin = {"name": "flux", "marketplace": "market", "enabled": enabled}
    desk.put(".copilot/config.json", {"installedPlugins": [plugin]})
    return desk.put(".copilot/installed-plugins/market/flux/.mcp.json", content)


def goose(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install a plugin of goose."""
    root = ".agents/plugins/flux"
    state = f'plugins:\n  "{desk.home / root}":\n    enabled: {str(enabled).lower()}\n'
    desk.put(".config/goose/config.yaml", state)
    return desk.put(f"{root}/.mcp.json", content)


def desktop(desk: Desk, content: Any, *, enabled: bool) -> Path:
    """Install an extension of Claude Desktop."""
    folder = ".config/Claude/Claude Extensions"
    desk.put(f"{folder} Settings/io.flux.json", {"isEnabled": enabled})
    if isinstance(content, dict):
        [(name, one)] = content["mcpServers"].items()
        content = {"name": name, "server": {"type": "binary", "mcp_config": one}}
    return desk.put(f"{folder}/io.flux/manifest.json", content)


Install = Callable[..., Path]
INSTALLED: dict[str, tuple[Install, str]] = {
    "claude-code": (claude, f"plugin:flux:{NAME}"),
    "codex": (codex, NAME),
    "gemini": (gemini, NAME),
    "qwen": (qwen, NAME),
    "copilot": (copilot, NAME),
    "goose": (goose, f"flux:{NAME}"),
    "claude-desktop": (desktop, NAME),
}
EACH = [(client, *row) for client, row in INSTALLED.items()]


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")


@pytest.mark.parametrize(("client", "install", "name"), EACH)
def test_a_server_of_a_plugin_is_seen(desk: Desk, client: str, install: Install, name: str) -> None:
    """One that writes is a warning, also in a check; one that is off is none."""
    file = install(desk, servers(), enabled=True)
    for folder in (True, False):
        found = desk.scan(client, folder=folder)
        assert [(one.entry.name, one.entry.read_only) for one in found.started] == [(name, False)]
        assert may_write(found)
    [warning] = warnings_of(found)
    assert f"also starts {name} of {file} (plugin " in warning
    assert warning.endswith(WRITES)
    install(desk, servers("--read-only=true"), enabled=True)
    found = desk.scan(client)
    assert [one.entry.read_only for one in found.started] == [True]
    [warning] = warnings_of(found)  # it may be a launcher
    assert warning.endswith(f"which starts {COMMAND}; it is unknown whether that can write")
    build = program(desk.home / "bin" / NAME, "exit 1")
    build.write_bytes(go_build("github.com/controlplaneio-fluxcd/flux-operator/cmd/mcp"))
    install(desk, servers("--read-only=true", command=str(build)), enabled=True)
    assert list(warnings_of(desk.scan(client))) == []
    install(desk, servers(), enabled=False)
    assert desk.scan(client).started == ()


@pytest.mark.parametrize(("client", "install", "name"), EACH)
def test_a_server_of_a_plugin_and_one_of_the_user(
    desk: Desk, client: str, install: Install, name: str
) -> None:
    """The user's of the same name wins, but in the Copilot CLI."""
    own = CLIENTS[client].target(desk.host)
    entry = own.schema.read(name, server("--read-only=true"))
    if client != "goose":  # its plugin is in the same file
        own.path.parent.mkdir(parents=True, exist_ok=True)
        own.path.write_text(CLIENTS[client].put("", entry, None, own))
    install(desk, servers(), enabled=True)
    found = desk.scan(client)
    wins = client in ("copilot", "goose")
    assert [one.entry.read_only for one in found.started] == [not wins]
    assert ("instead" in "".join(warnings_of(found))) is (client == "copilot")


@pytest.mark.parametrize(("client", "install", "name"), EACH)
def test_a_file_of_a_plugin_that_cannot_be_read(
    desk: Desk, client: str, install: Install, name: str
) -> None:
    """It is a problem if it may be about the server, and none if it is about something else."""
    del name
    file = install(desk, '{"flux-operator-mcp": ', enabled=True)
    assert f"cannot parse {file}" in "".join(desk.scan(client).problems)
    file.write_text("{")
    assert desk.scan(client).problems == ()
    file.write_text(" " * (4 << 20) + "{}")
    assert "is larger than 4 MiB" in "".join(desk.scan(client).problems)


@pytest.mark.parametrize("client", ["claude-code", "goose"])
def test_a_wrapper_in_a_plugin_is_known_by_its_name(desk: Desk, client: str) -> None:
    """The client puts the name of the plugin before that of the server."""
    install, name = INSTALLED[client]
    install(desk, {"mcpServers": {NAME: server(command="/bin/wrapper")}}, enabled=True)
    assert [one.entry.name for one in desk.scan(client).started] == [name]


def test_the_folder_of_a_plugin_is_filled_in(desk: Desk) -> None:
    """The client replaces the variable, so that the entry depends on nothing."""
    content = {"mcpServers": {"f": server(command="${CLAUDE_PLUGIN_ROOT}/flux-operator-mcp")}}
    root = claude(desk, content, enabled=True).parent
    [one] = desk.scan("claude-code").started
    assert (one.entry.command, one.entry.filled_in) == (str(root / "flux-operator-mcp"), "")


def test_a_manifest_may_have_servers_or_name_files(desk: Desk) -> None:
    """Those in it, those in the usual file and those in files that it names, within its folder."""
    root = claude(desk, servers(), enabled=True).parent
    manifest = root / ".claude-plugin" / "plugin.json"
    manifest.parent.mkdir()
    (root / "more.json").write_text(json.dumps({"more": server()}))
    (root.parent / "outside.json").write_text(json.dumps({"outside": server()}))
    manifest.write_text(json.dumps({"mcpServers": ["./more.json", "../outside.json"]}))
    names = {one.entry.name for one in desk.scan("claude-code").started}
    assert names == {f"plugin:flux:{NAME}", "plugin:flux:more"}
    manifest.write_text(json.dumps({"mcpServers": {"inline": server()}}))
    names = {one.entry.name for one in desk.scan("claude-code").started}
    assert names == {f"plugin:flux:{NAME}", "plugin:flux:inline"}


def test_a_plugin_of_the_folder(desk: Desk) -> None:
    """Who wrote it may be anybody: a check does not read it."""
    desk.put("here/.agents/plugins/theirs/.mcp.json", servers())
    assert [one.entry.name for one in desk.scan("goose").started] == [f"theirs:{NAME}"]
    assert desk.scan("goose", folder=False).started == ()
    desk.put("here/.agents/plugins/theirs/.mcp.json", "{flux-operator-mcp")
    found = desk.scan("goose")
    assert (len(found.unread), found.problems) == (1, ())


def test_a_server_that_codex_has_off_in_a_plugin(desk: Desk) -> None:
    """The user may disable one server of a plugin."""
    codex(desk, servers(), enabled=True)
    config = desk.home / ".codex" / "config.toml"
    off = f'[plugins."flux@market".mcp_servers."{NAME}"]\nenabled = false\n'
    config.write_text(config.read_text() + off)
    assert desk.scan("codex").started == ()


@pytest.mark.parametrize(
    ("rules", "enabled"),
    [([], True), (["!/*"], False), (["!/*", "{home}/here/*"], True), (["!{home}/here/"], False),
     (["!{home}/here/other/*"], True), (["!{home}/*", "{home}/there/*"], False)],
)  # fmt: skip
def test_where_an_extension_is_enabled(desk: Desk, rules: list[str], *, enabled: bool) -> None:
    """The last rule that fits the folder counts, as Gemini and Qwen write them."""
    qwen(desk, servers(), enabled=True)
    overrides = [rule.format(home=desk.home) for rule in rules]
    desk.put(".qwen/extensions/extension-enablement.json", {"flux": {"overrides": overrides}})
    assert bool(desk.scan("qwen").started) is enabled


def test_what_an_administrator_leaves_to_plugins(desk: Desk) -> None:
    """Only servers of plugins may be started, or only those of the administrator."""
    claude(desk, servers(), enabled=True)
    path = "system/etc/claude-code"
    desk.put(f"{path}/managed-settings.json", {"strictPluginOnlyCustomization": ["mcp"]})
    assert len(desk.scan("claude-code").started) == 1
    desk.put(f"{path}/managed-mcp.json", {"mcpServers": {}})
    assert desk.scan("claude-code").started == ()
