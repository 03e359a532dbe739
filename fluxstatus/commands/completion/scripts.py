"""`completion`: the scripts that let a shell, or kubectl, complete this program's command line."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument

from fluxstatus.commands import console


class Shell(StrEnum):
    """Who completes."""

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
_FOLDERS = (_HERE.parents[2] / "completions", _HERE.parents[3] / "completions")
"""Where the scripts are when this is installed, and in a checkout."""


def show(
    shell: Annotated[
        Shell,
        Argument(metavar="|".join(Shell), help="Who completes", rich_help_panel="For whom"),
    ],
) -> None:
    """Print the script that completes what is typed.

    \b
    For `kubectl flux-status` (kubectl 1.26 or newer) it is a program on PATH:
      kubectl flux-status completion kubectl > ~/.local/bin/kubectl_complete-flux_status
      chmod +x ~/.local/bin/kubectl_complete-flux_status

    \b
    The others are for `kubectl-flux_status` itself:
      bash  source <(kubectl-flux_status completion bash)
      zsh   kubectl-flux_status completion zsh > "${fpath[1]}/_kubectl-flux_status"
      fish  kubectl-flux_status completion fish | source
    """  # noqa: D301 - \b keeps lines apart
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    console.put((folder / SCRIPTS[shell]).read_text(encoding="utf-8"))
