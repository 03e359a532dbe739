"""FluxInstance: the distribution, its components, patches and registries.

Upstream: flux-operator internal/controller/fluxinstance_controller.go, internal/builder.
"""

from fluxstatus.knowledge.commands import REGISTRY, SPEC, for_secret
from fluxstatus.knowledge.facts import (
    has_distribution_artifact,
    patches_flux,
    uses_newer_artifact,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_INSTANCE_ARTIFACT_FAILED = Code(
    "instance-artifact-failed",
    "The distribution artifact in spec.distribution.artifact cannot be fetched.",
)

_ARTIFACT_INVALID = Code(
    "instance-artifact-invalid",
    "The distribution artifact in spec.distribution.artifact does not contain the Flux manifests.",
)

_PATCH_FAILED = Code("instance-patch-failed", "A patch cannot be applied to the Flux manifests.")

_INSTANCE: KindNames = frozenset({"FluxInstance"})
_BUILDER = "FO internal/builder"
_OPERATOR = "kubectl get deployments -n {flux_namespace} -o wide"

_PULL_SECRET = for_secret(REGISTRY, "{missing}")

_PATCH = Text(
    r"(?P<detail>(?:add|remove|replace|test|move|copy) operation does not apply"
    r"[^\n]{0,200}|"
    r"doc is missing (?:path|key)[^\n]{0,160}|no matches for Id[^\n]{0,120}|"
    r"unable to parse SM or JSON patch[^\n]{0,160}|no resource matches[^\n]{0,160})"
)
"""Messages of kustomize and json-patch about a patch that cannot be applied."""

RULES = (
    Rule(
        Code(
            "distribution-version-missing",
            "No known Flux version matches spec.distribution.version.",
        ),
        why="no Flux version known to this operator matches {distribution} in spec.distribution.version",
        steps=(
            Step(
                "set spec.distribution.version to an existing version (2.x); to use a newer version, upgrade the operator",
                read=(SPEC, _OPERATOR),
            ),
        ),
        pattern=Text(r"no match found for semver|semver[^\n]{0,40}(?:parse|constraint)|improper"),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        trivial=True,
        upstream=f"{_BUILDER}/semver.go",
    ),
    Rule(
        Code(
            "distribution-downgrade",
            "The FluxInstance requests an older Flux version, but downgrades are not supported.",
        ),
        why="Flux cannot be downgraded in place from {old_version} to {new_version}",
        steps=(
            Step(
                "set spec.distribution.version back to {old_version}, which is still running",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"downgrading from (?P<old_version>\S+) to (?P<new_version>[^\s,]+)"),
        kinds=_INSTANCE,
        trivial=True,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        _PATCH_FAILED,
        why="spec.kustomize.patches cannot be read: {detail}",
        steps=(
            Step(
                "correct spec.kustomize.patches: it must be a list of entries with target and patch, and each patch must be a string (patch: |)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to parse kustomize patches: (?P<detail>[^\n]{1,200})"),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        _PATCH_FAILED,
        why="a patch in spec.kustomize.patches targets {component}, which this FluxInstance does not install",
        steps=(
            Step(
                "add {component} to spec.components, or remove the patch from spec.kustomize.patches. The operator does not retry until the spec changes",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no matches for Id \w+\.v1\.\[?\w+\]?/(?P<component>(?:source|kustomize|helm|notification|image-reflector|image-automation)-controller|source-watcher)\b"
        ),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        when=(patches_flux,),
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream=f"{_BUILDER}/build.go, KZ api/resmap",
    ),
    Rule(
        Code(
            "instance-feature-unsupported",
            "The FluxInstance uses a feature that its Flux version does not support.",
        ),
        why="spec.distribution.version is too old for a field of the FluxInstance: {detail}",
        steps=(
            Step(
                "set spec.distribution.version to a newer version, or remove the field. The operator does not retry until the spec changes",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>\.\w+ and \.\w+ are not supported in Flux versions[^\n]{1,40}|\.?[\w.]{1,60} (?:is|are) not supported in Flux versions[^\n]{1,40}|"
            r"[\w.]{1,40} '?\w*'? ?for \w+ requires Flux version[^\n]{1,80})"
        ),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        trivial=True,
        quoted=True,
        upstream=f"{_BUILDER}/workload_identity.go, sync.go",
    ),
    Rule(
        Code(
            "instance-artifact-newer",
            "The distribution artifact is newer than the Flux Operator that uses it.",
        ),
        why="a patch built into the operator ({operator_version}) cannot be applied to {artifact}, which is probably newer: {detail}; the running controllers are not changed",
        steps=(
            Step(
                "upgrade the operator",
                read=(_OPERATOR,),
                change=(
                    "helm upgrade flux-operator oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator -n {flux_namespace} --reuse-values",
                ),
            ),
            Step(
                "alternatively, pin spec.distribution.artifact to the operator's version ({operator_version}), or remove the field so that the operator uses its embedded manifests",
                read=(SPEC,),
            ),
        ),
        pattern=_PATCH,
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        when=(uses_newer_artifact,),
        unless=(patches_flux,),
        reach=Reach.WHOLE,
        certainty="likely",
        upstream=f"{_BUILDER}/build.go, pull.go",
    ),
    Rule(
        _PATCH_FAILED,
        why="a patch built into the operator ({operator_version}) probably does not match the manifests of this Flux version: {detail}; spec.kustomize.patches is not set",
        steps=(
            Step(
                "upgrade the operator, or set spec.distribution.version to a version that the operator supports. The operator does not retry until the spec changes",
                read=(SPEC, _OPERATOR),
            ),
        ),
        pattern=_PATCH,
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        unless=(patches_flux,),
        certainty="likely",
        upstream=f"{_BUILDER}/build.go, evanphx/json-patch",
    ),
    Rule(
        _PATCH_FAILED,
        why="a patch in spec.kustomize.patches cannot be applied to the manifests of this Flux version: {detail}",
        steps=(
            Step(
                "correct the patch's path or target in spec.kustomize.patches: replace and remove require an existing field, and add requires an existing parent. If the message does not refer to one of your patches, the operator is too old for this Flux version. The operator does not retry until the spec changes",
                read=(SPEC, _OPERATOR),
            ),
        ),
        pattern=_PATCH,
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        when=(patches_flux,),
        certainty="one-of",
        upstream=f"{_BUILDER}/build.go, evanphx/json-patch",
    ),
    Rule(
        Code(
            "instance-component-invalid",
            "A component in spec.components is invalid or not supported.",
        ),
        why="a component in spec.components is invalid or not supported: {detail}",
        steps=(
            Step(
                "correct spec.components or spec.distribution.version. The operator does not retry until the spec changes",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?<![\w-])[\w-]{1,60} is only supported in[^\n]{1,80}|"
            r"invalid component[^\n]{0,80}|"
            r"missing images for components[^\n]{0,160}|"
            r"(?:duplicate|unsupported) component[^\n]{0,80})"
        ),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        trivial=True,
        upstream=f"{_BUILDER}/components.go, images.go",
    ),
    Rule(
        Code(
            "instance-registry-unknown",
            "The Flux Operator has no image digests for spec.distribution.registry.",
        ),
        why="the operator has no image digests for the registry in spec.distribution.registry: {detail}",
        steps=(
            Step(
                "set spec.distribution.variant to the distribution's variant (for a mirror, upstream-alpine, enterprise-alpine or enterprise-distroless), or use ghcr.io/fluxcd. The operator does not retry until the spec changes",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>unsupported registry[^\n]{0,160})"),
        kinds=_INSTANCE,
        trivial=True,
        upstream=f"{_BUILDER}/images.go",
    ),
    Rule(
        _INSTANCE_ARTIFACT_FAILED,
        why="Secret {missing} in spec.distribution.artifactPullSecret does not exist",
        steps=(
            Step(
                "create Secret {missing} of type kubernetes.io/dockerconfigjson in the namespace of the FluxInstance, or correct the name in spec.distribution.artifactPullSecret",
                read=("kubectl get secrets -n {ns}", SPEC),
                change=(_PULL_SECRET,),
            ),
        ),
        pattern=Text(
            r"(?:fetch failed|failed to get distribution key chain): (?:[^\n]*: )?secrets? "
            r"\"(?P<missing>[^\"]+)\" not found"
        ),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        _INSTANCE_ARTIFACT_FAILED,
        why="the operator cannot connect to {host} to fetch {artifact}, which is set in spec.distribution.artifact: {detail}",
        steps=(
            Step(
                "allow connections from the operator to the registry (check DNS, NetworkPolicies, firewalls and HTTPS_PROXY of the operator's Deployment)",
                read=(SPEC, _OPERATOR),
            ),
            Step(
                "if the cluster has no access to the artifact, remove spec.distribution.artifact so that the operator uses its embedded manifests, or set the field to a copy in your own registry"
            ),
        ),
        pattern=Text(
            r"ghcr\.io/controlplaneio-fluxcd/flux-operator-manifests.*(?P<detail>no such host|i/o timeout|"
            r"connection refused|context deadline exceeded|TLS handshake timeout|no route to host|"
            r"network is unreachable|proxyconnect [^\n]{1,80}|connection reset by peer)"
        ),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        quoted=True,
        upstream=f"{_BUILDER}/pull.go, Go net",
    ),
    Rule(
        _INSTANCE_ARTIFACT_FAILED,
        why="the registry of spec.distribution.artifact denies access to the operator: {detail}",
        steps=(
            Step(
                "check that spec.distribution.artifact exists, because registries often deny access to missing artifacts. If the artifact is private, set spec.distribution.artifactPullSecret to a Secret of type kubernetes.io/dockerconfigjson with valid credentials",
                read=(SPEC,),
                change=(for_secret(REGISTRY, "{name}-artifact-auth"),),
            ),
        ),
        pattern=Text(r"(?P<detail>(?:UNAUTHORIZED|DENIED|40[13] )[^\n]{0,80})"),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream=f"{_BUILDER}/pull.go",
    ),
    Rule(
        _INSTANCE_ARTIFACT_FAILED,
        why="no distribution artifact exists at {artifact}: {detail}",
        steps=(Step("correct spec.distribution.artifact", read=(SPEC,)),),
        pattern=Text(r"(?P<detail>(?:MANIFEST_UNKNOWN|NAME_UNKNOWN|404)[^\n]{0,80})"),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        trivial=True,
        upstream=f"{_BUILDER}/pull.go",
    ),
    Rule(
        _INSTANCE_ARTIFACT_FAILED,
        why="the operator cannot fetch the distribution artifact from {artifact}: {innermost}",
        steps=(
            Step(
                "check spec.distribution.artifact, its pull Secret and the connection to the registry",
                read=(SPEC,),
            ),
        ),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        certainty="unknown",
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        _ARTIFACT_INVALID,
        why="the artifact {artifact} in spec.distribution.artifact has no directory flux, so it does not contain the Flux manifests",
        steps=(
            Step(
                "set spec.distribution.artifact to an artifact of the Flux Operator, such as oci://ghcr.io/controlplaneio-fluxcd/flux-operator-manifests, or remove the field so that the operator uses its embedded manifests. The operator does not retry until the spec changes",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"storage path \S+/flux does not exist"),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        needs=("artifact",),
        when=(has_distribution_artifact,),
        trivial=True,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        _ARTIFACT_INVALID,
        why="the artifact {artifact} in spec.distribution.artifact is not a valid archive: {detail}",
        steps=(
            Step(
                "correct spec.distribution.artifact, or push the artifact again with flux push artifact: its first layer must be a .tar.gz archive",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"(?P<detail>no layers found|requires gzip-compressed body)"),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        reach=Reach.WHOLE,
        upstream=f"{_BUILDER}/pull.go, PKG tar",
    ),
    Rule(
        Code("instance-build-failed", "The Flux manifests cannot be built from the FluxInstance."),
        why="the operator cannot build the Flux manifests from the FluxInstance, and does not retry until the spec changes: {innermost}",
        steps=(
            Step(
                "fix the reported error; an old operator might not support a new Flux version",
                read=(SPEC, _OPERATOR),
            ),
        ),
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
        certainty="unknown",
        upstream=_BUILDER,
    ),
    Rule(
        Code(
            "instance-apply-failed", "The Flux manifests cannot be applied or do not become ready."
        ),
        why="the operator cannot apply the Flux manifests, or they do not become ready: {innermost}",
        steps=(
            Step(
                "check the operator's logs, and the controllers' Deployments and pods",
                read=(
                    "kubectl logs -n {ns} deployment/flux-operator --tail=50",
                    "kubectl get deployments,pods -n {ns}",
                ),
            ),
        ),
        reasons=("ReconciliationFailed",),
        kinds=_INSTANCE,
        certainty="unknown",
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
)
