"""The output formats that only kubectl has, and the command of kubectl that prints the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

import typer

from fluxstatus.commands.options import Connection
from fluxstatus.lookup.names import kind_called, split
from fluxstatus.model.errors import ArgumentError
from fluxstatus.report.terminal import command_line

AsKubectl: TypeAlias = Callable[[Mapping[str, Any], str], Iterator[str]]
"""Yields the arguments of kubectl for the objects of a command, in a namespace or in all (""). The
first argument is the parameters of the command. Raises ArgumentError.
"""

_ABOUT_ONE = frozenset({"conditions", "explain", "owner", "tree"})
"""The commands about KIND/NAME."""

_SNAPSHOTS = ("from_", "demo")
_FILTERS = ("kind", "not_ready", "suspended", "suspended_longer", "stale", "reconciling", "since",
            "type", "tail")  # fmt: skip
"""Options that choose objects or events, and that `kubectl get` does not have."""


class FormatError(typer.TyperException):
    """A format of kubectl; the message, one line, says what to type."""

    exit_code = 2

    def show(self, file: Any) -> None:
        """Write the message as other errors are written."""
        file.write(f"Error: {self}\n")


def refuse(
    command: str, as_kubectl: AsKubectl | None, form: str, params: Mapping[str, Any]
) -> None:
    """Raise FormatError for *form* in `kubectl flux-status COMMAND` with these parameters."""
    name = form.partition("=")[0]
    if command in _ABOUT_ONE:
        as_kubectl = _object
    if as_kubectl is None or any(map(params.get, _SNAPSHOTS)):
        raise FormatError(f"-o {name} is a format of kubectl; use -o json, for example with jq")
    flags = Connection(**{one.name: params[one.name] for one in fields(Connection)}).flags(
        but_for=("token",)
    )
    namespaces = () if params.get("all_namespaces") else params.get("namespace") or ()
    try:
        lines = [
            command_line(("kubectl", *as_kubectl(params, where), *flags, "-o", form))
            for where in namespaces or ("",)
        ]
    except ArgumentError as error:
        raise FormatError(f"{error}") from error
    lost = [f"--{one.replace('_', '-')}" for one in _FILTERS if params.get(one)]
    without = f" (without {', '.join(lost)})" if lost else ""
    raise FormatError(f"-o {name} is a format of kubectl; use{without}: {'; '.join(lines)}")


def _object(params: Mapping[str, Any], namespace: str) -> Iterator[str]:
    """Yield the arguments of kubectl for a command about KIND/NAME."""
    kind, name = split(params["words"])
    yield from ("get", f"{_resource(kind)}/{name}")
    yield from ("-n", namespace) if namespace else ()


def _resource(kind: str) -> str:
    try:
        return kind_called(kind).resource
    except ArgumentError:  # not of Flux
        return kind


_FORMATS = ("jsonpath", "go-template", "custom-columns", "template")


def without_format(args: Sequence[str]) -> tuple[str, list[str]]:
    """Return the format of kubectl in *args*, and the others; an empty text without one."""
    rest: list[str] = []
    form, takes = "", False
    for one in args:
        value = one if takes else ""
        for option in ("--output=", "-o=", "-o"):
            if not takes and one.startswith(option) and one not in ("-o", "--output"):
                value = one.removeprefix(option)
                break
        if value.startswith(_FORMATS):
            form = value
            rest = rest[:-1] if takes else rest
        else:
            rest.append(one)
        takes = one in ("-o", "--output")
    return form, rest
