"""The state that is derived from the Evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fluxstatus.commands.versions.inventory import Role, parts_of
from fluxstatus.model.evidence import Incomplete, Object, Unread, Why
from fluxstatus.model.ref import Key
from fluxstatus.state.deployments import DEFAULT_COMPONENTS
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NOW,
    alter,
    event,
    evidence,
    minutes,
    source,
    state,
    without,
)

GIT: Key = ("GitRepository", "apps", "git")
GITS = "gitrepositories.source.toolkit.fluxcd.io"


def test_objects_are_found_by_kind_namespace_and_name() -> None:
    """Every Flux object is in the state once, with its verdict; a FluxReport is not."""
    known = state(*HEALTHY, source("git"))
    assert known.resources[GIT].ready
    assert "FluxReport" not in {kind for kind, _, _ in known.resources}


def test_what_was_looked_for_and_not_found_is_missing() -> None:
    """An object that is not in the list of its kind certainly does not exist."""
    assert state().known_missing(GIT)
    assert not state(source("git")).known_missing(GIT)


@pytest.mark.parametrize("why", [Why.FORBIDDEN, Why.TIMEOUT, Why.FAILED, Why.NOT_REQUESTED])
def test_what_could_not_be_read_may_be_there(why: Why) -> None:
    """If a kind could not be listed, none of its objects is missing."""
    assert not state(unread={GITS: Unread(why, "no")}).known_missing(GIT)


def test_what_is_not_served_is_missing() -> None:
    """An object of a kind without CRD does not exist."""
    assert state(unread={GITS: Unread(Why.ABSENT, "no")}).known_missing(GIT)


def test_in_a_namespace_that_was_read_something_can_be_missing() -> None:
    """If only some namespaces were read, an object can only be missing in those."""
    known = evidence()
    half = Incomplete(FORBIDDEN, namespaces=("apps",))
    known = replace(known, answers={**known.answers, GITS: half})
    assert State(known).known_missing(GIT)
    assert not State(known).known_missing(("GitRepository", "other", "git"))


def test_a_kind_outside_flux_is_never_missing() -> None:
    """Objects of other kinds are never missing."""
    assert not state().known_missing(("Deployment", "apps", "web"))


def test_warnings_are_those_of_the_last_hour_newest_first() -> None:
    """Events are grouped by object, the newest first, and older ones are dropped."""
    known = state(
        event("Kustomization apps/web", "A", "old", ago=minutes(90)),
        event("Kustomization apps/web", "B", "first", ago=minutes(50), count=3),
        event("Kustomization apps/web", "C", "last", ago=minutes(5)),
    )
    (key,) = known.warnings
    assert key == ("Kustomization", "apps", "web")
    assert [(w.reason, w.times) for w in known.warnings[key]] == [("C", 1), ("B", 3)]


def test_an_event_series_has_its_count_and_time() -> None:
    """The newer form of an event has its count and last time in its series."""
    result = event("Kustomization apps/web", "A", "x", ago=timedelta(hours=5))
    result["series"] = {"count": 12, "lastObservedTime": "2026-11-23T11:58:00.000000Z"}
    ((warned,),) = state(result).warnings.values()
    assert (warned.times, warned.last) == (12, NOW - minutes(2))


def test_an_event_without_a_time_is_dropped() -> None:
    """An event without a time may be older than an hour."""
    result = event("Kustomization apps/web", "A", "x")
    del result["lastTimestamp"]
    assert state(result).warnings == {}


@pytest.mark.parametrize(
    ("gone", "version"),
    [
        ((), "v2.9.5"),
        (("FluxReport/flux",), "v2.9.5"),
        (("FluxReport/flux", "FluxInstance/flux"), "v2.9.5"),
    ],
)
def test_the_version_of_flux_is_found(gone: tuple[str, ...], version: str) -> None:
    """The report, the instance and the labels of the Deployments each have the version."""
    assert state(*without(HEALTHY, *gone)).flux_version == version
    assert state().flux_version == ""


REPORTED = "spec.distribution.version"
PART = {"app.kubernetes.io/part-of": "flux"}
CONTROLLERS = (*DEFAULT_COMPONENTS, "source-watcher")


def labelled(objects: list[Object], *versions: str) -> list[Object]:
    """Return *objects* with these *versions* as the labels of the controllers, in turn."""
    for name, version in zip(CONTROLLERS, versions, strict=True):
        labels = {**PART, "app.kubernetes.io/version": version} if version else PART
        objects = alter(objects, f"Deployment/{name}", {"metadata.labels": labels})
    return objects


@pytest.mark.parametrize(
    ("labels", "version"),
    [
        (("v2.9.5",) * 5, "v2.9.5"),
        (("2.9.4",) * 5, "v2.9.4"),
        ((*("v2.9.5",) * 4, "v2.8.8"), "v2.7.0"),
        (("",) * 5, "v2.7.0"),
    ],
    ids=["all the same", "as a chart labels", "of two versions", "without"],
)
def test_a_report_of_the_past_is_not_believed(labels: tuple[str, ...], version: str) -> None:
    """What all controllers are labelled with counts before a report, which may be old.

    The check and `versions` tell the same.
    """
    known = state(*labelled(alter(HEALTHY, "FluxReport/flux", {REPORTED: "v2.7.0"}), *labels))
    assert known.flux_version == version
    result = next(part for part in parts_of(known, {}) if part.role is Role.DISTRIBUTION)
    assert result.version == version


def test_the_namespace_of_flux_is_that_of_its_controllers() -> None:
    """Flux runs in the namespace of its Deployments, or in flux-system if unknown."""
    moved = [one | {"metadata": one["metadata"] | {"namespace": "gitops"}} for one in HEALTHY]
    assert state(*moved).namespace == "gitops"
    assert state().namespace == "flux-system"


def test_the_controllers_are_known_only_when_all_were_read() -> None:
    """If one list of Deployments is forbidden, the controllers are unknown."""
    assert state(*HEALTHY).controllers_read
    assert not state(unread={"deployments.apps/operator": FORBIDDEN}).controllers_read
