"""`reconcile` as a process: output and exit codes."""

import json

import pytest

from fluxstatus.model.findings import Exit
from tests.conftest import Program

BLOCKED = ("ks/team-03", "-n", "git-fanout-30", "--demo")


def test_the_answer_comes_first(flux_status: Program) -> None:
    """The answer and its reason come first, then the outlook, then the commands."""
    done = flux_status("reconcile", *BLOCKED)
    assert done.returncode == Exit.UNHEALTHY
    order = ["helps       no", "why  ", "first  ", "\non its own\n", "(nothing was run)",
             "reconcile.fluxcd.io/requestedAt="]  # fmt: skip
    places = [done.stdout.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)


def test_what_changes_is_marked(flux_status: Program) -> None:
    """Every command that changes the cluster is marked, in text and JSON; waiting is not."""
    text = flux_status("reconcile", *BLOCKED).stdout
    document = json.loads(flux_status("reconcile", *BLOCKED, "-o", "json").stdout)
    commands = [command for request in document["ways"] for command in request["commands"]]
    assert {c["argv"][0] for c in commands} == {"kubectl", "flux-operator"}
    for command in commands:
        assert command["changes"] is ("wait" not in command["argv"])
    lines = [line for line in text.splitlines() if " annotate " in line or " reconcile " in line]
    assert lines
    assert all(line.endswith("(changes the cluster)") for line in lines)


def test_no_command_stands_twice(flux_status: Program) -> None:
    """That for the object is above the way that begins with its source; JSON has it in both."""
    lines = [line.strip() for line in flux_status("reconcile", *BLOCKED).stdout.splitlines()]
    commands = [line for line in lines if line.startswith(("kubectl ", "flux"))]
    assert len(commands) == len({*commands})
    assert "its source first, then this object, with the command above" in lines
    document = json.loads(flux_status("reconcile", *BLOCKED, "-o", "json").stdout)
    only, source_first, *_ = (way["commands"] for way in document["ways"])
    assert source_first[-1] == only[0]


def test_json_has_the_same(flux_status: Program) -> None:
    """The document has the answer, the reason and the outlook."""
    document = json.loads(flux_status("reconcile", *BLOCKED, "-o", "json").stdout)
    assert document["schemaVersion"] == 1
    assert (document["helps"], document["verdict"]) == ("no", "fail")
    assert "GitRepository git-fanout-30/monorepo" in document["why"]
    assert document["byItself"]
    assert document["object"]["name"] == "team-03"


@pytest.mark.parametrize(("name", "code"), [("healthy-chain", 0), ("git-fanout-30", 1)])
def test_exit_codes(flux_status: Program, name: str, code: int) -> None:
    """A healthy object is 0 and a failing one 1, in both formats."""
    words = ("ks/monitoring", "-n", name, "--demo")
    if code:
        words = BLOCKED
    for output in ("text", "json"):
        assert flux_status("reconcile", *words, "-o", output).returncode == code


def test_asked_back(flux_status: Program) -> None:
    """An ambiguous name is an error whose suggested command lines work."""
    done = flux_status("reconcile", "ks/team-03", "--demo")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    choices = [line.split()[2:] for line in done.stderr.splitlines() if " reconcile " in line]
    assert len(choices) == 2
    for words in choices:
        assert flux_status(*words, "--demo").stdout.startswith("Kustomization ")


def test_options_that_make_no_sense(flux_status: Program) -> None:
    """A saved cluster and --context exclude each other."""
    assert flux_status("reconcile", *BLOCKED, "--context=prod").returncode == Exit.USAGE


@pytest.mark.cluster  # for kubectl
def test_no_cluster_is_3(flux_status: Program) -> None:
    """An unreachable cluster is reported with the sentence of the check."""
    done = flux_status("reconcile", "ks/app", "--context=nowhere")
    assert done.returncode == Exit.NO_VERDICT
    assert "nowhere" in done.stdout
