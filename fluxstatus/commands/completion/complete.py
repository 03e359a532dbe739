"""`__complete`: the candidates for the next word, in the protocol that kubectl uses for plugins.

Each TAB starts this program again. So it reads a table, written by docs/words.py, instead of
importing the commands. Names from the kubeconfig or the cluster come from kubectl.
"""

from __future__ import annotations

from fluxstatus.base.visible import visible
from fluxstatus.commands.completion.argv import parse, passed_on, read_table, takes

TYPE_CHECKING = (
    False  # importing typing, collections and pathlib takes longer than completing a word
)
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from fluxstatus.commands.completion.argv import Line, Word

_FILES, _NO_SPACE, _NO_FILES, _FOLDERS = 0, 2, 4, 16  # cobra's ShellCompDirective
PATHS = {"FILE": _FILES, "FILES": _FILES, "DIR": _FOLDERS}
"""Kinds of values that the shell completes, with the directive for it."""

FORMAT_AND_FILE = "FORMAT=FILE"
"""The kind of a value that is a format and, after "=", a file."""

_TIMEOUT = 0.8  # seconds for kubectl: with our own start, TAB takes one second at most
_NAMESPACES = ("get", "namespaces")
_RESOURCES = ("api-resources", "--cached", "--verbs=get", "--output=name")


def _names_in_kubeconfig(key: str) -> tuple[str, ...]:
    """Return the query for the names in the list *key*, each in quotes: it may have a newline."""
    template = '{{range .%s}}{{printf "%%q\\n" .name}}{{end}}' % key  # noqa: UP031 - it has braces
    return ("config", "view", f"--output=go-template={template}")


QUERIES = {
    "--context": _names_in_kubeconfig("contexts"),
    "--contexts": _names_in_kubeconfig("contexts"),
    "--cluster": _names_in_kubeconfig("clusters"),
    "--user": _names_in_kubeconfig("users"),
    "--namespace": _NAMESPACES,
    "NAMESPACE": _NAMESPACES,
}
"""The kubectl command that prints the values of a flag or a metavar, one per line."""

OBJECTS = ("KIND/NAME", "ANY/NAME", "NAME")
"""Kinds of values that name an object: of a Flux kind, any kind, or the kind typed before."""


def complete(words: Sequence[str]) -> str:
    """Return the candidates for the last of *words*, then a line with the directive for the shell.

    *words* are those after `kubectl flux-status`; the last one is being typed, "" if not started.
    """
    *before, typed = words or [""]
    table = read_table()
    line = parse(before, table)
    wanted, found = line.wanted, {}
    flag, equals, value = typed.partition("=")
    if equals and not wanted and flag.startswith("-"):
        wanted, typed = takes(table, line.command, flag), value
    elif not wanted:  # as in kubectl, flags are offered after a dash
        dash = typed.startswith("-")
        found = _listed(line.command, table, dash=dash)
        wanted = "" if dash else _argument(line, table)
    if wanted == FORMAT_AND_FILE and "=" in typed:
        wanted = "FILE"
    if wanted in PATHS:
        return f":{PATHS[wanted]}\n"
    found |= _values(wanted, typed, line, table)
    found = {word: text for word, text in found.items() if word.startswith(typed)}
    # A name with a character that cannot be seen is not offered: its escape is another name.
    found = {word: visible(text) for word, text in found.items() if visible(word) == word}
    lines = (f"{word}\t{text}".rstrip() + "\n" for word, text in found.items())
    goes_on = found and all(word.endswith(("/", "=")) for word in found)
    return "".join(lines) + f":{_NO_FILES | (_NO_SPACE if goes_on else 0)}\n"


def _argument(line: Line, table: Iterable[Word]) -> str:
    """Return the kind of the next argument of the subcommand, empty if it takes no more."""
    known = [row.takes for row in table if row.place == line.command and not row.word]
    if known and known[-1].endswith("..."):
        known[-1] = known[-1].removesuffix("...")
        known += [known[-1]] * len(line.arguments)
    return known[len(line.arguments)] if len(line.arguments) < len(known) else ""


def _listed(place: str, table: Iterable[Word], *, dash: bool = False) -> dict[str, str]:
    words = (row for row in table if row.place == place and row.word)
    return {row.word: row.help for row in words if row.word.startswith("-") == dash}


def _values(wanted: str, typed: str, line: Line, table: Iterable[Word]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in wanted.split("|"):
        if one in OBJECTS:
            found |= _objects(one, typed, line, table)
            if line.arguments:  # a kind was typed, so a name follows
                break
        elif one in QUERIES:
            found |= _from_kubectl(QUERIES[one], line.before, table)
        elif one:
            typed_before = typed[: typed.rfind(",") + 1]  # in a list, the last name is completed
            found |= {typed_before + word: text for word, text in _listed(one, table).items()}
    return found


def _objects(what: str, typed: str, line: Line, table: Iterable[Word]) -> dict[str, str]:
    """Return the kinds, each with a slash; once a kind is typed, its objects."""
    kinds = {row.word: row for row in table if row.place == "KIND"}
    kind, slash, _ = typed.partition("/")
    if not slash and line.arguments and not line.wanted:
        kind = line.arguments[0]
    elif not slash:
        return {} if what == "NAME" else _kinds(what, typed, line, table)
    row = kinds.get(kind.lower())
    if row is None and what != "ANY/NAME":
        return {}
    query = ("get", row.takes if row else kind, _namespace(line.before))
    names = _from_kubectl(query, line.before, table)
    return {f"{kind}{slash}{name}" if slash else name: text for name, text in names.items()}


def _kinds(what: str, typed: str, line: Line, table: Iterable[Word]) -> dict[str, str]:
    """Return the kinds; short names and kinds outside Flux only if *typed* starts with one."""
    kinds = (row for row in table if row.place == "KIND" and row.word.startswith(typed))
    found = {f"{row.word}/": row.help for row in kinds}
    if what == "ANY/NAME" and not found:
        served = _from_kubectl(_RESOURCES, line.before, table)
        return {f"{name}/": "" for name in served}
    return {word: text for word, text in found.items() if text} or found


def _namespace(before: Sequence[str]) -> str:
    """Return kubectl's flag for the namespace: the one namespace in *before*, or all."""
    flags = ("-n", "--namespace")
    named = [v for w, v in zip(before, [*before[1:], ""], strict=False) if w in flags]
    named += [word.partition("=")[2] for word in before if word.startswith("--namespace=")]
    return f"--namespace={named[0]}" if len(named) == 1 else "--all-namespaces"


def _from_kubectl(
    query: Sequence[str], before: Sequence[str], table: Iterable[Word]
) -> dict[str, str]:
    """Return the names that kubectl prints, each with its namespace if it has one."""
    from fluxstatus.base.deadline import Deadline  # noqa: PLC0415 - see above
    from fluxstatus.cluster import processes  # noqa: PLC0415

    try:
        argv = [processes.kubectl(), *query, *passed_on(before, table)]
        output = processes.run(argv, Deadline(_TIMEOUT))
    except processes.ProgramError:
        return {}
    lines = [line for line in output.stdout.decode(errors="replace").split("\n") if line.strip()]
    if query[0] == "config":
        return dict.fromkeys(_unquoted(lines), "")
    header = lines[0].split() if lines else []
    if header[:1] == ["NAME"]:  # a table of kubectl
        return dict.fromkeys((line.split()[0] for line in lines[1:]), "")
    if header[:2] != ["NAMESPACE", "NAME"]:  # names without a header
        return dict.fromkeys(lines, "")
    found: dict[str, str] = {}
    for line in lines[1:]:
        namespace, name, *_ = line.split()
        found[name] = f"{found[name]}, {namespace}" if name in found else namespace
    return found


def _unquoted(lines: Iterable[str]) -> Iterator[str]:
    """Yield the names in *lines*, quoted as Go does, without those that have other characters."""
    for line in lines:
        name = line[1:-1].replace('\\"', '"').replace("\\\\", "\0")
        if "\\" not in name:
            yield name.replace("\0", "\\")
