"""Step 7: can the operator's web UI be opened?"""

from collections.abc import Iterator

import jmespath

from fluxstatus.checks.step import Step
from fluxstatus.checks.telling import UNREAD_CODES, passed, unread_found
from fluxstatus.components import OPERATORS
from fluxstatus.evidence import Object
from fluxstatus.findings import Command, Finding, Hint, Level, Ref
from fluxstatus.resources import map_of, text_of
from fluxstatus.state import State
from fluxstatus.workloads import is_ready, selected

STEP_ID = "ui"
PORT_NAME, PORT = "http-web", 9080
_WEB_PORT = jmespath.compile(f"spec.ports[?name=='{PORT_NAME}' || port==`{PORT}`] | [0].port")
_CONTAINER_PORTS = jmespath.compile("spec.template.spec.containers[].ports[].containerPort")


def examine(state: State) -> Iterator[Finding]:
    """Judge whether a Service leads to the web UI and a ready pod is behind it."""
    answer = state.evidence.answer("services")
    web = list(web_services(state))
    if not state.operators and not web:
        unread = state.evidence.answer(OPERATORS).unread
        yield (
            unread_found(STEP_ID, "the operator", unread)
            if unread
            else _skip("no Flux Operator, so no web UI")
        )
    elif web:
        for service, port in web:
            yield _of_service(state, service, port)
    elif answer.unread:
        yield unread_found(STEP_ID, "services", answer.unread)
    elif not any(PORT in (_CONTAINER_PORTS.search(o.deployment) or ()) for o in state.operators):
        yield _skip("the web UI is switched off")
    else:
        yield Finding(
            step=STEP_ID,
            code="ui-no-service",
            level=Level.WARN,
            title="the operator serves the web UI, and no Service leads to it",
            why=f"no Service in its namespace has a port named {PORT_NAME} or {PORT}",
            hints=(
                Hint(
                    "look at the Services there",
                    (Command(("kubectl", "get", "services", "-n", state.namespace)),),
                ),
            ),
            trivial=True,
        )


def web_services(state: State) -> Iterator[tuple[Object, int]]:
    """Give the Services with the web port where the operator is, or what only serves the UI."""
    servers = state.evidence.answer(OPERATORS).items
    homes = {text_of(map_of(one.get("metadata")).get("namespace")) for one in servers}
    for service in state.evidence.answer("services").items:
        port = _WEB_PORT.search(service)
        home = text_of(map_of(service.get("metadata")).get("namespace"))
        if home in homes and isinstance(port, int):
            yield service, port


def _of_service(state: State, service: Object, port: int) -> Finding:
    metadata = map_of(service.get("metadata"))
    ref = Ref("v1", "Service", text_of(metadata.get("namespace")), text_of(metadata.get("name")))
    pods_unread = state.evidence.answer("pods").unread
    if pods_unread:
        return unread_found(STEP_ID, f"the pods behind {ref}", pods_unread)
    selector = map_of(service.get("spec")).get("selector")
    pods = selected(selector, state.evidence.answer("pods").items, ref.namespace)
    ready = sum(map(is_ready, pods))
    if ready:
        noun = "endpoint" if ready == 1 else "endpoints"
        return passed(
            STEP_ID,
            f"svc/{ref.name}:{port} has {ready} {noun}; open it with: kubectl flux-status ui",
        )
    if state.operators and all(operator.down for operator in state.operators):
        title = f"{ref}: waits for the operator, which is not ready"
        return Finding(step=STEP_ID, code="waiting", level=Level.SKIP, title=title, object=ref)
    return Finding(
        step=STEP_ID,
        code="ui-no-endpoint",
        level=Level.WARN,
        title=f"{ref}: no ready pod behind it, so the web UI does not answer",
        object=ref,
        why="none of the pods that it selects is ready",
        hints=(
            Hint(
                "look at the pods",
                (Command(("kubectl", "get", "pods", "-n", ref.namespace)),),
            ),
        ),
    )


def _skip(title: str) -> Finding:
    return Finding(step=STEP_ID, code="ui-absent", level=Level.SKIP, title=title)


CODES = {
    "ui-absent": "there is no web UI: no operator, or it is switched off",
    "ui-no-service": "no Service leads to the web UI",
    "ui-no-endpoint": "the Service has no ready pod behind it",
    "waiting": "not ready because of the operator, whose step tells why",
    **UNREAD_CODES,
}
STEP = Step(STEP_ID, "Flux web UI", ("services", "pods", OPERATORS), CODES, examine)
