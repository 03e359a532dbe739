"""Pushes to a Git repository, and runs of `wait` for them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from tests.live.program import environment

from .objects import config_map, manifest

if TYPE_CHECKING:
    from pathlib import Path

    from .flux import Flux
    from .git_server import Repository

REACHED, FAILED, UNKNOWN = 0, 1, 3
_SECONDS = 120  # for a wait that has to end by itself
FILES = {"app/settings.yaml": manifest(config_map())}


class Done(NamedTuple):
    """What a wait printed, and its exit code."""

    code: int
    out: str
    err: str


class Waiting:
    """A running `wait` in a namespace, started in *folder*."""

    def __init__(self, flux: Flux, folder: Path, *words: str) -> None:
        kubeconfig = flux.cluster.kubeconfig("admin")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fluxstatus", "wait", f"--kubeconfig={kubeconfig}", *words],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def has_looked(self) -> None:
        """Wait until it has looked once: it has then printed a line."""
        assert self._process.stderr
        assert self._process.stderr.readline()

    def end(self) -> Done:
        """Wait until it ends."""
        out, err = self._process.communicate(timeout=_SECONDS)
        return Done(self._process.returncode, out, err)


def colored(repository: Repository, color: str) -> str:
    """Push a commit with another color, and return it."""
    return repository.commit({"app/settings.yaml": manifest(config_map(color=color))})


def waits(flux: Flux, folder: Path, *words: str) -> Done:
    """Run `wait` until it ends."""
    return Waiting(flux, folder, *words).end()
