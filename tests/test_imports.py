"""What is imported when, where no linter sees it."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from typer import Context
from typer._click.formatting import HelpFormatter
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

_RUN = """
import os, sys
from fluxstatus import __main__
def leave(code):
    names = [name for name in sys.modules if name.startswith("fluxstatus.")]
    rules = [name for name in names if hasattr(sys.modules[name], "RULES")]
    print("imported", *sorted(names), file=sys.stderr)
    print("rules", *sorted(rules), file=sys.stderr, flush=True)
    end(code)
end, os._exit = os._exit, leave
__main__.main()
"""
"""A run of the program that prints to standard error which of its modules were imported."""


def _checking_imports(recorded: str) -> list[str]:
    command = [sys.executable, "-c", _CHECK, str(RECORDED / recorded)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


def _imported(*words: str) -> tuple[list[str], list[str]]:
    """Return the modules of ours that a run of *words* imports, and those of them with rules."""
    command = [sys.executable, "-c", _RUN, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    *_, imported, rules = done.stderr.splitlines()
    assert (imported.split()[0], rules.split()[0]) == ("imported", "rules"), done.stderr
    return imported.split()[1:], rules.split()[1:]


def test_checking_imports_nothing_after_the_preload() -> None:
    """What is imported while kubectl starts is all that a healthy cluster needs."""
    assert _checking_imports("cluster-healthy.json.gz") == []


def test_checking_imports_only_rules_after_the_preload() -> None:
    """A message that is to be judged needs the rules, and nothing else that is imported late."""
    late = _checking_imports("zoo.json.gz")
    assert "fluxstatus.knowledge.git.references" in late
    assert [name for name in late if not name.startswith("fluxstatus.knowledge.")] == []


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["version"]])
def test_what_needs_no_cluster_judges_nothing(words: list[str]) -> None:
    """Help and the version need no rules, and neither causes nor checks."""
    imported, rules = _imported(*words)
    floors = {name.split(".")[1] for name in imported}
    assert "cli" in floors
    assert (rules, floors & {"causes", "checks", "advice", "knowledge"}) == ([], set())


def test_help_imports_no_subcommand() -> None:
    """The help has the sentence about each subcommand from the table of completions."""
    imported, _ = _imported("--help")
    assert {*_late(get_command(app))}.isdisjoint(imported)


@pytest.mark.parametrize("width", [40, 50, 57, 64, 78])
def test_the_sentence_about_a_subcommand_is_its_own(width: int) -> None:
    """The help is as if all subcommands were imported, however much of a sentence fits."""
    group: Any = get_command(app)
    context = Context(group)
    from_table, from_commands = (HelpFormatter(width=width) for _ in range(2))
    group.format_commands(context, from_table)
    super(type(group), group).format_commands(context, from_commands)
    assert from_table.getvalue() == from_commands.getvalue()
    assert "..." in from_table.getvalue() or width > 50  # some of the widths cut sentences


def test_a_healthy_cluster_needs_no_rules() -> None:
    """Rules are imported when a message is to be judged, and a healthy cluster has none."""
    healthy = ["--from", str(RECORDED / "cluster-healthy.json.gz")]
    imported, rules = _imported(*healthy)
    assert "fluxstatus.causes.trace" in imported
    assert rules == []
    assert _imported(*healthy, "--skip", "drift")[1] == []
    assert _imported("--from", str(RECORDED / "zoo.json.gz"))[1] != []


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
