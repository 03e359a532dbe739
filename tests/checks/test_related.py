"""Objects of projects around Flux: a Terraform, a Canary, and kinds without conditions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fluxstatus.cluster.pruning import prune
from fluxstatus.model.evidence import LABELLED, Evidence, Incomplete, Object, Read
from fluxstatus.model.findings import Exit, Finding, Level
from fluxstatus.model.snapshot import dumps, loads
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NOT_THERE,
    NOW,
    evidence,
    found,
    judge,
    kustomization,
    reference,
    source,
    stamp,
)
from tests.kubernetes.objects import condition, make

TERRAFORM, CANARY = "terraforms.infra.contrib.fluxcd.io", "canaries.flagger.app"
OTHER = "things.acme.contrib.fluxcd.io"
GROUPS = {
    TERRAFORM: ("infra.contrib.fluxcd.io/v1alpha2", "Terraform"),
    CANARY: ("flagger.app/v1beta1", "Canary"),
    OTHER: ("acme.contrib.fluxcd.io/v1", "Thing"),
}


def item(resource: str, *conditions: Object, **more: Any) -> Object:
    """Return an object of *resource* in namespace apps that is 30 days old."""
    version, kind = GROUPS[resource]
    status = {"conditions": list(conditions)} | more.pop("status", {})
    spec, name = more.pop("spec", {}), more.pop("name", "one")
    one = make(version, kind, name, NOW, namespace="apps", spec=spec, status=status)
    one["metadata"] |= {"creationTimestamp": stamp(timedelta(days=30)), "generation": 2} | more
    return one


def ready(status: str, reason: str = "Reason", message: str = "", **more: Any) -> Object:
    """Return a condition Ready of generation 2."""
    return condition("Ready", status, reason, message, NOW) | {"observedGeneration": 2} | more


def with_related(resource: str, *items: Object, objects: Sequence[Object] = ()) -> Evidence:
    """Return the evidence of a healthy Flux with *objects*, and *items* of *resource*."""
    known, name = evidence(*HEALTHY, *objects), f"related/{resource}"
    answers = {**known.answers, name: Read(tuple(prune(name, one) for one in items))}
    return replace(known, answers=answers)


def test_labels_that_were_not_read() -> None:
    """A note says that more kinds may be related; the verdict stays, also that of a snapshot."""
    known = evidence(*HEALTHY)
    known = replace(known, answers={**known.answers, LABELLED: Incomplete(FORBIDDEN)})
    for one in (known, loads(dumps(known))):
        report = judge(one)
        [note] = [f for f in report.findings if f.code == "related-labels-unread"]
        assert note.level is Level.SKIP
        assert "not allowed to list it" in note.title
        assert report.exit_code(()) is Exit.HEALTHY


def about(resource: str, *items: Object, objects: Sequence[Object] = ()) -> list[Finding]:
    """Return the findings about *items*."""
    kind = GROUPS[resource][1]
    findings = found("reconcilers", with_related(resource, *items, objects=objects))
    return [one for one in findings if one.object and one.object.kind == kind]


@pytest.mark.parametrize(
    ("one", "code", "level"),
    [
        (item(TERRAFORM, ready("True")), "ok", Level.PASS),
        (item(TERRAFORM, ready("False")), "related-failed", Level.FAIL),
        (item(TERRAFORM, ready("Unknown")), "related-in-progress", Level.WAIT),
        (item(TERRAFORM, ready("False", observedGeneration=1)), "related-in-progress", Level.WAIT),
        (
            item(TERRAFORM, ready("True"), ready("True") | {"type": "Stalled"}),
            "related-failed",
            Level.FAIL,
        ),
        (
            item(TERRAFORM, ready("Unknown", "TerraformPlannedWithChanges")),
            "related-approval",
            Level.WARN,
        ),
        (
            item(TERRAFORM, ready("False"), spec={"suspend": True}),
            "related-suspended",
            Level.WARN,
        ),
        (item(TERRAFORM, creationTimestamp=stamp(timedelta(0))), "related-in-progress", Level.WAIT),
    ],
)
def test_conditions(one: Object, code: str, level: Level) -> None:
    """Ready and Stalled decide, unless they are about an older spec or the object is suspended."""
    [finding] = about(TERRAFORM, one)
    assert (finding.code, finding.level) == (code, level)


PLANNED = ready("Unknown", "TerraformPlannedWithChanges", "Plan generated")


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({}, "related-approval"),
        ({"approvePlan": ""}, "related-approval"),
        ({"approvePlan": "plan-main-1234"}, "related-approval"),
        ({"approvePlan": "auto"}, "related-in-progress"),
        ({"planOnly": True}, "ok"),
        ({"planOnly": True, "approvePlan": "auto"}, "ok"),
    ],
)
def test_plans(spec: Object, code: str) -> None:
    """A plan waits for an approval only if it is neither applied automatically nor all there is."""
    assert [one.code for one in about(TERRAFORM, item(TERRAFORM, PLANNED, spec=spec))] == [code]


@pytest.mark.parametrize("status", ["True", "False"])
def test_the_generation_in_the_status(status: str) -> None:
    """Conditions of tofu-controller have no generation: that of the status counts for them."""
    one = ready(status)
    del one["observedGeneration"]
    old, new = (
        item(TERRAFORM, one, status={"observedGeneration": number, "conditions": [one]})
        for number in (1, 2)
    )
    assert [x.level for x in about(TERRAFORM, old)] == [Level.WAIT]
    assert [x.level for x in about(TERRAFORM, new)] != [Level.WAIT]


@pytest.mark.parametrize(
    ("first", "level"),
    [
        (item(TERRAFORM, PLANNED, name="first"), Level.WAIT),
        (item(TERRAFORM, ready("False", "X", "boom"), name="first"), Level.WAIT),
        (item(TERRAFORM, ready("True"), name="first"), Level.FAIL),
        (item(TERRAFORM, ready("True"), name="other"), Level.FAIL),
    ],
    ids=["approval", "failed", "ready", "missing"],
)
def test_dependencies(first: Object, level: Level) -> None:
    """What waits for another one, which is reported itself, is no fault of its own."""
    waits = ready("False", "DependencyNotReady", "dependencies do not meet ready condition")
    second = item(TERRAFORM, waits, name="second", spec={"dependsOn": [{"name": "first"}]})
    levels = {one.name: x.level for x in about(TERRAFORM, first, second) for one in x.objects}
    assert levels["second"] is level


@pytest.mark.parametrize(("last", "level"), [("first", Level.FAIL), ("broken", Level.WAIT)])
def test_chains_of_dependencies(last: str, level: Level) -> None:
    """A chain waits for the fault at its end; objects that wait for each other are the fault."""
    waits = ready("False", "DependencyNotReady", "dependencies do not meet ready condition")
    chain = [
        item(TERRAFORM, waits, name=name, spec={"dependsOn": [{"name": then}]})
        for name, then in (("first", "second"), ("second", last))
    ]
    broken = item(TERRAFORM, ready("False", "X", "boom"), name="broken")
    findings = about(TERRAFORM, *chain, broken)
    ours = {one.name: x.level for x in findings for one in x.objects}
    assert ours == {"first": level, "second": level, "broken": Level.FAIL}


def test_a_new_canary_is_in_progress() -> None:
    """Flagger sets the phase of a Canary a moment after it was created."""
    new = item(CANARY, creationTimestamp=stamp(timedelta(0)))
    assert [one.level for one in about(CANARY, new)] == [Level.WAIT]
    assert [one.level for one in about(CANARY, item(CANARY))] == [Level.UNKNOWN]


def promoted(status: str, message: str = "") -> Object:
    """Return the condition of a Canary."""
    return condition("Promoted", status, "Reason", message, NOW)


@pytest.mark.parametrize(
    ("phase", "status", "level"),
    [
        ("Initialized", "True", Level.PASS),
        ("Succeeded", "True", Level.PASS),
        ("Failed", "False", Level.FAIL),
        ("Progressing", "Unknown", Level.WAIT),
        ("Initializing", "Unknown", Level.WAIT),
        ("WaitingPromotion", "Unknown", Level.WARN),
        ("Succeeded", "False", Level.UNKNOWN),
        ("Odd", "True", Level.UNKNOWN),
        ("", "Unknown", Level.UNKNOWN),
    ],
)
def test_canaries(phase: str, status: str, level: Level) -> None:
    """A Canary is judged by its phase, with what Promoted says; a contradiction is unknown."""
    text = "Canary analysis failed, deployment scaled to zero."
    [finding] = about(CANARY, item(CANARY, promoted(status, text), status={"phase": phase}))
    assert finding.level is level
    assert text in finding.title


def test_kinds_without_conditions_are_listed() -> None:
    """Objects without Ready or Stalled are counted and not judged, and change no verdict."""
    two = [item(OTHER, name=name) for name in ("a", "b")]
    [finding] = about(OTHER, *two)
    assert (finding.code, finding.level) == ("related-not-judged", Level.SKIP)
    assert [ref.name for ref in finding.objects] == ["a", "b"]
    assert judge(with_related(OTHER, *two)).verdict == judge(evidence(*HEALTHY)).verdict


@pytest.mark.parametrize("odd", [["x"], {"a": "b"}, 7, None])
def test_odd_values_are_unknown(odd: Any) -> None:
    """Where a text belongs, anything else is no status, and crashes nothing."""
    terraform = item(TERRAFORM, ready("True") | {"status": odd, "reason": odd, "message": odd})
    canary = item(CANARY, promoted("True"), status={"phase": odd}, spec={"sourceRef": odd})
    assert [one.level for one in about(TERRAFORM, terraform)] == [Level.UNKNOWN]
    assert [one.level for one in about(CANARY, canary)] == [Level.UNKNOWN]


def test_one_without_conditions_among_others_is_unknown() -> None:
    """Where others of the kind have conditions, one without is not called healthy."""
    findings = about(OTHER, item(OTHER, ready("True"), name="a"), item(OTHER, name="b"))
    assert [one.level for one in findings] == [Level.PASS, Level.UNKNOWN]


def test_objects_that_say_the_same_are_one_finding() -> None:
    """One outage fails many objects with one message: it is told once, with all of them."""
    same = [item(TERRAFORM, ready("False", "X", "no login"), name=name) for name in ("a", "b")]
    other = item(TERRAFORM, ready("False", "X", "no disk"), name="c")
    findings = about(TERRAFORM, *same, other)
    assert [len(one.objects) for one in findings] == [2, 1]
    assert findings[0].title == "Terraform apps/a and 1 more: no login"


def test_a_failed_health_check_tells_of_it() -> None:
    """One outage is one finding: that of the Kustomization whose health check fails."""
    waits = "timeout waiting for: [Terraform/apps/one status: 'Failed']: context deadline exceeded"
    app = kustomization("app", "git", {"Ready": f"False HealthCheckFailed: {waits}"})
    failed = item(TERRAFORM, ready("False", "X", "boom"))
    assert about(TERRAFORM, failed, objects=[source("git"), app]) == []
    known = with_related(TERRAFORM, failed, objects=[source("git"), app])
    [cause] = [one for one in judge(known).findings if one.level is Level.FAIL]
    assert "Terraform" in cause.title + cause.message


@pytest.mark.parametrize(("broken", "level"), [(True, Level.WAIT), (False, Level.FAIL)])
def test_a_failing_source_is_the_cause(*, broken: bool, level: Level) -> None:
    """What fails because its source does is no fault of its own."""
    spec = {"sourceRef": reference("GitRepository", "git") | {"kind": "GitRepository"}}
    git = source("git", NOT_THERE) if broken else source("git")
    [finding] = about(TERRAFORM, item(TERRAFORM, ready("False"), spec=spec), objects=[git])
    assert finding.level is level


def test_what_may_not_be_read_is_unknown() -> None:
    """A forbidden list is unknown, and names the permission; it is not empty."""
    known = evidence(*HEALTHY, unread={f"related/{TERRAFORM}": FORBIDDEN})
    report = judge(known)
    assert report.exit_code() == Exit.NO_VERDICT
    [finding] = [one for one in report.findings if one.level is Level.UNKNOWN]
    assert TERRAFORM in finding.title


def test_a_snapshot_keeps_what_is_judged() -> None:
    """A snapshot has the same findings, and nothing else of the object."""
    one = item(TERRAFORM, ready("False", "X", "boom"), spec={"vars": [{"value": "hunter2"}]})
    known = with_related(TERRAFORM, one)
    data = dumps(known)
    assert b"hunter2" not in data
    codes = [[x.code for x in judge(each).findings] for each in (known, loads(data))]
    assert codes[0] == codes[1]
    assert "related-failed" in codes[0]
