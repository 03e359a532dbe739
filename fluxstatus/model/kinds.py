"""The kinds of Flux: their names, the step that checks them, the controller that reconciles them.

Source: the CRDs of Flux 2.6 to 2.10 and of the Flux Operator (config/crd/bases of each repository),
and their types (source-controller api/v1, image-reflector-controller api/v1beta2, flux-operator
api/v1). There are no versions here: the API server reports the versions that it serves.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

OPERATOR = "flux-operator"
OPERATOR_GUIDE = "https://fluxoperator.dev/docs/guides/install/"
SHARD_KEY = "sharding.fluxcd.io/key"
SUSPEND_ANNOTATIONS = (
    "fluxcd.controlplane.io/reconcile",
    "source.extensions.fluxcd.io/reconcile",
)
"""The annotations of the Flux Operator and source-watcher that suspend objects without
spec.suspend."""

ORIGIN = "org.opencontainers.image.revision"
"""The annotation of an OCI artifact that names the Git revision from which it was built."""


KindName: TypeAlias = Literal[
    "FluxInstance",
    "FluxReport",
    "GitRepository",
    "OCIRepository",
    "HelmRepository",
    "HelmChart",
    "Bucket",
    "ExternalArtifact",
    "ArtifactGenerator",
    "Kustomization",
    "HelmRelease",
    "ResourceSet",
    "ResourceSetInputProvider",
    "ImageRepository",
    "ImagePolicy",
    "ImageUpdateAutomation",
    "Receiver",
    "Alert",
    "Provider",
]
"""The name of a Flux kind."""

KindNames: TypeAlias = frozenset[KindName]
"""A set of kinds, such as those that a rule applies to."""

ALL_KINDS: KindNames = frozenset(get_args(KindName))


class Kind(NamedTuple):
    """A kind of Flux.

    `step` is the step of the check that covers it. `controller` is the component that reconciles
    it. A static kind has no status; only its references are checked. `timeout` is the longest
    duration of a reconciliation in seconds, and `interval` the time between two, if the object
    does not set them; without a default, `interval` is 0.

    `applies`: it applies objects to the cluster. `fetches`: it fetches from outside the cluster (a
    HelmChart does if its source is OCI). `resets_ready`: each attempt sets Ready to Unknown, and
    a failed one sends a Warning event. `handles_requests`: its status has lastHandledReconcileAt.
    `reconciled`: it is not just a report. `added_later`: it was added to its controller in a
    minor version, so an older one does not serve it.
    """

    name: KindName
    plural: str
    group: str
    step: str
    controller: str
    short: tuple[str, ...] = ()
    static: bool = False
    timeout: float = 300
    interval: float = 0
    applies: bool = False
    fetches: bool = False
    resets_ready: bool = False
    handles_requests: bool = True
    reconciled: bool = True
    added_later: bool = False

    @property
    def resource(self) -> str:
        """The name as plural.group, which is unambiguous in every cluster."""
        return f"{self.plural}.{self.group}"


_SOURCE, _SOURCE_EXT = "source.toolkit.fluxcd.io", "source.extensions.fluxcd.io"
_KUSTOMIZE, _HELM = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
_NOTIFY, _IMAGE = "notification.toolkit.fluxcd.io", "image.toolkit.fluxcd.io"
_FLUX_OPERATOR = "fluxcd.controlplane.io"

# fmt: off
_KINDS = (
    Kind("FluxInstance", "fluxinstances", _FLUX_OPERATOR, "instance", OPERATOR, ("instance",),
         interval=3600, resets_ready=True),
    Kind("FluxReport", "fluxreports", _FLUX_OPERATOR, "operator", OPERATOR, ("report",),
         reconciled=False, added_later=True),
    Kind("GitRepository", "gitrepositories", _SOURCE, "sources", "source-controller",
         ("gitrepo",), timeout=60, fetches=True),
    Kind("OCIRepository", "ocirepositories", _SOURCE, "sources", "source-controller",
         ("ocirepo",), timeout=60, fetches=True),
    Kind("HelmRepository", "helmrepositories", _SOURCE, "sources", "source-controller",
         ("helmrepo",), timeout=60, fetches=True),
    Kind("HelmChart", "helmcharts", _SOURCE, "sources", "source-controller", ("hc",), timeout=60,
         fetches=True),
    Kind("Bucket", "buckets", _SOURCE, "sources", "source-controller", timeout=60, fetches=True),
    Kind("ExternalArtifact", "externalartifacts", _SOURCE, "sources", "source-watcher", ("ea",),
         handles_requests=False, added_later=True),
    Kind("ArtifactGenerator", "artifactgenerators", _SOURCE_EXT, "sources", "source-watcher",
         ("ag",), interval=3600),
    Kind("Kustomization", "kustomizations", _KUSTOMIZE, "reconcilers", "kustomize-controller",
         ("ks",), timeout=600, applies=True, resets_ready=True),
    Kind("HelmRelease", "helmreleases", _HELM, "reconcilers", "helm-controller", ("hr",),
         applies=True),
    Kind("ResourceSet", "resourcesets", _FLUX_OPERATOR, "reconcilers", OPERATOR, ("rset",),
         interval=3600, applies=True, resets_ready=True, added_later=True),
    Kind("ResourceSetInputProvider", "resourcesetinputproviders", _FLUX_OPERATOR, "reconcilers",
         OPERATOR, ("rsip",), timeout=60, interval=600, resets_ready=True, added_later=True),
    Kind("ImageRepository", "imagerepositories", _IMAGE, "reconcilers",
         "image-reflector-controller", ("imgrepo", "imagerepo"), timeout=60, fetches=True),
    Kind("ImagePolicy", "imagepolicies", _IMAGE, "reconcilers", "image-reflector-controller",
         ("imgpol", "imagepol"), timeout=60, interval=600),
    Kind("ImageUpdateAutomation", "imageupdateautomations", _IMAGE, "reconcilers",
         "image-automation-controller", ("iua", "imgupd", "imgauto"), timeout=60),
    Kind("Receiver", "receivers", _NOTIFY, "reconcilers", "notification-controller", timeout=60,
         interval=600),
    Kind("Alert", "alerts", _NOTIFY, "reconcilers", "notification-controller", static=True),
    Kind("Provider", "providers", _NOTIFY, "reconcilers", "notification-controller", static=True),
)
# fmt: on

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
"""All Flux kinds by name."""

RESOURCES: Mapping[str, Kind] = {kind.resource: kind for kind in _KINDS}
"""All Flux kinds by plural.group."""

FLUX_GROUPS = frozenset(kind.group for kind in _KINDS)

CANARY = "canaries.flagger.app"
"""Flagger's Canary, which is judged by its phase."""


def is_related(resource: str) -> bool:
    """Return whether *resource* (plural.group) belongs to a project around Flux.

    These are API groups below fluxcd.io that are not those of Flux, such as that of tofu-controller
    (infra.contrib.fluxcd.io), and Flagger's Canary.
    """
    group = resource.partition(".")[2]
    return resource == CANARY or (group.endswith(".fluxcd.io") and group not in FLUX_GROUPS)


def may_be_related(resource: str) -> bool:
    """Return whether only the labels of the CRD of *resource* (plural.group) can tell.

    The group of a CRD has a dot, and those below k8s.io are approved by Kubernetes for itself
    (kubernetes apiextensions-apiserver, annotation api-approved.kubernetes.io).
    """
    return resource not in RESOURCES and not (is_related(resource) or resource.endswith(".k8s.io"))


def full_name(kind: str) -> str:
    """Return plural.group of a Flux *kind*, or *kind* in lower case if it is not a Flux kind."""
    known = KINDS.get(kind)
    return known.resource if known else kind.lower()
