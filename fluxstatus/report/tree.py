"""The drawings of a tree of objects: as text, JSON, Mermaid and DOT."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from fluxstatus.base.visible import one_line, visible
from fluxstatus.lookup.node import Node
from fluxstatus.report.as_json import object_json, versioned
from fluxstatus.report.look import Look
from fluxstatus.report.mermaid import label
from fluxstatus.report.terminal import columns, painted, wrap

_BRANCHES = ("├─ ", "└─ ", "│  ", "   ")
_ASCII_BRANCHES = ("|- ", "`- ", "|  ", "   ")
_UNLIMITED = sys.maxsize
_STYLES: Mapping[bool | None, str] = {True: "pass", False: "fail", None: "warn"}
_DOT: Mapping[bool | None, str] = {True: "darkgreen", False: "red", None: "orange"}
_NARROWEST = 30  # columns for a text at any depth


def as_tree(root: Node, look: Look) -> str:
    """Return the tree as lines, wrapped to the width of *look*; with `everything` one each.

    A text that does not fit into one line is replaced by its brief form, if it has one.
    """
    lines = [*_lines(root, look, "")]
    for prefix, node in branches(root.children, ascii_only=look.ascii):
        if isinstance(node, Node):
            lines += _lines(node, look, prefix)
    return "".join(f"{line}\n" for line in lines)


def branches(
    nodes: Sequence[Node],
    *,
    ascii_only: bool,
    limit: Callable[[Sequence[Node]], int] = lambda _: _UNLIMITED,
    before: str = "",
) -> Iterator[tuple[str, Node | int]]:
    """Yield *nodes* and all below them, each with the branches to print before it.

    *limit* returns how many of several siblings are shown. The number of the others follows in
    place of a node.
    """
    branch, last, trunk, blank = _ASCII_BRANCHES if ascii_only else _BRANCHES
    shown = nodes[: limit(nodes)]
    for number, node in enumerate(shown, 1):
        ends = number == len(nodes)
        yield before + (last if ends else branch), node
        below = before + (blank if ends else trunk)
        yield from branches(node.children, ascii_only=ascii_only, limit=limit, before=below)
    if len(nodes) > len(shown):
        yield before + last, len(nodes) - len(shown)


def as_json(root: Node, _: Look) -> str:
    """Return the tree as a versioned JSON document."""
    return versioned(_json(root))


def as_mermaid(root: Node, _: Look) -> str:
    """Return the tree as a Mermaid flowchart."""
    names, lines = _numbered(root), ["flowchart TD"]
    for node in root.all():
        text = f"{label(f'{node.ref}')}<br/>{label(_short(node))}"
        lines.append(f'  {names[id(node)]}["{text}"]:::{_word(node)}')
        lines += [
            f"  {names[id(node)]} -- {child.relation.label} --> {names[id(child)]}"
            for child in node.children
        ]
    styles = {"healthy": "#2e7d32", "failing": "#c62828", "unknown": "#ef6c00"}
    lines += [f"  classDef {name} stroke:{color}" for name, color in styles.items()]
    return "\n".join(lines) + "\n"


def as_dot(root: Node, _: Look) -> str:
    """Return the tree as a Graphviz graph."""
    names, lines = _numbered(root), ["digraph flux {", "  node [shape=box]"]
    for node in root.all():
        texts = (json.dumps(visible(text))[1:-1] for text in (f"{node.ref}", _short(node)))
        label = '"' + "\\n".join(texts) + '"'
        color = _DOT[node.health.healthy]
        lines.append(f"  {names[id(node)]} [label={label}, color={color}]")
        lines += [
            f"  {names[id(node)]} -> {names[id(child)]} [label={json.dumps(child.relation.label)}]"
            for child in node.children
        ]
    return "\n".join([*lines, "}"]) + "\n"


DRAW: Mapping[str, Callable[[Node, Look], str]] = {
    "tree": as_tree,
    "json": as_json,
    "mermaid": as_mermaid,
    "dot": as_dot,
}
"""The output formats of a tree."""


def _lines(node: Node, look: Look, before: str) -> Iterator[str]:
    """Yield the lines of *node*; only the first has a branch *before* it."""
    relation = f"{node.relation.label} " if node.relation else ""
    facts = "".join(f", {name} {value}" for name, value in node.facts)
    parts = (f"{relation}{node.ref}: ", f"{node.health.text}{facts}", f"{node.health.brief}{facts}")
    head, text, brief = (visible(one_line(each), ascii_only=look.ascii) for each in parts)
    room = look.width - len(before)
    fits = look.everything or columns(head + text) <= room
    if not fits and node.health.brief and len(brief) < len(text):
        text, fits = brief, columns(head + brief) <= room
    texts = wrap(head + text, max(room - len(_BRANCHES[0]), _NARROWEST), ascii_only=look.ascii)
    style = _STYLES[node.health.healthy] if look.color else ""
    for line in [head + text] if fits else texts:
        own = min(len(head), len(line))
        head = head[own:].lstrip()
        yield f"{before}{line[:own]}{painted(line[own:], style)}"
        before = _below(before, look, has_children=bool(node.children))


def _below(before: str, look: Look, *, has_children: bool) -> str:
    """Return what stands before the second line of a node with *before* it."""
    branch, last, trunk, blank = _ASCII_BRANCHES if look.ascii else _BRANCHES
    for mark, more in ((branch, trunk), (last, blank)):
        if before.endswith(mark):
            return before.removesuffix(mark) + more + (trunk if has_children else blank)
    return before or (trunk if has_children else blank)


def _json(node: Node) -> dict[str, Any]:
    return {
        "object": object_json(node.ref),
        "relation": node.relation,
        "well": node.health.healthy,
        "stands": node.health.text,
        "facts": dict(node.facts),
        "children": [_json(child) for child in node.children],
    }


def _numbered(root: Node) -> dict[int, str]:
    return {id(node): f"n{number}" for node, number in zip(root.all(), count(), strict=False)}


def _short(node: Node) -> str:
    return node.health.text.partition(":")[0]


def _word(node: Node) -> str:
    return {True: "healthy", False: "failing", None: "unknown"}[node.health.healthy]
