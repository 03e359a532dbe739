"""A step of the check: a record and a pure function."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from fluxstatus.causes.analysis import Analysis
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding

if TYPE_CHECKING:
    from fluxstatus.advice.view import View


class Step(NamedTuple):
    """A step of the check.

    `reads` are the names of the queries that it uses. `codes` returns the codes of its faults:
    those of the rules for messages are among them, and take time to import. `advice_codes` are
    the codes of its advice. `examine` takes the analyzed state and returns findings; it
    does not read, print, wait or use the clock. `advise` does the same for advice, which also uses
    the queries in `advice_reads`; these run only with --advice.
    """

    id: str
    title: str
    reads: tuple[str, ...]
    codes: Callable[[], tuple[Code, ...]]
    examine: Callable[[Analysis], Iterable[Finding]]
    advice_codes: tuple[Code, ...] = ()
    advice_reads: tuple[str, ...] = ()
    advise: Callable[["View"], Iterable[Finding]] = lambda _: ()
