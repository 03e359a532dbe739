"""What follows a TAB: in kubectl's protocol, in the table, and in each shell."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fluxstatus.checks import STEPS
from fluxstatus.commands import words
from fluxstatus.commands.complete import TABLE, complete
from tests.conftest import ROOT
from tests.fakes.programs import program

COMPLETIONS = ROOT / "completions"
IDS = [step.id for step in STEPS]


def candidates(*typed: str) -> list[str]:
    """Give the candidates for the last word of *typed*, without their help."""
    return [line.partition("\t")[0] for line in complete(typed).splitlines()[:-1]]


def test_table_is_that_of_the_options() -> None:
    """The table has the options as they are; if not: python -m fluxstatus.commands.words."""
    assert Path(TABLE).read_text(encoding="utf-8") == words.table()


def test_subcommands_and_flags() -> None:
    """Without a dash the subcommands are offered, with one the flags, those of the subcommand."""
    assert {"list", "ui"} <= set(candidates(""))
    assert not any(word.startswith("-") for word in candidates(""))
    assert candidates("u") == ["ui"]
    assert {"--context", "--step", "-n"} <= set(candidates("-"))
    assert candidates("--fail-") == ["--fail-fast", "--fail-on"]
    assert candidates("ui", "--p") == ["--port"]
    assert candidates("--context", "ui", "--st") == ["--step"]


def test_every_line_has_help() -> None:
    """Flags and steps come with a word about what they are."""
    for typed in (["-"], ["ui", "-"], ["--step", ""]):
        assert all(line.partition("\t")[2] for line in complete(typed).splitlines()[:-1])


@pytest.mark.parametrize("flag", ["--step", "--skip"])
def test_steps(flag: str) -> None:
    """The names of steps are completed, also after a comma and an equals sign."""
    assert candidates(flag, "") == IDS
    assert candidates(flag, "c") == ["cluster", "components"]
    assert candidates(flag, "ui,c") == ["ui,cluster", "ui,components"]
    assert candidates(f"{flag}=c") == ["cluster", "components"]


def test_choices() -> None:
    """Where the values are known they are offered."""
    assert candidates("-o", "") == candidates("--output=") == ["text", "json"]
    assert candidates("--color", "a") == ["auto", "always"]
    assert candidates("list", "-o", "j") == ["json"]
    assert candidates("get", "-o", "") == ["table", "wide", "json", "yaml", "name"]
    assert candidates("tree", "-o", "m") == ["mermaid"]


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        (["--kubeconfig", ""], ":0"),
        (["--save="], ":0"),
        (["--cache-dir", ""], ":16"),
        (["--token", ""], ":4"),
        (["--wait", ""], ":4"),
        ([""], ":4"),
        ([], ":4"),
    ],
)
def test_directive(typed: list[str], last: str) -> None:
    """The last line tells the shell whether files or folders may follow."""
    assert complete(typed).splitlines()[-1] == last


def test_names_of_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contexts and namespaces are those that kubectl tells, asked with the flags typed so far."""
    script = f"""echo "$*" >>'{tmp_path}/asked'
case "$*" in
*get-contexts*) echo prod; echo arn:aws:eks/prod; echo dev ;;
*namespaces*) echo namespace/apps; echo namespace/flux-system ;;
esac"""
    program(tmp_path / "kubectl", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert candidates("--context", "") == ["prod", "arn:aws:eks/prod", "dev"]
    assert candidates("--context=d") == ["dev"]
    assert candidates("--as", "me", "-o", "json", "--context=prod", "-n", "") == [
        "apps",
        "flux-system",
    ]
    assert (tmp_path / "asked").read_text().splitlines()[-1].endswith("--as me --context=prod")


@pytest.fixture(name="asked")
def _asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file in which a kubectl with three Kustomizations and a node notes its words."""
    listed = "NAMESPACE NAME\\nteam-a app\\nteam-b app\\nteam-b db\\n"
    script = f"""echo "$*" >>'{tmp_path}/asked'
case "$*" in
*api-resources*) echo deployments.apps; echo nodes ;;
*"get nodes"*) printf 'NAME STATUS AGE\\nworker-1 Ready 1d\\n' ;;
*"get kustomizations"*) printf '{listed}' ;;
esac"""
    program(tmp_path / "kubectl", script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "asked"


def test_words_of_get(asked: Path) -> None:
    """After `get` come groups and kinds, also after a comma; then names of that kind."""
    assert {"all", "sources", "components", "ks", "kustomizations"} <= set(candidates("get", ""))
    assert candidates("get", "ks,hel") == ["ks,helmrepositories", "ks,helmrepo", "ks,helmcharts",
                                           "ks,helmreleases"]  # fmt: skip
    assert not asked.exists()
    assert candidates("get", "ks", "") == ["app", "db"]
    assert candidates("get", "-n", "team-b", "ks", "d") == ["db"]
    assert candidates("get", "ks/d") == ["ks/db"]
    question = "get kustomizations.kustomize.toolkit.fluxcd.io --namespace=team-b"
    assert question in asked.read_text()


@pytest.mark.parametrize("before", [["conditions"], ["owner"], ["events", "--for"]])
def test_kind_and_name_of_any_kind(asked: Path, before: list[str]) -> None:
    """KIND/ is offered without a space after it, for kinds of the cluster too, then the names."""
    assert complete([*before, "kus"]) == "kustomization/\tKustomization\n:6\n"
    assert candidates(*before, "depl") == ["deployments.apps/"]
    assert candidates(*before, "ks/") == ["ks/app", "ks/db"]
    assert candidates("--context=prod", *before, "nodes/") == ["nodes/worker-1"]
    assert asked.read_text().splitlines()[-1].endswith("--context=prod")


def test_kinds_of_flux_only() -> None:
    """What knows the kinds of Flux only asks nobody for others."""
    for command in ("credentials", "explain", "reconcile", "tree"):
        assert "kustomization/" in candidates(command, "")
        assert candidates(command, "depl") == []


def test_controllers() -> None:
    """After `logs` come the controllers."""
    assert candidates("logs", "source") == ["source-controller", "source-watcher"]


def test_kubectl_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When kubectl fails nothing is offered, and nothing is said."""
    program(tmp_path / "kubectl", "echo no >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert complete(["--context", ""]) == ":4\n"


# In the shells


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> str:
    """Give a PATH with the program under its name, started by this Python."""
    script = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m fluxstatus "$@"'
    program(tmp_path / "bin" / "kubectl-flux_status", script)
    return f"{tmp_path / 'bin'}:{COMPLETIONS}:{os.environ['PATH']}"


def run(command: Sequence[str | Path], path: str) -> list[str]:
    """Run *command* and give the lines that it prints."""
    done = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.cluster
def test_kubectl(kubectl: Path, path: str) -> None:
    """Kubectl offers what we offer, by way of the program for that."""
    lines = run([kubectl, "__complete", "flux-status", "--step", "c"], path)
    assert [line.partition("\t")[0] for line in lines] == ["cluster", "components", ":4"]


_BASH = """
source "$0"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_kubectl_flux_status
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["--fail-"], ["--fail-fast", "--fail-on"]),
        (["--output", "=", "j"], ["json"]),
        (["--output", "="], ["text", "json"]),
        (["--step", "ui,c"], ["ui,cluster", "ui,components"]),
        (["ui", ""], [""]),
        (["tree", "kustomiz"], ["kustomization/"]),
    ],
)
def test_bash(path: str, typed: list[str], offered: list[str]) -> None:
    """Bash offers what we offer, although it takes words apart at equals signs."""
    script = COMPLETIONS / "kubectl-flux_status.bash"
    assert run(["bash", "-c", _BASH, script, "kubectl-flux_status", *typed], path) == offered


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("--fail-", ["--fail-fast", "--fail-on"]),
        ("--output=j", ["--output=json"]),
        ("--step ui,c", ["ui,cluster", "ui,components"]),
    ],
)
def test_fish(path: str, typed: str, offered: list[str]) -> None:
    """Fish offers what we offer."""
    script = COMPLETIONS / "kubectl-flux_status.fish"
    ask = f"source '{script}'; complete -C'kubectl-flux_status {typed}'"
    lines = run(["fish", "--no-config", "-c", ask], path)
    assert [line.partition("\t")[0] for line in lines] == offered


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
    """Each shell can read the script that is meant for it."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", COMPLETIONS / script], check=True)
