"""How a release is made: what stops it, what it builds, what the workflow does."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from fluxstatus import __version__
from shipping import address, version
from tests.fakes.programs import program
from tests.install.fixtures import ROOT, run
from tests.kubernetes import build

WORKFLOW = ROOT / ".github" / "workflows" / "test-and-release.yml"
SECTION = f"## [{__version__}] - 2026-12-31\n\n- It is there.\n\n"


@pytest.fixture(name="ready")
def _ready(tmp_path: Path) -> Path:
    """Return a repository that is ready for a release; its tests only print that they ran."""
    copy = tmp_path / "repository"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", "tests", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    program(copy / "tests" / "run", "echo tests ran")
    changelog = copy / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## [Unrel", f"{SECTION}## [Unrel", 1))
    project = (copy / "pyproject.toml").read_text()
    (copy / "pyproject.toml").write_text(project.replace("/OWNER/", "/somebody/", 1))
    run(copy / ".ci" / "address", env=environment())
    git(copy, "init", "--quiet", "--initial-branch=main")
    commit(copy)
    return copy


def git(folder: Path, *arguments: str) -> str:
    """Run git in *folder* with a placeholder identity."""
    name = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    return run("git", "-C", folder, *name, *arguments).stdout


def commit(folder: Path) -> None:
    """Commit all that is in *folder*."""
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "all")


def environment() -> dict[str, str]:
    """Return the environment of the scripts in .ci."""
    env = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return env | {"PYTHON": sys.executable}


def release(folder: Path, *arguments: str) -> CompletedProcess[str]:
    """Run the script that makes a release."""
    env = environment() | {"GIT_CONFIG_GLOBAL": os.devnull}
    env |= {f"GIT_{who}_{what}": "nobody@localhost"
            for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}  # fmt: skip
    return subprocess.run(
        [folder / ".ci" / "release", *arguments],
        env=env, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_release(ready: Path) -> None:
    """It runs the tests, builds all that docs/release.md lists, and sets the tag with the notes."""
    done = release(ready)
    assert done.returncode == 0, done.stderr
    assert "tests ran" in done.stdout
    assert "It is there." in git(ready, "tag", "--list", "--format=%(contents)", version.TAG)
    listed = re.findall(r"`([^`\s]+)`", _table((ROOT / "docs" / "release.md").read_text()))
    made = {name.replace("0.2.0", __version__) for name in listed}
    assert {file.name for file in (ready / "dist").iterdir()} == made
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=ready / "dist")
    packages_are_whole(ready / "dist")
    again = release(ready)
    assert again.returncode == 1
    assert "already exists" in again.stderr


def _table(text: str) -> str:
    return "\n".join(re.findall(r"^\| (`.*`) \|", text, re.MULTILINE))


def packages_are_whole(folder: Path) -> None:
    """Check the wheel's metadata, and that the source distribution has what it is built from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = f"kubectl_flux_status-{__version__}.dist-info"
        metadata = message_from_bytes(archive.read(f"{info}/METADATA"))
        scripts = archive.read(f"{info}/entry_points.txt").decode()
    assert metadata["Requires-Python"] == project["requires-python"]
    assert metadata["License-Expression"] == "Apache-2.0"
    assert len(metadata.get_all("Requires-Dist") or []) == len(project["dependencies"])
    assert {one.split(",")[0] for one in metadata.get_all("Project-URL") or []} == set(
        project["urls"]
    )
    assert "somebody" in metadata["Project-URL"]
    assert {"fluxstatus/cli.py", "fluxstatus/completions/_kubectl-flux_status"} <= set(names)
    assert re.findall(r"^(\S+) =", scripts, re.MULTILINE) == [
        "kubectl-flux_status",
        "kubectl_complete-flux_status",
    ]
    [source] = folder.glob("kubectl_flux_status-*.tar.gz")
    with tarfile.open(source) as tar:
        inside = {name.partition("/")[2] for name in tar.getnames()}
    assert {"LICENSE", "fluxstatus/cli.py", "completions/_kubectl-flux_status"} <= inside
    assert {"docs/kubectl-flux_status.1", "kubectl-flux_status", "tests/run"} <= inside


def test_rehearsal(ready: Path) -> None:
    """It builds and checks what a release has, changes nothing, and lists what is left to do."""
    (ready / "more.md").write_text("not committed\n")
    before = git(ready, "status", "--porcelain")
    done = release(ready, "--rehearse")
    assert done.returncode == 0, done.stderr
    assert "both builds are the same, byte for byte" in done.stdout
    assert ("with a clock a year ahead" in done.stdout) == bool(shutil.which("faketime"))
    programs = [f"kubectl-flux_status-{version.TAG}.tar.gz", "kubectl-flux_status"]
    programs += [
        f"kubectl_flux_status-{__version__}{end}" for end in ("-py3-none-any.whl", ".tar.gz")
    ]
    for name in ("SHA256SUMS", *programs):
        assert f"works and matches the release: {name}\n" in done.stdout
    assert f"git push origin main {version.TAG}\n" in done.stdout
    left = re.findall(r"^release: to do \d+: (.*)$", done.stdout, re.MULTILINE)
    assert left[0] == "there are uncommitted changes"
    steps = re.findall(r"^\d+\. ", (ROOT / "docs" / "release.md").read_text(), re.MULTILINE)
    assert len(left) == 1 + len(steps)
    assert git(ready, "status", "--porcelain") == before
    assert git(ready, "tag") == ""
    assert not (ready / "dist").exists()


def test_tests_that_fail(ready: Path) -> None:
    """When a test fails nothing is built and no tag is set."""
    program(ready / "tests" / "run", "exit 1")
    commit(ready)
    assert release(ready).returncode == 1
    assert not (ready / "dist").exists()
    assert git(ready, "tag") == ""


def test_obstacles(ready: Path) -> None:
    """All obstacles to a release are reported together, before anything is changed."""
    shutil.copy(ROOT / "CHANGELOG.md", ready)
    shutil.copy(ROOT / "pyproject.toml", ready)
    done = release(ready)
    assert done.returncode == 1
    assert "uncommitted changes" in done.stderr
    assert "CHANGELOG.md has no section" in done.stderr
    assert "Homepage in pyproject.toml is a placeholder" in done.stderr
    assert ".krew.yaml has another address than pyproject.toml" in done.stderr
    assert "tests ran" not in done.stdout
    by_workflow = release(ready, "--build")
    assert f"HEAD does not have the tag {version.TAG}" in by_workflow.stderr


def test_one_version() -> None:
    """The version is in one file; the documents that show it are made from that."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"] == ["version"]
    text = (ROOT / "docs" / "kubectl-flux_status.1").read_text().splitlines()[0]
    assert f"kubectl flux-status {__version__}" in text


def test_the_address_is_set_once(ready: Path) -> None:
    """Homepage in pyproject.toml is the one thing to fill in; .ci/address writes it everywhere."""
    files = [ready / name for name in ("pyproject.toml", ".krew.yaml", "README.md")]
    files += [*(ready / "docs").glob("*.md"), *(ready / ".ci").rglob("*.rb")]
    files += (ready / "action").glob("*.yml")
    files += [*ready.glob("skills/*/*.md"), *ready.glob(".claude-plugin/*.json")]
    texts = {f"{file.relative_to(ready)}": file.read_text() for file in files}
    assert sum("/somebody/kubectl-flux-status" in text for text in texts.values()) >= 5
    assert "brew install somebody/tap/" in texts["docs/install.md"]
    assert "ghcr.io/somebody/kubectl-flux-status:" in texts["docs/install.md"]
    assert "skills add somebody/kubectl-flux-status" in texts["docs/recipes.md"]
    assert json.loads(texts[".claude-plugin/marketplace.json"])["owner"]["name"] == "somebody"
    assert {name for name, text in texts.items() if "OWNER" in text} == {"docs/release.md"}


def test_the_address_can_change_again(ready: Path) -> None:
    """Another host or owner replaces the one that was set before, also in the links of releases."""
    project = ready / "pyproject.toml"
    for home in ("git.example.com/a-team/tools", "github.com/Else-Where"):
        text = re.sub(
            r'(Homepage = ").*"', rf'\1https://{home}/kubectl-flux-status"', project.read_text()
        )
        project.write_text(text)
        run(ready / ".ci" / "address", env=environment())
        install = (ready / "docs" / "install.md").read_text()
        assert f"https://{home}/kubectl-flux-status/releases/latest/download/" in install
        assert "somebody" not in install
    assert "ghcr.io/else-where/kubectl-flux-status:" in install


def test_the_address_is_the_same_everywhere() -> None:
    """No file of this repository has another address than pyproject.toml."""
    assert [file for file, _ in address.outdated()] == []


# The workflow


@pytest.mark.cluster
def test_workflow_is_sound() -> None:
    """Actionlint reports no problems."""
    run(build.programs("actionlint")["actionlint"], "-no-color", WORKFLOW)


def test_workflow_runs_what_we_run() -> None:
    """It uses the same scripts, every Python that we are for, and actions that cannot change."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    jobs = workflow["jobs"]
    steps = {name: [step.get("run") for step in job["steps"]] for name, job in jobs.items()}
    assert ".ci/run" in steps["test"]
    assert ".ci/release --build" in steps["release"]
    assert jobs["release"]["needs"] == "test"
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    matrix = jobs["test"]["strategy"]["matrix"]
    assert matrix["python"] == [
        one.rpartition(" ")[2] for one in classifiers if re.search(r":: 3\.\d+$", one)
    ]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}
    for line in re.findall(r"uses: (.*)", WORKFLOW.read_text()):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line)
    assert workflow["permissions"] == {"contents": "read"}
