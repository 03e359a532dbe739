"""Restrictions of Flux itself: references to other namespaces and feature gates.

Upstream: fluxcd/pkg runtime/acl, fluxcd/pkg apis/meta, fluxcd/pkg auth.
"""

from fluxstatus.knowledge.commands import RECONCILE, SPEC
from fluxstatus.knowledge.facts import has_retired
from fluxstatus.knowledge.flux_minors import OBJECT_IDENTITY
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code

_FEATURE_GATE_OFF = Code(
    "feature-gate-off", "The object requires a feature gate that is disabled in the controller."
)
_ACCESS_DENIED = Code(
    "access-denied", "A reference to an object in another namespace is not allowed."
)

_IDENTITY_GATE = Text(r"^(?=.*ObjectLevelWorkloadIdentity)(?:.*to use (?P<field>spec\.[\w.]+\w))?")
_ARGUMENTS = "kubectl describe deployment {controller} -n {flux_namespace}"

RULES = (
    Rule(
        _FEATURE_GATE_OFF,
        why="the object uses an ExternalArtifact, but the feature gate ExternalArtifact is disabled in {controller}",
        steps=(
            Step(
                "run {controller} with --feature-gates=ExternalArtifact=true. The operator sets this flag if spec.components of the FluxInstance includes source-watcher",
                read=(_ARGUMENTS, SPEC),
            ),
        ),
        pattern=Text(r"ExternalArtifact feature gate"),
        trivial=True,
        upstream="KC internal/controller/kustomization_controller.go, HC internal/features",
        versions=">=2.7",
    ),
    Rule(
        _FEATURE_GATE_OFF,
        why="{field} no longer requires the feature gate ObjectLevelWorkloadIdentity in this version of Flux: the message is from before the upgrade, or {controller} is still an older version",
        steps=(
            Step(
                "check that {controller} is the version from Flux 2.10 or later, and then reconcile the object; do not set the feature gate",
                read=(_ARGUMENTS,),
                change=(RECONCILE,),
            ),
            Step(
                "if authentication then fails, allow {controller} to create serviceaccounts/token, because Flux 2.10 no longer grants this permission by default"
            ),
        ),
        pattern=_IDENTITY_GATE,
        when=(has_retired(OBJECT_IDENTITY),),
        trivial=True,
        upstream="PKG auth/feature_gates.go",
        versions=">=2.10",
    ),
    Rule(
        _FEATURE_GATE_OFF,
        why="{field} requires the feature gate ObjectLevelWorkloadIdentity for cloud authentication, but the feature gate is disabled",
        steps=(
            Step(
                "set spec.cluster.objectLevelWorkloadIdentity: true in the FluxInstance, or remove {field} to use the controller's own identity. Without a FluxInstance, set --feature-gates=ObjectLevelWorkloadIdentity=true on the controller",
                read=(SPEC,),
            ),
        ),
        pattern=_IDENTITY_GATE,
        unless=(has_retired(OBJECT_IDENTITY),),
        trivial=True,
        upstream="PKG auth/feature_gate.go",
        versions=">=2.6, <2.10",
    ),
    Rule(
        _ACCESS_DENIED,
        why="spec.accessFrom of ImageRepository {target} does not allow access from other namespaces",
        steps=(
            Step(
                "allow namespace {ns} in spec.accessFrom.namespaceSelectors of ImageRepository {target}",
                read=("kubectl get imagerepositories.image.toolkit.fluxcd.io -A", SPEC),
            ),
        ),
        pattern=Text(r"access denied: .*ImageRepository/(?P<target>[\w./-]*\w)"),
        kinds=frozenset({"ImagePolicy"}),
        trivial=True,
        upstream="PKG runtime/acl",
    ),
    Rule(
        _ACCESS_DENIED,
        why="the reference to {target} in another namespace is not allowed: the controllers are running with --no-cross-namespace-refs=true (the multi-tenancy lockdown)",
        steps=(
            Step(
                "create a separate source in namespace {ns}, and omit the namespace from the reference. Alternatively, ask the Flux administrator to change spec.cluster.multitenant of the FluxInstance",
                read=(SPEC, _ARGUMENTS),
            ),
        ),
        pattern=Text(
            r"^(?=.*cross-namespace ref).*(?:can't|cannot) access '?(?P<target>[\w./-]*\w)"
        ),
        trivial=True,
        upstream="PKG runtime/acl, KC, HC, SC, SW internal/controller",
    ),
    Rule(
        _FEATURE_GATE_OFF,
        why="the object requires the feature gate {gate}, which is disabled in {controller}",
        steps=(
            Step(
                "run {controller} with --feature-gates={gate}=true, for example with a patch in spec.kustomize.patches of the FluxInstance, or remove the field",
                read=(_ARGUMENTS, SPEC),
            ),
        ),
        pattern=Text(r"(?<!\w)(?P<gate>[A-Z]\w{3,80}) feature gate"),
        trivial=True,
        upstream="PKG apis/meta/conditions.go",
    ),
    Rule(
        _ACCESS_DENIED,
        why="a reference to another namespace is not allowed: the controllers are running with --no-cross-namespace-refs, or a feature gate is disabled",
        steps=(
            Step(
                "move the referenced object to namespace {ns}, or contact the Flux administrator",
                read=(SPEC, _ARGUMENTS),
            ),
        ),
        reasons=("AccessDenied",),
        certainty="one-of",
        trivial=True,
        upstream="PKG runtime/acl",
    ),
    Rule(
        _FEATURE_GATE_OFF,
        why="the object uses a feature whose feature gate is disabled in {controller}",
        steps=(
            Step(
                "add the feature gate to --feature-gates of {controller}, for example with a patch in spec.kustomize.patches of the FluxInstance",
                read=(_ARGUMENTS,),
            ),
        ),
        reasons=("FeatureGateDisabled",),
        trivial=True,
        upstream="PKG apis/meta/conditions.go",
    ),
)
