"""Builds of the programs: their progress, and two runs that share the cache."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.processes import started
from tests.fakes.programs import program

_GO = """
case $1 in
    env) echo go1.27.3; exit ;;
esac
until [ -e '{folder}'/compiled ]; do sleep 0.05; done
while [ "$1" != -o ]; do shift; done
{end}
"""
_BUILD = (
    "from tests.kubernetes import build; build._EVERY = 0.1;"
    " print(build.programs('actionlint')['actionlint'])"
)
_COMMAND = (sys.executable, "-c", _BUILD)
_WHAT = r"tests/kubernetes: building actionlint \(1 of 1\)"


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)


def go(folder: Path, end: str = 'echo built >"$2"') -> None:
    """Put a Go on PATH that ends a build with the shell script *end* when there is "compiled"."""
    program(folder / "go", _GO.format(folder=folder, end=end))


def test_progress_of_a_build(tmp_path: Path) -> None:
    """A build is reported when it starts, while it runs, and when it has ended."""
    go(tmp_path)
    with started(_COMMAND, stderr=subprocess.PIPE) as build:
        assert build.stderr is not None
        lines = [build.stderr.readline() for _ in range(3)]
        (tmp_path / "compiled").touch()
        out, rest = build.communicate()
    assert re.fullmatch(rf"{_WHAT}\n", lines[0])
    assert re.fullmatch(rf"{_WHAT}: not finished after 0m\d\ds\n", lines[1])
    assert re.search(rf"{_WHAT}: done in 0m\d\ds\n$", rest)
    assert Path(out.strip()).read_text() == "built\n"


def test_a_build_that_fails(tmp_path: Path) -> None:
    """It is reported, and nothing that looks like a program is left."""
    go(tmp_path, "echo no network >&2; exit 1")
    (tmp_path / "compiled").touch()
    done = subprocess.run(_COMMAND, capture_output=True, text=True, check=False)
    assert re.search(rf"{_WHAT}: failed after 0m\d\ds\n", done.stderr)
    assert "no network" in done.stderr
    assert not [*tmp_path.rglob("actionlint")]


def test_two_runs_at_once(tmp_path: Path) -> None:
    """The second run says that it waits for the first, and builds nothing again."""
    go(tmp_path)
    with started(_COMMAND, stderr=subprocess.PIPE) as first:
        assert first.stderr is not None
        first.stderr.readline()  # it has the lock
        with started(_COMMAND, stderr=subprocess.PIPE) as second:
            assert second.stderr is not None
            lines = [second.stderr.readline() for _ in range(2)]
            (tmp_path / "compiled").touch()
            _, rest = second.communicate()
        first.communicate()
    waiting = "tests/kubernetes: waiting for another test run that builds the programs"
    assert lines[0] == f"{waiting}\n"
    assert lines[1].startswith(f"{waiting}: not finished after 0m")
    assert "building" not in rest


def test_a_build_inside_a_test_is_heard(tmp_path: Path) -> None:
    """Its progress is printed while pytest keeps the output of tests, and it has no time limit."""
    go(tmp_path, 'sleep 3; echo built >"$2"')
    (tmp_path / "compiled").touch()
    (tmp_path / "test_it.py").write_text(
        "from tests.kubernetes import build\ndef test_it(): assert build.programs('actionlint')\n"
    )
    own = ("-c", "pyproject.toml", "-p", "tests.conftest", "-p", "no:cacheprovider", "-n0", "-q")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *own, "-o", "timeout=2", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout
    assert re.search(rf"{_WHAT}\n{_WHAT}: done in ", done.stderr)
