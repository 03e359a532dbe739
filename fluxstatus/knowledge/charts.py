"""HelmRepository and HelmChart: indexes, charts and their versions, dependencies, values files.

Upstream: SC internal/helm/repository, internal/helm/getter, internal/helm/chart/errors.go,
internal/controller/helmchart_controller.go.
"""

from fluxstatus.knowledge.codes import CHART_DEPENDENCY_FAILED
from fluxstatus.knowledge.commands import BASIC_AUTH, ENDPOINT, SECRET, SPEC, URL, for_secret
from fluxstatus.knowledge.facts import has_artifact, is_git_page
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
_INDEX_REJECTED = Text(r"(?:: |status(?: code)?:? )(?P<status>40[13])\b")
_ITS_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
_DEPENDENCY = r"failed to add remote dependency '(?P<dependency>[^']+)'"
_LOGIN = BASIC_AUTH.replace("--username=git", "--username=USER")

_NOT_FOUND = Text(r"(?:: |status(?: code)?:? )404\b|404 Not Found")
_INDEX_MISSING = Code(
    "helm-index-missing", "There is no index.yaml at the URL of the HelmRepository."
)

_REPOSITORY = (
    Rule(
        _HELM_INDEX_AUTH,
        why="Artifactory responds with {status} at {url}: the login in Secret {secret} is rejected or has no read access, or spec.url is not the exact address of the index and a redirect drops the login",
        steps=(
            Step(
                "set spec.url to the address that Artifactory serves index.yaml at without a redirect (https://HOST/artifactory/api/helm/REPOSITORY, with the port if the redirect adds one), or set spec.passCredentials: true",
                read=(URL,),
            ),
            Step(
                "if the address is exact, put a valid username and password or token with read access into Secret {secret}",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
        ),
        pattern=_INDEX_REJECTED,
        context=Text(r"/artifactory/|\.jfrog\.io"),
        kinds=_HELM,
        needs=("secret",),
        certainty="one-of",
        quoted=True,
        upstream=_INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} no longer accepts the credentials in Secret {secret} ({status}): they have probably expired, because Flux has read this repository before",
        steps=(
            Step(
                "put a valid username and password into Secret {secret}; if the index and the charts are on different hosts, set spec.passCredentials: true",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
        ),
        pattern=Text(r"(?:: |status(?: code)?:? )(?P<status>401)\b"),
        kinds=_HELM,
        needs=("secret",),
        when=(has_artifact,),
        certainty="likely",
        upstream=_INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} rejects the credentials in Secret {secret} ({status}): they are wrong or expired, or do not grant read access",
        steps=(
            Step(
                "put a valid username and password into Secret {secret}",
                read=(SECRET,),
                change=(_LOGIN,),
            ),
            Step(
                "if the credentials are valid, check whether spec.url redirects to another host: the login is sent there only with spec.passCredentials: true",
                read=(URL,),
            ),
        ),
        pattern=_INDEX_REJECTED,
        kinds=_HELM,
        needs=("secret",),
        certainty="one-of",
        upstream=_INDEX,
    ),
    Rule(
        _HELM_INDEX_AUTH,
        why="the Helm repository at {url} requires authentication ({status}), or its host denies access from this cluster",
        steps=(
            Step(
                "if the repository is private, create a Secret with the keys username and password, and reference it in spec.secretRef",
                change=(for_secret(_LOGIN, "{name}-auth"),),
            ),
            Step(
                "if it is public, correct spec.url (some hosts respond with 403 if the repository does not exist), and check whether the host or a proxy blocks the cluster",
                read=(URL,),
            ),
        ),
        pattern=_INDEX_REJECTED,
        kinds=_HELM,
        certainty="one-of",
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        _INDEX_MISSING,
        why="{url} is probably the address of a Git repository, not of a Helm repository: it has no index.yaml (404)",
        steps=(
            Step(
                "create a GitRepository with this URL; in the HelmRelease, set spec.chart.spec.sourceRef.kind: GitRepository and spec.chart.spec.chart to the directory of the chart",
                read=(URL,),
            ),
            Step(
                "or set spec.url to the address that the charts are published at (see the project's documentation; often on github.io or in an OCI registry)"
            ),
        ),
        pattern=_NOT_FOUND,
        kinds=_HELM,
        when=(is_git_page,),
        certainty="likely",
        trivial=True,
        upstream=_INDEX,
    ),
    Rule(
        _INDEX_MISSING,
        why="no Helm repository exists at {url}: index.yaml was not found (404)",
        steps=(
            Step(
                "correct spec.url of the HelmRepository; charts in an OCI registry need spec.type: oci and an oci:// URL",
                read=(URL,),
            ),
            Step(
                "if the address is correct and the repository is private, check its login (spec.secretRef): some hosts, such as GitHub, respond with 404 without a valid one"
            ),
        ),
        pattern=_NOT_FOUND,
        kinds=_HELM,
        certainty="one-of",
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
        pattern=Text(r"exceeds the maximum index file size"),
        kinds=_HELM,
        upstream=_INDEX,
    ),
    Rule(
        Code(
            "helm-index-invalid",
            "The HelmRepository's URL does not serve a valid repository index.",
        ),
        why="{url} does not serve a valid Helm repository index: {innermost}",
        steps=(
            Step(
                "set spec.url to the root of the Helm repository, which contains index.yaml, and not to a web page or a login page",
                read=(URL,),
            ),
        ),
        reasons=("IndexationFailed",),
        kinds=_HELM,
        reach=Reach.STAGE,
        certainty="one-of",
        upstream=_INDEX,
    ),
    Rule(
        Code("helm-index-failed", "The index of the Helm repository cannot be fetched."),
        why="the index of the Helm repository at {url} cannot be fetched: {innermost}",
        steps=(
            Step(
                "to reproduce it outside the cluster, run curl {url}/index.yaml; then check spec.url and the Secret",
                read=(SPEC, SECRET),
            ),
        ),
        reasons=("Failed",),
        kinds=_HELM,
        reach=Reach.STAGE,
        certainty="unknown",
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
        why="{address_field} is not valid for this kind: {innermost}",
        steps=(Step("correct {address_field} and spec.type", read=(SPEC,)),),
        reasons=("URLInvalid", "ImageURLInvalid"),
        reach=Reach.STAGE,
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
        pattern=Text(r"\bchart \"(?P<wanted_chart>[\w./-]+)\" (?:version .{0,40})?not found"),
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
            r"could not (?:get|fetch) tags for \"(?P<wanted_chart>[^\"]+)\"[^\n]*?(?P<detail>NAME_UNKNOWN|"
            r"name unknown|NAME_INVALID|404(?:: not found)?)"
        ),
        trivial=True,
        upstream="SC internal/helm/repository/oci_chart_repository.go",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="the registry has no chart {chart} at the address of its source (NAME_UNKNOWN)",
        steps=(
            Step(
                "correct {address_field}, to which Flux appends the chart's name {chart}, or the chart's name",
                read=(ENDPOINT, SPEC),
            ),
        ),
        pattern=Text(
            r"NAME_UNKNOWN|name unknown|repository name not known|status code:? 404\b|"
            r"(?:NOT_FOUND: )?(?:repository|project) .{1,120} not found"
        ),
        kinds=_CHART,
        needs=("chart",),
        certainty="one-of",
        trivial=True,
        upstream="oras-go registry/remote/errcode",
    ),
    Rule(
        _CHART_VERSION_MISSING,
        why="no tag of chart {wanted_chart} in the registry is a semantic version, or this login cannot list the tags: Helm ignores tags such as 1.5 or latest, because a version needs three numbers",
        steps=(
            Step(
                "publish the chart with a version of three numbers, such as 1.5.0; or use an OCIRepository with the exact tag in spec.ref.tag, and spec.chartRef in the HelmRelease",
                read=(SPEC, _ITS_SOURCE),
            ),
            Step(
                "if such a tag exists, give the login permission to list tags, and correct the chart's name in {address_field}"
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
        why="the registry has no tag of the chart that matches the requested version: {detail}",
        steps=(
            Step(
                "correct the chart's name or version, or push a matching version (a range includes pre-releases only if it ends in -0)",
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
        kinds=_CHART | {"HelmRelease"},
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
        why="{host} limits the rate of pulls (429) of dependency {dependency}, because no credentials are used for it",
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
            rf"{_DEPENDENCY}[^\n]*(?:\b40[13]\b|UNAUTHORIZED|(?<![a-z] )DENIED\b|failed to authorize|authentication required|credential)"
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
    Rule(
        Code(
            "chart-version-mismatch",
            "The tag of the OCI artifact differs from the version in the chart's Chart.yaml.",
        ),
        why="the artifact has tag {wanted_tag}, but the version in its Chart.yaml is {wanted_version}: the chart was published with a tag that does not match its version",
        steps=(
            Step(
                "choose another tag in spec.ref of OCIRepository {source_name}",
                read=(_ITS_SOURCE,),
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
                "set spec.secretRef{of_endpoint} to a Secret with the keys username and password; if the archives are on a different host than the index, also set spec.passCredentials: true",
                read=(ENDPOINT,),
            ),
        ),
        pattern=Text(r"failed to fetch (?P<archive>\S+) : (?P<status>40[13])"),
        kinds=_CHART | {"HelmRelease"},
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
                read=(_ITS_SOURCE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>chart '[^']*' has no downloadable URLs|invalid chart URL format[^\n]{0,120})"
        ),
        upstream=_INDEX,
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
                read=(_ITS_SOURCE, SPEC),
            ),
        ),
        pattern=Text(r"unsupported protocol scheme \"oci\"|scheme \"oci\" not supported"),
        kinds=_CHART | {"HelmRelease"},
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
        kinds=_CHART | _HELM | {"HelmRelease"},
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
        kinds=_CHART,
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

RULES = (*_REPOSITORY, *_CHARTS)
