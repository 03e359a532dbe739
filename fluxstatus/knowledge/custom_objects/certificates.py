"""Certificates and their issuers, as cert-manager reports them.

Upstream: cert-manager pkg/controller, pkg/issuer; RFC 8555 section 6.7 for the errors of ACME.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.custom_objects.shared import CERT_MANAGER, DESCRIBE, UNREACHABLE
from fluxstatus.knowledge.rule import Rule, Step, Text

_ISSUERS = "kubectl get issuers,clusterissuers -A"
_ACME = "kubectl get certificaterequests,orders,challenges -n {ns}"
_RFC = "RFC 8555, cert-manager pkg/controller/acmeorders"

_REFUSALS = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ACME server (such as Let's Encrypt) does not issue the certificate, because too many certificates were requested (rateLimited)",
        steps=(
            Step(
                "wait until the rate limit resets. For tests, use the CA's staging server, and keep the Secrets of certificates when you recreate a cluster",
                read=(_ACME, DESCRIBE),
            ),
        ),
        pattern=Text(
            r"acme:error:rateLimited|too many certificates|too many failed authorizations"
        ),
        quoted=True,
        upstream=_RFC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ACME server (such as Let's Encrypt) never issues certificates for this name (rejectedIdentifier)",
        steps=(
            Step(
                "correct the DNS names of the Certificate or Ingress in Git. Public CAs only issue certificates for names in public domains; for internal names, use an issuer with a CA of your own",
                read=(_ACME, DESCRIBE),
            ),
        ),
        pattern=Text(r"acme:error:(?:rejectedIdentifier|unsupportedIdentifier)"),
        quoted=True,
        upstream=_RFC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a CAA record of the domain does not allow this CA to issue the certificate",
        steps=(
            Step(
                "add the CA to the domain's CAA records in the DNS, or use an issuer with a CA that they list",
                read=(_ISSUERS, DESCRIBE),
            ),
        ),
        pattern=Text(r"acme:error:caa\b|CAA record[^\n]{0,80}prevents"),
        quoted=True,
        upstream=_RFC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ACME server does not accept the e-mail address of the issuer",
        steps=(
            Step(
                "set spec.acme.email of the issuer to a valid address in Git (example.com and similar domains are not accepted), or remove the field",
                read=(_ISSUERS,),
            ),
        ),
        pattern=Text(r"acme:error:(?:invalidContact|unsupportedContact)"),
        quoted=True,
        upstream=_RFC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the CA requires an external account binding, but the issuer does not have one",
        steps=(
            Step(
                "create a key for external account binding (EAB) at the CA, store it in a Secret, and set spec.acme.externalAccountBinding of the issuer",
                read=(_ISSUERS,),
            ),
        ),
        pattern=Text(r"acme:error:externalAccountRequired"),
        quoted=True,
        upstream=_RFC,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ACME server does not know the issuer's account",
        steps=(
            Step(
                "if spec.acme.server was changed (for example, from staging to production), give the issuer another Secret in spec.acme.privateKeySecretRef, so that cert-manager registers a new account there",
                read=(_ISSUERS, DESCRIBE),
            ),
        ),
        pattern=Text(r"acme:error:accountDoesNotExist|account does not exist"),
        certainty="likely",
        quoted=True,
        upstream=_RFC,
    ),
)

_OF_SECRETS = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="Secret {missing}, which the issuer or the Certificate refers to, does not exist in the namespace where cert-manager looks for it",
        steps=(
            Step(
                "create the Secret, or correct its name. An Issuer needs it in its own namespace, a ClusterIssuer in the namespace of cert-manager (flag --cluster-resource-namespace)",
                read=(_ISSUERS, "kubectl get secrets -A --field-selector=metadata.name={missing}"),
            ),
        ),
        pattern=Text(r"secrets? \"(?P<missing>[^\"]+)\" not found"),
        quoted=True,
        upstream=CERT_MANAGER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the DNS provider has no zone for the certificate's name that cert-manager may use",
        steps=(
            Step(
                "check that the zone exists and is public, that the solver's credentials can list it, and that dnsZones or the hosted zone in the issuer's solver match the name",
                read=(_ACME, _ISSUERS),
            ),
        ),
        pattern=Text(
            r"Found no Zones|No Route ?53 zone|NoSuchHostedZone|zone \S+ not found|no (?:matching|hosted|managed) zones?|Zone of domain \S+ not found"
        ),
        certainty="one-of",
        quoted=True,
        upstream="cert-manager pkg/issuer/acme/dns",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the DNS provider rejects the credentials of the issuer's solver, or they lack a permission",
        steps=(
            Step(
                "check the token or identity in the issuer's solver: it must be valid and allow reading the zone and changing its records (on Cloudflare, Zone:Read and DNS:Edit)",
                read=(_ISSUERS, _ACME),
            ),
        ),
        pattern=Text(
            r"(?:presenting challenge|DNS|Route ?53|Cloudflare|zones?\b)[^\n]{0,300}?(?:Invalid access token|Authentication error|Invalid request headers|AccessDenied|"
            r"InvalidClientTokenId|SignatureDoesNotMatch|AuthorizationFailed|is not authorized|Error 403|\b401\b)|Invalid access token"
        ),
        certainty="likely",
        quoted=True,
        upstream="cert-manager pkg/issuer/acme/dns",
    ),
)

_ACCOUNT = Rule(
    HEALTH_CHECK_FAILED,
    why="the issuer cannot register or verify its account with the ACME server",
    steps=(
        Step(
            "check the server and the email address in spec.acme. If the account's key no longer belongs to the account, delete the Secret in privateKeySecretRef, so that cert-manager registers a new account",
            read=(_ISSUERS, DESCRIBE),
        ),
    ),
    pattern=Text(
        r"ErrRegisterACMEAccount|ErrVerifyACMEAccount|Failed to (?:register|verify) ACME account"
    ),
    certainty="one-of",
    quoted=True,
    upstream="cert-manager pkg/issuer/acme/setup.go",
)

_ISSUER = Rule(
    HEALTH_CHECK_FAILED,
    why="the certificate's issuer does not exist or is not ready",
    steps=(
        Step(
            "create the Issuer or ClusterIssuer first, or correct name and kind in issuerRef; the default kind is Issuer, which must be in the namespace of the Certificate. If the issuer is not ready, its conditions show why",
            read=(_ISSUERS, DESCRIBE),
        ),
    ),
    pattern=Text(
        r"(?:Cluster)?Issuer\"? (?:\S+ )?(?:not found|not ready)|IssuerNot(?:Found|Ready)|Referenced \"(?:Cluster)?Issuer\" not (?:found|ready)|"
        r"clusterissuers?\.cert-manager\.io \"[^\"]+\" not found"
    ),
    certainty="one-of",
    quoted=True,
    upstream="cert-manager pkg/controller",
)

_CHALLENGE = Rule(
    HEALTH_CHECK_FAILED,
    why="the certificate's ACME challenge fails",
    steps=(
        Step(
            "for HTTP-01, check that the DNS name points to the ingress controller and that port 80 can be reached from the Internet. For DNS-01, check the DNS provider's credentials and the zone in the issuer's solver",
            read=(_ACME, DESCRIBE),
        ),
    ),
    pattern=Text(
        r"self check|acme:error:(?:unauthorized|dns|connection|tls|incorrectResponse)|wrong status code|NXDOMAIN|propagation check|presenting challenge|Challenge[^\n]{0,60}fail"
    ),
    certainty="one-of",
    quoted=True,
    upstream="cert-manager pkg/issuer/acme",
)

_UNREACHABLE, _NOT_ISSUED = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="cert-manager cannot reach the server of the CA",
        steps=(
            Step(
                "check the server's address in the issuer, and outbound connections from cert-manager (DNS, NetworkPolicies, firewalls and proxies); cert-manager retries automatically",
                read=(_ISSUERS, "kubectl get networkpolicies -A"),
            ),
        ),
        pattern=Text(UNREACHABLE),
        certainty="one-of",
        quoted=True,
        upstream=CERT_MANAGER,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the certificate is not issued yet, so its Secret does not exist",
        steps=(
            Step(
                "check the CertificateRequest, and for ACME the Order and the Challenge: their conditions and events show why the certificate was not issued",
                read=(_ACME, _ISSUERS),
            ),
        ),
        pattern=Text(
            r"Issuing certificate as Secret (?:does not (?:exist|contain)|was previously issued)"
        ),
        certainty="one-of",
        quoted=True,
        upstream="cert-manager pkg/controller/certificates/trigger/policies",
    ),
)

RULES = (_ISSUER, *_REFUSALS, *_OF_SECRETS, _UNREACHABLE, _ACCOUNT, _CHALLENGE, _NOT_ISSUED)
