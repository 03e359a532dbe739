"""SOPS with Google Cloud KMS.

Upstream: SOPS gcpkms, golang.org/x/oauth2/google, and the responses of Cloud KMS.
"""

from fluxstatus.knowledge.commands import SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.decryption.shared import (
    CONTROLLER_SA,
    KS,
    NO_DATA_KEY,
    SOPS_KMS_DENIED,
    SOPS_KMS_KEY_UNUSABLE,
    SOPS_KMS_LOGIN_FAILED,
    THEN,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_GCP = r"(?P<kms>projects/[\w./:-]+/cryptoKeys/[\w.-]+): FAILED"

RULES = (
    Rule(
        SOPS_KMS_DENIED,
        why="kustomize-controller's identity does not have permission to use project {gcp_project} (USER_PROJECT_DENIED); requests to Google Cloud KMS count against the quota of this project",
        steps=(
            Step(
                "grant roles/serviceusage.serviceUsageConsumer on project {gcp_project} to the identity of kustomize-controller (or of the ServiceAccount in spec.decryption.serviceAccountName)",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            r"permission to use project (?P<gcp_project>[\w-]+).*?serviceusage\.serviceUsageConsumer"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="Google API serviceusage",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="kustomize-controller has no valid Google Cloud credentials to decrypt the SOPS data key with {kms}: {detail}",
        steps=(
            Step(
                "set up workload identity: annotate ServiceAccount kustomize-controller with iam.gke.io/gcp-service-account, and grant it roles/iam.workloadIdentityUser on that account. Alternatively, put a valid key into the Secret in spec.decryption.secretRef as sops.gcp-kms",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_GCP}{THEN}(?P<detail>(?:could not find default credentials|invalid_grant|"
            r"code = Unauthenticated|oauth2: |oauth2/google|compute: Received|"
            r"IAM returned|iam\.serviceAccounts\.getAccessToken|GCE metadata)[^\n]{0,160})"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops gcpkms, golang.org/x/oauth2/google",
    ),
    Rule(
        SOPS_KMS_KEY_UNUSABLE,
        why="Google Cloud KMS cannot use key {kms}: {detail}",
        steps=(
            Step(
                "check the key and its version in Cloud KMS, and enable or restore it. Enable the Cloud KMS API in the key's project. If the key no longer exists, re-encrypt the files for another key from a copy of the secrets"
            ),
        ),
        pattern=Text(
            rf"{_GCP}{THEN}(?P<detail>(?:has not been used in project|SERVICE_DISABLED|"
            r"code = NotFound|code = FailedPrecondition|Error 404|is not enabled)[^\n]{0,160})"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops gcpkms, Google Cloud KMS",
    ),
    Rule(
        SOPS_KMS_DENIED,
        why="Google Cloud KMS denies access to key {kms}; kustomize-controller's identity does not have permission to decrypt with this key, or the key does not exist",
        steps=(
            Step(
                "grant roles/cloudkms.cryptoKeyDecrypter on the key to the identity of kustomize-controller (or of the ServiceAccount in spec.decryption.serviceAccountName)",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
            Step(
                "check that the key in the file's sops section exists (project, location, key ring and name)"
            ),
        ),
        pattern=Text(rf"{_GCP}{THEN}(?:PermissionDenied|Error 403|denied on resource)"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="sops gcpkms, Google Cloud KMS",
    ),
)
