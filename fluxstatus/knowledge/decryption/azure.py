"""SOPS with Azure Key Vault.

Upstream: SOPS azkv, azure-sdk-for-go azidentity, and the responses of Entra ID and Key Vault.
"""

from fluxstatus.knowledge.commands import SERVICE_ACCOUNTS, SPEC
from fluxstatus.knowledge.decryption.shared import (
    CONTROLLER,
    CONTROLLER_SA,
    KEYS,
    KS,
    NO_DATA_KEY,
    SOPS_KMS_DENIED,
    SOPS_KMS_KEY_UNUSABLE,
    SOPS_KMS_LOGIN_FAILED,
    SOPS_KMS_UNREACHABLE,
    THEN,
)
from fluxstatus.knowledge.rule import Reach, Rule, Step, Text

_AZURE = (
    r"(?P<kms>https://[\w-]+\.(?:vault|managedhsm)\.[\w.]*(?:azure|usgovcloudapi)\.\w+/\S*): FAILED"
)

RULES = (
    Rule(
        SOPS_KMS_DENIED,
        why="the file refers to {kms} without a version, so SOPS must read the key first, and Azure Key Vault denies permission to read it (403 Forbidden)",
        steps=(
            Step(
                "assign the role Key Vault Crypto User to the identity of kustomize-controller (or of the ServiceAccount in spec.decryption.serviceAccountName). If the Key Vault uses access policies, allow the key operations Get and Decrypt",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{THEN}failed to fetch Azure Key to retrieve key version.*?403 Forbidden"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="the ServiceAccount that authenticates to Azure Key Vault does not have annotation {annotation}",
        steps=(
            Step(
                "annotate the ServiceAccount in spec.decryption.serviceAccountName with azure.workload.identity/client-id and azure.workload.identity/tenant-id of its managed identity, and add a federated credential for the ServiceAccount to that identity",
                read=(SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{THEN}azure (?:client|tenant) ID is not set in the service account annotation (?P<annotation>\S+)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        quoted=True,
        upstream="PKG auth/azure",
        versions=">=2.7",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="Entra ID has no federated credential for the ServiceAccount that authenticates to Azure Key Vault ({detail})",
        steps=(
            Step(
                "add a federated credential to the managed identity or app, with the issuer of this cluster, subject system:serviceaccount:{flux_namespace}:kustomize-controller (or the ServiceAccount in spec.decryption.serviceAccountName) and audience api://AzureADTokenExchange",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS),
            ),
        ),
        pattern=Text(rf"{_AZURE}{THEN}(?P<detail>AADSTS70021\d*)"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Microsoft Entra ID",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="Entra ID rejects the credentials for Azure Key Vault: {detail}",
        steps=(
            Step(
                "correct the client ID, tenant ID and client secret. They are in key sops.azure-kv of the Secret in spec.decryption.secretRef, or in the ServiceAccount's annotations azure.workload.identity/client-id and azure.workload.identity/tenant-id",
                read=(KEYS, CONTROLLER_SA),
            ),
        ),
        pattern=Text(rf"{_AZURE}{THEN}(?P<detail>AADSTS\d+: [^\n]{{1,160}})"),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Microsoft Entra ID",
    ),
    Rule(
        SOPS_KMS_LOGIN_FAILED,
        why="kustomize-controller has no Azure credentials to decrypt the SOPS data key with Key Vault {kms}; no workload identity, managed identity or client secret was found",
        steps=(
            Step(
                'set up workload identity: label the kustomize-controller pods with azure.workload.identity/use: "true", annotate the controller\'s ServiceAccount with azure.workload.identity/client-id, add a federated credential for it, and restart the controller. Then assign the role Key Vault Crypto User to the identity',
                read=(CONTROLLER_SA, CONTROLLER),
            ),
            Step(
                "alternatively, put static credentials into the Secret in spec.decryption.secretRef as sops.azure-kv",
                read=(SPEC,),
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{THEN}(?:DefaultAzureCredential|ChainedTokenCredential|"
            r"failed to acquire a token|no client ID specified|Invoking Azure CLI failed|"
            r"Azure CLI not found|missing environment variables? |ManagedIdentityCredential|"
            r"Azure token credential)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, azidentity",
    ),
    Rule(
        SOPS_KMS_UNREACHABLE,
        why="the firewall of Azure Key Vault blocks requests from kustomize-controller to decrypt with {kms} ({detail})",
        steps=(
            Step(
                "allow the cluster's network in the networking settings of the Key Vault, or create a private endpoint for the Key Vault in that network"
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{THEN}(?P<detail>ForbiddenByFirewall|ForbiddenByConnection|"
            r"Public network access is disabled|Client address is not authorized)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Azure Key Vault",
    ),
    Rule(
        SOPS_KMS_KEY_UNUSABLE,
        why="Azure Key Vault cannot use key {kms} ({detail})",
        steps=(
            Step(
                "check the key and its version in the Key Vault, and enable or recover it. If it no longer exists, re-encrypt the files for another key from a copy of the secrets"
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{THEN}(?P<detail>KeyNotFound|VaultNotFound|404 Not Found|KeyDisabled|"
            r"KeyNotYetValid|disabled key|expired key)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Azure Key Vault",
    ),
    Rule(
        SOPS_KMS_DENIED,
        why="Azure Key Vault does not allow kustomize-controller's identity to decrypt with {kms}",
        steps=(
            Step(
                "assign the role Key Vault Crypto User on the Key Vault to the identity of kustomize-controller (or of the ServiceAccount in spec.decryption.serviceAccountName). If the Key Vault uses access policies, allow the key operation Decrypt",
                read=(CONTROLLER_SA, SERVICE_ACCOUNTS, SPEC),
            ),
        ),
        pattern=Text(
            rf"{_AZURE}{THEN}(?:ForbiddenByRbac|ForbiddenByPolicy|AccessDenied|"
            r"403 Forbidden|not authorized to perform action)"
        ),
        context=NO_DATA_KEY,
        kinds=KS,
        reach=Reach.WHOLE,
        upstream="sops azkv, Azure Key Vault",
    ),
)
