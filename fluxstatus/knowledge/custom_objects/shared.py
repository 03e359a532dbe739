"""The commands that several modules about objects without pods use."""

DESCRIBE = "kubectl describe {resource} {name} -n {ns}"
DESCRIBE_CLUSTER = "kubectl describe {resource} {cluster_name}"
CLOUD = "aws-load-balancer-controller, cloud-provider-azure, cloud-provider-gcp, hcloud-ccm"
ESO = "external-secrets pkg/controllers, providers"
CERT_MANAGER = "cert-manager pkg/issuer, pkg/controller"
UNREACHABLE = (
    r"no such host|server misbehaving|i/o timeout|connection refused|connection reset|"
    r"no route to host|context deadline exceeded|Client\.Timeout|TLS handshake timeout"
)
"""The words of Go and of a resolver for a host that does not respond."""
