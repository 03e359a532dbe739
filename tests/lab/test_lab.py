"""The judge against 178 namespaces of one cluster, each with a fault of its own, or with none.

states.json.gz was saved from a kube-apiserver, kube-controller-manager, flux-operator 0.59.0 and
Flux's controllers, built from their modules (kwok ran the Pods), against Git, Helm and OCI servers
on loopback; two addresses in texts were made neutral. said.tsv has a line for each namespace: what
was done there, and OBJECT:CODE for what is at fault. Each was read through by hand.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Level
from fluxstatus.state.resource import BROKEN, Verdict
from fluxstatus.state.state import State
from tests.builders import judge
from tests.conftest import RECORDED

HERE = Path(__file__).parent
SAID = [line.split("\t") for line in (HERE / "said.tsv").read_text().splitlines()]
AT_FAULT = (Level.FAIL, Level.WARN, Level.UNKNOWN)
STATES = sorted(HERE.glob("*.json.gz"))
FILES = [*STATES, *sorted(RECORDED.glob("*.json.gz"))]


@cache
def told() -> dict[str, list[str]]:
    """Return what is said of each namespace, advice apart."""
    found: dict[str, list[str]] = {}
    for finding in (f for file in STATES for f in judge(snapshot.load(file)).faults):
        if finding.object and finding.level in AT_FAULT:
            said = f"{finding.object.kind}/{finding.object.name}:{finding.code}"
            found.setdefault(finding.object.namespace, []).append(said)
    return found


@pytest.mark.parametrize(("namespace", "said"), SAID, ids=[row[0] for row in SAID])
def test_a_fault_is_told_where_it_was_made(namespace: str, said: str) -> None:
    """Its object and code, and of what it drags down and of what is well nothing."""
    assert " ".join(told().get(namespace, ["-"])) == said


def test_nothing_is_told_of_anything_else() -> None:
    """Flux itself was well, and is not blamed for so many faults."""
    assert set(told()) <= {namespace for namespace, _ in SAID}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_fails_for_long_has_a_cause(file: Path) -> None:
    """Only in its first minutes may an object be not ready without a word about it."""
    known = State(snapshot.load(file))
    causes = Analysis(known).causes
    unexplained = [
        resource.ref
        for resource in known.resources.values()
        if resource.verdict in BROKEN - {Verdict.TERMINATING}
        and resource.age(known.now) > timedelta(minutes=2)
        and resource.ref.key not in causes.by_object
    ]
    assert unexplained == []
