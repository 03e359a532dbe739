"""Commands that other commands than the check suggest, also in errors, work when pasted."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program
from tests.fakes.programs import program
from tests.kubernetes.cluster import Cluster
from tests.live.commands import Printed, files, of_each_shape, printed_in, run
from tests.live.program import environment, flux_status
from tests.live.test_check import ZOO, put

pytestmark = [pytest.mark.cluster, pytest.mark.long]
_PROGRAMS = r"(?:kubectl|flux|flux-operator) "
_COMMAND = re.compile(rf"(?:^ +|(?:use|example|see|run): )({_PROGRAMS}.*)$")
"""A command at the end of a line of an error."""


@pytest.fixture(name="pasting")
def _pasting(tmp_path: Path) -> Path:
    """Return a folder with the files that commands name, and a PATH on which kubectl finds us."""
    import sys  # noqa: PLC0415

    program(tmp_path / "kubectl-flux_status", f'exec {sys.executable} -m fluxstatus "$@"')
    return files(tmp_path)


def in_text(text: str, by: str, *, changes: bool) -> Iterator[Printed]:
    """Yield the commands in the *text* that the command line *by* printed."""
    for line in text.splitlines():
        if found := _COMMAND.search(line):
            yield Printed(tuple(shlex.split(found[1])), changes, by)


def one_of_each_kind(verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an object of each kind, one that is not ready if there is any."""
    by_ready = sorted(verdicts, key=lambda one: one["ready"] != "True")
    return list({one["object"]["kind"]: one["object"] for one in by_ready}.values())


def failures(commands: list[Printed], folder: Path) -> str:
    """Run one of each shape of *commands*; return what went wrong."""
    results = (run(_at_once(one), folder) for one in of_each_shape(commands, each=1))
    return "\n".join(one for one in results if one and _WAITED not in one)


_WAITED = "timed out waiting for the condition"
"""What `kubectl wait` prints in the end where no controller runs: it has understood the command."""


def _at_once(one: Printed) -> Printed:
    return replace(one, argv=(*one.argv, "--timeout=1s")) if "wait" in one.argv else one


@pytest.fixture(name="zoo")
def _zoo(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the kubeconfig of a cluster with the zoo; the commands that are run use it, too."""
    put(cluster, ZOO)
    kubeconfig = cluster.kubeconfig("admin")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    return kubeconfig


def test_what_is_suggested_about_an_object(zoo: Path, pasting: Path) -> None:
    """Related commands of `explain` and the ways of `reconcile` for an object of each kind."""
    commands: list[Printed] = []
    for one in one_of_each_kind(flux_status(zoo, "get", "all", "-o", "json").report["verdicts"]):
        for command, key in (("explain", "commands"), ("reconcile", "ways")):
            argv = (command, f"{one['kind']}/{one['name']}", "-n", one["namespace"], "-o", "json")
            document = flux_status(zoo, *argv).report
            commands += printed_in({key: document[key]}, " ".join(argv))
    assert {one.argv[0] for one in commands} == {"kubectl", "flux-operator"}
    failed = failures(commands, pasting)
    assert not failed, failed


MISTAKES = (
    "explain ks/app", "explain ks/no-such", "explain no-such", "explain ks/ap -n ks-bad-yaml",
    "explain deploy/source-controller", "tree deploy/source-controller", "events ks/app",
    "get nodes", "get secrets", "get events", "get ks no-such", "get", "check", "stats", "ks",
    "sources", "hr/app -n hr-suspended", "describe ks/app -n ks-bad-yaml", "--not-ready",
    "explain imgpol/app", "tree imgrepo/app", "owner iua/app", "conditions imgpol/app",
    "suspend ks/app -n ks-bad-yaml", "resume gitrepo/apps -n git-repo-404",
    "export ks/app -n ks-bad-yaml", "delete ks/app -n ks-bad-yaml", "trace ks/app -n ks-bad-yaml",
)  # fmt: skip
"""What a person types, and is answered with what to type."""

_LIVE = ("get ks -o jsonpath={.items}", "inventory ks/app")
"""Likewise, where a cluster is read."""

_CHANGING = ("suspend", "resume", "delete")


@pytest.mark.parametrize("saved", [False, True], ids=["cluster", "snapshot"])
def test_what_is_answered_to_a_mistake(
    zoo: Path, pasting: Path, flux_status: Program, *, saved: bool
) -> None:
    """Each suggestion runs as it is printed, on the cluster or on the snapshot."""
    commands: list[Printed] = []
    for typed in (*MISTAKES, *(() if saved else _LIVE)):
        words = (*typed.split(), *(("--from", ZOO) if saved else ()))
        done = flux_status(*words, env={**environment(), "KUBECONFIG": str(zoo)})
        assert done.returncode == 2, (typed, done.stdout)
        changes = words[0] in _CHANGING
        found = list(in_text(done.stderr, typed, changes=changes))
        assert found, (typed, done.stderr)
        commands += [one for one in found if "KIND/NAME" not in one.argv]
    failed = failures(commands, pasting)
    assert not failed, failed
