"""Extensions of typer: groups of options, plain help in panels, and lazy subcommands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from functools import wraps
from importlib import import_module
from inspect import Parameter, Signature, signature
from itertools import chain
from textwrap import wrap
from typing import Annotated, Any, ClassVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from fluxstatus.model.codes import Code

_OF_KUBECTL = ("jsonpath", "template", "custom-columns")
_OTHER = "Other"  # the title of the last panel
_AS_IN_KUBECTL = frozenset({
    "cluster", "user", "as_", "as_group", "as_uid", "token", "server", "tls_server_name",
    "certificate_authority", "client_certificate", "client_key", "insecure_skip_tls_verify",
    "request_timeout", "cache_dir",
})  # fmt: skip
"""The options of every command that kubectl has, too, but that are seldom typed."""
_NAMES = 29  # columns for the names of options, the same in all panels


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return *command* for typer: each group of options is replaced by the options in it.

    A group is a dataclass like those of options.py. *command* is called with the filled group.
    """
    parameters = signature(command, eval_str=True).parameters.values()
    groups: dict[str, Any] = {
        one.name: one.annotation for one in parameters if is_dataclass(one.annotation)
    }

    @wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{one.name: values.pop(one.name) for one in fields(group)})
        command(**values)

    flat = (_parameters(groups[one.name]) if one.name in groups else [one] for one in parameters)
    by_name = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in chain(*flat)]
    run.__signature__ = Signature(by_name)  # type: ignore[attr-defined]
    return run


def _parameters(group: Any) -> Iterator[Parameter]:
    for one in fields(group):
        kind, option = get_args(one.type)
        option = copy(option)  # it may be in another group as well
        option.rich_help_panel = group.panel
        if option.default is ...:  # without a name typer 0.27 would use the metavar
            option.param_decls = ("--" + one.name.replace("_", "-"),)
        default = one.default_factory() if callable(one.default_factory) else one.default
        yield Parameter(
            one.name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
        )


def hand_down(context: Any) -> None:
    """Pass the options before the name of a subcommand on to it, as kubectl does.

    A group of subcommands passes them on in turn.
    """
    name = context.invoked_subcommand
    given = context.meta.setdefault("handed down", {})
    for option in context.command.params:
        if context.get_parameter_source(option.name).name == "COMMANDLINE":
            given[option.name] = option.opts[0], context.params[option.name]
    command = context.command.commands[name]
    if isinstance(command, PlainGroup):
        return
    known = {option.name: option for option in command.params}
    for unknown in given.keys() - known:
        from fluxstatus.commands.counterparts import not_handed_down  # noqa: PLC0415 - only a mistake needs it

        raise not_handed_down(name, given[unknown][0])
    values = {option: _for(known[option], value) for option, (_, value) in given.items()}
    context.default_map = {name: values}


def _for(option: Any, value: Any) -> Any:
    """Return *value* for *option*: one that can be repeated takes a list."""
    is_one = getattr(option, "multiple", False) and not isinstance(value, list | tuple)
    return [value] if is_one else value


class PlainCommand(TyperCommand):
    """A command with plain help, its options below the titles of their panels.

    `as_kubectl` returns what it is about as arguments of kubectl (see kubectl_formats.py).
    """

    as_kubectl: Any = None

    def make_context(self, info_name: Any, args: list[str], *rest: Any, **more: Any) -> Any:
        """Parse *args*; for a format of kubectl the message names the command of kubectl."""
        if not any(word in one for one in args for word in _OF_KUBECTL):
            return super().make_context(info_name, args, *rest, **more)
        from fluxstatus.commands.kubectl_formats import (  # noqa: PLC0415 - hardly ever needed
            refuse,
            without_format,
        )

        form, others = without_format(args)
        context = super().make_context(info_name, others, *rest, **more)
        if form:
            refuse(info_name, self.as_kubectl, form, context.params)
        return context

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*; an option of another program gets its counterpart, none an example."""
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            from fluxstatus.commands.counterparts import (  # noqa: PLC0415 - only a mistake needs it
                no_argument,
                no_option,
            )

            no_option(ctx, error)
            no_argument(ctx, error)
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options."""
        _write_panels(self, ctx, formatter)


class PlainGroup(TyperGroup):
    """A group of commands with plain help; `late` has their modules by name.

    `with_codes` has the modules that declare codes of findings as `CODES`, by command.
    """

    late: ClassVar[Mapping[str, str]] = {}
    with_codes: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands: Any = LateCommands(self.late)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*, and keep them for what `resolve_command` suggests."""
        ctx.meta[f"words of {ctx.command_path}"] = tuple(args)
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())  # as kubectl does for a group, with exit code 0
            ctx.exit()
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            from fluxstatus.commands.counterparts import no_option  # noqa: PLC0415 - see above

            if ctx.parent is None:
                no_option(ctx, error)
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that *args* begin with; a word of another program is no typo."""
        if args[0] not in self.commands:
            from fluxstatus.commands.counterparts import no_command  # noqa: PLC0415 - see above

            no_command(self, ctx, ctx.meta[f"words of {ctx.command_path}"], args)
        return super().resolve_command(ctx, args)

    def codes(self) -> Mapping[str, Sequence[Code]]:
        """Return the codes of findings that only these commands report, by command."""
        return {name: import_module(module).CODES for name, module in self.with_codes.items()}

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the subcommands, then the options."""
        self.format_commands(ctx, formatter)
        _write_panels(self, ctx, formatter)


def app_of(commands: type[PlainGroup]) -> typer.Typer:
    """Return the app of a group of *commands* that prints its help without a subcommand."""
    return typer.Typer(
        cls=commands,
        add_completion=False,
        rich_markup_mode=None,
        no_args_is_help=True,
        subcommand_metavar="COMMAND",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


class LateCommands(Mapping[str, Any]):
    """Commands by name, each imported on first use, so that the check starts faster.

    A module has its command as the function `show`, with an optional `EPILOG` for its help and an
    optional function `as_kubectl` (see PlainCommand), or several commands as the typer app `app`.
    One that is also run in several contexts has `IN_CONTEXTS`.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __getitem__(self, name: str) -> Any:
        """Return the command *name*. Raises KeyError."""
        module = import_module(self._modules[name])
        app = getattr(module, "app", None)
        if app is None:
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            epilog = getattr(module, "EPILOG", None)
            app.command(name, cls=PlainCommand, epilog=epilog)(_options_of(module))
        command: Any = get_command(app)
        command.name = name
        command.as_kubectl = getattr(module, "as_kubectl", None)
        return command


def _options_of(module: Any) -> Callable[..., None]:
    """Return the command of *module* for typer."""
    command = with_options(module.show)
    if not getattr(module, "IN_CONTEXTS", False):
        return command
    from fluxstatus.commands.each_context import with_contexts  # noqa: PLC0415 - few commands

    return with_contexts(command)


def panels(command: Any, context: Any) -> list[tuple[str, list[Any]]]:
    """Return the arguments and options of *command* by the title of their panel, others last."""
    found: dict[str, list[Any]] = {}
    for one in command.get_params(context):
        if not one.hidden:
            found.setdefault(one.rich_help_panel or _OTHER, []).append(one)
    return sorted(found.items(), key=lambda item: item[0] == _OTHER)


def _write_panels(command: Any, context: Any, formatter: Any) -> None:
    """Write the options; of the flags of kubectl only the names, as `kubectl get --help` does."""
    for panel, members in panels(command, context):
        named = [one for one in members if one.name in _AS_IN_KUBECTL]
        records = [one.get_help_record(context) for one in members if one not in named]
        with formatter.section(panel):
            formatter.write_dl([(f"{names:{_NAMES}}", text) for names, text in records])
            if named:
                flags = ", ".join(flag for one in named for flag in reversed(one.opts))
                formatter.write(_wrapped(f'As described by "kubectl options": {flags}', formatter))


def _wrapped(text: str, formatter: Any) -> str:
    """Return *text* as indented lines; a flag stays whole, to be found and copied."""
    indent = " " * formatter.current_indent
    lines = wrap(text, formatter.width, initial_indent=indent, subsequent_indent=indent,
                 break_on_hyphens=False)  # fmt: skip
    return "".join(f"{line}\n" for line in lines)
