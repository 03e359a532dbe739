"""The hosts that the cluster must reach. They are not probed: this machine is not the cluster."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint

STEP_ID = "network"
_REGISTRY_UNTESTED = Code(
    "registry-untested",
    "Access from the cluster to the container registry was not tested.",
)
_GIT_UNTESTED = Code(
    "git-untested", "It was not tested whether the cluster can reach the Git server."
)
CODES = (_REGISTRY_UNTESTED, _GIT_UNTESTED)
REGISTRY = "ghcr.io"
_BLOBS = "pkg-containers.githubusercontent.com"
_PORTS = {"https": 443, "http": 80, "ssh": 22}


def examine(url: str) -> Iterator[Finding]:
    """Yield the hosts that must be reachable, that of the Git *url* among them if there is one."""
    yield _reach(
        _REGISTRY_UNTESTED,
        f"{REGISTRY}:443 and {_BLOBS}:443",
        "the cluster pulls the operator's manifests and all images from these hosts",
        f"https://{REGISTRY}/v2/",
    )
    if url:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 443)
        probe = f"telnet://{parts.hostname}:{port}" if parts.scheme == "ssh" else url
        yield _reach(
            _GIT_UNTESTED,
            f"{parts.hostname}:{port}",
            "source-controller fetches the Git repository from this host",
            probe,
        )


def _reach(code: Code, places: str, why: str, probe: str) -> Finding:
    pod = ("flux-status-reach", "-n", "default", "--rm", "-i", "--restart=Never")
    curl = ("--image=curlimages/curl", "--", "curl", "-sSI", "-m", "10", probe)
    argv = ("kubectl", "run", *pod, *curl)
    return Finding(
        step=STEP_ID,
        code=code,
        level=Level.SKIP,
        title=f"the cluster must reach {places}; this cannot be checked from here",
        why=why,
        hints=(Hint("test the connection from a pod", (Command(argv, changes=True),)),),
        trivial=True,
    )
