"""Step 1: is the cluster reachable, and does Flux support its version?"""

from collections.abc import Iterator, Mapping

from fluxstatus.base.plurals import counted
from fluxstatus.base.versions import dotted, minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import (
    UNREAD,
    UNREAD_CODES,
    passed,
    unread_finding,
    unread_hints,
)
from fluxstatus.knowledge.flux_minors import NEWEST, Minor, facts_of, is_newer
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import VERSION, Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Hint, command, hint, kubectl
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.state.state import State

STEP_ID = "cluster"
FLOOR = (1, 28)
"""The oldest Kubernetes that this plugin supports; newer than the operator's own minimum 1.22."""

MOST_SKEW = 60.0
"""Seconds that two clocks may differ before tokens and certificates appear expired."""

UNREACHABLE_CODES: Mapping[Why, Code] = {
    Why.NO_PROGRAM: Code(
        "cluster-no-program",
        "The cluster could not be queried: kubectl or a login plugin is missing or too old.",
    ),
    Why.NO_CONFIG: Code(
        "cluster-no-config",
        "The cluster could not be queried: the kubeconfig or its context is missing or invalid.",
    ),
    Why.LOGIN: Code(
        "cluster-login",
        "The cluster could not be queried: the credentials are missing, expired or rejected.",
    ),
    Why.UNREACHABLE: Code(
        "cluster-unreachable",
        "The cluster could not be queried: the connection to the API server fails.",
    ),
    Why.TIMEOUT: Code(
        "cluster-timeout", "The cluster could not be queried: no response arrived in time."
    ),
    Why.FORBIDDEN: Code(
        "cluster-forbidden",
        "The cluster could not be queried: the required permissions are missing.",
    ),
    Why.ABSENT: Code(
        "cluster-absent",
        "The cluster could not be queried: the server does not provide API discovery.",
    ),
    Why.FAILED: Code(
        "cluster-failed",
        "The cluster could not be queried: the API server or kubectl returned an error.",
    ),
    Why.GARBLED: Code(
        "cluster-garbled",
        "The cluster could not be queried: the response is not from a Kubernetes API server.",
    ),
    Why.NOT_REQUESTED: Code("cluster-not-asked", "The cluster was not queried at all."),
}
"""The code of an unreachable cluster, by the reason."""

KUBERNETES_TOO_OLD = Code(
    "kubernetes-too-old", "The Kubernetes version is too old for Flux or this plugin."
)
_VERSION_UNKNOWN = Code(
    "kubernetes-version-unknown", "The API server does not report a usable Kubernetes version."
)
_FLUX_NEWER = Code(
    "flux-newer-than-plugin",
    "Flux is newer than the newest minor version that this plugin supports.",
)
_CLOCK_SKEW = Code(
    "clock-skew", "The local clock and the API server's clock differ by more than a minute."
)

_NO_REASON = Unread(Why.GARBLED, "the API server does not list its APIs")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Check the connection to the cluster, its version and its clock."""
    state = analysis.state
    evidence = state.evidence
    if evidence.unreachable is not None:
        yield _unreachable(evidence.unreachable)
        return
    if state.refused:
        yield _refused(state)
        return
    if evidence.served is None:
        yield unread_finding(STEP_ID, "API discovery", _discovery_error(state))
    else:
        yield passed(STEP_ID, _reachable(state))
    yield from _version(state)
    flux = parse(state.flux_version)
    if flux and is_newer(flux):
        yield _unknown_flux(state.flux_version)
    skew = evidence.clock_skew
    if skew is not None and abs(skew) > MOST_SKEW:
        yield Finding(
            step=STEP_ID,
            code=_CLOCK_SKEW,
            level=Level.WARN,
            title=f"this machine's clock is {abs(skew):.0f} s {_ahead(skew)} the API server's",
            why="valid tokens may appear expired; this report uses the API server's clock",
            hints=(hint("synchronize the clock of this machine or of the control plane with NTP"),),
            trivial=True,
        )


def _discovery_error(state: State) -> Unread:
    """Return why discovery failed; every query that needed it has the same reason."""
    for name in RESOURCES:
        unread = state.evidence.answer(name).hidden
        if unread and unread.why is not Why.NOT_REQUESTED:
            return unread
    return _NO_REASON


def _unreachable(unread: Unread) -> Finding:
    return Finding(
        step=STEP_ID,
        code=UNREACHABLE_CODES[unread.why],
        level=Level.FAIL,
        title=unread.text,
        hints=tuple(unread_hints(unread)),
        trivial=True,
    )


def _refused(state: State) -> Finding:
    """Return one finding for all kinds, instead of the same one for each."""
    user = state.evidence.target.effective_user or "you"
    reasons = [answer.unread for answer in state.evidence.answers.values() if answer.unread]
    permissions = sorted({unread.permission for unread in reasons} - {""})
    return Finding(
        step=STEP_ID,
        code=UNREAD_CODES[Why.FORBIDDEN],
        level=Level.UNKNOWN,
        title=f"the cluster is reachable, but {user} cannot read any Flux objects",
        why='every list request was forbidden; the built-in role "view" grants most of the '
        "required permissions",
        evidence=tuple(("missing RBAC rule", permission) for permission in permissions),
        hints=tuple(_refused_hints(state)),
        trivial=True,
    )


def _refused_hints(state: State) -> Iterator[Hint]:
    """Yield which permissions to ask for, and what shows those in each chosen namespace."""
    text = 'ask for the role "view", or for the ClusterRole that `kubectl flux-status rbac` prints'
    if not state.namespaces:
        text += "; if you have permissions in some namespaces only, select them with -n"
        yield hint(text, kubectl("auth", "can-i", "--list"))
        return
    template = "kubectl auth can-i --list -n {ns}"
    yield hint(text, *(command(template, {"ns": name}) for name in sorted(state.namespaces)))


def _reachable(state: State) -> str:
    target, served = state.evidence.target, state.evidence.served or {}
    user = f" as {target.effective_user}" if target.effective_user else ""
    took = state.evidence.cost.seconds
    time = f" in {took:.1f} s" if took else ""
    controllers = len(state.expected) if served else 0
    kinds = f"{counted(len(served), 'Flux kind')} served" if served else "no Flux kinds served"
    expected = f", {counted(controllers, 'Flux controller')} expected" if controllers else ""
    return f"reachable{user}{time}, {kinds}{expected}"


def _version(state: State) -> Iterator[Finding]:
    kubernetes = parse(state.evidence.target.kubernetes)
    if kubernetes is None and (unread := state.evidence.unread.get(VERSION)):
        yield unread_finding(STEP_ID, "the Kubernetes version", unread)
        return
    if kubernetes is None:
        yield Finding(
            step=STEP_ID,
            code=_VERSION_UNKNOWN,
            level=Level.SKIP,
            title="the API server does not report its Kubernetes version, so it was not checked",
        )
        return
    flux = parse(state.flux_version)
    known = facts_of(flux) if flux else None
    version = state.evidence.target.kubernetes
    if kubernetes < FLOOR:
        yield _too_old(
            f"Kubernetes {version} is older than {dotted(FLOOR)}, the oldest that this plugin "
            "supports",
        )
    elif flux and known and kubernetes < known.kubernetes:
        yield _too_old(
            f"Kubernetes {version} is older than {dotted(known.kubernetes)}, the oldest that Flux "
            f"{_supporting(flux, state.flux_version)} supports",
        )


def _supporting(flux: Minor, version: str) -> str:
    """Return the version whose support is known: that of *flux*, or the newest known before it."""
    return f"{dotted(NEWEST)}, the newest that this plugin supports," if is_newer(flux) else version


def _unknown_flux(version: str) -> Finding:
    """Return the note that Flux is newer than this plugin: some of its messages may be unknown."""
    newest = dotted(NEWEST)
    return Finding(
        step=STEP_ID,
        code=_FLUX_NEWER,
        level=Level.SKIP,
        title=f"Flux {version} is newer than this plugin, which supports Flux up to {newest}; "
        f"newer features are not checked",
        hints=(hint("update this plugin"),),
        trivial=True,
    )


def _too_old(title: str) -> Finding:
    """Return the warning about an old Kubernetes: nothing may have failed because of it."""
    return Finding(
        step=STEP_ID,
        code=KUBERNETES_TOO_OLD,
        level=Level.WARN,
        title=title,
        why="Flux is not tested with this version, and APIs that Flux needs may be missing",
        hints=(hint("upgrade the control plane"),),
        docs="https://fluxcd.io/flux/installation/#prerequisites",
        trivial=True,
    )


def parse(version: str) -> tuple[int, int] | None:
    """Return the major and minor of a *version*, or None if it is not a usable version."""
    found = minor_of(version)
    return found if found and found[0] else None  # a build without a version reports v0.0.0


def _ahead(skew: float) -> str:
    return "ahead of" if skew > 0 else "behind"


def _codes() -> tuple[Code, ...]:
    return (
        *UNREACHABLE_CODES.values(),
        KUBERNETES_TOO_OLD,
        _VERSION_UNKNOWN,
        _FLUX_NEWER,
        UNREAD_CODES[Why.FORBIDDEN],
        _CLOCK_SKEW,
        *UNREAD,
    )


STEP = Step(
    STEP_ID,
    "cluster connectivity",
    ("apis", "version"),
    _codes,
    examine,
)
