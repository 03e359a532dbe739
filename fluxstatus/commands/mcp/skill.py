"""`mcp skill`: a SKILL.md with which an assistant can use this program."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from fluxstatus.commands import console
from fluxstatus.mcp import files, skill
from fluxstatus.model.findings import Exit

_FOLDERS = {"agents": "~/.agents/skills", "claude": "~/.claude/skills"}
"""Where assistants look for the skills of a user (https://agentskills.io, Claude Code)."""


def show(
    *,
    _: Annotated[bool, Option("--print", help="Print the skill (the default)")] = False,
    install: Annotated[
        Path | None,
        Option(
            metavar="agents|claude|DIR",
            help="Write flux-status/SKILL.md to ~/.agents/skills, ~/.claude/skills or DIR",
        ),
    ] = None,
) -> None:
    """Print or install a skill that lets AI assistants check Flux.

    The skill contains this program's checksum and the command that verifies it.
    """
    text = skill.text()
    if install is None:
        console.put(text)
        return
    try:
        folder = Path(_FOLDERS.get(str(install), install)).expanduser()
        document = files.read(folder / "flux-status" / "SKILL.md")
        if document.text != text:
            files.write(document, text)
    except files.FileError as error:
        console.error(f"{error}")
        raise typer.Exit(Exit.USAGE) from error
    console.put_line(f"{document.path}")
