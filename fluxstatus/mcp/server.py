"""The server's program: its path, version, tools, and how to install it."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.versions import version_in
from fluxstatus.cluster import processes
from fluxstatus.mcp.entry import PROGRAM, Entry
from fluxstatus.mcp.protocol import Session, Tool
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.hints import Command

_BREW = ("/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")
_INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
RELEASES = "https://github.com/controlplaneio-fluxcd/flux-operator/releases"
TAP = "controlplaneio-fluxcd/tap"
BREW_INSTALL = Command(("brew", "install", f"{TAP}/{PROGRAM}"), changes=True)


def find() -> str:
    """Return the absolute path of the server's program: on PATH, a Flux plugin, or in Homebrew.

    Raises ProgramError.
    """
    try:
        path = processes.find(PROGRAM)
    except processes.ProgramError:
        found = shutil.which(PROGRAM, path=os.pathsep.join(_BREW))
        if found is None:
            raise
        path = found
    return os.path.abspath(path)  # noqa: PTH100 - keeps links: upgrades change their targets


def version(path: str, deadline: Deadline) -> str:
    """Return the version that the program reports. Raises ProgramError."""
    output = processes.run([path, "--version"], deadline).stdout.decode(errors="replace")
    found = version_in(output)
    if not found:
        raise processes.ProgramError(Unread(Why.GARBLED, f"{path} does not report its version"))
    return found.removeprefix("v")


def how_to_install() -> str:
    """Return how to install the program on this machine, in two lines."""
    system = "darwin" if sys.platform == "darwin" else "linux"
    host = os.uname().machine
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(host, host)
    return (
        f"install it with:  {' '.join(BREW_INSTALL.argv)}\n"
        f"or unpack {PROGRAM}_VERSION_{system}_{arch}.tar.gz from {RELEASES} "
        "into a directory in your PATH"
    )


def environment(entry: Entry) -> dict[str, str]:
    """Return the environment with which a client starts *entry*: a minimal one plus its own."""
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**own, **entry.env}


class Tools(NamedTuple):
    """The tools of a program: the read-only ones, and all of them."""

    reading: tuple[Tool, ...]
    all: tuple[Tool, ...]

    @property
    def writing(self) -> tuple[Tool, ...]:
        """The tools that it has only in read-write mode."""
        names = {tool.name for tool in self.reading}
        return tuple(tool for tool in self.all if tool.name not in names)


def tools(entry: Entry, deadline: Deadline) -> Tools:
    """Return the tools of the program of *entry* in both modes. Raises ProgramError."""
    environ = environment(entry)
    reading, everything = (
        _tools(entry.with_args(f"--read-only={word}"), environ, deadline)
        for word in ("true", "false")
    )
    return Tools(reading, everything)


def _tools(entry: Entry, environ: Mapping[str, str], deadline: Deadline) -> tuple[Tool, ...]:
    with Session(entry.argv, environ, deadline) as session:
        return tuple(session.tools())


def runs(entry: Entry) -> bool:
    """Return whether the program that *entry* starts exists."""
    return shutil.which(entry.command, path=environment(entry).get("PATH")) is not None
