"""The environment of a checkout: .venv beside the launcher, created at the first start.

Only the launcher uses it, when there are no packages but the standard library yet.
"""

import fcntl
import shlex
import subprocess  # noqa: TID251 - sh is not installed yet
import sys
import tomllib
from pathlib import Path
from typing import NoReturn

from fluxstatus.base.visible import visible_lines
from fluxstatus.model.findings import Exit


def make_environment(root: str, wanted: str) -> None:
    """Create .venv in *root* with the dependencies of its pyproject.toml; SystemExit on failure.

    *wanted* is written into it last, so an environment that has it is complete. Of two concurrent
    processes, one creates it and the other waits.
    """
    environment = Path(root, ".venv")
    made_for = environment / "made-for"
    try:
        with Path(root, "pyproject.toml").open("rb") as project:
            fcntl.flock(project, fcntl.LOCK_EX)
            if not (made_for.exists() and made_for.read_text() == wanted):
                _note(f"creating {environment} (only once for this checkout)")
                _install(environment, tomllib.load(project)["project"]["dependencies"])
                made_for.write_text(wanted)
    except OSError as error:
        _give_up(f"could not create {environment}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)


def _install(environment: Path, packages: list[str]) -> None:
    python = Path(sys.executable)
    if environment in python.parents:  # --clear removes it
        python = python.resolve()
    _run(python, "-I", "-m", "venv", "--clear", environment)
    python = environment / "bin" / "python"
    _run(python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)


def _run(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - the words are ours and those of our pyproject.toml
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        _give_up(f"{done.stdout.strip()}\ncommand failed: {shlex.join(map(str, command))}")


def _note(text: str) -> None:
    sys.stderr.write(visible_lines(f"kubectl flux-status: {text}\n"))


def _give_up(text: str) -> NoReturn:
    _note(text)
    sys.exit(Exit.NO_VERDICT)
