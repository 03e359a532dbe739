"""-n over the recorded zoo: 157 namespaces, of which each has its own faults."""

from typing import TypeAlias

import pytest

from fluxstatus.checks.run import Choice
from fluxstatus.model import snapshot
from fluxstatus.model.findings import Exit, Finding, Level, Report
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from tests.builders import judge, only
from tests.recorded.score import HERE

Fault: TypeAlias = tuple[Level, str, Ref | None]

ZOO = snapshot.load(HERE / "zoo.json.gz")
WHOLE = judge(ZOO)
NAMESPACES = sorted(
    {
        item["metadata"]["namespace"]
        for kind in KINDS.values()
        for item in ZOO.answer(kind.resource).known
    }
)


def of(namespace: str) -> Report:
    """Return the report about *namespace*."""
    return judge(ZOO, Choice(namespaces=(namespace,)))


def faults(report: Report) -> dict[Fault, Finding]:
    """Return the failures and warnings in *report* about objects."""
    return {
        (one.level, one.code, one.object): one
        for one in report.faults
        if one.level in (Level.FAIL, Level.WARN) and one.object
    }


def concerns(finding: Finding, namespace: str) -> bool:
    """Whether *finding* is about, or blocks, an object in *namespace*."""
    return any(ref.namespace == namespace for ref in (*finding.objects, *finding.blocks))


@pytest.mark.parametrize("namespace", ["flux-system", "git-fanout-30", *NAMESPACES[::20]])
def test_a_namespace_gets_its_faults_and_no_other(namespace: str) -> None:
    """What the whole report has about the namespace, or as the cause of what fails in it.

    In the zoo, only one object applies into another namespace, which has no Flux objects.
    """
    report = of(namespace)
    expected = {key for key, one in faults(WHOLE).items() if concerns(one, namespace)}
    assert faults(report).keys() == expected
    assert report.scope.applying == ()
    failing = any(level is Level.FAIL for level, _, _ in expected)
    assert report.exit_code() is (Exit.UNHEALTHY if failing else Exit.HEALTHY)


def test_a_release_is_of_its_target_namespace() -> None:
    """The namespace does not exist, and a HelmRelease elsewhere fails to install into it."""
    report = of("prod-eu")
    assert [str(ref) for ref in report.scope.applying] == ["HelmRelease hr-targetns-missing/app"]
    [(level, code, ref)] = faults(report)
    assert (level, code) == (Level.FAIL, "namespace-missing")
    assert ref in report.scope.applying
    assert report.exit_code() is Exit.UNHEALTHY


def test_a_mistyped_namespace_is_no_pass() -> None:
    """It is exit code 3, with the namespace that was meant."""
    report = of("git-fanout-3")
    told = only(report.findings, "namespace-empty")
    assert 'did you mean "git-fanout-30"?' in told.title
    assert report.exit_code() is Exit.NO_VERDICT
