"""Isolation of tenants, in clusters that have some.

The practices are those of the official audit (see sources.py). A cluster has tenants if flags of
the controllers say so, or Kustomizations or HelmReleases outside of Flux's namespace impersonate a
ServiceAccount or have the label of `flux create tenant`. In all other clusters there is no advice.
"""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from fluxstatus.advice.advice import Advice, Occurrence
from fluxstatus.advice.view import View
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KINDS
from fluxstatus.state.references import source_of, template_source_of
from fluxstatus.state.resource import Resource
from fluxstatus.state.state import State

_APPLIERS = ("Kustomization", "HelmRelease")
_REFERRING = (*_APPLIERS, "ImageUpdateAutomation")
"""The kinds that may use any source; an ImageRepository must allow it with spec.accessFrom."""

_TENANT = "toolkit.fluxcd.io/tenant"
_ISOLATED = ("--no-cross-namespace-refs", "--no-cross-namespace-refs=true")
_DEFAULT = "--default-service-account="
"""Flags of the lockdown (kustomize-controller and helm-controller main.go; flux-operator
internal/builder)."""


def _arguments(view: View, kind: str) -> list[tuple[str, ...]]:
    """Return the arguments of each controller of *kind*; a sharded one has several."""
    name = KINDS[kind].controller
    return [component.args for component in view.state.components if component.name == name]


def _is_isolated(view: View, kind: str) -> bool:
    """Return whether all controllers of *kind*, one at least, refuse references to others."""
    found = _arguments(view, kind)
    return bool(found) and all(any(arg in _ISOLATED for arg in args) for args in found)


def _has_default(view: View, kind: str) -> bool:
    """Return whether all controllers of *kind* have a ServiceAccount for objects without one."""
    return all(
        any(arg.startswith(_DEFAULT) and arg != _DEFAULT for arg in args)
        for args in _arguments(view, kind)
    )


_TENANTS: WeakKeyDictionary[State, frozenset[str]] = WeakKeyDictionary()
"""The namespaces of tenants: two pieces of advice are about them."""


def _tenants(view: View) -> frozenset[str]:
    """Return the namespaces of tenants."""
    found = _TENANTS.get(view.state)
    if found is None:
        found = _TENANTS[view.state] = _find_tenants(view)
    return found


def _find_tenants(view: View) -> frozenset[str]:
    found = view.state.of_kind(*_APPLIERS)
    if any(_is_isolated(view, kind) for kind in _APPLIERS):
        return frozenset(one.ref.namespace for one in found) - _namespaces_of_flux(view)
    own = (one for one in found if _TENANT in one.labels or _is_impersonating_here(one))
    return frozenset(one.ref.namespace for one in own) - _namespaces_of_flux(view)


def _is_impersonating_here(resource: Resource) -> bool:
    """Return whether *resource* has a ServiceAccount of this cluster, not of its kubeConfig's."""
    return bool(resource.spec.get("serviceAccountName") and not resource.spec.get("kubeConfig"))


def _namespaces_of_flux(view: View) -> frozenset[str]:
    state = view.state
    components = (one.ref.namespace for one in (*state.components, *state.operators))
    return frozenset({*components, state.namespace})


def _not_impersonating(view: View) -> Iterator[Occurrence]:
    """Yield the objects of tenants that their controller applies with its own permissions.

    With a kubeConfig, the permissions are those of the kubeconfig.
    """
    tenants = _tenants(view)
    for kind in _APPLIERS:
        if not tenants or not _arguments(view, kind) or _has_default(view, kind):
            continue
        for resource in view.of_kind(kind):
            own = resource.spec.get("serviceAccountName") or resource.spec.get("kubeConfig")
            if resource.ref.namespace in tenants and not own:
                yield Occurrence(resource.ref, "spec.serviceAccountName", "is not set")


def _crossing(view: View) -> Iterator[Occurrence]:
    """Yield the objects of tenants that refer to a source in another namespace."""
    tenants = _tenants(view)
    allowed = [kind for kind in _REFERRING if tenants and _may_cross(view, kind)]
    for resource in view.of_kind(*allowed):
        source = None
        if resource.ref.namespace in tenants:
            source = template_source_of(resource) or source_of(resource)
        if source and source[1] not in ("", resource.ref.namespace):
            kind, namespace, name = source
            yield Occurrence(resource.ref, value=f"{kind} {namespace}/{name}")


def _may_cross(view: View, kind: str) -> bool:
    """Return whether the controllers of *kind* are known to follow such references."""
    return bool(_arguments(view, kind)) and not _is_isolated(view, kind)


_NO_SERVICE_ACCOUNT = Code(
    "no-service-account",
    "Some Kustomizations or HelmReleases of tenants do not impersonate a ServiceAccount.",
)
_CROSS_NAMESPACE_SOURCE = Code(
    "cross-namespace-source", "Some tenant objects use a source in another namespace."
)
_LOCKDOWN = "https://fluxcd.io/flux/installation/configuration/multitenancy/"
_LOCK = "with the Flux Operator, set spec.cluster.multitenant: true; otherwise,"

ADVICE = (
    Advice(
        code=_NO_SERVICE_ACCOUNT,
        step="reconcilers",
        area="tenancy",
        title_one="{what} {value}: the object is applied with the permissions of its controller",
        title_many="{n} tenant objects have no spec.serviceAccountName: they are applied with "
        "the permissions of their controller",
        why="the controllers are cluster-admin by default, so anyone who can change the source of "
        "such an object, or create one in that namespace, can change the whole cluster",
        steps=(
            Step(
                "set spec.serviceAccountName to a ServiceAccount with a RoleBinding in the "
                "namespace; `flux create tenant` creates both"
            ),
            Step(
                f"{_LOCK} add --default-service-account=default to kustomize-controller and "
                "helm-controller; then objects without spec.serviceAccountName use the "
                "ServiceAccount default of their namespace and fail without a RoleBinding for it"
            ),
        ),
        find=_not_impersonating,
        upstream="KC docs/spec/v1/kustomizations.md, Enforcing impersonation; "
        "fluxcd/website content/en/flux/security/best-practices.md",
        docs=_LOCKDOWN,
    ),
    Advice(
        code=_CROSS_NAMESPACE_SOURCE,
        step="reconcilers",
        area="tenancy",
        title_one="{what} belongs to a tenant and uses a source in another namespace: {value}",
        title_many="{n} tenant objects use a source in another namespace",
        why="a tenant who can use sources in other namespaces can deploy and read their contents",
        steps=(
            Step("create the source in the namespace of the object that uses it"),
            Step(
                f"{_LOCK} add --no-cross-namespace-refs=true to the controllers; then references "
                "to other namespaces fail"
            ),
        ),
        find=_crossing,
        upstream="KC docs/spec/v1/kustomizations.md, Cross-namespace references; "
        "fluxcd/website content/en/flux/security/best-practices.md",
        docs="https://fluxcd.io/flux/components/kustomize/kustomizations/#cross-namespace-references",
    ),
)
"""Advice on clusters with tenants."""
