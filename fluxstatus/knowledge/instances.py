"""FluxInstance: the distribution, its components, patches and registries.

Upstream: FO internal/controller/fluxinstance_controller.go, internal/builder.
"""

from fluxstatus.knowledge.commands import REGISTRY, SPEC, for_secret
from fluxstatus.knowledge.facts import patches_flux, uses_newer_artifact
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_INSTANCE_ARTIFACT_FAILED = Code(
    "instance-artifact-failed",
    "The distribution artifact in spec.distribution.artifact cannot be fetched.",
)

_INSTANCE: KindNames = frozenset({"FluxInstance"})
_BUILDER = "FO internal/builder"
_OPERATOR = "kubectl get deployments -n {flux_namespace} -o wide"

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
        why="no Flux version that this operator knows matches {distribution} (spec.distribution.version)",
        steps=(
            Step(
                "set spec.distribution.version to an existing version (2.x); for a newer version, upgrade the operator",
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
        why="Flux cannot be downgraded in place (from {old_version} to {new_version})",
        steps=(
            Step(
                "set spec.distribution.version back to {old_version}, which keeps running until then",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"downgrading from (?P<old_version>\S+) to (?P<new_version>[^\s,]+)"),
        kinds=_INSTANCE,
        trivial=True,
        upstream="FO internal/controller/fluxinstance_controller.go",
    ),
    Rule(
        Code(
            "instance-artifact-newer",
            "The distribution artifact is newer than the Flux Operator that builds from it.",
        ),
        why="the manifests in {artifact} are probably newer than the operator ({operator_version}), so a patch that is built into the operator does not apply; the controllers that are running are not changed: {detail}",
        steps=(
            Step(
                "upgrade the operator",
                read=(_OPERATOR,),
                change=(
                    "helm upgrade flux-operator oci://ghcr.io/controlplaneio-fluxcd/charts/flux-operator -n {flux_namespace} --reuse-values",
                ),
            ),
            Step(
                "or pin spec.distribution.artifact to the operator's version ({operator_version}), or remove it: the operator then uses its embedded manifests",
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
        Code(
            "instance-patch-failed",
            "A patch in spec.kustomize.patches cannot be applied to the Flux manifests.",
        ),
        why="a patch in spec.kustomize.patches cannot be applied to the manifests of this Flux version: {detail}",
        steps=(
            Step(
                "correct the patch's path or target in spec.kustomize.patches: replace and remove need an existing field, and add needs an existing parent; if the message is not about one of your patches, the operator is too old for this Flux version; the operator does not retry until the spec changes",
                read=(SPEC, _OPERATOR),
            ),
        ),
        pattern=_PATCH,
        reasons=("BuildFailed",),
        kinds=_INSTANCE,
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
                "correct spec.components or spec.distribution.version; the operator does not retry until the spec changes",
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
                "set spec.distribution.variant to the distribution's variant (for a mirror, upstream-alpine, enterprise-alpine or enterprise-distroless), or use ghcr.io/fluxcd; the operator does not retry until the spec changes",
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
        why="the registry of spec.distribution.artifact denies access to the operator: {detail}",
        steps=(
            Step(
                "set spec.distribution.artifactPullSecret to a Secret of type kubernetes.io/dockerconfigjson",
                read=(SPEC,),
                change=(for_secret(REGISTRY, "{name}-artifact-auth"),),
            ),
        ),
        pattern=Text(r"(?P<detail>(?:UNAUTHORIZED|DENIED|40[13] )[^\n]{0,80})"),
        reasons=("ArtifactFailed",),
        kinds=_INSTANCE,
        reach=Reach.WHOLE,
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
