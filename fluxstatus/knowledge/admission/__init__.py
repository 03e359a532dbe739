"""Objects that admission rejects: webhooks, admission policies, quotas, PodSecurity.

Upstream: kubernetes admission plugins (webhook, policy/validating, resourcequota, limitranger,
podsecurity, namespace/lifecycle, serviceaccount, priority), RBAC escalation checks.
"""

PARTS = ("webhooks", "conversion", "known_policies", "validators", "denials", "limits")
"""The modules with the rules, in their order."""
