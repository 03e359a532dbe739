"""The commands that request a reconciliation. They change the cluster, so they are only shown."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from fluxstatus.base.durations import stamp
from fluxstatus.commands.reconcile.context import ReconcileContext
from fluxstatus.model.hints import Command
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.requests import request_command
from fluxstatus.state.resource import Resource, Verdict

_RESET, _FORCE = "reconcile.fluxcd.io/resetAt", "reconcile.fluxcd.io/forceAt"
"""Annotations of a HelmRelease; they take effect if they equal the request's (HC api/v2)."""

_OPERATOR_VERBS = {
    "FluxInstance": "instance",
    "ResourceSet": "resourceset",
    "ResourceSetInputProvider": "inputprovider",
}
"""The subcommands of `flux-operator reconcile` for the operator's kinds; others: resource."""


class Request(NamedTuple):
    """Commands to run in this order, and a text that describes them."""

    text: str
    commands: tuple[Command, ...]


def requests(ctx: ReconcileContext) -> Iterator[Request]:
    """Yield the ways to request a reconciliation of the object of *ctx*."""
    if ctx.static or ctx.foreign or ctx.resource.verdict is Verdict.TERMINATING:
        return
    target_flags = for_target(ctx.state.evidence.target)
    for text, commands in _ways(ctx):
        yield Request(text, tuple(map(target_flags.command, commands)))


def _ways(ctx: ReconcileContext) -> Iterator[Request]:
    resource, now = ctx.resource, ctx.state.now
    request = request_command(resource, now)
    yield Request("only this object", (request,))
    sources = [source for source in reversed(ctx.sources) if source.verdict is not Verdict.STATIC]
    if sources:
        first = (step for one in sources for step in (request_command(one, now), _wait(one, now)))
        yield Request("its source first, then this object", (*first, request))
    if resource.ref.kind == "HelmRelease" and ctx.failure is not None:
        reset, force = (request_command(resource, now, name) for name in (_RESET, _FORCE))
        yield Request("with new retries, as with flux reconcile --reset", (reset,))
        yield Request("with one forced upgrade, as with flux reconcile --force", (force,))
    yield Request("with the Flux Operator CLI", (_by_operator(resource),))


def _wait(resource: Resource, now: datetime) -> Command:
    """Return the command that waits until the request of *now* is handled."""
    return Command((
        "kubectl", "wait", "-n", resource.ref.namespace, "--timeout=1m",
        f"--for=jsonpath={{.status.lastHandledReconcileAt}}={stamp(now)}",
        f"{resource.kind.resource}/{resource.ref.name}",
    ))  # fmt: skip


def _by_operator(resource: Resource) -> Command:
    ref = resource.ref
    verb = _OPERATOR_VERBS.get(ref.kind)
    what = (verb, ref.name) if verb else ("resource", f"{ref.kind}/{ref.name}")
    return Command(("flux-operator", "reconcile", *what, "-n", ref.namespace), changes=True)
