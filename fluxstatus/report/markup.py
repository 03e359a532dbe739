"""Text of the cluster in HTML and XML, without characters that XML 1.0 does not have."""

from html import escape

from fluxstatus.base.visible import visible, visible_lines


def shown(text: str) -> str:
    """Return *text* on one line, for an element or an attribute in double quotes."""
    return escape(visible(text))


def shown_lines(text: str) -> str:
    """Return *text* with its newlines, for an element."""
    return escape(visible_lines(text))


def ascii_only(document: str) -> str:
    """Return *document* with references for all other characters than those of ASCII."""
    return document.encode("ascii", "xmlcharrefreplace").decode()
