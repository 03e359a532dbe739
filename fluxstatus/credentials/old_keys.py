"""Advice on a Secret: which of its keys Flux calls deprecated, and what takes their place."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fluxstatus.aim import Aim
from fluxstatus.credentials.named import Named
from fluxstatus.credentials.questions import Answer
from fluxstatus.findings import Finding, Ref
from fluxstatus.habits import tell
from fluxstatus.habits.habit import Seen
from fluxstatus.habits.secrets import HABITS, OLD_KEYS, RENAMED, OldKeys, step_of
from fluxstatus.kinds import full_name
from fluxstatus.state import State, key_of


def advice_on(state: State, named: Named, answer: Answer) -> Iterator[Finding]:
    """Give the advice on the Secret that *named* names and *answer* is about, aimed."""
    aim = Aim(state.evidence.target.context, state.evidence.target.flags)
    user = state.resources.get(key_of(named.user))
    for row in OLD_KEYS:
        if not row.are_read(named.use, named.kind, named.scheme, named.flavour):
            continue
        told_better = bool(row.unless and user and user.get("spec", row.unless))
        old = {} if told_better else _old(row, answer)
        if old:
            yield aim.finding(_finding(named, row, old))


def _old(row: OldKeys, answer: Answer) -> Mapping[str, str]:
    """Give those keys of *row* that the Secret has and Flux reads, with what replaces each."""
    there = answer.keys.keys()
    return {
        key: instead
        for key, instead in row.keys.items()
        if key in there and RENAMED.get(key) not in there
    }


def _finding(named: Named, row: OldKeys, old: Mapping[str, str]) -> Finding:
    user, secret = named.user, Ref("v1", "Secret", named.user.namespace, named.name)
    habit = next(one for one in HABITS if one.step == step_of(user.kind))
    moves = [
        {"op": "move", "from": f"/data/{key}", "path": f"/data/{RENAMED[key]}"}
        for key in old
        if key in RENAMED
    ]
    fields = {
        "secret": named.name,
        "ns": user.namespace,
        "name": user.name,
        "resource": full_name(user.kind),
        "moves": json.dumps(moves, separators=(",", ":")) if moves else "",
    }
    seen = [Seen(what=f"{key} of {secret}", value=f"use {instead}") for key, instead in old.items()]
    finding = tell(replace(habit, steps=(row.step,)), seen, fields=fields)
    finding.object = secret
    return finding
