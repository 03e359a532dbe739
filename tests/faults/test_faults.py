"""Each fault of the table is caused for real, and what must come of it comes."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.faults import room
from tests.faults.rows import ROWS, Row

_DEFAULT = 30.0
"""The --timeout of a row that gives none, in seconds."""
_LATE = 10.0
"""How many times longer than --timeout a run may take, on a busy machine, that waits for it."""


def parameters() -> list[Any]:
    """Return the rows as parameters of a test."""
    marks = {
        "real": pytest.mark.cluster,  # for kubectl
        "xfail": pytest.mark.xfail(reason="see the row", strict=False),
    }
    return [
        pytest.param(
            row,
            marks=[mark for name, mark in marks.items() if getattr(row, name)],
            id=f"{group}: {row.fault} {row.line}",
        )
        for group, rows in ROWS.items()
        for row in rows
    ]


@pytest.mark.parametrize("row", parameters())
def test_fault(row: Row, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The exit code and the sentence are right, it ends in time, and nothing is left."""
    kubectl = request.getfixturevalue("kubectl") if row.real else None
    done = room.run(row, tmp_path, kubectl)
    assert (done.code, done.left) == (row.code, []), done.text
    assert row.is_printed.search(done.text), done.text
    assert "Traceback" not in done.text
    given = re.search(r"--(?:timeout|wait) (\d+)s", row.line)
    timeout = float(given[1]) if given else _DEFAULT
    if row.waits:
        assert timeout <= done.seconds < _LATE * timeout
    else:
        assert done.seconds < timeout
