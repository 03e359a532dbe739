"""The object of any kind that a command is about, in a live or in a saved cluster."""

# ruff: noqa: PLC0415 - only these commands need these modules

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from fluxstatus.commands.progress import Connect
    from fluxstatus.lookup.ancestors import Getter
    from fluxstatus.model.evidence import Evidence, Object
    from fluxstatus.model.kinds import Kind


class Found(NamedTuple):
    """An object, what gets others of its cluster by name, and the time of the reading.

    `flux` reads all Flux objects of some kinds. It raises ProgramError.
    """

    item: "Object"
    objects: "Getter"
    now: "datetime"
    flux: "Callable[[Iterable[Kind]], Evidence]"


@contextmanager
def found(
    words: "Sequence[str]", namespaces: "Sequence[str]", file: "Path | None", connect: "Connect"
) -> "Iterator[Found]":
    """Find the object that *words* name in *file* or, without one, in the cluster.

    Raises ArgumentError and UnreadError.
    """
    if file:
        from fluxstatus.lookup import saved
        from fluxstatus.model import snapshot

        evidence = snapshot.load(file)
        item = saved.find(evidence, words, namespaces)
        yield Found(item, saved.Objects(evidence), evidence.taken_at, lambda _: evidence)
        return
    from fluxstatus.cluster.list_reader import Live
    from fluxstatus.lookup.live import Objects

    with connect() as api:
        objects = Objects(api)
        item = objects.find(words, namespaces)
        yield Found(item, objects, api.now, lambda kinds: Live(api).flux(kinds))
