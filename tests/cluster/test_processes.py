"""Running other programs: no output is lost, nothing hangs, survives or leaks."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes
from fluxstatus.cluster.processes import Process, ProgramError
from fluxstatus.model.evidence import Why
from tests.fakes.processes import gone, running
from tests.fakes.programs import program


def run(tmp_path: Path, script: str, *arguments: str, timeout: float = 300) -> processes.Output:
    """Run a shell *script* as the program "tool"."""
    return processes.run([str(program(tmp_path / "tool", script)), *arguments], Deadline(timeout))


def seconds(action: Callable[[], object]) -> float:
    """Return how long an *action* takes."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def failure(tmp_path: Path, script: str, *arguments: str, timeout: float = 300) -> ProgramError:
    """Return the error of a shell *script* that must fail."""
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, script, *arguments, timeout=timeout)
    return caught.value


def test_all_of_a_long_output_arrives(tmp_path: Path) -> None:
    """Fifty megabytes in millions of lines are read completely, and about as fast as by others."""
    alone = seconds(lambda: subprocess.run(["seq", "7000000"], stdout=subprocess.PIPE, check=True))
    outputs: list[processes.Output] = []
    assert seconds(lambda: outputs.append(run(tmp_path, "seq 7000000", timeout=300))) < 20 * alone
    [output] = outputs
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
    error = failure(tmp_path, script, timeout=0.3 if why is Why.TIMEOUT else 300)
    assert (error.unread.why, error.unread.text, str(error)) == (why, text, text)


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
            processes.run([str(path)], Deadline(300))
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


def test_what_a_login_program_prints_has_no_credentials(tmp_path: Path) -> None:
    """The messages of a program are masked line by line, also as the reason of its failure."""
    script = 'printf \'log in again\\ntoken: swordfish\\n{"status":{"token":"x7x9q"}}\\n\' >&2'
    shown = 'log in again\ntoken: ***\n{"status":{"token":"***"}}'
    assert run(tmp_path, script).stderr == f"{shown}\n"
    assert shown in str(failure(tmp_path, f"{script}; exit 1"))


def test_a_hung_program_takes_its_children_along(tmp_path: Path) -> None:
    """Its children are ended, too, and its output so far is known."""
    name = f"sleep-{os.getpid()}"
    program(tmp_path / name, "sleep 60")
    tool = program(tmp_path / "tool", f"echo waiting >&2; {tmp_path / name} & wait")
    with Process([str(tool)]) as process:
        while not running(name):
            pass
        with pytest.raises(ProgramError):
            process.wait(Deadline(0.3))
        assert running(name)
        assert process.output().stderr == "waiting\n"
    assert gone(name)


def test_a_program_that_leaves_a_child_behind_does_not_delay_us(tmp_path: Path) -> None:
    """A background child that keeps the output open is not awaited."""
    child = tmp_path / "child"
    script = f"sleep 600 & echo $! >{child}; echo done"
    assert run(tmp_path, script, timeout=300).stdout == b"done\n"
    os.kill(int(child.read_text()), signal.SIGKILL)


_START = """
import os, sys, time
from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import processes, signals
with signals.raised(), processes.Process(sys.argv[1:]) as process:
    print("started", flush=True)
    process.wait(Deadline(60))
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
        while not running(tool.name):  # it may still be about to start
            assert run.poll() is None
        run.send_signal(number)
        run.communicate()
    expected = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}
    # Python kills itself with SIGINT, so that a shell sees that it ended by Ctrl-C.
    assert run.returncode == expected.get(number, -signal.SIGINT)
    assert gone(tool.name)


def test_kubectl_is_the_one_that_called_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBECTL_PATH wins over PATH if it is executable; otherwise PATH is used."""
    on_path = program(tmp_path / "bin" / "kubectl", "true")
    caller = program(tmp_path / "other" / "kubectl", "true")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert processes.kubectl() == str(on_path)
    monkeypatch.setenv("KUBECTL_PATH", str(caller))
    assert processes.kubectl() == str(caller)
    for none in (tmp_path / "gone", tmp_path):
        monkeypatch.setenv("KUBECTL_PATH", str(none))
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
        while len(parrot.output().stdout) < len(b"polly a\npolly b\n"):
            time.sleep(0.01)
        assert parrot.output().stdout == b"polly a\npolly b\n"
    assert gone(argv[0])


def test_a_program_may_be_asked_to_end(tmp_path: Path) -> None:
    """It gets SIGTERM, and can clean up; one that has ended is left alone."""
    script = "trap 'echo bye; exit 3' TERM; echo hi; while :; do sleep 0.05; done"
    with Process([str(program(tmp_path / "polite", script))]) as polite:
        while not polite.output().stdout:
            time.sleep(0.01)
        polite.ask_to_end()
        assert polite.wait(Deadline(60)) == 3
        polite.ask_to_end()
        assert polite.output().stdout == b"hi\nbye\n"


def test_no_signal_goes_to_the_number_of_an_ended_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be that of somebody else's program by now."""
    sent: list[int] = []
    with Process([str(program(tmp_path / "brief", "exit 0"))]) as brief:
        brief.wait(Deadline(60))
        monkeypatch.setattr(os, "kill", lambda number, _: sent.append(number))
        brief.ask_to_end()
        monkeypatch.undo()
    assert sent == []


def test_where_temporary_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To shared memory if no folder is writable; if that is not either, nothing is started."""
    assert processes.temp_dir() == tempfile.gettempdir()

    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    monkeypatch.setattr(processes, "_SHARED_MEMORY", str(tmp_path))
    assert processes.temp_dir() == str(tmp_path)
    monkeypatch.setattr(processes, "_SHARED_MEMORY", str(tmp_path / "missing"))
    with pytest.raises(ProgramError, match=r"set \$TMPDIR") as caught:
        processes.temp_dir()
    assert caught.value.unread.why is Why.FAILED


def test_writing_to_an_ended_program_is_an_error(tmp_path: Path) -> None:
    """Writing to a program that has ended is an error, without a SIGPIPE for us."""
    argv = [str(program(tmp_path / "deaf", "exit 0"))]
    with Process(argv, stdin=True) as deaf:
        deaf.wait(Deadline(300))
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


def test_only_the_end_of_a_long_error_is_read(tmp_path: Path) -> None:
    """Of megabytes on standard error the last lines are known, and reading them takes no time."""
    script = "seq 2000000 >&2; echo bye >&2; sleep 60"
    with Process([str(program(tmp_path / "tool", script))]) as process:
        until = time.monotonic() + 20
        while not process.output().stderr.endswith("bye\n") and time.monotonic() < until:
            time.sleep(0.01)
        stderr = process.output().stderr
        assert stderr.endswith("1999999\n2000000\nbye\n")
        assert len(stderr) <= 64 << 10
        assert stderr.splitlines()[0].isdecimal()


@pytest.mark.parametrize("stream", [1, 2])
def test_a_program_that_prints_without_end_is_killed(tmp_path: Path, stream: int) -> None:
    """What it prints has a limited size, and the reason for its end is known."""
    error = failure(tmp_path, f"yes warning >&{stream}; kill -XFSZ $$", timeout=50)
    assert error.unread.text == "tool printed too much: more than 64 MiB"


def test_a_stream_is_not_kept(tmp_path: Path) -> None:
    """A stream may be endless: what was read is gone, and the program waits for the reader."""
    tool = program(tmp_path / "tool", f"yes | tee {tmp_path}/copy")
    with Process([str(tool)], streaming=True) as process:
        number, until = 0, time.monotonic() + 20
        while number < 4 << 20 and time.monotonic() < until:
            part = process.read()
            assert len(part) <= 1 << 20
            number += len(part)
        assert number >= 4 << 20
        time.sleep(0.2)
        assert (tmp_path / "copy").stat().st_size < number + (2 << 20)
        assert process.output().stdout == b""


def test_nothing_is_started_when_the_time_is_up(tmp_path: Path) -> None:
    """The error says what used up the time, and not that a program was slow."""
    tool = program(tmp_path / "tool", f"touch {tmp_path}/started")
    deadline = Deadline(3)
    deadline.end -= 3
    with pytest.raises(ProgramError) as caught:
        processes.run([str(tool)], deadline)
    assert caught.value.unread.why is Why.TIMEOUT
    assert caught.value.unread.text == "--timeout 3s was used up before tool was started"
    assert not (tmp_path / "started").exists()


def test_several_run_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that wait for each other all finish, in order; the time is for all of them."""
    meet = f'touch {tmp_path}/$1; until [ -e {tmp_path}/$2 ]; do sleep 0.02; done; echo "$1"'
    program(tmp_path / "kubectl", meet)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with processes.running([("a", "b"), ("b", "a"), ("c", "c")], Deadline(20)) as results:
        found = list(results())
    assert [one.stdout for one in found if isinstance(one, processes.Output)] == [
        b"a\n", b"b\n", b"c\n",
    ]  # fmt: skip


def test_what_hangs_costs_the_time_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty programs that hang have one time limit, and each is reported."""
    program(tmp_path / "kubectl", "sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with processes.running([("x",)] * 20, Deadline(4)) as results:
        found = [str(one) for one in results()]
    assert all(one.startswith("kubectl did not finish within ") for one in found[:8])
    assert found[8:] == ["--timeout 4s was used up before kubectl was started"] * 12
