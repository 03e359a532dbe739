"""SOPS with a key management service, or with Vault, that cannot be reached.

Upstream: SOPS kms, azkv, gcpkms and hcvault, and the Go errors (net, crypto/x509) that they quote.
"""

from fluxstatus.knowledge.decryption.shared import (
    ANY_KMS,
    CONTROLLER,
    KS,
    NO_DATA_KEY,
    SOPS_KMS_UNREACHABLE,
    THEN,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_POLICIES = "kubectl get networkpolicies -n {flux_namespace} -o yaml"

_TO = r'(?:(?:dial tcp|read tcp|lookup) |(?:Get|Post|Put) "?https?://)(?!169\.254\.|metadata)'
_UNREACHABLE = (
    rf"(?:{_TO}[^\n]{{0,300}}?|code = (?=Unavail|Deadline))(?P<detail>no such host|i/o timeout|"
    r"connection refused|connection reset|no route to host|network is unreachable|"
    r"TLS handshake timeout|context deadline exceeded|Client\.Timeout|server misbehaving|"
    r"Unavailable|DeadlineExceeded)"
)
"""A KMS or token service that cannot be reached. A cloud's metadata address is excluded: it is
only tried when no other credentials were found."""

RULES = (
    Rule(
        SOPS_KMS_UNREACHABLE,
        why="kustomize-controller cannot connect to the KMS to decrypt the SOPS data key with {kms}: {detail}",
        steps=(
            Step(
                "check the network connection from kustomize-controller to the KMS: DNS, NetworkPolicies, firewalls and proxy settings (HTTPS_PROXY, NO_PROXY). In a private network, check the KMS's private endpoint (in AWS, a VPC endpoint and its security group)",
                read=(_POLICIES, CONTROLLER),
            ),
        ),
        pattern=Text(rf"{ANY_KMS}{THEN}{_UNREACHABLE}"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        transient=True,
        upstream="sops kms, azkv, gcpkms, hcvault; Go net",
    ),
    Rule(
        SOPS_KMS_UNREACHABLE,
        why="kustomize-controller does not trust the TLS certificate of the KMS that decrypts with {kms}: {detail}",
        steps=(
            Step(
                "mount the CA certificate of the KMS, or of the proxy that intercepts TLS, into kustomize-controller (for example, as a file in /etc/ssl/certs)",
                read=(CONTROLLER,),
            ),
        ),
        pattern=Text(rf"{ANY_KMS}{THEN}(?P<detail>x509: [^\n]{{1,120}})"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="Go crypto/x509",
    ),
)
