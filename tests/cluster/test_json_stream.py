"""Tests of parsing JSON as it arrives."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.cluster import json_stream

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
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
    told: list[str] = []

    def chunks() -> Iterator[bytes]:
        yield b'{"kind": "PetList", "metadata": {"items": [1]}, "items": ['
        for name in ("a", "b"):
            yield b'{"items": ["%s"]},   ' % name.encode()
            told.append(f"more after {name}")
        yield b'null], "kind": "Pets"}'

    def keep(item: Any) -> str:
        told.append(f"got {item}")
        return f"kept {len(told)}"

    assert json_stream.read(chunks(), keep) == {
        "kind": "Pets", "metadata": {"items": [1]}, "items": ["kept 1", "kept 3", "kept 5"],
    }  # fmt: skip
    assert told == [
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


def test_what_is_too_deep_is_an_error_of_its_own() -> None:
    """As with json.loads."""
    with pytest.raises(RecursionError):
        json_stream.read([b"[" * 100_000], whole)
