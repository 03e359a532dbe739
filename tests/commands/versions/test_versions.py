"""`versions` as a process: output and exit codes."""

import json
from pathlib import Path

import pytest

from fluxstatus.model.findings import Exit
from tests.conftest import Program
from tests.fakes.programs import program


def test_of_a_saved_cluster(flux_status: Program) -> None:
    """A saved cluster has its own versions, not those of the installed CLIs."""
    done = flux_status("versions", "--demo", "-o", "json")
    assert done.returncode == Exit.HEALTHY
    roles = {part["role"] for part in json.loads(done.stdout)["parts"]}
    assert "controller" in roles


def test_without_a_cluster(flux_status: Program, tmp_path: Path) -> None:
    """The local CLIs are still listed; the rest is unknown, and the code is 3."""
    program(tmp_path / "flux-operator", "echo client: 0.59.0")
    program(tmp_path / "flux", "echo flux version 2.9.4")
    done = flux_status("versions", "-o", "json", env={"PATH": str(tmp_path)})
    assert done.returncode == Exit.NO_VERDICT
    parts = {(p["role"], p["name"]): p for p in json.loads(done.stdout)["parts"]}
    assert parts["client", "flux-operator"]["version"] == "0.59.0"
    assert parts["client", "flux"]["version"] == "2.9.4"
    assert parts["client", "kubectl"]["unread"]["why"] == "absent"
    assert parts["operator", "flux-operator"]["unread"]["why"] == "no-program"


@pytest.mark.parametrize(
    ("script", "why"),
    [("echo dev", "garbled"), ("exec /bin/sleep 60", "timeout"), ("exit 3", "garbled")],
)
def test_a_program_without_a_version(
    flux_status: Program, tmp_path: Path, script: str, why: str
) -> None:
    """The version of a program that prints none, or hangs, is unknown."""
    program(tmp_path / "flux", script)
    done = flux_status("versions", "-o", "json", env={"PATH": str(tmp_path)})
    part = next(p for p in json.loads(done.stdout)["parts"] if p["name"] == "flux")
    assert (part["version"], part["unread"]["why"]) == ("", why)
    assert part["where"] == str(tmp_path / "flux")


@pytest.mark.parametrize("name", ["versions", "credentials", "reconcile", "preflight", "ui"])
def test_help_has_examples(flux_status: Program, name: str) -> None:
    """The help of each command has at least two examples, and the exit codes."""
    shown = flux_status(name, "--help").stdout
    examples = shown.partition("Examples:")[2].partition("Exit codes:")[0]
    assert examples.count(f"kubectl flux-status {name}") >= 2
    assert "Exit codes:" in shown
