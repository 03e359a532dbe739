"""The kinds and the command that several modules about charts use."""

from fluxstatus.model.kinds import KindNames

HELM: KindNames = frozenset({"HelmRepository"})
CHART: KindNames = frozenset({"HelmChart"})
INDEX = "SC internal/helm/repository/chart_repository.go"
ITS_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
