"""Cloud authentication without a Secret: workload identity and cloud registries.

Upstream: fluxcd/pkg auth (access_token.go, aws, azure, gcp), and the responses of the clouds' token
services.
"""

PARTS = ("accounts", "aws", "azure", "google", "registries")
"""The modules with the rules, in their order."""
