"""Objects without pods that fail a health check, as their events and conditions report it.

Services and Ingresses wait for a cloud or an address pool, Certificates for an issuer,
ExternalSecrets for a secret manager. The rules explain a failed health check, and are not faults
of their own.

Upstream: cloud-provider-*, aws-load-balancer-controller, MetalLB, cert-manager, external-secrets.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.rule import Rule, Step, Text

_DESCRIBE = "kubectl describe {resource} {name} -n {ns}"
_STORES = "kubectl get secretstores,clustersecretstores -A"
_ISSUERS = "kubectl get issuers,clusterissuers -A"
_ACME = "kubectl get certificaterequests,orders,challenges -n {ns}"
_CLOUD = "aws-load-balancer-controller, cloud-provider-azure, cloud-provider-gcp"

_LOAD_BALANCERS = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the load balancer controller cannot find a subnet for the load balancer",
        steps=(
            Step(
                "tag the subnets (on AWS, with kubernetes.io/role/elb=1 for public load balancers and kubernetes.io/role/internal-elb=1 for internal ones), or specify the subnets in the object's annotations",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"suitable subnets|auto-discover subnets|resolve at least one subnet|no subnets found|multiple tagged (?:security groups|subnets)"
        ),
        quoted=True,
        upstream=_CLOUD,
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="no address is available for the load balancer",
        steps=(
            Step(
                "add addresses to an address pool that can assign them (check autoAssign, and the pool's namespace and Service selectors), or release an address. A requested address must be in a pool and not in use",
                read=("kubectl get services -A", _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"no available IPs|no free (?:IPs?|addresses)|Failed to allocate IPs?|not (?:in|contained in) (?:any|the) (?:pool|range)|"
            r"can't change sharing key|is not allowed in config|no matching pool"
        ),
        certainty="one-of",
        quoted=True,
        upstream="MetalLB internal/allocator, cilium LB IPAM",
    ),
)
_CERTIFICATES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the certificate's issuer does not exist or is not ready",
        steps=(
            Step(
                "create the Issuer or ClusterIssuer first, or correct name and kind in issuerRef; the default kind is Issuer, which must be in the namespace of the Certificate. If the issuer is not ready, its conditions show why",
                read=(_ISSUERS, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:Cluster)?Issuer\"? (?:\S+ )?(?:not found|not ready)|IssuerNot(?:Found|Ready)|Referenced \"(?:Cluster)?Issuer\" not (?:found|ready)|"
            r"clusterissuers?\.cert-manager\.io \"[^\"]+\" not found"
        ),
        certainty="one-of",
        quoted=True,
        upstream="cert-manager pkg/controller",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the issuer cannot register or verify its account with the ACME server",
        steps=(
            Step(
                "check the server and the email address in spec.acme, and check that the pods of cert-manager can connect to the ACME server. If the account's key no longer belongs to the account, delete the Secret in privateKeySecretRef, so that cert-manager registers a new account",
                read=(
                    _ISSUERS,
                    _DESCRIBE,
                ),
            ),
        ),
        pattern=Text(
            r"ErrRegisterACMEAccount|ErrVerifyACMEAccount|Failed to (?:register|verify) ACME account"
        ),
        certainty="one-of",
        quoted=True,
        upstream="cert-manager pkg/issuer/acme/setup.go",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="Secret {referred}, which the issuer refers to, does not exist",
        steps=(
            Step(
                "create Secret {referred}: for an Issuer, in its namespace; for a ClusterIssuer, in the namespace of cert-manager",
                read=(
                    "kubectl get secrets -n {ns}",
                    _ISSUERS,
                ),
            ),
        ),
        pattern=Text(
            r"(?:issuer|keypair|credential|token|presenting challenge)[^\n]{0,120}secrets? \"(?P<referred>[^\"]+)\" not found"
        ),
        quoted=True,
        upstream="cert-manager pkg/issuer",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the ACME server (such as Let's Encrypt) does not issue the certificate, because too many certificates were requested (rateLimited)",
        steps=(
            Step(
                "wait until the rate limit resets. For tests, use the CA's staging server, and keep the Secrets of certificates when you recreate a cluster",
                read=(_ACME, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"acme:error:rateLimited|too many certificates|too many failed authorizations"
        ),
        quoted=True,
        upstream="RFC 8555, cert-manager pkg/controller/acmeorders",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the certificate's ACME challenge fails",
        steps=(
            Step(
                "for HTTP-01, check that the DNS name points to the ingress controller and that port 80 can be reached from the Internet. For DNS-01, check the DNS provider's credentials and the zone in the issuer's solver",
                read=(_ACME, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"self check|acme:error:|wrong status code|NXDOMAIN|propagation check|presenting challenge|Challenge[^\n]{0,60}fail"
        ),
        certainty="one-of",
        quoted=True,
        upstream="cert-manager pkg/issuer/acme",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the certificate has not been issued yet, so its Secret does not exist",
        steps=(
            Step(
                "check the CertificateRequest of the certificate, and for an ACME issuer its Order and Challenge: their conditions and events show what the certificate waits for",
                read=(
                    _ACME,
                    _DESCRIBE,
                ),
            ),
        ),
        pattern=Text(r"Issuing certificate as Secret (?:does not exist|was previously issued)"),
        certainty="one-of",
        upstream="cert-manager internal/controller/certificates/policies",
    ),
)
_SECRETS = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret manager denies access to the secret",
        steps=(
            Step(
                "grant the SecretStore's identity a policy or role that allows it to read this path or secret (for a PushSecret, also to write it), and check the credentials and the path. For Vault and OpenBao, also check the mount and the version of the KV engine",
                read=(_STORES, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:secret|provider|vault|parameter)[^\n]{0,200}?(?:\b403\b|AccessDenied|permission denied|PermissionDenied|Forbidden|not authorized|is not authorized)"
        ),
        certainty="likely",
        quoted=True,
        upstream="external-secrets providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the SecretStore does not exist or is not ready",
        steps=(
            Step(
                "create the SecretStore or ClusterSecretStore first, or correct name and kind in secretStoreRef; the default kind is SecretStore. If the store is not ready, its conditions show why (for example, wrong credentials or a wrong address)",
                read=(_STORES, _DESCRIBE),
            ),
        ),
        pattern=Text(
            r"(?:could not get|cannot get|get) (?:cluster)?secret ?store|(?:Cluster)?SecretStore\.?\S* \"[^\"]+\" (?:not found|is not ready)|error (?:getting|validating) (?:the )?store"
        ),
        certainty="one-of",
        quoted=True,
        upstream="external-secrets pkg/controllers/secretstore",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the secret manager does not have the secret, or the secret does not have the requested property or version",
        steps=(
            Step(
                "create the secret in the secret manager, or correct the key, property and version in the ExternalSecret in Git",
                read=(_DESCRIBE, _STORES),
            ),
        ),
        pattern=Text(
            r"Secret does not exist|SecretNotFound|ResourceNotFoundException|key [\w./-]+ does not exist|could not find (?:secret|property)|property [\w./-]+ does not exist|no secret (?:found|data)"
        ),
        quoted=True,
        upstream="external-secrets providers",
    ),
)
_OF_ANY = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the cloud provider denies access to a controller, or an account quota is used up",
        steps=(
            Step(
                "if an action was denied, allow it for the identity of the controller that reports the event. If a quota or limit was reached, raise it, or remove resources that are not needed",
                read=(_DESCRIBE,),
            ),
        ),
        pattern=Text(
            r"AccessDenied|UnauthorizedOperation|AuthorizationFailed|not authorized to perform|does not have authorization|"
            r"googleapi: Error 403|QuotaExceeded|LimitExceeded|TooMany(?:LoadBalancers|TargetGroups)|Quota '[^']+' exceeded"
        ),
        certainty="one-of",
        quoted=True,
        upstream=_CLOUD,
    ),
)
RULES = (*_LOAD_BALANCERS, *_CERTIFICATES, *_SECRETS, *_OF_ANY)

_KINDS = {
    **dict.fromkeys(("Service", "Ingress", "Gateway", "TargetGroupBinding"), _LOAD_BALANCERS),
    **dict.fromkeys(
        ("Certificate", "CertificateRequest", "Order", "Challenge", "Issuer", "ClusterIssuer"),
        _CERTIFICATES,
    ),
    **dict.fromkeys(
        ("ExternalSecret", "ClusterExternalSecret", "PushSecret",
         "SecretStore", "ClusterSecretStore"), _SECRETS,
    ),
}  # fmt: skip
"""The rules for each kind. In messages about other kinds, the same words have other meanings."""


def rules_of(kind: str) -> tuple[Rule, ...]:
    """Return the rules for what is reported about objects of *kind*."""
    return (*_KINDS.get(kind, ()), *_OF_ANY)
