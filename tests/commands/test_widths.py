"""The lists and trees of the recorded zoo on terminals of several widths."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import ceil

import pytest

from fluxstatus.cluster.list_reader import Saved
from fluxstatus.commands.conditions import rows
from fluxstatus.commands.events.source import EventQuery, Events
from fluxstatus.commands.get.flux_objects import FluxObjects
from fluxstatus.commands.get.pods import Components
from fluxstatus.commands.get.words import requested
from fluxstatus.commands.listing import ListEntry, Listing, Source
from fluxstatus.lookup.ancestors import chain_of
from fluxstatus.lookup.descendants import Tree
from fluxstatus.lookup.saved import Objects
from fluxstatus.model import snapshot
from fluxstatus.model.evidence import Evidence
from fluxstatus.report import Format, ListFormat
from fluxstatus.report.as_text import render
from fluxstatus.report.look import Look
from fluxstatus.report.sentences import TROUBLE, title_of
from fluxstatus.report.table import Table
from fluxstatus.report.tree import DRAW
from fluxstatus.state.resource import HEALTHY
from fluxstatus.state.revisions import abbreviated
from fluxstatus.state.state import State
from tests.builders import judge
from tests.conftest import RECORDED

WIDTHS = (80, 120, 160, 200)
LISTS: Mapping[str, Callable[[], Source]] = {
    "get": lambda: FluxObjects(requested(["all"]), ()),
    "get --not-ready": lambda: FluxObjects(requested(["all"]), ["not_ready"]),
    "get components": lambda: Components(()),
    "events": lambda: Events(EventQuery(), merged=True),
}


@cache
def zoo() -> Evidence:
    """Return the recorded zoo."""
    return snapshot.load(RECORDED / "zoo.json.gz")


def squeezed(text: str) -> str:
    """Return *text* without blanks, for messages that are wrapped in one place and not another."""
    return "".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("form", [Format.TABLE, Format.WIDE])
@pytest.mark.parametrize("name", LISTS)
def test_lists(name: str, form: ListFormat, width: int) -> None:
    """No line is wider than the terminal, nothing is cut, and each message is there in whole.

    But for what a healthy object says twice, if that would take another line.
    """
    source = LISTS[name]()
    listing = Listing(source, form, Look(width=width), fitted=True)
    text = "".join(listing.pieces(Saved(zoo())))
    shown = squeezed(text)
    columns = source.wide if form is Format.WIDE else source.columns
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for batch in LISTS[name]().entries(Saved(zoo())):
        for entry in batch:
            wanted = [column for column in columns if column != "SUSPENDED"]
            if "APPLIED" in columns and is_only_a_revision(entry):
                wanted.remove("MESSAGE")
            if "APPLIED" in columns and has_what_it_wants(entry):
                wanted.remove("WANTED")
            cells = map(entry.cell, wanted)
            assert all(squeezed(abbreviated(cell)) in shown for cell in cells)


@pytest.mark.parametrize("width", [160, 200])
@pytest.mark.parametrize(("name", "kubectl"), [("get ks", 249), ("get --not-ready", 336)])
def test_a_list_takes_no_more_lines_than_that_of_kubectl(
    name: str, kubectl: int, width: int
) -> None:
    """*kubectl* is how many `kubectl get -A` takes for these objects at 160 columns."""
    lists: Mapping[str, Callable[[], Source]] = {
        **LISTS,
        "get ks": lambda: FluxObjects(requested(["ks"]), ()),
    }
    listing = Listing(lists[name](), Format.TABLE, Look(width=width), fitted=True)
    assert "".join(listing.pieces(Saved(zoo()))).count("\n") <= kubectl


def is_only_a_revision(entry: ListEntry) -> bool:
    """Return whether the message of a healthy object says only what APPLIED shows."""
    message, applied = abbreviated(entry.cell("MESSAGE")).rstrip("'"), entry.cell("APPLIED")
    begins = message.startswith(("Applied revision: ", "stored artifact"))
    return entry.cell("READY") == "True" and begins and message.endswith(applied)


def has_what_it_wants(entry: ListEntry) -> bool:
    """Return whether a healthy object has a revision, and wants no other one."""
    wanted, applied = entry.cell("WANTED"), entry.cell("APPLIED")
    return (
        entry.cell("READY") == "True" and bool(applied) and ("@" not in wanted or wanted == applied)
    )


@pytest.mark.parametrize("width", [100, 120, 160, 200])
def test_a_healthy_object_takes_one_line(width: int) -> None:
    """As in kubectl, if the terminal has room for its columns without the message."""
    evidence = snapshot.load(RECORDED / "cluster-healthy.json.gz")
    listing = Listing(
        FluxObjects(requested(["ks"]), ()), Format.TABLE, Look(width=width), fitted=True
    )
    rows = sum(len(batch) for batch in FluxObjects(requested(["ks"]), ()).entries(Saved(evidence)))
    lines = "".join(listing.pieces(Saved(evidence))).splitlines()
    assert rows > 30
    assert len(lines) == rows + 1


@pytest.mark.parametrize("name", LISTS)
def test_lists_in_a_pipe(name: str) -> None:
    """In a pipe each entry is one line that ends with its whole message."""
    listing = Listing(LISTS[name](), Format.TABLE, Look(width=80), headers=False)
    lines = "".join(listing.pieces(Saved(zoo()))).splitlines()
    batches = LISTS[name]().entries(Saved(zoo()))
    messages = [entry.cell("MESSAGE") for batch in batches for entry in batch]
    for line, message in zip(lines, messages, strict=True):
        assert line.endswith(" ".join(message.split("\n")).strip())


@pytest.mark.parametrize("width", WIDTHS)
def test_conditions(width: int) -> None:
    """The conditions of each object that is not healthy fit, with whole messages."""
    for resource in State(zoo()).resources.values():
        if resource.verdict in HEALTHY:
            continue
        cells = rows.rows(resource.object, rows.WIDE, zoo().taken_at)
        text = Table(rows.WIDE, Look(width=width), fitted=True).lines(cells)
        assert max(map(len, text.splitlines()), default=0) <= width
        assert all(squeezed(abbreviated(row[-1])) in squeezed(text) for row in cells)


def trees() -> Iterator[tuple[str, list[str]]]:
    """Yield the drawings at the width of a pipe, of what each source feeds and comes from."""
    state, objects = State(zoo()), Objects(zoo())
    tree = Tree(state.resources, None, state.now)
    for resource in state.resources.values():
        for root in (tree.of(resource), chain_of(resource.object, objects, state.now)):
            whole = DRAW["tree"](root, Look(everything=True))
            yield whole, [DRAW["tree"](root, Look(width=width)) for width in WIDTHS]


def test_trees() -> None:
    """The trees and chains of all objects fit, and their texts are whole."""
    for whole, drawn in trees():
        for text, width in zip(drawn, WIDTHS, strict=True):
            assert max(map(len, text.splitlines())) <= width
            assert words_of(text) == words_of(whole)


def words_of(tree: str) -> str:
    """Return *tree* without blanks and branches."""
    return squeezed(tree.translate(dict.fromkeys(map(ord, "│├└─"))))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_causes_in_brief(width: int, *, wide: bool) -> None:
    """Each cause has its code and its whole title, and no line is wider than the terminal."""
    found = judge(zoo())
    text = render(found, Look(width=width, brief=True, wide=wide, fitted=True))
    shown = squeezed(text)
    troubles = [finding for finding in found.faults if finding.level in TROUBLE]
    assert len(troubles) > 50
    assert max(map(len, text.splitlines())) <= width
    for finding in troubles:
        assert squeezed(abbreviated(title_of(finding))) in shown
        assert squeezed(finding.code) in shown
    whole = render(found, Look(brief=True, wide=wide)).splitlines()
    broken = sum(max(ceil(len(line) / width), 1) for line in whole)  # as a terminal breaks them
    assert len(text.splitlines()) <= broken * 1.2
