"""Snapshots: an Evidence as a file, for another machine, a bug report or a test.

The file is one JSON document. The version is raised for a key that older releases must not miss.
"""

import json
import math
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any, NoReturn, TypeAlias

from fluxstatus.base import packaged
from fluxstatus.base.fields import is_deeper, map_of
from fluxstatus.base.files import read_file, replace_file
from fluxstatus.model.evidence import (
    Answer,
    Cost,
    Evidence,
    Incomplete,
    Read,
    Target,
    Unread,
    UnreadObject,
    Why,
)
from fluxstatus.model.hints import Command, Hint

FORMAT = "flux-status-snapshot"
VERSION = 1
LIMIT = 256 * 1024 * 1024  # bytes, unpacked: ten times what 10,000 Flux objects take
_MOST_VALUES = 8_000_000  # ten times as many as 10,000 Flux objects have; each takes memory
_DEEPEST = 100  # levels; objects that were pruned have hardly twenty
_GZIP = zlib.MAX_WBITS | 16
_TOO_DEEP = "is not a snapshot or is damaged: it is nested too deeply"
_BIGGEST = 1e15  # a larger number is not a measured one
_PACKAGE = Path(__file__).parents[1]
COMMANDS = frozenset({
    ("kubectl", "config", "view"),
    ("kubectl", "config", "get-contexts"),
    ("env", "-u", "KUBECONFIG", "kubectl", "config", "get-contexts"),
    ("kubectl", "version", "--client"),
    ("kubectl", "auth", "whoami"),
    ("date", "-u"),
})  # fmt: skip
"""The commands that are accepted from a file. All others are dropped: the file may come from
anyone, and users run the commands that are printed."""
_KEPT_FLAGS = ("--as=", "--as-group=", "--as-uid=")
"""The flags of a saved run that commands repeat. Others, such as --server, may point to another
server."""

Shape: TypeAlias = "type | list[Shape] | dict[str, Shape] | tuple[Shape, ...]"
"""The schema of a value: a type, a list of a shape, an object with these keys ("*": any keys), or
one of several shapes."""

_TARGET = tuple(name for name in Target._fields if name != "saved")
"""The fields of the target that a file contains; the path of the file is not one of them."""

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
    "target": {**dict.fromkeys(_TARGET, str), "flags": [str]},
    "uid": str,
    "cost": {"requests": int, "bytes": int, "seconds": (float, int)},
    "clockSkew": (float, int, NoneType),
    "unreachable": (_UNREAD, NoneType),
    "served": ({"*": str}, NoneType),
    "alsoServed": ({"*": [str]}, NoneType),
    "programs": {"*": (str, _UNREAD)},
    "answers": {
        "*": {
            "items": [dict],
            "unread": (_UNREAD, NoneType),
            "namespaces": [str],
            "objects": [{"kind": str, "namespace": str, "name": str, "why": str}],
        }
    },
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
        of_ours = _PACKAGE in Path(path).parents  # the demo
        data = packaged.read(path) if of_ours else read_file(Path(path), LIMIT)
        return loads(data, str(path))
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{path} could not be read: {_reason(error)}") from error


def dumps(evidence: Evidence) -> bytes:
    """Return *evidence* as a document; raises ValueError for a value that JSON cannot hold."""
    also = evidence.also_served
    document = {
        "format": FORMAT,
        "version": VERSION,
        "takenAt": evidence.taken_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "target": {name: getattr(evidence.target, name) for name in _TARGET},
        **({"uid": evidence.uid} if evidence.uid else {}),
        "cost": evidence.cost._asdict(),
        "clockSkew": evidence.clock_skew,
        "unreachable": _plain(evidence.unreachable),
        "served": None if evidence.served is None else dict(evidence.served),
        **({} if also is None else {"alsoServed": dict(also)}),
        "programs": {name: _plain(found) for name, found in evidence.programs.items()},
        "answers": {name: _plain_answer(answer) for name, answer in evidence.answers.items()},
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
        _check(_with_all_keys(document), "the document", _SHAPE)
        return _evidence(document)
    except (ValueError, OverflowError) as error:
        raise SnapshotError(f"{name} is damaged: {error}") from error


def _plain(found: str | Unread | None) -> str | dict[str, Any] | None:
    if not isinstance(found, Unread):
        return found
    hints = [_plain_hint(hint) for hint in found.hints]
    return {"why": found.why, "text": found.text, "rule": found.permission, "hints": hints}


def _plain_answer(answer: Answer) -> dict[str, Any]:
    objects = [one._asdict() for one in answer.objects]
    return {
        "items": answer.known,
        "unread": _plain(answer.unread),
        "namespaces": answer.namespaces,
        # Without it where there is nothing to say, so that older releases read the file.
        **({"objects": objects} if objects else {}),
    }


def _plain_hint(hint: Hint) -> dict[str, Any]:
    if hint.label != "fix" or any(command.changes for command in hint.commands):
        raise ValueError(
            f"the hint {hint.text!r} would lose its label or the mark of a command "
            "that makes changes"
        )
    return {"text": hint.text, "commands": [command.argv for command in hint.commands]}


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _replace(target: Path, data: bytes) -> None:
    if target.exists() and not target.is_file():  # replacing /dev/stdout would be a surprise
        raise ValueError("it is not a regular file")
    replace_file(target, data)


def _with_all_keys(document: dict[str, Any]) -> dict[str, Any]:
    """Add the keys that a file without them, such as one of an earlier release, stands for."""
    document.setdefault("alsoServed", None)
    document.setdefault("uid", "")
    for answer in map_of(document.get("answers")).values():
        map_of(answer).setdefault("objects", [])
    return document


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
    if data.count(b",") > _MOST_VALUES:  # before it is decoded: a small file may have any number
        raise ValueError(f"has more than {_MOST_VALUES:,} values")
    try:
        document = json.loads(data.decode(), parse_float=_finite, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ValueError("is not a snapshot: it is not UTF-8 text") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except ValueError as error:
        raise ValueError(f"is not a snapshot or is damaged: {error}") from error
    if is_deeper(document, _DEEPEST):  # Python's decoder may accept what nothing else can handle
        raise ValueError(_TOO_DEEP)
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


def _finite(number: str) -> float:
    if math.isfinite(value := float(number)):
        return value
    raise ValueError(f"{number} is too large")


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
    flags = document["target"]["flags"]
    return Evidence(
        taken_at=_time(document["takenAt"]),
        target=Target(**document["target"] | {"flags": tuple(filter(_is_kept, flags))}),
        answers={name: _answer(each) for name, each in document["answers"].items()},
        served=document["served"],
        also_served=document["alsoServed"]
        and {name: tuple(versions) for name, versions in document["alsoServed"].items()},
        programs={
            name: found if isinstance(found, str) else _unread(found)
            for name, found in document["programs"].items()
        },
        clock_skew=document["clockSkew"],
        unreachable=document["unreachable"] and _unread(document["unreachable"]),
        cost=Cost(**document["cost"]),
        uid=document["uid"],
    )


def _is_kept(flag: str) -> bool:
    return flag.startswith(_KEPT_FLAGS)


def _answer(found: dict[str, Any]) -> Answer:
    items, namespaces = tuple(found["items"]), tuple(found["namespaces"])
    for item in items:
        if not isinstance(map_of(item.get("metadata")).get("name"), str):
            raise ValueError("an object has no name")  # noqa: TRY004 - as for all other damage
    if found["unread"] is None:
        return Read(items, namespaces)
    objects = tuple(UnreadObject(**one) for one in found["objects"])
    return Incomplete(_unread(found["unread"]), items, namespaces, objects)


def _unread(found: dict[str, Any]) -> Unread:
    hints = tuple(Hint(hint["text"], tuple(_commands(hint))) for hint in found["hints"])
    return Unread(Why(found["why"]), found["text"], found["rule"], hints)


def _commands(hint: dict[str, Any]) -> Iterator[Command]:
    for argv in map(tuple, hint["commands"]):
        if argv in COMMANDS:
            yield Command(argv)
