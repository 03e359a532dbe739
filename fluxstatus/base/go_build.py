"""Whether a file is a program that was built from a Go package."""

from pathlib import Path

_SCRIPT = b"#!"


def is_built_from(path: str, package: str) -> bool:
    """Return whether the file at *path* is a build of *package*, False if it cannot be read.

    The Go linker writes the name of the package into each program (`go version -m`). A script that
    has that line is no build.
    """
    import mmap  # noqa: PLC0415 - few runs look into a program

    line = f"path\t{package}\n".encode()
    try:
        with (
            Path(path).open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            return content[: len(_SCRIPT)] != _SCRIPT and content.find(line) >= 0
    except (OSError, ValueError):  # it cannot be read, or is empty
        return False
