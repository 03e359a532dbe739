"""Finding the causes of objects that wait for other objects."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fluxstatus.causes.cause import ByObject, Cause
from fluxstatus.causes.classify import Classified, own_cause
from fluxstatus.causes.context import Context
from fluxstatus.causes.faults import Fault
from fluxstatus.causes.ordering import in_order
from fluxstatus.knowledge import diagnose_state
from fluxstatus.model.ref import Key


class Followed(NamedTuple):
    """The causes of each object that is not healthy, and the objects that are in progress.

    The keys of `by_object` include unavailable controllers. `awaited` maps an object in progress to
    the objects at the end of its chain of waits.
    """

    by_object: ByObject
    in_progress: frozenset[Key]
    awaited: Mapping[Key, frozenset[Key]]


def follow(context: Context, classified: Mapping[Key, Classified]) -> Followed:
    """Return the causes of the *classified* objects, including those of the objects they wait for.

    In a dependency cycle, the first member in alphabetical order becomes the cause, and the other
    members wait for it.
    """
    waits_for = {key: one.waits_for for key, one in classified.items() if one.waits_for}
    order, cycles = in_order(waits_for)
    first = {cycle[0]: _cause_of_cycle(context, cycle) for cycle in cycles}
    found = dict(_own_causes(context, classified, first))
    in_progress = {key for key, one in classified.items() if one.in_progress}
    awaited: dict[Key, frozenset[Key]] = {}
    for key in order:
        inherited = () if key in first else _causes_of(found, waits_for[key])
        if inherited or key in found:
            found[key] = _joined(found.get(key, ()), inherited)
        elif under_way := waits_for[key] & in_progress:
            in_progress.add(key)
            awaited[key] = frozenset().union(*(awaited.get(one, {one}) for one in under_way))
        else:  # what it waits for has no fault
            found[key] = (own_cause(context, context.state.resources[key]),)
    for key in first:  # the causes of another member of the cycle also block it
        found[key] = _joined(found[key], _causes_of(found, waits_for[key]))
    return Followed(found, frozenset(in_progress), awaited)


def _own_causes(
    context: Context, classified: Mapping[Key, Classified], first: Mapping[Key, Cause]
) -> Iterator[tuple[Key, tuple[Cause, ...]]]:
    """Yield the causes that each controller or object has itself, not those that it waits for.

    *first* has the causes of the first members of cycles.
    """
    for ref, cause in context.of_controllers.causes.items():
        yield ref.key, (cause,)
    for key, one in classified.items():
        if own := tuple(cause for cause in (one.cause, first.get(key)) if cause):
            yield key, own


def _causes_of(found: ByObject, keys: Iterable[Key]) -> tuple[Cause, ...]:
    return tuple(cause for key in sorted(keys) for cause in found.get(key, ()))


def _joined(causes: Iterable[Cause], more: Iterable[Cause]) -> tuple[Cause, ...]:
    return tuple(dict.fromkeys((*causes, *more)))


def _cause_of_cycle(context: Context, cycle: list[Key]) -> Cause:
    resource = context.state.resources[cycle[0]]
    names = [f"{kind} {namespace}/{name}" for kind, namespace, name in (*cycle, cycle[0])]
    path = f"{names[0]} depends on itself" if len(cycle) == 1 else " → ".join(names)
    diagnosis = diagnose_state("dependency-cycle", resource, {"cycle": path})
    fault = Fault(diagnosis, resource.reason, resource.message)
    return Cause(resource.ref, fault, resource, resource.since)
