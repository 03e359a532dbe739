"""An object with everything that decides whether reconciling it would help."""

from functools import cached_property

from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.causes.unavailable import controller_of
from fluxstatus.checks.cause_findings import headline_of
from fluxstatus.model.ref import Ref
from fluxstatus.state.overdue import Overdue, can_run, overdue
from fluxstatus.state.references import source_of
from fluxstatus.state.requests import pending_request
from fluxstatus.state.resource import Resource, Verdict


class ReconcileContext:
    """An object in its State, and the causes that affect it.

    `failure` is the cause in the object itself, `blocking` are the causes that it waits for,
    `cut_off` those of sources whose last artifact it keeps using.
    """

    def __init__(self, analysis: Analysis, resource: Resource) -> None:
        self.analysis, self.resource = analysis, resource
        self.state, self.controllers = analysis.state, analysis.controllers
        key = resource.ref.key
        found = list(analysis.causes.by_object.get(key, ()))
        self.failure = next((cause for cause in found if cause.ref == resource.ref), None)
        self.blocking = [cause for cause in found if cause is not self.failure]
        self.cut_off = list(analysis.causes.stale_causes.get(key, ()))

    @property
    def causes(self) -> list[Cause]:
        """All causes: its own, those that it waits for, and those of what it uses."""
        return [*([self.failure] if self.failure else []), *self.blocking, *self.cut_off]

    def headline(self, cause: Cause) -> str:
        """Return *cause* in few words, as the title of its finding has it."""
        return headline_of(self.state, cause)

    @cached_property
    def sources(self) -> list[Resource]:
        """Its source, the source of its source, and so on, as far as they are known."""
        found: list[Resource] = []
        known = self.resource
        while (key := source_of(known)) and (source := self.state.resources.get(key)):
            if source in found:
                break
            found.append(source)
            known = source
        return found

    @property
    def fetcher(self) -> Resource | None:
        """The object or source that fetches from outside the cluster."""
        fetchers = [
            one
            for one in (self.resource, *self.sources)
            if one.kind.fetches and one.verdict is not Verdict.STATIC
        ]
        return fetchers[-1] if fetchers else None

    @property
    def unavailable(self) -> Ref | None:
        """The unavailable controller that should reconcile it, None if it is available."""
        return self.controllers.unavailable_for(self.resource)

    @property
    def inactive(self) -> str:
        """What an unavailable controller with a ready pod does, as a clause; empty if it has none.

        It is not alive, or not at work.
        """
        ref = self.unavailable
        known = self.controllers.liveness.get(ref) if ref else None
        fault = self.controllers.unavailable.get(ref) if ref and known else None
        return fault.diagnosis.headline if fault else ""

    @property
    def working(self) -> str:
        """What an unavailable controller must be, for a sentence."""
        return "working" if self.inactive else "running"

    @cached_property
    def overdue(self) -> Overdue | None:
        """Since when it should have been reconciled again, None if it is in time."""
        late = overdue(self.resource, self.state.now)
        return late if late and can_run(self.state, self.resource) else None

    @property
    def static(self) -> bool:
        """Whether it has no status and is not reconciled."""
        return self.resource.verdict is Verdict.STATIC

    @property
    def foreign(self) -> bool:
        """Whether a controller outside Flux created it."""
        return not controller_of(self.resource)

    @property
    def pending(self) -> bool:
        """Whether a reconciliation was requested and is not handled yet."""
        return bool(pending_request(self.resource))
