"""The remembered version of flux-operator: what is remembered, and when it does not count."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fluxstatus.base import go_build
from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster import local_tools, version_memory
from tests.fakes.programs import go_build as go_build_of
from tests.fakes.programs import program
from tests.kubernetes import build

_PACKAGE = "github.com/controlplaneio-fluxcd/flux-operator/cmd/cli"
_BUILD = go_build_of(_PACKAGE)


class Room:
    """A folder with a flux-operator in bin/, the only one, and an empty cache folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cache = folder, folder / "cache"
        self.memory = self.cache / "kubectl-flux-status" / "versions.json"

    def install(self, prints: str, more: bytes = _BUILD) -> Path:
        """Install a flux-operator that prints a version and counts its starts."""
        script = f"echo >>'{self.folder}/starts'\necho {prints}\nexit 0"
        (self.folder / "bin").mkdir(exist_ok=True)
        new = program(self.folder / "new", script)
        new.write_bytes(new.read_bytes() + more)
        return new.replace(self.folder / "bin" / "flux-operator")

    @property
    def starts(self) -> int:
        """The number of its starts."""
        return len((self.folder / "starts").read_text())


@pytest.fixture(name="room")
def _room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(go_build, "_FORMATS", (b"#!", b"\x7fELF"))  # scripts, too
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("FLUXCD_PLUGINS", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return Room(tmp_path)


def asked() -> str:
    """Return the version of flux-operator, or the reason why it is unknown."""
    with local_tools.running(["flux-operator"], Deadline(60)) as programs:
        found = programs()["flux-operator"]
    return found.unread.why if found.unread else found.version


def test_the_second_run_does_not_start_it(room: Room) -> None:
    """Its version is kept in one private file in the cache folder, and nothing else is."""
    room.install("client: 0.59.0")
    assert [asked() for _ in range(3)] == ["0.59.0"] * 3
    assert room.starts == 1
    assert [path for path in room.cache.rglob("*") if path.is_file()] == [room.memory]
    assert room.memory.stat().st_mode & 0o777 == 0o600
    assert room.memory.parent.stat().st_mode & 0o777 == 0o700


def test_a_replaced_program_is_asked(room: Room) -> None:
    """A new file counts, also one of the same size and time, and so does a file that is changed."""
    path = room.install("client: 0.59.0")
    before = path.stat()
    assert asked() == "0.59.0"
    path = room.install("client: 0.60.0")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat()[6:9] == before[6:9]
    assert asked() == asked() == "0.60.0"
    assert room.starts == 2
    path.write_bytes(path.read_bytes().replace(b"0.60.0", b"0.61.0"))  # in place
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert asked() == asked() == "0.61.0"
    assert room.starts == 3
    assert len(json.loads(room.memory.read_text())["programs"]) == 1


def test_each_path_has_its_version(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two versions in turn are both remembered; of many, the latest are."""
    for number in range(20):
        path = room.install(f"client: 0.{number}.0")
        folder = room.folder / f"{number}"
        folder.mkdir()
        path.rename(folder / path.name)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        assert asked() == f"0.{number}.0"
    for number in (19, 12, 19):
        monkeypatch.setenv("PATH", f"{room.folder / str(number)}:/usr/bin:/bin")
        assert asked() == f"0.{number}.0"
    assert room.starts == 20
    assert len(json.loads(room.memory.read_text())["programs"]) == 8
    monkeypatch.setenv("PATH", f"{room.folder / '3'}:/usr/bin:/bin")
    assert asked() == "0.3.0"
    assert room.starts == 21


@pytest.mark.parametrize(
    ("prints", "more", "expected"),
    [
        ("client: 0.59.0", b"", "0.59.0"),  # a script, a shim, or another program
        ("hello", _BUILD, "garbled"),
        ("'client: 0.59.0'; exit 1", _BUILD, "0.59.0"),
        ("client: 0.59.0; mv $0 $0.old; cp $0.old $0", _BUILD, "0.59.0"),
        (f"client: 0.59.0{'9' * 100}", _BUILD, f"0.59.0{'9' * 100}"),
    ],
)
def test_what_is_not_remembered(room: Room, prints: str, more: bytes, expected: str) -> None:
    """A file that is not the program itself, failed, or was replaced meanwhile is asked again."""
    room.install(prints, more)
    assert [asked(), asked()] == [expected] * 2
    assert room.starts == 2


def _with(document: Any, **changes: Any) -> str:
    [entry] = document["programs"]
    return json.dumps({**document, "programs": [{**entry, **changes}]})


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda _: "no JSON",
        lambda _: "[" * 60_000,
        lambda _: "null",
        lambda _: "{}",
        lambda old: json.dumps({**old, "version": 2}),
        lambda old: json.dumps({**old, "programs": {}}),
        lambda old: json.dumps({**old, "programs": [None, 1, {}, []]}),
        lambda old: json.dumps(old) + " " * (1 << 16),
        lambda old: _with(old, printed="\x1b[31m9.9.9"),
        lambda old: _with(old, printed="the newest"),
        lambda old: _with(old, printed=["9.9.9"]),
        lambda old: _with(old, printed=f"9.9.9{'9' * 100}"),
        lambda old: _with(old, printed="9.9.9", file=[]),
        lambda old: _with(old, printed="9.9.9", file="0"),
        lambda old: _with(old, printed="9.9.9", path="/elsewhere/flux-operator"),
    ],
)
def test_a_wrong_memory_is_no_memory(room: Room, damage: Callable[[Any], str]) -> None:
    """Whatever is in the file, the program is asked, and the file is right afterwards."""
    room.install("client: 0.59.0")
    assert asked() == "0.59.0"
    right = room.memory.read_text()
    room.memory.write_text(damage(json.loads(right)))
    assert asked() == asked() == "0.59.0"
    assert room.starts == 2
    assert json.loads(right)["programs"][0] in json.loads(room.memory.read_text())["programs"]


def _dangling(file: Path) -> None:
    file.unlink()
    file.symlink_to("/no/such/file")


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("change", [lambda file: file.chmod(0o620), _dangling, _pipe, _folder])
def test_a_memory_that_is_not_ours_alone(room: Room, change: Callable[[Path], None]) -> None:
    """What others may write, or what is no file, does not count, and nothing waits for it."""
    room.install("client: 0.59.0")
    assert asked() == "0.59.0"
    change(room.memory)
    assert asked() == "0.59.0"
    assert room.starts == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_folders_and_files_of_others(room: Room) -> None:
    """Another user's memory does not count, and in another user's folders nothing is written."""
    room.install("client: 0.59.0")
    assert asked() == "0.59.0"
    os.chown(room.memory, 1, 1)
    assert asked() == "0.59.0"
    assert room.starts == 2
    assert room.memory.stat().st_uid == 0  # it was replaced
    room.memory.unlink()
    os.chown(room.memory.parent, 1, 1)
    assert asked() == "0.59.0"
    room.memory.parent.rmdir()
    os.chown(room.cache, 1, 1)
    assert asked() == "0.59.0"
    room.cache.rmdir()
    os.chown(room.folder, 1, 1)
    assert asked() == "0.59.0"
    assert not room.cache.exists()


@pytest.mark.parametrize("home", ["/dev/null", "/no/such/folder", "/proc/self"])
@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "HOME"])
def test_where_nothing_can_be_written(
    room: Room, monkeypatch: pytest.MonkeyPatch, name: str, home: str
) -> None:
    """It works without a memory."""
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv(name, home)
    if name == "XDG_CACHE_HOME":
        monkeypatch.delenv("HOME")
    room.install("client: 0.59.0")
    assert [asked(), asked()] == ["0.59.0"] * 2
    assert room.starts == 2
    assert not room.memory.exists()


@pytest.mark.parametrize("base", ["", "relative/folder"])
def test_the_folder_without_xdg(room: Room, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """It is ~/.cache; a relative path in XDG_CACHE_HOME is invalid by its specification."""
    monkeypatch.setenv("HOME", str(room.folder))
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    monkeypatch.chdir(room.folder)
    room.install("client: 0.59.0")
    assert [asked(), asked()] == ["0.59.0"] * 2
    assert room.starts == 1
    assert (room.folder / ".cache" / "kubectl-flux-status" / room.memory.name).is_file()
    assert not (room.folder / "relative").exists()


def test_writers_at_the_same_time(room: Room) -> None:
    """Each reader finds a whole memory, old or new, and no draft is left."""
    seen = []
    for number in range(4):
        path = room.folder / f"build-{number}"
        path.write_bytes(_BUILD)
        found = version_memory.seen("flux-operator", str(path))
        assert found
        seen.append(found)
    code = (
        "import sys; from fluxstatus.cluster import version_memory as m\n"
        "for _ in range(100):\n"
        "    one = m.seen('flux-operator', sys.argv[1])\n"
        "    assert m.recall(one) in ('', sys.argv[2])\n"
        "    m.remember('flux-operator', one, sys.argv[2])\n"
    )

    def write(number: int) -> int:
        words = [sys.executable, "-c", code, seen[number].path, f"0.{number}.0"]
        return subprocess.run(words, check=False).returncode

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(write, range(4))) == [0] * 4
    assert list(room.memory.parent.iterdir()) == [room.memory]
    known = [version_memory.recall(one) for one in seen]
    assert {*known} & {"0.0.0", "0.1.0", "0.2.0", "0.3.0"}
    assert all(known[n] in ("", f"0.{n}.0") for n in range(4))


@pytest.mark.cluster
def test_the_real_program_is_remembered(
    flux_operator: Path, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Go linker has written its package into it."""
    link = room.folder / "bin" / "flux-operator"
    link.parent.mkdir()
    link.symlink_to(flux_operator)
    assert asked() == build.version("flux-operator")
    monkeypatch.setattr(local_tools, "Process", None)  # none is started from now on
    assert asked() == build.version("flux-operator")
    assert room.memory.exists()
