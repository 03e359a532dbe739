"""A file is replaced whole, or it stays as it was."""

from pathlib import Path

import pytest

from fluxstatus.base.files import replace_file


def _refuse() -> None:
    raise RuntimeError("changed")


def mode_of(path: Path) -> int:
    """Return the permissions of *path*."""
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("sync", [True, False])
def test_a_file_is_replaced(tmp_path: Path, sync: bool) -> None:
    """The new content is readable by the owner only, and no draft is left."""
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", sync=sync)
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_mode_of_the_file_is_kept(tmp_path: Path) -> None:
    """The permissions of the old file are those of the new one, if that is asked for."""
    path = tmp_path / "config.json"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new", like=path.stat())
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o640)


def test_a_check_that_fails_leaves_the_file(tmp_path: Path) -> None:
    """What the check raises reaches the caller, and no draft is left."""
    path = tmp_path / "config.json"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="changed"):
        replace_file(path, b"new", check=_refuse)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
