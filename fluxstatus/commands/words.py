"""The table that complete.py reads, made from the options and the steps.

When one of these changes: python -m fluxstatus.commands.words
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from typer import Context
from typer.main import get_command

from fluxstatus.checks import STEPS
from fluxstatus.cli import app
from fluxstatus.commands.complete import TABLE, Word
from fluxstatus.listing import offered
from fluxstatus.listing.offered import OFFERED
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.options import Connection

_PATHS = ("FILE", "DIR")
_KUBECTL = {one.name for one in fields(Connection)}


def table() -> str:
    """Give the text of the table."""
    return "".join("\t".join(row) + "\n" for row in dict.fromkeys(_rows()))


def _rows() -> Iterator[Word]:
    group: Any = get_command(app)
    yield from _options("", group)
    yield from _commands("", group)
    for client in CLIENTS.values():
        yield Word("--client", client.name, "", "", client.title)
    for kind, text in offered.kinds():
        yield Word("KIND", f"{kind}/", "", "", text)
    for resource, text in offered.resources():
        yield Word("PLURAL", resource, "", "", text)
    for step in STEPS:
        yield Word("--step", step.id, "", "", step.title)
        yield Word("--skip", step.id, "", "", step.title)


def _commands(place: str, group: Any) -> Iterator[Word]:
    for name, command in group.commands.items():
        yield Word(place, name, "", "", command.get_short_help_str(limit=100))
        below = f"{place} {name}".strip()
        yield from _options(below, command)
        yield from (
            Word(below, word, "", "", text) for word, text in OFFERED.get(below, {}).items()
        )
        if hasattr(command, "commands"):
            yield from _commands(below, command)


def _options(place: str, command: Any) -> Iterator[Word]:
    parameters = command.get_params(Context(command, help_option_names=["-h", "--help"]))
    for option in (one for one in parameters if one.param_type_name == "option"):
        takes = option.metavar if option.metavar in _PATHS else max(option.opts, key=len)
        choices = getattr(option.type, "choices", ())
        if choices:
            takes = f"{place} {takes}".strip()  # a format of one command is none of another
        if option.is_flag:
            takes = ""
        for word in sorted(option.opts):  # those of --help are in no order
            passed_on = "kubectl" if option.name in _KUBECTL else ""
            yield Word(place, word, takes, passed_on, option.help)
        for choice in choices:
            yield Word(takes, str(choice), "", "", "")


if __name__ == "__main__":
    Path(TABLE).write_text(table(), encoding="utf-8")
