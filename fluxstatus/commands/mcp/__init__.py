"""`mcp`: give an assistant read-only access to the cluster, and verify it."""

from typing import ClassVar

import typer

from fluxstatus.commands.typer_groups import PlainGroup, app_of, hand_down


class _Commands(PlainGroup):
    late: ClassVar = {
        name: f"fluxstatus.commands.mcp.{name}"
        for name in (
            "setup", "verify", "status", "tools", "prompts", "config", "remove", "decline",
            "accept", "skill",
        )
    }  # fmt: skip


app = app_of(_Commands)


@app.callback()
def _mcp(ctx: typer.Context) -> None:
    """Set up read-only access to the cluster for an AI assistant.

    It uses the Flux Operator's MCP server.
    """
    hand_down(ctx)
