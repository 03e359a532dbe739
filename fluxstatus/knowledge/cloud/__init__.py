"""Cloud logins without a Secret: workload identity and cloud registries.

Upstream: PKG auth (access_token.go, aws, azure, gcp), and the responses of the clouds' token services.
"""

from fluxstatus.knowledge.cloud import accounts, aws, azure, google, registries

RULES = (
    *accounts.RULES,
    *aws.RULES,
    *azure.RULES,
    *google.RULES,
    *registries.RULES,
)
