"""Objects that admission rejects: webhooks, admission policies, quotas, PodSecurity.

Upstream: kubernetes admission plugins (webhook, policy/validating, resourcequota, limitranger,
podsecurity, namespace/lifecycle, serviceaccount, priority), RBAC escalation checks.
"""

from fluxstatus.knowledge.admission import (
    conversion,
    denials,
    known_policies,
    limits,
    validators,
    webhooks,
)
from fluxstatus.knowledge.rule import Reach

RULES = tuple(
    rule._replace(reach=Reach.WHOLE)
    for rule in (
        *webhooks.RULES,
        *conversion.RULES,
        *known_policies.RULES,
        *validators.RULES,
        *denials.RULES,
        *limits.RULES,
    )
)
"""The rules. An admission error is always the cause, even in a hook, a test or an upgrade."""
