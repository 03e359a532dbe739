"""Text of the cluster as HTML."""

from html import escape

from fluxstatus.base.visible import visible, visible_lines


def shown(text: str) -> str:
    """Return *text* on one line, for an element or an attribute in double quotes."""
    return escape(visible(text))


def shown_lines(text: str) -> str:
    """Return *text* with its newlines, for an element."""
    return escape(visible_lines(text))
