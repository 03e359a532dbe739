"""`mcp`: give an assistant read-only access to the cluster, and verify it."""

from typing import ClassVar

import typer

from fluxstatus.commands.typer_groups import PlainGroup, hand_down


class _Commands(PlainGroup):
    late: ClassVar = {
        name: f"fluxstatus.commands.mcp.{name}"
        for name in (
            "setup", "verify", "status", "tools", "prompts", "config", "remove", "decline",
            "accept", "skill",
        )
    }  # fmt: skip


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    subcommand_metavar="COMMAND",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _mcp(ctx: typer.Context) -> None:
    """Connect an AI assistant to the cluster, read-only.

    It uses the Flux Operator's MCP server.
    """
    hand_down(ctx)
