"""The table of clients, and the flags of an entry."""

from pathlib import Path

import pytest

from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.host import Host

HOME = "/home/me"
CLINE = "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
LINUX = {
    "vscode": "/home/me/.config/Code/User/mcp.json",
    "vscode-insiders": "/home/me/.config/Code - Insiders/User/mcp.json",
    "vscode-workspace": "/work/.vscode/mcp.json",
    "claude-desktop": "/home/me/.config/Claude/claude_desktop_config.json",
    "claude-code": "/home/me/.claude.json",
    "cursor": "/home/me/.cursor/mcp.json",
    "windsurf": "/home/me/.codeium/windsurf/mcp_config.json",
    "devin": "/home/me/.config/devin/mcp_config.json",
    "zed": "/home/me/.config/zed/settings.json",
    "codex": "/home/me/.codex/config.toml",
    "gemini": "/home/me/.gemini/settings.json",
    "copilot": "/home/me/.copilot/mcp-config.json",
    "junie": "/home/me/.junie/mcp/mcp.json",
    "goose": "/home/me/.config/goose/config.yaml",
    "opencode": "/home/me/.config/opencode/opencode.json",
    "antigravity": "/home/me/.gemini/config/mcp_config.json",
    "kiro": "/home/me/.kiro/settings/mcp.json",
    "amazon-q": "/home/me/.aws/amazonq/mcp.json",
    "cline": "/home/me/.cline/data/settings/cline_mcp_settings.json",
    "cline-vscode": f"/home/me/.config/{CLINE}",
    "continue": "/home/me/.continue/config.yaml",
    "lmstudio": "/home/me/.lmstudio/mcp.json",
    "qwen": "/home/me/.qwen/settings.json",
    "kilo": "/home/me/.config/kilo/kilo.json",
    "droid": "/home/me/.factory/mcp.json",
    "amp": "/home/me/.config/amp/settings.json",
    "auggie": "/home/me/.augment/settings.json",
    "vibe": "/home/me/.vibe/config.toml",
    "kimi": "/home/me/.kimi-code/mcp.json",
    "openhands": "/home/me/.openhands/mcp.json",
}
SUPPORT = "/home/me/Library/Application Support"
MACOS = LINUX | {
    "vscode": f"{SUPPORT}/Code/User/mcp.json",
    "vscode-insiders": f"{SUPPORT}/Code - Insiders/User/mcp.json",
    "claude-desktop": f"{SUPPORT}/Claude/claude_desktop_config.json",
    "cline-vscode": f"{SUPPORT}/{CLINE}",
}
APPDATA = "C:/Users/me/AppData/Roaming"
WINDOWS = {name: path.replace(HOME, "C:/Users/me") for name, path in LINUX.items()} | {
    "vscode": f"{APPDATA}/Code/User/mcp.json",
    "vscode-insiders": f"{APPDATA}/Code - Insiders/User/mcp.json",
    "claude-desktop": f"{APPDATA}/Claude/claude_desktop_config.json",
    "cline-vscode": f"{APPDATA}/{CLINE}",
    "devin": f"{APPDATA}/devin/mcp_config.json",
    "zed": f"{APPDATA}/zed/settings.json",
    "goose": f"{APPDATA}/Block/goose/config/config.yaml",
    "opencode": "C:/Users/me/.config/opencode/opencode.json",
}


@pytest.mark.parametrize(
    ("host", "paths"),
    [
        (Host("linux", {"HOME": HOME}, Path("/work")), LINUX),
        (Host("darwin", {"HOME": HOME}, Path("/work")), MACOS),
        (
            Host(
                "win32",
                {"USERPROFILE": "C:/Users/me", "APPDATA": APPDATA},
                Path("/work"),
            ),
            WINDOWS,
        ),
    ],
    ids=["linux", "macos", "windows"],
)
def test_where_clients_keep_their_servers(host: Host, paths: dict[str, str]) -> None:
    """The path of each client's file is the documented one, on each system."""
    found = {name: str(client.path(host)) for name, client in CLIENTS.items() if client.file}
    assert found == paths


@pytest.mark.parametrize(
    ("client", "variable", "value", "path"),
    [
        ("zed", "XDG_CONFIG_HOME", "/x", "/x/zed/settings.json"),
        ("vscode", "XDG_CONFIG_HOME", "/x", "/x/Code/User/mcp.json"),
        ("codex", "CODEX_HOME", "/c", "/c/config.toml"),
        ("copilot", "COPILOT_HOME", "/p", "/p/mcp-config.json"),
        ("claude-code", "CLAUDE_CONFIG_DIR", "/c", "/c/.claude.json"),
        ("gemini", "GEMINI_CLI_HOME", "/g", "/g/.gemini/settings.json"),
        ("qwen", "QWEN_HOME", "/q", "/q/settings.json"),
        ("droid", "FACTORY_HOME_OVERRIDE", "/f", "/f/.factory/mcp.json"),
        ("goose", "GOOSE_PATH_ROOT", "/g", "/g/config/config.yaml"),
        ("cline", "CLINE_MCP_SETTINGS_PATH", "/c/mine.json", "/c/mine.json"),
        ("cline", "CLINE_DATA_DIR", "/c", "/c/settings/cline_mcp_settings.json"),
        ("cline", "CLINE_DIR", "/c", "/c/data/settings/cline_mcp_settings.json"),
        ("continue", "CONTINUE_GLOBAL_DIR", "/c", "/c/config.yaml"),
        ("vibe", "VIBE_HOME", "/v", "/v/config.toml"),
        ("kimi", "KIMI_CODE_HOME", "/k", "/k/mcp.json"),
        ("openhands", "OPENHANDS_PERSISTENCE_DIR", "/o", "/o/mcp.json"),
    ],
)
def test_variables_that_move_folders(client: str, variable: str, value: str, path: str) -> None:
    """A client's own variable moves its file."""
    host = Host("linux", {"HOME": HOME, variable: value})
    assert str(CLIENTS[client].path(host)) == path


@pytest.mark.parametrize(
    ("client", "variable"),
    [("opencode", "OPENCODE_CONFIG"), ("kilo", "KILO_CONFIG")],
)
def test_the_file_that_wins_is_changed(tmp_path: Path, client: str, variable: str) -> None:
    """Of several files of the user that exist, setup takes the one that wins."""
    env = {"HOME": str(tmp_path)}
    folder = tmp_path / ".config" / client
    folder.mkdir(parents=True)
    for path, more in (
        (folder / f"{client}.json", {}),
        (folder / f"{client}.jsonc", {}),
        (tmp_path / "mine.json", {variable: str(tmp_path / "mine.json")}),
        (tmp_path / "dir" / f"{client}.json", {f"{variable}_DIR": str(tmp_path / "dir")}),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        env |= more
        assert CLIENTS[client].path(Host("linux", env)) == path


def test_what_is_installed(tmp_path: Path) -> None:
    """A client counts as installed if its folder, its file or its program exists."""
    host = Host("linux", {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}, tmp_path)
    assert [c.name for c in CLIENTS.values() if c.installed(host)] == []
    (tmp_path / ".config" / "Code" / "User").mkdir(parents=True)
    (tmp_path / ".claude.json").write_text("{}")
    (tmp_path / ".vscode").mkdir()
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "goose"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / ".config" / "opencode").mkdir()
    (tmp_path / ".config" / "opencode" / "opencode.jsonc").write_text("{}")
    found = {c.name for c in CLIENTS.values() if c.installed(host)}
    assert found == {"vscode", "claude-code", "goose", "opencode"}
    path = CLIENTS["opencode"].path(host)
    assert path
    assert path.name == "opencode.jsonc"


@pytest.mark.parametrize(
    ("folder", "found"),
    [(".gemini/config", {"antigravity"}), (".codeium", set()), (".codeium/windsurf", {"windsurf"}),
     (".copilot", {"copilot"}), (".cline", set())],
)  # fmt: skip
def test_the_folder_of_another_is_no_sign(tmp_path: Path, folder: str, found: set[str]) -> None:
    """A folder that another program makes, too, does not count for a client."""
    (tmp_path / folder).mkdir(parents=True)
    host = Host("linux", {"HOME": str(tmp_path), "PATH": ""}, tmp_path)
    assert {c.name for c in CLIENTS.values() if c.installed(host)} == found


@pytest.mark.parametrize(
    ("args", "read_only"),
    [
        (["serve"], False),
        (["serve", "--read-only"], True),
        (["serve", "--read-only=true"], True),
        (["--read-only=1", "serve"], True),
        (["serve", "--read-only=false"], False),
        (["serve", "--read-only", "false"], True),  # as the server's own parser has it
        (["serve", "--read-only=yes"], False),
        (["serve", "--read-only", "--read-only=false"], False),
        (["serve", "--kube-context", "--read-only"], False),  # that is the name of a context
        (["serve", "--", "--read-only"], False),
        (["serve", "-n", "--read-only=true"], False),  # that is the name of a namespace
        (["serve", "-n", "team-a", "--read-only"], True),
    ],
)
def test_what_only_reads(args: list[str], read_only: bool) -> None:
    """An entry is read-only if the server parses its flags that way."""
    assert Entry(NAME, "/x/flux-operator-mcp", tuple(args)).read_only is read_only


def test_fields_of_an_entry() -> None:
    """Context, kubeconfig and impersonation are found in both forms of a flag."""
    args = ("serve", "--kube-context=a", "--kubeconfig", "/k", "--kube-as", "joe",
            "--kube-as-group=g", "--kube-as-group=h", "--mask-secrets=false")  # fmt: skip
    entry = Entry("mine", "flux-operator-mcp", args, {"KUBECONFIG": "/other"})
    assert (entry.context, entry.kubeconfig, entry.masks) == ("a", "/k", False)
    assert entry.impersonates == ("--as=joe", "--as-group=g", "--as-group=h")
    assert Entry(NAME, "x", (), {"KUBECONFIG": "/e"}).kubeconfig == "/e"


@pytest.mark.parametrize(
    ("entry", "ours"),
    [
        (Entry(NAME, "anything"), True),
        (Entry("flux", "/x/flux-operator-mcp", ("serve",)), True),
        (Entry("flux", "sh", ("-c", "exec flux-operator-mcp serve --read-only")), True),
        (Entry("flux", "docker", ("run", "ghcr.io/c/flux-operator-mcp", "serve")), True),
        (Entry("flux", "docker", ("run", "ghcr.io/c/flux-operator-mcp:v0.59.0")), True),
        (Entry("flux", "docker", ("run", "ghcr.io/c/flux-operator-mcp@sha256:0a1b")), True),
        (Entry("flux", "sh", ("-c", "docker run ghcr.io/c/flux-operator-mcp:v1 serve")), True),
        (Entry("flux", r"C:\tools\flux-operator-mcp.exe", ("serve",)), True),
        (Entry("flux", "/x/flux-operator-mcp-proxy", ("serve",)), False),
        (Entry("flux-operator-mcp-eu", url="https://example.com/mcp"), True),
        (Entry("flux", url="http://flux-operator-mcp.flux-system:9090/mcp"), True),
        (Entry("flux", url="https://example.com/mcp"), False),
        (Entry("flux", "/x/other", ("--like", "flux-operator")), False),
    ],
)
def test_which_entries_are_about_the_server(entry: Entry, ours: bool) -> None:
    """An entry is recognized by its name or its program, also within a shell command line."""
    assert entry.is_the_server is ours


def test_a_shells_line_is_read() -> None:
    """Flags within a shell command line count."""
    line = "KUBECONFIG=/k flux-operator-mcp serve --read-only --kube-context=b"
    entry = Entry("flux", "sh", ("-c", line))
    assert (entry.read_only, entry.context) == (True, "b")


@pytest.mark.parametrize("context", ["x y", "x --read-only=true", "--read-only=true x"])
@pytest.mark.parametrize("form", ["--kube-context={}", "--kube-context {}"])
def test_a_context_with_blanks_is_one_word(context: str, form: str) -> None:
    """What is in the name of a context is no flag."""
    flag, joint, _ = form.partition("=") if "=" in form else form.partition(" ")
    words = (f"{flag}={context}",) if joint == "=" else (flag, context)
    entry = Entry("flux", "flux-operator-mcp", ("serve", *words))
    assert (entry.read_only, entry.context) == (False, context)


def test_commands_of_the_clients_own() -> None:
    """A client's command gets the entry as separate words, with any characters."""
    entry = Entry("n", "/a b/flux-operator-mcp", ("serve", "--kube-context", "{x}"), {"K": "{y}"})
    codex = CLIENTS["codex"]
    assert codex.command(codex.add, entry) == (
        "codex", "mcp", "add", "n", "--env", "K={y}", "--", "/a b/flux-operator-mcp", "serve",
        "--kube-context", "{x}",
    )  # fmt: skip


def test_a_server_far_away() -> None:
    """An entry with a URL cannot be checked here; setup replaces it."""
    cursor = CLIENTS["cursor"]
    old = {"type": "http", "url": "http://flux-operator-mcp:9090/mcp", "headers": {}, "note": 1}
    entry = cursor.schema.read(NAME, old)
    assert (entry.url, entry.command, entry.is_the_server) == (old["url"], "", True)
    assert cursor.schema.write(Entry(NAME, "c", ("serve",), {"K": "v"}), old) == {
        "note": 1, "command": "c", "args": ["serve"], "env": {"K": "v"}
    }  # fmt: skip


FLAT = {"command": "c", "args": ["-v"], "env": {"K": "v"}}


@pytest.mark.parametrize(
    ("client", "value"),
    [
        ("cline", {"transport": {"type": "stdio", **FLAT}}),
        ("cline", FLAT),
        ("zed", {"source": "custom", "command": {"path": "c", "args": ["-v"], "env": {"K": "v"}}}),
        ("vibe", {"transport": "stdio", **FLAT}),
        ("vibe", {"transport": "stdio", "command": ["c", "-v"], "env": {"K": "v"}}),
    ],
)
def test_other_forms_of_an_entry(client: str, value: dict[str, object]) -> None:
    """An entry is read in each form that its client takes, and changed to that of setup."""
    schema = CLIENTS[client].schema
    assert schema.read("n", value) == Entry("n", "c", ("-v",), {"K": "v"})
    new = Entry("n", "flux-operator-mcp", ("serve", "--read-only"))
    assert schema.read("n", schema.write(new, value)) == new._replace(env={"K": "v"})
