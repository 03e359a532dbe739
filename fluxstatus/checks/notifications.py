"""Alerts and Providers, part of step 6: do notifications reach anybody?"""

from collections.abc import Iterator

from fluxstatus.checks.telling import docs_of
from fluxstatus.findings import Command, Finding, Hint, Level, Ref
from fluxstatus.kinds import KINDS
from fluxstatus.knowledge import diagnose
from fluxstatus.resources import Resource, Verdict, text_of
from fluxstatus.state import Key, State, Warned, key_of

STEP_ID = "reconcilers"


def notifications(state: State) -> Iterator[Finding]:
    """Alert and Provider have no status: what they refer to and their events are all there is."""
    told: set[Ref] = set()
    for alert in state.of_kind("Alert"):
        if alert.verdict is Verdict.SUSPENDED:
            continue
        key = provider_of(alert)
        provider = state.resources.get(key)
        if provider is None:
            if state.known_missing(key):
                yield _provider_missing(alert, key[2])
            continue
        failed = [
            warned
            for warned in state.warnings.get(key_of(alert.ref), ())
            if warned.reason == "NotificationDispatchFailed"
        ]
        if failed and provider.ref not in told:
            told.add(provider.ref)
            yield _not_sent(state, provider, alert, failed[0])


def _provider_missing(alert: Resource, name: str) -> Finding:
    argv = ("kubectl", "get", KINDS["Provider"].resource, "-n", alert.ref.namespace)
    return Finding(
        step=STEP_ID,
        code="provider-missing",
        level=Level.WARN,
        title=f"{alert.ref}: the Provider {name} that it names does not exist",
        object=alert.ref,
        why="nothing that it watches is notified",
        hints=(Hint("create the Provider, or correct spec.providerRef", (Command(argv),)),),
        docs=docs_of("Alert"),
        trivial=True,
    )


def _not_sent(state: State, provider: Resource, alert: Resource, warned: Warned) -> Finding:
    ref = provider.ref
    around = {"flux_namespace": state.namespace, "controller": provider.kind.controller}
    diagnosis = diagnose(provider, warned.reason, warned.message, around)
    return Finding(
        step=STEP_ID,
        code="notification-failed",
        level=Level.WARN,
        title=f"{ref}: notifications are lost",
        object=ref,
        why=f"{diagnosis.why}; what {alert.ref} asks for is not sent",
        reason=warned.reason,
        message=warned.message,
        since=warned.last,
        blocks=(alert.ref,),
        hints=diagnosis.hints,
        docs=docs_of("Provider"),
        trivial=diagnosis.trivial,
    )


def provider_of(alert: Resource) -> Key:
    """Give the Provider that *alert* sends to; it is always in the Alert's own namespace."""
    return "Provider", alert.ref.namespace, text_of(alert.get("spec", "providerRef", "name"))


CODES = {
    "provider-missing": "an Alert names a Provider that does not exist",
    "notification-failed": "notifications of a Provider are lost",
}
