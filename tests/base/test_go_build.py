"""Whether a file is a program that was built from a Go package."""

from pathlib import Path

import pytest

from fluxstatus.base.go_build import is_built_from
from tests.fakes.programs import go_build

_PACKAGE = "example.com/app/cmd/app"
_BUILT = go_build(_PACKAGE)
_LINE = f"path\t{_PACKAGE}\n".encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (_BUILT, True),
        (b"\xcf\xfa\xed\xfe" + _BUILT, True),
        (go_build(f"{_PACKAGE}s"), False),
        (b"#!/bin/sh\nexec app\n" + _BUILT, False),
        (b"exec app\n" + _BUILT, False),
        (b"\x7fELF" + b"\0" * 9000 + _LINE, False),
        (go_build("example.com/launcher") + _BUILT, False),
        (b"", False),
    ],
)
def test_the_package_is_in_the_file(tmp_path: Path, content: bytes, expected: bool) -> None:
    """A script is no build, and neither is a program of another package that has this one in it."""
    path = tmp_path / "app"
    path.write_bytes(content)
    assert is_built_from(str(path), _PACKAGE) is expected


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and a folder are no build."""
    assert not is_built_from(str(tmp_path / "missing"), _PACKAGE)
    assert not is_built_from(str(tmp_path), _PACKAGE)
