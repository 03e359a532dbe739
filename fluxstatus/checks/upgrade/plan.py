"""The plan for an upgrade of Flux: what blocks it, what it changes, and its steps."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias

from fluxstatus.base.plurals import listed
from fluxstatus.base.versions import dotted, minor_of
from fluxstatus.checks.cluster import parse
from fluxstatus.checks.upgrade import blockers, next_kubernetes, notes
from fluxstatus.checks.upgrade.hits import hits
from fluxstatus.checks.upgrade.move import BLOCKERS, NOTES, Move
from fluxstatus.checks.upgrade.order import steps_of
from fluxstatus.checks.wording import unread_finding
from fluxstatus.knowledge.flux_minors import FLUX_MINORS, NEWEST, Minor, is_newer
from fluxstatus.knowledge.upgrade_changes import CHANGES
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import CONTROLLERS, CRDS, OPERATORS, VERSION, Unread, Why, by_reason
from fluxstatus.model.findings import WORST_FIRST, Exit, Finding, Level
from fluxstatus.model.hints import Command, Hint, hint, kubectl
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.kubectl_flags import for_target
from fluxstatus.state.state import State

UNREAD = "unread"
"""The part for data that could not be read, or is unknown."""

_FLUX_UNKNOWN = Code("upgrade-from-unknown", "The version of Flux in the cluster is unknown.")
_FLUX_MIXED = Code(
    "upgrade-from-mixed", "The controllers are from different minor versions of Flux."
)
TARGET_UNKNOWN = Code(
    "upgrade-target-unknown", "The target version of Flux is newer than this plugin supports."
)
NOTHING = Code(
    "upgrade-nothing",
    "Flux already has the target version, or the newest version that this plugin supports.",
)
CODES = (
    *blockers.CODES,
    *(change.code for change in CHANGES),
    *notes.CODES,
    *next_kubernetes.CODES,
    _FLUX_UNKNOWN,
    _FLUX_MIXED,
    TARGET_UNKNOWN,
    NOTHING,
)
"""The codes of plans, without those about data that could not be read."""

Outcome: TypeAlias = Literal["blocked", "unknown", "clear"]

_NAMED = 3
_REPORT = KINDS["FluxReport"].resource
_SAVE_AGAIN = Unread(
    Why.NOT_REQUESTED,
    "the snapshot was saved without --advice, so stored versions could not be checked",
    hints=(
        hint(
            "save a snapshot with --advice",
            Command(("kubectl", "flux-status", "--save", "now.json.gz", "--advice"), changes=True),
        ),
    ),
)

_NO_CRD = Unread(
    Why.GARBLED,
    "a CRD of these kinds was not found or lists no stored versions, so they could not be checked",
)
_NO_VERSION = Unread(Why.GARBLED, "the API server does not report its version")


class Plan(NamedTuple):
    """A plan for the cluster in `state`.

    `current` is the minor version of its Flux, the oldest if there are several, None if that is
    unknown, and `target` the one to go to, None if there is none. `findings` are by part, the worst
    first in each, and `steps` are what to do, in this order.
    """

    state: State
    current: Minor | None
    target: Minor | None
    findings: tuple[Finding, ...]
    steps: tuple[Hint, ...] = ()

    def part(self, name: str) -> tuple[Finding, ...]:
        """Return the findings of one part."""
        return tuple(finding for finding in self.findings if finding.step == name)

    @property
    def outcome(self) -> Outcome:
        """Whether something blocks the upgrade, or whether that is not known."""
        levels = {finding.level for finding in self.findings}
        if Level.FAIL in levels and self.state.evidence.unreachable is None:
            return "blocked"
        return "unknown" if levels & {Level.FAIL, Level.UNKNOWN} else "clear"

    @property
    def exit_code(self) -> Exit:
        """The exit code: 1 for a blocker, 3 if there may be one."""
        codes = {"blocked": Exit.UNHEALTHY, "unknown": Exit.NO_VERDICT, "clear": Exit.HEALTHY}
        return codes[self.outcome]


def plan_of(state: State, to: Minor | None = None) -> Plan:
    """Return the plan for the upgrade to the minor version *to*, by default the next known one."""
    minors = minors_of(state)
    current, is_mixed = min(minors, default=None), len(minors) > 1
    target = to or (_following(current) if current else None)
    found = [_mixed(minors, state)] if is_mixed else []
    steps: tuple[Hint, ...] = ()
    if current is None:
        found += [] if state.evidence.unreachable else [_from_unknown(state)]
    elif target is None and is_newer(current):
        found.append(_following_unknown(current))
    elif target is None or target == current:
        found += [] if is_mixed else [_nothing(state, current, to)]
    elif target < current:
        found.append(_downgrade(state, target))
    else:
        move = Move(state, current, target)
        found += _judged(move)
        steps = tuple(steps_of(move, found))
    if current is not None:
        reached = target if target and target > current else current
        found += next_kubernetes.next_kubernetes(state, reached)
    found += _unread(state)
    flags = for_target(state.evidence.target)
    return Plan(
        state,
        current,
        target,
        tuple(map(flags.finding, sorted(found, key=lambda one: WORST_FIRST.index(one.level)))),
        tuple(map(flags.hint, steps)),
    )


def _following(current: Minor) -> Minor | None:
    """Return the known minor version after *current*, None after the newest one."""
    return min((minor for minor in FLUX_MINORS if minor > current), default=None)


def minors_of(state: State) -> list[Minor]:
    """Return the minor versions of Flux in *state*, the oldest first: several in an upgrade.

    They are those in the labels of the controllers, else the one in the FluxReport.
    """
    known = (minor_of(component.distribution) for component in state.components)
    labelled = sorted({minor for minor in known if minor})
    reported = minor_of(state.flux_version)
    return labelled if len(labelled) > 1 else [reported] if reported else []


def _judged(move: Move) -> Iterator[Finding]:
    if is_newer(move.target):
        yield _target_unknown(move.target)
    yield from blockers.blockers(move)
    yield from hits(move)
    yield from notes.notes(move)


def _target_unknown(target: Minor) -> Finding:
    return Finding(
        step=UNREAD,
        code=TARGET_UNKNOWN,
        level=Level.UNKNOWN,
        title=f"Flux {dotted(target)} is newer than this plugin, which supports Flux up to "
        f"{dotted(NEWEST)}; newer features are not checked",
        hints=(hint("update this plugin, and read the release notes"),),
        docs="https://github.com/fluxcd/flux2/releases",
        trivial=True,
    )


def _following_unknown(current: Minor) -> Finding:
    return replace(
        _target_unknown(current),
        title=f"Flux {dotted(current)} is newer than this plugin, which supports Flux up to "
        f"{dotted(NEWEST)}; the next version is unknown",
    )


def _mixed(minors: list[Minor], state: State) -> Finding:
    versions = " and ".join(map(dotted, minors))
    return Finding(
        step=UNREAD,
        code=_FLUX_MIXED,
        level=Level.UNKNOWN,
        title=f"the controllers are from Flux {versions}: an upgrade may be incomplete",
        evidence=tuple((f"{one.ref}", one.distribution) for one in state.components),
        hints=(
            hint(
                "complete that upgrade first",
                Command(("kubectl", "flux-status", "versions")),
            ),
        ),
        trivial=True,
    )


def _from_unknown(state: State) -> Finding:
    is_absent = state.controllers_read and not state.components
    return Finding(
        step=UNREAD,
        code=_FLUX_UNKNOWN,
        level=Level.UNKNOWN,
        title="Flux is not installed, so there is nothing to upgrade"
        if is_absent
        else "the version of Flux in the cluster is unknown",
        hints=(
            hint(
                "show what is installed",
                kubectl("flux-status", "preflight")
                if is_absent
                else kubectl("flux-status", "versions"),
            ),
        ),
        trivial=True,
    )


def _nothing(state: State, current: Minor, to: Minor | None) -> Finding:
    is_asked = "the requested version" if to else "the newest version that this plugin supports"
    return Finding(
        step=NOTES,
        code=NOTHING,
        level=Level.PASS,
        title=f"Flux {state.flux_version} already has {dotted(current)}, {is_asked}",
        trivial=True,
    )


def _downgrade(state: State, target: Minor) -> Finding:
    return Finding(
        step=BLOCKERS,
        code=blockers.DOWNGRADE,
        level=Level.FAIL,
        title=f"Flux {state.flux_version} is newer than {dotted(target)}: a downgrade is not "
        "supported",
        why="the Flux Operator refuses it, and objects may be stored in versions that the older "
        "Flux does not have",
        docs="https://fluxcd.io/flux/releases/#supported-upgrades",
        trivial=True,
    )


def _unread(state: State) -> Iterator[Finding]:
    """Yield what a plan needs and could not be read: it may hide a blocker."""
    unreachable = state.evidence.unreachable
    reasons = {"the cluster": unreachable} if unreachable else dict(_hidden(state))
    for names, reason in by_reason(reasons):
        yield _of_unread(names, reason)


def _hidden(state: State) -> Iterator[tuple[str, Unread]]:
    """Yield each thing that a plan needs and lacks, with the reason."""
    evidence = state.evidence
    needed = (CONTROLLERS, OPERATORS, *(kind.resource for kind in KINDS.values()))
    for name in needed:
        reason = evidence.answer(name).hidden
        is_needless = name == _REPORT and minor_of(state.flux_version)  # it only has the version
        if reason and not is_needless:
            yield name.partition("/")[0], reason
    crds = evidence.answer(CRDS).hidden
    if crds:
        is_of_snapshot = crds.why is Why.NOT_REQUESTED and evidence.target.saved
        yield CRDS, _SAVE_AGAIN if is_of_snapshot else crds
    if missing := blockers.missing_crds(evidence):
        yield listed(missing, _NAMED), _NO_CRD
    if parse(evidence.target.kubernetes) is None:
        yield "the Kubernetes version", evidence.unread.get(VERSION) or _NO_VERSION


def _of_unread(what: str, reason: Unread) -> Finding:
    return replace(unread_finding(UNREAD, what, reason), level=Level.UNKNOWN)
