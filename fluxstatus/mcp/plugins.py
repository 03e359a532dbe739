"""The servers that plugins and extensions bring to a client, as far as their files tell.

What a plugin does in code, as those of opencode, Kilo, Zed and Amp, and as extensions of VS Code,
is unknown here. The source of a row is the client itself, started with a plugin (marked "run"), or
its documentation or code.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.fields import map_of
from fluxstatus.mcp.files import FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plugin_folders import FINDERS, Plugin

_SERVERS = "mcpServers"


class Brought(NamedTuple):
    """What the file *path* of a plugin has: servers by the name that the client gives them.

    With a `problem`, the file could not be read or parsed, and `text` is what is known of it.
    """

    plugin: Plugin
    path: Path
    servers: Mapping[str, Any] = {}
    problem: str = ""
    text: str = ""


class _Form(NamedTuple):
    """How a client's plugins declare servers.

    Of `manifests` the first that exists counts; `inline` returns the servers in it, or the paths of
    files with servers. `files` have them without being named; they do not count if the manifest
    `replaces` them, or without a manifest that the client needs, and give way to the others.
    `variable` stands for the folder of the plugin, and so does the "./" of a command if that is
    `relative`. `name` is what the client calls a server.
    """

    manifests: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    variable: str = ""
    name: str = "{server}"
    replaces: bool = False
    needs_manifest: bool = False
    relative: bool = False
    inline: Callable[[Mapping[str, Any]], Any] = lambda manifest: manifest.get(_SERVERS)


def _of_desktop(manifest: Mapping[str, Any]) -> Any:
    """Return the only server of an extension of Claude Desktop."""
    started = map_of(map_of(manifest.get("server")).get("mcp_config"))
    return {str(manifest.get("name")): started} if started else None


_FORMS: Mapping[str, _Form] = {
    "claude-code": _Form(  # run: 2.1.197
        (".claude-plugin/plugin.json",),
        (".mcp.json",),
        "${CLAUDE_PLUGIN_ROOT}",
        "plugin:{plugin}:{server}",
    ),
    "codex": _Form(  # run: 0.171.0
        (".codex-plugin/plugin.json", ".claude-plugin/plugin.json"),
        (".mcp.json",),
        replaces=True,
        needs_manifest=True,
    ),
    # run: 0.61.0, whose mcp list has those of disabled extensions, too; 0.15.10
    "gemini": _Form(("gemini-extension.json",), variable="${extensionPath}"),
    "qwen": _Form(("qwen-extension.json",), variable="${extensionPath}"),
    "copilot": _Form(  # run: 1.0.102; docs.github.com, cli-plugin-reference
        (
            ".plugin/plugin.json",
            "plugin.json",
            ".github/plugin/plugin.json",
            ".claude-plugin/plugin.json",
        ),
        (".mcp.json", ".github/mcp.json"),
        "${CLAUDE_PLUGIN_ROOT}",
    ),
    "goose": _Form(  # crates/goose/src/plugins, 2026-08
        (".goose-plugin/plugin.json", ".plugin/plugin.json", "plugin.json"),
        (".mcp.json",),
        "${PLUGIN_ROOT}",
        "{plugin}:{server}",
    ),
    "claude-desktop": _Form(  # github.com/modelcontextprotocol/mcpb, MANIFEST.md
        ("manifest.json",), variable="${__dirname}", inline=_of_desktop
    ),
    "droid": _Form(files=("mcp.json",)),  # run: 0.225.2, which replaces no variable in it
    "cline": _Form(  # run: 3.0.65
        files=("mcp.json",), variable="${PLUGIN_ROOT}", name="{plugin}.{server}", relative=True
    ),
    "cursor": _Form(  # cursor.com/docs/plugins/building
        (".cursor-plugin/plugin.json", ".claude-plugin/plugin.json", "plugin.json"),
        ("mcp.json", ".mcp.json"),
        name="plugin-{plugin}-{server}",
        replaces=True,
    ),
    # github.com/kirodotdev/Kiro, issues 7433 and 11018: the name, and where powers are
    "kiro": _Form(files=("mcp.json",), name="power-{plugin}-{server}"),
    # antigravity.google/docs: a plugin is a folder with plugin.json, which may have mcp_config.json
    "antigravity": _Form(
        ("plugin.json",), ("mcp_config.json",), "${PLUGIN_ROOT}", "{plugin}:{server}"
    ),
    # ampcode.com/news/lazy-load-mcp-with-skills: the file has the servers themselves
    "amp": _Form(files=("mcp.json",), name="{plugin}:{server}"),
}
SHARED = frozenset({"amp", "cline", "goose"})
"""The clients whose folders of plugins are also those of others: they count if it is installed."""

WINNING = frozenset({"copilot"})
"""The clients in which a server of a plugin replaces the user's of the same name."""


def brought(client: str, host: Host, most: int, *, folder: bool) -> Iterator[Brought]:
    """Yield what the plugins of *client* on *host* bring, file by file.

    A file of more than *most* bytes is not read. Without *folder*, no plugin of the current folder
    counts.
    """
    form = _FORMS.get(client)
    if form is None:
        return
    for plugin in FINDERS[client](host, folder=folder):
        if folder or not plugin.is_of_folder:
            yield from _files(form, plugin, most)


def _files(form: _Form, plugin: Plugin, most: int) -> Iterator[Brought]:
    declared: Any = form.inline(plugin.declared)
    found = (plugin.root / name for name in form.manifests)
    manifest = next((path for path in found if path.exists()), None)
    if manifest:
        one = _read(plugin, manifest, most)
        declared = form.inline(one.servers)
        yield one._replace(servers=_named(form, plugin, declared))
    elif form.needs_manifest:
        return
    elif declared:
        yield Brought(plugin, plugin.root, _named(form, plugin, declared))
    named = [declared] if isinstance(declared, str) else declared
    paths = named if isinstance(named, list) else []
    usual = () if form.replaces and declared is not None else form.files
    for path in dict.fromkeys((*(str(path).removeprefix("./") for path in paths), *usual)):
        file = plugin.root / path
        if ".." not in Path(path).parts and file.exists():
            one = _read(plugin, file, most)
            servers = one.servers.get(_SERVERS, one.servers)
            yield one._replace(servers=_named(form, plugin, servers))


def _read(plugin: Plugin, path: Path, most: int) -> Brought:
    """Return *path* with its whole content as `servers`, or with a problem."""
    from fluxstatus.mcp.formats import jsonc  # noqa: PLC0415 - most machines have few plugins

    text = ""
    try:
        text = read(path, most).text
        return Brought(plugin, path, jsonc.entries(text, ()), text=text)
    except FileError as error:
        return Brought(plugin, path, problem=f"{error}", text=text)
    except MalformedError as error:
        return Brought(plugin, path, problem=f"cannot parse {path}: {error}", text=text)


def _named(form: _Form, plugin: Plugin, servers: Any) -> dict[str, Any]:
    """Return *servers* as the client has them: their names, and the folder of the plugin."""
    return {
        form.name.format(plugin=plugin.name, server=name): _placed(value, form, plugin)
        for name, value in map_of(servers).items()
        if isinstance(value, dict) and name not in plugin.off
    }


def _placed(server: dict[str, Any], form: _Form, plugin: Plugin) -> dict[str, Any]:
    """Return *server* with the folder of the plugin filled in."""
    filled: dict[str, Any] = _filled(server, form, plugin)
    command = filled.get("command")
    if form.relative and isinstance(command, str) and command.startswith("./"):
        filled["command"] = str(plugin.root / command)
    return filled


def _filled(value: Any, form: _Form, plugin: Plugin) -> Any:
    """Return *value* with the folder of the plugin in place of the variable."""
    if isinstance(value, str):
        return value.replace(form.variable, str(plugin.root)) if form.variable else value
    if isinstance(value, list):
        return [_filled(one, form, plugin) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, form, plugin) for key, one in value.items()}
    return value
