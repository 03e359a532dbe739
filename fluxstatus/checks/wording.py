"""Findings and hints that several steps share."""

# ruff: noqa: PLC0415 - only codes need the rules, which take time to import

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from fluxstatus.model import findings
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import Unread, UnreadObject, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint, kubectl
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.model.ref import Ref
from fluxstatus.state.requests import request_command
from fluxstatus.state.resource import Resource
from fluxstatus.state.revisions import missing_result

_DOCS = {
    "source.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/source/{plural}/",
    "source.extensions.fluxcd.io": "https://fluxcd.io/flux/components/source/{plural}/",
    "kustomize.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/kustomize/{plural}/",
    "helm.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/helm/{plural}/",
    "notification.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/notification/{plural}/",
    "image.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/image/{plural}/",
    "fluxcd.controlplane.io": "https://fluxoperator.dev/docs/crd/{singular}/",
}

PRINT_INSTANCE = kubectl("flux-status", "preflight", "--manifest")
"""Prints a FluxInstance to start with."""

_NEXT = {
    Why.LOGIN: "log in again; the credentials are missing, expired or rejected",
    Why.TIMEOUT: "retry with a longer --timeout",
    Why.UNREACHABLE: "check the connection to the API server",
    Why.FORBIDDEN: "ask for permission to list it",
    Why.NO_PROGRAM: "install or upgrade kubectl",
    Why.NO_CONFIG: "set the kubeconfig and the context with --kubeconfig and --context",
}
"""The next step for an Unread that has no hint of its own."""

UNREAD_CODES: Mapping[Why, Code] = {
    Why.NO_PROGRAM: Code(
        "no-program",
        "Data could not be read: kubectl or a login plugin is missing or too old.",
    ),
    Why.NO_CONFIG: Code(
        "no-config",
        "Data could not be read: the kubeconfig or its context is missing or invalid.",
    ),
    Why.LOGIN: Code(
        "login", "Data could not be read: the credentials are missing, expired or rejected."
    ),
    Why.UNREACHABLE: Code(
        "unreachable", "Data could not be read: the connection to the API server failed."
    ),
    Why.TIMEOUT: Code("timeout", "Data could not be read: no response arrived in time."),
    Why.FORBIDDEN: Code("forbidden", "Data could not be read: an RBAC permission is missing."),
    Why.ABSENT: Code(
        "absent", "The requested resource does not exist or is not served by the API server."
    ),
    Why.FAILED: Code(
        "failed", "Data could not be read: the API server or kubectl returned an error."
    ),
    Why.GARBLED: Code(
        "garbled", "Data could not be read: the response is not in the expected format."
    ),
    Why.NOT_REQUESTED: Code("not-asked", "Some data was not requested and therefore not checked."),
}
"""The codes for data that could not be read, the same in every step."""

UNREAD = tuple(UNREAD_CODES.values())

OK = Code("ok", "The check passed.")
RECONCILING = Code(
    findings.RECONCILING,
    "Some objects are still starting or reconciling and have no result yet.",
)
WAITING = Code(
    "waiting",
    "Some objects are not ready because of a problem that is reported in another finding.",
)

READY_WITHOUT_RESULT = Code(
    "ready-without-result",
    "The object is Ready, but its status does not have an artifact or a revision.",
)

_OF_CONTROLLERS = ("controller-", "operator-")
"""The beginnings of the codes of states that concern a controller, not an object."""


def state_codes(*, of_controllers: bool) -> tuple[Code, ...]:
    """Return the codes of the states of controllers, or of objects."""
    from fluxstatus.knowledge.states import STATES

    return tuple(
        rule.code
        for rule in STATES.values()
        if rule.code.startswith(_OF_CONTROLLERS) is of_controllers
    )


def fault_codes(kinds: Iterable[str]) -> tuple[Code, ...]:
    """Return every code that a fault of an object of *kinds* can have."""
    from fluxstatus.knowledge.tables import RULES

    wanted = frozenset(kinds)
    of_messages = (rule.code for rule in RULES if not rule.kinds or rule.kinds & wanted)
    return tuple(dict.fromkeys((*of_messages, *state_codes(of_controllers=False))))


def docs_of(kind: str) -> str:
    """Return the documentation page of a Flux *kind*, empty for another kind."""
    known = KINDS.get(kind)
    if known is None:
        return ""
    return _DOCS[known.group].format(plural=known.plural, singular=known.name.lower())


SHOW_DETAILS = "show all details of this object"
"""The text of a hint that does not fix anything."""


def explained(ref: Ref) -> Iterator[Hint]:
    """Yield the `explain` command for *ref*, if it is a Flux object."""
    if ref.kind in KINDS:
        more = command(
            f"kubectl flux-status explain {ref.kind.lower()}/{{name}} -n {{ns}}",
            {"name": ref.name, "ns": ref.namespace},
        )
        if more:
            yield Hint(SHOW_DETAILS, (more,), "more")


def read_whole(kind: str, namespace: str, name: str) -> Command | None:
    """Return the command that reads an object as YAML; *namespace* is empty if it has none."""
    where = " -n {ns}" if namespace else ""
    fields = {"kind": full_name(kind), "name": name, "ns": namespace}
    return command(f"kubectl get {{kind}}/{{name}}{where} -o yaml", fields)


def pods_in(namespace: str) -> Command | None:
    """Return the command that lists the pods in *namespace*."""
    return command("kubectl get pods -n {ns}", {"ns": namespace})


def unread_finding(step: str, what: str, unread: Unread) -> Finding:
    """Return the finding that *what* could not be read, with the reason and the next step."""
    level = Level.SKIP if unread.why in (Why.ABSENT, Why.NOT_REQUESTED) else Level.UNKNOWN
    return Finding(
        step=step,
        code=UNREAD_CODES[unread.why],
        level=level,
        title=f"{what}: {unread.text}",
        why=unread.text,
        part=what,
        evidence=(("missing RBAC rule", unread.permission),) if unread.permission else (),
        hints=tuple(unread_hints(unread)),
    )


def unread_object(step: str, one: UnreadObject) -> Finding:
    """Return the finding that the object *one*, which exists, could not be read."""
    named = Ref("", *one[:3])
    return Finding(
        step=step,
        code=UNREAD_CODES[Why.GARBLED],
        level=Level.UNKNOWN,
        title=f"{one}",
        object=named,
        why=f"it {one.why}, so its status is unknown; all other objects were read",
        hints=(
            hint(
                "read its status with kubectl",
                command(
                    "kubectl describe {kind}/{name} -n {ns}",
                    {"kind": full_name(one.kind), "name": one.name, "ns": one.namespace},
                ),
            ),
        ),
    )


def unread_hints(unread: Unread) -> Iterator[Hint]:
    """Yield the next steps for *unread*."""
    if unread.hints:
        yield from unread.hints
        return
    if not unread.permission:
        yield hint(_NEXT.get(unread.why, "retry in a moment"))
        return
    verb, _, resource = unread.permission.partition(" ")
    yield hint(
        f"ask for permission to {unread.permission}",
        command(
            "kubectl auth can-i {verb} {resource} --all-namespaces",
            {"verb": verb, "resource": resource},
        ),
    )


def without_result(step: str, resource: Resource, now: datetime) -> Finding | None:
    """Return the finding that a Ready *resource* has no result; None if it has one."""
    path = missing_result(resource)
    if not path:
        return None
    return Finding(
        step=step,
        code=READY_WITHOUT_RESULT,
        level=Level.UNKNOWN,
        title=f"{resource.ref}: Ready, but {path} is not set",
        object=resource.ref,
        why="the controller sets this field before the Ready condition, so another program has "
        "changed the status",
        since=resource.since,
        hints=(
            hint(
                "check the status and its field managers",
                read_whole(*resource.ref.key),
            ),
            hint(
                "reconcile the object, so that the controller writes the status again",
                request_command(resource, now),
            ),
        ),
        docs=docs_of(resource.ref.kind),
    )


def passed(step: str, title: str, ref: Ref | None = None, since: datetime | None = None) -> Finding:
    """Return a passed check."""
    return Finding(step=step, code=OK, level=Level.PASS, title=title, object=ref, since=since)
