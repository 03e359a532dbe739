"""The upgrade that is judged: a cluster, and the minor versions from which and to which."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from fluxstatus.advice.advice import Occurrence
from fluxstatus.knowledge.flux_minors import Minor
from fluxstatus.knowledge.rule import Step, fill, hints
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.state.state import State

BLOCKERS, CHANGES, NOTES, KUBERNETES = "blockers", "changes", "notes", "kubernetes"
"""The parts of a plan, which are the steps of its findings."""


class Move(NamedTuple):
    """An upgrade of the Flux in `state` from one minor version to another."""

    state: State
    current: Minor
    target: Minor

    def reaches(self, minor: Minor) -> bool:
        """Return whether the upgrade goes to the *minor* version or beyond."""
        return self.current < minor <= self.target


Find = Callable[[Move], Iterable[Occurrence]]
"""A function that returns the objects that a change affects."""


def finding_of(  # noqa: PLR0917 - the fields of every finding here
    part: str,
    code: Code,
    level: Level,
    titles: tuple[str, str],
    places: list[Occurrence],
    why: str,
    steps: tuple[Step, ...] = (),
    source: str = "",
    fields: Mapping[str, str] = MappingProxyType({}),
) -> Finding:
    """Return the finding about at least one of *places*; *titles* are for one, and for many.

    `{n}` in texts is their number, `{what}` the first one, and `{name}` and `{ns}` are its own if
    it is the only one; *fields* are further ones.
    """
    first, single = places[0], len(places) == 1
    refs = tuple(place.ref for place in places if place.ref)
    known = {
        **fields,
        "n": f"{len(places):,}",
        "what": first.name_in_sentence,
        "value": first.value,
        "name": first.ref.name if first.ref else "NAME",
        "ns": first.ref.namespace if first.ref else "NAMESPACE",
    }
    return Finding(
        step=part,
        code=code,
        level=level,
        title=fill(titles[0] if single else titles[1], known),
        object=refs[0] if refs else None,
        others=tuple(dict.fromkeys(refs[1:])),
        why=fill(why, known),
        evidence=tuple((place.name, place.value) for place in places),
        hints=hints(steps, known),
        docs=source,
        count=len(places),
        trivial=True,
    )
