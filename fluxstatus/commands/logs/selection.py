"""Which controllers' logs are meant: by name, by the object that they reconcile, or all."""

from collections.abc import Iterator, Sequence

from fluxstatus.base.similar import did_you_mean
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.kinds import KINDS, OPERATOR
from fluxstatus.state.deployments import Component

NAMES = tuple(dict.fromkeys(kind.controller for kind in KINDS.values()))
"""The names of all controllers of Flux."""


def named(components: Sequence[Component], name: str) -> list[Component]:
    """Return the controllers called *name*, all without one. Raises NotFoundError.

    A Deployment's own name will do, the component's, or that without "-controller".
    """
    if not name:
        return list(components)
    found = [one for one in components if name in _names(one)]
    if found:
        return found
    there = {word for one in components for word in _names(one)}
    known = ", ".join(sorted({one.name for one in components})) or "no controller of Flux"
    meant = did_you_mean(name, there or NAMES, f"there is {known}.")
    raise NotFoundError(f"no controller {name!r} was found; {meant}")


def of_kind(components: Sequence[Component], kind: str) -> list[Component]:
    """Return the controllers that reconcile objects of *kind*. Raises NotFoundError."""
    if kind not in KINDS:
        raise NotFoundError(f"no controller of Flux reconciles a {kind}; see `kubectl logs`.")
    return named(components, KINDS[kind].controller)


def _names(component: Component) -> Iterator[str]:
    short = "operator" if component.name == OPERATOR else component.name.removesuffix("-controller")
    yield from (component.name, component.ref.name, short)
