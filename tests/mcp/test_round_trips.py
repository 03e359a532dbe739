"""setup, setup again and remove give every client's file back, byte for byte."""

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fluxstatus.mcp.client import Client
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.files import FileError
from fluxstatus.mcp.formats import toml
from fluxstatus.mcp.host import Host
from fluxstatus.mcp.plan import plan_drop, plan_put
from tests.mcp.formats.test_editing import COMMENTED, CONTINUE, ENTRY, GOOSE, commented

WITH_FILES = {name: client for name, client in CLIENTS.items() if client.file}
FORMS = {client.container: client for client in WITH_FILES.values()}
"""A client for each place of the servers; the other clients keep them in the same way."""

_WORDS = st.text("ab #'\"é", max_size=6)
_NAMES = st.text("abc-", min_size=1, max_size=4)
_TABLES = st.dictionaries(_NAMES, st.booleans() | _WORDS | st.lists(_WORDS, max_size=2), max_size=3)
_LINES = st.sampled_from(["", "\n", "# [mcp_servers.flux-operator-mcp]\n", "# the end"])


@st.composite
def _toml(draw: st.DrawFn, client: Client) -> str:
    """Write the configuration of a program with servers, comments and empty lines."""
    servers = draw(st.dictionaries(_NAMES, _TABLES, max_size=2))
    [key] = client.container
    named = {"name"} if key.endswith("[]") else set()
    headers = [""] if named or servers else ["", f"[{key}]\n"]
    text = toml.dump(draw(_TABLES)) if draw(st.booleans()) else ""
    for name, value in servers.items():
        written = toml.put("", client.container, name, value | dict.fromkeys(named, name))
        text += draw(_LINES).rstrip("\n") + "\n" + written
    return text + draw(st.sampled_from(headers)) + draw(_LINES)


@st.composite
def _yaml(draw: st.DrawFn, client: Client) -> str:
    """Write the configuration of a program, as a library does, with comments between."""
    [key] = (one.removesuffix("[]") for one in client.container)
    entries = draw(st.dictionaries(_NAMES, _TABLES, max_size=2))
    values = [{"name": name, **value} for name, value in entries.items()]
    place = values if client.container[0].endswith("[]") else entries
    document = draw(_TABLES) | ({key: place} if draw(st.booleans()) else {})
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True) if document else ""
    gaps = st.sampled_from(["", "# a comment: [\n", "\n"])
    return draw(gaps) + text + draw(gaps)


def _texts(client: Client) -> st.SearchStrategy[str]:
    if client.syntax == "toml":
        return _toml(client)
    if client.syntax == "yaml":
        return _yaml(client) | st.sampled_from([GOOSE, CONTINUE, COMMENTED.replace("flux-", "x-")])
    return commented(client.container[0])


def _round_trip(client: Client, data: bytes | None) -> bool:
    """Set up, again, for another context, and remove; return whether the file could be edited."""
    with tempfile.TemporaryDirectory() as home:
        host = Host("linux", {"HOME": home, "PATH": ""}, Path(home))
        path = client.target(host).path
        if data is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            [change] = plan_put(client, host, ENTRY)
        except FileError:
            return False
        change.apply(host)
        assert plan_put(client, host, ENTRY) == []
        other = ENTRY._replace(args=("serve", "--read-only=true", "--kube-context=other"))
        [change] = plan_put(client, host, other)
        change.apply(host)
        [change] = plan_drop(client, host, other)
        change.apply(host)
        assert (path.read_bytes() if path.exists() else None) == data
        assert [one for one in path.parent.iterdir() if one != path] == []
        assert plan_drop(client, host, other) == []
    return True


@pytest.mark.parametrize("client", WITH_FILES.values(), ids=WITH_FILES)
@pytest.mark.parametrize("data", [None, b"", b"\n", b"\xef\xbb\xbf"])
def test_a_file_without_anything(client: Client, data: bytes | None) -> None:
    """A file that setup made is gone after remove, and an empty one is empty again."""
    assert _round_trip(client, data)


def test_a_comment_before_the_only_container() -> None:
    """The comment ends with its line, also when what follows in the next one is removed."""
    assert _round_trip(WITH_FILES["amp"], b'{// a " comment, { }\n"amp.mcpServers":{}}')


@pytest.mark.parametrize("client", FORMS.values(), ids=[one.name for one in FORMS.values()])
@settings(max_examples=25)  # each of them writes files
@given(data=st.data(), bom=st.booleans(), crlf=st.booleans())
def test_a_file_with_anything(client: Client, data: st.DataObject, bom: bool, crlf: bool) -> None:
    """Comments, commas, line ends and a BOM are as they were; YAML of other forms is refused."""
    text = data.draw(_texts(client))
    text = text.replace("\r\n", "\n").replace("\n", "\r\n") if crlf else text
    written = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    assert _round_trip(client, written) or client.syntax == "yaml"
