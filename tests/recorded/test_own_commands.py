"""What the reports of a snapshot suggest to run with this program works as it is printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.commands.options import DEMO
from fluxstatus.model.kubectl_flags import LIVE
from tests.conftest import RECORDED, Program
from tests.live.commands import Printed, of_each_shape, printed_in

SNAPSHOTS = [*sorted(RECORDED.glob("*.json.gz")), DEMO]
OWN = ("kubectl", "flux-status")


def reports(flux_status: Program, *saved: str) -> Iterator[tuple[str, Any]]:
    """Yield what each command about a snapshot prints as JSON, with its arguments."""

    def document(*words: str) -> tuple[str, Any]:
        done = flux_status(*words, *saved, "-o", "json")
        return " ".join(words), json.loads(done.stdout or "{}")

    yield document("--all", "--advice")
    yield document("upgrade", "plan")
    _, listed = document("get", "all")
    verdicts = sorted(listed.get("verdicts", ()), key=lambda one: one["ready"] != "True")
    for one in {each["object"]["kind"]: each["object"] for each in verdicts}.values():
        name = (f"{one['kind']}/{one['name']}", "-n", one["namespace"])
        yield document("explain", *name)
        yield document("reconcile", *name)


@pytest.mark.long
@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.name)
def test_own_commands_read_the_same_snapshot(flux_status: Program, file: Path) -> None:
    """Each has the option of the snapshot, and ends with a verdict; others are for a cluster."""
    saved = ("--demo",) if file == DEMO else ("--from", f"{file}")
    printed: list[Printed] = []
    for words, document in reports(flux_status, *saved):
        printed += printed_in(document, words)
    own = [one for one in printed if one.argv[:2] == OWN and one.argv[2] not in LIVE]
    for one in of_each_shape(own):
        assert one.argv[-len(saved) :] == saved, one
        done = flux_status(*one.argv[2:])
        assert done.returncode in (0, 1), (one, done.stderr)
    others = [one.argv for one in printed if one.argv[:2] == OWN and one.argv[2] in LIVE]
    assert not [argv for argv in others if {"--from", "--demo"} & {*argv}]
    assert own or file.name.startswith("cluster-")  # a healthy one suggests nothing
