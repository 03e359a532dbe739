"""Controllers that do no work, and kinds that are gone, as causes of what needs them."""

from fluxstatus.causes.cause import Cause
from fluxstatus.causes.faults import fault_of_images
from fluxstatus.causes.unavailable import Controllers
from fluxstatus.model.kinds import KINDS, OPERATOR
from fluxstatus.state.references import source_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import State

_SEVERAL = 2  # one alone may be an accident of its own


class Stopped:
    """What of Flux itself is at fault in a State.

    `causes` has them by the Deployment or CRD; `not_installed` are the controllers that the
    FluxInstance has yet to install for the first time: these are missed by nobody. `of_kinds` has
    the cause of each kind whose CRD is gone, whether anything needs it or not.
    """

    def __init__(self, state: State, controllers: Controllers) -> None:
        """Take what *controllers* says of the controllers of *state*."""
        self._state, self._controllers = state, controllers
        missing = controllers.missing
        self.not_installed = [] if self._is_installed() else [
            ref for ref in missing if ref.name != OPERATOR
        ]  # fmt: skip
        self.causes = {
            ref: Cause(ref, fault)
            for ref, fault in (*controllers.down.items(), *missing.items())
            if ref not in self.not_installed
        }
        self.of_kinds: dict[str, Cause] = {}
        for kind, (ref, fault) in controllers.unserved.items():
            self.of_kinds[kind] = self.causes.setdefault(ref, Cause(ref, fault))
        self._blame_instance_for_images()

    def needed_by(self, resource: Resource) -> Cause | None:
        """Return what *resource* needs and has not: its controller, or its source's, or a kind."""
        if not self.causes:
            return None
        if unserved := self.unserved_for(resource):
            return unserved
        ref = self._controllers.stopped(resource)
        source = self._controllers.stopped_source
        if ref is None and source and _fetches(resource) and self._controllers.takes(resource):
            ref = source
        return self.causes.get(ref) if ref else None

    def unserved_for(self, resource: Resource) -> Cause | None:
        """Return the missing CRD of the kind that *resource* takes its artifact from."""
        source = source_of(resource) if self.of_kinds else None
        return self.of_kinds.get(source[0]) if source else None

    def _is_installed(self) -> bool:
        """Whether the FluxInstance, if there is one, was ever applied: before, nothing is lost."""
        instance = self._state.instance
        return instance is None or bool(instance.status.get("lastAppliedRevision"))

    def _blame_instance_for_images(self) -> None:
        """Make one cause of several images that cannot be pulled: the registry they come from."""
        instance, found = self._state.instance, self._controllers.unpullable()
        if instance is None or len(found) < _SEVERAL:
            return
        fault = fault_of_images(self._state, instance, found)
        cause = Cause(instance.ref, fault, instance, waiting=[c.ref for c in found])
        self.causes |= {component.ref: cause for component in found}


def _fetches(resource: Resource) -> bool:
    """Whether *resource* needs the artifact of a source to go on."""
    source = source_of(resource)
    is_source = source is not None and source[0] in KINDS and KINDS[source[0]].step == "sources"
    return is_source and resource.verdict is not Verdict.TERMINATING
