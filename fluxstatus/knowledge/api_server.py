"""The API server itself: it does not respond, denies access, or an aggregated API is broken.

Upstream: kubernetes apiserver and kube-aggregator, etcd, client-go.
"""

from fluxstatus.knowledge.commands import LOG
from fluxstatus.knowledge.facts import is_remote
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS, KindNames

_API_SERVER_FAILING = Code(
    "api-server-failing", "The API server failed, was overloaded or did not respond in time."
)
_API_SERVER_DENIED = Code(
    "api-server-denied", "The API server does not accept the controller's token."
)
_API_SERVICE_BROKEN = Code(
    "api-service-broken", "An aggregated API does not respond, so API discovery fails."
)

_APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})
_READY = "kubectl get --raw /readyz?verbose"
_API_SERVICES = "kubectl get apiservices.apiregistration.k8s.io"
_DISCOVERY = (
    r"(?:unable to retrieve the complete list of server APIs|failed to get API group resources|"
    r"stale GroupVersion discovery)[^\n]*?: "
)
_AGGREGATED = (
    r"(?P<broken_group>(?!(?:apps|batch|autoscaling|policy|(?:networking|storage|"
    r"rbac\.authorization|admissionregistration|apiextensions|apiregistration|scheduling|"
    r"coordination|node|discovery|events|certificates|resource|authentication|authorization|"
    r"flowcontrol\.apiserver)\.k8s\.io)/)[\w-]+(?:\.[\w-]+)+/v\w+)"
)
"""A group of an API that is not built into the API server."""
_UNREACHABLE = (
    r"connection refused|no such host|i/o timeout|TLS handshake timeout|no route to host|"
    r"network is unreachable|connection reset by peer|broken pipe|(?:unexpected )?EOF|"
    r"context deadline exceeded|Client\.Timeout exceeded|request canceled|"
    r"http2: client connection lost|server sent GOAWAY|stream error: [^\n]{1,80}|use of closed network connection|"
    r"x509: [^\n]{1,160}|operation not permitted|proxyconnect [^\n]{1,120}"
)
_CALL = r"//(?P<api_server>[^/\s\"]+)/(?:apis?|openapi|version|readyz)\b[^\n]*?"

_OWN_CALL = r"//(?P<api_server>[^/\s\"]+)/(?:api|apis/[\w.-]+)/v\w+/namespaces\b[^\n]*?"

RULES = (
    Rule(
        _API_SERVICE_BROKEN,
        why="the aggregated API {broken_group} does not respond, so API discovery fails",
        steps=(
            Step(
                "restore the server behind {broken_group} (for metrics.k8s.io, metrics-server); to find its Service, check the APIService",
                read=(_API_SERVICES,),
            ),
            Step("if the server was uninstalled, delete its APIService"),
        ),
        pattern=Text(
            _DISCOVERY
            + _AGGREGATED
            + r": (?:the server is currently unable|stale GroupVersion|an error on the server|"
            r"the server has received|Unauthorized|error trying to reach service)"
        ),
        kinds=_APPLIES,
        unless=(is_remote,),
        transient=True,
        upstream="client-go discovery, kube-aggregator",
    ),
    Rule(
        _API_SERVICE_BROKEN,
        why="the aggregated API {broken_group} of the remote cluster in spec.kubeConfig does not respond, so API discovery fails there",
        steps=(
            Step(
                "in the remote cluster, check the APIServices, and restore the server behind {broken_group}"
            ),
        ),
        pattern=Text(
            _DISCOVERY
            + _AGGREGATED
            + r": (?:the server is currently unable|stale GroupVersion|an error on the server|"
            r"the server has received|Unauthorized|error trying to reach service)"
        ),
        kinds=_APPLIES,
        when=(is_remote,),
        transient=True,
        upstream="client-go discovery, kube-aggregator",
    ),
    Rule(
        _API_SERVICE_BROKEN,
        why="the API {broken_group} does not respond, so API discovery fails: {innermost}",
        steps=(
            Step(
                "check the APIServices. If an APIService is not available, restore its server, or delete the APIService if the server was uninstalled",
                read=(_API_SERVICES,),
            ),
            Step("if all APIServices are available, check the API server itself", read=(_READY,)),
        ),
        pattern=Text(_DISCOVERY + _AGGREGATED),
        kinds=_APPLIES,
        unless=(is_remote,),
        certainty="one-of",
        transient=True,
        upstream="client-go discovery",
    ),
    Rule(
        _API_SERVER_DENIED,
        why="the API server treats requests from {controller} as anonymous (system:anonymous): the requests have no valid token",
        steps=(
            Step(
                "check that {controller} has a token (see automountServiceAccountToken of its pods and ServiceAccount), and that the token reaches this API server (see KUBERNETES_SERVICE_HOST, and check any proxy in between). Then restart {controller}",
                read=(
                    "kubectl get deployment {controller} -n {flux_namespace} -o yaml",
                    LOG,
                ),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
            Step(
                "do not grant permissions to system:anonymous, because anyone who can reach the API server would have them"
            ),
        ),
        pattern=Text(r"user \"system:anonymous\" cannot "),
        kinds=_APPLIES,
        unless=(is_remote,),
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        upstream="kubernetes apiserver authentication",
    ),
    Rule(
        _API_SERVER_DENIED,
        why="the API server does not accept the token from {controller} (Unauthorized)",
        steps=(
            Step(
                "restart {controller}. If the error persists, check its ServiceAccount, the API server's signing keys and the clocks of the nodes",
                read=(LOG,),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            r"(?:^|: |\()Unauthorized\b|asked for the client to provide credentials|"
            r"must be logged in to the server"
        ),
        kinds=_APPLIES,
        unless=(is_remote,),
        certainty="likely",
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code("etcd-full", "The etcd database is full, so the cluster does not accept writes."),
        why="etcd is full: the database has reached its space quota, so the cluster does not accept writes until space is freed (alarm NOSPACE)",
        steps=(
            Step(
                "on the control plane, compact and defragment etcd, and then clear the alarm (etcdctl compact, defrag and alarm disarm), or raise --quota-backend-bytes",
                read=(_READY,),
            ),
            Step(
                "find out what fills etcd, for example events, reports from a policy engine, or many revisions of large objects. On a managed cluster, contact the provider"
            ),
        ),
        pattern=Text(r"mvcc: database space exceeded|etcdserver: no space"),
        kinds=_APPLIES,
        upstream="etcd server/etcdserver/api/v3rpc/rpctypes",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="etcd, the database behind the API server, did not complete the request: {innermost}",
        steps=(
            Step(
                "check the etcd members, their disks and the network between them; Flux retries automatically",
                read=(_READY,),
            ),
        ),
        pattern=Text(
            r"etcdserver: (?!request is too|mvcc: database|no space|leader changed)|"
            r"rpc error: code = Unavailable|raft proposal dropped"
        ),
        kinds=_APPLIES,
        transient=True,
        upstream="etcd server/etcdserver/api/v3rpc/rpctypes",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="etcd elected a new leader while the request was running",
        steps=(
            Step(
                "if this happens only once, no action is required, because Flux retries automatically. If it happens repeatedly, check etcd's disk latency and network",
                read=(_READY,),
            ),
        ),
        pattern=Text(r"leader changed"),
        kinds=_APPLIES,
        transient=True,
        upstream="etcd server/etcdserver/api/v3rpc/rpctypes",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the API server rejected the request because it received too many requests (429)",
        steps=(
            Step(
                "find the client that overloads the API server; API Priority and Fairness limits requests per priority level. Flux retries automatically",
                read=(
                    "kubectl get --raw /debug/api_priority_and_fairness/dump_priority_levels",
                    _READY,
                ),
            ),
        ),
        pattern=Text(r"(?:^|: )too many requests|has received too many requests"),
        kinds=_APPLIES,
        unless=(is_remote,),
        transient=True,
        upstream="kubernetes apiserver flowcontrol",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the connection from {controller} to the API server at {api_server} failed: {detail}",
        steps=(
            Step(
                "check the control plane; Flux retries automatically",
                read=(_READY,),
            ),
            Step(
                "if the control plane is healthy, check the network between {controller} and the API server (kube-proxy, the CNI plugin and NetworkPolicies)",
                read=("kubectl get endpointslices -n default", LOG),
            ),
        ),
        pattern=Text(_CALL + rf"(?P<detail>{_UNREACHABLE})"),
        kinds=_APPLIES,
        unless=(is_remote,),
        certainty="one-of",
        transient=True,
        upstream="client-go rest, Go net",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="spec.timeout expired before {controller} could send its next request to the API server (client rate limiter)",
        steps=(
            Step(
                "raise spec.timeout, or split this {kind}, which applies or checks too many objects for its timeout",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.timeout}}", LOG),
            ),
            Step(
                "if other objects are also slow, check the API server and find slow admission webhooks. If {controller} handles many objects, raise its --kube-api-qps and --kube-api-burst",
                read=(_READY,),
            ),
        ),
        pattern=Text(r"client rate limiter Wait returned an error"),
        kinds=frozenset({"Kustomization", "ResourceSet", "FluxInstance"}),
        unless=(is_remote,),
        certainty="one-of",
        transient=True,
        upstream="client-go util/flowcontrol, rest",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the controller could not read a required object, because its connection to this cluster's API server ({api_server}) failed: {detail}",
        steps=(
            Step(
                "check the control plane; Flux retries automatically. The spec and the host in the spec are not the cause",
                read=(_READY,),
            ),
            Step(
                "if the control plane is healthy, check the network between the controllers and the API server (kube-proxy, the CNI plugin and NetworkPolicies)",
                read=("kubectl get endpointslices -n default", LOG),
            ),
        ),
        pattern=Text(_OWN_CALL + rf"(?P<detail>{_UNREACHABLE})"),
        kinds=ALL_KINDS - _APPLIES,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="client-go rest, Go net",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="this cluster's API server did not complete a request from the controller: {detail}",
        steps=(
            Step(
                "check the control plane and etcd; Flux retries automatically. The spec and the host in the spec are not the cause",
                read=(_READY,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>etcdserver: (?!request is too|mvcc: database|no space)[^\n]{1,80}|"
            r"server is currently unable to handle the request|request did not complete within[^\n]{0,60})"
        ),
        kinds=ALL_KINDS - _APPLIES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="kubernetes apimachinery api/errors, client-go rest",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the controller had no time left for its next request to this cluster's API server (client rate limiter)",
        steps=(
            Step(
                "check whether the controller has enough CPU. Lower its --concurrent, or raise its --kube-api-qps and --kube-api-burst; Flux retries automatically",
                read=(LOG, "kubectl describe deployment {controller} -n {flux_namespace}"),
            ),
            Step("check whether the API server responds slowly", read=(_READY,)),
        ),
        pattern=Text(r"client rate limiter Wait returned"),
        kinds=ALL_KINDS - _APPLIES,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="client-go rest",
    ),
    Rule(
        Code(
            "update-raced",
            "Another client changed the object while the controller was updating it.",
        ),
        why="another client changed {kind} {name} while the controller was updating it (the object has been modified)",
        steps=(
            Step(
                "wait for the next attempt. If the error occurs repeatedly, find the other client in managedFields of the object",
                read=("kubectl get {resource} {name} -n {ns} -o yaml --show-managed-fields",),
            ),
        ),
        pattern=Text(r"the object has been modified"),
        kinds=ALL_KINDS - _APPLIES,
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the API server did not complete the request in time: {innermost}",
        steps=(
            Step(
                "check the control plane, and find slow admission webhooks; Flux retries automatically",
                read=(
                    _READY,
                    "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
                ),
            ),
        ),
        pattern=Text(
            r"request did not complete within|unable to return a response in the time|"
            r"could not be completed at this time, please try again|client rate limiter Wait returned"
        ),
        kinds=_APPLIES,
        unless=(is_remote,),
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the API server, or the server of an aggregated API, is not available: {innermost}",
        steps=(
            Step(
                "check the control plane and the APIServices; Flux retries automatically",
                read=(_READY, _API_SERVICES),
            ),
        ),
        pattern=Text(
            r"currently unable to handle the request|http2: client connection lost|"
            r"apiserver not ready|apiserver is shutting down|error trying to reach service|"
            r"has prevented the request from succeeding"
        ),
        kinds=_APPLIES,
        unless=(is_remote,),
        certainty="one-of",
        transient=True,
        upstream="kubernetes apiserver, kube-aggregator",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="{controller} cannot reach this cluster's API server: {innermost}",
        steps=(Step("check the control plane; Flux retries automatically", read=(_READY, LOG)),),
        pattern=Text(r"Kubernetes cluster unreachable"),
        kinds=_APPLIES,
        unless=(is_remote,),
        transient=True,
        upstream="helm pkg/kube/client.go",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the API server could not check the namespace's quotas in time (resource quota evaluation timed out): the API server is overloaded, or its quota controller does not respond",
        steps=(
            Step(
                "check the load on the control plane and etcd, and check that kube-controller-manager is running; Flux retries automatically",
                read=(_READY, "kubectl get resourcequotas -A"),
            ),
        ),
        pattern=Text(r"resource quota evaluation timed out"),
        kinds=_APPLIES,
        certainty="one-of",
        transient=True,
        upstream="kubernetes apiserver admission plugin/resourcequota",
    ),
    Rule(
        _API_SERVER_FAILING,
        why="the API server returned an internal error: {detail}",
        steps=(
            Step(
                "check the error. If it mentions a webhook or an API, check the server behind the webhook or API; otherwise, check the control plane",
                read=(_READY, _API_SERVICES),
            ),
        ),
        pattern=Text(r"Internal error occurred: (?P<detail>[^\n]{1,240})"),
        kinds=_APPLIES,
        reach=Reach.STAGE,
        certainty="unknown",
        transient=True,
        upstream="kubernetes apimachinery api/errors",
    ),
)
