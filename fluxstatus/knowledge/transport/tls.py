"""TLS certificates and protocols.

Upstream: Go crypto/x509, crypto/tls, net/http.
"""

from fluxstatus.knowledge.commands import CA, CLIENT_CERTIFICATE, ENDPOINT, SECRET, for_secret
from fluxstatus.knowledge.facts import has_certificate_secret, has_distribution_artifact
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_TLS_UNKNOWN_AUTHORITY = Code(
    "tls-unknown-authority", "The host's TLS certificate is signed by an unknown authority."
)
_TLS_EXPIRED = Code("tls-expired", "The host's TLS certificate has expired or is not yet valid.")
_TLS_WRONG_NAME = Code(
    "tls-wrong-name",
    "The host's TLS certificate is not valid for the name or address being used.",
)
_TLS_FAILED = Code("tls-failed", "The controller cannot establish a TLS connection to the host.")
_PROTOCOL_MISMATCH = Code(
    "protocol-mismatch", "The host uses a different protocol on this port than the URL specifies."
)

_GIT: KindNames = frozenset({"GitRepository", "ImageUpdateAutomation"})

_WITH_CERTIFICATE: KindNames = frozenset({
    "Bucket", "HelmChart", "HelmRepository", "ImagePolicy", "ImageRepository", "OCIRepository",
    "Provider", "ResourceSetInputProvider",
})  # fmt: skip
"""Kinds that have spec.certSecretRef, or whose source has it."""

_INSECURE: KindNames = frozenset({
    "Bucket", "HelmChart", "HelmRepository", "ImagePolicy", "ImageRepository", "OCIRepository",
    "ResourceSetInputProvider",
})  # fmt: skip
"""Kinds that have spec.insecure, or whose source has it."""

_UNKNOWN_AUTHORITY = Text(
    r"certificate signed by unknown authority|self[- ]signed certificate|"
    r"unable to get local issuer"
)
_WITHOUT_TLS = Text(
    r"server gave HTTP response to HTTPS client|first record does not look like a TLS"
)
_CERT_SECRET = for_secret(SECRET, "{cert_secret}")

_CA_OF_PROXY = Step(
    "if a proxy replaces the certificates of hosts, ca.crt must contain the proxy's CA certificate"
)
_RENEW = Step("renew the certificate of {host}; Flux retries automatically")

RULES = (
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is not signed by the trusted CA {authority}, but by another CA with the same name: the CA was probably recreated",
        steps=(
            Step(
                "update ca.crt with the current CA certificate for {host}, in the Secret in {cert_field}{of_endpoint}",
                read=(_CERT_SECRET, SECRET),
            ),
        ),
        pattern=Text(
            r"signed by unknown authority \(possibly because of [^\n]{1,160}"
            r"authority certificate (?P<authority>\"[^\"\n]+\")"
        ),
        kinds=FETCHES,
        certainty="likely",
        upstream="Go crypto/x509 verify.go",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by a CA that the controller does not trust (x509)",
        steps=(
            Step(
                "add the CA certificate as ca.crt to Secret {secret} in spec.secretRef{of_endpoint}, and keep the credentials in the Secret",
                read=(SECRET,),
            ),
            _CA_OF_PROXY,
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=_GIT,
        needs=("secret",),
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by a CA that the controller does not trust (x509)",
        steps=(
            Step(
                "create a Secret with the CA certificate as ca.crt, and reference it in spec.secretRef{of_endpoint}",
                read=(ENDPOINT,),
                change=(CA,),
            ),
            _CA_OF_PROXY,
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=_GIT,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is not signed by the CA in Secret {cert_secret}, which spec.certSecretRef{of_endpoint} refers to (x509)",
        steps=(
            Step(
                "store the certificate of the CA for {host}, with all intermediate certificates, as ca.crt in Secret {cert_secret}. The CA may have been replaced",
                read=(_CERT_SECRET,),
            ),
            Step(
                "if the artifacts or tokens come from another host, or a proxy replaces certificates, ca.crt must also contain the CA certificate of that host or proxy"
            ),
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=_WITH_CERTIFICATE,
        needs=("cert_secret",),
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is signed by a CA that the controller does not trust (x509)",
        steps=(
            Step(
                "create a Secret with the CA certificate as ca.crt, and reference it in spec.certSecretRef{of_endpoint}",
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
        why="the certificate of {host} is signed by a CA that the controller does not trust (x509)",
        steps=(
            Step(
                "add the CA to the trusted certificates in the controller's pod (mount the CA certificate as a volume, or set SSL_CERT_DIR), because this kind has no field for a CA. If a proxy inspects TLS, add the proxy's CA. The trust store of the nodes is not used",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_UNKNOWN_AUTHORITY,
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} is not valid before {not_before} (x509)",
        steps=(Step("check the clocks of the nodes and of {host}, and check the new certificate"),),
        pattern=Text(r"x509: certificate has expired.*is before (?P<not_before>[\w:.+-]+)"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} expired on {not_after} (x509)",
        steps=(_RENEW,),
        pattern=Text(r"x509: certificate has expired.*is after (?P<not_after>[\w:.+-]+)"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} has expired or is not yet valid (x509)",
        steps=(_RENEW,),
        pattern=Text(r"certificate has expired"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} is checked for the name {wanted_name}: spec.certSecretRef{of_endpoint} applies only to the host in spec.url, but the index refers to {host}",
        steps=(
            Step(
                "serve the index and the charts from the same host (a mirror or an OCI registry), or remove spec.certSecretRef and add the CA certificate to source-controller's pod",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"://(?P<fetched>[\w.-]+)(?=[:/]).*x509: certificate is valid for (?:[^\n]*[, ])??(?P=fetched)(?=,)[^\n]*, not (?P<wanted_name>\S+)"
        ),
        kinds=frozenset({"HelmChart"}),
        when=(has_certificate_secret,),
        upstream="SC internal/helm/getter",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} is not valid for {wanted_name}: the certificate is only valid for {valid_for} (x509)",
        steps=(
            Step(
                "in {address_field}, use a name that the certificate is valid for, or reissue the certificate with {wanted_name} as a subject alternative name (SAN)",
                read=(ENDPOINT,),
            ),
            Step(
                "if {wanted_name} has its own certificate elsewhere, another server responds in its place in this cluster: check DNS (search domains and wildcard records) and proxies"
            ),
        ),
        pattern=Text(
            r"x509: certificate is valid for (?P<valid_for>.{1,200}), not (?P<wanted_name>\S+)"
        ),
        kinds=FETCHES,
        certainty="one-of",
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} has only a Common Name and no subject alternative name (SAN), which the controller requires (x509)",
        steps=(
            Step(
                "reissue the certificate with the name or IP address of {host} as a subject alternative name (SAN); the CA and the credentials are not the cause",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"x509: certificate relies on legacy Common Name"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} was issued for a different name (x509)",
        steps=(
            Step(
                "reissue the certificate with the name or IP address of {host} as a subject alternative name (SAN), or use a name that the certificate is valid for in {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"x509: (?:certificate is (?:not )?valid for|certificate is not valid for any|"
            r"cannot validate certificate)"
        ),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        Code(
            "tls-client-certificate",
            "The host requires a valid TLS client certificate.",
        ),
        why="{host} requires a client certificate, but the controller does not present a valid one",
        steps=(
            Step(
                "store a valid tls.crt and tls.key in the Secret in {cert_field}{of_endpoint}",
                read=(_CERT_SECRET, SECRET),
                change=(CLIENT_CERTIFICATE,),
            ),
        ),
        pattern=Text(
            r"remote error: tls: (?:certificate required|bad certificate|unknown certificate|"
            r"expired certificate|revoked certificate)|No required SSL certificate was sent|"
            r"SSL certificate error"
        ),
        kinds=FETCHES,
        upstream="Go crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} serves plain HTTP on this port, but the URL specifies https",
        steps=(
            Step(
                "if the server supports TLS on another port, correct the port in {address_field}. If it is an internal server without TLS, set spec.insecure: true{of_endpoint}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=_WITHOUT_TLS,
        kinds=_INSECURE,
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} serves plain HTTP on this port, but the controller requires HTTPS",
        steps=(
            Step(
                "enable TLS on {host}, or correct the port in {address_field}; this kind does not support plain HTTP",
                read=(ENDPOINT,),
            ),
            Step(
                "alternatively, remove spec.distribution.artifact, because the operator includes the manifests",
                when=(has_distribution_artifact,),
            ),
        ),
        pattern=_WITHOUT_TLS,
        kinds=frozenset({"FluxInstance"}),
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} serves plain HTTP on this port, but the URL specifies https",
        steps=(Step("correct the scheme and port in {address_field}", read=(ENDPOINT,)),),
        pattern=_WITHOUT_TLS,
        kinds=FETCHES,
        upstream="Go net/http, crypto/tls",
    ),
    Rule(
        _PROTOCOL_MISMATCH,
        why="{host} uses a different protocol on this port than the URL specifies",
        steps=(Step("correct the scheme and port in {address_field}", read=(ENDPOINT,)),),
        pattern=Text(r"malformed HTTP (?:response|status code|version)|HTTP request to an HTTPS"),
        kinds=FETCHES,
        upstream="Go net/http",
    ),
    Rule(
        Code(
            "tls-certificate-invalid",
            "The host's TLS certificate violates a rule that the controller enforces.",
        ),
        why="the certificate of {host} violates a rule that Go enforces: {detail}",
        steps=(
            Step(
                "reissue the certificate of {host}, or of its CA, without this defect; other clients may still accept the current certificate",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>x509: (?:negative serial number|unhandled critical extension|"
            r"certificate specifies an incompatible key usage|certificate is not authorized to sign|"
            r"cannot verify signature: insecure algorithm|too many intermediates|"
            r"a root or intermediate certificate is not authorized|malformed|invalid|"
            r"[^\n]{0,40}is not permitted by)[^\n]{0,100})"
        ),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_FAILED,
        why="{host} supports only an old version of TLS, but the controller requires TLS 1.2 or later: {detail}",
        steps=(
            Step(
                "enable TLS 1.2 or 1.3 on {host}, or on the load balancer in front of it",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:remote error: )?tls: (?:protocol version not supported|"
            r"server selected unsupported protocol version[^\n]{0,20}|"
            r"no supported versions satisfy[^\n]{0,60}))"
        ),
        kinds=FETCHES,
        upstream="Go crypto/tls",
    ),
    Rule(
        _TLS_FAILED,
        why="{host} does not recognize the TLS server name (SNI) from the address: {detail}",
        steps=(
            Step(
                "configure a virtual host and a certificate for {host} on the server or ingress, or correct {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"(?P<detail>remote error: tls: unrecognized name)"),
        kinds=FETCHES,
        upstream="Go crypto/tls",
    ),
    Rule(
        _TLS_FAILED,
        why="{host} aborts the TLS handshake: {detail}",
        steps=(
            Step(
                "check the logs of {host} or its load balancer. The server may require a client certificate, support no common cipher, or not recognize the host name",
                read=(ENDPOINT,),
            ),
            Step(
                "if a client certificate is required, store tls.crt and tls.key in the Secret in spec.certSecretRef{of_endpoint}"
            ),
        ),
        pattern=Text(
            r"(?P<detail>remote error: tls: (?:handshake failure|internal error|access denied|"
            r"illegal parameter|insufficient security))"
        ),
        kinds=FETCHES,
        certainty="one-of",
        upstream="Go crypto/tls",
    ),
    Rule(
        _TLS_FAILED,
        why="a TLS connection to {host} cannot be established: {detail}",
        steps=(
            Step(
                "check the certificate, TLS versions and ciphers of {host}, and any proxy between {host} and the cluster",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>x509: (?!decryption)[^\n]{1,120}|(?:remote error: )?tls: [^\n]{1,120})"
        ),
        kinds=FETCHES,
        certainty="unknown",
        upstream="Go crypto/tls",
    ),
)
