"""Alerts and Providers, part of step 6: do notifications reach anybody?"""

from collections.abc import Iterator

from fluxstatus.base.fields import maps_of, text_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import docs_of
from fluxstatus.knowledge import diagnose
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import KINDS, full_name
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.references import provider_of
from fluxstatus.state.resource import Resource, Verdict
from fluxstatus.state.state import Event, State

STEP_ID = "reconcilers"


def notifications(analysis: Analysis) -> Iterator[Finding]:
    """Alert and Provider have no status: what they refer to and their events are all there is."""
    state = analysis.state
    told: set[Ref] = set()
    for alert in state.of_kind("Alert"):
        if alert.verdict is Verdict.SUSPENDED:
            continue
        key = provider_of(alert)
        provider = state.resources.get(key)
        if provider is None:
            if _is_missing(analysis, key):
                yield _provider_missing(alert, key[2])
            continue
        failed = [
            event
            for event in state.warnings.get(alert.ref.key, ())
            if event.reason == "NotificationDispatchFailed"
        ]
        if failed and provider.ref not in told:
            told.add(provider.ref)
            yield _not_sent(state, provider, alert, failed[0])
    for watcher in state.of_kind("Alert", "Receiver"):
        if watcher.verdict is not Verdict.SUSPENDED:
            yield from _watches_missing(analysis, watcher)


def _watches_missing(analysis: Analysis, watcher: Resource) -> Iterator[Finding]:
    """Tell that an Alert or a Receiver names objects that do not exist; it stays Ready."""
    ref, fields = watcher.ref, {"Alert": "eventSources", "Receiver": "resources"}
    field = fields[ref.kind]
    targets = [
        (text_of(entry.get("kind")), text_of(entry.get("namespace")) or ref.namespace, name)
        for entry in maps_of(watcher.spec.get(field))
        if (name := text_of(entry.get("name"))) not in ("", "*")
    ]
    missing = [key for key in targets if _is_missing(analysis, key)]
    if not missing:
        return
    kind, namespace, name = missing[0]
    effect = {"Alert": "its events are never sent", "Receiver": "a call does not reconcile it"}
    more = f", nor {len(missing) - 1} others that it names" if len(missing) > 1 else ""
    meant = analysis.causes.suggestions.suggest(missing[0], ref.key)
    yield Finding(
        step=STEP_ID,
        code="watches-missing",
        level=Level.WARN,
        title=f"{ref}: {kind} {namespace}/{name} does not exist{meant}{more}",
        object=ref,
        why=f"spec.{field} names it, and {effect[ref.kind]}",
        hints=(
            Hint(
                f"correct spec.{field}, or create what it names",
                (
                    Command(("kubectl", "get", full_name(kind), "--all-namespaces")),
                    Command(("kubectl", "get", watcher.kind.resource, ref.name, "-n",
                             ref.namespace, "-o", "yaml")),
                ),
            ),
        ),
        docs=docs_of(ref.kind),
        trivial=True,
    )  # fmt: skip


def _is_missing(analysis: Analysis, key: Key) -> bool:
    """Whether *key* does not exist, and not because nothing of its kind can: that is told once."""
    return analysis.state.known_missing(key) and key[0] not in analysis.causes.missing_kinds


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


def _not_sent(state: State, provider: Resource, alert: Resource, event: Event) -> Finding:
    ref = provider.ref
    template_fields = {"flux_namespace": state.namespace, "controller": provider.kind.controller}
    diagnosis = diagnose(provider, event.reason, event.message, template_fields)
    return Finding(
        step=STEP_ID,
        code="notification-failed",
        level=Level.WARN,
        title=f"{ref}: notifications are lost",
        object=ref,
        why=f"{diagnosis.why}; what {alert.ref} asks for is not sent",
        reason=event.reason,
        message=event.message,
        since=event.last,
        blocks=(alert.ref,),
        hints=diagnosis.hints,
        docs=docs_of("Provider"),
        trivial=diagnosis.rule.trivial,
    )


CODES = {
    "provider-missing": "an Alert names a Provider that does not exist",
    "watches-missing": "an Alert or a Receiver names objects that do not exist",
    "notification-failed": "notifications of a Provider are lost",
}
