"""The changes in minor versions of Flux that affect existing objects, each with its source upstream.

The versions that remove API versions are in flux_minors.py. checks/upgrade/hits.py finds the
objects that a change affects.
"""

from typing import NamedTuple

from fluxstatus.knowledge.flux_minors import GCR_LOGIN, SELF_CONTAINED_KUBECONFIG, Minor
from fluxstatus.knowledge.rule import Step
from fluxstatus.model.codes import Code

_GITHUB = "https://github.com/fluxcd"
_MAY_CREATE_TOKENS = "kubectl auth can-i create serviceaccounts/token --all-namespaces --as=system:serviceaccount:{flux_namespace}:source-controller"


class Change(NamedTuple):
    """A change that comes with the `minor` version of Flux.

    A change that `breaks` always makes the affected objects fail; others change their behavior. The
    titles and steps may contain `{n}`, the number of objects, and `{what}`, the name of the only
    one. `source` is the page upstream that documents the change.
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
        "A controller has a flag for registry logins that Flux 2.7 removes.",
    ),
    minor=(2, 7),
    title_one="{what} has a registry login flag that Flux 2.7 removes",
    title_many="{n} controllers have registry login flags that Flux 2.7 removes",
    why="a controller does not start with an unknown flag",
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
        "A commit message template uses fields that Flux 2.7 removes.",
    ),
    minor=(2, 7),
    title_one="the commit message template of {what} uses fields that Flux 2.7 removes",
    title_many="{n} ImageUpdateAutomations use commit message template fields that Flux 2.7 removes",
    why=".Updated and .Changed.ImageResult are removed, so the template fails and "
    "nothing is committed",
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
        "In Flux 2.8 and later, HelmReleases wait for the status of all their objects.",
    ),
    minor=(2, 8),
    title_one="in Flux 2.8 and later, {what} waits for the status of all its objects",
    title_many="in Flux 2.8 and later, {n} HelmReleases wait for the status of all their objects",
    why="Flux 2.8 replaces Helm's readiness check with kstatus, which also evaluates custom "
    "resources: if the status of a custom resource never becomes current, the release times out",
    steps=(
        Step(
            "for custom resources without a standard status, add spec.healthCheckExprs; to keep "
            "Helm's check, set spec.waitStrategy.name: legacy once Flux 2.8 is running"
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
        "A HelmRelease sets spec.upgrade.force, which has no effect with server-side apply.",
    ),
    minor=(2, 8),
    title_one="{what} sets spec.upgrade.force, which has no effect with server-side apply",
    title_many="{n} HelmReleases set spec.upgrade.force, which has no effect with server-side apply",
    why="Flux 2.8 installs new releases with server-side apply; existing releases keep client-side "
    "apply. With server-side apply, helm-controller 1.5.4 and later ignore the field, and earlier "
    'versions fail with "cannot use force conflicts and force replace together"',
    steps=(
        Step(
            "remove spec.upgrade.force, or set spec.install.serverSideApply: false and "
            "spec.upgrade.serverSideApply: disabled once Flux 2.8 is running"
        ),
    ),
    source=f"{_GITHUB}/helm-controller/issues/1453",
)
HOOKS = Change(
    code=Code(
        "upgrade-hooks",
        "In Flux 2.9 and later, the post-renderers of HelmReleases also process hooks.",
    ),
    minor=(2, 9),
    title_one="in Flux 2.9 and later, the post-renderers of {what} also process chart hooks",
    title_many="in Flux 2.9 and later, the post-renderers of {n} HelmReleases also process chart hooks",
    why="the default of spec.postRenderStrategy changes from nohooks to combined",
    steps=(
        Step(
            "check the patches against the hooks of the chart; to keep the behavior, set "
            "spec.postRenderStrategy: nohooks once Flux 2.9 is running, or enable the feature gate "
            "UseHelm3Defaults of helm-controller with the upgrade"
        ),
    ),
    source=f"{_GITHUB}/helm-controller/blob/v1.6.0/CHANGELOG.md#160",
)
STRICT_VARIABLES = Change(
    code=Code(
        "upgrade-strict-substitution",
        "In Flux 2.9 and later, a Kustomization fails if a variable is not set.",
    ),
    minor=(2, 9),
    title_one="{what} substitutes variables; in Flux 2.9 and later, it fails if a variable is not set",
    title_many="{n} Kustomizations substitute variables; in Flux 2.9 and later, they fail if a "
    "variable is not set",
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
        "A Kustomization substitutes variables in the Flux CRDs; this damages the CRDs of Flux 2.9.0.",
    ),
    minor=(2, 9),
    title_one="{what} substitutes variables and applies the Flux CRDs; do not upgrade to Flux 2.9.0",
    title_many="{n} Kustomizations substitute variables and apply the Flux CRDs; do not upgrade to "
    "Flux 2.9.0",
    why="a description in the CRD of Kustomization contains expressions such as ${{var:=default}}, "
    "which substitution replaces; in 2.9.1 and later, an annotation of the CRDs prevents that",
    steps=(Step("upgrade to Flux 2.9.1 or newer"),),
    source=f"{_GITHUB}/kustomize-controller/pull/1694",
)
GCR = Change(
    code=Code(
        "upgrade-gcr",
        "In Flux 2.9 and later, the Secret of a gcr Receiver must contain email and audience.",
    ),
    minor=GCR_LOGIN,
    title_one="{what} has type gcr; in Flux 2.9 and later, its Secret must contain email and audience",
    title_many="{n} Receivers have type gcr; in Flux 2.9 and later, their Secrets must contain email "
    "and audience",
    why="without these keys, the Receiver rejects all requests (CVE-2026-40109); `upgrade plan` reads "
    "no Secrets",
    steps=(
        Step(
            "check the names of the keys in the Secret, and add the missing ones",
            read=("kubectl flux-status credentials receiver/{name} -n {ns}",),
        ),
    ),
    source="https://github.com/advisories/GHSA-h9cx-xjg6-5v2w",
)
LOST_FIELDS = Change(
    code=Code(
        "upgrade-lost-fields",
        "Some Alerts or Providers use fields that do not exist in API version v1.",
    ),
    minor=(2, 10),
    title_one="{what} does not exist in API version v1, which Flux 2.10 uses",
    title_many="{n} fields of Alerts and Providers do not exist in API version v1, which Flux 2.10 uses",
    why="Flux 2.10 reads Alerts and Providers as v1, and the API server drops these fields: they no "
    "longer have an effect",
    steps=(Step("replace the fields in the manifests before the upgrade"),),
    source=f"{_GITHUB}/notification-controller/issues/1144",
)
KUBECONFIG_FILES = Change(
    code=Code(
        "upgrade-kubeconfig-files",
        "In Flux 2.10 and later, a kubeconfig in a Secret cannot refer to files.",
    ),
    minor=SELF_CONTAINED_KUBECONFIG,
    title_one="{what} uses a kubeconfig from a Secret; in Flux 2.10 and later, it cannot refer to files",
    title_many="{n} objects use a kubeconfig from a Secret; in Flux 2.10 and later, it cannot refer to "
    "files",
    why="tokenFile, client-certificate, client-key and certificate-authority are rejected; `upgrade "
    "plan` reads no Secrets",
    steps=(
        Step(
            "if the kubeconfig has these fields, replace them with token, client-certificate-data, "
            "client-key-data and certificate-authority-data"
        ),
    ),
    source=f"{_GITHUB}/pkg/blob/main/runtime/client/kubeconfig.go",
)
IDENTITY = Change(
    code=Code(
        "upgrade-identity",
        "In Flux 2.10 and later, cloud logins with an object's own ServiceAccount are always enabled.",
    ),
    minor=(2, 10),
    title_one="{what} logs in to a cloud with its own ServiceAccount, which Flux 2.10 always enables",
    title_many="{n} objects log in to a cloud with their own ServiceAccounts, which Flux 2.10 always "
    "enables",
    why="the feature gate ObjectLevelWorkloadIdentity is retired and its value is ignored; the "
    "controllers need permission to create serviceaccounts/token, which the Flux Operator (up to 0.59) "
    "grants only with spec.cluster.objectLevelWorkloadIdentity: true",
    steps=(
        Step(
            "check that the controllers have the permission",
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
"""All changes, in the order of their versions."""
