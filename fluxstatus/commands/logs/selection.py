"""Selecting controllers: by name, by the kind that they reconcile, or all."""

from collections.abc import Iterator, Sequence

from fluxstatus.base.similar import did_you_mean
from fluxstatus.model.errors import NotFoundError
from fluxstatus.model.kinds import KINDS, OPERATOR
from fluxstatus.state.deployments import Component

NAMES = tuple(dict.fromkeys(kind.controller for kind in KINDS.values()))
"""The names of all Flux controllers."""

_DEPLOYMENTS = ("deployment", "deployments", "deploy")


def typed(word: str) -> tuple[str, str]:
    """Return the controller and the object that *word* names: at most one is not empty.

    A Deployment is written as for `kubectl logs` (deploy/source-controller).
    """
    kind, slash, name = word.partition("/")
    if not slash:
        return word, ""
    return (name, "") if kind.partition(".")[0].lower() in _DEPLOYMENTS else ("", word)


def named(components: Sequence[Component], name: str) -> list[Component]:
    """Return the controllers called *name*, or all if it is empty. Raises NotFoundError.

    The name is that of the Deployment or of the component, with or without "-controller".
    """
    if not components:
        raise NotFoundError("no Flux controller was found in this cluster")
    if not name:
        return list(components)
    found = [one for one in components if name in _names(one)]
    if found:
        return found
    known = {word for one in components for word in _names(one)}
    found_here = ", ".join(sorted({one.name for one in components}))
    suggestion = did_you_mean(name, known or NAMES, f"this cluster has {found_here}")
    raise NotFoundError(f"no controller {name!r} found; {suggestion}")


def of_kind(components: Sequence[Component], kind: str) -> list[Component]:
    """Return the controllers that reconcile objects of *kind*. Raises NotFoundError."""
    if kind not in KINDS:
        raise NotFoundError(
            f"no Flux controller reconciles objects of kind {kind}; use `kubectl logs`"
        )
    return named(components, KINDS[kind].controller)


def _names(component: Component) -> Iterator[str]:
    short = "operator" if component.name == OPERATOR else component.name.removesuffix("-controller")
    yield from (component.name, component.ref.name, short)
