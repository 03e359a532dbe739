"""What makes a failed HelmRelease retry: a command, or words where its version has none."""

import pytest

from fluxstatus.knowledge import diagnose
from fluxstatus.knowledge.diagnosis import Diagnosis
from tests.builders import flux, judged

_FIELDS = {"now": "NOW", "flux_namespace": "flux-system"}
BOOM = "Helm install failed: boom"
EXCEEDED = "terminal error: exceeded maximum retries: cannot remediate failed release"
GIVES_UP = [
    ("InstallFailed", BOOM),
    ("UpgradeFailed", "Helm upgrade failed: timed out waiting for the condition"),
    ("RetriesExceeded", EXCEEDED),
]
"""After these, helm-controller does not try again on its own (HC internal/reconcile)."""


def diagnosed(version: str, reason: str, message: str) -> Diagnosis:
    """Return the diagnosis of a HelmRelease of that API version."""
    one = flux("HelmRelease", "apps/app", {"Ready": f"False {reason}: {message}"})
    one["apiVersion"] = f"helm.toolkit.fluxcd.io/{version}"
    return diagnose(judged(one), reason, message, _FIELDS)


def changes(found: Diagnosis) -> list[str]:
    """Return the last words of the commands that change something."""
    return [one.argv[-1] for hint in found.hints for one in hint.commands if one.changes]


@pytest.mark.parametrize(("reason", "message"), GIVES_UP)
def test_a_release_that_gives_up_has_one_command(reason: str, message: str) -> None:
    """One step resets the count of retries, whatever the others do."""
    for version in ("v2", "v2beta2"):
        assert changes(diagnosed(version, reason, message)) == ["reconcile.fluxcd.io/resetAt=NOW"]


@pytest.mark.parametrize(("reason", "message"), GIVES_UP)
def test_a_version_that_cannot_be_asked_to_retry(reason: str, message: str) -> None:
    """v2beta1 knows neither annotation, so the steps have none, and say what works."""
    found = diagnosed("v2beta1", reason, message)
    assert changes(found) == []
    assert found.hints[-1].text.startswith("after the fix, suspend and resume the HelmRelease")
    assert not any("flux reconcile --" in hint.text for hint in found.hints)


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_a_release_that_waits_needs_no_retry(version: str) -> None:
    """helm-controller goes on by itself once what the release waits for is there."""
    found = diagnosed(version, "DependencyNotReady", "dependency 'apps/db' is not ready")
    assert changes(found) == []
    assert not any("suspend and resume" in hint.text for hint in found.hints)
