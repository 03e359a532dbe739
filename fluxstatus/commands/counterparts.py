"""Words of kubectl and flux that this program does not have, each with what to type instead.

This is the only table of them. A value is what follows `kubectl flux-status`; in it `{typed}` is
the object that was typed, `{rest}` is all that was, and KIND/NAME is for the user to fill in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import typer

from fluxstatus.base.masking import mask
from fluxstatus.lookup.names import FLUX_WORDS, flux_group, kind_called
from fluxstatus.model.errors import UnknownKindError
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kubectl_flags import LIVE, renamed
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
_OTHERS = (
    "configmap", "configmaps", "cm", "cronjob", "cronjobs", "cj", "daemonset", "daemonsets", "ds",
    "ingress", "ingresses", "ing", "job", "jobs", "pvc", "replicaset", "replicasets", "rs",
    "service", "services", "svc", "serviceaccount", "serviceaccounts", "sa", "statefulset",
    "statefulsets", "sts",
)  # fmt: skip
_OWNER = dict.fromkeys((*_CONTROLLERS, *_OTHERS), "owner {typed}")
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

OF_KUBECTL = frozenset({
    *_OTHERS, "crd", "crds", "customresourcedefinitions", "hpa", "namespace", "namespaces", "ns",
    "networkpolicies", "netpol", "no", "node", "nodes", "pv",
})  # fmt: skip
"""Kinds that `get` leaves to `kubectl get`."""

_LISTED = ("all", "components", "images", "sources")
"""The words of `get` for several kinds."""

OF_ANY_KIND = ("conditions", "events", "owner")
"""The commands about an object of any kind, of which a snapshot has only a few."""

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "": {
        **dict.fromkeys(("--selector", "-l"), "get all -l LABELS"),
        **dict.fromkeys(("--follow", "-f", "--tail"), "logs --help"),
        "--errors": "logs --errors",
        "--for": "events --for KIND/NAME",
        "--kind": "get KIND",
        "--not-ready": "get all --not-ready",
        "--since": "events --since AGE",
        "--stale": "get all --stale",
        "--suspended": "get all --suspended",
    },
    "events": {"--level": "--type", "--types": "--type"},
    "get": {
        "--field-selector": "--kind, --not-ready or -n",
        "--ready-status": "--not-ready",
        "--status-selector": "--not-ready",
    },
    "logs": {"--kind": "--for KIND/NAME", "--level": "--errors", "--name": "--for KIND/NAME"},
}
"""Options of flux and flux-operator, by command; of the check (""), those of other commands."""

_SAVED = ("--from", "--demo")
_LIVE = "to query a cluster instead of a snapshot, use"

FLUX_KINDS = {
    "Alert": "alert",
    "HelmRelease": "helmrelease",
    "Kustomization": "kustomization",
    "Provider": "alert-provider",
    "Receiver": "receiver",
    **{
        kind: f"{group.removesuffix('s')} {word}"
        for group in ("sources", "images")
        for word, kind in FLUX_WORDS[group].items()
        if kind != "ExternalArtifact"
    },
}
"""The words of flux for the kinds that it can suspend, resume, create and delete."""

FLUX_OPERATOR_KINDS = {
    "FluxInstance": "instance",
    "ResourceSet": "resourceset",
    "ResourceSetInputProvider": "inputprovider",
}
"""The words of flux-operator for the kinds that it can suspend and resume."""


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
    word = kind.partition(".")[0].lower()
    wanted = NO_KINDS.get(command, {}).get(word)
    if wanted is None and command == "get" and word in OF_KUBECTL:
        argv = ("kubectl", "get", *words, *(() if saved else _of_kubectl(words, flags)))
        return f"{_LIVE if saved else 'use'}: {command_line(argv)}"
    if wanted is None and command in OF_ANY_KIND and saved:
        wanted = f"{command} {{typed}}"
        return f"{_LIVE}: {instead(wanted, Line(words))}"
    if wanted is None:
        return ""
    name = "/".join(words).partition("/")[2]
    if command == "explain" and name.startswith(_NAMES) and wanted.startswith("owner "):
        wanted = OF_FLUX
    if saved and wanted.partition(" ")[0] in LIVE:
        return f"{_LIVE}: {instead(wanted, Line(words))}"
    return f"use: {instead(wanted, Line(words, flags))}"


def _of_kubectl(words: Sequence[str], flags: Sequence[str]) -> Sequence[str]:
    """Return *flags* for kubectl, which lists all namespaces only if it is asked to."""
    is_list = len(words) == 1 and "/" not in words[0] and "-n" not in flags
    return ("-A", *flags) if is_list else flags


_NAMES = tuple({kind.controller for kind in KINDS.values()})


def no_command(group: Any, context: Any, words: Sequence[str], args: Sequence[str]) -> None:
    """Raise WordError if the first of *args*, no command of *group*, has a counterpart.

    *words* are all words of the group; *args* are their end.
    """
    word, *after = args
    others = (*words[: len(words) - len(args)], *after)
    if word in WRITING and context.parent is None:
        elsewhere = command_line(_elsewhere(word, [*map(mask, _for_others(after))]))
        raise WordError(f"there is no command {word!r} in this read-only program; use: {elsewhere}")
    wanted = COMMANDS.get("" if context.parent is None else context.info_name, {}).get(word)
    if wanted is None and context.parent is None:
        wanted = _about_objects(args)
    if wanted is None:
        return
    line = _line(_command(group, wanted), others)
    how = "use"
    if any("--demo" in one or "--from" in one for one in line.rest):
        how = _LIVE
    raise WordError(f"there is no command {word!r}; {how}: {instead(wanted, line)}")


def _about_objects(args: Sequence[str]) -> str | None:
    """Return the command for *args* that begin with a kind or an object; None if they do not."""
    kind, _, name = args[0].partition("/")
    name = name or next((word for word in args[1:2] if not word.startswith("-")), "")
    is_flux = bool(_kind_of([kind]))
    if name and (is_flux or kind.lower() in _OWNER):
        return f"{'explain' if is_flux else 'owner'} {kind}/{name}"
    if name or not (is_flux or kind.lower() in (*_LISTED, *_CONTROLLERS)):
        return None
    return NO_KINDS["get"].get(kind.lower(), f"get {kind}")


def _for_others(words: Sequence[str]) -> Iterator[str]:
    """Yield *words* without a token, which is secret, and without a snapshot."""
    for before, word in zip(("", *words), words, strict=False):
        if before in ("--token", "--from"):
            continue
        if word.partition("=")[0] not in ("--token", *_SAVED):
            yield word


def _elsewhere(word: str, typed: Sequence[str]) -> Sequence[str]:
    """Return the command *word* with what was *typed*, as another program takes it.

    flux names a kind in its own words, and takes KIND NAME and never KIND/NAME.
    """
    program = WRITING[word]
    if program == "kubectl":
        is_flux = flux_group(typed) or (word == "create" and _kind_of(typed))
        return ("flux" if is_flux else program, word, *typed)
    kind = _kind_of(typed)
    first, *others = typed or ("",)
    names = [name for name in first.partition("/")[2:] if name]
    if kind in FLUX_KINDS:
        return (program, word, *FLUX_KINDS[kind].split(), *names, *others)
    if kind in FLUX_OPERATOR_KINDS and word in ("suspend", "resume"):
        others = [renamed(one, "flux-operator") for one in others]
        return ("flux-operator", word, FLUX_OPERATOR_KINDS[kind], *names, *others)
    return (program, word, *typed)


def _kind_of(typed: Sequence[str]) -> str:
    """Return the Flux kind that *typed* begins with, as KIND or KIND/NAME; empty if none."""
    if not typed or typed[0].startswith("-"):
        return ""
    try:
        return kind_called(typed[0].partition("/")[0]).name
    except UnknownKindError:
        return ""


def no_option(context: Any, error: typer.TyperException) -> None:
    """Raise WordError if *error* is about an option that has a counterpart."""
    name = getattr(error, "option_name", "")
    command = context.info_name if context.parent else ""
    wanted = OPTIONS.get(command, {}).get(name)
    if not hasattr(error, "possibilities"):
        return
    if wanted and not command:
        use = command_line(("kubectl", "flux-status", *wanted.split()))
        raise WordError(f"the check has no option {name}; use: {use}") from error
    if wanted:
        raise WordError(f"`{command}` has no option {name}; use {wanted}") from error
    if name in _SAVED and command in LIVE:
        raise WordError(_no_snapshot(command, name)) from error


def no_argument(context: Any, error: typer.TyperException) -> None:
    """Raise WordError with an example if *error* is about a missing argument."""
    if type(error).__name__ != "MissingParameter":
        return
    called = f"kubectl flux-status {context.info_name} "
    lines = (line.strip() for line in (context.command.epilog or "").splitlines())
    examples = (line.partition("  ")[0] for line in lines if line.startswith(called))
    example = next((one for one in examples if not one.endswith("\\")), "")
    if example:
        raise WordError(f"{error.format_message().rstrip('.')}; for example: {example}") from error


def not_handed_down(command: str, name: str) -> WordError:
    """Return the error that the option *name*, typed before *command*, is none of it."""
    if name in _SAVED and command in LIVE:
        return WordError(_no_snapshot(command, name))
    see = command_line(("kubectl", "flux-status", command, "--help"))
    return WordError(f"{name} is not an option of `{command}`; see: {see}")


def _no_snapshot(command: str, name: str) -> str:
    return f"`{command}` cannot read a snapshot, so it has no {name}"


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
