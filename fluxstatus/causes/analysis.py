"""The causes in a state, traced on first use."""

from collections.abc import Collection
from functools import cached_property

from fluxstatus.causes.trace import Causes, trace
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.model.ref import Key
from fluxstatus.state.state import State


class Analysis:
    """A `state` with its causes and controllers; `left_out` are codes that are not reported.

    Causes and controllers are computed on first use, inside a step of the check: if that raises an
    exception, only this step fails, and the report contains the others.
    """

    def __init__(self, state: State, left_out: Collection[str] = ()) -> None:
        self.state, self.left_out = state, frozenset(left_out)

    @cached_property
    def causes(self) -> Causes:
        """The faults, and the objects that each of them blocks."""
        return trace(self.state, self.controllers)

    def is_left_out(self, key: Key) -> bool:
        """Whether the object *key* waits only for faults that are not reported."""
        found = self.causes.by_object.get(key, ()) if self.left_out else ()
        return bool(found) and all(one.fault.diagnosis.code in self.left_out for one in found)

    @cached_property
    def controllers(self) -> Controllers:
        """The controllers, with those that are unavailable."""
        return Controllers(self.state)
