"""`completion`: the scripts with which a shell or kubectl completes this command line."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument

from fluxstatus.base import packaged
from fluxstatus.commands import console


class Shell(StrEnum):
    """The program that completes."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    KUBECTL = "kubectl"


SCRIPTS = {
    Shell.BASH: "kubectl-flux_status.bash",
    Shell.ZSH: "_kubectl-flux_status",
    Shell.FISH: "kubectl-flux_status.fish",
    Shell.KUBECTL: "kubectl_complete-flux_status",
}

_HERE = Path(__file__)
_INSTALLED, _CHECKOUT = (_HERE.parents[up] / "completions" for up in (2, 3))
"""The folder of the scripts, if installed and in a checkout."""


def show(
    shell: Annotated[
        Shell,
        Argument(
            metavar="|".join(Shell),
            help="Shell to print the script for; kubectl prints the one for `kubectl flux-status`",
            rich_help_panel="Shell",
        ),
    ],
) -> None:
    """Print the completion script for a shell or for kubectl.

    \b
    For `kubectl flux-status` (kubectl 1.26 or newer), put a program into a directory in your PATH:
      kubectl flux-status completion kubectl > ~/.local/bin/kubectl_complete-flux_status
      chmod +x ~/.local/bin/kubectl_complete-flux_status

    \b
    The other scripts complete `kubectl-flux_status`:
      bash  source <(kubectl-flux_status completion bash)
      zsh   kubectl-flux_status completion zsh > "${fpath[1]}/_kubectl-flux_status"
      fish  kubectl-flux_status completion fish | source
    """  # noqa: D301 - \b keeps lines apart
    console.put(_read(SCRIPTS[shell]).decode())


def _read(name: str) -> bytes:
    try:
        return packaged.read(_INSTALLED / name)
    except OSError:
        return packaged.read(_CHECKOUT / name)
