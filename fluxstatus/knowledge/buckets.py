"""Buckets: access, region and address.

Upstream: source-controller internal/bucket, minio-go.
"""

from fluxstatus.knowledge.commands import LOG, SECRET, SPEC
from fluxstatus.knowledge.facts import at_host, has_secret
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text
from fluxstatus.model.codes import Code
from fluxstatus.model.kinds import KindNames

_BUCKET_DENIED = Code(
    "bucket-denied", "The bucket endpoint rejects the credentials or denies access to the bucket."
)
_BUCKET_FAILED = Code("bucket-failed", "The controller cannot read the bucket.")
_BUCKET_ADDRESS_INVALID = Code(
    "bucket-address-invalid", "The value of spec.endpoint or spec.bucketName is invalid."
)

_BUCKET: KindNames = frozenset({"Bucket"})
_BUCKETS = "SC internal/controller/bucket_controller.go, internal/bucket"
_DENIED = (
    r"access ?denied|\bforbidden\b|InvalidToken|ExpiredToken|AuthorizationFailure|"
    r"does not have storage\.\w+|Error 40[13]|Anonymous caller|"
    r"AllAccessDisabled|\b403\b"
)
_REGION_WRONG = Code(
    "bucket-region-wrong", "The bucket is in a different region than spec.region specifies."
)

RULES = (
    Rule(
        _BUCKET_DENIED,
        why="Azure Storage does not accept the credentials in Secret {secret}: the account key, SAS token or client secret is wrong or has expired",
        steps=(
            Step(
                "store a valid accountKey, a valid sasKey, or a valid tenantId, clientId and clientSecret in Secret {secret}. Alternatively, remove spec.secretRef and use workload identity",
                read=(SECRET, SPEC),
            ),
        ),
        pattern=Text(
            r"ERROR CODE: (?:AuthenticationFailed|InvalidAuthenticationInfo)|"
            r"Server failed to authenticate the request"
        ),
        kinds=_BUCKET,
        needs=("secret",),
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="azure-sdk-for-go azblob",
    ),
    Rule(
        _BUCKET_DENIED,
        why="Azure Storage does not allow access to this storage account with account keys or SAS tokens (KeyBasedAuthenticationNotPermitted)",
        steps=(
            Step(
                "use workload identity or a service principal with the role Storage Blob Data Reader, or allow shared keys in the settings of the storage account",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"KeyBasedAuthenticationNotPermitted|Key based authentication is not permitted"
        ),
        kinds=_BUCKET,
        upstream="azure-sdk-for-go azblob",
    ),
    Rule(
        _BUCKET_DENIED,
        why="the request to Azure Storage has no credentials, and the storage account does not allow public access (PublicAccessNotPermitted)",
        steps=(
            Step(
                "set spec.provider: azure and assign the role Storage Blob Data Reader to the controller's identity, or set spec.secretRef to a Secret with an account key, a SAS token or a service principal",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"PublicAccessNotPermitted|Public access is not permitted"),
        kinds=_BUCKET,
        upstream="azure-sdk-for-go azblob",
    ),
    Rule(
        _BUCKET_DENIED,
        why="Azure Storage denies the request (AuthorizationFailure): usually, the storage account's firewall does not allow the cluster's network",
        steps=(
            Step(
                "allow the cluster's subnet or egress IP address in the networking settings of the storage account, or use a private endpoint",
                read=(SPEC,),
            ),
            Step(
                "if the firewall allows the cluster, assign the role Storage Blob Data Reader to the identity; for a SAS token, check its allowed IP addresses and permissions",
                read=(SECRET,),
            ),
        ),
        pattern=Text(r"\bAuthorizationFailure\b"),
        kinds=_BUCKET,
        certainty="one-of",
        upstream="azure-sdk-for-go azblob",
    ),
    Rule(
        _BUCKET_DENIED,
        why="the Google identity is not allowed to read the settings of bucket {bucket} (storage.buckets.get), or the bucket does not exist: Flux reads these settings first",
        steps=(
            Step(
                "grant the identity roles/storage.legacyBucketReader on the bucket in addition to roles/storage.objectViewer, which does not include storage.buckets.get",
                read=(SPEC, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
            Step("if the identity already has this permission, correct spec.bucketName"),
        ),
        pattern=Text(r"(?<!Anonymous caller )does not have storage\.buckets\.get"),
        kinds=_BUCKET,
        needs=("cloud",),
        certainty="one-of",
        upstream="SC internal/bucket/gcp/gcp.go, Cloud Storage: responses of the API",
    ),
    Rule(
        _BUCKET_DENIED,
        why="the controller does not get credentials for bucket {bucket}: the metadata service of the instance, or the bucket's endpoint, answers 401 Unauthorized",
        steps=(
            Step(
                "give the controller's ServiceAccount a role (IRSA or EKS Pod Identity), set spec.secretRef, or allow pods to use the instance's role (IMDSv2 needs a hop limit of 2)",
                read=(SPEC, LOG),
            ),
        ),
        pattern=Text(r"bucket: 401 Unauthorized\s*$"),
        kinds=_BUCKET,
        needs=("cloud",),
        unless=(has_secret,),
        certainty="one-of",
        upstream="minio-go pkg/credentials/iam_aws.go, api-error-response.go",
    ),
    Rule(
        _BUCKET_FAILED,
        why="{endpoint} is unavailable or throttles requests: {innermost}",
        steps=(
            Step(
                "check the status of the storage service. If it throttles requests, raise spec.interval; Flux retries automatically",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"reduce your request rate|SlowDown|encountered an internal error|"
            r"Server not initialized yet|ServiceUnavailable|service unavailable"
        ),
        kinds=_BUCKET,
        certainty="one-of",
        transient=True,
        upstream="minio-go, Amazon S3: responses of the API",
    ),
    Rule(
        _BUCKET_ADDRESS_INVALID,
        why="spec.endpoint ({endpoint}) points to a web page, not to the API of a storage service: {innermost}",
        steps=(
            Step(
                "set spec.endpoint to the host and port of the S3 API; in MinIO, the console and the API use different ports (9001 for the console, 9000 for the API)",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            r"S3 API Requests must be made to API port|invalid character '<' looking for beginning"
        ),
        kinds=_BUCKET,
        certainty="one-of",
        upstream="minio-go, MinIO: responses of the console",
    ),
    Rule(
        _BUCKET_DENIED,
        why="the storage service does not accept the controller's temporary credentials (provider {cloud}): {detail}",
        steps=(
            Step(
                "check the clocks of the nodes (NTP), and restart the controller to get new credentials. Then check the role of the controller's ServiceAccount",
                read=("kubectl get serviceaccounts -n {flux_namespace} -o yaml",),
                change=("kubectl rollout restart deployment/{controller} -n {flux_namespace}",),
            ),
        ),
        pattern=Text(
            r"(?P<detail>security token included in the request is (?:expired|invalid)|ExpiredToken)"
        ),
        kinds=_BUCKET,
        needs=("cloud",),
        certainty="one-of",
        transient=True,
        upstream="Amazon S3, STS: responses of the APIs",
    ),
    Rule(
        _BUCKET_FAILED,
        why="{endpoint} rejects the request for bucket {bucket} without stating a reason (400)",
        steps=(
            Step(
                "set spec.region to the region of the bucket, and spec.endpoint to the endpoint of that region (s3.REGION.amazonaws.com)",
                read=(SPEC,),
            ),
            Step(
                "if both are correct, check the credentials; an expired session token also causes this response",
                read=(SECRET, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
        ),
        pattern=Text(r"existence of '[^']*' bucket: 400 Bad Request"),
        kinds=_BUCKET,
        certainty="one-of",
        upstream="minio-go api-error-response.go",
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: the access key in Secret {secret} is unknown, or the secret key is wrong",
        steps=(
            Step(
                "store a valid accesskey and secretkey in Secret {secret}, and make sure that the secret key does not end with a newline",
                read=(SECRET,),
            ),
        ),
        pattern=Text(
            r"signature we calculated does not match|SignatureDoesNotMatch|InvalidAccessKeyId|"
            r"Access Key Id you provided does not exist|security token included in the request is invalid|AuthenticationFailed|"
            r"invalid access key"
        ),
        kinds=_BUCKET,
        needs=("secret",),
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to container {bucket} is denied: the identity does not have a data role on the storage account (AuthorizationPermissionMismatch)",
        steps=(
            Step(
                "assign the role Storage Blob Data Reader on the storage account or container to the identity. The roles Owner, Contributor and Reader do not grant access to the data",
                read=(SPEC,),
            ),
        ),
        pattern=Text(r"AuthorizationPermissionMismatch"),
        kinds=_BUCKET,
        upstream="Azure Storage error codes",
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: the credentials do not grant permission to list or read the bucket",
        steps=(
            Step(
                "in the bucket policy, grant permission to list and read the bucket, or correct accesskey and secretkey in Secret {secret}",
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
        why="access to bucket {bucket} is denied: the controller's cloud identity (provider {cloud}) is not allowed to list or read the bucket, or the bucket does not exist",
        steps=(
            Step(
                "grant permission to list and read the bucket to the identity of the controller's ServiceAccount, or to that of spec.serviceAccountName if set (for aws, s3:ListBucket and s3:GetObject; for gcp, roles/storage.objectViewer; for azure, Storage Blob Data Reader)",
                read=(SPEC, "kubectl get serviceaccounts -n {flux_namespace} -o yaml"),
            ),
            Step("if the identity already has this permission, correct spec.bucketName"),
        ),
        pattern=Text(_DENIED),
        kinds=_BUCKET,
        needs=("cloud",),
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _BUCKET_DENIED,
        why="access to bucket {bucket} is denied: no Secret is configured, and the controller's own identity is not allowed to list or read the bucket",
        steps=(
            Step(
                "set spec.secretRef to a Secret with the keys accesskey and secretkey. Alternatively, set spec.provider to aws, azure or gcp, and grant the controller's cloud identity read access to the bucket",
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
        why="bucket {bucket} is not in the region set by spec.region and spec.endpoint: the server expects {wanted_region}",
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
        why="{endpoint} redirects the request (301): bucket {bucket} is not in the region set in spec.region, or the server expects a different scheme or host",
        steps=(
            Step(
                "if the server redirects from http to https, remove spec.insecure; if it redirects to another host, set spec.endpoint to that host",
                read=(SPEC,),
            ),
            Step(
                "otherwise, set spec.region to the region of the bucket; to find the region, run aws s3api get-bucket-location --bucket NAME --endpoint-url https://{endpoint}"
            ),
        ),
        pattern=Text(r"30[178] (?:response missing|Moved|Temporary|Permanent Redirect)"),
        kinds=_BUCKET,
        unless=(at_host("amazonaws.com"),),
        certainty="one-of",
        upstream=_BUCKETS,
    ),
    Rule(
        _REGION_WRONG,
        why="bucket {bucket} is not in the region set by spec.region and spec.endpoint: the server redirects the request (301)",
        steps=(
            Step(
                "set spec.region to the region of the bucket, and spec.endpoint to s3.REGION.amazonaws.com; to find the region, run aws s3api get-bucket-location --bucket NAME",
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
        why="the name of bucket {bucket} is invalid: {detail}",
        steps=(Step("correct spec.bucketName", read=(SPEC,)),),
        pattern=Text(r"(?P<detail>Bucket name (?:contains|cannot)[^\n]{1,80})"),
        kinds=_BUCKET,
        trivial=True,
        upstream="minio-go pkg/s3utils",
    ),
    Rule(
        _BUCKET_ADDRESS_INVALID,
        why="spec.endpoint ({endpoint}) is invalid: {detail}",
        steps=(
            Step(
                "set spec.endpoint to a host, with a port if needed, but without https://; for plain HTTP, also set spec.insecure: true",
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
            "bucket-object-gone",
            "An object in the bucket was deleted while the controller was reading the bucket.",
        ),
        why="an object that was listed in bucket {bucket} no longer exists: {innermost}",
        steps=(
            Step(
                "wait for the next attempt. If the error persists, check whether the endpoint lists objects that it cannot serve, for example because of replication or an inconsistent cache",
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
        Code("bucket-sts-invalid", "The values in spec.sts of the Bucket are invalid."),
        why="spec.sts does not match the other fields of the Bucket: {detail}",
        steps=(
            Step(
                "correct spec.sts; the provider aws requires spec.provider: aws, and the provider ldap requires spec.provider: generic",
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
        _BUCKET_FAILED,
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
