"""What the next minor version of Kubernetes removes and Flux applies here."""

from collections.abc import Iterator

from fluxstatus.advice.advice import Occurrence
from fluxstatus.base.versions import dotted
from fluxstatus.checks.cluster import parse
from fluxstatus.checks.upgrade.applied import applied
from fluxstatus.checks.upgrade.move import KUBERNETES, finding_of
from fluxstatus.knowledge.flux_minors import FLUX_MINORS, Minor
from fluxstatus.knowledge.kubernetes_removals import DOCS, KUBERNETES_NEWEST, REMOVED_KINDS
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.state.state import State

_API_REMOVED = Code(
    "kubernetes-api-removed",
    "Flux applies objects in API versions that the next Kubernetes version removes.",
)
_NEXT_KUBERNETES = Code(
    "kubernetes-next",
    "What is known about the next Kubernetes version, and about Flux versions for it.",
)
CODES = (_API_REMOVED, _NEXT_KUBERNETES)
_NEVER: Minor = (9, 0)


def next_kubernetes(state: State, flux: Minor) -> Iterator[Finding]:
    """Yield what the next minor version of Kubernetes changes for a cluster with *flux*."""
    now = parse(state.evidence.target.kubernetes)
    if now is None:
        return  # reported with what could not be read
    following = now[0], now[1] + 1
    if following > KUBERNETES_NEWEST:
        title = f"the APIs that Kubernetes {dotted(following)} removes are unknown"
        yield _note(f"{title}; this plugin knows versions up to {dotted(KUBERNETES_NEWEST)}", DOCS)
    yield from _removed(state, following)
    yield from _flux_for(flux, following)


def _removed(state: State, following: Minor) -> Iterator[Finding]:
    places = [
        Occurrence(one.owner, value=f"{one}")
        for one in applied(state)
        if REMOVED_KINDS.get(f"{one.api_version} {one.kind}", _NEVER) <= following
    ]
    if places:
        yield finding_of(
            KUBERNETES,
            _API_REMOVED,
            Level.WARN,
            (
                f"{{what}} applies a version that Kubernetes {dotted(following)} lacks: {{value}}",
                f"{{n}} kinds are applied in versions that Kubernetes {dotted(following)} lacks",
            ),
            places,
            "after the Kubernetes upgrade, the dry run fails, and with it the whole Kustomization, "
            "HelmRelease or ResourceSet",
            (Step("change apiVersion in the manifests before you upgrade Kubernetes"),),
            DOCS,
        )


def _flux_for(flux: Minor, following: Minor) -> Iterator[Finding]:
    """Yield that *flux* is not tested with the *following* Kubernetes, and which one is."""
    facts = FLUX_MINORS.get(flux)
    if facts and following > facts.tested[1]:
        fit = [dotted(minor) for minor, one in FLUX_MINORS.items() if one.tested[1] >= following]
        instead = f"; Flux {fit[0]} is" if fit else ""
        yield _note(
            f"Flux {dotted(flux)} is not tested with Kubernetes {dotted(following)}{instead}",
            facts.announcement,
            "flux",
        )


def _note(title: str, source: str, part: str = "") -> Finding:
    return Finding(
        step=KUBERNETES,
        code=_NEXT_KUBERNETES,
        level=Level.SKIP,
        title=title,
        docs=source,
        part=part,
        trivial=True,
    )
