"""A minimal client of the Model Context Protocol over standard input and output.

It asks for the newest version of the protocol first, as clients do, and for an older one if the
server does not know that. Source: https://modelcontextprotocol.io/specification/versioning.
"""

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from fluxstatus import __version__
from fluxstatus.base.deadline import Deadline
from fluxstatus.base.masking import mask, masked
from fluxstatus.cluster.processes import Process, ProgramError, TimeUpError
from fluxstatus.model.evidence import Unread, Why

NEWEST = "2026-07-28"
"""The first version without a handshake: at most, a client sends `server/discover`."""

HANDSHAKE = "2025-11-25"
"""The last version that begins with `initialize`."""

VERSIONS = (NEWEST, HANDSHAKE, "2025-06-18", "2025-03-26", "2024-11-05")
_META = "io.modelcontextprotocol/"
_CLIENT = {"name": "kubectl-flux-status", "version": __version__}
_DISCOVER = "server/discover"
_DISCOVERY = 2.0  # seconds for an answer to a question that an older server may ignore
_LIMIT = 16 << 20  # bytes of an answer
_PAGES = 50
_EXCERPT = 200  # characters of the server's output in a message
_EXIT_TIMEOUT = 2.0  # seconds for the process to exit once its input is closed
_PAUSES = (0.002, 0.02)  # seconds between two reads of its output


class Tool(NamedTuple):
    """A tool that a server offers."""

    name: str
    description: str


class Result(NamedTuple):
    """The text that a tool returned, without credentials, and whether it is an error."""

    text: str
    error: bool


class _RefusedError(ProgramError):
    """The server answered a request with an error."""


class Session:
    """A session with a server that is started for it, to be used in a `with` block.

    `argv` and `environ` are the complete command and environment; all answers must come before
    `deadline`. `server` has the server's name and version, `protocol` is the version of the
    protocol, and `instructions` are what it tells an assistant. Raises ProgramError if the server
    cannot be started, exits, hangs or violates the protocol.
    """

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], deadline: Deadline) -> None:
        self._deadline = deadline
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._last = 0
        self._meta: Mapping[str, Any] = {}
        self._discovery = 0  # the id of the first request
        self._described: dict[str, Any] | None = None  # the response to it, once there is one
        if not deadline.remaining():
            raise TimeUpError.of_start(deadline, Path(argv[0]).name)
        self._process = Process(argv, environ=environ, stdin=True)
        try:
            begun = time.monotonic()
            answer = self._begin()
            self.latency = time.monotonic() - begun
        except BaseException:
            self._process.__exit__()
            raise
        info = answer.get("serverInfo")
        self.server: Mapping[str, Any] = masked(info) if isinstance(info, dict) else {}
        self.protocol = mask(str(answer.get("protocolVersion", "")))
        self.instructions = str(answer.get("instructions") or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.__exit__()

    def _begin(self) -> dict[str, Any]:
        """Return the server's description as `initialize` has it, in its newest protocol.

        A server that starts slowly, such as a container, may answer `server/discover` only when it
        has been asked to initialize, too, and refuse that.
        """
        self._meta = newest = {
            f"{_META}protocolVersion": NEWEST,
            f"{_META}clientInfo": _CLIENT,
            f"{_META}clientCapabilities": {},
        }
        self._discovery = self._ask(_DISCOVER, {})
        wait = self._deadline.within(min(_DISCOVERY, self._deadline.remaining() / 2))
        if found := self._discovered(wait):
            return found
        self._meta = {}
        try:
            answer = self.request(
                "initialize",
                {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": _CLIENT},
            )
        except _RefusedError:
            found = self._discovered(self._deadline.within(_DISCOVERY))
            if not found:
                raise
            self._meta = newest
            return found
        self._send({"method": "notifications/initialized"})
        return answer

    def _discovered(self, deadline: Deadline) -> dict[str, Any] | None:
        """Return the server's description, None if it does not know the newest protocol."""
        try:
            answer = self._result(_DISCOVER, self._discovery, deadline)
        except _RefusedError:
            return None
        except ProgramError as error:
            if error.unread.why is Why.TIMEOUT:
                return None
            raise
        versions, meta = answer.get("supportedVersions"), answer.get("_meta")
        info = meta.get(f"{_META}serverInfo") if isinstance(meta, dict) else None
        if isinstance(versions, list) and NEWEST in versions and info:
            return {**answer, "serverInfo": info, "protocolVersion": NEWEST}
        return None

    def tools(self) -> list[Tool]:
        """Return the tools of the server, in its order."""
        found: list[Tool] = []
        params: dict[str, Any] = {}
        for _ in range(_PAGES):
            answer = self.request("tools/list", params)
            tools = answer.get("tools")
            for tool in tools if isinstance(tools, list) else [None]:
                if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
                    raise self._garbled("its list of tools is malformed")
                found.append(Tool(tool["name"], str(tool.get("description") or "")))
            if not answer.get("nextCursor"):
                return found
            params = {"cursor": answer["nextCursor"]}
        raise self._garbled("its list of tools never ends")

    def call(self, tool: str, **arguments: Any) -> Result:
        """Call *tool*. Raises ProgramError, also if the tool does not exist."""
        text, error = self._call(tool, arguments)
        return Result(mask(text), error)

    def call_unmasked(self, tool: str, **arguments: Any) -> str:
        """Call *tool*, and return its text as it is: not to be shown. Raises ProgramError."""
        return self._call(tool, arguments)[0]

    def _call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        answer = self.request("tools/call", {"name": tool, "arguments": arguments})
        content = answer.get("content")
        parts = content if isinstance(content, list) else []
        texts = [str(part.get("text", "")) for part in parts if isinstance(part, dict)]
        return "\n".join(texts), answer.get("isError") is True

    def request(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request and return its result. Raises ProgramError for an error response."""
        return self._result(method, self._ask(method, params), self._deadline)

    def _ask(self, method: str, params: Mapping[str, Any]) -> int:
        """Send a request and return its id."""
        self._last += 1
        meta = {"_meta": self._meta} if self._meta else {}
        self._send({"id": self._last, "method": method, "params": {**params, **meta}})
        return self._last

    def _result(self, method: str, number: int, deadline: Deadline) -> dict[str, Any]:
        """Return the result of the request *number*. Raises ProgramError for an error response."""
        message = self._response(method, number, deadline)
        result = message.get("result")
        if isinstance(result, dict):
            return result
        error = message.get("error")
        text = error.get("message") if isinstance(error, dict) else "the response has no result"
        raise _RefusedError.of(
            Why.FAILED, f"{self._process.name} refused {method}: {mask(str(text))[:_EXCERPT]}"
        )

    def _response(self, method: str, number: int, deadline: Deadline) -> dict[str, Any]:
        """Return the response to the request *number*; the one to the first may come late."""
        if number == self._discovery and self._described:
            return self._described
        for message in self._messages(method, deadline):
            if "method" in message:
                continue  # a notification, or a request to us
            if message.get("id") == self._discovery:
                self._described = message
            if message.get("id") == number:
                return message
        raise AssertionError("the messages end with an exception")

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._process.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        except ProgramError as error:
            raise self._ended() from error

    def _messages(self, method: str, deadline: Deadline) -> Iterator[dict[str, Any]]:
        pause = _PAUSES[0]
        while True:
            while self._lines:
                yield self._message(self._lines.popleft())
            alive = self._process.alive()  # before reading: its last output must not be lost
            *lines, self._rest = (self._rest + self._process.read()).split(b"\n")
            if len(self._rest) > _LIMIT:
                raise self._garbled("its output never ends")
            self._lines.extend(lines)
            if not lines and not alive:
                raise self._ended()
            if not deadline.remaining():
                text = f"did not answer {method} within --timeout {self._deadline}"
                raise self._failed(Why.TIMEOUT, text)
            if not lines:
                time.sleep(pause)
                pause = min(2 * pause, _PAUSES[1])

    def _message(self, line: bytes) -> dict[str, Any]:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            output = mask(line.decode(errors="replace")).strip()[:_EXCERPT]
            raise self._garbled(f"it printed {output!r}")
        return message

    def _ended(self) -> ProgramError:
        try:  # it may close its input a moment before it exits
            self._process.wait(self._deadline.within(_EXIT_TIMEOUT))
        except ProgramError as error:
            return error
        output = self._process.output()
        message = output.stderr.strip()[-_EXCERPT:] or "no message"
        return self._failed(Why.FAILED, f"exited with code {output.code}: {message}")

    def _garbled(self, text: str) -> ProgramError:
        return self._failed(Why.GARBLED, f"does not speak MCP: {text}")

    def _failed(self, why: Why, text: str) -> ProgramError:
        return ProgramError(Unread(why, f"{self._process.name} {text}"))
