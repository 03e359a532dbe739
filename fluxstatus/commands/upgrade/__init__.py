"""`upgrade`: what an upgrade of Flux would meet; nothing here upgrades anything."""

from typing import ClassVar

import typer

from fluxstatus.commands.typer_groups import PlainGroup, hand_down


class _Commands(PlainGroup):
    late: ClassVar = {"plan": "fluxstatus.commands.upgrade.plan"}


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    subcommand_metavar="COMMAND",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _upgrade(ctx: typer.Context) -> None:
    """Plan an upgrade of Flux; nothing here upgrades it.

    `upgrade plan` shows what blocks an upgrade and the steps, with commands that you run yourself.
    """
    hand_down(ctx)
