#!/usr/bin/env python3
"""Draw coloured terminal output as an SVG: the pictures in the README and docs/investigate.md.

CONTRIBUTING.md has the commands. The first picture shows one trouble of the demo and what is well,
in 30 lines; the second, with the argument "list", a list of the recorded zoo on a terminal.
The same text gives the same picture. Needs nothing beyond Python.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess  # noqa: TID251 - not a part of the product
import sys
import termios
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

COMMAND = "kubectl flux-status"
SHOWN = (
    *("--demo", "--color=always"),
    "--skip=suspended,drift,ui,no-alert,no-drift-detection,no-retries",
)
"""The arguments that print what the picture shows."""
LISTED = "get all --not-ready --cause -n chain-cross-kind -n hr-dep-chain"
"""The arguments that print what the second picture shows."""
COLOURS = {
    "32": "#7ee787",
    "33": "#e3b341",
    "1;31": "#ff7b72;font-weight:bold",
    "35": "#d2a8ff",
    "2": "#8b949e",
    "36": "#79c0ff",
}
"""How each colour of the text report looks, by its SGR parameters."""

COLUMNS = 112
ADVANCE, LEADING, MARGIN, TITLE_BAR = 8.4, 20, 18, 34
WIDTH = round(COLUMNS * ADVANCE + 2 * MARGIN)
PIECES = re.compile(r"\x1b\[([\d;]*)m|([^\x1b])")
WORDS = re.compile(r"\S+(?: \S+)*")  # two blanks part columns: each part keeps its own place

FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" aria-label="Output of {command}">
<style>
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
fill: #e6edf3; white-space: pre }}
{styles}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/>
<circle cx="40" cy="18" r="6" fill="#febc2e"/>
<circle cx="60" cy="18" r="6" fill="#28c840"/>
{lines}
</svg>
"""

Cell: TypeAlias = tuple[str, str]
"""A character, and the SGR parameters it is shown with."""


def picture(text: str, command: str = COMMAND) -> str:
    """Return *text*, coloured by SGR escapes, as an SVG of a terminal in which *command* ran."""
    lines = [f"\x1b[2m$\x1b[0m {command}", *text.rstrip("\n").split("\n")]
    rows = [row for line in lines for row in _fold(_cells(line))]
    return FRAME.format(
        width=WIDTH,
        height=TITLE_BAR + len(rows) * LEADING + MARGIN,
        command=escape(command),
        styles="\n".join(f".{_name(sgr)} {{ fill: {css} }}" for sgr, css in COLOURS.items()),
        lines="\n".join(part for number, row in enumerate(rows) for part in _draw(number, row)),
    )


def _cells(line: str) -> Iterator[Cell]:
    style = ""
    for sgr, char in PIECES.findall(line):
        if char:
            yield char, style
        else:
            style = sgr


def _fold(cells: Iterable[Cell]) -> Iterator[Sequence[Cell]]:
    """Go on below at the last column, as a terminal does with a line that is too long."""
    rest = list(cells)
    yield rest[:COLUMNS]
    for start in range(COLUMNS, len(rest), COLUMNS):
        yield rest[start : start + COLUMNS]


def _draw(number: int, row: Sequence[Cell]) -> Iterator[str]:
    y = TITLE_BAR + (number + 1) * LEADING - 6
    column = 0
    for sgr, run in groupby(row, key=itemgetter(1)):
        text = "".join(char for char, _ in run)
        style = f' class="{_name(sgr)}"' if sgr in COLOURS else ""
        for words in WORDS.finditer(text):
            # textLength keeps the columns in place whatever font the reader has.
            x = MARGIN + (column + words.start()) * ADVANCE
            length = len(words[0]) * ADVANCE
            yield (
                f'<text x="{x:.1f}" y="{y}" textLength="{length:.1f}"{style}>'
                f"{escape(words[0], quote=False)}</text>"
            )
        column += len(text)


def on_terminal(arguments: str) -> str:
    """Return what the program writes about the recorded zoo to a terminal of COLUMNS columns."""
    root = Path(__file__).parents[1]
    program = (sys.executable, "-m", "fluxstatus", *arguments.split())
    environment = {name: text for name, text in os.environ.items() if name != "NO_COLOR"}
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    with subprocess.Popen(  # noqa: S603 - the words are ours
        [*program, "--from", root / "tests" / "recorded" / "zoo.json.gz"],
        cwd=root, env=environment | {"TERM": "xterm", "COLUMNS": str(COLUMNS)}, stdout=inside,
    ):  # fmt: skip
        os.close(inside)
        text = b"".join(iter(lambda: _read(outside), b""))
    os.close(outside)
    return text.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the program has ended
        return b""


def _name(sgr: str) -> str:
    return "sgr" + sgr.replace(";", "-")


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        sys.stdout.write(picture(on_terminal(LISTED), f"{COMMAND} {LISTED}"))
    else:
        sys.stdout.write(picture(sys.stdin.read()))
