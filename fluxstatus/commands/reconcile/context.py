"""An object, and all that decides whether reconciling it would help."""

from functools import cached_property

from fluxstatus.base.fields import text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.unavailable import controller_of
from fluxstatus.model.ref import Ref
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import REQUESTED_AT, Resource, Verdict

_FETCHED = frozenset({"GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart",
                      "ImageRepository"})  # fmt: skip
"""Kinds that look outside of the cluster for something new, a HelmChart where its source is OCI."""


class Case:
    """An object in its State; what is wrong is sorted by whose fault it is.

    `own` is its own fault, `others` are those it waits for, `cut_off` those of what it goes on
    using as it last was.
    """

    def __init__(self, analysis: Analysis, resource: Resource) -> None:
        self.analysis, self.resource = analysis, resource
        self.state, self.controllers = analysis.state, analysis.controllers
        key = resource.ref.key
        found = list(analysis.causes.by_object.get(key, ()))
        self.own = next((cause for cause in found if cause.ref == resource.ref), None)
        self.others = [cause for cause in found if cause is not self.own]
        self.cut_off = list(analysis.causes.stale_causes.get(key, ()))

    @property
    def causes(self) -> list[Cause]:
        """What is wrong with it, with what it waits for, and with what it uses."""
        return [*([self.own] if self.own else []), *self.others, *self.cut_off]

    @cached_property
    def sources(self) -> list[Resource]:
        """Its source, the source of that, and so on, as far as they are known."""
        found: list[Resource] = []
        known = self.resource
        while (key := source_of(known)) and (source := self.state.resources.get(key)):
            if source in found:
                break
            found.append(source)
            known = source
        return found

    @property
    def fetching(self) -> Resource | None:
        """The one of it and its sources that looks for something new outside of the cluster."""
        looking = [
            one
            for one in (self.resource, *self.sources)
            if one.ref.kind in _FETCHED and one.verdict is not Verdict.STATIC
        ]
        return looking[-1] if looking else None

    @property
    def stopped(self) -> Ref | None:
        """The controller that should reconcile it and does no work."""
        return self.controllers.unavailable_for(self.resource)

    @property
    def static(self) -> bool:
        """Whether nothing reconciles it, as it has no status."""
        return self.resource.verdict is Verdict.STATIC

    @property
    def foreign(self) -> bool:
        """Whether somebody else's controller made it."""
        return not controller_of(self.resource)

    @property
    def pending(self) -> bool:
        """Whether a request was made already, and has not been handled."""
        asked = self.resource.annotations.get(REQUESTED_AT)
        handled = text_of(self.resource.status.get("lastHandledReconcileAt"))
        return bool(asked) and asked != handled
