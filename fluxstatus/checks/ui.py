"""Step 7: is the operator's web UI reachable?"""

from collections.abc import Iterator

import jmespath

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.plurals import counted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.namespaces import ELSEWHERE
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import UNREAD, WAITING, passed, pods_in, unread_finding
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import OPERATORS, Object
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint
from fluxstatus.model.ref import Ref
from fluxstatus.state.pods import is_ready, selected
from fluxstatus.state.state import State
from fluxstatus.state.web_ui import PORT, PORT_NAME, web_services

STEP_ID = "ui"
_UI_ABSENT = Code(
    "ui-absent",
    "There is no Flux web UI: the Flux Operator is missing or the UI is disabled.",
)
_UI_NO_SERVICE = Code("ui-no-service", "No Service exposes the Flux web UI.")
_UI_NO_ENDPOINT = Code("ui-no-endpoint", "The Flux web UI's Service has no ready pods.")
_CONTAINER_PORTS = jmespath.compile("spec.template.spec.containers[].ports[].containerPort")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Check that a Service leads to the web UI, and that a ready pod is behind it."""
    state = analysis.state
    answer = state.evidence.answer("services")
    web = list(web_services(state))
    if web:
        for service, port in web:
            yield _of_service(state, service, port)
    elif unread := state.evidence.answer(OPERATORS).unread:
        yield unread_finding(STEP_ID, "the operator", unread)
    elif not state.operators:
        yield _skip("no web UI without the Flux Operator")
    elif answer.unread:
        yield unread_finding(STEP_ID, "services", answer.unread)
    elif not any(PORT in (_CONTAINER_PORTS.search(o.deployment) or ()) for o in state.operators):
        yield _skip("the web UI is disabled")
    else:
        yield Finding(
            step=STEP_ID,
            code=_UI_NO_SERVICE,
            level=Level.WARN,
            title="the operator serves the web UI, but no Service exposes it",
            why=f"no Service in its namespace has port {PORT} or a port named {PORT_NAME}",
            hints=(
                hint(
                    "check the Services in its namespace",
                    command("kubectl get services -n {ns}", {"ns": state.namespace}),
                ),
            ),
            trivial=True,
        )


def _of_service(state: State, service: Object, port: int) -> Finding:
    metadata = map_of(service.get("metadata"))
    ref = Ref("v1", "Service", text_of(metadata.get("namespace")), text_of(metadata.get("name")))
    answer = state.evidence.answer("pods")
    if pods_unread := answer.unread_in(ref.namespace):
        return unread_finding(STEP_ID, f"the pods behind {ref}", pods_unread)
    selector = map_of(service.get("spec")).get("selector")
    pods = selected(selector, answer.known, ref.namespace)
    ready = sum(map(is_ready, pods))
    if ready:
        return passed(
            STEP_ID,
            f"svc/{ref.name}:{port} has {counted(ready, 'endpoint')}; kubectl flux-status ui "
            "opens the web UI, with permission to create pods/portforward",
        )
    if state.operators and all(operator.unavailable for operator in state.operators):
        title = f"{ref}: waiting for the operator, which is not ready"
        awaited = tuple(operator.ref for operator in state.operators)
        return Finding(STEP_ID, WAITING, Level.WAIT, title, object=ref, waits_for=awaited)
    return Finding(
        step=STEP_ID,
        code=_UI_NO_ENDPOINT,
        level=Level.WARN,
        title=f"{ref}: has no ready pods, so the web UI does not respond",
        object=ref,
        why="none of the pods that it selects are ready",
        hints=(hint("check its pods", pods_in(ref.namespace)),),
    )


def _skip(title: str) -> Finding:
    return Finding(step=STEP_ID, code=_UI_ABSENT, level=Level.SKIP, title=title)


def _codes() -> tuple[Code, ...]:
    return (_UI_ABSENT, _UI_NO_SERVICE, _UI_NO_ENDPOINT, WAITING, ELSEWHERE, *UNREAD)


STEP = Step(
    STEP_ID,
    "Flux web UI",
    ("services", "pods", OPERATORS),
    _codes,
    examine,
)
