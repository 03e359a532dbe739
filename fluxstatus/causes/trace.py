"""Tracing symptoms to causes: one cause per fault, and the objects that it blocks.

    controller_causes   the causes of unavailable controllers and missing CRDs
    classify            the class of each unhealthy object: has a fault, waits, or is in progress
    follow              the causes of objects that wait for other objects
    merge               one cause for a fault that several objects share
    find_stale          objects that are Ready although their source or controller has failed
    find_not_updated    objects whose owner is suspended
    with_affected       each cause with the objects that it affects

Each stage takes the values of the stages before it and returns new ones. All stages read the
Context, and none changes it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fluxstatus.causes.affected import with_affected
from fluxstatus.causes.cause import ByObject, Cause, distinct
from fluxstatus.causes.classify import classify
from fluxstatus.causes.context import Context
from fluxstatus.causes.controller_causes import controller_causes
from fluxstatus.causes.follow import follow
from fluxstatus.causes.merging import merge
from fluxstatus.causes.missing import Suggestions
from fluxstatus.causes.stale import find_not_updated, find_stale
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.revisions import Lag
from fluxstatus.state.state import State

__all__ = ["Cause", "Causes", "causes_by_object", "trace"]


@dataclass(frozen=True, eq=False, repr=False)
class Causes:
    """The causes in a State.

    `all` contains each cause once. `by_object` has the causes of each unhealthy object,
    `stale_causes` those of each object that is Ready with an old revision, and `suspended_owners`
    the cause of an object's suspended owner. `in_progress` are the objects that need no
    intervention, and `awaited` the objects that these wait for. `not_installed` are the controllers
    that the FluxInstance has not installed yet, and `missing_kinds` the kinds whose missing CRD
    blocks an object.
    """

    all: tuple[Cause, ...]
    by_object: ByObject
    stale_causes: ByObject
    suspended_owners: Mapping[Key, Cause]
    in_progress: frozenset[Key]
    awaited: Mapping[Key, frozenset[Key]]
    not_installed: tuple[Ref, ...]
    missing_kinds: frozenset[str]
    context: Context

    @property
    def suggestions(self) -> Suggestions:
        """Suggestions for the objects that references to missing objects may have meant."""
        return self.context.suggestions

    @property
    def lags(self) -> Mapping[Key, Lag]:
        """The revision of each Ready object, compared with that of its source."""
        return self.context.lags

    @cached_property
    def concerned(self) -> frozenset[Key]:
        """The objects that a cause affects, or that wait for an object in progress."""
        return frozenset((*self.awaited, *self.stale_causes, *self.by_object))

    @cached_property
    def by_namespace(self) -> Mapping[str, tuple[Cause, ...]]:
        """The causes that are faults of objects, by the namespace of the object."""
        found: dict[str, list[Cause]] = defaultdict(list)
        for cause in sorted(self.all, key=lambda one: one.ref):
            if cause.resource is not None:
                found[cause.ref.namespace].append(cause)
        return {namespace: tuple(causes) for namespace, causes in found.items()}


def trace(state: State, controllers: Controllers) -> Causes:
    """Return the causes of every object of *state* that is not healthy."""
    of_controllers = controller_causes(state, controllers)
    context = Context(state, controllers, of_controllers)
    classified = classify(context)
    followed = follow(context, classified)
    by_object, ignored = merge(context, followed.by_object)
    stale = find_stale(context, by_object, ignored)
    found = dict.fromkeys((*distinct(by_object), *distinct(stale), *of_controllers.causes.values()))
    not_updated = find_not_updated(state, found)
    final = with_affected(
        context,
        found,
        by_object=by_object,
        stale=stale,
        not_updated=not_updated,
        classified=classified,
    )
    of_kinds = of_controllers.by_missing_kind
    return Causes(
        all=tuple(final.values()),
        by_object=_mapped(by_object, final),
        stale_causes=_mapped(stale, final),
        suspended_owners={
            ref.key: final[cause] for cause, refs in not_updated.items() for ref in refs
        },
        in_progress=followed.in_progress,
        awaited=followed.awaited,
        not_installed=of_controllers.not_installed,
        missing_kinds=frozenset(kind for kind, one in of_kinds.items() if final[one].blocks),
        context=context,
    )


def causes_by_object(state: State, controllers: Controllers) -> ByObject:
    """Return the causes of each unhealthy object.

    Unlike in `trace`, causes are not merged, and do not contain the objects that they affect.
    """
    context = Context(state, controllers, controller_causes(state, controllers))
    return follow(context, classify(context)).by_object


def _mapped(by_object: ByObject, final: Mapping[Cause, Cause]) -> ByObject:
    return {key: tuple(final[cause] for cause in causes) for key, causes in by_object.items()}
