"""Commands on a partly readable cluster: exit codes distinguish unread from empty."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.builders import definitions
from tests.cluster.faults import Fault, parameters, some
from tests.cluster.readers import PATIENCE
from tests.commands.in_process import Command, running
from tests.conftest import Program
from tests.fakes.scripted import RESOURCES, USER, Api, changed, forbidden, stalled
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system

KS, HR = RESOURCES["Kustomization"], RESOURCES["HelmRelease"]
PODS, EVENTS = RESOURCES["Pod"], RESOURCES["Event"]
DEPLOYMENTS = RESOURCES["Deployment"].path
APP = f"{KS.inside('apps')}/app"
WELL, BROKEN, WRONG, UNKNOWN = 0, 1, 2, 3


@pytest.fixture(name="command")
def _command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line in this process, and unwraps its output."""
    with running(monkeypatch, capsys) as command:
        yield lambda line: command(line).unwrapped


@pytest.fixture(autouse=True)
def _healthy(api: Api) -> None:
    now = datetime.now(UTC)  # the program looks at the clock
    source = git_repository("apps", "git", now, url="https://git.example.com/app.git")
    app = kustomization("apps", "app", now, source=source, path="./")
    api.put(*flux_system(now), source, app, *definitions())
    api.kubectl.instead("logs", "exit 0")


FORBIDDEN = [
    # The command, the forbidden path, and the permission that must be named.
    ("", HR.path, f"list {HR.name}"),
    ("", DEPLOYMENTS, "list deployments.apps"),
    ("", PODS.inside("flux-system"), "list pods"),
    ("", EVENTS.path, "list events"),
    ("-n apps", HR.path, f"list {HR.name}"),
    ("get hr", HR.path, f"list {HR.name}"),
    ("get hr -n apps", HR.inside("apps"), f"list {HR.name}"),
    ("get all", HR.path, f"list {HR.name}"),
    ("get components", DEPLOYMENTS, "list deployments.apps"),
    ("get components", PODS.inside("flux-system"), "list pods"),
    ("events", EVENTS.path, "list events"),
    ("events", DEPLOYMENTS, "list deployments.apps"),
    ("events --for ks/app -n apps", EVENTS.inside("apps"), "list events"),
    ("events --for ks/app -n apps", APP, f"get {KS.name}"),
    ("conditions ks/app", KS.path, f"list {KS.name}"),
    ("conditions ks/app -n apps", APP, f"get {KS.name}"),
    ("owner ks/app -n apps", APP, f"get {KS.name}"),
    ("inventory ks/app -n apps", KS.path, f"list {KS.name}"),
    ("inventory", HR.path, f"list {HR.name}"),
    ("tree ks/app -n apps", KS.path, f"list {KS.name}"),
    ("tree ks/app -n apps", HR.path, f"list {HR.name}"),
    ("explain ks/app -n apps", "*/kustomizations", f"list {KS.name}"),
    ("reconcile ks/app -n apps", "*/kustomizations", f"list {KS.name}"),
    ("credentials ks/app -n apps", "*/kustomizations", f"list {KS.name}"),
    ("versions", DEPLOYMENTS, "list deployments.apps"),
    ("upgrade plan --to 2.9", DEPLOYMENTS, "list deployments.apps"),
    ("upgrade plan --to 2.9", HR.path, f"list {HR.name}"),
    ("ui --no-open", DEPLOYMENTS, "list deployments.apps"),
    ("logs", DEPLOYMENTS, "list deployments.apps"),
    ("logs --for ks/app -n apps", APP, f"get {KS.name}"),
]


@pytest.mark.parametrize(("line", "path", "permission"), FORBIDDEN)
def test_a_missing_permission_is_3(
    api: Api, command: Command, line: str, path: str, permission: str
) -> None:
    """When a permission that matters is missing, there is no verdict, and it is named."""
    api[path] = forbidden
    done = command(line)
    assert done.code == UNKNOWN, done
    assert permission in done.out + done.err


EMPTY = [
    # The same commands with all permissions: most of what they look for does not exist.
    ("", WELL),
    ("-n apps", WELL),
    ("get hr", WELL),
    ("get all", WELL),
    ("get components", WELL),
    ("events", WELL),
    ("events --for ks/app -n apps", WELL),
    ("events --for ks/nope -n apps", WRONG),
    ("conditions ks/app", WELL),
    ("conditions ks/nope", WRONG),
    ("conditions ks/nope -n apps", WRONG),
    ("owner ks/nope -n apps", WRONG),
    ("inventory ks/app -n apps", WELL),
    ("inventory ks/nope -n apps", WRONG),
    ("inventory", WELL),
    ("tree ks/app -n apps", WELL),
    ("tree ks/nope -n apps", WRONG),
    ("explain ks/nope -n apps", WRONG),
    ("reconcile ks/nope -n apps", WRONG),
    ("credentials ks/nope -n apps", WRONG),
    ("versions", WELL),
    ("upgrade plan --to 2.9", WELL),
    ("logs", WELL),
    ("logs --for ks/nope -n apps", WRONG),
]


@pytest.mark.parametrize(("line", "code"), EMPTY)
def test_what_was_read_is_not_3(command: Command, line: str, code: int) -> None:
    """An empty list and an unknown name are not reported as a missing permission."""
    done = command(line)
    assert done.code == code, done
    assert USER not in done.out + done.err  # only a refusal names the user


@pytest.mark.parametrize(("line", "code"), [("logs", WRONG), ("ui --no-open", BROKEN)])
def test_flux_that_is_not_installed(api: Api, command: Command, line: str, code: int) -> None:
    """When the Deployments could be read and there are none, Flux is not installed."""
    api[DEPLOYMENTS] = changed({"items": []})
    done = command(line)
    assert done.code == code, done
    assert USER not in done.out + done.err  # only a refusal names the user


@pytest.mark.parametrize("line", ["", "get hr", "get all", "tree ks/app -n apps"])
@pytest.mark.parametrize(
    "fault", parameters(some("429", "HTML", "half a document", "410 without a token"))
)
def test_a_list_that_fails_is_3(api: Api, command: Command, line: str, fault: Fault) -> None:
    """When a list cannot be read, there is no verdict, and the reason is reported."""
    api[HR.path] = fault.answer
    done = command(line)
    assert done.code == UNKNOWN, done
    assert fault.text in done.out + done.err


LINES = sorted({line for line, _, _ in FORBIDDEN})


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("fault", parameters(some("refused")))
def test_an_unreachable_cluster_is_3(api: Api, command: Command, line: str, fault: Fault) -> None:
    """Each command reports the reason, after one request."""
    api["*"] = fault.answer
    done = command(line)
    assert done.code == UNKNOWN, done
    assert fault.text in done.out + done.err
    assert len(api.requests) == 1


@pytest.mark.parametrize("line", ["explain ks/app", "reconcile ks/app", "credentials ks/app"])
@pytest.mark.parametrize("fault", parameters(some("refused")))
def test_an_unreachable_cluster_is_a_report(
    api: Api, command: Command, line: str, fault: Fault
) -> None:
    """Commands about one object report it as the check does, also as JSON."""
    api["*"] = fault.answer
    report = json.loads(command(f"{line} -n apps -o json").out)
    assert report["verdict"] == "unknown"
    assert fault.text in str(report["findings"])


@pytest.mark.parametrize("line", ["get hr", "inventory", "owner ks/app -n apps", "versions"])
def test_forbidden_discovery_is_3(api: Api, command: Command, line: str) -> None:
    """A user who may not ask what the server has does not learn that it has nothing."""
    api["/apis"] = forbidden
    done = command(line)
    assert done.code == UNKNOWN, done
    assert "get /apis" in done.out + done.err
    assert "bug" not in done.err


def test_a_stalled_list_is_given_up(api: Api, command: Command) -> None:
    """After --request-timeout the rest of the check is still reported."""
    api[HR.path] = stalled
    done = command(f"--request-timeout {PATIENCE}s")
    assert done.code == UNKNOWN, done
    assert "HelmRelease: " in done.out
    assert f"did not respond within {PATIENCE:g} s" in done.out
    assert "5/5 ready" in done.out


def test_the_whole_program(api: Api, flux_status: Program) -> None:
    """The same, in a process of its own."""
    api[HR.path] = forbidden
    done = flux_status("-o", "json")
    assert done.returncode == UNKNOWN, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "unknown"
    unknown = [one for one in report["findings"] if one["level"] == "unknown"]
    assert f"list {HR.name}" in str(unknown)
    assert report["cost"]["requests"] == len(api.requests)
    assert len(api.kubectl.asked("proxy")) == 1
