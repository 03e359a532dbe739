"""READY of Alerts, Providers and FluxReports is the verdict of the check."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.get.rows import FILTERS, Row, rows
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence, Object
from fluxstatus.model.findings import Level
from fluxstatus.model.kinds import KINDS, Kind
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    event,
    evidence,
    flux,
    judge,
    minutes,
    reference,
    source,
    stamp,
)
from tests.conftest import RECORDED

KINDS_OF_NOTIFICATIONS = ("Alert", "Provider")


def alert(to: str = "slack", **more: Any) -> Object:
    """Return an Alert that sends to the Provider *to*."""
    return flux("Alert", "ops", {}, spec={"providerRef": reference("", to)}, **more)


def provider(**spec: Any) -> Object:
    """Return the Provider slack."""
    return flux("Provider", "slack", {}, spec={"type": "slack", **spec})


def listed(known: Evidence, *kinds: str, where: tuple[str, ...] = ()) -> Mapping[str, Row]:
    """Return the rows of *kinds*, keyed by the name of the object."""
    saved = Saved(known, where)
    found = [row for batch in rows(saved, (KINDS[kind] for kind in kinds)) for row in batch]
    return {row.resource.ref.name: row for row in found}


def stands(*objects: Object, **more: Any) -> dict[str, tuple[str, str]]:
    """Return READY and MESSAGE of the Alerts and Providers among *objects* by name."""
    known = listed(evidence(*objects, **more), *KINDS_OF_NOTIFICATIONS)
    return {name: (row.ready, row.message()) for name, row in known.items()}


LOST = event("Alert apps/ops", "NotificationDispatchFailed", 'failed to read secret: secrets "url" '
             "not found", count=9)  # fmt: skip


def test_an_alert_and_the_provider_it_uses_are_ready() -> None:
    """The check passes both: they exist for each other, and nothing was lost."""
    found = stands(alert(), provider())
    assert {name: ready for name, (ready, _) in found.items()} == {"ops": "True", "slack": "True"}


def test_an_alert_without_its_provider_is_not_ready() -> None:
    """The Alert names a Provider that does not exist: --not-ready lists it."""
    row = listed(evidence(alert("slakc"), provider()), *KINDS_OF_NOTIFICATIONS)["ops"]
    assert (row.ready, row.message()) == ("False", 'Provider "slakc" does not exist')
    assert FILTERS["not_ready"](row)


def test_lost_notifications_are_not_ready() -> None:
    """A Provider whose Secret is missing shows only in events of the Alerts that use it."""
    found = stands(alert(), provider(), LOST)
    assert {name: ready for name, (ready, _) in found.items()} == {"ops": "False", "slack": "False"}
    assert found["slack"][1].startswith("notifications from Alert apps/ops are lost: ")
    assert found["slack"][1].endswith('secrets "url" not found')
    assert found["ops"][1].startswith("its Provider apps/slack does not deliver: ")


def test_a_suspended_provider_makes_nothing_ready() -> None:
    """What is suspended has no verdict, and the Alert that uses it sends nothing."""
    found = stands(alert(), provider(suspend=True))
    assert found["ops"] == ("False", "its Provider apps/slack is suspended")
    assert found["slack"][0] == "Unknown"


def test_what_nothing_is_known_about_is_unknown() -> None:
    """A Provider that no Alert uses, or whose users or events may not be read, is not ready."""
    assert stands(provider())["slack"] == ("Unknown", "no Alert uses it")
    unread = {KINDS["Alert"].resource: FORBIDDEN}
    assert stands(provider(), unread=unread)["slack"] == ("Unknown", "Alerts were not read")
    unread = {KINDS["Provider"].resource: FORBIDDEN}
    assert stands(alert(), unread=unread)["ops"] == ("Unknown", "the Provider could not be read")
    ready, message = stands(alert(), provider(), unread={"events": FORBIDDEN})["ops"]
    assert (ready, message) == ("Unknown", f"its events were not read: {FORBIDDEN.text}")


def test_what_the_list_lacks_is_not_noted_twice() -> None:
    """What is read besides the list and fails is in the messages, not among what the list lacks."""
    saved = Saved(evidence(alert(), provider(), unread={"events": FORBIDDEN}))
    [[row]] = [batch for batch in rows(saved, [KINDS["Alert"]]) if batch]
    assert row.ready == "Unknown"
    assert saved.unread == {}


class Counted(Saved):
    """A snapshot that records which kinds are read."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Begin with none."""
        super().__init__(*args, **more)
        self.asked: list[str] = []

    def all_of(self, kind: Kind, namespace: str) -> Iterator[Object]:
        """Record *kind*."""
        self.asked.append(kind.name)
        return super().all_of(kind, namespace)


@pytest.mark.parametrize(
    ("kinds", "labels", "asked"),
    [
        (["Alert", "Provider"], "", []),
        (["Provider", "Alert"], "", []),
        (["Alert", "Provider", "Receiver"], "", []),
        (["Alert"], "", ["Provider"]),
        (["Alert", "Receiver", "Provider"], "", []),
        (["Alert", "GitRepository", "Provider"], "", ["Provider"]),
        (["Alert", "Provider"], "team=a", ["Alert", "Provider"]),
    ],
)
def test_what_the_list_has_is_not_read_again(
    kinds: list[str], labels: str, asked: list[str]
) -> None:
    """Each kind is one list, unless labels limit it; the order is that of the request."""
    label: dict[str, Any] = {"labels": {"team": "a"}}
    known = evidence(alert(**label), provider(), flux("Receiver", "hook", **label),
                     source("git", **label))  # fmt: skip
    saved = Counted(known, (), labels)
    found = []
    for batch in rows(saved, [KINDS[kind] for kind in kinds]):
        found += [(row.resource.ref.kind, row.ready) for row in batch]
    lists = [kind for kind in kinds if not (labels and kind == "Provider")]
    assert found == [(kind, "True") for kind in lists]
    assert sorted(saved.asked) == sorted([*kinds, *asked])  # it reads its lists in the same way


@pytest.mark.parametrize("kind", ["Alert", "Receiver"])
@pytest.mark.parametrize("more", [(), ("GitRepository",)], ids=["alone", "in a list of all"])
@pytest.mark.parametrize("where", [(), ("apps",)])
def test_what_does_not_exist_is_named_as_in_the_check(
    kind: str, more: tuple[str, ...], where: tuple[str, ...]
) -> None:
    """An Alert or Receiver that names such objects is not ready, and the check warns about it."""
    named = [reference("GitRepository", name) for name in ("git", "gitt", "*")]
    field = {"Alert": "eventSources", "Receiver": "resources"}[kind]
    spec = {"providerRef": reference("", "slack"), field: named}
    known = evidence(*HEALTHY, source("git"), provider(), flux(kind, "watcher", spec=spec))
    row = listed(known, *more, kind, where=where)["watcher"]
    assert (row.ready, row.message()) == ("False", "GitRepository apps/gitt does not exist")
    codes = {one.code for one in judge(known).findings if one.object == row.resource.ref}
    assert codes == {"watches-missing"}


@pytest.mark.parametrize("kind", ["Alert", "Receiver"])
def test_what_exists_or_is_unread_is_not_missing(kind: str) -> None:
    """A list that could not be read says nothing about what is in it."""
    field = {"Alert": "eventSources", "Receiver": "resources"}[kind]
    spec = {"providerRef": reference("", "slack"), field: [reference("GitRepository", "gitt")]}
    watcher = flux(kind, "watcher", spec=spec)
    unread = {KINDS["GitRepository"].resource: FORBIDDEN}
    for known in (
        evidence(watcher, provider(), unread=unread),
        evidence(watcher, provider(), source("gitt")),
    ):
        row = listed(known, kind)["watcher"]
        assert row.ready == "True"
        assert "gitt does not exist" not in row.message()


def test_each_namespace_is_judged_on_its_own() -> None:
    """With -n, only the namespaces of the list are read."""
    other = flux("Alert", "team/other", {}, spec={"providerRef": {"name": "slack"}})
    known = evidence(alert(), provider(), other)
    found = listed(known, "Alert", where=("apps", "team"))
    assert {name: row.ready for name, row in found.items()} == {"ops": "True", "other": "False"}


def report(age: float, message: str = "Reporting finished in 57ms") -> Object:
    """Return a FluxReport that was updated that many minutes ago."""
    return flux("FluxReport", "flux-system/flux", {"Ready": f"True Reconciled: {message}"},
                age=minutes(age), observed=1, generation=7)  # fmt: skip


@pytest.mark.parametrize(
    ("age", "message", "ready"),
    [
        (14, "Reporting finished in 57ms", "True"),
        (14, "Reporting finished in 2s", "True"),
        (47, "Reporting finished in 57ms", "False"),
        (47, "Reporting finished in 2s", "Unknown"),
    ],
)
def test_a_report_is_ready_while_the_operator_updates_it(
    age: float, message: str, ready: str
) -> None:
    """Three intervals without an update are too long; without a time nothing is known."""
    row = listed(evidence(*HEALTHY, report(age, message)), "FluxReport")["flux"]
    assert row.ready == ready
    if ready == "False":
        assert row.message() == "has not been updated for 47m"


def test_a_report_has_its_own_interval() -> None:
    """With an interval of an hour, a report of an hour ago is not old."""
    one = report(70)
    one["metadata"]["annotations"] = {"fluxcd.controlplane.io/reconcileEvery": "1h"}
    assert listed(evidence(*HEALTHY, one), "FluxReport")["flux"].ready == "True"


def test_a_deleted_provider_keeps_its_verdict() -> None:
    """An Alert or Provider that is being deleted is judged like any other object."""
    gone = provider()
    gone["metadata"] |= {"deletionTimestamp": stamp(minutes(5))}
    assert stands(gone)["slack"][0] == "Unknown"


def test_every_recorded_object_agrees_with_the_check() -> None:
    """In the recorded cluster: what the check reports is not ready, what it passes is."""
    known = snapshot.load(RECORDED / "zoo.json.gz")
    findings = [f for f in judge(known).findings if f.category == "fault"]
    passed = {f.object for f in findings if f.level is Level.PASS}
    faulty = {
        ref
        for finding in findings
        if finding.level in (Level.FAIL, Level.WARN)
        for ref in (*finding.objects, *finding.blocks)
    }
    found = [
        row
        for batch in rows(Saved(known), [KINDS[kind] for kind in KINDS_OF_NOTIFICATIONS])
        for row in batch
    ]
    assert found
    for row in found:
        ref = row.resource.ref
        assert ref not in faulty & passed
        assert (row.ready == "True") == (ref in passed), (ref, row.ready, row.message())
