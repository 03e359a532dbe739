"""What the objects of a list wait for, judged as in the check from what was read for the list."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from fluxstatus.commands.get.sources import Sources
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import needs_of, source_of, template_source_of
from fluxstatus.state.resource import HEALTHY, Resource, Verdict

if TYPE_CHECKING:
    from fluxstatus.causes.cause import Cause
    from fluxstatus.model.evidence import Object


class Waiting:
    """The objects in a list that are not healthy, and what each of them waits for.

    Besides what was added, `sources` are read, each kind at most once, and the Warning events,
    which keep the failure of an attempt while the next one runs: `warnings`, None until then.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._unhealthy: dict[Key, Resource] = {}
        self._new: list[Resource] = []
        self._causes: dict[Key, tuple[Cause, ...]] = {}
        self.warnings: tuple[Object, ...] | None = None

    def add(self, resources: Iterable[Resource]) -> None:
        """Add the next objects of the list."""
        self._new += [one for one in resources if one.verdict not in HEALTHY]
        self._unhealthy |= {one.ref.key: one for one in self._new}

    def causes_of(self, resource: Resource) -> "tuple[Cause, ...]":
        """Return the causes of *resource* that are faults of other objects."""
        key = resource.ref.key
        return tuple(cause for cause in self._all_of(resource) if cause.ref.key != key)

    def own_cause(self, resource: Resource) -> "Cause | None":
        """Return the fault of *resource* itself, None if it has none."""
        own = (cause for cause in self._all_of(resource) if cause.ref.key == resource.ref.key)
        return next(own, None)

    def _all_of(self, resource: Resource) -> "tuple[Cause, ...]":
        if self._new and resource.verdict not in HEALTHY:
            self._judge(self._new)
            self._new = []
        return self._causes.get(resource.ref.key, ())

    def _judge(self, resources: Sequence[Resource]) -> None:
        """Find the causes of all *resources* at once."""
        from fluxstatus.causes.trace import causes_by_object  # noqa: PLC0415 - not in most lists
        from fluxstatus.causes.unavailable import Controllers  # noqa: PLC0415
        from fluxstatus.lookup.related import partial_state  # noqa: PLC0415

        needed = self._with_needs(resources)
        missing = [*self._missing(resources)]
        if self.warnings is None:
            self.warnings = tuple(self._sources.cluster.warnings())
        state = partial_state(
            self._sources.cluster.now, needed.values(), missing=missing, events=self.warnings
        )
        found = causes_by_object(state, Controllers(state))
        for key in (one.ref.key for one in resources):
            if causes := found.get(key):
                self._causes[key] = causes

    def _missing(self, resources: Iterable[Resource]) -> Iterator[Key]:
        """Yield what releases without any status need, and does not exist: no message says so."""
        for one in resources:
            if one.verdict is Verdict.NEVER and one.ref.kind == "HelmRelease":
                needs = (template_source_of(one), source_of(one))
                yield from (key for key in needs if key and self._sources.is_missing(key))

    def _with_needs(self, resources: Iterable[Resource]) -> dict[Key, Resource]:
        """Return *resources*, and the unhealthy objects that they need, directly or not."""
        todo = [*resources]
        found = {one.ref.key: one for one in todo}
        while todo:
            one = todo.pop()
            self._sources.of(one)
            for key in needs_of(one, one.message):
                need = self._unhealthy.get(key) or self._sources.get(key)
                if need and key not in found and need.verdict not in HEALTHY:
                    found[key] = need
                    todo.append(need)
        return found


def sentence(causes: "Iterable[Cause]", seen_from: Ref) -> str:
    """Return what the object *seen_from* waits for, and why that fails; empty without *causes*."""
    found = [*causes]
    if not found:
        return ""
    first, *others = found
    more = f", and for {len(others)} more" if others else ""
    return f"waits for {name_of(first.ref, seen_from)}: {first.fault.diagnosis.headline}{more}"


def name_of(ref: Ref, seen_from: Ref) -> str:
    """Return *ref*, with its namespace if that is another one."""
    where = "" if ref.namespace == seen_from.namespace else f"{ref.namespace}/"
    return f"{ref.kind}/{where}{ref.name}"
