"""Advice on a Secret: keys that Flux calls deprecated, and a login that it makes no use of."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fluxstatus.advice import finding_of
from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.secrets import OLD, OLD_KEYS, RENAMED, UNUSED, OldKeys, step_of
from fluxstatus.lookup.credentials.needs import scheme_of
from fluxstatus.lookup.credentials.queries import Answer
from fluxstatus.lookup.credentials.references import Named
from fluxstatus.model.findings import Finding
from fluxstatus.model.kinds import full_name
from fluxstatus.model.kubectl_flags import TargetFlags
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Verdict
from fluxstatus.state.state import State


def advice_on(state: State, named: Named, answer: Answer) -> Iterator[Finding]:
    """Return the advice on the Secret that *named* names and *answer* is about, aimed."""
    target_flags = TargetFlags(state.evidence.target.context, state.evidence.target.flags)
    user = state.resources.get(named.user.key)
    if is_unused(state, named, answer):
        seen = [Occurrence(label=f"{_secret(named)}", value=named.scheme)]
        yield target_flags.finding(_finding(named, UNUSED, seen))
    for row in OLD_KEYS:
        if not row.are_read(named.use, named.kind, named.scheme, named.flavour):
            continue
        told_better = bool(row.unless and user and user.spec.get(row.unless))
        old = {} if told_better else _old(row, answer)
        if old:
            habit = replace(OLD[step_of(named.user.kind)], steps=(row.step,))
            seen = [Occurrence(label=f"{key} of {_secret(named)}", value=f"use {instead}")
                    for key, instead in old.items()]  # fmt: skip
            yield target_flags.finding(_finding(named, habit, seen, moves=_moves(old)))


def is_unused(state: State, named: Named, answer: Answer) -> bool:
    """Whether a repository is well without what is in its Secret: that is for Git over ssh."""
    user = state.resources.get(named.user.key)
    well = user is not None and user.ref.kind == named.kind and user.verdict is Verdict.READY
    by_itself = named.flavour in ("", "generic")  # another provider logs in without a Secret
    return well and by_itself and scheme_of(named, answer) == "ssh"


def _old(row: OldKeys, answer: Answer) -> Mapping[str, str]:
    """Return those keys of *row* that the Secret has and Flux reads, with what replaces each."""
    there = answer.keys.keys()
    return {
        key: instead
        for key, instead in row.keys.items()
        if key in there and RENAMED.get(key) not in there
    }


def _moves(old: Mapping[str, str]) -> str:
    """Return the JSON patch that renames what is only called differently now, if anything is."""
    moves = [
        {"op": "move", "from": f"/data/{key}", "path": f"/data/{RENAMED[key]}"}
        for key in old
        if key in RENAMED
    ]
    return json.dumps(moves, separators=(",", ":")) if moves else ""


def _secret(named: Named) -> Ref:
    return Ref("v1", "Secret", named.user.namespace, named.name)


def _finding(named: Named, habit: Advice, seen: list[Occurrence], moves: str = "") -> Finding:
    fields = {
        "secret": named.name,
        "ns": named.user.namespace,
        "name": named.user.name,
        "resource": full_name(named.user.kind),
        "moves": moves,
    }
    finding = finding_of(habit, seen, fields=fields)
    finding.object = _secret(named)
    return finding
