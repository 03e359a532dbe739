"""Verify an entry: what was observed of it, compared with kubectl's results. Pure."""

from collections.abc import Iterator, Sequence

from fluxstatus.base.plurals import counted
from fluxstatus.checks.wording import UNREAD, UNREAD_CODES
from fluxstatus.cluster.processes import ProgramError, TimeUpError
from fluxstatus.mcp.canary import Masking
from fluxstatus.mcp.entry import PROGRAM, Entry, setup_command
from fluxstatus.mcp.kubeconfig import KubeContext
from fluxstatus.mcp.observe import Observation
from fluxstatus.mcp.protocol import VERSIONS
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Cost, Evidence, Unread, Why
from fluxstatus.model.findings import Finding, Level, Report, StepResult, worst
from fluxstatus.model.hints import Hint, hint, kubectl
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref

INSTANCE = KINDS["FluxInstance"].resource
_NOTHING_FOUND = "No Flux instance found"
_LISTED = 12  # tools in a sentence
_STEPS = {
    "server": "The server starts and speaks MCP",
    "tools": "Only read-only tools",
    "cluster": "The same cluster as kubectl",
    "instance": "The same FluxInstance as kubectl",
    "secrets": "Secrets are masked",
    "clients": "The clients start this entry",
}

_PASS = Code("pass", "The MCP server passed this check.")
_OTHER_SERVER = Code("other-server", "The entry starts a program that is not flux-operator-mcp.")
_OTHER_PROTOCOL = Code(
    "other-protocol",
    "The MCP server uses a version of the protocol that this plugin does not know.",
)
_NO_TOOLS = Code("no-tools", "The MCP server offers no tools.")
_READ_WRITE = Code("read-write", "The MCP server offers tools that change the cluster.")
_NOT_PINNED_READ_ONLY = Code(
    "not-pinned-read-only",
    "The MCP server is read-only now, but was not started with --read-only=true.",
)
_UNPROVEN = Code(
    "unproven",
    "It is not proven that the tools of the MCP server are read-only.",
)
_OTHER_CLUSTER = Code(
    "other-cluster", "The MCP server is configured for a different cluster than kubectl."
)
_NOT_PINNED = Code(
    "not-pinned",
    "The MCP server follows the current context of the kubeconfig, or the folder it is started in.",
)
_NOT_HERE = Code(
    "not-in-kubeconfig", "Only the kubeconfig of the entry has the context of the MCP server."
)
_NOT_SEEN = Code("not-seen", "kubectl finds a FluxInstance that the MCP server does not find.")
_NOT_MASKED = Code("not-masked", "The MCP server does not mask the data of Secrets.")
_MASKING_UNPROVEN = Code(
    "masking-unproven", "It is not proven that the MCP server masks the data of Secrets."
)
_TOKEN = Code("token", "The configuration file of the MCP client contains a Kubernetes token.")
_OTHER_ENTRY = Code(
    "other-entry", "An MCP client starts another entry here, or does not start this one."
)

CODES = (
    _PASS,
    _OTHER_SERVER,
    _OTHER_PROTOCOL,
    _NO_TOOLS,
    _READ_WRITE,
    _NOT_PINNED_READ_ONLY,
    _UNPROVEN,
    _OTHER_CLUSTER,
    _NOT_PINNED,
    _NOT_HERE,
    _NOT_SEEN,
    _NOT_MASKED,
    _MASKING_UNPROVEN,
    _TOKEN,
    _OTHER_ENTRY,
    *UNREAD,
)
"""The codes of `mcp verify`."""


def report(
    entry: Entry,
    clients: Sequence[str],
    seen: Observation | ProgramError,
    evidence: Evidence,
    pinned: KubeContext | ProgramError,
    *,
    is_own: bool = False,
    warnings: Sequence[str] = (),
) -> Report:
    """Return the findings on *entry*, which *clients* have: *seen* compared with *evidence*.

    *warnings* are about what the clients start instead of it, or besides.

    *is_own* is whether the evidence is from the kubeconfig of the entry, as no other has its
    context.
    """
    if isinstance(seen, ProgramError):
        found = [_not_started(entry, clients, seen)]
    else:
        found = [
            *_server(entry, clients, seen),
            *_tools(entry, clients, seen),
            *_cluster(entry, clients, seen, evidence, pinned, is_own=is_own),
            *_instance(seen, evidence),
            *_secrets(entry, clients, seen),
            *_credential(entry, clients),
        ]
    found += [Finding("clients", _OTHER_ENTRY, Level.WARN, text) for text in warnings]
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
    if isinstance(error, TimeUpError) or error.unread.why is Why.TIMEOUT:
        # It may only be slow, or wait for the network: a program that ends is another matter.
        code, hints = UNREAD_CODES[error.unread.why], (hint("retry with a longer --timeout"),)
        return Finding("server", code, Level.UNKNOWN, error.unread.text, hints=hints)
    if entry.filled_in:
        kept = hint("remove envFile from the entry, and set the variables in env")
        again = kept if entry.env_file else _setup(entry, clients, "recreate the entry")
        return Finding("server", _UNPROVEN, Level.UNKNOWN, error.unread.text, hints=(again,))
    return Finding(
        "server",
        UNREAD_CODES[error.unread.why],
        Level.FAIL,
        f"{error.unread.text}",
        why=f"a client gets the same error from this entry: {entry.command}",
        hints=(_setup(entry, clients, "recreate the entry"),),
    )


def _server(entry: Entry, clients: Sequence[str], seen: Observation) -> Iterator[Finding]:
    ms = f"{seen.latency * 1000:.0f} ms"
    if seen.name != PROGRAM:
        title = f"the server reports the name {seen.name!r}, not {PROGRAM}"
        hints = (_setup(entry, clients, "recreate the entry"),)
        yield Finding("server", _OTHER_SERVER, Level.FAIL, title, hints=hints)
    elif seen.protocol not in VERSIONS:
        title = (
            f"{PROGRAM} {seen.version} uses MCP {seen.protocol}, which this plugin does not know"
        )
        why = f"a client that does not support MCP {seen.protocol} cannot use this server"
        hints = (hint("try updating the client or the server"),)
        yield Finding("server", _OTHER_PROTOCOL, Level.WARN, title, why=why, hints=hints)
    else:
        title = f"{PROGRAM} {seen.version} uses MCP {seen.protocol}, started in {ms}"
        yield Finding("server", _PASS, Level.PASS, title)


def _tools(entry: Entry, clients: Sequence[str], seen: Observation) -> Iterator[Finding]:
    if not seen.advertised:
        yield Finding("tools", _NO_TOOLS, Level.FAIL, "the server offers no tools")
    elif seen.writes:
        names = ", ".join(seen.writes[:_LISTED])
        yield Finding(
            "tools",
            _READ_WRITE,
            Level.FAIL,
            f"read-write: {len(seen.writes)} of {counted(len(seen.advertised), 'tool')} can change "
            "the cluster",
            why=f"it offers {names}; to disable these tools, start {PROGRAM} with --read-only=true",
            hints=(_setup(entry, clients, "make it read-only"),),
        )
    elif any(seen.doubt):
        reason, meaning = seen.doubt
        yield Finding(
            "tools",
            _UNPROVEN,
            Level.UNKNOWN,
            f"it is unknown whether the tools can change the cluster: {reason}",
            why=meaning,
            hints=(_setup(entry, clients, "recreate the entry"),),
        )
    elif not entry.read_only:
        yield Finding(
            "tools",
            _NOT_PINNED_READ_ONLY,
            Level.WARN,
            "the server offers no tools that write, but was not started with --read-only=true",
            why="a newer version of the server may offer such tools",
            hints=(_setup(entry, clients, "add --read-only=true"),),
        )
    else:
        left = len(seen.reference.tools.writing)
        tools_ = counted(len(seen.advertised), "tool")
        title = f"{tools_}, all read-only; {left} tools that write are not offered"
        yield Finding("tools", _PASS, Level.PASS, title)


def _cluster(
    entry: Entry,
    clients: Sequence[str],
    seen: Observation,
    evidence: Evidence,
    pinned: KubeContext | ProgramError,
    *,
    is_own: bool,
) -> Iterator[Finding]:
    target, uids = evidence.target, (seen.cluster_uid, evidence.uid)
    is_same = uids[0] == uids[1] if all(uids) else None
    if isinstance(pinned, ProgramError):
        title = f"the kubeconfig {entry.kubeconfig}: {pinned.unread.text}"
        hints = (_setup(entry, clients, "recreate the entry"),)
        yield Finding("cluster", UNREAD_CODES[Why.NO_CONFIG], Level.FAIL, title, hints=hints)
    elif evidence.unreachable or not target.server:
        text = evidence.unreachable.text if evidence.unreachable else "kubectl reports no server"
        title = f"there is no cluster to compare with: {text}"
        hints = (hint("check the cluster", kubectl("flux-status")),)
        yield Finding("cluster", UNREAD_CODES[Why.UNREACHABLE], Level.UNKNOWN, title, hints=hints)
    elif is_same is False and pinned.server == target.server:
        title = f"it reaches a different cluster than kubectl at the same address, {target.server}"
        why = f"the namespace kube-system has the uid {uids[0]} there, and {uids[1]} for kubectl"
        hints = (_setup(entry, clients, f'pin the entry to context "{target.context}"'),)
        yield Finding("cluster", _OTHER_CLUSTER, Level.FAIL, title, why=why, hints=hints)
    elif pinned.server != target.server and not is_same:
        title = f"it uses a different cluster than kubectl: {pinned.server}, not {target.server}"
        file = f" of {entry.kubeconfig}" if entry.kubeconfig else ""
        why = (
            f'the entry uses context "{pinned.context}"{file}, but this command uses '
            f'"{target.context}"'
        )
        hints = (_setup(entry, clients, f'pin the entry to context "{target.context}"'),)
        yield Finding("cluster", _OTHER_CLUSTER, Level.FAIL, title, why=why, hints=hints)
    elif entry.is_from_a_folder:
        title = f"it uses {entry.kubeconfig} of the folder in which the client starts it"
        hints = (_setup(entry, clients, "set the kubeconfig with its absolute path"),)
        yield Finding("cluster", _NOT_PINNED, Level.WARN, title, hints=hints)
    elif not entry.context:
        title = f'it uses context "{target.context}" only while that is the current context'
        hints = (_setup(entry, clients, "pin the entry to the context"),)
        yield Finding("cluster", _NOT_PINNED, Level.WARN, title, hints=hints)
    elif is_own:
        title = f'only the kubeconfig of the entry has the context "{pinned.context}"'
        why = f"kubectl finds {pinned.server} with --kubeconfig={entry.kubeconfig}, not without it"
        hints = (_setup(entry, clients, "set the entry up for the cluster that kubectl uses"),)
        yield Finding("cluster", _NOT_HERE, Level.WARN, title, why=why, hints=hints)
    else:
        is_alias = pinned.server != target.server
        same = f"the same cluster as {target.server} of kubectl" if is_alias else "same as kubectl"
        title = f"context {pinned.context}, {pinned.server}, {same}"
        yield Finding("cluster", _PASS, Level.PASS, title)


def _instance(seen: Observation, evidence: Evidence) -> Iterator[Finding]:
    if evidence.unreachable:
        return  # reported already
    answer = evidence.answer(INSTANCE)
    if isinstance(seen.instance, Unread):
        title = f"the MCP server did not report it: {seen.instance.text}"
        yield Finding("instance", UNREAD_CODES[seen.instance.why], Level.UNKNOWN, title)
        return
    answer_text = " ".join(seen.instance.text.split())[:200]
    found = next(
        (item for item in answer.known if f"uid: {_uid(item)}" in seen.instance.text), None
    )
    if found and _uid(found):
        name = Ref.of(found)
        title = f"{name}, uid {_uid(found)}, same as kubectl"
        yield Finding("instance", _PASS, Level.PASS, title, object=name)
    elif answer.known:
        yield Finding(
            "instance",
            _NOT_SEEN,
            Level.FAIL,
            f"kubectl finds {Ref.of(answer.known[0])}, but the MCP server does not",
            object=Ref.of(answer.known[0]),
            why="the server uses a different cluster or a user with fewer permissions",
            message=answer_text,
        )
    elif answer.unread and answer.unread.why is Why.ABSENT:
        title = (
            f"the API server does not serve {INSTANCE}; the MCP server reports {_NOTHING_FOUND!r}"
        )
        yield Finding("instance", UNREAD_CODES[Why.ABSENT], Level.SKIP, title)
    elif answer.unread:
        yield Finding(
            "instance",
            UNREAD_CODES[answer.unread.why],
            Level.UNKNOWN,
            f"the MCP server did not report it: {answer.unread.text}",
            why=(
                f"it also reports {answer_text!r} if a permission is missing or the API is "
                "unreachable"
            ),
            evidence=(("missing RBAC rule", answer.unread.permission),)
            if answer.unread.permission
            else (),
            hints=answer.unread.hints,
        )
    else:
        title = "neither the MCP server nor kubectl finds a FluxInstance"
        yield Finding("instance", UNREAD_CODES[Why.ABSENT], Level.SKIP, title)


def _secrets(entry: Entry, clients: Sequence[str], seen: Observation) -> Iterator[Finding]:
    hints = (_setup(entry, clients, "mask the data of Secrets"),)
    if seen.masking is Masking.SHOWN:
        title = (
            "the data of Secrets is not masked: the server returned a dummy Secret with its value"
        )
        yield Finding("secrets", _NOT_MASKED, Level.FAIL, title, hints=hints)
    elif not entry.masks:
        title = "the data of Secrets is not masked: --mask-secrets=false"
        yield Finding("secrets", _NOT_MASKED, Level.FAIL, title, hints=hints)
    elif seen.masking is Masking.MASKED:
        title = (
            "the server masked a dummy Secret; it does not mask ConfigMaps, logs and environment "
            "variables"
        )
        yield Finding("secrets", _PASS, Level.PASS, title)
    else:
        title = f"it is unknown whether the data of Secrets is masked: {seen.unmasked}"
        yield Finding("secrets", _MASKING_UNPROVEN, Level.UNKNOWN, title, hints=hints)


def _credential(entry: Entry, clients: Sequence[str]) -> Iterator[Finding]:
    if entry.has_token:
        title = "the client's file contains a token: --kube-token"
        why = "anyone who can read that file or a copy of it can log in with the token"
        hints = (_setup(entry, clients, "use the credentials in the kubeconfig instead"),)
        yield Finding("secrets", _TOKEN, Level.WARN, title, why=why, hints=hints)


def _setup(entry: Entry, clients: Sequence[str], text: str) -> Hint:
    return hint(text, setup_command(entry.name, clients))


def _uid(item: dict[str, object]) -> str:
    metadata = item.get("metadata")
    return str(metadata.get("uid", "")) if isinstance(metadata, dict) else ""
