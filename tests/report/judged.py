"""Reports on recorded clusters, also with a hostile text in every field."""

from collections.abc import Iterator
from functools import cache

from fluxstatus.model import snapshot
from fluxstatus.model.findings import Report
from tests.builders import judge
from tests.conftest import RECORDED
from tests.planting import HOSTILE, STATES, planted, planted_around, state, turns

NAMES = tuple(path.name.removesuffix(".json.gz") for path in sorted(RECORDED.glob("*.json.gz")))


@cache
def recorded(name: str) -> Report:
    """Return the report on a recorded cluster."""
    return judge(snapshot.load(RECORDED / f"{name}.json.gz"))


@cache
def hostile() -> tuple[Report, ...]:
    """Return reports in which every field of an object, and all around them, is hostile."""
    return tuple(_hostile())


def _hostile() -> Iterator[Report]:
    for name in STATES:
        yield judge(planted_around(state(name), HOSTILE))
        for turn in range(0, turns(), 8):
            yield judge(planted(state(name), turn, HOSTILE))
