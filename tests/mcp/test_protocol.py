"""Sessions with misbehaving servers; real servers are tested in tests/live."""

import json
from pathlib import Path

import pytest

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.mcp.protocol import HANDSHAKE, NEWEST, Session
from fluxstatus.model.evidence import Why
from tests.fakes.mcp_servers import mcp_server
from tests.fakes.processes import gone
from tests.fakes.programs import program

ENV = {"PATH": "/usr/bin:/bin"}
OLDER = 'read line; echo \'{"jsonrpc": "2.0", "id": 1, "error": {"message": "unknown"}}\'; '
HELLO = OLDER + (
    'read line; echo \'{"jsonrpc": "2.0", "id": 2, "result": {"protocolVersion": "9", '
    '"serverInfo": {"name": "s", "version": "1.2"}}}\'; read line; '
)


def answer(number: int, result: str) -> str:
    """Return a shell script that waits for a request and answers it."""
    return f'read line; echo \'{{"jsonrpc": "2.0", "id": {number}, {result}}}\'; '


@pytest.mark.parametrize(
    ("script", "why", "expected"),
    [
        ("exit 3", Why.FAILED, "server exited with code 3: no message"),
        ("echo no kubeconfig >&2; exit 1", Why.FAILED, "server exited with code 1: no kubeconfig"),
        ("read line", Why.FAILED, "server exited with code 0"),
        ("sleep 600", Why.TIMEOUT, "server did not answer initialize within --timeout 0.5s"),
        ("echo Welcome!; sleep 600", Why.GARBLED, "does not speak MCP: it printed 'Welcome!'"),
        ("echo '{}'; sleep 600", Why.GARBLED, "does not speak MCP: it printed '{}'"),
        ("printf '{\"jsonrpc\"'; sleep 600", Why.TIMEOUT, "did not answer initialize"),
        ("exec cat /dev/zero", Why.GARBLED, "its output never ends"),
        (
            OLDER + answer(2, '"error": {"message": "too old"}'),
            Why.FAILED,
            "refused initialize: too old",
        ),
        (
            OLDER + answer(2, '"error": {"message": "token: swordfish"}'),
            Why.FAILED,
            "refused initialize: token: ***",
        ),
        ("echo password=x7x9q; sleep 60", Why.GARBLED, "it printed 'password=***'"),
        (
            OLDER + answer(2, '"result": 1'),
            Why.FAILED,
            "refused initialize: the response has no result",
        ),
    ],
)
def test_errors_are_reported(tmp_path: Path, script: str, why: Why, expected: str) -> None:
    """A server that exits, hangs, or prints garbage or too much is a one-sentence error."""
    server = program(tmp_path / "server", script)
    with pytest.raises(ProgramError) as caught:
        Session([str(server)], ENV, Deadline(0.5 if why is Why.TIMEOUT else 300))
    assert expected in f"{caught.value}"
    assert caught.value.unread.why is why
    assert gone(str(server))


def answered(tmp_path: Path, **about: object) -> Session:
    """Return a session with a server that is *about* that."""
    return Session([str(mcp_server(tmp_path / "server", **about))], ENV, Deadline(300))


def test_the_newest_protocol_comes_first(tmp_path: Path) -> None:
    """A server that knows it is asked without a handshake, with the version in each request."""
    with answered(tmp_path, instructions="Be kind.") as session:
        assert (session.protocol, session.server["name"]) == (NEWEST, "flux-operator-mcp")
        assert session.instructions == "Be kind."
        assert [tool.name for tool in session.tools()] == ["get_flux_instance"]
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]
    assert [one["method"] for one in asked] == ["server/discover", "tools/list"]
    for one in asked:
        assert one["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == NEWEST


@pytest.mark.parametrize("discover", ["late", "later"])
def test_a_server_that_starts_slowly(tmp_path: Path, discover: str) -> None:
    """It answers the first question after the second, refuses that, and is asked as the newest."""
    with answered(tmp_path, discover=discover) as session:
        assert (session.protocol, session.server["name"]) == (NEWEST, "flux-operator-mcp")
        assert [tool.name for tool in session.tools()] == ["get_flux_instance"]
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]
    assert [one["method"] for one in asked] == ["server/discover", "initialize", "tools/list"]
    assert "io.modelcontextprotocol/protocolVersion" in asked[-1]["params"]["_meta"]


@pytest.mark.parametrize("discover", ["refused", "ignored", "older", "nameless"])
def test_an_older_protocol_is_the_second_choice(tmp_path: Path, discover: str) -> None:
    """A server that refuses the first question, or does not answer it, has a handshake."""
    with answered(tmp_path, discover=discover, instructions="Be kind.") as session:
        assert (session.protocol, session.server["name"]) == (HANDSHAKE, "flux-operator-mcp")
        assert session.instructions == "Be kind."
        assert [tool.name for tool in session.tools()] == ["get_flux_instance"]
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]
    assert [one["method"] for one in asked] == [
        "server/discover", "initialize", "notifications/initialized", "tools/list"
    ]  # fmt: skip
    assert "_meta" not in asked[-1]["params"]


def test_a_flood_has_an_end(tmp_path: Path) -> None:
    """Endless messages without an answer end by time-out or by size."""
    server = program(tmp_path / "server", 'while :; do echo \'{"jsonrpc": "2.0"}\'; done')
    with pytest.raises(ProgramError, match=r"did not answer|output never ends"):
        Session([str(server)], ENV, Deadline(0.5))
    assert gone(str(server))


def test_what_comes_between_is_passed_over(tmp_path: Path) -> None:
    """Notifications and requests of the server are skipped; pages are joined."""
    script = (
        'echo \'{"jsonrpc": "2.0", "method": "notifications/message", "params": {}}\'; '
        + HELLO
        + 'echo \'{"jsonrpc": "2.0", "id": 3, "method": "ping"}\'; '
        + answer(3, '"result": {"tools": [{"name": "a"}], "nextCursor": "x"}')
        + answer(4, '"result": {"tools": [{"name": "b", "description": "B"}]}')
        + answer(5, '"result": {"content": [{"type": "text", "text": "no"}], "isError": true}')
        + "sleep 600"
    )
    server = program(tmp_path / "server", script)
    with Session([str(server)], ENV, Deadline(300)) as session:
        assert (session.server["version"], session.protocol) == ("1.2", "9")
        assert session.tools() == [("a", ""), ("b", "B")]
        assert session.call("a") == ("no", True)
    assert gone(str(server))


@pytest.mark.parametrize("tools", ["{}", '{"tools": [{}]}', '{"tools": [1]}', '{"tools": {}}'])
def test_a_malformed_list_of_tools(tmp_path: Path, tools: str) -> None:
    """A malformed list of tools is an error, not an empty list, which would look harmless."""
    server = program(tmp_path / "server", HELLO + answer(3, f'"result": {tools}') + "sleep 600")
    with (
        Session([str(server)], ENV, Deadline(300)) as session,
        pytest.raises(ProgramError, match="its list of tools is malformed"),
    ):
        session.tools()


def test_a_program_that_is_not_there() -> None:
    """A program that cannot be started is a ProgramError."""
    with pytest.raises(ProgramError, match="server could not be started"):
        Session(["/no/such/server"], ENV, Deadline(300))


def test_it_gets_no_more_than_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server sees only the given environment, as with a client."""
    monkeypatch.setenv("SESAME", "open")
    server = program(tmp_path / "server", 'echo "$SESAME$GIVEN$KUBECONFIG" >&2; exit 1')
    with pytest.raises(ProgramError, match=r"code 1: given$"):
        Session([str(server)], {**ENV, "GIVEN": "given"}, Deadline(300))
