"""A snapshot is loaded as it was saved, or not at all."""

import gzip
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fluxstatus.model.evidence import (
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
from fluxstatus.model.snapshot import COMMANDS, SnapshotError, dumps, load, loads, save

COMMAND_WORDS = [["kubectl", "config", "view"], ["kubectl", "auth", "whoami"]]
FORBIDDEN = Unread(
    Why.FORBIDDEN,
    "alice may not list HelmReleases",
    "list helmreleases.helm.toolkit.fluxcd.io",
    (Hint("ask for it", tuple(Command(tuple(words)) for words in COMMAND_WORDS)),),
)
APP = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a\x1b\ud800ü"}, "n": [1, 2.5, None]}
SAMPLE = Evidence(
    taken_at=datetime(2026, 11, 23, 4, 12, 7, 123456, tzinfo=UTC),
    target=Target("prod-eu", "eu", "https://10.0.0.1:6443", "alice", "v1.35.2", ("--as=bob",)),
    answers={
        "pods": Read((APP, {"metadata": {"name": "b"}})),
        "alerts.notification.toolkit.fluxcd.io": Read(),
        "helmreleases.helm.toolkit.fluxcd.io": Incomplete(FORBIDDEN, (APP,), ("team-a", "team-b")),
        "kustomizations.kustomize.toolkit.fluxcd.io": Incomplete.without(
            [UnreadObject("Kustomization", "team-a", "deep", "is nested too deeply")], (APP,)
        ),
    },
    served={"pods": "v1"},
    also_served={"pods": ("v1beta2", "v1beta1")},
    programs={"flux": "v2.9.4", "flux-operator": Unread(Why.NO_PROGRAM, "not on PATH")},
    clock_skew=-0.25,
    unreachable=Unread(Why.LOGIN, "the token has expired"),
    cost=Cost(24, 3_100_000, 0.42),
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
TEXTS = st.lists(ANY_TEXT, max_size=3).map(tuple)
KEPT = st.lists(st.sampled_from(sorted(COMMANDS)).map(Command), max_size=2).map(tuple)
FLAGS = st.lists(ANY_TEXT.map("--as={}".format), max_size=2).map(tuple)
HINTS = st.lists(st.builds(Hint, ANY_TEXT, KEPT, st.just("fix"), st.just(False)), max_size=2).map(
    tuple
)
UNREAD = st.builds(Unread, st.sampled_from(Why), ANY_TEXT, ANY_TEXT, HINTS)
OBJECTS = st.builds(
    lambda more, name: {**more, "metadata": {"name": name}},
    st.dictionaries(ANY_TEXT, JSON, max_size=3),
    ANY_TEXT,
)
ITEMS = st.lists(OBJECTS, max_size=3).map(tuple)
UNREAD_OBJECTS = st.lists(
    st.builds(UnreadObject, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=2
).map(tuple)
ANSWERS = st.builds(Read, ITEMS, TEXTS) | st.builds(
    Incomplete, UNREAD, ITEMS, TEXTS, UNREAD_OBJECTS
)
EVIDENCE = st.builds(
    Evidence,
    taken_at=st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.sampled_from((UTC, timezone(timedelta(hours=-3, minutes=-30)))),
    ),
    target=st.builds(Target, *[ANY_TEXT] * 5, FLAGS, st.just(())),
    answers=st.dictionaries(ANY_TEXT, ANSWERS, max_size=3),
    served=st.none() | st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3),
    also_served=st.none() | st.dictionaries(ANY_TEXT, TEXTS, max_size=3),
    programs=st.dictionaries(ANY_TEXT, ANY_TEXT | UNREAD, max_size=3),
    clock_skew=st.none() | st.floats(-1e6, 1e6),
    unreachable=st.none() | UNREAD,
    cost=st.builds(Cost, st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0, 1e6)),
    uid=ANY_TEXT,
)


def sample_with(**parts: Any) -> bytes:
    """Return a snapshot with some of the document's parts replaced."""
    return json.dumps(json.loads(dumps(SAMPLE)) | parts).encode()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(EVIDENCE)
def test_what_is_read_is_what_was_saved(evidence: Evidence) -> None:
    """Any evidence is loaded equal, and saved again to the same bytes."""
    data = dumps(evidence)
    assert loads(data) == evidence
    assert dumps(loads(data)) == data


@pytest.mark.parametrize("name", ["state.json", "state.json.gz", "state"])
def test_a_file_is_read_and_saved_again_to_the_byte(name: str, tmp_path: Path) -> None:
    """Compressed or not, the same evidence gives the same file."""
    first, second = tmp_path / name, tmp_path / f"again-{name}"
    save(first, SAMPLE)
    save(second, load(first))
    assert load(str(first)) == SAMPLE
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")


def test_the_document_is_as_documented() -> None:
    """The document names its format, has an RFC 3339 time, and is one ASCII line."""
    data = dumps(SAMPLE)
    assert data.isascii()
    assert data.endswith(b"}\n")
    assert data.count(b"\n") == 1
    document = json.loads(data)
    assert list(document)[:3] == ["format", "version", "takenAt"]
    assert document["format"] == "flux-status-snapshot"
    assert document["version"] == 1
    assert document["takenAt"] == "2026-11-23T04:12:07.123456Z"
    assert document["answers"]["helmreleases.helm.toolkit.fluxcd.io"]["unread"] == {
        "why": "forbidden",
        "text": "alice may not list HelmReleases",
        "rule": "list helmreleases.helm.toolkit.fluxcd.io",
        "hints": [{"text": "ask for it", "commands": COMMAND_WORDS}],
    }


def test_any_gzip_will_do(tmp_path: Path) -> None:
    """Compression is recognized by the content, not by the name or the compressor."""
    path = tmp_path / "state.json"
    path.write_bytes(gzip.compress(dumps(SAMPLE)))
    assert load(path) == SAMPLE


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot can be read from a pipe."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(dumps(SAMPLE))))
    assert load("-") == SAMPLE


@pytest.fixture(name="open_umask")
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """A snapshot is private, even if it replaces a file that everyone could read."""
    path = tmp_path / "state.json"
    path.touch(mode=0o666)
    save(path, SAMPLE)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    """A symbolic link is kept, and its target is replaced, as by an editor."""
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "state.json", tmp_path / "link.json"
    link.symlink_to(target)
    save(link, SAMPLE)
    assert link.is_symlink()
    assert load(target) == SAMPLE
    assert os.listdir(tmp_path / "real") == ["state.json"]  # noqa: PTH208 - names are enough


def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    """A device, a pipe or a folder is not replaced by a file."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        before = path.stat().st_mode
        with pytest.raises(SnapshotError, match="not a regular file"):
            save(path, SAMPLE)
        assert path.stat().st_mode == before


SAVE_ON_A_FULL_DISK = """
import resource, sys
from datetime import UTC, datetime
from fluxstatus.model.evidence import Evidence; from fluxstatus.model.evidence import Read
from fluxstatus.model.snapshot import SnapshotError; from fluxstatus.model.snapshot import save
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
answers = {"pods": Read(({"metadata": {"name": "y" * 100_000}},))}
try:
    save(sys.argv[1], Evidence(datetime.now(UTC), answers=answers))
except SnapshotError as error:
    print(error)
"""


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """The old file is unchanged, and no part of the new one is left."""
    path = tmp_path / "state.json"
    save(path, SAMPLE)
    result = subprocess.run(
        [sys.executable, "-c", SAVE_ON_A_FULL_DISK, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == f"{path} could not be written: File too large\n"
    assert load(path) == SAMPLE
    assert list(tmp_path.iterdir()) == [path]


VERSION_1 = (
    b'{"format":"flux-status-snapshot","version":1,"takenAt":"2026-11-23T04:12:07Z",'
    b'"target":{"context":"","cluster":"","server":"","user":"","kubernetes":"","flags":[]},'
    b'"cost":{"requests":0,"bytes":0,"seconds":0.0},"clockSkew":null,'
    b'"unreachable":{"why":"login","text":"the token has expired","rule":"","hints":'
    b'[{"text":"log in","commands":'
    b'[["kubectl","auth","whoami"],["kubectl","version","--client"]]}]},'
    b'"served":null,"programs":{},"answers":{}}\n'
)


def test_a_file_of_an_older_release_is_read_and_saved_to_the_byte() -> None:
    """The hints of a version 1 file become hints whose commands change nothing."""
    commands = (
        Command(("kubectl", "auth", "whoami")),
        Command(("kubectl", "version", "--client")),
    )
    found = loads(VERSION_1)
    assert found.unreachable is not None
    assert found.unreachable.hints == (Hint("log in", commands, "fix"),)
    assert dumps(found) == VERSION_1


@pytest.mark.parametrize(
    "argv",
    [
        ["kubectl", "config", "view", "--kubeconfig=evil"],
        ["kubectl", "get", "ks", "--server=https://evil.example"],
        ["sh", "-c", "id"],
        [],
    ],
)
def test_a_command_in_a_file_is_not_printed(argv: list[str]) -> None:
    """A file may come from anyone, so its commands are not trusted, only those in a table."""
    data = VERSION_1.replace(b'["kubectl","auth","whoami"]', json.dumps(argv).encode())
    found = loads(data).unreachable
    assert found
    [hint] = found.hints
    assert hint == Hint("log in", (Command(("kubectl", "version", "--client")),))


def test_a_file_does_not_lead_to_another_server() -> None:
    """Of the flags in a file, only those that name a user are repeated in commands."""
    flags = ["--server=https://evil.example", "--as=bob", "--kubeconfig=evil", "--as-group=a", "-s"]
    target = json.loads(dumps(SAMPLE))["target"] | {"flags": flags}
    assert loads(sample_with(target=target)).target.flags == ("--as=bob", "--as-group=a")


@pytest.mark.parametrize(
    "hint", [Hint("more", label="more"), Hint("change it", (Command(("kubectl",), changes=True),))]
)
def test_a_hint_that_the_file_cannot_hold_is_refused(hint: Hint) -> None:
    """A report on the file must be the report on the cluster, so no property may get lost."""
    with pytest.raises(ValueError, match="would lose"):
        dumps(Evidence(SAMPLE.taken_at, unreachable=Unread(Why.LOGIN, "expired", hints=(hint,))))


def test_what_json_cannot_hold_is_not_saved(tmp_path: Path) -> None:
    """NaN and infinity are not JSON."""
    path = tmp_path / "state.json"
    with pytest.raises(SnapshotError, match="JSON compliant"):
        save(path, Evidence(SAMPLE.taken_at, clock_skew=float("nan")))
    assert not path.exists()


@pytest.mark.parametrize("act", [load, lambda path: save(path, SAMPLE)])
def test_a_folder_that_is_not_there_is_named(act: Any, tmp_path: Path) -> None:
    """The error has the file and the reason in one sentence."""
    path = tmp_path / "nowhere" / "state.json"
    with pytest.raises(SnapshotError) as caught:
        act(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith("No such file or directory")


PACKED = gzip.compress(dumps(SAMPLE))
DAMAGED = "is not a snapshot or is damaged"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is not a snapshot or is damaged"),
        (b"\xff\xfe\x00", "is not a snapshot: it is not UTF-8 text"),
        (b"apiVersion: v1\nkind: List\n", "is not a snapshot or is damaged"),
        (
            b'{"apiVersion": "v1", "kind": "List"}',
            "is not a snapshot: its format is not flux-status-snapshot",
        ),
        (b"[]", "is not a snapshot: its format is not flux-status-snapshot"),
        (b'{"format": "flux-status-snapshot"}', "has snapshot version None"),
        (sample_with(version=2), "has snapshot version 2, but this release reads version 1"),
        (sample_with(version="1"), "has snapshot version '1'"),
        (sample_with(version=True), "is damaged: the document['version'] has the wrong type"),
        (sample_with(extra=1), "is damaged: the document must have the keys format, version"),
        (sample_with(takenAt="yesterday"), "is damaged: Invalid isoformat string: 'yesterday'"),
        (sample_with(takenAt="2026-11-23"), "is damaged: the time '2026-11-23' has no UTC offset"),
        (sample_with(takenAt="0001-01-01T00:00:00+23:00"), "is damaged: date value out of range"),
        (sample_with(clockSkew=1e300), "is damaged: the document['clockSkew'] has the wrong type"),
        (dumps(SAMPLE).replace(b"-0.25", b"NaN"), "is not a snapshot or is damaged: NaN"),
        (dumps(SAMPLE).replace(b"-0.25", b"1e999"), "is not a snapshot or is damaged: 1e999 is"),
        (dumps(SAMPLE).replace(b"2.5", b"-1e999"), "is not a snapshot or is damaged: -1e999 is"),
        (dumps(SAMPLE).replace(b"2.5", b"[" * 500 + b"]" * 500), f"{DAMAGED}: it is nested too"),
        (b"[" * 100_000, f"{DAMAGED}: it is nested too deeply"),
        *(
            (dumps(SAMPLE).replace(b'{"name":"b"}', odd), "is damaged: an object has no name")
            for odd in (b'"b"', b"{}", b'{"name":1}', b'["name"]')
        ),
        (dumps(SAMPLE).replace(b"-0.25", b"9" * 5000), "is not a snapshot or is damaged"),
        (dumps(SAMPLE).replace(b'"login"', b'"luck"'), "is damaged: 'luck' is not a valid Why"),
        (PACKED[:-9], "is damaged: its gzip data is incomplete or followed by other data"),
        (PACKED + b"more", "is damaged: its gzip data is incomplete or followed by other data"),
        (PACKED[:-8] + bytes(8), "is damaged: Error -3 while decompressing data"),
        (b"\x1f\x8b", "is damaged: its gzip data is incomplete or followed by other data"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_snapshot_is_refused_in_a_sentence(data: bytes, complaint: str) -> None:
    """A foreign, a damaged and a newer file have different errors."""
    with pytest.raises(SnapshotError) as caught:
        loads(data, "state.json")
    assert str(caught.value).startswith(f"state.json {complaint}")
    assert "\n" not in str(caught.value)


BOMB = gzip.compress(bytes(50_000_000))


@pytest.mark.parametrize("data", [b"x" * 1001, BOMB], ids=["plain", "packed"])
def test_what_is_too_large_is_not_unpacked(data: bytes) -> None:
    """A small file cannot fill the memory."""
    tracemalloc.start()
    try:
        with pytest.raises(SnapshotError, match="larger than 1000 bytes"):
            loads(data, limit=1000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


LOAD_WITH_LITTLE_MEMORY = """
import resource, sys
from fluxstatus.model.snapshot import SnapshotError, load
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
try:
    load(sys.argv[1])
except SnapshotError as error:
    print(error)
"""


@pytest.mark.parametrize("value", [b"{},", b"[],", b'{"":0},'], ids=bytes.decode)
def test_many_small_values_are_not_decoded(value: bytes, tmp_path: Path) -> None:
    """A file of 250 KB would be gigabytes of objects: they are counted first."""
    path, (start, end) = tmp_path / "bomb.json.gz", dumps(SAMPLE).split(b"2.5", 1)
    path.write_bytes(gzip.compress(start + b"[" + value * 30_000_000 + b"0]" + end, 1))
    result = subprocess.run(
        [sys.executable, "-c", LOAD_WITH_LITTLE_MEMORY, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout == f"{path} has more than 8,000,000 values\n"


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    """A pipe without a writer would wait for ever, and a device has no end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(SnapshotError, match=r"could not be read: it is not a regular file$"):
            load(path)


def test_a_snapshot_may_be_as_large_as_the_limit() -> None:
    """A file of exactly the limit is loaded, compressed or not."""
    data = dumps(SAMPLE)
    assert loads(data, limit=len(data)) == SAMPLE
    assert loads(gzip.compress(data), limit=len(data)) == SAMPLE
    with pytest.raises(SnapshotError):
        loads(gzip.compress(data), limit=len(data) - 1)


@given(st.data())
def test_a_part_of_a_snapshot_is_none(data: st.DataObject) -> None:
    """A truncated file is refused."""
    whole = data.draw(st.sampled_from((dumps(SAMPLE), PACKED)))
    end = data.draw(st.integers(0, len(whole) - 2))
    with pytest.raises(SnapshotError):
        loads(whole[:end])


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each value in a document, except inside the objects."""
    yield path
    if path and path[-1] == "items":
        yield from ((*path, index) for index in range(len(value)))
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("path", [*places(json.loads(dumps(SAMPLE)))], ids=str)
def test_a_wrong_type_anywhere_is_refused(path: tuple[str | int, ...]) -> None:
    """A value of a wrong type is refused anywhere in the document."""
    root = {"document": json.loads(dumps(SAMPLE))}
    *way, last = ("document", *path)
    holder: Any = root
    for key in way:
        holder = holder[key]
    odd_ones: list[Any] = [True, [[{}]], "0" if isinstance(holder[last], int | float) else 0]
    for odd in odd_ones:
        holder[last] = odd
        with pytest.raises(SnapshotError):
            loads(json.dumps(root["document"]).encode())
