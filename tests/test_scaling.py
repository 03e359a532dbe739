"""How the work of tracing causes and the length of the report grow with a cluster."""

import cProfile
import pstats

import pytest

from fluxstatus.report import as_text
from fluxstatus.report.look import Look
from tests.builders import judge
from tests.large_clusters import SHAPES, large

SCREEN = 64  # lines, of which some are for what is well and the next step


def calls(shape: str, affected: int, well: int) -> int:
    """Count the calls that tracing the causes takes."""
    _ = large(shape, 10, 0).causes  # what is done once for all: patterns are compiled
    analysis = large(shape, affected, well)
    with cProfile.Profile() as profile:
        _ = analysis.causes
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_with_the_cluster_and_no_faster(shape: str) -> None:
    """Four times the objects are four times the calls, whatever is wrong with them."""
    assert calls(shape, 600, 200) < 4.5 * calls(shape, 150, 50)


def test_a_well_object_costs_next_to_nothing() -> None:
    """Of ten thousand objects most are well, and those take less than fifty calls each."""
    alone, crowd = calls("blocked by one source", 10, 0), calls("blocked by one source", 10, 500)
    assert (crowd - alone) / 500 < 50


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_trouble_fits_a_screen(shape: str) -> None:
    """Three hundred affected objects fit in one screen; --all lists them all."""
    report = judge(large(shape, 300, 20).state.evidence)
    assert len(as_text.render(report, Look(width=100)).splitlines()) <= SCREEN
    assert len(as_text.render(report, Look(width=100, everything=True)).splitlines()) > SCREEN
