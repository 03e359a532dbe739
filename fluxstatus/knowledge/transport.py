"""Connection errors, which are the same for Git, OCI, Helm, buckets and APIs.

The messages come from Go (net, crypto/x509, crypto/tls, net/http), go-git and go-containerregistry.
"""

from fluxstatus.knowledge.commands import CA, CLIENT_CERTIFICATE, SECRET, SPEC, for_secret
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
_HOST_SLOW = Code("host-slow", "The host does not respond in time.")

_FETCHES: KindNames = ALL_KINDS - {"Kustomization", "HelmRelease", "ResourceSet", "Alert"}
"""Kinds whose messages are about external hosts, not about the API server and webhooks."""

_POLICIES = "kubectl get networkpolicies -n {flux_namespace}"
_DNS = "kubectl get pods -n kube-system -l k8s-app=kube-dns"
_FROM_THE_POD = Step(
    "check outbound connections from the cluster: DNS, NetworkPolicy, firewall, proxy; Flux recovers automatically once {host} responds",
    read=(_POLICIES,),
)
_RENEW = Step("renew the certificate of {host}; Flux retries automatically")

RULES = (
    Rule(
        Code("proxy-unreachable", "The proxy cannot be reached."),
        why="the proxy for {host} cannot be reached",
        steps=(
            Step(
                'check whether the proxy is running, and check its address: key "address" of the Secret in spec.proxySecretRef, or HTTPS_PROXY and NO_PROXY of the controller',
                read=(
                    for_secret(SECRET, "{proxy_secret}"),
                    "kubectl describe deployments -n {flux_namespace}",
                ),
            ),
        ),
        pattern=Text(r"proxyconnect tcp|socks connect|connect to proxy"),
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
                "set the keys username and password in the Secret in spec.proxySecretRef",
                read=(for_secret(SECRET, "{proxy_secret}"), SPEC),
            ),
        ),
        pattern=Text(r"Proxy Authentication Required|(?:status code:? |: )407\b"),
        kinds=_FETCHES,
        upstream="Go net/http transport.go",
    ),
    Rule(
        Code(
            "dns-failing", "The DNS server does not answer when the controller looks up the host."
        ),
        why="the DNS server {dns} does not respond when the controller looks up {host}",
        steps=(
            Step(
                "check the cluster's DNS (CoreDNS), and whether a NetworkPolicy blocks port 53 for the controllers; Flux retries automatically",
                read=(_DNS, _POLICIES),
            ),
        ),
        pattern=Text(
            r"lookup (?P<host>[\w.-]+) on (?P<dns>[\w.:\[\]]+):53: "
            r"(?:server misbehaving|(?:dial|read|write) (?:udp|tcp))|"
            r"lookup (?P<looked_up>[\w.-]+)[^;]{0,80}(?:Temporary failure in name|try again|"
            r"i/o timeout)"
        ),
        kinds=_FETCHES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        _HOST_REDIRECTS,
        why="{redirects} redirects the request to {host}, which fails: {detail}",
        steps=(
            Step(
                "if {host} serves a login page, set spec.secretRef to a Secret that {redirects} accepts, or correct spec.url; if the repository has moved, set spec.url to its new address",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"unable to (?:clone|list remote for) 'http[^']*': (?:Get|Head|Post) \"http[^\"]*\": "
            r"(?P<detail>[^\n]{1,120})"
        ),
        kinds=frozenset({"GitRepository"}),
        needs=("redirects",),
        reach=Reach.WHOLE,
        upstream="go-git plumbing/transport/http",
    ),
    Rule(
        Code("host-not-found", "The host name cannot be resolved."),
        why="{host} cannot be resolved (no such host)",
        steps=(
            Step(
                "correct the host in {address_field}; if it is correct, check whether the cluster's DNS can resolve it",
                read=(SPEC, _DNS),
            ),
        ),
        pattern=Text(r"(?:lookup (?P<host>[\w.-]+)[^,;]{0,80}?)?no such host"),
        kinds=_FETCHES,
        upstream="Go net/dnsclient_unix.go",
    ),
    Rule(
        Code("host-refuses", "The host refuses connections on this port."),
        why="{host} refuses connections (connection refused): nothing is listening on the port, or a firewall is rejecting the connection",
        steps=(_FROM_THE_POD, Step("check the port in {address_field}", read=(SPEC,))),
        pattern=Text(r"connection refused"),
        kinds=_FETCHES,
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "add the authority's certificate as ca.crt to the Secret in spec.secretRef, alongside the credentials; if spec.secretRef is not set, create a Secret with ca.crt and reference it there",
                read=(SECRET,),
                change=(CA,),
            ),
        ),
        pattern=Text(
            r"certificate signed by unknown authority|self[- ]signed certificate|"
            r"unable to get local issuer"
        ),
        kinds=frozenset({"GitRepository"}),
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "create a Secret with the authority's certificate as ca.crt and reference it in spec.certSecretRef",
                read=(for_secret(SECRET, "{cert_secret}"),),
                change=(CA,),
            ),
        ),
        pattern=Text(
            r"certificate signed by unknown authority|self[- ]signed certificate|"
            r"unable to get local issuer"
        ),
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
                read=(SPEC,),
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
                read=(SPEC,),
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
                "put a valid tls.crt and tls.key into the Secret in spec.certSecretRef (for Git, in spec.secretRef)",
                read=(for_secret(SECRET, "{cert_secret}"), SECRET),
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
                "correct the scheme and port in {address_field}; for a registry without TLS, set spec.insecure: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"server gave HTTP response to HTTPS client|first record does not look like a TLS"
        ),
        kinds=_FETCHES,
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} uses a different protocol on this port than the URL specifies",
        steps=(Step("correct the scheme and port in {address_field}", read=(SPEC,)),),
        pattern=Text(r"malformed HTTP (?:response|status code|version)|HTTP request to an HTTPS"),
        kinds=_FETCHES,
        upstream="Go net/http",
    ),
    Rule(
        Code("tls-failed", "The controller cannot establish a TLS connection to the host."),
        why="a TLS connection to {host} cannot be established: {detail}",
        steps=(
            Step(
                "check the certificate, TLS versions and ciphers of {host}, and any proxy between it and the cluster"
            ),
        ),
        pattern=Text(
            r"(?P<detail>x509: (?!decryption)[^\n]{1,120}|(?:remote error: )?tls: [^\n]{1,120}|"
            r"failed to parse (?:CA certificate|TLS certificate)[^\n]{0,80})"
        ),
        kinds=_FETCHES,
        upstream="Go crypto/tls",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout) over SSH (port 22, which many firewalls block)",
        steps=(
            _FROM_THE_POD,
            Step(
                "check whether port 22 of {host} is open; otherwise use HTTPS, or SSH over port 443 if the host offers it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"dial tcp [\w.:\[\]]+:22: .*(?:timeout|timed out)"),
        kinds=_FETCHES,
        transient=True,
        upstream="Go net",
    ),
    Rule(
        _HOST_SLOW,
        why="{host} does not respond in time (timeout)",
        steps=(
            _FROM_THE_POD,
            Step("if the download takes longer than the timeout, raise spec.timeout or fetch less"),
        ),
        pattern=Text(
            r"i/o timeout|TLS handshake timeout|context deadline exceeded|Client\.Timeout|"
            r"connection timed out|operation timed out|timeout awaiting response"
        ),
        kinds=_FETCHES,
        transient=True,
        upstream="Go net/http",
    ),
    Rule(
        Code("host-rate-limit", "The host rejects requests because a rate limit is exceeded."),
        why="{host} limits the rate of requests (HTTP 429, or 403 from GitHub)",
        steps=(
            Step(
                "raise spec.interval, use credentials with a higher limit (a token in the Secret in spec.secretRef; without a token, the limit applies to all requests from your IP address), or use a Receiver instead of polling"
            ),
        ),
        pattern=Text(
            r"(?:status(?: code)?:? |: |HTTP )429\b|429 Too Many|TOOMANYREQUESTS|"
            r"too many requests|rate limit(?!er)|pull rate|abuse detection"
        ),
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
        ),
        pattern=Text(r"(?:status(?: code)?:? |: |HTTP(?:/[\d.]+)? )(?P<status>5\d\d)\b(?!\.)"),
        kinds=_FETCHES,
        transient=True,
        upstream="go-git plumbing/transport/http, SC internal/helm/getter",
    ),
    Rule(
        _HOST_REDIRECTS,
        why="{host} redirects requests too many times (too many redirects)",
        steps=(
            Step("set {address_field} to the address that the redirects lead to", read=(SPEC,)),
        ),
        pattern=Text(r"stopped after \d+ redirects|too many redirects|unsupported redirect"),
        kinds=_FETCHES,
        upstream="Go net/http client.go",
    ),
    Rule(
        Code("host-unreachable", "The host cannot be reached or closes the connection."),
        why="{host} cannot be reached: {detail}",
        steps=(_FROM_THE_POD,),
        pattern=Text(
            r"(?P<detail>no route to host|network is unreachable|connection reset(?: by peer)?|"
            r"unexpected EOF|broken pipe|connect: operation not permitted|"
            r"connect: permission denied|(?<=: )EOF\b)"
        ),
        kinds=_FETCHES,
        transient=True,
        upstream="Go net",
    ),
)
