"""The steps of an upgrade in their order, with commands to paste."""

import json
from collections.abc import Iterable, Iterator

from fluxstatus.base.fields import text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.versions import dotted
from fluxstatus.checks.upgrade.blockers import migrate_files
from fluxstatus.checks.upgrade.move import BLOCKERS, Move
from fluxstatus.checks.upgrade.notes import reach_of
from fluxstatus.knowledge.flux_minors import SUPPORTED_MINORS
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.deployments import HELM_CHART, Component, managed_by
from fluxstatus.state.ownership import creators_of
from fluxstatus.state.resource import Resource

_CHART = "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator"
_BEFORE, _AFTER = "before-upgrade.json.gz", "after-upgrade.json.gz"


def steps_of(move: Move, findings: Iterable[Finding]) -> Iterator[Hint]:
    """Yield the steps of *move*, for which there are these *findings*."""
    yield hint(
        "save a snapshot to compare with later",
        _save(_BEFORE),
    )
    levels = {one.level for one in findings if one.step == BLOCKERS}
    if Level.FAIL in levels:
        yield hint("resolve all blockers, the first one first")
    yield _git(move)
    yield hint(
        "migrate all stored objects to their current version; the Flux Operator has already done "
        "so unless a stored version is among the blockers",
        Command(("flux", "migrate"), changes=True),
    )
    instance = move.state.instance if move.state.operators else None
    if instance:
        yield from (_operator(one) for one in move.state.operators)
        yield _version(move, instance)
    else:
        yield _without_operator(move)
    yield from _afterwards(move, with_operator=instance is not None)


def _ours(*words: str) -> Command:
    return Command(("kubectl", "flux-status", *words))


def _save(file: str) -> Command:
    return _ours("--save", file, "--advice")._replace(changes=True)


def _git(move: Move) -> Hint:
    knowing = move.current[0], move.current[1] + SUPPORTED_MINORS - 1
    newest = dotted(min(move.target, knowing))  # a CLI knows the minor versions that are supported
    dry, write = migrate_files(move.current, dry=True), migrate_files(move.current)
    return hint(
        f"in each Git repository with Flux objects, use flux CLI {newest} to show and then change "
        f"API versions that are deprecated in Flux {dotted(move.current)}; commit, push, and wait "
        "until the changes are applied",
        command(dry, {}),
        command(write, {}, changes=True),
    )


def _operator(operator: Component) -> Hint:
    """Return how to upgrade the *operator*, which comes before Flux."""
    text = "upgrade the Flux Operator to its newest version, which also supports this Flux"
    labels = labels_in(operator.deployment)
    owner = next(creators_of(labels), None)
    if owner:
        kind, namespace, name = owner
        return hint(f"{text}: in the source of {kind} {namespace}/{name}, which applies it")
    release = text_of(labels.get("app.kubernetes.io/instance"))
    if labels.get("app.kubernetes.io/managed-by") == "Helm" and release:
        line = f"helm upgrade {{release}} {_CHART} --namespace {{ns}} --reset-then-reuse-values"
        fields = {"release": release, "ns": operator.ref.namespace}
        return hint(f"{text}, the way it was installed", command(line, fields, changes=True))
    return hint(f"{text}, the way it was installed")


def _version(move: Move, instance: Resource) -> Hint:
    """Return how to ask for the target in *instance*."""
    wanted = f"{dotted(move.target)}.x"
    version = text_of(instance.get("spec", "distribution", "version"))
    if reach_of(version) == "every":
        return hint(
            f"{instance.ref} requests {version}: the new operator upgrades Flux automatically; to "
            f"choose the time, set spec.distribution.version to {dotted(move.current)}.x before"
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
        f"set spec.distribution.version of {instance.ref} to {wanted}, in Git if it is there",
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


def _afterwards(move: Move, *, with_operator: bool) -> Iterator[Hint]:
    yield hint(
        "wait until everything is healthy, and show what has changed",
        _ours("--wait", "10m"),
        _save(_AFTER),
        _ours("compare", _BEFORE, _AFTER),
    )
    if not with_operator or not move.state.instance or (
        move.state.instance.spec.get("migrateResources") is False
    ):  # fmt: skip
        yield hint(
            f"migrate the stored objects to the versions of Flux {dotted(move.target)}",
            Command(("flux", "migrate"), changes=True),
        )
    yield hint(
        f"in Git, change apiVersion to the versions of Flux {dotted(move.target)}",
        command(migrate_files(move.target, dry=True), {}),
        command(migrate_files(move.target), {}, changes=True),
    )
