"""`credentials`: exit codes, and where it cannot answer; the rest takes a cluster (tests/live)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fluxstatus.model.findings import Exit
from tests.builders import definitions
from tests.commands.in_process import Command, running
from tests.conftest import Program
from tests.fakes.scripted import Api, forbidden
from tests.kubernetes.flux_objects import git_repository, kustomization
from tests.kubernetes.flux_system import flux_system

_VALID = r"printf 'type\tOpaque\t\nkey\tusername\t\nkey\tpassword\t\n'; exit 0"
_KEYS = r"printf 'type\tOpaque\t\nkey\tage.agekey\tage\n'; exit 0"
_NO_PASSWORD = r"printf 'type\tOpaque\t\nkey\tusername\t\n'; exit 0"
_MISSING = """echo 'Error from server (NotFound): secrets "login" not found' >&2; exit 1"""
_REFUSED = """echo 'Error from server (Forbidden): secrets "login" is forbidden' >&2; exit 1"""


@pytest.fixture(name="command")
def _command(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Yield a function that runs a command line in a cluster with two sources with Secrets."""
    now = datetime.now(UTC)  # the program looks at the clock
    url = "https://git.example.com/app.git"
    login = {"secretRef": {"name": "login"}}
    source = git_repository("apps", "git", now, url=url)
    source["spec"] |= login
    app = kustomization("apps", "app", now, source=source, path="./")
    app["spec"]["decryption"] = {"provider": "sops", "secretRef": {"name": "keys"}}
    api.put(*flux_system(now), source, app, *definitions())
    with running(monkeypatch, capsys) as command:
        yield command


@pytest.mark.parametrize(
    ("kubectl", "code"),
    [
        (_VALID, Exit.HEALTHY),
        (_NO_PASSWORD, Exit.UNHEALTHY),
        (_MISSING, Exit.UNHEALTHY),
        (_REFUSED, Exit.NO_VERDICT),
        ("exit 0", Exit.NO_VERDICT),
    ],
)
def test_the_exit_code(api: Api, command: Command, kubectl: str, code: Exit) -> None:
    """A missing Secret or key is a fault; what could not be read is unknown."""
    api.kubectl.instead("get", kubectl)
    assert command("credentials gitrepo/git -n apps").code == code


@pytest.mark.parametrize(
    ("other", "code"), [(_MISSING, Exit.UNHEALTHY), (_REFUSED, Exit.NO_VERDICT)]
)
def test_a_secret_of_several(api: Api, command: Command, other: str, code: Exit) -> None:
    """A fault counts more than what is unknown, and one valid Secret proves nothing of another."""
    api.kubectl.instead("get", f'case "$*" in *keys) {_REFUSED} ;; *) {other} ;; esac')
    assert command("credentials ks/app -n apps").code == code


def test_a_source_that_was_not_read(api: Api, command: Command) -> None:
    """Without the source of an object, its Secrets are not all known."""
    api.kubectl.instead("get", f'case "$*" in *keys) {_KEYS} ;; *) {_VALID} ;; esac')
    assert command("credentials ks/app -n apps").code == Exit.HEALTHY
    api["*/gitrepositories*"] = forbidden
    assert command("credentials ks/app -n apps").code == Exit.NO_VERDICT


def test_a_saved_cluster_has_no_secrets(flux_status: Program) -> None:
    """`credentials` rejects a snapshot, which contains no Secrets."""
    done = flux_status("credentials", "gitrepo/app", "--demo")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")


@pytest.mark.cluster  # for kubectl
def test_no_cluster_is_3(flux_status: Program) -> None:
    """An unknown context is named in the error, with exit code 3."""
    done = flux_status("credentials", "gitrepo/app", "--context=nowhere")
    assert done.returncode == Exit.NO_VERDICT
    assert "nowhere" in done.stdout


def test_kind_without_a_name(flux_status: Program) -> None:
    """A kind alone is refused before anything is read."""
    done = flux_status("credentials", "gitrepo", "--context=nowhere")
    assert done.returncode == Exit.USAGE
    assert "GitRepository needs a name" in done.stderr
