"""HelmRelease: values and templates, Helm storage and stuck releases, then failed actions.

Upstream: PKG chartutil, HC internal/reconcile, internal/action and internal/postrender, helm.
"""

from fluxstatus.knowledge.releases import (
    actions,
    checks,
    history,
    hooks,
    otherwise,
    ownership,
    rollbacks,
    schemas,
    storage,
    templates,
    value_types,
    values,
    waits,
)

RULES = (
    *values.RULES,
    *schemas.RULES,
    *actions.RULES,
    *checks.RULES,
    *value_types.RULES,
    *templates.RULES,
    *ownership.RULES,
    *history.RULES,
    *storage.RULES,
    *hooks.RULES,
    *rollbacks.RULES,
    *waits.RULES,
    *otherwise.RULES,
)
