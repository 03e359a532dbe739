"""`mcp verify`: start the server as the clients would, and prove what it can do and see."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import typer
from typer import Option

from fluxstatus.cluster.processes import ProgramError
from fluxstatus.commands import console
from fluxstatus.commands.mcp.choosing import Clients, clients, host
from fluxstatus.commands.options import Connection, Display, Timeout
from fluxstatus.commands.progress import ask
from fluxstatus.mcp import verify
from fluxstatus.mcp.entry import Entry
from fluxstatus.mcp.kubeconfig import KubeContext, view
from fluxstatus.mcp.scan import look
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Exit, Level, Report, worst
from fluxstatus.model.kubectl_flags import TargetFlags
from fluxstatus.report import RENDER, Format, as_json


@dataclass(slots=True)
class _Proof:
    """An entry, the clients that have it, what was seen of it and what that comes to."""

    entry: Entry
    clients: list[str]
    titles: list[str]
    seen: verify.Seen | ProgramError | None = None
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
            help="Only the entry of this name",
            rich_help_panel=Clients.panel,
        ),
    ] = "",
    shown: Display,
    connection: Connection,
    timeout: Timeout = 30.0,
) -> None:
    """Prove what the configured server can do: start it as a client would, and compare.

    Its tools are compared with those of the same program in both modes; the cluster and the
    FluxInstance that it sees with what kubectl sees.
    """
    proofs = _proofs(chosen.client, name)
    if not proofs:
        setup = "kubectl flux-status mcp setup"
        console.note(f"Error: no client has {name or 'an entry for the server'}; make one: {setup}")
        raise typer.Exit(Exit.NO_VERDICT)
    for proof in proofs:
        _prove(proof, connection, shown, timeout)
    console.put(_RENDER[shown.output](proofs, shown))
    codes = {proof.report.exit_code() for proof in proofs}
    raise typer.Exit(
        next((c for c in (Exit.UNHEALTHY, Exit.NO_VERDICT) if c in codes), Exit.HEALTHY)
    )


def _proofs(names: list[str], name: str) -> list[_Proof]:
    """Return each command that some client starts, once.

    What a file of this folder says is started only for who names it: it may be anybody's.
    """
    proofs: list[_Proof] = []
    for found in look(host(), clients(names)):
        if found.problem:
            console.note(f"{found.client.title}: {found.problem}")
        if found.client.local and not names:
            if found.entries:
                console.note(f"{found.path} is not tried; --client={found.client.name} does")
            continue
        for entry, _ in found.entries:
            if entry.url:
                console.note(
                    f"{found.client.title}: {entry.name} calls a server elsewhere, which cannot "
                    "be started here"
                )
            elif name in ("", entry.name):
                same = next((one for one in proofs if one.entry == entry), None)
                if same is None:
                    proofs.append(same := _Proof(entry, [], []))
                same.clients.append(found.client.name)
                same.titles.append(found.client.title)
    return proofs


def _prove(proof: _Proof, connection: Connection, shown: Display, timeout: float) -> None:
    entry = proof.entry
    evidence = ask(_beside(connection, entry), timeout=timeout, verbose=shown.verbose)
    pinned: KubeContext | ProgramError
    try:
        pinned = view(entry.kubeconfig, entry.context)
    except ProgramError as error:
        pinned = error
    try:
        proof.seen = verify.look(entry, timeout)
    except ProgramError as error:
        proof.seen = error
    report = verify.report(entry, proof.clients, proof.seen, evidence, pinned)
    target_flags = _target_flags(evidence, entry)
    proof.reports.append(
        report._replace(findings=tuple(map(target_flags.finding, report.findings)))
    )


def _beside(connection: Connection, entry: Entry) -> Connection:
    """Return how kubectl is asked: as the caller says, else as the entry does."""
    if connection.flags():
        return connection
    kept = dict(flag.removeprefix("--").split("=", 1) for flag in entry.impersonates)
    return replace(
        connection,
        context=entry.context,
        kubeconfig=entry.kubeconfig if os.pathsep not in entry.kubeconfig else "",
        as_=kept.get("as", ""),
        as_uid=kept.get("as-uid", ""),
        as_group=[f.partition("=")[2] for f in entry.impersonates if f.startswith("--as-group=")],
    )


def _target_flags(evidence: Evidence, entry: Entry) -> TargetFlags:
    target = evidence.target
    return TargetFlags(target.context or entry.context, target.flags)


def _as_text(proofs: list[_Proof], shown: Display) -> str:
    look = console.look(shown.color, everything=shown.everything)
    texts = []
    for proof in proofs:
        heading = f"{proof.entry.name} in {', '.join(proof.titles)}\n\n"
        texts.append(heading + RENDER[Format.TEXT](proof.report, look))
    return "\n".join(texts)


def _as_json(proofs: list[_Proof], _: Display) -> str:
    entries = [_document(proof) for proof in proofs]
    advertised = dict.fromkeys(tool for entry in entries for tool in entry["advertised"])
    writes = dict.fromkeys(tool for entry in entries for tool in entry["writes"])
    verdict = worst(Level(entry["verdict"]) for entry in entries)
    document = {
        "schemaVersion": 1,
        "verdict": verdict,
        "advertised": list(advertised),
        "writes": list(writes),
        "entries": entries,
    }
    return json.dumps(document, indent=2) + "\n"


def _document(proof: _Proof) -> Mapping[str, Any]:
    seen = proof.seen if isinstance(proof.seen, verify.Seen) else None
    return {
        "name": proof.entry.name,
        "clients": proof.clients,
        "command": proof.entry.command,
        "context": proof.entry.context,
        "kubeconfig": proof.entry.kubeconfig,
        "version": seen.version if seen else "",
        "protocol": seen.protocol if seen else "",
        "latencyMilliseconds": round(seen.latency * 1000) if seen else None,
        "advertised": list(seen.advertised) if seen else [],
        "writes": list(seen.writes) if seen else [],
        "verdict": proof.report.verdict,
        "findings": [as_json.finding_json(finding) for finding in proof.report.findings],
    }


_RENDER = {Format.TEXT: _as_text, Format.JSON: _as_json}
