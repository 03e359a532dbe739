"""The parts of a URL."""

import re
from urllib.parse import quote, urlsplit

_CLOUDS = (
    ("aws", r"\.dkr\.ecr[\w.-]*\.amazonaws\.com"),
    ("azure", r"\.azurecr\.\w+$"),
    ("gcp", r"-docker\.pkg\.dev$|(?:^|\.)gcr\.io$"),
)
"""Clouds by the hosts of their registries, whose passwords expire within hours."""


def cloud_of(host: str) -> str:
    """Return whose registry *host* is: "aws", "azure" or "gcp"; empty for other hosts."""
    return next((cloud for cloud, pattern in _CLOUDS if re.search(pattern, host)), "")


def host_of(url: str) -> str:
    """Return the host of *url*, with or without a scheme; empty if it has no host."""
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def without_login(url: str) -> str:
    """Return *url*, with or without a scheme, without the user name and the password."""
    return re.sub(r"(?:(?<=//)|\A)[^/]*@", "", url)


def origin_of(url: str) -> str:
    """Return the scheme, host and port of *url*; empty if it has no scheme or host."""
    found = re.match(r"[a-z][a-z0-9+.-]*://[^/?#\s]+", without_login(url), re.IGNORECASE)
    return found[0] if found else ""


def plain_url(url: str) -> str:
    """Return the host and path of the *url* of a repository, also of host:path as SSH has it."""
    text = without_login(re.sub(r"^[\w+.-]+://", "//", url)).removeprefix("//")
    host, _, path = re.sub(r"^([^/:]+):(?!\d+/)", r"\1/", text).partition("/")
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"


def encoded(text: str) -> str:
    """Return *text* as a part of a path or a query; bytes of an argument that are no text stay."""
    return quote(text, safe="", errors="surrogatepass")
