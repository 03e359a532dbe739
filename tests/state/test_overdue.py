"""Objects that should have been reconciled again, and whether they can run."""

from datetime import timedelta

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.state.overdue import can_run, last_attempt, overdue
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State
from tests.builders import (
    BUILD_FAILED,
    NOT_THERE,
    NOW,
    RECONCILING,
    alter,
    flux,
    kustomization,
    minutes,
    source,
    stamp,
    state,
)

WEB = ("Kustomization", "apps", "web")
LATE = minutes(46)  # more than three times the interval (10m) and the timeout (5m)


def attempted(ago: timedelta | None, one: Object) -> Resource:
    """Return *one*, whose last attempt in the history ended *ago* before now."""
    history = [{"lastReconciled": stamp(ago)}] if ago else []
    changed = alter([one], "Kustomization/web", {"status.history": history})
    return state(*changed).resources[WEB]


def test_an_attempt_that_was_missed_three_times_is_overdue() -> None:
    """A Kustomization may miss an attempt or two: only the third counts."""
    in_time = minutes(44)
    assert overdue(attempted(in_time, kustomization("web", "git", age=in_time)), NOW) is None
    late = overdue(attempted(LATE, kustomization("web", "git", age=LATE)), NOW)
    assert late is not None
    assert (late.last, late.due) == (NOW - LATE, minutes(15))
    assert late.since == NOW - LATE + minutes(15)


@pytest.mark.parametrize(
    ("conditions", "why"),
    [(BUILD_FAILED, "not in the history"), (RECONCILING, "running"), (NOT_THERE, "not built")],
)
def test_what_is_not_recorded_is_not_overdue(conditions: dict[str, str], why: str) -> None:
    """An attempt that failed before the history was written may have been made since."""
    web = attempted(LATE, kustomization("web", "git", conditions, age=LATE))
    assert overdue(web, NOW) is None, why


def test_without_a_history_nothing_is_overdue() -> None:
    """The time of Ready shows an attempt, but not that there was none since."""
    web = attempted(None, kustomization("web", "git", age=LATE))
    assert last_attempt(web) == NOW - LATE
    assert overdue(web, NOW) is None


def waiting(*objects: Object, after: tuple[str, ...] = ()) -> tuple[State, Resource]:
    """Return the state of *objects* with a Kustomization of the source git, and that."""
    known = state(*objects, kustomization("web", "git", after=after))
    return known, known.resources[WEB]


@pytest.mark.parametrize(
    ("objects", "runs"),
    [
        ([source("git"), kustomization("base", "git")], True),
        ([source("git", NOT_THERE), kustomization("base", "git")], True),  # it has an artifact
        ([flux("GitRepository", "git", NOT_THERE), kustomization("base", "git")], False),
        ([kustomization("base", "git")], False),
        ([source("git"), kustomization("base", "git", BUILD_FAILED)], False),
    ],
)
def test_an_object_runs_with_its_source_and_dependencies(
    objects: list[Object], *, runs: bool
) -> None:
    """An object can run if its source has an artifact, and its dependencies are ready."""
    assert can_run(*waiting(*objects, after=("base",))) is runs
