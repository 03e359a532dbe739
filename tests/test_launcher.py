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

from tests.conftest import ROOT
from tests.fakes.programs import program
from tests.install.fixtures import NAME, NEW_PYTHON, Room, link, may_unshare, pythons, unpack
from tests.kubernetes.cluster import Cluster


def start(
    launcher: Path, *arguments: str, env: Mapping[str, str] | None = None, only: bool = False
) -> CompletedProcess[str]:
    """Run *launcher* with *env* added to the environment, or with *only* as the environment."""
    return subprocess.run(
        [launcher, *arguments],
        env={**({} if only else os.environ), **(env or {})},
        capture_output=True,
        text=True,
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
def _archive(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the launcher of an unpacked archive, and a Python to it that has no packages."""
    monkeypatch.delenv("PYTHONPATH")
    monkeypatch.setenv("KUBECTL_FLUX_STATUS_PYTHON", NEW_PYTHON)
    return unpacked


@pytest.fixture(name="checkout")
def _checkout(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the launcher of a checkout; pip finds packages of the right names that are empty."""
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


def test_from_its_folder(archive: Path) -> None:
    """It runs by its bare name, as an argument of sh."""
    done = subprocess.run(
        ["sh", NAME, "--version"], cwd=archive.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["a b", "größe", "$x;*", "-n"])
def test_any_path(tarball: Path, clean_room: Room, tmp_path: Path, name: str) -> None:
    """Blanks, letters beyond ASCII and what a shell takes for its own may be in the path."""
    launcher = unpack(tarball, tmp_path / name / "of it")
    path = link(launcher, tmp_path / name / "bin" / NAME).parent
    env = clean_room(path, python3=NEW_PYTHON)
    for language in ({}, {"LC_ALL": "C"}):
        done = subprocess.run(
            ["env", NAME, "list"], env={**env, **language},
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")


def test_folder_that_cannot_be_written(tarball: Path, clean_room: Room, tmp_path: Path) -> None:
    """Where nothing can be written, as for another user, it runs and leaves nothing.

    A file where a cache would be is what not even root can write over.
    """
    launcher = unpack(tarball, tmp_path / "unpacked")
    folders = {file.parent for file in launcher.parent.rglob("*.py")}
    for folder in folders:
        (folder / "__pycache__").write_text("")
    done = start(launcher, "--demo", env={**clean_room(python3=NEW_PYTHON)}, only=True)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.cluster
def test_read_only_file_system(archive: Path, kubectl: Path, running_cluster: Cluster) -> None:
    """Where no file can be written but in shared memory, as in some containers, it runs."""
    if not may_unshare():
        pytest.skip("no mounts of one's own here: that takes root on Linux")
    script = 'mount --make-rprivate / && mount -o remount,bind,ro / && exec "$@"'
    kubeconfig = f"--kubeconfig={running_cluster.kubeconfig('admin')}"
    for words in (["--demo"], [kubeconfig]):
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", archive, *words],
            env={**os.environ, "PATH": f"{kubectl.parent}:{os.environ['PATH']}"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (1, "")


def test_no_bytecode_is_written_if_disabled(
    tarball: Path, clean_room: Room, tmp_path: Path
) -> None:
    """PYTHONDONTWRITEBYTECODE counts; no other setting of Python's does."""
    launcher = unpack(tarball, tmp_path / "unpacked")
    env = {**clean_room(python3=NEW_PYTHON), "PYTHONDONTWRITEBYTECODE": "1"}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONHOME": "/nowhere", "PYTHONSTARTUP": "/nowhere"}
    assert start(launcher, "--demo", env=env, only=True).returncode == 1
    assert not [*launcher.parent.rglob("__pycache__")]


def test_no_home_folder(archive: Path, clean_room: Room, tmp_path: Path) -> None:
    """Without HOME it runs."""
    kubectl = program(tmp_path / "kubectl", "exit 1")
    env = clean_room(python3=NEW_PYTHON, kubectl=kubectl)
    del env["HOME"]
    done = start(archive, "-o", "json", env=env, only=True)
    assert (done.returncode, done.stderr) == (3, "")
    assert '"verdict": "unknown"' in done.stdout


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


def test_the_documentation_has_the_help(archive: Path) -> None:
    """docs/usage.md has the output of --help."""
    page = (ROOT / "docs" / "usage.md").read_text()
    [block] = re.findall(r"```\n(Usage: kubectl flux-status .*?)```", page, re.DOTALL)
    assert block == start(archive, "--help").stdout


# Installed by pip


@pytest.mark.parametrize(
    ("script", "arguments", "expected"),
    [
        ("kubectl-flux_status", ["--version"], "kubectl flux-status "),
        ("kubectl_complete-flux_status", ["--fail-o"], "--fail-on\t"),
    ],
)
def test_entry_points(script: str, arguments: list[str], expected: str) -> None:
    """What pip puts on PATH is the program, and the one that kubectl asks for completion."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"][script].partition(":")
    code = f"import sys; from {module} import {function}; sys.exit({function}())"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(expected)


# From a checkout


def test_environment_is_made_once(checkout: Path) -> None:
    """Of two concurrent first starts one makes .venv and reports it; both then run in it."""
    both = [
        subprocess.Popen(
            [checkout, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    result = [program.communicate() for program in both]
    assert [program.returncode for program in both] == [0, 0]
    assert sorted(err.count(".venv") for _, err in result) == [0, 1]
    assert sorted(err.count("\n") for _, err in result) == [0, 1]
    third = start(checkout, "--version")
    assert third.stderr == ""
    assert third.stdout == result[0][0] == result[1][0] != ""


def test_environment_is_renewed(checkout: Path, tmp_path: Path) -> None:
    """New dependencies rebuild .venv; a failure is reported, and the next start retries.

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


_PYTHONS = pythons()
_OLD = [python for python, new in _PYTHONS.items() if not new]


@pytest.mark.parametrize("python", [python for python, new in _PYTHONS.items() if new])
def test_every_new_python(archive: Path, clean_room: Room, python: str) -> None:
    """It runs with every Python of this machine that is new enough, and nothing is amiss."""
    env = clean_room(python3=python)
    assert start(archive, "version", "--verify", env=env, only=True).returncode == 0
    done = start(archive, "--demo", "--all", env=env, only=True)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["python3", "python3.11", "python3.14"], "python3.14"),
        (["python3", "python3.11", "python3.12"], "python3.12"),
        (["python3", "python3.10"], "python3"),
        (["python3", "shims/python3.13"], "python3"),
        (["shims/python3"], "python3"),
    ],
)
def test_which_python(archive: Path, clean_room: Room, names: list[str], taken: str) -> None:
    """The newest by its name is taken, then python3; a shim's own name proves nothing."""
    env = clean_room()
    folder = Path(env["PATH"])
    for name in names:
        program(folder / name, 'echo "${0##*/}"')
    done = start(archive, env={"PATH": f"{folder / 'shims'}:{folder}"}, only=True)
    assert done.stdout == f"{taken}\n"


@pytest.mark.parametrize(
    ("version", "chosen", "taken"),
    [
        ("3.11.7\n", "", "behind"),
        ("3.11.7\n3.9.18\n", "", "behind"),
        ("3.11.7", "", "behind"),
        ("3.11.7\n", "3.12.1", "shim"),
        ("3.9.18\n", "", "shim"),
        ("3.12.1\n", "", "shim"),
        ("system\n", "", "shim"),
        ("3.11.7 3.9.18\n", "", "shim"),
        ("", "", "shim"),
        (None, "", "shim"),
    ],
)
def test_behind_a_shim_of_pyenv(
    archive: Path, clean_room: Room, version: str | None, chosen: str, taken: str
) -> None:
    """The global version is started itself if it is new enough and there; else the shim decides."""
    env = clean_room()
    pyenv = Path(env["HOME"]) / "my pyenv"
    program(pyenv / "shims" / "python3", "echo shim")
    for number in ("3.11.7", "3.9.18"):
        program(pyenv / "versions" / number / "bin" / "python3", "echo behind")
    if version is not None:
        (pyenv / "version").write_text(version)
    env |= {"PATH": f"{pyenv / 'shims'}:{env['PATH']}", "PYENV_VERSION": chosen}
    assert start(archive, env=env, only=True).stdout == f"{taken}\n"


def test_python_that_is_named(archive: Path, clean_room: Room, tmp_path: Path) -> None:
    """KUBECTL_FLUX_STATUS_PYTHON wins; when it is no program there is one sentence, and code 2."""
    named = program(tmp_path / "my python", "echo mine")
    env = clean_room(python3=NEW_PYTHON)
    mine = start(archive, env={**env, "KUBECTL_FLUX_STATUS_PYTHON": str(named)}, only=True)
    assert mine.stdout == "mine\n"
    wrong = start(archive, env={**env, "KUBECTL_FLUX_STATUS_PYTHON": "/no/such"}, only=True)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert "/no/such" in wrong.stderr


@pytest.fixture(name="old", params=_OLD or [""])
def _old(request: pytest.FixtureRequest, clean_room: Room) -> dict[str, str]:
    """Return surroundings whose python3 is too old."""
    if not request.param:
        pytest.skip("no Python here is too old")
    return clean_room(python3=request.param)


def test_python_that_is_too_old(archive: Path, old: dict[str, str]) -> None:
    """A Python that is too old, found or named, gets one sentence, and code 2."""
    python = shutil.which("python3", path=old["PATH"]) or ""
    for more in ({}, {"KUBECTL_FLUX_STATUS_PYTHON": python}):
        done = start(archive, "--version", env={**old, **more}, only=True)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "needs Python 3.11 or newer" in done.stderr


def test_newer_python_is_found(archive: Path, old: dict[str, str]) -> None:
    """When python3 is too old, a newer one behind a shim is taken, if that runs."""
    shims = Path(old["PATH"]) / "shims"
    program(shims / "python3.13", "exit 127")
    link(NEW_PYTHON, shims / "python3.11")
    env = {**old, "PATH": f"{old['PATH']}:{shims}"}
    assert start(archive, "--version", env=env, only=True).returncode == 0


def test_no_python(archive: Path, clean_room: Room) -> None:
    """Without any Python there is one sentence, and code 2."""
    done = start(archive, "--version", env=clean_room(), only=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "install Python" in done.stderr


# As a plugin


@pytest.mark.cluster
def test_kubectl_finds_it(archive: Path, kubectl: Path, tmp_path: Path) -> None:
    """`kubectl flux-status` runs it by a link on PATH, without warnings of kubectl."""
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
