"""Snapshots: an Evidence as a file, for another machine, a bug report or a test.

The file is one JSON document. The version is raised for a key that older releases must not miss.
"""

import json
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any, NoReturn, TypeAlias

from fluxstatus.base.files import replace_file
from fluxstatus.model.evidence import Answer, Cost, Evidence, Incomplete, Read, Target, Unread, Why
from fluxstatus.model.hints import Command, Hint

FORMAT = "flux-status-snapshot"
VERSION = 1
LIMIT = 256 * 1024 * 1024  # bytes, unpacked: ten times what 10,000 Flux objects take
_GZIP = zlib.MAX_WBITS | 16
_BIGGEST = 1e15  # a larger number is not a measured one

Shape: TypeAlias = "type | list[Shape] | dict[str, Shape] | tuple[Shape, ...]"
"""The schema of a value: a type, a list of a shape, an object with these keys ("*": any keys), or
one of several shapes."""

_UNREAD: Shape = {
    "why": str,
    "text": str,
    "rule": str,
    "hints": [{"text": str, "commands": [[str]]}],
}
_SHAPE: Shape = {
    "format": str,
    "version": int,
    "takenAt": str,
    "target": {**dict.fromkeys(Target._fields, str), "flags": [str]},
    "cost": {"requests": int, "bytes": int, "seconds": (float, int)},
    "clockSkew": (float, int, NoneType),
    "unreachable": (_UNREAD, NoneType),
    "served": ({"*": str}, NoneType),
    "programs": {"*": (str, _UNREAD)},
    "answers": {"*": {"items": [dict], "unread": (_UNREAD, NoneType), "namespaces": [str]}},
}


class SnapshotError(Exception):
    """A snapshot cannot be written or read; the message has the file and the reason."""


def save(path: str | Path, evidence: Evidence) -> None:
    """Write *evidence* to *path*, readable by its owner only; gzipped if *path* ends in ".gz".

    An existing file is replaced in one step or not at all. A symbolic link is kept, and its target
    is replaced. Raises SnapshotError.
    """
    try:
        data = dumps(evidence)
        target = Path(path).resolve()
        # zlib writes no time and no name into the header, so equal data are equal files.
        data = zlib.compress(data, wbits=_GZIP) if target.suffix == ".gz" else data
        _replace(target, data)
    except (OSError, RuntimeError, ValueError) as error:
        raise SnapshotError(f"{path} could not be written: {_reason(error)}") from error


def load(path: str | Path) -> Evidence:
    """Return the Evidence in the file *path*, or from standard input if *path* is "-".

    Raises SnapshotError.
    """
    try:
        if str(path) == "-":
            return loads(sys.stdin.buffer.read(LIMIT + 1), "standard input")
        with Path(path).open("rb") as file:
            return loads(file.read(LIMIT + 1), str(path))
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} could not be read: {_reason(error)}") from error


def dumps(evidence: Evidence) -> bytes:
    """Return *evidence* as a document; raises ValueError for a value that JSON cannot hold."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "takenAt": evidence.taken_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "target": evidence.target._asdict(),
        "cost": evidence.cost._asdict(),
        "clockSkew": evidence.clock_skew,
        "unreachable": _plain(evidence.unreachable),
        "served": None if evidence.served is None else dict(evidence.served),
        "programs": {name: _plain(found) for name, found in evidence.programs.items()},
        "answers": {
            name: {
                "items": answer.known,
                "unread": _plain(answer.unread),
                "namespaces": answer.namespaces,
            }
            for name, answer in evidence.answers.items()
        },
    }
    return json.dumps(document, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def loads(data: bytes, name: str = "the snapshot", *, limit: int = LIMIT) -> Evidence:
    """Return the Evidence in the document *data*, gzipped or not, of at most *limit* bytes.

    Raises SnapshotError; its message calls the document *name*.
    """
    try:
        document = _parse(_unpack(data, limit))
    except ValueError as error:
        raise SnapshotError(f"{name} {error}") from error
    try:
        _check(document, "the document", _SHAPE)
        return _evidence(document)
    except (ValueError, OverflowError) as error:
        raise SnapshotError(f"{name} is damaged: {error}") from error


def _plain(found: str | Unread | None) -> str | dict[str, Any] | None:
    if not isinstance(found, Unread):
        return found
    hints = [_plain_hint(hint) for hint in found.hints]
    return {"why": found.why, "text": found.text, "rule": found.permission, "hints": hints}


def _plain_hint(hint: Hint) -> dict[str, Any]:
    if hint.label != "fix" or any(command.changes for command in hint.commands):
        raise ValueError(f"the hint {hint.text!r} would lose its label or a command that changes")
    return {"text": hint.text, "commands": [command.argv for command in hint.commands]}


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _replace(target: Path, data: bytes) -> None:
    if target.exists() and not target.is_file():  # replacing /dev/stdout would be a surprise
        raise ValueError("it is not a regular file")
    replace_file(target, data)


def _unpack(data: bytes, limit: int) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(wbits=_GZIP)
        try:
            data = unpacker.decompress(data, limit + 1)
        except zlib.error as error:
            raise ValueError(f"is damaged: {error}") from error
        if len(data) <= limit and (not unpacker.eof or unpacker.unused_data):
            raise ValueError("is damaged: its gzip data is incomplete or followed by other data")
    if len(data) > limit:
        raise ValueError(f"is larger than {limit} bytes")
    return data


def _parse(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode(), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ValueError("is not a snapshot: it is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not a snapshot or is damaged: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"is not a snapshot: its format is not {FORMAT}")
    if document.get("version") != VERSION:
        version = document.get("version")
        raise ValueError(
            f"has snapshot version {version!r}, but this release reads version {VERSION}"
        )
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _check(value: Any, path: str, shape: Shape) -> None:
    shapes = shape if isinstance(shape, tuple) else (shape,)
    found = next((each for each in shapes if type(value) is _type(each)), None)
    if found is None or (isinstance(value, int | float) and not abs(value) < _BIGGEST):
        raise ValueError(f"{path} has the wrong type")
    if isinstance(found, list):
        for i, entry in enumerate(value):
            _check(entry, f"{path}[{i}]", found[0])
    if isinstance(found, dict):
        if "*" not in found and value.keys() != found.keys():
            raise ValueError(f"{path} must have the keys {', '.join(found)}")
        for name, entry in value.items():
            _check(entry, f"{path}[{name!r}]", found["*" if "*" in found else name])


def _type(shape: Shape) -> type:
    return shape if isinstance(shape, type) else type(shape)


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"the time {text!r} has no UTC offset")
    return when.astimezone(UTC)


def _evidence(document: dict[str, Any]) -> Evidence:
    return Evidence(
        taken_at=_time(document["takenAt"]),
        target=Target(**document["target"] | {"flags": tuple(document["target"]["flags"])}),
        answers={name: _answer(each) for name, each in document["answers"].items()},
        served=document["served"],
        programs={
            name: found if isinstance(found, str) else _unread(found)
            for name, found in document["programs"].items()
        },
        clock_skew=document["clockSkew"],
        unreachable=document["unreachable"] and _unread(document["unreachable"]),
        cost=Cost(**document["cost"]),
    )


def _answer(found: dict[str, Any]) -> Answer:
    items, namespaces = tuple(found["items"]), tuple(found["namespaces"])
    if found["unread"] is None:
        return Read(items, namespaces)
    return Incomplete(_unread(found["unread"]), items, namespaces)


def _unread(found: dict[str, Any]) -> Unread:
    hints = tuple(
        Hint(hint["text"], tuple(Command(tuple(argv)) for argv in hint["commands"]))
        for hint in found["hints"]
    )
    return Unread(Why(found["why"]), found["text"], found["rule"], hints)
