"""Receivers: whether a webhook was ever called, as far as the objects show."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.checks import webhooks
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.ref import Key
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource
from tests.builders import HEALTHY, evidence, flux, found, kustomization, source, stamp

DAY = timedelta(days=1)
REQUEST = "2026-03-01 10:00:00.1 +0000 UTC m=+5.0"


def receiver(**more: Any) -> Object:
    """Return a Receiver for GitRepository git that is ten days old."""
    spec = {
        "type": "github",
        "resources": [{"kind": "GitRepository", "name": "git"}],
    } | more.pop("spec", {})
    conditions = {"Ready": "True Succeeded: Receiver initialized for path: /hook/1"}
    ages = {"born": 10 * DAY, "age": 10 * DAY, "generation": 1}
    return flux("Receiver", "hook", conditions, spec=spec, **{**ages, **more})


def changed_receiver(ago: timedelta) -> Object:
    """Return a Receiver whose spec was changed so long ago."""
    fields = {"fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:resources": {}}}}
    entry = {"manager": "kubectl", "operation": "Apply", "time": stamp(ago), **fields}
    return receiver(generation=2, observed=2, managedFields=[entry])


def applied(*revisions: tuple[str, timedelta], **more: Any) -> Object:
    """Return a Kustomization that first applied each of these *revisions* so long ago."""
    one = kustomization("app", "git", **more)
    one["status"]["history"] = [
        {
            "digest": f"sha256:{number}",
            "firstReconciled": stamp(ago),
            "lastReconciled": stamp(timedelta(minutes=10)),
            "metadata": {"revision": revision},
        }
        for number, (revision, ago) in enumerate(revisions)
    ]
    return one


def never_called(*objects: Object) -> list[Finding]:
    """Return the findings about webhooks."""
    known = found("reconcilers", evidence(*HEALTHY, *objects))
    return [one for one in known if one.code == "receiver-never-called"]


def requested() -> Object:
    """Return a GitRepository that a webhook, or somebody, has requested."""
    return source("git", annotations={"reconcile.fluxcd.io/requestedAt": REQUEST})


def handled() -> Object:
    """Return a GitRepository that has handled a request, whose annotation is gone."""
    one = source("git")
    one["status"]["lastHandledReconcileAt"] = REQUEST
    return one


THREE = (("main@sha1:c", DAY), ("main@sha1:b", 2 * DAY), ("main@sha1:a", 20 * DAY))
CHANGED = applied(*THREE)


def test_a_webhook_that_was_never_called() -> None:
    """The source has new revisions since the Receiver was created, and has never had a request."""
    [finding] = never_called(source("git"), CHANGED, receiver())
    assert finding.level is Level.WARN
    assert "1 new revision came" in finding.why
    assert [ref.kind for ref in finding.objects] == ["Receiver", "GitRepository"]


@pytest.mark.parametrize(
    "objects",
    [
        [requested(), CHANGED, receiver()],
        [handled(), CHANGED, receiver()],
        [source("git"), applied(("main@sha1:a", 20 * DAY)), receiver()],
        [source("git"), applied(("main@sha1:a", 20 * DAY), ("main@sha1:a", DAY)), receiver()],
        [source("git"), kustomization("app", "git"), receiver()],
        [source("git"), applied(("main@sha1:b", DAY), ("main@sha1:a", 20 * DAY)), receiver()],
        [source("git", born=DAY + DAY / 2), CHANGED, receiver()],
        [source("git"), CHANGED, receiver(generation=2, observed=2)],
        [source("git"), CHANGED, changed_receiver(DAY + DAY / 2)],
        [source("git"), CHANGED, receiver(age=DAY + DAY / 2)],
        [source("git"), CHANGED, receiver(born=timedelta(minutes=30))],
        [source("git"), CHANGED, receiver(spec={"suspend": True})],
        [source("git"), CHANGED, receiver(spec={"resourceFilter": "req.tag == '1'"})],
        [source("git"), applied(*THREE, born=3 * DAY), receiver()],
        [source("git"), CHANGED, receiver(spec={"events": ["ping", "release"]})],
    ],
    ids=[
        "requested", "handled", "no change", "same revision", "no history", "applied late",
        "new source", "changed at some time", "changed yesterday", "new URL", "new", "suspended",
        "filtered", "new Kustomization", "releases",
    ],
)  # fmt: skip
def test_no_false_alarm(objects: list[Object]) -> None:
    """Without a new revision, or with a request by anybody, nothing is known."""
    assert never_called(*objects) == []


@pytest.mark.parametrize("event", ["push", "Push Hook", "repo:refs_changed", "git.push"])
def test_events_of_commits(event: str) -> None:
    """A Receiver for the commits of any Git server is one that should have been called."""
    hook = receiver(spec={"events": ["ping", event]})
    assert len(never_called(source("git"), CHANGED, hook)) == 1


def test_a_receiver_that_was_changed_before() -> None:
    """What came after the last change of a Receiver counts."""
    assert len(never_called(source("git"), CHANGED, changed_receiver(5 * DAY))) == 1


def test_many_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Kustomization is looked at once, however many Receivers and sources there are."""
    seen: list[Resource] = []

    def counted(resource: Resource) -> Key | None:
        seen.append(resource)
        return source_of(resource)

    monkeypatch.setattr(webhooks, "source_of", counted)
    hooks = [
        receiver() | {"metadata": receiver()["metadata"] | {"name": f"h{i}"}} for i in range(9)
    ]
    assert len(never_called(source("git"), CHANGED, *hooks)) == 9
    assert len(seen) == len({one.key for one in seen})


def test_one_call_counts_for_all_objects() -> None:
    """A call requests all objects of the Receiver, so that a request of another one may be it."""
    both = {"resources": [{"kind": "GitRepository", "name": name} for name in ("git", "two")]}
    two = source("two", annotations={"reconcile.fluxcd.io/requestedAt": REQUEST})
    assert never_called(source("git"), two, CHANGED, receiver(spec=both)) == []
    assert never_called(source("git"), source("two"), CHANGED, receiver(spec=both))
