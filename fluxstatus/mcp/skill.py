"""A skill for assistants: when to run this program and how to use its output."""

import hashlib
import shlex
import sys
from pathlib import Path

import fluxstatus
from fluxstatus import __version__
from fluxstatus.base import packaged

_TEMPLATE = Path(__file__).with_name("SKILL.md")
_TOOL = "shasum -a 256" if sys.platform == "darwin" else "sha256sum"
_CACHES = "__pycache__"


def text() -> str:
    """Return the skill, with the checksum of the running program."""
    folder = Path(packaged.zip_file() or Path(fluxstatus.__file__).parent).resolve()
    fields = {
        "VERSION": __version__,
        "FOLDER": str(folder),
        "SHA256": digest(folder),
        "CHECK": check(folder),
    }
    skill = template()
    for name, value in fields.items():
        skill = skill.replace(f"@{name}@", value)
    return skill


def template() -> str:
    """Return the skill before its fields, @NAME@, are filled in."""
    return packaged.read(_TEMPLATE).decode()


def digest(folder: Path) -> str:
    """Return the sha256 of the output of sha256sum for the files in *folder*, or of the file."""
    if folder.is_file():  # a zip file
        return hashlib.sha256(folder.read_bytes()).hexdigest()
    total = hashlib.sha256()
    files = [f for f in folder.rglob("*") if f.is_file() and _CACHES not in f.parts]
    for name in sorted(f"./{file.relative_to(folder).as_posix()}" for file in files):
        one = hashlib.sha256(Path(folder, name).read_bytes()).hexdigest()
        total.update(f"{one}  {name}\n".encode())
    return total.hexdigest()


def check(folder: Path) -> str:
    """Return the shell command that prints the same checksum."""
    if folder.is_file():
        return f"{_TOOL} {shlex.quote(str(folder))}"
    return (
        f"cd {shlex.quote(str(folder))} && find . -type f -not -path '*/{_CACHES}/*' -print0 | "
        f"LC_ALL=C sort -z | xargs -0 {_TOOL} | {_TOOL}"
    )
