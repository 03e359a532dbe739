"""The lines of a controller's log that are about an object."""

import json
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.lookup.log import Summary, merged, parse, summarizing
from fluxstatus.model.evidence import Why
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import Component
from tests.builders import HEALTHY, state
from tests.fakes.programs import program

APP = Ref("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps", "web")
SECRET = "ghp_CANARYcanary0123456789"


def line(name: str = "web", level: str = "error", kind: str = "Kustomization", **more: str) -> str:
    """Return a line as controller-runtime writes it."""
    return json.dumps(
        {
            "level": level,
            "ts": "2026-11-23T11:59:00.000Z",
            "msg": "Reconciler error",
            "controllerKind": kind,
            kind: {"name": name, "namespace": "apps"},
            "name": name,
            "namespace": "apps",
            **more,
        }
    )


@pytest.fixture(name="kubectl")
def _kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that `kubectl logs` prints."""
    log = tmp_path / "log"
    folder = program(tmp_path / "bin" / "kubectl", f'echo "$@" >>{tmp_path}/argv; cat {log}').parent
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return log


def summary(component: Component, *flags: str) -> Summary:
    """Return what *component* logged about APP."""
    with summarizing(component, APP, flags, Deadline(10)) as summarize:
        return summarize()


def test_errors_come_first_and_once(kubectl: Path) -> None:
    """Repeated messages about the object are merged, errors first; others are left out."""
    lines = [
        line(level="info", msg="applied"),
        line(error="no", ts="2026-11-23T11:58:00Z"),
        line(error="no"),
        line("other", error="other"),
        line(kind="HelmRelease", error="of another kind"),
        "no JSON",
        "{broken",
        "[1]",
    ]
    kubectl.write_text("\n".join(lines))
    component = next(c for c in state(*HEALTHY).components if "kustomize" in c.ref.name)
    log = summary(component, "--context=prod")
    assert [(one.level, one.text, one.times) for one in log.messages] == [
        ("error", "Reconciler error: no", 2),
        ("info", "applied", 1),
    ]
    assert log.messages[0].last is not None
    assert f"{log.messages[0].last:%H:%M}" == "11:59"
    asked = (kubectl.parent / "argv").read_text()
    assert "--context=prod logs --namespace=flux-system" in asked
    assert "--limit-bytes=" in asked


def test_credentials_are_masked() -> None:
    """A credential in a log is masked."""
    [result] = merged([parse("x", line(error=f"https://x:{SECRET}@git.example.com: {SECRET}"))])
    assert SECRET not in result.text


def test_a_missing_permission_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without permission to read logs the missing permission is named."""
    message = 'Error from server (Forbidden): pods is forbidden: cannot get resource "pods/log"'
    folder = program(tmp_path / "kubectl", f"echo '{message}' >&2; exit 1").parent
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    component = state(*HEALTHY).components[0]
    log = summary(component)
    assert log.unread is not None
    assert (log.unread.why, log.unread.permission) == (Why.FORBIDDEN, "get pods/log")


@pytest.mark.parametrize("entry", [{}, {"name": 1}, {"Kustomization": "web"}, {"level": []}])
def test_strange_entries_do_no_harm(entry: dict[str, object]) -> None:
    """A line in another form than that of Flux is not about the object."""
    assert not parse("x", json.dumps(entry)).is_about(APP)
