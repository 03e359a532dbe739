"""`upgrade`: what an upgrade of Flux would meet; nothing here upgrades anything."""

from typing import ClassVar

import typer

from fluxstatus.commands.typer_groups import PlainGroup, app_of, hand_down


class _Commands(PlainGroup):
    late: ClassVar = {"plan": "fluxstatus.commands.upgrade.plan"}


app = app_of(_Commands)


@app.callback()
def _upgrade(ctx: typer.Context) -> None:
    """Plan an upgrade of Flux, without upgrading it.

    `upgrade plan` shows what blocks an upgrade, and the steps of the upgrade with commands to run.
    """
    hand_down(ctx)
