"""`version`: the version, where it is installed, and whether its files match the release."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from fluxstatus import __version__
from fluxstatus.base.plurals import counted
from fluxstatus.base.visible import visible
from fluxstatus.commands import console
from fluxstatus.commands.options import Output
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format
from fluxstatus.report.as_json import versioned

if TYPE_CHECKING:
    from fluxstatus.commands.version.integrity import Verified

_PYTHON = ".".join(map(str, sys.version_info[:3]))
_CHECKOUT = "the release's hashes are missing; in a Git checkout, run `git status` to see changes"


def show(
    *,
    verify: Annotated[
        bool,
        Option(
            "--verify",
            help="Compare the installed files with the release's hashes",
            rich_help_panel="What to show",
        ),
    ] = False,
    output: Output = Format.TEXT,
    _: Annotated[  # as for `kubectl version`: this is always only the client
        bool, Option("--client", hidden=True)
    ] = False,
) -> None:
    """Show the plugin version, and whether its files were modified.

    Also shows the Python version, the plugin's files and its documentation. With --verify,
    compares the files with the release.

    \b
    Exit codes with --verify:
      0    every file matches the release
      1    a file was changed, removed or added
      3    the release's hashes are missing, for example in a Git checkout
    """  # noqa: D301 - \b keeps lines apart
    verified = _verify() if verify else None
    console.put(_RENDER[output](verified, requested=verify))
    if verify:
        raise typer.Exit(_code(verified))


def _verify() -> "Verified | None":
    from fluxstatus.commands.version import integrity  # noqa: PLC0415 - it takes 40 ms, only for --verify

    return integrity.verify()


def _code(verified: "Verified | None") -> Exit:
    if verified is None:
        return Exit.NO_VERDICT
    return Exit.UNHEALTHY if verified.differences else Exit.HEALTHY


def _as_text(verified: "Verified | None", *, requested: bool) -> str:
    rows = [
        ("python", f"{_PYTHON}, {sys.executable}"),
        ("files", f"{_folder()}"),
        *[("docs", f"{page}") for page in [_documentation()] if page],
    ]
    if verified:
        rows += [("by", verified.by)]
        rows += [("sha256", verified.sha256)] if verified.sha256 else []
        rows += [("differs", f"{one.path}: {one.how}") for one in verified.differences]
        wrong = len(verified.differences)
        matching = f"all {counted(verified.files, 'file')} match the release"
        rows += [("verify", f"{wrong} of {verified.files} files differ" if wrong else matching)]
    elif requested:
        rows += [("verify", _CHECKOUT)]
    lines = (f"{name:<9}{visible(text)}\n" for name, text in rows)
    return f"kubectl flux-status {__version__}\n" + "".join(lines)


def _as_json(verified: "Verified | None", *, requested: bool) -> str:
    del requested
    page = _documentation()
    document: dict[str, Any] = {
        "tool": {"name": "kubectl-flux-status", "version": __version__},
        "python": {"version": _PYTHON, "path": sys.executable},
        "path": f"{_folder()}",
        "documentation": page and f"{page}",
        "verified": verified
        and {
            "by": verified.by,
            "sha256": verified.sha256,
            "files": verified.files,
            "differences": [{"path": one.path, "how": one.how} for one in verified.differences],
        },
    }
    return versioned(document)


def _folder() -> Path:
    return Path(__file__).parents[2]


def _documentation() -> Path | None:
    """Return the index of the documentation: of a checkout, an archive or a package of pip."""
    folder, package = _folder(), Path(sys.prefix, "share", "doc", "kubectl-flux-status")
    pages = (place / "docs" / "README.md" for place in (folder, folder.parent, package))
    return next((page for page in pages if page.is_file()), None)


_RENDER = {Format.TEXT: _as_text, Format.JSON: _as_json}
