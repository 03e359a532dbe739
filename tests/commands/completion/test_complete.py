"""Completion: kubectl's protocol, the table, and each shell."""

import os
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from fluxstatus.checks import STEPS
from fluxstatus.commands.completion.argv import TABLE
from fluxstatus.commands.completion.complete import complete
from fluxstatus.commands.completion.scripts import SCRIPTS, Shell
from fluxstatus.commands.explain.codes import codes
from fluxstatus.commands.report_files import FORMATS
from fluxstatus.model.kinds import KINDS
from tests.commands.codes import OF_COMMANDS
from tests.conftest import ROOT, Program
from tests.fakes.programs import program

COMPLETIONS = ROOT / "completions"
IDS = [step.id for step in STEPS]


def candidates(*typed: str) -> list[str]:
    """Return the candidates for the last word of *typed*, without their help."""
    return [line.partition("\t")[0] for line in complete(typed).splitlines()[:-1]]


def test_table_is_that_of_the_options() -> None:
    """The table matches the command line; if not, run docs/words.py."""
    made = runpy.run_path(str(ROOT / "docs" / "words.py"))["table"]()
    assert Path(TABLE).read_text(encoding="utf-8") == made


def test_subcommands_and_flags() -> None:
    """Without a dash the subcommands are offered, with one the flags, those of the subcommand."""
    assert {"list", "ui"} <= set(candidates(""))
    assert not any(word.startswith("-") for word in candidates(""))
    assert candidates("u") == ["ui", "upgrade"]
    assert {"--context", "--step", "-n"} <= set(candidates("-"))
    assert candidates("--fail-") == ["--fail-fast", "--fail-on"]
    assert candidates("ui", "--p") == ["--port"]
    assert candidates("--context", "ui", "--st") == ["--step"]


def test_every_line_has_help() -> None:
    """Flags and steps have a help text."""
    for typed in (["-"], ["ui", "-"], ["--step", ""]):
        assert all(line.partition("\t")[2] for line in complete(typed).splitlines()[:-1])


def test_steps() -> None:
    """The names of steps are completed, also after a comma and an equals sign."""
    assert candidates("--step", "") == IDS
    assert candidates("--step", "c") == ["cluster", "components"]
    assert candidates("--step", "ui,c") == ["ui,cluster", "ui,components"]
    assert candidates("--step=c") == ["cluster", "components"]


def test_codes() -> None:
    """Codes are completed for --skip, after the steps, and for `explain`."""
    every = [*codes(OF_COMMANDS)]
    assert candidates("--skip", "") == [*IDS, *every]
    assert candidates("--skip", "ui,secret-mis") == ["ui,secret-missing"]
    assert set(every) <= set(candidates("explain", ""))


def test_kinds() -> None:
    """A kind ends with a slash and no space; short names only if one was typed."""
    assert complete(["reconcile", "kust"]) == "kustomization/\tKustomization\n:6\n"
    assert candidates("reconcile", "imgr") == ["imgrepo/"]
    kinds = {f"{name.lower()}/" for name in KINDS} - {"fluxreport/"}
    assert kinds <= set(candidates("explain", ""))


def test_each_place_has_its_own_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested commands, ordered arguments and repeated arguments are distinguished."""
    rows = (
        ("", "get", "", "", ""),
        ("", "-o", "-o", "", ""), ("-o", "text", "", "", ""),
        ("get", "-o", "get -o", "", ""), ("get -o", "wide", "", "", ""),
        ("get", "", "KIND", "", ""), ("get", "", "COLOUR...", "", ""),
        ("COLOUR", "red", "", "", ""), ("KIND", "ks", "kustomizations.x", "", "it"),
        ("", "mcp", "", "", ""), ("mcp", "setup", "", "", ""), ("mcp setup", "--all", "", "", ""),
        ("mcp setup", "", "FILE", "", ""),
    )  # fmt: skip
    table = tmp_path / "words.tsv"
    table.write_text("".join("\t".join(row) + "\n" for row in rows))
    monkeypatch.setattr("fluxstatus.commands.completion.argv.TABLE", str(table))
    assert candidates("-o", "") == ["text"]
    assert candidates("get", "-o", "") == ["wide"]
    assert candidates("get", "") == ["ks"]
    assert candidates("get", "-o", "wide", "ks", "") == ["red"]
    assert candidates("get", "ks", "red", "red", "") == ["red"]
    assert candidates("mcp", "") == ["setup"]
    assert candidates("mcp", "setup", "--") == ["--all"]
    assert complete(["mcp", "setup", ""]) == ":0\n"


def test_choices() -> None:
    """Known values of an option are offered."""
    assert candidates("-o", "") == candidates("--output=") == list(FORMATS)
    assert candidates("--report", "m") == candidates("--report=m") == ["markdown=", "metrics="]
    assert candidates("--report", "junit=r") == []  # the shell completes files
    assert candidates("--color", "a") == ["auto", "always"]
    assert candidates("list", "-o", "j") == ["json"]
    assert candidates("get", "-o", "") == ["table", "wide", "json", "yaml", "name"]
    assert candidates("tree", "-o", "m") == ["mermaid"]


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        (["--kubeconfig", ""], ":0"),
        (["--save="], ":0"),
        (["--report", ""], ":6"),
        (["--report", "junit="], ":0"),
        (["--report=junit=r"], ":0"),
        (["--cache-dir", ""], ":16"),
        (["--token", ""], ":4"),
        (["--wait", ""], ":4"),
        ([""], ":4"),
        ([], ":4"),
    ],
)
def test_directive(typed: list[str], last: str) -> None:
    """The last line is the directive: whether the shell may complete files or folders."""
    assert complete(typed).splitlines()[-1] == last


def test_names_of_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contexts and namespaces come from kubectl, with the flags typed so far."""
    script = f"""echo "$*" >>'{tmp_path}/asked'
case "$*" in
*view*.contexts}}*) echo '"prod"'; echo '"arn:aws:eks/prod"'; echo '"dev"' ;;
*namespaces*) echo apps; echo flux-system ;;
esac"""
    program(tmp_path / "kubectl", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert candidates("--context", "") == ["prod", "arn:aws:eks/prod", "dev"]
    assert candidates("--context=d") == ["dev"]
    assert candidates("fleet", "--contexts", "d") == ["dev"]
    assert candidates("--as", "me", "-o", "json", "--context=prod", "-n", "") == [
        "apps",
        "flux-system",
    ]
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith("--as=me --context=prod")


def test_a_name_that_cannot_be_seen_is_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with an invisible character is left out, and a newline does not make two of one."""
    printed = {
        ".contexts": ['"prod"', r'"a\x1b[2Jb"', r'"one\ntwo"', r'"\u202egnp"'],
        ".users": [r'"CORP\\me"', r'"say \"hi\""', '"müller"'],
        ".clusters": ['"\x1b[2J"', '"a\u200bb"', '"\u3164"'],
        "namespaces": ["apps", "x\x1b[2Jy"],
    }
    for name, lines in printed.items():
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    cases = " ".join(f"*{name}*) cat '{tmp_path}/{name}' ;;" for name in printed)
    program(tmp_path / "kubectl", f'case "$*" in {cases} esac')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert candidates("--context", "") == ["prod"]
    assert candidates("--user", "") == [r"CORP\me", 'say "hi"', "müller"]
    assert candidates("--cluster", "") == []
    assert candidates("-n", "") == ["apps"]


@pytest.fixture(name="asked")
def _asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which a kubectl with three Kustomizations and a node notes its words."""
    script = f"""echo "$*" >>'{tmp_path}/asked'
case "$*" in
*api-resources*) echo deployments.apps; echo nodes ;;
*"get nodes"*) printf 'NAME STATUS\\nworker-1 Ready\\n' ;;
*--namespace=x*) printf 'NAME AGE\\na 1d\\n' ;;
*"get kustomizations"*) printf 'NAMESPACE NAME AGE\\nx b 1d\\nx a 1d\\ny a 1d\\n' ;;
esac"""
    program(tmp_path / "kubectl", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "asked"


def test_objects(asked: Path) -> None:
    """Objects are queried by the kind's full name, in the given namespace or in all."""
    assert complete(["explain", "KS/"]) == "KS/b\tx\nKS/a\tx, y\n:4\n"
    assert candidates("explain", "-n", "x", "--context=c", "ks", "a") == ["a"]
    assert candidates("explain", "--namespace=x", "-n", "y", "ks", "a") == ["a"]
    assert candidates("explain", "deployments.apps/") == []
    everywhere, one, two = asked.read_text().splitlines()
    assert everywhere == "get kustomizations.kustomize.toolkit.fluxcd.io --all-namespaces"
    assert one == "get kustomizations.kustomize.toolkit.fluxcd.io --namespace=x --context=c"
    assert two == everywhere


def test_words_of_get(asked: Path) -> None:
    """After `get` come groups and kinds, also after a comma; then names of that kind."""
    assert {"all", "sources", "components", "ks", "kustomizations"} <= set(candidates("get", ""))
    assert candidates("get", "ks,hel") == ["ks,helmrepositories", "ks,helmrepo", "ks,helmcharts",
                                           "ks,helmreleases"]  # fmt: skip
    assert candidates("get", "--kind", "kus") == ["kustomization", "kustomizations"]
    assert candidates("get", "all", "") == []
    assert not asked.exists()
    assert candidates("get", "ks", "") == candidates("get", "ks", "b", "") == ["b", "a"]
    assert candidates("get", "-n", "x", "ks", "a") == ["a"]
    assert candidates("get", "ks/b") == ["ks/b"]


@pytest.mark.parametrize("before", [["conditions"], ["owner"], ["events", "--for"]])
def test_objects_of_any_kind(asked: Path, before: list[str]) -> None:
    """Where any kind is valid, those of the cluster are offered if one was typed."""
    assert complete([*before, "kus"]) == "kustomization/\tKustomization\n:6\n"
    assert not asked.exists()
    assert candidates(*before, "depl") == ["deployments.apps/"]
    assert candidates(*before, "ks/") == ["ks/b", "ks/a"]
    assert candidates("--context=prod", *before, "nodes/") == ["nodes/worker-1"]
    assert asked.read_text().splitlines()[-1] == "get nodes --all-namespaces --context=prod"


def test_kinds_of_flux_only(asked: Path) -> None:
    """Where only kinds of Flux are valid, kubectl is not run for others."""
    for before in (["credentials"], ["explain"], ["reconcile"], ["tree"], ["logs", "--for"]):
        assert "kustomization/" in candidates(*before, "")
        assert candidates(*before, "depl") == []
    assert not asked.exists()


def test_subcommands_of_mcp() -> None:
    """Subcommands of a subcommand are completed, and so are the clients that MCP is set up for."""
    assert "setup" in candidates("mcp", "")
    assert {"vscode", "cursor"} <= set(candidates("mcp", "setup", "--client", ""))
    assert candidates("mcp", "setup", "--client", "zed,vscode-w") == ["zed,vscode-workspace"]


def test_controllers() -> None:
    """After `logs` come the controllers."""
    assert candidates("logs", "source") == ["source-controller", "source-watcher"]


def test_slow_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a cluster that does not answer, nothing is offered after about a second."""
    program(tmp_path / "kubectl", "exec sleep 600")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    begun = time.monotonic()
    assert complete(["-n", ""]) == ":4\n"
    assert 0.7 < time.monotonic() - begun < 20  # on a busy machine


def test_it_imports_next_to_nothing() -> None:
    """Known values are completed without slow imports."""
    code = "import sys; before = set(sys.modules); from fluxstatus.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code, "__complete", "--fail-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "fluxstatus.commands.completion.complete" in imported
    assert not imported & {"typing", "pathlib", "collections", "json", "re", "sh", "typer"}


def test_kubectl_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If kubectl fails, nothing is offered or printed."""
    program(tmp_path / "kubectl", "echo no >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert complete(["--context", ""]) == ":4\n"


# In the shells


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> str:
    """Return a PATH with the program under its name, started by this Python."""
    script = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m fluxstatus "$@"'
    program(tmp_path / "bin" / "kubectl-flux_status", script)
    return f"{tmp_path / 'bin'}:{COMPLETIONS}:{os.environ['PATH']}"


def run(command: Sequence[str | Path], path: str) -> list[str]:
    """Run *command* and return the lines that it prints."""
    done = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.cluster
def test_kubectl(kubectl: Path, path: str) -> None:
    """Kubectl offers our candidates through its completion program."""
    lines = run([kubectl, "__complete", "flux-status", "--step", "c"], path)
    assert [line.partition("\t")[0] for line in lines] == ["cluster", "components", ":4"]


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("sh", "kubectl_complete-flux_status"),
        ("bash", "kubectl-flux_status.bash"),
        ("zsh", "_kubectl-flux_status"),
        ("fish", "kubectl-flux_status.fish"),
    ],
)
def test_script_is_well_formed(shell: str, script: str) -> None:
    """Each shell can parse its script."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", COMPLETIONS / script], check=True)


@pytest.mark.parametrize("shell", [*Shell])
def test_scripts_are_printed(shell: Shell, flux_status: Program) -> None:
    """`completion` prints the script for each shell, and for kubectl."""
    assert flux_status("completion", shell).stdout == (COMPLETIONS / SCRIPTS[shell]).read_text()


def test_help_has_lines_to_paste(flux_status: Program) -> None:
    """The help of `completion` has its commands on lines of their own."""
    lines = [line.strip() for line in flux_status("completion", "--help").stdout.splitlines()]
    assert "chmod +x ~/.local/bin/kubectl_complete-flux_status" in lines
    assert "bash  source <(kubectl-flux_status completion bash)" in lines


def test_no_script_is_forgotten() -> None:
    """Every script can be printed."""
    assert {file.name for file in COMPLETIONS.iterdir()} == set(SCRIPTS.values())
