"""What a step of the check is: a record and a pure function."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fluxstatus.findings import Finding
from fluxstatus.state import State


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the check.

    `reads` names the questions of collect.py it looks at, `codes` every code it can give with
    one line of meaning. `examine` takes the judged state and gives findings; it does not read,
    print, wait or look at the clock.
    """

    id: str
    title: str
    reads: tuple[str, ...]
    codes: Mapping[str, str]
    examine: Callable[[State], Iterable[Finding]]
