"""What is printed, and the exit code, when one request of a command fails."""

import multiprocessing
import runpy
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.commands.cells import EMPTY, Cell, Done, denials, run_cell
from tests.commands.matrix import (
    BY_KUBECTL,
    COMMANDS,
    FAULTS,
    HEALTHY,
    Fault,
    Request,
    Role,
    codes_of,
    faults_of,
    is_answer,
    requests_of,
)
from tests.conftest import ROOT

_SILENT = (Role.LEASES, Role.LABELS, Role.IDENTITY)
"""Only the check has a note about the first two; without the last, addresses tell clusters apart.
"""

_WORKERS = 6  # most of the time they wait


@pytest.fixture(scope="module", name="workers")
def _workers() -> Iterator[Executor]:
    """Yield processes to run cells in."""
    with ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn")) as pool:
        yield pool


def runs_of(cells: Iterable[Cell], workers: Executor) -> dict[Cell, Done]:
    """Run *cells*, of which the first has no fault; its lines are left out of all others."""
    known = list(cells)
    healthy, *others = workers.map(run_cell, known)
    new = (done._replace(lines=done.lines - healthy.lines) for done in others)
    return dict(zip(known, (healthy, *new), strict=True))


def wrong_with(
    done: Done, role: Role, request: Request, fault: Fault, claims: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield what is wrong with a run; *claims* must not be printed."""
    name = f"{fault.name} for {request.key}"
    if done.code not in codes_of(role, fault):
        yield f"{name}: the exit code is {done.code}"
    if is_answer(role, fault) or role in _SILENT:
        return
    reason = fault.by_kubectl if role in BY_KUBECTL else fault.reason
    reason = reason or request.permission
    if not any(reason in line for line in done.lines):
        yield f"{name}: {reason!r} is not printed"
    for line in claims & done.lines:
        yield f"{name}: {line!r} is printed"


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_not_read_is_unknown(command: str, workers: Executor) -> None:
    """The exit code is right, the reason or permission is printed, and nothing is denied.

    What a command denies only when an answer is empty is not known when that answer is missing.
    """
    requests = requests_of(command)
    without_fault = Cell(command, "", "")
    tried = [(role, one, faults_of(command, i)) for i, (role, one) in enumerate(requests)]
    cells = [
        Cell(command, one.key, fault)
        for _, one, faults in tried
        for fault in (EMPTY, *(fault.name for fault in faults))
    ]
    runs = runs_of((without_fault, *cells), workers)
    healthy = runs[without_fault]
    assert healthy.code == HEALTHY, healthy.lines
    assert healthy.requests == {request.key for _, request in requests}
    wrong: list[str] = []
    for role, request, faults in tried:
        claims = denials(runs[Cell(command, request.key, EMPTY)])
        for fault in faults:
            done = runs[Cell(command, request.key, fault.name)]
            wrong += wrong_with(done, role, request, fault, claims)
    assert not wrong, "\n".join(wrong)


@pytest.mark.cluster  # for kubectl
@pytest.mark.parametrize("command", [one for one in COMMANDS if requests_of(one, by_kubectl=True)])
def test_what_kubectl_did_not_read_is_unknown(
    command: str, workers: Executor, kubectl: Path
) -> None:
    """The same is true of what kubectl reads for the program: logs, and the keys of Secrets."""
    requests = requests_of(command, by_kubectl=True)
    without_fault = Cell(command, "", "", kubectl)
    cells = [Cell(command, one.key, fault.name, kubectl) for _, one in requests for fault in FAULTS]
    runs = runs_of((without_fault, *cells), workers)
    assert runs[without_fault].code == HEALTHY, runs[without_fault].lines
    wrong: list[str] = []
    for role, request in requests:
        for fault in FAULTS:
            done = runs[Cell(command, request.key, fault.name, kubectl)]
            wrong += wrong_with(done, role, request, fault)
    assert not wrong, "\n".join(wrong)


def test_page_is_current() -> None:
    """docs/reliability.md is what docs/reliability.py prints."""
    page = runpy.run_path(str(ROOT / "docs" / "reliability.py"))["page"]()
    assert (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8") == page
