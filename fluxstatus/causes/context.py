"""The values that every stage of tracing reads."""

from functools import cached_property

from fluxstatus.causes.controller_causes import ControllerCauses
from fluxstatus.causes.missing import Suggestions
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.causes.waits import Waits
from fluxstatus.model.ref import Key
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.revisions import Lag, lags_of
from fluxstatus.state.state import State


class Context:
    """A `state`, its `controllers` and the causes `of_controllers`; no stage changes them.

    The other values are derived from these on first use.
    """

    def __init__(
        self, state: State, controllers: Controllers, of_controllers: ControllerCauses
    ) -> None:
        self.state, self.controllers, self.of_controllers = state, controllers, of_controllers
        self.suggestions = Suggestions(state)
        self.waits = Waits(state, frozenset(ref.key for ref in of_controllers.causes))

    @cached_property
    def lags(self) -> dict[Key, Lag]:
        """The revision of each Ready object, compared with that of its source."""
        return lags_of(self.state)

    @cached_property
    def releases_by_chart(self) -> dict[Key, Resource]:
        """The HelmRelease that uses each HelmChart."""
        return {
            chart: release
            for release in self.state.of_kind("HelmRelease")
            if (chart := source_of(release)) and chart[0] == "HelmChart"
        }
