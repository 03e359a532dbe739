"""The environment of kubectl and flux-operator: when they collect garbage."""

import os
from pathlib import Path

import pytest

from fluxstatus.cluster.collector import collect
from tests.cluster.readers import way
from tests.fakes.programs import program
from tests.fakes.scripted import Api

_NOTED = 'echo "$command ${GOGC-unset} ${GOMEMLIMIT-unset} ${OF_USER-unset}" >>'


@pytest.fixture(name="noted")
def _noted(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have kubectl and flux-operator note their environment in the file that is returned."""
    noted = tmp_path / "noted"
    api.kubectl.instead("*", f"{_NOTED}'{noted}'")
    script = f"command=flux-operator\n{_NOTED}'{noted}'\necho 'client: 0.59.0'"
    program(tmp_path / "bin" / "flux-operator", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("OF_USER", "kept")
    for name in ("GOGC", "GOMEMLIMIT"):
        monkeypatch.delenv(name, raising=False)
    return noted


def test_a_check_lets_them_collect_late(noted: Path) -> None:
    """They get a limit of memory instead, and the rest of the environment."""
    collect(way())
    limits = "off 256MiB kept"
    expected = {f"{name} {limits}" for name in ("proxy", "config", "flux-operator")}
    assert {*noted.read_text().splitlines()} == expected
    assert "GOGC" not in os.environ


@pytest.mark.parametrize("own", [("GOGC", "50"), ("GOMEMLIMIT", "1GiB"), ("GOGC", "")])
def test_what_the_user_has_set_stays(
    noted: Path, monkeypatch: pytest.MonkeyPatch, own: tuple[str, str]
) -> None:
    """Whoever sets one of the two gets exactly that."""
    monkeypatch.setenv(*own)
    collect(way())
    known = {"GOGC": "unset", "GOMEMLIMIT": "unset", own[0]: own[1]}
    limits = f"{known['GOGC']} {known['GOMEMLIMIT']} kept"
    expected = {f"{name} {limits}" for name in ("proxy", "config", "flux-operator")}
    assert {*noted.read_text().splitlines()} == expected
