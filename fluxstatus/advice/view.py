"""The view of a cluster that advice is based on: its healthy objects, in the chosen namespaces."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeAlias

from fluxstatus.base.versions import minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.model.evidence import Object, Why
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.intervals import interval_of
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict

LONG_ENOUGH = 600.0
"""The recommended seconds between two polls of a source, or two reconciliations, in production."""


IsAccepted: TypeAlias = Callable[[str, Ref | None], bool]
"""Returns whether advice with a code is accepted for an object, or for none."""


class View:
    """The healthy objects: without those that fail, wait, are suspended or were not chosen."""

    def __init__(self, analysis: Analysis, is_accepted: IsAccepted = lambda *_: False) -> None:
        self.state = analysis.state
        self.is_accepted = is_accepted
        self._analysis = analysis
        self._more_often: dict[str, Sequence[tuple[Resource, float]]] = {}

    @cached_property
    def _healthy(self) -> dict[str, list[Resource]]:
        causes = self._analysis.causes
        found: dict[str, list[Resource]] = defaultdict(list)
        for key, resource in self.state.resources.items():
            affected = key in causes.by_object or key in causes.stale_causes
            chosen = self.state.covers(resource.ref)
            if resource.verdict in HEALTHY and chosen and not affected:
                found[resource.ref.kind].append(resource)
        for resources in found.values():
            resources.sort(key=lambda resource: resource.ref)
        return dict(found)

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Return the healthy objects of these *kinds*, sorted by kind and name."""
        return [resource for kind in kinds for resource in self._healthy.get(kind, ())]

    def more_often(self, kind: str) -> Sequence[tuple[Resource, float]]:
        """Return the healthy objects of *kind* with an interval below LONG_ENOUGH, and with that.

        Those without a status are left out.
        """
        if kind not in self._more_often:
            intervals = ((one, interval_of(one)) for one in self.of_kind(kind))
            self._more_often[kind] = [
                (one, interval)
                for one, interval in intervals
                if 0 < interval < LONG_ENOUGH and one.verdict is not Verdict.STATIC
            ]
        return self._more_often[kind]

    @cached_property
    def written_before(self) -> Sequence[Resource]:
        """The healthy objects that were written in other API versions than the current one."""
        return [one for one in self.of_kind(*KINDS) if isinstance(one.written_as, list)]

    def owner_of(self, ref: Ref | None) -> str:
        """Return the ResourceSet that creates *ref*, to be appended to its name, or nothing."""
        resource = self.state.resources.get(ref.key) if ref else None
        owner = creator_of(resource.labels, "ResourceSet") if resource else None
        return f" (created by {Ref('', *owner)})" if owner else ""

    def was_read(self, query: str) -> bool:
        """Return whether *query* ran, and all of its answer was read."""
        return self.state.evidence.answer(query).unread is None

    def is_absent(self, query: str) -> bool:
        """Return whether the API server certainly does not serve this resource."""
        unread = self.state.evidence.answer(query).unread
        return unread is not None and unread.why is Why.ABSENT

    def known(self, query: str) -> tuple[Object, ...]:
        """Return the objects that *query* returned; there may be others."""
        return self.state.evidence.answer(query).known

    def all_of(self, query: str) -> tuple[Object, ...]:
        """Return all objects of *query*. Raises ValueError if there may be others."""
        answer = self.state.evidence.answer(query)
        if answer.hidden:
            raise ValueError(answer.hidden.text)
        return answer.known

    def is_running(self, component: str) -> bool:
        """Return whether a controller with this name was found and is available."""
        return any(c.name == component and not c.unavailable for c in self.state.components)

    def is_healthy(self, resource: Resource) -> bool:
        """Return whether *resource*, in any namespace, has no fault."""
        causes = self._analysis.causes.by_object
        return resource.verdict in HEALTHY and resource.ref.key not in causes

    @cached_property
    def flux(self) -> tuple[int, int] | None:
        """The major and minor version of Flux, None if it is unknown."""
        return minor_of(self.state.flux_version)
