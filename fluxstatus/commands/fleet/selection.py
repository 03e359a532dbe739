"""Which clusters are checked: contexts of kubeconfigs, or files; and the shard of them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
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

    Without patterns, a *single* one is that which is current. A file without one, or that cannot
    be read, costs no other one. Raises SelectionError for a pattern that matches none, and
    ProgramError.
    """
    read = dict(zip(kubeconfigs, contexts_of(kubeconfigs, deadline), strict=True))
    is_current = single and not patterns
    unread = [
        Chosen(Job(_stem(file), kubeconfig=file), problem=problem)
        for file, found in read.items()
        if (problem := _problem(file, found, is_current=is_current))
    ]
    everything = [(file, one) for file, found in read.items() for one in found.contexts]
    names = list(dict.fromkeys(context.name for _, context in everything))
    if is_current:
        wanted = [(file, one) for file, found in read.items() if (one := _current(found))]
    else:
        accepted = set(matching(names, patterns, known=not unread))
        wanted = [(file, one) for file, one in everything if one.name in accepted]
    if not wanted and not unread:
        raise SelectionError(f"no contexts to check; {there_are(names)}")
    if unread and len(read) == 1 and not any(found.unread for found in read.values()):
        raise SelectionError(unread[0].problem)
    jobs = [
        Chosen(Job("", context=context.name, kubeconfig=file), context) for file, context in wanted
    ]
    return _named([*jobs, *unread])


def _problem(file: str, found: Listed, *, is_current: bool) -> str:
    """Return why nothing of a kubeconfig can be checked, empty if something can."""
    if found.unread:
        return found.unread.full_text
    if not is_current or _current(found):
        return ""
    if not found.contexts:
        return f"{file} has no context"
    names = there_are([one.name for one in found.contexts])
    return f"{file} has no current context; name one with --contexts: {names}"


def _current(found: Listed) -> Context | None:
    """Return the current context of a kubeconfig, or the only one."""
    current = [one for one in found.contexts if one.name == found.current] or found.contexts
    return current[0] if len(current) == 1 else None


def from_files(patterns: Sequence[str]) -> list[Chosen]:
    """Return the files that *patterns* match. Raises SelectionError for one that matches none."""
    files = files_of(patterns, "--from")
    return _named([Chosen(Job("", file=one)) for one in files])


def files_of(patterns: Sequence[str], option: str) -> list[str]:
    """Return the files that *patterns* match, sorted, or name: each once, also if links lead to it.

    Raises SelectionError for a pattern that matches none.
    """
    found: dict[Path, str] = {}
    for pattern in patterns:
        expanded = str(Path(pattern).expanduser()) if pattern.startswith("~") else pattern
        try:
            files = [expanded] if Path(expanded).is_file() else sorted(glob(expanded))  # noqa: PTH207
        except OSError as error:
            raise SelectionError(f"{option} {pattern!r}: {error.strerror}") from error
        files = [one for one in files if Path(one).is_file()]
        if not files:
            raise SelectionError(f"no file matches {option} {pattern!r}{_inside(expanded)}")
        for one in files:
            found.setdefault(Path(one).resolve(), one)
    return list(found.values())


def _inside(path: str) -> str:
    """Return the pattern to use if *path* is a directory."""
    if not Path(path).is_dir():
        return ""
    return f"; it is a directory: use {str(Path(path) / '*')!r}"


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
    """Return the name of a file without what says how it is written.

    An empty path is the default kubeconfig.
    """
    name = Path(path).name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name or path or "kubeconfig"


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
        raise SelectionError(f"{file} lists no clusters")
    return list(dict.fromkeys(filter(None, names)))


class Shard(NamedTuple):
    """The part `number`, from 0 on as in JOB_COMPLETION_INDEX of Kubernetes, of `parts`."""

    number: int = 0
    parts: int = 1

    def names(self, names: Iterable[str]) -> set[str]:
        """Return those of *names* in this part: each is in one, whatever their order is."""
        return set(sorted(set(names))[self.number :: self.parts])


WHOLE = Shard()


def shard_of(text: str) -> Shard:
    """Return the shard in "I/N". Raises ValueError."""
    found = re.fullmatch(r"(0|[1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if not found or int(found[1]) >= int(found[2]):
        raise ValueError(f"{text!r} is not a shard; use 0/4 to 3/4 for four parts")
    return Shard(int(found[1]), int(found[2]))


def saving(chosen: Sequence[Chosen], pattern: str) -> list[Chosen]:
    """Return *chosen*, each with the file for its snapshot: *pattern* with its name filled in.

    Raises SelectionError if two clusters would get one file, or for "-", which is not a file.
    """
    files = [pattern.replace(_PLACE, _UNSAFE.sub("_", one.job.name)) for one in chosen]
    twice = [file for file, number in Counter(files).items() if number > 1]
    if pattern == "-" or (twice and _PLACE not in pattern):
        raise SelectionError(
            f"--save needs {_PLACE} in the name of the file: --save 'snapshots/{_PLACE}.json.gz'"
        )
    if twice:
        raise SelectionError(f"--save would write two clusters to {twice[0]}")
    for folder in dict.fromkeys(Path(file).parent for file in files):
        if not folder.is_dir():
            raise SelectionError(f"--save cannot write: directory {folder} does not exist")
    return [
        one._replace(job=one.job._replace(save=file))
        for one, file in zip(chosen, files, strict=True)
    ]
