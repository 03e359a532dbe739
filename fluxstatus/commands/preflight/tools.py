"""The programs that an installation needs, and how to install each on this machine."""

import platform
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fluxstatus.checks.wording import passed
from fluxstatus.cluster.local_tools import Program
from fluxstatus.mcp.server import RELEASES, TAP
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint

STEP_ID = "tools"
_TOOL_MISSING = Code(
    "tool-missing",
    "A program that the installation or an assistant uses is missing or not in your PATH.",
)
CODES = (_TOOL_MISSING,)
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class _Tool(NamedTuple):
    """A program: the level if it is missing, its purpose, and where to get it."""

    level: Level
    purpose: str
    formula: str
    link: str


_BREW = "brew"
_SSH = ("ssh-keygen", "ssh-keyscan")
"""The program that creates credentials for Git over SSH; it is not needed for anything else."""

_TOOLS: Mapping[str, _Tool] = {
    "kubectl": _Tool(Level.FAIL, "it is required for every request to the cluster", "kubectl",
                     "https://kubernetes.io/docs/tasks/tools/"),
    "helm": _Tool(Level.WARN, "it installs the Flux Operator", "helm",
                  "https://helm.sh/docs/intro/install/"),
    "flux-operator": _Tool(
        Level.WARN,
        "it creates the Secret for a Git source; it is not needed to install Flux with Helm "
        "or kubectl",
        f"{TAP}/flux-operator", RELEASES),
    "flux-operator-mcp": _Tool(Level.SKIP, "it is needed only by an assistant, to read the cluster",
                               f"{TAP}/flux-operator-mcp", RELEASES),
    "flux": _Tool(
        Level.SKIP,
        "it is not needed to install Flux; it can suspend, resume and reconcile objects",
        "fluxcd/tap/flux", "https://fluxcd.io/flux/installation/#install-the-flux-cli"),
    **{name: _Tool(Level.WARN, "it generates the SSH key for a Git repository", "openssh",
                   "https://www.openssh.com/portable.html") for name in _SSH},
    _BREW: _Tool(Level.SKIP, "Homebrew can install the other programs", "", "https://brew.sh"),
}  # fmt: skip
NAMES = tuple(_TOOLS)
"""Every program that the advice of `preflight` runs on this machine."""


def examine(programs: Mapping[str, Program], *, by_ssh: bool) -> Iterator[Finding]:
    """Yield which programs are installed here, and which are missing.

    *by_ssh* is whether the Git repository is fetched over SSH. Homebrew is of use only if another
    program is missing.
    """
    needless = {*_SSH} if not by_ssh else set()
    if not any(programs[name].missing for name in _TOOLS.keys() - needless - {_BREW}):
        needless.add(_BREW)
    for name, tool in _TOOLS.items():
        if name in needless:
            continue
        program = programs[name]
        if not program.missing:
            yield passed(STEP_ID, f"{name} {program.version}".rstrip())
            continue
        yield Finding(
            step=STEP_ID,
            code=_TOOL_MISSING,
            level=tool.level,
            title=f"{name} is not installed or not in your PATH",
            why=tool.purpose,
            hints=tuple(_ways(name, tool, programs)),
            docs=tool.link,
            category="fault" if tool.level is Level.FAIL else "habit",
            trivial=True,
        )


def _ways(name: str, tool: _Tool, programs: Mapping[str, Program]) -> Iterator[Hint]:
    if tool.formula and not programs["brew"].missing:
        yield Hint("install it", (Command(("brew", "install", tool.formula), changes=True),))
    elif tool.link == RELEASES:
        yield Hint(f"unpack {_archive(name)} from {tool.link} into a directory in your PATH")
    else:
        yield Hint(f"install it as described at {tool.link}")
    if name == "flux-operator" and not programs["flux"].missing:
        plugin = Command(("flux", "plugin", "install", "operator"), changes=True)
        yield Hint("or, with Flux 2.9 or newer, install it as a flux plugin", (plugin,))


def _archive(name: str) -> str:
    machine = platform.machine().lower()
    return f"{name}_VERSION_{sys.platform}_{_MACHINES.get(machine, machine)}.tar.gz"
