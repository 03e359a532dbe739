"""The existing installation: Flux, its operator, or the leftovers of an earlier one."""

from collections.abc import Iterator, Mapping

from fluxstatus.base.fields import map_of, text_of
from fluxstatus.base.labels import labels_in
from fluxstatus.base.plurals import counted, listed, noun_for
from fluxstatus.checks.wording import PRINT_INSTANCE, passed, unread_finding
from fluxstatus.commands.preflight.manifest import CHART, NAMESPACE
from fluxstatus.knowledge.admission.limits import NAMESPACE_TERMINATING
from fluxstatus.knowledge.states import STATES
from fluxstatus.model.codes import Code
from fluxstatus.model.evidence import OPERATORS, by_reason
from fluxstatus.model.findings import Finding, Level
from fluxstatus.model.hints import Command, Hint, command, hint
from fluxstatus.model.kinds import RESOURCES
from fluxstatus.state.deployments import HELM_CHART, Component, managed_by
from fluxstatus.state.ownership import creator_of
from fluxstatus.state.resource import Verdict
from fluxstatus.state.state import State

EXISTING, LEFTOVERS = "existing", "leftovers"
_MIGRATION = "https://fluxoperator.dev/docs/guides/migration/"
_CHECK = Hint("check its status", (Command(("kubectl", "flux-status")),))
_MANIFEST = Hint("create a FluxInstance and apply it", (PRINT_INSTANCE,))
_CREATORS = {
    "ResourceSet": "a ResourceSet, as created by flux-operator install",
    "HelmRelease": "a HelmRelease",
    "Kustomization": "a Kustomization",
}
"""The kinds that may have applied the operator's Deployment, by their labels; plain YAML has no
such label."""

_INSTALLED_ALREADY = Code(
    "installed-already", "The Flux Operator and a FluxInstance are already installed."
)
_OPERATOR_WITHOUT_INSTANCE = Code(
    "operator-without-instance",
    "The Flux Operator is already installed, but without a FluxInstance.",
)
_FLUX_BY_OTHERS = Code("flux-by-others", "Flux is already installed, but not by the Flux Operator.")
_IN_USE = Code("in-use", "The Flux CRDs belong to the existing installation.")
_CRDS_LEFT = Code("crds-left", "Flux CRDs exist, but no Flux controller is installed.")
_TERMINATING = STATES["terminating-without-controller"].code
CODES = (
    _INSTALLED_ALREADY,
    _OPERATOR_WITHOUT_INSTANCE,
    _FLUX_BY_OTHERS,
    _IN_USE,
    _CRDS_LEFT,
    _TERMINATING,
    NAMESPACE_TERMINATING,
)

_NAMED = 5


def existing(state: State) -> Iterator[Finding]:
    """Yield what is installed already, and by which tool."""
    operators_read = state.evidence.answer(OPERATORS).unread is None
    if state.operators:
        yield from (_operator(state, operator) for operator in state.operators)
    elif state.components and operators_read:
        yield _without_operator(state)
    elif state.controllers_read:
        yield passed(EXISTING, "neither Flux nor the Flux Operator is installed")
    for names, unread in by_reason(state.evidence.unread):
        yield unread_finding(EXISTING, names, unread)


def _operator(state: State, operator: Component) -> Finding:
    came = f"by {_manager(operator)}" if _manager(operator) else "from plain manifests"
    who = f"the Flux Operator {operator.version} is installed ({operator.ref.namespace}/"
    who = f"{who}{operator.ref.name}, {came})"
    if state.instance:
        title = f"{who}, with {state.instance.ref} and Flux {state.flux_version or 'unknown'}"
        return _warn(_INSTALLED_ALREADY, title, "there is nothing to install", _CHECK)
    if state.answer_of("FluxInstance").hidden:
        return passed(EXISTING, who)
    return _warn(
        _OPERATOR_WITHOUT_INSTANCE, f"{who}, without a FluxInstance",
        'it installs Flux once a FluxInstance named "flux" exists in its namespace',
        _MANIFEST,
    )  # fmt: skip


def _without_operator(state: State) -> Finding:
    came = managed_by(state.components)
    version = state.flux_version or "of an unknown version"
    title = f"Flux {version} is installed by {came or 'an unknown method'}"
    if came == HELM_CHART:
        why = "a Helm release and the operator would both manage its controllers"
        first = hint("uninstall the Helm release before you install the operator")
        return _warn(_FLUX_BY_OTHERS, title, why, first)
    home = state.namespace
    why = "the operator can take over this installation, with the same namespace and source"
    helm = command(
        f"helm install flux-operator {CHART} --namespace {{ns}}", {"ns": home}, changes=True
    )
    text = f'install the operator into namespace "{home}", then apply a FluxInstance there'
    return _warn(_FLUX_BY_OTHERS, title, why, hint(text, helm), _MIGRATION)


def _warn(code: Code, title: str, why: str, step: Hint, docs: str = "") -> Finding:
    return Finding(
        step=EXISTING, code=code, level=Level.WARN, title=title, why=why, hints=(step,),
        docs=docs, trivial=True,
    )  # fmt: skip


def _manager(operator: Component) -> str:
    labels = labels_in(operator.deployment)
    if labels.get("olm.owner"):
        return "OLM"
    for kind, who in _CREATORS.items():
        if creator_of(labels, kind):
            return who
    return "Helm" if labels.get("app.kubernetes.io/managed-by") == "Helm" else ""


def leftovers(state: State) -> Iterator[Finding]:
    """Yield what an earlier installation has left behind."""
    yield from _namespace(state)
    served = state.evidence.served
    if served is None or not state.controllers_read:
        return  # reported with the existing installation
    if state.operators or state.components:
        title = "the Flux CRDs belong to this installation"
        yield Finding(step=LEFTOVERS, code=_IN_USE, level=Level.SKIP, title=title)
    elif served:
        yield _definitions(state, served)
        yield from _hanging(state)
    else:
        yield passed(LEFTOVERS, "there are no Flux CRDs")


def _definitions(state: State, served: Mapping[str, str]) -> Finding:
    count = len(state.resources)
    objects = f"{counted(count, 'object')} of these kinds {noun_for(count, 'exists', 'exist')}"
    none = "no objects were found"
    if any(state.evidence.answer(name).hidden for name in served):
        objects, none = f"at least {objects}", "their objects could not be read"
    crds = counted(len(served), "Flux CRD exists", "Flux CRDs exist")
    kinds = sorted(served.keys() & RESOURCES.keys())
    delete = ("kubectl", "delete", "customresourcedefinitions", *kinds)
    return Finding(
        step=LEFTOVERS,
        code=_CRDS_LEFT,
        level=Level.WARN,
        title=f"{crds} without a controller; {objects if count else none}",
        why="a new installation adopts them and reconciles the objects as they are",
        hints=(
            Hint("to prevent that, delete the CRDs; this also deletes all objects of these kinds",
                 (Command(delete, changes=True),)),
        ),
        trivial=True,
    )  # fmt: skip


def _hanging(state: State) -> Iterator[Finding]:
    hanging = [r for r in state.resources.values() if r.verdict is Verdict.TERMINATING]
    if hanging:
        names = listed([str(r.ref) for r in hanging], _NAMED)
        yield Finding(
            step=LEFTOVERS,
            code=_TERMINATING,
            level=Level.WARN,
            title=f"deletion is blocked, because the controller no longer exists: {names}",
            why="only Flux can remove their finalizers; reinstalling Flux completes their deletion",
            hints=(Hint("install Flux, or remove the finalizers by hand"),),
            trivial=True,
        )


def _namespace(state: State) -> Iterator[Finding]:
    for item in state.evidence.answer("namespaces").known:
        if text_of(map_of(item.get("metadata")).get("deletionTimestamp")):
            argv = ("kubectl", "get", "namespace", NAMESPACE, "-o", "jsonpath={.status.conditions}")
            yield Finding(
                step=LEFTOVERS,
                code=NAMESPACE_TERMINATING,
                level=Level.FAIL,
                title=f"Namespace {NAMESPACE} is being deleted: no objects can be created in it",
                why="a namespace is deleted after all its objects; finalizers can block that",
                hints=(Hint("show what blocks its deletion", (Command(argv),)),),
                trivial=True,
            )
