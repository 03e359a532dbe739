"""From a cause, a state or an unread answer to a finding: the words all steps share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from fluxstatus.base.durations import ago
from fluxstatus.causes.analysis import Analysis
from fluxstatus.causes.trace import Cause
from fluxstatus.checks.beside import beside, corrected_at, headline, neighbours, workloads_behind
from fluxstatus.knowledge import RULES
from fluxstatus.knowledge.rule import fill
from fluxstatus.knowledge.states import STATES
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.resource import Resource, Verdict

_DOCS = {
    "source.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/source/{plural}/",
    "source.extensions.fluxcd.io": "https://fluxcd.io/flux/components/source/{plural}/",
    "kustomize.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/kustomize/{plural}/",
    "helm.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/helm/{plural}/",
    "notification.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/notification/{plural}/",
    "image.toolkit.fluxcd.io": "https://fluxcd.io/flux/components/image/{plural}/",
    "fluxcd.controlplane.io": "https://fluxoperator.dev/docs/crd/{singular}/",
}
_NAMED = 5  # objects that a sentence names
_NEVER_FAILS = frozenset({"Alert", "Provider"})
"""Kinds that bring no deployment to a stop when they are broken."""


_NEXT = {
    Why.LOGIN: "log in again; the credential is missing, expired or rejected",
    Why.TIMEOUT: "try again with a longer --timeout",
    Why.UNREACHABLE: "look at the way to the API server",
    Why.FORBIDDEN: "ask for the right to list it",
    Why.NO_PROGRAM: "install kubectl, or a newer one",
    Why.NO_CONFIG: "name the kubeconfig and the context with --kubeconfig and --context",
}
"""What to do about an Unread that brings no hint of its own."""

UNREAD_CODES: Mapping[str, str] = {
    Why.NO_PROGRAM: "could not be read: kubectl is missing or too old",
    Why.NO_CONFIG: "could not be read: no kubeconfig, or no such context in it",
    Why.LOGIN: "could not be read: the credential is missing, expired or rejected",
    Why.UNREACHABLE: "could not be read: no connection",
    Why.TIMEOUT: "could not be read in time",
    Why.FORBIDDEN: "could not be read: the permission is missing",
    Why.ABSENT: "is not there: the API server does not serve it",
    Why.FAILED: "could not be read: the API server answered with an error",
    Why.GARBLED: "could not be read: the answer makes no sense",
    Why.NOT_ASKED: "was left out on purpose",
}
"""The codes of what could not be read, the same in every step."""

_OF_CONTROLLERS = ("controller-", "operator-")
"""How the codes of states begin that are about a controller, not an object."""


def state_codes(*, of_controllers: bool) -> dict[str, str]:
    """Return the codes of the states of controllers, or of objects, each with its meaning."""
    return {
        code: fill(rule.why, {})
        for code, rule in STATES.items()
        if code.startswith(_OF_CONTROLLERS) is of_controllers
    }


def fault_codes(kinds: Iterable[str]) -> dict[str, str]:
    """Return every code that a fault of an object of *kinds* can have, with its meaning."""
    wanted = frozenset(kinds)
    of_messages = {
        rule.code: fill(rule.why, {}) for rule in RULES if not rule.kinds or rule.kinds & wanted
    }
    return of_messages | state_codes(of_controllers=False)


def docs_of(kind: str) -> str:
    """Return the page of a Flux *kind*, empty for another kind."""
    known = KINDS.get(kind)
    if known is None:
        return ""
    return _DOCS[known.group].format(plural=known.plural, singular=known.name.lower())


def cause_finding(step: str, analysis: Analysis, cause: Cause) -> Finding:
    """Tell a cause: what is wrong, why, since when, what it blocks and how to mend it."""
    fault, resource = cause.fault, cause.resource
    diagnosis, unhealthy = fault.diagnosis, workloads_behind(analysis.state, cause)
    texts = (*(one.text for one in unhealthy), *beside(analysis, cause))
    why = "; ".join(dict.fromkeys((diagnosis.why, *texts)))
    found = dict.fromkeys(hint for one in unhealthy for hint in one.hints)
    # Of a health check the first step only says to look at the pods: that was done.
    steps = diagnosis.hints[1:] if found else diagnosis.hints
    return Finding(
        step=step,
        code=diagnosis.code,
        level=_level(cause),
        title=f"{cause.ref}: {headline(diagnosis.why)}",
        object=cause.ref,
        why=why,
        reason=fault.reason,
        message=fault.message,
        since=cause.since,
        evidence=tuple(_evidence(analysis, cause)),
        blocks=cause.blocks,
        hints=(*found, *steps, *corrected_at(cause), *(explained(cause.ref) if resource else ())),
        docs=docs_of(cause.ref.kind),
        trivial=diagnosis.rule.trivial,
        final=resource is not None and resource.verdict is Verdict.STALLED,
    )


def explained(ref: Ref) -> Iterator[Hint]:
    """Return the command that tells all that is known of *ref*, if that is an object of Flux."""
    if ref.kind in KINDS:
        argv = ("kubectl", "flux-status", "explain", f"{ref.kind.lower()}/{ref.name}",
                "-n", ref.namespace)  # fmt: skip
        yield Hint("see all that is known of it", (Command(argv),), "more")


def _level(cause: Cause) -> Level:
    suspended = cause.resource is not None and cause.resource.verdict is Verdict.SUSPENDED
    if (suspended and not cause.waiting) or cause.ref.kind in _NEVER_FAILS:
        return Level.WARN
    return Level.FAIL


def _evidence(analysis: Analysis, cause: Cause) -> Iterator[tuple[str, str]]:
    if cause.resource is not None:
        for name, condition in cause.resource.conditions.items():
            if name in ("Ready", "Stalled"):
                yield f"status.conditions[{name}]", str(condition.get("status"))
        artifact = cause.resource.get("status", "artifact", "revision")
        if artifact:
            yield "status.artifact.revision", str(artifact)
    for event in analysis.state.warnings.get(cause.ref.key, ())[:3]:
        yield f"event {event.reason}", f"{event.times} times, last {event.last.isoformat()}"
    for other in neighbours(analysis, cause):
        yield (
            "another cause in this namespace",
            f"{other.ref}: {headline(other.fault.diagnosis.why)}",
        )


def unread_finding(step: str, what: str, unread: Unread) -> Finding:
    """Tell what could not be read, why, and how to get it."""
    level = Level.SKIP if unread.why in (Why.ABSENT, Why.NOT_ASKED) else Level.UNKNOWN
    return Finding(
        step=step,
        code=f"{unread.why}",
        level=level,
        title=f"{what}: {unread.text}",
        why=unread.text,
        evidence=(("missing RBAC rule", unread.rule),) if unread.rule else (),
        hints=tuple(unread_hints(unread)),
    )


def unread_hints(unread: Unread) -> Iterator[Hint]:
    """Return the next steps that come with *unread*."""
    yield from unread.hints
    if not (unread.rule or unread.hints):
        yield Hint(_NEXT.get(unread.why, "try again in a moment"))
    if unread.rule and not unread.hints:
        verb, _, resource = unread.rule.partition(" ")
        yield Hint(
            f"ask for the permission: {unread.rule}",
            (Command(("kubectl", "auth", "can-i", verb, resource, "--all-namespaces")),),
        )


def on_the_way(step: str, resources: Sequence[Resource], now: datetime) -> Iterator[Finding]:
    """Tell which *resources* are at work and have no verdict yet, if there are any."""
    if resources:
        names = ", ".join(
            f"{r.ref} ({r.verdict} for {ago(r.since, now)})" for r in resources[:_NAMED]
        )
        more = f" and {len(resources) - _NAMED} more" if len(resources) > _NAMED else ""
        yield Finding(
            step=step,
            code="reconciling",
            level=Level.SKIP,
            title=f"no verdict yet on what is on its way: {names}{more}",
            evidence=tuple((str(r.ref), r.verdict.value) for r in resources),
        )


def waiting(step: str, ref: Ref, causes: Iterable[Cause]) -> Finding:
    """Tell that *ref* is not well because of *causes*, which are told elsewhere."""
    names = ", ".join(str(cause.ref) for cause in causes)
    return Finding(
        step=step,
        code="waiting",
        level=Level.SKIP,
        title=f"{ref}: not ready because of {names}",
        object=ref,
    )


def passed(step: str, title: str, ref: Ref | None = None, since: datetime | None = None) -> Finding:
    """Tell that something is well."""
    return Finding(step=step, code="ok", level=Level.PASS, title=title, object=ref, since=since)
