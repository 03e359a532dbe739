"""Shapes of trouble in a large cluster, for what counts or times the work of tracing causes."""

from collections.abc import Callable, Iterator, Mapping

from fluxstatus.causes.analysis import Analysis
from fluxstatus.model.evidence import Object
from fluxstatus.state.state import State
from tests.builders import (
    NO_ARTIFACT,
    NOT_THERE,
    evidence,
    flux,
    flux_system,
    kustomization,
    source,
    waiting_for,
)

BUILD_FAILED = {"Ready": "False BuildFailed: kustomize build failed: bad"}


def path_missing(name: str) -> dict[str, str]:
    """Return the condition of a Kustomization with a wrong path (KC internal/controller).

    It is long, and has words of many other faults.
    """
    return {
        "Ready": "False BuildFailed: kustomize build failed: accumulating resources: accumulation "
        f"err='accumulating resources from './{name}': open /tmp/kustomization-17/{name}: no such "
        f"file or directory': must build at directory: '/tmp/kustomization-17/{name}': file is not "
        "directory"
    }


def blocked(count: int) -> Iterator[Object]:
    """Return *count* Kustomizations that one broken source keeps waiting."""
    yield flux("GitRepository", "bad", NOT_THERE)
    yield from (kustomization(f"b{n}", "bad", NO_ARTIFACT) for n in range(count))


def failing(count: int) -> Iterator[Object]:
    """Return *count* that each have a fault of their own, told in words of their own."""
    yield from (kustomization(f"b{n}", "git", path_missing(f"b{n}")) for n in range(count))


def pairs_without_source(count: int) -> Iterator[Object]:
    """Return *count* of which every two refer to a source that does not exist."""
    yield from (kustomization(f"b{n}", f"gone-{n // 2}", NO_ARTIFACT) for n in range(count))


def circles(count: int) -> Iterator[Object]:
    """Return *count* of which every two depend on each other."""
    for n in range(count):
        other = f"b{n ^ 1}"
        yield kustomization(f"b{n}", "git", waiting_for(other), after=[other])


def chain(count: int) -> Iterator[Object]:
    """Return *count* of which each depends on the one before, and the first fails."""
    yield kustomization("b0", "git", BUILD_FAILED)
    for n in range(1, count):
        before = f"b{n - 1}"
        yield kustomization(f"b{n}", "git", waiting_for(before), after=[before])


SHAPES: Mapping[str, Callable[[int], Iterator[Object]]] = {
    "blocked by one source": blocked,
    "each with a fault of its own": failing,
    "pairs without their source": pairs_without_source,
    "circles of two": circles,
    "one long chain": chain,
}


def large(shape: str, affected: int, well: int) -> Analysis:
    """Return a healthy Flux, *well* Kustomizations that are, and *affected* of *shape*, judged."""
    healthy = [kustomization(f"w{n}", "git") for n in range(well)]
    state = State(evidence(*flux_system(), source("git"), *healthy, *SHAPES[shape](affected)))
    _ = state.resources, state.warnings  # these are not the causes' work
    return Analysis(state)
