"""The commands that list and look up objects, run without a cluster."""

import json
import re
import subprocess
import sys

import pytest
import yaml

from fluxstatus.model.findings import Exit
from tests.conftest import RECORDED, Program
from tests.terminal import Terminal

ZOO = RECORDED / "zoo.json.gz"
COMMANDS = ("get", "conditions", "events", "logs", "tree", "owner")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_two_examples(flux_status: Program, command: str) -> None:
    """Each help has at least two examples, which fit a terminal."""
    text = flux_status(command, "--help").stdout
    examples = re.findall(rf"^ +kubectl flux-status {command} .*$", text, re.MULTILINE)
    assert len(examples) >= 2
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("line", [
    "get all --not-ready -o wide", "get components", "get sources -o json", "get ks -o yaml",
    "get ks,hr -o name", "conditions ks/team-03 -n git-fanout-30", "events --type Warning",
    "tree gitrepo/monorepo", "owner ks/team-03 -n git-fanout-30", "owner deploy/source-controller",
])  # fmt: skip
def test_the_demo_has_something_for_each(flux_status: Program, line: str) -> None:
    """Each command has output for the bundled cluster, and exit code 0."""
    done = flux_status(*line.split(), "--demo", env={"PATH": "/nowhere"})
    assert done.returncode == Exit.HEALTHY, done.stderr
    assert done.stdout
    assert "\x1b" not in done.stdout


def test_formats_have_the_same_objects(flux_status: Program) -> None:
    """Table, names, JSON and YAML have the same objects in the same order."""
    lines = [flux_status("get", "ks", "--from", ZOO, "-o", form).stdout
             for form in ("table", "name", "json", "yaml")]  # fmt: skip
    named = [line.split()[1] for line in lines[0].splitlines()[1:]]
    assert [line.partition("/")[2] for line in lines[1].splitlines()] == named
    items = json.loads(lines[2])["items"]
    assert [item["metadata"]["name"] for item in items] == named
    assert yaml.safe_load(lines[3])["items"] == items


def test_not_ready_matches_the_json(flux_status: Program) -> None:
    """--not-ready has each object whose Ready condition is not True, at any position."""
    done = flux_status("get", "ks", "--from", ZOO, "-o", "json")
    unready = {
        (item["metadata"]["namespace"], item["metadata"]["name"])
        for item in json.loads(done.stdout)["items"]
        if not any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in item.get("status", {}).get("conditions", ())
        )
    }
    shown = flux_status("get", "ks", "--from", ZOO, "--not-ready", "--no-headers").stdout
    assert {tuple(line.split()[:2]) for line in shown.splitlines()} >= unready


def test_a_message_is_fitted_to_a_terminal_and_whole(flux_status: Program) -> None:
    """No line is wider than the terminal, and no message is cut; a pipe has a line per object."""
    argv = (sys.executable, "-m", "fluxstatus", "get", "hr", "--from", str(ZOO), "--color=never")
    with Terminal(argv, columns=100) as terminal:
        assert terminal.end() == Exit.HEALTHY
    assert max(map(len, terminal.text.splitlines())) <= 100
    assert "…" not in terminal.text
    whole = ("get", "hr", "--from", ZOO, "--no-trunc", "--no-headers")
    rows = flux_status(*whole).stdout.splitlines()
    with Terminal([*argv, "--no-trunc", "--no-headers"], columns=100) as terminal:
        assert terminal.end() == Exit.HEALTHY
    assert terminal.text.splitlines() == rows


def test_a_whole_revision_on_request(flux_status: Program) -> None:
    """A commit has seven characters, and with --no-trunc all of them."""
    argv = ("get", "gitrepo", "apps", "-n", "git-commit-missing", "--from", ZOO, "--no-headers")
    assert flux_status(*argv).stdout.split()[5] == "0123456"
    assert flux_status(*argv, "--no-trunc").stdout.split()[5] == "0123456789abcdef" * 2 + "01234567"


def test_a_tree_says_who_waits_for_whom(flux_status: Program) -> None:
    """Dependents name what they wait for, not their message; the reason is told if it isn't there.

    -o json has the words of the controllers.
    """
    argv = ("tree", "gitrepo/monorepo", "--demo")
    root, *others = flux_status(*argv).stdout.splitlines()
    assert "connection refused" in root
    waits = "waits for GitRepository git-fanout-30/monorepo"
    assert [line.partition(": ")[2] for line in others] == [waits] * 30
    assert waits not in flux_status(*argv, "-o", "json").stdout
    line = flux_status("tree", "ks/team-01", "-n", "git-fanout-30", "--demo").stdout
    assert f"{waits}: git-down.acme.internal refuses connections" in line


def test_words_as_they_are_typed(flux_status: Program) -> None:
    """The type of events is found in any case, and --tail leaves as many as it says."""
    argv = ("events", "--demo", "--no-headers", "--since", "5d")
    typed = flux_status(*argv, "--type", "warning").stdout
    assert typed == flux_status(*argv, "--type", "Warning").stdout
    last = flux_status(*argv, "--tail", "1").stdout.split()
    assert last == typed.splitlines()[-1].split()


MISTAKES = [
    ("events --tail 0", "--tail must not be 0"),
    ("events --since 30", "use a format such as 30m, 12h or 7d"),
    ("get kustomisations", "did you mean kustomizations?"),
    ("get ks monorepo", "no Kustomization 'monorepo' was found"),
    ("get ks team-0 -n git-fanout-30", "was found in namespace 'git-fanout-30'; did you mean team"),
    ("get all no-such", "no object 'no-such' was found"),
    ("get ks --sort-by nam", "did you mean name?"),
    ("get components --suspended", "--suspended does not apply to components"),
    ("get components --suspended-longer 7d", "--suspended-longer does not apply to components"),
    ("get ks --suspended-longer 7 days", "use a format such as 30m, 12h or 7d"),
    ("get ks --suspended-longer 0d", "is not a duration above 0"),
    ("get ks --watch", "saved data does not change"),
    ("get ks -o html", "is not one of"),
    ("get ks --context prod", "contacts no cluster"),
    ("get", "Missing argument"),
    ("conditions ks", "Kustomization needs a name; write ks/NAME"),
    ("conditions gitrepo/monorep", "did you mean"),
    ("tree deploy/x", "is not a Flux kind"),
    ("owner ks/app", "choose one"),
    ("events --for ks/app", "choose one"),
]


@pytest.mark.parametrize(("line", "expected"), MISTAKES)
def test_a_mistake_is_2(flux_status: Program, line: str, expected: str) -> None:
    """An error is reported with a suggestion, and nothing is listed."""
    done = flux_status(*line.split(), "--from", ZOO)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert expected in " ".join(done.stderr.split())


def test_what_may_be_meant_can_be_pasted(flux_status: Program) -> None:
    """A choice is a whole command, which works."""
    done = flux_status("owner", "ks/app", "--from", ZOO)
    choices = re.findall(r"^  kubectl flux-status (owner .*)$", done.stderr, re.MULTILINE)
    assert len(choices) > 2
    assert flux_status(*choices[0].split(), "--from", ZOO).returncode == Exit.HEALTHY


@pytest.mark.parametrize("line", ["get ks", "get components", "conditions ks/a", "events", "logs",
                                  "tree ks/a", "owner ks/a"])  # fmt: skip
def test_no_cluster_is_3(flux_status: Program, line: str) -> None:
    """Without a cluster there is an error and no output."""
    done = flux_status(*line.split())
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "")
    assert done.stderr.startswith("Error: ")
    assert "bug" not in done.stderr


def test_options_stand_before_the_name_too(flux_status: Program) -> None:
    """As with kubectl, a flag may come before the subcommand."""
    before = flux_status("-n", "git-fanout-30", "get", "ks", "--from", ZOO)
    after = flux_status("get", "ks", "--from", ZOO, "-n", "git-fanout-30")
    assert before.stdout == after.stdout != ""


def test_a_reader_that_stops_is_no_error() -> None:
    """A list whose reader is gone ends without an error, with its usual exit code."""
    argv = [sys.executable, "-m", "fluxstatus", "get", "all", "--from", str(ZOO), "-o", "json"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        result = process.stderr.read()
    assert (process.returncode, b"Error" in result) == (Exit.HEALTHY, False)


@pytest.mark.parametrize(
    ("age", "names"),
    [("5m", {"app", "infra", "apps", "ops"}), ("400s", {"infra", "ops"}), ("7d", set())],
)
def test_long_suspensions_are_listed(flux_status: Program, age: str, names: set[str]) -> None:
    """--suspended-longer lists what has been suspended for longer than an age as it is printed."""
    done = flux_status("get", "all", "--suspended-longer", age, "--from", ZOO, "-o", "json")
    assert {item["metadata"]["name"] for item in json.loads(done.stdout)["items"]} == names
