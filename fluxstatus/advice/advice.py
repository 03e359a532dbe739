"""What a habit is: a record, and a pure function that finds where it shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fluxstatus.advice.view import View
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a habit shows, and what stands there: the `field` of an object, or `what` in words.

    `objects` says of how many objects this tells, `saves` how many requests an hour the advice
    would save. A cluster as a whole has no name.
    """

    ref: Ref | None = None
    field: str = ""
    value: str = ""
    what: str = ""
    objects: int = 1
    saves: float = 0

    @property
    def name(self) -> str:
        """What to call it; of thousands only some are ever called anything."""
        return self.what or " ".join(map(str, filter(None, (self.ref, self.field))))

    @property
    def is_named(self) -> bool:
        """Whether it is about something less than the whole cluster."""
        return bool(self.what or self.ref)


@dataclass(frozen=True, slots=True)
class Advice:
    """One row of advice.

    `one` is the title where it shows once, `many` where more often; these, `why` and the steps
    may hold `{n}` (objects), `{saves}` (requests an hour) and, of the first place, `{what}` and
    `{value}`. `find` gives every place, and is None for what a check does not see
    (secrets.py); it is only asked when the answers to all the questions in
    `needs` are there and whole; `reads` are those of further.py that it looks at. A habit that is
    `everywhere` is one of the cluster, and not of a namespace. `upstream` is where Flux says so.
    """

    code: str
    step: str
    one: str
    many: str
    why: str
    steps: tuple[Step, ...]
    find: Callable[[View], Iterable[Occurrence]] | None
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    everywhere: bool = False
    upstream: str = ""
    docs: str = ""
