"""Words of kubectl and flux that this program does not have, each with what to type instead.

This is the only table of them. A value is what follows `kubectl flux-status`; in it `{typed}` is
the object that was typed, `{rest}` is all that was, and KIND/NAME is for the user to fill in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import typer

from fluxstatus.base.masking import mask
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kubectl_flags import LIVE
from fluxstatus.report.terminal import command_line

COMMANDS: Mapping[str, Mapping[str, str]] = {
    "": {
        "annotate": "reconcile {typed}",
        "auth": "rbac",
        "bootstrap": "preflight",
        "check": "",
        "debug": "explain {typed}",
        "describe": "explain {typed}",
        "doctor": "",
        "export": "get {typed} -o yaml",
        "health": "",
        "help": "{rest} --help",
        "install": "preflight",
        "log": "logs {rest}",
        "ls": "get all",
        "plan": "upgrade plan",
        "port-forward": "ui",
        "rollout": "reconcile KIND/NAME",
        "root-cause": "",
        "stats": "--all",
        "status": "",
        "top": "get components",
        "trace": "owner {typed}",
        "watch": "--watch",
        "why": "explain {typed}",
    },
    "mcp": {
        "add": "mcp setup",
        "check": "mcp verify",
        "get": "mcp status",
        "install": "mcp setup",
        "list": "mcp status",
        "show": "mcp status",
        "test": "mcp verify",
        "uninstall": "mcp remove",
    },
}
"""Commands, by the group in which they are looked for."""

WRITING: Mapping[str, str] = {
    **dict.fromkeys(
        ("apply", "cp", "create", "delete", "edit", "exec", "patch", "scale"), "kubectl"
    ),
    **dict.fromkeys(("build", "diff", "push", "resume", "suspend", "uninstall"), "flux"),
}
"""Commands that change something or need the files in Git, with the program that has them."""

_CONTROLLERS = ("pod", "pods", "po", "deployment", "deployments", "deploy")
_SECRETS = ("secret", "secrets")
_CREDENTIALS = dict.fromkeys(_SECRETS, "credentials KIND/NAME")
_OWNER = dict.fromkeys((*_CONTROLLERS, "job", "service", "svc", "configmap", "cm"), "owner {typed}")
OF_FLUX = "--step operator,components --all"
"""The options that show the state of a pod or a Deployment of Flux."""

NO_KINDS: Mapping[str, Mapping[str, str]] = {
    "get": {
        **dict.fromkeys((*_CONTROLLERS, "controllers", "operator"), "get components"),
        **_CREDENTIALS,
        **dict.fromkeys(("event", "events", "ev"), "events"),
        **dict.fromkeys(("log", "logs"), "logs"),
        **dict.fromkeys(("version", "versions"), "versions"),
        "inventory": "inventory",
    },
    "credentials": _CREDENTIALS,
    "explain": {**_OWNER, **_CREDENTIALS},
    "reconcile": {**_OWNER, **_CREDENTIALS},
    "tree": {**_OWNER, **_CREDENTIALS},
}
"""Words for kinds that are not Flux kinds, by command."""

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "events": {"--level": "--type", "--types": "--type"},
    "get": {
        "--field-selector": "--kind, --not-ready or -n",
        "--ready-status": "--not-ready",
        "--status-selector": "--not-ready",
    },
    "logs": {"--kind": "--for KIND/NAME", "--level": "--errors", "--name": "--for KIND/NAME"},
}
"""Options of flux and flux-operator, by command."""

_SAVED = ("--from", "--demo")

FLUX_KINDS: Mapping[str, Mapping[str, str]] = {
    "sources": {
        "bucket": "Bucket",
        "chart": "HelmChart",
        "external": "ExternalArtifact",
        "git": "GitRepository",
        "helm": "HelmRepository",
        "oci": "OCIRepository",
    },
    "images": {
        "policy": "ImagePolicy",
        "repository": "ImageRepository",
        "update": "ImageUpdateAutomation",
    },
    "artifacts": {"generator": "ArtifactGenerator"},
}
"""The kinds that `flux get` names with two words (`flux get sources git`); these words work in
`get`, too."""


class WordError(typer.TyperException):
    """A word that is not known here; its message, one line, says what to type."""

    exit_code = 2

    def show(self, file: Any) -> None:
        """Write the message as the other errors of the command line are written."""
        file.write(f"Error: {self}\n")


class Line(NamedTuple):
    """What was typed besides the word: the objects, the options that are known, and the rest."""

    arguments: Sequence[str] = ()
    options: Sequence[str] = ()
    rest: Sequence[str] = ()


def instead(wanted: str, line: Line) -> str:
    """Return the command line of *wanted*, a value of these tables, with what was typed."""
    fields = {"typed": _object(line.arguments), "rest": line.arguments}
    words: list[str] = []
    for word in wanted.split():
        named = re.fullmatch(r"{(\w+)}", word)
        words += fields[named[1]] if named else [word]
    return command_line(("kubectl", "flux-status", *words, *map(mask, line.options)))


def _object(arguments: Sequence[str]) -> Sequence[str]:
    """Return *arguments* if they name an object, as KIND/NAME or KIND NAME."""
    names = not any(word.startswith("-") for word in arguments) and "/".join(arguments).count("/")
    return arguments if names == 1 else ("KIND/NAME",)


def no_kind(
    command: str, words: Sequence[str], kind: str, flags: Sequence[str], *, saved: bool
) -> str:
    """Return what to type instead of *command* with *words*, whose *kind* is none of Flux.

    Return an empty text if nothing is. *flags* are the options of the call that any command has;
    *saved* is whether it reads a saved cluster.
    """
    wanted = NO_KINDS.get(command, {}).get(kind.partition(".")[0].lower())
    if wanted is None:
        return ""
    name = "/".join(words).partition("/")[2]
    if command == "explain" and name.startswith(_NAMES) and wanted.startswith("owner "):
        wanted = OF_FLUX
    if saved and wanted.partition(" ")[0] in LIVE:
        return f"to query a cluster instead of a snapshot, use: {instead(wanted, Line(words))}"
    return f"use: {instead(wanted, Line(words, flags))}"


_NAMES = tuple({kind.controller for kind in KINDS.values()})


def no_command(group: Any, context: Any, words: Sequence[str], args: Sequence[str]) -> None:
    """Raise WordError if the first of *args*, no command of *group*, has a counterpart.

    *words* are all words of the group; *args* are their end.
    """
    word, *after = args
    others = (*words[: len(words) - len(args)], *after)
    if program := WRITING.get(word) if context.parent is None else None:
        elsewhere = command_line((program, word, *map(mask, _without_token(after))))
        raise WordError(f"there is no command {word!r} in this read-only program; use: {elsewhere}")
    wanted = COMMANDS.get("" if context.parent is None else context.info_name, {}).get(word)
    if wanted is None:
        return
    line = _line(_command(group, wanted), others)
    how = "use"
    if any("--demo" in one or "--from" in one for one in line.rest):
        how = "to query a cluster instead of a snapshot, use"
    raise WordError(f"there is no command {word!r}; {how}: {instead(wanted, line)}")


def _without_token(words: Sequence[str]) -> Iterator[str]:
    """Yield *words* without a token, which is secret."""
    for before, word in zip(("", *words), words, strict=False):
        if before != "--token" and word.partition("=")[0] != "--token":
            yield word


def no_option(context: Any, error: typer.TyperException) -> None:
    """Raise WordError if *error* is about an option that has a counterpart."""
    name, command = getattr(error, "option_name", ""), context.info_name
    wanted = OPTIONS.get(command, {}).get(name)
    if not hasattr(error, "possibilities"):
        return
    if wanted:
        raise WordError(f"`{command}` has no option {name}; use {wanted}") from error
    if name in _SAVED and command in LIVE:
        raise WordError(f"`{command}` cannot read a snapshot, so it has no {name}") from error


def _command(group: Any, wanted: str) -> Any:
    """Return the command that *wanted* begins with, *group* itself if it begins with an option."""
    for word in wanted.split():
        if word not in getattr(group, "commands", {}):
            break
        group = group.commands[word]
    return group


def _line(command: Any, words: Sequence[str]) -> Line:
    """Return *words* as *command* understands them; `rest` is what it does not know."""
    context = typer.Context(command, resilient_parsing=True, ignore_unknown_options=True)
    context.allow_interspersed_args = True
    values, arguments, given = command.make_parser(context).parse_args(list(words))
    options: list[str] = []
    for one in dict.fromkeys(given):
        if one.param_type_name == "option" and one.name not in ("token", "help"):
            options += _option(one, values[one.name])
    rest = [word for word in arguments if word.startswith("-")]
    return Line([] if rest else _positional(arguments, values, given), options, rest)


def _positional(
    arguments: Sequence[str], values: Mapping[str, Any], given: Iterable[Any]
) -> list[str]:
    found = list(arguments)
    for one in dict.fromkeys(given):
        if one.param_type_name == "argument":
            value = values[one.name] or ()
            found = [*([value] if isinstance(value, str) else value), *found]
    return found


def _option(option: Any, value: Any) -> Iterator[str]:
    name = min(option.opts, key=len)
    if option.is_flag:
        yield name
        return
    for one in [value] if isinstance(value, str) else value:
        yield from (f"{max(option.opts, key=len)}={one}",) if one.startswith("-") else (name, one)
