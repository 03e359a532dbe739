"""HelmChart: the archive of a chart, its content and its values files.

Upstream: source-controller internal/helm/chart/errors.go,
internal/controller/helmchart_controller.go, helm pkg/chart/loader.
"""

from fluxstatus.knowledge.charts.shared import CHART, HELM, INDEX, ITS_SOURCE
from fluxstatus.knowledge.commands import ENDPOINT, SECRET, SPEC
from fluxstatus.knowledge.facts import passes_credentials
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_ARCHIVE_DENIED = Code(
    "chart-archive-denied",
    "The chart is listed in the repository index, but its archive requires authentication.",
)
_CHART_INVALID = Code("chart-invalid", "The chart is invalid or cannot be built from its source.")

_BUILD = "SC internal/helm/chart/errors.go"

_CHART_PULL_FAILED = Code("chart-pull-failed", "The chart cannot be pulled from its repository.")

RULES = (
    Rule(
        Code(
            "chart-version-mismatch",
            "The tag of the OCI artifact differs from the version in Chart.yaml.",
        ),
        why="the artifact has tag {wanted_tag}, but the version in its Chart.yaml is {wanted_version}; the chart was published with a tag that does not match its version",
        steps=(
            Step(
                "choose another tag in spec.ref of OCIRepository {source_name}",
                read=(ITS_SOURCE,),
            ),
            Step(
                "alternatively, republish the chart with helm push, which uses the version in Chart.yaml as the tag"
            ),
        ),
        pattern=Text(
            r"artifact revision (?P<wanted_tag>\S+) does not match chart version (?P<wanted_version>\S+)"
        ),
        kinds=frozenset({"HelmRelease"}),
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
    Rule(
        Code(
            "chart-archive-missing",
            "The chart is listed in the repository index, but its archive does not exist.",
        ),
        why="the index lists the chart, but its archive {archive} does not exist (404)",
        steps=(
            Step(
                "republish the chart's archive {archive}, or choose another version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : 404"),
        kinds=CHART | {"HelmRelease"},
        upstream=_BUILD,
    ),
    Rule(
        _ARCHIVE_DENIED,
        why="the index can be read, but the host of the chart's archive {archive} responds with {status}; the credentials in Secret {secret} are probably not valid for that host",
        steps=(
            Step(
                "put a username and password that have read access to both the index and the archives into Secret {secret}. To send these credentials to both hosts, set spec.passCredentials{of_endpoint} to true",
                read=(ENDPOINT, SECRET),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : (?P<status>40[13])"),
        kinds=CHART | {"HelmRelease"},
        needs=("secret",),
        when=(passes_credentials,),
        certainty="likely",
        upstream="SC docs/spec/v1/helmrepositories.md, pass credentials",
    ),
    Rule(
        _ARCHIVE_DENIED,
        why="the index can be read, but the chart's archive {archive} requires authentication ({status})",
        steps=(
            Step(
                "set spec.secretRef{of_endpoint} to a Secret with the keys username and password. If the archives and the index are on different hosts, also set spec.passCredentials: true",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : (?P<status>40[13])"),
        kinds=CHART | {"HelmRelease"},
        certainty="one-of",
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
                "correct spec.valuesFiles, or set spec.ignoreMissingValuesFiles: true. For a GitRepository or Bucket, paths are relative to the source; for a HelmRepository, they are relative to the chart",
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
        Code(
            "chart-not-in-artifact", "The OCI artifact at the chart's address is not a Helm chart."
        ),
        why="the OCI artifact is an image or another artifact, not a Helm chart: {detail}",
        steps=(
            Step(
                "correct the chart's name and version. Flux appends the name to {address_field}, and registries often have an image of the same project at this address",
                read=(ENDPOINT, SPEC),
            ),
            Step("if the artifact should be a chart, republish it with helm push"),
        ),
        pattern=Text(
            r"(?P<detail>could not load config with mediatype \S+|"
            r"manifest does not contain minimum number of descriptors[^\n]{0,60}|"
            r"manifest does not contain a layer with mediatype \S+)"
        ),
        kinds=CHART | {"HelmRelease"},
        upstream="helm pkg/registry/client.go",
    ),
    Rule(
        _CHART_INVALID,
        why="the address of the chart's archive serves {served_type} instead of an archive",
        steps=(
            Step(
                "open the archive's URL, which is listed under urls in the repository index. The URL leads to a web page or a login page, or is wrong",
                read=(ENDPOINT, SPEC),
            ),
            Step("if the repository is private, check spec.secretRef{of_endpoint}"),
        ),
        pattern=Text(r"not appear to be a gzipped archive; got '(?P<served_type>[^']+)'"),
        kinds=CHART | {"HelmRelease"},
        certainty="one-of",
        upstream="helm pkg/chart/loader/archive.go",
    ),
    Rule(
        _CHART_INVALID,
        why="a file in the chart cannot be packaged: {detail}",
        steps=(
            Step(
                "correct or remove the file or symbolic link in the chart, or exclude it with .helmignore. A symbolic link must not lead out of the source",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>cannot load irregular file [^\n]{1,160}|"
            r"error evaluating symlink [^\n]{1,160}|cannot load '[^']*' (?:file|directory)[^\n]{1,160}|"
            r"path traverses outside root boundary[^\n]{0,80})"
        ),
        kinds=CHART,
        upstream="SC internal/helm/chart/secureloader/directory.go",
    ),
    Rule(
        _CHART_INVALID,
        why="a file in the chart is not valid YAML: {detail}",
        steps=(
            Step(
                "correct the file in the chart (if it is another team's chart, use another version); values of a HelmRelease are not the cause. To see the error, run helm lint",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>cannot load (?:Chart|values|requirements)\.\w+: (?:error (?:converting|unmarshaling)|yaml: |json: )[^\n]{1,200})"
        ),
        kinds=CHART,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/v2/loader/load.go",
    ),
    Rule(
        _CHART_INVALID,
        why="the chart is invalid: {detail}",
        steps=(
            Step(
                "correct Chart.yaml and the directories of the chart. To list the errors, run helm lint",
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
        kinds=CHART,
        upstream="helm pkg/chart/loader",
    ),
    Rule(
        _CHART_INVALID,
        why="the chart exceeds a size limit of source-controller: {detail}",
        steps=(
            Step(
                "make the chart smaller (exclude files with .helmignore), or raise the source-controller flag --helm-chart-max-size or --helm-chart-file-max-size",
                read=("kubectl describe deployment source-controller -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>size of (?:chart )?'[^']*' exceeds '\w+' bytes limit|"
            r"cannot load file \S+ as file size \(\d+\) exceeds limit \(\d+\))"
        ),
        upstream="SC internal/helm/chart/metadata.go, secureloader",
    ),
    Rule(
        _CHART_INVALID,
        why="the values files cannot be merged: {detail}",
        steps=(
            Step("correct the YAML of the values file in the chart or in its source", read=(SPEC,)),
        ),
        pattern=Text(
            r"(?P<detail>unmarshaling values from '[^']*' failed[^\n]{0,200}|"
            r"could not read values from file[^\n]{0,160})"
        ),
        upstream="SC internal/helm/chart",
    ),
    Rule(
        _CHART_INVALID,
        why="the chart has no version that can be downloaded: {detail}",
        steps=(
            Step(
                "correct the chart's entry (urls) in the repository index, or choose another version",
                read=(ITS_SOURCE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>chart '[^']*' has no downloadable URLs|invalid chart URL format[^\n]{0,120})"
        ),
        upstream=INDEX,
    ),
    Rule(
        Code(
            "chart-protocol-unsupported",
            "The Helm repository's index lists a chart URL that cannot be downloaded.",
        ),
        why="the index of HelmRepository {source_name} lists the chart at an oci:// URL, which a HelmRepository of type default cannot download; the charts were moved to an OCI registry",
        steps=(
            Step(
                "use a HelmRepository with type: oci and the oci:// URL (without the chart name), or an OCIRepository with spec.chartRef in the HelmRelease",
                read=(ITS_SOURCE, SPEC),
            ),
        ),
        pattern=Text(r"unsupported protocol scheme \"oci\"|scheme \"oci\" not supported"),
        kinds=CHART | {"HelmRelease"},
        upstream="SC internal/helm/getter, Go net/http",
    ),
    Rule(
        Code(
            "helm-protocol-unsupported",
            "The URL of a chart or a Helm repository requires a Helm plugin, which Flux does not include.",
        ),
        why="Flux does not support {scheme}:// URLs, which require a Helm plugin",
        steps=(
            Step(
                "serve the charts over https, or from an OCI registry (type: oci). If the charts are in a bucket or in Git, use a Bucket or a GitRepository as the source of the chart",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:unsupported protocol scheme|scheme) \"(?P<scheme>s3|gs|gcs|azblob|git|git\+\w+|file|cm)\""
        ),
        kinds=CHART | HELM | {"HelmRelease"},
        quoted=True,
        upstream="SC internal/helm/getter, Go net/http",
    ),
    Rule(
        _CHART_PULL_FAILED,
        why="the registry does not let the credentials in use pull the chart, or the chart does not exist there: {innermost}",
        steps=(
            Step(
                "check that the Secret of {address_field} has credentials for this registry with permission to pull, and that the chart's name and version exist. To reproduce the error outside the cluster, run helm pull",
                read=(ENDPOINT, SPEC),
            ),
        ),
        pattern=Text(r"pull access denied|insufficient_scope"),
        reasons=("ChartPullError", "SourceUnavailable"),
        kinds=CHART,
        certainty="one-of",
        upstream="containerd core/remotes/docker",
    ),
    Rule(
        _CHART_PULL_FAILED,
        why="the chart cannot be pulled from its repository: {innermost}",
        steps=(
            Step(
                "check {address_field}, its Secret, and the chart's name and version. To reproduce the error outside the cluster, run helm pull",
                read=(ENDPOINT, SPEC),
            ),
        ),
        reasons=("ChartPullError", "SourceUnavailable"),
        kinds=CHART,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=_BUILD,
    ),
    Rule(
        _CHART_INVALID,
        why="the chart cannot be built from its source: {innermost}",
        steps=(
            Step("correct the reported error in the chart or in its values files", read=(SPEC,)),
        ),
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
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=_BUILD,
    ),
)
