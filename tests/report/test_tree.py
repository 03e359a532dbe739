"""The drawings of a tree."""

import json
import re
from dataclasses import replace

import pytest

from fluxstatus.lookup.health import Health
from fluxstatus.lookup.node import Node, Relation, exit_code
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Exit
from fluxstatus.model.ref import Ref
from fluxstatus.report.look import Look
from fluxstatus.report.tree import DRAW, branches

HEALTHY, FAILING = Health(healthy=True, text="ready"), Health(healthy=False, text="no: way")
LEAF = Node(Ref("v1", "Pod", "apps", 'a"b\x1b[2J'), Relation.OWNED_BY, FAILING)
INNER = Node(
    Ref("apps/v1", "Deployment", "apps", "web"),
    Relation.CREATES,
    Health(healthy=None, text="moves"),
    facts=(("path", "./x"),),
    children=(LEAF,),
)
LAST = Node(Ref("v1", "Namespace", "", "apps"), Relation.CREATES, HEALTHY)
ROOT = Node(
    Ref("k/v1", "Kustomization", "apps", "one"), Relation.ROOT, HEALTHY, children=(INNER, LAST)
)


def test_a_tree_has_branches() -> None:
    """Each object is a line, with its relation, status and facts."""
    assert DRAW["tree"](ROOT, Look()) == (
        "Kustomization apps/one: ready\n"
        "├─ creates Deployment apps/web: moves, path ./x\n"
        '│  └─ owned by Pod apps/a"b\\x1b[2J: no: way\n'
        "└─ creates Namespace apps: ready\n"
    )
    assert DRAW["tree"](ROOT, Look(ascii=True)).isascii()


def test_a_long_text_is_wrapped_on_a_terminal() -> None:
    """A text is wrapped to the width, beside the branches; with --no-trunc it is one line."""
    text = "word " * 39 + "end"
    long = Node(LAST.ref, Relation.CREATES, Health(healthy=False, text=text))
    root = replace(ROOT, children=(long, LAST))
    lines = DRAW["tree"](root, Look(width=60)).splitlines()
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith("├─ creates Namespace apps: word")
    assert all(line.startswith("│     ") for line in lines[2:-1])
    assert "".join(lines[1:-1]).count("word") == 39
    assert text in DRAW["tree"](root, Look(width=60, everything=True))


def test_the_color_of_a_wrapped_text_begins_after_the_name() -> None:
    """Each line of the text has the color, and the name of the object has none."""
    long = Node(LAST.ref, Relation.ROOT, Health(healthy=False, text="word " * 20))
    first, *rest = DRAW["tree"](long, Look(width=60, color=True)).splitlines()
    assert first.startswith("Namespace apps: \x1b[")
    assert rest
    assert all(line.startswith("   \x1b[") for line in rest)


def test_json_has_all_of_it() -> None:
    """The document is versioned and has every key at every level."""
    document = json.loads(DRAW["json"](ROOT, Look()))
    assert document.pop("schemaVersion") == 1
    leaf = document["children"][0]["children"][0]
    assert document.keys() == leaf.keys()
    assert leaf["well"] is False
    assert leaf["object"]["name"] == LEAF.ref.name


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_graphs_have_every_node_and_edge(form: str) -> None:
    """All nodes and edges are drawn, and no character in a name ends a label."""
    text = DRAW[form](ROOT, Look())
    assert set(re.findall(r"\bn\d\b", text)) == {"n0", "n1", "n2", "n3"}
    assert len(re.findall(r"n\d (?:->|--)", text)) == 3
    assert 'a"b' not in text.replace('a\\"b', "")
    assert "\x1b" not in text


def test_what_is_not_read_is_3() -> None:
    """The exit code is 3 for an object that could not be read, but not for one left out."""
    for why, code in ((Why.FORBIDDEN, Exit.NO_VERDICT), (Why.NOT_REQUESTED, Exit.HEALTHY)):
        unread = Node(
            LAST.ref, Relation.ROOT, Health(healthy=None, text="?", unread=Unread(why, "?"))
        )
        assert exit_code(Node(ROOT.ref, Relation.ROOT, ROOT.health, (), (LAST, unread))) is code
    assert exit_code(ROOT) is Exit.HEALTHY


def test_siblings_can_be_limited() -> None:
    """Siblings beyond the limit are not drawn; their number follows the last branch."""
    drawn = [
        (prefix, node if isinstance(node, int) else node.ref.name)
        for prefix, node in branches((INNER, LAST, LAST), ascii_only=True, limit=lambda _: 1)
    ]
    assert drawn == [("|- ", "web"), ("|  `- ", LEAF.ref.name), ("`- ", 2)]
