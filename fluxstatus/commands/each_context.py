"""`--contexts`: a command in several contexts, each in a process of its own."""

# ruff: noqa: PLC0415 - imported here, so that one context does not wait for it

import json
import os
import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fluxstatus.base.visible import visible
from fluxstatus.commands import console
from fluxstatus.commands.options import Color, Connection
from fluxstatus.model.findings import Exit
from fluxstatus.report import Format

if TYPE_CHECKING:
    from fluxstatus.cluster.processes import Output, Process, ProgramError

_OPTION = "--contexts"
_NO_MORE = "--"  # after it, all words are arguments
_AT_ONCE = 8
_CONFLICTS = {"context": "--context", "from_": "--from", "demo": "--demo", "watch": "--watch"}
"""Parameters that concern a single context or make a command run forever, with their options."""

_HEADS = {Format.YAML: "---\n# context {}", Format.NAME: "# context {}"}
_ORDER = (Exit.UNHEALTHY, Exit.NO_VERDICT, Exit.USAGE)
_SECONDS = 30.0  # for kubectl to print the kubeconfig
_LONGEST = 87600 * 3600.0  # each command keeps its own time limit

_CONTEXTS = Annotated[
    list[str],
    typer.Option(
        _OPTION,
        metavar="PATTERN",
        help="Run in each of these contexts: a name or a pattern such as 'prod-*', or '!PATTERN' "
        "to exclude contexts; repeatable",
        rich_help_panel=Connection.panel,
        show_default=False,
    ),
]


def with_contexts(command: Callable[..., None]) -> Callable[..., None]:
    """Return *command*, which has flat options, with the option to run it in several contexts."""

    @wraps(command)
    def run(**values: Any) -> None:
        if patterns := values.pop("contexts"):
            raise typer.Exit(_run(patterns, values))
        command(**values)

    option = Parameter("contexts", Parameter.KEYWORD_ONLY, default=[], annotation=_CONTEXTS)
    parameters = (*signature(command).parameters.values(), option)
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return run


def _run(patterns: Sequence[str], values: Mapping[str, Any]) -> Exit:
    """Run the command in each context, print what each prints, and return the exit code."""
    for name, option in _CONFLICTS.items():
        if values.get(name):
            raise typer.BadParameter(f"--contexts and {option} are mutually exclusive")
    names = _names(patterns, values["kubeconfig"])
    form, codes, documents = values["output"], set(), []
    words = _with(_colored(values), _without_contexts(sys.argv[1:]))
    for number, (name, output) in enumerate(_outputs(names, words)):
        code, text, errors = _result(output)
        codes.add(code)
        for line in errors.splitlines():
            console.note(f"{name}: {line}")
        if form is Format.JSON:
            documents.append(
                {"context": name, "exitCode": code, "output": _json(text), "errors": errors}
            )
        else:
            console.put_report(_head(name, form, text, is_first=number == 0) + text)
    if form is Format.JSON:
        from fluxstatus.report.as_json import versioned

        console.put(versioned({"contexts": documents}))
    unknown = {code for code in codes if code not in (Exit.HEALTHY, *_ORDER)}
    found = codes | ({Exit.NO_VERDICT} if unknown else set())
    return next((one for one in _ORDER if one in found), Exit.HEALTHY)


def _head(name: str, form: Format, text: str, *, is_first: bool) -> str:
    """Return the line above *text*, what a context prints, unless it begins with the same."""
    gap = "" if is_first or form in _HEADS else "\n"
    head = _HEADS.get(form, "context {}").format(visible(name))
    return gap if text.startswith(f"{head}\n") else f"{gap}{head}\n"


def _names(patterns: Sequence[str], kubeconfig: str) -> list[str]:
    """Return the contexts that *patterns* match; a wrong one is a usage error."""
    from fluxstatus.base.deadline import Deadline
    from fluxstatus.cluster.contexts import contexts_of
    from fluxstatus.commands.contexts import SelectionError, matching, there_are
    from fluxstatus.model.errors import UnreadError

    (found,) = contexts_of([kubeconfig], Deadline(_SECONDS))
    if found.unread:
        raise UnreadError(found.unread)
    names = [one.name for one in found.contexts]
    try:
        chosen = matching(names, patterns)
    except SelectionError as error:
        raise typer.BadParameter(f"{error}") from error
    if not chosen:
        raise typer.BadParameter(f"there is no context left; {there_are(names)}")
    return chosen


def _without_contexts(words: Sequence[str]) -> Iterator[str]:
    """Yield the *words* of the command line without --contexts and its values."""
    rest = iter(words)
    for word in rest:
        if word == _NO_MORE:
            yield from (word, *rest)
        elif word == _OPTION:
            next(rest, None)
        elif not word.startswith(f"{_OPTION}="):
            yield word


def _with(options: Sequence[str], words: Iterable[str]) -> list[str]:
    """Return the *words* of a command line with *options*, which end where `--` says so."""
    found = list(words)
    end = found.index(_NO_MORE) if _NO_MORE in found else len(found)
    return [*found[:end], *options, *found[end:]]


def _colored(values: Mapping[str, Any]) -> list[str]:
    """Return the option for colors: what prints in a process of its own sees no terminal."""
    look = console.look(values["color"], everything=False)
    return [f"--color={Color.ALWAYS}"] if look.color and values["color"] is Color.AUTO else []


def _outputs(
    names: Sequence[str], words: Sequence[str]
) -> "Iterator[tuple[str, Output | ProgramError]]":
    """Yield what this program prints with *words* in each context, a few at a time, in order."""
    from fluxstatus.base.deadline import Deadline
    from fluxstatus.cluster.processes import Process, ProgramError, ended
    from fluxstatus.commands.ourselves import ourselves

    environ = {**os.environ, "COLUMNS": f"{shutil.get_terminal_size().columns}"}
    todo = iter(names)

    def start(name: str) -> "tuple[str, Process | ProgramError]":
        try:
            own = _with([f"--context={name}"], words)
            return name, Process(ourselves(*own), environ=environ)
        except ProgramError as error:
            return name, error

    started = deque(map(start, islice(todo, _AT_ONCE)))
    try:
        while started:
            name, process = started[0]
            if isinstance(process, Process):
                process.wait(Deadline(_LONGEST))
                yield name, process.output()
                process.__exit__()
            else:
                yield name, process
            started.popleft()
            started.extend(map(start, islice(todo, 1)))
    finally:
        ended([process for _, process in started if isinstance(process, Process)])


def _result(output: "Output | ProgramError") -> tuple[int, str, str]:
    """Return the exit code, the text and the errors; a process that was killed has no verdict."""
    from fluxstatus.cluster.processes import ProgramError

    if isinstance(output, ProgramError):
        return Exit.NO_VERDICT, "", f"{output}\n"
    text = output.stdout.decode(errors="replace")
    if output.code < 0:
        return Exit.NO_VERDICT, text, f"{output.stderr}it was killed by signal {-output.code}\n"
    return output.code, text, output.stderr


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # there is none after an error
        return None
