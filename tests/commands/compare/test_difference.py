"""What differs between two states: each kind of change, and what is none."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from fluxstatus.commands.compare.difference import (
    Change,
    Difference,
    What,
    difference_of,
    grouped,
    sentence,
)
from fluxstatus.model.evidence import CONTROLLERS, Object
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NOW,
    alter,
    container,
    evidence,
    flux,
    flux_of,
    kustomization,
    minutes,
    source,
    stamp,
    without,
)

THEN = NOW - timedelta(hours=1)
KS = KINDS["Kustomization"].resource
NEW = "main@sha1:def"


def then(objects: Iterable[Object], **more: object) -> State:
    """Return the state of *objects* an hour ago."""
    return State(replace(evidence(*objects, **more), taken_at=THEN))  # type: ignore[arg-type]


def now(objects: Iterable[Object], **more: object) -> State:
    """Return the state of *objects* now."""
    return State(evidence(*objects, **more))  # type: ignore[arg-type]


def told(difference: Difference) -> list[tuple[str, str, str]]:
    """Return what has changed, about which object, and when."""
    return [
        (one.what, f"{one.ref}".strip(), f"{one.at:%H:%M}" if one.at else "")
        for one in difference.changes
    ]


def stored(revision: str, ago: float) -> Object:
    """Return a source that stored *revision* so many minutes ago."""
    one = source("git")
    one["status"]["artifact"] = {"revision": revision, "lastUpdateTime": stamp(minutes(ago))}
    return one


def released(version: str, ago: float) -> Object:
    """Return a HelmRelease that deployed this chart version so many minutes ago."""
    entry = {"status": "deployed", "chartVersion": version, "lastDeployed": stamp(minutes(ago))}
    return flux("HelmRelease", "web", status={"history": [entry]})


def suspended(by: str, ago: float) -> Object:
    """Return a Kustomization that a field manager suspended so many minutes ago."""
    fields: Object = {"f:spec": {"f:suspend": {}}}
    entry = {"manager": by, "operation": "Update", "time": stamp(minutes(ago)), "fieldsV1": fields}
    return flux("Kustomization", "app", spec={"suspend": True}, managedFields=[entry])


def changed(generation: int, ago: float) -> Object:
    """Return a Kustomization whose spec was written so many minutes ago."""
    entry = {"manager": "flux", "operation": "Apply", "fieldsV1": {"f:spec": {"f:path": {}}}}
    entry["time"] = stamp(minutes(ago))
    made = flux("Kustomization", "app", observed=generation, managedFields=[entry])
    made["metadata"]["generation"] = generation
    return made


def restarted(ago: float) -> list[Object]:
    """Return Flux with a controller whose container was killed so many minutes ago."""
    last = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": stamp(minutes(ago))}
    one = container(ready=True, restarts=1, running={"startedAt": stamp(minutes(ago))}, last=last)
    return alter(HEALTHY, "Pod/source-controller", {"status.containerStatuses": [one]})


def rolled_out(ago: float) -> list[Object]:
    """Return Flux with a new image of a controller, and its new pod."""
    image = "ghcr.io/fluxcd/source-controller:v9.9.9"
    containers = [{"name": "manager", "image": image}]
    system = alter(
        HEALTHY, "Deployment/source-controller", {"spec.template.spec.containers": containers}
    )
    changes = {"metadata.name": "new-pod", "metadata.creationTimestamp": stamp(minutes(ago))}
    return alter(system, "Pod/source-controller", changes)


APP = kustomization("app", "git")
UID = "metadata.uid"
CASES: dict[str, tuple[list[Object], list[Object], list[tuple[str, str, str]]]] = {
    "nothing": ([APP], [APP], []),
    "a source": (
        [stored("main@sha1:abc", 90)],
        [stored(NEW, 20)],
        [("revision", "GitRepository apps/git", "11:40")],
    ),
    "the same revision again": ([stored(NEW, 90)], [stored(NEW, 20)], []),
    "an applied revision": (
        [APP],
        [kustomization("app", "git", applied=NEW)],
        [("revision", "Kustomization apps/app", "")],
    ),
    "a release": (
        [released("1.0.0", 90)],
        [released("1.1.0", 30)],
        [("revision", "HelmRelease apps/web", "11:30")],
    ),
    "suspended": (
        [flux("Kustomization", "app")],
        [suspended("kubectl-patch", 25)],
        [("suspended", "Kustomization apps/app", "11:35")],
    ),
    "resumed": (
        [suspended("kubectl-patch", 90)],
        [flux("Kustomization", "app")],
        [("resumed", "Kustomization apps/app", "")],
    ),
    "a spec": ([changed(1, 90)], [changed(2, 15)], [("spec", "Kustomization apps/app", "11:45")]),
    "created": (
        [],
        [kustomization("app", "git", born=minutes(40))],
        [("created", "Kustomization apps/app", "11:20")],
    ),
    "deleted": ([APP], [], [("deleted", "Kustomization apps/app", "")]),
    "created again": (
        alter([APP], "Kustomization/app", {UID: "a"}),
        alter([kustomization("app", "git", born=minutes(5))], "Kustomization/app", {UID: "b"}),
        [("created", "Kustomization apps/app", "11:55")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_an_object(name: str) -> None:
    """It is found, with its time where an object says when."""
    before, after, changes = CASES[name]
    assert told(difference_of(then([*HEALTHY, *before]), now([*HEALTHY, *after]))) == changes


def test_who_suspended_an_object_is_said() -> None:
    """As in the check."""
    before = then([*HEALTHY, flux("Kustomization", "app")])
    (change,) = difference_of(before, now([*HEALTHY, suspended("kubectl-patch", 9)])).changes
    assert sentence(change) == "Kustomization apps/app: suspended, by field manager kubectl-patch"


def test_a_restart_and_a_new_image() -> None:
    """A container that was killed, a controller with another version, and its new pod."""
    ((what, pod, at),) = told(difference_of(then(HEALTHY), now(restarted(10))))
    assert (what, pod.partition("-")[0], at) == ("restarted", "Pod flux", "11:50")
    assert told(difference_of(then(HEALTHY), now(restarted(70)))) == []  # before the first one
    found = difference_of(then(HEALTHY), now(rolled_out(10)))
    assert told(found) == [
        ("version", "Deployment flux-system/source-controller", "11:50"),
        ("started", "Pod flux-system/new-pod", "11:50"),
    ]
    assert found.of(What.VERSION)[0].after == "v9.9.9"


def test_versions_of_flux_and_kubernetes() -> None:
    """Their time is unknown."""
    before, after = then(flux_of("v2.8.0")), now(flux_of("v2.9.0"))
    server = after.evidence.target._replace(kubernetes="v1.99.0")
    found = difference_of(before, State(replace(after.evidence, target=server)))
    versions = {one.ref.kind: (one.after, one.at) for one in found.of(What.VERSION)}
    assert versions["Flux"] == ("v2.9.0", None)
    assert versions["Kubernetes"] == ("v1.99.0", None)


def test_a_controller_that_came_or_went() -> None:
    """It is said; if one of the two could not list Deployments, it is not."""
    fewer = without(HEALTHY, "Deployment/source-watcher")
    there = "Deployment flux-system/source-watcher"
    found = {one[:2] for one in told(difference_of(then(HEALTHY), now(fewer)))}
    assert ("deleted", there) in found
    found = {one[:2] for one in told(difference_of(then(fewer), now(HEALTHY)))}
    assert ("created", there) in found
    unread = difference_of(then(HEALTHY), now((), unread={CONTROLLERS: FORBIDDEN}))
    assert not any(one.ref.kind == "Deployment" for one in unread.of(What.DELETED))


@pytest.mark.parametrize("first", [True, False])
def test_what_only_one_of_them_has_read_is_not_compared(first: bool) -> None:
    """A list that could not be read does not mean that its objects came or went."""
    whole, part = [*HEALTHY, APP], {"unread": {KS: FORBIDDEN}}
    found = (
        difference_of(then(HEALTHY, **part), now(whole))
        if first
        else difference_of(then(whole), now(HEALTHY, **part))
    )
    assert told(found) == []
    (note,) = found.unread
    assert KS in note
    assert ("earlier" if first else "later") in note


def test_changes_are_in_order_of_time() -> None:
    """Those without a time are left out there."""
    before = [*HEALTHY, stored("main@sha1:abc", 90), APP, released("1", 90)]
    after = [*HEALTHY, stored(NEW, 20), kustomization("app", "git", applied=NEW), released("2", 30)]
    found = difference_of(then(before), now(after))
    assert [one.ref.kind for one in found.timed] == ["HelmRelease", "GitRepository"]
    assert len(found.changes) == 3


def test_revisions_that_are_alike_are_one_line() -> None:
    """Objects of a kind that went from one revision to another, the first with its time."""
    refs = [Ref("v1", "Kustomization", "apps", f"app-{number}") for number in range(3)]
    alike = [Change(What.REVISION, ref, "main@sha1:abc", NEW) for ref in refs]
    other = Change(What.REVISION, refs[0], "main@sha1:abc", "main@sha1:123")
    deleted = [Change(What.DELETED, ref) for ref in refs]
    found = [(sentence(*one), one[1]) for one in grouped([*alike, other, *deleted])]
    assert found == [
        ("3 Kustomizations: revision main@sha1:abc, now main@sha1:def", 3),
        ("Kustomization apps/app-0: revision main@sha1:abc, now main@sha1:123", 1),
        *((f"{ref}: deleted", 1) for ref in refs),
    ]
