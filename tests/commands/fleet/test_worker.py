"""A worker, in this process: what it has read of a cluster is let go before the next one."""

import gc
import io
import tracemalloc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.commands.fleet import worker
from fluxstatus.commands.fleet.jobs import Answer, Job, Task, answers_in, job_line
from fluxstatus.model import snapshot
from fluxstatus.state.state import State
from tests.builders import NOW, evidence
from tests.fakes.servers import kube_system, serving
from tests.kubernetes.flux_system import flux_system
from tests.kubernetes.load import fleet

CLUSTERS = 6


def served(*jobs: Job) -> list[Answer]:
    """Return what a worker answers to *jobs*."""
    answers = io.BytesIO()
    worker.serve(io.BytesIO(b"".join(job_line(one, Task()) for one in jobs)), answers)
    return [one for line in answers.getvalue().splitlines() for one in answers_in(line)]


@contextmanager
def without_gc() -> Iterator[None]:
    """Leave garbage in cycles where it is: `collect` freezes it, so nothing would find it."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.fixture(name="states")
def _states(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[State]]:
    """Return references to all states that are made, which do not keep them."""
    found: list[weakref.ref[State]] = []
    make = State.__init__

    def remember(self: State, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        found.append(weakref.ref(self))

    monkeypatch.setattr(State, "__init__", remember)
    return found


@pytest.fixture(name="jobs")
def _jobs(tmp_path: Path) -> list[Job]:
    """Save a cluster of 300 objects several times, each with a uid of its own."""
    known = evidence(*flux_system(NOW), *fleet(300, NOW, blocked=100))
    jobs = [Job(f"c{n}", file=str(tmp_path / f"c{n}.json.gz")) for n in range(CLUSTERS)]
    for one in jobs:
        snapshot.save(Path(one.file), replace(known, uid=one.name))
    return jobs


def test_nothing_of_a_saved_cluster_stays(
    jobs: list[Job], states: list[weakref.ref[State]]
) -> None:
    """Its state is gone as soon as it is judged, and so is what it was made of."""
    served(*jobs[:2])  # what stays once for all: imports, patterns
    states.clear()
    with without_gc():
        tracemalloc.start()
        try:
            begin, _ = tracemalloc.get_traced_memory()
            kept = snapshot.load(Path(jobs[0].file))
            size = tracemalloc.get_traced_memory()[0] - begin
            del kept
            served(jobs[2])
            begin, _ = tracemalloc.get_traced_memory()
            served(*jobs[3:])
            left = tracemalloc.get_traced_memory()[0] - begin
        finally:
            tracemalloc.stop()
        assert len(states) >= len(jobs) - 2
        assert not [one for one in states if one() is not None]
    assert left < size / 2, f"{left} bytes of {len(jobs) - 3} clusters of {size} bytes"


def test_nothing_of_a_live_cluster_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, states: list[weakref.ref[State]]
) -> None:
    """The same holds where the garbage collector is off while a cluster is read."""
    with serving(tmp_path, monkeypatch, "eu", "us") as servers, without_gc():
        for name, api in servers.apis.items():
            api.put(*flux_system(NOW), *fleet(60, NOW), kube_system(f"uid-{name}"))
        found = served(*(Job(name, context=name) for name in servers.apis))
        assert [(one.uid, one.problem) for one in found] == [("uid-eu", ""), ("uid-us", "")]
        assert states
        assert not [one for one in states if one() is not None]


def test_equal_texts_of_several_clusters_are_one(jobs: list[Job]) -> None:
    """What is kept of fifty clusters to compare them takes little more than that of one."""
    first, second = served(*jobs[:2])
    assert first.sources
    assert second.sources
    for one, other in zip(first.sources, second.sources, strict=True):
        assert one == other
        assert all(a is b for a, b in zip(one, other, strict=True) if isinstance(a, str))
