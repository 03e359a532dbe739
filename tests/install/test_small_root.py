"""A root with kubectl, python3, sh and coreutils, where only HOME and TMPDIR can be written.

Of /dev it has null. kubectl looks into /proc for its own path when it starts a plugin.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shipping import archive, flux_plugin
from tests.install.fixtures import COREUTILS, NAME, NEW_PYTHON, ROOT, link, may_unshare, run, unpack
from tests.kubernetes.cluster import Cluster

pytestmark = pytest.mark.cluster

_ENTER = """
set -e
root=$1 home=$2 tmp=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
while read -r path; do
    mount --bind "$path" "$root$path"
    mount -o remount,bind,ro "$root$path"
done <"$root/mounts"
mount --bind /dev/null "$root/dev/null"
mount --rbind /proc "$root/proc"
mount --bind "$home" "$root/home"
mount --bind "$tmp" "$root/scratch"
mount -o remount,bind,ro "$root"
exec chroot "$root" "$@"
"""
_ABOUT = "import sys, sysconfig; print(sys.executable, sysconfig.get_path('stdlib'))"


@pytest.fixture(name="room")
def _room(cluster: Cluster, tmp_path: Path) -> Path:
    """Return a folder whose folder "place" has a kubeconfig."""
    if not may_unshare():
        pytest.skip("no mounts of one's own here: that takes root on Linux")
    (tmp_path / "place").mkdir()
    shutil.copy(cluster.kubeconfig("admin"), tmp_path / "place" / "kubeconfig")
    return tmp_path


class SmallRoot:
    """The root, in *folder*; what is in *place* is there under the same name."""

    def __init__(self, folder: Path, kubectl: Path, place: Path) -> None:
        self._root, self.home, self.tmp = folder / "root", folder / "home", folder / "tmp"
        inside = (self._root / name for name in ("bin", "dev", "home", "proc", "scratch"))
        for path in (*inside, self.home, self.tmp):
            path.mkdir(parents=True)
        (self._root / "dev" / "null").touch()
        python, library = run(NEW_PYTHON, "-c", _ABOUT).stdout.split()
        programs = [Path(shutil.which(name) or f"/bin/{name}") for name in ("sh", *COREUTILS)]
        for program in (*programs, kubectl):
            shutil.copy(program, self._root / "bin" / program.name)
        self._copy(Path(python))
        link(python, self._root / "bin" / "python3")
        native = Path(library).glob("lib-dynload/*.so")
        done = subprocess.run(
            ["ldd", *programs, kubectl, python, *native],
            capture_output=True,
            text=True,
            check=False,
        )
        for file in set(re.findall(r"(/\S+) \(0x", done.stdout)):
            self._copy(Path(file))
        for path in (Path(library), place):
            (self._root / path.relative_to("/")).mkdir(parents=True)
        (self._root / "mounts").write_text(f"{library}\n{place}\n")
        self._env = {"HOME": "/home", "TMPDIR": "/scratch", "PATH": f"{place / 'bin'}:/bin"}
        self._env["KUBECONFIG"] = f"{place / 'kubeconfig'}"

    def _copy(self, file: Path) -> None:
        copy = self._root / file.relative_to("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)

    def run(self, *words: str, code: int = 0) -> str:
        """Run *words* in it, and return the output; there must be no error message."""
        enter = ["unshare", "--mount", shutil.which("sh"), "-c", _ENTER, "sh"]
        chroot = [*map(str, (*enter, self._root, self.home, self.tmp)), "env", "-i"]
        env = [f"{name}={value}" for name, value in self._env.items()]
        done = run(*chroot, *env, *words, code=code)
        assert done.stderr == ""
        return done.stdout


def _archive(dist: Path, place: Path) -> None:
    launcher = unpack(dist / archive.name(), place / "lib")
    link(launcher, place / "bin" / NAME)


def _one_file(dist: Path, place: Path) -> None:
    (place / "bin").mkdir()
    shutil.copy(dist / NAME, place / "bin")


def _flux_plugin(dist: Path, place: Path) -> None:
    [packed] = dist.glob(f"{flux_plugin.NAME}_*_linux_amd64.tar.gz")
    unpack(packed, place / "plugins")
    link(place / "plugins" / flux_plugin.NAME, place / "bin" / NAME)


def _wheel(_: Path, place: Path) -> None:
    run(NEW_PYTHON, "-m", "venv", "--without-pip", place)
    python = f"--python={place / 'bin' / 'python'}"
    run(sys.executable, "-m", "pip", python, "install", "--quiet", ROOT)


_CACHE = {".cache"}
_STATE = {".local/state"}  # the time of the failed check: docs/safety.md


@pytest.mark.parametrize(
    ("install", "written"),
    [(_archive, set()), (_one_file, _CACHE), (_flux_plugin, _CACHE), (_wheel, set())],
)
def test_works(
    install: Callable[[Path, Path], None], written: set[str], dist: Path, room: Path, kubectl: Path
) -> None:
    """Each artefact verifies itself, checks a cluster, and leaves only its cache and its state."""
    place = room / "place"
    install(dist, place)
    root = SmallRoot(room, kubectl, place)
    for _ in range(2):
        assert "match the release" in root.run(NAME, "version", "--verify")
    assert "host-refuses" in root.run(NAME, "--demo", code=1)
    assert re.search(r"pass +cluster +reachable", root.run("kubectl", "flux-status", code=1))
    assert "--fail-on\t" in root.run(NAME, "__complete", "--fail-")
    files = {path for path in root.home.rglob("*") if not path.is_dir()}
    folders = {
        f"{path.relative_to(root.home)}".partition("/kubectl-flux-status/")[0] for path in files
    }
    assert folders == written | _STATE
    assert not [*root.tmp.iterdir()]
    with pytest.raises(AssertionError, match="Read-only file system"):
        root.run("touch", "/bin/x")
