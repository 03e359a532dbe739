"""The outlook of an object on its own."""

from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.reconcile.advice import advise
from fluxstatus.commands.reconcile.outlook import Outlook
from fluxstatus.model.evidence import Object, Unread, Why
from tests.builders import (
    HEALTHY,
    NOT_THERE,
    NOW,
    alter,
    event,
    flux,
    kustomization,
    minutes,
    source,
    stamp,
    state,
)

FAILING = {"Ready": "False BuildFailed: kustomize build failed"}


def outlooks(key: tuple[str, str, str], *objects: Object, **more: Any) -> tuple[Outlook, ...]:
    """Return what will happen to the object *key*."""
    known = state(*HEALTHY, *objects, **more)
    return advise(Analysis(known), known.resources[key]).outlooks


APP = ("Kustomization", "apps", "app")
GIT = source("app", spec={"interval": "5m", "url": "https://git.example.com/app"})


@pytest.mark.parametrize(
    ("conditions", "spec", "in_minutes"),
    [
        (None, {"interval": "10m"}, 6),
        (None, {"interval": "10m", "retryInterval": "1m"}, 6),
        (FAILING, {"interval": "10m"}, 6),
        (FAILING, {"interval": "10m", "retryInterval": "5m"}, 1),
    ],
)
def test_next_attempt(conditions: Any, spec: Object, in_minutes: int) -> None:
    """After success the interval applies, after a failure retryInterval if it is set."""
    one = kustomization("app", "app", conditions, spec=spec, age=minutes(4))
    first = outlooks(APP, GIT, one)[0]
    assert first.at == NOW + timedelta(minutes=in_minutes)
    assert "about" in first.text


@pytest.mark.parametrize(
    ("message", "how_often"),
    [
        ("Source artifact not found, retrying in 5s", "retries about every 5s and"),
        ("Source artifact not found, retrying in 1m30s", "about every 90s and"),
        ("Source artifact not found", "retries on its own, every 30s by default, and"),
        ("Source artifact not found, retrying in 0s", "every 30s by default"),
    ],
)
def test_how_often_it_looks_at_what_it_waits_for(message: str, how_often: str) -> None:
    """It is a setting of the controller, which the message has; the Flux Operator sets 5s."""
    git = source("app", {"Ready": "False GitOperationFailed: no"})
    del git["status"]["artifact"]
    one = kustomization("app", "app", {"Ready": f"False ArtifactFailed: {message}"})
    assert how_often in outlooks(APP, git, one)[0].text


def test_overdue() -> None:
    """An overdue reconciliation is reported with how long it has been due."""
    one = kustomization("app", "app", spec={"interval": "1m"}, age=minutes(4))
    first = outlooks(APP, GIT, one)[0]
    assert first.at == NOW - timedelta(minutes=3)
    assert "due 3m ago" in first.text


def test_history_counts_more_than_conditions() -> None:
    """The newest record of an attempt counts."""
    one = kustomization("app", "app", spec={"interval": "10m"}, age=minutes(60))
    one["status"]["history"] = [{"lastReconciled": stamp(minutes(2))}]
    assert outlooks(APP, GIT, one)[0].at == NOW + timedelta(minutes=8)


def test_a_failing_source_backs_off() -> None:
    """A failing source has its last attempt and its longest backoff."""
    warned = event("GitRepository apps/app", "GitOperationFailed", "no", ago=minutes(3))
    first = outlooks(("GitRepository", "apps", "app"), source("app", NOT_THERE), warned)[0]
    assert first.at == NOW + timedelta(minutes=12)
    assert "at most 15m" in first.text


@pytest.mark.parametrize("kind", ["HelmRelease", "GitRepository"])
def test_no_trace_is_no_time(kind: str) -> None:
    """An object whose status does not change without news gets no invented time."""
    first = outlooks((kind, "apps", "app"), flux(kind, "app", spec={"interval": "10m"}))[0]
    assert first.at is None
    assert "the time of the last attempt is unknown" in first.text


@pytest.mark.parametrize(
    ("annotation", "hours"), [({}, 1), ({"fluxcd.controlplane.io/reconcileEvery": "3h"}, 3)]
)
def test_the_operators_own_interval(annotation: Object, hours: int) -> None:
    """A ResourceSet has its interval in an annotation, and one by default."""
    one = flux("ResourceSet", "app", age=minutes(5), annotations=annotation)
    first = outlooks(("ResourceSet", "apps", "app"), one)[0]
    assert first.at == NOW + timedelta(hours=hours, minutes=-5)


def test_nothing_happens() -> None:
    """A suspended object stays suspended until it is resumed."""
    result = outlooks(APP, GIT, kustomization("app", "app", spec={"suspend": True}))
    assert "until it is resumed" in result[0].text


def _receiver(**more: Any) -> Object:
    of_all = {"name": "*", "namespace": "apps", "matchLabels": {}}
    resources = [{"kind": "GitRepository", **of_all}]
    return flux("Receiver", "hooks/github", spec={"resources": resources}, **more)


def test_receiver() -> None:
    """A Receiver triggers its source at once; one that is not ready is reported."""
    one = kustomization("app", "app")
    assert "Receiver hooks/github triggers" in outlooks(APP, GIT, one, _receiver())[1].text
    ill = _receiver(conditions={"Ready": "False TokenNotFound: no"})
    assert "but this Receiver is not ready" in outlooks(APP, GIT, one, ill)[1].text
    for entry in (
        {"kind": "Bucket", "name": "app", "namespace": "apps"},
        {"kind": "GitRepository", "name": "*", "namespace": "apps", "matchLabels": {"team": "x"}},
    ):
        other = flux("Receiver", "hooks/x", spec={"resources": [entry]})
        result = outlooks(APP, GIT, one, other)[1].text
        assert "no Receiver triggers GitRepository apps/app" in result
    assert "every 5m" in outlooks(APP, GIT, one)[1].text


def test_receivers_that_could_not_be_read() -> None:
    """Receivers that cannot be listed are not reported as absent."""
    hidden = {"receivers.notification.toolkit.fluxcd.io": Unread(Why.FORBIDDEN, "not allowed")}
    result = outlooks(APP, GIT, kustomization("app", "app"), unread=hidden)
    assert (
        "it is unknown whether a Receiver triggers GitRepository apps/app (not allowed)"
        in result[1].text
    )


def test_a_source_without_a_controller() -> None:
    """With source-controller unavailable no update is announced."""
    down = {"spec.replicas": 0, "status.readyReplicas": 0}
    objects = alter(HEALTHY, "Deployment/source-controller", down)
    known = state(*objects, GIT, kustomization("app", "app"))
    result = advise(Analysis(known), known.resources[APP]).outlooks
    assert "until Deployment flux-system/source-controller is running" in result[-1].text
