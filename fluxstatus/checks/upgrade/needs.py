"""What the target of an upgrade needs: a Kubernetes and a Flux Operator that are new enough."""

from collections.abc import Iterator

from fluxstatus.base.versions import dotted, minor_of
from fluxstatus.checks.cluster import parse
from fluxstatus.checks.upgrade.move import BLOCKERS, Move
from fluxstatus.knowledge.flux_minors import (
    FLUX_MINORS,
    NEWEST,
    OPERATOR_KNOWN,
    FluxMinor,
    Minor,
    facts_of,
)
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Hint, command, hint
from fluxstatus.state.resource import Resource

_RELEASES = "https://github.com/controlplaneio-fluxcd/flux-operator/releases"
_ONLY_INCLUDED: Minor = (0, 54)
"""The first operator version that ignores parts of an artifact that its image does not include
(flux-operator#937)."""
_PREREQUISITES = "https://fluxcd.io/flux/installation/#prerequisites"

_KUBERNETES = Code("upgrade-kubernetes", "Kubernetes is too old for the target version of Flux.")
OPERATOR = Code(
    "upgrade-operator", "The Flux Operator is too old to install the target version of Flux."
)
OPERATOR_UNKNOWN = Code(
    "upgrade-operator-unknown",
    "Whether the Flux Operator can install the target version of Flux is unknown.",
)
CODES = (_KUBERNETES, OPERATOR, OPERATOR_UNKNOWN)


def needs(move: Move) -> Iterator[Finding]:
    """Yield what is too old for the target of *move*, or of an unknown version."""
    yield from _kubernetes(move)
    yield from _operator(move)


def _kubernetes(move: Move) -> Iterator[Finding]:
    version, facts = parse(move.state.evidence.target.kubernetes), facts_of(move.target)
    if version and facts and version < facts.kubernetes:
        yield Finding(
            step=BLOCKERS,
            code=_KUBERNETES,
            level=Level.FAIL,
            title=f"Kubernetes {move.state.evidence.target.kubernetes} is older than "
            f"{dotted(facts.kubernetes)}, the oldest that Flux {_named(move.target)} supports",
            why="Flux is not tested with it, and APIs that Flux needs may be missing",
            hints=(
                *_flux_first(move, version, facts),
                hint(
                    f"upgrade the control plane to Kubernetes {dotted(facts.kubernetes)} or newer"
                ),
            ),
            docs=facts.announcement or _PREREQUISITES,
            trivial=True,
        )


def _flux_first(move: Move, version: Minor, target: FluxMinor) -> Iterator[Hint]:
    """Yield which Flux to upgrade to first if the installed one is too old for that Kubernetes."""
    current = FLUX_MINORS.get(move.current)
    between = [
        minor
        for minor, facts in FLUX_MINORS.items()
        if move.current < minor < move.target and facts.kubernetes <= version
    ]
    if current and current.tested[1] < target.kubernetes and between:
        newest = dotted(max(between))
        yield hint(
            f"first upgrade to Flux {newest}: Flux {dotted(move.current)} is tested only up to "
            f"Kubernetes {dotted(current.tested[1])}",
            command("kubectl flux-status upgrade plan --to {minor}", {"minor": newest}),
        )


def _named(minor: Minor) -> str:
    """Return *minor*, or the newest version that is known if it is not."""
    return dotted(minor) if minor in FLUX_MINORS else f"{dotted(NEWEST)}, the newest known version,"


def _operator(move: Move) -> Iterator[Finding]:
    """Yield that the operator is too old, or that this is not known."""
    instance, flux = move.state.instance, dotted(move.target)
    if not instance:
        return
    if not move.state.operators and move.state.controllers_read:
        yield _of_operator(
            Level.UNKNOWN,
            f"no Flux Operator was found for {instance.ref}, so it is unknown whether the "
            f"operator can install Flux {flux}",
            f"install a version of the Flux Operator that includes Flux {flux}",
        )
    facts = FLUX_MINORS.get(move.target)
    least = facts.operator if facts else None
    for operator in move.state.operators:
        version = minor_of(operator.version)
        if version and (version < least if least else version <= OPERATOR_KNOWN):
            yield _too_old(operator.version, flux, least, instance)
        elif not version or not least:
            named = operator.version or "of an unknown version"
            yield _of_operator(
                Level.UNKNOWN,
                f"whether the Flux Operator {named} can install Flux {flux} is unknown",
                f"check which version of the Flux Operator includes Flux {flux}",
            )


def _too_old(operator: str, flux: str, least: Minor | None, instance: Resource) -> Finding:
    """Return that the image of the *operator* does not include *flux*.

    With an artifact, an early operator tries any version in it, and may succeed
    (flux-operator#937).
    """
    step = "upgrade the Flux Operator first; it also supports older versions of Flux"
    artifact = instance.get("spec", "distribution", "artifact")
    if artifact and (minor_of(operator) or _ONLY_INCLUDED) < _ONLY_INCLUDED:
        return _of_operator(
            Level.UNKNOWN,
            f"whether the Flux Operator {operator} can install Flux {flux} from "
            "spec.distribution.artifact is unknown",
            step,
            "its image does not include this Flux, and its patches may not fit the manifests in "
            "the artifact",
        )
    wanted = f"{dotted(least)} or newer" if least else "a newer version"
    title = f"the Flux Operator {operator} cannot install Flux {flux}; {wanted} is required"
    return _of_operator(Level.FAIL, title, step)


def _of_operator(
    level: Level,
    title: str,
    step: str,
    why: str = "an operator installs only the minor versions of Flux that its image includes",
) -> Finding:
    return Finding(
        step=BLOCKERS,
        code=OPERATOR if level is Level.FAIL else OPERATOR_UNKNOWN,
        level=level,
        title=title,
        why=why,
        hints=(hint(step),),
        docs=_RELEASES,
        trivial=True,
    )
