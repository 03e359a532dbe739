"""Only our entry in a client's file changes, whatever else it contains."""

import json
import tomllib
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from fluxstatus.mcp.client import Client
from fluxstatus.mcp.clients import CLIENTS
from fluxstatus.mcp.entry import NAME, Entry
from fluxstatus.mcp.formats import jsonc, toml, yaml
from fluxstatus.mcp.formats.malformed import MalformedError

ENTRY = Entry(
    NAME, "/opt/bin/flux-operator-mcp", ("serve", "--read-only=true", "--kube-context", "prod eu"),
    {"KUBECONFIG": "/home/me/.kube/config"},
)  # fmt: skip
VALUE = {"command": ENTRY.command, "args": list(ENTRY.args), "env": dict(ENTRY.env)}
AT = ("mcpServers",)

_KEYS = st.text(max_size=6) | st.sampled_from(["mcpServers", "other", "env", "//", "/*"])
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3)
)
_SERVERS = st.dictionaries(st.text(max_size=6).filter(lambda k: k != NAME), _JSON, max_size=3)
_DOCUMENTS = st.tuples(
    st.dictionaries(_KEYS.filter(lambda k: k != "mcpServers"), _JSON, max_size=4),
    st.none() | _SERVERS,
).map(lambda two: two[0] if two[1] is None else {**two[0], "mcpServers": two[1]})


def entries(client: Client, text: str) -> list[tuple[Entry, Any]]:
    """Return the entries for the server in *text*, each with its value."""
    found = client.servers(text).items()
    read = [(client.schema.read(name, value), value) for name, value in found]
    return [(entry, value) for entry, value in read if entry.is_the_server]


def without(document: dict[str, Any], name: str = NAME) -> dict[str, Any]:
    """Return *document* without our entry and its otherwise empty parents."""
    servers = {key: value for key, value in document.get("mcpServers", {}).items() if key != name}
    rest = {key: value for key, value in document.items() if key != "mcpServers"}
    return {**rest, "mcpServers": servers} if servers else rest


@given(document=_DOCUMENTS, indent=st.sampled_from([None, 0, 1, 2, 4, "\t"]), crlf=st.booleans())
def test_json_keeps_the_rest(
    document: dict[str, Any], indent: int | str | None, crlf: bool
) -> None:
    """Any JSON in any layout has the entry after setup, and as before after remove."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    text = text.replace("\n", "\r\n") if crlf else text
    changed = jsonc.put(text, AT, NAME, VALUE)
    parsed = json.loads(changed)
    assert parsed["mcpServers"][NAME] == VALUE
    assert without(parsed) == without(document)
    assert jsonc.put(changed, AT, NAME, VALUE) == changed
    assert without(json.loads(jsonc.drop(changed, AT, NAME))) == without(document)


_GAPS = st.lists(
    st.sampled_from([" ", "\n", "\t", "\r\n", '// a " comment, { }\n', "/* } , */", "\n// x\r\n"]),
    max_size=3,
).map("".join)


_MARKS = st.sampled_from(["", ","])


@st.composite
def commented(draw: st.DrawFn, at: str = "mcpServers") -> str:
    """Write a document as people do: comments anywhere, trailing commas. Servers are in *at*."""

    def gap() -> str:
        return str(draw(_GAPS))

    def write(value: Any) -> str:
        if isinstance(value, dict):
            parts = [f"{gap()}{json.dumps(k)}{gap()}:{gap()}{write(v)}" for k, v in value.items()]
        elif isinstance(value, list):
            parts = [f"{gap()}{write(one)}" for one in value]
        else:
            return json.dumps(value)
        inside = ",".join(f"{part}{gap()}" for part in parts)
        trailing = draw(_MARKS) if parts else ""
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        return f"{opening}{inside}{trailing}{gap()}{closing}"

    document = draw(_DOCUMENTS)
    return gap() + write({at if k == "mcpServers" else k: v for k, v in document.items()}) + gap()


def pieces(text: str) -> list[str]:
    """Return the tokens and comments of *text*, but for commas, each as it stands."""
    return [
        match[0]
        for match in jsonc._TOKEN.finditer(text)  # noqa: SLF001 - what a piece is, it knows
        if match.lastgroup not in ("space", "end") and match[0] != ","
    ]


@given(text=commented())
def test_comments_survive(text: str) -> None:
    """In JSON with comments and trailing commas every comment and token stays in order."""
    changed = jsonc.put(text, AT, NAME, VALUE)
    assert jsonc.entries(changed, AT)[NAME] == VALUE
    rest = iter(pieces(changed))
    assert all(piece in rest for piece in pieces(text))
    dropped = jsonc.drop(changed, AT, NAME)
    assert NAME not in jsonc.entries(dropped, AT)
    rest = iter(pieces(dropped))
    assert all(piece in rest for piece in pieces(text))
    assert len(pieces(dropped)) - len(pieces(text)) in (0, 4)  # "mcpServers": {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "s": {\n    "x": {}\n  }\n}\n'),
        ('{\n\t"a": 1, // one\n}\n', '{\n\t"a": 1, // one\n\t"s": {\n\t\t"x": {}\n\t},\n}\n'),
        ('{"a":1}', '{"a":1, "s": {"x": {}}}'),
        ("{}", '{\n  "s": {\n    "x": {}\n  }\n}'),
        ('{"s": {}}', '{"s": {\n  "x": {}\n}}'),
        ('{"s": {"y": 1 // c\n}}', '{"s": {"y": 1, // c\n"x": {}\n}}'),
        ('{\r\n    "s": {\r\n        "y": 1\r\n    }\r\n}',
         '{\r\n    "s": {\r\n        "y": 1,\r\n        "x": {}\r\n    }\r\n}'),
    ],
)  # fmt: skip
def test_json_fits_its_surroundings(before: str, after: str) -> None:
    """An entry has the indentation, line breaks and commas of its surroundings."""
    assert jsonc.put(before, ("s",), "x", {}) == after


@pytest.mark.parametrize(
    "text",
    ['{\n  "a": 1\n}\n', '{"a":1}', '{"a":1,}', '{\n  "s": {\n    "y": 1, // c\n  }\n}',
     '{\n  "s": {\n    "y": 1\n  }\n}', '{\n  "s": {\n    "y": 1,\n  },\n}', '{"s": {"y": 1,}}'],
)  # fmt: skip
def test_remove_is_the_reverse(text: str) -> None:
    """Setup and remove restore a file byte for byte: commas too, and no container is left."""
    changed = jsonc.put(text, ("s",), "x", {})
    assert jsonc.drop(changed, ("s",), "x", prune='"s"' not in text) == text


def test_the_comments_of_an_entry_in_json_are_kept() -> None:
    """An entry is corrected where it is: of its keys and arguments, only those that differ."""
    text = """\
{
  "mcpServers": {
    "flux-operator-mcp": { // ours
      "command": "flux-operator-mcp", // found in PATH
      "args": [
        "serve", // always
        "--read-only=false" // for now
      ],
      "old": true, // gone
      "env": {"A": "b" /* mine */}
    },
    "other": {}
  }
}
"""
    value = {"command": "/f", "args": ["serve", "--read-only=true", "-v"], "env": {"A": "b"}}
    assert jsonc.put(text, AT, NAME, value) == text.replace('"flux-operator-mcp", //', '"/f", //')\
        .replace('"--read-only=false"', '"--read-only=true",\n        "-v"')\
        .replace('\n      "old": true,', "")  # fmt: skip
    assert jsonc.entries(jsonc.put(text, AT, NAME, value), AT)[NAME] == value


def test_a_container_with_a_comment_stays() -> None:
    """What somebody wrote into an empty container is not dropped with it."""
    text = '{"s": {"x": {} /* mine */}}'
    assert jsonc.drop(text, ("s",), "x", prune=True) == '{"s": { /* mine */}}'
    assert jsonc.drop('{"s": {"x": {}}}', ("s",), "x", prune=True) == "{}"


@pytest.mark.parametrize(
    "text",
    ["", " \n", "{", '{"a": }', '{"a" 1}', "[]", "null", '{"a": 1} x', "{'a': 1}", '{"a": 01}',
     '{"mcpServers": []}', '{"mcpServers": null}', '{"mcpServers": {"flux-operator-mcp": {}}, }}',
     '{"a": "\n"}', '{"a": "\\q"}', "{,}", '{"a": [1 2]}', "[" * 100_000],
)  # fmt: skip
def test_what_is_no_json_is_refused(text: str) -> None:
    """A file that does not parse, or has no object for the servers, raises an error."""
    with pytest.raises(MalformedError):
        jsonc.put(text, AT, NAME, VALUE)


def test_doubled_keys() -> None:
    """Of duplicate keys the last one counts; remove removes all of them."""
    text = '{"mcpServers": {"a": 1}, "b": 2, "mcpServers": {"flux-operator-mcp": 1, "c": 3}}'
    changed = jsonc.put(text, AT, NAME, VALUE)
    assert json.loads(changed)["mcpServers"] == {NAME: VALUE, "c": 3}
    assert '"mcpServers": {"a": 1}, "b": 2,' in changed
    twice = '{"mcpServers": {"flux-operator-mcp": 1, "a": 2, "flux-operator-mcp": 3}}'
    assert jsonc.drop(twice, AT, NAME) == '{"mcpServers": { "a": 2}}'


_TOML_KEYS = st.text("abc-_", min_size=1, max_size=4)
_TOML = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TOML_KEYS, inner, max_size=2),
    max_leaves=6,
)


@given(
    rest=st.dictionaries(_TOML_KEYS, st.booleans() | st.text(max_size=5), max_size=3),
    servers=st.dictionaries(
        _TOML_KEYS, st.dictionaries(_TOML_KEYS, st.text(max_size=5), min_size=1), max_size=2
    ),
    comment=st.sampled_from(["", "# the end\n", "\n", "\n# [mcp_servers.flux-operator-mcp]\n"]),
    crlf=st.booleans(),
)
def test_toml_keeps_the_rest(
    rest: dict[str, Any], servers: dict[str, Any], comment: str, crlf: bool
) -> None:
    """Any TOML has the entry after setup and is as before, byte for byte, after remove."""
    text = toml.dump({**rest, "z-mcp_servers": servers, "mcp_servers": servers}) + comment
    text = text.replace("\n", "\r\n") if crlf else text
    changed = toml.put(text, ("mcp_servers",), NAME, VALUE)
    assert tomllib.loads(changed)["mcp_servers"] == {**servers, NAME: VALUE}
    assert tomllib.loads(changed) | {"mcp_servers": 0} == tomllib.loads(text) | {"mcp_servers": 0}
    assert changed.startswith(text)
    assert toml.put(changed, ("mcp_servers",), NAME, VALUE) == changed
    assert toml.drop(changed, ("mcp_servers",), NAME) == text


@given(value=st.dictionaries(_TOML_KEYS, _TOML, max_size=4))
def test_toml_is_written_so_that_it_reads_the_same(value: dict[str, Any]) -> None:
    """Other keys of an entry are written back unchanged."""
    text = toml.put("", ("mcp_servers",), NAME, value)
    assert tomllib.loads(text)["mcp_servers"][NAME] == value


def test_toml_between_other_tables() -> None:
    """An entry is corrected where it is, with its comments; those of the next table stay."""
    text = (
        "model = 'x' # mine\n\n[mcp_servers.flux-operator-mcp] # old\n"
        'command = """\n[a]\n""" # c\n'
        "startup_timeout_sec = 20\nenabled = true # on\n\n"
        "# where\n[mcp_servers.flux-operator-mcp.env]\nA = '1'\n\n"
        "# about other\n[mcp_servers.other]\ncommand = 'o'\n"
    )
    value = {**VALUE, "enabled": True}
    changed = toml.put(text, ("mcp_servers",), NAME, value)
    assert changed == (
        "model = 'x' # mine\n\n[mcp_servers.flux-operator-mcp] # old\n"
        'command = "/opt/bin/flux-operator-mcp" # c\nenabled = true # on\n\n# where\n'
        'args = ["serve", "--read-only=true", "--kube-context", "prod eu"]\n'
        '[mcp_servers.flux-operator-mcp.env]\nKUBECONFIG = "/home/me/.kube/config"\n\n'
        "# about other\n[mcp_servers.other]\ncommand = 'o'\n"
    )
    assert tomllib.loads(changed)["mcp_servers"] == {"other": {"command": "o"}, NAME: value}


def test_toml_in_a_list() -> None:
    """Mistral Vibe keeps a list of tables, each with its name; the others stay as they are."""
    text = (
        '[[mcp_servers]]\nname = "a"\ncommand = "x"\n\n[mcp_servers.env]\nK = "V"\n\n'
        '# b\n[[mcp_servers]]\nname = "b"\n\n[tools]\nx = 1\n'
    )
    at = ("mcp_servers[]",)
    value = {"name": NAME, "command": ["c"], "env": {"K": "v"}}
    changed = toml.put(text, at, NAME, value)
    assert changed.startswith(text)
    assert tomllib.loads(changed)["mcp_servers"][-1] == value
    assert toml.drop(changed, at, NAME) == text
    mended = toml.put(changed, at, "a", {"name": "a", "command": "y", "env": {"K": "W"}})
    assert mended == changed.replace('"x"', '"y"').replace('K = "V"', 'K = "W"')
    assert [one["name"] for one in tomllib.loads(toml.drop(changed, at, "a"))["mcp_servers"]] == [
        "b", NAME
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["a = ", "[mcp_servers]\nflux-operator-mcp = {command = 'x'}\n", "mcp_servers = 1\n",
     "mcp_servers.flux-operator-mcp.command = 'x'\n"],
)  # fmt: skip
def test_toml_in_another_form_is_left_alone(text: str) -> None:
    """A file that does not parse, or has the entry inline, raises an error."""
    with pytest.raises(MalformedError):
        toml.put(text, ("mcp_servers",), NAME, VALUE)


_PLAIN = st.booleans() | st.integers(-9, 9) | st.text(max_size=12) | st.none()
_BLOCKS = st.dictionaries(
    st.text("abc_", min_size=1, max_size=4),
    _PLAIN | st.lists(_PLAIN, max_size=2) | st.dictionaries(st.text("xyz", min_size=1), _PLAIN),
    max_size=3,
)


@given(rest=_BLOCKS, extensions=st.dictionaries(st.text("def", min_size=1), _BLOCKS, max_size=2))
def test_yaml_keeps_the_rest(rest: dict[str, Any], extensions: dict[str, Any]) -> None:
    """A configuration of goose, as a YAML library writes it, keeps its rest or is refused."""
    written = {**rest, "extensions": extensions}
    text = pyyaml.safe_dump(written, sort_keys=False, allow_unicode=True)
    document = pyyaml.safe_load(text)
    value = CLIENTS["goose"].schema.write(ENTRY)
    try:
        changed = yaml.put(text, ("extensions",), NAME, value)
    except MalformedError:
        return
    parsed = pyyaml.safe_load(changed)
    assert parsed["extensions"].pop(NAME) == value
    assert {**parsed, "extensions": parsed["extensions"] or {}} == document
    assert yaml.put(changed, ("extensions",), NAME, value) == changed
    dropped = pyyaml.safe_load(yaml.drop(changed, ("extensions",), NAME))
    assert {**dropped, "extensions": dropped["extensions"] or {}} == document


GOOSE = """\
GOOSE_PROVIDER: anthropic
extensions:
  developer:
    bundled: true
    description: 'it''s built in'
    enabled: true
    available_tools: []
  fetch:
    args:
    - mcp-server-fetch
    - --ignore
    cmd: uvx
    envs: {}
    instructions: |
      Mind:
      extensions: here, too
    type: stdio
GOOSE_MODES:
- a
- b
"""


def test_goose_as_it_is() -> None:
    """A file as goose writes it is changed in one place, and read again as it is."""
    client = CLIENTS["goose"]
    changed = client.put(GOOSE, ENTRY)
    assert pyyaml.safe_load(changed)["extensions"].keys() == {"developer", "fetch", NAME}
    assert entries(client, changed)[0][0] == ENTRY
    assert client.drop(changed, NAME) == GOOSE
    again = pyyaml.safe_dump(pyyaml.safe_load(changed), sort_keys=True)  # as goose does
    assert entries(client, again)[0][0] == ENTRY


@pytest.mark.parametrize(
    "text",
    ["extensions: {a: 1}\n", "extensions: &x\n  a: 1\n", "a: [1,\nextensions:\n  b: 1]\n",
     "extensions:\n  a: 1\nextensions:\n  b: 2\n", 'a: "x\nextensions: 1"\n',
     "\tb: 1\nextensions:\n"],
)  # fmt: skip
def test_yaml_in_another_form_is_left_alone(text: str) -> None:
    """A file that goose would not write is not changed."""
    with pytest.raises(MalformedError):
        yaml.put(text, ("extensions",), NAME, VALUE)


COMMENTED = """\
extensions:
  # the cluster
  flux-operator-mcp: # ours
    cmd: flux-operator-mcp # found in PATH
    args: # how
    - serve
    # only look
    - --read-only=false # for now
    envs:
      HTTPS_PROXY: http://proxy:3128 # needed
    timeout: 20
  fetch: {}
"""


def test_the_comments_of_an_entry_in_yaml_are_kept() -> None:
    """An entry with comments, which goose does not write, is read and corrected in place."""
    client = CLIENTS["goose"]
    [(entry, known)] = entries(client, COMMENTED)
    assert (entry.args, entry.env) == (
        ("serve", "--read-only=false"), {"HTTPS_PROXY": "http://proxy:3128"}
    )  # fmt: skip
    changed = client.put(COMMENTED, ENTRY, known)
    parsed = pyyaml.safe_load(changed)["extensions"]
    assert parsed[NAME] == client.schema.write(ENTRY, known)
    assert (parsed[NAME]["timeout"], parsed["fetch"]) == (20, {})
    for line in ("# the cluster", "# ours", " # found in PATH", "# how", "# only look",
                 " # for now", "HTTPS_PROXY: http://proxy:3128 # needed"):  # fmt: skip
        assert line in changed


def test_an_entry_of_an_unknown_form_is_not_replaced() -> None:
    """What cannot be read may have more than setup knows of: it is refused, not overwritten."""
    text = "extensions:\n  flux-operator-mcp:\n    envs: {A: b}\n"
    with pytest.raises(MalformedError, match="form"):
        CLIENTS["goose"].put(text, ENTRY, entries(CLIENTS["goose"], text)[0][1])


CONTINUE = """\
name: mine
version: 0.0.1
models:
  - name: x
    provider: y
mcpServers:
  - name: fetch
    command: uvx # quick
    args:
      - mcp-server-fetch
  # the last one
  - name: other
    command: o
context: []
"""


@pytest.mark.parametrize("text", [CONTINUE, CONTINUE.replace("\n  -", "\n-").replace("\n  ", "\n")])
def test_a_list_in_yaml(text: str) -> None:
    """Continue keeps a list of servers with names, indented or not."""
    client = CLIENTS["continue"]
    pyyaml.safe_load(text)
    changed = client.put(text, ENTRY)
    servers = pyyaml.safe_load(changed)["mcpServers"]
    assert [one["name"] for one in servers] == ["fetch", "other", NAME]
    assert entries(client, changed)[0][0] == ENTRY
    assert client.drop(changed, NAME) == text
    rest = client.drop(client.drop(changed, "other"), "fetch")
    assert "# the last one" in rest
    assert pyyaml.safe_load(client.drop(rest, NAME))["mcpServers"] == []
    assert "mcpServers" not in pyyaml.safe_load(client.drop(rest, NAME, prune=True))


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_every_client_round_trip(client: Any) -> None:
    """Each client's format reads back a written entry, repeatedly, and removes it."""
    text = client.put("", ENTRY)
    [(entry, known)] = entries(client, text)
    assert entry == ENTRY
    assert client.put(text, ENTRY, known) == text
    assert entries(client, client.drop(text, NAME)) == []
    assert entries(client, client.alone(ENTRY)) == [(ENTRY, known)]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_an_entry_that_is_mended_keeps_what_is_the_users(client: Any) -> None:
    """Only known keys of an existing entry change; others, such as a timeout, stay."""
    rw = Entry(NAME, "flux-operator-mcp", ("serve",), {"OWN": "1"})
    mine = client.schema.write(rw, {"disabled": False, "timeout": 7})
    text = client.put("", rw, {"disabled": False, "timeout": 7})
    [(entry, known)] = entries(client, text)
    assert (known, entry.read_only) == (mine, False)
    [(entry, known)] = entries(client, client.put(text, ENTRY, known))
    assert entry.read_only
    assert entry.env == {"OWN": "1", **ENTRY.env}
    assert (known["disabled"], known["timeout"]) == (False, 7)


def test_a_toml_file_with_many_tables_is_not_parsed_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Codex keeps a table for each folder: the work grows with the file, not with its square."""
    projects = "".join(
        f'[projects."/home/me/{number}"]\nnote = """\n[not a table]\n"""\n\n'
        for number in range(500)
    )
    text = toml.put(projects, AT, NAME, VALUE)
    parsed = []
    real = tomllib.loads

    def loads(part: str) -> dict[str, Any]:
        parsed.append(len(part))
        return real(part)

    monkeypatch.setattr(tomllib, "loads", loads)
    assert toml.drop(text, AT, NAME) == projects
    assert sum(parsed) < 20 * len(text)


def test_a_json_file_with_much_else_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claude Code keeps its history in the same file: only what is around the entry is parsed."""
    history = {f"/home/me/{number}": {"history": [{"n": [1, "x"]}] * 20} for number in range(200)}
    document = json.dumps(
        {"projects": history, "mcpServers": {"a": VALUE}, "last": history}, indent=2
    )
    read = []
    real = jsonc._Tokens.__next__  # noqa: SLF001 - its work is what is counted

    def count(tokens: Any) -> Any:
        read.append(1)
        return real(tokens)

    monkeypatch.setattr(jsonc._Tokens, "__next__", count)  # noqa: SLF001 - as above
    text = jsonc.put(document, AT, NAME, VALUE)
    assert jsonc.drop(text, AT, NAME) == document
    assert 0 < len(read) < 1000
