"""HelmRepository and HelmChart: indexes, charts and their versions, dependencies, values files.

Upstream: SC internal/helm/repository, internal/helm/getter, internal/helm/chart/errors.go,
internal/controller/helmchart_controller.go.
"""

from fluxstatus.knowledge.codes import CHART_DEPENDENCY_FAILED
from fluxstatus.knowledge.commands import BASIC_AUTH, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_HELM_INDEX_AUTH = Code(
    "helm-index-auth", "The Helm repository requires a login or rejects the credentials."
)
_CHART_VERSION_MISSING = Code(
    "chart-version-missing",
    "The repository does not have the chart, or no version of it matches.",
)
_CHART_INVALID = Code("chart-invalid", "The chart is invalid or cannot be built from its source.")

_HELM: KindNames = frozenset({"HelmRepository"})
_CHART: KindNames = frozenset({"HelmChart"})
_INDEX = "SC internal/helm/repository/chart_repository.go"
_BUILD = "SC internal/helm/chart/errors.go"
_ITS_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
_LOGIN = BASIC_AUTH.replace("--username=git", "--username=USER")

_REPOSITORY = (
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} rejects the credentials in Secret {secret} ({status}): they are wrong or expired, or do not grant read access",
        steps=(
            Step(
                "put a valid username and password into Secret {secret}; if the index and the charts are on different hosts, set spec.passCredentials: true",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
        ),
        pattern=Text(r"(?:: |status(?: code)?:? )(?P<status>40[13])\b"),
        kinds=_HELM,
        needs=("secret",),
        upstream=_INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} requires authentication ({status})",
        steps=(
            Step(
                "create a Secret with the keys username and password, and reference it in spec.secretRef",
                change=(for_secret(_LOGIN, "{name}-auth"),),
            ),
        ),
        pattern=Text(r"(?:: |status(?: code)?:? )(?P<status>40[13])\b"),
        kinds=_HELM,
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        Code("helm-index-missing", "There is no index.yaml at the URL of the HelmRepository."),
        why="no Helm repository exists at {url}: index.yaml was not found (404)",
        steps=(
            Step(
                "correct spec.url of the HelmRepository; charts in an OCI registry need spec.type: oci and an oci:// URL",
                read=(URL,),
            ),
        ),
        pattern=Text(r"(?:: |status(?: code)?:? )404\b|404 Not Found"),
        kinds=_HELM,
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        Code(
            "helm-index-too-large",
            "The index of the Helm repository exceeds source-controller's size limit.",
        ),
        why="the index at {url} exceeds source-controller's size limit",
        steps=(
            Step(
                "remove old versions from the repository, use charts from an OCI registry, or raise --helm-index-max-size of source-controller",
                read=("kubectl describe deployment source-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(r"exceeds the maximum index file size|size of index[^\n]*exceeds"),
        kinds=_HELM,
        upstream=_INDEX,
    ),
    Rule(
        Code(
            "helm-index-invalid",
            "The HelmRepository's URL does not serve a valid repository index.",
        ),
        why="{url} does not serve a Helm repository index",
        steps=(
            Step(
                "set spec.url to the root of the Helm repository, which contains index.yaml, and not to a web page or a login page",
                read=(URL,),
            ),
        ),
        reasons=("IndexationFailed",),
        kinds=_HELM,
        upstream=_INDEX,
    ),
    Rule(
        Code("helm-index-failed", "The index of the Helm repository cannot be fetched."),
        why="the index of the Helm repository at {url} cannot be fetched",
        steps=(
            Step(
                "to reproduce it outside the cluster, run curl {url}/index.yaml; then check spec.url and the Secret",
                read=(SPEC, SECRET),
            ),
        ),
        reasons=("Failed",),
        kinds=_HELM,
        upstream=_INDEX,
    ),
    Rule(
        Code(
            "helm-type-mismatch",
            "The values of spec.url and spec.type in the HelmRepository do not match.",
        ),
        why="spec.url and spec.type of the HelmRepository do not match: {detail}",
        steps=(
            Step(
                "set spec.type: oci for an oci:// URL, and omit spec.type for an https:// URL",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>'?(?:oci|https?)'? (?:URL )?scheme cannot be used[^\n]{0,120}|"
            r"invalid OCI URL[^\n]{0,120})"
        ),
        trivial=True,
        upstream="SC internal/helm/repository, internal/controller/helmrepository_controller.go",
    ),
    Rule(
        Code("url-invalid", "The URL or image address in the spec is not valid for this kind."),
        why="{address_field} is not valid for this kind",
        steps=(Step("correct {address_field} and spec.type", read=(SPEC,)),),
        reasons=("URLInvalid", "ImageURLInvalid"),
        trivial=True,
        upstream="SC internal/controller",
    ),
)

_CHARTS = (
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository has no chart {wanted_chart} with a version that matches {wanted_version}",
        steps=(
            Step(
                "correct the chart name {wanted_chart} or the version {wanted_version}; a range includes pre-releases only if it ends in -0",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no '(?P<wanted_chart>[^']+)' chart with version matching '(?P<wanted_version>[^']*)'"
        ),
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the repository has no chart {wanted_chart}",
        steps=(Step("correct the chart name {wanted_chart}, or spec.url", read=(SPEC,)),),
        pattern=Text(r"chart \"?(?P<wanted_chart>[\w./-]+)\"? (?:version .{0,40})?not found"),
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the index of source {source_name} does not list chart {chart} (no chart name found)",
        steps=(
            Step(
                "correct the chart name {chart} (in a HelmRelease, spec.chart.spec.chart), or the repository in sourceRef",
                read=(SPEC, _ITS_SOURCE),
            ),
        ),
        pattern=Text(r"no chart name found"),
        needs=("chart",),
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the index of source {source_name} does not list any version of chart {chart} (no chart version found)",
        steps=(
            Step(
                "publish a version of chart {chart}; versions with invalid metadata are ignored",
                read=(SPEC, _ITS_SOURCE),
            ),
        ),
        pattern=Text(r"no chart version found"),
        needs=("chart",),
        upstream=_INDEX,
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no chart {wanted_chart}: {detail}",
        steps=(
            Step(
                "correct the chart name {wanted_chart}, or spec.url of HelmRepository {source_name}, which must not include the chart name",
                read=(SPEC, _ITS_SOURCE),
            ),
        ),
        pattern=Text(
            r"could not get tags for \"(?P<wanted_chart>[^\"]+)\"[^\n]*?(?P<detail>NAME_UNKNOWN|"
            r"name unknown|404(?:: not found)?)"
        ),
        trivial=True,
        upstream="SC internal/helm/repository/oci_chart_repository.go",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no tag of the chart that matches the requested version: {detail}",
        steps=(Step("correct the chart name or version", read=(SPEC,)),),
        pattern=Text(
            r"(?P<detail>could not locate a version matching[^\n]{0,120}|unable to locate any tags"
            r"[^\n]{0,160}|no version of [^\n]{0,80} found|could not get tags for [^\n]{0,120})"
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
            r"(?P<detail>improper constraint[^\n]{0,80}|invalid semantic version[^\n]{0,80}|"
            r"invalid (?:version )?constraint[^\n]{0,80})"
        ),
        trivial=True,
        upstream="Masterminds/semver",
    ),
    Rule(
        Code("chart-path-missing", "The source has no chart at the given path."),
        why="the source has no chart at {wanted_path}",
        steps=(
            Step(
                "set spec.chart (in a HelmRelease, spec.chart.spec.chart) to the directory that contains Chart.yaml, for example ./charts/app",
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
        upstream="SC internal/helm/chart/dependency_manager.go",
    ),
    Rule(
        Code(
            "chart-archive-missing",
            "The chart is listed in the repository index, but its archive does not exist.",
        ),
        why="the index lists the chart, but its archive does not exist: {archive} returns 404",
        steps=(
            Step(
                "publish the chart's archive {archive} again, or choose another version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : 404"),
        kinds=_CHART | {"HelmRelease"},
        upstream=_BUILD,
    ),
    Rule(
        Code(
            "chart-archive-denied",
            "The chart is listed in the repository index, but its archive requires a login.",
        ),
        why="the index can be read, but the chart's archive {archive} requires authentication ({status})",
        steps=(
            Step(
                "set spec.secretRef of the HelmRepository to a Secret with the keys username and password; if the archives are on a different host than the index, also set spec.passCredentials: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : (?P<status>40[13])"),
        kinds=_CHART | {"HelmRelease"},
        upstream=_BUILD,
    ),
    Rule(
        Code(
            "values-file-missing",
            "A file in spec.valuesFiles does not exist in the chart or its source.",
        ),
        why="spec.valuesFiles lists {wanted_path}, which does not exist in the chart",
        steps=(
            Step(
                "correct spec.valuesFiles (for a GitRepository or Bucket, paths are relative to the source; for a HelmRepository, to the chart), or set spec.ignoreMissingValuesFiles: true",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"no values file found at path '(?P<wanted_path>[^']+)'|values file[^\n]{0,80}"
            r"(?:no such file|not found)"
        ),
        trivial=True,
        upstream="SC internal/helm/chart/builder.go",
    ),
    Rule(
        _CHART_INVALID,
        why="the chart is not valid: {detail}",
        steps=(
            Step(
                "correct Chart.yaml and the chart's directories; to list the errors, run helm lint",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>Chart\.ya?ml[^\n]{0,40}(?:missing|not found|invalid)|"
            r"validation: chart\.metadata[^\n]{0,120}|chart metadata[^\n]{0,120}|"
            r"cannot load (?:Chart|values|requirements)[^\n]{0,160}|"
            r"file does not appear to be a (?:valid )?gzipped archive[^\n]{0,60}|"
            r"chart file is larger[^\n]{0,80}|max(?:imum)? (?:chart|decompressed)[^\n]{0,80})"
        ),
        kinds=_CHART,
        upstream="helm pkg/chart/loader",
    ),
    Rule(
        _CHART_INVALID,
        why="the chart cannot be built from its source",
        steps=(Step("fix the reported error in the chart or its values files", read=(SPEC,)),),
        reasons=(
            "InvalidChartReference",
            "ChartPullError",
            "DependencyBuildError",
            "ChartPackageError",
            "ValuesFilesError",
            "MetadataPatchError",
            "UnsupportedSourceKind",
            "SourceUnavailable",
        ),
        upstream=_BUILD,
    ),
)

RULES = (*_REPOSITORY, *_CHARTS)
