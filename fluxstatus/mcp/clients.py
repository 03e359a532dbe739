"""The known MCP clients: where and in which format each keeps its servers.

A path begins with a name of `Host.base`. A client that has a command for adding servers is changed
with that command, and its file is read afterwards.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from fluxstatus.mcp.entry import PROGRAM, Entry, EntrySchema

_STDIO = {"type": "stdio"}


class Host(NamedTuple):
    """The machine to search for clients: its sys.platform, environment and current folder."""

    platform: str = sys.platform
    environ: Mapping[str, str] = {}
    folder: Path = Path()

    def base(self, name: str) -> str:
        """Return the folder for the first component of a path of the table."""
        env = self.environ
        home = env.get("USERPROFILE" if self.platform == "win32" else "HOME", "")
        config = env.get("XDG_CONFIG_HOME") or f"{home}/.config"
        support = {
            "darwin": f"{home}/Library/Application Support",
            "win32": env.get("APPDATA", f"{home}/AppData/Roaming"),
        }.get(self.platform, config)
        xdg = config
        if self.platform == "win32":
            config = support
        bases = {
            "home": home,
            "config": config,
            "xdg": xdg,
            "support": support,
            "here": str(self.folder),
            "codex": env.get("CODEX_HOME") or f"{home}/.codex",
            "copilot": env.get("COPILOT_HOME") or f"{home}/.copilot",
            "goose": f"{support}/Block/goose/config" if self.platform == "win32"
            else f"{config}/goose",
        }  # fmt: skip
        return bases[name]


class Client(NamedTuple):
    """A program that talks to MCP servers.

    `file` is its configuration (the first of several that exists), `container` the keys that lead
    to the servers, `syntax` the module of formats/ that edits the file. `add` and `remove` are its
    own commands, with placeholders: `{env}` and `{argv}` become several words. Without a file,
    users paste the entry at the place that `paste` names. A `local` client belongs to a folder, not
    to the user.
    """

    name: str
    title: str
    file: tuple[str, ...] = ()
    container: tuple[str, ...] = ("mcpServers",)
    schema: EntrySchema = EntrySchema()
    syntax: str = "jsonc"
    program: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    local: bool = False
    paste: str = ""

    def path(self, host: Host) -> Path | None:
        """Return the path of its file on *host*, whether it exists or not."""
        paths = []
        for one in self.file:
            base, _, rest = one.partition("/")
            paths.append(Path(host.base(base), rest))
        return next((path for path in paths if path.exists()), paths[0] if paths else None)

    def installed(self, host: Host) -> bool:
        """Whether *host* has its program on PATH, its file, or the folder of the file."""
        if self.local or not self.file:
            return False
        base, _, rest = self.file[0].partition("/")
        folder = Path(host.base(base), *rest.split("/")[:-1][:1])
        path, home = self.path(host), Path(host.base("home"))
        there = (path is not None and path.exists()) or (folder != home and folder.is_dir())
        return there or self.program_path(host) is not None

    def program_path(self, host: Host) -> str | None:
        """Return the path of its command, None without one."""
        if not self.program:
            return None
        return shutil.which(self.program, path=host.environ.get("PATH"))

    def command(self, words: Sequence[str], entry: Entry) -> tuple[str, ...]:
        """Return the command line *words*, `add` or `remove`, filled in for *entry*."""
        return self.program, *(filled for word in words for filled in self._fill(word, entry))

    def _fill(self, word: str, entry: Entry) -> Iterator[str]:
        if word == "{argv}":
            yield from entry.argv
        elif word.endswith("{env}"):
            for key, value in entry.env.items():
                yield from (word.removesuffix("{env}"), f"{key}={value}")
        elif word == "{json}":
            yield json.dumps(self.schema.write(entry))
        elif word == "{named-json}":
            yield json.dumps({"name": entry.name, **self.schema.write(entry)})
        else:
            yield word.format(name=entry.name)

    def entries(self, text: str) -> list[tuple[Entry, Any]]:
        """Return the entries for the server in *text*. Raises MalformedError."""
        if PROGRAM not in text:
            return []
        found = self._syntax.entries(text, self.container)
        read = [(self.schema.read(name, value), value) for name, value in found.items()]
        return [(entry, value) for entry, value in read if entry.is_the_server]

    def put(self, text: str, entry: Entry, known: Any = None) -> str:
        """Return *text*, the content of the file, with *entry*. Raises MalformedError."""
        value = self.schema.write(entry, known)
        if value == known:
            return text
        if text.strip() or self.syntax != "jsonc":
            changed: str = self._syntax.put(text, self.container, entry.name, value)
            return changed
        return str(self._syntax.dump(self._wrapped({entry.name: value})))

    def drop(self, text: str, name: str) -> str:
        """Return *text* without the entry *name*. Raises MalformedError."""
        if not text.strip():
            return text
        changed: str = self._syntax.drop(text, self.container, name)
        return changed

    def alone(self, entry: Entry) -> str:
        """Return *entry* as a complete file."""
        return str(self._syntax.dump(self._wrapped({entry.name: self.schema.write(entry)})))

    @property
    def _syntax(self) -> Any:
        return import_module(f"fluxstatus.mcp.formats.{self.syntax}")

    def _wrapped(self, value: dict[str, Any]) -> dict[str, Any]:
        for key in reversed(self.container):
            value = {key: value}
        return value


def _vscode(name: str, title: str, folder: str, program: str) -> Client:
    return Client(
        name,
        title,
        (f"support/{folder}/User/mcp.json",),
        ("servers",),
        EntrySchema(extra=_STDIO),
        program=program,
        add=("--add-mcp", "{named-json}"),
    )


CLIENTS: Mapping[str, Client] = {
    client.name: client
    for client in (
        _vscode("vscode", "VS Code", "Code", "code"),
        _vscode("vscode-insiders", "VS Code Insiders", "Code - Insiders", "code-insiders"),
        Client(
            "vscode-workspace",
            "VS Code, this folder",
            ("here/.vscode/mcp.json",),
            ("servers",),
            EntrySchema(extra=_STDIO),
            local=True,
        ),
        Client("claude-desktop", "Claude Desktop", ("support/Claude/claude_desktop_config.json",)),
        Client(
            "claude-code",
            "Claude Code",
            ("home/.claude.json",),
            schema=EntrySchema(extra=_STDIO),
            program="claude",
            add=("mcp", "add-json", "--scope", "user", "{name}", "{json}"),
            remove=("mcp", "remove", "--scope", "user", "{name}"),
        ),
        Client("cursor", "Cursor", ("home/.cursor/mcp.json",)),
        Client("windsurf", "Windsurf", ("home/.codeium/windsurf/mcp_config.json",)),
        Client("devin", "Devin Desktop", ("config/devin/mcp_config.json",)),
        Client("zed", "Zed", ("config/zed/settings.json",), ("context_servers",)),
        Client(
            "codex",
            "Codex",
            ("codex/config.toml",),
            ("mcp_servers",),
            syntax="toml",
            program="codex",
            add=("mcp", "add", "{name}", "--env{env}", "--", "{argv}"),
            remove=("mcp", "remove", "{name}"),
        ),
        Client(
            "gemini",
            "Gemini CLI",
            ("home/.gemini/settings.json",),
            program="gemini",
            add=("mcp", "add", "--scope", "user", "--env{env}", "{name}", "{argv}"),
            remove=("mcp", "remove", "--scope", "user", "{name}"),
        ),
        Client(
            "copilot",
            "GitHub Copilot CLI",
            ("copilot/mcp-config.json",),
            schema=EntrySchema(extra={"type": "local", "tools": ["*"]}),
            program="copilot",
            add=("mcp", "add", "{name}", "--env{env}", "--", "{argv}"),
            remove=("mcp", "remove", "{name}"),
        ),
        Client("junie", "JetBrains Junie", ("home/.junie/mcp/mcp.json",)),
        Client(
            "jetbrains",
            "JetBrains AI Assistant",
            paste="Settings | Tools | AI Assistant | Model Context Protocol (MCP) | Add | As JSON",
        ),
        Client(
            "goose",
            "goose",
            ("goose/config.yaml",),
            ("extensions",),
            EntrySchema(
                "cmd", "args", "envs", {**_STDIO, "enabled": True, "timeout": 300}, named=True
            ),
            syntax="yaml",
            program="goose",
        ),
        Client(
            "opencode",
            "opencode",
            ("xdg/opencode/opencode.json", "xdg/opencode/opencode.jsonc"),
            ("mcp",),
            EntrySchema("command", "", "environment", {"type": "local", "enabled": True}),
            program="opencode",
        ),
    )
}
"""Every client by its name for --client."""
