"""What is said of a controller that starts, works, is stopped, killed and started again.

The controllers are real, and so are the times: what must be said follows from the time before and
after each check, at any speed of the machine.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from . import leases
from .controllers import NAMES
from .finding import Finding
from .flux import Flux
from .git_server import GitServer
from .objects import Object, config_map, git_repository, kustomization, manifest

pytestmark = [pytest.mark.cluster, pytest.mark.long]

SOURCE, KUSTOMIZE = "source-controller", "kustomize-controller"
FILES = {"app/settings.yaml": manifest(config_map())}

EVERY = "2s"
LATE = 3 * timedelta(seconds=2 + 30)
"""Three times what is due: the interval, and the least timeout of a Kustomization (KC api/v1)."""

BEGINS = timedelta(seconds=60)
"""How long a leader may take to pick up what is new."""

ROUNDING = timedelta(seconds=2)
"""Times in a status, in a Lease and of the API server are in whole seconds."""


@pytest.fixture(autouse=True)
def _restored(flux: Flux) -> Iterator[None]:
    """Let the next test find both controllers at work, without a restart, and without Leases."""
    pods = [flux.pod(name) for name in NAMES]
    yield
    flux.restore(pods)
    leases.remove(flux)


def of_controllers(flux: Flux) -> list[Finding]:
    """Return all that the check of the cluster says of the controllers, passes included."""
    found = map(Finding, flux.report()["findings"])
    return [one for one in found if one.content["step"] == "components"]


def faults(flux: Flux) -> list[tuple[str, str]]:
    """Return the levels and codes of what is wrong with the controllers."""
    return [(f.content["level"], f.code) for f in of_controllers(flux) if f.is_fault]


def seen_at_work(flux: Flux) -> None:
    """Assert that the controllers pass with what was seen of them, and nothing is wrong."""
    leases.renew(flux)
    found = of_controllers(flux)
    assert [one.content for one in found if one.is_fault and one.code != "restarted"] == []
    [title] = [one.content["title"] for one in found if "2/2 ready" in one.content["title"]]
    assert "leases renewed " in title
    assert ", last reconciliation " in title


def applied(flux: Flux, git: GitServer, namespace: str) -> Object:
    """Return a Kustomization that was applied and is reconciled every few seconds."""
    app = kustomization(namespace, interval=EVERY, timeout=EVERY)
    flux.apply(git_repository(namespace, git.repository(namespace, FILES).url), app)
    flux.becomes_ready(app)
    return app


def test_a_controller_is_stopped_and_goes_on(flux: Flux, git: GitServer, namespace: str) -> None:
    """Its pod is ready all the time. What is overdue tells it, even if its Lease is renewed.

    A process that is stopped does not renew its Lease, which tells it as well.
    """
    app = applied(flux, git, namespace)
    seen_at_work(flux)
    flux.stop(KUSTOMIZE)
    stopped = datetime.now(UTC)
    while True:
        while not flux.is_ready(app):  # it was stopped in the middle of an attempt
            flux.go_on(KUSTOMIZE)
            flux.becomes_ready(app)
            flux.stop(KUSTOMIZE)
            stopped = datetime.now(UTC)
        leases.renew(flux)
        last, before = flux.last_reconciled(app), datetime.now(UTC)
        found = [one for one in of_controllers(flux) if one.is_fault]
        after = datetime.now(UTC)
        assert not found or after - last > LATE, [one.content for one in found]
        if found:
            break
        assert before - last < LATE + ROUNDING
        time.sleep(1)
    [overdue] = found
    assert (overdue.code, overdue.content["level"]) == ("controller-overdue", "fail")
    assert overdue.name == f"Deployment flux-system/{KUSTOMIZE}"
    assert "Lease was renewed" in overdue.why
    leases.write(flux, KUSTOMIZE, stopped)
    assert faults(flux) == [("fail", "controller-lease-expired")]
    flux.go_on(KUSTOMIZE)
    flux.reconcile(app)
    seen_at_work(flux)
    flux.delete(app)


def test_a_controller_is_killed_and_started_again(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """It fails while it is down; then only its restart is told, and that it works again."""
    app = applied(flux, git, namespace)
    flux.crash(KUSTOMIZE)
    assert faults(flux) == [("fail", "controller-crash-loop")]
    flux.start_again(KUSTOMIZE)
    assert faults(flux) == [("warn", "restarted")]
    flux.reconcile(app)
    seen_at_work(flux)
    assert faults(flux) == [("warn", "restarted")]
    flux.delete(app)


def test_a_controller_starts_and_picks_nothing_up(
    flux: Flux, git: GitServer, namespace: str
) -> None:
    """A new object may wait for a minute after the start; then its controller fails."""
    source = git_repository(namespace, git.repository(namespace, FILES).url)
    flux.stop(SOURCE)
    started = datetime.now(UTC)
    flux.apply(source)
    created = datetime.now(UTC)
    while True:
        leases.renew(flux, KUSTOMIZE)
        leases.renew(flux, SOURCE, acquired=started)
        before = datetime.now(UTC)
        found = [one for one in of_controllers(flux) if one.is_fault]
        after = datetime.now(UTC)
        assert not found or after - started > BEGINS - ROUNDING, [one.content for one in found]
        if found:
            break
        assert before - created < BEGINS + ROUNDING
        time.sleep(1)
    [hangs] = found
    assert (hangs.code, hangs.content["level"]) == ("controller-hangs", "fail")
    assert hangs.name == f"Deployment flux-system/{SOURCE}"
    assert hangs.blocks == {f"GitRepository {namespace}/app"}
    flux.go_on(SOURCE)
    flux.becomes_ready(source)
    leases.renew(flux)
    assert faults(flux) == []
