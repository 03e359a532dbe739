"""The cause of each object of a list, as the check has it."""

# ruff: noqa: PLC0415 - only --cause needs the check

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from fluxstatus.commands.get.waiting import name_of
from fluxstatus.model.evidence import Evidence
from fluxstatus.state.resource import Resource

if TYPE_CHECKING:
    from typing import TypeAlias

    from fluxstatus.causes.cause import ByObject, Cause
    from fluxstatus.causes.trace import Causes

    Headline: TypeAlias = Callable[[Cause], str]


def causes_in(evidence: Evidence) -> Callable[[Resource], str]:
    """Return the function that returns why an object of *evidence* is not well, or not updated."""
    from fluxstatus.causes.analysis import Analysis
    from fluxstatus.causes.trace import causes_by_object
    from fluxstatus.checks.cause_findings import headline_of
    from fluxstatus.state.state import State

    analysis = Analysis(State(evidence))
    of_objects = causes_by_object(analysis.state, analysis.controllers)
    headline = partial(headline_of, analysis.state)
    return lambda resource: "; ".join(_sentences(analysis.causes, of_objects, resource, headline))


def _sentences(
    causes: "Causes", of_objects: "ByObject", resource: Resource, headline: "Headline"
) -> Iterator[str]:
    """Yield the causes of *resource*, each with its *headline*.

    A fault that it shares with others is left out if it is that of an object: its name would be
    that of one that *resource* has nothing to do with.
    """
    key = resource.ref.key
    if key in causes.in_progress:
        yield "in progress"
    merged = causes.by_object.get(key, ())
    is_of_controller = any(cause.resource is None for cause in merged)
    for cause in merged if is_of_controller else of_objects.get(key, ()):
        yield _sentence(cause, resource, headline)
    stale = [*causes.stale_causes.get(key, ())]
    if key in causes.suspended_owners:
        stale.append(causes.suspended_owners[key])
    for cause in stale:
        yield f"not updated: {_sentence(cause, resource, headline)}"


def _sentence(cause: "Cause", resource: Resource, headline: "Headline") -> str:
    why = headline(cause)
    is_own = cause.ref.key == resource.ref.key
    return why if is_own else f"{name_of(cause.ref, resource.ref)}: {why}"
