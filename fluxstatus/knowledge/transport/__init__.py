"""Connection errors, which are the same for Git, OCI, Helm, buckets and APIs.

The messages come from Go (net, crypto/x509, crypto/tls, net/http), go-git and go-containerregistry.
"""

from fluxstatus.knowledge.transport import addresses, proxies, rate_limits, responses, timeouts, tls

RULES = (
    *proxies.RULES,
    *addresses.RULES,
    *tls.RULES,
    *timeouts.RULES,
    *rate_limits.RULES,
    *responses.RULES,
)
