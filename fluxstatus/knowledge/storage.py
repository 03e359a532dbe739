"""Buckets, and the storage and download of artifacts inside the cluster.

Upstream: SC internal/bucket (minio, aws, azure, gcp), SC internal/controller/storage.go, PKG
http/fetch, PKG tar.
"""

from fluxstatus.knowledge.commands import LOG, SECRET, SPEC
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_BUCKET_DENIED = Code(
    "bucket-denied", "The bucket endpoint rejects the credentials or denies access to the bucket."
)
_BUCKET_ADDRESS_INVALID = Code(
    "bucket-address-invalid", "The value of spec.endpoint or spec.bucketName is not valid."
)
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

_BUCKET: KindNames = frozenset({"Bucket"})
_BUCKETS = "SC internal/controller/bucket_controller.go, internal/bucket"
_CONTROLLER = "kubectl describe deployment {controller} -n {flux_namespace}"
_SERVER = "kubectl get pods,services,endpointslices,networkpolicies -n {flux_namespace}"
_SOURCE = "kubectl get {source_resource} {source_name} -n {source_ns} -o yaml"
_STORE_AGAIN = "kubectl annotate --overwrite {source_resource} {source_name} -n {source_ns} reconcile.fluxcd.io/requestedAt={now}"
_DENIED = (
    r"access ?denied|\bforbidden\b|InvalidToken|ExpiredToken|AuthorizationFailure|"
    r"AuthorizationPermissionMismatch|does not have storage\.\w+|Error 40[13]|Anonymous caller|"
    r"AllAccessDisabled|\b403\b"
)
_REGION_WRONG = Code(
    "bucket-region-wrong", "The bucket is in a different region than spec.region specifies."
)

_OF_BUCKETS = (
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: the access key in Secret {secret} is unknown, or the secret key is wrong",
        steps=(
            Step(
                "put a valid accesskey and secretkey into Secret {secret}; make sure that the secret key has no trailing newline",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"signature we calculated does not match|SignatureDoesNotMatch|InvalidAccessKeyId|"
            r"Access Key Id you provided does not exist|AuthenticationFailed|"
            r"invalid access key"
        ),
        kinds=_BUCKET,
        needs=("secret",),
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: the credentials do not grant permission to list or read it",
        steps=(
            Step(
                "in the bucket policy, grant permission to list and read the bucket; or correct the keys accesskey and secretkey in Secret {secret}",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(_DENIED),
        kinds=_BUCKET,
        needs=("secret",),
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: the cloud identity of the controller (spec.provider {cloud}) cannot list or read it, or the bucket does not exist",
        steps=(
            Step(
                "grant the identity of the controller's ServiceAccount, or of the one in spec.serviceAccountName, permission to list and read the bucket (aws s3:ListBucket and s3:GetObject, gcp roles/storage.objectViewer, azure Storage Blob Data Reader)",
                read=(SPEC, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
            Step("if the identity has permission, correct spec.bucketName"),
        ),
        pattern=Text(_DENIED),
        kinds=_BUCKET,
        needs=("cloud",),
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: no Secret is configured, and the controller's own identity cannot list or read it",
        steps=(
            Step(
                "set spec.secretRef to a Secret with the keys accesskey and secretkey, or set spec.provider (aws, azure, gcp) and grant the controller's cloud identity read access to the bucket",
                read=(SPEC,),
            ),
        ),
        pattern=Text(_DENIED),
        kinds=_BUCKET,
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _REGION_WRONG,
        why="bucket {bucket} is not in the region that spec.region and spec.endpoint specify: the server expects {wanted_region}",
        steps=(
            Step(
                "set spec.region to {wanted_region}, and spec.endpoint to the endpoint of this region (s3.REGION.amazonaws.com)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"region[^\n]{0,60}(?:is wrong; )?expecting '(?P<wanted_region>[\w-]+)'"),
        kinds=_BUCKET,
        trivial=True,
        upstream=_BUCKETS,
    ),
    Rule(
        _REGION_WRONG,
        why="bucket {bucket} is in another region than spec.region and spec.endpoint specify: the server redirects the request (301)",
        steps=(
            Step(
                "set spec.region to the region of the bucket, and spec.endpoint to s3.REGION.amazonaws.com; to get the region, run aws s3api get-bucket-location --bucket NAME",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"AuthorizationHeaderMalformed|PermanentRedirect|TemporaryRedirect|"
            r"30[17] (?:response missing Location|Moved Permanently|Temporary Redirect)|"
            r"must be addressed using the specified endpoint|region[^\n]{0,40}is wrong|"
            r"IllegalLocationConstraint"
        ),
        kinds=_BUCKET,
        trivial=True,
        upstream=_BUCKETS,
    ),
    Rule(
        Code(
            "bucket-clock-skew",
            "The node's clock differs too much from the bucket endpoint's clock.",
        ),
        why="the node's clock differs too much from the clock of {endpoint}",
        steps=(
            Step("synchronize the clocks of the nodes (NTP)", read=("kubectl get nodes -o wide",)),
        ),
        pattern=Text(
            r"RequestTimeTooSkewed|difference between the request time|"
            r"Signature not yet current|Request has expired"
        ),
        kinds=_BUCKET,
        upstream=_BUCKETS,
    ),
    Rule(
        Code("bucket-missing", "The bucket does not exist at the endpoint."),
        why="bucket {bucket} does not exist at {endpoint}",
        steps=(Step("correct spec.bucketName or spec.endpoint", read=(SPEC,)),),
        pattern=Text(
            r"bucket '[^']*' not found|NoSuchBucket|ContainerNotFound|"
            r"bucket does ?n(?:o|')t exist|specified (?:bucket|container) does not exist"
        ),
        kinds=_BUCKET,
        trivial=True,
        upstream=_BUCKETS,
    ),
    Rule(
        _BUCKET_ADDRESS_INVALID,
        why="bucket name {bucket} (spec.bucketName) is not valid: {detail}",
        steps=(Step("correct spec.bucketName", read=(SPEC,)),),
        pattern=Text(r"(?P<detail>Bucket name (?:contains|cannot)[^\n]{1,80})"),
        kinds=_BUCKET,
        trivial=True,
        upstream="minio-go pkg/s3utils",
    ),
    Rule(
        _BUCKET_ADDRESS_INVALID,
        why="spec.endpoint ({endpoint}) is not valid: {detail}",
        steps=(
            Step(
                "write the endpoint as a host, with a port if needed and without https:// (for http, set spec.insecure: true)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>[^\n]{0,60}does not follow ip address or domain name|"
            r"Endpoint url cannot [^\n]{1,80})"
        ),
        kinds=_BUCKET,
        trivial=True,
        upstream="minio-go utils.go",
    ),
    Rule(
        Code(
            "bucket-object-gone", "An object in the bucket was deleted while the bucket was read."
        ),
        why="an object was listed in bucket {bucket}, but it does not exist any more: {innermost}",
        steps=(
            Step(
                "wait for the next attempt; if it lasts, check whether the endpoint lists objects that it cannot serve (replication, an inconsistent cache)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"NoSuchKey|specified key does not exist|BlobNotFound|object doesn't exist"),
        kinds=_BUCKET,
        certainty="one-of",
        transient=True,
        upstream=_BUCKETS,
    ),
    Rule(
        Code("bucket-sts-invalid", "The values in spec.sts of the Bucket are not valid."),
        why="spec.sts does not match the other fields of the Bucket: {detail}",
        steps=(
            Step(
                "correct spec.sts: provider aws requires spec.provider: aws, and provider ldap requires spec.provider: generic",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"(?P<detail>STS (?:provider|configuration)[^\n]{0,40} is not supported[^\n]{0,80}|"
            r"spec\.sts\.\w+ is not required[^\n]{0,80}|failed to parse STS endpoint[^\n]{0,120})"
        ),
        kinds=_BUCKET,
        trivial=True,
        upstream="SC internal/bucket/minio/minio.go",
    ),
    Rule(
        Code("bucket-failed", "The controller cannot read the bucket."),
        why="bucket {bucket} cannot be read: {innermost}",
        steps=(
            Step(
                "check spec.endpoint, spec.bucketName, spec.provider and the credentials",
                read=(SPEC, SECRET),
            ),
        ),
        reasons=("BucketOperationFailed", "InvalidSTSConfiguration"),
        kinds=_BUCKET,
        reach=Reach.STAGE,
        certainty="unknown",
        upstream=_BUCKETS,
    ),
)

_OF_ARTIFACTS = (
    Rule(
        _TEMPORARY_FULL,
        why="the file system of /tmp in {controller} is full (no space left on device)",
        steps=(
            Step(
                "find out what filled it: /tmp is an emptyDir on the disk of the node, so other pods, images and logs count, too; free up or enlarge the node's disk, or move the pod to another node",
                read=(
                    "kubectl get pods -n {flux_namespace} -o wide",
                    "kubectl describe nodes",
                    _CONTROLLER,
                ),
            ),
            Step(
                "if the sources are large, make them smaller (spec.ignore, .sourceignore, sparse checkout), or lower --concurrent: each attempt needs a copy of the source in /tmp"
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
                "enlarge the volume of {controller} (spec.storage of the FluxInstance; without a volume, it is an emptyDir on the node's disk), or fetch fewer and smaller artifacts (spec.ignore, .sourceignore, sparse checkout)",
                read=("kubectl get pods,persistentvolumeclaims -n {flux_namespace} -o wide",),
            ),
        ),
        pattern=Text(r"\s/data/[^\s:]*: (?:no space left on device|disk quota exceeded)"),
        reach=Reach.WHOLE,
        quoted=True,
        upstream="Go syscall",
    ),
    Rule(
        Code("disk-full", "A file system is full, probably that of the controller."),
        why="a file system is full (no space left on device), probably that of {controller}",
        steps=(
            Step(
                "check the volumes of {controller} and the disk of its node; fetch fewer and smaller artifacts (spec.ignore, .sourceignore, sparse checkout)",
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
                "check the volume of {controller}: its pod's fsGroup needs write access, and the volume must not be mounted read-only",
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
            "A file in the artifact has permissions that block the controller.",
        ),
        why="a file in the artifact probably has permissions that block {controller}: {detail}",
        steps=(
            Step(
                "make the files of the source readable and writable for their owner (chmod u+rw), and push the artifact again: an OCI artifact keeps the permissions that it was built with",
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
                "reconcile the source to store the artifact again; after a restart without a persistent volume, source-controller does this automatically",
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
            "The download of an artifact inside the cluster is sent to a proxy.",
        ),
        why="{controller} sends the download from source-controller to its proxy, because NO_PROXY does not include the address of the Service: {detail}",
        steps=(
            Step(
                "in NO_PROXY of {controller}, add .cluster.local. and .svc.cluster.local. (with the dot at the end, as in the URL) and the network of the Services; source-controller is not at fault",
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
        why="the download from source-controller was answered with HTTP {status}: by source-controller while it is not ready, or by a proxy or service mesh between the controllers",
        steps=(
            Step(
                "check whether source-controller is ready",
                read=(_SERVER,),
            ),
            Step(
                "if source-controller is ready, check HTTP_PROXY and NO_PROXY of {controller} (NO_PROXY must include .cluster.local. with the dot at the end), and exclude the controllers from the service mesh (sidecars of Istio or Linkerd)",
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
                "check source-controller, its Service and the NetworkPolicies in its namespace; {controller} must be able to reach port 80 of the Service (port 9090 of the pod)",
                read=(_SERVER,),
            ),
            Step(
                "if source-controller is running, check the CNI and kube-proxy of the node that {controller} runs on"
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
                "check source-controller, its Service and the NetworkPolicies in its namespace",
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
        why="the downloaded artifact does not match its digest: source-controller serves another file than the status of the source lists",
        steps=(
            Step("reconcile the source to store the artifact again", change=(_STORE_AGAIN,)),
            Step(
                "if it happens after each restart of source-controller, or with several replicas, give source-controller a persistent volume (spec.storage of the FluxInstance) and one replica",
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
                "reduce the content of the source (spec.ignore, .sourceignore, a smaller OCI artifact), or raise --artifact-max-size of {controller}",
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
                "reconcile the source to store the artifact again; if the error is about a size limit, a symbolic link or path traversal, correct the source's content",
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

RULES = (*_OF_BUCKETS, *_OF_ARTIFACTS)
