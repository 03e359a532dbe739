"""The parts of a URL."""

from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """Return the host of *url*, with or without a scheme; empty if it has no host."""
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
