"""Where each object is on the way to a revision: what counts as fetched and applied, by kind."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.commands.wait.members import Member, Role, ref_of
from fluxstatus.commands.wait.proof import NOTHING, SAME, Cover, Proof, Proofs, revisions_of
from fluxstatus.commands.wait.sources import never
from fluxstatus.model.ref import Key, Ref
from fluxstatus.state.resource import HEALTHY, IN_PROGRESS, Resource, Verdict
from fluxstatus.state.revisions import chart_version, lag_behind, short
from fluxstatus.state.state import State

_FAILING = frozenset({Verdict.FAILED, Verdict.STALLED})


class Phase(StrEnum):
    """How far an object is."""

    DONE = "done"
    COMING = "coming"
    FAILED = "failed"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class Standing(NamedTuple):
    """Where an object is: its phase, a clause about it, and the revision that it has.

    A `final` one does not get any further until something changes, and a `hopeless` one not even
    then: it is the wrong one to wait for. `proof` is of the revision.
    """

    ref: Ref
    role: Role
    phase: Phase
    text: str
    revision: str = ""
    final: bool = False
    proof: Proof = NOTHING
    hopeless: bool = False


class View(NamedTuple):
    """An object that is waited for, with what decides where it is.

    `has_source` is whether its source has the revision; `settled` whether its owner has applied it,
    so that its spec is that of the revision.
    """

    member: Member
    resource: Resource
    source: Resource | None
    has_source: bool
    settled: bool
    proofs: Proofs


def standings(state: State, members: list[Member], proofs: Proofs) -> list[Standing]:
    """Return where each of *members* is, which are in the order of their roles."""
    found: dict[Key, Standing] = {}
    for one in _owners_first(members):
        found[one.key] = _standing(state, one, found, proofs)
    return [found[one.key] for one in members]


def _owners_first(members: list[Member]) -> list[Member]:
    """Return *members* so that the source and the owner of each come before it, where possible."""
    known = {one.key: one for one in members}
    ordered: dict[Key, Member] = {}
    for one in members:
        chain: list[Member] = []
        todo = [one]
        while todo:
            current = todo.pop()
            if current in chain or current.key in ordered:
                continue
            chain.append(current)
            above = filter(None, (current.source, current.owner))
            todo += [known[key] for key in above if key in known]
        ordered |= {each.key: each for each in reversed(chain)}
    return [*ordered.values()]


def _standing(
    state: State, member: Member, found: Mapping[Key, Standing], proofs: Proofs
) -> Standing:
    resource = state.resources.get(member.key)
    ref = ref_of(state, member.key)
    if resource is None:
        if state.known_missing(member.key):
            return Standing(ref, member.role, Phase.COMING, "does not exist")
        return Standing(ref, member.role, Phase.UNKNOWN, "was not read")
    source = state.resources.get(member.source) if member.source else None
    view = View(
        member,
        resource,
        source,
        has_source=_is_done(found, member.source),
        settled=member.owner is None or member.owner not in found or _is_done(found, member.owner),
        proofs=proofs,
    )
    if resource.verdict is Verdict.TERMINATING:
        return _at(view, Phase.FAILED, "is being deleted")
    return _RULES[member.role](view)


def _is_done(found: Mapping[Key, Standing], key: Key | None) -> bool:
    return key is not None and key in found and found[key].phase is Phase.DONE


def _at(
    view: View, phase: Phase, text: str, revision: str = "", proof: Proof = NOTHING
) -> Standing:
    final = phase is Phase.SUSPENDED or (phase is Phase.FAILED and _is_final(view))
    ref, role = view.resource.ref, view.member.role
    return Standing(ref, role, phase, text, revision, final and view.settled, proof)


def _is_final(view: View) -> bool:
    """Return whether Flux does not try again, or only with the same files and the same result."""
    return view.resource.verdict is Verdict.STALLED or view.resource.reason == "BuildFailed"


def _source(view: View) -> Standing:
    one = view.resource
    own, origin = revisions_of(one)
    proof = view.proofs.of(own, origin)
    at = f"at {short(own)}" if own else "nothing fetched yet"
    if proof.accepted:
        text = f"fetched {short(own)}"
        return _at(view, Phase.DONE, f"{text}, {proof.why}" if proof.why else text, own, proof)
    at = f"{at}, {proof.why}" if proof.why else at
    if one.suspended:
        return _at(view, Phase.SUSPENDED, f"suspended, {at}", own, proof)
    if reason := never(one, view.proofs.wanted):
        failed = _at(view, Phase.FAILED, f"{at}: {reason}", own, proof)
        return failed._replace(final=False, hopeless=bool(view.proofs.wanted.hash))
    if one.verdict in _FAILING:
        return _at(view, Phase.FAILED, f"{at}, and cannot fetch: {_message(one)}", own, proof)
    if proof.cover is Cover.UNKNOWN:
        wanted = view.proofs.wanted
        at = at if wanted.is_version else f"{at}; whether it contains {wanted.given} is unknown"
    return _at(view, Phase.COMING, at, own, proof)._replace(final=proof.stays)


def _between(view: View) -> Standing:
    one = view.resource
    own, origin = revisions_of(one)
    observed = text_of(one.status.get("observedSourceArtifactRevision"))
    proof = view.proofs.of(observed, origin)
    if one.suspended and not proof.accepted:
        return _at(view, Phase.SUSPENDED, "suspended", own, proof)
    if one.verdict in _FAILING:
        return _at(view, Phase.FAILED, _message(one), own, proof)
    if one.verdict not in HEALTHY or not view.has_source:
        return _at(view, Phase.COMING, _progress(one, short(own)), own, proof)
    if one.ref.kind == "ArtifactGenerator":  # what it made says which revision it was made from
        return _at(view, Phase.DONE, "ready")
    if proof.accepted:
        return _at(view, Phase.DONE, f"built {short(own)} from it", own, proof)
    phase, text = _made_of_another(one, observed, origin)
    return _at(view, phase, f"at {short(own)}, {text}", own, proof)


def _made_of_another(one: Resource, observed: str, origin: str) -> tuple[Phase, str]:
    """Return what it means that *one*, which is ready, was not made from the revision."""
    if one.ref.kind != "ExternalArtifact":
        return Phase.COMING, f"built from {short(observed)}"
    if not origin:
        return Phase.UNKNOWN, "whose source revision is unknown: it has no originRevision"
    return (
        Phase.UNKNOWN,
        (
            f"built from {short(origin)}; there is no newer artifact, possibly because its files "
            "have not changed"
        ),
    )


def _consumer(view: View) -> Standing:
    one = view.resource
    applied, proof = _applied(view)
    has_it = proof.accepted and view.has_source
    if one.suspended:
        phase, text = _suspended(one, applied, has_it=has_it)
    elif has_it and one.verdict in HEALTHY:
        phase, text = Phase.DONE, _success(view, applied)
    elif one.verdict in _FAILING:
        phase, text = _failing(view, applied)
    else:
        phase, text = Phase.COMING, _progress(one, short(applied))
    return _at(view, phase, text, applied, proof)


def _suspended(one: Resource, applied: str, *, has_it: bool) -> tuple[Phase, str]:
    if has_it and one.ready and _observes_its_spec(one):
        return Phase.DONE, f"applied {short(applied)}, suspended"
    return Phase.SUSPENDED, f"suspended, {_where(applied)}"


def _failing(view: View, applied: str) -> tuple[Phase, str]:
    """Return what a failure means: only one with the revision is a failure of the wait."""
    one = view.resource
    if one.reason == "DependencyNotReady":
        return Phase.COMING, f"{_where(applied)}, waits: {_message(one)}"
    attempted = text_of(one.status.get("lastAttemptedRevision"))
    is_release = one.ref.kind == "HelmRelease"  # it names the version of a chart
    if view.proofs.of(attempted).accepted or (view.has_source and is_release):
        return Phase.FAILED, _message(one)
    return Phase.COMING, f"{_where(applied)}, failed before: {_message(one)}"


def _applied(view: View) -> tuple[str, Proof]:
    """Return the revision that a consumer has applied, and how it relates to the wanted one."""
    one, status = view.resource, view.resource.status
    applied = text_of(status.get("lastAppliedRevision"))
    if one.ref.kind == "HelmRelease":
        applied = chart_version(one)
    origin = text_of(status.get("lastAppliedOriginRevision"))
    proof = view.proofs.of(applied, origin)
    lag = lag_behind(view.source, one) if view.source else None
    if one.ref.kind == "HelmRelease":  # it names the version of a chart, not where that is from
        same = view.has_source and lag is not None and lag.wanted == lag.applied
        return applied, SAME if same else NOTHING
    if not proof.accepted and lag and lag.wanted == lag.applied and view.has_source:
        return applied, SAME  # the same artifact as that of its source
    return applied, proof


def _success(view: View, applied: str) -> str:
    one, source = view.resource, view.source
    if one.ref.kind == "HelmRelease":
        if source and _keeps_version(source):
            return f"has chart {applied}, whose version decides (reconcileStrategy)"
        return f"applied chart {applied}"
    checked = one.spec.get("wait") is True or one.spec.get("healthChecks")
    return f"applied {short(applied)}, {'healthy' if checked else 'without health checks'}"


def _keeps_version(source: Resource) -> bool:
    """Return whether a new revision alone does not change the chart *source* makes of it."""
    reference = map_of(source.spec.get("sourceRef"))
    of_files = source.ref.kind == "HelmChart" and reference.get("kind") != "HelmRepository"
    return of_files and source.spec.get("reconcileStrategy") != "Revision"


def _child(view: View) -> Standing:
    one = view.resource
    if one.suspended:
        if _observes_its_spec(one):
            return _at(view, Phase.DONE, "suspended, and not waited for")
        return _at(view, Phase.SUSPENDED, "suspended, and its new spec is not applied")
    if one.verdict in HEALTHY:
        return _at(view, Phase.DONE, "ready")
    if one.verdict in _FAILING:
        return _at(view, Phase.FAILED, _message(one))
    return _at(view, Phase.COMING, _progress(one, ""))


def _observes_its_spec(one: Resource) -> bool:
    observed = one.status.get("observedGeneration")
    return not isinstance(observed, int) or observed == one.generation


def _where(applied: str) -> str:
    return f"at {short(applied)}" if applied else "nothing applied yet"


def _progress(one: Resource, revision: str) -> str:
    at = f"at {revision}" if revision else ""
    busy = text_of(one.condition("Reconciling").get("message")) or one.message
    moving = one.verdict in IN_PROGRESS or one.verdict in (Verdict.STUCK, Verdict.OUTDATED)
    word = f"{one.verdict}: {busy}" if moving and busy else f"{one.verdict}" if moving else ""
    return ", ".join(filter(None, (at, word))) or f"{one.verdict}"


def _message(one: Resource) -> str:
    return one.message or one.reason or f"{one.verdict}"


_RULES: Mapping[Role, Callable[[View], Standing]] = {
    Role.SOURCE: _source,
    Role.BETWEEN: _between,
    Role.CONSUMER: _consumer,
    Role.CHILD: _child,
    Role.DEPENDENT: _child,
}
"""When an object is done, by its role; docs/ci.md has the table by kind."""
