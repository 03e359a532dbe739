"""The known MCP clients: where and in which format each keeps its servers.

The source of a row is the client itself, started with the entry (marked "run"), or its
documentation or code. `then` is from the documentation. A client that has a command for adding
servers is changed with that command, and its file is read afterwards.
"""

from collections.abc import Mapping

from fluxstatus.mcp.client import Client, Place, places
from fluxstatus.mcp.command_lines import COMMAND_LINES
from fluxstatus.mcp.entry import DISABLED, ENABLED, STDIO, EntrySchema

_PLAIN = EntrySchema(off=DISABLED)
_AGENT = "run MCP: List Servers, start the server, and choose Agent in the chat"
_VSCODE = EntrySchema(extra=STDIO)
_PORTABLE = EntrySchema(extra={"type": "local", "tools": ["*"]})
_COPILOT = Client(  # run: 1.0.102. Files of a folder count once the folder is trusted.
    "copilot",
    "GitHub Copilot CLI",
    "copilot/mcp-config.json",
    schema=_PORTABLE,
    program="copilot",
    add=("mcp", "add", "{name}", "--env{env}", "--", "{argv}"),
    remove=("mcp", "remove", "{name}"),
    places=places("up/.mcp.json|.github/mcp.json", "copilot/mcp-config.json"),
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
        places=places("up/.cursor/mcp.json", "home/.cursor/mcp.json"),
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
        EntrySchema(off=ENABLED),
        places=places("up/.zed/settings.json", "config/zed/settings.json"),
        then="the agent panel lists the server",
    ),
    Client(  # github.com/stbenjam/skillsaw, docs/rules/antigravity-mcp-valid.md: agy 1.1.26
        "antigravity",
        "Antigravity",
        "gemini/config/mcp_config.json",
        schema=_PLAIN,
        program="agy",
        places=places(
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
        places=places("up/.kiro/settings/mcp.json", "home/.kiro/settings/mcp.json"),
        sign="home/.kiro",
        then="the MCP panel lists the server",
    ),
    Client(  # github.com/aws/amazon-q-developer-cli, now Kiro
        "amazon-q",
        "Amazon Q CLI (now Kiro)",
        "home/.aws/amazonq/mcp.json",
        schema=_PLAIN,
        program="q",
        places=places("here/.amazonq/mcp.json", "home/.aws/amazonq/mcp.json"),
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
        places=places("root/.continue/mcpServers/*.*", "continue/config.yaml"),
        sign="continue/config.yaml",
        head="name: Main Config\nversion: 1.0.0\nschema: v1\n",  # without these it is refused
        then="reload the window, or restart cn; choose Agent in the chat",
    ),
    Client(  # www.jetbrains.com/help/junie/model-context-protocol-mcp.html
        "junie",
        "JetBrains Junie",
        "home/.junie/mcp/mcp.json",
        places=places("up/.junie/mcp/mcp.json", "home/.junie/mcp/mcp.json"),
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
        places=places("home/.lmstudio/mcp.json", "home/.cache/lm-studio/mcp.json"),
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
            {**STDIO, "enabled": True, "timeout": 300},
            named=True,
            off=ENABLED,
        ),
        syntax="yaml",
        program="goose",
        then="restart goose",
    ),
)

CLIENTS: Mapping[str, Client] = {
    # VS Code reads the file of the Copilot CLI, so that comes first.
    client.name: client
    for client in (_COPILOT, *_EDITORS, *_APPS, *COMMAND_LINES)
}
"""Every client, by its name in --client."""
