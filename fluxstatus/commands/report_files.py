"""`--report FORMAT=FILE`: the report in more formats, each in a file of its own."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from typer import BadParameter

from fluxstatus.base.files import replace_file
from fluxstatus.base.similar import did_you_mean
from fluxstatus.base.visible import visible_lines
from fluxstatus.model.findings import Report
from fluxstatus.report import RENDER, CheckFormat, Format, Look

FORMATS: tuple[CheckFormat, ...] = get_args(CheckFormat)


class ReportFile(NamedTuple):
    """A file, and the format of the report in it."""

    format: CheckFormat
    path: Path


def report_file(text: str) -> ReportFile:
    """Return the format and the file in FORMAT=FILE. Raises BadParameter."""
    name, _, path = text.partition("=")
    if not path:
        raise BadParameter(
            f"{text!r} is not in the form FORMAT=FILE; for example: junit=report.xml"
        )
    form = next((one for one in FORMATS if one == name), None)
    if not form:
        meant = did_you_mean(
            name, list(map(str, FORMATS)), f"the formats are {', '.join(FORMATS)}", repr
        )
        raise BadParameter(f"{name!r} is not a format; {meant}")
    return ReportFile(form, Path(path))


def conflict(files: Sequence[ReportFile], used: Mapping[str, Path | None]) -> str:
    """Return why *files* cannot be written, which is said before the check; empty if they can.

    *used* are the files of other options, by option.
    """
    others = {os.path.realpath(file): option for option, file in used.items() if file}
    seen: set[str] = set()
    for path in (one.path for one in files):
        real = os.path.realpath(path)
        if real in seen:
            return f"--report cannot write two formats to {path}"
        if real in others:
            return f"--report cannot write to {path}, which is the file of {others[real]}"
        if reason := _error_or_obstacle(path):
            return f"{path} cannot be written: {reason}"
        seen.add(real)
    return ""


def _error_or_obstacle(file: Path) -> str:
    """Return as `_obstacle`, or what the system says of the path, such as that it is too long."""
    try:
        return _obstacle(file)
    except OSError as error:
        return error.strerror or f"{error}"


def _obstacle(file: Path) -> str:
    """Return why *file* cannot be replaced; empty if it can, as far as can be seen."""
    folder = Path(os.path.realpath(file)).parent if file.is_symlink() else file.parent
    if str(file) == "-" or _is_output(file):  # what is printed would be lost with the old file
        return "the output of this command goes there; select its format with -o"
    if file.exists() and not file.is_file():
        return "it is not a regular file"
    if not folder.is_dir():
        return f"directory {folder} does not exist"
    return "" if os.access(folder, os.W_OK) else f"no permission to create files in {folder}"


def _is_output(file: Path) -> bool:
    """Return whether standard output or standard error goes to *file*."""
    try:
        about = file.stat()
        outputs = [os.fstat(stream.fileno()) for stream in (sys.stdout, sys.stderr)]
    except (OSError, ValueError):  # it is not there, or a stream is no file
        return False
    return any(os.path.samestat(about, one) for one in outputs)


def write(files: Iterable[ReportFile], report: Report, look: Look) -> Iterator[str]:
    """Write *report* into each of *files*, and yield why one could not be written."""
    return write_as(files, lambda form, plain: RENDER[form](report, plain), look)


def write_as(
    files: Iterable[ReportFile], render: Callable[[CheckFormat, Look], str], look: Look
) -> Iterator[str]:
    """Write what *render* returns into each of *files*, and yield why one could not be written.

    A file is replaced in one step or not at all. An old file keeps its mode; a new one has that of
    any new file. A symbolic link is kept, and its target is replaced. Only text can be brief: the
    short JSON document is another kind of document.
    """
    for one in files:
        brief = look.brief and one.format in {Format.TEXT, Format.WIDE}
        plain = look._replace(color=False, ascii=False, wide=one.format is Format.WIDE, brief=brief)
        text = visible_lines(render(one.format, plain))
        try:
            target = one.path.resolve()
            like = target.stat() if target.exists() else None
            replace_file(target, text.encode(), like=like, mode=0o666)
        except (OSError, RuntimeError) as error:
            yield f"{one.path} could not be written: {getattr(error, 'strerror', '') or error}"
