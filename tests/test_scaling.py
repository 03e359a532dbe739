"""How the work of tracing causes and of comparing inventories grows, and the length of a report."""

import cProfile
import json
import pstats
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import Object
from fluxstatus.model.kinds import KINDS
from fluxstatus.report import RENDER, as_text
from fluxstatus.report.look import Look
from fluxstatus.state.inventories import shared
from tests.builders import flux, judge
from tests.large_clusters import SHAPES, large

SCREEN = 64  # lines, of which some are for what is well and the next step


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls that *work* takes."""
    with cProfile.Profile() as profile:
        work()
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def calls(shape: str, affected: int, well: int) -> int:
    """Count the calls that tracing the causes takes."""
    _ = large(shape, 10, 0).causes  # what is done once for all: patterns are compiled
    analysis = large(shape, affected, well)
    return calls_of(lambda: analysis.causes)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_with_the_cluster_and_no_faster(shape: str) -> None:
    """Four times the objects are four times the calls, whatever is wrong with them."""
    assert calls(shape, 600, 200) < 4.5 * calls(shape, 150, 50)


def test_a_well_object_costs_next_to_nothing() -> None:
    """Of ten thousand objects most are well, and those take less than fifty calls each."""
    alone, crowd = calls("blocked by one source", 10, 0), calls("blocked by one source", 10, 500)
    assert (crowd - alone) / 500 < 50


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_of_a_format_grows_with_the_report_and_no_faster(shape: str) -> None:
    """Four times the objects are four times the calls, whatever is wrong with them."""
    first, few, many = (judge(large(shape, 3 * n, n).state.evidence) for n in (1, 50, 200))
    look = Look(everything=True)
    for form, render in RENDER.items():
        render(first, look)  # what is done once for all: imports, patterns
        counts = [calls_of(partial(render, one, look)) for one in (few, many)]
        assert counts[1] < 4.5 * counts[0], form


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_trouble_fits_a_screen(shape: str) -> None:
    """Three hundred affected objects fit in one screen; --all lists them all."""
    report = judge(large(shape, 300, 20).state.evidence)
    assert len(as_text.render(report, Look(width=100)).splitlines()) <= SCREEN
    assert len(as_text.render(report, Look(width=100, everything=True)).splitlines()) > SCREEN


def appliers(count: int, entries: int) -> Iterator[tuple[Object, str]]:
    """Yield *count* pruned Kustomizations, each with its inventory as JSON.

    Each applies what no other does, but the last two share an object.
    """
    for n in range(count):
        ids = [f"team-{n % 300}_app-{n}-{e}_apps_Deployment" for e in range(entries)]
        if n >= count - 2:
            ids[0] = "_prod__Namespace"
        inventory = {"entries": [{"id": one, "v": "v1"} for one in ids]}
        whole = flux("Kustomization", f"k{n}", status={"inventory": inventory})
        yield prune(KINDS["Kustomization"].resource, whole), json.dumps(inventory)


def seconds(work: Callable[[], object]) -> float:
    """Return the time that the processor spends on *work*."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def test_comparing_all_inventories_costs_little_beside_reading_them() -> None:
    """For 10,000 objects with 200,000 entries, at most twice the time that parsing them takes.

    They are measured in turn, and the fastest of each counts. The memory is less than a text of
    the entries takes, and than 10 MiB.
    """
    made = list(appliers(10_000, 20))
    items, texts = [one for one, _ in made], [text for _, text in made]
    compared, parsed = zip(
        *(
            (seconds(lambda: shared(items)), seconds(lambda: [json.loads(one) for one in texts]))
            for _ in range(5)
        ),
        strict=True,
    )
    assert min(compared) < 2 * min(parsed)
    tracemalloc.start()
    try:
        [found] = shared(items)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [entry.name for entry in found.objects] == ["prod"]
    assert peak < min(10 * 2**20, sum(map(len, texts)))
