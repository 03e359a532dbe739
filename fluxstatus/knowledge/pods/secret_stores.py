"""Volumes with secrets of a key vault, which the Secrets Store CSI driver mounts.

Upstream: kubernetes-sigs/secrets-store-csi-driver and its providers.
"""

from fluxstatus.knowledge.codes import HEALTH_CHECK_FAILED
from fluxstatus.knowledge.pods.shared import DESCRIBE
from fluxstatus.knowledge.rule import Rule, Step, Text

_VAULT = r"(?:secrets store objects|failed to mount objects|secrets-store\.csi)[^\n]*"

RULES = (
    Rule(
        HEALTH_CHECK_FAILED,
        why="the pod's identity does not have permission to read the secrets of its volume in the key vault",
        steps=(
            Step(
                "grant the pod's identity permission to read these secrets in the key vault or secret manager (with an access policy, a role or an IAM policy), or correct the vault of the SecretProviderClass in the chart's values",
                read=(
                    DESCRIBE,
                    "kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}(?:\b403\b|Forbidden|AccessDenied|not authorized|PermissionDenied|permission denied|"
            r"does not have (?:secrets|keys|certificates) \w+ permission)"
        ),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver and its providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="a secret of the pod's volume does not exist in the key vault",
        steps=(
            Step(
                "create the secret in the key vault or secret manager, or correct its name in the SecretProviderClass in the chart's values",
                read=(
                    DESCRIBE,
                    "kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(
            rf"{_VAULT}(?:(?:Secret|Certificate|Key)NotFound|ResourceNotFoundException|Code: 404|code = NotFound|was not found in this key vault|ParameterNotFound)"
        ),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver and its providers",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="the provider {provider} of the Secrets Store CSI driver is not running on the node, so the secrets of the pod's volume cannot be read",
        steps=(
            Step(
                "install the provider {provider} for the Secrets Store CSI driver, or check its DaemonSet on the pod's node. Otherwise, correct spec.provider of the SecretProviderClass",
                read=(
                    "kubectl get pods -A -o wide",
                    "kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns} -o yaml",
                ),
            ),
        ),
        pattern=Text(r"provider not found: provider \"(?P<provider>[\w.-]+)\""),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver",
    ),
    Rule(
        HEALTH_CHECK_FAILED,
        why="SecretProviderClass {referred} of the pod's volume does not exist",
        steps=(
            Step(
                "create SecretProviderClass {referred} in namespace {ns}, or correct its name in the volume in Git or in the chart's values",
                read=("kubectl get secretproviderclasses.secrets-store.csi.x-k8s.io -n {ns}",),
            ),
        ),
        pattern=Text(
            r"failed to get secretproviderclass (?:[\w.-]+/)?(?P<referred>[\w.-]+)[^\n]{0,180}not found"
        ),
        quoted=True,
        upstream="kubernetes-sigs/secrets-store-csi-driver",
    ),
)
