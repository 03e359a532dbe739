"""Step 7: can the operator's web UI be opened?"""

from collections.abc import Iterator

import jmespath

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import UNREAD_CODES, passed, unread_finding
from fluxstatus.model.evidence import Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.ref import Ref
from fluxstatus.state.deployments import OPERATORS
from fluxstatus.state.pods import is_ready, selected
from fluxstatus.state.state import State
from fluxstatus.state.web_ui import PORT, PORT_NAME, web_services

STEP_ID = "ui"
_CONTAINER_PORTS = jmespath.compile("spec.template.spec.containers[].ports[].containerPort")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Judge whether a Service leads to the web UI and a ready pod is behind it."""
    state = analysis.state
    answer = state.evidence.answer("services")
    web = list(web_services(state))
    if not state.operators and not web:
        unread = state.evidence.answer(OPERATORS).unread
        yield (
            unread_finding(STEP_ID, "the operator", unread)
            if unread
            else _skip("no Flux Operator, so no web UI")
        )
    elif web:
        for service, port in web:
            yield _of_service(state, service, port)
    elif answer.unread:
        yield unread_finding(STEP_ID, "services", answer.unread)
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


def _of_service(state: State, service: Object, port: int) -> Finding:
    metadata = map_of(service.get("metadata"))
    ref = Ref("v1", "Service", text_of(metadata.get("namespace")), text_of(metadata.get("name")))
    pods_unread = state.evidence.answer("pods").unread
    if pods_unread:
        return unread_finding(STEP_ID, f"the pods behind {ref}", pods_unread)
    selector = map_of(service.get("spec")).get("selector")
    pods = selected(selector, state.evidence.answer("pods").items, ref.namespace)
    ready = sum(map(is_ready, pods))
    if ready:
        noun = "endpoint" if ready == 1 else "endpoints"
        return passed(
            STEP_ID,
            f"svc/{ref.name}:{port} has {ready} {noun}; open it with: kubectl flux-status ui",
        )
    if state.operators and all(operator.unavailable for operator in state.operators):
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
