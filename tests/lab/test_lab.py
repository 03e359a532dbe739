"""178 namespaces of one cluster, each with a fault of its own, or with none.

states.json.gz was saved from a kube-apiserver, kube-controller-manager, flux-operator 0.59.0 and
Flux's controllers, built from their modules (kwok ran the Pods), against Git, Helm and OCI servers
on loopback; two addresses in texts were made neutral. truths.tsv says what is true of each
namespace with a fault and of some without; test_truths.py compares. In the others, nothing may be
reported.
"""

from pathlib import Path

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.model import snapshot
from fluxstatus.state.resource import BROKEN, Verdict, is_recent
from fluxstatus.state.state import State
from tests.conftest import RECORDED

HERE = Path(__file__).parent
FILES = [*sorted(HERE.glob("*.json.gz")), *sorted(RECORDED.glob("*.json.gz"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_fails_for_long_has_a_cause(file: Path) -> None:
    """Only in its first minutes may an object be not ready without a word about it."""
    known = State(snapshot.load(file))
    causes = Analysis(known).causes
    unexplained = [
        resource.ref
        for resource in known.resources.values()
        if resource.verdict in BROKEN - {Verdict.TERMINATING}
        and not is_recent(resource.created, known.now)
        and resource.ref.key not in causes.by_object
    ]
    assert unexplained == []
