"""`mcp verify`: start the server as the clients do, and check what it can do and see."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import typer
from typer import Option

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.visible import visible
from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import Clients, clients, host
from fluxstatus.commands.options import TIMEOUT, Connection, Display, Timeout
from fluxstatus.commands.progress import read_evidence
from fluxstatus.mcp import verify
from fluxstatus.mcp.canary import Masking
from fluxstatus.mcp.elsewhere import may_write, warnings_of
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.kubeconfig import KubeContext, context_of, is_the_callers, view
from fluxstatus.mcp.observe import Observation, observe
from fluxstatus.mcp.scan import ClientEntries, scan
from fluxstatus.model.evidence import Why
from fluxstatus.model.findings import Exit, Level, Report, worst
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.report import RENDER, Format, as_json


@dataclass(slots=True)
class _Result:
    """An entry, the clients that have it, the observation of it, and the report.

    `warnings` are about what these clients start instead of it, or besides. `is_all` is whether no
    client may start what writes besides the results.
    """

    entry: Entry
    clients: list[str]
    titles: list[str]
    warnings: list[str] = field(default_factory=list)
    is_all: bool = True
    seen: Observation | ProgramError | None = None
    reports: list[Report] = field(default_factory=list)

    @property
    def report(self) -> Report:
        return self.reports[0]


def show(
    *,
    chosen: Clients,
    name: Annotated[
        str,
        Option(
            "--name",
            metavar="NAME",
            help="Only the entry with this name",
            rich_help_panel=Clients.panel,
        ),
    ] = "",
    shown: Display,
    connection: Connection,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Verify the configured server: start it as a client would.

    Compares the tools that the server offers with those of flux-operator-mcp itself, and the
    server's cluster and FluxInstance with those of kubectl, and tests whether the server masks a
    dummy Secret. The check fails for an entry that does
    not start the server directly.
    """
    results, is_complete = _results(chosen.client, name)
    if not results:
        setup = "kubectl flux-status mcp setup"
        wanted = f'an entry named "{name}"' if name else "an entry for the server"
        console.error(f"no client has {wanted}; to add one, run: {setup}")
        raise typer.Exit(Exit.NO_VERDICT)
    for result in results:
        _verify(result, connection, shown, timeout)
    console.put_report(_RENDER[shown.output](results, shown))
    codes = {result.report.exit_code() for result in results}
    if not is_complete:
        codes.add(Exit.NO_VERDICT)
    raise typer.Exit(
        next((c for c in (Exit.UNHEALTHY, Exit.NO_VERDICT) if c in codes), Exit.HEALTHY)
    )


def _results(names: list[str], name: str) -> tuple[list[_Result], bool]:
    """Return each command that a client starts, once, and whether these are all that it may start.

    An entry in a file of this folder is started only if its client is selected: the file may come
    from someone else.
    """
    results: list[_Result] = []
    is_complete, others = True, False
    for found in scan(host(), clients(names)):
        for problem in (*found.problems, *found.unread):
            console.note(f"{found.client.title}: {problem}")
        is_complete = is_complete and not (found.problems or found.unread)
        others = others or may_write(found)
        if found.client.local and not names:
            if found.entries:
                console.note(
                    f"{found.path} is skipped; add --client={found.client.name} to verify it"
                )
            continue
        is_complete = _add(results, found, name) and is_complete
    for result in results:
        result.is_all = is_complete and not others
    return results, is_complete


def _add(results: list[_Result], found: ClientEntries, name: str) -> bool:
    """Add what can be started of a client's entries, and return whether that is all of them."""
    is_complete, warnings = True, list(warnings_of(found))
    others = (one for one in (*found.managed, *found.of_plugins) if not one.off)
    for listed in (*found.entries, *others):
        entry = listed.entry
        if name not in ("", entry.name):
            continue
        if entry.url:
            console.note(
                f"{found.client.title}: {entry.name} calls a remote server, which cannot be "
                "started here"
            )
            is_complete = False
            continue
        same = next((one for one in results if one.entry == entry), None)
        if same is None:
            results.append(same := _Result(entry, [], []))
        same.clients.append(found.client.name)
        same.titles.append(found.client.title)
        if listed.off:
            warnings.insert(0, f"{found.client.title} does not start {entry.name}: {listed.off}")
        same.warnings += warnings
        warnings = []
    for warning in warnings:
        console.note(warning)
    return is_complete


def _verify(result: _Result, connection: Connection, shown: Display, deadline: Deadline) -> None:
    entry = result.entry
    connection, is_own = _connection(connection, entry, deadline)
    evidence = read_evidence(connection, deadline=deadline, verbose=shown.verbose, identified=True)
    pinned: KubeContext | ProgramError
    try:
        pinned = context_of(entry, deadline)
    except ProgramError as error:
        pinned = error
    result.seen = _seen(entry, deadline, pinned)
    report = verify.report(
        entry, result.clients, result.seen, evidence, pinned, is_own=is_own,
        warnings=result.warnings,
    )  # fmt: skip
    context = evidence.target.context or entry.context
    target_flags = for_target(evidence.target._replace(context=context))
    result.reports.append(
        report._replace(findings=tuple(map(target_flags.finding, report.findings)))
    )


def _seen(
    entry: Entry, deadline: Deadline, pinned: KubeContext | ProgramError
) -> Observation | ProgramError:
    """Start the server of *entry*, unless it is only the client that knows what that is."""
    if entry.filled_in:
        text = f"only the client knows what {entry.filled_in} in the entry stands for"
        return ProgramError.of(Why.NOT_REQUESTED, text)
    if entry.transport:
        return ProgramError.of(Why.FAILED, f"the server {entry.misuse}")
    try:
        current = "" if isinstance(pinned, ProgramError) else pinned.context
        return observe(entry, deadline, current)
    except ProgramError as error:
        return error


def _connection(
    connection: Connection, entry: Entry, deadline: Deadline
) -> tuple[Connection, bool]:
    """Return the connection for kubectl, and whether it is the kubeconfig of the entry.

    The caller's flags decide, else the context of the entry in the caller's kubeconfig: another
    cluster may have the same context there. Only if it is not there, that of the entry is used.
    """
    if connection.flags():
        return connection, False
    try:
        is_ours = not entry.kubeconfig or is_the_callers(entry.kubeconfig)
        is_own = not is_ours and not view("", entry.context, deadline).server
    except ProgramError:
        is_own = True
    kept = dict(flag.removeprefix("--").split("=", 1) for flag in entry.impersonates)
    own = entry.kubeconfig if is_own and os.pathsep not in entry.kubeconfig else ""
    chosen = replace(
        connection,
        context=entry.context,
        kubeconfig=own,
        as_=kept.get("as", ""),
        as_uid=kept.get("as-uid", ""),
        as_group=[f.partition("=")[2] for f in entry.impersonates if f.startswith("--as-group=")],
    )
    return chosen, bool(own)


def _as_text(results: list[_Result], shown: Display) -> str:
    look = console.look(shown.color, everything=shown.everything)
    texts = []
    for result in results:
        heading = visible(f"{result.entry.name} in {', '.join(result.titles)}") + "\n\n"
        texts.append(heading + RENDER[Format.TEXT](result.report, look))
    return "\n".join(texts)


def _as_json(results: list[_Result], _: Display) -> str:
    seen = [one.seen for one in results if isinstance(one.seen, Observation)]
    writes = _writes(results)
    is_all = all(result.is_all for result in results)
    document = {
        "verdict": worst(Level(result.report.verdict) for result in results),
        "advertised": list(dict.fromkeys(tool for one in seen for tool in one.advertised)),
        "writes": writes if writes or is_all else None,
        "entries": [_document(result) for result in results],
    }
    return as_json.versioned(document)


def _writes(results: Sequence[_Result]) -> list[str] | None:
    """Return the tools that write; None if there are none, but that is not proven."""
    tried = [one.seen for one in results if isinstance(one.seen, Observation)]
    found = list(dict.fromkeys(tool for one in tried for tool in one.writes))
    is_proven = len(tried) == len(results) and not any(any(one.doubt) for one in tried)
    return found if found or is_proven else None


def _document(result: _Result) -> Mapping[str, Any]:
    seen = result.seen if isinstance(result.seen, Observation) else None
    return {
        "name": result.entry.name,
        "clients": result.clients,
        "command": result.entry.command,
        "context": result.entry.context,
        "kubeconfig": result.entry.kubeconfig,
        "version": seen.version if seen else "",
        "protocol": seen.protocol if seen else "",
        "latencyMilliseconds": round(seen.latency * 1000) if seen else None,
        "advertised": list(seen.advertised) if seen else [],
        "writes": _writes([result]),
        "unknown": list(seen.unknown) if seen else [],
        "comparedWith": seen.reference.path if seen else "",
        "masksSecrets": _MASKS[seen.masking] if seen else None,
        "verdict": result.report.verdict,
        "findings": [as_json.finding_json(finding) for finding in result.report.findings],
    }


_MASKS = {Masking.MASKED: True, Masking.SHOWN: False, Masking.UNKNOWN: None}
_RENDER = {Format.TEXT: _as_text, Format.JSON: _as_json}
