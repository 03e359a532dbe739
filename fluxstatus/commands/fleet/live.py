"""What is shown while the clusters are checked: on a terminal a row for each that is done."""

import shutil
import sys
from collections.abc import Callable, Sequence

from fluxstatus.commands import console
from fluxstatus.commands.fleet.members import Member
from fluxstatus.report.look import Look
from fluxstatus.report.table import Table

_UP_AND_CLEAR = "\x1b[{}A\x1b[J"
_LEFT_OUT = "AGE"


class Rows:
    """The rows on standard error, if that is a terminal; the table takes their place at the end."""

    def __init__(
        self, number: int, look: Look, heads: Sequence[str], row: Callable[[Member], list[str]]
    ) -> None:
        self.on = console.is_terminal(sys.stderr)
        self._number, self._done, self._lines = number, 0, 0
        self._live = console.LiveLine(on=self.on)
        self._row = row
        self._kept = [i for i, head in enumerate(heads) if head != _LEFT_OUT]
        self._table = Table([heads[i] for i in self._kept], look, fitted=True)

    def start(self) -> None:
        """Show that the clusters are being checked."""
        number = max(self._number, self._done)
        self._live.show(f"{self._done} of {number} clusters done")

    def add(self, member: Member) -> None:
        """Show that *member* is done."""
        self._done += 1
        if not self.on:
            return
        cells = self._row(member)
        text = self._table.lines([[cells[i] for i in self._kept]], is_all=False)
        self._live.clear()
        self._lines += text.count("\n")
        for line in text.splitlines():
            console.note(line)
        self.start()

    def clear(self) -> None:
        """Take the rows away, unless some of them have left the screen."""
        self._live.clear()
        if self.on and 0 < self._lines < shutil.get_terminal_size().lines:
            sys.stderr.write(_UP_AND_CLEAR.format(self._lines))
            sys.stderr.flush()
