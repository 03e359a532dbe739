"""What a step of the check is: a record and a pure function."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from fluxstatus.causes.analysis import Analysis
from fluxstatus.model.findings import Finding

if TYPE_CHECKING:
    from fluxstatus.advice.view import View


class Step(NamedTuple):
    """A step of the check.

    `reads` names the questions of collect.py it looks at, `codes` every code it can give with
    one line of meaning. `examine` takes the analysed state and gives findings; it does not read,
    print, wait or look at the clock. `advise` does the same for habits, in a view of that state;
    they look at `further`, which is only asked with --advice, too.
    """

    id: str
    title: str
    reads: tuple[str, ...]
    codes: Mapping[str, str]
    examine: Callable[[Analysis], Iterable[Finding]]
    further: tuple[str, ...] = ()
    advise: Callable[["View"], Iterable[Finding]] = lambda _: ()
