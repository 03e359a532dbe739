"""The parts of Flux and their versions; an unknown version has the reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fluxstatus.base.fields import map_of, maps_of, text_of
from fluxstatus.cluster.local_tools import Program
from fluxstatus.model.evidence import CONTROLLERS, OPERATORS, VERSION, Unread, Why
from fluxstatus.model.kinds import OPERATOR
from fluxstatus.state.deployments import Component
from fluxstatus.state.state import State

DISTRIBUTION = "Flux"
_BY_DIGEST = Unread(Why.GARBLED, "its image has no version tag")
_NO_VERSION = Unread(Why.GARBLED, "the API server does not report its version")
_NOT_FOUND = Unread(Why.GARBLED, "no FluxReport, FluxInstance or label contains it")


class Role(StrEnum):
    """The role of a part."""

    CLIENT = "client"
    SERVER = "server"
    OPERATOR = "operator"
    DISTRIBUTION = "distribution"
    CONTROLLER = "controller"


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its name, the version that it reports, where it is, and a note.

    `unread` is why no version is known; with the reason ABSENT there is no such part.
    """

    name: str
    role: Role
    version: str = ""
    where: str = ""
    note: str = ""
    unread: Unread | None = None

    @property
    def unknown(self) -> bool:
        """Whether the part may exist, but its version could not be determined."""
        return self.unread is not None and self.unread.why is not Why.ABSENT


def parts_of(state: State, clients: Mapping[str, Program]) -> tuple[Part, ...]:
    """Return all parts, the CLIs first, then from the API server down."""
    return (
        *(_client(client) for client in clients.values()),
        _server(state),
        *_operators(state),
        _distribution(state),
        *_controllers(state),
    )


def _client(client: Program) -> Part:
    absent = Unread(Why.ABSENT, "not installed or not in your PATH")
    unread = absent if client.missing else client.unread
    return Part(client.name, Role.CLIENT, client.version, client.path, unread=unread)


def _server(state: State) -> Part:
    evidence = state.evidence
    version = evidence.target.kubernetes
    failed = evidence.unreachable or evidence.unread.get(VERSION) or _NO_VERSION
    unread = None if version else failed
    return Part("Kubernetes", Role.SERVER, version, evidence.target.server, unread=unread)


def _operators(state: State) -> Iterator[Part]:
    for operator in state.operators:
        yield _component(state, operator, OPERATOR, Role.OPERATOR)
    if not state.operators:
        unread = state.evidence.answer(OPERATORS).unread
        yield Part(
            OPERATOR, Role.OPERATOR, unread=unread or _absent("its Deployment was not found")
        )


def _distribution(state: State) -> Part:
    version, instance = state.flux_version, state.instance
    if version:
        wanted = instance.get("spec", "distribution", "version") if instance else ""
        note = f"{instance.ref} requests {wanted}" if instance and wanted else ""
        return Part(DISTRIBUTION, Role.DISTRIBUTION, version, note=note)
    unread = state.evidence.answer(CONTROLLERS).unread
    if not unread and not state.components:
        unread = _absent("its controllers were not found")
    return Part(DISTRIBUTION, Role.DISTRIBUTION, unread=unread or _NOT_FOUND)


def _controllers(state: State) -> Iterator[Part]:
    for component in state.components:
        yield _component(state, component, component.ref.name, Role.CONTROLLER)
    if unread := state.evidence.answer(CONTROLLERS).unread:
        yield Part("controllers", Role.CONTROLLER, unread=unread)
        return
    there = {component.name for component in state.components}
    for name in state.expected:
        if name not in there:
            yield Part(name, Role.CONTROLLER, unread=_absent("expected, but not found"))


def _component(state: State, component: Component, name: str, role: Role) -> Part:
    version = component.version or _rolled_out(state, component)
    distribution = component.distribution
    notes = (
        f"of Flux {distribution}" if role is Role.CONTROLLER and distribution else "",
        "not running" if component.unavailable else "",
    )
    return Part(
        name,
        role,
        version,
        f"{component.ref.namespace}/{component.ref.name}",
        ", ".join(filter(None, notes)),
        None if version else _BY_DIGEST,
    )


def _rolled_out(state: State, component: Component) -> str:
    """Return the version of an image without a tag, from the status of the FluxInstance."""
    containers = component.deployment
    for name in ("spec", "template", "spec"):
        containers = map_of(containers.get(name))
    images = [text_of(one.get("image")) for one in maps_of(containers.get("containers"))]
    known = state.instance.status.get("components") if state.instance else ()
    for entry in maps_of(known):
        digest = text_of(entry.get("digest"))
        if digest and any(image.endswith(f"@{digest}") for image in images):
            return text_of(entry.get("tag"))
    return ""


def _absent(text: str) -> Unread:
    return Unread(Why.ABSENT, text)
