"""The codes that only commands report."""

from typer.main import get_command

from fluxstatus.cli import app
from fluxstatus.commands.typer_groups import PlainGroup

_COMMANDS = get_command(app)
assert isinstance(_COMMANDS, PlainGroup)
OF_COMMANDS = _COMMANDS.codes()
