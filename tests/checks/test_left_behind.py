"""Step 8: deleted Flux objects whose applied objects may still exist."""

from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Hint
from tests.builders import HEALTHY, bad, event, evidence, found, kustomization, only

TIMED_OUT = "failed to wait for resources termination: timeout waiting for: [{}]"
HELD = TIMED_OUT.format("ConfigMap/apps/x status: 'Terminating'")
NOT_PRUNED = "unable to prune objects: \nConfigMap/apps/x\nConfigMap/apps/y\nNamespace/apps"


def after(message: str) -> list[Finding]:
    """Return the problems that the step reports after the deletion of an object ended so."""
    reported = event("Kustomization apps/gone", "ReconciliationSucceeded", message)
    return bad(found("drift", evidence(*HEALTHY, reported)))


def lines(hints: tuple[Hint, ...]) -> list[str]:
    """Return the commands in *hints*."""
    return [" ".join(command.argv) for one in hints for command in one.commands]


def test_what_a_deleted_object_left_behind_fails() -> None:
    """A deleted Kustomization that left an object behind is reported."""
    finding = only(after(HELD), "left-behind")
    assert finding.level is Level.FAIL
    assert any("kustomize.toolkit.fluxcd.io/name=gone" in line for line in lines(finding.hints))


def test_the_objects_that_block_the_deletion_are_shown() -> None:
    """Objects that were still there are shown whole, except for a Secret."""
    stuck = "Deployment/apps/web status: 'Terminating', Secret/apps/key status: 'Terminating'"
    finding = only(after(TIMED_OUT.format(stuck)), "left-behind")
    shown = [line for line in lines(finding.hints) if "-o yaml" in line]
    assert len(shown) == 1
    assert "web" in shown[0]
    assert "key" not in " ".join(lines(finding.hints))


def test_the_objects_that_were_not_pruned_are_listed() -> None:
    """The objects in the message are listed by namespace, with one command for each."""
    listed = [line for line in lines(only(after(NOT_PRUNED), "left-behind").hints)
              if "--ignore-not-found" in line]  # fmt: skip
    assert listed == [
        "kubectl get configmap/x configmap/y -n apps --ignore-not-found",
        "kubectl get namespace/apps --ignore-not-found",
    ]


def test_what_was_deleted_in_full_is_no_news() -> None:
    """Events of a deleted object that are not about the deletion are ignored."""
    assert bad(found("drift", evidence(*HEALTHY, event(
        "Kustomization apps/gone", "BuildFailed", "no")))) == []  # fmt: skip


def test_an_object_that_still_exists_has_left_nothing_behind() -> None:
    """The event of an object that was created again under the same name is not about it."""
    timed_out = event("Kustomization apps/web", "ReconciliationSucceeded", HELD)
    healthy = evidence(*HEALTHY, timed_out, kustomization("web", "git"))
    assert "left-behind" not in {one.code for one in found("drift", healthy)}
    gone = evidence(*HEALTHY, timed_out)
    assert "left-behind" in {one.code for one in found("drift", gone)}
