"""Programs on this machine: their paths and versions, or why these are unknown."""

import os
import re
import time
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import local_tools
from fluxstatus.cluster.collector import Progress, collect
from fluxstatus.cluster.local_tools import Program
from fluxstatus.model.evidence import Unread, Why
from tests.cluster.readers import way
from tests.fakes.processes import gone
from tests.fakes.programs import program
from tests.fakes.scripted import Api

ASKED = {
    "kubectl": ("version --client", "Client Version: v1.37.2\nKustomize Version: v5.8.1"),
    "helm": ("version --short", "v4.0.1+g1234567"),
    "flux-operator": ("version --client", "client: 0.59.0"),
    "flux-operator-mcp": ("--version", "flux-operator-mcp version 0.59.0"),
    "flux": ("--version", "flux version 2.9.2"),
}
"""What each program has to be asked, and what it answers then."""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder with programs that work with Flux."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FLUXCD_PLUGINS", str(tmp_path))
    return folder


def found(*names: str, seconds: float = 60) -> list[Program]:
    """Return the programs with these *names*."""
    with local_tools.running(names, Deadline(seconds)) as programs:
        return list(programs().values())


def test_each_program_is_asked_as_it_expects(folder: Path) -> None:
    """Each has its own words for its version, and needs no cluster for it."""
    for name, (words, answer) in ASKED.items():
        program(folder / name, f"[ \"$*\" = '{words}' ] || exit 1\ncat <<'END'\n{answer}\nEND")
    versions = ("v1.37.2", "v4.0.1+g1234567", "0.59.0", "0.59.0", "2.9.2")
    assert found(*ASKED) == [
        Program(name, str(folder / name), version)
        for name, version in zip(ASKED, versions, strict=True)
    ]


def test_other_programs_are_only_looked_for(folder: Path) -> None:
    """Of a program without a known way to ask it, the path is enough; it is not started."""
    path = program(folder / "k9s", f"touch {folder}/started")
    assert found("k9s", "kustomize") == [
        Program("k9s", str(path)),
        Program(
            "kustomize",
            unread=Unread(Why.NO_PROGRAM, "kustomize is not installed or not in your PATH"),
        ),
    ]
    assert not (folder / "started").exists()
    assert [one.missing for one in found("k9s", "kustomize")] == [False, True]


def test_kubectl_is_the_one_that_runs_us(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is that of the kubectl that is used, not of the first in PATH."""
    program(folder / "kubectl", "echo v1.30.0")
    ours = program(folder.parent / "ours" / "kubectl", "echo v1.37.2")
    monkeypatch.setenv("KUBECTL_PATH", str(ours))
    assert found("kubectl") == [Program("kubectl", str(ours), "v1.37.2")]


def test_programs_that_hang_share_five_seconds(folder: Path) -> None:
    """They cost five seconds together, or what is left of --timeout, and are ended."""
    names = ("flux", "flux-operator", "flux-operator-mcp", "helm")
    hung = [program(folder / name, "sleep 60; true") for name in names]
    began = time.monotonic()
    for one, path in zip(found(*names), hung, strict=True):
        assert one.path == str(path)
        assert one.unread is not None
        assert one.unread.why is Why.TIMEOUT
        assert gone(str(path))
    assert 5 <= time.monotonic() - began < 15
    [late] = found("flux", seconds=0.3)
    assert late.unread is not None
    assert re.fullmatch(r"flux did not finish within 0\.[123] s", late.unread.text)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'client: 0.59.0'", "0.59.0"),
        ("echo 'client: v1.2.3-rc.1'", "1.2.3-rc.1"),
        ("echo hello", Why.GARBLED),
        ("exit 1", Why.GARBLED),
        (None, Why.NO_PROGRAM),
    ],
)
def test_the_command_line_of_the_operator_is_looked_for(
    api: Api,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    expected: str | Why,
) -> None:
    """Its version is reported, or why it is unknown; a missing CLI is not an error."""
    if script:
        program(tmp_path / "bin" / "flux-operator", script)
    folders = (str(tmp_path / "bin"), str(api.kubectl.path.parent), "/usr/bin", "/bin")
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    monkeypatch.setenv("FLUXCD_PLUGINS", str(tmp_path))
    progress: list[Progress] = []
    known = collect(way(), progress.append).programs["flux-operator"]
    assert (known if isinstance(known, str) else known.why) == expected
    [said] = [one.text for one in progress if one.query == "flux-operator"]
    assert said == (known if isinstance(known, str) else known.text)
