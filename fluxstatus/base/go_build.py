"""Whether a file is a program that was built from a Go package."""

from pathlib import Path

_FORMATS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
"""The first bytes of a program, by operating system. A script has others, even one that does not
name an interpreter, which many clients start with a shell."""

_START = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
"""The bytes before the description of the build (infoStart of cmd/go/internal/modload)."""


def is_built_from(path: str, package: str) -> bool:
    """Return whether the file at *path* is a build of *package*, False if it cannot be read.

    The Go linker writes the name of the package into each program (`go version -m`). A script that
    has that line is no build, and neither is a program that contains another program.
    """
    import mmap  # noqa: PLC0415 - few runs look into a program

    start, line = _START + b"path\t", f"{package}\n".encode()
    try:
        with (
            Path(path).open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            name = content.find(start) + len(start)
            is_program = content[:4].startswith(_FORMATS) and name >= len(start)
            return is_program and content[name : name + len(line)] == line
    except (OSError, ValueError):  # it cannot be read, or is empty
        return False
