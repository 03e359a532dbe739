"""The rows of the controllers' pods."""

import pytest

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.get.pods import Components
from tests.builders import HEALTHY, evidence


@pytest.mark.parametrize(
    ("counts", "shown"), [([2, 3], "5"), ([None], "0"), (["7"], ""), ([[1], 2], "")]
)
def test_restarts_are_a_number_or_unknown(counts: list[object], shown: str) -> None:
    """The restarts of all containers are added; a count that is no number is not one of 0."""
    [first, *_] = [one for one in HEALTHY if one.get("kind") == "Pod"]
    pod = {**first, "status": {"containerStatuses": [{"restartCount": one} for one in counts]}}
    known = [pod if one is first else one for one in HEALTHY]
    rows = [row for batch in Components([]).entries(Saved(evidence(*known))) for row in batch]
    [row] = [row for row in rows if row.cell("NAME") == first["metadata"]["name"]]
    assert row.cell("RESTARTS") == shown
