"""What habits are looked for in: what is well, of what was asked about."""

from collections import defaultdict
from functools import cached_property

from fluxstatus.base.fields import text_of
from fluxstatus.base.versions import minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.model.evidence import Object, Why
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import HEALTHY, Resource

_RESOURCE_SET = "resourceset.fluxcd.controlplane.io"


class View:
    """What is healthy: without objects that fail, wait, are suspended or were not asked about."""

    def __init__(self, analysis: Analysis) -> None:
        self.state = analysis.state
        self._analysis = analysis

    @cached_property
    def _well(self) -> dict[str, list[Resource]]:
        causes = self._analysis.causes
        found: dict[str, list[Resource]] = defaultdict(list)
        for key, resource in self.state.resources.items():
            told = key in causes.by_object or key in causes.stale_causes
            if (
                resource.verdict in HEALTHY
                and not told
                and self.state.covers(resource.ref.namespace)
            ):
                found[resource.ref.kind].append(resource)
        for resources in found.values():
            resources.sort(key=lambda resource: resource.ref)
        return dict(found)

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Return the healthy objects of these *kinds*, sorted by kind and name."""
        return [resource for kind in kinds for resource in self._well.get(kind, ())]

    def maker_of(self, ref: Ref | None) -> str:
        """Name the ResourceSet that made *ref*, where a change has to be made; else nothing."""
        resource = self.state.resources.get(ref.key) if ref else None
        labels = resource.labels if resource else {}
        if f"{_RESOURCE_SET}/name" not in labels:
            return ""
        maker = "/".join(text_of(labels.get(f"{_RESOURCE_SET}/{p}")) for p in ("namespace", "name"))
        return f" (made by ResourceSet {maker})"

    def is_whole(self, query: str) -> bool:
        """Whether *query* was put, and all of the answer came."""
        return self.state.evidence.answer(query).unread is None

    def is_absent(self, query: str) -> bool:
        """Whether it is certain that the API server has no such resource."""
        unread = self.state.evidence.answer(query).unread
        return unread is not None and unread.why is Why.ABSENT

    def items(self, query: str) -> tuple[Object, ...]:
        """Return the answer to *query*; nothing where it is not whole."""
        answer = self.state.evidence.answer(query)
        return answer.items if answer.unread is None else ()

    def works(self, component: str) -> bool:
        """Whether a controller of this name was found and works."""
        return any(c.name == component and not c.unavailable for c in self.state.components)

    def is_well(self, resource: Resource) -> bool:
        """Whether nothing is told of *resource*, in whatever namespace it is."""
        causes = self._analysis.causes.by_object
        return resource.verdict in HEALTHY and resource.ref.key not in causes

    @cached_property
    def flux(self) -> tuple[int, int] | None:
        """The minor version of Flux, None when nothing tells it."""
        return minor_of(self.state.flux_version)
