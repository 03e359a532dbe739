"""Start an entry as a client does, and observe what it offers and what it shows.

Its tools are compared with those of the program itself, never with what the entry does with other
flags: a wrapper may ignore them.
"""

import re
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.mcp.canary import TOOL, Masking, masking, serving
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.protocol import Result, Session
from fluxstatus.mcp.server import (
    Tools,
    environment,
    is_direct,
    program_of,
    reference_for,
    tools,
)
from fluxstatus.model.evidence import Unread

_CHANGES = frozenset({
    "add", "annotate", "apply", "bootstrap", "commit", "cordon", "create", "delete", "deploy",
    "destroy", "drain", "edit", "evict", "exec", "install", "kill", "label", "merge", "patch",
    "push", "reconcile", "remove", "replace", "restart", "restore", "resume", "rollback", "rollout",
    "scale", "suspend", "taint", "terminate", "trigger", "uninstall", "update", "upgrade", "upload",
    "write",
})  # fmt: skip
"""Verbs that mark a tool as one that makes changes, based on its name, even if a list of tools says
that it is read-only."""

_LISTED = 12  # tools in a sentence
_UID = re.compile(r"\buid['\"]?: *['\"]?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


class Reference(NamedTuple):
    """The tools of the program itself, in both modes; `path` is where it is.

    `unread` is why they are not known.
    """

    path: str = ""
    tools: Tools = Tools()
    unread: Unread | None = None


class Observation(NamedTuple):
    """The answers of a started server: `latency` in seconds, its tools, and the FluxInstance.

    `instance` may be the reason why it did not answer. `instructions` are what it tells an
    assistant. `direct` is whether the entry starts the program itself. `masking` is what it made of
    a made-up Secret, `unmasked` why that is unknown. `cluster_uid` is the uid of the namespace
    kube-system, empty if it is unknown.
    """

    name: str
    version: str
    protocol: str
    latency: float
    instructions: str
    advertised: tuple[str, ...]
    instance: Result | Unread
    direct: bool
    reference: Reference
    masking: Masking = Masking.UNKNOWN
    unmasked: str = ""
    cluster_uid: str = ""

    @property
    def writes(self) -> tuple[str, ...]:
        """The advertised tools that the program has only with write access, or that sound so."""
        writing = {tool.name for tool in self.reference.tools.writing}
        return tuple(n for n in self.advertised if n in writing or _sounds_like_a_change(n))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The advertised tools that the program does not have."""
        known = {tool.name for tool in self.reference.tools.all}
        return tuple(n for n in self.advertised if n not in known and n not in self.writes)

    @property
    def doubt(self) -> tuple[str, str]:
        """Why it is not proven that the tools only read, and what that means; empty if it is."""
        both = self.reference.tools
        if self.reference.unread:
            return self.reference.unread.text, "there is nothing to compare the tools with"
        if not both.writing:
            same = "they are the same with and without --read-only"
            return f"the tools of {self.reference.path} prove nothing", same
        if self.unknown:
            names = ", ".join(self.unknown[:_LISTED])
            return (
                f"{self.reference.path} does not have the tools {names}",
                "whether a tool writes is known only for those of this program",
            )
        if not self.direct:
            return (
                "the entry does not start the program itself",
                "a wrapper, a shell or a container can start it with other flags at any time",
            )
        if self.instructions != both.instructions:
            return (
                "the server does not describe itself as read-only",
                "its instructions for assistants differ from those of its read-only mode",
            )
        return "", ""


def observe(entry: Entry, deadline: Deadline, context: str = "") -> Observation:
    """Start the server of *entry* as a client does, and query it. Raises ProgramError.

    *context* is the current one of its kubeconfig, which a wrapper may name.
    """
    program = program_of(entry)
    argv = (program or entry.command, *entry.args)
    with Session(argv, environment(entry), deadline) as session:
        advertised = tuple(tool.name for tool in session.tools())
        instance: Result | Unread
        try:
            instance = session.call("get_flux_instance")
        except ProgramError as error:  # it is slow, or another release names the tool differently
            instance = error.unread
        uid = _cluster_uid(session) if TOOL in advertised else ""
        name, version = (str(session.server.get(key) or "") for key in ("name", "version"))
        protocol, latency = session.protocol, session.latency
        instructions = session.instructions
    reference = _reference(entry, deadline)
    shown, why = _masking(argv, entry, entry.context or context, advertised, deadline)
    return Observation(
        name, version, protocol, latency, instructions, advertised, instance,
        is_direct(entry), reference,
        shown, why, uid,
    )  # fmt: skip


def _cluster_uid(session: Session) -> str:
    """Return the uid of the namespace kube-system, which no other cluster has."""
    try:
        text = session.call(TOOL, apiVersion="v1", kind="Namespace", name="kube-system").text
    except ProgramError:
        return ""
    found = _UID.findall(text)
    return found[0] if len(found) == 1 and "kube-system" in text else ""


def _reference(entry: Entry, deadline: Deadline) -> Reference:
    """Return the tools of the program behind *entry*."""
    try:
        path = reference_for(entry)
        return Reference(path, tools(path, deadline))
    except ProgramError as error:
        return Reference(unread=error.unread)


def _masking(
    argv: tuple[str, ...],
    entry: Entry,
    context: str,
    advertised: tuple[str, ...],
    deadline: Deadline,
) -> tuple[Masking, str]:
    """Return what the server of *entry* makes of a made-up Secret, and why that is unknown."""
    if TOOL not in advertised:
        return Masking.UNKNOWN, f"it does not have the tool {TOOL}"
    if entry.has_own_cluster:
        return Masking.UNKNOWN, "its flags select a kubeconfig or an API server"
    try:
        with serving(context) as canary:
            environ = {**environment(entry), "KUBECONFIG": canary.kubeconfig}
            with Session(argv, environ, deadline) as session:
                return masking(session, canary)
    except ProgramError as error:
        return Masking.UNKNOWN, error.unread.text


def _sounds_like_a_change(name: str) -> bool:
    return not _CHANGES.isdisjoint(word.lower() for word in _WORD.findall(name))
