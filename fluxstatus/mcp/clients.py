"""The known MCP clients: where and in which format each keeps its servers.

The source of a row is the client itself, started with the entry (marked "run"), or its
documentation or code. `then` is from the documentation. A client that has a command for adding
servers is changed with that command, and its file is read afterwards.
"""

from collections.abc import Mapping

from fluxstatus.mcp.client import Client, Place
from fluxstatus.mcp.entry import EntrySchema

_STDIO = {"type": "stdio"}
_DISABLED = ("disabled", True)
_ENABLED = ("enabled", False)
_PLAIN = EntrySchema(off=_DISABLED)
_AGENT = "run MCP: List Servers, start the server, and choose Agent in the chat"
_VSCODE = EntrySchema(extra=_STDIO)
_PORTABLE = EntrySchema(extra={"type": "local", "tools": ["*"]})
_OPENCODE = EntrySchema(
    "command", "", "environment", {"type": "local", "enabled": True}, off=_ENABLED
)


def _places(*files: str) -> tuple[Place, ...]:
    return tuple(map(Place, files))


_COPILOT = Client(  # run: 1.0.102. Files of a folder count once the folder is trusted.
    "copilot",
    "GitHub Copilot CLI",
    "copilot/mcp-config.json",
    schema=_PORTABLE,
    program="copilot",
    add=("mcp", "add", "{name}", "--env{env}", "--", "{argv}"),
    remove=("mcp", "remove", "{name}"),
    places=_places("up/.mcp.json|.github/mcp.json", "copilot/mcp-config.json"),
    then="/mcp show lists the server",
)


def _vscode(name: str, title: str, folder: str, program: str) -> Client:
    """Return a VS Code.

    github.com/microsoft/vscode-docs, mcp-configuration.md (2026-11-25): it reads the portable file
    of the Copilot CLI, and passes on the older one. It lists a server once for each.
    """
    older = f"support/{folder}/User/mcp.json"
    return Client(
        name,
        title,
        older,
        ("servers",),
        _VSCODE,
        program=program,
        add=("--add-mcp", "{named-json}"),
        places=(
            Place("up/.vscode/mcp.json"),
            Place("up/.mcp.json", ("mcpServers",), EntrySchema()),
            Place("copilot/mcp-config.json", ("mcpServers",), _PORTABLE),
            Place(older),
        ),
        twice=True,
        then=f"MCP: Open User Configuration shows the file; {_AGENT}",
    )


_EDITORS = (
    _vscode("vscode", "VS Code", "Code", "code"),
    _vscode("vscode-insiders", "VS Code Insiders", "Code - Insiders", "code-insiders"),
    Client(
        "vscode-workspace",
        "VS Code, this folder",
        "here/.vscode/mcp.json",
        ("servers",),
        _VSCODE,
        local=True,
        then=_AGENT,
    ),
    Client(  # cursor.com/docs/context/mcp
        "cursor",
        "Cursor",
        "home/.cursor/mcp.json",
        places=_places("up/.cursor/mcp.json", "home/.cursor/mcp.json"),
        then="turn the server on in Settings, MCP",
    ),
    Client(  # docs.windsurf.com/windsurf/cascade/mcp; sold as Devin Desktop since 2026
        "windsurf",
        "Windsurf (now Devin Desktop)",
        "home/.codeium/windsurf/mcp_config.json",
        schema=_PLAIN,
        then="refresh the list of MCP servers",
    ),
    Client(  # docs.devin.ai/desktop
        "devin",
        "Devin Desktop",
        "config/devin/mcp_config.json",
        schema=_PLAIN,
        then="refresh the list of MCP servers",
    ),
    Client(  # zed.dev/docs/ai/mcp
        "zed",
        "Zed",
        "config/zed/settings.json",
        ("context_servers",),
        EntrySchema(off=_ENABLED),
        places=_places("up/.zed/settings.json", "config/zed/settings.json"),
        then="the agent panel lists the server",
    ),
    Client(  # github.com/stbenjam/skillsaw, docs/rules/antigravity-mcp-valid.md: agy 1.1.26
        "antigravity",
        "Antigravity",
        "gemini/config/mcp_config.json",
        schema=_PLAIN,
        program="agy",
        places=_places(
            "up/.agents/mcp_config.json",
            "gemini/config/mcp_config.json",
            "gemini/antigravity/mcp_config.json",  # until 2026-05
        ),
        then="open MCP Servers in the agent panel, Manage, and refresh the list",
    ),
    Client(  # kiro.dev/docs/mcp/configuration; also of its CLI
        "kiro",
        "Kiro",
        "home/.kiro/settings/mcp.json",
        schema=_PLAIN,
        program="kiro-cli",
        places=_places("up/.kiro/settings/mcp.json", "home/.kiro/settings/mcp.json"),
        sign="home/.kiro",
        then="the MCP panel lists the server",
    ),
    Client(  # github.com/aws/amazon-q-developer-cli, now Kiro
        "amazon-q",
        "Amazon Q CLI (now Kiro)",
        "home/.aws/amazonq/mcp.json",
        schema=_PLAIN,
        program="q",
        places=_places("here/.amazonq/mcp.json", "home/.aws/amazonq/mcp.json"),
        sign="home/.aws/amazonq",
        then="restart q chat; /mcp lists the server",
    ),
    Client(  # run: 3.0.65, as its CLI writes it. Without `transport` it is accepted, too.
        "cline",
        "Cline",
        "cline/",
        schema=_PLAIN,
        program="cline",
        then="cline config mcp lists the server",
    ),
    Client(  # docs.cline.bot/mcp; the extension keeps its own file
        "cline-vscode",
        "Cline in VS Code",
        "support/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        schema=_PLAIN,
        then="open MCP Servers in Cline; the server is listed",
    ),
    Client(  # run: cn 1.5.47. Its editors read the folder: docs.continue.dev, deep-dives/mcp
        "continue",
        "Continue",
        "continue/config.yaml",
        ("mcpServers[]",),
        EntrySchema(named=True),
        syntax="yaml",
        program="cn",
        places=_places("root/.continue/mcpServers/*.*", "continue/config.yaml"),
        sign="continue/config.yaml",
        head="name: Main Config\nversion: 1.0.0\nschema: v1\n",  # without these it is refused
        then="reload the window, or restart cn; choose Agent in the chat",
    ),
    Client(  # www.jetbrains.com/help/junie/model-context-protocol-mcp.html
        "junie",
        "JetBrains Junie",
        "home/.junie/mcp/mcp.json",
        places=_places("up/.junie/mcp/mcp.json", "home/.junie/mcp/mcp.json"),
        sign="home/.junie",
        then="Settings, Junie, MCP lists the server",
    ),
    Client(
        "jetbrains",
        "JetBrains AI Assistant",
        paste="Settings | Tools | AI Assistant | Model Context Protocol (MCP) | Add | As JSON",
    ),
)
_APPS = (
    Client(
        "claude-desktop",
        "Claude Desktop",
        "support/Claude/claude_desktop_config.json",
        then="restart the app; the tools are below the text field",
    ),
    Client(  # lmstudio.ai/docs/app/mcp: "Cursor's notation"
        "lmstudio",
        "LM Studio",
        "home/.lmstudio/mcp.json",
        program="lms",
        places=_places("home/.lmstudio/mcp.json", "home/.cache/lm-studio/mcp.json"),
        then="turn the server on in the Program tab",
    ),
    Client(  # block.github.io/goose/docs/getting-started/using-extensions
        "goose",
        "goose",
        "goose/config.yaml",
        ("extensions",),
        EntrySchema(
            "cmd",
            "args",
            "envs",
            {**_STDIO, "enabled": True, "timeout": 300},
            named=True,
            off=_ENABLED,
        ),
        syntax="yaml",
        program="goose",
        then="restart goose",
    ),
)
_COMMAND_LINES = (
    Client(  # run: 2.1.332. .mcp.json counts once it is approved; the nearest wins.
        "claude-code",
        "Claude Code",
        "claude/.claude.json",
        schema=EntrySchema(extra=_STDIO),
        program="claude",
        add=("mcp", "add-json", "--scope", "user", "{name}", "{json}"),
        remove=("mcp", "remove", "--scope", "user", "{name}"),
        places=(
            Place("claude-admin/managed-mcp.json"),
            Place("claude/.claude.json", ("projects", "{root}", "mcpServers")),
            Place("up/.mcp.json"),
            Place("claude/.claude.json"),
        ),
        then="/mcp lists the server",
    ),
    Client(  # run: 0.171.0. Files of a folder count if the folder is trusted.
        "codex",
        "Codex",
        "codex/config.toml",
        ("mcp_servers",),
        EntrySchema(off=_ENABLED),
        syntax="toml",
        program="codex",
        add=("mcp", "add", "{name}", "--env{env}", "--", "{argv}"),
        remove=("mcp", "remove", "{name}"),
        places=_places(
            "codex-admin/managed_config.toml",
            "up/.codex/config.toml",
            "codex/config.toml",
            "codex-admin/config.toml",
        ),
        merges=True,
        then="restart codex; codex mcp list lists the server",
    ),
    Client(  # run: 0.61.0. Nothing counts until the folder is trusted.
        "gemini",
        "Gemini CLI",
        "gemini/settings.json",
        program="gemini",
        add=("mcp", "add", "--scope", "user", "--env{env}", "{name}", "{argv}"),
        remove=("mcp", "remove", "--scope", "user", "{name}"),
        places=_places(
            "gemini-admin/settings.json",
            "here/.gemini/settings.json",
            "gemini/settings.json",
            "gemini-admin/system-defaults.json",
        ),
        sign="gemini/settings.json",  # the folder is Antigravity's, too
        then="trust the folder in which you start gemini (/permissions); /mcp lists the server",
    ),
    Client(  # run: 0.24.4
        "qwen",
        "Qwen Code",
        "qwen/settings.json",
        program="qwen",
        places=_places(
            "qwen-admin/settings.json",
            "here/.qwen/settings.json",
            "qwen/settings.json",
            "qwen-admin/system-defaults.json",
        ),
        then="qwen mcp list lists the server",
    ),
    Client(  # run: 1.18.33, which prints what it has merged: opencode debug config
        "opencode",
        "opencode",
        "xdg/opencode/opencode.json",
        ("mcp",),
        _OPENCODE,
        program="opencode",
        places=_places(
            "opencode-admin/opencode.jsonc",
            "opencode-admin/opencode.json",
            "=OPENCODE_CONFIG_CONTENT",
            "$OPENCODE_CONFIG_DIR/opencode.jsonc",
            "$OPENCODE_CONFIG_DIR/opencode.json",
            "home/.opencode/opencode.jsonc",
            "home/.opencode/opencode.json",
            "down/.opencode/opencode.jsonc,.opencode/opencode.json",
            "up/opencode.jsonc,opencode.json",
            "$OPENCODE_CONFIG",
            "xdg/opencode/opencode.jsonc",
            "xdg/opencode/opencode.json",
            "xdg/opencode/config.json",
        ),
        merges=True,
        then="restart opencode; opencode mcp list lists the server",
    ),
    Client(  # run: 7.8.1, which prints what it has merged: kilo debug config
        "kilo",
        "Kilo",
        "xdg/kilo/kilo.json",
        ("mcp",),
        _OPENCODE,
        program="kilo",
        places=_places(
            "kilo-admin/opencode.json",
            "kilo-admin/opencode.jsonc",
            "kilo-admin/kilo.json",
            "kilo-admin/kilo.jsonc",
            "=KILO_CONFIG_CONTENT",
            "$KILO_CONFIG_DIR/kilo.json",
            "$KILO_CONFIG_DIR/kilo.jsonc",
            "home/.kilo/kilo.json",
            "home/.kilo/kilo.jsonc",
            "down/.kilo/kilo.json,.kilo/kilo.jsonc",
            "down/.kilocode/kilo.json,.kilocode/kilo.jsonc",
            "up/opencode.jsonc,opencode.json",
            "up/kilo.jsonc,kilo.json",
            "$KILO_CONFIG",
            "xdg/kilo/opencode.jsonc",
            "xdg/kilo/opencode.json",
            "xdg/kilo/kilo.jsonc",
            "xdg/kilo/kilo.json",
        ),
        merges=True,
        then="restart kilo; kilo mcp list lists the server",
    ),
    Client(  # run: 0.225.2
        "droid",
        "Factory droid",
        "factory/mcp.json",
        schema=EntrySchema(extra=_STDIO, off=_DISABLED),
        program="droid",
        places=_places("root/.factory/mcp.json", "factory/mcp.json"),
        then="droid mcp list lists the server",
    ),
    Client(  # run: amp mcp list. Files of a folder count once they are approved.
        "amp",
        "Amp",
        "xdg/amp/settings.json",
        ("amp.mcpServers",),
        program="amp",
        places=_places("near/.amp/settings.json", "xdg/amp/settings.json"),
        then="amp mcp list lists the server",
    ),
    Client(  # run: 0.36.0
        "auggie",
        "Auggie",
        "home/.augment/settings.json",
        program="auggie",
        places=_places(
            "augment-admin/settings.json",
            "root/.augment/settings.json",
            "home/.augment/settings.json",
        ),
        then="auggie mcp list lists the server",
    ),
    Client(  # run: 3.0.3, as `vibe mcp add` writes it. It splits a command that is a string.
        "vibe",
        "Mistral Vibe",
        "vibe/config.toml",
        ("mcp_servers[]",),
        EntrySchema("command", "", "env", {"transport": "stdio"}, named=True, off=_DISABLED),
        syntax="toml",
        program="vibe",
        places=_places("here/.vibe/config.toml", "vibe/config.toml"),
        then="restart vibe; /mcp lists the server",
    ),
    Client(  # the code of kimi-cli 1.52.0 and of its successor
        "kimi",
        "Kimi Code",
        "kimi/mcp.json",
        program="kimi",
        places=_places("kimi/mcp.json", "home/.kimi/mcp.json"),
        then="restart kimi; /mcp lists the server",
    ),
    Client(  # the code of openhands 1.16.0
        "openhands",
        "OpenHands CLI",
        "openhands/mcp.json",
        program="openhands",
        then="restart openhands; /mcp lists the server",
    ),
)

CLIENTS: Mapping[str, Client] = {
    # VS Code reads the file of the Copilot CLI, so that comes first.
    client.name: client
    for client in (_COPILOT, *_EDITORS, *_APPS, *_COMMAND_LINES)
}
"""Every client, by its name in --client."""
