"""Applying: manifests that are invalid, too large or in conflict.

Upstream: fluxcd/pkg ssa/errors, kubernetes apimachinery (validation, managedfields), etcd.
"""

PARTS = (
    "terminating",
    "live_objects",
    "conflicts",
    "too_large",
    "crds",
    "crd_schemas",
    "merged",
    "values",
    "builtin_kinds",
    "pod_specs",
    "kinds",
    "fields",
    "forms",
    "otherwise",
)
"""The modules with the rules, in their order."""
