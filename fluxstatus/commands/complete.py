"""`__complete`: what may come next on the command line, as kubectl asks it of its plugins.

Each TAB starts this program anew. So it reads a table, made by words.py, instead of importing
what the table is made from; only names from the kubeconfig or the cluster are asked of kubectl.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing, collections and pathlib take longer than all that is done here
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TABLE = os.path.join(os.path.dirname(__file__), "words.tsv")  # noqa: PTH118, PTH120 - see below

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


class Word:
    """A row of the table.

    `place` is where *word* may stand: a subcommand ("" for none) for a flag, a subcommand of its
    own, or, with an empty *word*, an argument; or what a flag or an argument takes, for a value.
    `takes` is what follows a flag, or what an argument is: FILE, DIR, one of OBJECTS, a key of
    ASKED or the place of a list of values; several joined by |; "..." after the last argument if
    it may be repeated. For a kind it is its resource.
    `passed_on` is "kubectl" for a flag of kubectl's own.
    """

    __slots__ = ("help", "passed_on", "place", "takes", "word")

    def __init__(self, place: str, word: str, takes: str, passed_on: str, text: str) -> None:
        self.place = place
        self.word = word
        self.takes = takes
        self.passed_on = passed_on
        self.help = text


class _Line:
    """What was typed before: its words, the subcommand and its arguments, what has to follow."""

    __slots__ = ("arguments", "before", "command", "wanted")

    def __init__(
        self, before: Sequence[str], command: str, arguments: Sequence[str], wanted: str
    ) -> None:
        self.before = before
        self.command = command
        self.arguments = arguments
        self.wanted = wanted


def complete(words: Sequence[str]) -> str:
    """Give the candidates for the last of *words*, and in the last line how the shell goes on.

    *words* are those after `kubectl flux-status`; the last one is being typed, "" if not begun.
    """
    *before, typed = words or [""]
    table = _read_table()
    line = _parse(before, table)
    wanted, found = line.wanted, {}
    flag, equals, value = typed.partition("=")
    if equals and not wanted and flag.startswith("-"):
        wanted, typed = _takes(table, line.command, flag), value
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


def _read_table() -> list[Word]:
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - see above
        return [Word(*line.rstrip("\n").split("\t")) for line in file]


def _parse(before: Sequence[str], table: Iterable[Word]) -> _Line:
    """Tell what was typed: the subcommand, its arguments, and what the next word has to be."""
    commands = {f"{row.place} {row.word}".strip() for row in table if not row.takes}
    command = wanted = ""
    arguments: list[str] = []
    for word in before:
        further = f"{command} {word}".strip()
        if wanted:
            wanted = ""
        elif word.startswith("-"):
            wanted = _takes(table, command, word)
        elif further in commands and not arguments:
            command = further
        else:
            arguments.append(word)
    return _Line(before, command, arguments, wanted)


def _takes(table: Iterable[Word], command: str, flag: str) -> str:
    return next((r.takes for r in table if r.place == command and r.word == flag), "")


def _argument(line: _Line, table: Iterable[Word]) -> str:
    """Say what the next argument of the subcommand is; empty when it takes no more."""
    takes = [row.takes for row in table if row.place == line.command and not row.word]
    if takes and takes[-1].endswith("..."):
        takes[-1] = takes[-1].removesuffix("...")
        takes += [takes[-1]] * len(line.arguments)
    return takes[len(line.arguments)] if len(line.arguments) < len(takes) else ""


def _listed(place: str, table: Iterable[Word], *, dash: bool = False) -> dict[str, str]:
    words = (row for row in table if row.place == place and row.word)
    return {row.word: row.help for row in words if row.word.startswith("-") == dash}


def _values(wanted: str, typed: str, line: _Line, table: Iterable[Word]) -> Mapping[str, str]:
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


def _objects(what: str, typed: str, line: _Line, table: Iterable[Word]) -> dict[str, str]:
    """Give the kinds, each with a slash, until there is one; then its objects."""
    kinds = {row.word: row for row in table if row.place == "KIND"}
    kind, slash, _ = typed.partition("/")
    if not slash and line.arguments and not line.wanted:
        kind = line.arguments[0]
    elif not slash:
        return {} if what == "NAME" else _kinds(what, typed, line, table)
    row = kinds.get(kind.lower())
    if row is None and what != "ANY/NAME":
        return {}
    question = ("get", row.takes if row else kind, _namespace(line.before))
    names = _ask_kubectl(question, line.before, table)
    return {f"{kind}{slash}{name}" if slash else name: text for name, text in names.items()}


def _kinds(what: str, typed: str, line: _Line, table: Iterable[Word]) -> dict[str, str]:
    """Give what kinds there are; short names, and kinds not of Flux, to who begins with one."""
    kinds = (row for row in table if row.place == "KIND" and row.word.startswith(typed))
    found = {f"{row.word}/": row.help for row in kinds}
    if what == "ANY/NAME" and not found:
        served = _ask_kubectl(_RESOURCES, line.before, table)
        return {f"{name}/": "" for name in served}
    return {word: text for word, text in found.items() if text} or found


def _namespace(before: Sequence[str]) -> str:
    """Give the flag that tells kubectl where to look: the one namespace of *before*, or all."""
    flags = ("-n", "--namespace")
    named = [v for w, v in zip(before, [*before[1:], ""], strict=False) if w in flags]
    named += [word.partition("=")[2] for word in before if word.startswith("--namespace=")]
    return f"--namespace={named[0]}" if len(named) == 1 else "--all-namespaces"


def _passed_on(before: Sequence[str], table: Iterable[Word]) -> Iterator[str]:
    """Give the words of *before* that tell kubectl of which cluster it is asked."""
    takes = {row.word: row.takes for row in table if row.passed_on}
    for word, value in zip(before, [*before[1:], ""], strict=False):
        flag, equals, _ = word.partition("=")
        if flag in takes:
            yield word
            if takes[flag] and not equals:
                yield value


def _ask_kubectl(
    question: Sequence[str], before: Sequence[str], table: Iterable[Word]
) -> dict[str, str]:
    """Give the names that kubectl tells, each with its namespace if it has one."""
    from fluxstatus import programs  # noqa: PLC0415 - see above

    try:
        argv = [programs.kubectl(), *question, *_passed_on(before, table)]
        output = programs.run(argv, timeout=_PATIENCE)
    except programs.ProgramError:
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
