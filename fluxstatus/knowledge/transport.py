"""Faults of the way to a host: the same texts for Git, OCI, Helm, buckets and APIs.

The texts are Go's (net, crypto/x509, net/http), go-git's and go-containerregistry's.
"""

from dataclasses import replace

from fluxstatus.kinds import KINDS
from fluxstatus.knowledge.rule import Rule, Step, text

_FETCHES = frozenset(
    kind.name
    for kind in KINDS.values()
    if kind.name not in ("Kustomization", "HelmRelease", "ResourceSet", "Alert", "Provider")
)
"""Kinds whose own messages are about a host outside; appliers speak of API servers and webhooks."""

_FROM_THE_POD = Step(
    "look at the way out of the cluster: DNS, NetworkPolicy, firewall, proxy; Flux retries by "
    "itself as soon as {host} answers",
    read=("kubectl get networkpolicies -n {flux_namespace}",),
)

_RULES = (
    Rule(
        "host-not-found",
        "the name {host} does not resolve (no such host)",
        (
            Step(
                "correct the host in spec.url, or the cluster's DNS",
                read=("kubectl get {resource} {name} -n {ns} -o jsonpath={{.spec.url}}",),
            ),
        ),
        pattern=text(r"(?:lookup (?P<host>[\w.-]+)[^,;]{0,80}?)?no such host"),
        upstream="Go net",
    ),
    Rule(
        "host-refuses",
        "{host} refuses connections (connection refused): nothing listens there, or a firewall "
        "answers",
        (_FROM_THE_POD,),
        pattern=text(r"connection refused"),
        transient=True,
        upstream="Go net",
    ),
    Rule(
        "tls-unknown-authority",
        "the certificate of {host} is signed by an authority that the controller does not trust "
        "(x509)",
        (
            Step(
                "put the authority's certificate as ca.crt into the Secret that spec.certSecretRef "
                "(for Git: spec.secretRef) names",
                read=("kubectl describe secret {secret} -n {ns}",),
                change=(
                    "flux-operator create secret tls {name}-ca -n {ns} --ca-crt-file=./ca.crt",
                ),
            ),
        ),
        pattern=text(r"x509: certificate signed by unknown authority"),
        upstream="Go crypto/x509",
    ),
    Rule(
        "tls-expired",
        "the certificate of {host} has expired or is not valid yet",
        (Step("renew the certificate of {host}; Flux retries by itself"),),
        pattern=text(r"x509: certificate has expired"),
        upstream="Go crypto/x509",
    ),
    Rule(
        "tls-wrong-name",
        "the certificate of {host} is for another name",
        (Step("use a host name that the certificate of {host} holds, or renew the certificate"),),
        pattern=text(r"x509: (?:certificate is (?:not )?valid for|cannot validate certificate)"),
        upstream="Go crypto/x509",
    ),
    Rule(
        "tls-failed",
        "no TLS connection to {host}",
        (Step("look at the certificate and the TLS versions of {host}, and at proxies between"),),
        pattern=text(r"x509:|tls: |server gave HTTP response to HTTPS client"),
        upstream="Go crypto/tls",
    ),
    Rule(
        "host-slow",
        "{host} does not answer in time (timeout)",
        (
            _FROM_THE_POD,
            Step("when the repository is only large: raise spec.timeout, or fetch less of it"),
        ),
        pattern=text(
            r"i/o timeout|TLS handshake timeout|context deadline exceeded|Client\.Timeout"
        ),
        transient=True,
        upstream="Go net/http",
    ),
    Rule(
        "host-broken",
        "{host} answers with HTTP {status}: a fault on its side",
        (Step("look at the state of {host}; Flux retries by itself when it is back"),),
        pattern=text(r"(?:status code:? |: )(?P<status>50[0-4])\b"),
        transient=True,
        upstream="go-git plumbing/transport/http, SC internal/helm/getter",
    ),
    Rule(
        "host-rate-limit",
        "{host} limits the rate of requests (HTTP 429)",
        (Step("raise spec.interval, use credentials with a higher limit, or a Receiver instead"),),
        pattern=text(r"(?:status code:? |: )429\b|429 Too Many|TOOMANYREQUESTS|rate limit(?!er)"),
        upstream="go-containerregistry pkg/v1/remote/transport",
    ),
    Rule(
        "host-unreachable",
        "{host} cannot be reached",
        (_FROM_THE_POD,),
        pattern=text(
            r"no route to host|network is unreachable|connection reset|unexpected EOF|: EOF\b"
        ),
        transient=True,
        upstream="Go net",
    ),
)

RULES = (
    *(replace(rule, kinds=_FETCHES) for rule in _RULES),
    Rule(
        "storage-full",
        "the controller's disk is full",
        (
            Step(
                "give the controller more storage, or fetch fewer and smaller artifacts",
                read=("kubectl get pods -n {flux_namespace} -o wide",),
            ),
        ),
        pattern=text(r"no space left on device"),
        upstream="Go syscall",
    ),
    Rule(
        "artifact-host-unreachable",
        "the artifact cannot be downloaded from source-controller",
        (
            Step(
                "look at source-controller, its Service and the NetworkPolicies of its namespace",
                read=("kubectl get pods,services,networkpolicies -n {flux_namespace}",),
            ),
        ),
        reasons=("ArtifactFailed",),
        pattern=text(r"failed to download archive|source-controller\.[\w-]+\.svc|dial tcp .*:80\b"),
        transient=True,
        upstream="PKG http/fetch",
    ),
    Rule(
        "artifact-corrupt",
        "the downloaded artifact does not match its digest",
        (
            Step(
                "let the source store it again",
                change=(
                    "kubectl annotate --overwrite {source_resource} {source_name} -n {source_ns} "
                    "reconcile.fluxcd.io/requestedAt={now}",
                ),
            ),
        ),
        reasons=("ArtifactFailed",),
        pattern=text(r"computed digest doesn't match|failed to extract archive"),
        upstream="PKG http/fetch",
    ),
)
