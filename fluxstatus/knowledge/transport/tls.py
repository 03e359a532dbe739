"""TLS certificates and protocols.

Upstream: Go crypto/x509, crypto/tls, net/http.
"""

from fluxstatus.knowledge.commands import CA, CLIENT_CERTIFICATE, ENDPOINT, SECRET, for_secret
from fluxstatus.knowledge.facts import has_certificate_secret
from fluxstatus.knowledge.rule import Rule, Step, Text
from fluxstatus.knowledge.transport.shared import FETCHES
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

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
    "if a proxy replaces the certificates of hosts, ca.crt must contain the proxy's authority"
)
_RENEW = Step("renew the certificate of {host}; Flux retries automatically")

RULES = (
    Rule(
        _TLS_UNKNOWN_AUTHORITY,
        why="the certificate of {host} is not signed by the authority {authority} that the controller trusts, but by another one with the same name: the authority was probably created again",
        steps=(
            Step(
                "store the authority that signs the certificate of {host} now as ca.crt in the Secret in spec.certSecretRef{of_endpoint} (for Git, in spec.secretRef)",
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
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "add the authority's certificate as ca.crt to Secret {secret} (spec.secretRef{of_endpoint}), alongside the credentials",
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
        why="the certificate of {host} is signed by an authority that the controller does not trust (x509)",
        steps=(
            Step(
                "create a Secret with the authority's certificate as ca.crt and reference it in spec.secretRef{of_endpoint}",
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
                "add the authority to the certificates in the controller's pod (mount it as a volume, or set SSL_CERT_DIR), because this kind has no field for it; if a proxy inspects TLS, this is the CA of the proxy, and the nodes' own trust store does not matter",
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
        steps=(Step("check the clocks of the nodes and of {host}, and the new certificate"),),
        pattern=Text(r"x509: certificate has expired.*is before (?P<not_before>[\w:.+-]+)"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} has expired: it was valid until {not_after} (x509)",
        steps=(_RENEW,),
        pattern=Text(r"x509: certificate has expired.*is after (?P<not_after>[\w:.+-]+)"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_EXPIRED,
        why="the certificate of {host} has expired or is not valid yet (x509)",
        steps=(_RENEW,),
        pattern=Text(r"certificate has expired"),
        kinds=FETCHES,
        upstream="Go crypto/x509",
    ),
    Rule(
        _TLS_WRONG_NAME,
        why="the certificate of {host} is checked for the name {wanted_name}, because spec.certSecretRef{of_endpoint} applies to the host in spec.url only, but the index refers to {host}",
        steps=(
            Step(
                "serve the index and its charts from one host (a mirror, or an OCI registry), or remove spec.certSecretRef and add its CA to the certificates in the pod of source-controller",
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
        why="the certificate of {host} is for a different name: it is valid for {valid_for}, not for {wanted_name} (x509)",
        steps=(
            Step(
                "use a name from the certificate in {address_field}, or reissue the certificate with {wanted_name} as a subject alternative name (SAN)",
                read=(ENDPOINT,),
            ),
            Step(
                "if {wanted_name} has a certificate of its own elsewhere, something else answers for it in this cluster: check DNS (search domains, wildcard records) and proxies"
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
        kinds=FETCHES,
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
        kinds=FETCHES,
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
            "The TLS certificate of the host breaks a rule that the controller enforces.",
        ),
        why="the certificate of {host} breaks a rule for certificates that Go enforces: {detail}",
        steps=(
            Step(
                "issue the certificate of {host}, or that of its authority, again without this defect; other clients may still accept it",
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
        why="{host} only offers an old version of TLS, but the controller requires TLS 1.2: {detail}",
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
        why="{host} does not recognize the name in the address (TLS server name): {detail}",
        steps=(
            Step(
                "configure a virtual host and certificate for {host} on the server or ingress, or correct {address_field}",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"(?P<detail>remote error: tls: unrecognized name)"),
        kinds=FETCHES,
        upstream="Go crypto/tls",
    ),
    Rule(
        _TLS_FAILED,
        why="{host} breaks off the TLS handshake: {detail}",
        steps=(
            Step(
                "check the logs of {host} or of its load balancer: it may require a client certificate, offer no common cipher, or not know the host name",
                read=(ENDPOINT,),
            ),
            Step(
                "for a client certificate, put tls.crt and tls.key into the Secret in spec.certSecretRef{of_endpoint}"
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
                "check the certificate, TLS versions and ciphers of {host}, and any proxy between it and the cluster",
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
