"""What can be shown on Linux about macOS and other processors; the workflow runs the rest there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fakes.programs import program
from tests.install.fixtures import NAME, NEW_PYTHON, ROOT, Room, link, may_unshare, run, unpack
from tests.kubernetes.cluster import Cluster

_ELSEWHERE = """
import os, signal, socket, sys

sys.platform = "darwin"
sys.modules["ctypes"] = None  # no prctl
for module, names in {
    os: "memfd_create eventfd pidfd_open sched_getaffinity sched_setaffinity splice getrandom "
    "posix_fadvise posix_fallocate setresuid getresuid copy_file_range unshare setns "
    "O_TMPFILE O_PATH O_NOATIME listxattr getxattr setxattr removexattr",
    signal: "pidfd_send_signal SIGPWR SIGSTKFLT SIGPOLL",
    socket: "SO_PEERCRED SOCK_CLOEXEC SOCK_NONBLOCK accept4 AF_NETLINK",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.path[0] = sys.argv.pop(1)
from fluxstatus.__main__ import main

main()
"""
"""The program, as far as Python can tell, on macOS: without what only Linux has."""

_WITHOUT = """
mount --make-rprivate /
mount -t tmpfs -o ro none /dev/shm
mount -t tmpfs none /proc
mkdir -p /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 # where /dev/fd leads; macOS has that
mount -o remount,ro /proc
exec "$@"
"""


def _program(unpacked: Path, *words: str) -> list[str]:
    return [NEW_PYTHON, "-EsS", "-c", _ELSEWHERE, str(unpacked.parent / "lib"), *words]


@pytest.mark.parametrize(
    "words", [["--demo"], ["get", "all", "--demo"], ["--demo", "-o", "html"], ["__complete", "--f"]]
)
def test_nothing_needs_linux(unpacked: Path, words: list[str]) -> None:
    """Commands print the same without the calls that only Linux has."""
    there = subprocess.run(_program(unpacked, *words), capture_output=True, check=False)
    here = subprocess.run([unpacked, *words], capture_output=True, check=False)
    assert (there.returncode, there.stderr) == (here.returncode, b"")
    assert there.stdout == here.stdout != b""


@pytest.mark.cluster
def test_a_check_needs_no_linux(unpacked: Path, running_cluster: Cluster, kubectl: Path) -> None:
    """A check of a cluster works without these calls, and without /dev/shm and /proc."""
    words = _program(unpacked, f"--kubeconfig={running_cluster.kubeconfig('admin')}")
    if may_unshare():
        words = ["unshare", "--mount", "sh", "-e", "-c", _WITHOUT, "sh", *words]
    env = {**os.environ, "PATH": f"{kubectl.parent}:{os.environ['PATH']}"}
    done = run(*words, env=env, code=1)
    assert done.stderr == ""
    assert re.search(r"pass +cluster +reachable", done.stdout)


def test_links_need_no_option_of_gnu(tarball: Path, clean_room: Room, tmp_path: Path) -> None:
    """The launcher follows links with a readlink that has no options, as that of old BSDs."""
    launcher = unpack(tarball, tmp_path / "a b")
    env = clean_room(python3=NEW_PYTHON)
    real = shutil.which("readlink") or ""
    readlink = Path(env["PATH"]) / "readlink"
    readlink.unlink()
    program(readlink, f'case $1 in -*) exit 1 ;; esac; [ $# = 1 ] && exec {real} "$1"')
    path = link(launcher, tmp_path / "bin" / "one")
    path = link("one", tmp_path / "bin" / NAME)
    assert run(path, "--version", env=env).stdout.startswith("kubectl flux-status ")


_SH = ["kubectl-flux_status", "completions/kubectl_complete-flux_status", "tests/run"]
_SH += [f".ci/{name}" for name in ("address", "archive", "python", "release", "run")]
_BASH = ["completions/kubectl-flux_status.bash", "action/setup", "action/check"]


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck here (Debian has it)")
@pytest.mark.parametrize("name", [*_SH, *_BASH])
def test_shellcheck(name: str, tmp_path: Path) -> None:
    """Shellcheck finds nothing in a script; what runs under sh is POSIX."""
    text = (ROOT / name).read_text().partition("\n# Python from here on")[0]
    script = tmp_path / "script"
    script.write_text(text.replace("''':'\n", ":\n").removesuffix("'''"))
    run("shellcheck", "--shell=sh" if name in _SH else "--shell=bash", script)


_SINCE_4 = (
    r"declare -A|local -A|mapfile|readarray|&>>|\|&|coproc|\$\{\w+(\[[^]]*\])?(@|,|\^)|\[-\d+\]|-v "
)


@pytest.mark.parametrize("name", _BASH)
def test_bash_of_macos(name: str) -> None:
    """The scripts for bash have nothing that bash 3.2, which macOS has, lacks."""
    text = re.sub(r"(?<!\S)#.*", "", (ROOT / name).read_text())
    text = text.replace("command -v ", "").replace("printf -v ", "")  # it has these two
    assert not re.search(_SINCE_4, text)


def test_the_archive_has_nothing_for_one_processor(unpacked: Path) -> None:
    """No file in it is compiled, so it is the same on every processor."""
    for file in unpacked.parent.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert file.suffix not in {".so", ".dylib", ".pyd"}
            assert not file.read_bytes().startswith((b"\x7fELF", b"\xcf\xfa\xed\xfe"))
