"""Commands about objects in a remote cluster: none reads or changes the cluster of Flux instead."""

from typing import Any

import pytest

from fluxstatus.knowledge import diagnose
from fluxstatus.knowledge.diagnosis import Diagnosis
from fluxstatus.model.hints import Command
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.model.kubectl_flags import REMOTE, TargetFlags
from tests.builders import flux, judged
from tests.knowledge.examples import AROUND, examples

_REMOTE = {"kubeConfig": {"secretRef": {"name": "prod-eu"}}}
_FAILED = "Deployment/team/web dry-run failed"


def diagnosed(kind: str, message: str, spec: dict[str, Any]) -> Diagnosis:
    """Return the diagnosis of a *message* of an object of a *kind* in the namespace apps."""
    item = flux(kind, "apps/app", {"Ready": f"False Failed: {message}"}, spec=spec)
    return diagnose(judged(item), "ReconciliationFailed", message, AROUND)


def commands_of(found: Diagnosis) -> list[Command]:
    """Return all commands."""
    return [one for hint in found.hints for one in hint.commands]


_IMMUTABLE = (
    'Job/team/m dry-run failed (Invalid): Job.batch "m" is invalid: spec.template: Invalid value: '
    "field is immutable"
)
_QUOTA = (
    f'{_FAILED} (Forbidden): pods "web" is forbidden: exceeded quota: compute, requested: cpu=1, '
    "used: cpu=1, limited: cpu=1"
)
_DENIED = (
    f'{_FAILED} (Forbidden): admission webhook "validate.kyverno.svc-fail" denied the request: no'
)
_LATE = (
    "health check failed after 5m0s: timeout waiting for: [Deployment/team/web status: "
    "'InProgress']"
)
_PENDING = (
    "Helm upgrade failed for release apps/app with chart x@1: another operation "
    "(install/upgrade/rollback) is in progress"
)


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        ("Kustomization", _IMMUTABLE, "delete job m -n team"),
        ("Kustomization", _QUOTA, "describe resourcequotas -n team"),
        ("Kustomization", _DENIED, "get clusterpolicies.kyverno.io"),
        ("Kustomization", _LATE, "describe deployment web -n team"),
        ("HelmRelease", _PENDING, "get secrets -n apps -l owner=helm"),
    ],
)
def test_what_is_applied_is_in_the_remote_cluster(kind: str, message: str, words: str) -> None:
    """Its context is a word that kubectl refuses, and that the step explains, once."""
    there, here = diagnosed(kind, message, _REMOTE), diagnosed(kind, message, {})
    remote = f"kubectl {REMOTE} {words}"
    lines = [" ".join(one.argv) for one in commands_of(there)]
    assert any(line.startswith(remote) for line in lines), lines
    assert sum("REMOTE_CLUSTER stands for" in hint.text for hint in there.hints) == 1
    assert not any(REMOTE in one.argv for one in commands_of(here))
    assert [one.changes for one in commands_of(there)] == [one.changes for one in commands_of(here)]


def _stays(command: Command) -> bool:
    """Return whether *command* is about the cluster of Flux: its objects, programs and logins."""
    words = {word.partition("/")[0] for word in command.argv}
    return (
        command.argv[0] != "kubectl"
        or not words.isdisjoint(RESOURCES)
        or "flux-system" in command.argv
        or "helmreleases" in words
        or command.argv[1:3] in (("create", "secret"), ("create", "serviceaccount"))
    )


def test_no_command_changes_the_wrong_cluster() -> None:
    """Of all known messages: what would change an applied object leads to the remote cluster."""
    wrong, changing = [], 0
    for one in examples():
        if one.subject.partition("+")[0] not in ("Kustomization", "HelmRelease"):
            continue
        resource = one.resource()
        spec = {**resource.object["spec"], **_REMOTE}
        remote = judged({**resource.object, "spec": spec})
        found = diagnose(remote, one.reason, one.message, AROUND, one.state())
        for command in commands_of(found):
            changing += command.changes and REMOTE in command.argv
            if command.changes and REMOTE not in command.argv and not _stays(command):
                wrong.append((found.code, command.argv))
    assert not wrong
    assert changing


def test_flags_of_the_cluster_of_flux_are_left_out() -> None:
    """Another server or user is not that of the remote cluster; the kubeconfig may have it."""
    flags = TargetFlags("prod", ("--kubeconfig=k", "--server=https://here", "--as=bob"))
    line = flags.command(Command(("kubectl", REMOTE, "delete", "job", "m"), changes=True))
    assert line.argv == ("kubectl", "--kubeconfig=k", REMOTE, "delete", "job", "m")
    assert line.changes
