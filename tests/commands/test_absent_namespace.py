"""A namespace that does not exist is called that, by every command, and only on evidence."""

from datetime import UTC, datetime

import pytest

from tests.conftest import Program
from tests.fakes.scripted import Api, forbidden
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system

NOW = datetime.now(UTC)  # the program looks at the clock
ABSENT = "/api/v1/namespaces/absent"
GIT = git_repository("team", "git", NOW, url="https://git.example.com/team.git")
COMMANDS = (
    "",
    "get ks",
    "get all --not-ready",
    "get ks/app",
    "get components",
    "explain ks/app",
    "events",
    "events ks/app",
    "tree ks/app",
    "owner pod/x",
    "owner ks/app",
    "conditions ks/app",
    "inventory",
    "inventory ks/app",
    "reconcile ks/app",
    "credentials ks/app",
    "logs ks/app",
    "wait --revision main --timeout 1s",
    "wait ks/app --revision main --timeout 1s",
)
SAID = "does not exist"


@pytest.fixture(autouse=True)
def _healthy(api: Api) -> None:
    app = kustomization("team", "app", NOW, source=GIT, path="./")
    api.put(*flux_system(NOW), GIT, app)


def printed(flux_status: Program, line: str, namespace: str) -> str:
    """Return all that the command *line* prints about *namespace*, as one line."""
    done = flux_status(*line.split(), "-n", namespace)
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_says_so(api: Api, flux_status: Program, line: str) -> None:
    """It takes one request, and only where nothing was found."""
    assert SAID in printed(flux_status, line, "absent")
    assert api.asked().count(ABSENT) == 1
    assert SAID not in printed(flux_status, line, "flux-system")  # which has no such object


@pytest.mark.parametrize("line", COMMANDS)
def test_who_may_not_ask_is_not_told(api: Api, flux_status: Program, line: str) -> None:
    """A refusal is no answer: the namespace may exist."""
    api[ABSENT] = forbidden
    assert SAID not in printed(flux_status, line, "absent")


def test_one_of_several(flux_status: Program) -> None:
    """The one that does not exist is named; what is in the others is judged all the same."""
    done = flux_status("get", "hr", "-n", "team", "-n", "absent")
    assert "in namespace 'team' or 'absent', of which 'absent' does not exist" in done.stderr
    done = flux_status("-n", "team", "-n", "absent")
    assert 'namespace "absent" does not exist' in " ".join(done.stdout.split())
    assert done.stdout.count(SAID) == 1


def test_a_namespace_that_exists(api: Api, flux_status: Program) -> None:
    """It is not said that it may not exist."""
    api.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "absent"}})
    found = printed(flux_status, "", "absent")
    assert "the namespace exists; Flux may not have deployed anything there yet" in found
