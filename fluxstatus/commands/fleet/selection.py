"""Which clusters are checked: contexts of kubeconfigs, or files; and the shard of them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from glob import glob
from pathlib import Path
from typing import NamedTuple

from fluxstatus.base.deadline import Deadline
from fluxstatus.cluster.contexts import Context, Listed, contexts_of
from fluxstatus.commands.contexts import SelectionError, matching, there_are
from fluxstatus.commands.fleet.jobs import Job

_SUFFIXES = (".gz", ".json")
_UNSAFE = re.compile(r"[^\w.-]+|^\.+", re.ASCII)
_PLACE = "{context}"


class Chosen(NamedTuple):
    """A cluster to check, and what it leads to; `problem` is why it cannot be checked."""

    job: Job
    context: Context = Context("")
    problem: str = ""

    @property
    def origin(self) -> str:
        """The file or the kubeconfig that it is from."""
        return self.job.file or self.job.kubeconfig

    @property
    def login(self) -> tuple[str, str]:
        """The user whose login it needs; both texts are empty if nobody is asked."""
        context = self.context
        return (self.job.kubeconfig, context.user) if context.asks else ("", "")


def from_contexts(
    patterns: Sequence[str], kubeconfigs: Sequence[str], deadline: Deadline, *, single: bool
) -> list[Chosen]:
    """Return the contexts of *kubeconfigs* that *patterns* match; all of them without any.

    Without patterns, a *single* one is that which is current. Raises SelectionError for a pattern
    that matches none, and ProgramError.
    """
    read = dict(zip(kubeconfigs, contexts_of(kubeconfigs, deadline), strict=True))
    unread = [
        Chosen(Job(_stem(file), kubeconfig=file), problem=found.unread.full_text)
        for file, found in read.items()
        if found.unread
    ]
    everything = [(file, one) for file, found in read.items() for one in found.contexts]
    names = list(dict.fromkeys(context.name for _, context in everything))
    if single and not patterns:
        wanted = [pair for file, found in read.items() for pair in _current(file, found)]
    else:
        accepted = set(matching(names, patterns, known=not unread))
        wanted = [(file, one) for file, one in everything if one.name in accepted]
    if not wanted and not unread:
        raise SelectionError(f"there is no context to check; {there_are(names)}")
    jobs = [
        Chosen(Job("", context=context.name, kubeconfig=file), context) for file, context in wanted
    ]
    return _named([*jobs, *unread])


def _current(file: str, found: Listed) -> Iterator[tuple[str, Context]]:
    """Yield the current context of a kubeconfig, or the only one."""
    if found.unread:
        return
    current = [one for one in found.contexts if one.name == found.current] or found.contexts
    if len(current) != 1:
        raise SelectionError(
            f"{file} has no current context; name one with --contexts: "
            f"{there_are([one.name for one in found.contexts])}"
        )
    yield file, current[0]


def from_files(patterns: Sequence[str]) -> list[Chosen]:
    """Return the files that *patterns* match. Raises SelectionError for one that matches none."""
    files = files_of(patterns, "--from")
    return _named([Chosen(Job("", file=one)) for one in files])


def files_of(patterns: Sequence[str], option: str) -> list[str]:
    """Return the files that *patterns* match, sorted, or name. Raises SelectionError for none."""
    found: dict[str, None] = {}
    for pattern in patterns:
        expanded = str(Path(pattern).expanduser()) if pattern.startswith("~") else pattern
        files = [expanded] if Path(expanded).is_file() else sorted(glob(expanded))  # noqa: PTH207
        files = [one for one in files if Path(one).is_file()]
        if not files:
            raise SelectionError(f"no file matches {option} {pattern!r}")
        found |= dict.fromkeys(files)
    return list(found)


def _named(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Return *chosen* with a name each: of the context, or of the file, or both, until all differ.

    Of one that has another's name all the same, the name gets the path.
    """
    for name_of in (_by_context, _by_file, _by_both, _by_path):
        names = Counter(map(name_of, chosen))
        if all(number == 1 for number in names.values()):
            return [one._replace(job=one.job._replace(name=name_of(one))) for one in chosen]
    return [
        one._replace(job=one.job._replace(name=f"{_by_path(one)}#{number}"))
        for number, one in enumerate(chosen, 1)
    ]


def _by_context(one: Chosen) -> str:
    return one.job.context or _stem(one.origin)


def _by_file(one: Chosen) -> str:
    return _stem(one.origin)


def _by_both(one: Chosen) -> str:
    return f"{_stem(one.origin)}/{one.job.context}" if one.job.context else _stem(one.origin)


def _by_path(one: Chosen) -> str:
    return f"{one.origin} {one.job.context}".strip()


def _stem(path: str) -> str:
    """Return the name of a file without what says how it is written."""
    name = Path(path).name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name or path


def expected_in(file: Path) -> list[str]:
    """Return the names in *file*, one on each line; `#` begins a comment.

    Raises SelectionError if it cannot be read or is empty.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SelectionError(f"{file} could not be read: {reason}") from error
    names = [line.partition("#")[0].strip() for line in text.splitlines()]
    if not any(names):
        raise SelectionError(f"{file} names no cluster")
    return list(dict.fromkeys(filter(None, names)))


class Shard(NamedTuple):
    """The part `number`, from 1 on, of `parts`."""

    number: int = 1
    parts: int = 1

    def names(self, names: Iterable[str]) -> set[str]:
        """Return those of *names* in this part: each is in one, whatever their order is."""
        return set(sorted(set(names))[self.number - 1 :: self.parts])


WHOLE = Shard()


def shard_of(text: str) -> Shard:
    """Return the shard in "I/N". Raises ValueError."""
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if not found or int(found[1]) > int(found[2]):
        raise ValueError(f"{text!r} is not a shard; use a format such as 1/4")
    return Shard(int(found[1]), int(found[2]))


def saving(chosen: Sequence[Chosen], pattern: str) -> list[Chosen]:
    """Return *chosen*, each with the file for its snapshot: *pattern* with its name filled in.

    Raises SelectionError if two clusters would get one file.
    """
    files = [pattern.replace(_PLACE, _UNSAFE.sub("_", one.job.name)) for one in chosen]
    twice = [file for file, number in Counter(files).items() if number > 1]
    if twice and _PLACE not in pattern:
        raise SelectionError(
            f"--save needs {_PLACE} in the name of the file: --save 'snapshots/{_PLACE}.json.gz'"
        )
    if twice:
        raise SelectionError(f"--save would write two clusters to {twice[0]}")
    for folder in dict.fromkeys(Path(file).parent for file in files):
        if not folder.is_dir():
            raise SelectionError(f"--save cannot write: there is no directory {folder}")
    return [
        one._replace(job=one.job._replace(save=file))
        for one, file in zip(chosen, files, strict=True)
    ]
