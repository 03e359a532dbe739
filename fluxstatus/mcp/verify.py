"""Proof of an entry: it is started as a client would, and what it says is compared with kubectl.

Looking (`look`) and judging (`findings`) are apart; judging is pure.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fluxstatus.checks.wording import UNREAD, UNREAD_CODES
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.mcp.entry import PROGRAM, Entry
from fluxstatus.mcp.kubeconfig import KubeContext
from fluxstatus.mcp.protocol import VERSION, Result, Session
from fluxstatus.mcp.server import Tools, environment, tools
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Cost, Evidence, Why
from fluxstatus.model.findings import Finding, Level, Report, StepResult, worst
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref

INSTANCE = KINDS["FluxInstance"].resource
_NOTHING_FOUND = "No Flux instance found"
_LISTED = 12  # tools in a sentence
_STEPS = {
    "server": "The server starts and speaks MCP",
    "tools": "Only tools that read",
    "cluster": "The same cluster as kubectl",
    "instance": "The same FluxInstance as kubectl",
    "secrets": "What is masked",
}

_PASS = Code("pass", "The MCP server passed this check.")
_OTHER_SERVER = Code("other-server", "The entry starts a program that is not flux-operator-mcp.")
_OTHER_PROTOCOL = Code(
    "other-protocol", "The MCP server uses a different protocol version than was requested."
)
_NO_TOOLS = Code("no-tools", "The MCP server offers no tools.")
_READ_WRITE = Code("read-write", "The MCP server offers tools that change the cluster.")
_NOT_PINNED_READ_ONLY = Code(
    "not-pinned-read-only",
    "The MCP server is read-only now, but is not started with --read-only=true.",
)
_OTHER_CLUSTER = Code(
    "other-cluster", "The MCP server is configured for a different cluster than kubectl."
)
_NOT_PINNED = Code("not-pinned", "The MCP server follows the current context of the kubeconfig.")
_NOT_SEEN = Code("not-seen", "kubectl finds a FluxInstance that the MCP server does not find.")
_NOT_MASKED = Code("not-masked", "The MCP server does not mask the data of Secrets.")
_TOKEN = Code("token", "The configuration file of the MCP client contains a Kubernetes token.")

CODES = (
    _PASS,
    _OTHER_SERVER,
    _OTHER_PROTOCOL,
    _NO_TOOLS,
    _READ_WRITE,
    _NOT_PINNED_READ_ONLY,
    _OTHER_CLUSTER,
    _NOT_PINNED,
    _NOT_SEEN,
    _NOT_MASKED,
    _TOKEN,
    *UNREAD,
)
"""The codes of `mcp verify`."""


class Seen(NamedTuple):
    """What a server said when it was started: `latency` in seconds, the tools it offers, a call.

    `both` are the tools that its program has in both modes.
    """

    name: str
    version: str
    protocol: str
    latency: float
    advertised: tuple[str, ...]
    both: Tools
    instance: Result

    @property
    def writes(self) -> tuple[str, ...]:
        """The tools on offer that are not among those that only read."""
        reading = {tool.name for tool in self.both.reading}
        return tuple(name for name in self.advertised if name not in reading)


def look(entry: Entry, timeout: float) -> Seen:
    """Start the server of *entry* as a client would and ask it. Raises ProgramError."""
    with Session(entry.argv, environment(entry), timeout) as session:
        advertised = tuple(tool.name for tool in session.tools())
        try:
            instance = session.call("get_flux_instance")
        except ProgramError as error:  # another release may call it otherwise
            instance = Result(f"{error}", error=True)
        name, version = (str(session.server.get(key) or "") for key in ("name", "version"))
        protocol, latency = session.protocol, session.latency
    return Seen(name, version, protocol, latency, advertised, tools(entry, timeout), instance)


def report(
    entry: Entry,
    clients: Sequence[str],
    seen: Seen | ProgramError,
    evidence: Evidence,
    pinned: KubeContext | ProgramError,
) -> Report:
    """Judge what was seen of *entry*, which *clients* have, beside what kubectl says."""
    if isinstance(seen, ProgramError):
        found = [_not_started(entry, clients, seen)]
    else:
        found = [
            *_server(entry, clients, seen),
            *_tools(entry, clients, seen),
            *_cluster(entry, clients, evidence, pinned),
            *_instance(seen, evidence),
            *_secrets(entry, clients),
            *_credential(entry, clients),
        ]
    steps = [
        StepResult(step, title, worst(f.level for f in found if f.step == step))
        for step, title in _STEPS.items()
        if any(f.step == step for f in found)
    ]
    return Report(
        target=evidence.target,
        flux="",
        operator="",
        taken_at=evidence.taken_at,
        cost=Cost(),
        steps=tuple(steps),
        findings=tuple(found),
        unreachable=isinstance(seen, ProgramError),
    )


def _not_started(entry: Entry, clients: Sequence[str], error: ProgramError) -> Finding:
    return Finding(
        "server",
        UNREAD_CODES[error.unread.why],
        Level.FAIL,
        f"{error.unread.text}",
        why=f"a client gets the same from this entry: {entry.command}",
        hints=(_setup(entry, clients, "make the entry anew"),),
    )


def _server(entry: Entry, clients: Sequence[str], seen: Seen) -> Iterator[Finding]:
    ms = f"{seen.latency * 1000:.0f} ms"
    if seen.name != PROGRAM:
        title = f"it says that it is {seen.name!r}, and not {PROGRAM}"
        hints = (_setup(entry, clients, "make the entry anew"),)
        yield Finding("server", _OTHER_SERVER, Level.FAIL, title, hints=hints)
    elif seen.protocol != VERSION:
        title = f"{PROGRAM} {seen.version} speaks MCP {seen.protocol}, and was asked for {VERSION}"
        why = "a client that does not know that version cannot talk to it"
        hints = (Hint("see whether an update of the client or of the server helps"),)
        yield Finding("server", _OTHER_PROTOCOL, Level.WARN, title, why=why, hints=hints)
    else:
        title = f"{PROGRAM} {seen.version} speaks MCP {seen.protocol}, up in {ms}"
        yield Finding("server", _PASS, Level.PASS, title)


def _tools(entry: Entry, clients: Sequence[str], seen: Seen) -> Iterator[Finding]:
    if not seen.advertised:
        yield Finding("tools", _NO_TOOLS, Level.FAIL, "it offers no tool at all")
    elif seen.writes:
        names = ", ".join(seen.writes[:_LISTED])
        yield Finding(
            "tools",
            _READ_WRITE,
            Level.FAIL,
            f"read-write: {len(seen.writes)} of {len(seen.advertised)} tools change the cluster",
            why=f"it offers {names}; {PROGRAM} does that unless it gets --read-only=true",
            hints=(_setup(entry, clients, "let it only read"),),
        )
    elif not entry.read_only:
        yield Finding(
            "tools",
            _NOT_PINNED_READ_ONLY,
            Level.WARN,
            "it offers no tool that writes, but is not started with --read-only=true",
            why="what offers none today may do so after its next update",
            hints=(_setup(entry, clients, "say that it only reads"),),
        )
    else:
        left = len(seen.both.writing)
        title = f"{len(seen.advertised)} tools, all of them only read; {left} that write are absent"
        yield Finding("tools", _PASS, Level.PASS, title)


def _cluster(
    entry: Entry, clients: Sequence[str], evidence: Evidence, pinned: KubeContext | ProgramError
) -> Iterator[Finding]:
    target = evidence.target
    if isinstance(pinned, ProgramError):
        title = f"the kubeconfig {entry.kubeconfig}: {pinned.unread.text}"
        hints = (_setup(entry, clients, "make the entry anew"),)
        yield Finding("cluster", UNREAD_CODES[Why.NO_CONFIG], Level.FAIL, title, hints=hints)
    elif evidence.unreachable or not target.server:
        text = evidence.unreachable.text if evidence.unreachable else "kubectl names no server"
        title = f"nothing to compare with: {text}"
        hint = Hint("see why", (Command(("kubectl", "flux-status")),))
        yield Finding("cluster", UNREAD_CODES[Why.UNREACHABLE], Level.UNKNOWN, title, hints=(hint,))
    elif pinned.server != target.server:
        title = f"another cluster than kubectl's: {pinned.server}, not {target.server}"
        why = f"the entry is for the context {pinned.context}, this command for {target.context}"
        hints = (_setup(entry, clients, f"let it see {target.context}"),)
        yield Finding("cluster", _OTHER_CLUSTER, Level.FAIL, title, why=why, hints=hints)
    elif not entry.context:
        title = f"it sees {target.context} only as long as that is the current context"
        hints = (_setup(entry, clients, "pin it"),)
        yield Finding("cluster", _NOT_PINNED, Level.WARN, title, hints=hints)
    else:
        title = f"context {pinned.context}, {pinned.server}, as kubectl"
        yield Finding("cluster", _PASS, Level.PASS, title)


def _instance(seen: Seen, evidence: Evidence) -> Iterator[Finding]:
    if evidence.unreachable:
        return  # that has been said
    answer = evidence.answer(INSTANCE)
    says = " ".join(seen.instance.text.split())[:200]
    found = next(
        (item for item in answer.items if f"uid: {_uid(item)}" in seen.instance.text), None
    )
    if found and _uid(found):
        name = _ref(found)
        title = f"{name}, uid {_uid(found)}, as kubectl"
        yield Finding("instance", _PASS, Level.PASS, title, object=name)
    elif answer.items:
        yield Finding(
            "instance",
            _NOT_SEEN,
            Level.FAIL,
            f"kubectl sees {_ref(answer.items[0])}, the server does not",
            object=_ref(answer.items[0]),
            why="it asks another cluster, or as somebody who may see less",
            message=says,
        )
    elif answer.unread and answer.unread.why is Why.ABSENT:
        title = f"the API server does not serve {INSTANCE}; the server says {_NOTHING_FOUND!r}"
        yield Finding("instance", UNREAD_CODES[Why.ABSENT], Level.SKIP, title)
    elif answer.unread:
        yield Finding(
            "instance",
            UNREAD_CODES[answer.unread.why],
            Level.UNKNOWN,
            f"the server hides this: {answer.unread.text}",
            why=f"it says {says!r} for a missing right or an unreachable API, too",
            evidence=(("missing RBAC rule", answer.unread.rule),) if answer.unread.rule else (),
            hints=answer.unread.hints,
        )
    else:
        title = "there is no FluxInstance, for kubectl neither"
        yield Finding("instance", UNREAD_CODES[Why.ABSENT], Level.SKIP, title)


def _secrets(entry: Entry, clients: Sequence[str]) -> Iterator[Finding]:
    if entry.masks:
        title = "the data of Secrets is masked; ConfigMaps, logs and environment values are not"
        yield Finding("secrets", _PASS, Level.PASS, title)
        return
    hints = (_setup(entry, clients, "mask them"),)
    title = "the data of Secrets is not masked: --mask-secrets=false"
    yield Finding("secrets", _NOT_MASKED, Level.FAIL, title, hints=hints)


def _credential(entry: Entry, clients: Sequence[str]) -> Iterator[Finding]:
    if entry.has_token:
        title = "a token stands in the client's file: --kube-token"
        why = "whoever may read that file, or a copy of it, can log in with it"
        hints = (_setup(entry, clients, "log in by the kubeconfig"),)
        yield Finding("secrets", _TOKEN, Level.WARN, title, why=why, hints=hints)


def _setup(entry: Entry, clients: Sequence[str], text: str) -> Hint:
    argv = ("kubectl", "flux-status", "mcp", "setup", f"--name={entry.name}")
    return Hint(text, (Command((*argv, *(f"--client={client}" for client in clients))),))


def _uid(item: dict[str, object]) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("uid", "")) if isinstance(metadata, dict) else ""


def _ref(item: dict[str, object]) -> Ref:
    metadata = item.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return Ref(
        str(item.get("apiVersion", "")), "FluxInstance", str(known.get("namespace", "")),
        str(known.get("name", "")),
    )  # fmt: skip
