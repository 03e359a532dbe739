"""What is imported when, where no linter sees it."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from typer.main import get_command

from fluxstatus.cli import app
from fluxstatus.commands.typer_groups import PlainGroup
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.model import snapshot
from fluxstatus.report import RENDER, Look, ReportFormat
from tests.builders import judge
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


def _late(group: Any) -> Iterator[str]:
    """Yield the modules of all subcommands of *group* that are imported by name."""
    yield from group.late.values()
    for command in group.commands.values():
        if isinstance(command, PlainGroup):
            yield from _late(command)


def test_every_subcommand_is_imported() -> None:
    """A group names the modules of its subcommands in strings; each has a command."""
    group: Any = get_command(app)
    modules = set(_late(group))
    assert {"fluxstatus.commands.get", "fluxstatus.commands.mcp.setup"} <= modules
    for name in modules:
        module = import_module(name)
        assert hasattr(module, "show") or hasattr(module, "app"), name
    assert {"preflight", "versions"} <= group.codes().keys()


def test_every_format_of_a_client_is_imported() -> None:
    """A client names the module of its format in a string; each can edit a file."""
    formats = {client.syntax for client in CLIENTS.values()}
    assert formats == {"jsonc", "toml", "yaml"}
    for name in formats:
        module = import_module(f"fluxstatus.mcp.formats.{name}")
        assert all(callable(getattr(module, one)) for one in ("entries", "put", "drop", "dump"))


@pytest.mark.parametrize("output", RENDER)
def test_every_format_of_a_report_is_imported(output: ReportFormat) -> None:
    """The module of a renderer is named in a string; each renders a report."""
    report = judge(snapshot.load(RECORDED / "zoo.json.gz"))
    assert report.target.context in RENDER[output](report, Look())
