"""Advice on how often Flux looks."""

from typing import Any

import pytest

from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Level
from tests.advice.looking import habits, seen
from tests.builders import FORBIDDEN, HEALTHY, NOT_THERE, flux, kustomization, source

RECEIVERS = "receivers.notification.toolkit.fluxcd.io"


def git(interval: str, name: str = "a", **more: Any) -> Object:
    """Return a GitRepository that is well and polled at this *interval*."""
    more["spec"] = {"interval": interval, "url": "https://git.example.com/a"} | more.get("spec", {})
    return source(name, **more)


def receiver(*resources: Object, conditions: Any = None, **spec: Any) -> Object:
    """Return a Receiver that triggers *resources*."""
    return flux("Receiver", "hook", conditions, spec={"type": "github", **spec,
                                                      "resources": list(resources)})  # fmt: skip


NAMED = {"kind": "GitRepository", "name": "a"}


@pytest.mark.parametrize(
    ("interval", "short"),
    [("10s", True), ("59s", True), ("1m", False), ("1m0s", False), ("10m", False), ("x", False)],
)
def test_below_a_minute_is_short(interval: str, short: bool) -> None:
    """An interval below 60 s is reported with where to change it; 60 s is not."""
    found = habits(git(interval)).get("interval-short")
    assert (found is not None) is short
    if found:
        assert (found.level, found.category, found.step) == (Level.WARN, "habit", "sources")
        assert found.title.startswith(f"spec.interval of GitRepository apps/a is {interval}")
        assert "spec.interval" in found.hints[0].text
        assert found.object is None  # no single object is at fault


def test_many_short_intervals_are_one_finding() -> None:
    """Advice for many objects is one finding: ten names and the number of the others."""
    many = [git("5s", f"r{i:03}") for i in range(200)]
    found = habits(*many)["interval-short"]
    assert found.title.startswith("200 sources ")
    assert found.count == 200
    assert len(found.evidence) == 11
    assert seen(found)[0] == "GitRepository apps/r000 spec.interval: 5s"
    assert seen(found)[-1] == "and 190 more"
    assert found.blocks == ()


def test_reconcilers_have_their_own_reason() -> None:
    """Short intervals of Kustomizations and of sources are reported separately, by step."""
    found = habits(git("5s"), kustomization("k", "a", spec={"interval": "5s"}))
    assert [f.step for code, f in found.items() if code.startswith("interval-short")] == [
        "sources", "reconcilers",
    ]  # fmt: skip


def test_what_was_made_is_changed_where_it_is_made() -> None:
    """The interval of what an instance, a ResourceSet or a release made is set there."""
    of_instance = {"fluxcd.controlplane.io/name": "flux", "fluxcd.controlplane.io/namespace": "fs"}
    made = {f"resourceset.{key}": "apps" for key in of_instance}
    of_release = {"helm.toolkit.fluxcd.io/name": "r", "helm.toolkit.fluxcd.io/namespace": "apps"}
    chart = flux("HelmChart", "c", spec={"interval": "7s"}, labels=of_release)
    found = habits(git("5s", labels=of_instance), git("6s", "b", labels=made), chart)
    assert seen(found["interval-short"]) == [
        "FluxInstance fs/flux spec.sync.interval: 5s",
        "GitRepository apps/b spec.interval (created by ResourceSet apps/apps): 6s",
        "HelmRelease apps/r spec.chart.spec.interval: 7s",
    ]
    oci = flux("OCIRepository", "apps-r", spec={"interval": "8s"}, labels=of_release)
    assert seen(habits(oci)["interval-short"]) == [
        "HelmRelease apps/r spec.chart.spec.interval: 8s"
    ]
    release = flux("HelmRelease", "r", spec={"interval": "7s"})
    assert seen(habits(chart, release)["interval-short"]) == [
        "HelmRelease apps/r spec.interval: 7s"
    ]


def test_static_repositories_have_no_interval() -> None:
    """An OCI HelmRepository is never polled, whatever its interval."""
    static = flux("HelmRepository", "o", spec={"type": "oci", "interval": "1s"})
    assert not {"interval-short", "no-receiver"} & habits(static).keys()


def test_no_advice_next_to_a_fault() -> None:
    """An object that fails, is suspended or waits gets no advice."""
    failing = git("5s", conditions=NOT_THERE)
    paused = git("5s", "b", spec={"suspend": True})
    waits = kustomization("k", "a", spec={"interval": "5s"})
    assert not {"interval-short", "no-receiver"} & habits(failing, paused, waits).keys()


def test_a_receiver_would_save_requests() -> None:
    """A source that is polled often and has no Receiver is reported with the requests to save."""
    found = habits(git("1m"), git("30s", "b"))["no-receiver"]
    assert "168 requests per hour" in found.title  # 60 - 6 and 120 - 6
    assert found.count == 2
    assert "54 requests per hour" in habits(git("1m"))["no-receiver"].title


@pytest.mark.parametrize(
    "resource",
    [
        NAMED,
        {"kind": "GitRepository", "name": "*", "matchLabels": {}},
        {"kind": "GitRepository", "name": "*", "matchLabels": {"team": "x"}},
        {"kind": "GitRepository", "name": "a", "namespace": "apps"},
    ],
)
def test_a_receiver_for_the_source_is_enough(resource: Object) -> None:
    """A Receiver can trigger an object by name, by namespace or by labels."""
    result = git("1m", labels={"team": "x"})
    found = habits(result, receiver(resource))
    assert "no-receiver" not in found
    assert "54 requests per hour" in found["interval-with-receiver"].title


@pytest.mark.parametrize(
    "resource",
    [
        {"kind": "GitRepository", "name": "b"},
        {"kind": "OCIRepository", "name": "a"},
        {"kind": "GitRepository", "name": "a", "namespace": "other"},
        {"kind": "GitRepository", "name": "*", "matchLabels": {"team": "y"}},
        {"kind": "GitRepository", "name": "*"},  # an error in the controller's log, nothing else
    ],
)
def test_a_receiver_of_others_is_not(resource: Object) -> None:
    """A Receiver for another name, kind, namespace or label does not trigger this source."""
    found = habits(git("1m", labels={"team": "x"}), receiver(resource))
    assert "no-receiver" in found
    assert "interval-with-receiver" not in found


def test_a_receiver_that_fails_is_its_own_matter() -> None:
    """A failing Receiver is a fault; it is not reported as missing."""
    failing = receiver(NAMED, conditions={"Ready": "False TokenNotFound: no token"})
    found = habits(git("1m"), failing)
    assert not {"no-receiver", "interval-with-receiver"} & found.keys()


@pytest.mark.parametrize(
    "known",
    [
        {"unread": {RECEIVERS: FORBIDDEN}},
        {"served": {}},
        {"system": [o for o in HEALTHY if o["metadata"]["name"] != "notification-controller"]},
    ],
    ids=["forbidden", "not installed", "no controller"],
)
def test_a_receiver_is_only_advised_where_there_could_be_one(known: dict[str, Any]) -> None:
    """Unread Receivers, or no controller for them: no word on their absence."""
    assert "no-receiver" not in habits(git("1m"), **known)


@pytest.mark.parametrize(("interval", "often"), [("5m", True), ("9m59s", True), ("10m", False)])
def test_without_a_receiver_ten_minutes_are_enough(interval: str, often: bool) -> None:
    """The documented interval for production is 10m or more."""
    assert ("no-receiver" in habits(git(interval))) is often


@pytest.mark.parametrize(("interval", "short"), [("1m", True), ("4m", True), ("5m", False)])
def test_reconciling_every_minute_is_often(interval: str, short: bool) -> None:
    """A new revision is applied at once; in between, every 5 minutes is more than enough."""
    app = kustomization("k", "a", spec={"interval": interval})
    found = habits(git("10m"), app).get("interval-short")
    assert (found is not None) is short
    assert not found or found.step == "reconcilers"


def test_a_receiver_is_printed_for_the_source() -> None:
    """The command prints the manifest for the first source, and needs no other program."""
    found = habits(git("1m"))["no-receiver"]
    [command] = found.hints[0].commands
    assert " ".join(command.argv) == (
        "kubectl flux-status reconcile GitRepository/a -n apps --receiver --context prod"
    )
    assert not command.changes
    assert "status.webhookPath" in found.hints[1].text


@pytest.mark.parametrize("ref", [{"commit": "abc"}, {"digest": "sha256:abc"}])
def test_what_is_pinned_has_no_news(ref: Object) -> None:
    """A source of one commit or digest needs no webhook."""
    assert "no-receiver" not in habits(git("1m", spec={"ref": ref}))


@pytest.mark.parametrize(
    ("count", "interval", "reported"), [(10, "1m", True), (9, "1m", False), (10, "10m", False)]
)
def test_many_of_one_source_need_no_short_interval(
    count: int, interval: str, reported: bool
) -> None:
    """Ten or more objects that share a source and run more often than every 10m are one finding."""
    many = [kustomization(f"k{i}", "a", spec={"interval": interval}) for i in range(count)]
    found = habits(git("10m"), *many).get("interval-crowded")
    assert (found is not None) is reported
    if found:
        assert found.count == 10
        [place] = seen(found)
        assert place.startswith("10 objects that use GitRepository apps/a: ")
        assert place.endswith("600 reconciliations per hour; the shortest interval is 1m")


def test_only_the_namespaces_that_were_asked_for() -> None:
    """With -n advice is about objects there, and none about the cluster."""
    found = habits(git("5s"), git("5s", "team-b/b"), namespaces=["team-b"])
    assert seen(found["interval-short"]) == ["GitRepository team-b/b spec.interval: 5s"]
    assert "no-alert" not in found
    assert "no-alert" in habits()
