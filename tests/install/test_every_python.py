"""Each version of Python that is new enough gives the answers of the one that runs the tests.

`tests/run --pythons` runs all tests that need no cluster with each of them.
"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.compare import runs
from tests.compare.cases import ON_STATES
from tests.install.every_python import others
from tests.install.fixtures import NEW_PYTHON, ROOT

_CLUSTERS = sorted((ROOT / "tests" / "recorded").glob("*.json.gz"))
_FAULTS = sorted((ROOT / "tests" / "reports" / "cases").rglob("*.json.gz"))[::20]
_LINES = [
    *("--help", "--no-such-option", "get nothing --demo", "explain", "rbac", "completion bash"),
    *(f"{command} {words} --demo" for command, several in ON_STATES.items() for words in several),
    *(f"--advice --all --from {file}" for file in _CLUSTERS),
    *(f"get all -o json --from {file}" for file in _CLUSTERS),
    *(f"--all -o json --from {file}" for file in _FAULTS),
]
_OTHERS = others()

Answers = list[tuple[int, str, str]]


def _answers(python: str, unpacked: Path, home: Path) -> Answers:
    """Return what the archive prints with *python*; a warning of Python's is an error."""
    done = subprocess.run(
        [python, "-I", "-W", "error", runs.WORKER, unpacked.parent / "lib"],
        input=json.dumps(_LINES),
        env={**runs.ENVIRONMENT, "HOME": str(home)},
        cwd=home,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    answers: Answers = [tuple(answer) for answer in json.loads(done.stdout)]
    return answers


@pytest.fixture(scope="module", name="expected")
def _expected(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return _answers(NEW_PYTHON, unpacked, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("version", _OTHERS)
def test_same_answers(version: str, expected: Answers, unpacked: Path, tmp_path: Path) -> None:
    """Reports, lists and mistakes are the same, byte for byte, for recorded states and faults."""
    found = _answers(_OTHERS[version], unpacked, tmp_path)
    assert {code for code, _, _ in expected} == {0, 1, 2, 3}
    for line, here, there in zip(_LINES, expected, found, strict=True):
        assert there == here, line
