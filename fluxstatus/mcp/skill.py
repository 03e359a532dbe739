"""A skill for assistants: when to run this program and how to use its output."""

import hashlib
import shlex
import sys
from pathlib import Path

import fluxstatus
from fluxstatus import __version__

_TEMPLATE = Path(__file__).with_name("SKILL.md")
_TOOL = "shasum -a 256" if sys.platform == "darwin" else "sha256sum"
_CACHES = "__pycache__"


def text() -> str:
    """Return the skill, with the checksum of the running program."""
    folder = Path(fluxstatus.__file__).resolve().parent
    fields = {
        "VERSION": __version__,
        "FOLDER": str(folder),
        "SHA256": digest(folder),
        "CHECK": check(folder),
    }
    skill = _TEMPLATE.read_text(encoding="utf-8")
    for name, value in fields.items():
        skill = skill.replace(f"@{name}@", value)
    return skill


def digest(folder: Path) -> str:
    """Return the sha256 of the output of sha256sum for the files in *folder*."""
    total = hashlib.sha256()
    files = [f for f in folder.rglob("*") if f.is_file() and _CACHES not in f.parts]
    for name in sorted(f"./{file.relative_to(folder).as_posix()}" for file in files):
        one = hashlib.sha256(Path(folder, name).read_bytes()).hexdigest()
        total.update(f"{one}  {name}\n".encode())
    return total.hexdigest()


def check(folder: Path) -> str:
    """Return the shell command that prints the same checksum."""
    return (
        f"cd {shlex.quote(str(folder))} && find . -type f -not -path '*/{_CACHES}/*' -print0 | "
        f"LC_ALL=C sort -z | xargs -0 {_TOOL} | {_TOOL}"
    )
