"""What an administrator, or the user in lists, forbids a client to start.

The rules of Claude Code and Codex were tried with the client, in the release that the table of
clients names; those of Copilot and VS Code are from the documentation: docs.github.com,
enterprise-managed-settings, and code.visualstudio.com/docs/enterprise/policies. What an
organization sends over the network, or with the management of a device, is in no file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.base.fields import map_of
from fluxstatus.mcp.client import Location, Place
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.files import FileError, read
from fluxstatus.mcp.formats.malformed import MalformedError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.trust import content, list_of, settings

_MOST = 4 << 20  # bytes of a file
_ALLOWED, _DENIED = "allowedMcpServers", "deniedMcpServers"
_PLUGINS = "strictPluginOnlyCustomization"


class _Case(NamedTuple):
    """An entry that a client reads at `at`, and whether files of the folder count."""

    at: Location
    entry: Entry
    host: Host
    folder: bool


def forbidden(client: str, at: Location, entry: Entry, host: Host, *, folder: bool) -> str:
    """Return why *client* must not start *entry*, empty if it may.

    Without *folder*, no file of the current folder is read.
    """
    rule = _RULES.get(client)
    return rule(_Case(at, entry, host, folder)) if rule else ""


def unreadable(client: str, host: Host) -> Iterator[str]:
    """Yield why a file with the rules for *client* could not be read: they are unknown then."""
    for path in _paths(host, _FILES.get(client, ())):
        try:
            _read(path)
        except FileError as error:
            yield f"{error}"
        except MalformedError as error:
            yield f"cannot parse {path}: {error}"


def _paths(host: Host, files: Iterable[str]) -> Iterator[Path]:
    """Yield the paths of *files*; of a folder, the files in it in the order of their names."""
    for path in (path for file in files for path in host.paths(file)):
        if path.suffix == ".d":
            yield from sorted(path.glob("*.json"))
        else:
            yield path


def _read(path: Path) -> Mapping[str, Any] | None:
    """Return the content of *path*, None without one. Raises FileError and MalformedError."""
    document = read(path, _MOST)
    return None if document.data is None else content(path, document.text)


def _managed(host: Host, files: Iterable[str]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield those of *files* that can be read, with their paths; `unreadable` has the others."""
    for path in _paths(host, files):
        try:
            found = _read(path)
        except (FileError, MalformedError):
            continue
        if found is not None:
            yield path, found


def _claude(case: _Case) -> str:
    """Return why not: only managed servers, only plugins, or the lists.

    The user's lists count, too, unless the administrator's allowedMcpServers is the only one.
    """
    if why := _claude_exclusive(case.at.place, case.host):
        return why
    admin = [one for _, one in _managed(case.host, _CLAUDE_SETTINGS)]
    theirs = ("up/.claude/settings.json", "up/.claude/settings.local.json") if case.folder else ()
    own = settings(case.host, "home/.claude/settings.json", *theirs)
    only = any(one.get("allowManagedMcpServersOnly") is True for one in admin)
    return _listed(
        case.entry,
        [rule for one in (*admin, *own) for rule in list_of(one.get(_DENIED))],
        _joined(admin if only else [*admin, *own]),
        by_command=True,
    )


def _claude_exclusive(place: Place, host: Host) -> str:
    """Return why Claude Code starts no server of the kind that *place* has, empty if it does."""
    if place.is_of_administrator:
        return ""
    for path, one in _managed(host, ("claude-admin/managed-mcp.json",)):
        if isinstance(one.get("mcpServers"), dict):
            return f"it starts only the servers of {path}"
    for path, one in () if place.plugin else _managed(host, _CLAUDE_SETTINGS):
        if one.get(_PLUGINS) is True or "mcp" in list_of(one.get(_PLUGINS)):
            return f"{_PLUGINS} of {path} allows only servers of plugins"
    return ""


def _codex(case: _Case) -> str:
    """Return why not: a server needs its name and its command, or its URL, in the requirements."""
    entry = case.entry
    for path, one in _managed(case.host, _FILES["codex"]):
        if not isinstance(servers := one.get("mcp_servers"), dict):
            continue
        known = map_of(map_of(servers.get(entry.name)).get("identity"))
        what = ("url", entry.url) if entry.url else ("command", entry.command)
        if known.get(what[0]) != what[1]:
            return f"{path} does not allow it"
    return ""


def _copilot(case: _Case) -> str:
    for path, one in _managed(case.host, _COPILOT):
        lists = _joined([one])
        if why := _listed(case.entry, list_of(one.get(_DENIED)), lists, by_command=False):
            return f"{why} of {path}"
    return ""


def _vscode(case: _Case) -> str:
    for path, one in _managed(case.host, ("vscode-admin/policy.json",)):
        if (access := one.get("ChatMCP")) in ("none", "registry"):
            return f"ChatMCP is {access} in {path}"
    return _copilot(case)


def _joined(documents: Sequence[Mapping[str, Any]]) -> list[Any] | None:
    """Return the allowed servers of all *documents*, None if none has such a list."""
    known = [one[_ALLOWED] for one in documents if one.get(_ALLOWED) is not None]
    return [rule for one in known for rule in list_of(one)] if known else None


def _listed(
    entry: Entry, denied: Sequence[Any], allowed: Sequence[Any] | None, *, by_command: bool
) -> str:
    """Return in which list *entry* is, or is not, so that it is not started.

    With *by_command*, if a rule has a command (or a URL), such an entry needs one that has its own.
    """
    if any(_matches(rule, entry) for rule in denied):
        return f"it is in {_DENIED}"
    if allowed is None:
        return ""
    key = "serverUrl" if entry.url else "serverCommand"
    special = [rule for rule in allowed if key in map_of(rule)] if by_command else []
    is_allowed = any(_matches(rule, entry) for rule in special or allowed)
    return "" if is_allowed else f"it is not in {_ALLOWED}"


def _matches(rule: Any, entry: Entry) -> bool:
    rule = map_of(rule)
    if "serverUrl" in rule:
        return bool(entry.url) and fnmatchcase(entry.url, str(rule["serverUrl"]))
    if "serverCommand" in rule:
        return not entry.url and list_of(rule["serverCommand"]) == list(entry.argv)
    return bool(rule.get("serverName") == entry.name)


_CLAUDE_SETTINGS = ("claude-admin/managed-settings.json", "claude-admin/managed-settings.d")
_COPILOT = ("copilot-admin/managed-settings.json",)
_RULES: Mapping[str, Callable[[_Case], str]] = {
    "claude-code": _claude,
    "codex": _codex,
    "copilot": _copilot,
    "vscode": _vscode,
    "vscode-insiders": _vscode,
    "vscode-workspace": _vscode,
}
_FILES: Mapping[str, Sequence[str]] = {
    "claude-code": ("claude-admin/managed-mcp.json", *_CLAUDE_SETTINGS),
    "codex": ("codex-admin/requirements.toml",),
    "copilot": _COPILOT,
    **dict.fromkeys(
        ("vscode", "vscode-insiders", "vscode-workspace"), (*_COPILOT, "vscode-admin/policy.json")
    ),
}
"""The files with the rules, by client."""
