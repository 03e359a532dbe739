"""The steps of an upgrade in their order, with commands to paste."""

import json
from collections.abc import Iterable, Iterator

from fluxstatus.base.fields import text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.versions import dotted
from fluxstatus.checks.upgrade.blockers import MIGRATES_TO, migrate_files
from fluxstatus.checks.upgrade.move import BLOCKERS, Move
from fluxstatus.checks.upgrade.notes import reach_of
from fluxstatus.knowledge.flux_minors import NEWEST, SUPPORTED_MINORS, Minor
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint, kubectl
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.deployments import HELM_CHART, Component, managed_by
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.resource import Resource

_CHART = "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"
_NEWEST = "upgrade the Flux Operator to its newest version, which also supports this Flux"
_NEWEST_OPERATOR = f"{_NEWEST}, the way it was installed"
_BEFORE, _AFTER = "before-upgrade.json.gz", "after-upgrade.json.gz"


def steps_of(move: Move, findings: Iterable[Finding]) -> Iterator[Hint]:
    """Yield the steps of *move*, for which there are these *findings*."""
    yield hint(
        "save a snapshot to compare with later",
        kubectl("flux-status", "--save", _BEFORE, "--advice", changes=True),
    )
    levels = {one.level for one in findings if one.step == BLOCKERS}
    if Level.FAIL in levels:
        yield hint("resolve all blockers, the first one first")
    yield _git(move)
    yield hint(
        "migrate all stored objects to their current version; this is not needed if the Flux "
        "Operator manages Flux and no stored version is listed as a blocker",
        Command(("flux", "migrate"), changes=True),
    )
    yield from _flux(move)
    yield from _afterwards(move)


def _flux(move: Move) -> Iterator[Hint]:
    """Yield how to upgrade Flux itself, the way it was installed."""
    state = move.state
    if state.instance:
        if not state.operators:
            yield hint(_NEWEST_OPERATOR)
        yield from (_operator(one) for one in state.operators)
        if state.instance.suspended:
            yield hint(f"resume {state.instance.ref}: the operator ignores it while suspended")
        yield _version(move, state.instance)
    elif state.evidence.answer(KINDS["FluxInstance"].resource).hidden:
        yield hint(
            f"upgrade Flux to {dotted(move.target)} the way it was installed: if there is a "
            f"FluxInstance, set its spec.distribution.version to {dotted(move.target)}.x"
        )
    else:
        yield _without_operator(move)


def _git(move: Move) -> Hint:
    how, commands = _changing(move.current, move.target)
    return hint(
        f"in each Git repository with Flux objects, {how} API versions that are deprecated in Flux "
        f"{dotted(move.current)}; commit, push, and wait until the changes are applied",
        *commands,
    )


def _changing(minor: Minor, target: Minor) -> tuple[str, tuple[Command | None, ...]]:
    """Return what changes manifests to the *minor* version of Flux, with a flux CLI up to *target*.

    A CLI knows the minor versions that are supported, and the first with this command is 2.7.
    """
    if minor < MIGRATES_TO:
        return "change", ()
    knowing = minor[0], minor[1] + SUPPORTED_MINORS - 1
    first: Minor = (MIGRATES_TO[0], MIGRATES_TO[1] + 1)
    newest = max(first, min(target, knowing, max(NEWEST, minor)))
    dry, write = migrate_files(minor, dry=True), migrate_files(minor)
    commands = command(dry, {}), command(write, {}, changes=True)
    return f"use flux CLI {dotted(newest)} to show and then change", commands


def _operator(operator: Component) -> Hint:
    """Return how to upgrade the *operator*, which comes before Flux."""
    labels = labels_in(operator.deployment)
    owner = next(creators_of(labels), None)
    if owner:
        kind, namespace, name = owner
        return hint(f"{_NEWEST}: in the source of {kind} {namespace}/{name}, which applies it")
    release = text_of(labels.get("app.kubernetes.io/instance"))
    if labels.get("app.kubernetes.io/managed-by") == "Helm" and release:
        line = f"helm upgrade {{release}} {_CHART} --namespace {{ns}} --reset-then-reuse-values"
        fields = {"release": release, "ns": operator.ref.namespace}
        return hint(_NEWEST_OPERATOR, command(line, fields, changes=True))
    return hint(_NEWEST_OPERATOR)


def _version(move: Move, instance: Resource) -> Hint:
    """Return how to ask for the target in *instance*."""
    wanted = f"{dotted(move.target)}.x"
    version = text_of(instance.get("spec", "distribution", "version"))
    if reach_of(version) == "every":
        return hint(
            f"{instance.ref} requests {version}: the new operator upgrades Flux automatically; to "
            f"choose the time, set spec.distribution.version to {dotted(move.current)}.x first"
        )
    owner = next(creators_of(instance.labels), None)
    if owner:
        kind, namespace, name = owner
        return hint(
            f"set spec.distribution.version of {instance.ref} to {wanted} in Git: {kind} "
            f"{namespace}/{name} applies it"
        )
    patch = json.dumps({"spec": {"distribution": {"version": wanted}}}, separators=(",", ":"))
    line = (
        f"kubectl patch {KINDS['FluxInstance'].resource}/{{name}} -n {{ns}} --type=merge -p {{to}}"
    )
    fields = {"name": instance.ref.name, "ns": instance.ref.namespace, "to": patch}
    return hint(
        f"set spec.distribution.version of {instance.ref} to {wanted}, in Git if it is defined "
        "there",
        command(line, fields, changes=True),
    )


def _without_operator(move: Move) -> Hint:
    target, how = dotted(move.target), managed_by(move.state.components)
    if how == HELM_CHART:
        return hint(f"upgrade the Helm release of Flux to a chart with Flux {target}")
    return hint(
        f"with flux CLI {target}, install Flux again: run `flux bootstrap` with the same "
        "arguments, or `flux install`"
    )


def _afterwards(move: Move) -> Iterator[Hint]:
    target = dotted(move.target)
    yield hint(
        "wait until everything is healthy, and show what has changed",
        kubectl("flux-status", "--wait", "10m"),
        kubectl("flux-status", "--save", _AFTER, "--advice", changes=True),
        kubectl("flux-status", "compare", _BEFORE, _AFTER),
    )
    instance = move.state.instance
    if not instance or instance.spec.get("migrateResources") is False:
        yield hint(
            f"migrate the stored objects to the versions of Flux {target}",
            Command(("flux", "migrate"), changes=True),
        )
    how, commands = _changing(move.target, move.target)
    yield hint(f"in Git, {how} API versions to those of Flux {target}", *commands)
