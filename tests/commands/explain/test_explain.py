"""`explain` as a program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fluxstatus.checks import STEPS
from fluxstatus.model.findings import Exit
from tests.conftest import RECORDED, Program

BLOCKED = ("kustomization/team-03", "-n", "git-fanout-30", "--demo")
ZOO = RECORDED / "zoo.json.gz"


def test_the_cause_and_the_fix_come_first(flux_status: Program) -> None:
    """For a waiting object the cause comes first, and the exit code is 1."""
    done = flux_status("explain", *BLOCKED)
    assert done.returncode == Exit.UNHEALTHY
    order = [
        "Kustomization git-fanout-30/team-03 · waiting",
        "GitRepository git-fanout-30/monorepo: git-down.acme.internal refuses connections",
        " why ", " fix ", "\nchain\n", "<- the cause", "\nrevisions\n", "\nconditions\n",
    ]  # fmt: skip
    text = done.stdout.replace("\n                    ", " ")
    places = [text.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "\x1b" not in done.stdout


def test_what_is_well_is_0(flux_status: Program) -> None:
    """A healthy object is reported as such."""
    done = flux_status("explain", "hr", "web", "--demo")
    assert done.returncode == Exit.HEALTHY
    assert done.stdout.startswith("HelmRelease healthy-helm/web · ready")


def test_json_has_the_same(flux_status: Program) -> None:
    """The document names the object, the cause, its fix, and the chain to it."""
    done = flux_status("explain", *BLOCKED, "-o", "json")
    document = json.loads(done.stdout)
    assert done.returncode == Exit.UNHEALTHY
    assert document["verdict"] == "fail"
    assert document["findings"][0]["object"]["name"] == "monorepo"
    assert document["findings"][0]["hints"]
    assert [n["object"]["name"] for n in document["chain"]["needs"] if n["cause"]] == ["monorepo"]
    assert document["log"]["unread"]["why"] == "not-asked"
    assert document["credentials"]["unread"]["why"] == "not-asked"


def test_several_are_asked_back(flux_status: Program) -> None:
    """A name in two namespaces gets a list of choices; each choice works."""
    done = flux_status("explain", "ks/team-03", "--demo")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    choices = [line.split() for line in done.stderr.splitlines() if " explain " in line]
    assert len(choices) == 2
    for choice in choices:
        again = flux_status(*choice[2:])
        namespace = choice[choice.index("-n") + 1]
        assert namespace in again.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("kustomisations/app",), "did you mean kustomizations?"),
        (("ks/monitorin",), "explain kustomization/monitoring -n healthy-chain"),
        (("supended",), "explain suspended"),
        (("ks",), "Kustomization needs a name"),
        ((), "Missing argument"),
    ],
)
def test_mistakes_are_2_with_a_suggestion(
    flux_status: Program, words: tuple[str, ...], expected: str
) -> None:
    """An unknown name is wrong usage, and gets a suggestion."""
    done = flux_status("explain", *words, "--demo")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert expected in done.stderr


@pytest.mark.cluster  # for kubectl
def test_no_cluster_is_3(flux_status: Program) -> None:
    """An unreachable cluster is reported."""
    done = flux_status("explain", "ks/app", "--context=nowhere")
    assert done.returncode == Exit.NO_VERDICT
    assert "nowhere" in done.stdout


def test_a_mistyped_code_is_rejected_without_a_cluster(flux_status: Program) -> None:
    """A mistyped code gets a suggestion without a cluster, too."""
    done = flux_status("explain", "secret-mising", "--context=nowhere")
    assert done.returncode == Exit.NO_VERDICT
    assert "kubectl flux-status explain secret-missing" in done.stderr
    assert "no code" not in flux_status("explain", "ks/app", "--context=nowhere").stderr


def test_what_could_not_be_read_is_3(flux_status: Program, tmp_path: Path) -> None:
    """An object of a kind that was not read is not reported as missing."""
    from fluxstatus.model import snapshot  # noqa: PLC0415 - only this test makes a file
    from tests.builders import FORBIDDEN, evidence  # noqa: PLC0415

    kind = "kustomizations.kustomize.toolkit.fluxcd.io"
    snapshot.save(tmp_path / "now.json", evidence(unread={kind: FORBIDDEN}))
    done = flux_status("explain", "ks/app", f"--from={tmp_path / 'now.json'}")
    assert (done.returncode, done.stdout) == (Exit.NO_VERDICT, "")
    assert "not allowed" in done.stderr


@pytest.mark.parametrize("code", ["suspended", "secret-missing", "forbidden", "revision-behind"])
def test_a_code_needs_no_cluster(flux_status: Program, code: str) -> None:
    """A code is explained without a kubeconfig; the exit code is 0."""
    env = {"KUBECONFIG": "/nowhere", "PATH": "/nowhere"}
    done = flux_status("explain", code, env=env)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{code}: ")
    document = json.loads(flux_status("explain", code, "-o", "json", env=env).stdout)
    assert document["code"] == code
    steps = [step for step in document["steps"] if step != "mcp verify"]
    assert steps == [step.id for step in STEPS if code in step.codes()]


def test_the_check_leads_here(flux_status: Program) -> None:
    """The command after `more` in a finding works for its object."""
    report = json.loads(flux_status("-o", "json", f"--from={ZOO}").stdout)
    commands = [
        command["argv"]
        for finding in report["findings"]
        for hint in finding["hints"]
        for command in hint["commands"]
        if command["argv"][:2] == ["kubectl", "flux-status"]
    ]
    assert len(commands) > 50
    for argv in commands[::20]:
        assert argv[-2:] == ["--from", f"{ZOO}"]
        done = flux_status(*argv[2:])
        assert done.returncode in (Exit.HEALTHY, Exit.UNHEALTHY)
        assert argv[3].partition("/")[2] in done.stdout.splitlines()[0]


def test_the_check_does_not_wait_for_it() -> None:
    """The check does not import modules that only other commands need."""
    code = "import sys, fluxstatus.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    late = ("commands.explain", "commands.ui", "lookup", "checks", "causes", "knowledge")
    assert "fluxstatus.cli" in modules
    assert not [m for m in modules if m.startswith(tuple(f"fluxstatus.{name}" for name in late))]


def test_options_that_make_no_sense(flux_status: Program) -> None:
    """A saved cluster excludes --context and another saved cluster; only the check saves one."""
    for more in ("--context=prod", "--from=x", "--save=x"):
        assert flux_status("explain", *BLOCKED, more).returncode == Exit.USAGE


@pytest.mark.parametrize("name", ["app", "frontend"])
def test_the_chain_says_what_is_wrong_with_a_workload(flux_status: Program, name: str) -> None:
    """What its pods show is said of it, also if it was not read itself; it is the cause."""
    words = ("explain", f"ks/{name}", "-n", "ks-health-imagepull", "--from", ZOO)
    text = flux_status(*words).stdout
    chain = " ".join(text.partition("\nchain\n")[2].partition("\nrevisions\n")[0].split())
    broken = "needs Deployment ks-health-imagepull/web: the image ghcr.io/acme/webapp:9.9.9"
    assert broken in chain
    assert chain.count("<- the cause") == 1
    assert chain.partition("<- the cause")[0].endswith("exist in the registry ")
    app = "Kustomization ks-health-imagepull/app: failed"
    assert app in chain
    assert f"{app} <-" not in chain
