"""What -n leaves: the findings about its namespaces, and about what affects an object in them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fluxstatus.base.plurals import counted, listed, noun_for
from fluxstatus.base.similar import similar
from fluxstatus.causes.analysis import Analysis
from fluxstatus.checks.wording import UNREAD_CODES, unread_hints
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import NAMESPACES
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import command, hint, kubectl
from fluxstatus.model.kinds import KINDS
from fluxstatus.model.ref import Ref
from fluxstatus.state.scope import INTO_OTHERS, namespaces_of
from fluxstatus.state.state import State

NAMESPACE_EMPTY = Code(
    "namespace-empty",
    "The namespaces given with -n contain no Flux objects, and no Flux object deploys to them.",
)
ELSEWHERE = Code(
    "elsewhere", "Flux itself has problems that do not affect the namespaces given with -n."
)
_OF_FLUX = frozenset({"operator", "instance", "components", "ui"})
"""Steps about Flux itself, which is often in a namespace that was not chosen."""

_NAMED = 3  # objects that a sentence names
_LIST_ALL = kubectl("get", KINDS["Kustomization"].resource, "--all-namespaces")


def chosen_namespaces(step: str, state: State) -> Iterator[Finding]:
    """Yield what cannot be judged of the namespaces that were chosen."""
    if state.unread_elsewhere:
        yield _unread_elsewhere(step, state)
    if state.applying_known:
        yield from _empty(step, state)


def _unread_elsewhere(step: str, state: State) -> Finding:
    """Return one finding for all lists of which the part in other namespaces could not be read."""
    first, *_ = reasons = list(state.unread_elsewhere.values())
    permissions = [one.permission for one in reasons if one.permission]
    missing = f"ask for permission to {listed(permissions, _NAMED)} in all namespaces"
    return Finding(
        step=step,
        code=UNREAD_CODES[first.why],
        level=Level.UNKNOWN,
        title=f"could not determine which objects in other namespaces deploy to "
        f"{state.named_namespaces} or block objects there: {first.text}",
        why=f"all Flux objects in {state.named_namespaces} were checked, but some Flux objects in "
        "other namespaces could not be read",
        evidence=tuple(("missing RBAC rule", one) for one in permissions),
        hints=(hint(missing),) if permissions else tuple(unread_hints(first)),
    )


def _empty(step: str, state: State) -> Iterator[Finding]:
    """Yield the namespaces that Flux has nothing in: they may be misspelled.

    There can be no faults in them, but that does not mean that they are healthy.
    """
    used = {resource.ref.namespace for resource in state.resources.values()}
    used |= {component.ref.namespace for component in (*state.components, *state.operators)}
    empty = sorted(state.namespaces - used.union(*state.applying.values()))
    if not empty:
        return
    known = used.union(*(namespaces_of(one.object) for one in state.of_kind(*INTO_OTHERS)))
    for namespace in empty:
        if any(state.answer_of(kind).unread_in(namespace) for kind in KINDS):
            continue
        near = similar(namespace, known - {namespace})
        meant = f' (did you mean "{near[0]}"?)' if near else ""
        if namespace in state.evidence.absent_namespaces:
            title = f'namespace "{namespace}" does not exist{meant}'
            why = "so it has no Flux object, and no Flux object deploys to it"
        else:
            title = f'no Flux object is in or deploys to namespace "{namespace}"{meant}'
            why = _why_empty(state, namespace)
        yield Finding(
            step=step,
            code=NAMESPACE_EMPTY,
            level=Level.UNKNOWN,
            title=f"nothing to check: {title}",
            why=why,
            hints=(hint("list the namespaces that have Flux objects", _LIST_ALL),),
            trivial=True,
        )


def _why_empty(state: State, namespace: str) -> str:
    """Return why *namespace*, which may exist, may have nothing of Flux."""
    known = state.evidence.answer(NAMESPACES).known
    if any(Ref.of(item).name == namespace for item in known):
        return "the namespace exists; Flux may not have deployed anything there yet"
    return "the namespace may not exist, or Flux may not have deployed anything there yet"


def narrowed(step: str, found: Iterable[Finding], analysis: Analysis) -> Iterator[Finding]:
    """Yield those of *found*, the findings of *step*, that concern the chosen namespaces.

    The problems of Flux itself that are left out become one finding, which affects no verdict. Nor
    does what waits elsewhere.
    """
    left_out = []
    for one in found:
        if one.level is Level.WAIT and not _is_covered(analysis.state, one):
            yield replace(one, level=Level.SKIP)
        elif _is_covered(analysis.state, one) or (step in _OF_FLUX and _concerns(analysis, one)):
            yield _about_chosen_first(analysis.state, one)
        elif step in _OF_FLUX:
            left_out.append(one)
    if left_out:
        yield _left_out(step, analysis.state, left_out)


def _is_covered(state: State, finding: Finding) -> bool:
    """Return whether *finding* is about no object, or about or blocks one that was chosen."""
    refs = (*finding.objects, *finding.blocks)
    return finding.object is None or any(state.covers(ref) for ref in refs)


def _about_chosen_first(state: State, finding: Finding) -> Finding:
    """Return *finding* with the chosen ones first of the objects that it blocks."""
    blocks = sorted(finding.blocks, key=lambda ref: not state.covers(ref))
    return replace(finding, blocks=tuple(blocks))


def _concerns(analysis: Analysis, finding: Finding) -> bool:
    """Return whether *finding*, a problem of Flux itself, may affect an object that was chosen.

    All objects of a kind are gone without its CRD, which is in no namespace. If not all objects
    that were chosen are known, it may affect another one.
    """
    if finding.level not in (Level.FAIL, Level.WARN) or finding.category != "fault":
        return True
    if not all(ref.namespace for ref in finding.objects) or not _is_known(analysis.state):
        return True
    return not _unavailable(analysis).isdisjoint((*finding.objects, *finding.blocks))


def _is_known(state: State) -> bool:
    """Return whether all chosen objects are known; a FluxInstance only installs Flux."""
    kinds = (kind for name, kind in KINDS.items() if name != "FluxInstance" and kind.reconciled)
    return not state.unread_elsewhere and not any(state.unread(kind.resource) for kind in kinds)


def _unavailable(analysis: Analysis) -> set[Ref]:
    """Return the unavailable controllers of the chosen objects.

    No finding lists an Alert or a Provider as blocked, since it has no status.
    """
    controllers, state = analysis.controllers, analysis.state
    chosen = (one for one in state.resources.values() if state.covers(one.ref))
    return {ref for one in chosen if (ref := controllers.unavailable_for(one))}


def _left_out(step: str, state: State, found: Iterable[Finding]) -> Finding:
    """Return the note on problems that affect nothing in the chosen namespaces."""
    names = [str(one.object) for one in found]
    return Finding(
        step=step,
        code=ELSEWHERE,
        level=Level.SKIP,
        title=f"{counted(len(names), 'problem')} with {listed(names, _NAMED)} not shown: "
        f"{noun_for(len(names), 'it affects', 'they affect')} nothing{state.namespace_suffix}",
        hints=(
            hint(
                "check all namespaces", command("kubectl flux-status --step {step}", {"step": step})
            ),
        ),
    )
