"""Which objects that reconciliations wait for are read themselves."""

from dataclasses import replace
from typing import Any

import pytest

from fluxstatus.causes.awaited import objects_to_read
from fluxstatus.model.evidence import WORKLOAD_PODS, Object
from tests.builders import FORBIDDEN, container, event, evidence, flux, pod

QUOTA = 'pods "web-1-x" is forbidden: exceeded quota: compute'
REFUSED = event("Deployment apps/web", "FailedCreate", QUOTA)
CRASHING = pod("apps/web", container(waiting={"reason": "CreateContainerError"}))
RELEASE = {"chartRef": {"kind": "OCIRepository", "name": "web"}}


def waits(*targets: str, status: str = "InProgress", **spec: Any) -> Object:
    """Return a Kustomization that waited in vain for these Kind/namespace/name."""
    listed = ", ".join(f"{target} status: '{status}'" for target in targets)
    message = f"timeout waiting for: [{listed}]"
    return flux("Kustomization", "one", {"Ready": f"False HealthCheckFailed: {message}"}, spec=spec)


def late(**conditions: str) -> Object:
    """Return a HelmRelease that was late, without a word on what it waited for."""
    message = "Helm install failed for release apps/web: context deadline exceeded"
    failed = {"Ready": f"False InstallFailed: {message}", **conditions}
    return flux("HelmRelease", "web", failed, spec=RELEASE)


def before_pods(*objects: Object, **more: Any) -> list[str]:
    """Return what is read before any pods."""
    known = evidence(*objects, **more)
    answers = {name: one for name, one in known.answers.items() if name != WORKLOAD_PODS}
    return sorted("/".join(key) for key in objects_to_read(replace(known, answers=answers)))


def after_pods(*objects: Object, **more: Any) -> list[str]:
    """Return what is read after the pods."""
    return sorted("/".join(key) for key in objects_to_read(evidence(*objects, **more)))


WEB = "Deployment/apps/web"


@pytest.mark.parametrize(
    ("objects", "first", "then"),
    [
        ((waits(WEB),), [WEB], [WEB]),
        ((waits(WEB), REFUSED), [], []),
        ((waits(WEB), CRASHING), [], []),
        ((waits(WEB, "Deployment/apps/db"), REFUSED), [], ["Deployment/apps/db"]),
        ((waits("Certificate/apps/tls"),), ["Certificate/apps/tls"], ["Certificate/apps/tls"]),
        # One kind: the one that most wait for, a workload before others.
        ((waits("Certificate/apps/tls", WEB),), [WEB], [WEB]),
        (
            (waits("Widget/a/x", "Widget/b/x", WEB),),
            ["Widget/a/x", "Widget/b/x"],
            ["Widget/a/x", "Widget/b/x"],
        ),
        # What is known anyway, is never read, or is in another cluster.
        ((waits(WEB, status="NotFound"),), [], []),
        ((waits("Pod/apps/web"),), [], []),
        ((waits("Secret/apps/web"),), [], []),
        ((waits("HelmRelease/apps/web"),), [], []),
        ((waits(WEB, kubeConfig={"secretRef": {"name": "x"}}),), [], []),
        ((), [], []),
        # A release that names no object: its Deployments, once its pods are known.
        ((late(),), [], ["Deployment/apps/"]),
        ((late(Remediated="True UninstallSucceeded: gone"),), [], []),
        ((late(), event("Deployment apps/web", "FailedCreate", QUOTA)), [], []),
        # An object of Flux that is ready again.
        ((flux("Kustomization", "one"),), [], []),
    ],
)
def test_what_nothing_else_explains_is_read(
    objects: tuple[Object, ...], first: list[str], then: list[str]
) -> None:
    """First where no event is about what is waited for, then what pods and events leave open."""
    if CRASHING not in objects:
        assert before_pods(*objects) == first
    assert after_pods(*objects) == then


def test_without_the_events_the_pods_come_first() -> None:
    """An event that could not be read may be about anything."""
    unread = {"events": FORBIDDEN}
    assert before_pods(waits(WEB), unread=unread) == []
    assert after_pods(waits(WEB), unread=unread) == [WEB]


def test_one_list_is_enough() -> None:
    """What was read is not read again, though it does not explain anything."""
    web = {"kind": "Deployment", "metadata": {"namespace": "apps", "name": "web"}}
    assert after_pods(waits(WEB), web) == []
