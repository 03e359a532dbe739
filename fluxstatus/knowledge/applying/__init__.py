"""Applying: manifests that the API server rejects or cannot accept at the moment.

Upstream: PKG ssa/errors, kubernetes apimachinery (validation, api/errors), helm pkg/kube, which passes
on the same messages.
"""

from fluxstatus.knowledge.applying import immutable_fields, kinds, namespaces, permissions

RULES = (
    *kinds.RULES,
    *namespaces.RULES,
    *permissions.RULES,
    *immutable_fields.RULES,
)
