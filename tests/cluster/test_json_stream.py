"""Tests of parsing JSON as it arrives."""

import json
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from json import JSONDecodeError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.cluster import json_stream
from fluxstatus.cluster.json_stream import Unreadable, UnreadableError

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.none() | st.booleans() | st.integers() | FLOATS | st.text()
NAMES = st.sampled_from(["items", "kind", "metadata"]) | st.text()
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner), max_leaves=20
)
CUTS = st.lists(st.integers(1, 12), min_size=1)


@pytest.fixture(autouse=True)
def _little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise no text of a test is long enough to be read in parts."""
    monkeypatch.setattr(json_stream, "_LEAST", 1)


def cut(data: bytes, lengths: Iterable[int]) -> Iterator[bytes]:
    """Split *data* into parts of these *lengths*, and the rest."""
    at = 0
    for length in lengths:
        yield data[at : at + length]
        at += length
    yield data[at:]


def whole(item: Any) -> Any:
    """Keep an item as it is."""
    return item


@given(JSON, CUTS, st.sampled_from([None, 1, "\t\r\n "]), st.booleans())
def test_it_reads_what_json_reads(
    document: Any, lengths: list[int], indent: int | str | None, ascii_only: bool
) -> None:
    """Wherever the text is split: within a name, a number, an escape or a character."""
    data = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode(
        errors="surrogatepass"
    )
    try:
        expected = json.loads(data.decode())
    except ValueError:  # half a surrogate pair is no UTF-8
        with pytest.raises(ValueError, match="decode"):
            json_stream.read(cut(data, lengths), whole)
    else:
        assert json_stream.read(cut(data, lengths), whole) == expected


@given(st.text('[]{}":,0123456789.eE+-\\ \nnultrfaseims\x00'), CUTS)
def test_it_refuses_what_json_refuses(text: str, lengths: list[int]) -> None:
    """Half a document is an error, and so is text after a document."""
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError, match=r".+"):
            json_stream.read(cut(text.encode(), lengths), whole)
    else:
        if "Infinity" in json.dumps(expected):  # 1E309, which JSON cannot hold again
            with pytest.raises(ValueError, match="too large"):
                json_stream.read(cut(text.encode(), lengths), whole)
        else:
            assert json_stream.read(cut(text.encode(), lengths), whole) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", '{"items"', '{"items": [', '{"items": [1,', '{"items": [1,]}',
     '{"items": [1 2]}', '{"items": [1]', '{"items": [1],}', '{"items" [1]}', "{items: [1]}",
     '{"items": [1]} 2', '{"items": [1]}}', "\x00{}", "{}\x00", '{"a": 1 "items": []}'],
)  # fmt: skip
def test_what_is_no_list_is_refused(text: str) -> None:
    """Our own parsing of the members and items of a list is tried at each step."""
    with pytest.raises(ValueError, match=r".+"):
        json_stream.read([text.encode()], whole)


@pytest.mark.parametrize("number", ["12", "-1.5", "1e5", "1e+5", "1E-05", "0"])
def test_a_number_may_be_cut_anywhere(number: str) -> None:
    """A part of a number may be a number, too."""
    for at in range(len(number)):
        for text in (number, f'{{"items": [{number}]}}'):
            start = text.index(number) + at
            parts = [text[:start].encode(), text[start:].encode()]
            assert json_stream.read(parts, whole) == json.loads(text)


def test_items_are_handed_on_before_the_rest_is_there() -> None:
    """Only those of the outermost object are replaced by what is kept."""
    result: list[str] = []

    def chunks() -> Iterator[bytes]:
        yield b'{"apiVersion": "v1", "metadata": {"items": [1]}, "items": ['
        for name in ("a", "b"):
            yield b'{"items": ["%s"]},   ' % name.encode()
            result.append(f"more after {name}")
        yield b'null], "kind": "Pets"}'

    def keep(item: Any) -> str:
        result.append(f"got {item}")
        return f"kept {len(result)}"

    assert json_stream.read(chunks(), keep) == {
        "apiVersion": "v1", "kind": "Pets", "metadata": {"items": [1]},
        "items": ["kept 1", "kept 3", "kept 5"],
    }  # fmt: skip
    assert result == [
        "got {'items': ['a']}", "more after a", "got {'items': ['b']}", "more after b", "got None",
    ]  # fmt: skip


def test_a_long_value_in_many_parts_is_tried_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """The amount read at a time doubles: the work does not grow quadratically."""
    tries = []

    class Counted(json.JSONDecoder):
        def raw_decode(self, text: str, idx: int = 0) -> tuple[Any, int]:
            tries.append(len(text))
            return super().raw_decode(text, idx)

    monkeypatch.setattr(json_stream, "JSONDecoder", Counted)
    value = "x" * 100_000
    data = json.dumps({"items": [value]}).encode()
    assert json_stream.read(cut(data, [10] * 20_000), whole) == {"items": [value]}
    assert len(tries) < 40


NAMED = '"kind": "Pod", "metadata": {"name": "b", "namespace": "apps"}'
BEYOND = {
    "deep": ("[" * 100_000 + "]" * 100_000, "is nested too deeply"),
    "deep maps": ('{"a":' * 100_000 + "1" + "}" * 100_000, "is nested too deeply"),
    "not a number": ("NaN", "has the value NaN, which is not JSON"),
    "infinity": ("[-Infinity]", "has the value -Infinity, which is not JSON"),
    "infinite": ('{"a": -1e999}', "has a number that is too large"),
    "digits": ("1" * 10_000, "has a number with too many digits"),
    "large": (json.dumps(["\\" + "{" * 3000] * 1000), "is larger than 1 MiB"),
    "many": ("[" + "{}," * 200_000 + "{}]", "has more than 40,000 values"),
}
"""Values that are JSON, or nearly, and beyond what is read."""


@pytest.fixture(name="little")
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    """With lower limits the values of a test need not be as large."""
    for name, value in {"LEAST": 1 << 12, "MOST": 1 << 20, "MANY": 1 << 16}.items():
        monkeypatch.setattr(json_stream, f"_{name}", value)
    monkeypatch.setattr(json_stream, "_MOST_VALUES", 40_000)


def named(name: str) -> dict[str, Any]:
    """Return an object that is read."""
    return {"metadata": {"name": name}}


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("size", [700, 1 << 16])
@pytest.mark.parametrize("where", ["first", "last", "twice"])
@pytest.mark.parametrize(("value", "why"), BEYOND.values(), ids=BEYOND)
def test_an_item_that_cannot_be_read_costs_no_other(
    value: str, why: str, where: str, size: int
) -> None:
    """What names it is read wherever it stands, and all items before and after it are complete."""
    members = {
        "first": f'"spec": {value}, {NAMED}',
        "last": f'{NAMED}, "spec": {{"values": {value}}}',
        "twice": f'"a": {value}, {NAMED}, "b": {value}',
    }
    item = "{" + members[where] + "}"
    text = f'{{"items": [{json.dumps(named("a"))}, {item}, {json.dumps(named("c"))}], "kind": "X"}}'
    data = text.encode()
    chunks = (data[at : at + size] for at in range(0, len(data), size))
    known = {"kind": "Pod", "metadata": {"name": "b", "namespace": "apps"}}
    assert json_stream.read(chunks, whole) == {
        "items": [named("a"), Unreadable(known, why), named("c")],
        "kind": "X",
    }


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("value", [value for value, _ in BEYOND.values()], ids=BEYOND)
def test_what_names_an_item_may_be_what_cannot_be_read(value: str) -> None:
    """Then its name is unknown, and so is that of an item that is no object."""
    items = [f'{{"metadata": {value}, "kind": "Pod"}}', value, f'{{"kind": "a", "x": {value}}}']
    data = f'{{"items": [{", ".join(items)}]}}'.encode()
    found = json_stream.read(cut(data, [1000] * (len(data) // 1000)), whole)["items"]
    assert [one.known for one in found] == [{"metadata": None, "kind": "Pod"}, {}, {"kind": "a"}]


def test_what_keeping_an_item_cannot_handle_costs_that_item() -> None:
    """Python's decoder may accept what is too deep for a function."""

    def keep(item: Any) -> Any:
        if item["metadata"]["name"] == "b":
            raise RecursionError
        return item

    text = json.dumps({"items": [named("a"), named("b"), named("c")]})
    assert json_stream.read([text.encode()], keep)["items"] == [
        named("a"),
        Unreadable(named("b"), "is nested too deeply"),
        named("c"),
    ]


@given(JSON, JSON, CUTS)
def test_what_is_skipped_ends_where_it_ends(document: Any, after: Any, lengths: list[int]) -> None:
    """Any JSON in an item that cannot be read is passed over."""
    text = f'{{"items": [{{"a": {json.dumps(document)}, "b": NaN}}, {json.dumps(after)}]}}'
    [first, second] = json_stream.read(cut(text.encode(), lengths), whole)["items"]
    assert (first.why, second) == ("has the value NaN, which is not JSON", after)


def test_an_escape_may_be_cut_anywhere() -> None:
    """Also in a string that is passed over: what is escaped does not end it."""
    data = rb'{"items": [{"a": NaN, "b": "x\\", "c": "\"}", "d": "\\\""}, 1]}'
    for at in range(len(data)):
        [first, second] = json_stream.read([data[:at], data[at:]], whole)["items"]
        assert (first.why, second) == ("has the value NaN, which is not JSON", 1)


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "}",
        "]",
        '"',
        '"\\',
        '"\\"',
        ', "a',
        ', "a": ',
        ', "a": [1',
        ', "a": [[',
        ", 1}",
        '} "b"',
        "} ]",
    ],
)
def test_half_an_item_that_cannot_be_read_is_no_document(rest: str) -> None:
    """Where it ends is unknown, and so is all that follows."""
    with pytest.raises(JSONDecodeError):
        json_stream.read([f'{{"items": [{{"a": NaN{rest}'.encode()], whole)


@pytest.mark.parametrize("value", [b'"' + b"x" * 200 + b'",', b"{},", b"[[1],"], ids=bytes.decode)
def test_a_large_item_is_not_held(value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large it is, hardly more than the limit is in memory."""
    monkeypatch.setattr(json_stream, "_LEAST", 1 << 10)
    monkeypatch.setattr(json_stream, "_MOST", 1 << 14)
    many = value * (2000 // len(value))
    deep = value.count(b"[[") * (1 + 500 * many.count(value))
    start = b'{"items": [{"metadata": {"name": "a"}, "spec": [' + value
    end = b"0]" + b"]" * deep + b'}, {"b": 1}]}'
    tracemalloc.start()
    try:
        [first, second] = json_stream.read((start, *[many] * 500, end), whole)["items"]
        assert tracemalloc.get_traced_memory()[1] < 800_000  # of a million
    finally:
        tracemalloc.stop()
    assert (first.known, second) == (named("a"), {"b": 1})


@pytest.mark.parametrize(("value", "why"), [BEYOND["deep"], BEYOND["infinite"], BEYOND["digits"]])
def test_what_is_no_item_is_an_error(value: str, why: str) -> None:
    """It says what is wrong with the document."""
    for text in (value, f'{{"metadata": {value}, "items": []}}'):
        with pytest.raises(UnreadableError, match=re.escape(why)):
            json_stream.read([text.encode()], whole)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("items", ("[1]", "[2]")),
        ("items", ("null", "[]")),
        ("items", ("[1]", "null")),
        ("metadata", ('{"continue": "x"}', "{}")),
    ],
)
def test_a_second_member_is_an_error(name: str, values: tuple[str, str]) -> None:
    """Otherwise the first one would be dropped without a word, as a list or the next page."""
    text = ", ".join(f'"{name}": {value}' for value in values)
    with pytest.raises(UnreadableError, match=f"has a duplicate key '{name}'"):
        json_stream.read([f"{{{text}}}".encode()], whole)


def test_a_list_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may send items as long as it is read."""
    monkeypatch.setattr(json_stream, "_MOST_ITEMS", 3)
    assert json_stream.read([b'{"items": [1, 2, 3]}'], whole) == {"items": [1, 2, 3]}
    with pytest.raises(UnreadableError, match="has more than 3 items"):
        json_stream.read([b'{"items": [1, 2, 3, 4]}'], whole)


def test_a_byte_that_is_not_utf_8_spoils_one_text() -> None:
    """It is replaced, as Go does it; other items are what they are."""
    data = b'{"items": [{"a": "x\xff\xc3"}, {"b": "\\ud800"}, {"c": "\xc3\xa4"}]}'
    assert json_stream.read([data[:20], data[20:]], whole) == {
        "items": [{"a": "x\ufffd\ufffd"}, {"b": "\ud800"}, {"c": "\xe4"}]
    }
