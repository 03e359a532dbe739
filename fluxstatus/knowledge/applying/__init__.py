"""Applying: manifests that the API server rejects or cannot accept at the moment.

Upstream: fluxcd/pkg ssa/errors, kubernetes apimachinery (validation, api/errors), helm pkg/kube,
which passes on the same messages.
"""

PARTS = ("kinds", "namespaces", "permissions", "immutable_fields")
"""The modules with the rules, in their order."""
