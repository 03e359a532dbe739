"""HelmRepository and HelmChart: indexes, charts and their versions, dependencies, values files.

Upstream: source-controller internal/helm/repository, internal/helm/getter,
internal/helm/chart/errors.go, internal/controller/helmchart_controller.go.
"""

PARTS = ("indexes", "versions", "dependencies", "archives")
"""The modules with the rules, in their order."""
