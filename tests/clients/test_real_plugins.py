"""Plugins and extensions that a client itself installs, and what `mcp status` reads of them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.mcp.entry import NAME
from tests.clients.leftovers import end, processes_of
from tests.clients.test_real_clients import Desk, trust_gemini

pytestmark = pytest.mark.clients
_MANIFEST = {"name": "flux", "version": "1.0.0", "description": "a test"}


def _servers(tag: str) -> dict[str, Any]:
    return {NAME: {"command": "/bin/true", "args": [f"--kube-context={tag}", "serve"]}}


def put(path: Path, content: Any) -> Path:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


class Shop:
    """A marketplace of plugins in a folder, with one for all clients, and extensions."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "market"
        self.plugin = self.folder / "flux"
        one = {"name": "flux", "source": "./flux", "description": "a test"}
        market = {"name": "market", "owner": {"name": "me"}, "plugins": [one]}
        put(self.folder / ".claude-plugin" / "marketplace.json", market)
        local = {"name": "flux", "source": {"source": "local", "path": "./flux"}}
        put(
            self.folder / ".agents" / "plugins" / "marketplace.json", {**market, "plugins": [local]}
        )
        put(self.plugin / ".claude-plugin" / "plugin.json", _MANIFEST)
        put(self.plugin / ".codex-plugin" / "plugin.json", _MANIFEST)
        put(self.plugin / ".mcp.json", {"mcpServers": _servers("plugin")})
        self.extension = self.folder / "extension"
        for client in ("gemini", "qwen"):
            whole = {**_MANIFEST, "mcpServers": _servers("plugin")}
            put(self.extension / f"{client}-extension.json", whole)

    def serve(self, home: Path) -> str:
        """Return the address of a repository with all of it, which Git finds in this home."""
        git = ("git", "-c", "user.name=me", "-c", "user.email=me@example.com")
        for argv in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
            subprocess.run([*git, *argv], cwd=self.folder, check=True)
        subprocess.run(
            [*git, "clone", "-q", "--bare", self.folder, home / "market.git"], check=True
        )
        other = f'[url "file://{home}/"]\n\tinsteadOf = https://git.example.com/\n'
        (home / ".gitconfig").write_text(f'{other}[protocol "file"]\n\tallow = always\n')
        return "https://git.example.com/market.git"


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    end(tmp_path / "home")
    assert not list(processes_of(tmp_path / "home"))


def desk_of(tmp_path: Path, client: str) -> tuple[Desk, Shop]:
    """Return a desk for *client*, with a marketplace."""
    desk = Desk(tmp_path / "home", client, {})
    return desk, Shop(desk.home)


def listed(desk: Desk) -> set[str]:
    """Return the tags of what the client lists of plugins and of the user."""
    done = desk.run(*desk.real.argv)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if "disabled" not in line]
    tags = ("plugin", "user", "mine")
    return {tag for tag in tags if any(f"--kube-context={tag}" in line for line in lines)}


def run(desk: Desk, *words: str) -> None:
    """Run the client, and expect that it works."""
    done = desk.run(*words)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("git", [False, True], ids=["folder", "git"])
@pytest.mark.parametrize(
    ("client", "install"),
    [("claude-code", "install"), ("codex", "add"), ("copilot", "install")],
)
def test_a_plugin_of_a_marketplace(tmp_path: Path, client: str, install: str, *, git: bool) -> None:
    """It is seen once it is installed, whether the client copies it or reads it in place."""
    desk, shop = desk_of(tmp_path, client)
    assert listed(desk) == desk.ours() == set()
    source = shop.serve(desk.home) if git else str(shop.folder)
    run(desk, "plugin", "marketplace", "add", source)
    run(desk, "plugin", install, "flux@market")
    assert listed(desk) == desk.ours() == {"plugin"}
    desk.put(desk.client.target(desk.host), "user")
    both = {"claude-code": {"user", "plugin"}, "codex": {"user"}, "copilot": {"plugin"}}[client]
    assert listed(desk) == desk.ours() == both
    if client == "codex":
        config = desk.home / ".codex" / "config.toml"
        config.write_text(config.read_text().replace("enabled = true", "enabled = false"))
    else:
        run(desk, "plugin", "disable", "flux@market")
    assert listed(desk) == desk.ours() == {"user"}


def test_what_a_plugin_of_claude_code_declares(tmp_path: Path) -> None:
    """The manifest wins over the usual file; without one, the marketplace declares servers."""
    desk, shop = desk_of(tmp_path, "claude-code")
    run(desk, "plugin", "marketplace", "add", str(shop.folder))
    run(desk, "plugin", "install", "flux@market")
    manifest = shop.plugin / ".claude-plugin" / "plugin.json"
    put(manifest, {**_MANIFEST, "mcpServers": _servers("mine")})
    assert listed(desk) == desk.ours() == {"mine"}
    put(shop.plugin / "more.json", _servers("mine"))
    put(manifest, {**_MANIFEST, "mcpServers": ["./more.json"]})
    assert listed(desk) == desk.ours() == {"mine"}
    manifest.unlink()
    file = shop.folder / ".claude-plugin" / "marketplace.json"
    market = json.loads(file.read_text())
    market["plugins"][0] |= {"strict": False, "mcpServers": _servers("mine")}
    put(file, market)
    assert listed(desk) == desk.ours() == {"mine"}


def test_where_a_plugin_of_claude_code_is_enabled(tmp_path: Path) -> None:
    """Settings of the current folder count, and a skill may be a plugin."""
    desk, shop = desk_of(tmp_path, "claude-code")
    run(desk, "plugin", "marketplace", "add", str(shop.folder))
    run(desk, "plugin", "install", "flux@market")
    for folder, enabled, tags in (
        (desk.repository, False, {"plugin"}),
        (desk.here, False, set()),
        (desk.here, True, {"plugin"}),
    ):  # fmt: skip
        put(folder / ".claude" / "settings.json", {"enabledPlugins": {"flux@market": enabled}})
        assert listed(desk) == desk.ours() == tags
    put(desk.here / ".claude" / "settings.local.json", {"enabledPlugins": {"flux@market": False}})
    assert listed(desk) == desk.ours() == set()
    skill = desk.home / ".claude" / "skills" / "other"
    put(skill / ".claude-plugin" / "plugin.json", {**_MANIFEST, "name": "other"})
    put(skill / ".mcp.json", {"mcpServers": _servers("mine")})
    assert listed(desk) == desk.ours() == {"mine"}


@pytest.mark.parametrize("client", ["gemini", "qwen"])
def test_an_extension(tmp_path: Path, client: str) -> None:
    """It gives way to the user's entry; a disabled one is not started."""
    desk, shop = desk_of(tmp_path, client)
    if client == "gemini":
        trust_gemini(desk)
        rules = desk.home / ".gemini" / "trustedFolders.json"
        trusted = {**json.loads(rules.read_text()), str(shop.folder): "TRUST_FOLDER"}
        rules.write_text(json.dumps(trusted))
    run(desk, "extensions", "install", str(shop.extension), "--consent")
    assert listed(desk) == desk.ours() == {"plugin"}
    desk.put(desk.client.target(desk.host), "user")
    assert listed(desk) == desk.ours() == {"user"}
    desk.client.target(desk.host).path.write_text("{}")
    run(desk, "extensions", "disable", "flux", "--scope", "workspace")
    assert desk.ours() == set()
    if client == "qwen":  # the list of Gemini has disabled ones, too
        assert listed(desk) == set()


def test_a_plugin_of_droid(tmp_path: Path) -> None:
    """It gives way to the user's entry; the settings of the repository enable and disable it."""
    desk, shop = desk_of(tmp_path, "droid")
    server = {"type": "stdio", "command": str(desk.home / "record")}
    args = ["--kube-context=plugin", "serve"]
    put(shop.plugin / ".mcp.json", {"mcpServers": {NAME: {**server, "args": args}}})
    run(desk, "plugin", "marketplace", "add", str(shop.folder))
    run(desk, "plugin", "install", "flux@market")
    assert desk.listed() == desk.ours() == {"plugin"}
    user = desk.client.target(desk.host)
    desk.put(user, "user")
    assert desk.listed() == desk.ours() == {"user"}
    user.path.unlink()
    for file, enabled, tags in (
        ("settings.json", False, set()),
        ("settings.local.json", True, {"plugin"}),
    ):
        settings = {"enabledPlugins": {"flux@market": enabled}}
        put(desk.repository / ".factory" / file, settings)
        assert desk.listed() == desk.ours() == tags
    run(desk, "plugin", "uninstall", "flux@market")
    assert desk.listed() == desk.ours() == set()


def test_an_agent_plugin_of_cline(tmp_path: Path) -> None:
    """It runs beside the user's entry; a disabled one does not."""
    desk, _ = desk_of(tmp_path, "cline")
    schemas = "https://agent-plugins.org/schemas/1.0.0"
    root = desk.home / ".agents" / "plugins" / "folder"
    put(root / "plugin.json", {"$schema": f"{schemas}/plugin.schema.json", "name": "flux"})
    shutil.copy(desk.home / "record", root / "record")
    args = ["--kube-context=plugin", "${PLUGIN_ROOT}"]
    server = {"type": "stdio", "command": "./record", "args": args}
    put(
        root / "mcp.json",
        {"$schema": f"{schemas}/mcp.schema.json", "mcpServers": {NAME: server}},
    )
    assert desk.listed() == desk.ours() == {"plugin"}
    assert f"{root}\n" in desk.started.read_text()
    desk.put(desk.client.target(desk.host), "user")
    assert desk.listed() == desk.ours() == {"user", "plugin"}
    settings = desk.home / ".cline" / "data" / "settings" / "global-settings.json"
    known = json.loads(settings.read_text()) if settings.exists() else {}
    put(settings, {**known, "disabledAgentPlugins": ["flux"]})
    assert desk.listed() == desk.ours() == {"user"}
