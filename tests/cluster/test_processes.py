"""Running other programs: no output is lost, nothing hangs, survives or leaks."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Why
from tests.fakes.processes import gone, running
from tests.fakes.programs import program

SECOND = 1.0


def run(tmp_path: Path, script: str, *arguments: str, timeout: float = 10) -> processes.Output:
    """Run a shell *script* as the program "tool"."""
    return processes.run([str(program(tmp_path / "tool", script)), *arguments], timeout=timeout)


def failure(tmp_path: Path, script: str, *arguments: str, timeout: float = 10) -> ProgramError:
    """Return the error of a shell *script* that must fail."""
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, script, *arguments, timeout=timeout)
    return caught.value


def test_all_of_a_long_output_arrives(tmp_path: Path) -> None:
    """Fifty megabytes in millions of lines are read completely, and fast."""
    began = time.monotonic()
    output = run(tmp_path, "seq 7000000")
    assert time.monotonic() - began < 10 * SECOND
    lines = output.stdout.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (7_000_000, b"1", b"7000000")


def test_arguments_arrive_as_they_are(tmp_path: Path) -> None:
    """No shell, no globbing, no word taken for an option: arguments arrive unchanged."""
    words = ["", "a b", "$HOME", "*", "--x=ü", "-", "'\"\\", "line\nline"]
    output = run(tmp_path, 'for word; do printf "%s\\0" "$word"; done', *words)
    assert output.stdout.decode().split("\0")[:-1] == words


def test_a_program_has_no_terminal_and_no_input(tmp_path: Path) -> None:
    """It reads an end of file, and cannot open the terminal to prompt for a password."""
    script = "cat; tty; (: </dev/tty) 2>/dev/null && echo terminal; true"
    assert run(tmp_path, script).stdout == b"not a tty\n"


def test_klog_lines_are_not_part_of_an_error(tmp_path: Path) -> None:
    """Log lines are dropped from stderr, but the text of a fatal error stays."""
    script = """cat >&2 <<'END'
E1123 21:56:30.467018   15224 memcache.go:265] "Unhandled Error"
W1123 21:56:30.467018   15224 warnings.go:70] deprecated
F1123 21:56:30.467018   15224 cred.go:145] log in first
The connection was refused
END"""
    assert run(tmp_path, script).stderr == "log in first\nThe connection was refused\n"


@pytest.mark.parametrize(
    ("script", "why", "text"),
    [
        ("echo no such thing >&2; exit 3", Why.FAILED, "tool failed: no such thing"),
        ("exit 4", Why.FAILED, "tool failed: exit code 4, without a message"),
        ("kill -KILL $$", Why.FAILED, "tool was killed by SIGKILL"),
        ("sleep 60", Why.TIMEOUT, "tool did not finish within 0.3 s"),
    ],
)
def test_what_goes_wrong_is_one_error(tmp_path: Path, script: str, why: Why, text: str) -> None:
    """Failed, killed and hung programs raise the same exception with one sentence."""
    error = failure(tmp_path, script, timeout=0.3 if why is Why.TIMEOUT else 10)
    assert (error.unread.why, error.unread.text, str(error)) == (why, text, text)


def test_codes_can_be_allowed(tmp_path: Path) -> None:
    """An exit code that is an answer is returned."""
    tool = program(tmp_path / "tool", "exit 1")
    assert processes.run([str(tool)], timeout=10, ok=(0, 1)).code == 1


def test_output_that_is_not_json_is_garbled(tmp_path: Path) -> None:
    """JSON is returned, and anything else raises the same exception."""
    assert run(tmp_path, """echo '{"a": 1}'""").json() == {"a": 1}
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, "echo '<html>'").json()
    assert caught.value.unread.why is Why.GARBLED


def test_what_cannot_be_started_is_missing(tmp_path: Path) -> None:
    """A file that the system cannot execute is reported."""
    odd = tmp_path / "odd"
    odd.write_text("no interpreter named")
    odd.chmod(0o755)
    for path in (odd, tmp_path / "nothing"):
        with pytest.raises(ProgramError) as caught:
            processes.run([str(path)], timeout=10)
        assert caught.value.unread.why is Why.NO_PROGRAM


@pytest.mark.parametrize(
    "flags",
    [
        ["--token=s3cret"],
        ["--token", "s3cret"],
        ["--password=s3cret"],
        ["--kube-token", "s3cret"],
    ],
)
def test_credentials_on_the_command_line_are_never_printed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, flags: list[str]
) -> None:
    """No error or log contains them, even if the program prints them."""
    caplog.set_level(logging.DEBUG)
    error = failure(tmp_path, 'echo "bad flags: $*" >&2; exit 1', *flags)
    assert "bad flags" in error.unread.text
    assert "s3cret" not in repr(error.unread) + str(error) + caplog.text
    error = failure(tmp_path, "sleep 60", *flags, timeout=0.1)
    assert "s3cret" not in repr(error.unread) + str(error) + caplog.text


def test_a_hung_program_takes_its_children_along(tmp_path: Path) -> None:
    """Its children are ended, too, and its output so far is known."""
    name = f"sleep-{os.getpid()}"
    program(tmp_path / name, "sleep 60")
    tool = program(tmp_path / "tool", f"echo waiting >&2; {tmp_path / name} & wait")
    with Process([str(tool)]) as process:
        with pytest.raises(ProgramError):
            process.wait(0.3)
        assert running(name)
        assert process.output().stderr == "waiting\n"
    assert gone(name)


def test_a_program_that_leaves_a_child_behind_does_not_delay_us(tmp_path: Path) -> None:
    """A background child that keeps the output open is not awaited."""
    began = time.monotonic()
    assert run(tmp_path, "sleep 30 & echo done").stdout == b"done\n"
    assert time.monotonic() - began < 10 * SECOND


_START = """
import os, sys, time
from fluxstatus.cluster import processes
with processes.signals_raise(), processes.Process(sys.argv[1:]) as process:
    print("started", flush=True)
    process.wait(60)
"""


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL],
    ids=lambda number: number.name,
)
def test_no_program_outlives_us(tmp_path: Path, number: signal.Signals) -> None:
    """However we are ended, the program that we started is ended, too."""
    if number is signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends children with their parent")
    tool = program(tmp_path / f"tool-{os.getpid()}-{number.name}", "trap '' HUP; sleep 60; true")
    with subprocess.Popen(
        [sys.executable, "-c", _START, tool], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"started\n"
        assert running(tool.name)
        run.send_signal(number)
        run.communicate(timeout=10)
    expected = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}
    # Python kills itself with SIGINT, so that a shell sees that it ended by Ctrl-C.
    assert run.returncode == expected.get(number, -signal.SIGINT)
    assert gone(tool.name)


_INTERRUPTED = """
import signal, sys
from contextlib import suppress
from fluxstatus.cluster import processes

for number in range(300):
    with suppress(SystemExit), processes.signals_raise():
        signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
        signal.setitimer(signal.ITIMER_REAL, 0.0001 + number * 0.00005)
        with processes.Process(sys.argv[1:]) as process:
            while process.alive():
                pass
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
print("done")
"""


def test_a_signal_may_come_at_any_moment(tmp_path: Path) -> None:
    """Whenever a signal arrives, the program ends and nothing hangs."""
    tool = program(tmp_path / f"tool-{os.getpid()}", "sleep 60; true")
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED, tool],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert gone(tool.name)


def test_a_signal_that_someone_handles_is_left_alone() -> None:
    """Only signals with the default action raise exceptions, and only within the block."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with processes.signals_raise():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_kubectl_is_the_one_that_called_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBECTL_PATH wins over PATH if it is executable; otherwise PATH is used."""
    on_path = program(tmp_path / "bin" / "kubectl", "true")
    caller = program(tmp_path / "other" / "kubectl", "true")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert processes.kubectl() == str(on_path)
    monkeypatch.setenv("KUBECTL_PATH", str(caller))
    assert processes.kubectl() == str(caller)
    monkeypatch.setenv("KUBECTL_PATH", str(tmp_path / "gone"))
    assert processes.kubectl() == str(on_path)


def test_flux_plugins_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program is searched on PATH, then in $FLUXCD_PLUGINS, then in Flux's plugin directory."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FLUXCD_PLUGINS", raising=False)
    with pytest.raises(ProgramError) as caught:
        processes.find("flux-operator")
    assert caught.value.unread.why is Why.NO_PROGRAM
    in_flux_namespaces = program(tmp_path / ".fluxcd" / "plugins" / "flux-operator", "true")
    assert processes.find("flux-operator") == str(in_flux_namespaces)
    chosen = program(tmp_path / "plugins" / "flux-operator", "true")
    monkeypatch.setenv("FLUXCD_PLUGINS", str(chosen.parent))
    assert processes.find("flux-operator") == str(chosen)
    on_path = program(tmp_path / "bin" / "flux-operator", "true")
    assert processes.find("flux-operator") == str(on_path)


def test_a_program_that_is_talked_to(tmp_path: Path) -> None:
    """It reads what is written, in its own environment, and is ended with the block."""
    argv = [str(program(tmp_path / "parrot", 'while read -r line; do echo "$OWN $line"; done'))]
    with Process(argv, environ={"OWN": "polly", "PATH": os.environ["PATH"]}, stdin=True) as parrot:
        parrot.write(b"a\nb\n")
        until = time.monotonic() + 10
        while parrot.output().stdout != b"polly a\npolly b\n" and time.monotonic() < until:
            time.sleep(0.01)
        assert parrot.output().stdout == b"polly a\npolly b\n"
    assert gone(argv[0])


def test_writing_to_an_ended_program_is_an_error(tmp_path: Path) -> None:
    """Writing to a program that has ended is an error, without a SIGPIPE for us."""
    argv = [str(program(tmp_path / "deaf", "exit 0"))]
    with Process(argv, stdin=True) as deaf:
        deaf.wait(10)
        with pytest.raises(ProgramError, match="deaf closed its standard input"):
            deaf.write(b"hello\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a home")
def test_user_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without an account, as in some containers, finds programs on PATH."""
    monkeypatch.delenv("HOME")
    code = (
        "import os; from fluxstatus.cluster import processes; "
        "os.setuid(54321); processes.find('sh')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
