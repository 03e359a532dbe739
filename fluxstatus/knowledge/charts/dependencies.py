"""HelmChart: dependencies of a chart.

Upstream: source-controller internal/helm/chart/dependency_manager.go.
"""

from fluxstatus.knowledge.charts.shared import ITS_SOURCE
from fluxstatus.knowledge.codes import CHART_DEPENDENCY_FAILED
from fluxstatus.knowledge.commands import SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_DEPENDENCY = r"failed to add remote dependency '(?P<dependency>[^']+)'"

RULES = (
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the repository of dependency {dependency} in Chart.yaml was shut down in 2020 ({closed})",
        steps=(
            Step(
                "change the dependency's repository in Chart.yaml to the repository that the chart moved to, or to https://charts.helm.sh/stable (an archive that is no longer updated)",
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
        why="{host} is rate-limiting pulls of dependency {dependency} (429) because Flux pulls it without credentials",
        steps=(
            Step(
                "commit the dependency to the chart's charts/ directory (helm dependency update), so that Flux does not pull it, or set the dependency's repository in Chart.yaml to your own mirror"
            ),
            Step(
                "alternatively, create a HelmRepository with credentials in spec.secretRef in namespace {ns}. Its URL must be identical to the dependency's repository in Chart.yaml, so that Flux uses it for the dependency",
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
        why="{host} denies access to dependency {dependency}; Flux has no valid credentials for the repository, or the dependency does not exist",
        steps=(
            Step(
                "create a HelmRepository with credentials in spec.secretRef in namespace {ns}. Its URL must be identical to the dependency's repository in Chart.yaml, so that Flux uses it for the dependency",
                read=(SPEC, "kubectl get helmrepositories.source.toolkit.fluxcd.io -n {ns}"),
            ),
            Step(
                "alternatively, commit the dependency to the chart's charts/ directory (helm dependency update)"
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
        why="{host}, which hosts dependency {dependency}, cannot be reached: {detail}",
        steps=(
            Step(
                "check that the dependency's repository in Chart.yaml is correct and can be reached from the cluster, or commit the dependency to the chart's charts/ directory",
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
                "correct the dependency's repository in Chart.yaml (an OCI registry requires an oci:// URL), or commit the dependency to the chart's charts/ directory (helm dependency update)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(rf"{_DEPENDENCY}[^\n]*?failed to fetch (?P<index>\S+/index\.yaml) : 404"),
        reach=Reach.WHOLE,
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        CHART_DEPENDENCY_FAILED,
        why="the repository of dependency {dependency} has no version that matches Chart.yaml: {detail}",
        steps=(
            Step(
                "correct the dependency's name or version in Chart.yaml, or commit the dependency to the chart's charts/ directory (helm dependency update)",
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
        why="the source does not contain dependency {dependency} at {wanted_path}; the dependency's repository in Chart.yaml, {reference}, refers to this path",
        steps=(
            Step(
                "correct the dependency's repository in Chart.yaml. A file:// path is relative to the chart's directory and must not lead out of the source",
                read=(SPEC,),
            ),
            Step(
                "if the path is correct, check whether the source excludes it (spec.ignore, .sourceignore or spec.sparseCheckout)",
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
                "in the parent chart's Chart.yaml, set the dependency's version to the version in the dependency's own Chart.yaml, or to a range that includes it",
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
                "correct the dependency's chart, or the dependency's repository in Chart.yaml. To list the errors in the chart, run helm lint",
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
        why="the repository of dependency {dependency} in Chart.yaml must be a URL, because Flux does not support repository aliases: {detail}",
        steps=(
            Step(
                "set the repository to an https:// or oci:// URL under dependencies in Chart.yaml, or commit the dependency to the chart's charts/ directory (helm dependency update)",
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
                "correct the dependencies in Chart.yaml (name, version, repository), or commit the charts/ directory. For a private repository, create a HelmRepository in the same namespace",
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
