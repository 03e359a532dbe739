"""What keeps a client from starting an entry besides the entry: trust, and lists of names.

Each rule was tried with the client, in the release that the table of clients names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from fluxstatus.base.fields import map_of
from fluxstatus.mcp.client import Location
from fluxstatus.mcp.files import FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host

_MOST = 4 << 20  # bytes of a file with settings
_FOLDER = "its folder is not trusted"


def counts(client: str, at: Location, name: str, host: Host) -> bool:
    """Return whether *client* reads the entry *name* at *at* on *host*.

    It does not if it asks the user first whether to trust the folder or the entry.
    """
    rule = _TRUST.get(client)
    return rule is None or not at.place.is_of_folder or rule(host, name)


def off(client: str, name: str, host: Host) -> str:
    """Return why *client* on *host* does not start an entry *name*, empty if it does."""
    rule = _OFF.get(client)
    return rule(host, name) if rule else ""


def _claude(host: Host, name: str) -> bool:
    """Return whether the user approved *name* in .mcp.json: for all, or by its name."""
    folders = ("claude/settings.json",) if host.environ.get("CLAUDE_CONFIG_DIR") else ()
    own = settings(host, "home/.claude/settings.json", *folders)
    shared = settings(host, "up/.claude/settings.json", "up/.claude/settings.local.json")
    projects = (map_of(one.get("projects")) for one in settings(host, "claude/.claude.json"))
    kept = [map_of(one.get(str(host.root))) for one in projects]
    found = [*own, *shared, *kept]
    if any(name in list_of(one.get("disabledMcpjsonServers")) for one in found):
        return False
    return any(
        one.get("enableAllProjectMcpServers") is True
        or name in list_of(one.get("enabledMcpjsonServers"))
        for one in found
    )


def _codex(host: Host, _: str) -> bool:
    [config] = settings(host, "codex/config.toml") or [{}]
    projects = map_of(config.get("projects"))
    return any(
        map_of(projects.get(str(folder))).get("trust_level") == "trusted" for folder in host.folders
    )


def _copilot(host: Host, _: str) -> bool:
    found = settings(host, "copilot/config.json", "copilot/settings.json")
    return any(_is_in(host.folder, list_of(one.get("trustedFolders"))) for one in found)


def _copilot_off(host: Host, name: str) -> str:
    found = settings(host, "copilot/settings.json", "copilot/config.json")
    is_off = any(name in list_of(one.get("disabledMcpServers")) for one in found)
    return "it is in disabledMcpServers" if is_off else ""


def _gemini_off(host: Host, name: str) -> str:
    """Return why not: in a folder that is not trusted, Gemini starts no server at all."""
    own = settings(host, *_layers("gemini"))
    if _trusts(own, default=True) and not _trusted(host, "gemini/trustedFolders.json"):
        return _FOLDER
    [switches] = settings(host, "gemini/mcp-server-enablement.json") or [{}]
    if map_of(switches.get(name.lower())).get("enabled") is False:
        return "it was disabled with gemini mcp disable"
    return _listed(own, name)


def _qwen_off(host: Host, name: str) -> str:
    own = settings(host, *_layers("qwen"))
    if _trusts(own, default=False) and not _trusted(host, "qwen/trustedFolders.json"):
        return _FOLDER
    return _listed(own, name)


def _layers(client: str) -> tuple[str, ...]:
    """Return the settings of Gemini or Qwen that the user or an administrator has, the first wins.

    A folder has such settings, too, but who wrote them may be anybody.
    """
    return (
        f"{client}-admin/settings.json",
        f"{client}/settings.json",
        f"{client}-admin/system-defaults.json",
    )


def _trusts(layers: Sequence[Mapping[str, Any]], *, default: bool) -> bool:
    """Return whether the client asks for trust in a folder."""
    found = (map_of(map_of(one.get("security")).get("folderTrust")) for one in layers)
    return next((one["enabled"] for one in found if "enabled" in one), default) is not False


def _trusted(host: Host, file: str) -> bool:
    """Return whether the rule for the deepest folder around the current one trusts it."""
    [rules] = settings(host, file) or [{}]
    above = [host.folder, *host.folder.parents]
    for folder in above:
        rule = rules.get(str(folder))
        if rule == "TRUST_FOLDER" or any(
            one == "TRUST_PARENT" and Path(path).parent == folder for path, one in rules.items()
        ):
            return True
        if rule == "DO_NOT_TRUST":
            return False
    return False


def _listed(layers: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return why not: of the lists of excluded servers all count, of allowed ones the first."""
    lists = [map_of(one.get("mcp")) for one in layers]
    if any(name in list_of(one.get("excluded")) for one in lists):
        return "it is in mcp.excluded"
    allowed = next((one["allowed"] for one in lists if one.get("allowed") is not None), [name])
    return "" if name in list_of(allowed) else "it is not in mcp.allowed"


def _is_in(folder: Path, trusted: Iterable[Any]) -> bool:
    return not {str(one) for one in (folder, *folder.parents)}.isdisjoint(map(str, trusted))


def settings(host: Host, *files: str) -> list[Mapping[str, Any]]:
    """Return the settings in those of *files* that can be read."""
    found = []
    for path in (path for file in files for path in host.paths(file)):
        with suppress(FileError, MalformedError):
            document = read(path, _MOST)
            if document.data is not None:
                found.append(content(path, document.text))
    return found


def content(path: Path, text: str) -> Mapping[str, Any]:
    """Return *text*, the content of the TOML or JSON file *path*. Raises MalformedError."""
    syntax = "toml" if path.suffix == ".toml" else "jsonc"  # imported for a file that is there
    found: Mapping[str, Any] = import_module(f"fluxstatus.mcp.formats.{syntax}").entries(text, ())
    return found


def list_of(value: Any) -> list[Any]:
    """Return *value* if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


_TRUST: Mapping[str, Callable[[Host, str], bool]] = {
    "claude-code": _claude,
    "codex": _codex,
    "copilot": _copilot,
}
_OFF: Mapping[str, Callable[[Host, str], str]] = {
    "copilot": _copilot_off,
    "gemini": _gemini_off,
    "qwen": _qwen_off,
}
