"""HelmRelease: releases that cannot be read or stored, and charts that cannot be loaded.

Upstream: helm pkg/storage/driver, pkg/action and pkg/chart/loader, helm-controller internal/loader.
"""

from fluxstatus.knowledge.codes import API_REMOVED
from fluxstatus.knowledge.commands import SPEC, STORED
from fluxstatus.knowledge.releases.shared import HR
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code

_TOO_LARGE = Code("helm-release-too-large", "The Helm release is too large to be stored.")

_WRITE = r"(?:create|update): failed to (?:create|update): "

_OLD_MANIFESTS = r"from (?:current|old|previous|deployed) release manifest"

_CHART_UNREADABLE = Code(
    "chart-unreadable", "Helm cannot load the artifact of the source as a chart."
)

RULES = (
    Rule(
        API_REMOVED,
        why="the installed release contains {missing_kind} objects ({missing_group}), which the cluster no longer serves, so Helm can neither upgrade nor uninstall the release",
        steps=(
            Step(
                "if the CRD of {missing_kind} was deleted, restore it and keep it until the upgrade succeeds",
                read=("kubectl api-resources --api-group={missing_group_name}",),
            ),
            Step(
                "if a newer Kubernetes version removed this API version, rewrite the stored release with the Helm plugin mapkubeapis (helm mapkubeapis {release_name} -n {storage_ns})",
                read=(STORED,),
            ),
            Step(
                "as a last resort, delete the Secrets of this release (sh.helm.release.v1.{release_name}.v*). Its objects remain in the cluster, and Flux installs the release again and adopts them. Objects that the new chart version no longer contains are left over"
            ),
        ),
        pattern=Text(
            _OLD_MANIFESTS + r".*?no matches for kind "
            r"\"(?P<missing_kind>\w+)\" in version \"(?P<missing_group>"
            r"(?P<missing_group_name>[\w.-]+)(?:/\w+)?)\""
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        API_REMOVED,
        why="the installed release contains an API version that the cluster no longer serves, so Helm cannot upgrade it",
        steps=(
            Step(
                "rewrite the stored release with the Helm plugin mapkubeapis (helm mapkubeapis {release_name} -n {storage_ns})",
                read=(STORED,),
            ),
        ),
        pattern=Text(r"current release manifest contains removed kubernetes api"),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/action/upgrade.go",
    ),
    Rule(
        _TOO_LARGE,
        why="the release is too large to be stored; the release's Secret has {size} bytes, but etcd accepts at most {limit} in a request",
        steps=(
            Step(
                "make the release smaller. Disable parts of the chart in spec.values, such as dashboards, CRDs or default rules, or split the release into two charts",
                read=(SPEC,),
            ),
            Step(
                "if it is your own chart, exclude files with .helmignore, and move large files out of the chart"
            ),
        ),
        pattern=Text(
            _WRITE
            + r".*trying to send message larger than max \((?P<size>\d+) vs\. (?P<limit>\d+)\)"
        ),
        kinds=HR,
        upstream="helm pkg/storage/driver/secrets.go, grpc",
    ),
    Rule(
        _TOO_LARGE,
        why="the release is too large to be stored; Helm stores the chart, its manifests and the values in a single Secret, which is limited to 1 MiB",
        steps=(
            Step(
                "make the release smaller. Disable parts of the chart in spec.values, such as dashboards, CRDs or default rules, or split the release into two charts",
                read=(SPEC,),
            ),
            Step(
                "if it is your own chart, exclude files with .helmignore, and move large files out of the chart"
            ),
        ),
        pattern=Text(
            r"Secret \"sh\.helm\.release\.v1\.[^\"]+\" is invalid: data: Too long|"
            + _WRITE
            + r"[^\n]*(?:etcdserver: request is too large|Request entity too large|"
            r"trying to send message larger than max)"
        ),
        kinds=HR,
        quoted=True,
        upstream="helm pkg/storage/driver/secrets.go",
    ),
    Rule(
        Code(
            "chart-digest-mismatch",
            "The digest of the chart that source-controller serves differs from the one in the source's status.",
        ),
        why="the chart that source-controller serves does not match the digest in the status of its source; source-controller stored the chart again but did not update the status. This can happen after a restart without a persistent volume, or with several replicas",
        steps=(
            Step(
                "reconcile the source, so that source-controller stores the chart and its digest again",
                read=("kubectl get helmchart {helm_chart} -n {helm_chart_ns} -o yaml",),
                change=(
                    "kubectl annotate --overwrite helmchart {helm_chart} -n {helm_chart_ns} reconcile.fluxcd.io/requestedAt={now}",
                    "kubectl annotate --overwrite {source_resource} {source_name} -n {source_ns} reconcile.fluxcd.io/requestedAt={now}",
                ),
            ),
            Step(
                "if the error recurs whenever source-controller restarts, configure a persistent volume with spec.storage of the FluxInstance, and run a single replica",
                read=("kubectl get deployment source-controller -n {flux_namespace} -o yaml",),
            ),
        ),
        pattern=Text(r"integrity failure: computed digest doesn't match"),
        kinds=HR,
        certainty="one-of",
        upstream="HC internal/loader/artifact_url.go",
    ),
    Rule(
        _CHART_UNREADABLE,
        why="a file in the chart is not valid YAML, so Helm cannot load the chart: {detail}",
        steps=(
            Step(
                "use another version of the chart, or correct the file in the chart and publish a new version; the HelmRelease's values are not the cause. To see the error, run helm lint",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>cannot load (?:Chart|values|requirements)\.\w+: (?:error (?:converting|unmarshaling)|yaml: |json: )[^\n]{1,200})"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/v2/loader/load.go",
    ),
    Rule(
        _CHART_UNREADABLE,
        why="the chart contains file {path_in_chart}, which is larger than Helm allows ({size_limit} bytes), so Helm cannot load the chart",
        steps=(
            Step(
                "exclude the file from the chart with .helmignore, or remove it, and publish a new version of the chart; the HelmRelease's values are not the cause",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"decompressed chart file \"(?P<path_in_chart>[^\"]+)\" is larger than the maximum file size (?P<size_limit>\d+)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/loader/archive.go",
    ),
    Rule(
        _CHART_UNREADABLE,
        why="the chart's files are together larger than Helm allows ({size_limit} bytes), so Helm cannot load the chart",
        steps=(
            Step(
                "exclude files that the chart does not need with .helmignore, and publish a new version of the chart; the HelmRelease's values are not the cause",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"decompressed chart is larger than the maximum (?:file )?size (?P<size_limit>\d+)"
        ),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/loader/archive.go",
    ),
    Rule(
        _CHART_UNREADABLE,
        why="the source's artifact is not a chart that Helm can load: {detail}",
        steps=(
            Step(
                "check the content of the source's artifact, and check spec.chartRef. An OCIRepository for a chart requires spec.layerSelector.operation: copy",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?:could not load chart|failed to load chart from [^\n:]{1,160}): (?P<detail>(?:cannot load \w+\.\w+|Chart\.yaml file is missing|"
            r"no files in chart archive|file '[^']*' (?:does not appear|seems)|chart (?:metadata|"
            r"illegally|contains|yaml)|error unpacking|validation|gzip|unexpected EOF|invalid "
            r"header|unsupported chart|unable to (?:detect|load) chart|stream does not|"
            r"decompressed chart|failed to (?:load|untar))[^\n]{0,200})"
        ),
        reasons=("ArtifactFailed",),
        kinds=HR,
        reach=Reach.WHOLE,
        upstream="helm pkg/chart/v2/loader",
    ),
    Rule(
        Code("chart-not-loaded", "The helm-controller could not load the chart from its source."),
        why="helm-controller could not load the chart from its source: {innermost}",
        steps=(
            Step(
                "check the status of the chart's source, and read the logs of source-controller",
                read=(
                    SPEC,
                    "kubectl get helmchart {helm_chart} -n {helm_chart_ns}",
                    "kubectl get pods -n {flux_namespace} -l app=source-controller",
                ),
            ),
        ),
        pattern=Text(r"could not load chart: "),
        reasons=("ArtifactFailed",),
        kinds=HR,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
)
