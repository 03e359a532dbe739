"""What the causes block, as inline SVG: causes on the left, blocked objects on the right."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from fluxstatus.base.plurals import counted
from fluxstatus.model.findings import Finding
from fluxstatus.report.markup import shown

_CAUSES, _GROUPS = 10, 16  # nodes at most; the rest is a sentence below
_WIDTH, _BOX, _ROW, _HEIGHT = 760, 330, 40, 28  # pixels
_LETTERS = 44  # of a label


def graph(causes: Sequence[Finding], anchors: Mapping[int, str]) -> str:
    """Return the section with the graph of *causes*, those that block most first; empty for none.

    *anchors* has the id of the element about each of them, by the id of the object.
    """
    drawn = [one for one in causes if one.blocks][:_CAUSES]
    if not drawn:
        return ""
    edges = {id(one): Counter((ref.kind, ref.namespace) for ref in one.blocks) for one in drawn}
    totals: Counter[tuple[str, str]] = Counter()
    blocked = {ref for one in drawn for ref in one.blocks}
    totals.update((ref.kind, ref.namespace) for ref in blocked)
    met = dict.fromkeys(group for one in drawn for group in edges[id(one)])
    rows = {group: row for row, group in enumerate(islice(met, _GROUPS))}
    height = max(len(drawn), len(rows)) * _ROW
    parts = [
        *(
            _edge(y, rows[group])
            for y, one in enumerate(drawn)
            for group in edges[id(one)]
            if group in rows
        ),
        *(_cause(y, one, anchors[id(one)]) for y, one in enumerate(drawn)),
        *(_group(y, group, totals[group]) for group, y in rows.items()),
    ]
    label = 'role="group" aria-label="Causes, and what they block"'
    svg = f'<svg viewBox="0 0 {_WIDTH} {height}" {label}>{"".join(parts)}</svg>'
    return (
        '<section><h2 id="graph">Causes and what they block</h2>'
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="graph">{svg}</div>'
        f"{_rest(causes, drawn, len(met) - len(rows))}</section>"
    )


def _rest(causes: Iterable[Finding], drawn: Sequence[Finding], groups: int) -> str:
    """Return the sentence on what is not drawn."""
    more = sum(bool(one.blocks) for one in causes) - len(drawn)
    texts = [counted(more, "more cause")] * bool(more) + [counted(groups, "more group")] * bool(
        groups
    )
    return f'<p class="dim">Not drawn: {" and ".join(texts)}.</p>' if texts else ""


def _cause(row: int, cause: Finding, anchor: str) -> str:
    name = f"{cause.object or cause.title}"
    node = _node(0, row, name, f"{cause.title} [{cause.code}]")
    return f'<a href="#{anchor}">{node}</a>'


def _group(row: int, group: tuple[str, str], number: int) -> str:
    kind, namespace = group
    name = f"{counted(number, kind)}{f' in {namespace}' if namespace else ''}"
    return f"<g>{_node(_WIDTH - _BOX, row, name, name)}</g>"


def _node(x: int, row: int, name: str, title: str) -> str:
    y = row * _ROW + (_ROW - _HEIGHT) // 2
    text = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    return (
        f"<title>{shown(title)}</title>"
        f'<rect x="{x + 1}" y="{y}" width="{_BOX - 2}" height="{_HEIGHT}" rx="5"></rect>'
        f'<text x="{x + 9}" y="{y + 19}">{shown(text)}</text>'
    )


def _edge(left: int, right: int) -> str:
    start, end = (row * _ROW + _ROW // 2 for row in (left, right))
    middle = _WIDTH // 2
    return (
        f'<path d="M{_BOX} {start}C{middle} {start} {middle} {end} {_WIDTH - _BOX} {end}"></path>'
    )
