"""The commands that request a reconciliation. They change the cluster, so they are only shown."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from fluxstatus.base.durations import stamp
from fluxstatus.commands.reconcile.context import ReconcileContext
from fluxstatus.model.hints import Command, command
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.requests import request_command
from fluxstatus.state.resource import Resource, Verdict

_RESET, _FORCE = "reconcile.fluxcd.io/resetAt", "reconcile.fluxcd.io/forceAt"
"""Annotations of a HelmRelease; they take effect if they equal the request's (helm-controller
api/v2)."""

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
    for text, found in _ways(ctx):
        commands = tuple(target_flags.command(one) for one in found if one)
        if len(commands) == len(found):
            yield Request(text, commands)


def _ways(ctx: ReconcileContext) -> Iterator[tuple[str, Sequence[Command | None]]]:
    resource, now = ctx.resource, ctx.state.now
    request = request_command(resource, now)
    yield "only this object", (request,)
    sources = [source for source in reversed(ctx.sources) if source.verdict is not Verdict.STATIC]
    if sources:
        first = (step for one in sources for step in (request_command(one, now), _wait(one, now)))
        yield "its source first, then this object", (*first, request)
    if resource.ref.kind == "HelmRelease" and ctx.failure is not None:
        reset, force = (request_command(resource, now, name) for name in (_RESET, _FORCE))
        yield "with the failure count reset, as with flux reconcile --reset", (reset,)
        yield "with one forced upgrade, as with flux reconcile --force", (force,)
    yield "with the Flux Operator CLI", (_by_operator(resource),)


def _wait(resource: Resource, now: datetime) -> Command | None:
    """Return the command that waits until the request of *now* is handled."""
    return command(
        "kubectl wait -n {ns} --timeout=1m "
        "--for=jsonpath={{.status.lastHandledReconcileAt}}={now} {resource}/{name}",
        {
            "ns": resource.ref.namespace, "now": stamp(now), "resource": resource.kind.resource,
            "name": resource.ref.name,
        },
    )  # fmt: skip


def _by_operator(resource: Resource) -> Command | None:
    ref = resource.ref
    verb = _OPERATOR_VERBS.get(ref.kind)
    what = f"{verb} {{name}}" if verb else "resource {kind}/{name}"
    fields = {"kind": ref.kind, "name": ref.name, "ns": ref.namespace}
    return command(f"flux-operator reconcile {what} -n {{ns}}", fields, changes=True)
