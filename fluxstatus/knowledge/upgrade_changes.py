"""What a minor version of Flux changes for objects that exist: each with its source upstream.

What removes API versions is in flux_minors.py. Which objects a change hits is told by
checks/upgrade/hits.py.
"""

from typing import NamedTuple

from fluxstatus.knowledge.flux_minors import GCR_LOGIN, SELF_CONTAINED_KUBECONFIG, Minor
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code

_GITHUB = "https://github.com/fluxcd"
_MAY_CREATE_TOKENS = "kubectl auth can-i create serviceaccounts/token --all-namespaces --as=system:serviceaccount:{flux_namespace}:source-controller"


class Change(NamedTuple):
    """A change that comes with the `minor` version of Flux.

    It `breaks` what it hits in any case; else it changes how that behaves. The titles and the steps
    may contain `{n}`, the number of objects, and `{what}`, the name of the only one. `source` is the
    page upstream that documents it.
    """

    code: Code
    minor: Minor
    title_one: str
    title_many: str
    why: str
    steps: tuple[Step, ...]
    source: str
    breaks: bool = False


REGISTRY_FLAGS = Change(
    code=Code(
        "upgrade-registry-flags",
        "image-reflector-controller has flags for registry logins that a later Flux removes.",
    ),
    minor=(2, 7),
    title_one="{what} has a flag for registry logins that Flux 2.7 removes",
    title_many="{n} controllers have flags for registry logins that Flux 2.7 removes",
    why="a controller does not start with a flag that it does not know",
    steps=(
        Step(
            "remove the flag, and set spec.provider of the ImageRepositories to aws, azure or gcp"
        ),
    ),
    source="https://fluxcd.io/blog/2025/09/flux-v2.7.0/#general-availability-of-image-update-automation",
    breaks=True,
)
COMMIT_TEMPLATE = Change(
    code=Code(
        "upgrade-commit-template",
        "The template of a commit message uses fields that a later Flux removes.",
    ),
    minor=(2, 7),
    title_one="{what}: its commit message uses fields that Flux 2.7 removes",
    title_many="{n} ImageUpdateAutomations: their commit messages use fields that Flux 2.7 removes",
    why=".Updated and .Changed.ImageResult are gone, so the template fails and nothing "
    "is committed",
    steps=(
        Step(
            "in spec.git.commit.messageTemplate, use .Changed.FileChanges, .Changed.Objects or "
            ".Changed.Changes"
        ),
    ),
    source="https://fluxcd.io/blog/2025/09/flux-v2.7.0/#general-availability-of-image-update-automation",
    breaks=True,
)
KSTATUS = Change(
    code=Code(
        "upgrade-kstatus",
        "From Flux 2.8 on, HelmReleases wait for their objects as Kustomizations do.",
    ),
    minor=(2, 8),
    title_one="{what} waits for the status of all its objects from Flux 2.8 on",
    title_many="{n} HelmReleases wait for the status of all their objects from Flux 2.8 on",
    why="Helm's own check looks at few kinds; kstatus also looks at custom resources, and one whose "
    "status never becomes current makes the release time out",
    steps=(
        Step(
            "for custom resources without a standard status, add spec.healthCheckExprs; to keep the "
            "check of Helm, set spec.waitStrategy.name: legacy once Flux 2.8 runs"
        ),
        Step(
            "to keep all defaults of Helm 3, enable the feature gate UseHelm3Defaults of "
            "helm-controller with the upgrade"
        ),
    ),
    source=f"{_GITHUB}/helm-controller/blob/v1.5.0/CHANGELOG.md#150",
)
FORCE = Change(
    code=Code(
        "upgrade-force",
        "From Flux 2.8 on, spec.upgrade.force of a HelmRelease has no effect with server-side apply.",
    ),
    minor=(2, 8),
    title_one="{what} sets spec.upgrade.force, which server-side apply does not take",
    title_many="{n} HelmReleases set spec.upgrade.force, which server-side apply does not take",
    why="Flux 2.8 installs new releases with server-side apply, and existing ones keep client-side "
    "apply; with server-side apply, helm-controller ignores the field, and before 1.5.4 the upgrade "
    'fails with "cannot use force conflicts and force replace together"',
    steps=(
        Step(
            "remove spec.upgrade.force, or set spec.install.serverSideApply: false and "
            "spec.upgrade.serverSideApply: disabled once Flux 2.8 runs"
        ),
    ),
    source=f"{_GITHUB}/helm-controller/issues/1453",
)
HOOKS = Change(
    code=Code(
        "upgrade-hooks", "From Flux 2.9 on, post-renderers of HelmReleases also get the hooks."
    ),
    minor=(2, 9),
    title_one="{what} has post-renderers, which also change the hooks of its chart from Flux 2.9 on",
    title_many="{n} HelmReleases have post-renderers, which also change the hooks of their charts "
    "from Flux 2.9 on",
    why="the default of spec.postRenderStrategy is combined instead of nohooks",
    steps=(
        Step(
            "check the patches against the hooks of the chart; to keep the behavior, set "
            "spec.postRenderStrategy: nohooks as soon as Flux 2.9 runs, or enable the feature gate "
            "UseHelm3Defaults of helm-controller with the upgrade"
        ),
    ),
    source=f"{_GITHUB}/helm-controller/blob/v1.6.0/CHANGELOG.md#160",
)
STRICT_VARIABLES = Change(
    code=Code(
        "upgrade-strict-substitution",
        "From Flux 2.9 on, a Kustomization fails if a variable that it substitutes is not set.",
    ),
    minor=(2, 9),
    title_one="{what} substitutes variables: from Flux 2.9 on, it fails if one is not set",
    title_many="{n} Kustomizations substitute variables: from Flux 2.9 on, they fail if one is not "
    "set",
    why="before 2.9, an unset variable silently becomes an empty string; Flux 2.9 enables the "
    "feature gate StrictPostBuildSubstitutions",
    steps=(
        Step(
            "build each Kustomization with `flux build kustomization NAME --path PATH "
            "--strict-substitute`, and set the variables that it reports, or give them a default: "
            "${{VAR:=value}}"
        ),
    ),
    source=f"{_GITHUB}/kustomize-controller/blob/v1.9.0/CHANGELOG.md#190",
)
FLUX_CRDS = Change(
    code=Code(
        "upgrade-crd-substitution",
        "A Kustomization substitutes variables in the CRDs of Flux, which Flux 2.9.0 does not take.",
    ),
    minor=(2, 9),
    title_one="{what} substitutes variables and applies the CRDs of Flux: do not use Flux 2.9.0",
    title_many="{n} Kustomizations substitute variables and apply the CRDs of Flux: do not use Flux "
    "2.9.0",
    why="the CRD of Kustomization has expressions such as ${{var:=default}} in a description, and "
    "their substitution damages it; from 2.9.1 on, an annotation in the CRDs prevents that",
    steps=(Step("upgrade to Flux 2.9.1 or newer"),),
    source=f"{_GITHUB}/kustomize-controller/pull/1694",
)
GCR = Change(
    code=Code(
        "upgrade-gcr",
        "From Flux 2.9 on, the Secret of a Receiver of type gcr must name an email and an audience.",
    ),
    minor=GCR_LOGIN,
    title_one="{what} is of type gcr: from Flux 2.9 on, its Secret needs the keys email and audience",
    title_many="{n} Receivers are of type gcr: from Flux 2.9 on, their Secrets need the keys email "
    "and audience",
    why="without them, the Receiver refuses all calls (CVE-2026-40109); Secrets are not read here",
    steps=(
        Step(
            "check the names of the keys in the Secret, and add what is missing",
            read=("kubectl flux-status credentials receiver/{name} -n {ns}",),
        ),
    ),
    source="https://github.com/advisories/GHSA-h9cx-xjg6-5v2w",
)
LOST_FIELDS = Change(
    code=Code(
        "upgrade-lost-fields", "Alerts or Providers have fields that notification v1 does not have."
    ),
    minor=(2, 10),
    title_one="{what} does not exist in the API version v1 of Flux 2.10",
    title_many="{n} Alerts and Providers have fields that the API version v1 of Flux 2.10 does not "
    "have",
    why="Flux 2.10 reads Alerts and Providers as v1, where the API server leaves these fields out: "
    "they no longer have an effect",
    steps=(Step("replace the fields in the manifests before the upgrade"),),
    source=f"{_GITHUB}/notification-controller/issues/1144",
)
KUBECONFIG_FILES = Change(
    code=Code(
        "upgrade-kubeconfig-files",
        "From Flux 2.10 on, a kubeconfig in a Secret cannot refer to files.",
    ),
    minor=SELF_CONTAINED_KUBECONFIG,
    title_one="{what} uses a kubeconfig from a Secret, which cannot refer to files from Flux 2.10 on",
    title_many="{n} objects use a kubeconfig from a Secret, which cannot refer to files from Flux "
    "2.10 on",
    why="tokenFile, client-certificate, client-key and certificate-authority are rejected; Secrets "
    "are not read here",
    steps=(
        Step(
            "make sure that the kubeconfig has token, client-certificate-data, client-key-data and "
            "certificate-authority-data instead"
        ),
    ),
    source=f"{_GITHUB}/pkg/blob/main/runtime/client/kubeconfig.go",
)
IDENTITY = Change(
    code=Code(
        "upgrade-identity",
        "From Flux 2.10 on, cloud logins with a ServiceAccount of the object are always enabled.",
    ),
    minor=(2, 10),
    title_one="{what} logs in to a cloud with a ServiceAccount, which Flux 2.10 always enables",
    title_many="{n} objects log in to a cloud with a ServiceAccount, which Flux 2.10 always enables",
    why="the feature gate ObjectLevelWorkloadIdentity is retired, and its value is ignored; the "
    "controllers need permission to create serviceaccounts/token, which the Flux Operator grants only "
    "with spec.cluster.objectLevelWorkloadIdentity: true",
    steps=(
        Step(
            "make sure that the controllers have the permission",
            read=(_MAY_CREATE_TOKENS,),
        ),
    ),
    source=f"{_GITHUB}/pkg/blob/main/auth/feature_gates.go",
)

CHANGES = (
    REGISTRY_FLAGS,
    COMMIT_TEMPLATE,
    KSTATUS,
    FORCE,
    HOOKS,
    STRICT_VARIABLES,
    FLUX_CRDS,
    GCR,
    LOST_FIELDS,
    KUBECONFIG_FILES,
    IDENTITY,
)
"""All changes, those of the oldest version first."""
