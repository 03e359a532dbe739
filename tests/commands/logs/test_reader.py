"""Logs as kubectl gives them: to the end, as they come, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fluxstatus.commands.logs.lines import chosen
from fluxstatus.commands.logs.reader import Logs, Wanted
from fluxstatus.model.evidence import Why
from tests.builders import HEALTHY, state
from tests.fakes.programs import program

SOURCE = [one for one in state(*HEALTHY).components if one.name == "source-controller"]
EVERY = chosen(None, errors=False)
Kubectl = Callable[[str], Logs]


@pytest.fixture(name="kubectl")
def _kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    """Return what makes a kubectl of a script and reads with it; it notes what it was asked."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)

    def make(script: str) -> Logs:
        program(tmp_path / "kubectl", f'echo "$@" >>{tmp_path}/asked\n{script}')
        return Logs(SOURCE, ("--context=prod",))

    return make


def test_lines_are_in_the_order_of_time(kubectl: Kubectl) -> None:
    """Lines come sorted, and kubectl is asked with the flags of the caller."""
    logs = kubectl("""echo '{"ts":"2026-11-23T12:00:01Z","msg":"b"}'
    printf '{"ts":"2026-11-23T12:00:00Z","msg":"a"}'""")
    wanted = Wanted(EVERY, every=True, tail=50, since="60s", previous=True)
    assert [line.entry["msg"] for line in logs.read(wanted, 10)] == ["a", "b"]
    asked = Path("asked").read_text().split()
    assert asked[:2] == ["--context=prod", "logs"]
    assert {"--tail=50", "--since=60s", "--previous"} <= set(asked)


def test_the_last_of_those_that_fit(kubectl: Kubectl) -> None:
    """When lines are chosen, --tail counts those."""
    logs = kubectl("for i in 1 2 3; do echo E111$i bad; echo fine; done")
    wanted = Wanted(chosen(None, errors=True), every=False, tail=2)
    assert [line.raw for line in logs.read(wanted, 10)] == ["E1112 bad", "E1113 bad"]
    assert "--tail=2\n" not in Path("asked").read_text()


def test_what_comes_is_told_as_it_comes(kubectl: Kubectl) -> None:
    """With -f a line is told while kubectl goes on, and only whole."""
    logs = kubectl("printf 'one\\ntw'; sleep 0.5; echo o; until [ -e done ]; do sleep 0.1; done")
    lines = logs.read(Wanted(EVERY, every=True, follow=True), 10)
    assert [next(lines).raw, next(lines).raw] == ["one", "two"]
    Path("done").touch()
    assert list(lines) == []
    assert logs.unread == {}


def test_a_reader_that_stops_leaves_no_kubectl(kubectl: Kubectl) -> None:
    """When nobody reads on, kubectl is ended."""
    logs = kubectl("echo $$; sleep 60")
    lines = logs.read(Wanted(EVERY, every=True, follow=True), 10)
    number = int(next(lines).raw)
    lines.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_forbidden_is_said(kubectl: Kubectl) -> None:
    """Without the right to read logs the permission is named."""
    logs = kubectl("echo 'Error from server (Forbidden): pods is forbidden' >&2; exit 1")
    assert list(logs.read(Wanted(EVERY, every=True), 10)) == []
    assert logs.unread["source-controller"].rule == "get pods/log"


def test_one_that_hangs_is_said(kubectl: Kubectl) -> None:
    """A log that does not end in time is a time-out, not silence."""
    logs = kubectl("sleep 60")
    assert list(logs.read(Wanted(EVERY, every=True), 0.3)) == []
    assert logs.unread["source-controller"].why is Why.TIMEOUT
