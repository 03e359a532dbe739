"""Words of kubectl and flux: they work, or one line says what to type."""

import re
import shlex
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
import typer
from typer.main import get_command

from fluxstatus.cli import app
from fluxstatus.commands import counterparts
from fluxstatus.lookup.names import kind_called
from fluxstatus.model.errors import UnknownKindError
from fluxstatus.model.kubectl_flags import LIVE
from tests.conftest import RECORDED, Program
from tests.kubernetes import build

PROGRAM: Any = get_command(app)
GROUPS = {"": PROGRAM, "mcp": PROGRAM.commands["mcp"]}
OURS = [
    *(text for words in counterparts.COMMANDS.values() for text in words.values()),
    *(text for words in counterparts.NO_KINDS.values() for text in words.values()),
    counterparts.OF_FLUX,
    *(text.replace("AGE", "5m") for text in counterparts.OPTIONS[""].values()),
]


def test_a_word_in_the_table_is_not_a_command() -> None:
    """Otherwise its row would never be used."""
    for place, words in counterparts.COMMANDS.items():
        assert not {*words, *counterparts.WRITING} & {*GROUPS[place].commands}
    assert not {*counterparts.COMMANDS[""]} & {*counterparts.WRITING}


def test_a_kind_in_the_table_is_not_a_kind_of_flux() -> None:
    """Otherwise its row would never be used."""
    for words in (*counterparts.NO_KINDS.values(), counterparts.OF_KUBECTL):
        for word in words:
            with pytest.raises(UnknownKindError):
                kind_called(word)
    assert not counterparts.OF_KUBECTL & counterparts.NO_KINDS["get"].keys()


def test_an_option_in_the_table_is_not_an_option() -> None:
    """Otherwise its row would never be used, and what is suggested exists."""
    for name, options in counterparts.OPTIONS.items():
        command = PROGRAM.commands[name] if name else PROGRAM
        known = {word for one in command.params for word in one.opts}
        assert not known & options.keys()
        if not name:  # its values are command lines
            continue
        suggested = {
            w.rstrip(",") for text in options.values() for w in text.split() if w[0] == "-"
        }
        assert suggested <= known


@pytest.mark.parametrize("text", sorted({*OURS}))
def test_every_counterpart_is_a_command(text: str) -> None:
    """What the table suggests is parsed as a command line of this program."""
    typed = ["get"] if text == "{rest} --help" else ["ks/app"]
    text = text.replace("get KIND", "get ks")
    words = shlex.split(counterparts.instead(text, counterparts.Line(typed)))[2:]
    command, parents = PROGRAM, ["kubectl flux-status"]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words[0]]
        parents.append(words.pop(0))
    try:
        command.make_context(" ".join(parents), words, resilient_parsing=False)
    except typer.Exit:  # --help
        assert "--help" in text
    else:
        assert "--help" not in text


@pytest.mark.cluster
@pytest.mark.parametrize("word", ["resume", "suspend"])
def test_other_programs_have_these_words(word: str) -> None:
    """Both programs have a command for each kind that is suggested."""
    for program, kinds in (
        ("flux", counterparts.FLUX_KINDS),
        ("flux-operator", counterparts.FLUX_OPERATOR_KINDS),
    ):
        for words in kinds.values():
            argv = [f"{build.programs(program)[program]}", word, *words.split(), "--help"]
            done = subprocess.run(argv, capture_output=True, text=True, check=True)
            assert f"  {program} {word} {words} " in done.stdout, (word, words)


def test_commands_without_snapshots_are_known() -> None:
    """A suggestion has --from or --demo only where the command has it."""
    without = {
        name
        for name, command in PROGRAM.commands.items()
        if "--demo" not in {word for one in command.params for word in one.opts}
    }
    # A group has none itself; of `mcp`, most commands are about this machine.
    plan = PROGRAM.commands["upgrade"].commands["plan"]
    assert "--demo" in {word for one in plan.params for word in one.opts}
    assert without - {"upgrade"} == LIVE


TYPED = {
    "check": "kubectl flux-status",
    "--demo check": "kubectl flux-status --demo",
    "check -n apps --demo": "kubectl flux-status -n apps --demo",
    "--context=prod status -o json": "kubectl flux-status --context prod -o json",
    "trace pod/web -n apps": "kubectl flux-status owner pod/web -n apps",
    "trace web --kind deployment": "kubectl flux-status owner KIND/NAME",
    "stats": "kubectl flux-status --all",
    "describe ks app --from s.json": "kubectl flux-status explain ks app --from s.json",
    "describe ks": "kubectl flux-status explain KIND/NAME",
    "help get": "kubectl flux-status get --help",
    "help": "kubectl flux-status --help",
    "annotate ks/app --overwrite reconcile.fluxcd.io/requestedAt=1": (
        "kubectl flux-status reconcile KIND/NAME"
    ),
    "port-forward svc/flux-operator 9080:9080": "kubectl flux-status ui",
    "suspend ks app -n x": "flux suspend kustomization app -n x",
    "suspend ks/app -n x --demo": "flux suspend kustomization app -n x",
    "resume gitrepo/app --context=a": "flux resume source git app --context=a",
    "resume rset/app --context a": "flux-operator resume resourceset app --kube-context a",
    "diff kustomizations/app --path ./app --from s.json": (
        "flux diff kustomization app --path ./app"
    ),
    "suspend source git app": "flux suspend source git app",
    "suspend --all -n x": "flux suspend --all -n x",
    "create source git app": "flux create source git app",
    "create ks app": "flux create ks app",
    "create secret generic app": "kubectl create secret generic app",
    "delete ks/app": "kubectl delete ks/app",
    "delete source git app": "flux delete source git app",
    "patch ks app": "kubectl patch ks app",
    "ks": "kubectl flux-status get ks",
    "ks -n apps --demo": "kubectl flux-status get ks -n apps --demo",
    "hr/web -n apps": "kubectl flux-status explain hr/web -n apps",
    "hr web --demo": "kubectl flux-status explain hr/web --demo",
    "deploy/web": "kubectl flux-status owner deploy/web",
    "pods": "kubectl flux-status get components",
    "sources": "kubectl flux-status get sources",
    "--not-ready --demo": "kubectl flux-status get all --not-ready",
    "-l team=a": "kubectl flux-status get all -l LABELS",
    "get svc": "kubectl get svc -A",
    "get svc/app -n x --context a": "kubectl get svc/app -n x --context=a",
    "get nodes --demo": "kubectl get nodes",
    "get": "kubectl flux-status get all --not-ready",
    "conditions": "kubectl flux-status conditions ks/backend -n apps",
    "owner sts/web --demo": "kubectl flux-status owner sts/web",
    "events --for node/a --from tests/recorded/zoo.json.gz": ("kubectl flux-status events node/a"),
    "explain sts/web": "kubectl flux-status owner sts/web",
    "explain ks/no-such --demo": "kubectl flux-status get kustomizations --demo",
    "explain no-such --demo": "kubectl flux-status get all --demo",
    "get ks no-such --demo": "kubectl flux-status get kustomizations --demo",
    "get ks,hr no-such --demo": "kubectl flux-status get all --demo",
    "--all get ks": "kubectl flux-status get --help",
    "mcp install": "kubectl flux-status mcp setup",
    "get pods -n flux-system": "kubectl flux-status get components -n flux-system",
    "get deployments --demo": "kubectl flux-status get components --demo",
    "get secret app": "kubectl flux-status credentials KIND/NAME",
    "get events -n a -n b": "kubectl flux-status events -n a -n b",
    "explain deploy/source-controller --demo": (
        "kubectl flux-status --step operator,components --all --demo"
    ),
    "explain deploy/web -n x": "kubectl flux-status owner deploy/web -n x",
    "explain Secret/x": "kubectl flux-status credentials KIND/NAME",
    "tree pod/web": "kubectl flux-status owner pod/web",
    "logs --kind=Kustomization --name=x": "--for KIND/NAME",
    "logs --level=error": "--errors",
    "get ks --status-selector ready=false": "--not-ready",
}


@pytest.mark.parametrize(("typed", "expected"), TYPED.items(), ids=TYPED)
def test_one_line_says_what_to_type(flux_status: Program, typed: str, expected: str) -> None:
    """With what was typed besides, as far as it fits; the exit code is that of wrong usage."""
    done = flux_status(*typed.split(), env={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert line.endswith(f" {expected}")


@pytest.mark.parametrize(
    "words",
    [
        "logs --for ks/app --demo",
        "credentials ks/app --from x",
        "--demo logs",
        "--from x wait ks/a",
    ],
)
def test_what_reads_no_snapshot_says_so(flux_status: Program, words: str) -> None:
    """A snapshot has no logs and no Secrets; no other option is offered in place of its own."""
    done = flux_status(*words.split())
    assert done.returncode == 2
    assert re.fullmatch(r"Error: `\w+` cannot read a snapshot, so it has no --\w+\n", done.stderr)


@pytest.mark.parametrize("command", ["explain", "reconcile", "tree", "conditions", "owner"])
def test_all_namespaces_of_one_object(flux_status: Program, command: str) -> None:
    """-A is understood where one object is looked up, too, and overrides -n as everywhere."""
    argv = (command, "ks/flux-system", "-n", "no-such", "-A", "--demo")
    assert flux_status(*argv).returncode == 0


def test_a_snapshot_has_no_secrets(flux_status: Program) -> None:
    """What needs a cluster is not suggested as if it could read the snapshot."""
    for words in (["get", "secret", "--demo"], ["--demo", "port-forward"]):
        (line,) = flux_status(*words).stderr.splitlines()
        assert "to query a cluster instead of a snapshot, use: kubectl flux-status" in line
        assert "--demo" not in line


def test_a_token_is_not_repeated(flux_status: Program) -> None:
    """What is secret in the call is not in the suggestion."""
    done = flux_status("check", "--token", "abc123", "-n", "apps")
    assert done.stderr.endswith("use: kubectl flux-status -n apps\n")
    done = flux_status("suspend", "ks", "app", "--token", "abc123", "--token=abc123", "-n", "apps")
    assert done.stderr.endswith("use: flux suspend kustomization app -n apps\n")


@pytest.mark.parametrize(
    "typed",
    [
        "get sources git",
        "get sources all",
        "get source oci",
        "get sources git monorepo -n git-fanout-30",
        "events ks/team-01 -n git-fanout-30",
        "events ks team-01 -n git-fanout-30",
    ],
)
def test_words_of_flux_that_work(flux_status: Program, typed: str) -> None:
    """`flux get sources git` and `events KIND/NAME` are understood as they are."""
    done = flux_status(*typed.split(), "--demo")
    assert done.returncode == 0, done.stderr


def test_version_of_the_client(flux_status: Program) -> None:
    """`version --client` is `version`, which is never that of a server."""
    assert flux_status("version", "--client").stdout == flux_status("version").stdout


def test_choices_read_the_same_snapshot(flux_status: Program) -> None:
    """Each command that is offered for an ambiguous name works as it is printed."""
    for flags in (("--demo",), ("--from", f"{RECORDED / 'zoo.json.gz'}")):
        done = flux_status("explain", "ks/team-01", *flags)
        choices = [line for line in done.stderr.splitlines() if line.startswith("  kubectl ")]
        assert len(choices) >= 3
        for choice in choices[:1]:
            assert flux_status(*shlex.split(choice)[2:]).returncode in (0, 1)


def test_a_report_of_a_snapshot_says_so(flux_status: Program) -> None:
    """Its head has the time of the snapshot."""
    head = " ".join(flux_status("--demo").stdout.partition("\n\n")[0].split())
    assert re.search(r"\bsnapshot of 2026-11-23 19:\d\d UTC$", head)


def test_commands_of_a_report_read_the_same_snapshot(flux_status: Program) -> None:
    """Each command of this program in the report of the demo is for the demo, and works."""
    lines = flux_status("--demo", "--all").stdout.splitlines()
    commands = [line.partition("kubectl flux-status ")[2] for line in lines]
    own = [shlex.split(one) for one in commands if one.startswith(("explain", "get", "events"))]
    assert len(own) >= 2
    assert all(words[-1] == "--demo" for words in own)
    assert all(flux_status(*words).returncode in (0, 1) for words in own)
    assert "mcp setup --context" not in "\n".join(lines)


@pytest.mark.parametrize("words", [(), ("explain", "monorepo"), ("upgrade", "plan")])
def test_the_demo_says_that_commands_of_kubectl_cannot_run(
    flux_status: Program, words: Sequence[str]
) -> None:
    """No kubeconfig has its context, which these commands repeat; other snapshots may have one."""
    says = "context demo (bundled: kubectl commands do not run)"
    text = " ".join(flux_status(*words, "--demo").stdout.split())
    assert says in text
    assert "--context demo" in text
    recorded = flux_status("--from", f"{RECORDED / 'zoo.json.gz'}").stdout
    assert "bundled" not in recorded.partition("\n\n")[0]
