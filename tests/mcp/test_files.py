"""Files of other programs are replaced atomically."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fluxstatus.mcp import files
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_drop, plan_put
from tests.mcp.formats.test_editing import ENTRY

OLD = '{\n  "mcpServers": {\n    "other": {"command": "o", "env": {"TOKEN": "sesame"}}\n  }\n}\n'


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Host:
    return Host("linux", {"HOME": str(tmp_path), "PATH": ""}, tmp_path)


@pytest.fixture(name="file")
def _file(here: Host) -> Path:
    path = CLIENTS["cursor"].path(here)
    assert path
    path.parent.mkdir()
    path.write_text(OLD)
    return path


def put(here: Host, client: str = "cursor") -> str:
    """Set up the client and return the printed result."""
    [change] = plan_put(CLIENTS[client], here, ENTRY)
    return change.apply(here)


def test_the_file_as_it_was_is_kept(here: Host, file: Path) -> None:
    """There is one backup, of the file before setup, with its mode; remove takes it away."""
    file.chmod(0o640)
    copy = files.backup_of(file)
    assert f"backup: {copy}" in put(here)
    assert copy.read_text() == OLD
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, copy)} == {0o640}
    for number in range(3):  # the entry is corrected, the file is otherwise as it was
        entry = ENTRY._replace(args=("serve", f"--kube-context=c{number}"))
        [change] = plan_put(CLIENTS["cursor"], here, entry)
        assert f"backup: {copy}" in change.apply(here)
        assert copy.read_text() == OLD
    [change] = plan_drop(CLIENTS["cursor"], here, ENTRY)
    assert "backup" not in change.apply(here)
    assert file.read_text() == OLD
    assert list(file.parent.iterdir()) == [file]
    file.write_text(OLD.replace("sesame", "new"))
    put(here)
    assert "new" in copy.read_text()


def test_two_entries_have_one_backup(here: Host, file: Path) -> None:
    """The backup is that of before the first entry, and goes with the last one."""
    for name in ("one", "two"):
        [change] = plan_put(CLIENTS["cursor"], here, ENTRY._replace(name=name))
        change.apply(here)
    assert files.backup_of(file).read_text() == OLD
    for name, left in (("one", True), ("two", False)):
        [change] = plan_drop(CLIENTS["cursor"], here, ENTRY._replace(name=name))
        change.apply(here)
        assert files.backup_of(file).exists() is left
    assert file.read_text() == OLD


def test_remove_does_not_bring_back_what_was_there_before_setup(here: Host, file: Path) -> None:
    """An entry that the user had made, and setup corrected, is removed, not restored."""
    file.write_text(CLIENTS["cursor"].put(OLD, ENTRY._replace(args=("serve",))))
    put(here)
    [change] = plan_drop(CLIENTS["cursor"], here, ENTRY)
    change.apply(here)
    assert file.read_text() == OLD
    assert list(file.parent.iterdir()) == [file]


def test_what_others_changed_after_setup_stays(here: Host, file: Path) -> None:
    """Remove restores the file only if nobody changed it; else it takes out the entry alone."""
    file.write_text('{\n  "a": 1\n}\n')
    put(here)
    file.write_text(file.read_text().replace('"a": 1', '"a": 2'))
    [change] = plan_drop(CLIENTS["cursor"], here, ENTRY)
    change.apply(here)
    assert file.read_text() == '{\n  "a": 2\n}\n'  # no container that was not there


def test_a_backup_does_not_follow_a_link(here: Host, file: Path, tmp_path: Path) -> None:
    """What a link leads to is not a backup, and stays as it is."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    files.backup_of(file).symlink_to(elsewhere)
    put(here)
    assert elsewhere.read_text() == "mine"
    assert not files.backup_of(file).is_symlink()


def test_what_is_no_usual_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would wait for ever, a device has no end, and a file may be too large to be read."""
    pipe, device, large = tmp_path / "pipe", tmp_path / "device", tmp_path / "large"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    large.touch()
    os.truncate(large, 1 << 40)
    for path, result in (
        (pipe, "is not a file"),
        (device, "is not a file"),
        (large, "than 64 MiB"),
    ):
        with pytest.raises(FileError, match=result):
            files.read(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_is_kept(here: Host, file: Path) -> None:
    """The file keeps its owner, whichever user changes it."""
    os.chown(file, 1234, 4321)
    put(here)
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)


def test_links_are_followed(here: Host, file: Path, tmp_path: Path) -> None:
    """A link stays a link; its target is changed, also through several links."""
    real = tmp_path / "dotfiles" / "mcp.json"
    real.parent.mkdir()
    file.rename(real)
    (tmp_path / "between").symlink_to(real)
    file.symlink_to(tmp_path / "between")
    put(here)
    assert file.is_symlink()
    assert "flux-operator-mcp" in real.read_text()
    assert files.backup_of(real).read_text() == OLD


def test_missing_folders_are_made(here: Host) -> None:
    """A client that never ran gets its folders and a file that only its owner can read."""
    put(here, "goose")
    path = CLIENTS["goose"].path(here)
    assert path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["config.yaml"]
    [change] = plan_drop(CLIENTS["goose"], here, ENTRY)
    change.apply(here)
    assert not path.exists()


@pytest.mark.parametrize("empty", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_filled(here: Host, file: Path, empty: bytes) -> None:
    """An empty or blank file gets the entry; a BOM is kept."""
    file.write_bytes(empty)
    put(here)
    assert file.read_bytes().startswith(empty.strip() + b'{\n  "mcpServers": {')


def test_bom_and_line_ends_stay(here: Host, file: Path) -> None:
    """A file from a Windows editor keeps its BOM and line breaks, in the entry too."""
    old = b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode()
    file.write_bytes(old)
    put(here)
    data = file.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    [change] = plan_drop(CLIENTS["cursor"], here, ENTRY)
    change.apply(here)
    assert file.read_bytes() == old


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"{", "was not changed: it ends unexpectedly"), (b'{"a": \xff}', "is not UTF-8"),
     (b'{"mcpServers": 1}', "was not changed")],
)  # fmt: skip
def test_what_does_not_parse_is_left_alone(
    here: Host, file: Path, data: bytes, expected: str
) -> None:
    """A malformed file is refused and not changed."""
    file.write_bytes(data)
    with pytest.raises(FileError, match=expected):
        put(here)
    assert file.read_bytes() == data
    assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_a_read_only_file_is_left_alone(here: Host, file: Path) -> None:
    """A file without write permission is not changed, not even by root."""
    file.chmod(0o444)
    with pytest.raises(FileError, match="is read-only"):
        put(here)
    assert file.read_text() == OLD


def test_no_file_at_all(here: Host, file: Path) -> None:
    """A folder in place of the file, or a circular link, is an error with its name."""
    file.unlink()
    file.mkdir()
    with pytest.raises(FileError, match=f"{file} is not a file"):
        put(here)
    file.rmdir()
    file.symlink_to(file)
    with pytest.raises(FileError, match=f"{file} could not be read"):
        put(here)


def test_somebody_elses_change_is_not_lost(here: Host, file: Path) -> None:
    """A file that its client changes after it was read is not overwritten."""
    [change] = plan_put(CLIENTS["cursor"], here, ENTRY)
    file.write_text("{}")
    with pytest.raises(FileError, match="changed by another program"):
        change.apply(here)
    assert file.read_text() == "{}"


def test_a_full_disk_changes_nothing(here: Host, file: Path) -> None:
    """On a full disk the file stays unchanged, and no other file is left."""
    script = (
        "import resource, sys; from pathlib import Path; from tests.mcp.test_files import *\n"
        "from fluxstatus.mcp.host import Host\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))\n"
        "put(Host('linux', {'HOME': sys.argv[1], 'PATH': ''}))\n"
    )
    home = here.environ["HOME"]
    for room in (20, len(OLD) + 20):  # for half of the copy; for the copy and a part of the file
        done = subprocess.run(
            [sys.executable, "-c", script, home, str(room)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "FileError" in done.stderr
        assert "was not changed: File too large" in done.stderr
        assert file.read_text() == OLD
        assert not [p for p in file.parent.iterdir() if p.name.startswith(".")]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_the_diff_shows_only_the_change(here: Host, file: Path) -> None:
    """The printed difference has only the change, and no secret of another server."""
    [change] = plan_put(CLIENTS["cursor"], here, ENTRY)
    assert "sesame" not in change.shown()
    assert '+     "flux-operator-mcp": {' in change.shown()
    file.write_text(OLD.replace("\n", " "))
    [change] = plan_put(CLIENTS["cursor"], here, ENTRY)
    assert "sesame" not in change.shown()


def test_read_of_nothing(tmp_path: Path) -> None:
    """A missing file reads as an empty one."""
    assert files.read(tmp_path / "a" / "b") == files.Document(tmp_path / "a" / "b", None)
