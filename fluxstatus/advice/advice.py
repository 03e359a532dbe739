"""A piece of advice: a record, and a pure function that finds where it applies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from fluxstatus.advice.view import View
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Area
from fluxstatus.model.ref import Ref


@dataclass(eq=False, repr=False)
class Occurrence:
    """A place that advice applies to: an object, its `field` and the `value` of that field.

    `label` names the place instead of an object and a field; `objects` are the objects there if
    they are not just `ref`. `count` is the number of objects that this is about, `saved_requests`
    the number of requests per hour that the advice would save. An occurrence about the whole
    cluster has no name.
    """

    ref: Ref | None = None
    field: str = ""
    value: str = ""
    label: str = ""
    count: int = 1
    saved_requests: float = 0
    objects: tuple[Ref, ...] = ()

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The objects that it is about."""
        return self.objects or ((self.ref,) if self.ref else ())

    @property
    def name(self) -> str:
        """The name of the place."""
        return self.label or " ".join(str(part) for part in (self.ref, self.field) if part)

    @property
    def name_in_sentence(self) -> str:
        """The name with the field first: "spec.interval of GitRepository apps/a"."""
        place, _, field = self.name.rpartition(" ")
        return f"{field} of {place}" if field.startswith("spec.") else self.name

    @property
    def is_named(self) -> bool:
        """Whether it is about a part of the cluster."""
        return bool(self.label or self.ref)


class Advice(NamedTuple):
    """A piece of advice.

    `area` is what it is about, by which a report groups all advice. `title_one` is the title for
    one occurrence, `title_many` for several. The titles, `why` and the steps may contain `{n}`
    (objects), `{saves}` (requests, per hour) and, of the first occurrence, `{what}` and `{value}`.

    `find` returns every occurrence; it is None for advice that the check cannot give (secrets.py).
    It is called only if all queries in `needs` were read. `reads` are the queries that only advice
    uses. `cluster_wide` advice is left out when namespaces were chosen. `upstream` is where Flux
    documents it.
    """

    code: Code
    step: str
    area: Area
    title_one: str
    title_many: str
    why: str
    steps: tuple[Step, ...]
    find: Callable[[View], Iterable[Occurrence]] | None
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    cluster_wide: bool = False
    upstream: str = ""
    docs: str = ""
