"""Reading logs with kubectl: to the end, as they are printed, or not at all."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fluxstatus.lookup.log import LogQuery, Logs, parse
from fluxstatus.model.evidence import Why
from fluxstatus.model.ref import Ref
from tests.builders import HEALTHY, state
from tests.fakes.programs import program

SOURCE = [one for one in state(*HEALTHY).components if one.name == "source-controller"]
EVERY = LogQuery()
WEB = Ref("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps", "web")
Kubectl = Callable[[str], Logs]


@pytest.fixture(name="kubectl")
def _kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    """Return a function that reads logs with a script as kubectl, which records its arguments."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)

    def make(script: str) -> Logs:
        program(tmp_path / "kubectl", f'echo "$@" >>{tmp_path}/asked\n{script}')
        return Logs(SOURCE, ("--context=prod",))

    return make


def test_lines_are_in_the_order_of_time(kubectl: Kubectl) -> None:
    """Lines are sorted by time, and kubectl gets the flags of the caller."""
    logs = kubectl("""echo '{"ts":"2026-11-23T12:00:01Z","msg":"b"}'
    printf '{"ts":"2026-11-23T12:00:00Z","msg":"a"}'""")
    wanted = LogQuery(tail=50, since="60s", previous=True)
    assert [line.entry["msg"] for line in logs.read(wanted, 10)] == ["a", "b"]
    asked = Path("asked").read_text().split()
    assert asked[:2] == ["--context=prod", "logs"]
    assert {"--tail=50", "--since=60s", "--previous"} <= set(asked)


def test_the_last_of_those_that_fit(kubectl: Kubectl) -> None:
    """--tail counts the selected lines."""
    logs = kubectl("for i in 1 2 3; do echo E111$i bad; echo fine; done")
    wanted = LogQuery(errors=True, tail=2)
    assert [line.raw for line in logs.read(wanted, 10)] == ["E1112 bad", "E1113 bad"]
    assert "--tail=2\n" not in Path("asked").read_text()


def test_lines_are_yielded_as_they_arrive(kubectl: Kubectl) -> None:
    """With -f a complete line is returned while kubectl is running."""
    logs = kubectl("printf 'one\\ntw'; sleep 0.5; echo o; until [ -e done ]; do sleep 0.1; done")
    lines = logs.read(LogQuery(follow=True), 10)
    assert [next(lines).raw, next(lines).raw] == ["one", "two"]
    Path("done").touch()
    assert list(lines) == []
    assert logs.unread == {}


def test_a_reader_that_stops_leaves_no_kubectl(kubectl: Kubectl) -> None:
    """When the caller stops reading, kubectl is ended."""
    logs = kubectl("echo $$; sleep 60")
    lines = logs.read(LogQuery(follow=True), 10)
    number = int(next(lines).raw)
    lines.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_forbidden_is_reported(kubectl: Kubectl) -> None:
    """Without permission to read logs the permission is named."""
    logs = kubectl("echo 'Error from server (Forbidden): pods is forbidden' >&2; exit 1")
    assert list(logs.read(EVERY, 10)) == []
    assert logs.unread["source-controller"].permission == "get pods/log"


def test_a_hanging_log_is_reported(kubectl: Kubectl) -> None:
    """A log that does not end in time is reported as a timeout."""
    logs = kubectl("sleep 60")
    assert list(logs.read(EVERY, 0.3)) == []
    assert logs.unread["source-controller"].why is Why.TIMEOUT


def test_lines_are_selected() -> None:
    """Lines are selected by object and as errors; a panic is an error, too."""
    entry = {"level": "error", "controllerKind": "Kustomization"}
    web = entry | {"Kustomization": {"name": "web", "namespace": "apps"}}
    error, info = parse("x", json.dumps(web)), parse("x", json.dumps(web | {"level": "info"}))
    other = entry | {"Kustomization": {"name": "db", "namespace": "apps"}}
    db, panic = parse("x", json.dumps(other)), parse("x", "panic: runtime error")
    lines = (error, info, db, panic, parse("x", "words"))
    assert [line for line in lines if LogQuery(WEB).matches(line)] == [error, info]
    assert [line for line in lines if LogQuery(errors=True).matches(line)] == [error, db, panic]
    assert [line for line in lines if LogQuery(WEB, errors=True).matches(line)] == [error]
