"""Mermaid: labels, and what a fault blocks as a flowchart."""

from fluxstatus.base.visible import visible
from fluxstatus.model.findings import Finding

_PLAIN = frozenset(" -_./:,@+=!?*'")
_LONGEST = 80  # characters of a label


def label(text: str) -> str:
    """Return *text* for a label in double quotes; other characters than plain ones are codes.

    Mermaid looks for directives, HTML and Markdown in labels, too.
    """
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in visible(text))


def blocked_graph(finding: Finding, most: int) -> str:
    """Return *finding* and what it blocks as a flowchart; beyond *most* objects, their number."""
    about = f"{finding.object or finding.title}"
    lines = ["flowchart LR", f'  cause["{_short(about)}<br/>{_short(finding.code)}"]:::cause']
    shown = finding.blocks[:most]
    lines += [f'  cause --> n{number}["{_short(f"{ref}")}"]' for number, ref in enumerate(shown)]
    if more := len(finding.blocks) - len(shown):
        lines.append(f'  cause --> more["{more} more"]')
    return "\n".join([*lines, "  classDef cause stroke:#c62828,stroke-width:3px"])


def _short(text: str) -> str:
    return label(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
