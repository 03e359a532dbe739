"""Workers that crash, or print what is no answer."""

import sys

import pytest

from fluxstatus.cluster import processes
from fluxstatus.commands.fleet import pool
from fluxstatus.commands.fleet.jobs import Job, Task
from fluxstatus.commands.fleet.pool import Pool

JOBS = [Job(f"c{number}", file="none") for number in range(5)]
ECHO = """
import json, sys
for line in sys.stdin:
    job, _ = json.loads(line)
    name = job[0]
    {do}
    print(json.dumps([[name, None, "ok", "", None, "", []]]), flush=True)
"""


def problems(monkeypatch: pytest.MonkeyPatch, do: str, size: int = 2) -> dict[str, str]:
    """Return the problems of the clusters with workers that *do* something before they answer."""
    monkeypatch.setattr(pool, "_CODE", ECHO.replace("{do}", do))
    with Pool(size, Task()) as workers:
        answers = [one for _, found in workers.answers(JOBS) for one in found]
    assert len(answers) == len(JOBS)
    return {one.name: one.problem for one in answers}


@pytest.mark.parametrize(
    ("do", "text"),
    [
        ('if name == "c2": sys.exit("out of luck")', "without a result: out of luck"),
        ('if name == "c2": import os; os.kill(os.getpid(), 9)', "killed by signal 9"),
        ('if name == "c2": print("hello", flush=True); continue', "something other than a result"),
        ('if name == "c2": print("[[1, 2]]", flush=True); continue', ""),
        ('if name == "c2": print("[]", flush=True); continue', "the file contains no clusters"),
    ],
)
def test_a_bad_worker_costs_one_cluster(
    monkeypatch: pytest.MonkeyPatch, do: str, text: str
) -> None:
    """All others are answered, by other workers if need be."""
    found = problems(monkeypatch, do)
    good = [name for name, problem in found.items() if problem == "ok"]
    assert sorted(good) == ["c0", "c1", "c3", "c4"]
    assert any(text in problem for name, problem in found.items() if name not in good)


def test_one_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time, and with the time in words."""
    monkeypatch.setattr(pool, "_FOR_A_FILE", 2.0)
    found = problems(monkeypatch, 'if name == "c0": import time; time.sleep(600)')
    assert found.pop("c0") == "the check did not finish within 2 seconds"
    assert set(found.values()) == {"ok"}


def test_a_worker_does_not_live_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some clusters, a new one takes over."""
    monkeypatch.setattr(pool, "_JOBS", 2)
    started = []
    process = processes.Process

    def counting(*argv: object, **more: object) -> object:
        started.append(argv)
        return process(*argv, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "Process", counting)
    assert set(problems(monkeypatch, "pass", size=1).values()) == {"ok"}
    assert len(started) == 3


def test_without_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker can be started: all clusters are unknown."""
    monkeypatch.setattr(sys, "executable", "/no/python")
    assert all("could not be started" in one for one in problems(monkeypatch, "pass").values())
