"""The Services of the web UI of the Flux Operator."""

from collections.abc import Iterator

import jmespath

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.model.evidence import OPERATORS, Object
from fluxstatus.state.state import State

PORT_NAME, PORT = "http-web", 9080
_WEB_PORT = jmespath.compile(f"spec.ports[?name=='{PORT_NAME}' || port==`{PORT}`] | [0].port")


def web_services(state: State) -> Iterator[tuple[Object, int]]:
    """Return the Services with the port of the web UI, in the namespaces of the operator."""
    servers = state.evidence.answer(OPERATORS).known
    operator_namespaces = {text_of(map_of(one.get("metadata")).get("namespace")) for one in servers}
    for service in state.evidence.answer("services").known:
        port = _WEB_PORT.search(service)
        namespace = text_of(map_of(service.get("metadata")).get("namespace"))
        if namespace in operator_namespaces and isinstance(port, int):
            yield service, port
