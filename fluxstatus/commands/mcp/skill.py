"""`mcp skill`: a SKILL.md that teaches an assistant to use this program."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from fluxstatus.commands import console
from fluxstatus.mcp import files, skill
from fluxstatus.model.findings import Exit


def show(
    *,
    _: Annotated[bool, Option("--print", help="Print it, the default")] = False,
    install: Annotated[
        Path | None,
        Option(metavar="DIR", help="Write DIR/flux-status/SKILL.md, as for ~/.claude/skills"),
    ] = None,
) -> None:
    """Print or install a skill: what an assistant does when asked whether GitOps works.

    It has the checksum of this program, and how to check it.
    """
    text = skill.text()
    if install is None:
        console.put(text)
        return
    try:
        document = files.read(install.expanduser() / "flux-status" / "SKILL.md")
        if document.text != text:
            files.write(document, text)
    except files.FileError as error:
        console.note(f"Error: {error}")
        raise typer.Exit(Exit.USAGE) from error
    console.put(f"{document.path}\n")
