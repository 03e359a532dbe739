"""What the reports of a snapshot suggest to run with this program works as it is printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.commands.options import DEMO
from fluxstatus.model.kubectl_flags import LIVE
from tests.commands.in_process import Command, running
from tests.conftest import RECORDED
from tests.live.commands import Printed, of_each_shape, printed_in

SNAPSHOTS = [*sorted(RECORDED.glob("*.json.gz")), DEMO]
OWN = ("kubectl", "flux-status")
_FOR_A_CLUSTER = {*LIVE, "--save", "--wait"}


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    with running(monkeypatch, capsys) as command:
        yield command


def reports(run: Command, saved: str) -> Iterator[tuple[str, Any]]:
    """Yield what each command about a snapshot prints as JSON, with its arguments."""

    def document(words: str) -> tuple[str, Any]:
        return words, json.loads(run(f"{words} {saved} -o json").out or "{}")

    yield document("--all --advice")
    yield document("upgrade plan")
    _, listed = document("get all")
    verdicts = sorted(listed.get("verdicts", ()), key=lambda one: one["ready"] != "True")
    for one in {each["object"]["kind"]: each["object"] for each in verdicts}.values():
        for command in ("explain", "reconcile"):
            yield document(f"{command} {one['kind']}/{one['name']} -n {one['namespace']}")


@pytest.mark.long
@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.name)
def test_own_commands_read_the_same_snapshot(run: Command, file: Path) -> None:
    """Each has the option of the snapshot, and ends with a verdict; others are for a cluster."""
    saved = "--demo" if file == DEMO else f"--from {file}"
    printed = [
        one
        for words, document in reports(run, saved)
        for one in printed_in(document, words)
        if one.argv[:2] == OWN
    ]

    def is_live(one: Printed) -> bool:
        return not _FOR_A_CLUSTER.isdisjoint(one.argv)

    own = [one for one in printed if not is_live(one)]
    for one in of_each_shape(own):
        line = " ".join(one.argv)
        assert line.endswith(saved)
        done = run(" ".join(one.argv[2:]))
        assert done.code in (0, 1), (line, done.err)
    assert not [one for one in printed if is_live(one) and {"--from", "--demo"} & {*one.argv}]
    assert own or file.name.startswith("cluster-")  # a healthy one suggests nothing
