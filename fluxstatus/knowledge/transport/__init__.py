"""Connection errors, which are the same for Git, OCI, Helm, buckets and APIs.

The messages come from Go (net, crypto/x509, crypto/tls, net/http), go-git and go-containerregistry.
"""

PARTS = ("proxies", "addresses", "tls", "timeouts", "rate_limits", "responses")
"""The modules with the rules, in their order."""
