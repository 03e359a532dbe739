"""Restrictions of Flux itself, and remote clusters that it reaches with a kubeconfig.

Upstream: PKG runtime/acl, PKG runtime/client (impersonator.go), PKG apis/meta, PKG runtime/cel.
"""

from fluxstatus.knowledge.codes import CEL_INVALID
from fluxstatus.knowledge.commands import SECRET, SECRETS, SPEC, for_secret
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_FEATURE_GATE_OFF = Code(
    "feature-gate-off", "The object needs a feature gate that is disabled in the controller."
)
_ACCESS_DENIED = Code(
    "access-denied", "A reference to an object in another namespace is not allowed."
)
_REMOTE_CLUSTER_UNREACHABLE = Code(
    "remote-cluster-unreachable",
    "The controller cannot connect to the remote cluster in spec.kubeConfig.",
)

_REMOTE: KindNames = frozenset({"Kustomization", "HelmRelease"})
_KUBECONFIG = for_secret(SECRET, "{kubeconfig_secret}")
_MAKE_KUBECONFIG = "kubectl create secret generic {missing} -n {ns} --from-file=value=./kubeconfig"
_ARGUMENTS = "kubectl describe deployment {controller} -n {flux_namespace}"

_LIMITS = (
    Rule(
        _FEATURE_GATE_OFF,
        why="the object uses an ExternalArtifact, but the feature gate ExternalArtifact is disabled in {controller}",
        steps=(
            Step(
                "run {controller} with --feature-gates=ExternalArtifact=true; the operator sets this if spec.components of the FluxInstance includes source-watcher",
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
        why="{field} requires the feature gate ObjectLevelWorkloadIdentity for a cloud login, but the feature gate is disabled",
        steps=(
            Step(
                "set spec.cluster.objectLevelWorkloadIdentity: true in the FluxInstance (without a FluxInstance, --feature-gates=ObjectLevelWorkloadIdentity=true on the controller), or remove {field} to use the controller's own identity",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"^(?=.*ObjectLevelWorkloadIdentity)(?:.*to use (?P<field>spec\.[\w.]+\w))?"),
        trivial=True,
        upstream="PKG auth/feature_gate.go",
        versions=">=2.6",
    ),
    Rule(
        _ACCESS_DENIED,
        why="ImageRepository {target} does not allow access from other namespaces (spec.accessFrom)",
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
        why="the reference to {target} in another namespace is not allowed: the controllers run with --no-cross-namespace-refs=true (the multi-tenancy lockdown)",
        steps=(
            Step(
                "create a separate source in namespace {ns} and refer to it without a namespace, or contact the Flux administrator (spec.cluster.multitenant of the FluxInstance)",
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
                "run {controller} with --feature-gates={gate}=true (spec.kustomize.patches of the FluxInstance), or remove the field",
                read=(_ARGUMENTS, SPEC),
            ),
        ),
        pattern=Text(r"(?<!\w)(?P<gate>[A-Z]\w{3,80}) feature gate"),
        trivial=True,
        upstream="PKG apis/meta/conditions.go",
    ),
    Rule(
        _ACCESS_DENIED,
        why="a reference to another namespace is not allowed: the controllers run with --no-cross-namespace-refs, or a feature gate is disabled",
        steps=(
            Step(
                "move the referenced object to namespace {ns}, or contact the Flux administrator",
                read=(SPEC, _ARGUMENTS),
            ),
        ),
        reasons=("AccessDenied",),
        trivial=True,
        upstream="PKG runtime/acl",
    ),
    Rule(
        _FEATURE_GATE_OFF,
        why="the object uses a feature whose feature gate is disabled in {controller}",
        steps=(
            Step(
                "enable the feature gate with --feature-gates (spec.kustomize.patches of the FluxInstance)",
                read=(_ARGUMENTS,),
            ),
        ),
        reasons=("FeatureGateDisabled",),
        trivial=True,
        upstream="PKG apis/meta/conditions.go",
    ),
    Rule(
        CEL_INVALID,
        why="a CEL expression in the spec cannot be compiled or evaluated: {detail}",
        steps=(
            Step(
                "correct the expression: readyExpr in spec.dependsOn, spec.healthCheckExprs, or resourceFilter of a Receiver",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:failed to (?:parse|compile|evaluate|instantiate|create)[^\n]{0,40}CEL|"
            r"healthCheckExprs|(?:invalid|unable to parse) (?:CEL )?expression|ERROR: <input>|"
            r"no such key|undeclared reference)[^\n]{0,200})"
        ),
        reasons=(
            "InvalidCELExpression",
            "DependencyNotReady",
            "ReconciliationFailed",
            "HealthCheckFailed",
        ),
        trivial=True,
        upstream="PKG runtime/cel",
    ),
    Rule(
        CEL_INVALID,
        why="a CEL expression in the spec cannot be compiled or evaluated",
        steps=(Step("correct readyExpr or healthCheckExprs", read=(SPEC,)),),
        reasons=("InvalidCELExpression",),
        trivial=True,
        upstream="PKG runtime/cel",
    ),
)

_CLUSTERS = (
    Rule(
        Code("kubeconfig-secret-missing", "The Secret in spec.kubeConfig does not exist."),
        why="Secret {missing} in spec.kubeConfig does not exist",
        steps=(
            Step(
                'create Secret {missing} with the kubeconfig of the remote cluster in key "value"',
                read=(SECRETS,),
                change=(_MAKE_KUBECONFIG,),
            ),
        ),
        pattern=Text(r"(?:secrets? [\"'](?:[\w.-]+/)?(?P<missing>[\w.-]+)[\"'] not found)"),
        kinds=_REMOTE,
        needs=("missing_kubeconfig",),
        trivial=True,
        upstream="PKG runtime/client/impersonator.go",
    ),
    Rule(
        Code(
            "kubeconfig-key-missing",
            "The Secret in spec.kubeConfig does not have the key that holds the kubeconfig.",
        ),
        why="Secret {holder} (spec.kubeConfig) does not have key {key} with a kubeconfig",
        steps=(
            Step(
                'store the kubeconfig in key "value" (or "value.yaml"), or set its key in spec.kubeConfig.secretRef.key',
                read=("kubectl describe secret {holder} -n {ns}",),
            ),
        ),
        pattern=Text(
            r"KubeConfig secret '(?:[\w.-]+/)?(?P<holder>[\w.-]+)' does not contain an? "
            r"'(?P<key>[^']+)'"
        ),
        kinds=_REMOTE,
        trivial=True,
        upstream="PKG runtime/client/impersonator.go",
    ),
    Rule(
        Code(
            "kubeconfig-invalid",
            "The Secret in spec.kubeConfig does not contain a usable kubeconfig.",
        ),
        why="the kubeconfig in Secret {kubeconfig_secret} cannot be used: {detail}",
        steps=(
            Step(
                "store a self-contained kubeconfig: a current-context, a server with its certificate authority, and a token or client certificate; the controller cannot run exec plugins or read other files",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid configuration[^\n]{0,120}|couldn't get version/kind[^\n]{0,80}|"
            r"no context is set|cluster \"[^\"]*\" does not exist|context [^\n]{0,40}does not "
            r"exist|exec: \"?[^\n]{1,80}|unable to read (?:client-cert|client-key|"
            r"certificate-authority)[^\n]{0,120}|error loading config[^\n]{0,120}|"
            r"illegal base64 data[^\n]{0,60})"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        trivial=True,
        upstream="client-go tools/clientcmd",
    ),
    Rule(
        Code(
            "remote-cluster-denied",
            "The remote cluster in spec.kubeConfig rejects the credentials.",
        ),
        why="the remote cluster (spec.kubeConfig, Secret {kubeconfig_secret}) rejects the credentials: they are wrong or expired (Unauthorized)",
        steps=(
            Step(
                "replace the token or client certificate in Secret {kubeconfig_secret}",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(
            r"Unauthorized|asked for the client to provide credentials|must be logged in to the "
            r"server"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code(
            "remote-cluster-forbidden",
            "The user in spec.kubeConfig lacks an RBAC permission in the remote cluster.",
        ),
        why="{user} cannot {verb} in the remote cluster (spec.kubeConfig, Secret {kubeconfig_secret}): the RBAC permission is missing there (forbidden)",
        steps=(
            Step(
                "bind a Role with this permission to {user} in the remote cluster, or put the credentials of another user into Secret {kubeconfig_secret}",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(
            r"is forbidden: user \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+ resource \"[^\"]+\")"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _REMOTE_CLUSTER_UNREACHABLE,
        why="the certificate of the remote cluster (spec.kubeConfig, Secret {kubeconfig_secret}) is not trusted: {detail}",
        steps=(
            Step(
                "correct certificate-authority-data and the server name in the kubeconfig of Secret {kubeconfig_secret}",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(r"^(?!.*failed calling webhook).*(?P<detail>x509: [^\n]{1,160})"),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        upstream="Go crypto/x509",
    ),
    Rule(
        _REMOTE_CLUSTER_UNREACHABLE,
        why="the remote cluster (spec.kubeConfig, Secret {kubeconfig_secret}) cannot be reached at {host}: {detail}",
        steps=(
            Step(
                "check whether the remote cluster's API server is running at {host}, whether NetworkPolicies and firewalls allow connections from {controller} to it, and whether the address in Secret {kubeconfig_secret} is still correct",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(
            r"^(?!.*failed calling webhook).*?(?P<detail>connection refused|no such host|"
            r"i/o timeout|TLS handshake timeout|no route to host|context deadline exceeded|"
            r"connection reset by peer|network is unreachable|\bEOF\b|dial tcp[^\n]{0,80})"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_secret", "host_said"),
        transient=True,
        upstream="PKG runtime/client, Go net",
    ),
    Rule(
        Code(
            "kubeconfig-failed",
            "No client for the remote cluster can be created from spec.kubeConfig.",
        ),
        why="a client for the remote cluster cannot be created: the Secret in spec.kubeConfig is not valid, or the remote cluster cannot be reached",
        steps=(
            Step(
                'check the Secret (key "value" or "value.yaml") and the API server of the remote cluster',
                read=(_KUBECONFIG, SPEC),
            ),
        ),
        pattern=Text(r"failed to build kube client|kubeconfig"),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        upstream="PKG runtime/client",
    ),
)

RULES = (*_LIMITS, *_CLUSTERS)
