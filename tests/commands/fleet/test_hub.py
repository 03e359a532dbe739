"""The hub's Job as hub.yaml has it: eight processes over a folder of kubeconfigs, one is killed."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fluxstatus.model.findings import Exit
from shipping import manifests
from tests.commands.fleet.test_fleet import by_name, failing, healthy
from tests.conftest import ROOT, Program
from tests.fakes.programs import program
from tests.fakes.scripted import as_usual, stalled
from tests.fakes.servers import Servers, serving
from tests.install.fixtures import NAME

NAMES = [f"c{number:02}" for number in range(10)]


@pytest.fixture(name="hub")
def _hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """Run ten clusters, of which one fails, and give each a kubeconfig in a folder."""
    with serving(tmp_path, monkeypatch, *NAMES) as servers:
        (tmp_path / "clusters").mkdir()
        (tmp_path / "reports").mkdir()
        for name, api in servers.apis.items():
            api.put(*healthy(f"uid-{name}"))
            document = servers.document() | {"current-context": name}
            (tmp_path / "clusters" / name).write_text(json.dumps(document))
        servers["c04"].put(failing())
        program(tmp_path / "bin" / NAME, f'exec "{sys.executable}" -m fluxstatus "$@"')
        yield servers


def start(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the container of each pod of the Job, with its index; the mounts are in *folder*."""
    job: Any = list(yaml.safe_load_all(manifests.channels()["hub.yaml"]))[-1]
    [container] = job["spec"]["template"]["spec"]["containers"]
    [script] = container["args"]
    script = script.replace("/kubeconfigs/", f"{folder}/clusters/")
    script = script.replace("/reports/", f"{folder}/reports/")
    assert job["spec"]["completionMode"] == "Indexed"
    for index in range(job["spec"]["completions"]):
        yield subprocess.Popen(
            [*container["command"], script],
            env={**os.environ, "JOB_COMPLETION_INDEX": f"{index}"},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def test_eight_pods_of_which_one_is_killed(hub: Servers, flux_status: Program) -> None:
    """The recipe's table has the lost clusters by name, as unknown; then the Job runs again."""
    hub["c03"]["*"] = stalled
    pods = list(start(hub.folder))
    while not hub["c03"].asked():
        assert pods[3].poll() is None
        time.sleep(0.05)
    os.killpg(pods[3].pid, signal.SIGKILL)
    assert [pod.wait() for pod in pods] == [0, 0, 0, -signal.SIGKILL, 0, 0, 0, 0]
    joined = join(hub.folder, flux_status, "-o", "json")
    found = {name: one["verdict"] for name, one in by_name(joined.stdout).items()}
    assert joined.returncode == Exit.UNHEALTHY
    expected = dict.fromkeys(NAMES, "pass") | {"c03": "unknown", "c04": "fail"}
    assert found == expected
    table = join(hub.folder, flux_status).stdout
    assert re.search(r"^unknown +c03 ", table, re.MULTILINE)
    assert "10 clusters · 1 fail · 1 unknown · 8 pass" in table
    hub["c03"]["*"] = as_usual
    assert [pod.wait() for pod in start(hub.folder)] == [0] * 8
    again = by_name(join(hub.folder, flux_status, "-o", "json").stdout)
    assert {name: one["verdict"] for name, one in again.items()} == expected | {"c03": "pass"}


def join(folder: Path, flux_status: Program, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the last command of the recipe, with the names of all clusters."""
    page = (ROOT / "docs" / "recipes.md").read_text()
    [command] = re.findall(r"^kubectl flux-status (fleet --from .*)$", page, re.MULTILINE)
    (folder / "clusters.txt").write_text("\n".join(NAMES))
    given = command.replace("reports/", f"{folder}/reports/")
    given = given.replace("clusters.txt", f"{folder}/clusters.txt")
    return flux_status(*shlex.split(given), *words)
