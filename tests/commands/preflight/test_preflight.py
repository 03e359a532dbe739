"""`preflight`: what a user gets, by the program itself."""

import json
from pathlib import Path

import pytest
import yaml

from fluxstatus.model.findings import Exit
from tests.conftest import Program
from tests.fakes.programs import program

GIT = ("--manifest", "--git", "https://git.example.com/org/fleet.git")
NOTHING = {"PATH": "/nowhere"}


def test_manifest_can_be_piped(flux_status: Program) -> None:
    """Standard output is the FluxInstance and nothing else; no program and no cluster is needed."""
    done = flux_status("preflight", *GIT, "--private", env=NOTHING)
    assert done.returncode == 0
    made = yaml.safe_load(done.stdout)
    assert (made["kind"], made["spec"]["sync"]["pullSecret"]) == ("FluxInstance", "flux-system")
    assert "#" not in done.stdout
    assert "create secret basic-auth" in done.stderr
    assert "--password-stdin" in done.stderr
    assert "for development and testing only" in done.stderr


def test_a_path_that_was_given_is_not_missed(flux_status: Program) -> None:
    """Even if it is the one that is used by default."""
    given = flux_status("preflight", *GIT, "--path", "clusters/my-cluster", env=NOTHING)
    assert "--path" not in given.stderr
    assert "# --path is not set" in flux_status("preflight", *GIT, env=NOTHING).stderr


def test_manifest_as_json(flux_status: Program) -> None:
    """With -o json it is the same object."""
    as_yaml, as_json = (
        flux_status("preflight", *GIT, *more).stdout for more in ((), ("-o", "json"))
    )
    assert json.loads(as_json) == yaml.safe_load(as_yaml)


def test_commands_know_the_context(flux_status: Program) -> None:
    """What is to be pasted is for the context that was named."""
    result = flux_status("preflight", *GIT, "--context", "prod").stderr
    assert "kubectl --context prod apply" in result
    assert "flux-operator --kube-context prod install" in result


@pytest.mark.parametrize(
    "words",
    [
        ("--manifest", "--git", "org/fleet"),
        ("--manifest", "--git", "https://me:hunter2@git.example.com/a/b"),
        ("--manifest", "--path", "x"),
        ("--git", "https://git.example.com/a/b", "--private"),
        ("--private",),
    ],
)
def test_wrong_usage(flux_status: Program, words: tuple[str, ...]) -> None:
    """Invalid options are rejected, and no broken manifest is printed."""
    done = flux_status("preflight", *words, env=NOTHING)
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert "hunter2" not in done.stderr


def test_without_kubectl(flux_status: Program) -> None:
    """A missing kubectl is reported with how to install it, and exit code 3."""
    done = flux_status("preflight", env=NOTHING)
    assert done.returncode == Exit.NO_VERDICT
    assert "kubectl is not installed" in done.stdout
    assert "https://kubernetes.io/docs/tasks/tools/" in done.stdout


def test_json_is_a_report(flux_status: Program, tmp_path: Path) -> None:
    """The document is that of the check, with what passed, too."""
    program(tmp_path / "flux-operator", "echo client: 0.59.0")
    done = flux_status("preflight", "-o", "json", env={"PATH": str(tmp_path)})
    document = json.loads(done.stdout)
    assert document["verdict"] == "unknown"
    passes = [f["title"] for f in document["findings"] if f["level"] == "pass"]
    assert "flux-operator 0.59.0" in passes
