"""Remote clusters that Flux reaches with a kubeconfig (spec.kubeConfig).

Upstream: fluxcd/pkg runtime/client (impersonator.go), fluxcd/pkg auth, client-go tools/clientcmd.
"""

from fluxstatus.knowledge.commands import LOG, SECRET, SECRETS, SPEC, for_secret
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_REMOTE_CLUSTER_UNREACHABLE = Code(
    "remote-cluster-unreachable",
    "The controller cannot connect to the remote cluster in spec.kubeConfig.",
)

_KUBECONFIG_KEY_MISSING = Code(
    "kubeconfig-key-missing",
    "The Secret in spec.kubeConfig does not have the key that should contain the kubeconfig.",
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
_MAKE_KUBECONFIG = "kubectl create secret generic {missing} -n {ns} --from-file=value=./kubeconfig"

_REMOTE_FORBIDDEN = Code(
    "remote-cluster-forbidden",
    "The user in spec.kubeConfig lacks an RBAC permission in the remote cluster.",
)

RULES = (
    Rule(
        Code("kubeconfig-secret-missing", "The Secret in spec.kubeConfig does not exist."),
        why="Secret {missing} in spec.kubeConfig does not exist",
        steps=(
            Step(
                'create Secret {missing} with the remote cluster\'s kubeconfig in key "value"',
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
                'create ConfigMap {missing} in the namespace of this object, with the keys "provider" and "cluster" (or "address") for the remote cluster',
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
        why="Secret {holder}, which spec.kubeConfig refers to, does not have key {key} with a kubeconfig",
        steps=(
            Step(
                'store the kubeconfig in key "value" (or "value.yaml"), or set spec.kubeConfig.secretRef.key to the key that contains it',
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
        why="the kubeconfig in Secret {kubeconfig_secret} uses an exec plugin, which the controller cannot run ({detail})",
        steps=(
            Step(
                "store a kubeconfig with a token or a client certificate instead of an exec plugin",
                read=(_KUBECONFIG,),
            ),
            Step(
                "for EKS, AKS and GKE, use a ConfigMap with provider and cluster instead (configMapRef, Flux 2.7 or later), so that the controller authenticates with its workload identity"
            ),
        ),
        pattern=Text(
            r"(?:getting credentials|failed to \w+[^\n:]{0,60}): (?P<detail>exec: [^\n]{1,120}|no Auth Provider found[^\n]{0,80}|exec plugin: invalid apiVersion[^\n]{0,80})"
        ),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        reach=Reach.WHOLE,
        upstream="client-go plugin/pkg/client/auth/exec",
    ),
    Rule(
        _KUBECONFIG_INVALID,
        why="the kubeconfig in Secret {kubeconfig_secret} refers to a file, which Flux 2.10 and later do not allow: {detail}",
        steps=(
            Step(
                "store a kubeconfig with the contents of the files instead of their paths: certificate-authority-data, client-certificate-data, client-key-data and token. On a machine with the files, kubectl config view --minify --flatten --raw prints such a kubeconfig, but does not replace a tokenFile",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:cluster|user) '[^']*' references a (?:tokenFile|client-certificate file|"
            r"client-key file|certificate-authority file), only [^\n]{1,60} is supported)"
        ),
        kinds=_REMOTE,
        reach=Reach.WHOLE,
        trivial=True,
        upstream="PKG runtime/client/kubeconfig.go ValidateKubeConfig",
        versions=">=2.10",
    ),
    Rule(
        _KUBECONFIG_INVALID,
        why="the kubeconfig in Secret {kubeconfig_secret} cannot be used: {detail}",
        steps=(
            Step(
                "store a self-contained kubeconfig with a current-context, a server with its CA certificate, and a token or client certificate. The controller cannot run exec plugins or read other files",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>invalid configuration[^\n]{0,120}|couldn't get version/kind[^\n]{0,80}|"
            r"no context is set|cluster \"[^\"]*\" does not exist|context [^\n]{0,300}does not "
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
        why="the kubeconfig in Secret {kubeconfig_secret} cannot be used: a certificate or key is not valid base64",
        steps=(
            Step(
                "store the kubeconfig again; certificate-authority-data, client-certificate-data and client-key-data must be base64 without line breaks",
                read=(_KUBECONFIG,),
            ),
        ),
        pattern=Text(r"illegal base64 data"),
        context=Text(_OF_CLIENT),
        kinds=_REMOTE,
        needs=("kubeconfig_secret",),
        trivial=True,
        in_full=True,
        upstream="client-go tools/clientcmd",
    ),
    Rule(
        _KUBECONFIG_INVALID,
        why="ConfigMap {kubeconfig_map}, which spec.kubeConfig refers to, cannot be used: {detail}",
        steps=(
            Step(
                "correct the keys of the ConfigMap: provider (aws, azure, gcp or generic) and either cluster (the full name of the cluster) or address (an https URL). The keys ca.crt, audiences and serviceAccountName are optional",
                read=(_KUBECONFIG_MAP,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>provider '[^']*' (?:not implemented|does not implement)[^\n]{0,80}|"
            r"cluster address is required[^\n]{0,60}|empty address|"
            r"failed to parse (?:cluster|Kubernetes API server|specified cluster) address[^\n]{0,160}|"
            r"the Kubernetes API server address '[^']*' must use https scheme|"
            r"no kubeconfig found for AKS cluster[^\n]{0,160}|"
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
        why="the AKS cluster in ConfigMap {kubeconfig_map} does not have Microsoft Entra ID integration, which is required to authenticate",
        steps=(
            Step(
                "enable Microsoft Entra ID integration for the AKS cluster (az aks update --enable-aad), or use a Secret with a kubeconfig (secretRef) instead of the ConfigMap",
                read=(_KUBECONFIG_MAP,),
            ),
        ),
        pattern=Text(r"AKS cluster \S+ does not have Microsoft Entra ID"),
        kinds=_REMOTE,
        needs=("kubeconfig_map",),
        reach=Reach.WHOLE,
        upstream="PKG auth/azure",
        versions=">=2.7",
    ),
    Rule(
        _REMOTE_CLUSTER_DENIED,
        why="the cloud does not allow {controller} to look up the remote cluster in spec.kubeConfig: {detail}",
        steps=(
            Step(
                "check the cluster's name in ConfigMap {kubeconfig_map}, and allow the identity of {controller} (or of serviceAccountName in the ConfigMap) to describe the cluster: eks:DescribeCluster on AWS, listClusterUserCredential on Azure, or container.clusters.get on Google Cloud",
                read=(_KUBECONFIG_MAP, LOG),
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to describe (?:EKS|AKS|GKE) cluster[^\n]{0,240}|"
            r"failed to get access (?:token|credential) for cluster[^\n]{0,240})"
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
        why="the remote cluster in spec.kubeConfig rejects the credentials in Secret {kubeconfig_secret}: the credentials are wrong or expired (Unauthorized)",
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
        why="the remote cluster in spec.kubeConfig (ConfigMap {kubeconfig_map}) does not accept the controller's identity (Unauthorized)",
        steps=(
            Step(
                "grant the identity access to the remote cluster. On EKS, create an access entry; on AKS and GKE, assign a role to the managed identity or service account. For the provider generic, the remote API server must trust the issuer and the audience of the tokens",
                read=(_KUBECONFIG_MAP,),
            ),
            Step(
                "check provider, serviceAccountName and audiences in ConfigMap {kubeconfig_map}. Without serviceAccountName, the identity is that of {controller}",
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
        _REMOTE_CLUSTER_DENIED,
        why="the remote cluster in spec.kubeConfig treats requests from {controller} as anonymous (system:anonymous): the cluster does not recognize the credentials, or no credentials were sent",
        steps=(
            Step(
                "check that the kubeconfig has a token or client certificate that this cluster issued; the controller does not run exec plugins, and a certificate from another cluster is ignored",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
            Step(
                "do not grant permissions to system:anonymous, because anyone who can reach that API server would have them"
            ),
        ),
        pattern=Text(r"user \"system:anonymous\" cannot "),
        kinds=_REMOTE,
        when=(is_remote,),
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream="kubernetes apiserver authentication",
    ),
    Rule(
        _REMOTE_FORBIDDEN,
        why="{user}, which {controller} impersonates in the remote cluster in spec.kubeConfig, cannot {verb} there",
        steps=(
            Step(
                "create this ServiceAccount in the remote cluster and bind a Role or ClusterRole with this permission to it, or set spec.serviceAccountName to a ServiceAccount that has the permission there. Without spec.serviceAccountName, {controller} uses the ServiceAccount in --default-service-account",
                read=(SPEC, "kubectl describe deployment {controller} -n {flux_namespace}"),
            ),
        ),
        pattern=Text(
            r"user \"(?P<user>system:serviceaccount:[^\"]+)\" cannot (?P<verb>\w+ resource \"[^\"]+\"|[^\n]{1,80})"
        ),
        kinds=_REMOTE,
        when=(is_remote,),
        reach=Reach.WHOLE,
        upstream="kubernetes apiserver authorization responsewriters",
    ),
    Rule(
        _REMOTE_FORBIDDEN,
        why="{user} cannot {verb} in the remote cluster in spec.kubeConfig",
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
        why="the certificate of the remote cluster's API server ({api_server}) has expired or is not yet valid",
        steps=(
            Step(
                "renew the API server's certificate in the remote cluster, or correct the clocks of the nodes",
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
        why="the certificate of the remote cluster in spec.kubeConfig cannot be verified: {detail}",
        steps=(
            Step(
                "correct the CA certificate (certificate-authority-data in a kubeconfig, key ca.crt in a ConfigMap) or the server name (tls-server-name in a kubeconfig)",
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
        why="the remote cluster in spec.kubeConfig cannot be reached at {api_server}: {detail}",
        steps=(
            Step(
                "check that the remote cluster's API server is running, and that the address in spec.kubeConfig is still correct",
                read=(_KUBECONFIG, _KUBECONFIG_MAP),
            ),
            Step(
                "check the network between {controller} and {api_server}, including firewalls, NetworkPolicies, private endpoints, peering or VPN, and DNS",
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
        why="the API server of the remote cluster in spec.kubeConfig is overloaded or unavailable: {innermost}",
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
            "A client for the remote cluster cannot be created from spec.kubeConfig.",
        ),
        why="a client for the remote cluster in spec.kubeConfig cannot be created: {innermost}",
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
