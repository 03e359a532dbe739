"""HelmRepository and HelmChart: indexes, charts and their versions, dependencies, values files.

Upstream: SC internal/helm/repository, internal/helm/getter, internal/helm/chart/errors.go,
internal/controller/helmchart_controller.go.
"""

from fluxstatus.knowledge.charts import archives, dependencies, indexes, versions

RULES = (
    *indexes.RULES,
    *versions.RULES,
    *dependencies.RULES,
    *archives.RULES,
)
