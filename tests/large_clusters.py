"""Large clusters with many faults, for tests and benchmarks of tracing causes."""

from collections.abc import Callable, Iterator, Mapping

from fluxstatus.causes.analysis import Analysis
from fluxstatus.model.evidence import Object
from fluxstatus.state.state import State
from tests.builders import (
    BUILD_FAILED,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    evidence,
    flux,
    kustomization,
    source,
    waiting_for,
)


def path_missing(name: str) -> dict[str, str]:
    """Return the condition of a Kustomization with a wrong path (KC internal/controller).

    Its long message also has words from the messages of many other faults.
    """
    return {
        "Ready": "False BuildFailed: kustomize build failed: accumulating resources: accumulation "
        f"err='accumulating resources from './{name}': open /tmp/kustomization-17/{name}: no such "
        f"file or directory': must build at directory: '/tmp/kustomization-17/{name}': file is not "
        "directory"
    }


def blocked(count: int) -> Iterator[Object]:
    """Yield *count* Kustomizations that one failing source blocks."""
    yield flux("GitRepository", "bad", NOT_THERE)
    yield from (kustomization(f"b{n}", "bad", NO_ARTIFACT) for n in range(count))


def failing(count: int) -> Iterator[Object]:
    """Yield *count* Kustomizations with a fault and a message of their own."""
    yield from (kustomization(f"b{n}", "git", path_missing(f"b{n}")) for n in range(count))


def pairs_without_source(count: int) -> Iterator[Object]:
    """Yield *count* Kustomizations, two for each source, and no source exists."""
    yield from (kustomization(f"b{n}", f"gone-{n // 2}", NO_ARTIFACT) for n in range(count))


def cycles(count: int) -> Iterator[Object]:
    """Yield *count* Kustomizations in pairs that depend on each other."""
    for n in range(count):
        other = f"b{n ^ 1}"
        yield kustomization(f"b{n}", "git", waiting_for(other), after=[other])


def chain(count: int) -> Iterator[Object]:
    """Yield *count* Kustomizations that depend on the one before; the first fails."""
    yield kustomization("b0", "git", BUILD_FAILED)
    for n in range(1, count):
        before = f"b{n - 1}"
        yield kustomization(f"b{n}", "git", waiting_for(before), after=[before])


SHAPES: Mapping[str, Callable[[int], Iterator[Object]]] = {
    "blocked by one source": blocked,
    "each with a fault of its own": failing,
    "pairs without their source": pairs_without_source,
    "cycles of two": cycles,
    "one long chain": chain,
}


def large(shape: str, affected: int, well: int) -> Analysis:
    """Return the analysis of *well* healthy Kustomizations and *affected* objects of *shape*."""
    healthy = [kustomization(f"w{n}", "git") for n in range(well)]
    state = State(evidence(*HEALTHY, source("git"), *healthy, *SHAPES[shape](affected)))
    _ = state.resources, state.warnings  # computed here, so that only tracing is measured
    return Analysis(state)
