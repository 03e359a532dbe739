"""Reading logs with kubectl: to the end, as they are printed, or not at all."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
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
    assert [line.entry["msg"] for line in logs.read(wanted, Deadline(10))] == ["a", "b"]
    asked = Path("asked").read_text().split()
    assert asked[:2] == ["--context=prod", "logs"]
    assert {"--tail=50", "--since=60s", "--previous"} <= set(asked)


def test_the_last_of_those_that_fit(kubectl: Kubectl) -> None:
    """--tail counts the selected lines."""
    logs = kubectl("for i in 1 2 3; do echo E111$i bad; echo fine; done")
    wanted = LogQuery(errors=True, tail=2)
    assert [line.raw for line in logs.read(wanted, Deadline(10))] == ["E1112 bad", "E1113 bad"]
    assert "--tail=2\n" not in Path("asked").read_text()


def test_lines_are_yielded_as_they_arrive(kubectl: Kubectl) -> None:
    """With -f a complete line is returned while kubectl is running."""
    logs = kubectl("printf 'one\\ntw'; sleep 0.5; echo o; until [ -e done ]; do sleep 0.1; done")
    lines = logs.read(LogQuery(follow=True), Deadline(10))
    assert [next(lines).raw, next(lines).raw] == ["one", "two"]
    Path("done").touch()
    assert list(lines) == []
    assert logs.unread == {}


def test_a_reader_that_stops_leaves_no_kubectl(kubectl: Kubectl) -> None:
    """When the caller stops reading, kubectl is ended."""
    logs = kubectl("echo $$; sleep 60")
    lines = logs.read(LogQuery(follow=True), Deadline(10))
    number = int(next(lines).raw)
    lines.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_forbidden_is_reported(kubectl: Kubectl) -> None:
    """Without permission to read logs the permission is named."""
    logs = kubectl("echo 'Error from server (Forbidden): pods is forbidden' >&2; exit 1")
    assert list(logs.read(EVERY, Deadline(10))) == []
    assert logs.unread["source-controller"].permission == "get pods/log"


def test_a_hanging_log_is_reported(kubectl: Kubectl) -> None:
    """A log that does not end in time is reported as a timeout."""
    logs = kubectl("sleep 60")
    assert list(logs.read(EVERY, Deadline(0.3))) == []
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


KEY = (
    ("-----BEGIN RSA PRIVATE " "KEY-----"), "MIIEpAIBAAKCAQEA1", "MIIEpAIBAAKCAQEA2",
    ("-----END RSA PRIVATE " "KEY-----"),
)  # fmt: skip


@pytest.mark.parametrize("cut", [0, 1])
def test_a_key_in_several_lines_is_masked(kubectl: Kubectl, cut: int) -> None:
    """Lines without JSON are masked together, also if --tail cuts off the beginning of a key."""
    entry = '{"ts":"2026-11-23T12:00:00Z","msg":"a"}'
    lines = (*KEY[cut:2], entry, *KEY[2:], "stringData:", "  level: hunter2", "goroutine 1")
    logs = kubectl("\n".join(f"echo '{line}'" for line in (lines if not cut else lines[2:])))
    text = "\n".join(line.raw for line in logs.read(EVERY, Deadline(10)))
    assert "***" in text
    assert "goroutine 1" in text
    assert not any(secret in text for secret in (*KEY[1:3], "hunter2"))


def test_a_key_that_arrives_line_by_line_is_masked(kubectl: Kubectl) -> None:
    """With -f, a key is masked although its lines are printed one by one."""
    step = "until [ -e {0} ]; do sleep 0.05; done; echo '{1}'"
    steps = (step.format(number, line) for number, line in enumerate((*KEY, "the end"), 1))
    logs = kubectl("\n".join(("echo started", *steps)))
    read = []
    for line in logs.read(LogQuery(follow=True), Deadline(10)):
        read.append(line.raw)
        if line.raw == "started":
            Path("1").touch()
        elif line.raw == "***":
            for number in range(2, 6):
                Path(f"{number}").touch()
                time.sleep(0.3)
    assert read == ["started", "***", "the end"]


def test_a_log_without_end_takes_no_longer_than_the_time(kubectl: Kubectl) -> None:
    """Lines that are still to be read when the time is up make the log unread."""
    logs = kubectl("yes | head -c 40000000")
    query = LogQuery(tail=50)
    assert "--limit-bytes=16777216" in query.options()
    assert list(logs.read(query, Deadline(1))) == []
    assert logs.unread["source-controller"].why is Why.TIMEOUT
