"""The server's program: its path, version, tools, and how to install it."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.base.files import read_file
from fluxstatus.base.go_build import is_built_from
from fluxstatus.base.versions import version_in
from fluxstatus.cluster import processes
from fluxstatus.mcp.entry import PROGRAM, Entry
from fluxstatus.mcp.protocol import Session, Tool
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.hints import Command

_BREW = ("/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")
_LOADERS = ("LD_", "DYLD_")  # prefixes of variables of the dynamic linker
_SCRIPT = 1 << 16  # bytes of a script; a longer one is not read
_WORDS = 8  # of an entry, which may be scripts
_INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER")
_PACKAGE = "github.com/controlplaneio-fluxcd/flux-operator/cmd/mcp"
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
    """The tools of a program: the read-only ones, and all of them.

    `instructions` are what it tells an assistant in read-only mode.
    """

    reading: tuple[Tool, ...] = ()
    all: tuple[Tool, ...] = ()
    instructions: str = ""

    @property
    def writing(self) -> tuple[Tool, ...]:
        """The tools that it has only in read-write mode."""
        names = {tool.name for tool in self.reading}
        return tuple(tool for tool in self.all if tool.name not in names)


def tools(path: str, deadline: Deadline) -> Tools:
    """Return the tools of the program *path* in both modes. Raises ProgramError.

    No cluster is contacted for this, but the server requires a kubeconfig.
    """
    environ = environment(Entry(PROGRAM, path, env={"KUBECONFIG": os.devnull}))
    reading, everything = (
        _tools((path, "serve", f"--read-only={word}"), environ, deadline)
        for word in ("true", "false")
    )
    return Tools(reading[0], everything[0], reading[1])


def _tools(
    argv: Sequence[str], environ: Mapping[str, str], deadline: Deadline
) -> tuple[tuple[Tool, ...], str]:
    with Session(argv, environ, deadline) as session:
        return tuple(session.tools()), session.instructions


def program_of(entry: Entry) -> str:
    """Return the path of the program that *entry* starts, empty if it does not exist."""
    return shutil.which(entry.command, path=environment(entry).get("PATH")) or ""


def reference_for(entry: Entry) -> str:
    """Return the path of the server's program itself: the one that *entry* starts or names.

    Else it is that of this machine. Raises ProgramError if none of them is the program itself.
    """
    search = environment(entry).get("PATH")
    named = ((word, search) for word in (entry.command, *entry.programs))
    here = ((PROGRAM, folder) for folder in os.environ.get("PATH", "").split(os.pathsep))
    for word, folders in (*named, *here):  # a wrapper may come first in PATH
        path = shutil.which(word, path=folders)
        if path and is_the_program(path):
            return os.path.abspath(path)  # noqa: PTH100 - as above
    path = find()
    if is_the_program(path):
        return path
    raise processes.ProgramError.of(
        Why.NO_PROGRAM, f"{path} is a wrapper, and {PROGRAM} itself was not found"
    )


def is_direct(entry: Entry) -> bool:
    """Return whether *entry* starts the program itself, not a wrapper, a shell or a container.

    It is unknown what a relative path leads to, also one in PATH, as the client decides in which
    folder it starts it, and what a library does that is loaded into the program.
    """
    folders = environment(entry).get("PATH", "").split(os.pathsep)
    searched = [entry.command] if "/" in entry.command else folders
    is_relative = not all(map(os.path.isabs, searched))
    is_loaded = any(name.startswith(_LOADERS) for name in entry.env)
    return not (is_relative or is_loaded or entry.filled_in) and starts_the_program(entry)


def starts_the_program(entry: Entry) -> bool:
    """Return whether the command of *entry* is a build of the server, whatever its name is."""
    path = program_of(entry)
    return bool(path) and is_the_program(path)


def has_a_script_for_it(entry: Entry) -> bool:
    """Return whether a word of *entry* is a script that names the server.

    What the script starts is unknown without running it.
    """
    search = environment(entry).get("PATH")
    paths = (shutil.which(entry.command, path=search), *filter(os.path.isabs, entry.args))
    return any(_is_script(path) for path in islice(filter(None, paths), _WORDS))


@cache
def _is_script(path: str) -> bool:
    """Return whether the file at *path* is a short text with the name of the server in it."""
    with suppress(OSError, ValueError):
        text = read_file(Path(path), _SCRIPT)
        return len(text) <= _SCRIPT and PROGRAM.encode() in text
    return False


@cache
def is_the_program(path: str) -> bool:
    """Return whether *path* is a build of the server."""
    return is_built_from(path, _PACKAGE)


def runs(entry: Entry) -> bool:
    """Return whether the program that *entry* starts exists."""
    return bool(program_of(entry))
