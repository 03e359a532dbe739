"""What a habit is: a record, and a pure function that finds where it shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fluxstatus.findings import Ref
from fluxstatus.habits.view import View
from fluxstatus.knowledge.rule import Step


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a habit shows: what it is, and what stands there.

    `ref` is the object to name in commands. `objects` says of how many objects this tells;
    `saves` how many requests an hour the advice would save.
    """

    what: str = ""
    value: str = ""
    ref: Ref | None = None
    objects: int = 1
    saves: float = 0


@dataclass(frozen=True, slots=True)
class Habit:
    """One row of advice.

    `one` is the title where it shows once, `many` where more often; these, `why` and the steps
    may hold `{n}` (objects), `{saves}` (requests an hour) and, of the first place, `{what}`,
    `{value}`, `{kind}`, `{name}` and `{ns}`. `find` gives every place; it is only asked when the
    answers to all the questions in `needs` are there and whole. A habit that is `everywhere` is
    one of the cluster, and not of a namespace. `upstream` is where Flux says so.
    """

    code: str
    step: str
    one: str
    many: str
    why: str
    steps: tuple[Step, ...]
    find: Callable[[View], Iterable[Seen]]
    needs: tuple[str, ...] = ()
    everywhere: bool = False
    upstream: str = ""
    docs: str = ""
