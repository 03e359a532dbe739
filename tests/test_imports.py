"""What is imported when, where no linter sees it."""

import subprocess
import sys

from tests.conftest import RECORDED

_CHECK = """
import sys
from fluxstatus.commands import progress
from fluxstatus.model import snapshot
evidence = snapshot.load(sys.argv[1])
progress._get_ready()
before = set(sys.modules)
from fluxstatus.causes.analysis import Analysis
from fluxstatus.mcp.next_step import report_with_next
from fluxstatus.report import RENDER, Format, Look
from fluxstatus.state.state import State
report = report_with_next(Analysis(State(evidence)))
assert report.findings
RENDER[Format.TEXT](report, Look())
print(*sorted(name for name in set(sys.modules) - before if name.startswith("fluxstatus")))
"""


def test_checking_imports_nothing_after_the_preload() -> None:
    """What is imported while kubectl starts is all that checking and rendering need."""
    command = [sys.executable, "-c", _CHECK, str(RECORDED / "zoo.json.gz")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
