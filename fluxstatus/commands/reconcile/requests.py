"""The commands that ask for a reconciliation. They change the cluster, so they are only shown."""

from collections.abc import Iterator
from typing import NamedTuple

from fluxstatus.commands.reconcile.context import Case
from fluxstatus.model.hints import Command
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.resource import REQUESTED_AT, Resource, Verdict

_RESET, _FORCE = "reconcile.fluxcd.io/resetAt", "reconcile.fluxcd.io/forceAt"
"""Annotations of a HelmRelease; they count with the value of the request (HC api/v2)."""

_OPERATOR_VERBS = {
    "FluxInstance": "instance",
    "ResourceSet": "resourceset",
    "ResourceSetInputProvider": "inputprovider",
}
"""What `flux-operator reconcile` calls the operator's own kinds; others are a resource."""


class Request(NamedTuple):
    """What some commands do, and the commands, to be run in this order."""

    text: str
    commands: tuple[Command, ...]


def requests(case: Case) -> Iterator[Request]:
    """Return each way to ask for a reconciliation of the object of *case*."""
    if case.static or case.foreign or case.resource.verdict is Verdict.TERMINATING:
        return
    target_flags = for_target(case.state.evidence.target)
    for text, commands in _bare_ways(case):
        yield Request(text, tuple(map(target_flags.command, commands)))


def _bare_ways(case: Case) -> Iterator[Request]:
    resource, stamp = case.resource, f"{case.state.now:%Y-%m-%dT%H:%M:%SZ}"
    yield Request("this object alone", (_request(resource, stamp),))
    sources = [source for source in reversed(case.sources) if source.verdict is not Verdict.STATIC]
    if sources:
        first = (step for one in sources for step in (_request(one, stamp), _wait(one, stamp)))
        yield Request("its source first, then this object", (*first, _request(resource, stamp)))
    if resource.ref.kind == "HelmRelease" and case.own is not None:
        reset, force = (_request(resource, stamp, name) for name in (_RESET, _FORCE))
        yield Request("with new attempts, as flux reconcile --reset", (reset,))
        yield Request("with one upgrade whatever was before, as flux reconcile --force", (force,))
    yield Request("by the Flux Operator's command line", (_by_operator(resource),))


def _request(resource: Resource, stamp: str, *more: str) -> Command:
    notes = tuple(f"{name}={stamp}" for name in (REQUESTED_AT, *more))
    where = ("-n", resource.ref.namespace, f"{resource.kind.resource}/{resource.ref.name}")
    return Command(("kubectl", "annotate", "--overwrite", *where, *notes), changes=True)


def _wait(resource: Resource, stamp: str) -> Command:
    """Return the command that waits until a request was handled."""
    return Command((
        "kubectl", "wait", "-n", resource.ref.namespace, "--timeout=1m",
        f"--for=jsonpath={{.status.lastHandledReconcileAt}}={stamp}",
        f"{resource.kind.resource}/{resource.ref.name}",
    ))  # fmt: skip


def _by_operator(resource: Resource) -> Command:
    ref = resource.ref
    verb = _OPERATOR_VERBS.get(ref.kind)
    what = (verb, ref.name) if verb else ("resource", f"{ref.kind}/{ref.name}")
    return Command(("flux-operator", "reconcile", *what, "-n", ref.namespace), changes=True)
