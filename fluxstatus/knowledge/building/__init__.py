"""Building: kustomize, YAML and patches, before anything is applied; then pruning.

Upstream: KC internal/controller/kustomization_controller.go, PKG kustomize, kustomize api.
"""

from fluxstatus.knowledge.building import (
    files,
    generators,
    kustomization,
    manifests,
    otherwise,
    patches,
    paths,
    pruning,
    remote_bases,
    transformers,
)

RULES = (
    *files.RULES,
    *remote_bases.RULES,
    *paths.RULES,
    *manifests.RULES,
    *kustomization.RULES,
    *patches.RULES,
    *generators.RULES,
    *transformers.RULES,
    *otherwise.RULES,
    *pruning.RULES,
)
