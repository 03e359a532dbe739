"""Faults that are known already: accepted ones, and those of an earlier report."""

# ruff: noqa: PLC0415 - imported where needed, so that start-up does not wait for it

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from typer import BadParameter, Option

from fluxstatus.commands.options import SnapshotInput
from fluxstatus.model.evidence import Evidence
from fluxstatus.model.findings import Report

if TYPE_CHECKING:
    from fluxstatus.checks.since import View
    from fluxstatus.cluster.client import ApiClient
    from fluxstatus.model.accept_list import AcceptList

_KEYS = ("accept.toml", "accept.json")
_NOT_READ = "it was not read"
_OF_SNAPSHOTS = re.compile(rb'"format"\s*:\s*"flux-status-snapshot"')

Assess: TypeAlias = Callable[[Evidence], Report]
AcceptFile = Annotated[
    Path | None,
    Option(
        metavar="FILE",
        help="Accept the faults in FILE: they are shown, but do not change the exit code",
    ),
]


@dataclass(kw_only=True, eq=False, repr=False)
class Known:
    """The faults that are known already."""

    panel: ClassVar = "Known faults"

    accept: AcceptFile = None
    accept_from: Annotated[
        str,
        Option(metavar="NS/CONFIGMAP", help="Accept the faults in a ConfigMap of the cluster"),
    ] = ""
    since_snapshot: Annotated[
        Path | None,
        Option(
            metavar="FILE",
            help="Show the faults that are new since FILE, a snapshot or a JSON report",
        ),
    ] = None

    def conflict(self, saved: SnapshotInput, *, fail_on_new: bool) -> str:
        """Return why these options cannot be combined; empty when they can."""
        if self.accept and self.accept_from:
            return "--accept and --accept-from are mutually exclusive"
        if self.accept_from and saved.flag:
            return f"--accept-from cannot be used with {saved.flag}, which contacts no cluster"
        if fail_on_new and not self.since_snapshot:
            return "--fail-on new requires --since-snapshot"
        return ""


class Accepting:
    """The list of accepted faults: that of a file, or of a ConfigMap that is read with the cluster.

    `list` is None without either. Raises BadParameter.
    """

    def __init__(self, known: Known) -> None:
        self._from = known.accept_from
        self._namespace, self._name = _parts(known.accept_from) if known.accept_from else ("", "")
        self.list: AcceptList | None = _in_file(known.accept) if known.accept else None
        self.start()

    def start(self) -> None:
        """Forget the ConfigMap: as long as it is not read again, nothing is accepted."""
        if self._from:
            from fluxstatus.model.accept_list import AcceptList

            self.list = AcceptList(f"ConfigMap {self._from}", unread=_NOT_READ)

    @property
    def read(self) -> "Callable[[ApiClient], None] | None":
        """The function that reads the ConfigMap, None without one."""
        return self._read if self._from else None

    def _read(self, api: "ApiClient") -> None:
        from fluxstatus.cluster.config_map import text_in
        from fluxstatus.cluster.processes import ProgramError
        from fluxstatus.model.accept_list import AcceptError, AcceptList, parse

        source = f"ConfigMap {self._from}"
        try:
            text = text_in(api, self._namespace, self._name, _KEYS)
            self.list = parse(text.encode(errors="surrogatepass"), source)
        except AcceptError as error:
            self.list = AcceptList(source, unread=f"{error}")
        except ProgramError as error:
            self.list = AcceptList(source, unread=error.unread.full_text)


def _parts(text: str) -> tuple[str, str]:
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise BadParameter(f"{text!r} is not NS/CONFIGMAP", param_hint="--accept-from")
    return namespace, name


def _in_file(file: Path) -> "AcceptList":
    """Return the list in *file*. Raises BadParameter."""
    from fluxstatus.base.files import read_file
    from fluxstatus.base.masking import mask
    from fluxstatus.model.accept_list import LIMIT, AcceptError, parse

    try:
        return parse(read_file(file, LIMIT), str(file))
    except (OSError, AcceptError) as error:
        reason = getattr(error, "strerror", None) or f"{error}"
        raise BadParameter(mask(f"{file}: {reason}"), param_hint="--accept") from error


def comparing(known: Known, assess: Assess) -> Assess:
    """Return *assess*, whose reports have the changes since the file, if there is one.

    Raises SnapshotError.
    """
    if known.since_snapshot is None:
        return assess
    from fluxstatus.checks.since import compared

    earlier = view_in(known.since_snapshot, assess)
    return lambda evidence: compared(assess(evidence), earlier, str(known.since_snapshot))


def view_in(file: Path, assess: Assess) -> "View":
    """Return what is in *file*: a report, or a snapshot, which *assess* checks.

    Raises SnapshotError.
    """
    from fluxstatus.base.files import read_file
    from fluxstatus.checks.since import view_of
    from fluxstatus.model.snapshot import LIMIT, SnapshotError, loads

    try:
        is_pipe = str(file) == "-"
        data = sys.stdin.buffer.read(LIMIT + 1) if is_pipe else read_file(file, LIMIT)
    except OSError as error:
        reason = error.strerror or f"{error}"
        raise SnapshotError(f"{file} could not be read: {reason}") from error
    if not _is_report(data):
        return view_of(assess(loads(data, str(file))))
    from fluxstatus.report.from_json import view_in as in_report

    try:
        return in_report(data)
    except ValueError as error:
        raise SnapshotError(f"{file} {error}") from error


def _is_report(data: bytes) -> bool:
    """Return whether *data* is a report and no snapshot, whatever the order of its keys is.

    Within a string of JSON each quote has a backslash, so these are the keys themselves.
    """
    return b'"schemaVersion"' in data and not _OF_SNAPSHOTS.search(data)
