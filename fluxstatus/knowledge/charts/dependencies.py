"""HelmChart: dependencies of a chart.

Upstream: SC internal/helm/chart/dependency_manager.go.
"""

from fluxstatus.knowledge.charts.shared import ITS_SOURCE
from fluxstatus.knowledge.codes import CHART_DEPENDENCY_FAILED
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_DEPENDENCY = r"failed to add remote dependency '(?P<dependency>[^']+)'"

RULES = (
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the repository of dependency {dependency} in Chart.yaml was closed in 2020 ({closed})",
        steps=(
            Step(
                "change the repository of the dependency in Chart.yaml: to https://charts.helm.sh/stable, an archive that is not updated, or to the repository that the chart moved to",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"dependency '(?P<dependency>[^']+)'[^\n]*?(?P<closed>kubernetes-charts(?:-incubator)?\.storage\.googleapis\.com)[^\n]*"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        quoted=True,
        upstream="helm.sh/blog/charts-repo-deprecation",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="{host} is rate-limiting pulls of dependency {dependency} (429), because no credentials are used for it",
        steps=(
            Step(
                "commit the dependency to the chart's charts/ directory (helm dependency update), so that it is not pulled; or pull it from a mirror of your own"
            ),
            Step(
                "or create a HelmRepository in namespace {ns} with exactly the repository URL of the dependency in Chart.yaml and with credentials in spec.secretRef: Flux uses it for the dependency",
                read=("kubectl get helmrepositories.source.toolkit.fluxcd.io -n {ns}",),
            ),
        ),
        pattern=Text(
            rf"{_DEPENDENCY}[^\n]*(?:\b429\b|TOOMANYREQUESTS|too many requests|rate limit)"
        ),
        reach=Reach.WHOLE,
        transient=True,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="{host} denies access to dependency {dependency}: Flux has no valid credentials for it, or the dependency does not exist",
        steps=(
            Step(
                "create a HelmRepository in namespace {ns} with exactly the repository URL of the dependency in Chart.yaml and with credentials in spec.secretRef: Flux uses it for the dependency",
                read=(SPEC, "kubectl get helmrepositories.source.toolkit.fluxcd.io -n {ns}"),
            ),
            Step(
                "or commit the dependency to the chart's charts/ directory (helm dependency update)"
            ),
        ),
        pattern=Text(
            rf"{_DEPENDENCY}[^\n]*(?:\b40[13]\b|UNAUTHORIZED|(?<![a-z] )(?<![\w./-])DENIED\b|failed to authorize|authentication required|credential)"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="{host}, the host of dependency {dependency}, cannot be reached: {detail}",
        steps=(
            Step(
                "check whether the repository of the dependency in Chart.yaml is correct and reachable from the cluster; or commit the dependency to the chart's charts/ directory",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_DEPENDENCY}[^\n]*?(?P<detail>no such host|connection refused|i/o timeout|context deadline exceeded|"
            r"x509: [^\n]{1,100}|no route to host|connection reset by peer|server misbehaving|\b5\d\d (?:Internal|Bad G|Service|Gateway)[^\n]{0,40})"
        ),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the repository of dependency {dependency} in Chart.yaml is not a Helm repository: {index} does not exist (404)",
        steps=(
            Step(
                "correct the repository of the dependency in Chart.yaml (a registry needs an oci:// URL), or commit the dependency to the chart's charts/ directory (helm dependency update)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf"{_DEPENDENCY}[^\n]*?failed to fetch (?P<index>\S+/index\.yaml) : 404"),
        reach=Reach.WHOLE,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the repository of dependency {dependency} has no version of it that matches Chart.yaml: {detail}",
        steps=(
            Step(
                "correct the name or the version of the dependency in Chart.yaml, or commit it to the chart's charts/ directory (helm dependency update)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_DEPENDENCY}[^\n]*?(?P<detail>no '[^']+' chart with version matching '[^']*' found|"
            r"no chart (?:name|version) found[^\n]{0,60}|could not locate a version matching[^\n]{0,100}|"
            r"improper constraint[^\n]{0,60})"
        ),
        reach=Reach.WHOLE,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="dependency {dependency} is not at {wanted_path} in the source, the path that its repository in Chart.yaml ({reference}) refers to",
        steps=(
            Step(
                "correct the repository of the dependency in Chart.yaml: a file:// path is relative to the directory of the chart and must not leave the source",
                read=(SPEC,),
            ),
            Step(
                "if the path is correct, check whether spec.ignore, .sourceignore or spec.sparseCheckout of the source excludes it",
                read=(ITS_SOURCE,),
            ),
        ),
        pattern=Text(
            r"failed to add local dependency '(?P<dependency>[^']+)': no chart found at "
            r"'(?P<wanted_path>[^']+)' \(reference '(?P<reference>[^']+)'\)"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the version of local dependency {dependency} does not match {wanted_range} in the dependencies of Chart.yaml",
        steps=(
            Step(
                "set the version of the dependency in Chart.yaml of the parent to the version in Chart.yaml of the dependency, or to a range that includes it",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to add local dependency '(?P<dependency>[^']+)'[^\n]*can't get a valid version "
            r"for constraint '(?P<wanted_range>[^']+)'"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="local dependency {dependency} is not a valid chart: {detail}",
        steps=(
            Step(
                "correct the chart of the dependency (to list its errors, run helm lint), or the repository of the dependency in Chart.yaml",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"failed to add local dependency '(?P<dependency>[^']+)': failed to load chart from "
            r"[^\n]{1,400}?: (?P<detail>[^\n]{1,160})"
        ),
        reach=Reach.WHOLE,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the repository of dependency {dependency} in Chart.yaml must be a URL, because Flux does not know the aliases of repositories: {detail}",
        steps=(
            Step(
                "write the https:// or oci:// URL of the repository into dependencies in Chart.yaml, or commit the dependency to the chart's charts/ directory (helm dependency update)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_DEPENDENCY}[^\n]*?(?P<detail>(?:aliased repository dependency is not supported|"
            r"invalid dependency repository URL)[^\n]{0,80})"
        ),
        reach=Reach.WHOLE,
        trivial=True,
        upstream="SC internal/helm/repository/utils.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="a dependency of the chart is missing or cannot be fetched: {detail}",
        steps=(
            Step(
                "correct dependencies in Chart.yaml (name, version, repository), or commit the charts/ directory; for a private repository, create a HelmRepository in the same namespace",
                read=(SPEC, "kubectl get helmrepositories.source.toolkit.fluxcd.io -n {ns}"),
            ),
        ),
        pattern=Text(
            r"(?P<detail>(?:dependency build error|failed to (?:build|add remote|add local) "
            r"dependenc)[^\n]{0,240}|found in Chart\.yaml, but missing in charts/[^\n]{0,120}|"
            r"can't get a valid version for[^\n]{0,160})"
        ),
        reach=Reach.WHOLE,
        certainty="unknown",
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
)
