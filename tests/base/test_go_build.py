"""Whether a file is a program that was built from a Go package."""

from pathlib import Path

import pytest

from fluxstatus.base.go_build import is_built_from

_PACKAGE = "example.com/app/cmd/app"
_LINE = f"path\t{_PACKAGE}\n".encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x7fELF" + b"\0" * 9000 + _LINE, True),
        (b"\x7fELF" + _LINE.replace(b"cmd/app\n", b"cmd/apps\n"), False),
        (b"#!/bin/sh\nexec app\n" + _LINE, False),
        (b"", False),
    ],
)
def test_the_package_is_in_the_file(tmp_path: Path, content: bytes, expected: bool) -> None:
    """A script is no build, and neither is an empty file or one of another package."""
    path = tmp_path / "app"
    path.write_bytes(content)
    assert is_built_from(str(path), _PACKAGE) is expected


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and a folder are no build."""
    assert not is_built_from(str(tmp_path / "missing"), _PACKAGE)
    assert not is_built_from(str(tmp_path), _PACKAGE)
