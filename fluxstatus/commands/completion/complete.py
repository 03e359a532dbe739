"""`__complete`: what may come next on the command line, as kubectl asks it of its plugins.

Each TAB starts this program anew. So it reads a table, made by words.py, instead of importing
what the table is made from; only names from the kubeconfig or the cluster are asked of kubectl.
"""

from __future__ import annotations

from fluxstatus.commands.completion.argv import parse, passed_on, read_table, takes

TYPE_CHECKING = False  # typing, collections and pathlib take longer than all that is done here
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fluxstatus.commands.completion.argv import Line, Word

_FILES, _NO_SPACE, _NOTHING_MORE, _FOLDERS = 0, 2, 4, 16  # cobra's ShellCompDirective
PATHS = {"FILE": _FILES, "DIR": _FOLDERS}
"""What is taken that the shell itself completes."""

_PATIENCE = 0.8  # seconds for kubectl: with our own start a TAB takes one second at most
_NAMESPACES = ("get", "namespaces")
_RESOURCES = ("api-resources", "--cached", "--verbs=get", "--output=name")

ASKED = {
    "--context": ("config", "get-contexts", "--output=name"),
    "--cluster": ("config", "get-clusters"),
    "--user": ("config", "get-users"),
    "--namespace": _NAMESPACES,
    "NAMESPACE": _NAMESPACES,
}
"""The question to kubectl whose answer has the values of a flag, or of a metavar, one a line."""

OBJECTS = ("KIND/NAME", "ANY/NAME", "NAME")
"""What names an object: of a kind of Flux, of any kind, or of the kind that was said before."""


def complete(words: Sequence[str]) -> str:
    """Return the candidates for the last of *words*, and in the last line how the shell goes on.

    *words* are those after `kubectl flux-status`; the last one is being typed, "" if not begun.
    """
    *before, typed = words or [""]
    table = read_table()
    line = parse(before, table)
    wanted, found = line.wanted, {}
    flag, equals, value = typed.partition("=")
    if equals and not wanted and flag.startswith("-"):
        wanted, typed = takes(table, line.command, flag), value
    elif not wanted:  # as with kubectl, flags are shown when a dash asks for them
        dash = typed.startswith("-")
        found = _listed(line.command, table, dash=dash)
        wanted = "" if dash else _argument(line, table)
    if wanted in PATHS:
        return f":{PATHS[wanted]}\n"
    found |= _values(wanted, typed, line, table)
    found = {word: text for word, text in found.items() if word.startswith(typed)}
    lines = (f"{word}\t{text}".rstrip() + "\n" for word, text in found.items())
    goes_on = found and all(word.endswith("/") for word in found)
    return "".join(lines) + f":{_NOTHING_MORE | (_NO_SPACE if goes_on else 0)}\n"


def _argument(line: Line, table: Iterable[Word]) -> str:
    """Say what the next argument of the subcommand is; empty when it takes no more."""
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
            if line.arguments:  # a kind, and a name goes with it
                break
        elif one in ASKED:
            found |= _ask_kubectl(ASKED[one], line.before, table)
        elif one:
            begun = typed[: typed.rfind(",") + 1]  # in a list the last name is completed
            found |= {begun + word: text for word, text in _listed(one, table).items()}
    return found


def _objects(what: str, typed: str, line: Line, table: Iterable[Word]) -> dict[str, str]:
    """Return the kinds, each with a slash, until there is one; then its objects."""
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
    names = _ask_kubectl(query, line.before, table)
    return {f"{kind}{slash}{name}" if slash else name: text for name, text in names.items()}


def _kinds(what: str, typed: str, line: Line, table: Iterable[Word]) -> dict[str, str]:
    """Return what kinds there are; short names, and kinds not of Flux, to who begins with one."""
    kinds = (row for row in table if row.place == "KIND" and row.word.startswith(typed))
    found = {f"{row.word}/": row.help for row in kinds}
    if what == "ANY/NAME" and not found:
        served = _ask_kubectl(_RESOURCES, line.before, table)
        return {f"{name}/": "" for name in served}
    return {word: text for word, text in found.items() if text} or found


def _namespace(before: Sequence[str]) -> str:
    """Return the flag that tells kubectl where to look: the one namespace of *before*, or all."""
    flags = ("-n", "--namespace")
    named = [v for w, v in zip(before, [*before[1:], ""], strict=False) if w in flags]
    named += [word.partition("=")[2] for word in before if word.startswith("--namespace=")]
    return f"--namespace={named[0]}" if len(named) == 1 else "--all-namespaces"


def _ask_kubectl(
    query: Sequence[str], before: Sequence[str], table: Iterable[Word]
) -> dict[str, str]:
    """Return the names that kubectl tells, each with its namespace if it has one."""
    from fluxstatus.cluster import processes  # noqa: PLC0415 - see above

    try:
        argv = [processes.kubectl(), *query, *passed_on(before, table)]
        output = processes.run(argv, timeout=_PATIENCE)
    except processes.ProgramError:
        return {}
    lines = output.stdout.decode(errors="replace").splitlines()
    heading = lines[0].split() if lines else []
    if heading[:1] == ["NAME"]:  # a list of kubectl's
        return dict.fromkeys((line.split()[0] for line in lines[1:]), "")
    if heading[:2] != ["NAMESPACE", "NAME"]:  # no list, but names
        return dict.fromkeys(lines, "")
    found: dict[str, str] = {}
    for line in lines[1:]:
        namespace, name, *_ = line.split()
        found[name] = f"{found[name]}, {namespace}" if name in found else namespace
    return found
