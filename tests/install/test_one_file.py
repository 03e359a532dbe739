"""The one-file program: what it unpacks and when, and that it runs where it cannot."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from fluxstatus.commands.version.integrity import MANIFEST
from fluxstatus.one_file import COMPLETE
from shipping import one_file
from tests.fakes.programs import program
from tests.install.fixtures import NAME, NEW_PYTHON, ROOT, Room, link, pythons, run, unpack

Env = dict[str, str]


@pytest.fixture(name="room")
def _room(clean_room: Room) -> Env:
    """Return surroundings with nothing but coreutils, sh and a Python."""
    return clean_room(python3=NEW_PYTHON)


@pytest.fixture(name="file")
def _file(dist: Path, tmp_path: Path) -> Path:
    """Return a copy of the program, in a folder with a difficult name."""
    file = tmp_path / "a 'folder'; $x" / NAME
    file.parent.mkdir()
    shutil.copy(dist / NAME, file)
    return file


def cache(room: Mapping[str, str]) -> Path:
    """Return the folder that it may write."""
    return Path(room["HOME"], ".cache", "kubectl-flux-status")


def unpacked_folder(room: Mapping[str, str], dist: Path) -> Path:
    """Return the folder that it unpacks into."""
    return cache(room) / hashlib.sha256((dist / MANIFEST).read_bytes()).hexdigest()[:16]


def files(folder: Path) -> set[str]:
    """Return the paths of all files in *folder*."""
    return {f"{p.relative_to(folder)}" for p in folder.rglob("*") if not p.is_dir()}


def place(done: CompletedProcess[str]) -> Path:
    """Return the folder that `version` says the program runs from."""
    [found] = re.findall(r"^files +(.*)/lib/fluxstatus$", done.stdout, re.MULTILINE)
    return Path(found)


# At the first start


def test_unpacks_once(file: Path, room: Env, dist: Path) -> None:
    """It unpacks what the archive has, all of it and nothing else, and then runs that."""
    folder = unpacked_folder(room, dist)
    assert place(run(file, "version", "--verify", env=room)) == folder
    listed = {line.split("  ")[1] for line in (dist / MANIFEST).read_text().splitlines()}
    ours = {path for path in files(folder) if "__pycache__" not in path}
    assert ours == listed | {MANIFEST, COMPLETE, "flux-status"}
    times = {path: (folder / path).stat().st_mtime_ns for path in ours}
    assert place(run(file, "version", "--verify", env=room)) == folder
    assert {path: (folder / path).stat().st_mtime_ns for path in ours} == times
    assert [one.name for one in cache(room).iterdir()] == [folder.name]


def test_starts_as_the_archive_does(
    file: Path, room: Env, dist: Path, tarball: Path, tmp_path: Path
) -> None:
    """Once unpacked, its script starts nothing but Python, with the same compiled files."""
    archive = unpack(tarball, tmp_path / "archive")
    run(file, "--demo", env=room, code=1)
    python = program(tmp_path / "bin" / "python3", 'printf "%s\\n" "$@"')
    env = {**room, "PATH": str(python.parent)}  # no other program can be started
    folder = unpacked_folder(room, dist)
    for launcher, started in ((file, folder / NAME), (archive, archive)):
        assert run(launcher, "a", env=env).stdout.splitlines() == ["-EsS", f"{started}", "a"]
    run(archive, "--demo", env=room, code=1)
    assert compiled(folder) == compiled(archive.parent) != set()


def compiled(folder: Path) -> set[str]:
    """Return the modules in *folder* that the current Python has compiled."""
    tag = sys.implementation.cache_tag
    return {path for path in files(folder) if path.endswith(f".{tag}.pyc")}


def test_writes_only_its_cache(file: Path, room: Env) -> None:
    """Nothing is written but the folder in the cache, which only the user may read."""
    before = files(file.parent)
    run(file, "--demo", env=room, code=1)
    assert files(file.parent) == before
    assert {path.split("/")[:2][-1] for path in files(Path(room["HOME"]))} == {cache(room).name}
    assert cache(room).stat().st_mode & 0o777 == 0o700


def test_cache_folder_of_xdg(file: Path, room: Env, tmp_path: Path) -> None:
    """XDG_CACHE_HOME counts if it is absolute, as its specification says."""
    folder = tmp_path / "my cache"
    done = run(file, "version", env={**room, "XDG_CACHE_HOME": str(folder)})
    assert place(done).parents[1] == folder
    done = run(file, "version", env={**room, "XDG_CACHE_HOME": "relative"})
    assert place(done).parent == cache(room)


def test_two_first_starts_at_once(file: Path, room: Env, dist: Path) -> None:
    """Starts that unpack at the same time do not disturb each other."""
    starts = [
        subprocess.Popen([file, "--demo"], env=room, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    ends = [(one.communicate()[1], one.returncode) for one in starts]
    assert ends == [(b"", 1)] * 3
    assert "match the release" in run(file, "version", "--verify", env=room).stdout
    assert not [path for path in files(unpacked_folder(room, dist)) if ".flux-status-" in path]


def test_a_cleaned_cache(file: Path, room: Env, dist: Path) -> None:
    """What deletes old files deletes the one that is never read; then all is unpacked again."""
    folder = unpacked_folder(room, dist)
    run(file, "--version", env=room)
    (folder / COMPLETE).unlink()
    (folder / "lib" / "fluxstatus" / "commands" / "owner.py").unlink()
    (folder / "LICENSE").write_text("changed")
    assert "match the release" in run(file, "version", "--verify", env=room).stdout


def test_the_oldest_file_is_never_read(file: Path, room: Env, dist: Path) -> None:
    """No file is older than the one that all are unpacked again without, whatever age is."""
    run(file, "version", "--verify", env=room)
    run(file, "--demo", env=room, code=1)
    folder = unpacked_folder(room, dist)
    about = (folder / COMPLETE).stat()
    for path in files(folder) - {"flux-status"}:
        other = (folder / path).stat()
        assert other.st_atime_ns >= about.st_atime_ns - 10**9 * 60, path
        assert other.st_mtime_ns >= about.st_mtime_ns - 10**9 * 60, path


def test_another_version_has_its_own(dist: Path, room: Env, tmp_path: Path) -> None:
    """Programs with other contents do not share what they unpack."""
    with zipfile.ZipFile(dist / NAME) as archive:
        contents = {n: archive.read(n) for n in archive.namelist() if n != "__main__.py"}
    version = "lib/fluxstatus/__init__.py"
    contents[version] = re.sub(rb'(__version__ = )".*"', rb'\1"0.0.1"', contents[version])
    older = program(tmp_path / "older", "")
    older.write_bytes(one_file.build(contents, "0123456789abcdef"))
    for _ in range(2):
        assert run(older, "--version", env=room).stdout == "kubectl flux-status 0.0.1\n"
        assert run(dist / NAME, "--version", env=room).stdout != "kubectl flux-status 0.0.1\n"


# Where it cannot unpack


def unwritable(room: Env, way: str) -> Env:
    """Return surroundings in which no cache can be used."""
    home = Path(room["HOME"])
    if way == "no home":
        return {name: text for name, text in room.items() if name != "HOME"}
    if way == "a file":  # over which not even root can write
        (home / ".cache").write_text("")
    if way == "no bytecode":
        return {**room, "PYTHONDONTWRITEBYTECODE": "1"}
    if way == "of another user":  # such as with sudo, which keeps HOME
        if os.geteuid():
            pytest.skip("only root can give a folder away")
        os.chown(home, 12345, -1)
    return room


@pytest.mark.parametrize("way", ["no home", "a file", "no bytecode", "of another user"])
def test_runs_as_it_is(file: Path, room: Env, way: str) -> None:
    """It writes nothing, and runs from the file itself."""
    env = unwritable(room, way)
    before = files(Path(room["HOME"]))
    done = run(file, "version", "--verify", env=env)
    assert place(done) == file
    assert re.search(r"all \d+ files match the release", done.stdout)
    assert files(Path(room["HOME"])) == before


_WORDS = (
    ["--demo"],
    ["--demo", "--advice", "-o", "html"],
    ["get", "all", "-A", "--demo"],
    ["explain", "secret-missing"],
    ["tree", "ks/flux-system", "-n", "flux-system", "--demo"],
    ["completion", "kubectl"],
    ["completion", "bash"],
    ["rbac"],
    ["__complete", "--fail-"],
    ["--help"],
)


@pytest.mark.parametrize("words", _WORDS, ids=" ".join)
def test_same_output(file: Path, room: Env, words: list[str]) -> None:
    """From the file itself, each command prints what it prints unpacked."""
    itself = subprocess.run(
        [file, *words], env={**room, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, check=False,
    )  # fmt: skip
    there = subprocess.run([file, *words], env=room, capture_output=True, check=False)
    assert (itself.returncode, itself.stderr) == (there.returncode, there.stderr)
    assert itself.stdout == there.stdout != b""


def test_the_skill_proves_the_file(file: Path, room: Env) -> None:
    """From the file itself, the skill has the hash of the file, and the command for it."""
    env = {**room, "PYTHONDONTWRITEBYTECODE": "1"}
    text = run(file, "mcp", "skill", "--print", env=env).stdout
    assert hashlib.sha256(file.read_bytes()).hexdigest() in text
    [command] = re.findall(r"^ +(sha\w+ .*)$", text, re.MULTILINE)
    if command.startswith("sha256sum"):
        done = run("sh", "-c", command, env=room)
        assert done.stdout.split()[0] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_damaged_file(file: Path, room: Env, dist: Path) -> None:
    """From the file itself, verification names what was changed and what was added."""
    with zipfile.ZipFile(dist / NAME) as archive:
        contents = {n: archive.read(n) for n in archive.namelist() if n != "__main__.py"}
    contents |= {"LICENSE": b"changed", "lib/more.py": b""}
    del contents["README.md"]
    file.write_bytes(one_file.build(contents, "0123456789abcdef"))
    env = {**room, "PYTHONDONTWRITEBYTECODE": "1"}
    text = run(file, "version", "--verify", env=env, code=1).stdout
    assert re.findall(r"^differs +(.*)$", text, re.MULTILINE) == [
        "LICENSE: changed",
        "README.md: could not be read",
        "lib/more.py: is not part of the release",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("part", ["", ".cache", ".cache/kubectl-flux-status", "unpacked"])
def test_what_another_user_may_change_is_not_run(
    file: Path, room: Env, dist: Path, part: str
) -> None:
    """Root does not run what was unpacked if the home or a folder in it is another user's."""
    run(file, "--version", env=room)
    folder = unpacked_folder(room, dist)
    program(folder / NAME, "").write_text("print('theirs')\n")
    assert run(file, "--version", env=room).stdout == "theirs\n"  # the premise
    theirs = folder / COMPLETE if part == "unpacked" else Path(room["HOME"], part)
    os.chown(theirs, 12345, -1)
    done = run(file, "--version", env=room)
    assert done.stdout.startswith("kubectl flux-status ")


# How it is called


def test_as_a_plugin_of_flux(file: Path, room: Env) -> None:
    """Called flux-status, by its name or a link, it is `flux status`, also at the first start."""
    path = link(file, file.parent / "bin" / "flux-status")
    renamed = Path(shutil.copy(file, file.parent / "flux-status"))
    for one in (path, renamed):
        for _ in range(2):
            assert run(one, "--help", env=room).stdout.startswith("Usage: flux status ")
    assert run(file, "--help", env=room).stdout.startswith("Usage: kubectl flux-status ")


def test_by_its_bare_name(file: Path, room: Env) -> None:
    """It runs as an argument of sh and of Python, from its folder."""
    for words in (["sh", NAME], ["python3", NAME]):
        for _ in range(2):
            assert "fail" in run(*words, "--demo", env=room, cwd=file.parent, code=1).stdout
            shutil.rmtree(cache(room), ignore_errors=True)


@pytest.mark.parametrize("shell", ["dash", "bash", "zsh", "ksh", "mksh", "busybox"])
def test_any_shell(file: Path, room: Env, shell: str) -> None:
    """Its script runs in each shell that a system may have as sh."""
    path = shutil.which(shell)
    if not path:
        pytest.skip(f"no {shell} here")
    sh = Path(room["PATH"]) / "sh"
    sh.unlink()
    link(path, sh)
    for _ in range(2):
        assert run("sh", file, "--version", env=room).stdout.startswith("kubectl flux-status ")
    assert len(files(cache(room))) > 500


@pytest.mark.parametrize("python", pythons())
def test_every_python(file: Path, clean_room: Room, python: str) -> None:
    """It runs with every Python that is new enough; with another there is one sentence."""
    room = clean_room(python3=python)
    if pythons()[python]:
        for _ in range(2):
            assert run(file, "version", "--verify", env=room).stdout
        itself = {**room, "PYTHONDONTWRITEBYTECODE": "1"}
        assert run(file, "--demo", env=itself, code=1).stderr == ""
    else:
        done = run(file, "--version", env=room, code=2)
        assert (done.stdout, done.stderr.count("\n")) == ("", 1)
        assert "needs Python 3.11 or newer" in done.stderr
        assert not cache(room).exists()


def test_newer_python_is_found(file: Path, clean_room: Room) -> None:
    """When python3 is too old, a newer one behind a shim is taken."""
    old = next((python for python, new in pythons().items() if not new), "")
    if not old:
        pytest.skip("no Python here is too old")
    room = clean_room(python3=old)
    shims = Path(room["PATH"]) / "shims"
    link(NEW_PYTHON, shims / "python3.11")
    env = {**room, "PATH": f"{room['PATH']}:{shims}"}
    for _ in range(2):
        assert run(file, "--version", env=env).stdout.startswith("kubectl flux-status ")


# How it is built


def test_contents_and_order() -> None:
    """The same contents are the same file, in whatever order they come; an order has no date."""
    contents = {"lib/b.py": b"b", "lib/a.py": b"a"}
    built = one_file.build(contents, "1")
    assert built == one_file.build(dict(sorted(contents.items())), "1")
    assert built != one_file.build(contents, "2")
    with zipfile.ZipFile(io.BytesIO(built)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["__main__.py", "lib/a.py", "lib/b.py"]
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_files_of_the_program_are_read_by_its_loader() -> None:
    """No module opens a file beside itself, which is not there in a zip file."""
    for module in (ROOT / "fluxstatus").rglob("*.py"):
        text = module.read_text()
        if "__file__" in text and module.name != "skill.py":  # which hashes what is unpacked
            assert not re.search(r"read_text|read_bytes|\bopen\(", text), module


def test_the_script_is_all_that_is_before_the_zip_file(dist: Path) -> None:
    """What the shell reads ends before what it cannot read."""
    text = (dist / NAME).read_bytes()
    head = text[: text.index(b"PK\x03\x04")].decode("ascii")
    assert head.startswith("#!/bin/sh\n")
    assert head.endswith("\nexit 2\n")
    assert "''" not in head


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="no shellcheck here (Debian has it)")
def test_shellcheck(dist: Path, tmp_path: Path) -> None:
    """Shellcheck finds nothing in the scripts that users run, as POSIX sh or as bash."""
    text = (dist / NAME).read_bytes()
    script = tmp_path / "head"
    script.write_bytes(text[: text.index(b"PK\x03\x04")])
    run("shellcheck", "--shell=sh", script)
