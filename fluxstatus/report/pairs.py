"""Lines below a heading: names to the left and what is said of each, and commands to paste."""

from collections.abc import Sequence

from fluxstatus.model.hints import Command
from fluxstatus.report.layout import Cell, Page
from fluxstatus.report.terminal import columns, command_line, visible

INDENT = 2
_WIDEST = 22  # columns for a name to the left


def put_head(page: Page, title: str) -> None:
    """Add a heading, with room above it."""
    page.gap()
    page.put(title, style="label")


def put_pairs(page: Page, title: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Add two columns, or one where a name is too long for that."""
    if not pairs:
        return
    put_head(page, title)
    names = [visible(name, ascii_only=page.look.ascii) for name, _ in pairs]
    width = max(map(columns, names))
    for name, (_, value) in zip(names, pairs, strict=True):
        if width <= _WIDEST:
            page.put(value, Cell("", INDENT), Cell(name, width + 2 if width else 0))
        else:
            page.put(f"{name}: {value}", Cell("", INDENT))


def put_command(page: Page, command: Command, column: int) -> None:
    """Add *command*, to be copied, at *column*, with a word on it if it changes anything."""
    line = command_line(command.argv, ascii_only=page.look.ascii)
    note = "   (changes the cluster)" if command.changes else ""
    page.put(line + note, Cell("", column), style="command", whole=True)
