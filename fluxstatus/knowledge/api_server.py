"""The API server itself: it does not respond, denies access, or an aggregated API is broken.

Upstream: kubernetes apiserver and kube-aggregator, etcd, client-go.
"""

from fluxstatus.knowledge.commands import LOG
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_APPLIES: KindNames = frozenset({"Kustomization", "HelmRelease", "ResourceSet", "FluxInstance"})

RULES = (
    Rule(
        Code("api-service-broken", "An aggregated API does not respond, so API discovery fails."),
        why="the aggregated API {broken_group} does not respond, so API discovery fails",
        steps=(
            Step(
                "restore the server behind {broken_group} (for metrics.k8s.io: metrics-server), or delete its APIService",
                read=("kubectl get apiservices.apiregistration.k8s.io",),
            ),
        ),
        pattern=Text(
            r"(?:unable to retrieve the complete list of server APIs|failed to get API group "
            r"resources|stale GroupVersion discovery)[^\n]*?: (?P<broken_group>[\w.-]+/v\w+)"
        ),
        transient=True,
        upstream="client-go discovery",
    ),
    Rule(
        Code("api-server-denied", "The API server does not accept the controller's token."),
        why="the API server does not accept the token that {controller} sends (Unauthorized)",
        steps=(
            Step(
                "restart {controller}; if the error persists, check its ServiceAccount and the API server's signing keys",
                read=(LOG,),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(r"\bUnauthorized\b|asked for the client to provide credentials"),
        kinds=_APPLIES,
        upstream="kubernetes apimachinery api/errors",
    ),
    Rule(
        Code(
            "api-server-failing",
            "The API server failed, was overloaded or did not respond in time.",
        ),
        why="the API server did not respond in time, or was overloaded",
        steps=(
            Step(
                "check the control plane; Flux retries automatically",
                read=("kubectl get --raw /readyz?verbose",),
            ),
        ),
        pattern=Text(
            r"etcdserver: (?!request is too)|request did not complete within|"
            r"unable to return a response in the time|currently unable to handle the request|"
            r"http2: client connection lost|"
            r"client rate limiter Wait returned|apiserver not ready|Internal error occurred|"
            r"too many requests|//[\d.]+(?::\d+)?/(?:api|apis|openapi|version)\b|"
            r"error trying to reach service|leader changed|Kubernetes cluster unreachable"
        ),
        kinds=_APPLIES,
        transient=True,
        upstream="kubernetes apiserver, etcd, client-go",
    ),
)
