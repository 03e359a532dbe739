"""HelmRelease: values and templates, Helm storage and stuck releases, then failed actions.

Upstream: fluxcd/pkg chartutil, helm-controller internal/reconcile, internal/action and
internal/postrender, helm.
"""

PARTS = (
    "values",
    "schemas",
    "actions",
    "checks",
    "value_types",
    "templates",
    "ownership",
    "history",
    "storage",
    "hooks",
    "rollbacks",
    "waits",
    "otherwise",
)
"""The modules with the rules, in their order."""
