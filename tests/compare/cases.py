"""Which command lines are run, and on which states.

A cluster of the project gets all that is in ON_STATES. There are hundreds of other states, and of
objects: each gets a few lines that matter most, and one picked by hash from all that there are.
"""

import json
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tests.compare.runs import Result
from tests.compare.states import Role, State, items_of, namespace_of

_LIST = ("", "-o wide", "-o json", "-o yaml", "-o name")
_REPORT = ("", "-o json")
_TREE = ("", "-o json", "-o mermaid", "-o dot", "--all")

ON_STATES = {
    "": (
        *_REPORT, "--all", "--advice", "--advice --all", "--advice -o json", "--prompt",
        "-v --color always", "--fail-on warn", "-A",
    ),
    "get": (
        *(f"{what} {how}" for what in ("all", "components") for how in _LIST),
        "sources", "instance", "ks,hr", "all --not-ready", "all --suspended", "all --stale",
        "all --reconciling", "all --no-headers", "all --sort-by since", "all --kind ks,gitrepo",
        "all -l app.kubernetes.io/part-of=flux", "all --not-ready -o wide",
    ),
    "events": (*_LIST, "--type Warning", "--since 30m", "--sort-by name"),
    "accept": tuple(
        f"{fault} --reason known --until 2999-12-31 {how}"
        for fault in ("c9984b7c9184", "0123456789ab") for how in _REPORT
    ),
    "fleet": (*_REPORT, "-o markdown", "--upgrade-to 2.10"),
    "upgrade plan": (*_REPORT, "--to 2.10 --all"),
    "versions": (*_REPORT, "--all"),
    "mcp prompts": _REPORT,
}  # fmt: skip
"""The commands that replay a state, and what may follow."""

ON_OBJECTS = {
    "explain": (*_REPORT, "--all"),
    "tree": _TREE,
    "owner": _TREE,
    "conditions": ("", "-o wide", "-o json", "-o yaml", "--no-headers"),
    "reconcile": _REPORT,
    "events --for": _LIST,
}
"""The commands that are about one object of a state, and what may follow its name."""
_OF_ANY_KIND = ("owner", "conditions", "events --for")

WITHOUT_STATE = """
    |--demo|--demo --watch|--demo --from x|--from -|--from missing.json|--demo --save x
    --demo --context x|--fail-fast|--wait 0|--demo --step nothing|--demo --skip instanse|--nothing
    --demo -n nowhere|nothing|get|get all|get nothing --demo|get ks/nothing --demo
    get ks nothing --demo|get all --demo --watch -o json|get all --demo --sort-by nothing
    get secrets --demo|get kustomizatons --demo|get components --demo --stale|explain
    explain ks/flux-system|explain nothing --demo|explain ks/nothing --demo|explain sourc-failed
    explain ks/app --demo|explain secret/x --demo|tree ks/app --demo|tree pod/x --demo
    owner secret/x --demo|owner deploy/nothing --demo|conditions nothing/x --demo|events
    reconcile ks/app --demo|reconcile ks --demo|events --since x --demo
    events --for ks/nothing --demo|logs|logs x --for ks/x|credentials ks/x|versions|preflight
    check --demo|describe ks/x --demo|trace pod/x|get pods --demo|get sources git --demo|rbac
    ui --port 1|ui --address 0.0.0.0|version|version --verify|version -o json
    --version|list|list -o json|completion|completion bash|completion zsh|completion fish
    completion kubectl|mcp|mcp prompts|mcp status|mcp status -o json|mcp tools|mcp config|mcp skill
    mcp verify|mcp nothing|--demo --accept missing.toml|--accept-from nothing|--accept-from a/b
    --demo --accept-from a/b|--demo --fail-on new|--demo --fail-on nothing
    --demo --fail-on fail,warn
    --demo --since-snapshot missing.json|accept x|accept x --demo --reason x --until 2000-01-01
    compare|compare missing.json missing.json|upgrade|upgrade plan --to x --demo
"""
"""Lines for which no state is needed: mistakes, fixed texts, and what happens without kubectl."""


Run: TypeAlias = Callable[[list[str]], Mapping[str, Result]]
"""Runs command lines."""


def cases(run: Run, states: Iterable[State]) -> Iterator[tuple[str, State | None]]:
    """Yield every command line, with the state that it replays if there is one.

    The program itself says which commands, steps and codes there are: *run* asks it.
    """
    commands = dict(_commands(run))
    _complain_about(commands)
    steps = json.loads(run(["list -o json"])["list -o json"].stdout)["steps"]
    codes = sorted({code["code"] for step in steps for code in step["codes"]})
    lines = WITHOUT_STATE.strip().replace("\n", "|").split("|")
    lines += [_pick([f"explain {code} {how}" for how in _REPORT]) for code in codes]
    for name, page in commands.items():
        lines += [f"{name} --help", f"__complete {name} --", f"__complete {name} ''"]
        lines += [f"__complete {name} {option}=" for option in _options(page)]
    yield from ((line.strip(), None) for line in lines)
    on_state = [f"{name} {more}" for name, several in ON_STATES.items() for more in several]
    on_cluster = [*on_state, *(f"--{how} {s['id']}" for s in steps for how in ("step", "skip"))]
    seen: set[str] = set()
    for state in states:
        some = ["--all", _pick(on_state, state.name)]
        match state.role:
            case Role.LARGE:
                some = [*on_cluster, *_in_namespaces(state)]
            case Role.SMALL:
                some = [*on_cluster, *_in_namespaces(state), *_about_objects(state, set())]
            case Role.PART | Role.FAULT:
                some += ["", "-o json", *_about_objects(state, seen)]
        yield from ((line, state) for line in some)


def _commands(run: Run) -> Iterator[tuple[str, str]]:
    """Yield the name of each command and its help."""
    names = [""]
    while names:
        results = run([f"{name} --help" for name in names])
        pages = {name: results[f"{name} --help"].stdout for name in names}
        yield from pages.items()
        names = [f"{name} {sub}".strip() for name in names for sub in _subcommands(pages[name])]


def _subcommands(page: str) -> list[str]:
    section = re.search(r"^Commands:\n((?:  .*\n)+)", page, re.MULTILINE)
    return re.findall(r"^  (\S+)", section[1], re.MULTILINE) if section else []


def _options(page: str) -> list[str]:
    return re.findall(r"^  (?:-\w, )?(--[\w-]+)", page, re.MULTILINE)


def _complain_about(commands: dict[str, str]) -> None:
    """End this program if a command that can replay is in no table, or the other way round."""
    tables = {name.partition(" --")[0] for name in (*ON_STATES, *ON_OBJECTS)}
    replay = {name for name, page in commands.items() if "--from" in _options(page)}
    if wrong := tables ^ replay:
        sys.exit(f"the tables of tests/compare/cases.py and --help differ about {sorted(wrong)}")


def _in_namespaces(state: State) -> list[str]:
    names = sorted({namespace_of(item) for _, item in items_of(state.document)} - {""})
    return [f"-n {name} --all" for name in names[::5]]


def _about_objects(state: State, seen: set[str]) -> Iterator[str]:
    """Yield lines about an object for each reason that Ready has, and for what has no Ready.

    One that was *seen* just so in another state is left out. What is ready gets one line.
    """
    reasons = set()
    for question, item in items_of(state.document):
        kind = "pods" if question == "workload-pods" else question.partition(".")[0]
        flux = "fluxcd" in question
        conditions = item.get("status", {}).get("conditions", ())
        ready = [(one["status"], one.get("reason")) for one in conditions if one["type"] == "Ready"]
        if (kind, *ready) in reasons or not (flux or kind in ("pods", "deployments")):
            continue
        if (text := json.dumps(item)) in seen:
            continue
        seen.add(text)
        reasons.add((kind, *ready))
        name = f"{kind}/{item['metadata']['name']} -n {namespace_of(item)}"
        lines = [
            _pick([f"{command} {name} {more}" for more in ON_OBJECTS[command]])
            for command in (ON_OBJECTS if flux else _OF_ANY_KIND)
        ]
        if flux and not [one for one in ready if one[0] == "True"]:
            yield lines.pop(0)
            yield lines.pop(zlib.crc32(name.encode()) % len(lines))
        yield _pick(lines)


def _pick(lines: Sequence[str], salt: str = "") -> str:
    """Return one of *lines*, always the same; with a *salt* of its own maybe another."""
    return lines[zlib.crc32(f"{salt}{lines[0]}".encode()) % len(lines)]
