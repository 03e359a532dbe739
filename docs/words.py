#!/usr/bin/env python3
"""Write commands/completion/words.tsv, the table of completions, from the command line itself.

    python docs/words.py > fluxstatus/commands/completion/words.tsv

The same command line always gives the same table.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).parent.parent))

from typer import Context
from typer.main import get_command

from fluxstatus.checks import STEPS
from fluxstatus.cli import app
from fluxstatus.commands.completion.complete import OBJECTS, PATHS, QUERIES
from fluxstatus.commands.explain.codes import codes
from fluxstatus.commands.option_values import FAIL_ON
from fluxstatus.commands.options import Connection
from fluxstatus.commands.report_files import FORMATS
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.model.kinds import KINDS

Row: TypeAlias = tuple[str, str, str, str, str]
"""The fields of an argv.Word, in its order."""

_KUBECTL = {one.name for one in fields(Connection)}


def table() -> str:
    """Return the text of the table."""
    rows = dict.fromkeys((*_command("", get_command(app)), *_lists()))
    return "".join("\t".join(row) + "\n" for row in rows)


def _command(place: str, command: Any) -> Iterator[Row]:
    context = Context(command, help_option_names=["-h", "--help"])
    for parameter in command.get_params(context):
        if not parameter.hidden:
            rows = _argument if parameter.param_type_name == "argument" else _option
            yield from rows(place, parameter)
    for name, sub in getattr(command, "commands", {}).items():
        if not sub.hidden:
            yield (place, name, "", "", sub.get_short_help_str(limit=100))
            yield from _command(f"{place} {name}".strip(), sub)


def _option(place: str, option: Any) -> Iterator[Row]:
    name = max(option.opts, key=len)
    takes = "" if option.is_flag else _takes(place, option, name)
    for word in sorted(option.opts):  # those of --help are in no order
        passed_on = "kubectl" if option.name in _KUBECTL else ""
        yield (place, word, takes, passed_on, option.help)
    yield from _choices(takes, option)


def _argument(place: str, argument: Any) -> Iterator[Row]:
    takes = _takes(place, argument, argument.name)
    yield (place, "", takes + "..." * (argument.nargs < 0), "", "")
    yield from _choices(takes, argument)


_MEANS = {
    ("compare", "files"): "FILE",
    ("conditions", "words"): "ANY/NAME",
    ("events", "--for"): "ANY/NAME",
    ("events", "words"): "ANY/NAME",
    ("get", "words"): "NAME|KINDS",
    ("owner", "words"): "ANY/NAME",
}
"""The kind of value of an argument or option whose metavar is ambiguous, by command and name."""


def _takes(place: str, parameter: Any, name: str) -> str:
    """Return the name of the list of a parameter's values: a known metavar, else its own name."""
    if hasattr(parameter.type, "choices"):  # formats differ between commands
        return f"{place} {name}".strip()
    known = {*PATHS, *QUERIES, *OBJECTS, *_LISTS}
    if parameter.param_type_name == "option":  # its NAME is not that of an object
        known.remove("NAME")
    metavar = (parameter.metavar or "").strip("[].")
    takes = metavar if known.issuperset(metavar.split("|")) else name
    return _MEANS.get((place, name), takes)


def _choices(takes: str, parameter: Any) -> Iterator[Row]:
    for choice in getattr(parameter.type, "choices", ()):
        yield (takes, str(choice), "", "", "")


def _steps() -> Iterator[tuple[str, str, str]]:
    for step in STEPS:
        yield step.id, "", step.title


def _codes() -> Iterator[tuple[str, str, str]]:
    commands: Any = get_command(app)
    for code in codes(commands.codes()):
        yield code, "", ""  # `explain CODE` has the meaning; here it would be a third of the table


def _kinds() -> Iterator[tuple[str, str, str]]:
    for kind in (one for one in KINDS.values() if one.reconciled):
        yield kind.name.lower(), kind.resource, kind.name
        for name in (*kind.short, kind.plural):
            yield name, kind.resource, ""


def _clients() -> Iterator[tuple[str, str, str]]:
    for client in CLIENTS.values():
        yield client.name, "", client.title


_LISTED = {
    "all": "all Flux objects",
    "sources": "GitRepositories, OCIRepositories and other sources",
    "images": "ImageRepositories, ImagePolicies and ImageUpdateAutomations",
    "components": "the pods of Flux",
    "instance": "the FluxInstance",
}


def _listed() -> Iterator[tuple[str, str, str]]:
    for word, text in _LISTED.items():
        yield word, "", text
    for kind in KINDS.values():
        for name in (kind.plural, *kind.short):
            if name not in _LISTED:
                yield name, "", kind.name


def _controllers() -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys(kind.controller for kind in KINDS.values()):
        yield name, "", f"the logs of {name}"


def _formats() -> Iterator[tuple[str, str, str]]:
    for name in FORMATS:
        yield f"{name}=", "", ""


def _fail_on() -> Iterator[tuple[str, str, str]]:
    for word in FAIL_ON:
        yield word, "", ""


_LISTS: Mapping[str, Callable[[], Iterator[tuple[str, str, str]]]] = {
    "ID": _steps,
    "CODE": _codes,
    "KIND": _kinds,
    "KINDS": _listed,
    "CONTROLLER": _controllers,
    "--client": _clients,
    "FORMAT=FILE": _formats,
    "--fail-on": _fail_on,
}
"""The lists of known values, by metavar or option: each value, the word after it, its help."""


def _lists() -> Iterator[Row]:
    for place, words in _LISTS.items():
        for word, takes, text in words():
            yield (place, word, takes, "", text)


if __name__ == "__main__":
    sys.stdout.write(table())
