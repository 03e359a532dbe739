"""HelmChart: charts and versions that a repository, a registry or a source does not have.

Upstream: source-controller internal/helm/repository, internal/helm/chart/errors.go.
"""

from fluxstatus.knowledge.charts.shared import CHART, INDEX, ITS_SOURCE
from fluxstatus.knowledge.commands import ENDPOINT, SPEC
from fluxstatus.knowledge.facts import has_artifact, names_chart_in_url
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_CHART_VERSION_MISSING = Code(
    "chart-version-missing",
    "The repository does not contain the chart, or no version of the chart matches.",
)

RULES = (
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository has no chart {wanted_chart} with a version that matches {wanted_version}; a number with a leading zero, which is invalid in a semantic version, is probably the cause",
        steps=(
            Step(
                "publish the chart with versions without leading zeros (9.1.0, not 09.01.0), and set spec.chart.spec.version without leading zeros",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no '(?P<wanted_chart>[^']+)' chart with version matching '(?P<wanted_version>(?:[^']*[^\d'])?0\d[^']*)'"
        ),
        certainty="likely",
        upstream=INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository has no chart {wanted_chart} with a version that matches {wanted_version}",
        steps=(
            Step(
                "correct the chart name {wanted_chart} or the version {wanted_version}. A range includes pre-releases only if it ends with -0",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no '(?P<wanted_chart>[^']+)' chart with version matching '(?P<wanted_version>[^']*)'"
        ),
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository has no version {wanted_version} of chart {wanted_chart}, or does not contain this chart",
        steps=(
            Step(
                "correct the version {wanted_version} or the chart name {wanted_chart}. To list the existing versions, run helm search repo with --versions",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"\bchart \"(?P<wanted_chart>[\w./-]+)\" version \"(?P<wanted_version>[^\"\n]{1,40})\" not found"
        ),
        certainty="one-of",
        trivial=True,
        upstream="helm pkg/repo",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository's index contains chart {chart}, but not the requested version ({detail})",
        steps=(
            Step(
                "correct the requested version of chart {chart} (spec.chart.spec.version in a HelmRelease), or publish this version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"no chart version found for (?P<detail>\S+)"),
        needs=("chart",),
        trivial=True,
        upstream="helm pkg/repo",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository has no chart {wanted_chart}",
        steps=(Step("correct the chart name {wanted_chart}, or spec.url", read=(SPEC,)),),
        pattern=Text(r"\bchart \"(?P<wanted_chart>[\w./-]+)\" (?:version .{0,40})?not found"),
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the index of source {source_name} does not list chart {chart} (no chart name found)",
        steps=(
            Step(
                "correct the chart name {chart} (spec.chart.spec.chart in a HelmRelease), or the repository in sourceRef",
                read=(SPEC, ITS_SOURCE),
            ),
        ),
        pattern=Text(r"no chart name found"),
        needs=("chart",),
        trivial=True,
        upstream=INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the index of source {source_name} does not list any version of chart {chart} (no chart version found)",
        steps=(
            Step(
                "publish a version of chart {chart}. Versions with invalid metadata are ignored",
                read=(SPEC, ITS_SOURCE),
            ),
        ),
        pattern=Text(r"no chart version found"),
        needs=("chart",),
        upstream=INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no chart {wanted_chart}: {detail}",
        steps=(
            Step(
                "correct the chart name {wanted_chart}, or spec.url of HelmRepository {source_name}, which must not include the chart name",
                read=(SPEC, ITS_SOURCE),
            ),
        ),
        pattern=Text(
            r"could not (?:get|fetch) tags for \"(?P<wanted_chart>[^\"]+)\"[^\n]*?(?P<detail>NAME_UNKNOWN|"
            r"name unknown|NAME_INVALID|404(?:: not found)?)"
        ),
        trivial=True,
        upstream="SC internal/helm/repository/oci_chart_repository.go",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no chart at this address: {address_field} already ends with the chart's name, and Flux appends the name again",
        steps=(
            Step(
                "correct {address_field}: remove the chart's name from its end",
                read=(ENDPOINT, SPEC),
            ),
        ),
        pattern=Text(
            r"NAME_UNKNOWN|name unknown|repository name not known|status code:? 404\b|"
            r"(?:NOT_FOUND: )?(?:repository|project) .{1,120} not found|'oci://[^'\n]+': [^\n]*: not found$"
        ),
        kinds=CHART,
        needs=("chart",),
        when=(names_chart_in_url,),
        unless=(has_artifact,),
        reach=Reach.WHOLE,
        certainty="likely",
        quoted=True,
        in_full=True,
        upstream="SC internal/helm/repository/oci_chart_repository.go, oras-go registry/remote/errcode",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no chart {chart} at the address of the chart's source (NAME_UNKNOWN)",
        steps=(
            Step(
                "correct the chart name {chart} or {address_field}. Flux appends the chart name to this address",
                read=(ENDPOINT, SPEC),
            ),
        ),
        pattern=Text(
            r"NAME_UNKNOWN|name unknown|repository name not known|status code:? 404\b|"
            r"(?:NOT_FOUND: )?(?:repository|project) .{1,120} not found"
        ),
        kinds=CHART,
        needs=("chart",),
        certainty="one-of",
        trivial=True,
        upstream="oras-go registry/remote/errcode",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="no tag of chart {wanted_chart} in the registry is a semantic version, or the credentials do not grant permission to list tags; Helm ignores tags such as 1.5 or latest, because a version must consist of three numbers",
        steps=(
            Step(
                "publish the chart with a version of three numbers, such as 1.5.0. Alternatively, use an OCIRepository with the exact tag in spec.ref.tag, and set spec.chartRef in the HelmRelease",
                read=(SPEC, ITS_SOURCE),
            ),
            Step(
                "if such a tag exists, check that the account has permission to list tags, and that the chart name in {address_field} is correct"
            ),
        ),
        pattern=Text(
            r"(?:could not get tags for \"(?P<wanted_chart>[^\"]+)\"[^\n]*)?unable to locate any tags in provided repository"
        ),
        certainty="one-of",
        upstream="SC internal/helm/repository/oci_chart_repository.go, helm pkg/registry",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no tag for this chart that matches the requested version: {detail}",
        steps=(
            Step(
                "correct the chart's name or version, or push a matching version. A range includes pre-releases only if it ends with -0",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>could not locate a version matching[^\n]{0,120}|"
            r"no version of [^\n]{0,80} found)"
        ),
        upstream="SC internal/helm/repository/oci_chart_repository.go",
    ),
    Rule(
        Code(
            "chart-version-invalid",
            "The chart version is neither a valid version nor a valid range.",
        ),
        why="the chart version is neither a valid version nor a valid range: {detail}",
        steps=(
            Step("correct the version, for example 1.2.3, 1.x or >=1.2.0 <2.0.0", read=(SPEC,)),
        ),
        pattern=Text(
            r"^(?!.*executing \")(?:.*?)(?P<detail>improper constraint[^\n]{0,80}|invalid semantic version[^\n]{0,80}|"
            r"invalid (?:version )?constraint[^\n]{0,80})"
        ),
        kinds=CHART | {"HelmRelease"},
        trivial=True,
        upstream="Masterminds/semver",
    ),
    Rule(
        Code("chart-path-missing", "The source has no chart at the given path."),
        why="the source has no chart at {wanted_path}",
        steps=(
            Step(
                "set spec.chart of the HelmChart (spec.chart.spec.chart of the HelmRelease) to the directory that contains Chart.yaml, for example ./charts/app",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:chart reference|chart file|chart path|load chart|Chart\.ya?ml)[^\n]{0,160}?"
            r"(?:stat|open|lstat) (?:/tmp/[\w.-]+/(?:source/)?)?(?P<wanted_path>[^\s:]+): no such "
            r"file"
        ),
        trivial=True,
        upstream="SC internal/helm/chart/builder_local.go",
    ),
)
