"""Applying: manifests that are invalid, too large or in conflict.

Upstream: PKG ssa/errors, kubernetes apimachinery (validation, managedfields), etcd.
"""

from fluxstatus.knowledge.manifests import (
    builtin_kinds,
    conflicts,
    crd_schemas,
    crds,
    fields,
    forms,
    kinds,
    live_objects,
    merged,
    otherwise,
    pod_specs,
    terminating,
    too_large,
    values,
)

RULES = (
    *terminating.RULES,
    *live_objects.RULES,
    *conflicts.RULES,
    *too_large.RULES,
    *crds.RULES,
    *crd_schemas.RULES,
    *merged.RULES,
    *values.RULES,
    *builtin_kinds.RULES,
    *pod_specs.RULES,
    *kinds.RULES,
    *fields.RULES,
    *forms.RULES,
    *otherwise.RULES,
)
