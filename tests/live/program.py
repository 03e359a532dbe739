"""Run the program as its users do, and read its output."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import forking
from tests.kubernetes import build

TOP = Path(__file__).parents[2]
_PROGRAMS = ("kubectl", "flux-operator")


@dataclass(frozen=True)
class Result:
    """What a run printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON document that it printed."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    def findings(self) -> set[tuple[str, ...]]:
        """Return what it found, without times: level, code, object and what is blocked."""
        return {
            (f["level"], f["code"], _name(f["object"]), *sorted(map(_name, f["blocks"])))
            for f in self.report["findings"]
            if f["level"] not in ("skip", "wait")
        }


def environment() -> dict[str, str]:
    """Return an environment in which the built programs come first, and kubectl finds ours."""
    folders = {str(path.parent) for path in build.programs(*_PROGRAMS).values()} | {str(TOP)}
    path = os.pathsep.join([*sorted(folders), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "COLUMNS": "100"}


def flux_status(kubeconfig: Path, *args: str) -> Result:
    """Run `kubectl flux-status` with *args* on the cluster of *kubeconfig*."""
    done = forking.run([f"--kubeconfig={kubeconfig}", *args], env=environment())
    return Result(done.returncode, done.stdout, done.stderr)


def _name(thing: dict[str, str] | None) -> str:
    return f"{thing['kind']} {thing['namespace'] or ''}/{thing['name']}" if thing else ""
