"""When a request by hand is right, and what makes it needless."""

from typing import Any

import pytest

from fluxstatus.causes.analysis import Analysis
from fluxstatus.commands.reconcile.advice import advise
from fluxstatus.commands.reconcile.rules import Helps
from fluxstatus.model.evidence import Object
from fluxstatus.model.hints import Hint
from tests.builders import FORBIDDEN, HEALTHY, flux, kustomization, source, state

FAILING = {"Ready": "False BuildFailed: kustomize build failed"}
URL = "https://github.com/acme/app.git"
HOOK = flux("Receiver", "hook", spec={"resources": [{"kind": "GitRepository", "name": "git"}]})


def git(interval: str) -> Object:
    """Return the source, checked at this *interval*."""
    return source("git", spec={"interval": interval, "url": URL, "ref": {"branch": "main"}})


def lines(name: str, *objects: Object, **more: Any) -> tuple[Hint, ...]:
    """Return what is said about requests by hand for the Kustomization or source *name*."""
    known = state(*HEALTHY, *objects, **more)
    kind = "GitRepository" if name == "git" else "Kustomization"
    return advise(Analysis(known), known.resources[kind, "apps", name]).by_hand


def texts(found: tuple[Hint, ...]) -> str:
    """Return the sentences."""
    return "\n".join(hint.text for hint in found)


@pytest.mark.parametrize(
    ("name", "conditions", "expected"),
    [
        ("git", None, "useful for a first test"),
        ("app", FAILING, "useful once the cause is fixed"),
        ("app", None, "not needed now"),
    ],
)
def test_when_it_is_right(name: str, conditions: Any, expected: str) -> None:
    """It depends on whether a request would help."""
    app = kustomization("app", "git", conditions, spec={"interval": "10m"})
    assert lines(name, git("10m"), app)[0].text.startswith(expected)


def test_a_release_without_retries_has_no_next_attempt() -> None:
    """Neither waiting nor a Receiver for its source helps."""
    chart = {"chart": "web", "sourceRef": {"kind": "GitRepository", "name": "git"}}
    conditions = {
        "Ready": "False InstallFailed: Helm install failed",
        "Stalled": "True RetriesExceeded: Failed to install after 1 attempt(s)",
    }
    spec = {"interval": "1m", "chart": {"spec": chart}}
    release = flux("HelmRelease", "app", conditions, spec=spec, status={"helmChart": "apps/web"})
    made = flux("HelmChart", "web", spec={"chart": "web", "sourceRef": chart["sourceRef"]})
    known = state(*HEALTHY, git("1m"), release, made)
    found = advise(Analysis(known), known.resources["HelmRelease", "apps", "app"])
    assert found.reason.helps is Helps.IF_FIXED
    (hint,) = found.by_hand
    assert hint.text.startswith("useful once the cause is fixed, with new retries")
    assert "next attempt" not in hint.text


def test_nothing_is_said_where_it_cannot_help() -> None:
    """A suspended object ignores requests."""
    app = kustomization("app", "git", spec={"interval": "10m", "suspend": True})
    assert lines("app", git("10m"), app) == ()


def test_short_intervals_and_no_receiver() -> None:
    """Polling every few seconds by hand or by interval is what a Receiver makes needless."""
    app = kustomization("app", "git", FAILING, spec={"interval": "1m"})
    found = lines("app", git("10s"), app)
    [command] = [hint.commands[0].argv for hint in found if hint.commands]
    makes = "kubectl flux-status reconcile GitRepository/git -n apps --receiver --context prod"
    assert " ".join(command) == makes
    assert "GitRepository apps/git is polled every 10s; without a Receiver, 10m" in texts(found)
    assert "it is reconciled every 1m" in texts(found)
    assert f"pushed to branch main of {URL}" in texts(found)


def test_a_full_reference_names_itself() -> None:
    """The Flux Operator writes spec.ref.name, such as refs/heads/main."""
    spec = {"interval": "10m", "url": URL, "ref": {"name": "refs/heads/main", "branch": "old"}}
    app = kustomization("app", "git", FAILING, spec={"interval": "10m"})
    found = texts(lines("app", source("git", spec=spec), app))
    assert f"pushed to refs/heads/main of {URL}" in found


@pytest.mark.parametrize("more", [{"hook": True}, {"unread": True}])
def test_a_receiver_is_not_made_twice(more: dict[str, bool]) -> None:
    """Nor is one asked for if it is unknown whether there is one."""
    app = kustomization("app", "git", FAILING, spec={"interval": "10m"})
    unread = {"receivers.notification.toolkit.fluxcd.io": FORBIDDEN} if more.get("unread") else {}
    found = lines("app", git("10m"), app, *[HOOK] * more.get("hook", False), unread=unread)
    assert found
    assert "Receiver" not in texts(found)
