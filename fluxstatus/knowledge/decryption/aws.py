"""SOPS with AWS KMS.

Upstream: SOPS kms, and the responses of AWS STS and KMS.
"""

from fluxstatus.knowledge.commands import SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.decryption.shared import (
    CONTROLLER,
    CONTROLLER_SA,
    KEYS,
    KS,
    NO_DATA_KEY,
    SOPS_KEY_WRONG,
    SOPS_KMS_DENIED,
    SOPS_KMS_KEY_UNUSABLE,
    SOPS_KMS_LOGIN_FAILED,
    THEN,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

# The key of a SOPS file, as SOPS lists it (ToString of the master key).
_AWS = r"(?P<kms>arn:aws[\w-]*:kms:[\w:/-]+): FAILED"

RULES = (
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="AWS STS does not allow kustomize-controller to assume its IAM role, so the SOPS data key cannot be decrypted with {kms}: {detail}",
        steps=(
            Step(
                "correct the trust policy of the IAM role, and annotation eks.amazonaws.com/role-arn of the ServiceAccount. The trust policy must allow the cluster's OIDC provider and subject system:serviceaccount:{flux_namespace}:kustomize-controller (or the ServiceAccount in spec.decryption.serviceAccountName)",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(
            rf"{_AWS}{THEN}AssumeRole[^\n]*?(?P<detail>(?:AccessDenied|InvalidIdentityToken|"
            r"ExpiredToken|ValidationError|IDPCommunicationError|RegionDisabled)[^\n]{0,160})"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS STS",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="AWS rejects the credentials that kustomize-controller uses to decrypt the SOPS data key with {kms} ({detail})",
        steps=(
            Step(
                "replace the static credentials: key sops.aws-kms in the Secret in spec.decryption.secretRef, or the AWS_ variables of kustomize-controller. Where the cluster supports it, use workload identity instead",
                read=(KEYS, CONTROLLER),
            ),
        ),
        pattern=Text(
            rf"{_AWS}{THEN}(?P<detail>UnrecognizedClientException|InvalidClientTokenId|"
            r"ExpiredTokenException|InvalidSignatureException|SignatureDoesNotMatch)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="kustomize-controller has no AWS credentials to decrypt the SOPS data key with {kms}",
        steps=(
            Step(
                "annotate ServiceAccount kustomize-controller with eks.amazonaws.com/role-arn (or create an EKS Pod Identity association for it) and restart kustomize-controller. Alternatively, set spec.decryption.serviceAccountName, or put static credentials into the Secret in spec.decryption.secretRef as sops.aws-kms",
                read=(CONTROLLER_SA, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_AWS}{THEN}(?:no EC2 IMDS role found|NoCredentialProviders|"
            r"no valid providers in chain|failed to refresh cached credentials|"
            r"EnvAccessKeyNotFound|no valid credential sources?)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops kms, aws-sdk-go",
    ),
    Rule(
        SOPS_KMS_KEY_UNUSABLE,
        why="AWS KMS cannot use key {kms}: {detail}",
        steps=(
            Step(
                "check the key in its account and region (aws kms describe-key --key-id {kms}). Enable it, or cancel its deletion. If it no longer exists, re-encrypt the files for another key from a copy of the secrets"
            ),
        ),
        pattern=Text(
            rf"{_AWS}{THEN}(?P<detail>(?:NotFoundException|DisabledException|"
            r"KMSInvalidStateException|KeyUnavailableException|InvalidKeyUsageException)[^\n]{0,160})"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        SOPS_KEY_WRONG,
        why="AWS KMS rejects the SOPS data key because it was encrypted with a key other than {kms}, or with a different encryption context ({detail})",
        steps=(
            Step(
                "restore the file's sops section from the Git history, or re-encrypt the file with sops updatekeys"
            ),
        ),
        pattern=Text(rf"{_AWS}{THEN}(?P<detail>InvalidCiphertextException|IncorrectKeyException)"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        SOPS_KMS_DENIED,
        why="AWS KMS does not allow {identity}, the identity of kustomize-controller, to decrypt with {kms} (permission kms:Decrypt)",
        steps=(
            Step(
                "if {identity} is not the expected role but, for example, the node's role, workload identity is not in effect. Check annotation eks.amazonaws.com/role-arn, and restart kustomize-controller",
                read=(CONTROLLER_SA, SPEC),
            ),
            Step(
                "if {identity} is the expected role, allow kms:Decrypt on this key in both the role's IAM policy and the key policy"
            ),
        ),
        pattern=Text(
            rf"{_AWS}{THEN}User: (?P<identity>arn:\S+) is not authorized to perform: kms:Decrypt"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops kms, AWS KMS",
    ),
    Rule(
        SOPS_KMS_DENIED,
        why="AWS KMS denies access to key {kms} (AccessDenied); kustomize-controller's identity does not have permission, or the key does not exist in this account and region",
        steps=(
            Step(
                "allow kms:Decrypt on this key in the key policy and in the IAM policy of kustomize-controller's role (or of the ServiceAccount in spec.decryption.serviceAccountName)",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
            Step(
                "check that the key in the file's sops section exists in this account and region: aws kms describe-key --key-id {kms}"
            ),
        ),
        pattern=Text(rf"{_AWS}{THEN}AccessDenied"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        certainty="one-of",
        upstream="sops kms, AWS KMS",
    ),
)
