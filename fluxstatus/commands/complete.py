"""`__complete`: what may come next on the command line, as kubectl asks it of its plugins.

Each TAB starts this program anew. So it reads a table, made by words.py, instead of importing
what the table is made from; only names from the kubeconfig or the cluster are asked of kubectl.
"""

import os
from collections import namedtuple  # typing's takes longer to import than all the rest
from collections.abc import Iterable, Iterator, Mapping, Sequence

TABLE = os.path.join(os.path.dirname(__file__), "words.tsv")  # noqa: PTH118, PTH120 - see above

_FILES, _NOTHING_MORE, _NO_SPACE, _FOLDERS = 0, 4, 2, 16  # cobra's ShellCompDirective
_PATHS = {"FILE": _FILES, "DIR": _FOLDERS}

_ASKED = {
    "--context": ("config", "get-contexts", "--output=name"),
    "--cluster": ("config", "get-clusters"),
    "--user": ("config", "get-users"),
    "--namespace": ("get", "namespaces", "--output=name", "--request-timeout=2s"),
}
"""The question to kubectl whose answer has the values of a flag, one a line."""

_OF_FLUX = ("credentials", "explain", "reconcile", "tree")  # commands that take KIND/NAME
_NAMED = (*_OF_FLUX, "conditions", "owner")  # these two of any kind
_SECONDS = ("--request-timeout=2s",)

Word = namedtuple("Word", "place word takes passed_on help")  # noqa: PYI024 - see above
"""A row of the table.

`place` is the subcommand that *word* belongs to ("" for none, "mcp setup" for one of a group),
or the flag whose value it is.
`takes` is FILE, DIR, or the flag that a value is listed under; "" for a word without a value.
`passed_on` is "kubectl" for a flag of kubectl's own.
"""


def complete(words: Sequence[str]) -> str:
    """Give the candidates for the last of *words*, and in the last line how the shell goes on.

    *words* are those after `kubectl flux-status`; the last one is being typed, "" if not begun.
    """
    *before, typed = words or [""]
    table = _read_table()
    command, wanted = _parse(before, table)
    flag, equals, value = typed.partition("=")
    if equals and not wanted:
        wanted, typed = _takes(table, command, flag), value
    if wanted in _PATHS:
        return f":{_PATHS[wanted]}\n"
    if wanted == "--for" or (command in _NAMED and not wanted and not typed.startswith("-")):
        found = _objects(typed, before, table, of_flux=command in _OF_FLUX)
    elif wanted:
        found = _values(wanted, typed, before, table)
    elif command == "get" and not typed.startswith("-"):
        found = _listed(typed, before, table)
    else:
        # As with kubectl, flags are shown when a dash asks for them.
        dash = typed.startswith("-")
        found = {
            row.word: row.help
            for row in table
            if row.place == command and row.word.startswith("-") == dash
        }
    fits = {word: text for word, text in found.items() if word.startswith(typed)}
    lines = (f"{word}\t{text}" for word, text in fits.items())
    # After KIND/ the name is to follow at once.
    goes_on = fits and all(word.endswith("/") for word in fits)
    directive = _NOTHING_MORE | (_NO_SPACE if goes_on else 0)
    return "".join(f"{line.rstrip()}\n" for line in lines) + f":{directive}\n"


def _objects(
    typed: str, before: Sequence[str], table: Sequence[Word], *, of_flux: bool
) -> Mapping[str, str]:
    """Give KIND/ for every kind, those of the cluster among them, or KIND/NAME for a kind."""
    kind, slash, _ = typed.partition("/")
    passed_on = [*_passed_on(before, table), *_SECONDS]
    if slash:
        names = _names(kind, before, table)
        return dict.fromkeys((f"{kind}/{name}" for name in names), "")
    found = {row.word: row.help for row in table if row.place == "KIND"}
    if of_flux or any(word.startswith(typed) for word in found if typed):
        return found
    served = _ask_kubectl(["api-resources", "--cached", "--verbs=get", "--output=name", *passed_on])
    return {**found, **dict.fromkeys((f"{name}/" for name in served), "")}


def _listed(typed: str, before: Sequence[str], table: Sequence[Word]) -> Mapping[str, str]:
    """Give the words after `get`: kinds, also in a list with commas, and then names of a kind."""
    words = {row.word: row.help for row in table if row.place == "get" and row.word[0] != "-"}
    kinds = [word for word in before[1:] if word.partition(",")[0] in words]
    if kinds:
        return dict.fromkeys(_names(kinds[0], before, table), "")
    if "/" in typed:
        return _objects(typed, before, table, of_flux=True)
    begun = typed[: typed.rfind(",") + 1]
    return {begun + word: text for word, text in words.items()}


def _names(kind: str, before: Sequence[str], table: Iterable[Word]) -> Iterator[str]:
    """Give the names of the objects of *kind*, in the namespace that was named or in all."""
    plurals = {row.help: row.word for row in table if row.place == "PLURAL"}
    help_ = {row.word: row.help for row in table if row.place in ("KIND", "get")}
    resource = plurals.get(help_.get(f"{kind}/") or help_.get(kind, ""), kind)
    where = [*_value_of(("-n", "--namespace"), before)]
    place = [f"--namespace={where[-1]}"] if where else ["--all-namespaces"]
    # A table is what the API server prints quickest; its heads tell where the names are.
    question = ["get", resource, *place, *_SECONDS, *_passed_on(before, table)]
    lines = _ask_kubectl(question, heads=True)
    column = next(lines, "").split()[:2] == ["NAMESPACE", "NAME"]
    return (name for line in lines for name in line.split()[column : column + 1])


def _value_of(flags: Sequence[str], before: Sequence[str]) -> Iterator[str]:
    for word, value in zip(before, [*before[1:], ""], strict=False):
        flag, equals, glued = word.partition("=")
        if flag in flags:
            yield glued if equals else value


def _read_table() -> list[Word]:
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123 - see above
        return [Word(*line.rstrip("\n").split("\t")) for line in file]


def _parse(before: Iterable[str], table: Iterable[Word]) -> tuple[str, str]:
    """Give the subcommand in *before*, and what value the last word waits for, if it does."""
    commands = {row.place for row in table if not row.place.startswith("-")}
    command = wanted = ""
    for word in before:
        if wanted:
            wanted = ""
        elif word.startswith("-"):
            wanted = _takes(table, command, word)
        elif (below := f"{command} {word}".strip()) in commands:
            command = below
    return command, wanted


def _takes(table: Iterable[Word], command: str, flag: str) -> str:
    return next((r.takes for r in table if r.place == command and r.word == flag), "")


def _values(
    flag: str, typed: str, before: Sequence[str], table: Iterable[Word]
) -> Mapping[str, str]:
    if flag in _ASKED:
        return dict.fromkeys(_ask_kubectl([*_ASKED[flag], *_passed_on(before, table)]), "")
    begun = typed[: typed.rfind(",") + 1]  # in a list with commas the last name is completed
    return {begun + row.word: row.help for row in table if row.place == flag}


def _passed_on(before: Sequence[str], table: Iterable[Word]) -> Iterator[str]:
    """Give the words of *before* that tell kubectl of which cluster it is asked."""
    takes = {row.word: row.takes for row in table if row.passed_on}
    for word, value in zip(before, [*before[1:], ""], strict=False):
        flag, equals, _ = word.partition("=")
        if flag in takes:
            yield word
            if takes[flag] and not equals:
                yield value


def _ask_kubectl(question: Sequence[str], *, heads: bool = False) -> Iterator[str]:
    from fluxstatus import programs  # noqa: PLC0415 - see above

    try:
        output = programs.run([programs.kubectl(), *question], timeout=3)
    except programs.ProgramError:
        return
    for line in output.stdout.decode(errors="replace").splitlines():
        if heads or line != "NAME":  # the heading of a list
            yield line.removeprefix("namespace/")
