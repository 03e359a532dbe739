"""Advice on a Secret: keys that are deprecated in Flux, and a login that is not used."""

import json
from collections.abc import Iterator, Mapping

from fluxstatus.advice import finding_of
from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.secrets import OLD, OLD_KEYS, RENAMED, UNUSED, OldKeys, step_of
from fluxstatus.lookup.credentials.needs import scheme_of
from fluxstatus.lookup.credentials.queries import SecretContent
from fluxstatus.lookup.credentials.references import SecretReference
from fluxstatus.model.findings import Finding
from fluxstatus.model.kinds import full_name
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Verdict
from fluxstatus.state.state import State


def advice_on(state: State, named: SecretReference, answer: SecretContent) -> Iterator[Finding]:
    """Yield the advice on the Secret of *named*, whose keys are in *answer*.

    The commands in it have the flags for the cluster.
    """
    target_flags = for_target(state.evidence.target)
    user = state.resources.get(named.user.key)
    if is_unused(state, named, answer):
        seen = [Occurrence(label=f"{_secret(named)}", value=named.scheme)]
        yield target_flags.finding(_finding(named, UNUSED, seen))
    for row in OLD_KEYS:
        if not row.are_read(named.use, named.kind, named.scheme, named.provider):
            continue
        superseded = bool(row.unless and user and user.spec.get(row.unless))
        old = {} if superseded else _old(row, answer)
        if old:
            advice = OLD[step_of(named.user.kind)]._replace(steps=(row.step,))
            seen = [Occurrence(label=f"{key} of {_secret(named)}", value=f"use {instead}")
                    for key, instead in old.items()]  # fmt: skip
            yield target_flags.finding(_finding(named, advice, seen, moves=_moves(old)))


def is_unused(state: State, named: SecretReference, answer: SecretContent) -> bool:
    """Return whether a Git repository is ready although only its Secret is for ssh, not its URL."""
    user = state.resources.get(named.user.key)
    ready = user is not None and user.ref.kind == named.kind and user.verdict is Verdict.READY
    generic = named.provider in ("", "generic")  # other providers log in without a Secret
    return ready and generic and scheme_of(named, answer) == "ssh"


def _old(row: OldKeys, answer: SecretContent) -> Mapping[str, str]:
    """Return the keys of *row* that the Secret has and Flux reads, each with its replacement."""
    there = answer.keys.keys()
    return {
        key: instead
        for key, instead in row.keys.items()
        if key in there and RENAMED.get(key) not in there
    }


def _moves(old: Mapping[str, str]) -> str:
    """Return the JSON patch that renames keys with a new name, empty without such keys."""
    moves = [
        {"op": "move", "from": f"/data/{key}", "path": f"/data/{RENAMED[key]}"}
        for key in old
        if key in RENAMED
    ]
    return json.dumps(moves, separators=(",", ":")) if moves else ""


def _secret(named: SecretReference) -> Ref:
    return Ref("v1", "Secret", named.user.namespace, named.name)


def _finding(
    named: SecretReference, advice: Advice, seen: list[Occurrence], moves: str = ""
) -> Finding:
    fields = {
        "secret": named.name,
        "ns": named.user.namespace,
        "name": named.user.name,
        "resource": full_name(named.user.kind),
        "moves": moves,
    }
    finding = finding_of(advice, seen, fields=fields)
    finding.object = _secret(named)
    return finding
