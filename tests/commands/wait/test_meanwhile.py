"""`wait` for what nothing applies, or what is deleted meanwhile."""

from datetime import UTC, datetime

from fluxstatus.model.evidence import Object
from tests.commands.in_process import Command
from tests.commands.wait.test_wait import (
    REACHED,
    SHA,
    UNKNOWN,
    URL,
    _cluster,
    _command,
    fetched,
    later,
)
from tests.fakes.scripted import Api
from tests.kubernetes.flux_objects import git_repository, revision

__all__ = ["_cluster", "_command"]  # fixtures


def test_what_nothing_applies(api: Api, command: Command) -> None:
    """A revision that is only fetched is not known to be applied, unless a source is named."""
    api.put(git_repository("alone", "alone", datetime.now(UTC), url=URL[:-5]))
    on = revision(URL[:-5]).rpartition(":")[2]
    for where, said in (("", ""), (" -n alone", " in alone")):
        done = command(f"wait --revision {on}{where}")
        assert done.code == UNKNOWN, done
        assert f"but no Kustomization or HelmRelease{said} uses it" in done.out
    assert command(f"wait gitrepo/alone -n alone --revision {on}").code == REACHED


def test_what_is_deleted_meanwhile(api: Api, command: Command) -> None:
    """It was there when the wait began, so it is no wrong argument: it may come again."""
    api.change(fetched)
    later(api, renamed)
    done = command(f"wait ks/app -n apps --revision {SHA} --timeout 6s")
    assert done.code == UNKNOWN, done
    said = " ".join(done.out.split())
    assert "no Kustomization 'app' found in namespace 'apps', since the wait began" in said


def renamed(one: Object) -> Object:
    """Let the Kustomization app be gone, and another one be there."""
    is_app = one["kind"] == "Kustomization" and one["metadata"]["name"] == "app"
    return one | {"metadata": one["metadata"] | {"name": "other"}} if is_app else one
