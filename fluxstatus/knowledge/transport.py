"""Connection errors, which are the same for Git, OCI, Helm, buckets and APIs.

The messages come from Go (net, crypto/x509, crypto/tls, net/http), go-git and go-containerregistry.
"""

from fluxstatus.knowledge.commands import (
    CA,
    CLIENT_CERTIFICATE,
    ENDPOINT,
    REGISTRY,
    SECRET,
    for_secret,
)
from fluxstatus.knowledge.facts import at_host, has_secret, has_submodules
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import ALL_KINDS, KindNames

_HOST_REDIRECTS = Code(
    "host-redirects", "The host redirects the request, and following the redirects fails."
)
_TLS_UNKNOWN_AUTHORITY = Code(
    "tls-unknown-authority", "The TLS certificate of the host is signed by an unknown authority."
)
_TLS_EXPIRED = Code(
    "tls-expired", "The TLS certificate of the host has expired or is not yet valid."
)
_TLS_WRONG_NAME = Code(
    "tls-wrong-name",
    "The TLS certificate of the host is not valid for the name or address being used.",
)
_PROTOCOL_MISMATCH = Code(
    "protocol-mismatch", "The host uses a different protocol on this port than the URL specifies."
)
_PROXY_UNREACHABLE = Code("proxy-unreachable", "The proxy cannot be reached.")
_DNS_FAILING = Code(
    "dns-failing", "The DNS server does not answer when the controller looks up the host."
)
_RATE_LIMIT = Code("host-rate-limit", "The host rejects requests because a rate limit is exceeded.")
_HOST_UNREACHABLE = Code("host-unreachable", "The host cannot be reached or closes the connection.")
_HOST_SLOW = Code("host-slow", "The host does not respond in time.")

_FETCHES: KindNames = ALL_KINDS - {"Kustomization", "HelmRelease", "ResourceSet", "Alert"}
"""Kinds whose messages are about external hosts, not about the API server and webhooks."""

_WITH_CERTIFICATE: KindNames = frozenset({
    "Bucket", "HelmChart", "HelmRepository", "ImagePolicy", "ImageRepository", "OCIRepository",
    "Provider", "ResourceSetInputProvider",
})  # fmt: skip
"""Kinds that have spec.certSecretRef, or whose source has it."""

_PULLS: KindNames = frozenset({"HelmChart", "ImagePolicy", "ImageRepository", "OCIRepository"})

_INSECURE: KindNames = frozenset({
    "Bucket", "HelmChart", "HelmRepository", "ImagePolicy", "ImageRepository", "OCIRepository",
    "ResourceSetInputProvider",
})  # fmt: skip
"""Kinds that have spec.insecure, or whose source has it."""

_UNKNOWN_AUTHORITY = Text(
    r"certificate signed by unknown authority|self[- ]signed certificate|"
    r"unable to get local issuer"
)
_TOO_MANY = Text(
    r"(?P<detail>(?:(?<=: )|(?<=status )|(?<=code )|(?<=HTTP ))429\b[^\n]{0,60}|429 Too Many[^\n]{0,40}|TOOMANYREQUESTS|"
    r"too many requests|rate limit(?!er)[^\n]{0,40}|pull rate[^\n]{0,40}|abuse detection[^\n]{0,40})"
)
_WITHOUT_TLS = Text(
    r"server gave HTTP response to HTTPS client|first record does not look like a TLS"
)
_CERT_SECRET = for_secret(SECRET, "{cert_secret}")

_POLICIES = "kubectl get networkpolicies -n {flux_namespace}"
_DNS = "kubectl get pods -n kube-system -l k8s-app=kube-dns"
_FROM_THE_POD = Step(
    "check outbound connections from the cluster: DNS, NetworkPolicy, firewall, proxy; Flux recovers automatically once {host} responds",
    read=(_POLICIES,),
)
_RENEW = Step("renew the certificate of {host}; Flux retries automatically")

RULES = (
    Rule(
        _PROXY_UNREACHABLE,
        why="the proxy for {host} cannot be reached: {detail}",
        steps=(
            Step(
                'check whether the proxy is running, and check its address: key "address" of the Secret in spec.proxySecretRef{of_endpoint}, or HTTPS_PROXY of the controller; if {host} needs no proxy, add it to NO_PROXY',
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"(?:proxyconnect tcp|socks connect|connect to proxy)[^\n:]*: (?P<detail>[^\n]{1,200})"
        ),
        kinds=_FETCHES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="Go net/http transport.go",
    ),
    Rule(
        Code(
            "proxy-auth-rejected", "The proxy requires authentication that is missing or invalid."
        ),
        why="the proxy requires authentication, but the controller sends no valid credentials (407)",
        steps=(
            Step(
                "set the keys username and password in the Secret in spec.proxySecretRef{of_endpoint}",
                read=(for_secret(SECRET, "{proxy_secret}"), ENDPOINT),
            ),
        ),
        pattern=Text(r"Proxy Authentication Required|(?:status code:? |: )407\b"),
        kinds=_FETCHES,
        upstream="Go net/http transport.go",
    ),
    Rule(
        Code("proxy-refuses", "The proxy refuses the connection to the host."),
        why="the proxy refuses the connection to {host}: {detail}",
        steps=(
            Step(
                "allow {host} in the proxy, or add it to NO_PROXY of the controller if it can be reached without the proxy; the proxy is set in spec.proxySecretRef{of_endpoint}, or in HTTPS_PROXY of the controller",
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(
            r"(?:Get|Head|Post|Put) \"https://[^\"]*\": (?P<detail>Forbidden|Bad Gateway|Bad Request|"
            r"Service Unavailable|Gateway Time-?out|Not Found|Method Not Allowed)\s*$"
        ),
        kinds=_FETCHES,
        upstream="Go net/http transport.go",
    ),
    Rule(
        _DNS_FAILING,
        why="the DNS server {dns} does not respond when the controller looks up {host}",
        steps=(
            Step(
                "check the cluster's DNS (CoreDNS), and whether a NetworkPolicy blocks port 53 for the controllers; Flux retries automatically",
                read=(_DNS, _POLICIES),
            ),
        ),
        pattern=Text(
            r"lookup (?P<host>[\w.-]+)(?: on (?P<dns>[\w.:\[\]]+):53)?: "
            r"(?:(?:dial|read|write) (?:udp|tcp)|i/o timeout|context deadline exceeded)"
        ),
        kinds=_FETCHES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        _DNS_FAILING,
        why="the DNS server {dns} fails to look up {host}: {detail}",
        steps=(
            Step(
                "check the logs of the cluster's DNS (CoreDNS) and its upstream servers; if only {host} fails, check the name servers of its domain",
                read=(_DNS, "kubectl logs -n kube-system -l k8s-app=kube-dns --tail=50"),
            ),
        ),
        pattern=Text(
            r"lookup (?P<host>[\w.-]+)(?: on (?P<dns>[\w.:\[\]]+):53)?: [^\n;]{0,40}?(?P<detail>server misbehaving|"
            r"Temporary failure in name resolution|try again|DNS (?:message|response)[^\n]{0,60}|"
            r"cannot unmarshal DNS message|lame referral)"
        ),
        kinds=_FETCHES,
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        _HOST_REDIRECTS,
        why="{redirects} redirects the request to {host}, which fails: {detail}",
        steps=(
            Step(
                "if {host} serves a login page, set spec.secretRef to a Secret that {redirects} accepts, or correct spec.url; if the repository has moved, set spec.url to its new address",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"unable to (?:clone|list remote for) 'http[^']*': (?:Get|Head|Post) \"http[^\"]*\": "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=frozenset({"GitRepository"}),
        needs=("redirects",),
        unless=(has_submodules,),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="go-git plumbing/transport/http",
    ),
    Rule(
        Code("host-not-found", "The host name cannot be resolved."),
        why="{host} cannot be resolved (no such host)",
        steps=(
            Step(
                "correct the host in {address_field}; if it is correct, check whether the cluster's DNS can resolve it",
                read=(ENDPOINT, _DNS),
            ),
        ),
        pattern=Text(r"(?:lookup (?P<host>[\w.-]+)[^,;]{0,80}?)?no such host"),
        kinds=_FETCHES,
        certainty="one-of",
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        Code("host-refuses", "The host refuses connections on this port."),
        why="{host} refuses connections (connection refused): nothing is listening on the port, or a firewall is rejecting the connection",
        steps=(_FROM_THE_POD, Step("check the port in {address_field}", read=(ENDPOINT,))),
        pattern=Text(r"connection refused"),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "add the authority's certificate as ca.crt to the Secret in spec.secretRef{of_endpoint}, alongside the credentials; if spec.secretRef is not set, create a Secret with ca.crt and reference it there",
                read=(SECRET,),
            ),
            Step(
                "if a proxy replaces the certificates of hosts, ca.crt must contain the proxy's authority"
            ),
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=frozenset({"GitRepository", "ImageUpdateAutomation"}),
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is not signed by the authority in Secret {cert_secret} (spec.certSecretRef{of_endpoint}, x509)",
        steps=(
            Step(
                "store the authority that signed the certificate of {host} as ca.crt in Secret {cert_secret}, with all intermediate certificates; it may have been replaced",
                read=(_CERT_SECRET,),
            ),
            Step(
                "if the artifacts or tokens come from another host, or a proxy replaces certificates, ca.crt must also contain that authority"
            ),
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=_WITH_CERTIFICATE,
        needs=("cert_secret",),
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "create a Secret with the authority's certificate as ca.crt and reference it in spec.certSecretRef{of_endpoint}",
                read=(ENDPOINT,),
                change=(CA,),
            ),
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=_WITH_CERTIFICATE,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "use a certificate from a public authority for {host}, or add the private authority to the certificates in the controller's pod: this kind has no field for it",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=_FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} is not valid before {not_before} (x509)",
        steps=(Step("check the clocks of the nodes and of {host}, and the new certificate"),),
        pattern=Text(r"x509: certificate has expired.*is before (?P<not_before>[\w:.+-]+)"),
        kinds=_FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} has expired: it was valid until {not_after} (x509)",
        steps=(_RENEW,),
        pattern=Text(r"x509: certificate has expired.*is after (?P<not_after>[\w:.+-]+)"),
        kinds=_FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} has expired or is not valid yet (x509)",
        steps=(_RENEW,),
        pattern=Text(r"certificate has expired"),
        kinds=_FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} is for a different name: it is valid for {valid_for}, not for {wanted_name} (x509)",
        steps=(
            Step(
                "use a name from the certificate in {address_field}, or reissue the certificate with {wanted_name} as a subject alternative name (SAN)",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"x509: certificate is valid for (?P<valid_for>.{1,200}), not (?P<wanted_name>\S+)"
        ),
        kinds=_FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} is for a different name (x509)",
        steps=(
            Step(
                "reissue the certificate with the name or IP address of {host} as a subject alternative name (SAN), or use a name from the certificate in {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"x509: (?:certificate is (?:not )?valid for|certificate is not valid for any|"
            r"cannot validate certificate|certificate relies on legacy)"
        ),
        kinds=_FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        Code(
            "tls-client-certificate",
            "The host requires a valid TLS client certificate from the controller.",
        ),
        why="{host} requires a client certificate, but the controller presents no valid certificate",
        steps=(
            Step(
                "put a valid tls.crt and tls.key into the Secret in spec.certSecretRef{of_endpoint} (for Git, in spec.secretRef)",
                read=(_CERT_SECRET, SECRET),
                change=(CLIENT_CERTIFICATE,),
            ),
        ),
        pattern=Text(
            r"remote error: tls: (?:certificate required|bad certificate|unknown certificate|"
            r"expired certificate|revoked certificate)|No required SSL certificate was sent|"
            r"SSL certificate error"
        ),
        kinds=_FETCHES,
        upstream="Go crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} responds without TLS on this port: the server uses HTTP, but the URL specifies https",
        steps=(
            Step(
                "if the server has TLS on another port, correct the port in {address_field}; for a host without TLS inside your network, set spec.insecure: true{of_endpoint}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_WITHOUT_TLS,
        kinds=_INSECURE,
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} responds without TLS on this port: the controller requires TLS (https)",
        steps=(
            Step(
                "serve {host} with TLS, or correct the port in {address_field}; this kind cannot use plain HTTP. If spec.distribution.artifact is set, you can omit it: the operator contains the manifests",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_WITHOUT_TLS,
        kinds=frozenset({"FluxInstance"}),
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} responds without TLS on this port: the server uses HTTP, but the URL specifies https",
        steps=(Step("correct the scheme and port in {address_field}", read=(ENDPOINT,)),),
        pattern=_WITHOUT_TLS,
        kinds=_FETCHES,
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} uses a different protocol on this port than the URL specifies",
        steps=(Step("correct the scheme and port in {address_field}", read=(ENDPOINT,)),),
        pattern=Text(r"malformed HTTP (?:response|status code|version)|HTTP request to an HTTPS"),
        kinds=_FETCHES,
        upstream="Go net/http",
    ),
    Rule(
        Code("tls-failed", "The controller cannot establish a TLS connection to the host."),
        why="a TLS connection to {host} cannot be established: {detail}",
        steps=(
            Step(
                "check the certificate, TLS versions and ciphers of {host}, and any proxy between it and the cluster",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>x509: (?!decryption)[^\n]{1,120}|(?:remote error: )?tls: [^\n]{1,120}|"
            r"failed to parse (?:CA certificate|TLS certificate)[^\n]{0,80})"
        ),
        kinds=_FETCHES,
        certainty="unknown",
        upstream="Go crypto/tls",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout) over SSH (port 22, which many firewalls block)",
        steps=(
            _FROM_THE_POD,
            Step(
                "check whether port 22 of {host} is open; otherwise use HTTPS, or SSH over port 443 if the host offers it",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"(?:dial|read|write) tcp [\w.:\[\]>-]+:22: .*(?:timeout|timed out)"),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_SLOW,
        why="no connection to {host} is established in time (dial, timeout): packets are dropped on the way, or the host is down",
        steps=(_FROM_THE_POD, Step("check the port in {address_field}", read=(ENDPOINT,))),
        pattern=Text(r"dial tcp [^\n]{0,80}?(?:i/o timeout|timed out)|TLS handshake timeout"),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout)",
        steps=(
            _FROM_THE_POD,
            Step(
                "if the download takes longer than the timeout, raise spec.timeout or fetch less (spec.ignore does not reduce a Git clone, spec.sparseCheckout does)"
            ),
        ),
        pattern=Text(
            r"i/o timeout|context deadline exceeded|Client\.Timeout|"
            r"connection timed out|operation timed out|timeout awaiting response|timeout exceeded"
        ),
        kinds=frozenset({"GitRepository", "ImageUpdateAutomation"}),
        certainty="one-of",
        transient=True,
        upstream="Go net/http",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout)",
        steps=(
            _FROM_THE_POD,
            Step(
                "if the download takes longer than the timeout, raise spec.timeout{of_endpoint}, or fetch less"
            ),
        ),
        pattern=Text(
            r"i/o timeout|context deadline exceeded|Client\.Timeout|"
            r"connection timed out|operation timed out|timeout awaiting response|timeout exceeded"
        ),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net/http",
    ),
    Rule(
        _RATE_LIMIT,
        why="Docker Hub limits the rate of pulls (429), and anonymous pulls from one IP address share a small limit",
        steps=(
            Step(
                "log in: reference a Secret of type kubernetes.io/dockerconfigjson with a Docker Hub account in spec.secretRef{of_endpoint}; or pull from a mirror of your own (pull-through cache), and raise spec.interval",
                read=(ENDPOINT,),
                change=(for_secret(REGISTRY, "{endpoint_name}-auth"),),
            ),
        ),
        pattern=_TOO_MANY,
        kinds=_PULLS,
        when=(at_host("docker.io", "docker.com"),),
        unless=(has_secret,),
        transient=True,
        upstream="go-containerregistry pkg/v1/remote/transport",
    ),
    Rule(
        _RATE_LIMIT,
        why="{host} limits the rate of requests to its API ({detail})",
        steps=(
            Step(
                "set spec.secretRef to a Secret with a token or a GitHub App, whose limit is higher: without one, all requests from your IP address share a small limit",
                read=(ENDPOINT,),
            ),
            Step(
                "poll less often: set annotation fluxcd.controlplane.io/reconcileEvery of the object to a longer interval; it recovers when the limit is reset"
            ),
        ),
        pattern=_TOO_MANY,
        kinds=frozenset({"ResourceSetInputProvider"}),
        transient=True,
        upstream="GitHub, GitLab: answers of the APIs",
    ),
    Rule(
        _RATE_LIMIT,
        why="{host} limits the rate of requests ({detail})",
        steps=(
            Step(
                "send fewer requests (group notifications in fewer Alerts, or filter them with spec.exclusionList and spec.eventSeverity: error), or raise the limit of the account"
            ),
        ),
        pattern=_TOO_MANY,
        kinds=frozenset({"Provider", "Alert"}),
        transient=True,
        upstream="NC internal/notifier",
    ),
    Rule(
        _RATE_LIMIT,
        why="{host} limits the rate of requests ({detail})",
        steps=(
            Step(
                "raise spec.interval{of_endpoint}, use credentials with a higher limit (without credentials, the limit applies to all requests from your IP address), or use a Receiver instead of polling",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_TOO_MANY,
        kinds=_FETCHES,
        transient=True,
        upstream="go-containerregistry pkg/v1/remote/transport",
    ),
    Rule(
        Code("host-broken", "The host returns a server error (HTTP 5xx)."),
        why="{host} returned HTTP {status} (server error)",
        steps=(
            Step(
                "check the status of {host}; Flux recovers automatically when {host} is available again"
            ),
            Step(
                "if {host} is available, check the proxy or load balancer between it and the cluster"
            ),
        ),
        pattern=Text(
            r"(?:status(?: code)?:? |HTTP(?:/[\d.]+)? |: (?=5\d\d (?:Internal|Bad G|Service|Gateway|"
            r"Not Impl|Origin|Web)|5\d\d\b\s*$))(?P<status>5\d\d)\b(?!\.)"
        ),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="go-git plumbing/transport/http, SC internal/helm/getter",
    ),
    Rule(
        _HOST_REDIRECTS,
        why="{host} redirects the request, and Flux does not follow the redirect: {detail}",
        steps=(
            Step(
                "set {address_field} to the address that the redirect leads to, with the same scheme; a redirect to a login page means that the credentials are missing or rejected",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>http redirect: (?!target)[^\n]{1,120}|stopped after \d+ redirects|too many redirects|"
            r"unsupported redirect[^\n]{0,60}|\b30[1278] (?:Moved|Found|Temporary|Permanent)[^\n]{0,40})"
        ),
        kinds=_FETCHES,
        certainty="one-of",
        upstream="Go net/http client.go, go-git plumbing/transport/http",
    ),
    Rule(
        Code(
            "host-breaks-stream",
            "The host or a proxy in front of it breaks off the HTTP/2 connection.",
        ),
        why="{host}, or a proxy or load balancer in front of it, broke off the HTTP/2 connection: {detail}",
        steps=(
            Step(
                "check the logs of {host} and of its ingress, proxy or load balancer; Flux retries automatically"
            ),
            Step(
                "if it happens often, disable HTTP/2 or raise time-outs and buffer sizes there, or use SSH for a Git repository",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>stream error: stream ID \d+; [^\n]{1,60}|http2: [^\n]{1,100}|"
            r"GOAWAY[^\n]{0,60}|connection error: [A-Z_]{5,})"
        ),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="golang.org/x/net/http2",
    ),
    Rule(
        _HOST_UNREACHABLE,
        why="{host} cannot be reached: {detail}",
        steps=(_FROM_THE_POD,),
        pattern=Text(
            r"(?P<detail>no route to host|network is unreachable|"
            r"connect: operation not permitted|connect: permission denied|"
            r"cannot assign requested address)"
        ),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_UNREACHABLE,
        why="the connection to {host} was closed before the response was complete: {detail}",
        steps=(
            Step(
                "check the logs of {host} and of any proxy, firewall or load balancer between it and the cluster (limits on size, time or connections); Flux retries automatically",
                read=(_POLICIES,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>connection reset(?: by peer)?|unexpected EOF|broken pipe|"
            r"use of closed network connection|server closed (?:idle )?connection|(?<=: )EOF\b)"
        ),
        kinds=_FETCHES,
        certainty="one-of",
        transient=True,
        upstream="Go net",
    ),
)
