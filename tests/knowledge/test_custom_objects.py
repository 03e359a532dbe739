"""Reports about objects without pods, such as a Service or a Certificate: the next step."""

import pytest

from fluxstatus.knowledge import custom_objects, object_diagnosis

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
        ("ClusterIssuer", "spec.acme.email"),
    "ErrRegisterACMEAccount: Failed to register ACME account: 403 urn:ietf:params:acme:error:"
    "unauthorized: An account with the provided public key exists but is deactivated":
        ("ClusterIssuer", "privateKeySecretRef"),
    'ErrGetKeyPair: Error getting keypair for CA issuer: secrets "ca" not found':
        ("Issuer", 'Secret "ca"'),
    "SecretMismatch: Issuing certificate as Secret was previously issued by "
    "Issuer.cert-manager.io/a":
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
        ("Service", "raise the quota"),
    # the cloud's load balancers and address pools
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
    "hcloud/loadBalancers.EnsureLoadBalancer: hcops/LoadBalancerOps.Create: neither "
    "load-balancer.hetzner.cloud/location nor load-balancer.hetzner.cloud/network-zone set":
        ("Service", "annotation load-balancer.hetzner.cloud/location"),
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: user "
    "supplied IP Address 20.1.2.3 was not found in resource group MC_rg":
        ("Service", "in resource group MC_rg", "azure-load-balancer-resource-group"),
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
    "findMatchedPIPByName: failed to find PIP edge in resource group MC_rg_a_westeurope":
        ("Service", "in resource group MC_rg_a_westeurope", "Network Contributor"),
    'AllocationFailed: Failed to allocate IP for "apps/web": ["192.0.2.9"] is '
    "not allowed in config":
        ("Service", "does not belong to", "add the address to a pool"),
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
    "hcops/providerIDToServerID: missing prefix hcloud://: k3s://node-1":
        ("Service", "providerID", "--cloud-provider=external"),
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
    'ProviderID "" didn\'t match expected format "openstack:///InstanceID"':
        ("Service", "providerID", "kubectl get nodes"),
    "SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: "
    "HTTPStatusCode: 403, RawError: The client 'a' with object id 'b' does not have authorization "
    "to perform action 'Microsoft.Network/loadBalancers/write' over scope '/subscriptions/c'":
        ("Service", "allows Microsoft.Network/loadBalancers/write", "Network Contributor"),
    'AllocationFailed: Failed to allocate IP for "apps/web": can\'t change sharing key for '
    '"apps/web", address also in use by apps/other':
        ("Service", "already in use", "same sharing key"),
    "no_pool: There are no enabled CiliumLoadBalancerIPPools that match this service":
        ("Service", "no address pool matches", "selectors"),
    "FailedBuildModel: Failed build model due to ingress: apps/web: no certificate found for host: "
    "a.example.com":
        ("Ingress", "ACM", "alb.ingress.kubernetes.io/certificate-arn"),
    "FailedBuildModel: Failed build model due to TargetGroup port is empty. When using Instance "
    "targets, your service must be of type 'NodePort' or 'LoadBalancer'":
        ("Ingress", "alb.ingress.kubernetes.io/target-type: ip"),
    "AddressNotAssigned: No addresses have been assigned to the Gateway":
        ("Gateway", "Service of type LoadBalancer", "kubectl get services -A"),
    "Pending: Waiting for controller":
        ("Gateway", "gatewayClassName", "kubectl get gatewayclasses"),
    # cert-manager
    "Failed: The certificate request has failed to complete and will be retried: Failed to "
    "wait for "
    'order resource "web-1-1" to become ready: order is in "errored" state: Failed to '
    'create Order: '
    "400 urn:ietf:params:acme:error:rejectedIdentifier: Invalid identifiers requested :: Cannot "
    'issue for "app.lan": Domain name does not end with a valid public suffix (TLD)':
        ("Certificate", "never issues", "internal names"),
    'Failed: order is in "invalid" state: 403 urn:ietf:params:acme:error:caa: CAA record for '
    "example.com prevents issuance":
        ("Certificate", "CAA"),
    "ErrRegisterACMEAccount: Failed to register ACME account: 400 "
    "urn:ietf:params:acme:error:invalidContact: Error validating contact(s) :: contact email has "
    'forbidden domain "example.com"':
        ("ClusterIssuer", "spec.acme.email"),
    "ErrRegisterACMEAccount: Failed to register ACME account: 400 "
    "urn:ietf:params:acme:error:externalAccountRequired: The request must include a value":
        ("ClusterIssuer", "spec.acme.externalAccountBinding"),
    "ErrVerifyACMEAccount: Failed to verify ACME account: 400 "
    "urn:ietf:params:acme:error:accountDoesNotExist: No account exists with the provided key":
        ("ClusterIssuer", "spec.acme.privateKeySecretRef"),
    'ErrGetKeyPair: Error getting keypair for CA issuer: secrets "root-ca" not found':
        ("ClusterIssuer", 'Secret "root-ca"', "namespace of cert-manager"),
    "PresentError: Error presenting challenge: Found no Zones for domain "
    "_acme-challenge.x.example. "
    "(neither in the sub-domain nor in the SLD)":
        ("Challenge", "no zone", "hosted zone"),
    "PresentError: Error presenting challenge: while querying the Cloudflare API for GET "
    '"/zones?name=example.com" Error: 9109: Invalid access token':
        ("Challenge", "rejects the credentials", "DNS:Edit"),
    "ErrRegisterACMEAccount: Failed to register ACME account: Get "
    '"https://acme-v02.api.letsencrypt.org/directory": dial tcp: lookup '
    "acme-v02.api.letsencrypt.org on 10.96.0.10:53: server misbehaving":
        ("ClusterIssuer", "cannot reach", "NetworkPolicies"),
    "DoesNotExist: Issuing certificate as Secret does not exist":
        ("Certificate", "not issued yet", "challenges -n apps"),
    # external-secrets and sealed-secrets
    "SecretSyncedError: could not apply template: could not execute template: unable to execute "
    'template at key url: template: url:1:2: executing "url" at <.user>: map has no entry for key':
        ("ExternalSecret", "spec.target.template"),
    "SecretSyncedError: target is owned by another ExternalSecret":
        ("ExternalSecret", "creationPolicy: Merge"),
    "SecretSyncedError: the desired secret web was not found. With creationPolicy=Merge the secret "
    "won't be created":
        ("ExternalSecret", "creationPolicy: Owner"),
    'SecretSyncedError: using cluster store "vault" is not allowed from namespace "apps": '
    'denied by '
    "spec.condition":
        ("ExternalSecret", "spec.conditions of the ClusterSecretStore"),
    "SecretSyncedError: error processing spec.dataFrom[0].extract, err: unable to unmarshal "
    "secret: "
    "invalid character 'p' looking for beginning of value":
        ("ExternalSecret", "JSON object"),
    "SecretSyncedError: error processing spec.dataFrom[0].extract, err: error finding 1Password "
    "Item: expected one 1Password Item matching app":
        ("ExternalSecret", "unique title"),
    "InvalidProviderConfig: unable to log in to auth method: unable to log in with "
    "Kubernetes auth: "
    "Error making API request.\n\nCode: 503. Errors:\n\n* Vault is sealed":
        ("ClusterSecretStore", "vault operator unseal"),
    'InvalidProviderConfig: could not fetch AccessKeyID secret: secrets "aws-creds" not found':
        ("SecretStore", 'secrets "aws-creds" not found', "auth section"),
    "InvalidProviderConfig: unable to log in to auth method: unable to log in with "
    "Kubernetes auth: "
    'Error making API request.\n\nCode: 400. Errors:\n\n* invalid role name "app"':
        ("SecretStore", "mount path", "bound to the role"),
    'InvalidProviderConfig: Get "https://vault.example.com/v1/auth": dial tcp 10.0.0.1:443: i/o '
    "timeout":
        ("SecretStore", "cannot be reached"),
    "SecretSyncedError: could not get secret data from provider":
        ("ExternalSecret", "events of the ExternalSecret", "clustersecretstores"),
    "ErrUnsealFailed: Failed to unseal: no key could decrypt secret (password, username)":
        ("SealedSecret", "restore the old sealing keys", "kubeseal"),
    'ErrUpdateFailed: Resource "web" already exists and is not managed by SealedSecret':
        ("SealedSecret", "sealedsecrets.bitnami.com/managed"),
    # cloud resources and add-ons
    "SyncLoadBalancerFailed: googleapi: Error 403: Quota exceeded for quota metric 'Queries', "
    "rateLimitExceeded":
        ("Service", "limits the controller's API requests", "wait"),
    "ClusterIsNotReady: Cluster Is Not Ready":
        ("Cluster", "-l cnpg.io/cluster=web"),
    "FailedDeployModel: api error AccessDenied: User: arn:aws:sts::1:assumed-role/a is not "
    "authorized to perform: elasticloadbalancing:AddTags":
        ("Service", "allows elasticloadbalancing:AddTags"),
    "FailedDeployModel: api error UnauthorizedOperation: You are not authorized to perform this "
    "operation.":
        ("Service", "allow the action"),
    "ReconcileError: connect failed: cannot get credentials: cannot get credentials secret: Secret "
    '"aws" not found':
        ("Database", "ProviderConfig"),
    "DependencyNotFound: reference ComputeNetwork apps/net is not found":
        ("SQLInstance", "ComputeNetwork apps/net", "correct the reference"),
    "ReconcileError: cannot resolve references: mg.Spec.ForProvider.VPCID: referenced field "
    "was empty "
    "(referenced resource may not yet be ready)":
        ("SecurityGroup", "mg.Spec.ForProvider.VPCID", "not ready"),
    "UnpackingPackage: cannot unpack package: failed to fetch package digest from remote: GET "
    "https://xpkg.example.com/v2/a/b/manifests/v1: MANIFEST_UNKNOWN: manifest unknown":
        ("Provider", "spec.packagePullSecrets"),
    "ScaledObjectCheckFailed: ScaledObject doesn't have correct scaleTargetRef specification":
        ("ScaledObject", "scaleTargetRef"),
    "StorageAccountAlreadyTaken: The storage account named web is already taken.":
        ("StorageAccount", "choose another name"),
    "CannotConnectToProvider: cannot get ProviderConfig: ProviderConfig.kubernetes.crossplane.io "
    '"in-cluster" not found':
        ("Object", "the ProviderConfig that it refers to", "kubectl get "),
    "ReconcileError: connect failed: cannot get terraform setup: cannot get referenced "
    'ProviderConfig: providerconfigs.aws.upbound.io "default" not found':
        ("Bucket", "kubectl get providerconfigs.aws.upbound.io -A", "spec.providerConfigRef"),
    # Terraform objects
    "TFExecPlanFailed: error running Plan: rpc error: code = Unknown desc = error acquiring the "
    "state lock: Lock Info: ID: 5c1ad1f0 Path: Operation: OperationTypePlan":
        ("Terraform", "kubectl get pods", "tfctl force-unlock web -n apps --lock-id=5c1ad1f0"),
    "LockHeld: Terraform Locked with Lock Identifier: 5c1ad1f0":
        ("Terraform", "spec.tfstate.forceUnlock"),
    "TFExecNewFailed: error running NewTerraform: rpc error: code = Unknown desc = no kind "
    '"Terraform" is registered for version "infra.contrib.fluxcd.io/v1alpha3" in scheme "x.go:1"':
        ("Terraform", "older than the controller", "v1alpha3", "runner.image.tag"),
    'RevisionFailed: Revision "web-00001" failed with message: Unable to fetch image '
    '"r/web": failed '
    "to resolve image to digest: GET https://r/v2/: UNAUTHORIZED":
        ("Service", "pull secret"),
}  # fmt: skip
"""Events, and for each the kind and the words that the next step must contain."""


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_has_a_next_step(event: str) -> None:
    """The step says what to change, and its commands use the object's namespace."""
    kind, *words = EVENTS[event]
    known = object_diagnosis(kind, event, FIELDS)
    lines = [known.why if known else ""] + [
        " ".join([hint.text, *(" ".join(command.argv) for command in hint.commands)])
        for hint in (known.hints if known else ())
    ]
    assert [word for word in words if word not in "\n".join(lines)] == []


def test_each_rule_is_the_first_match_of_an_example() -> None:
    """Each rule is the first one for its kind that matches an event above."""
    found = {object_diagnosis(kind, event, FIELDS) for event, (kind, *_) in EVENTS.items()}
    assert {one.rule for one in found if one} == set(custom_objects.RULES)


def test_an_odd_event_has_no_step() -> None:
    """An event that no rule matches has no step of its own."""
    assert object_diagnosis("Service", "Odd: something else", FIELDS) is None


MISSING = "error processing spec.data[0], err: Secret does not exist"


@pytest.mark.parametrize("kind", ["Certificate", "Database"])
def test_the_words_of_one_controller_mean_something_else_in_another(kind: str) -> None:
    """Only an ExternalSecret waits for a secret manager."""
    assert object_diagnosis(kind, MISSING, FIELDS) is None
    assert object_diagnosis("ExternalSecret", MISSING, FIELDS) is not None


@pytest.mark.parametrize(
    ("kind", "message", "claim"),
    [
        # a ResourceQuota of Kubernetes, not of a cloud
        (
            "Database",
            'CreateFailed: pods "web" is forbidden: exceeded quota: compute',
            "cloud account",
        ),
        # the Secret to push, not one with credentials
        (
            "PushSecret",
            'Errored: could not get source secret: secrets "web" not found',
            "credentials",
        ),
        # the CA's own fault, not that of a challenge
        ("Order", "Failed: 500 urn:ietf:params:acme:error:serverInternal: Error", "challenge"),
    ],
)
def test_similar_words_with_another_meaning_do_not_get_the_claim(
    kind: str, message: str, claim: str
) -> None:
    """What a rule claims for such words is not claimed here."""
    found = object_diagnosis(kind, message, FIELDS)
    assert claim not in (found.why if found else "")
