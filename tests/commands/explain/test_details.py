"""The details of every recorded object."""

import json
from datetime import timedelta
from functools import cache
from itertools import chain

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.explain import as_json, as_text
from fluxstatus.commands.explain.details import Details, details_of
from fluxstatus.knowledge.conditions import meaning_of
from fluxstatus.lookup.log import Summary
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Level
from fluxstatus.report.look import Look
from fluxstatus.state.state import State
from tests.builders import (
    FIVE_MINUTES,
    HEALTHY,
    NOT_THERE,
    NOW,
    event,
    flux,
    judge,
    kustomization,
    report,
    source,
    stamp,
    state,
    waiting_for,
)
from tests.conftest import RECORDED

FILES = sorted(RECORDED.glob("*.json.gz"))
WITHOUT_OBJECTS = {"cluster-empty-no-flux.json.gz", "cluster-operator-no-instance.json.gz"}


@cache
def all_details(name: str) -> list[Details]:
    """Return the details of all objects in the recorded cluster *name*."""
    evidence = snapshot.load(RECORDED / name)
    known, result = State(evidence), judge(evidence)
    analysis = Analysis(known)
    found = [details_of(analysis, result, one, Summary(), ()) for one in known.resources.values()]
    assert bool(found) is (name not in WITHOUT_OBJECTS)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_object_can_be_explained(file: object) -> None:
    """The details of each recorded object fit 80 columns, and are valid JSON."""
    for details in all_details(getattr(file, "name", "")):
        lines = as_text.render(details, Look()).splitlines()
        copied = ("kubectl ", "flux-operator ", "https://", "helm ")
        wide = [line for line in lines if len(line) > 80 and not any(c in line for c in copied)]
        assert not wide
        assert f"{details.ref}" in lines[0]
        assert json.loads(as_json.render(details))["object"]["name"] == details.ref.name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_story_agrees_with_the_check(file: object) -> None:
    """An object fails exactly if the check has a cause for it, and its tree leads there."""
    evidence = snapshot.load(RECORDED / getattr(file, "name", ""))
    fails = {
        ref
        for finding in judge(evidence).findings
        if finding.level is Level.FAIL
        for ref in (finding.object, *finding.blocks)
    }
    for details in all_details(getattr(file, "name", "")):
        assert (details.level is Level.FAIL) == (details.ref in fails)
        blockers = {f.object for f in details.findings if f.level is Level.FAIL} - {details.ref}
        nodes = chain.from_iterable(node.all() for node in details.needs)
        named = {node.ref[1:] for node in nodes}
        kinds = ("GitRepository", "Kustomization", "OCIRepository", "HelmRepository")
        missing = {b for b in blockers if b and b.kind in kinds and b[1:] not in named}
        assert not missing


def test_what_is_on_its_way_is_no_pass() -> None:
    """An object that is only known to be not ready gets no verdict."""
    waits = {"Ready": "False DependencyNotReady: dependency 'apps/base' is not ready"}
    base = kustomization("base", "git", age=timedelta(seconds=20))
    web = kustomization("web", "git", waits, after=["base"])
    details = _details(*HEALTHY, source("git"), base, web, kind="Kustomization", name="web")
    assert (details.level, details.findings) == (Level.WAIT, ())
    assert "no verdict yet: failed" in as_text.render(details, Look())


def test_what_waits_has_not_failed() -> None:
    """The meaning of the condition of an object that waits for another agrees with its status."""
    waiting = [one for one in all_details("zoo.json.gz") if one.status == "waiting"]
    meanings = {c.meaning for one in waiting for c in one.conditions if c.type == "Ready"}
    assert len(waiting) > 50
    assert not {meaning for meaning in meanings if "failed" in meaning}


def test_every_recorded_condition_has_a_meaning() -> None:
    """Every recorded condition has a meaning."""
    conditions = [
        one for file in FILES for details in all_details(file.name) for one in details.conditions
    ]
    assert conditions
    assert not {(one.type, one.status) for one in conditions if not one.meaning}


def test_an_unknown_condition_has_none() -> None:
    """A condition that Flux does not define has no meaning."""
    assert meaning_of("Frobnicated", "True", "Because") == ""


def _details(*objects: dict[str, object], kind: str, name: str) -> Details:
    known = state(*objects)
    return details_of(
        Analysis(known), report(*objects), known.resources[kind, "apps", name], Summary(), ()
    )


def test_history_has_the_count_and_the_last_success() -> None:
    """The history has counts, and the last success before the failures."""
    history = [
        {
            "lastReconciledStatus": "BuildFailed",
            "lastReconciled": "2026-11-23T11:59:00Z",
            "firstReconciled": "2026-11-23T11:00:00Z",
            "totalReconciliations": 12,
            "lastReconciledDuration": "1.5s",
        },
        {
            "lastReconciledStatus": "ReconciliationSucceeded",
            "lastReconciled": "2026-11-23T10:59:00Z",
        },
    ]
    failing = {"Ready": "False BuildFailed: kustomize build failed"}
    one = kustomization("web", "repo", failing)
    one["status"]["history"] = history
    details = _details(*HEALTHY, source("repo"), one, kind="Kustomization", name="web")
    assert details.last_good is not None
    assert f"{details.last_good:%H:%M}" == "10:59"
    text = " ".join(as_text.render(details, Look()).split())
    assert "BuildFailed, 12 times since 2026-11-23 11:00 UTC, took 1.5s" in text
    assert "last good 61m ago" in text


def test_events_are_merged() -> None:
    """Repeated Warning events are one, with a count."""
    result = event("Kustomization apps/web", "BuildFailed", "no such file", count=14)
    one = kustomization("web", "repo", {"Ready": "False BuildFailed: kustomize build failed"})
    details = _details(*HEALTHY, source("repo"), one, result, kind="Kustomization", name="web")
    assert "Warning, 14 times, 5m ago: BuildFailed: no such file" in as_text.render(details, Look())


def test_messages_that_differ_in_numbers_are_shown_once() -> None:
    """How long an attempt took makes no difference; --all shows each, and a new one is shown."""
    texts = ("failed after 30.1s: x", "failed after 29.9s: x", "failed after 30.2s: y")
    said = [event("Kustomization apps/web", "HealthCheckFailed", text) for text in texts]
    failed = {"Ready": "False HealthCheckFailed: failed after 30.0s: x"}
    one = kustomization("web", "repo", failed)
    details = _details(*HEALTHY, source("repo"), one, *said, kind="Kustomization", name="web")
    brief, whole = (as_text.render(details, Look(120, everything=all_)) for all_ in (False, True))
    counts = [brief.count(f"HealthCheckFailed: {text}") for text in texts]
    assert (counts[2], sum(counts[:2])) == (1, 0)
    assert all(whole.count(f"HealthCheckFailed: {text}") == 1 for text in texts)


def _lines(details: Details, *, everything: bool = False) -> list[str]:
    return as_text.render(details, Look(200, everything=everything)).splitlines()


def test_what_is_on_the_page_is_not_repeated() -> None:
    """Not the object in its own title, the same event, a part of a message, or a known attempt."""
    whole = "health check failed after 49ms: failed early: [Deployment/apps/web status: 'Failed']"
    conditions = {
        "Ready": f"False HealthCheckFailed: {whole}",
        "Healthy": "False HealthCheckFailed: failed early: [Deployment/apps/web status: 'Failed']",
    }
    said = [
        event("Kustomization apps/web", "HealthCheckFailed", whole.replace("49ms", f"{n}.5s"))
        for n in (1, 15)
    ]
    one = kustomization("web", "repo", conditions)
    one["status"]["history"] = [{"lastReconciledStatus": "HealthCheckFailed"}]
    details = _details(*HEALTHY, source("repo"), one, *said, kind="Kustomization", name="web")
    lines = _lines(details)
    assert lines[0].startswith("Kustomization apps/web · ")
    assert "Kustomization apps/web: " not in lines[2]
    assert sum("failed early" in line for line in lines) == 1
    assert "events  Warning, 2 times, 5m ago: HealthCheckFailed" in lines
    assert "history  last good: none in the history" in lines
    assert sum("failed early" in line for line in _lines(details, everything=True)) > 2


def test_the_cause_elsewhere_is_named_with_its_object() -> None:
    """The title of a finding about another object has that object."""
    missing = source("repo", NOT_THERE)
    one = kustomization("web", "repo", waiting_for("repo"))
    details = _details(*HEALTHY, missing, one, kind="Kustomization", name="web")
    (finding,) = details.findings
    assert finding.object != details.ref
    assert f"{finding.object}: " in _lines(details)[2]


def test_equal_revisions_are_one_row() -> None:
    """That of the last attempt has a row only if it is another one."""
    web = kustomization("web", "repo")
    web["status"]["lastAttemptedRevision"] = web["status"]["lastAppliedRevision"]
    details = _details(*HEALTHY, source("repo"), web, kind="Kustomization", name="web")
    (row,) = [line for line in _lines(details) if line.startswith("  wanted")]
    assert row.split()[:2] == ["wanted,", "applied"]
    web["status"]["lastAttemptedRevision"] = "main@sha1:fedcba9876543210fedcba9876543210fedcba98"
    details = _details(*HEALTHY, source("repo"), web, kind="Kustomization", name="web")
    assert [line for line in _lines(details) if line.startswith("  attempted")]


def test_hashes_are_short_as_in_lists() -> None:
    """Seven characters tell a commit from the others; --all has all of them."""
    commit = "78361d5a4000d35deda9dabbcf7dc8c96097b2c7"
    ready = {"Ready": f"True ReconciliationSucceeded: Applied revision: main@sha1:{commit}"}
    web = kustomization("web", "repo", ready)
    details = _details(*HEALTHY, source("repo"), web, kind="Kustomization", name="web")
    brief, whole = ("\n".join(_lines(details, everything=all_)) for all_ in (False, True))
    assert f"Applied revision: main@sha1:{commit[:7]}\n" in brief
    assert f"Applied revision: main@sha1:{commit}\n" in whole


def test_no_command_shows_what_another_shows() -> None:
    """`kubectl describe` ends with the events."""
    web = kustomization("web", "repo")
    details = _details(*HEALTHY, source("repo"), web, kind="Kustomization", name="web")
    verbs = [command.argv[3] for command in details.commands if command.argv[0] == "kubectl"]
    assert verbs == ["describe", "logs"]


def test_an_explanation_is_short() -> None:
    """Only the cause, what was not read for one reason and the commands are set apart."""
    one = kustomization("web", "repo", {"Ready": "False BuildFailed: kustomize build failed"})
    known = state(*HEALTHY, source("repo"), one)
    unread = Unread(Why.NOT_REQUESTED, "not in a snapshot")
    details = details_of(
        Analysis(known), report(*HEALTHY, source("repo"), one),
        known.resources["Kustomization", "apps", "web"], Summary(unread=unread), unread,
    )  # fmt: skip
    text = as_text.render(details, Look())
    assert "not read  controller logs, credentials: not in a snapshot\n" in text
    assert text.count("\n\n") == 3


def test_a_suspension_in_the_chain_is_reported() -> None:
    """A suspended source is listed for its consumers, with its time."""
    suspends = {"time": stamp(FIVE_MINUTES), "fieldsV1": {"f:spec": {"f:suspend": {}}}}
    managed = [{"manager": "kubectl-patch", **suspends}]
    paused = source("repo", spec={"suspend": True}, managedFields=managed)
    details = _details(
        *HEALTHY, paused, kustomization("web", "repo"), kind="Kustomization", name="web"
    )
    assert [(ref.name, at, by) for ref, at, by in details.suspended] == [
        ("repo", NOW - FIVE_MINUTES, "field manager kubectl-patch")
    ]
    text = " ".join(as_text.render(details, Look()).split())
    assert "since 2026-11-23 11:55 UTC, by field manager kubectl-patch" in text


def test_what_an_oci_template_asks_for_is_shown() -> None:
    """Of a chart template of an OCIRepository the URL and the version are shown (Flux 2.10)."""
    template = {"url": "oci://ghcr.io/acme/web", "ref": {"semver": ">=1.0.0"}}
    one = flux("HelmRelease", "web", spec={"chart": {"kind": "OCIRepository", "spec": template}})
    details = _details(*HEALTHY, one, kind="HelmRelease", name="web")
    assert ("asked for", 'oci://ghcr.io/acme/web a tag that matches ">=1.0.0"') in details.revisions


def test_hostile_text_is_escaped() -> None:
    """Control characters in a message, a type or a revision are escaped."""
    evil = "\x1b[2J\u202e"
    one = kustomization("web", "repo", {"Ready": f"False {evil}: {evil}"}, applied=evil)
    one["status"]["conditions"].append(
        {"type": evil, "status": evil, "reason": evil, "message": evil}
    )
    details = _details(*HEALTHY, source("repo"), one, kind="Kustomization", name="web")
    for text in (as_text.render(details, Look()), as_json.render(details)):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_ascii_only() -> None:
    """On a terminal without UTF-8 the tree is drawn in ASCII."""
    details = _details(
        *HEALTHY, source("repo"), kustomization("web", "repo"),
        kind="Kustomization", name="web",
    )  # fmt: skip
    assert as_text.render(details, Look(ascii=True)).isascii()
