"""The objects that each cause affects, computed after all causes are known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from fluxstatus.causes.cause import ByObject, Cause
from fluxstatus.causes.classify import Classified
from fluxstatus.causes.context import Context
from fluxstatus.model.ref import Key, Ref


def with_affected(
    context: Context,
    causes: Iterable[Cause],
    *,
    by_object: ByObject,
    stale: ByObject,
    not_updated: Mapping[Cause, tuple[Ref, ...]],
    classified: Mapping[Key, Classified],
) -> Mapping[Cause, Cause]:
    """Return a copy of each of the *causes*, with the objects that it affects."""
    waiting, are_stale = _affected(context, by_object), _affected(context, stale)
    effects = _effects(classified, by_object)
    to_install = _to_install(context, by_object)
    return {
        cause: replace(
            cause,
            waiting=(*cause.waiting, *waiting.get(cause, ()), *to_install.get(cause, ())),
            stale=tuple(are_stale.get(cause, ())),
            not_updated=not_updated.get(cause, ()),
            effects=tuple(effects.get(cause, ())),
        )
        for cause in causes
    }


def _affected(context: Context, by_object: ByObject) -> Mapping[Cause, list[Ref]]:
    """Return the objects of each cause in *by_object*, except the object with the fault."""
    found: dict[Cause, list[Ref]] = defaultdict(list)
    resources = context.state.resources
    for key, causes in by_object.items():
        resource = resources.get(key)  # a controller affects what its cause says
        for cause in causes if resource else ():
            if resource and resource.ref != cause.ref:
                found[cause].append(resource.ref)
    return found


def _to_install(context: Context, by_object: ByObject) -> Mapping[Cause, tuple[Ref, ...]]:
    """Return the controllers that are not installed yet, by the causes that block this."""
    instance, waiting = context.state.instance, context.of_controllers.not_installed
    return dict.fromkeys(by_object.get(instance.ref.key, ()) if instance else (), waiting)


def _effects(
    classified: Mapping[Key, Classified], by_object: ByObject
) -> Mapping[Cause, list[str]]:
    found: dict[Cause, list[str]] = defaultdict(list)
    for key, one in classified.items():
        for cause in by_object.get(key, ()) if one.effect else ():
            found[cause].append(one.effect)
    return found
