"""HelmChart: the archive of a chart, its content and its values files.

Upstream: SC internal/helm/chart/errors.go, internal/controller/helmchart_controller.go, helm
pkg/chart/loader.
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

RULES = (
    Rule(
        Code(
            "chart-version-mismatch",
            "The tag of the OCI artifact differs from the version in the chart's Chart.yaml.",
        ),
        why="the artifact has tag {wanted_tag}, but the version in its Chart.yaml is {wanted_version}: the chart was published with a tag that does not match its version",
        steps=(
            Step(
                "choose another tag in spec.ref of OCIRepository {source_name}",
                read=(ITS_SOURCE,),
            ),
            Step(
                "or have the chart published again with helm push, which takes the tag from Chart.yaml"
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
        why="the index lists the chart, but its archive does not exist: {archive} returns 404",
        steps=(
            Step(
                "publish the chart's archive {archive} again, or choose another version",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : 404"),
        kinds=CHART | {"HelmRelease"},
        upstream=_BUILD,
    ),
    Rule(
        _ARCHIVE_DENIED,
        why="the index can be read, but the host of the chart's archive {archive} responds with {status} to the credentials in Secret {secret}: they are probably not valid for it",
        steps=(
            Step(
                "put a username and password into Secret {secret} that may read the index and the archives; with spec.passCredentials{of_endpoint} they are sent to both hosts",
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
                "set spec.secretRef{of_endpoint} to a Secret with the keys username and password; if the archives are on a different host than the index, also set spec.passCredentials: true",
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
        Code(
            "chart-not-in-artifact", "The OCI artifact at the address of the chart is not a chart."
        ),
        why="the OCI artifact is not a Helm chart, but an image or another artifact: {detail}",
        steps=(
            Step(
                "correct the chart's name and version: Flux appends the name to {address_field}, and an image of the same project is often next to the chart",
                read=(ENDPOINT, SPEC),
            ),
            Step("if it should be a chart, publish it again with helm push"),
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
        why="the address of the chart's archive does not serve an archive, but {served_type}",
        steps=(
            Step(
                "open the URL of the archive in the repository index (urls): a web page or a login page is in its place, or the index has a wrong URL",
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
        why="a file of the chart cannot be packaged: {detail}",
        steps=(
            Step(
                "correct or remove the file or symbolic link in the chart, or exclude it with .helmignore; a link must not lead out of the source",
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
        kinds=CHART,
        upstream="helm pkg/chart/loader",
    ),
    Rule(
        _CHART_INVALID,
        why="the chart exceeds a size limit of source-controller: {detail}",
        steps=(
            Step(
                "make the chart smaller (exclude files with .helmignore), or raise --helm-chart-max-size or --helm-chart-file-max-size of source-controller",
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
            Step("correct the YAML of this values file in the chart or its source", read=(SPEC,)),
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
                "correct the entry of the chart in the repository index (urls), or choose another version",
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
            "The index of the Helm repository lists the chart at a URL that cannot be downloaded.",
        ),
        why="the index of HelmRepository {source_name} lists the chart at an oci:// URL, which a HelmRepository of type default cannot download: the charts were moved to an OCI registry",
        steps=(
            Step(
                "use a HelmRepository with type: oci and the oci:// URL without the name of the chart, or an OCIRepository with spec.chartRef in the HelmRelease",
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
            "The URL of a chart or a Helm repository needs a Helm plugin, which Flux does not have.",
        ),
        why="Flux does not support URLs with {scheme}://, which need a Helm plugin",
        steps=(
            Step(
                "serve the charts over https, or from an OCI registry (type: oci); for charts in a bucket, use a Bucket as the source of the chart, and for charts in Git, a GitRepository",
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
        Code("chart-pull-failed", "The chart cannot be pulled from its repository."),
        why="the chart cannot be pulled from its repository: {innermost}",
        steps=(
            Step(
                "to reproduce it outside the cluster, run helm pull; then check {address_field}, its Secret, and the chart's name and version",
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
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=_BUILD,
    ),
)
