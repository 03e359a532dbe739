"""A state with its causes, traced on first use."""

from functools import cached_property

from fluxstatus.causes.trace import Causes, trace
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.state.state import State


class Analysis:
    """A `state`, its causes and its controllers.

    Both are computed on first use, inside a step of the check, so that an exception there fails
    that step and the report keeps the others.
    """

    def __init__(self, state: State) -> None:
        self.state = state

    @cached_property
    def causes(self) -> Causes:
        """The faults, and the objects that each of them blocks."""
        return trace(self.state, self.controllers)

    @cached_property
    def controllers(self) -> Controllers:
        """The controller of each object, and the controllers that are unavailable."""
        return Controllers(self.state)
