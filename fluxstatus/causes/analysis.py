"""A state with what is wrong in it, traced when it is first looked at."""

from functools import cached_property

from fluxstatus.causes.trace import Causes
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.state.state import State


class Analysis:
    """A `state`, its causes and its controllers.

    Nothing is traced before it is used, so that a crash there is that of the step that uses it
    and the report keeps the others.
    """

    def __init__(self, state: State) -> None:
        self.state = state

    @cached_property
    def causes(self) -> Causes:
        """What is broken, and what each fault blocks."""
        return Causes(self.state, self.controllers)

    @cached_property
    def controllers(self) -> Controllers:
        """Which controller reconciles an object, and which controllers are unavailable."""
        return Controllers(self.state)
