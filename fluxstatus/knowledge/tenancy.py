"""Restrictions of Flux itself, and remote clusters that it reaches with a kubeconfig.

Upstream: PKG runtime/acl, PKG runtime/client (impersonator.go), PKG apis/meta, PKG runtime/cel.
"""

from fluxstatus.knowledge.codes import CEL_INVALID
from fluxstatus.knowledge.commands import LOG, SECRET, SECRETS, SPEC, for_secret
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
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

_KUBECONFIG_KEY_MISSING = Code(
    "kubeconfig-key-missing",
    "The Secret in spec.kubeConfig does not have the key that holds the kubeconfig.",
)
_KUBECONFIG_INVALID = Code(
    "kubeconfig-invalid", "The kubeconfig or ConfigMap in spec.kubeConfig cannot be used."
)
_REMOTE_CLUSTER_DENIED = Code(
    "remote-cluster-denied", "The remote cluster in spec.kubeConfig rejects the credentials."
)

_REMOTE: KindNames = frozenset({"Kustomization", "HelmRelease"})
_KUBECONFIG = for_secret(SECRET, "{kubeconfig_secret}")
_KUBECONFIG_MAP = "kubectl get configmap {kubeconfig_map} -n {ns} -o yaml"
_UNAUTHORIZED = (
    r"(?:^|: |\()Unauthorized\b|asked for the client to provide credentials|"
    r"must be logged in to the server"
)
_CALL = r"//(?P<api_server>[^/\s\"]+)/(?:apis?|openapi|version|readyz)\b[^\n]*?"
_OF_CLIENT = (
    r"failed to build kube client|(?<![\w./-])kubeconfig(?![\w./-])|REST client|"
    r"invalid configuration|loading config"
)
_OF_CLUSTER = r"^(?!.*failed calling (?:admission )?webhook)(?!.*conversion webhook for)"
_NOT_OF_CLUSTER = r"^(?!.*(?:AdmissionPolicy|denied the request|is invalid: |resulted in error))"
"""The API server also evaluates CEL: admission policies and the validation rules of CRDs."""
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
        certainty="one-of",
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
        context=Text(_NOT_OF_CLUSTER),
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
        Code("kubeconfig-map-missing", "The ConfigMap in spec.kubeConfig does not exist."),
        why="ConfigMap {missing} in spec.kubeConfig does not exist",
        steps=(
            Step(
                "create ConfigMap {missing} in the namespace of this object, with provider and cluster (or address) of the remote cluster",
                read=("kubectl get configmaps -n {ns}",),
            ),
        ),
        pattern=Text(
            r"failed to get configmap [\w.-]+/(?P<missing>[\w.-]+): configmaps? \"[^\"]+\" not found"
        ),
        kinds=_REMOTE,
        trivial=True,
        upstream="PKG auth/utils/restconfig.go",
        versions=">=2.7",
    ),
    Rule(
        _KUBECONFIG_KEY_MISSING,
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
        _KUBECONFIG_INVALID,
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
            r"yaml: [^\n]{1,120})"
        ),
        context=Text(_OF_CLIENT),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="client-go tools/clientcmd",
    ),
    Rule(
        _KUBECONFIG_INVALID,
        why="the kubeconfig in Secret {kubeconfig_secret} cannot be used: one of its certificates or keys is not valid base64",
        steps=(
            Step(
                "store the kubeconfig again; the values of certificate-authority-data, client-certificate-data and client-key-data are base64 without line breaks",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(r"illegal base64 data"),
        context=Text(_OF_CLIENT),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        trivial=True,
        upstream="client-go tools/clientcmd",
    ),
    Rule(
        _KUBECONFIG_INVALID,
        why="ConfigMap {kubeconfig_map} (spec.kubeConfig) cannot be used: {detail}",
        steps=(
            Step(
                "correct its keys: provider (aws, azure, gcp or generic), cluster (the full name of the cluster) or address (an https URL), ca.crt, audiences and serviceAccountName",
                read=(_KUBECONFIG_MAP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>provider '[^']*' (?:not implemented|does not implement)[^\n]{0,80}|"
            r"cluster address is required[^\n]{0,60}|empty address|"
            r"failed to parse (?:cluster|Kubernetes API server|specified cluster) address[^\n]{0,160}|"
            r"the Kubernetes API server address '[^']*' must use https scheme|"
            r"no kubeconfig found for AKS cluster[^\n]{0,160}|"
            r"AKS cluster \S+ does not have Microsoft Entra ID[^\n]{0,80}|"
            r"invalid (?:EKS|AKS|GKE) cluster[^\n]{0,160})"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_map",),
        trivial=True,
        upstream="PKG auth/restconfig.go, auth/utils/restconfig.go",
        versions=">=2.7",
    ),
    Rule(
        _REMOTE_CLUSTER_DENIED,
        why="the cloud does not let {controller} find the remote cluster of spec.kubeConfig: {detail}",
        steps=(
            Step(
                "check the cluster's name in ConfigMap {kubeconfig_map}, and allow the identity of {controller} (or of serviceAccountName there) to describe it (AWS eks:DescribeCluster, Azure listClusterUserCredential, Google container.clusters.get)",
                read=(_KUBECONFIG_MAP, LOG),
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to describe (?:EKS|AKS|GKE) cluster[^\n]{0,240}|"
            r"failed to get access token for cluster[^\n]{0,240})"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_map",),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="PKG auth/aws, auth/azure, auth/gcp",
        versions=">=2.7",
    ),
    Rule(
        _REMOTE_CLUSTER_DENIED,
        why="the remote cluster (spec.kubeConfig, Secret {kubeconfig_secret}) rejects the credentials: they are wrong or expired (Unauthorized)",
        steps=(
            Step(
                "replace the token or client certificate in Secret {kubeconfig_secret}",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(_UNAUTHORIZED),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        certainty="one-of",
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        _REMOTE_CLUSTER_DENIED,
        why="the remote cluster (spec.kubeConfig, ConfigMap {kubeconfig_map}) does not accept the identity of the controller (Unauthorized)",
        steps=(
            Step(
                "give the identity access to the remote cluster: on EKS an access entry, on AKS and GKE a role for the managed identity or service account; for provider generic, the remote API server must trust the issuer of the tokens and their audience",
                read=(_KUBECONFIG_MAP,),
            ),
            Step(
                "check provider, serviceAccountName and audiences in ConfigMap {kubeconfig_map}: without serviceAccountName, the identity is that of {controller}",
                read=("kubectl get serviceaccounts -n {ns} -o yaml",),
            ),
        ),
        pattern=Text(_UNAUTHORIZED),
        kinds=_REMOTE,
        needs=("kubeconfig_map",),
        certainty="one-of",
        upstream="PKG auth/utils/restconfig.go",
        versions=">=2.7",
    ),
    Rule(
        Code(
            "remote-cluster-forbidden",
            "The user in spec.kubeConfig lacks an RBAC permission in the remote cluster.",
        ),
        why="{user} cannot {verb} in the remote cluster (spec.kubeConfig): the RBAC permission is missing there (forbidden)",
        steps=(
            Step(
                "bind a Role with this permission to {user} in the remote cluster, or use the credentials of another user in spec.kubeConfig",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
        ),
        pattern=Text(
            r"user \"(?P<user>[^\"]+)\" cannot (?P<verb>\w+ resource \"[^\"]+\"|[^\n]{1,80})"
        ),
        kinds=_REMOTE,
        when=(is_remote,),
        reach=Reach.WHOLE,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _REMOTE_CLUSTER_UNREACHABLE,
        why="the certificate of the remote cluster's API server ({api_server}) has expired or is not valid yet",
        steps=(
            Step(
                "renew the API server's certificate in the remote cluster, or correct the clock of the nodes",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
        ),
        pattern=Text(_CALL + r"x509: certificate has expired or is not yet valid[^\n]{0,120}"),
        context=Text(_OF_CLUSTER),
        kinds=_REMOTE,
        when=(is_remote,),
        upstream="Go crypto/x509",
    ),
    Rule(
        _REMOTE_CLUSTER_UNREACHABLE,
        why="the certificate of the remote cluster (spec.kubeConfig) is not trusted: {detail}",
        steps=(
            Step(
                "correct the certificate authority and the server name: in the kubeconfig certificate-authority-data and tls-server-name, in a ConfigMap key ca.crt",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
        ),
        pattern=Text(_CALL + r"(?P<detail>x509: [^\n]{1,160})"),
        context=Text(_OF_CLUSTER),
        kinds=_REMOTE,
        when=(is_remote,),
        upstream="Go crypto/x509",
    ),
    Rule(
        _REMOTE_CLUSTER_UNREACHABLE,
        why="the remote cluster (spec.kubeConfig) cannot be reached at {api_server}: {detail}",
        steps=(
            Step(
                "check whether the remote cluster's API server is running, and whether the address in spec.kubeConfig is still correct",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
            Step(
                "check the network from {controller} to {api_server}: firewalls, NetworkPolicies, a private endpoint, peering or VPN, and DNS",
                read=(LOG,),
            ),
        ),
        pattern=Text(
            _CALL + r"(?P<detail>connection refused|no such host|i/o timeout|TLS handshake timeout|"
            r"no route to host|context deadline exceeded|Client\.Timeout exceeded|"
            r"connection reset by peer|network is unreachable|\bEOF\b|"
            r"http2: client connection lost|proxyconnect [^\n]{1,80}|dial tcp[^\n]{0,80})"
        ),
        context=Text(_OF_CLUSTER),
        kinds=_REMOTE,
        when=(is_remote,),
        certainty="one-of",
        transient=True,
        upstream="PKG runtime/client, Go net",
    ),
    Rule(
        _REMOTE_CLUSTER_UNREACHABLE,
        why="the API server of the remote cluster (spec.kubeConfig) is overloaded or not available: {innermost}",
        steps=(
            Step(
                "check the control plane of the remote cluster; Flux retries automatically",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
        ),
        pattern=Text(
            r"(?:^|: )too many requests|has received too many requests|request did not complete within|"
            r"unable to return a response in the time|currently unable to handle the request|"
            r"apiserver not ready|etcdserver: (?!request is too|mvcc)|client rate limiter Wait returned|"
            r"Kubernetes cluster unreachable"
        ),
        context=Text(r"^(?!.*complete list of server APIs)"),
        kinds=_REMOTE,
        when=(is_remote,),
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code(
            "kubeconfig-failed",
            "No client for the remote cluster can be created from spec.kubeConfig.",
        ),
        why="a client for the remote cluster (spec.kubeConfig) cannot be created: {innermost}",
        steps=(
            Step(
                'check the Secret (key "value" or "value.yaml") or ConfigMap in spec.kubeConfig, and the API server of the remote cluster',
                read=(_KUBECONFIG, _KUBECONFIG_MAP, SPEC),
            ),
        ),
        pattern=Text(r"failed to build kube client|kubeconfig"),
        kinds=_REMOTE,
        when=(is_remote,),
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="PKG runtime/client",
    ),
)

RULES = (*_LIMITS, *_CLUSTERS)
