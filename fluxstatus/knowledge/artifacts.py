"""The storage and download of artifacts inside the cluster.

Upstream: source-controller internal/controller/storage.go, fluxcd/pkg http/fetch, fluxcd/pkg tar.
"""

from fluxstatus.knowledge.commands import LOG, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_ARTIFACT_HOST_UNREACHABLE = Code(
    "artifact-host-unreachable", "The artifact cannot be downloaded from source-controller."
)
_ARTIFACT_CORRUPT = Code(
    "artifact-corrupt", "The downloaded artifact does not match its digest or cannot be unpacked."
)

_STORAGE_FULL = Code("storage-full", "The controller has no disk space left.")
_TEMPORARY_FULL = Code(
    "temporary-storage-full", "The controller has no space left for temporary files in /tmp."
)

_STORES: KindNames = frozenset(
    {"GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"}
)
_CONTROLLER = "kubectl describe deployment {controller} -n {flux_namespace}"
_SERVER = "kubectl get pods,services,endpointslices,networkpolicies -n {flux_namespace}"
_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
_STORE_AGAIN = "kubectl annotate --overwrite {source_resource} {source_name} -n {source_ns} reconcile.fluxcd.io/requestedAt={now}"

RULES = (
    Rule(
        _ARTIFACT_HOST_UNREACHABLE,
        why="the host name of {artifact_server} cannot be resolved ({artifact_host})",
        steps=(
            Step(
                "check that the Service exists, and check the cluster's DNS (CoreDNS, kube-dns or node-local DNS)",
                read=(
                    "kubectl get services -n {flux_namespace}",
                    "kubectl get pods -n kube-system -l k8s-app=kube-dns",
                ),
            ),
            Step(
                "if the cluster's DNS domain is not cluster.local (for example, in GKE with Cloud DNS), set the domain in spec.cluster.domain of the FluxInstance, or with --cluster-domain of flux bootstrap and flux install"
            ),
        ),
        pattern=Text(
            r"lookup (?P<artifact_host>(?P<artifact_server>[\w-]+)\.[\w-]+\.svc\.cluster\.local\.?)(?= )[^\n]*: no such host"
        ),
        kinds=frozenset({"Kustomization", "HelmRelease"}),
        reach=Reach.WHOLE,
        certainty="one-of",
        transient=True,
        upstream="PKG http/fetch",
    ),
    Rule(
        _TEMPORARY_FULL,
        why="the /tmp file system of {controller} is full (no space left on device)",
        steps=(
            Step(
                "find out what filled /tmp, which is an emptyDir on the node's disk, so other pods, images and logs share its space. Free up space on the disk, enlarge the disk, or move the pod to another node",
                read=(
                    "kubectl get pods -n {flux_namespace} -o wide",
                    "kubectl describe nodes",
                    _CONTROLLER,
                ),
            ),
            Step(
                "if the sources are large, make them smaller (spec.ignore, .sourceignore or sparse checkout), or lower --concurrent, because each attempt needs a copy of the source in /tmp"
            ),
        ),
        pattern=Text(r"\s/tmp/[^\s:]*: (?:no space left on device|disk quota exceeded)"),
        reach=Reach.WHOLE,
        certainty="one-of",
        quoted=True,
        upstream="Go syscall, F manifests/bases (volume tmp)",
    ),
    Rule(
        _STORAGE_FULL,
        why="the storage of {controller} is full (no space left on device)",
        steps=(
            Step(
                "enlarge the volume of {controller}, or fetch fewer or smaller artifacts (spec.ignore, .sourceignore or sparse checkout). The volume is set in spec.storage of the FluxInstance; without this setting, the storage is an emptyDir on the node's disk",
                read=("kubectl get pods,persistentvolumeclaims -n {flux_namespace} -o wide",),
            ),
        ),
        pattern=Text(r"\s/data/[^\s:]*: (?:no space left on device|disk quota exceeded)"),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Go syscall",
    ),
    Rule(
        Code("disk-full", "A file system, probably the controller's, is full."),
        why="a file system, probably that of {controller}, is full (no space left on device)",
        steps=(
            Step(
                "check the volumes of {controller} and the disk of its node, and fetch fewer or smaller artifacts (spec.ignore, .sourceignore or sparse checkout)",
                read=("kubectl get pods,persistentvolumeclaims -n {flux_namespace} -o wide",),
            ),
        ),
        pattern=Text(r"no space left on device|disk quota exceeded"),
        certainty="likely",
        upstream="Go syscall",
    ),
    Rule(
        Code("storage-read-only", "The controller has no write access to its disk."),
        why="the controller cannot write to its disk: {detail}",
        steps=(
            Step(
                "check the volume of {controller}. The pod's fsGroup needs write access, and the volume must not be mounted read-only",
                read=("kubectl describe deployment {controller} -n {flux_namespace}", LOG),
            ),
        ),
        pattern=Text(
            r"(?P<detail>read-only file system|(?:mkdir|rename|create|remove|unlinkat) "
            r"/[^\s:]+: permission denied|open /data/[^\s:]+: permission denied)"
        ),
        certainty="one-of",
        upstream="Go syscall",
    ),
    Rule(
        Code(
            "artifact-file-mode",
            "The permissions of a file in the artifact block the controller.",
        ),
        why="the permissions of a file in the artifact probably block {controller}: {detail}",
        steps=(
            Step(
                "make the files in the source readable and writable by their owner (chmod u+rw), and push the artifact again; an OCI artifact keeps the file permissions that it was built with",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(r"(?P<detail>open /tmp/[^\s:]+: permission denied)"),
        kinds=frozenset({"Kustomization"}),
        certainty="likely",
        upstream="KC internal/controller/kustomization_controller.go, PKG tar",
    ),
    Rule(
        Code(
            "artifact-gone",
            "The source's artifact is no longer in source-controller's storage.",
        ),
        why="the source's artifact no longer exists in source-controller's storage",
        steps=(
            Step(
                "reconcile the source to store the artifact again. After a restart without a persistent volume, source-controller does this automatically",
                change=(_STORE_AGAIN,),
            ),
        ),
        pattern=Text(
            r"not ready[:,] artifact not found|failed to download (?:archive|chart)[^\n]*(?:\b404\b|not found)|"
            r"file not found"
        ),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        transient=True,
        upstream="PKG http/fetch, SC internal/controller/storage.go",
    ),
    Rule(
        Code(
            "artifact-through-proxy",
            "The download of an artifact within the cluster is sent to a proxy.",
        ),
        why="{controller} sends the download from source-controller to a proxy, because NO_PROXY does not include the address of the Service: {detail}",
        steps=(
            Step(
                "add .cluster.local. and .svc.cluster.local. (with the trailing dot, as in the URL) and the cluster's Service IP range to NO_PROXY of {controller}; source-controller is not the cause",
                read=("kubectl describe deployment {controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            r"(?:download (?:archive|chart)|load chart|source-controller\.|\.svc\b)[^\n]*"
            r"(?P<detail>proxyconnect[^\n]{1,120}|Proxy Authentication Required|status: 407[^\n)]{0,40})"
        ),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        reach=Reach.WHOLE,
        upstream="Go net/http transport.go",
    ),
    Rule(
        _ARTIFACT_HOST_UNREACHABLE,
        why="the download from source-controller failed with HTTP {status}: source-controller is not ready, or a proxy or service mesh between the controllers responded instead",
        steps=(
            Step(
                "check that source-controller is ready",
                read=(_SERVER,),
            ),
            Step(
                "if source-controller is ready, check HTTP_PROXY and NO_PROXY of {controller}; NO_PROXY must include .cluster.local. with the trailing dot. Also exclude the controllers from the service mesh (Istio or Linkerd sidecars)",
                read=("kubectl describe deployment {controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            r"(?:download (?:archive|chart)|load chart|\.svc\b)[^\n]*status(?: code)?:? (?P<status>5\d\d|403|400)"
        ),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        certainty="one-of",
        transient=True,
        upstream="PKG http/fetch",
    ),
    Rule(
        _ARTIFACT_HOST_UNREACHABLE,
        why="the artifact cannot be downloaded from source-controller: {detail}",
        steps=(
            Step(
                "check source-controller, its Service, and the NetworkPolicies in its namespace. {controller} must be able to reach port 80 of the Service (port 9090 of the pod)",
                read=(_SERVER,),
            ),
            Step(
                "if source-controller is running, check the CNI plugin and kube-proxy on the node where {controller} is running"
            ),
        ),
        pattern=Text(
            r"^(?=.*(?:download (?:archive|chart)|load chart|\.svc\b|dial tcp [\w.:\[\]]+:80\b))"
            r".*(?P<detail>connection refused|i/o timeout|no such host|context deadline exceeded|"
            r"no route to host|Client\.Timeout|connection reset|operation not permitted|"
            r"server misbehaving|unexpected EOF)"
        ),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        certainty="one-of",
        transient=True,
        upstream="PKG http/fetch",
    ),
    Rule(
        _ARTIFACT_HOST_UNREACHABLE,
        why="the artifact cannot be downloaded from source-controller: {innermost}",
        steps=(
            Step(
                "check source-controller, its Service, and the NetworkPolicies in its namespace",
                read=(_SERVER,),
            ),
        ),
        pattern=Text(r"failed to download (?:archive|chart)|source-controller\.[\w-]+\.svc"),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        certainty="unknown",
        transient=True,
        upstream="PKG http/fetch",
    ),
    Rule(
        _ARTIFACT_CORRUPT,
        why="the stored artifact no longer matches the digest in the source's status ({detail}), so source-controller fetches the source again",
        steps=(
            Step(
                "if this happens repeatedly, check the volume of source-controller; replicas must not share the volume, and nothing except source-controller may write to it",
                read=(_SERVER, _CONTROLLER),
            ),
        ),
        pattern=Text(r"failed to verify integrity of artifact: (?P<detail>[^\n]{1,160})"),
        kinds=_STORES,
        reach=Reach.WHOLE,
        transient=True,
        upstream="SC internal/controller reconcileStorage",
    ),
    Rule(
        _ARTIFACT_CORRUPT,
        why="the downloaded artifact does not match the digest in the source's status: the artifact was replaced while {controller} was downloading it, or source-controller serves a different file",
        steps=(
            Step("wait for the next attempt, which {controller} makes after a few seconds"),
            Step(
                "if the error persists, reconcile the source to store the artifact again",
                change=(_STORE_AGAIN,),
            ),
        ),
        pattern=Text(r"not ready, artifact digest changed"),
        kinds=frozenset({"Kustomization"}),
        certainty="one-of",
        transient=True,
        upstream="KC internal/controller/kustomization_controller.go",
        versions=">=2.10",
    ),
    Rule(
        _ARTIFACT_CORRUPT,
        why="the downloaded artifact does not match its digest: source-controller serves a different file from the one in the source's status",
        steps=(
            Step("reconcile the source to store the artifact again", change=(_STORE_AGAIN,)),
            Step(
                "if this happens after each restart of source-controller, or with several replicas, run a single replica of source-controller with a persistent volume, which is set in spec.storage of the FluxInstance",
                read=(_SERVER,),
            ),
        ),
        pattern=Text(
            r"computed (?:digest|checksum) does ?n(?:o|')t match|integrity (?:check failed|failure)|"
            r"failed to verify archive"
        ),
        certainty="one-of",
        upstream="PKG http/fetch",
    ),
    Rule(
        Code("artifact-too-large", "The artifact exceeds a controller's size limit."),
        why="the artifact exceeds the controller's size limit: {detail}",
        steps=(
            Step(
                "reduce the size of the source (spec.ignore, .sourceignore or a smaller OCI artifact), or raise --artifact-max-size of {controller}",
                read=(_SOURCE,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>tar [^\n]{0,80}bigger than max archive size[^\n]{0,40}|"
            r"greater than the max download size of[^\n]{0,40})"
        ),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        upstream="PKG tar, PKG http/fetch",
    ),
    Rule(
        _ARTIFACT_CORRUPT,
        why="the downloaded artifact cannot be unpacked: {detail}",
        steps=(
            Step(
                "reconcile the source to store the artifact again. If the error mentions a size limit, a symbolic link or path traversal, correct the content of the source",
                read=(SPEC,),
                change=(_STORE_AGAIN,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>failed to (?:extract|untar) [^\n]{0,160}|"
            r"tar (?:file entry|contained)[^\n]{0,120}|gzip: invalid[^\n]{0,40})"
        ),
        reasons=("ArtifactFailed", "SourceFetchFailed"),
        certainty="one-of",
        upstream="PKG tar",
    ),
    Rule(
        Code("source-unready", "The HelmRelease is waiting for its chart, which is not ready."),
        why="the release is waiting for {waited_for}, which is not ready: {innermost}",
        steps=(
            Step(
                "check the Ready condition of {waited_for}, and fix the cause; the release then continues automatically",
                read=("kubectl get helmcharts.source.toolkit.fluxcd.io -A", _SOURCE),
            ),
        ),
        pattern=Text(
            r"^(?P<waited_for>(?:HelmChart|OCIRepository|ExternalArtifact) '[^']+') is not ready: "
        ),
        kinds=frozenset({"HelmRelease"}),
        reach=Reach.STAGE,
        transient=True,
        upstream="HC internal/controller/helmrelease_controller.go",
    ),
    Rule(
        Code(
            "source-ignore-invalid", "The patterns in spec.ignore or .sourceignore cannot be read."
        ),
        why="the patterns in spec.ignore or .sourceignore cannot be read",
        steps=(Step("correct spec.ignore or .sourceignore", read=(SPEC,)),),
        reasons=("SourceIgnoreError",),
        trivial=True,
        upstream="SC internal/controller",
    ),
    Rule(
        Code(
            "source-storage",
            "The source-controller cannot write to its storage or to the API server.",
        ),
        why="source-controller cannot write to its storage or to the API server: {innermost}",
        steps=(Step("check the controller's volume and logs", read=(LOG,)),),
        reasons=(
            "DirectoryCreationFailed",
            "StatOperationFailed",
            "ArchiveOperationFailed",
            "AcquireLockFailed",
            "SymlinkUpdateFailed",
            "InvalidPath",
            "IllegalPath",
            "PatchOperationFailed",
            "StorageOperationFailed",
            "GarbageCollectionFailed",
            "CacheOperationFailed",
        ),
        reach=Reach.STAGE,
        certainty="unknown",
        upstream="SC api/v1/condition_types.go",
    ),
)
