"""The house rules: what holds of every step, whatever it is about."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fluxstatus.advice.view import View
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.pod_namespaces import workload_namespaces
from fluxstatus.checks import STEPS
from fluxstatus.checks.step import Step
from fluxstatus.checks.upgrade.blockers import blockers
from fluxstatus.checks.upgrade.hits import hits
from fluxstatus.checks.upgrade.move import Move
from fluxstatus.checks.upgrade.next_kubernetes import next_kubernetes
from fluxstatus.checks.upgrade.notes import notes
from fluxstatus.cluster.queries import ADVICE_QUERIES
from fluxstatus.knowledge.flux_minors import NEWEST
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import NAMESPACES, Answer, Evidence, Incomplete, Read, Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.kinds import KINDS, RESOURCES
from fluxstatus.model.ref import Ref
from fluxstatus.state.state import State
from tests.builders import (
    HEALTHY as FLUX,
)
from tests.builders import (
    NOW,
    SERVED,
    event,
    evidence,
    flux,
    judge,
    kustomization,
    source,
)
from tests.recorded.score import HERE

SNAPSHOTS = sorted(HERE.glob("*.json.gz"))
QUERIES = tuple(evidence().answers)
HEALTHY = evidence(*FLUX, source("a"), kustomization("k", "a"))

JUNK: tuple[dict[str, Any], ...] = (
    {},
    {"items": []},
    {"metadata": None, "spec": None, "status": None},
    {"metadata": {}, "spec": {}, "status": {"conditions": []}},
    {"metadata": {"name": None}, "status": {"conditions": None, "containerStatuses": None}},
)


def everything(answer: Answer) -> Evidence:
    """Return evidence where every question got the same *answer*."""
    return Evidence(taken_at=NOW, answers=dict.fromkeys(QUERIES, answer))


NOTHING = {
    "nothing asked": Evidence(taken_at=NOW),
    "nothing served": Evidence(taken_at=NOW, served=None),
    "nothing there": everything(Read()),
    **{f"all {why}": everything(Incomplete(Unread(why, "no"))) for why in Why},
    **{f"junk {number}": everything(Read((junk,))) for number, junk in enumerate(JUNK)},
}


@pytest.mark.parametrize("known", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_nothing_is_no_pass(step: Step, known: Evidence) -> None:
    """A step that saw nothing good passes nothing: emptiness is no evidence of health."""
    assert [f.title for f in step.examine(Analysis(State(known))) if f.level is Level.PASS] == []


@pytest.mark.parametrize("known", NOTHING.values(), ids=NOTHING)
def test_nothing_is_never_healthy(known: Evidence) -> None:
    """A run that saw nothing good does not exit 0."""
    assert judge(known).exit_code() != 0


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.text(max_size=8) | st.just(1e300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_NAMES = st.sampled_from(["a", "b", "flux", "flux-system", "source-controller"]) | ANY
_TIMES = st.sampled_from(
    ["2026-11-23T11:59:30Z", "2026-11-23T11:00:00Z", "0001-01-01T00:00:00+23:59", "1795435200"]
)
_REFS = st.fixed_dictionaries(
    {}, optional={"kind": st.sampled_from(sorted(KINDS)), "name": _NAMES, "namespace": _NAMES}
)
_CONDITIONS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Ready", "Stalled", "Reconciling", "Released", "Drifted"]),
        "status": st.sampled_from(["True", "False", "Unknown"]),
    },
    optional={
        "reason": st.sampled_from(
            [
                "Progressing",
                "DependencyNotReady",
                "ReconciliationDisabled",
                "ArtifactFailed",
                "HealthCheckFailed",
                "InstallFailed",
                "GitOperationFailed",
            ]
        ),
        "message": st.sampled_from(
            [
                "timeout waiting for: [Kustomization/a/b status: 'InProgress']",
                "timeout waiting for: [Deployment/a/b status: 'Failed', HelmRelease/b status: 'x']",
                "stalled resources: [Job/b status: 'Failed'] context deadline exceeded",
                "dependency 'a/b' is not ready according to readyExpr eval",
                "dependency apps/v1/Deployment/a/b not ready: status InProgress",
                "failed to download archive: no space left on device",
                "artifact not found",
            ]
        )
        | ANY,
        "lastTransitionTime": _TIMES | ANY,
        "observedGeneration": ANY,
    },
)
_METADATA = st.fixed_dictionaries(
    {"name": _NAMES},
    optional={
        "namespace": _NAMES,
        "generation": ANY,
        "creationTimestamp": _TIMES | ANY,
        "deletionTimestamp": _TIMES | ANY,
        "labels": st.dictionaries(
            st.sampled_from(
                [
                    "sharding.fluxcd.io/key",
                    "app.kubernetes.io/name",
                    "kustomize.toolkit.fluxcd.io/name",
                    "kustomize.toolkit.fluxcd.io/namespace",
                    "pod-template-hash",
                ]
            ),
            _NAMES,
        )
        | ANY,
        "annotations": st.fixed_dictionaries({"reconcile.fluxcd.io/requestedAt": _TIMES}) | ANY,
        "ownerReferences": st.lists(
            st.fixed_dictionaries(
                {"kind": st.just("ReplicaSet"), "name": _NAMES, "controller": ANY}
            )
        )
        | ANY,
        **dict.fromkeys(
            (
                "writtenAs",
                "writers",
                "suspendedBy",
                "guardedBy",
                "metrics",
                "webVariables",
                "appliedAs",
                "templateFields",
            ),
            ANY,
        ),
    },
)
_ENDPOINTS = (
    st.lists(
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("port", "portNumber", "targetPort", "type"), ANY)
        ),
        max_size=2,
    )
    | ANY
)
_SPEC = st.fixed_dictionaries(
    {},
    optional={
        "sourceRef": _REFS | ANY,
        "chartRef": _REFS | ANY,
        "dependsOn": st.lists(_REFS, max_size=2) | ANY,
        "sync": _REFS | ANY,
        "inputsFrom": st.lists(st.fixed_dictionaries({"selector": ANY}), max_size=2) | ANY,
        "sources": st.lists(_REFS, max_size=2) | ANY,
        "artifacts": st.lists(_REFS, max_size=2) | ANY,
        "resources": st.lists(_REFS, max_size=2) | ANY,
        "eventSources": st.lists(_REFS, max_size=2) | ANY,
        "volumes": ANY,
        "suspend": st.booleans() | ANY,
        "timeout": ANY,
        "replicas": ANY,
        "selector": ANY,
        "template": ANY,
        "ports": st.just([{"port": 9080}]) | ANY,
        **dict.fromkeys(
            (
                "interval",
                "url",
                "secretRef",
                "insecure",
                "driftDetection",
                "postBuild",
                "prune",
                "cluster",
                "type",
                "versions",
                "namespaceSelector",
                "defaultBackend",
            ),
            ANY,
        ),
        "podMetricsEndpoints": _ENDPOINTS,
        "endpoints": _ENDPOINTS,
        "rules": st.lists(
            st.fixed_dictionaries(
                {}, optional={"backendRefs": st.lists(_REFS), "filters": _ENDPOINTS, "http": ANY}
            )
        )
        | ANY,
    },
)
_STATUS = st.fixed_dictionaries(
    {},
    optional={
        "conditions": st.lists(_CONDITIONS, max_size=3) | ANY,
        "artifact": ANY,
        "history": ANY,
        "readyReplicas": ANY,
        "containerStatuses": st.lists(
            st.fixed_dictionaries(
                {"name": ANY, "state": ANY, "ready": ANY, "lastState": ANY, "restartCount": ANY}
            )
        )
        | ANY,
        "phase": ANY,
    },
)
_OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "metadata": _METADATA | ANY,
        "spec": _SPEC | ANY,
        "status": _STATUS | ANY,
        "involvedObject": _REFS | ANY,
        "lastTimestamp": _TIMES | ANY,
        "reason": ANY,
        "message": ANY,
        "count": ANY,
        "series": ANY,
    },
)


_LISTS = {"type": ["a"], "provider": ["a"], "sourceRef": ["a"]}
_LISTED: dict[str, Any] = {
    "metadata": {"name": "a", "namespace": "b"},
    "spec": _LISTS,
    "status": {"conditions": [{**_LISTS, "reason": ["a"], "status": "False", "message": ["a"]}]},
}


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@example(objects={query: [_LISTED] for query in QUERIES}, served=True)
@given(
    st.dictionaries(
        st.sampled_from((*QUERIES, *ADVICE_QUERIES)), st.lists(_OBJECTS, max_size=3), max_size=6
    ),
    st.booleans(),
)
def test_any_json_is_judged(objects: dict[str, list[dict[str, Any]]], served: bool) -> None:
    """No object, however malformed, crashes a step, and the report mentions each."""
    answers = {name: Read((*HEALTHY.answer(name).known, *items)) for name, items in objects.items()}
    known = replace(HEALTHY, answers={**HEALTHY.answers, **answers})
    assert all(isinstance(namespace, str) for namespace in workload_namespaces(known.answers))
    report = judge(known if served else replace(known, served=None))
    assert [f.title for f in report.findings if "crashed" in f.code] == []
    move = Move(State(known), (2, 5), NEWEST)
    planned = [*blockers(move), *hits(move), *notes(move), *next_kubernetes(move.state, NEWEST)]
    assert all(finding.title for finding in planned)


@cache
def all_findings() -> tuple[tuple[Step, Finding], ...]:
    """Return the findings of all steps for the recorded clusters and for made-up ones."""
    return tuple(_recorded())


def _recorded() -> Iterator[tuple[Step, Finding]]:
    odd = [
        flux(kind, "x", {"Ready": "False Odd: no rule knows this"}) for kind in sorted(RESOURCES_OF)
    ]
    noise = event("Kustomization apps/k", "Odd", "no rule knows this")
    known = [snapshot.load(file) for file in SNAPSHOTS]
    known += [evidence(*FLUX, *odd, noise), *NOTHING.values()]
    for analysis in map(Analysis, map(State, known)):
        view = View(analysis)
        for step in STEPS:
            result = (*step.examine(analysis), *step.advise(view))
            yield from ((step, finding) for finding in result)


RESOURCES_OF = {kind.name for kind in RESOURCES.values()} - {"FluxReport"}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_a_step_lists_its_codes(step: Step) -> None:
    """A step uses only codes that it declares."""
    faults = {f.code for s, f in all_findings() if s is step and f.category == "fault"}
    advice = {f.code for s, f in all_findings() if s is step and f.category == "habit"}
    assert faults
    assert faults <= set(step.codes())
    assert advice <= set(step.advice_codes)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_a_step_signs_its_findings(step: Step) -> None:
    """Every finding bears the id of the step that gave it, and a title."""
    own = [finding for each, finding in all_findings() if each is step]
    assert own
    assert all(finding.step == step.id and finding.title for finding in own)


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.name)
def test_every_finding_has_an_id_of_its_own(file: Path) -> None:
    """No two findings of a report have the same id, and a second run has the same ids."""
    ids = [finding.id for finding in judge(snapshot.load(file)).findings]
    assert len(set(ids)) == len(ids)
    assert ids == [finding.id for finding in judge(snapshot.load(file)).findings]


def test_an_id_is_that_of_the_step_the_code_and_the_object() -> None:
    """Neither the title, the level, the apiVersion nor more objects change it; the others do."""
    one = Finding("a", "b", Level.FAIL, "c", Ref("v1", "K", "ns", "n"))
    assert one.id == "a3462b15a769"
    same = replace(one, title="d", level=Level.WARN, object=Ref("v2", "K", "ns", "n"),
                   others=(Ref("v1", "K", "ns", "x"),))  # fmt: skip
    assert same.id == one.id
    others = [
        replace(one, step="x"),
        replace(one, code="x"),
        replace(one, part="x"),
        replace(one, object=None),
        replace(one, object=Ref("v1", "K", "ns", "x")),
    ]
    assert len({one.id, *(other.id for other in others)}) == len(others) + 1


def test_a_summary_is_the_title_without_the_object() -> None:
    """Only the object is left out, and only where a title begins with it."""
    for _, finding in all_findings():
        whole = finding.title in (finding.summary, f"{finding.object}: {finding.summary}")
        assert whole, finding.title
    about = Ref("v1", "K", "ns", "n")
    assert Finding("a", "b", Level.FAIL, "K ns/n: x: y", about).summary == "x: y"
    assert Finding("a", "b", Level.FAIL, "K ns/n is lost", about).summary == "K ns/n is lost"


def test_nobody_is_left_without_a_next_step() -> None:
    """Every fail, warning and unknown comes with a hint on how to fix it."""
    bad = [f for _, f in all_findings() if f.level in (Level.FAIL, Level.WARN, Level.UNKNOWN)]
    assert [f.title for f in bad if not any(h.text and h.label == "fix" for h in f.hints)] == []


def test_every_fault_has_a_reason() -> None:
    """Every fail and warning other than advice has a reason without gaps."""
    bad = [
        f
        for _, f in all_findings()
        if f.level in (Level.FAIL, Level.WARN) and f.category == "fault"
    ]
    assert [f.title for f in bad if not f.why or "…" in f.why] == []


def test_advice_never_fails() -> None:
    """Advice is a warning at most."""
    assert {f.level for _, f in all_findings() if f.category == "habit"} <= {Level.WARN}


def test_the_steps_have_different_ids() -> None:
    """The id of a step names just that step, and every code has a meaning."""
    assert len({step.id for step in STEPS}) == len(STEPS)
    assert all(code.meaning for step in STEPS for code in (*step.codes(), *step.advice_codes))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_a_step_reads_what_is_asked(step: Step) -> None:
    """A step uses only lists that the collector reads; its advice may use the extra ones too."""
    assert set(step.advice_reads) <= set(ADVICE_QUERIES)
    assert set(step.reads) - {"apis", "version", "flux-operator"} <= {*QUERIES, *SERVED, NAMESPACES}
