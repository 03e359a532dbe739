"""The machine to search for MCP clients: where each of them keeps its files."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_MOVED: Mapping[str, tuple[str, str, str]] = {
    "claude": ("CLAUDE_CONFIG_DIR", "", ""),
    "codex": ("CODEX_HOME", ".codex", ""),
    "copilot": ("COPILOT_HOME", ".copilot", ""),
    "gemini": ("GEMINI_CLI_HOME", "", ".gemini"),
    "qwen": ("QWEN_HOME", ".qwen", ""),
    "factory": ("FACTORY_HOME_OVERRIDE", "", ".factory"),
    "continue": ("CONTINUE_GLOBAL_DIR", ".continue", ""),
    "vibe": ("VIBE_HOME", ".vibe", ""),
    "kimi": ("KIMI_CODE_HOME", ".kimi-code", ""),
    "openhands": ("OPENHANDS_PERSISTENCE_DIR", ".openhands", ""),
}
"""The bases of paths: the variable that sets the base, its default in the home directory, and the
folder below either."""

_ADMIN: Mapping[str, tuple[str, str, str]] = {
    "claude-admin": ("claude-code", "ClaudeCode", "C:/Program Files/ClaudeCode"),
    "codex-admin": ("codex", "", "C:/ProgramData/OpenAI/Codex"),
    "copilot-admin": ("github-copilot", "GitHubCopilot", "C:/Program Files/GitHubCopilot"),
    "gemini-admin": ("gemini-cli", "GeminiCli", "C:/ProgramData/gemini-cli"),
    "qwen-admin": ("qwen-code", "QwenCode", "C:/ProgramData/qwen-code"),
    "opencode-admin": ("opencode", "opencode", "C:/ProgramData/opencode"),
    "kilo-admin": ("kilo", "kilo", "C:/ProgramData/kilo"),
    "augment-admin": ("augment", "", "C:/ProgramData/augment"),
    "vscode-admin": ("vscode", "", ""),
}
"""Folders in which an administrator places a client's settings: the name in /etc, that in
/Library/Application Support if macOS has another folder, and the folder of Windows."""

ADMIN_BASES = frozenset(_ADMIN)
"""Bases of files that belong to an administrator and not to the user."""

_ADMIN_FILES = {
    "gemini-admin/settings.json": "GEMINI_CLI_SYSTEM_SETTINGS_PATH",
    "gemini-admin/system-defaults.json": "GEMINI_CLI_SYSTEM_DEFAULTS_PATH",
    "qwen-admin/settings.json": "QWEN_CODE_SYSTEM_SETTINGS_PATH",
    "qwen-admin/system-defaults.json": "QWEN_CODE_SYSTEM_DEFAULTS_PATH",
}
"""The variables that move single files of these."""

FOLDER_BASES = frozenset({"here", "root", "near", "up", "down"})
"""Bases of files that belong to a folder and not to the user; anyone may have written these
files."""


@dataclass(frozen=True)
class Host:
    """The machine to search for clients: its sys.platform, environment and current folder.

    `system` is put before the paths of an administrator's files; it is empty except in tests.
    """

    platform: str = sys.platform
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    system: str = ""

    @cached_property
    def home(self) -> str:
        """The user's home, empty without one."""
        return self.environ.get("USERPROFILE" if self.platform == "win32" else "HOME", "")

    def paths(self, template: str) -> Iterator[Path]:
        """Yield the paths that *template* stands for: a base, a slash, and the rest.

        The base is a variable that may be unset, as in $OPENCODE_CONFIG, or a name of `base`. With
        a = the variable has the content, and the path only names it. "up" is each folder from the
        current one to the root of its repository, "down" from there to the current one, and "near"
        the first of them that has the file. Of names with a | between, the first counts that exists
        in a folder; of names with a comma, all. A * stands for the names of files.
        """
        name, _, rest = template.partition("/")
        if moved := self.environ.get(_ADMIN_FILES.get(template, "")):
            yield Path(moved)
        elif name.startswith("="):
            if self.environ.get(name[1:]):
                yield Path(f"${name[1:]}")
        elif name.startswith("$"):
            if folder := self.environ.get(name[1:]):
                yield Path(folder, rest)
        elif name in ("near", "up", "down"):
            yield from self._around(name, rest)
        elif "*" in rest:
            yield from sorted(Path(self.base(name)).glob(rest))
        else:
            yield Path(self.base(name), rest)

    def _around(self, name: str, rest: str) -> Iterator[Path]:
        if name == "near":
            near = [parent / rest for parent in self.folders]
            yield next((path for path in near if path.exists()), near[0])
            return
        for parent in self.folders[:: 1 if name == "up" else -1]:
            for names in rest.split(","):
                paths = [parent / one for one in names.split("|")]
                yield next((path for path in paths if path.exists()), paths[0])

    @cached_property
    def folders(self) -> list[Path]:
        """The current folder and those above it, up to the root of its repository.

        Outside of a repository, it is the current folder alone.
        """
        above = [self.folder, *self.folder.parents]
        ends = (number for number, one in enumerate(above) if (one / ".git").exists())
        return above[: next(ends, 0) + 1]

    @property
    def root(self) -> Path:
        """The root of the current folder's repository; outside of one, that folder."""
        return self.folders[-1]

    def base(self, name: str) -> str:
        """Return the folder for the first component of a path of the table."""
        if name == "root":
            return str(self.root)
        if name in _MOVED:
            variable, usual, inside = _MOVED[name]
            moved = self.environ.get(variable) or f"{self.home}/{usual}".rstrip("/")
            return f"{moved}/{inside}".rstrip("/")
        if name in _ADMIN:
            return self._of_administrator(name)
        return self._usual[name]

    def _of_administrator(self, name: str) -> str:
        if moved := self.environ.get(_ADMIN_FILES.get(f"{name}/settings.json", "")):
            return str(Path(moved).parent)  # the defaults are beside it
        linux, macos, windows = _ADMIN[name]
        if self.platform == "win32":
            return windows
        is_there = self.platform == "darwin" and macos
        folder = f"/Library/Application Support/{macos}" if is_there else f"/etc/{linux}"
        return f"{self.system}{folder}"

    @cached_property
    def _usual(self) -> dict[str, str]:
        env, home = self.environ, self.home
        xdg = config = env.get("XDG_CONFIG_HOME") or f"{home}/.config"
        support = {
            "darwin": f"{home}/Library/Application Support",
            "win32": env.get("APPDATA", f"{home}/AppData/Roaming"),
        }.get(self.platform, config)
        if self.platform == "win32":
            config = support
        goose = f"{support}/Block/goose/config" if self.platform == "win32" else f"{config}/goose"
        root, cline = env.get("GOOSE_PATH_ROOT"), env.get("CLINE_DIR") or f"{home}/.cline"
        return {
            "home": home,
            "config": config,
            "xdg": xdg,
            "support": support,
            "here": str(self.folder),
            "goose": f"{root}/config" if root else goose,
            "cline": env.get("CLINE_MCP_SETTINGS_PATH")
            or f"{env.get('CLINE_DATA_DIR') or f'{cline}/data'}/settings/cline_mcp_settings.json",
        }
