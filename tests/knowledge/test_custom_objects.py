"""Reports about objects without pods, such as a Service or a Certificate: the next step."""

import pytest

from fluxstatus.knowledge import custom_objects, object_diagnosis
from fluxstatus.knowledge.message import Message

FIELDS = {"name": "web", "ns": "apps", "resource": "services"}
EVENTS = {
    "FailedDeployModel: couldn't auto-discover subnets: unable to resolve at least one "
    "subnet (0 match VPC and tags)":
        ("Service", "kubernetes.io/role/elb", "kubectl describe services web -n apps"),
    'AllocationFailed: Failed to allocate IP for "apps/web": no available IPs':
        ("Service", "address pool"),
    'IssuerNotFound: Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io '
    '"letsencrypt" not found':
        ("Certificate", "issuerRef", "kubectl get issuers,clusterissuers -A"),
    "Failed: Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many "
    "certificates already issued":
        ("Certificate", "staging"),
    "Failed: Failed to wait for order resource to become ready: acme: authorization error "
    "for x.example.com: 403 urn:ietf:params:acme:error:unauthorized: invalid response":
        ("Certificate", "DNS-01"),
    "ErrRegisterACMEAccount: Failed to register ACME account: 400 urn:ietf:params:acme:error:"
    "invalidContact: Error validating contact(s)":
        ("ClusterIssuer", "email address"),
    'ErrGetKeyPair: Error getting keypair for CA issuer: secrets "ca" not found':
        ("Issuer", 'Secret "ca"'),
    "DoesNotExist: Issuing certificate as Secret does not exist":
        ("Certificate", "CertificateRequest"),
    "UpdateFailed: could not get secret data from provider: AccessDeniedException: User "
    "is not authorized to perform: secretsmanager:GetSecretValue":
        ("ExternalSecret", "policy or role"),
    'UpdateFailed: could not get ClusterSecretStore "vault", SecretStore "vault" not '
    "found":
        ("ExternalSecret", "secretStoreRef"),
    "UpdateFailed: error processing spec.data[0] (key: db), err: Secret does not exist":
        ("ExternalSecret", "correct the key, property and version"),
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
    "TooManyLoadBalancers: Exceeded quota of account":
        ("Service", "raise it"),
}  # fmt: skip
"""Events, and for each the kind and the words that the next step must contain."""


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_has_a_next_step(event: str) -> None:
    """The step says what to change, and its commands use the object's namespace."""
    kind, *words = EVENTS[event]
    known = object_diagnosis(kind, event, FIELDS)
    lines = [
        " ".join([hint.text, *(" ".join(command.argv) for command in hint.commands)])
        for hint in (known.hints if known else ())
    ]
    assert [word for word in words if word not in "\n".join(lines)] == []


def test_each_rule_is_the_first_match_of_an_example() -> None:
    """Each rule is the first match of an event above."""
    firsts = {
        next(rule.why for rule in custom_objects.RULES if rule.match_text(Message(event)))
        for event in EVENTS
    }
    assert firsts == {rule.why for rule in custom_objects.RULES}


def test_an_odd_event_has_no_step() -> None:
    """An event that no rule matches has no step of its own."""
    assert object_diagnosis("Service", "Odd: something else", FIELDS) is None


@pytest.mark.parametrize("kind", ["Certificate", "Database"])
def test_the_words_of_one_controller_mean_something_else_in_another(kind: str) -> None:
    """Only an ExternalSecret waits for a secret manager."""
    message = "DoesNotExist: Secret does not exist"
    assert object_diagnosis(kind, message, FIELDS) is None
    assert object_diagnosis("ExternalSecret", message, FIELDS) is not None
