"""Where clients keep the plugins and extensions of a user, and which of them are enabled."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from fluxstatus.base.fields import map_of, maps_of
from fluxstatus.base.late_pattern import late_pattern
from fluxstatus.mcp.files import FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.trust import list_of, settings

Finder: TypeAlias = "Callable[..., Iterator[Plugin]]"
"""Finds the plugins on a Host; with `folder=False`, no file of the current folder is read."""

_MOST = 4 << 20  # bytes of a file
_PLUGINS = 500  # in one folder; more are not looked at
_CLAUDE_MARKETS = (".claude-plugin/marketplace.json",)
_COPILOT_MARKETS = (
    "marketplace.json",
    ".plugin/marketplace.json",
    ".github/plugin/marketplace.json",
    *_CLAUDE_MARKETS,
)
_AGENT_PLUGIN = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"
_NUMBER = late_pattern(r"\d+")


class Plugin(NamedTuple):
    """A plugin or extension that is enabled: its name, its folder, and its servers that are off.

    It may be one of the current folder, which somebody else may have written. `declared` is what
    its marketplace says of it; that counts if it has no manifest.
    """

    name: str
    root: Path
    is_of_folder: bool = False
    off: frozenset[str] = frozenset()
    declared: Mapping[str, Any] = {}


def _claude(host: Host, *, folder: bool) -> Iterator[Plugin]:
    """Yield the plugins of Claude Code: those of the user, and those of the current folder."""
    home = Path(host.environ.get("CLAUDE_CONFIG_DIR") or f"{host.home}/.claude")
    cache = Path(host.environ.get("CLAUDE_CODE_PLUGIN_CACHE_DIR") or home / "plugins")
    theirs = [f"here/.claude/settings{local}.json" for local in ("", ".local")] if folder else []
    enabled = _enabled(
        [
            *_documents(home / "settings.json"),
            *settings(host, *theirs, "claude-admin/managed-settings.json"),
        ]
    )
    [known] = _documents(cache / "installed_plugins.json") or [{}]
    [markets] = _documents(cache / "known_marketplaces.json") or [{}]
    for key, value in islice(map_of(known.get("plugins")).items(), _PLUGINS):
        name, market = key.rpartition("@")[::2]
        for one in maps_of(value):
            place = one.get("projectPath")
            if enabled.get(key) is not True or place not in (None, str(host.folder)):
                continue
            plugin = _in_market(_folder_of(markets.get(market)), name, _CLAUDE_MARKETS)
            root = Path(str(one.get("installPath") or ""))
            plugin = plugin or (Plugin(name, root) if root.is_absolute() else None)
            if plugin:
                yield plugin._replace(is_of_folder=bool(place))
    yield from _claude_skills(host, home, enabled, folder=folder)


def _claude_skills(
    host: Host, home: Path, enabled: Mapping[str, Any], *, folder: bool
) -> Iterator[Plugin]:
    """Yield the skills that are plugins; those of a folder count once the user trusts that."""
    projects = (map_of(one.get("projects")) for one in settings(host, "claude/.claude.json"))
    kept = (map_of(one.get(str(host.root))) for one in projects)
    is_trusted = folder and any(one.get("hasTrustDialogAccepted") is True for one in kept)
    theirs = [host.folder / ".claude"] if is_trusted and host.folder / ".claude" != home else []
    for each in (home, *theirs):
        for root in _folders(each / "skills"):
            is_plugin = (root / ".claude-plugin" / "plugin.json").exists()
            if is_plugin and enabled.get(f"{root.name}@skills-dir") is not False:
                yield Plugin(root.name, root, is_of_folder=each != home)


def _folder_of(market: Any) -> Path | None:
    """Return the folder of a marketplace that is one, whose plugins are read where they are."""
    source = map_of(map_of(market).get("source"))
    path = Path(str(source.get("path")))
    return path if source.get("source") == "directory" and path.is_absolute() else None


def _in_market(folder: Path | None, name: str, files: Iterable[str]) -> Plugin | None:
    """Return the plugin *name* of the marketplace in *folder*, which has one of *files*."""
    if folder is None:
        return None
    [market] = next(filter(None, (_documents(folder / file) for file in files)), [{}])
    for one in maps_of(market.get("plugins")):
        if one.get("name") == name and isinstance(source := one.get("source"), str):
            return Plugin(name, folder / source, declared=one)
    return None


def _enabled(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return which plugins are enabled; of *layers* the last one wins."""
    found: dict[str, Any] = {}
    for layer in layers:
        found |= map_of(layer.get("enabledPlugins"))
    return found


def _codex(host: Host, **_: bool) -> Iterator[Plugin]:
    """Yield the plugins of Codex, which config.toml has as NAME@MARKETPLACE."""
    [config] = settings(host, "codex/config.toml") or [{}]
    for key, value in islice(map_of(config.get("plugins")).items(), _PLUGINS):
        name, marketplace = key.rpartition("@")[::2]
        folder = Path(host.base("codex"), "plugins", "cache", marketplace, name)
        versions = sorted(_folders(folder), key=_version)
        servers = map_of(map_of(value).get("mcp_servers")).items()
        off = frozenset(s for s, one in servers if map_of(one).get("enabled") is False)
        if versions and map_of(value).get("enabled") is not False:
            yield Plugin(name, versions[-1], off=off)


def _version(folder: Path) -> tuple[bool, list[int], str]:
    """Return the sort key of a version: one that was installed from a folder is the last."""
    return folder.name == "local", [int(n) for n in _NUMBER.findall(folder.name)], folder.name


def _extensions(client: str) -> Finder:
    """Return the finder for the extensions of Gemini or Qwen."""

    def find(host: Host, **_: bool) -> Iterator[Plugin]:
        folder = Path(host.base(client), "extensions")
        [rules] = _documents(folder / "extension-enablement.json") or [{}]
        for root in _folders(folder):
            [how] = _documents(root / f".{client}-extension-install.json") or [{}]
            linked = how.get("type") == "link" and how.get("source")
            place = Path(str(linked)) if linked else root
            [manifest] = _documents(place / f"{client}-extension.json") or [{}]
            name = str(manifest.get("name") or root.name)
            overrides = list_of(map_of(rules.get(name)).get("overrides"))
            if _is_enabled(overrides, host.folder):
                yield Plugin(name, place)

    return find


def _is_enabled(overrides: Iterable[Any], folder: Path) -> bool:
    """Return whether the last rule for *folder* enables; a rule with ! disables, * is any text."""
    enabled = True
    for rule in map(str, overrides):
        pattern = re.escape(rule.removeprefix("!")).replace(r"/\*", "(/.*)?").replace(r"\*", ".*")
        if re.fullmatch(pattern, f"{folder}/"):
            enabled = not rule.startswith("!")
    return enabled


def _copilot(host: Host, **_: bool) -> Iterator[Plugin]:
    """Yield the plugins of the Copilot CLI: those that it has copied, and those read in place."""
    found = settings(host, "copilot/config.json", "copilot/settings.json")
    enabled = _enabled(found)
    for one in [one for each in found for one in maps_of(each.get("installedPlugins"))][:_PLUGINS]:
        name, market = str(one.get("name")), str(one.get("marketplace") or "_direct")
        usual = Path(host.base("copilot"), "installed-plugins", market, name)
        if one.get("enabled") is not False and enabled.get(f"{name}@{market}") is not False:
            yield Plugin(name, Path(str(one.get("cache_path") or usual)))
    markets = {k: v for one in found for k, v in map_of(one.get("extraKnownMarketplaces")).items()}
    for key, value in islice(enabled.items(), _PLUGINS):
        name, market = key.rpartition("@")[::2]
        plugin = _in_market(_folder_of(markets.get(market)), name, _COPILOT_MARKETS)
        if plugin and value is True:
            yield plugin


def _goose(host: Host, *, folder: bool) -> Iterator[Plugin]:
    """Yield the plugins of goose: one of the current folder replaces the user's of that name."""
    config = Path(host.base("goose"), "config.yaml")
    states: Mapping[str, Any] = {}
    with suppress(FileError, MalformedError):
        document = read(config, _MOST)
        if document.data is not None:
            from fluxstatus.mcp.formats import yaml  # noqa: PLC0415 - most machines have no goose

            states = yaml.entries(document.text, ("plugins",))
    user = Path(host.environ.get("GOOSE_PATH_ROOT") or host.home, ".agents", "plugins")
    lists = _documents(config.with_name("settings.json"))
    disabled = [name for one in lists for name in list_of(one.get("disabledPlugins"))]
    theirs = [host.folder / ".agents" / "plugins"] if folder else []
    for each in (*theirs, user):
        for root in _folders(each):
            is_off = map_of(states.get(str(root))).get("enabled") is False or root.name in disabled
            if not is_off:
                yield Plugin(root.name, root, is_of_folder=each != user)


def _desktop(host: Host, **_: bool) -> Iterator[Plugin]:
    """Yield the extensions of Claude Desktop."""
    folder = Path(host.base("support"), "Claude")
    for root in _folders(folder / "Claude Extensions"):
        states = _documents(folder / "Claude Extensions Settings" / f"{root.name}.json")
        if not any(one.get("isEnabled") is False for one in states):
            yield Plugin(root.name, root)


def _droid(host: Host, *, folder: bool) -> Iterator[Plugin]:
    """Yield the plugins of Factory droid: those installed that the settings enable."""
    own = _enabled(settings(host, "factory/settings.json", "factory/settings.local.json"))
    theirs = ("root/.factory/settings.json", "root/.factory/settings.local.json") if folder else ()
    enabled = own | _enabled(settings(host, *theirs))
    home = Path(host.base("factory"), "plugins")
    known = [
        (str(one.get("pluginId")), map_of(one.get("entry")))
        for file in _paths(home / "installed_plugins")
        for one in _documents(file)
    ]
    for older in _documents(home / "installed_plugins.json"):
        for key, value in map_of(older.get("plugins")).items():
            known += [(key, one) for one in maps_of(value)]
    for key, one in known[:_PLUGINS]:
        root = Path(str(one.get("installPath") or ""))
        if enabled.get(key) is True and root.is_absolute():
            yield Plugin(key.rpartition("@")[0], root, is_of_folder=own.get(key) is not True)


def _cursor(host: Host, **_: bool) -> Iterator[Plugin]:
    """Yield the plugins of Cursor: local ones, and of those of a marketplace the latest version."""
    home = Path(host.home, ".cursor", "plugins")
    for root in _folders(home / "local"):
        yield Plugin(root.name, root)
    for market in _folders(home / "cache"):
        for plugin in _folders(market):
            if versions := sorted(_folders(plugin), key=_age):
                yield Plugin(plugin.name, versions[-1])


def _age(folder: Path) -> float:
    with suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _kiro(host: Host, **_: bool) -> Iterator[Plugin]:
    """Yield the powers of Kiro, whose servers are switched off in the file of the user."""
    home = Path(host.home, ".kiro")
    [user] = _documents(home / "settings" / "mcp.json") or [{}]
    states = map_of(map_of(user.get("powers")).get("mcpServers")).items()
    disabled = [key for key, one in states if map_of(one).get("disabled") is True]
    for root in _folders(home / "powers" / "installed"):
        start = f"power-{root.name}-"
        off = (key.removeprefix(start) for key in disabled if key.startswith(start))
        yield Plugin(root.name, root, off=frozenset(off))


def _antigravity(host: Host, *, folder: bool) -> Iterator[Plugin]:
    """Yield the plugins of Antigravity, which have a manifest."""
    home = Path(host.base("gemini"))
    mine = [home / one / "plugins" for one in ("config", "antigravity-cli")]
    theirs = [host.root / ".agents" / "plugins"] if folder else []
    for each in (*mine, *theirs):
        for root in _folders(each):
            if (root / "plugin.json").exists():
                yield Plugin(root.name, root, is_of_folder=each in theirs)


def _amp(host: Host, *, folder: bool) -> Iterator[Plugin]:
    """Yield the skills of Amp, which may bring servers."""
    xdg = Path(host.base("xdg"))
    mine = [xdg / "agents", xdg / "amp", Path(host.home, ".claude")]
    theirs = [host.root / one for one in (".agents", ".claude")] if folder else []
    for each in (*mine, *(one for one in theirs if one not in mine)):
        for root in _folders(each / "skills"):
            if (root / "SKILL.md").exists():
                yield Plugin(root.name, root, is_of_folder=each not in mine)


def _cline(host: Host, **_: bool) -> Iterator[Plugin]:
    """Yield the Agent Plugins of Cline, the first of each name."""
    states = Path(host.base("cline")).with_name("global-settings.json")
    [known] = _documents(Path(host.environ.get("CLINE_GLOBAL_SETTINGS_PATH") or states)) or [{}]
    names = set(list_of(known.get("disabledAgentPlugins")))
    for root in _folders(Path(host.home, ".agents", "plugins")):
        [manifest] = _documents(root / "plugin.json") or [{}]
        name = str(manifest.get("name"))
        if manifest.get("$schema") == _AGENT_PLUGIN and name not in names:
            names.add(name)
            yield Plugin(name, root)


def _folders(folder: Path) -> list[Path]:
    """Return the folders in *folder*, none if it cannot be read."""
    return [path for path in _paths(folder) if path.is_dir()]


def _paths(folder: Path) -> list[Path]:
    """Return what is in *folder*, nothing if it cannot be read."""
    with suppress(OSError):
        return sorted(islice(folder.iterdir(), _PLUGINS))
    return []


def _documents(path: Path) -> list[Mapping[str, Any]]:
    """Return the content of the JSON file *path*, nothing if it cannot be read."""
    with suppress(FileError, MalformedError):
        document = read(path, _MOST)
        if document.data is not None:
            from fluxstatus.mcp.formats import jsonc  # noqa: PLC0415 - as above

            return [jsonc.entries(document.text, ())]
    return []


FINDERS: Mapping[str, Finder] = {
    "claude-code": _claude,
    "codex": _codex,
    "gemini": _extensions("gemini"),
    "qwen": _extensions("qwen"),
    "copilot": _copilot,
    "goose": _goose,
    "claude-desktop": _desktop,
    "droid": _droid,
    "cursor": _cursor,
    "kiro": _kiro,
    "antigravity": _antigravity,
    "amp": _amp,
    "cline": _cline,
}
