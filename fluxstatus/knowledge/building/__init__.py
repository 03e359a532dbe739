"""Building: kustomize, YAML and patches, before anything is applied; then pruning.

Upstream: kustomize-controller internal/controller/kustomization_controller.go, fluxcd/pkg
kustomize, kustomize api.
"""

PARTS = (
    "files",
    "remote_bases",
    "paths",
    "manifests",
    "kustomization",
    "patches",
    "generators",
    "transformers",
    "otherwise",
    "pruning",
)
"""The modules with the rules, in their order."""
