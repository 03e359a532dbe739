"""The report: its order, what is left out, the commands, the exit code."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks import STEPS
from fluxstatus.checks.run import Choice, run_checks
from fluxstatus.mcp.state_file import Configured, LocalState
from fluxstatus.model.evidence import (
    CONTROLLERS,
    Answer,
    Evidence,
    Incomplete,
    Read,
    Target,
    Unread,
    Why,
)
from fluxstatus.model.findings import Exit, Level, Report, Verdict
from fluxstatus.model.hints import Command
from fluxstatus.model.kubectl_flags import TargetFlags
from fluxstatus.state.state import State
from tests.builders import (
    FORBIDDEN,
    HEALTHY,
    NO_ARTIFACT,
    NOT_THERE,
    NOW,
    SERVED,
    alter,
    evidence,
    flux,
    judge,
    kustomization,
    report,
    source,
)

SHARED = [
    flux("GitRepository", "shared/git", NOT_THERE),
    kustomization("team-a/web", "shared/git", NO_ARTIFACT),
    kustomization("team-b/web", "shared/git", NO_ARTIFACT),
    kustomization("team-b/db", "flux-system/flux-system", {"Ready": "False BuildFailed: bad"}),
]


def fails(found: Report) -> list[str]:
    """Return the objects of the fails in *found*, in their order."""
    return [f"{f.object.namespace}/{f.object.name}" for f in found.findings
            if f.level is Level.FAIL and f.object]  # fmt: skip


def test_the_worst_comes_first() -> None:
    """Fails come before warnings, unknowns, what waits, skips and passes."""
    paused = source("paused", spec={"suspend": True})
    unread = {"helmreleases.helm.toolkit.fluxcd.io": FORBIDDEN}
    found = report(*HEALTHY, *SHARED, paused, unread=unread)
    levels = [f.level for f in found.findings]
    order = [Level.FAIL, Level.WARN, Level.UNKNOWN, Level.WAIT, Level.SKIP, Level.PASS]
    assert levels == sorted(levels, key=order.index)
    assert set(levels) >= {*order} - {Level.SKIP}


def test_a_dead_controller_comes_before_what_it_leaves() -> None:
    """Among the fails the earlier step comes first, whatever blocks more."""
    down = alter(HEALTHY, "Deployment/notification-controller", {"status.readyReplicas": 0})
    assert fails(report(*down, *SHARED))[0] == "flux-system/notification-controller"


def test_what_blocks_most_comes_first() -> None:
    """In one step the cause that blocks more comes before the one that blocks less."""
    objects = [
        flux("GitRepository", "a", NOT_THERE),
        kustomization("one", "a", NO_ARTIFACT),
        flux("GitRepository", "b", NOT_THERE),
        kustomization("two", "b", NO_ARTIFACT),
        kustomization("three", "b", NO_ARTIFACT),
    ]
    assert fails(report(*HEALTHY, *objects)) == ["apps/b", "apps/a"]


def test_the_order_does_not_depend_on_that_of_the_objects() -> None:
    """The same cluster, listed the other way round, gives the same report."""
    there = report(*HEALTHY, *SHARED)
    back = report(*reversed([*HEALTHY, *SHARED]))
    assert there == back


def test_a_step_can_be_chosen() -> None:
    """With steps chosen only those are examined, in their own order."""
    found = report(*HEALTHY, *SHARED, choice=Choice(steps=["reconcilers", "sources"]))
    assert [step.id for step in found.steps] == ["sources", "reconcilers"]
    assert {f.step for f in found.findings} == {"sources", "reconcilers"}


def test_a_step_and_a_code_can_be_skipped() -> None:
    """A skipped step is not examined; a skipped code is in no finding and not in the verdict."""
    found = report(*HEALTHY, *SHARED, choice=Choice(skip=["ui", "git-repository-missing"]))
    assert "ui" not in {step.id for step in found.steps}
    assert fails(found) == ["team-b/db"]
    assert next(s.level for s in found.steps if s.id == "sources") is Level.PASS


def test_an_unreachable_cluster_is_one_finding() -> None:
    """If the API server is unreachable, only that is reported, whatever steps were chosen."""
    known = Evidence(taken_at=NOW, unreachable=Unread(Why.TIMEOUT, "no answer"))
    for choice in (Choice(), Choice(steps=["ui"]), Choice(skip=["cluster"])):
        found = judge(known, choice)
        assert [f.code for f in found.findings] == ["cluster-timeout"]
        assert found.exit_code() is Exit.NO_VERDICT


class Cursed(dict[str, str]):
    """Client programs that raise on access, which no collector returns."""

    def get(self, name: str, default: object = None) -> str:
        """Raise an error."""
        raise RuntimeError(f"{name}, {default}")


def test_a_crash_is_an_unknown() -> None:
    """A crashed step is reported as a bug; its earlier findings and the other steps remain."""
    found = judge(replace(evidence(*HEALTHY), programs=Cursed()))
    finding = next(f for f in found.findings if f.code == "check-crashed")
    assert (finding.level, finding.step) == (Level.UNKNOWN, "operator")
    assert "RuntimeError" in finding.title
    assert found.exit_code() is Exit.NO_VERDICT
    assert [step.level for step in found.steps].count(Level.PASS) == len(STEPS) - 1
    assert "flux-system/flux-operator v0.59.0, 1/1 ready, last reconciliation 3m ago" in [
        f.title for f in found.findings
    ]


class Untraceable(Analysis):
    """An analysis whose causes cannot be traced because of a bug."""

    @property
    def causes(self) -> NoReturn:
        """Crash."""
        raise ZeroDivisionError("by chance")


def test_a_crash_in_tracing_costs_only_the_steps_that_use_causes() -> None:
    """Steps that need no causes still pass; each other step is unknown, and so is the report."""
    found = run_checks(Untraceable(State(evidence(*HEALTHY))))
    crashed = [
        f.step for f in found.findings if f.code == "check-crashed" and f.level is not Level.SKIP
    ]
    assert sorted(crashed) == sorted({step.id for step in STEPS} - {"cluster", "ui"})
    passed = [step.id for step in found.steps if step.level is Level.PASS]
    assert passed == ["cluster", "ui"]
    assert found.exit_code() is Exit.NO_VERDICT


class Forgotten(tuple[Configured, ...]):
    """Entries of MCP clients that raise on iteration."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Configured]:
        """Raise an error."""
        raise RuntimeError("forgotten")


def test_a_crash_of_advice_is_reported_and_is_no_fault() -> None:
    """A crash in advice or in the next step is reported, and is not a fault."""
    found = judge(evidence(*HEALTHY), memory=LocalState(configured=Forgotten()))
    finding = next(f for f in found.findings if f.code == "check-crashed")
    assert (finding.level, finding.category) == (Level.SKIP, "habit")
    assert (found.verdict, found.exit_code()) == (Verdict.PASS, Exit.HEALTHY)
    assert found.next is not None
    assert "bug" in found.next.text


def argvs(found: Report) -> list[tuple[str, ...]]:
    """Return every command in the hints of *found*."""
    return [c.argv for f in found.findings for h in f.hints for c in h.commands]


AUTH = flux("GitRepository", "git", {"Ready": "False GitOperationFailed: authentication required"},
            spec={"secretRef": {"name": "auth"}})  # fmt: skip


def test_commands_are_aimed_at_the_context() -> None:
    """Each program gets the context by its own flag, before its subcommand."""
    found = argvs(report(*HEALTHY, AUTH))
    assert ("kubectl", "--context", "prod", "describe", "secret", "auth", "-n", "apps") in found
    assert [argv[:4] for argv in found if argv[0] == "flux-operator"] == [
        ("flux-operator", "--kube-context", "prod", "create")
    ]


def test_a_plugin_gets_its_flags_behind_its_name() -> None:
    """Kubectl takes no flag before a plugin's name, so the context comes last."""
    found = [argv for argv in argvs(report(*HEALTHY, AUTH)) if argv[1] == "flux-status"]
    assert found
    assert all(argv[-2:] == ("--context", "prod") for argv in found)


def test_the_callers_flags_are_repeated() -> None:
    """A command to paste repeats the flags that the caller gave, as each program calls them."""
    known = evidence(*HEALTHY, AUTH)
    target = known.target._replace(flags=("--kubeconfig=/k", "--as=joe", "--cluster=c"))
    found = argvs(judge(replace(known, target=target)))
    assert ("kubectl", "--context", "prod", "--kubeconfig=/k", "--as=joe", "--cluster=c",
            "describe") in [argv[:7] for argv in found]  # fmt: skip
    assert ("flux-operator", "--kube-context", "prod", "--kubeconfig=/k", "--kube-as=joe",
            "create") in [argv[:6] for argv in found]  # fmt: skip


def test_without_a_context_none_is_named() -> None:
    """Where the kubeconfig names no context the commands name none."""
    known = replace(evidence(*HEALTHY, AUTH), target=Target())
    assert not any("--context" in argv for argv in argvs(judge(known)))


@pytest.mark.parametrize(
    ("objects", "unread", "fail_on", "code"),
    [
        (HEALTHY, {}, [], Exit.HEALTHY),
        ([*HEALTHY, *SHARED], {}, [], Exit.UNHEALTHY),
        ([*HEALTHY, source("git", spec={"suspend": True})], {}, [], Exit.HEALTHY),
        ([*HEALTHY, source("git", spec={"suspend": True})], {}, [Verdict.WARN], Exit.UNHEALTHY),
        (HEALTHY, {"events": FORBIDDEN}, [], Exit.NO_VERDICT),
        ([*HEALTHY, *SHARED], {"events": FORBIDDEN}, [], Exit.UNHEALTHY),
        ([], {}, [], Exit.UNHEALTHY),
    ],
    ids=["healthy", "fail", "warn", "warn counts", "unknown", "fail and unknown", "no Flux"],
)
def test_the_exit_code_never_lies(
    objects: list[dict[str, object]], unread: dict[str, Unread], fail_on: list[Verdict], code: Exit
) -> None:
    """0 is for nothing wrong, 1 for a fail, 3 for what could not be seen."""
    assert report(*objects, unread=unread).exit_code(fail_on) is code


def test_advice_never_changes_the_exit_code() -> None:
    """Advice is shown and does not affect the exit code, even with --fail-on warn."""
    known = replace(evidence(*HEALTHY), programs={"flux-operator": "v0.1.0"})
    found = judge(known)
    assert "cli-version-skew" in {habit.code for habit in found.advice}
    assert (found.verdict, found.count(Level.WARN)) == (Verdict.PASS, 0)
    assert {step.level for step in found.steps} == {Level.PASS}
    assert found.exit_code([Verdict.WARN]) is Exit.HEALTHY


def test_what_was_only_half_read_is_no_health() -> None:
    """A partial list is unknown, and the objects that were read are reported."""
    known = evidence(*HEALTHY, *SHARED)
    query = "gitrepositories.source.toolkit.fluxcd.io"
    half = Incomplete(Unread(Why.TIMEOUT, "too slow"), known.answers[query].known)
    found = judge(replace(known, answers={**known.answers, query: half}))
    assert "shared/git" in fails(found)
    assert ("sources", "timeout") in {(f.step, f.code) for f in found.findings}


def test_each_blocked_object_counts_once() -> None:
    """An object that two causes block is one blocked object."""
    bad = {"Ready": "False BuildFailed: bad"}
    waits = {"Ready": "False DependencyNotReady: dependency 'apps/a' is not ready"}
    objects = [
        source("git"),
        kustomization("a", "git", bad),
        kustomization("b", "git", bad),
        kustomization("c", "git", waits, after=["a", "b"]),
    ]
    assert report(*HEALTHY, *objects).blocked == 1


def test_a_deep_fault_points_to_the_mcp_server() -> None:
    """A fail that needs a second look offers the assistant; a trivial one or none does not."""
    assert report(*HEALTHY).next is None
    wrong = {"Ready": "False URLInvalid: bad"}
    assert report(*HEALTHY, flux("GitRepository", "git", wrong)).next is None
    offered = report(*HEALTHY, AUTH).next
    assert offered is not None
    assert [command.argv[:4] for command in offered.commands] == [
        ("kubectl", "flux-status", "mcp", "setup")
    ]
    assert "apps/git" in offered.prompt


def test_a_command_for_another_context_keeps_it() -> None:
    """What names a context itself is not given a second one, but the caller's other flags."""
    target_flags = TargetFlags("typo", ("--kubeconfig=here",))
    aimed = target_flags.command(Command(("kubectl", "flux-status", "--context=prod")))
    assert aimed.argv == ("kubectl", "flux-status", "--context=prod", "--kubeconfig=here")


def test_missing_permissions_are_reported_once() -> None:
    """When every question is forbidden there is one unknown, in place of one for each kind."""
    queries = ("pods", "kustomizations.kustomize.toolkit.fluxcd.io", CONTROLLERS)
    refused: dict[str, Answer] = dict.fromkeys(queries, Incomplete(FORBIDDEN))
    report = judge(Evidence(NOW, answers={**refused, "workload-pods": Read()}, served=SERVED))
    assert [(f.step, f.level) for f in report.findings] == [("cluster", Level.UNKNOWN)]
    assert report.exit_code() is Exit.NO_VERDICT
    some = {**refused, "events": Read()}
    assert len(judge(Evidence(NOW, answers=some, served=SERVED)).steps) == len(STEPS)
