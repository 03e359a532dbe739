"""Which objects of a cluster each change of a minor version of Flux hits."""

from collections.abc import Iterable, Iterator, Mapping

from fluxstatus.advice.advice import Occurrence
from fluxstatus.advice.upgrades import DEPRECATED, substitutes, uses
from fluxstatus.base.fields import map_of, text_of
from fluxstatus.checks.upgrade.move import BLOCKERS, CHANGES, Find, Move, finding_of
from fluxstatus.knowledge import upgrade_changes as known
from fluxstatus.knowledge.flux_minors import STRICT_SUBSTITUTION
from fluxstatus.knowledge.upgrade_changes import Change
from fluxstatus.model.codes import Code
from fluxstatus.model.findings import Finding, Level
from fluxstatus.state.inventories import ids_of
from fluxstatus.state.resource import Resource

_HELM_3 = "UseHelm3Defaults"
_REMOVED_FIELDS = (".Updated", ".Changed.ImageResult")
_FLUX_CRD = "toolkit.fluxcd.io_apiextensions.k8s.io_CustomResourceDefinition"
_CLOUDS = frozenset({"aws", "azure", "gcp"})
_CLOUD_PROVIDERS = frozenset({"azuredevops", "azureeventhub", "googlepubsub"})
"""The types of Providers that can log in with a ServiceAccount (notification-controller
api/v1beta3)."""


def hits(move: Move) -> Iterator[Finding]:
    """Yield a finding for each change on the way of *move* that hits something."""
    for change in known.CHANGES:
        places = list(FIND[change.code](move)) if move.reaches(change.minor) else []
        if places:
            yield _finding(move, change, places)


def _finding(move: Move, change: Change, places: list[Occurrence]) -> Finding:
    return finding_of(
        BLOCKERS if change.breaks else CHANGES,
        change.code,
        Level.FAIL if change.breaks else Level.WARN,
        (change.title_one, change.title_many),
        places,
        change.why,
        change.steps,
        change.source,
        move.state.template_fields,
    )


def _has_gate(move: Move, controller: str, gate: str, value: str) -> bool:
    """Return whether all Deployments of *controller* set a feature *gate* to *value*."""
    found = [one.args for one in move.state.components if one.name == controller]
    wanted = f"{gate}={value}"
    return bool(found) and all(any(wanted in arg for arg in args) for args in found)


def _registry_flags(move: Move) -> Iterator[Occurrence]:
    for component in move.state.components:
        for arg in component.args:
            if "-autologin-for-" in arg:
                yield Occurrence(component.ref, value=arg.partition("=")[0])


def _commit_templates(move: Move) -> Iterator[Occurrence]:
    for automation in move.state.of_kind("ImageUpdateAutomation"):
        fields = automation.get("metadata", "templateFields")
        named = map(text_of, fields if isinstance(fields, list) else ())
        used = [one for one in named if one.startswith(_REMOVED_FIELDS)]
        if used:
            yield Occurrence(automation.ref, value=", ".join(used))


def _without_helm_3(move: Move) -> Iterable[Resource]:
    """Return the HelmReleases, none if all the defaults of Helm 3 are kept."""
    is_kept = _has_gate(move, "helm-controller", _HELM_3, "true")
    return () if is_kept else move.state.of_kind("HelmRelease")


def _waiting(move: Move) -> Iterator[Occurrence]:
    for release in _without_helm_3(move):
        waits = any(release.get("spec", act, "disableWait") is not True
                    for act in ("install", "upgrade"))  # fmt: skip
        if waits and release.get("spec", "waitStrategy", "name") != "legacy":
            yield Occurrence(release.ref)


def _forced(move: Move) -> Iterator[Occurrence]:
    for release in _without_helm_3(move):
        upgrade = map_of(release.spec.get("upgrade"))
        if upgrade.get("force") is True and upgrade.get("serverSideApply") != "disabled":
            yield Occurrence(release.ref, "spec.upgrade.force")


def _post_rendered(move: Move) -> Iterator[Occurrence]:
    for release in _without_helm_3(move):
        if release.spec.get("postRenderers") and not release.spec.get("postRenderStrategy"):
            yield Occurrence(release.ref)


def _substituting(move: Move) -> Iterator[Occurrence]:
    if not any(
        _has_gate(move, "kustomize-controller", STRICT_SUBSTITUTION, value)
        for value in ("true", "false")  # who sets it keeps what is set
    ):
        for kustomization in move.state.of_kind("Kustomization"):
            if substitutes(kustomization):
                yield Occurrence(kustomization.ref)


def _substituting_crds(move: Move) -> Iterator[Occurrence]:
    for kustomization in move.state.of_kind("Kustomization"):
        if substitutes(kustomization) and any(
            id_.endswith(_FLUX_CRD) for id_ in ids_of(kustomization.object)
        ):
            yield Occurrence(kustomization.ref)


def _of_gcr(move: Move) -> Iterator[Occurrence]:
    for receiver in move.state.of_kind("Receiver"):
        if receiver.spec.get("type") == "gcr":
            secret = text_of(receiver.get("spec", "secretRef", "name"))
            yield Occurrence(receiver.ref, value=f"Secret {secret}" if secret else "")


def _lost_fields(move: Move) -> Iterator[Occurrence]:
    for field in DEPRECATED:
        if field.kind in ("Alert", "Provider"):
            for resource in move.state.of_kind(field.kind):
                if uses(resource, field):
                    yield Occurrence(resource.ref, f"spec.{'.'.join(field.path)}", field.instead)


def _remote(move: Move) -> Iterator[Occurrence]:
    for resource in move.state.of_kind("Kustomization", "HelmRelease"):
        secret = text_of(resource.get("spec", "kubeConfig", "secretRef", "name"))
        if secret:
            yield Occurrence(resource.ref, value=f"Secret {secret}")


def _identified(move: Move) -> Iterator[Occurrence]:
    instance = move.state.instance
    if instance and instance.get("spec", "cluster", "objectLevelWorkloadIdentity") is True:
        return  # the operator then grants the permission
    for resource in move.state.resources.values():
        if account := _account_of(resource):
            yield Occurrence(resource.ref, value=f"ServiceAccount {account}")


def _account_of(resource: Resource) -> str:
    """Return the ServiceAccount with which *resource* logs in to a cloud, empty without one.

    That of an object that applies others is only for the cluster, and without a provider that of an
    OCIRepository is for pull secrets (source-controller api/v1).
    """
    spec = resource.spec
    if resource.ref.kind == "Kustomization":
        return text_of(resource.get("spec", "decryption", "serviceAccountName"))
    is_provider = resource.ref.kind == "Provider"
    by_type = is_provider and text_of(spec.get("type")) in _CLOUD_PROVIDERS
    if by_type or (not resource.kind.applies and text_of(spec.get("provider")) in _CLOUDS):
        return text_of(spec.get("serviceAccountName"))
    return ""


FIND: Mapping[Code, Find] = {
    known.REGISTRY_FLAGS.code: _registry_flags,
    known.COMMIT_TEMPLATE.code: _commit_templates,
    known.KSTATUS.code: _waiting,
    known.FORCE.code: _forced,
    known.HOOKS.code: _post_rendered,
    known.STRICT_VARIABLES.code: _substituting,
    known.FLUX_CRDS.code: _substituting_crds,
    known.GCR.code: _of_gcr,
    known.LOST_FIELDS.code: _lost_fields,
    known.KUBECONFIG_FILES.code: _remote,
    known.IDENTITY.code: _identified,
}
"""For each change, the function that finds the objects that it affects."""
