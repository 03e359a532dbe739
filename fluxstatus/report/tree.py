"""How a tree of objects is drawn."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from fluxstatus.lookup.node import Node
from fluxstatus.report.as_json import ref_json
from fluxstatus.report.look import Look
from fluxstatus.report.terminal import columns, painted, visible, wrap

SCHEMA_VERSION = 1

_BRANCHES = ("├─ ", "└─ ", "│  ", "   ")
_ASCII_BRANCHES = ("|- ", "`- ", "|  ", "   ")
_STYLES: Mapping[bool | None, str] = {True: "pass", False: "fail", None: "warn"}
_DOT: Mapping[bool | None, str] = {True: "darkgreen", False: "red", None: "orange"}
_NARROWEST = 30  # columns for a text, however deep it stands


def as_tree(root: Node, look: Look) -> str:
    """Return the tree below *root* as lines, the texts cut to the width of *look*."""
    return "".join(f"{line}\n" for line in _lines(root, look, "", ""))


def as_json(root: Node, _: Look) -> str:
    """Return the tree as a versioned JSON document."""
    return json.dumps({"schemaVersion": SCHEMA_VERSION, **_json(root)}, indent=2) + "\n"


def as_mermaid(root: Node, _: Look) -> str:
    """Return the tree as a Mermaid flowchart."""
    names, lines = _numbered(root), ["flowchart TD"]
    for node in root.all():
        label = visible(f"{node.ref}<br/>{_short(node)}").replace('"', "#quot;")
        lines.append(f'  {names[id(node)]}["{label}"]:::{_word(node)}')
        lines += [
            f"  {names[id(node)]} -- {child.relation} --> {names[id(child)]}"
            for child in node.children
        ]
    styles = {"well": "#2e7d32", "broken": "#c62828", "unknown": "#ef6c00"}
    lines += [f"  classDef {name} stroke:{colour}" for name, colour in styles.items()]
    return "\n".join(lines) + "\n"


def as_dot(root: Node, _: Look) -> str:
    """Return the tree as a Graphviz graph."""
    names, lines = _numbered(root), ["digraph flux {", "  node [shape=box]"]
    for node in root.all():
        texts = (json.dumps(visible(text))[1:-1] for text in (f"{node.ref}", _short(node)))
        label = '"' + "\\n".join(texts) + '"'
        colour = _DOT[node.health.well]
        lines.append(f"  {names[id(node)]} [label={label}, color={colour}]")
        lines += [
            f"  {names[id(node)]} -> {names[id(child)]} [label={json.dumps(child.relation)}]"
            for child in node.children
        ]
    return "\n".join([*lines, "}"]) + "\n"


DRAW: Mapping[str, Callable[[Node, Look], str]] = {
    "tree": as_tree,
    "json": as_json,
    "mermaid": as_mermaid,
    "dot": as_dot,
}
"""The ways to draw a tree."""


def _lines(node: Node, look: Look, before: str, below: str) -> Iterator[str]:
    relation = f"{node.relation} " if node.relation else ""
    facts = "".join(f", {name} {value}" for name, value in node.facts)
    head, text = f"{relation}{node.ref}: ", f"{node.health.text}{facts}"
    shown = visible(text.replace("\n", " "), ascii_only=look.ascii)
    room = max(look.width - columns(before) - columns(head), _NARROWEST)
    if not look.everything and columns(shown) > room:
        mark = "..." if look.ascii else "…"
        shown = wrap(shown, room - len(mark), ascii_only=look.ascii)[0] + mark
    if look.colour:
        shown = painted(shown, _STYLES[node.health.well])
    yield f"{before}{visible(head, ascii_only=look.ascii)}{shown}"
    branch, last, trunk, blank = _ASCII_BRANCHES if look.ascii else _BRANCHES
    for child in node.children:
        ends = child is node.children[-1]
        yield from _lines(
            child, look, below + (last if ends else branch), below + (blank if ends else trunk)
        )


def _json(node: Node) -> dict[str, Any]:
    return {
        "object": {"apiVersion": node.ref.api_version, **ref_json(node.ref)},
        "relation": node.relation,
        "well": node.health.well,
        "stands": node.health.text,
        "facts": dict(node.facts),
        "children": [_json(child) for child in node.children],
    }


def _numbered(root: Node) -> dict[int, str]:
    return {id(node): f"n{number}" for node, number in zip(root.all(), count(), strict=False)}


def _short(node: Node) -> str:
    return node.health.text.partition(":")[0]


def _word(node: Node) -> str:
    return {True: "well", False: "broken", None: "unknown"}[node.health.well]
