"""Alerts, Providers and Receivers, part of step 6: are notifications delivered?"""

# ruff: noqa: PLC0415 - only what is wrong and its codes need the rules, which take time to import

from collections.abc import Iterator, Sequence

from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.base.plurals import counted
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of, read_whole
from fluxstatus.knowledge import diagnose
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import provider_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import Event, State

STEP_ID = "reconcilers"
_PROVIDER_MISSING = Code("provider-missing", "An Alert refers to a Provider that does not exist.")
_WATCHES_MISSING = Code(
    "watches-missing", "An Alert or Receiver refers to an object that does not exist."
)
_NOT_SENT = Code(
    "alert-not-sent",
    "Nothing sends the notifications of an Alert: there is no notification-controller.",
)

_CONTROLLER = "notification-controller"
_FIELD = {"Alert": "eventSources", "Receiver": "resources"}
"""The field of a spec that names other objects."""

_EFFECT = {
    "Alert": "no events about that object are sent",
    "Receiver": "webhook calls cannot reconcile that object",
}
"""The effect of a missing object, by the kind that refers to it."""


def codes() -> tuple[Code, ...]:
    """Return the codes of Alerts, Providers and Receivers."""
    from fluxstatus.knowledge.notifications.shared import ALERT_INVALID, NOTIFICATION_FAILED

    return (_PROVIDER_MISSING, _WATCHES_MISSING, _NOT_SENT, NOTIFICATION_FAILED, ALERT_INVALID)


def notifications(analysis: Analysis) -> Iterator[Finding]:
    """Check Alerts, Providers and Receivers by their references and events: they have no status."""
    state = analysis.state
    reported: set[Ref] = set()
    yield from _not_sending(analysis)
    for alert in state.of_kind("Alert"):
        if alert.verdict is Verdict.SUSPENDED:
            continue
        key = provider_of(alert)
        provider = state.resources.get(key)
        if provider is None:
            if _is_missing(analysis, key):
                yield _provider_missing(alert, key[2])
            continue
        events = state.warnings.get(alert.ref.key, ())
        invalid = next(filter(_is_about_alert, events), None)
        if invalid:
            yield _invalid(state, alert, invalid)
        failed = [
            event
            for event in events
            if event.reason == "NotificationDispatchFailed" and not _is_about_alert(event)
        ]
        if failed and provider.ref not in reported:
            reported.add(provider.ref)
            yield _not_sent(state, provider, alert, failed[0])
    for watcher in state.of_kind("Alert", "Receiver"):
        if watcher.verdict is not Verdict.SUSPENDED:
            yield from _watches_missing(analysis, watcher)


def _not_sending(analysis: Analysis) -> Iterator[Finding]:
    """Yield one finding for all Alerts if there is no controller that sends their notifications."""
    alerts = [
        one for one in analysis.state.of_kind("Alert") if one.verdict is not Verdict.SUSPENDED
    ]
    if not alerts or not _has_no_controller(analysis):
        return
    first = alerts[0].ref
    more = f" and {counted(len(alerts) - 1, 'more Alert')}" if len(alerts) > 1 else ""
    yield Finding(
        step=STEP_ID,
        code=_NOT_SENT,
        level=Level.WARN,
        title=f"{first}{more}: no notifications are sent, because there is no {_CONTROLLER}",
        object=first,
        others=tuple(one.ref for one in alerts[1:]),
        why="the controller that sends notifications is not installed, and nothing indicates that "
        "it should be",
        hints=(hint(f"install the {_CONTROLLER}, or delete the Alerts", read_whole(*first.key)),),
        docs=docs_of("Alert"),
        trivial=True,
    )


def _has_no_controller(analysis: Analysis) -> bool:
    """Return whether Flux is installed without a notification-controller, and none is expected."""
    state = analysis.state
    is_missing = any(ref.name == _CONTROLLER for ref in analysis.controllers.missing)
    names = {one.name for one in state.components}
    # Kustomize can add a prefix or a suffix to its name.
    is_there = any(_CONTROLLER in name for name in names)
    return state.controllers_read and bool(names) and not is_there and not is_missing


def _is_about_alert(event: Event) -> bool:
    """Return whether the Alert itself is at fault in *event*, not its Provider."""
    from fluxstatus.knowledge.notifications.shared import CROSS_NAMESPACE

    return event.reason == "InvalidConfig" or CROSS_NAMESPACE in event.message


def _watches_missing(analysis: Analysis, watcher: Resource) -> Iterator[Finding]:
    """Yield a finding if *watcher* refers to objects that do not exist; it stays Ready."""
    ref, field = watcher.ref, _FIELD[watcher.ref.kind]
    missing = [key for key in watched_by(watcher) if _is_missing(analysis, key)]
    if not missing:
        return
    kind = missing[0][0]
    meant = analysis.causes.suggestions.suggest(missing[0], ref.key)
    yield Finding(
        step=STEP_ID,
        code=_WATCHES_MISSING,
        level=Level.WARN,
        title=f"{ref}: {do_not_exist(missing, meant)}",
        object=ref,
        why=f"spec.{field} refers to it, but {_EFFECT[ref.kind]}",
        hints=(
            hint(
                f"correct spec.{field} or create the missing object",
                command("kubectl get {kind} --all-namespaces", {"kind": full_name(kind)}),
                read_whole(*ref.key),
            ),
        ),
        docs=docs_of(ref.kind),
        trivial=True,
    )


def watched_by(watcher: Resource) -> list[Key]:
    """Return the objects that *watcher*, an Alert or a Receiver, names, without patterns."""
    namespace = watcher.ref.namespace
    return [
        (text_of(entry.get("kind")), text_of(entry.get("namespace")) or namespace, name)
        for entry in maps_of(watcher.spec.get(_FIELD[watcher.ref.kind]))
        if (name := text_of(entry.get("name"))) not in ("", "*")
    ]


def do_not_exist(missing: Sequence[Key], meant: str = "") -> str:
    """Return that the *missing* objects do not exist; *meant* follows the first of them."""
    kind, namespace, name = missing[0]
    more = _others_missing(len(missing) - 1)
    return f"{kind} {namespace}/{name} does not exist{meant}{more}"


def _others_missing(number: int) -> str:
    if number == 0:
        return ""
    if number == 1:
        return ", nor does another object that it refers to"
    return f", nor do {number} other objects that it refers to"


def _is_missing(analysis: Analysis, key: Key) -> bool:
    """Return whether *key* does not exist; a kind that is not served has its own finding."""
    return analysis.state.known_missing(key) and key[0] not in analysis.causes.missing_kinds


def _provider_missing(alert: Resource, name: str) -> Finding:
    resource = KINDS["Provider"].resource
    providers = command(f"kubectl get {resource} -n {{ns}}", {"ns": alert.ref.namespace})
    return Finding(
        step=STEP_ID,
        code=_PROVIDER_MISSING,
        level=Level.WARN,
        title=f'{alert.ref}: Provider "{name}" does not exist',
        object=alert.ref,
        why="no notifications are sent for the objects that it watches",
        hints=(hint("create the Provider or correct spec.providerRef", providers),),
        docs=docs_of("Alert"),
        trivial=True,
    )


def _invalid(state: State, alert: Resource, event: Event) -> Finding:
    """Return the finding that *alert* has no effect, as the controller reports in *event*."""
    template_fields = {"flux_namespace": state.namespace, "controller": alert.kind.controller}
    diagnosis = diagnose(alert, event.reason, event.message, template_fields, state)
    return Finding(
        step=STEP_ID,
        code=diagnosis.code,
        level=Level.WARN,
        title=f"{alert.ref}: sends no notifications: {diagnosis.headline}",
        object=alert.ref,
        why=diagnosis.why,
        explanation=diagnosis.explanation,
        reason=event.reason,
        message=event.message,
        since=event.first,
        hints=diagnosis.hints,
        docs=docs_of("Alert"),
        trivial=diagnosis.rule.trivial,
        certainty=diagnosis.certainty,
    )


def _not_sent(state: State, provider: Resource, alert: Resource, event: Event) -> Finding:
    from fluxstatus.knowledge.notifications.shared import NOTIFICATION_FAILED

    ref = provider.ref
    template_fields = {"flux_namespace": state.namespace, "controller": provider.kind.controller}
    diagnosis = diagnose(provider, event.reason, event.message, template_fields, state)
    return Finding(
        step=STEP_ID,
        code=NOTIFICATION_FAILED,
        level=Level.WARN,
        title=f"{ref}: notifications from {alert.ref} are lost: {diagnosis.headline}",
        object=ref,
        why=diagnosis.why,
        explanation=diagnosis.explanation,
        reason=event.reason,
        message=event.message,
        since=event.last,
        blocks=(alert.ref,),
        hints=diagnosis.hints,
        docs=docs_of("Provider"),
        trivial=diagnosis.rule.trivial,
        certainty=diagnosis.certainty,
    )
