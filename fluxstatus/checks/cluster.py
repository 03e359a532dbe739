"""Step 1: is the cluster reachable, and is it one that Flux runs on?"""

from collections.abc import Iterator

from fluxstatus.base.versions import minor_of
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.step import Step
from fluxstatus.checks.wording import UNREAD_CODES, passed, unread_finding, unread_hints
from fluxstatus.model.evidence import Unread, Why
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.state.state import State

STEP_ID = "cluster"
FLOOR = (1, 28)
"""The oldest Kubernetes that our users are promised; stricter than the operator's own 1.22."""

SUPPORTED = {(2, 6): (1, 31), (2, 7): (1, 32), (2, 8): (1, 33), (2, 9): (1, 33)}
"""Flux minor to the oldest Kubernetes it supports (F cmd/flux/check.go, kubernetesConstraints)."""

MOST_SKEW = 60.0
"""Seconds that two clocks may differ before ages and certificates go wrong."""

_NOT_TOLD = Unread(Why.GARBLED, "the API server tells nothing of what it serves")


def examine(analysis: Analysis) -> Iterator[Finding]:
    """Judge whether the cluster answers, its version and its clock."""
    state = analysis.state
    evidence = state.evidence
    if evidence.unreachable is not None:
        yield _unreachable(state)
        return
    if evidence.refused:
        yield _refused(state)
        return
    if evidence.served is None:
        yield unread_finding(STEP_ID, "the kinds it serves", _why_not_told(state))
    else:
        yield passed(STEP_ID, _reachable(state))
    yield from _version(state)
    skew = evidence.clock_skew
    if skew is not None and abs(skew) > MOST_SKEW:
        yield Finding(
            step=STEP_ID,
            code="clock-skew",
            level=Level.WARN,
            title=f"this machine's clock is {abs(skew):.0f} s {_ahead(skew)} the API server's",
            why="ages are taken against the wrong time, and tokens may seem expired",
            hints=(Hint("set the clock of this machine by NTP, or that of the control plane"),),
            trivial=True,
        )


def _why_not_told(state: State) -> Unread:
    """Return why discovery failed; every question that needed it has the same reason."""
    unread = (state.evidence.answer(name).unread for name in RESOURCES)
    return next((u for u in unread if u and u.why is not Why.NOT_ASKED), _NOT_TOLD)


def _unreachable(state: State) -> Finding:
    unread = state.evidence.unreachable
    if unread is None:
        raise ValueError("the cluster was reached")
    return Finding(
        step=STEP_ID,
        code=f"cluster-{unread.why}",
        level=Level.FAIL,
        title=unread.text,
        why=f"nothing could be asked of the cluster ({unread.why})",
        hints=tuple(unread_hints(unread)),
        trivial=True,
    )


def _refused(state: State) -> Finding:
    """Tell once what would else be told of every kind."""
    rules = sorted({a.unread.rule for a in state.evidence.answers.values() if a.unread} - {""})
    return Finding(
        step=STEP_ID,
        code="forbidden",
        level=Level.UNKNOWN,
        title=f"the cluster answers, and {state.evidence.target.asker or 'you'} may read nothing "
        "of Flux",
        why="every list was forbidden; the role view of Kubernetes has most of the rights",
        evidence=tuple(("missing RBAC rule", rule) for rule in rules),
        hints=(
            Hint(
                "ask for the role view, or for the ClusterRole in docs/rbac.yaml; with rights in "
                "some namespaces only, name them with -n",
                (Command(("kubectl", "auth", "can-i", "--list")),),
            ),
        ),
        trivial=True,
    )


def _reachable(state: State) -> str:
    target, served = state.evidence.target, state.evidence.served or {}
    user = f" as {target.asker}" if target.asker else ""
    took = state.evidence.cost.seconds
    time = f" in {took:.1f} s" if took else ""
    controllers = len(state.expected) if served else 0
    kinds = f"{len(served)} Flux kinds served" if served else "no Flux kind served"
    expected = f", {controllers} Flux controllers expected" if controllers else ""
    return f"reachable{user}{time}, {kinds}{expected}"


def _version(state: State) -> Iterator[Finding]:
    kubernetes = parse(state.evidence.target.kubernetes)
    if kubernetes is None:
        yield Finding(
            step=STEP_ID,
            code="kubernetes-version-unknown",
            level=Level.SKIP,
            title="the server does not tell a Kubernetes version, so it is not compared",
        )
        return
    flux = parse(state.flux_version)
    needed = SUPPORTED.get(flux) if flux else None
    version = state.evidence.target.kubernetes
    if kubernetes < FLOOR:
        yield _too_old(Level.FAIL, f"Kubernetes {version} is older than {_text(FLOOR)}")
    elif needed and kubernetes < needed:
        yield _too_old(
            Level.WARN,
            f"Kubernetes {version} is older than {_text(needed)}, the oldest that Flux "
            f"{state.flux_version} supports",
        )


def _too_old(level: Level, title: str) -> Finding:
    return Finding(
        step=STEP_ID,
        code="kubernetes-too-old",
        level=level,
        title=title,
        why="fixes of Flux are not tested on it, and APIs that Flux needs may be missing",
        hints=(Hint("upgrade the control plane"),),
        docs="https://fluxcd.io/flux/installation/#prerequisites",
        trivial=True,
    )


def parse(version: str) -> tuple[int, int] | None:
    """Read the major and minor of a *version*; None when it has none that mean anything."""
    found = minor_of(version)
    # A program that was built without a version reports v0.0.0.
    return found if found and found[0] else None


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _ahead(skew: float) -> str:
    return "ahead of" if skew > 0 else "behind"


CODES = {
    **{f"cluster-{why}": "nothing could be asked of the cluster" for why in Why},
    "kubernetes-too-old": "the Kubernetes version is below the floor, or below what Flux supports",
    "kubernetes-version-unknown": "the server tells no version",
    "forbidden": "every list was forbidden",
    "clock-skew": "the clocks here and there differ by more than a minute",
    **UNREAD_CODES,
}
STEP = Step(STEP_ID, "cluster connectivity", ("apis", "version"), CODES, examine)
