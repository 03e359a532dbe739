"""The GitHub Action: its scripts as a runner starts them."""

import hashlib
import os
import re
import shutil
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from fluxstatus.model.findings import Verdict
from tests.install.fixtures import NAME, ROOT, link, run
from tests.kubernetes import build

ACTION = ROOT / "action"
METADATA: Any = yaml.safe_load((ACTION / "action.yml").read_text())
STEPS = METADATA["runs"]["steps"]


class Runner:
    """A job: the files that a runner reads after a step, and the step's environment."""

    def __init__(self, folder: Path) -> None:
        self.files = {name: folder / name for name in ("PATH", "OUTPUT", "STEP_SUMMARY")}
        for file in self.files.values():
            file.touch()
        names = {f"GITHUB_{name}": str(file) for name, file in self.files.items()}
        folders = f"{folder / 'bin'}:{os.environ['PATH']}"
        self.env = {**os.environ, **names, "PATH": folders, "RUNNER_TEMP": str(folder)}
        self.folder = folder

    def step(self, number: int, code: int = 0, **inputs: str) -> CompletedProcess[str]:
        """Run a step with *inputs*, which take the place of its expressions."""
        step = STEPS[number]
        given = {}
        for name, value in step["env"].items():
            wanted = re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", value)
            default = METADATA["inputs"][wanted[1]].get("default", "") if wanted else value
            given[name] = inputs.pop(name.lower(), default)
        assert not inputs
        env = {**self.env, **given, "GITHUB_ACTION_PATH": str(ACTION)}
        return run("bash", "-c", step["run"], env=env, code=code, cwd=self.folder)

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the steps."""
        lines = self.files["OUTPUT"].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def text(self, name: str) -> str:
        """Return the content of a file."""
        return self.files[name].read_text(encoding="utf-8")


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.fixture(name="installed")
def _installed(runner: Runner) -> Runner:
    """Return a job with the program of this checkout on PATH."""
    link(ROOT / NAME, runner.folder / "bin" / NAME)
    return runner


def test_inputs_and_outputs_are_used() -> None:
    """Each input is in the environment of a step, and each output is one of a step."""
    text = str(STEPS)
    assert all(f"inputs.{name} }}}}" in text for name in METADATA["inputs"])
    assert all("inputs." not in step["run"] for step in STEPS)  # else it could be a command
    for name, output in METADATA["outputs"].items():
        assert output["value"] == f"${{{{ steps.check.outputs.{name} }}}}"
    assert [step["shell"] for step in STEPS] == ["bash", "bash"]


def test_a_check_leaves_all_that_a_job_shows(installed: Runner) -> None:
    """Annotations, the summary, the page and the outputs; the exit code is that of the check."""
    done = installed.step(1, code=1, args="--demo --fail-on warn")
    assert re.match(r"::error title=sources%3A host-refuses::GitRepository ", done.stdout)
    assert installed.text("STEP_SUMMARY").startswith("### Flux: fail\n")
    assert installed.outputs() == {"verdict": "fail", "causes": "1", "report": "flux-status.html"}
    assert (installed.folder / "flux-status.html").read_text().startswith("<!DOCTYPE html>")


def test_a_healthy_cluster_passes(installed: Runner) -> None:
    """The verdict is an output, and an empty `report` writes no page."""
    healthy = ROOT / "tests" / "recorded" / "cluster-healthy.json.gz"
    installed.step(1, args=f"--from {healthy}", report="")
    assert Verdict(installed.outputs()["verdict"]) in (Verdict.PASS, Verdict.WARN)
    assert installed.outputs().keys() == {"verdict", "causes"}
    assert not list(installed.folder.glob("*.html"))


def test_a_runner_without_a_summary_or_outputs(installed: Runner) -> None:
    """The exit code is that of the check there, too, and the page is written."""
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        del installed.env[name]
    installed.step(1, code=1, args="--demo")
    assert (installed.folder / "flux-status.html").exists()
    healthy = ROOT / "tests" / "recorded" / "cluster-healthy.json.gz"
    installed.step(1, args=f"--from {healthy}")


@pytest.mark.cluster
def test_workflows_that_use_it_are_sound(tmp_path: Path) -> None:
    """Actionlint knows its inputs and outputs: it accepts the example, and no wrong name in it."""
    example = re.search(
        r"```yaml\n(jobs:\n.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.DOTALL
    )
    assert example
    text = example[1].replace("OWNER/kubectl-flux-status/action@vX.Y.Z", "./action")
    workflow = tmp_path / ".github" / "workflows" / "flux.yml"
    workflow.parent.mkdir(parents=True)
    shutil.copytree(ACTION, tmp_path / "action")
    (tmp_path / ".git").mkdir()  # where actionlint looks for the action
    lint = build.programs("actionlint")["actionlint"]
    run_lint = partial(run, lint, "-no-color", workflow, cwd=tmp_path)
    workflow.write_text(f"on: push\n{text}")
    run_lint()
    for name, wrong in (("sha256:", "sha265:"), ("outputs.report", "outputs.rapport")):
        workflow.write_text(f"on: push\n{text.replace(name, wrong)}")
        assert wrong.strip(":").removeprefix("outputs.") in run_lint(code=1).stdout


def test_a_mistake_has_no_outputs(installed: Runner) -> None:
    """Wrong options are a usage error, without a summary; a star stays a star."""
    done = installed.step(1, code=2, args="--demo --nope=*")
    assert "--nope" in done.stderr
    assert (installed.outputs(), installed.text("STEP_SUMMARY")) == ({}, "")


def test_options_may_be_on_several_lines(installed: Runner) -> None:
    """YAML has such texts, and an option that got lost could make a check pass."""
    demo = "--demo\n  --skip=sources\n--fail-on\twarn\n"
    installed.step(1, code=2, args=f"{demo}--nope\n", report="")
    installed.step(1, code=1, args=demo, report="")
    assert "host-refuses" not in installed.text("STEP_SUMMARY")


def test_a_page_that_cannot_be_written_is_a_usage_error(installed: Runner) -> None:
    """It is said before the check, so there are no outputs."""
    (installed.folder / "page.html").symlink_to("missing/page.html")
    assert "page.html" in installed.step(1, code=2, args="--demo", report="page.html").stderr
    assert installed.outputs() == {}


def test_a_release_is_installed(runner: Runner, tarball: Path, tmp_path: Path) -> None:
    """The archive of a version is unpacked for the following steps, if it has the hash."""
    version = tarball.name.removeprefix(f"{NAME}-").removesuffix(".tar.gz")
    link(tarball, tmp_path / "releases" / version / tarball.name)
    release: dict[str, Any] = {"version": version, "releases": (tmp_path / "releases").as_uri()}
    sha256 = hashlib.sha256(tarball.read_bytes()).hexdigest()
    for wrong in ("", "0" * 64, sha256[:-1]):
        done = runner.step(0, code=2, sha256=wrong, **release)
        assert done.stdout.startswith("::error::")
        assert runner.text("PATH") == ""
    runner.step(0, sha256=sha256, **release)
    [folder] = runner.text("PATH").splitlines()
    runner.env["PATH"] = f"{folder}:{runner.env['PATH']}"
    runner.step(1, code=1, args="--demo")
    assert runner.outputs()["causes"] == "1"


def test_without_a_version_it_has_to_be_there(installed: Runner) -> None:
    """Nothing is installed where the program is on PATH; elsewhere that is an error."""
    installed.step(0)
    assert installed.text("PATH") == ""
    installed.env["PATH"] = "/usr/bin:/bin"
    assert "set the input version" in installed.step(0, code=2).stdout
