#!/usr/bin/env python3
"""Write docs/kubectl-flux_status.1, the manual page, from the help of the command line.

    python docs/man.py > docs/kubectl-flux_status.1

The same help always gives the same page.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from typer import Context
from typer.main import get_command

from fluxstatus import __version__
from fluxstatus.cli import app
from fluxstatus.commands.typer_groups import panels

PROGRAM = "kubectl flux-status"
ENVIRONMENT = {
    "KUBECONFIG": "List of kubeconfig files, as in kubectl",
    "KUBECTL_PATH": "Path to kubectl, set by kubectl 1.37 or newer [default: kubectl in your PATH]",
    "KUBECTL_FLUX_STATUS_PYTHON": "The Python to run [default: python3.14 to python3.11, python3]",
    "NO_COLOR": "Disable color, unless --color=always is set",
    "FORCE_COLOR": "Use color even in a pipe, unless NO_COLOR or --color=never is set",
    "COLUMNS": "Output width [default: terminal width]",
    "FLUXCD_PLUGINS": "Directory of Flux CLI plugins, also searched for flux-operator",
}


def page() -> str:
    """Return the page."""
    return "".join(f"{line}\n" for line in _page(get_command(app)))


def _page(main: Any) -> Iterator[str]:
    context = Context(main, help_option_names=["-h", "--help"])
    summary, _, description = main.help.partition("\n\n")
    yield f'.TH KUBECTL\\-FLUX\\-STATUS 1 "" "{PROGRAM} {__version__}" "User Commands"'
    what = " ".join(summary.split()).rstrip(".")
    yield from (".SH NAME", f"kubectl\\-flux_status \\- {_inline(what[:1].lower() + what[1:])}")
    yield from (".SH SYNOPSIS", f".B {_inline(PROGRAM)}", "[OPTIONS] [COMMAND]")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(summary)
    yield from _paragraphs(description)
    yield ".SH OPTIONS"
    yield from _options(main, context)
    yield from (".SH COMMANDS", "The options above can also be given before the name of a command.")
    for name, command in _commands(main):
        yield from _command(name, command, {one.name: one for one in main.params})
    for title, lines in _sections(main.epilog):
        yield f".SH {title.upper()}"
        yield from (".nf", *map(_escape, lines), ".fi")
    yield ".SH ENVIRONMENT"
    for name, text in ENVIRONMENT.items():
        yield from (".TP", f".B {_inline(name)}", _inline(text))
    yield from (".SH SEE ALSO", ".BR kubectl (1)")


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if not command.hidden:
            yield f"{before}{name}", command
            yield from (
                _commands(command, f"{before}{name} ") if hasattr(command, "commands") else ()
            )


def _command(name: str, command: Any, above: dict[str, Any]) -> Iterator[str]:
    context = Context(command, info_name=name, help_option_names=["-h", "--help"])
    yield f".SS {_inline(name)}"
    yield from (f".B {_inline(f'{PROGRAM} {name}')}", _inline(" ".join(_usage(command, context))))
    yield from _paragraphs(command.help)
    own: list[Any] = []
    shared: list[Any] = []
    for one in command.get_params(context):
        known = above.get(one.name)
        same = (known and known.help == one.help) or one.name == "help"
        (shared if same else own).append(one)
    yield from _table(own, context)
    if shared:
        names = ", ".join(max(one.opts, key=len) for one in shared)
        yield from (".PP", _inline(f"Also accepts these options, described above: {names}."))


def _usage(command: Any, context: Any) -> list[str]:
    words: list[str] = command.collect_usage_pieces(context)
    return words


def _options(command: Any, context: Any) -> Iterator[str]:
    for panel, members in panels(command, context):
        yield f".SS {_inline(panel)}"
        yield from _table(members, context)


def _table(parameters: Any, context: Any) -> Iterator[str]:
    for one in parameters:
        if not one.hidden and (record := one.get_help_record(context)):
            names, text = record
            yield from (".TP", f".B {_inline(names)}", _inline(text))


def _paragraphs(text: str) -> Iterator[str]:
    """Return the paragraphs of a help text; those that begin with a backspace keep their lines."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.lstrip().startswith("\b"):
            lines = paragraph.lstrip().removeprefix("\b").strip("\n").splitlines()
            yield from (".PP", ".nf", *(_escape(line) for line in lines), ".fi")
        else:
            yield from (".PP", _inline(" ".join(paragraph.split())))


def _sections(epilog: str) -> Iterator[tuple[str, list[str]]]:
    for part in epilog.split("\b\n"):
        title, _, text = part.strip("\n").partition(":\n")
        if text:
            yield title, text.rstrip("\n").splitlines()


def _inline(text: str) -> str:
    """Return *text* for roff; what is between backticks is bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _escape(text))


def _escape(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in text)
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    sys.stdout.write(page())
