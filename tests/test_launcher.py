"""The launcher: from a checkout, from an archive, by a link, with any Python."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import typer

from tests.conftest import ROOT

NAME = "kubectl-flux_status"
NEW_PYTHON = getattr(sys, "_base_executable", sys.executable)  # without any package


def start(
    launcher: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    """Run *launcher*."""
    return subprocess.run(
        [launcher, *arguments],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(name="copy")
def _copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy what is in Git and matters here into a folder with a difficult name."""
    monkeypatch.delenv("PYTHONPATH")
    monkeypatch.setenv("KUBECTL_FLUX_STATUS_PYTHON", NEW_PYTHON)
    folder = tmp_path / "a 'checkout'"
    folder.mkdir()
    for name in (NAME, "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "fluxstatus", folder / "fluxstatus", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


@pytest.fixture(name="archive")
def _archive(copy: Path) -> Path:
    """Give the launcher of an unpacked archive: the packages are beside it."""
    (copy / "pyproject.toml").unlink()
    (copy / "lib").symlink_to(Path(typer.__file__).parents[1])
    return copy / NAME


@pytest.fixture(name="checkout")
def _checkout(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the launcher of a checkout; pip finds packages of the right names that are empty."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for package in ("jmespath-1.1.0", "sh-2.4.0", "typer-0.28.0"):
        make_wheel(wheels, package)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return copy / NAME


def make_wheel(folder: Path, package: str) -> None:
    """Make a wheel with nothing in it."""
    name, _, version = package.partition("-")
    info = f"{package}.dist-info"
    with zipfile.ZipFile(folder / f"{package}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


# From an archive


def test_archive_needs_nothing_more(archive: Path) -> None:
    """With the packages in lib/ it runs, and makes no environment."""
    done = start(archive, "--demo")
    assert (done.returncode, done.stderr) == (1, "")
    assert not (archive.parent / ".venv").exists()


def test_by_links(archive: Path, tmp_path: Path) -> None:
    """It runs by a link to a link, relative and absolute, from any folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "absolute").symlink_to(archive)
    (folder / NAME).symlink_to("absolute")
    assert start(folder / NAME, "--version").returncode == 0


def test_help_has_kubectls_way(archive: Path) -> None:
    """Who calls kubectl-flux_status reads how to call `kubectl flux-status`."""
    assert start(archive, "--help").stdout.startswith("Usage: kubectl flux-status ")


def test_readme_has_the_help(archive: Path) -> None:
    """The README shows what --help says."""
    readme = (ROOT / "README.md").read_text()
    [block] = re.findall(r"```\n(Usage: kubectl flux-status .*?)```", readme, re.DOTALL)
    assert block == start(archive, "--help").stdout


# Installed by pip


@pytest.mark.parametrize(
    ("script", "arguments", "said"),
    [
        ("kubectl-flux_status", ["--version"], "kubectl flux-status "),
        ("kubectl_complete-flux_status", ["--fail-o"], "--fail-on\t"),
    ],
)
def test_entry_points(script: str, arguments: list[str], said: str) -> None:
    """What pip puts on PATH is the program, and the one that kubectl asks for completion."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"][script].partition(":")
    code = f"import sys; from {module} import {function}; sys.exit({function}())"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(said)


# From a checkout


def test_environment_is_made_once(checkout: Path) -> None:
    """Of two first starts at once one makes .venv and says so; both, and the next, run in it."""
    both = [
        subprocess.Popen(
            [checkout, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [program.communicate(timeout=120) for program in both]
    assert [program.returncode for program in both] == [0, 0]
    assert sorted(err.count(".venv") for _, err in said) == [0, 1]
    assert sorted(err.count("\n") for _, err in said) == [0, 1]
    third = start(checkout, "--version")
    assert third.stderr == ""
    assert third.stdout == said[0][0] == said[1][0] != ""


def test_environment_is_renewed(checkout: Path, tmp_path: Path) -> None:
    """New dependencies make .venv anew; when that fails there is why, and the next start tries.

    Any other change of pyproject.toml leaves .venv alone.
    """
    start(checkout, "--version")
    project = checkout.parent / "pyproject.toml"
    project.write_text(project.read_text().replace("line-length = 100", "line-length = 99"))
    assert start(checkout, "--version").stderr == ""
    project.write_text(project.read_text().replace("sh>=2.2.2", "sh>=2.3"))
    (tmp_path / "nothing").mkdir()
    failed = start(checkout, "--version", env={"PIP_FIND_LINKS": str(tmp_path / "nothing")})
    assert (failed.returncode, failed.stdout) == (3, "")
    assert "No matching distribution" in failed.stderr
    assert re.search(r"-m pip install .*'sh>=2.3'", failed.stderr)
    again = start(checkout, "--version")
    assert again.returncode == 0
    assert ".venv" in again.stderr
    assert start(checkout, "--version").stderr == ""


def test_environment_that_cannot_be_made(checkout: Path) -> None:
    """Where .venv cannot be written there is the reason, and code 3."""
    (checkout.parent / ".venv").write_text("in the way")
    done = start(checkout, "--version")
    assert (done.returncode, done.stdout) == (3, "")
    assert ".venv" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_checkout_that_may_not_be_written(checkout: Path) -> None:
    """In a checkout of somebody else there is the reason, and code 3."""
    checkout.parent.chmod(0o555)
    try:
        done = start(checkout, "--version")
    finally:
        checkout.parent.chmod(0o755)
    assert done.returncode == 3
    assert "ermission" in done.stderr


# With any Python


def old_pythons() -> list[str]:
    """Give the interpreters on this machine that are too old."""
    named = (shutil.which(f"python{version}") for version in ("2.7", "3.6", "3.8", "3.9", "3.10"))
    managed = Path.home().glob(".pyenv/versions/*/bin/python")
    found = [*filter(None, named), *map(str, managed)]
    test = "import sys; sys.exit(sys.version_info >= (3, 11))"
    return [
        python
        for python in found
        if subprocess.run([python, "-c", test], capture_output=True, check=False).returncode == 0
    ]


@pytest.fixture(name="old_python", params=old_pythons() or [""])
def _old_python(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Make a folder, all there is on PATH, whose python3 is too old."""
    if not request.param:
        pytest.skip("no Python here is too old")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(request.param)
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("KUBECTL_FLUX_STATUS_PYTHON")
    return folder


def test_python_that_is_too_old(archive: Path, old_python: Path) -> None:
    """A Python that is too old gets one sentence, and code 2."""
    assert old_python.exists()
    done = start(archive, "--version")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "needs Python 3.11 or newer" in done.stderr


def test_newer_python_is_found(archive: Path, old_python: Path) -> None:
    """When python3 is too old, a newer one of another name on PATH is taken."""
    (old_python / "python3.11").symlink_to(NEW_PYTHON)
    assert start(archive, "--version").returncode == 0


def test_no_python(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any Python there is one sentence, and code 2."""
    monkeypatch.delenv("KUBECTL_FLUX_STATUS_PYTHON")
    done = start(archive, "--version", env={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


# As a plugin


@pytest.mark.cluster
def test_kubectl_finds_it(archive: Path, kubectl: Path, tmp_path: Path) -> None:
    """`kubectl flux-status` runs it by a link on PATH, and kubectl has nothing to complain of."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / NAME).symlink_to(archive)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        [kubectl, "flux-status", "--demo", "-o", "json"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    listed = subprocess.run(
        [kubectl, "plugin", "list"], env=env, capture_output=True, text=True, check=False
    )
    assert str(folder / NAME) in listed.stdout
    assert "warning" not in listed.stderr
