"""Building: kustomize, YAML and patches, before anything is applied; then pruning.

Upstream: KC internal/controller/kustomization_controller.go, PKG kustomize, kustomize api.
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
